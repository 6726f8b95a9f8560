/// Memory is used again, but never that of a tensor that someone can still read.
module Noether.Tests.MemoryTests

open System.Threading.Tasks
open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Arrays of 160 kB and more, every kind of rule that gives cotangents back, and arguments that are read twice.
let private network (xs: Tensor[]) =
    let hidden = Tensor.tanh (Tensor.matmul xs[0] xs[1])
    let flat = Tensor.reshape [| hidden.Size |] (hidden * hidden / (2.0 + Tensor.square hidden))
    let joined = Tensor.concat 0 [ flat; 3.0 * flat; flat ]
    let folded = Tensor.reshape [| 3; hidden.Size |] joined
    Tensor.sum (Tensor.exp (0.01 * folded)) + Tensor.sum (hidden * hidden) + Tensor.sum (xs[0] * xs[0])

let private arguments precision seed =
    [| normal precision seed [| 400; 100 |]; normal precision (seed + 1) [| 100; 120 |] |]

let private gradient xs =
    snd (Diff.vjpMany (fun xs -> [| network xs |]) xs) [| Tensor.scalar 1.0 |> Tensor.cast xs[0].Precision |]

/// The gradient along itself: a sweep inside a sweep.
let private second xs =
    let squares (gs: Tensor[]) = gs |> Array.map (Tensor.square >> Tensor.sum) |> Array.reduce (+)

    snd (Diff.vjpMany (fun xs -> [| squares (gradient xs) |]) xs) [| Tensor.scalar 1.0 |> Tensor.cast xs[0].Precision |]

let private copies (xs: Tensor[]) = xs |> Array.map Tensor.toArray

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Memory"
        [ testCase "Results stay what they are while others are computed" (fun () ->
              for precision in precisions do
                  let xs = arguments precision 1
                  let before = copies xs
                  let kept = Array.append (gradient xs) (second xs)
                  let expected = copies kept

                  for seed in 10..14 do
                      second (arguments precision seed) |> ignore

                  equal expected (copies kept)
                  equal before (copies xs)
                  Array.iter2 identical kept (Array.append (gradient xs) (second xs)))

          testCase "A tape can be swept again" (fun () ->
              for precision in precisions do
                  let xs = arguments precision 2
                  let _, pull = Diff.vjpMany (fun xs -> [| network xs |]) xs
                  let along k = pull [| Tensor.scalar k |> Tensor.cast precision |]
                  let first = along 1.0
                  let expected = copies first
                  along 2.0 |> ignore
                  equal expected (copies first)
                  Array.iter2 identical first (along 1.0))

          testCase "Threads do not write each other's memory" (fun () ->
              let all = [| for seed in 20..27 -> arguments Float32 seed |]
              let alone = all |> Array.map second
              let together = Array.zeroCreate all.Length
              Parallel.For(0, all.Length, (fun i -> together[i] <- second all[i])) |> ignore
              Array.iter2 (Array.iter2 identical) alone together) ]
