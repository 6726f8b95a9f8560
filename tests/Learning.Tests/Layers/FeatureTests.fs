/// Operations on rows of features against their definitions, and the laws of their derivatives.
module Noether.Tests.FeatureTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Tests.Recorded

let private random shape seed = Tensor.normal Float64 shape (RandomKey.FromSeed seed)

let private features (text: string) rows seed =
    let irreps = Irreps.ofString text
    IrrepsTensor.ofRows irreps (random [| rows; irreps.Dim |] seed)

let private closeTo what (expected: Tensor) (actual: Tensor) =
    equal expected.Shape actual.Shape
    // Sums of at most a few hundred terms of order one.
    Array.iteri2 (fun i -> close $"{what}[{i}]" 1e-12) (Tensor.toArray expected) (Tensor.toArray actual)

/// A linear map as its definition: y[n, c, v] = Σ W[u, v] x[n, c, u] / √fan.
let private linearTwin (weights: Tensor list) (index: int[]) (output: Irreps) (x: IrrepsTensor) =
    let mutable left = weights
    let fan = Array.zeroCreate output.Chunks.Length
    let y = [ for chunk in output.Chunks -> Array3D.zeroCreate index.Length chunk.Irrep.Dim chunk.Mul ]

    for a, values in List.zip x.Irreps.Chunks (IrrepsTensor.chunks x) do
        let read = Tensor.toArray values

        for o, b in List.indexed output.Chunks do
            if a.Irrep = b.Irrep && a.Mul > 0 && b.Mul > 0 then
                fan[o] <- fan[o] + a.Mul
                let w = Tensor.toArray left.Head
                left <- left.Tail

                for n in 0 .. index.Length - 1 do
                    for c in 0 .. a.Irrep.Dim - 1 do
                        for u in 0 .. a.Mul - 1 do
                            for v in 0 .. b.Mul - 1 do
                                y[o][n, c, v] <-
                                    y[o][n, c, v]
                                    + read[(n * a.Irrep.Dim + c) * a.Mul + u] * w[(index[n] * a.Mul + u) * b.Mul + v]

    let chunk o (b: MulIrrep) =
        Tensor.ofArray
            [| index.Length; b.Irrep.Dim; b.Mul |]
            [| for n in 0 .. index.Length - 1 do
                   for c in 0 .. b.Irrep.Dim - 1 do
                       for v in 0 .. b.Mul - 1 -> y[o][n, c, v] / sqrt (float (max 1 fan[o])) |]

    (IrrepsTensor.create output (List.mapi chunk output.Chunks)).Rows

let private inputs = "3x0e+2x1o+2x0e+5x2e+1x3o"

let private outputs = Irreps.ofString "4x0e+7x1o+1x1e+2x2e+3x2e"

let private gates =
    [ "2x0e"
      "2x0e+1x0o"
      "1x1o+3x0e"
      "3x0o+4x0e+2x1o+1x2e+1x1o"
      // Odd gates turn the parity of what they multiply, and split its chunk.
      "1x0e+2x0o+1x0e+3x1o"
      "2x1e+1x0e+1x2e+3x0o" ]

[<Tests>]
let tests =
    testList
        "Feature"
        [ testCase "rows hold chunks, and come from e3nn's layout and back" (fun () ->
              let x = features "3x0e+2x1o+0x1e+2x2e+1x0o" 4 0UL
              closeTo "chunks" x.Rows (IrrepsTensor.create x.Irreps (IrrepsTensor.chunks x)).Rows
              closeTo "flat" x.Rows (IrrepsTensor.ofFlat x.Irreps (IrrepsTensor.toFlat x)).Rows
              let flat = Tensor.toArray (IrrepsTensor.toFlat x)
              let rows = Tensor.toArray x.Rows
              // The second component of the second copy of 1o in the last row.
              let width, chunk, mul = x.Irreps.Dim, 3, 2
              equal rows[3 * width + chunk + 1 * mul + 1] flat[3 * width + chunk + 1 * 3 + 1])

          testCase "rows of another width are refused by name" (fun () ->
              let refused =
                  raises<TensorException>(fun () ->
                      IrrepsTensor.ofRows (Irreps.ofString "2x1o") (random [| 3; 5 |] 0UL) |> ignore)

              contains "[n, 6]" refused.Message)

          testTheory "a linear map is its definition" [ 0; 1; 3 ] (fun species ->
              for rows in [ 0; 1; 7 ] do
                  let x = features inputs rows 1UL
                  let layer = Linear.create (if species = 0 then None else Some species) x.Irreps outputs
                  let parameters = layer.Init Float64 (RandomKey.FromSeed 2UL)
                  // Species in no order, one of them missing.
                  let index = Array.init rows (fun i -> if species < 2 then 0 else [| 2; 0; 2; 2; 0; 0; 2 |][i])
                  let expected = linearTwin (List.map snd (Tree.paths parameters)) index outputs x
                  let actual = layer.Apply parameters (x, index)
                  closeTo "linear" expected actual.Rows)

          testCase "a linear map is a form, with weights of one or several species" (fun () ->
              let block from target components inputs outputs scale =
                  { From = from
                    To = target
                    Components = components
                    Inputs = inputs
                    Outputs = outputs
                    Scale = scale }

              // Two blocks write one place, one reads a place twice, some columns are read or written by none.
              let blocks = [| block 0 1 1 3 4 0.5; block 3 1 1 2 4 0.7; block 5 5 3 2 5 1.0; block 5 20 3 2 1 -2.0 |]

              let forms =
                  [ EquivariantLinear(blocks, 12, 24, None), 1
                    EquivariantLinear(blocks, 12, 24, Some(SpeciesRows.create 3 [| 2; 0; 2; 0; 0 |])), 3
                    EquivariantLinear(blocks, 12, 24, Some(SpeciesRows.create 2 [| 0; 0; 0; 1; 1 |])), 2 ]

              for form, species in forms do
                  let weights = species * Array.sumBy (fun b -> b.Inputs * b.Outputs) blocks
                  let values = [| random [| 5; 12 |] 3UL; random [| weights |] 13UL; random [| 5; 24 |] 4UL |]

                  Check.form (RandomKey.FromSeed 5UL) (fun slot others -> form.Apply(slot, others)) values
                  |> Check.orFail "linear"
                  |> ignore

                  Check.run (RandomKey.FromSeed 6UL) (fun xs -> form.Of(xs[0], xs[1])) values[..1]
                  |> Check.orFail "linear"
                  |> ignore)

          testCase "a species outside its range is refused" (fun () ->
              let layer = Linear.create (Some 2) (Irreps.ofString "1x0e") (Irreps.ofString "1x0e")
              let x = features "1x0e" 2 0UL
              let parameters = layer.Init Float64 (RandomKey.FromSeed 0UL)
              let refused = raises<TensorException>(fun () -> layer.Apply parameters (x, [| 0; 2 |]) |> ignore)
              contains "species 2 of row 1" refused.Message)

          testCase "a bias is added to scalars 0e only" (fun () ->
              let x = features "2x0e+1x1o+2x0o" 3 7UL
              let output = Irreps.ofString "2x0e+2x1o+1x0o+1x0e"
              let layer = Linear.createBiased None x.Irreps output
              let fresh = layer.Init Float64 (RandomKey.FromSeed 8UL)
              let plain = (Linear.create None x.Irreps output).Init Float64 (RandomKey.FromSeed 8UL)
              let y = (Linear.create None x.Irreps output).Apply plain (x, [||])
              closeTo "zero bias" y.Rows (layer.Apply fresh (x, [||])).Rows

              let biased =
                  fresh
                  |> Tree.mapPaths (fun path (w: Tensor) ->
                      if path.StartsWith 'b' then w + float (int path[2] - int '0' + 1) else w)

              let added = (layer.Apply biased (x, [||])).Rows - y.Rows
              let one = [| 1.0; 1.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 4.0 |]
              closeTo "bias" (Tensor.ofArray [| 3; 10 |] (Array.concat [ one; one; one ])) added)

          testCase "a gate in one pass is the composed gate" (fun () ->
              for text in gates do
                  for rows in [ 0; 1; 5 ] do
                      let x = features text rows 9UL
                      let fused = Gate.apply Activation.Silu Activation.Tanh Activation.Sigmoid x
                      let expected = Gate.composed Activation.Silu Activation.Tanh Activation.Sigmoid x
                      equal expected.Irreps fused.Irreps
                      closeTo text expected.Rows fused.Rows)

          testCase "every derivative of a gate agrees with its value" (fun () ->
              for text in gates do
                  let x = features text 3 10UL
                  let gate = Gate.create Activation.Silu Activation.Tanh Activation.Silu x.Irreps

                  Check.run (RandomKey.FromSeed 11UL) (fun xs -> (gate { x with Rows = xs[0] }).Rows) [| x.Rows |]
                  |> Check.orFail $"gate {text}"
                  |> ignore)

          testCase "the bits of a gate do not depend on the threads" (fun () ->
              let x = features "40x0e+8x0o+20x1o+10x2e" 300 13UL
              let gate = Gate.create Activation.Silu Activation.Tanh Activation.Silu x.Irreps
              let once (rows: Tensor) = (gate { x with Rows = rows }).Rows
              let gradient rows = Diff.grad (once >> Tensor.square >> Tensor.sum) rows

              let run threads =
                  use _ = Noether.Kernels.Workers.LimitTo threads
                  [ once x.Rows; gradient x.Rows; Diff.grad (gradient >> Tensor.sum) x.Rows ]

              List.iter2 (fun (one: Tensor) (two: Tensor) -> equal one two) (run 1) (run 2))

          testCase "activations outside the closed families are composed" (fun () ->
              let x = features "3x0o+4x0e+2x1o" 3 12UL
              let fused = Gate.apply Activation.Gelu Activation.SoftOdd Activation.Sigmoid x
              closeTo "gate" (Gate.composed Activation.Gelu Activation.SoftOdd Activation.Sigmoid x).Rows fused.Rows)

          testCase "the two ends of a pair share a row" (fun () ->
              // 0→1 and back, 1→0 over a shift and back, an image of 0 and its opposite, and a loop.
              let senders, receivers = [| 1; 1; 0; 0; 0; 0; 0; 1 |], [| 0; 0; 0; 0; 0; 1; 1; 1 |]

              let shifts = [| 0; 0; 0; 1; 0; 0; 0; 1; 0; 0; -1; 0; 0; 0; 0; -1; 0; 0; 0; 0; 0; 0; 2; 0 |]

              let rows = EdgeRows.create senders receivers (ReadOnlySpan shifts)
              equal [| 0; 1; 2; 2; 3; 1; 0; 4 |] rows.Row
              equal [| 0; 1; 2; 4; 7 |] rows.Edge

              contains
                  "sorted"
                  (argumentMessage (fun () ->
                      EdgeRows.create [| 0; 1 |] [| 1; 0 |] (ReadOnlySpan(Array.zeroCreate 6)) |> ignore))

              contains
                  "three shifts"
                  (argumentMessage (fun () -> EdgeRows.create [| 0 |] [| 1 |] (ReadOnlySpan [| 0 |]) |> ignore)))

          testCase "a product with harmonics is its definition" (fun () ->
              let x = features "2x0e+3x1o" 4 13UL
              let y = random [| 4; 8 |] 14UL
              let wanted (irrep: Irrep) = irrep.L < 3
              let product = TensorProduct.withHarmonics wanted [ 1; 2 ] y x
              equal (Irreps.ofString "3x0e+5x1o+3x1e+5x2e+3x2o") product.Irreps
              let scalars = Tensor.toArray (List.head (IrrepsTensor.chunks product))
              let vectors, harmonics = Tensor.toArray (List.item 1 (IrrepsTensor.chunks x)), Tensor.toArray y

              for n in 0..3 do
                  for u in 0..2 do
                      // 1o × 1o → 0e with C = δ/√3.
                      let dot = Seq.sum (seq { for i in 0..2 -> vectors[(n * 3 + i) * 3 + u] * harmonics[n * 8 + i] })
                      close "scalar" 1e-14 (dot / sqrt 3.0) scalars[n * 3 + u]) ]
