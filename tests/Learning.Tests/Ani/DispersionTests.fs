/// The dispersion correction D3(BJ) and the repulsion of GFN2-xTB against torchani 2.9.0
/// (Fixtures/ani/pair-potentials.json).
module Noether.Tests.DispersionTests

open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Physics
open Noether.Tests.AniChecks
open Noether.Tests.Recorded

let private fixtures = lazy (fixture "pair-potentials.json")

/// Beyond all atoms of all molecules.
let private everything = 60.0

// Units: torchani's bohr is that of CODATA 2014, 2·10⁻¹⁰ off; the sixth and eighth powers make 2·10⁻⁹ of it.
let private relative = 1e-8

let private agrees name (potential: Potential) =
    for entry in (get name fixtures.Value).EnumerateObject() do
        // Two waters have atoms 8 Å apart to the last digit: torchani counts a pair at the cut-off, we do not, and each
        // is worth 1/(1 + e¹⁶) = 10⁻⁷ in a coordination number.
        let atCutoff = name = "d3_wb97x_smooth_8" && entry.Name = "two_waters_8A"
        let relative = if atCutoff then 1e-6 else relative
        let results = Evaluate.run potential (structure entry.Name) |> ok
        let expected = number (get "energy" entry.Value)
        close $"{name}, energy of {entry.Name}" (relative * abs expected) expected (results.Energy / hartree)
        let gradient = flat (get "gradient" entry.Value)
        let largest = gradient |> Array.map abs |> Array.max

        closeAll
            $"{name}, {entry.Name}"
            (10.0 * relative * largest)
            gradient
            [ for f in results.Forces -> -f / hartree ]

[<Tests>]
let tests =
    testList
        "Dispersion"
        [ testCase "Dispersion agrees, ended and not, for several functionals" (fun () ->
              let functional name ending cutoff = Dispersion.create Dispersion.functionals[name] ending cutoff |> ok
              agrees "d3_wb97x" (functional "wb97x" None everything)
              agrees "d3_wb97x_smooth_8" (functional "wb97x" (Some(SmoothEnd 2)) 8.0)
              agrees "d3_b973c" (functional "b97-3c" None everything)
              agrees "d3_b3lyp" (functional "b3lyp" None everything)
              agrees "d3_pbe" (functional "pbe" None everything))

          testCase "Repulsion agrees, ended and not" (fun () ->
              agrees "xtb_smooth_5_2" (TightBindingRepulsion.create (Some(SmoothEnd 2)) 5.2 |> ok)
              agrees "xtb_cosine_5_1" (TightBindingRepulsion.create (Some CosineEnd) 5.1 |> ok)
              agrees "xtb_no_cutoff" (TightBindingRepulsion.create None everything |> ok))

          testCase "Methane has the published energy" (fun () ->
              // tests/test_dispersion.py of torchani: −1.251336 kcal/mol, with hartree and bohr of its own.
              let potential = Dispersion.create Dispersion.functionals["wb97x"] None everything |> ok
              let energy = (Evaluate.run potential (structure "CH4_symmetric") |> ok).Energy
              close "energy" 2e-6 -1.251336 (energy / Units.kcalPerMol))

          testCase "Elements without references are refused by name, and atoms at one place do not matter" (fun () ->
              let potential = Dispersion.create Dispersion.functionals["pbe"] None 10.0 |> ok
              let gold = Structure.ofSymbols [ "H"; "Au" ] [ 0.0, 0.0, 0.0; 1.0, 0.0, 0.0 ] Cell.none |> ok

              match Evaluate.run potential gold with
              | Error error -> contains "atom 1 of element Au" (NoetherError.message error)
              | Ok _ -> failtest "gold"

              let pair = Structure.ofSymbols [ "H"; "H" ] [ 0.0, 0.0, 0.0; 0.0, 0.0, 0.0 ] Cell.none |> ok
              let results = Evaluate.run potential pair |> ok

              for f in results.Forces do
                  equal 0.0 f

              match Dispersion.create Dispersion.functionals["pbe"] None -1.0 with
              | Error error -> contains "a positive finite length" (NoetherError.message error)
              | Ok _ -> failtest "a negative cut-off") ]
