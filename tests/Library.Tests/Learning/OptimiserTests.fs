/// Optimisers against their formulas.
module Noether.Tests.OptimiserTests

open Noether.AutoDiff
open Noether.Kernels
open Noether.Learning
open Noether.Tests.TensorChecks
open Xunit

let private lengths = [ 0; 1; 7; 16; 33; 1000; 70_001 ]

/// Two steps of Adam: updates, means and squares.
let private steps (gradients: Tensor[]) =
    let optimiser = Optimiser.adam 0.01
    let leaves tree = Tree.leaves tree |> Array.ofList
    let start = optimiser.Init(Leaf(Tensor.zerosLike gradients[0]))
    let _, state = optimiser.Update (Leaf gradients[0]) start
    let updates, state = optimiser.Update (Leaf gradients[1]) state
    Array.concat [ leaves updates; leaves state.Mean; leaves state.Square ]

let private gradients precision length = [| normal precision 3 [| length |]; normal precision 4 [| length |] |]

[<Fact>]
let ``Adam in one pass has the bits of Adam by tensor operations, on any number of threads`` () =
    for precision in precisions do
        for length in lengths do
            let gs = gradients precision length

            // What is differentiated goes through tensor operations.
            let composed, _ = Diff.vjpMany steps gs

            for threads in [ 1; 2 ] do
                use _ = Workers.LimitTo threads
                Array.iter2 identical composed (steps gs)

[<Fact>]
let ``Adam is its formula`` () =
    for precision in precisions do
        let gs = gradients precision 5
        let values = gs |> Array.map Tensor.toArray
        let found = steps gs |> Array.map Tensor.toArray

        for i in 0..4 do
            let g1, g2 = values[0][i], values[1][i]
            let mean = 0.9 * 0.1 * g1 + 0.1 * g2
            let square = 0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2
            let update = -0.01 * (mean / (1.0 - 0.81)) / (sqrt (square / (1.0 - 0.998001)) + 1e-8)
            // A dozen roundings.
            let tolerance = if precision = Float64 then 1e-14 else 3e-6
            Assert.InRange(found[0][i] / update, 1.0 - tolerance, 1.0 + tolerance)
            Assert.InRange(found[1][i] - mean, -tolerance, tolerance)
            Assert.InRange(found[2][i] / square, 1.0 - tolerance, 1.0 + tolerance)
