module Noether.Tests.LatticeSumReferenceTests

open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

/// The largest deviation from a calculation of torch-pme, relative to the largest number of its kind.
let private deviations (case: Entry) (calculation: NamedEntry) =
    let parameters = calculation.Value.GetProperty "parameters"
    let result = calculation.Value.GetProperty "result"
    let found = calculate (ionsOf case) parameters
    let expected (name: string) = numbers (result.GetProperty name)

    let against (name: string) (x: float seq) =
        match result.TryGetProperty name with
        | true, _ -> [ (name, difference (expected name) x) ]
        | _ -> []

    // Next to nothing is left of the derivatives of the two parts by the smearing, each about energy over smearing.
    let smearing =
        match result.TryGetProperty "dE_dsmearing" with
        | true, theirs -> [ ("dE_dsmearing", abs (theirs.GetDouble() - found.Smearing) / abs found.Energy) ]
        | _ -> []

    // Where the open axis is a direction in space, as there, its derivative by a shear differs from that of an axis
    // that stands on the plane: only the diagonal has one meaning.
    let slab = fst (parameters.TryGetProperty "periodic")

    let strain =
        let own = Tensor.toArray found.Strain
        let theirs = expected "dE_dstrain"
        let places = if slab then [ 0; 4; 8 ] else [ 0..8 ]
        let scale = theirs |> List.map abs |> List.max
        [ ("dE_dstrain", [ for i in places -> abs (own[i] - theirs[i]) / scale ] |> List.max) ]

    [ yield! against "potential" (Tensor.toArray found.Potentials)
      yield! against "energy" [ found.Energy ]
      yield! against "forces" (Tensor.toArray found.Forces)
      yield! strain
      yield! against "dE_dcharges" (Tensor.toArray found.Charges)
      yield! smearing ]

/// Weights by polynomials through an even number of nodes, and linear splines, have kinks half-way between planes of
/// the mesh: an ion of this cell lies on one, where forces have two values and rounding says which.
let private kinked (name: string) (calculation: NamedEntry) =
    let parameters = calculation.Value.GetProperty "parameters"

    match name, parameters.TryGetProperty "interpolation_nodes" with
    | "left_handed4", (true, nodes) ->
        let nodes = nodes.GetInt32()
        let byLagrange = (parameters.GetProperty "method").GetString() = "pme"
        (byLagrange && nodes % 2 = 0) || nodes = 2
    | _ -> false

let private agreeOn (kind: string) tolerance (name: string) =
    let case = file name

    let isCharged = abs (Seq.sum (numbers (case.GetProperty("structure").GetProperty "charges"))) > 1e-9

    // With a net charge a sum of r⁻³ has no value.
    let isDefined (calculation: NamedEntry) = not (isCharged && kind = "converged" && calculation.Name = "p=3")

    for calculation in (case.GetProperty kind).EnumerateObject() |> Seq.filter isDefined do
        for quantity, deviation in deviations case calculation do
            if not (quantity = "forces" && kinked name calculation) then
                Expect.isTrue
                    (deviation <= tolerance)
                    $"{name}, {calculation.Name}: {quantity} deviates by {deviation:g3}, more than {tolerance:g3}"

let private agree = agreeOn "calculations"

/// Sums of a few hundred terms in another order, relative to the largest force, which has cancelled to a tenth of its
/// terms.
let private rounding = 2e-12

[<Tests>]
let tests =
    testList
        "LatticeSumReference"
        [ testTheory
              "Potentials and all first derivatives are those of torch-pme by its own rules"
              [ "triclinic5"; "skewed4"; "left_handed4"; "charged6" ]
              (fun name -> agree rounding name)

          testTheory "Slabs are those of torch-pme" [ "slab_z"; "slab_y_charged" ] (fun name -> agree rounding name)

          testTheory
              "Converged sums of inverse powers are those of torch-pme"
              [ "triclinic5"; "skewed4"; "left_handed4"; "charged6"; "slab_z"; "slab_y_charged" ]
              (fun name -> agreeOn "converged" rounding name) ]
