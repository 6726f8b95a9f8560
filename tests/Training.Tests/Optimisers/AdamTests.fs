/// Adam in one pass against Adam by tensor operations.
module Noether.Tests.AdamTests

open Expecto
open Noether.AutoDiff
open Noether.Kernels
open Noether.Tests.TensorChecks
open Noether.Training

let private lengths = [ 0; 1; 7; 16; 33; 1000; 70_001 ]

/// Two steps of Adam: updates and what it remembers.
let private steps (gradients: Tensor[]) =
    let optimiser = ScaleBy.adam AdamOptions.standard
    let parameters = Leaf(Tensor.zerosLike gradients[0])
    let point = { Parameters = parameters; Loss = 0.0 }
    let _, memory = optimiser.Update (Leaf gradients[0]) (optimiser.Init parameters) point
    let updates, memory = optimiser.Update (Leaf gradients[1]) memory point

    [ updates; Tree.find "mean" memory; Tree.find "square" memory ] |> List.collect Tree.leaves |> Array.ofList

[<Tests>]
let tests =
    testList
        "Adam"
        [ testCase "Adam in one pass has the bits of Adam by tensor operations, on any number of threads" (fun () ->
              for precision in precisions do
                  for length in lengths do
                      let gradients = [| normal precision 3 [| length |]; normal precision 4 [| length |] |]

                      // What is differentiated goes through tensor operations.
                      let composed, _ = Diff.vjpMany steps gradients

                      for threads in [ 1; 2 ] do
                          use _ = Workers.LimitTo threads
                          Array.iter2 identical composed (steps gradients)) ]
