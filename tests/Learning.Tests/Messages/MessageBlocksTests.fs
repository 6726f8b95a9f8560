/// Message passes in blocks of receivers against the pass in one.
module Noether.Tests.MessageBlocksTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Tests.TensorChecks

let private input = Irreps.ofString "3x0e+2x1o"

let private plan = MessagePass.plan input [ 0; 1 ] (MessagePass.terms (fun irrep -> irrep.L <= 1) [ 0; 1 ] input)

let private width = plan.Kernel.WeightsWidth

/// Ten nodes of which every third receives nothing; an edge shares its row with at most one other.
let private edges shared =
    let random = Random 3
    let receivers = Array.init 40 (fun _ -> random.Next 10) |> Array.filter (fun i -> i % 3 <> 1) |> Array.sort
    let senders = receivers |> Array.map (fun _ -> random.Next 10)
    let edges = MessagePass.edges 10 senders receivers
    let rows = receivers.Length

    if shared then
        MessagePass.shareWeights rows (Array.init rows (fun e -> if e % 2 = 0 then rows - 1 - e else e)) edges
    else
        edges

/// Two layers, the second of which is scaled row by row.
let private weights (parameters: Tensor[]) (perRow: Tensor[]) =
    Tensor.matmul (Tensor.tanh (Tensor.matmul perRow[0] parameters[0])) parameters[1] * perRow[1]

let private arguments precision (edges: MessageEdges) =
    [| [| 4; 5 |]
       [| 5; width |]
       [| edges.WeightRows; 4 |]
       [| edges.WeightRows; 1 |]
       [| 10; input.Dim |]
       [| edges.Count; 4 |] |]
    |> Array.mapi (fun i shape -> normal precision (70 + i) shape)

let private within limit edges (xs: Tensor[]) =
    [| MessageBlocks.applyWithin limit plan edges weights xs[..1] xs[2..3] xs[4] xs[5] |]

let private gradient f (xs: Tensor[]) =
    let ys, pull = Diff.vjpMany (fun xs -> f xs |> Array.map Tensor.tanh) xs
    pull (ys |> Array.map Tensor.onesLike)

/// Sums of at most forty terms, in another order.
let private tolerance precision = if precision = Float64 then 1e-12 else 1e-4

[<Tests>]
let tests =
    testList
        "MessageBlocks"
        [ testCase "Blocks give the value and the derivatives of one pass" (fun () ->
              for precision in precisions do
                  for shared in [ false; true ] do
                      let edges = edges shared
                      let xs = arguments precision edges
                      let close = Seq.iter2 (agree (tolerance precision))
                      let second f = gradient (gradient f)

                      // One receiver a block, some, and all.
                      for limit in [ 1; 7; 12; 100 ] do
                          close (within 1000 edges xs) (within limit edges xs)
                          close (gradient (within 1000 edges) xs) (gradient (within limit edges) xs)
                          close (second (within 1000 edges) xs) (second (within limit edges) xs))

          testCase "Blocks obey the laws of derivatives" (fun () ->
              for precision in precisions do
                  let edges = edges true

                  Check.run (key 8) (fun xs -> (within 9 edges xs)[0]) (arguments precision edges)
                  |> Check.orFail "blocks"
                  |> ignore)

          testCase "Edges may point to fewer nodes than they come from" (fun () ->
              let all = edges false
              let xs = arguments Float64 all
              let w = weights xs[..1] xs[2..3]
              let fewer = MessageEdges(10, 12, all.Senders, all.Receivers, all.WeightRows, null)
              let y = MessagePass.apply plan fewer xs[4] xs[5] w
              equal [| 12; plan.Output.Dim |] y.Shape
              identical (MessagePass.apply plan all xs[4] xs[5] w) (Tensor.slice 0 0 10 y)
              agree 1e-13 (MessagePass.composed plan fewer xs[4] xs[5] w) y

              let refused =
                  raises<ArgumentOutOfRangeException>(fun () ->
                      MessageEdges(10, 9, all.Senders, all.Receivers, all.WeightRows, null) |> ignore)

              contains "receivers" refused.Message)

          testCase "The bits of blocks do not depend on the threads" (fun () ->
              let input = Irreps.ofString "32x0e+20x1o"
              let plan = MessagePass.plan input [ 0; 1 ] (MessagePass.terms (fun irrep -> irrep.L <= 1) [ 0; 1 ] input)
              let random = Random 5
              let receivers = Array.init 4000 (fun _ -> random.Next 100) |> Array.sort
              let edges = MessagePass.edges 100 (receivers |> Array.map (fun _ -> random.Next 100)) receivers

              let xs =
                  [| [| 16; plan.Kernel.WeightsWidth |]; [| 4000; 16 |]; [| 100; input.Dim |]; [| 4000; 4 |] |]
                  |> Array.mapi (fun i shape -> normal Float32 (90 + i) shape)

              let product (parameters: Tensor[]) (perRow: Tensor[]) = Tensor.matmul perRow[0] parameters[0]

              let blocks (xs: Tensor[]) =
                  [| MessageBlocks.applyWithin 1500 plan edges product xs[..0] xs[1..1] xs[2] xs[3] |]

              let run threads =
                  use _ = Workers.LimitTo threads
                  Array.append (blocks xs) (gradient blocks xs)

              for expected, actual in Seq.zip (run 1) (run 2) do
                  identical expected actual)

          testCase "A split is undone by joining, obeys the laws and refuses other lengths" (fun () ->
              for precision in precisions do
                  let x = normal precision 4 [| 3; 7; 2 |]
                  let parts = Tensor.split 1 [| 2; 0; 5 |] x
                  equal [ 2; 0; 5 ] [ for part in parts -> part.Shape[1] ]
                  identical x (Tensor.concat 1 (List.ofArray parts))

                  // The first part does not take part.
                  let some (xs: Tensor[]) =
                      let parts = Tensor.split -2 [| 3; 4 |] xs[0]
                      Tensor.sin parts[1]

                  Check.run (key 9) some [| x |] |> Check.orFail "split" |> ignore

              refuses "split" [ "[3, 3]"; "axis 1" ] (fun () -> Tensor.split 1 [| 3; 3 |] (Tensor.ones [| 3; 7 |]))) ]
