module Noether.Tests.PrecisionTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks
open Noether.Tests.PotentialLawsChecks

let private single = Potential.inPrecision Float32

let private potentials: (string * string list * (unit -> Potential)) list =
    [ "pairs", [ "Ar"; "Kr" ], (fun () -> lennardJones (Switched 1.9))
      "sum", [ "Ar" ], (fun () -> lennardJones Shifted + 0.5 * pair "Y" (Yukawa()) Cosine (everywhere 2.0 [ 3.5; 0.9 ]))
      "embedded atoms", [ "Cu"; "Ag" ], ManyBodyChecks.analyticAlloy
      "Stillinger-Weber", [ "Si" ], ManyBodyChecks.silicon
      "Tersoff", [ "Si"; "C" ], ManyBodyChecks.carbide ]

let private names = potentials |> List.map (fun (name, _, _) -> name)

let private structures elements cutoff =
    let settings = PotentialSubject.structuresFor elements cutoff |> ok
    Gen.sampleWithSeed (Rnd 7UL) 50 20 (Structures.generate settings)

/// The largest difference, over the largest number or 1.
let private distance (a: float seq) (b: float seq) =
    let largest = Seq.fold (fun most x -> max most (abs x)) 1.0 a
    Seq.fold2 (fun most x y -> max most (abs (x - y))) 0.0 a b / largest

/// Rounding to 24 bits, 6e-8, is magnified by powers of distances, up to the thirteenth for forces that vary as r⁻¹³,
/// and by cancellation between neighbours: within a hundred times that.
let private noise = 100.0 * 6e-8

[<Tests>]
let tests =
    testList
        "Precision"
        [ testTheory
              "Energies, forces and virials in float32 are those of float64 within its rounding"
              names
              (fun name ->
                  let _, elements, potential = potentials |> List.find (fun (other, _, _) -> other = name)
                  let exact = potential ()
                  let rounded = single exact
                  let mutable differs = false

                  for structure in structures elements exact.Cutoff do
                      let a, b = Evaluate.run exact structure |> ok, Evaluate.run rounded structure |> ok
                      atMost noise (distance a.Energies b.Energies)
                      atMost noise (distance a.Forces b.Forces)
                      atMost noise (distance a.Virial b.Virial)
                      differs <- differs || a.Energy <> b.Energy

                  Expect.isTrue differs "nothing was rounded")

          testCase "Far from the origin no digits are lost" (fun () ->
              // Vectors between atoms are exact multiples of 2⁻⁸ Å here and there, so energies are the same bits;
              // rounded positions, 0.06 Å apart at 10⁶ Å, would change every one of them.
              let at shift =
                  Structure.ofSymbols
                      [ "Ar"; "Ar"; "Ar" ]
                      [ shift, 0.0, 0.0; shift + 1.125, 0.0, 0.0; shift + 0.5, 1.0, 0.25 ]
                      Cell.none
                  |> ok

              let run = Evaluate.run (single (lennardJones (Switched 1.9)))
              let near, far = run (at 0.0) |> ok, run (at 1e6) |> ok
              equal near.Energies far.Energies
              equal near.Forces far.Forces)

          testCase "In float64 a potential is itself" (fun () ->
              let potential = lennardJones Shifted
              identicalTo potential (Potential.inPrecision Float64 potential)
              isFalse (Potential.isFused (single potential)))

          testCase "A potential that looks at positions sees them rounded, and groups of atoms their vectors" (fun () ->
              let seen = ResizeArray<Precision>()

              let spying =
                  Potential.create "spy" 3.0 (fun data ->
                      seen.AddRange [ data.Positions.Precision; data.Cells.Precision; data.Vectors.Precision ]
                      seen.Add (PairData.filter (fun e -> e > 0) data).Vectors.Precision
                      seen.Add (PairData.choose [| 0; 1 |] data).Distances.Precision
                      seen.Add (data.VectorsOf data.Pairs).Precision
                      Tensor.sumAxes [| 1 |] (data.Positions * data.Positions))

              let structure =
                  Structure.ofSymbols [ "H"; "H"; "O" ] [ 0.0, 0.0, 0.1; 0.0, 0.7, 0.0; 0.9, 0.0, 0.0 ] Cell.none |> ok

              let results = Evaluate.run (single spying) structure |> ok

              for precision in seen do
                  equal Float32 precision

              equal (float (float32 0.1 * float32 0.1)) results.Energies[0])

          testCase "Derivatives of any order pass the rounding" (fun () ->
              let potential = lennardJones (Smooth 1.9)
              let structure = Structure.ofSymbols [ "Ar"; "Ar" ] [ 0.0, 0.0, 0.0; 0.0, 0.0, 1.1 ] Cell.none |> ok
              let pairs = Neighbours.build 2.5 structure |> ok

              let curvature potential =
                  let energy x = Tensor.sum (Evaluate.energiesAt potential pairs structure x (Tensor.zeros [| 3; 3 |]))

                  Diff.hessian
                      (Tensor.reshape [| 2; 3 |] >> energy)
                      (Tensor.reshape [| 6 |] (Space.positions structure))

              let exact, rounded = Tensor.toArray (curvature potential), Tensor.toArray (curvature (single potential))
              atMost noise (distance exact rounded))

          testCase "Laws that take no second derivatives hold in float32" (fun () ->
              let potential = single (lennardJones (Smooth 1.9))
              let structures = PotentialSubject.structuresFor [ "Ar"; "Kr" ] potential.Cutoff |> ok
              let subject = PotentialSubject.ofPotential structures potential

              // Rounding is 5·10⁸ times as coarse; tolerances in float64 leave a factor of some thousand above it, of
              // which a few are kept.
              let slack (law: Law<PotentialSubject>) = { law with Tolerance = 1e5 * law.Tolerance }

              let laws =
                  [ yield! SymmetryLaws.all
                    DerivativeLaws.symmetricVirial
                    DerivativeLaws.netForce
                    DerivativeLaws.netTorque ]
                  |> List.map slack

              let report = Laws.run { PotentialLaws.settings subject with Samples = 50 } laws subject
              Expect.isTrue report.Passed (string report)) ]
