namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Dimensions of the labels of a map, edited.
[<RequireQualifiedAccess>]
module internal Dimensions =

    let private onSamples (edit: Labels -> Labels) (block: TensorBlock) =
        TensorBlock(block.Values, edit block.Samples, block.Components, block.Properties, block.Gradients, block.Path)

    let edited (axis: MapAxis) (edit: Labels -> Result<Labels, NoetherError>) (map: TensorMap) : TensorMap =
        let edit labels = edit labels |> Outcome.getOrFail

        let blocks change =
            let block i = MapRules.forBlock map.Keys i (fun () -> change map.Array[i])
            TensorMap(map.Keys, Array.init map.Count block, map.Info)

        match axis with
        | MapAxis.Keys -> TensorMap(edit map.Keys, map.Array, map.Info)
        | MapAxis.Samples -> blocks (onSamples edit)
        | MapAxis.Properties -> blocks (fun block -> BlockAxes.withProperties (edit block.Properties) id block)
        | MapAxis.Components ->
            let expected = "keys, samples or properties; a component has one dimension"
            Outcome.raise (InvalidArgument("the axis to edit", "components", expected))

    /// The gradients too, where they have the dimension.
    let private renamedInGradients name renamed (block: TensorBlock) =
        let rename (gradient: TensorBlock) =
            if gradient.Samples.Names.Contains name then
                onSamples (fun labels -> Labels.rename name renamed labels |> Outcome.getOrFail) gradient
            else
                gradient

        let gradients = Map.map (fun _ gradient -> rename gradient) block.Gradients
        TensorBlock(block.Values, block.Samples, block.Components, block.Properties, gradients, block.Path)

    let renamed axis name other (map: TensorMap) =
        let map = edited axis (Labels.rename name other) map
        if axis = MapAxis.Samples then MapRules.map (renamedInGradients name other) map else map

    /// The distinct rows of some dimensions in all blocks, sorted.
    let unique axis (names: string list) (parameter: string option) (map: TensorMap) : Labels =
        let labelsOf (block: TensorBlock) =
            let block =
                match parameter with
                | Some name -> block.Gradient name
                | None -> block

            match axis with
            | MapAxis.Samples -> block.Samples
            | MapAxis.Properties -> block.Properties
            | other -> Outcome.raise (InvalidArgument("the axis", $"{other}", "samples or properties"))

        let columns (labels: Labels) = names |> List.map labels.Dimension |> Array.ofList

        let rows =
            map.Array
            |> Array.map (fun block -> let labels = labelsOf block in LabelRules.project (columns labels) labels)

        let all = Array.concat rows
        let width = List.length names
        let names = LabelRules.names names
        let _, distinct = LabelRules.distinct true width (if width = 0 then 0 else all.Length / width) all
        LabelRules.trusted names (if width = 0 then 0 else distinct.Length / width) distinct

    let oneHot (labels: Labels) (categories: Labels) : TensorBlock =
        if categories.Width <> 1 then
            let found = LabelRules.parenthesised categories.Names
            Outcome.raise (Inconsistent("the categories", $"the dimensions {found}", "one"))

        let name = categories.Names[0]
        let column = labels.Dimension name
        let values = Array.zeroCreate (labels.Count * categories.Count)

        for i in 0 .. labels.Count - 1 do
            let value = labels.Array[i * labels.Width + column]

            match Array.IndexOf(categories.Array, value) with
            | -1 -> Outcome.raise (Inconsistent("the labels", $"{name}={value} at row {i}", "one of the categories"))
            | place -> values[i * categories.Count + place] <- 1.0

        BlockRules.plain
            (Tensor.ofArray [| labels.Count; categories.Count |] values)
            labels
            ImmutableArray.Empty
            categories

/// Dimensions of the labels of a map: keys, samples or properties. Errors: those of the function of `Labels` with the same
/// name, with the block; `InvalidArgument` for components.
[<AutoOpen>]
module DimensionFunctions =
    type TensorMap with

        /// A new name for a dimension; in samples also for that of the gradients.
        static member renameDimension (axis: MapAxis) (name: string) (renamed: string) (map: TensorMap) =
            Outcome.capture (fun () -> Dimensions.renamed axis name renamed map)

        /// A dimension put last, with one integer everywhere; see `appendColumn` for others.
        static member appendDimension (axis: MapAxis) (name: string) (value: int) (map: TensorMap) =
            let append (labels: Labels) = Labels.append name (Array.create labels.Count value) labels
            Outcome.capture (fun () -> Dimensions.edited axis append map)

        /// A dimension put before the one at a place, with one integer everywhere.
        static member insertDimension (axis: MapAxis) (at: int) (name: string) (value: int) (map: TensorMap) =
            let insert (labels: Labels) = Labels.insert at name (Array.create labels.Count value) labels
            Outcome.capture (fun () -> Dimensions.edited axis insert map)

        /// A dimension put last, with an integer for each row.
        static member appendColumn (axis: MapAxis) (name: string) (values: int seq) (map: TensorMap) =
            Outcome.capture (fun () -> Dimensions.edited axis (Labels.append name values) map)

        /// The dimensions in another order; gradient samples are left alone.
        static member permuteDimensions (axis: MapAxis) (order: int seq) (map: TensorMap) =
            Outcome.capture (fun () -> Dimensions.edited axis (Labels.permute order) map)

        /// The map without a dimension; gradient samples are left alone.
        static member removeDimension (axis: MapAxis) (name: string) (map: TensorMap) =
            Outcome.capture (fun () -> Dimensions.edited axis (Labels.remove name) map)

        /// The rows of these dimensions that any block has in its samples or properties (or those of a gradient), sorted.
        static member uniqueLabels (axis: MapAxis) (names: string list) (parameter: string option) (map: TensorMap) =
            Outcome.capture (fun () -> Dimensions.unique axis names parameter map)

    type TensorBlock with

        /// 1 where a row of the labels has the category of the column, else 0: the categories are labels of one dimension,
        /// which the labels have too. Errors: `Inconsistent` for several dimensions and for a row of no category.
        static member oneHot (labels: Labels) (categories: Labels) =
            Outcome.capture (fun () -> Dimensions.oneHot labels categories)
