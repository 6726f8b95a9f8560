namespace Noether.Domain

open System
open Noether.AutoDiff

/// Parts of blocks.
[<RequireQualifiedAccess>]
module internal Slice =

    /// Some rows of a block, and of the gradients those that belong to them, in their own order.
    let samples (rows: int[]) (block: TensorBlock) : TensorBlock =
        let place = Array.create block.Samples.Count -1
        rows |> Array.iteri (fun k row -> place[row] <- k)

        let gradient _ (old: TensorBlock) =
            let sample = BlockAxes.sampleOf old
            let kept = [| 0 .. sample.Length - 1 |] |> Array.filter (fun i -> place[sample[i]] >= 0)
            let taken = LabelRules.take kept old.Samples
            let moved = BlockAxes.renumbered taken (fun i -> place[i])
            BlockAxes.takeRows kept old.Values, LabelRules.trusted taken.Names taken.Count moved

        let labels = LabelRules.take rows block.Samples
        BlockAxes.assemble block (BlockAxes.takeRows rows block.Values) labels block.Properties gradient

    /// Some properties of a block and of its gradients.
    let properties (columns: int[]) (block: TensorBlock) : TensorBlock =
        BlockAxes.withProperties (LabelRules.take columns block.Properties) (BlockAxes.takeProperties columns) block

    let along (axis: MapAxis) (block: TensorBlock) : (int[] -> TensorBlock) * Labels =
        match axis with
        | MapAxis.Samples -> (fun rows -> samples rows block), block.Samples
        | MapAxis.Properties -> (fun columns -> properties columns block), block.Properties
        | other -> Outcome.raise (InvalidArgument("the axis to cut along", $"{other}", "samples or properties"))

    let mapped operation axis (choose: Labels -> int[]) (map: TensorMap) : TensorMap =
        MapRules.flat operation map

        let block i =
            MapRules.forBlock map.Keys i (fun () ->
                let cut, labels = along axis map.Array[i]
                cut (choose labels))

        TensorMap(map.Keys, Array.init map.Count block, map.Info)

/// Parts of maps. Blocks of which nothing is left stay, with a length of 0.
[<AutoOpen>]
module SliceFunctions =
    type TensorMap with

        /// The samples (or properties) that agree with a row of the selection, of every block: samples in the order of the
        /// selection where it has all dimensions in the same order, else in their own; properties in their own.
        /// Errors: `InvalidArgument` for another axis, and for a dimension that is not there.
        static member slice (axis: MapAxis) (selection: Labels) (map: TensorMap) =
            let choose labels =
                let places = LabelSets.select selection labels
                if axis = MapAxis.Properties then Array.sort places else places

            Outcome.capture (fun () -> Slice.mapped "slice" axis choose map)

        /// One map for each selection, samples and properties in the order that `Labels.select` gives.
        /// Errors: as `slice`.
        static member split (axis: MapAxis) (selections: Labels seq) (map: TensorMap) =
            let part selection = Outcome.capture (fun () -> Slice.mapped "split" axis (LabelSets.select selection) map)

            selections |> List.ofSeq |> List.map part |> Outcome.all

        /// The samples (or properties) at these places, of every block.
        /// Errors: `InvalidArgument` for another axis, and for a place that some block does not have.
        static member take (axis: MapAxis) (places: int seq) (map: TensorMap) =
            let places = Array.ofSeq places

            let choose (labels: Labels) =
                match places |> Array.tryFind (fun place -> place < 0 || place >= labels.Count) with
                | Some place ->
                    Outcome.raise (
                        InvalidArgument($"a place among the {axis}", $"{place}", $"less than {labels.Count}")
                    )
                | None when (Array.distinct places).Length < places.Length ->
                    Outcome.raise (InvalidArgument($"the places among the {axis}", "one place twice", "each once"))
                | None -> places

            Outcome.capture (fun () -> Slice.mapped "take" axis choose map)

        /// The blocks whose keys agree with a row of the selection, in the order that `Labels.select` gives.
        /// Errors: `InvalidArgument` for a dimension that the keys do not have.
        static member filterBlocks (selection: Labels) (map: TensorMap) =
            Outcome.capture (fun () ->
                let places = LabelSets.select selection map.Keys
                TensorMap(LabelRules.take places map.Keys, places |> Array.map (fun i -> map.Array[i]), map.Info))

        /// The blocks whose keys agree with no row of the selection. Errors: as `filterBlocks`.
        static member dropBlocks (selection: Labels) (map: TensorMap) =
            Outcome.capture (fun () ->
                let places = [| 0 .. map.Count - 1 |] |> Array.except (LabelSets.select selection map.Keys)
                TensorMap(LabelRules.take places map.Keys, places |> Array.map (fun i -> map.Array[i]), map.Info))

        /// The blocks that have any values.
        static member dropEmptyBlocks(map: TensorMap) =
            let places = [| 0 .. map.Count - 1 |] |> Array.filter (fun i -> map.Array[i].Values.Size > 0)
            TensorMap(LabelRules.take places map.Keys, places |> Array.map (fun i -> map.Array[i]), map.Info)
