module Noether.Tests.PotentialLawsTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks
open Noether.Tests.PotentialLawsChecks

let private mixture rule =
    let like = [ "Ar", Tensor.vector [ 1.0; 1.0 ]; "Kr", Tensor.vector [ 0.6; 1.2 ] ]
    pair "LJ mixture" (LennardJones()) ForceShifted (PairParameters.mixed rule 2.5 like |> ok)

let private zbl =
    let entry (a, z) (b, y) =
        let length = 0.46850 / (Math.Pow(float z, 0.23) + Math.Pow(float y, 0.23))
        (a, b), 3.0, Tensor.vector [ 14.399645 * float z * float y; length ]

    let argon, krypton = ("Ar", 18), ("Kr", 36)
    let table = PairParameters.ofPairs [ entry argon argon; entry argon krypton; entry krypton krypton ] |> ok
    pair "ZBL" (ZieglerBiersackLittmark()) (CurvatureShifted 2.0) table

/// Potentials, the elements they know, and how many samples their speed allows.
let private potentials: (string * string list * int * (unit -> Potential)) list =
    let noble = [ "Ar"; "Kr" ]

    [ "force-shifted", noble, 100, (fun () -> lennardJones ForceShifted)
      "switched", noble, 100, (fun () -> lennardJones (Switched 1.9))
      "smooth", noble, 100, (fun () -> lennardJones (Smooth 1.9))
      "curvature-shifted", noble, 100, (fun () -> lennardJones (CurvatureShifted 1.9))
      "cosine", noble, 100, (fun () -> lennardJones Cosine)
      "Lorentz and Berthelot", noble, 100, (fun () -> mixture Mixing.lorentzBerthelot)
      "geometric", noble, 100, (fun () -> mixture Mixing.geometric)
      "sixth power", noble, 100, (fun () -> mixture Mixing.sixthPower)
      "argon", [ "Ar" ], 100, (fun () -> pair "Ar" (LennardJones()) (Switched 7.0) (everywhere 8.5 [ 0.0104; 3.4 ]))
      "Morse", [ "Al" ], 100, (fun () -> pair "Al" (Morse()) (Smooth 5.0) (everywhere 6.3 [ 0.34; 1.36; 2.87 ]))
      "Buckingham", noble, 100, (fun () -> pair "B" (Buckingham()) ForceShifted (everywhere 6.0 [ 1200.0; 0.3; 5.0 ]))
      "Born-Mayer",
      noble,
      100,
      (fun () -> pair "BM" (BornMayer()) ForceShifted (everywhere 6.0 [ 0.8; 0.317; 2.34; 12.0; 8.0 ]))
      "Yukawa", noble, 100, (fun () -> pair "Y" (Yukawa()) Cosine (everywhere 5.0 [ 3.5; 0.9 ]))
      "soft", noble, 100, (fun () -> pair "soft" (SoftRepulsion()) Truncated (everywhere 3.0 [ 2.5; 3.0 ]))
      "springs", noble, 100, (fun () -> pair "spring" (Spring()) (Smooth 2.0) (everywhere 3.0 [ 2.5; 2.0 ]))
      "ZBL", noble, 100, (fun () -> zbl)
      "sum",
      noble,
      100,
      (fun () -> lennardJones (Smooth 1.9) + 0.5 * pair "Y" (Yukawa()) Cosine (everywhere 2.0 [ 3.5; 0.9 ]))
      "mask", noble, 50, (fun () -> Potential.amongSpecies [ "Kr" ] (lennardJones (Smooth 1.9)) |> ok)
      "composed", noble, 50, (fun () -> Potential.composed (lennardJones ForceShifted))
      "embedded atoms", [ "Cu"; "Ag" ], 12, ManyBodyChecks.analyticAlloy
      "Stillinger-Weber", [ "Si" ], 12, ManyBodyChecks.silicon
      "Tersoff", [ "Si"; "C" ], 12, ManyBodyChecks.carbide ]

let private names = potentials |> List.map (fun (name, _, _, _) -> name)

[<Tests>]
let tests =
    testList
        "PotentialLaws"
        [ testTheory "Every law holds for every smooth potential" names (fun name ->
              let _, elements, samples, potential = potentials |> List.find (fun (other, _, _, _) -> other = name)
              let potential = potential ()
              let structures = PotentialSubject.structuresFor elements potential.Cutoff |> ok
              let subject = PotentialSubject.ofPotential structures potential
              let settings = { PotentialLaws.settings subject with Samples = samples }
              let report = Laws.run settings (PotentialLaws.claimed subject) subject
              Expect.isTrue report.Passed (string report))

          testCase "What is not claimed is not asked" (fun () ->
              let names subject = PotentialLaws.claimed subject |> List.map _.Name |> set
              let all = names good.Value
              let modest = names { good.Value with Smoothness = SmoothEnergy }
              equal (set [ "smooth forces"; "energy error of order dt²"; "no drift" ]) (all - modest)
              equal (set [ "smooth energy" ]) (modest - names { good.Value with Smoothness = NoSmoothness })
              equal (set [ "virial"; "stress"; "symmetric virial" ]) (all - names { good.Value with Virial = false })

              isTrue
                  (Laws.run (PotentialLaws.settings good.Value) (PotentialLaws.claimed good.Value) good.Value).Passed)

          testCase "Truncated potentials keep what they claim" (fun () ->
              for truncation, claim in [ Truncated, NoSmoothness; Shifted, SmoothEnergy ] do
                  let subject = { instead (lennardJones truncation) good.Value with Smoothness = claim }
                  let report = PotentialLaws.run subject
                  Expect.isTrue report.Passed (string report))

          testCase "A black box needs only energies and forces" (fun () ->
              let evaluate structure =
                  Evaluate.run (lennardJones (Smooth 1.9)) structure
                  |> Result.map (fun said -> { said with Energies = array []; Virial = array []; Stress = None })

              let subject = PotentialSubject.ofFunction "box" good.Value.Structures false evaluate
              equal good.Value.Scales subject.Scales
              let report = PotentialLaws.run subject
              Expect.isTrue report.Passed (string report)
              lacksItem "virial" (report.Findings |> List.map _.Law))

          testCase "Single precision needs slack" (fun () ->
              let round (x: float) = float (float32 x)
              let rounded = Seq.map round >> array

              let subject =
                  good.Value
                  |> saying (fun _ said ->
                      { said with
                          Energy = round said.Energy
                          Energies = rounded said.Energies
                          Forces = rounded said.Forces
                          Virial = rounded said.Virial
                          Stress = Option.map rounded said.Stress })

              isFalse (PotentialLaws.run subject).Passed
              let report = PotentialLaws.run { subject with Slack = 1e5 }
              Expect.isTrue report.Passed (string report))

          testCase "One line checks a potential, and says the same each time" (fun () ->
              let text = PotentialLaws.check elements (lennardJones Shifted) |> string
              equal text (PotentialLaws.check elements (lennardJones Shifted) |> string)
              startsWith "100 samples a law, seed 1\nlaw " text
              contains "translation" text
              contains "smooth forces: forces do not jump when an atom crosses the cut-off" text)

          testCase "What cannot be checked says why" (fun () ->
              let message (action: unit -> Report) = (raisesAny<Exception>(fun () -> action () |> ignore)).Message
              contains "'0' has no cut-off" (message (fun () -> PotentialLaws.check elements Potential.zero))
              contains "unknown element 'Q'" (message (fun () -> PotentialLaws.check [ "Q" ] (lennardJones Shifted)))

              let finding change law =
                  let subject = saying (fun _ said -> change said) good.Value
                  (Laws.check (PotentialLaws.settings subject) subject law).Failure

              equal
                  (Some "the virial has 0 numbers, expected 9")
                  (finding (fun said -> { said with Virial = array [] }) SymmetryLaws.translation)

              equal
                  (Some "the array of forces has 0 numbers, expected 3")
                  (finding (fun said -> { said with Forces = array [] }) DerivativeLaws.netForce))

          testCase "Samples for potentials are of every kind, most with neighbours" (fun () ->
              let settings = good.Value.Structures

              let samples =
                  FsCheck.FSharp.Gen.sampleWithSeed (FsCheck.Rnd 5UL) 50 500 (PotentialSamples.structures settings)

              let share test = float (samples |> Array.filter test |> Array.length) / 500.0
              let pairs structure = (Neighbours.build 2.5 structure |> ok).Count
              let periodic count (s: Structure) = (s.Cell.Periodic |> Seq.filter id |> Seq.length) = count

              for s in samples do
                  isTrue (Structures.admits settings s)

              isTrue (share (fun s -> pairs s > 0) > 0.6)

              for count in 0..3 do
                  Expect.isTrue (share (fun s -> periodic count s && pairs s > 0) > 0.03) $"{count}"

              isTrue (share (fun s -> s.Count = 0) > 0.005)
              isTrue (share (fun s -> s.Count = 1 && pairs s > 0) > 0.01)
              isTrue (share (fun s -> s.Count = 2 && pairs s = 2) > 0.02)) ]
