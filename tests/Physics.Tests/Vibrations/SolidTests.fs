/// Crystals of several potentials: elastic constants, phonons and equations of state against exact second derivatives
/// of other programs.
module Noether.Tests.SolidTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ManyBodyChecks
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference

/// Name, elements, masses (amu), the supercell in which no atom sees two images of another, and the potential. The
/// reach of second derivatives is twice the cut-off: 7.5 Å for silicon, 11 Å for copper, 6 Å for the carbide.
let private crystals: (string * string list * float list * int * (unit -> Potential)) list =
    [ "lj_fcc", [ "Ar" ], [ 1.0 ], 5, crystal
      "sw_diamond", [ "Si" ], [ 28.0855; 28.0855 ], 4, silicon
      "eam_fcc", [ "Cu" ], [ 63.546 ], 9, analyticAlloy
      "tersoff_sic", [ "Si"; "C" ], [ 28.0855; 12.011 ], 4, carbide ]

/// The names of the crystals.
let private names = crystals |> List.map (fun (name, _, _, _, _) -> name)

let private find name =
    let _, elements, masses, repeats, potential = crystals |> List.find (fun (n, _, _, _, _) -> n = name)
    equal (numbers ((solid name).GetProperty "masses")) masses
    structure elements (solid name), masses, repeats, potential ()

[<Tests>]
let tests =
    testList
        "Solid"
        [ testTheory "Elastic constants are those of exact second derivatives" names (fun name ->
              let structure, _, _, potential = find name
              let found = Elastic.constants potential structure |> ok
              let reference = (solid name).GetProperty "elastic"

              // Sums of a hundred or so terms on both sides.
              for kind, matrix in [ "clamped_ion", found.Clamped; "relaxed_ion", found.Relaxed ] do
                  atMost 1e-13 (difference (numbers (reference.GetProperty kind)) (Tensor.toArray matrix))

              // Those of a cubic crystal by name.
              let reference = solid name

              for field, i, j, matrix in
                  [ "C11", 0, 0, found.Relaxed
                    "C12", 0, 1, found.Relaxed
                    "C44", 3, 3, found.Relaxed
                    "C44_clamped", 3, 3, found.Clamped ] do
                  let expected = reference.GetProperty(field).GetDouble()

                  equalWithin
                      (1e-13 * abs (reference.GetProperty("C11").GetDouble()))
                      expected
                      (Tensor.item [| i; j |] matrix)

              // The reference's lattice constant is at zero pressure to its last digit.
              let largest = Tensor.item [| 0; 0 |] found.Relaxed
              atMost (1e-13 * largest) (Tensor.toArray found.Stress |> Seq.map abs |> Seq.max))

          testTheory "Phonons are those of the exact dynamical matrix" names (fun name ->
              let structure, masses, repeats, potential = find name

              let constants =
                  Phonons.forceConstants (repeats, repeats, repeats) potential structure
                  |> Result.bind (Phonons.withMasses masses)
                  |> ok

              for phonon in (solid name).GetProperty("phonons").EnumerateArray() do
                  let q = phonon.GetProperty "q_fractional" |> numbers
                  let expected = phonon.GetProperty "omega_squared" |> numbers
                  let found = (Phonons.modes (q[0], q[1], q[2]) constants).Squares

                  let scale = (solid name).GetProperty("phonons").[1].GetProperty "omega_squared" |> numbers |> largest
                  // Rounding of force constants that cancel, among hundreds of them.
                  atMost 1e-13 (largestDifference expected found / scale))

          testTheory "The equation of state has the reference's volume, energy and bulk modulus" names (fun name ->
              let structure, _, _, potential = find name
              let ratios = [ for k in -3 .. 3 -> 1.0 + 0.001 * float k ]
              let found = EquationOfState.birchMurnaghan ratios potential structure |> ok
              let reference = solid name
              let number (field: string) = reference.GetProperty(field).GetDouble()
              let bulk = (number "C11" + 2.0 * number "C12") / 3.0
              // The terms that the equation leaves out are those of fourth order in 0.003.
              equalWithin 1e-7 1.0 (found.Volume / number "volume_per_cell")
              equalWithin 1e-9 (number "energy_per_cell") found.Energy
              // Two digits of the lattice constant are lost in its cube.
              equalWithin 1e-13 1.0 (Option.get (Cell.volume structure.Cell) / number "volume_per_cell")
              equalWithin 1e-4 1.0 (found.BulkModulus / bulk)) ]
