module Noether.Tests.ElectrostaticTuningTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

let private near (relative: float) (expected: float) (found: float) = atMost relative (abs (found / expected - 1.0))

let private tutorial = lazy (file "tutorial")

let private expected (name: string) = (tutorial.Value.GetProperty "old_tuner_without_noise").GetProperty name

let private agrees (name: string) (found: TutorialParameters) =
    let case = expected name
    // Thousands of steps, each of which multiplies roundings by a little more than 1.
    near 1e-11 (number "smearing" case) found.Smearing
    near 1e-11 (number "mesh_spacing" case) found.MeshSpacing
    near 1e-11 (number "cutoff" case) found.Cutoff
    equal (int (number "steps" case)) found.Steps

[<Tests>]
let tests =
    testList
        "ElectrostaticTuning"
        [ testCase "The search of the tutorial's time finds the tutorial's parameters" (fun () ->
              let fractions =
                  numbers (tutorial.Value.GetProperty "positions") |> List.map (fun x -> 0.5 * x) |> Array.ofList

              let found = TutorialTuning.search 16.0 [| 2.0; 2.0; 2.0 |] 8.0 fractions 1e-3 None
              agrees "tutorial" found
              let printed = tutorial.Value.GetProperty "printed_tuned_values"
              // Its random noise moved the printed values in the eleventh digit.
              near 1e-9 (number "smearing" printed) found.Smearing
              near 1e-9 (number "mesh_spacing" printed) found.MeshSpacing
              near 1e-9 (number "cutoff" printed) found.Cutoff
              equal 4 found.Nodes)

          testCase "It finds the parameters of its own documentation, cut-off given or not" (fun () ->
              let search = TutorialTuning.search 2.0 [| 1.0; 1.0; 1.0 |] 1.0 [| 0.0; 0.0; 0.0; 0.5; 0.5; 0.5 |] 0.1
              agrees "CsCl 2 atoms, accuracy 0.1" (search None)
              agrees "CsCl 2 atoms, accuracy 0.1, cutoff 0.6" (search (Some 0.6)))

          testCase "Error bounds are those of torch-pme in float64" (fun () ->
              let two: ChargeStatistics = { Count = 2; Squares = 2.0; Volume = 1.0 }
              let lengths = [| 1.0; 1.0; 1.0 |]
              let pairs = ErrorBounds.pairs 1.0 4.4 two
              near 1e-14 8.430397849195762e-05 pairs
              near 1e-14 1.9390534766255126e-35 (ErrorBounds.wavelength 1.0 0.5 two)
              // Its last factor, e^(n/2 (ln(n/2) − 1)), is computed in float32: ours is rounded alike, to one unit in the
              // last place.
              let rounded nodes =
                  let n = float32 nodes
                  let single = MathF.Exp(n * (MathF.Log(n / 2.0f) - 1.0f) / 2.0f)
                  float single / exp (float n / 2.0 * (log (float n / 2.0) - 1.0))

              let lagrange nodes = rounded nodes * ErrorBounds.lagrange nodes 1.0 0.5 lengths two
              near 1e-7 0.001114847781079969 (lagrange 3)
              near 1e-7 1.1735696145125398e-06 (lagrange 7)
              near 1e-14 0.00045187923336039576 (ErrorBounds.splinesAt 3 1.0 0.5 lengths two)
              near 1e-14 1.1069526756106463 (ErrorBounds.smearing 1e-3 4.4 two |> Outcome.getOrFail)
              near 1e-14 9.830445522460206e-09 (ErrorBounds.splinesAt 7 1.0 0.5 lengths two))

          testCase "Estimates of an Ewald sum fall to the accuracy that was asked for" (fun () ->
              let statistics: ChargeStatistics = { Count = 1000; Squares = 1000.0; Volume = 20000.0 }

              for accuracy in [ 1e-2; 1e-5; 1e-8 ] do
                  for method in [ EwaldMethod; MeshMethod 5; MeshMethod 7 ] do
                      let found = Resolution.choose method 14.4 accuracy 9.0 statistics |> Outcome.getOrFail
                      inRange (0.01 * accuracy) accuracy found.Promised

              match Resolution.choose Automatic 14.4 nan 9.0 statistics with
              | Error error -> contains "accuracy" (NoetherError.message error)
              | Ok _ -> failwith "expected an error") ]
