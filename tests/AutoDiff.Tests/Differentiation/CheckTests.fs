/// The checker itself: it passes what is right and says where something is wrong.
module Noether.Tests.CheckTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// x² with a slope and a tangent that may be wrong.
let private square (slope: Tensor -> Tensor) (tangent: Tensor -> Tensor) =
    { Name = "square"
      Value = fun x -> x[0] * x[0]
      Pushforward = fun x _ t -> tangent x[0] * t[0]
      Pullback = fun x _ g -> [| slope x[0] * g |] }

let private run rules = Check.run (key 1) (Tensor.custom rules) [| normal Float64 2 [| 4 |] |]

let private twice (x: Tensor) = 2.0 * x

[<Tests>]
let tests =
    testList
        "Check"
        [ testCase "a right operation passes in every mode" (fun () ->
              let report = run (square twice twice)
              Expect.isTrue report.Passed (string report)
              // 1 + 2 + 4 sequences of modes, four comparisons each.
              equal 28 report.Comparisons
              startsWith "passed: 28 comparisons" (string report))

          testCase "rules that disagree break the adjoint law at once" (fun () ->
              let report = run (square (fun x -> 2.1 * x) twice)
              isFalse report.Passed
              contains "FAILED" (string report)

              isTrue (
                  Check.run
                      (key 1)
                      (Tensor.custom (square (fun x -> 2.0 * x + 1e-8) twice))
                      [| normal Float64 2 [| 4 |] |]
                  |> _.Passed
                  |> not
              ))

          testCase "rules that agree and are wrong break the difference law" (fun () ->
              let wrong (x: Tensor) = 2.001 * x
              let report = run (square wrong wrong)
              equal Check.Law.Difference report.Worst.Law
              contains "central difference" (string report))

          testCase "a rule that is right once and wrong when differentiated again is found" (fun () ->
              let stopped (x: Tensor) = 2.0 * Tensor.stopGradient x

              let first =
                  Check.runWith
                      { Check.settings Float64 with Order = 1 }
                      (key 1)
                      (Tensor.custom (square stopped twice))
                      [| normal Float64 2 [| 4 |] |]

              Expect.isTrue first.Passed (string first)
              let report = run (square stopped twice)
              isFalse report.Passed
              isNotEmpty report.Worst.Derivatives
              contains "after " (string report))

          testCase "the argument that is wrong is named" (fun () ->
              let rules =
                  { Name = "product"
                    Value = fun x -> x[0] * x[1]
                    Pushforward = fun x _ t -> x[1] * t[0] + x[0] * t[1]
                    Pullback = fun x _ g -> [| x[1] * g; 1.01 * x[0] * g |] }

              let report =
                  Check.runWith
                      { Check.settings Float64 with Order = 1 }
                      (key 3)
                      (Tensor.custom rules)
                      [| normal Float64 4 [| 3 |]; normal Float64 5 [| 3 |] |]

              equal (Check.Arguments.Only 1) report.Worst.Arguments
              contains "argument 1" (string report))

          testCase "a value that depends on the mode is found" (fun () ->
              let mutable calls = 0

              let unsteady (x: Tensor[]) =
                  calls <- calls + 1
                  x[0] * float calls

              isFalse (Check.run (key 1) unsteady [| normal Float64 2 [| 4 |] |]).Passed)

          testCase "not a number is a violation" (fun () ->
              let report = Check.run (key 1) (fun x -> Tensor.sqrt (0.0 * x[0])) [| normal Float64 2 [| 4 |] |]
              isFalse report.Passed)

          testCase "the raising variant gives the report in the name of what was checked" (fun () ->
              refuses "my potential" [ "FAILED"; "⟨v, Jᵀ w⟩" ] (fun () ->
                  run (square (fun x -> 2.1 * x) twice) |> Check.orFail "my potential")

              run (square twice twice) |> Check.orFail "my potential" |> ignore)

          testCase "forms have one value for every open slot" (fun () ->
              // Σᵢⱼₖ Aᵢⱼ Bⱼₖ Gᵢₖ.
              let matmul slot (x: Tensor[]) =
                  match slot with
                  | 0 -> Tensor.matmulTransposed false true x[1] x[0]
                  | 1 -> Tensor.matmulTransposed true false x[0] x[1]
                  | _ -> Tensor.matmul x[0] x[1]

              for precision in precisions do
                  let xs =
                      [| normal precision 1 [| 3; 4 |]; normal precision 2 [| 4; 2 |]; normal precision 3 [| 3; 2 |] |]

                  Check.form (key 4) matmul xs |> Check.orFail "matmul" |> ignore

                  // Repeated indices, and a row that no index names.
                  let index = [| 2; 0; 2; 2; 4 |]

                  let gather slot (x: Tensor[]) =
                      if slot = 1 then Tensor.gather index x[0] else Tensor.segmentSum index 5 x[0]

                  let rows = [| normal precision 5 [| 5; 3 |]; normal precision 6 [| 5; 3 |] |]
                  Check.form (key 7) gather rows |> Check.orFail "gather" |> ignore

              let wrong slot (x: Tensor[]) = if slot = 0 then 1.01 * x[0] * x[1] else x[0] * x[1]
              let xs = Array.init 3 (fun i -> normal Float64 i [| 5 |])
              let report = Check.form (key 8) wrong xs
              isFalse report.Passed
              contains "by slot 0" (string report)

              let affine _ (x: Tensor[]) = x[0] * x[1] + 1.0
              isFalse (Check.form (key 9) affine (Array.init 3 (fun _ -> normal Float64 1 [| 5 |]))).Passed) ]
