module Noether.Tests.ManyBodyTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.ManyBodyChecks
open Noether.Tests.MechanicsReference

/// The worst relative difference of energy, forces and virial, which do not depend on how energies are shared out.
let private worstTotals (program: string) (case: Entry) (results: Results) =
    let expected = case.GetProperty program
    let numbersOf (name: string) = expected.GetProperty name |> numbers

    largest
        [ difference (numbersOf "energy") [ results.Energy ]
          difference (numbersOf "forces") results.Forces
          difference (numbersOf "virial") results.Virial ]

let private element symbol (values: float list) =
    let at k = Tensor.scalar values[k]

    { Symbol = symbol
      A = at 0
      B = at 1
      Lambda = at 2
      Mu = at 3
      Beta = at 4
      N = at 5
      C = at 6
      D = at 7
      H = at 8
      R = at 9
      S = at 10 }

let private mixed () =
    let silicon = [ 1830.8; 471.18; 2.4799; 1.7322; 1.1e-6; 0.78734; 100390.0; 16.217; -0.59825; 2.7; 3.0 ]
    let carbon = [ 1393.6; 346.74; 3.4879; 2.2119; 1.5724e-7; 0.72751; 38049.0; 4.3484; -0.57058; 1.8; 2.1 ]

    Tersoff.ofElements [ element "Si" silicon; element "C" carbon ] [ ("C", "Si"), Tensor.scalar 0.9776 ]
    |> Outcome.getOrFail

let private solid (name: string) = (Recorded.recorded "mechanics/solids.json").GetProperty("solids").GetProperty name

let private potentials: (string * string list * float * (unit -> Potential)) list =
    [ "embedded atom", [ "Cu"; "Ag" ], 2.1, analyticAlloy
      "embedded atom, table", [ "Cu"; "Ag" ], 2.1, tabulatedAlloy
      "Stillinger-Weber", [ "Si" ], 1.9, silicon
      "Tersoff", [ "Si"; "C" ], 1.4, carbide ]

/// The names of the many-body potentials.
let private names = potentials |> List.map (fun (name, _, _, _) -> name)

let private find name = potentials |> List.find (fun (n, _, _, _) -> n = name)

/// A value and its first three derivatives at the positions of a structure, along one direction for each atom, whoever else
/// there is.
let private along (energy: Tensor -> Tensor) structure =
    let x = Space.positions structure
    let directions = Tensor.normal Float64 [| 3; 3 |] (RandomKey.FromSeed 4UL) |> Tensor.slice 0 0 x.Shape[0]
    let line t = energy (x + t * directions)
    [ for order in 0..3 -> Tensor.value (Diff.diffn order line (Tensor.scalar 0.0)) ]

/// Those of the energy of a potential.
let private derivatives potential structure =
    let pairs = Neighbours.build 6.0 structure |> Outcome.getOrFail
    along (fun x -> Tensor.sum (Evaluate.energiesAt potential pairs structure x (Tensor.zeros [| 3; 3 |]))) structure

/// Equal to rounding, which is some units of the last place of the largest.
let private same (expected: float list) found =
    closeAll "derivatives" (1e-13 * (expected |> List.map abs |> List.max)) expected found

let private chain symbols (spots: float list) =
    Structure.ofSymbols symbols [ for x in spots -> x, 0.0, 0.0 ] Cell.none |> Outcome.getOrFail

/// Laws of first and second derivatives by parameters, of the energy and of the squared forces.
let private byParameters (name: string) structure (start: Tensor) (potentialOf: Tensor -> Potential) =
    let pairs = Neighbours.build (potentialOf start).Cutoff structure |> Outcome.getOrFail
    let still = Tensor.zeros [| 3; 3 |]

    let energy scale x = Tensor.sum (Evaluate.energiesAt (potentialOf (scale * start)) pairs structure x still)

    let x = Space.positions structure
    let squares scale = Tensor.sum (Tensor.square (Diff.grad (energy scale) x))
    let settings = { Check.settings Float64 with Order = 2 }
    let ones = [| Tensor.onesLike start |]

    Check.runWith settings (RandomKey.FromSeed 1UL) (fun p -> energy p[0] x) ones
    |> Check.orFail $"energy, {name}"
    |> ignore

    Check.runWith settings (RandomKey.FromSeed 2UL) (fun p -> squares p[0] / 1e4) ones
    |> Check.orFail $"forces, {name}"
    |> ignore

[<Tests>]
let tests =
    testList
        "ManyBody"
        [ // LAMMPS shares the energy of a triple among its atoms, the reference's formula gives it to the centre, as here.
          testTheory
              "Three-body energies, forces and virials are those of the reference programs"
              [ "stillinger_weber", "Si"; "tersoff_sic", "Si C"; "tersoff_si_dense", "Si C" ]
              (fun (name, elements) ->
                  let reference = case name
                  let potential = if name = "stillinger_weber" then silicon () else carbide ()
                  let results = run potential (structure (List.ofArray (elements.Split ' ')) reference)
                  atMost 1e-11 (worst "own_formula" reference results)
                  atMost 1e-11 (worstTotals "lammps" reference results)

                  if fst (reference.TryGetProperty "ase_or_matscipy") then
                      equal "stillinger_weber" name
                      atMost 1e-11 (worst "ase_or_matscipy" reference results))

          testCase
              "Embedded-atom tables splined as LAMMPS does give its numbers, functions those of the formula"
              (fun () ->
                  let reference = case "embedded_atom"
                  let structure = structure [ "Cu"; "Ag" ] reference
                  let tabulated, analytic = run (tabulatedAlloy ()) structure, run (analyticAlloy ()) structure
                  atMost 1e-11 (worst "lammps" reference tabulated)
                  atMost 1e-11 (worst "own_formula" reference analytic)

                  // What a table of 1000 points says of the functions: LAMMPS' spline is 1e-10 off in the energy,
                  // 3.3e-8 in forces.
                  let smooth = EmbeddedAtom.ofTable "smooth" NotAKnot (alloyTable ()) |> Outcome.getOrFail
                  let smooth = run smooth structure
                  atMost 1e-9 (abs (smooth.Energy - analytic.Energy))
                  atMost 4e-8 (largestDifference analytic.Forces smooth.Forces)
                  // ASE has splines of its own through the same table.
                  atMost 4e-8 (worst "ase_or_matscipy" reference analytic))

          testCase "Mixing by the rules of 1989 gives the potential of the written-out file" (fun () ->
              let reference = case "tersoff_sic"
              let potential = Tersoff.create "mixed" (mixed ()) |> Outcome.getOrFail
              let results = run potential (structure [ "Si"; "C" ] reference)
              atMost 1e-11 (worst "own_formula" reference results))

          testTheory
              "Crystals at their published lattice constants are at rest and have their energies"
              [ "sw_diamond", "Si Si"; "eam_fcc", "Cu"; "tersoff_sic", "Si C" ]
              (fun (name, elements) ->
                  let reference = solid name

                  let potential =
                      match name with
                      | "sw_diamond" -> silicon ()
                      | "eam_fcc" -> analyticAlloy ()
                      | _ -> carbide ()

                  let results = run potential (structure (List.ofArray (elements.Split ' ')) reference)
                  equalWithin 1e-11 (reference.GetProperty("energy_per_cell").GetDouble()) results.Energy
                  // The reference is a minimum to 1e-13 eV per strain, of terms of some tens of eV.
                  for w in results.Virial do
                      equalWithin 1e-11 0.0 w

                  for f in results.Forces do
                      equalWithin 1e-11 0.0 f)

          testTheory "Rotations, exchanges and distance do what they must" names (fun name ->
              let _, elements, apart, potential = find name
              let potential = potential ()

              for seed in 1..3 do
                  let structure = scattered seed elements 12 6.5 apart
                  isInvariant potential structure
                  isExtensive potential structure (scattered (seed + 10) elements 9 6.0 apart))

          testTheory "Structures in a batch have the results that they have alone" names (fun name ->
              let _, elements, apart, potential = find name
              let potential = potential ()
              let first, second = scattered 1 elements 8 6.0 apart, scattered 2 elements 5 5.0 apart
              let together = Evaluate.batch potential [ first; second; first ] |> Outcome.getOrFail

              for batched, single in
                  List.zip together [ run potential first; run potential second; run potential first ] do
                  atMost 1e-13 (difference single.Forces batched.Forces)
                  atMost 1e-13 (difference single.Energies batched.Energies))

          testTheory "Energies are differentiable three times in positions and strain" names (fun name ->
              let _, elements, apart, potential = find name
              hasDerivatives (potential ()) (scattered 4 elements 5 5.0 apart))

          testTheory "Single precision gives single precision" names (fun name ->
              let _, elements, apart, potential = find name
              let potential = potential ()
              let structure = scattered 4 elements 12 6.5 apart
              let pairs = Neighbours.build potential.Cutoff structure |> Outcome.getOrFail

              let energies precision =
                  let x = Tensor.cast precision (Space.positions structure)
                  Evaluate.energiesAt potential pairs structure x (Tensor.full precision [| 3; 3 |] 0.0)

              equal Float32 (energies Float32).Precision
              // Seven digits, of which positions of some Å and differences of large energies leave four.
              atMost 1e-3 (difference (Tensor.toArray (energies Float64)) (Tensor.toArray (energies Float32))))

          testCase "An atom alone has the energy of no density, and no derivatives" (fun () ->
              let alone = derivatives (analyticAlloy ()) (chain [ "Cu"; "Ag"; "Cu" ] [ 0.0; 2.5; 100.0 ])
              let pair = derivatives (analyticAlloy ()) (chain [ "Cu"; "Ag" ] [ 0.0; 2.5 ])
              same pair alone)

          testCase "Three-body energies and forces are differentiable in parameters" (fun () ->
              let sw = siliconParameters ()

              let ofSilicon values =
                  StillingerWeber.create "sw" (TripleParameters.withValues values sw) |> Outcome.getOrFail

              byParameters "Stillinger-Weber" (scattered 3 [ "Si" ] 5 4.5 2.0) sw.Values ofSilicon
              // m is a whole number, and no parameter to differentiate by.
              let tersoff = carbideParameters ()
              let t = tersoff.Values.Shape[0]

              let ofCarbide (values: Tensor) =
                  let values = Tensor.concat 1 [ Tensor.slice 1 0 1 tersoff.Values; Tensor.slice 1 1 14 values ]
                  Tersoff.create "tersoff" (TripleParameters.withValues values tersoff) |> Outcome.getOrFail

              equal 8 t
              byParameters "Tersoff" (scattered 3 [ "Si"; "C" ] 5 4.0 1.5) tersoff.Values ofCarbide)

          testCase "An embedded-atom energy is differentiable in the numbers of its table" (fun () ->
              let table = alloyTable ()
              let structure = scattered 3 [ "Cu"; "Ag" ] 4 4.5 2.2
              let pairs = Neighbours.build table.Cutoff structure |> Outcome.getOrFail

              let energy (xs: Tensor[]) =
                  let element = { table.Elements[0] with Density = xs[0] * table.Elements[0].Density }
                  let table = { table with Elements = [ element; table.Elements[1] ] }
                  let potential = EmbeddedAtom.ofTable "table" Natural table |> Outcome.getOrFail
                  let still = Tensor.zeros [| 3; 3 |]
                  Tensor.sum (Evaluate.energiesAt potential pairs structure (Space.positions structure) still)

              let settings = { Check.settings Float64 with Order = 2 }

              Check.runWith settings (RandomKey.FromSeed 3UL) energy [| Tensor.ones [| 1000 |] |]
              |> Check.orFail "table"
              |> ignore)

          testCase "At and beyond the cut-off of Stillinger and Weber everything is exactly zero" (fun () ->
              let cutoff = 1.8 * 2.0951

              for distance in [ cutoff; cutoff + 1e-15; cutoff + 1.0; Math.BitDecrement cutoff; cutoff - 1e-6 ] do
                  let found = derivatives (silicon ()) (chain [ "Si"; "Si" ] [ 0.0; distance ])
                  equal [ 0.0; 0.0; 0.0; 0.0 ] found

              // A third atom at the edge of a bond's view changes nothing either.
              let pair = derivatives (silicon ()) (chain [ "Si"; "Si" ] [ 0.0; 2.3 ])
              let edge = derivatives (silicon ()) (chain [ "Si"; "Si"; "Si" ] [ 0.0; 2.3; Math.BitDecrement -cutoff ])
              same pair edge)

          testCase "A bond without third atoms has bond order 1, in derivatives of every order" (fun () ->
              let energy (x: Tensor) =
                  let bond = Tensor.slice 0 1 2 x - Tensor.slice 0 0 1 x
                  let r = Tensor.sqrt (Tensor.sum (bond * bond))
                  1830.8 * Tensor.exp (-2.4799 * r) - 471.18 * Tensor.exp (-1.7322 * r)

              let dimer = chain [ "Si"; "Si" ] [ 0.0; 2.4 ]
              let found = derivatives (carbide ()) dimer
              same (along energy dimer) found
              // So it is with a third atom exactly where it is no longer seen.
              same found (derivatives (carbide ()) (chain [ "Si"; "Si"; "Si" ] [ 0.0; 2.4; -3.0 ])))

          testCase "Missing elements and impossible parameters are said" (fun () ->
              let germanium = chain [ "Si"; "Ge" ] [ 0.0; 2.4 ]

              equal
                  "the potential 'Si.sw' has no parameters for the triple Si-Ge-Ge, expected parameters for all that is within the cut-off"
                  (message (Evaluate.run (silicon ()) germanium))

              equal
                  "the potential 'SiC.tersoff' has no parameters for the triple Si-Ge-Ge, expected parameters for all that is within the cut-off"
                  (message (Evaluate.run (carbide ()) germanium))

              equal
                  "the potential 'alloy' has no parameters for the element Ge, expected parameters for all that is within the cut-off"
                  (message (Evaluate.run (analyticAlloy ()) (chain [ "Ge" ] [ 0.0 ])))

              let withRow (values: float list) potential =
                  TripleParameters.ofTriples [ ("Si", "Si", "Si"), Tensor.vector values ]
                  |> Outcome.getOrFail
                  |> potential "p"
                  |> message

              equal
                  "sigma of Si-Si-Si is -1, expected 0 or more"
                  (withRow [ 1.0; -1.0; 1.8; 21.0; 1.2; 0.3; 7.0; 0.6; 4.0; 0.0; 0.0 ] StillingerWeber.create)

              equal
                  "lambda of Si-Si-Si is NaN, expected a finite number"
                  (withRow [ 1.0; 1.0; 1.8; nan; 1.2; 0.3; 7.0; 0.6; 4.0; 0.0; 0.0 ] StillingerWeber.create)

              equal
                  "m of Si-Si-Si is 2, expected 1 or 3"
                  (withRow [ 2.0; 1.0; 0.0; 1.0; 1.0; 0.0; 1.0; 1.0; 1.0; 1.0; 2.0; 0.1; 1.0; 1.0 ] Tersoff.create)

              raises<ArgumentException>(fun () -> withRow [ 1.0 ] Tersoff.create |> ignore) |> ignore
              let twice = Tensor.vector [ 1.0 ]

              equal
                  "the table of parameters has the triple Si-Si-Si twice, expected each once"
                  (message (TripleParameters.ofTriples [ ("Si", "Si", "Si"), twice; ("Si", "Si", "Si"), twice ]))) ]
