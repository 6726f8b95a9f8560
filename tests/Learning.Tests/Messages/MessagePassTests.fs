/// The message pass against its definition, and the laws of its form.
module Noether.Tests.MessagePassTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Tests.Recorded
open Noether.Tests.TensorChecks

/// A message pass and one value for each slot of its form.
type private Case = { Text: string; Plan: MessagePlan; Edges: MessageEdges; Values: Tensor[] }

let private irreps text = Irreps.ofString text

/// Edges between some of the nodes, the senders in any order, some nodes without edges, some edges sharing weights.
let private randomEdges (random: Random) nodes count shared =
    let receivers = Array.init count (fun _ -> 2 * random.Next((nodes + 1) / 2)) |> Array.sort
    let senders = Array.init count (fun _ -> random.Next nodes)
    let edges = MessagePass.edges nodes senders receivers

    if shared then
        let rows = count / 2 + 2
        MessagePass.shareWeights rows (Array.init count (fun _ -> random.Next rows)) edges
    else
        edges

let private values precision seed (plan: MessagePlan) (edges: MessageEdges) =
    [| [| edges.Nodes; plan.Input.Dim |]
       [| edges.Count; plan.Degrees |> List.sumBy (fun l -> 2 * l + 1) |]
       [| edges.WeightRows; plan.Kernel.WeightsWidth |]
       [| edges.Nodes; plan.Output.Dim |] |]
    |> Array.mapi (fun i shape -> normal precision (10 * seed + i) shape)

let private case text (degrees: int list) wanted nodes count shared precision seed =
    let input = irreps text
    let plan = MessagePass.plan input degrees (MessagePass.terms wanted degrees input)
    let edges = randomEdges (Random(seed: int)) nodes count shared

    { Text = $"{text}, degrees %A{degrees}, {count} edges of {nodes} nodes, seed {seed}, {precision}"
      Plan = plan
      Edges = edges
      Values = values precision seed plan edges }

let private upTo lmax (irrep: Irrep) = irrep.L <= lmax

/// Multiplicities below, at and above register widths; both parities; degrees up to 11; diagonal and other matrices.
let private cases precision =
    let random = Random 17

    let drawn =
        [ for seed in 1..12 do
              let chunks =
                  [ for _ in 0 .. random.Next 3 ->
                        $"{1 + random.Next 20}x{random.Next 4}" + (if random.Next 2 = 0 then "e" else "o") ]

              let degrees = [ 0..3 ] |> List.filter (fun _ -> random.Next 3 > 0)
              let nodes = 1 + random.Next 8
              String.Join("+", chunks), degrees, upTo 3, nodes, random.Next 60, random.Next 2 = 0, seed ]

    [ yield! drawn
      "89x0e", [ 0..3 ], upTo 3, 5, 40, false, 20
      "32x0e+32x1o+16x2e+16x3o", [ 0..3 ], upTo 3, 4, 90, true, 21
      "33x1o+17x2e", [ 0..2 ], upTo 2, 1, 50, false, 22
      "3x5o+2x4e", [ 2; 3 ], upTo 8, 3, 21, true, 23
      "2x11o", [ 0; 11 ], (fun irrep -> irrep.L = 0 || irrep.L = 11), 3, 9, false, 24
      "8x0e+8x1o", [ 0; 1 ], upTo 1, 6, 0, false, 25
      "8x0e+8x1o", [ 0; 1 ], upTo 1, 6, 0, true, 26
      "8x0e", [ 1 ], upTo 0, 6, 12, false, 27
      "", [ 0; 1 ], upTo 3, 4, 12, false, 28
      "0x1o+4x0e", [ 1 ], upTo 1, 4, 12, false, 29 ]
    |> List.map (fun (text, degrees, wanted, nodes, count, shared, seed) ->
        case text degrees wanted nodes count shared precision seed)

/// Sums of up to a thousand terms in another order: 30 units in the last place of a sum of like terms, and ten times
/// that for terms that are larger than the sum.
let private tolerance precision = if precision = Float64 then 1e-13 else 1e-4

let private agreeFor case what (expected: Tensor) (actual: Tensor) =
    Expect.isTrue (Shape.equal expected.Shape actual.Shape) $"{case.Text}, {what}: shapes differ"
    let expected, actual = Tensor.toArray expected, Tensor.toArray actual
    let scale = Array.fold (fun top x -> max top (abs x)) 1.0 expected

    for i in 0 .. expected.Length - 1 do
        let off = abs (expected[i] - actual[i])

        Expect.isTrue
            (off <= tolerance case.Values[0].Precision * scale)
            $"{case.Text}, {what}, element {i}: expected {expected[i]:R}, got {actual[i]:R}"

let private fused case (xs: Tensor[]) = MessagePass.apply case.Plan case.Edges xs[0] xs[1] xs[2]

let private composed case (xs: Tensor[]) = MessagePass.composed case.Plan case.Edges xs[0] xs[1] xs[2]

[<Tests>]
let tests =
    testList
        "MessagePass"
        [ testCase "The form is the same number by every slot, and linear in each" (fun () ->
              for precision in precisions do
                  for case in cases precision do
                      Check.form (key 5) (MessagePass.contract case.Plan case.Edges) case.Values
                      |> Check.orFail case.Text
                      |> ignore)

          testCase "Value and gradients are those of the definition" (fun () ->
              for precision in precisions do
                  for case in cases precision do
                      let xs = case.Values[..2]
                      agreeFor case "value" (composed case xs) (fused case xs)

                      // Every set of arguments that a reverse sweep may ask for.
                      for asked in 1..7 do
                          let varied = [| 0..2 |] |> Array.filter (fun i -> asked &&& (1 <<< i) <> 0)

                          let gradient f =
                              let part (parts: Tensor[]) =
                                  let all = Array.copy xs
                                  Array.iter2 (fun i x -> all[i] <- x) varied parts
                                  [| f case all |]

                              snd (Diff.vjpMany part (varied |> Array.map (fun i -> xs[i]))) [| case.Values[3] |]

                          for i, expected, actual in Seq.zip3 varied (gradient composed) (gradient fused) do
                              agreeFor case $"gradient {i} of those in {asked}" expected actual)

          testCase "Second derivatives are those of the definition, by forward and by reverse" (fun () ->
              for precision in precisions do
                  for case in cases precision do
                      let xs = case.Values[..2]
                      let vs = xs |> Array.mapi (fun i x -> normal precision (900 + i) x.Shape)

                      let gradient f (xs: Tensor[]) =
                          snd (Diff.vjpMany (fun xs -> [| Tensor.tanh (f case xs) |]) xs) [| case.Values[3] |]

                      let forward f = snd (Diff.jvpMany (gradient f) xs vs)
                      let reverse f = snd (Diff.vjpMany (gradient f) xs) vs

                      let expected, byForward, byReverse = forward composed, forward fused, reverse fused

                      for i in 0..2 do
                          agreeFor case $"Hessian by forward, {i}" expected[i] byForward[i]
                          agreeFor case $"Hessian by reverse, {i}" expected[i] byReverse[i])

          testCase "Derivatives of every order obey the laws" (fun () ->
              for precision in precisions do
                  let case = case "3x0e+2x1o+1x2e" [ 0; 1; 2 ] (upTo 2) 4 9 true precision 31
                  Check.run (key 6) (fused case) case.Values[..2] |> Check.orFail case.Text |> ignore)

          testCase "The product with harmonics is a message of every row to itself" (fun () ->
              let input = irreps "4x0e+3x1o+2x1e+5x2e"
              let degrees = [ 1; 2; 3 ]
              let wanted = upTo 3
              let plan = MessagePass.plan input degrees (MessagePass.terms wanted degrees input)
              let nodes = 7
              let each = Array.init nodes id
              let edges = MessagePass.edges nodes each each
              let features = IrrepsTensor.ofRows input (normal Float64 1 [| nodes; input.Dim |])
              let y = normal Float64 2 [| nodes; 15 |]
              let product = TensorProduct.withHarmonics wanted degrees y features
              equal product.Irreps plan.Output
              let w = Tensor.ones [| nodes; plan.Kernel.WeightsWidth |]
              agree 1e-13 product.Rows (MessagePass.composed plan edges features.Rows y w))

          testCase "Nequix has 1312 channels in its inner layers" (fun () ->
              let input = irreps "128x0e+64x1o+32x2e+32x3o"
              let natural (irrep: Irrep) = irrep.L <= 3 && irrep.Parity = Parity.ofDegree irrep.L
              let terms = MessagePass.terms natural [ 0..3 ] input
              let plan = MessagePass.plan input [ 0..3 ] terms
              equal "256x0e+352x1o+384x2e+320x3o" plan.Output.AsText
              equal 1312 plan.Kernel.WeightsWidth
              let order = [ for term in plan.Terms -> term.Output.L, term.Input, term.Degree ]

              equal [ 0, 0, 0; 0, 1, 1; 0, 2, 2; 0, 3, 3; 1, 0, 1; 1, 1, 0; 1, 1, 2 ] (List.take 7 order))

          testCase "Bits do not depend on the threads" (fun () ->
              for precision in precisions do
                  let case = case "32x0e+20x1o+9x2e" [ 0; 1; 2 ] (upTo 2) 200 6000 true precision 41
                  let xs = case.Values[..2]

                  let run threads =
                      use _ = Workers.LimitTo threads
                      let ys, pull = Diff.vjpMany (fun xs -> [| fused case xs |]) xs
                      Array.append ys (pull [| case.Values[3] |])

                  for expected, actual in Seq.zip (run 1) (run 2) do
                      identical expected actual)

          testCase "Wrong arguments are named" (fun () ->
              let input = irreps "4x0e+3x1o"
              let plan = MessagePass.plan input [ 1 ] (MessagePass.terms (upTo 1) [ 1 ] input)
              let edges = MessagePass.edges 2 [| 0; 1 |] [| 0; 1 |]
              let refused part (f: unit -> 'a) = argumentMessage (fun () -> f () |> ignore) |> contains part

              refused "chunk 2 of 4x0e+3x1o" (fun () ->
                  MessagePass.plan input [ 1 ] [ MessagePass.term 2 1 Irrep.scalar ])

              refused "degree 2" (fun () -> MessagePass.plan input [ 1 ] [ MessagePass.term 0 2 Irrep.scalar ])

              refused "0e is not in the product of 0e and 1o" (fun () ->
                  MessagePass.plan input [ 1 ] [ MessagePass.term 0 1 Irrep.scalar ])

              refused "sorted by receiver" (fun () -> MessagePass.edges 2 [| 0; 1 |] [| 1; 0 |])
              refused "senders[1] is 2" (fun () -> MessagePass.edges 2 [| 0; 2 |] [| 0; 1 |])
              refused "rows[0] is 5" (fun () -> MessagePass.shareWeights 5 [| 5; 0 |] edges)

              let x = normal Float64 1 [| 2; 13 |]
              let y = normal Float64 2 [| 2; 3 |]
              let w = normal Float64 3 [| 2; plan.Kernel.WeightsWidth |]

              refuses "MessagePass.apply" [ "features"; "expected [2, 13]" ] (fun () ->
                  MessagePass.apply plan edges (normal Float64 1 [| 2; 12 |]) y w)

              refuses "MessagePass.apply" [ "weights" ] (fun () -> MessagePass.apply plan edges x y y)

              refuses "message pass" [ "mixed precisions" ] (fun () ->
                  MessagePass.apply plan edges x (Tensor.cast Float32 y) w)) ]
