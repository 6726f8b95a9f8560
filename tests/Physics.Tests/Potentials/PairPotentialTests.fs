module Noether.Tests.PairPotentialTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

let private everywhere cutoff values = PairParameters.everywhere cutoff (Tensor.vector values) |> Outcome.getOrFail

let private lennardJones truncation =
    PairPotential.create "LJ" (LennardJones()) truncation (everywhere 2.5 [ 1.0; 1.0 ]) |> Outcome.getOrFail

let private mixture rule =
    let like = [ "Ar", Tensor.vector [ 1.0; 1.0 ]; "Kr", Tensor.vector [ 0.6; 1.2 ] ]
    PairParameters.mixed rule 2.5 like |> Outcome.getOrFail

let private withTruncated f parameters = PairPotential.create "pair" f Truncated parameters |> Outcome.getOrFail

let private zbl =
    let k z y = 14.399645 * float z * float y
    let length z y = 0.46850 / (Math.Pow(float z, 0.23) + Math.Pow(float y, 0.23))
    let entry (a, z) (b, y) = ((a, b), 3.0, Tensor.vector [ k z y; length z y ])
    let si, c = ("Si", 14), ("C", 6)
    let parameters = PairParameters.ofPairs [ entry si si; entry si c; entry c c ] |> Outcome.getOrFail
    PairPotential.create "ZBL" (ZieglerBiersackLittmark()) (CurvatureShifted 2.0) parameters |> Outcome.getOrFail

let private potentials: (string * string list * Potential) list =
    let argon, mixed = [ "Ar" ], [ "Ar"; "Kr" ]

    [ "lj_cut", argon, lennardJones Truncated
      "lj_shifted", argon, lennardJones Shifted
      "lj_force_shifted", argon, lennardJones ForceShifted
      "lj_smooth_ase", argon, lennardJones (Switched 1.9)
      "lj_mixture",
      mixed,
      [ ("Ar", "Ar"), 2.5, [ 1.0; 1.0 ]; ("Kr", "Ar"), 2.5, [ 0.8; 1.1 ]; ("Kr", "Kr"), 2.5, [ 0.6; 1.2 ] ]
      |> List.map (fun (pair, cutoff, values) -> pair, cutoff, Tensor.vector values)
      |> PairParameters.ofPairs
      |> Outcome.getOrFail
      |> withTruncated (LennardJones())
      "lj_mixture_arithmetic",
      mixed,
      PairPotential.create "LJ" (LennardJones()) Shifted (mixture Mixing.lorentzBerthelot) |> Outcome.getOrFail
      "lj_mixture_geometric", mixed, withTruncated (LennardJones()) (mixture Mixing.geometric)
      "lj_mixture_sixthpower", mixed, withTruncated (LennardJones()) (mixture Mixing.sixthPower)
      "morse", [ "Al" ], withTruncated (Morse()) (everywhere 6.3 [ 0.34; 1.36; 2.87 ])
      "buckingham",
      [ "Mg"; "O" ],
      [ ("Mg", "Mg"), [ 1200.0; 0.25; 0.0 ]
        ("Mg", "O"), [ 1500.0; 0.31; 5.0 ]
        ("O", "O"), [ 2000.0; 0.33; 30.0 ] ]
      |> List.map (fun (pair, values) -> pair, 6.0, Tensor.vector values)
      |> PairParameters.ofPairs
      |> Outcome.getOrFail
      |> withTruncated (Buckingham())
      "born_mayer", [ "Na" ], withTruncated (BornMayer()) (everywhere 6.0 [ 0.8; 0.317; 2.34; 12.0; 8.0 ])
      "yukawa", [ "Na" ], withTruncated (Yukawa()) (everywhere 5.0 [ 3.5; 0.9 ])
      "soft", [ "Na" ], withTruncated (SoftRepulsion()) (everywhere 3.0 [ 2.5; 3.0 ])
      "zbl", [ "Si"; "C" ], zbl ]

/// The names of the reference cases of pair potentials.
let private names = potentials |> List.map (fun (name, _, _) -> name)

let private find name = potentials |> List.find (fun (n, _, _) -> n = name)

let private argon () = structure [ "Ar" ] (case "lj_cut")

[<Tests>]
let tests =
    testList
        "PairPotential"
        [ // LAMMPS agrees with formulas differentiated exactly to 1e-13 in energies and 1e-12 in forces (the reference's README).
          testTheory "Energies, forces and virials are those of the reference programs" names (fun name ->
              let _, elements, potential = find name
              let reference = case name

              for potential in [ potential; Potential.composed potential ] do
                  let results = Evaluate.run potential (structure elements reference) |> Outcome.getOrFail

                  for program, without in
                      [ "lammps", [ "lj_smooth_ase" ]
                        "own_formula", []
                        "ase_or_matscipy", List.except [ "lj_shifted"; "lj_smooth_ase" ] names ] do
                      match reference.TryGetProperty program with
                      | true, _ -> atMost 1e-11 (worst program reference results)
                      | _ -> hasItem name without)

          testTheory "The virials of atoms are those of the fused pass and add up to that of all" names (fun name ->
              let _, elements, potential = find name
              let structure = structure elements (case name)
              let results = Evaluate.run potential structure |> Outcome.getOrFail
              let fused = Evaluate.atomVirials potential structure |> Outcome.getOrFail
              let composed = Evaluate.atomVirials (Potential.composed potential) structure |> Outcome.getOrFail
              let sum c = Seq.sum [ for i in 0 .. structure.Count - 1 -> fused[9 * i + c] ]
              atMost 1e-12 (difference composed fused)
              atMost 1e-12 (difference results.Virial (List.init 9 sum)))

          testCase "Structures in a batch have the results that they have alone" (fun () ->
              let potential = withTruncated (LennardJones()) (mixture Mixing.geometric)
              let first = structure [ "Ar"; "Kr" ] (case "lj_mixture")

              let second =
                  Structure.ofSymbols [ "Kr"; "Ar" ] [ 0.0, 0.0, 0.0; 1.1, 0.2, 0.3 ] Cell.none |> Outcome.getOrFail

              let together = Evaluate.batch potential [ first; second; first ] |> Outcome.getOrFail
              let alone s = Evaluate.run potential s |> Outcome.getOrFail

              for batched, single in List.zip together [ alone first; alone second; alone first ] do
                  // The same sums, in the same order within each structure; matrix products may block rows differently.
                  atMost 1e-14 (difference single.Forces batched.Forces)
                  atMost 1e-14 (difference single.Energies batched.Energies)
                  atMost 1e-14 (difference single.Virial batched.Virial))

          testCase "A Verlet list gives what a fresh list gives" (fun () ->
              let potential = lennardJones ForceShifted
              let structure = argon ()
              let list = VerletList.create 2.5 0.3 structure |> Outcome.getOrFail
              let shaken = Structure.rattle 0.02 (RandomKey.FromSeed 3UL) structure |> Outcome.getOrFail
              let fresh = Evaluate.run potential shaken |> Outcome.getOrFail
              let kept = Evaluate.onList potential list shaken |> Outcome.getOrFail
              // The sums run over the same pairs in the same order, lanes apart.
              atMost 1e-14 (difference fresh.Forces kept.Forces)
              atMost 1e-14 (difference fresh.Virial kept.Virial))

          testCase "Potentials add, scale and restrict themselves to some atoms" (fun () ->
              let structure = structure [ "Ar"; "Kr" ] (case "lj_mixture")
              let run potential = Evaluate.run potential structure |> Outcome.getOrFail

              let a, b =
                  withTruncated (LennardJones()) (mixture Mixing.geometric),
                  withTruncated (Yukawa()) (everywhere 3.0 [ 1.0; 1.0 ])

              let both = run (a + 2.0 * b)
              equalWithin 1e-10 ((run a).Energy + 2.0 * (run b).Energy) both.Energy

              let onlyArgon = Potential.amongSpecies [ "Ar" ] (lennardJones Truncated) |> Outcome.getOrFail |> run

              let atoms =
                  [ for i in 0 .. structure.Count - 1 do
                        if structure.Numbers[i] = 18 then i ]

              let place i = structure.Positions[3 * i], structure.Positions[3 * i + 1], structure.Positions[3 * i + 2]

              let kept =
                  Structure.ofSymbols [ for _ in atoms -> "Ar" ] (List.map place atoms) structure.Cell
                  |> Outcome.getOrFail

              equalWithin
                  1e-12
                  (Evaluate.run (lennardJones Truncated) kept |> Outcome.getOrFail).Energy
                  onlyArgon.Energy

              for (z, e) in Seq.zip structure.Numbers onlyArgon.Energies do
                  isTrue (z = 18 || e = 0.0))

          testCase "The energy is differentiable in parameters, and forces in parameters too" (fun () ->
              let structure = argon ()
              let pairs = Neighbours.build 2.5 structure |> Outcome.getOrFail

              let energy parameters positions =
                  let table = PairParameters.everywhere 2.5 parameters |> Outcome.getOrFail
                  let potential = PairPotential.create "LJ" (LennardJones()) ForceShifted table |> Outcome.getOrFail
                  Tensor.sum (Evaluate.energiesAt potential pairs structure positions (Tensor.zeros [| 3; 3 |]))

              let x = Space.positions structure
              let force parameters = Diff.grad (energy parameters) x
              let squares parameters = Tensor.sum (Tensor.square (force parameters))
              let start = [| Tensor.vector [ 1.0; 1.0 ] |]

              Check.run (RandomKey.FromSeed 1UL) (fun p -> energy p[0] x) start
              |> Check.orFail "energy by parameters"
              |> ignore

              Check.run (RandomKey.FromSeed 2UL) (fun p -> squares p[0]) start
              |> Check.orFail "forces by parameters"
              |> ignore)

          testCase "What cannot be evaluated says why" (fun () ->
              let mixed = structure [ "Ar"; "Kr" ] (case "lj_mixture")
              let like = PairParameters.ofPairs [ ("Ar", "Ar"), 2.5, Tensor.vector [ 1.0; 1.0 ] ] |> Outcome.getOrFail
              let onlyArgon = PairPotential.create "LJ" (LennardJones()) Truncated like |> Outcome.getOrFail

              equal
                  "the potential 'LJ' has no parameters for the pair Ar-Kr, expected parameters for every pair within the cut-off"
                  (message (Evaluate.run onlyArgon mixed))

              let overlapping =
                  Structure.ofSymbols [ "Ar"; "Ar" ] [ 1.0, 0.0, 0.0; 1.0, 0.0, 0.0 ] Cell.none |> Outcome.getOrFail

              equal
                  "the energy of atom 0 by 'LJ' (its nearest neighbour, atom 1, is 0 Å away) is NaN, expected a finite number"
                  (message (Evaluate.run (lennardJones Truncated) overlapping))

              let short = VerletList.create 2.0 0.3 mixed |> Outcome.getOrFail

              equal
                  "a Verlet list has the cut-off Within 2.0, expected one for any pair, as long as that of 'LJ', 2.5 Å"
                  (message (Evaluate.onList (lennardJones Truncated) short mixed))

              let long = VerletList.create 2.5 0.3 mixed |> Outcome.getOrFail
              let far = Structure.rattle 1.0 (RandomKey.FromSeed 4UL) mixed |> Outcome.getOrFail

              equal
                  "a Verlet list has atoms or a cell moved further than its skin allows, expected an updated list"
                  (message (Evaluate.onList (lennardJones Truncated) long far))

              equal
                  "the onset of the switch is 2.5, expected a length between 0 and the cut-off, 2.5 Å"
                  (message (PairPotential.create "LJ" (LennardJones()) (Switched 2.5) (everywhere 2.5 [ 1.0; 1.0 ])))) ]
