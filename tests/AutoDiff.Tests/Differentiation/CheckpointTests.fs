/// A checkpoint is the function itself, for derivatives of every order.
module Noether.Tests.CheckpointTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Two layers with weights among the arguments, and two results.
let private network (xs: Tensor[]) =
    let hidden = Tensor.tanh (Tensor.matmul xs[0] xs[1])
    [| Tensor.silu (Tensor.matmul hidden xs[2]); Tensor.exp (Tensor.sumAxes [| 1 |] hidden * 0.1) |]

let private arguments precision =
    [| normal precision 1 [| 4; 3 |]; normal precision 2 [| 3; 5 |]; normal precision 3 [| 5; 2 |] |]

let private total (ys: Tensor[]) = Tensor.sum ys[0] + Tensor.sum (ys[1] * ys[1])

let private same (expected: Tensor[]) (actual: Tensor[]) =
    equal expected.Length actual.Length

    // The same operations in the same order, but for the order in which cotangents of an argument are added.
    Array.iter2 (agree (if expected[0].Precision = Float64 then 1e-14 else 1e-5)) expected actual

let private gradient f xs = snd (Diff.vjpMany (fun xs -> [| total (f xs) |]) xs) [| Tensor.scalar 1.0 |]

[<Tests>]
let tests =
    testList
        "Checkpoint"
        [ testCase "Value and gradient are those of the function" (fun () ->
              let xs = arguments Float64
              same (network xs) (Diff.checkpoint network xs)
              same (gradient network xs) (gradient (Diff.checkpoint network) xs))

          testCase "The Hessian is that of the function" (fun () ->
              let xs = arguments Float64

              for i in 0..2 do
                  let energy f x = total (f (Array.updateAt i x xs))

                  agree
                      1e-13
                      (Diff.hessian (energy network) xs[i])
                      (Diff.hessian (energy (Diff.checkpoint network)) xs[i]))

          testCase "The gradient of a loss of forces is that of the function" (fun () ->
              let xs = arguments Float64

              // Forces are gradients with respect to the first argument; the loss is differentiated with respect to
              // all.
              let loss f (xs: Tensor[]) =
                  let forces = Diff.grad (fun x -> total (f (Array.updateAt 0 x xs))) xs[0]
                  [| Tensor.sum (forces * forces) |]

              let trained f = snd (Diff.vjpMany (loss f) xs) [| Tensor.scalar 1.0 |]
              same (trained network) (trained (Diff.checkpoint network)))

          testCase "Checkpoints nest" (fun () ->
              let xs = arguments Float64
              let inner (xs: Tensor[]) = Diff.checkpoint network xs
              same (gradient network xs) (gradient (Diff.checkpoint inner) xs))

          testCase "Derivatives of every order obey the laws" (fun () ->
              for precision in precisions do
                  Check.run (key 8) (fun xs -> total (Diff.checkpoint network xs)) (arguments precision)
                  |> Check.orFail $"checkpoint, {precision}"
                  |> ignore)

          testCase "The function is evaluated once for the value and once for the reverse sweep" (fun () ->
              let calls = ref 0

              let counted xs =
                  calls.Value <- calls.Value + 1
                  network xs

              gradient (Diff.checkpoint counted) (arguments Float64) |> ignore
              equal 2 calls.Value)

          testCase "A tensor that is differentiated outside must be an argument" (fun () ->
              let x = normal Float64 1 [| 3 |]

              refuses "checkpoint" [ "enclosing differentiation"; "arguments" ] (fun () ->
                  Diff.grad
                      (fun x ->
                          let ys = Diff.checkpoint (fun ys -> [| ys[0] * x |]) [| Tensor.ones [| 3 |] |] in
                          Tensor.sum ys[0])
                      x)) ]
