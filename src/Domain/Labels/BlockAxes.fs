namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Differentiable moves of values along rows and properties, and of gradient rows with them.
[<RequireQualifiedAccess>]
module internal BlockAxes =

    let private isRange (index: int[]) =
        let mutable k = 0

        while k < index.Length && index[k] = index[0] + k do
            k <- k + 1

        k = index.Length

    /// A function of the first axis at work on the last one.
    let onLast (f: Tensor -> Tensor) (x: Tensor) =
        let rank = x.Rank

        if rank = 1 then
            f x
        else
            x
            |> Tensor.permute [| rank - 1; yield! [ 0 .. rank - 2 ] |]
            |> f
            |> Tensor.permute [| yield! [ 1 .. rank - 1 ]; 0 |]

    /// Rows index[0], index[1], … of values.
    let takeRows (index: int[]) (x: Tensor) =
        if index.Length > 0 && isRange index then
            Tensor.slice 0 index[0] (index[0] + index.Length) x
        else
            Tensor.gather index x

    /// Properties index[0], index[1], … of values.
    let takeProperties (index: int[]) (x: Tensor) =
        if index.Length > 0 && isRange index then
            Tensor.slice -1 index[0] (index[0] + index.Length) x
        else
            onLast (Tensor.gather index) x

    let private isIdentity (places: int[]) count =
        places.Length = count && (count = 0 || places[0] = 0) && isRange places

    /// Values whose rows go to these places among so many; rows that meet are added up, the others are zero.
    let addRows (places: int[]) count (x: Tensor) =
        if isIdentity places count then
            x
        elif places.Length > 0 && isRange places then
            Tensor.pad 0 places[0] (count - places[0] - places.Length) x
        else
            Tensor.segmentSum places count x

    /// Values whose properties go to these places among so many; what meets is added up, the others are zero.
    let addProperties (places: int[]) count (x: Tensor) =
        if isIdentity places count then
            x
        elif places.Length > 0 && isRange places then
            Tensor.pad -1 places[0] (count - places[0] - places.Length) x
        else
            onLast (Tensor.segmentSum places count) x

    /// The rows of the values that the rows of a gradient belong to.
    let sampleOf (gradient: TensorBlock) : int[] =
        let samples = gradient.Samples
        Array.init samples.Count (fun i -> samples.Array[i * samples.Width])

    /// Something with the axes of a block's values, row by row of one of its gradients: [g, 1…, components, properties],
    /// so that it can be multiplied with the gradient.
    let spread (x: Tensor) (gradient: TensorBlock) =
        let rows = takeRows (sampleOf gradient) x
        let extra = gradient.Values.Rank - x.Rank

        if extra = 0 then
            rows
        else
            Tensor.reshape [| rows.Shape[0]; yield! Array.create extra 1; yield! x.Shape[1..] |] rows

    /// The samples of a gradient with other rows of the values.
    let renumbered (gradient: Labels) (sample: int -> int) : int[] =
        let values = Array.copy gradient.Array

        for i in 0 .. gradient.Count - 1 do
            values[i * gradient.Width] <- sample values[i * gradient.Width]

        values

    /// A block with other values, and each of its gradients made from the old one; all labels stay.
    let mapValues (values: Tensor) (gradient: TensorBlock -> Tensor) (block: TensorBlock) =
        let result = BlockRules.withValues values block

        if block.Gradients.IsEmpty then
            result
        else
            let gradients = block.Gradients |> Map.map (fun _ g -> BlockRules.withValues (gradient g) g)

            TensorBlock(values, block.Samples, block.Components, block.Properties, gradients, block.Path)

    /// A block with a function of its values; the gradients stay.
    let mapValuesOnly (f: Tensor -> Tensor) (block: TensorBlock) =
        TensorBlock(f block.Values, block.Samples, block.Components, block.Properties, block.Gradients, block.Path)

    /// A block and its gradients, each with other properties and their values by a function of the old ones.
    let rec withProperties (properties: Labels) (move: Tensor -> Tensor) (block: TensorBlock) : TensorBlock =
        let gradients = block.Gradients |> Map.map (fun _ g -> withProperties properties move g)
        TensorBlock(move block.Values, block.Samples, block.Components, properties, gradients, block.Path)

    /// A block from parts that are known to fit, and gradients with their own labels.
    let assemble
        (like: TensorBlock)
        (values: Tensor)
        (samples: Labels)
        (properties: Labels)
        (gradient: string -> TensorBlock -> Tensor * Labels)
        =
        let made name (old: TensorBlock) =
            let values, samples = gradient name old
            TensorBlock(values, samples, old.Components, properties, Map.empty, old.Path)

        TensorBlock(values, samples, like.Components, properties, Map.map made like.Gradients, like.Path)
