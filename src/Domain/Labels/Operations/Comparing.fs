namespace Noether.Domain

open System
open Noether.AutoDiff

/// Comparisons of maps, with reasons.
[<RequireQualifiedAccess>]
module internal Comparing =

    /// The first element of two arrays of one shape for which something does not hold.
    let private first (holds: float -> float -> bool) (a: Tensor) (b: Tensor) =
        let x, y = Tensor.toArray a, Tensor.toArray b
        let mutable i = 0

        while i < x.Length && holds x[i] y[i] do
            i <- i + 1

        if i < x.Length then Some(i, x[i], y[i]) else None

    let rec private values holds place (a: TensorBlock) (b: TensorBlock) =
        match first holds a.Values b.Values with
        | Some(i, x, y) ->
            let number = NoetherError.number
            let row = i / max 1 (a.Values.Size / max 1 a.Samples.Count)
            let found = $"{number y} at element {i}, sample {a.Samples[row].Pairs}"
            Outcome.raise (Inconsistent($"the values{place}", found, number x))
        | None -> ()

        for KeyValue(name, gradient) in a.Gradients do
            values holds $" of the gradient '{name}'{place}" gradient b.Gradients[name]

    let blocks holds (a: TensorBlock) (b: TensorBlock) =
        MapPairs.sameLabels MapPairs.all "" a b
        values holds "" a b

    let maps operation check (a: TensorMap) (b: TensorMap) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            let places = MapPairs.places operation a b

            for i in 0 .. a.Count - 1 do
                MapRules.forBlock a.Keys i (fun () -> check a.Array[i] b.Array[places[i]]))

    /// Equality as IEEE 754 has it: NaN equals nothing.
    let exact (x: float) (y: float) = (x = y)

    let close relative absolute (x: float) (y: float) = x = y || abs (x - y) <= absolute + relative * abs y

/// Comparisons. Blocks are matched by their keys, their order does not matter; inside a block samples, components,
/// properties and gradient samples must be the same in the same order. The functions that end in `Reason` give the first
/// difference as an error.
[<AutoOpen>]
module ComparingFunctions =
    type TensorBlock with

        /// Nothing, or the first difference in labels, values (NaN equals nothing) or gradients of two blocks.
        static member equalReason (a: TensorBlock) (b: TensorBlock) : Result<unit, NoetherError> =
            Outcome.capture (fun () -> Comparing.blocks Comparing.exact a b)

        /// Nothing, or the first difference |x − y| > absolute + relative |y| of two blocks, or one in their labels.
        static member closeReason (relative: float) (absolute: float) (a: TensorBlock) (b: TensorBlock) =
            Outcome.capture (fun () -> Comparing.blocks (Comparing.close relative absolute) a b)

    type TensorMap with

        /// Nothing, or the first difference in labels, values (NaN equals nothing) or gradients.
        static member equalReason (a: TensorMap) (b: TensorMap) =
            Comparing.maps "equal" (Comparing.blocks Comparing.exact) a b

        /// Whether labels, values (NaN equals nothing) and gradients are the same.
        static member equal (a: TensorMap) (b: TensorMap) = (TensorMap.equalReason a b).IsOk

        /// Nothing, or the first difference |x − y| > absolute + relative |y| in values or gradients, or one in labels.
        static member closeReason (relative: float) (absolute: float) (a: TensorMap) (b: TensorMap) =
            Comparing.maps "close" (Comparing.blocks (Comparing.close relative absolute)) a b

        /// Whether labels are the same, and values and gradients to |x − y| ≤ 10⁻¹² + 10⁻¹³ |y|, metatensor's tolerance.
        static member allClose (a: TensorMap) (b: TensorMap) = (TensorMap.closeReason 1e-13 1e-12 a b).IsOk

        /// Nothing, or the first difference in keys, in the labels of these axes, or in the parameters of gradients.
        static member equalLabelsReason (axes: MapAxis list) (a: TensorMap) (b: TensorMap) =
            Comparing.maps "equalLabels" (MapPairs.sameLabels axes "") a b

        /// Whether keys, all labels and the parameters of gradients are the same.
        static member equalLabels (a: TensorMap) (b: TensorMap) = (TensorMap.equalLabelsReason MapPairs.all a b).IsOk
