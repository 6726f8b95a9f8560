/// What the tests of Noether.AutoDiff share.
module Noether.Tests.TensorChecks

open System
open Noether.AutoDiff
open Noether.Kernels
open Xunit

let precisions = [ Float64; Float32 ]

let key seed = RandomKey.FromSeed(uint64 (seed: int))

let normal precision seed shape = Tensor.normal precision shape (key seed)

/// Numbers in [low, high).
let between (low: float) high precision seed shape = Tensor.uniform precision shape (key seed) * (high - low) + low

/// The derivatives of a function obey the laws to third order, at both precisions, at arguments from a generator.
let lawfulAt generate seed (f: Tensor[] -> Tensor) (shapes: int[] list) =
    for precision in precisions do
        let xs = shapes |> List.mapi (fun i shape -> generate precision (100 * seed + i) shape) |> Array.ofList
        let shapes = shapes |> List.map Shape.print |> String.concat " "

        Check.run (key seed) f xs |> Check.orFail $"seed {seed}, {precision}, shapes {shapes}" |> ignore

let lawful seed f shapes = lawfulAt normal seed f shapes

/// The same for a function of one tensor.
let lawful1 seed (f: Tensor -> Tensor) shapes =
    for shape in shapes do
        lawful seed (fun xs -> f xs[0]) [ shape ]

/// Shape and elements of a tensor agree within a tolerance relative to max(1, |expected|).
let near tolerance (shape: int[]) (expected: float seq) (actual: Tensor) =
    Assert.Equal<int[]>(shape, actual.Shape)
    let expected = Array.ofSeq expected

    for i, (e, a) in Seq.indexed (Array.zip expected (Tensor.toArray actual)) do
        let good = e = a || abs (a - e) <= tolerance * max 1.0 (abs e) || (Double.IsNaN e && Double.IsNaN a)
        Assert.True(good, $"element {i}: expected {e:R}, got {a:R}")

/// Two tensors agree within a tolerance.
let agree tolerance (expected: Tensor) (actual: Tensor) = near tolerance expected.Shape (Tensor.toArray expected) actual

/// Two tensors agree to the last bit.
let identical (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int[]>(expected.Shape, actual.Shape)
    Assert.Equal(expected.Precision, actual.Precision)
    let bits (x: Tensor) = Tensor.toArray x |> Array.map BitConverter.DoubleToInt64Bits
    Assert.Equal<int64[]>(bits expected, bits actual)

/// The function raises a TensorException of an operation whose message contains all the texts.
let refuses operation (texts: string list) (f: unit -> 'a) =
    let e = Assert.Throws<TensorException>(fun () -> f () |> ignore)
    Assert.Equal(operation, e.Operation)
    Assert.StartsWith(operation + ": ", e.Message)

    for text in texts do
        Assert.Contains(text, e.Message)

/// The shapes at which functions of one tensor are tried: a number, lengths around a vector register, no elements.
let anyShapes = [ [||]; [| 1 |]; [| 7 |]; [| 3; 5 |]; [| 2; 1; 9 |]; [| 0 |]; [| 2; 0; 3 |] ]

/// A checkpoint of a function of one tensor.
let checkpoint (f: Tensor -> Tensor) (x: Tensor) : Tensor =
    Array.head (Diff.checkpoint (fun xs -> [| f xs[0] |]) [| x |])
