/// What the tests of features that transform as irreps share.
module Noether.Tests.FeatureChecks

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Laws
open Noether.Tests.Recorded

/// Features of an entry `{"irreps": …, "array": …}`; one row where the array is flat.
let features (element: Entry) =
    let irreps = element |> get "irreps" |> text |> Irreps.ofString
    let values = element |> get "array" |> deep |> Array.ofList
    IrrepsTensor.ofFlat irreps (Tensor.ofArray [| values.Length / irreps.Dim; irreps.Dim |] values)

/// A tensor of a shape from nested arrays.
let tensor (shape: int[]) (element: Entry) = Tensor.ofArray shape (Array.ofList (deep element))

/// Fails unless the features have the irreps and the numbers of an entry, relative to the largest of them.
let sameFeatures what tolerance (expected: Entry) (actual: IrrepsTensor) =
    equal (expected |> get "irreps" |> text) actual.Irreps.AsText
    let numbers = expected |> get "array" |> deep |> Array.ofList
    let size = numbers |> Array.map abs |> Array.filter Double.IsFinite |> Array.fold max 1.0
    closeAll what (tolerance * size) numbers (Tensor.toArray (IrrepsTensor.toFlat actual))

/// Random features, the same for the same seed.
let random seed (irreps: string) n = IrrepsAlgebra.normal Float64 (Irreps.ofString irreps) n (RandomKey.FromSeed seed)

/// Fails unless the function is equivariant in both precisions.
let equivariant what (inputs: string list) (f: IrrepsTensor list -> IrrepsTensor) =
    let inputs = inputs |> List.map Irreps.ofString

    for settings in [ Equivariance.standard; Equivariance.single ] do
        let report = Laws.equivariant settings inputs f
        Expect.isTrue report.Passed $"{what}:\n{report}"

/// Fails unless derivatives of the function of features obey the laws of `Check`, in all their components.
let differentiable what seed (inputs: string list) (f: IrrepsTensor list -> IrrepsTensor) =
    let irreps = inputs |> List.map Irreps.ofString

    let flat (xs: Tensor[]) = List.map2 IrrepsTensor.ofFlat irreps (List.ofArray xs) |> f |> IrrepsTensor.toFlat

    let keys = (RandomKey.FromSeed seed).Split irreps.Length

    let xs = [| for i, irreps in List.indexed irreps -> Tensor.normal Float64 [| 2; irreps.Dim |] keys[i] |]

    let settings = { Check.settings Float64 with Order = 2 }
    Check.runWith settings (RandomKey.FromSeed(seed + 1UL)) flat xs |> Check.orFail what |> ignore
