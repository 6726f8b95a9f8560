namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// The axes of maps and their blocks.
[<RequireQualifiedAccess>]
type MapAxis =
    /// What the blocks are.
    | Keys
    /// What the rows of values are.
    | Samples
    /// What the axes between rows and properties are.
    | Components
    /// What the last axis is.
    | Properties

    /// The name in small letters.
    override axis.ToString() =
        match axis with
        | Keys -> "keys"
        | Samples -> "samples"
        | Components -> "components"
        | Properties -> "properties"

/// Blocks of two maps that belong together.
[<RequireQualifiedAccess>]
module internal MapPairs =

    /// For each block of the first the place of the one in the second with the same key; refuses other keys.
    let places operation (a: TensorMap) (b: TensorMap) : int[] =
        if a.Keys.Same b.Keys then
            [| 0 .. a.Count - 1 |]
        else
            let what = $"the keys of the maps given to '{operation}'"
            let text (labels: Labels) = LabelRules.parenthesised labels.Names

            if not (a.Keys.SameNames b.Keys) then Outcome.raise (Inconsistent(what, text b.Keys, text a.Keys))

            let missing (from: Labels) (within: Labels) order =
                match LabelRules.places from within |> Array.tryFindIndex (fun place -> place < 0) with
                | Some row -> Outcome.raise (Inconsistent(what, order from[row].Pairs, "the same keys in both"))
                | None -> ()

            missing a.Keys b.Keys (fun key -> $"{key} in the first only")
            missing b.Keys a.Keys (fun key -> $"{key} in the second only")
            LabelRules.places a.Keys b.Keys

    let private parameters (block: TensorBlock) = "[" + String.Join(", ", block.Gradients.Keys) + "]"

    /// Refuses blocks that do not have the same labels in the same order, on these axes, and the same gradients.
    let rec sameLabels (axes: MapAxis list) place (a: TensorBlock) (b: TensorBlock) =
        let has axis = List.contains axis axes

        if has MapAxis.Samples && not (a.Samples.Same b.Samples) then
            LabelRules.same $"the samples{place}" a.Samples b.Samples

        if has MapAxis.Components then
            if a.Components.Length <> b.Components.Length then
                let found = $"{b.Components.Length} labels"
                Outcome.raise (Inconsistent($"the components{place}", found, $"{a.Components.Length}"))

            for i in 0 .. a.Components.Length - 1 do
                if not (a.Components[i].Same b.Components[i]) then
                    LabelRules.same $"component {i}{place}" a.Components[i] b.Components[i]

        if has MapAxis.Properties && not (a.Properties.Same b.Properties) then
            LabelRules.same $"the properties{place}" a.Properties b.Properties

        if a.Gradients.Count + b.Gradients.Count > 0 then
            if not (Seq.forall2 (=) a.Gradients.Keys b.Gradients.Keys) || a.Gradients.Count <> b.Gradients.Count then
                Outcome.raise (Inconsistent($"the second side{place}", $"the gradients {parameters b}", parameters a))

            for KeyValue(name, gradient) in a.Gradients do
                sameLabels axes $" of the gradient '{name}'{place}" gradient b.Gradients[name]

    let all = [ MapAxis.Samples; MapAxis.Components; MapAxis.Properties ]

    /// Both in the higher of their precisions.
    let promoted (a: Tensor) (b: Tensor) =
        if a.Precision = b.Precision then
            a, b
        else
            Tensor.cast Noether.AutoDiff.Precision.Float64 a, Tensor.cast Noether.AutoDiff.Precision.Float64 b

    /// A map made block by block from two with the same keys and labels.
    let combine operation (f: TensorBlock -> TensorBlock -> TensorBlock) (a: TensorMap) (b: TensorMap) : TensorMap =
        MapRules.flat operation a
        let places = places operation a b

        let block i =
            let first, second = a.Array[i], b.Array[places[i]]
            sameLabels all "" first second
            f first second

        let blocks = Array.init a.Count (fun i -> MapRules.forBlock a.Keys i (fun () -> block i))
        TensorMap(a.Keys, blocks, a.Info)
