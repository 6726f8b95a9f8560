/// The checker itself: it passes what is right and says where something is wrong.
module Noether.Tests.CheckTests

open Noether.AutoDiff
open Noether.Tests.TensorChecks
open Xunit

/// x² with a slope and a tangent that may be wrong.
let private square (slope: Tensor -> Tensor) (tangent: Tensor -> Tensor) =
    { Name = "square"
      Value = fun x -> x[0] * x[0]
      Pushforward = fun x _ t -> tangent x[0] * t[0]
      Pullback = fun x _ g -> [| slope x[0] * g |] }

let private run rules = Check.run (key 1) (Tensor.custom rules) [| normal Float64 2 [| 4 |] |]

let private twice (x: Tensor) = 2.0 * x

[<Fact>]
let ``a right operation passes in every mode`` () =
    let report = run (square twice twice)
    Assert.True(report.Passed, string report)
    // 1 + 2 + 4 sequences of modes, four comparisons each.
    Assert.Equal(28, report.Comparisons)
    Assert.StartsWith("passed: 28 comparisons", string report)

[<Fact>]
let ``rules that disagree break the adjoint law at once`` () =
    let report = run (square (fun x -> 2.1 * x) twice)
    Assert.False report.Passed
    Assert.Contains("FAILED", string report)

    Assert.True(
        Check.run (key 1) (Tensor.custom (square (fun x -> 2.0 * x + 1e-8) twice)) [| normal Float64 2 [| 4 |] |]
        |> _.Passed
        |> not
    )

[<Fact>]
let ``rules that agree and are wrong break the difference law`` () =
    let wrong (x: Tensor) = 2.001 * x
    let report = run (square wrong wrong)
    Assert.Equal(Check.Law.Difference, report.Worst.Law)
    Assert.Contains("central difference", string report)

[<Fact>]
let ``a rule that is right once and wrong when differentiated again is found`` () =
    let stopped (x: Tensor) = 2.0 * Tensor.stopGradient x

    let first =
        Check.runWith
            { Check.settings Float64 with Order = 1 }
            (key 1)
            (Tensor.custom (square stopped twice))
            [| normal Float64 2 [| 4 |] |]

    Assert.True(first.Passed, string first)
    let report = run (square stopped twice)
    Assert.False report.Passed
    Assert.NotEmpty report.Worst.Derivatives
    Assert.Contains("after ", string report)

[<Fact>]
let ``the argument that is wrong is named`` () =
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

    Assert.Equal(Check.Arguments.Only 1, report.Worst.Arguments)
    Assert.Contains("argument 1", string report)

[<Fact>]
let ``a value that depends on the mode is found`` () =
    let mutable calls = 0

    let unsteady (x: Tensor[]) =
        calls <- calls + 1
        x[0] * float calls

    Assert.False (Check.run (key 1) unsteady [| normal Float64 2 [| 4 |] |]).Passed

[<Fact>]
let ``not a number is a violation`` () =
    let report = Check.run (key 1) (fun x -> Tensor.sqrt (0.0 * x[0])) [| normal Float64 2 [| 4 |] |]
    Assert.False report.Passed

[<Fact>]
let ``the raising variant gives the report in the name of what was checked`` () =
    refuses "my potential" [ "FAILED"; "⟨v, Jᵀ w⟩" ] (fun () ->
        run (square (fun x -> 2.1 * x) twice) |> Check.orFail "my potential")

    run (square twice twice) |> Check.orFail "my potential" |> ignore

[<Fact>]
let ``forms have one value for every open slot`` () =
    // Σᵢⱼₖ Aᵢⱼ Bⱼₖ Gᵢₖ.
    let matmul slot (x: Tensor[]) =
        match slot with
        | 0 -> Tensor.matmulTransposed false true x[1] x[0]
        | 1 -> Tensor.matmulTransposed true false x[0] x[1]
        | _ -> Tensor.matmul x[0] x[1]

    for precision in precisions do
        let xs = [| normal precision 1 [| 3; 4 |]; normal precision 2 [| 4; 2 |]; normal precision 3 [| 3; 2 |] |]
        Check.form (key 4) matmul xs |> Check.orFail "matmul" |> ignore

        // Repeated indices, and a row that no index names.
        let index = [| 2; 0; 2; 2; 4 |]
        let gather slot (x: Tensor[]) = if slot = 1 then Tensor.gather index x[0] else Tensor.segmentSum index 5 x[0]
        let rows = [| normal precision 5 [| 5; 3 |]; normal precision 6 [| 5; 3 |] |]
        Check.form (key 7) gather rows |> Check.orFail "gather" |> ignore

    let wrong slot (x: Tensor[]) = if slot = 0 then 1.01 * x[0] * x[1] else x[0] * x[1]
    let xs = Array.init 3 (fun i -> normal Float64 i [| 5 |])
    let report = Check.form (key 8) wrong xs
    Assert.False report.Passed
    Assert.Contains("by slot 0", string report)

    let affine _ (x: Tensor[]) = x[0] * x[1] + 1.0
    Assert.False (Check.form (key 9) affine (Array.init 3 (fun _ -> normal Float64 1 [| 5 |]))).Passed
