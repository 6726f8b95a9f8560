/// Tapes: many threads, many nodes, any number of cores.
module Noether.Tests.TensorTapeTests

open System.Threading
open System.Threading.Tasks
open Expecto
open Noether.AutoDiff
open Noether.Kernels
open Noether.Tests.TensorChecks

/// A function with a bit of everything.
let private mixed index (x: Tensor) =
    let rows = Tensor.gather index x
    let sums = Tensor.segmentSum index x.Shape[0] (Tensor.sin rows * rows)
    let products = Tensor.matmulTransposed true false x sums
    Tensor.sum (Tensor.tanh products) + Tensor.sum (Tensor.exp (0.1 * Tensor.flip 0 x) / (1.0 + x * x))

let private small = Array.init 40 (fun e -> e * 7 % 11)

[<Tests>]
let tests =
    testList
        "TensorTape"
        [ testCase "200 sweeps of one tape at the same time are equal to the bit" (fun () ->
              let x = normal Float64 1 [| 11; 3 |]
              let y, pull = Diff.vjp (mixed small) x
              let one = Tensor.onesLike y
              let expected = pull one
              let results = Array.zeroCreate 200
              Parallel.For(0, 200, fun i -> results[i] <- pull one) |> ignore
              results |> Array.iter (identical expected))

          testCase "200 tapes at the same time are equal to the bit" (fun () ->
              let x = normal Float32 2 [| 11; 3 |]
              let energy = mixed small
              let v = normal Float32 3 [| 11; 3 |]
              let expected = Diff.grad energy x, Diff.hessianv energy x v
              let results = Array.zeroCreate 200
              Parallel.For(0, 200, fun i -> results[i] <- (Diff.grad energy x, Diff.hessianv energy x v)) |> ignore

              for g, h in results do
                  identical (fst expected) g
                  identical (snd expected) h)

          testCase "a sweep under an outer differentiation runs on many threads" (fun () ->
              // All threads sweep a tape whose tensors belong to an outer differentiation as well. The outer sweep adds
              // up in the order in which the threads happened to record: equal but for a few roundings of sums of 50
              // numbers.
              let outer (x: Tensor) =
                  let y, pull = Diff.vjp (mixed small) x
                  let parts = Array.zeroCreate 50
                  Parallel.For(0, 50, fun i -> parts[i] <- pull (Tensor.onesLike y * float i)) |> ignore
                  Tensor.sum (Array.reduce (+) parts)

              let x = normal Float64 4 [| 11; 3 |]
              let expected = Diff.grad outer x

              for _ in 1..5 do
                  agree 1e-12 expected (Diff.grad outer x))

          testCase "a tape of 600 000 nodes is swept on a small stack" (fun () ->
              let nodes = 600_000
              let mutable gradient = nan
              let mutable failure: exn | null = null

              let work () =
                  try
                      let f (x: Tensor) =
                          let mutable y = x

                          for i in 1 .. nodes / 2 do
                              y <- y * 0.5
                              y <- y + 1.0

                          y

                      gradient <- Tensor.value (Diff.grad (fun x -> f (x * 1.0) + x) (Tensor.scalar 1.0))
                  with e ->
                      failure <- e

              let thread = Thread(work, 256 * 1024)
              thread.Start()
              thread.Join()
              isTrue (isNull failure)
              // 2⁻³⁰⁰⁰⁰⁰ is zero; what is left is the other path.
              equal 1.0 gradient)

          testCase "results do not depend on the number of threads" (fun () ->
              for precision in precisions do
                  let rows = 20_000
                  let index = Array.init 70_000 (fun e -> e * 7919 % rows)
                  let x = normal precision 5 [| rows; 16 |]
                  let v = normal precision 6 [| rows; 16 |]

                  let run threads =
                      use _ = Workers.LimitTo threads
                      let y, g = Diff.fgrad (mixed index) x
                      y, g, Diff.hessianv (mixed index) x v

                  let y, g, h = run 1

                  for threads in [ 2; 3 ] do
                      let y', g', h' = run threads
                      identical y y'
                      identical g g'
                      identical h h') ]
