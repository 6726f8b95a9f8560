/// Memory is used again, but never that of a tensor that a user's function was given, returned, captured or kept.
module Noether.Tests.OwnershipTests

open System
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Tests.TensorChecks
open Xunit

let private input = Irreps.ofString "32x0e+20x1o"

let private plan = MessagePass.plan input [ 0; 1 ] (MessagePass.terms (fun irrep -> irrep.L <= 1) [ 0; 1 ] input)

let private width = plan.Kernel.WeightsWidth

let private rows = 800

/// Arrays of 64 kB and more, below which none are used again.
let private edges =
    let random = Random 5
    let receivers = Array.init rows (fun _ -> random.Next 100) |> Array.sort
    MessagePass.edges 100 (receivers |> Array.map (fun _ -> random.Next 100)) receivers

/// One parameter for each weight of a row, a row of weights for each edge, features and harmonics: all of them made by
/// operations, as are the tensors that could be used again.
let private arguments seed =
    [| [| 1; width |]; [| rows; width |]; [| 100; input.Dim |]; [| rows; 4 |] |]
    |> Array.mapi (fun i shape -> 0.5 * normal Float64 (seed + i) shape)

/// Tensors that a function saw or made, and what they were then.
type private Kept() =
    let all = ResizeArray<Tensor * float[]>()

    member _.Keep(x: Tensor) =
        all.Add(x, Tensor.toArray x)
        x

    member _.Check() =
        Assert.NotEmpty all

        for x, elements in all do
            Assert.Equal<float[]>(elements, Tensor.toArray x)

/// Keeps everything that its rules see.
let private squared (kept: Kept) =
    let keep xs = Array.iter (kept.Keep >> ignore) xs

    { Name = "squared"
      Value =
        fun xs ->
            keep xs
            kept.Keep(xs[0] * xs[0])
      Pushforward =
        fun xs y ts ->
            keep [| yield! xs; y; yield! ts |]
            kept.Keep(2.0 * xs[0] * ts[0])
      Pullback =
        fun xs y g ->
            keep [| yield! xs; y; g |]
            [| kept.Keep(2.0 * xs[0] * g) |] }

/// Weights from parameters and rows, in ways that break a rule which is only written down.
let private weights (kept: Kept) : (string * (Tensor[] -> Tensor[] -> Tensor)) list =
    [ "the argument", (fun _ rows -> kept.Keep rows[0])
      "the argument under another shape",
      fun _ rows -> kept.Keep rows[0] |> Tensor.reshape [| rows[0].Size |] |> Tensor.reshape rows[0].Shape
      "all rows of the argument", (fun _ rows -> Tensor.slice 0 0 rows[0].Shape[0] rows[0] |> kept.Keep)
      "a new tensor, kept",
      fun parameters rows ->
          kept.Keep parameters[0] |> ignore
          kept.Keep(Tensor.tanh (kept.Keep(kept.Keep rows[0] * parameters[0])))
      "rules that keep",
      fun parameters rows -> Tensor.custom (squared kept) [| kept.Keep(rows[0] * parameters[0]) |] + rows[0] ]

let private total (y: Tensor) = Tensor.sum (y * y)

let private gradient f (xs: Tensor[]) = snd (Diff.vjpMany (fun xs -> [| f xs |]) xs) [| Tensor.scalar 1.0 |]

/// Value, forward, reverse, forward over reverse and reverse over reverse.
let private modes (f: Tensor[] -> Tensor) (xs: Tensor[]) : Tensor[] =
    let along = arguments 500
    let energy = f >> total
    let squares gs = gs |> Array.map total |> Array.reduce (+)

    [| yield f xs
       yield! snd (Diff.jvpMany (fun xs -> [| f xs |]) xs along)
       yield! gradient energy xs
       yield! snd (Diff.jvpMany (gradient energy) xs along)
       yield! gradient (gradient energy >> squares) xs |]

/// Enough of other computations to write to all arrays that are free.
let private churn () =
    for seed in [ 1000; 2000; 3000 ] do
        let f (xs: Tensor[]) = MessagePass.apply plan edges xs[2] xs[3] (Tensor.tanh (xs[1] * xs[0]))

        modes f (arguments seed) |> ignore

        modes
            (fun xs -> MessageBlocks.applyWithin 300 plan edges (fun p r -> r[0] * p[0]) xs[..0] xs[1..1] xs[2] xs[3])
            (arguments (seed + 50))
        |> ignore

[<Fact>]
let ``What a function of weights is given, returns or keeps stays what it is`` () =
    let kept = Kept()

    for name, weights in weights kept do
        let xs = arguments 10
        let before = xs |> Array.map Tensor.toArray
        let direct (xs: Tensor[]) = MessagePass.apply plan edges xs[2] xs[3] (weights xs[..0] xs[1..1])
        let expected = modes direct xs

        // All rows in one pass, and in blocks.
        for limit in [ rows; 300 ] do
            let pass (xs: Tensor[]) = MessageBlocks.applyWithin limit plan edges weights xs[..0] xs[1..1] xs[2] xs[3]

            let found = modes pass xs
            let copies = found |> Array.map Tensor.toArray
            churn ()
            kept.Check()
            Assert.True((before = Array.map Tensor.toArray xs), $"{name}, {limit} rows: an argument was written to")
            Assert.True((copies = Array.map Tensor.toArray found), $"{name}, {limit} rows: a result was written to")
            // Sums of some thousand terms of size one in another order.
            Array.iter2 (agree 1e-9) expected found

[<Fact>]
let ``A captured constant stays what it is`` () =
    let constant = 0.5 * normal Float64 77 [| rows; width |]
    let before = Tensor.toArray constant
    let xs = arguments 10
    let pass (xs: Tensor[]) = MessageBlocks.apply plan edges (fun _ _ -> constant) xs[..0] xs[1..1] xs[2] xs[3]
    let found = modes pass xs
    churn ()
    Assert.Equal<float[]>(before, Tensor.toArray constant)
    Array.iter2 identical found (modes pass xs)

[<Fact>]
let ``What the function of a checkpoint or of blocks keeps stays what it is`` () =
    let kept = Kept()

    let f (xs: Tensor[]) =
        kept.Keep xs[1] |> ignore
        [| kept.Keep(Tensor.custom (squared kept) [| Tensor.tanh (xs[1] * xs[0]) |]) |]

    let blocks (xs: Tensor[]) =
        let lengths = [| 300; 500 |]
        Blocks.checkpoint 2 (fun _ -> f) [ Consecutive lengths ] [ Whole, xs[0]; Consecutive lengths, xs[1] ]

    for checkpointed in [ Diff.checkpoint f; blocks; (fun xs -> Diff.checkpoint blocks xs) ] do
        let pass (xs: Tensor[]) = MessagePass.apply plan edges xs[2] xs[3] (Array.head (checkpointed xs[..1]))
        let found = modes pass (arguments 10)
        churn ()
        kept.Check()

        Array.iter2
            (agree 1e-9)
            (modes (fun xs -> MessagePass.apply plan edges xs[2] xs[3] (Array.head (f xs[..1]))) (arguments 10))
            found
