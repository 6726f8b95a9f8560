namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// What `join` does with keys that not all maps have.
[<RequireQualifiedAccess>]
type DifferentKeys =
    /// They are refused.
    | Refuse
    /// Maps lacking a key have an empty block there.
    | Union
    /// They are left out.
    | Intersection

/// How maps are joined.
type JoinOptions =
    {
        /// What to do with keys that not all maps have.
        DifferentKeys: DifferentKeys
        /// A last dimension of the joined axis that holds the number of the map, where one is wanted.
        AddDimension: string option
    }

    /// Different keys are refused, and no dimension is added.
    static member Default = { DifferentKeys = DifferentKeys.Refuse; AddDimension = None }

/// Blocks one after the other along an axis.
[<RequireQualifiedAccess>]
module internal Join =
    let private promoted (parts: Tensor[]) =
        if parts |> Array.forall (fun x -> x.Precision = parts[0].Precision) then
            parts
        else
            parts |> Array.map (Tensor.cast Noether.AutoDiff.Precision.Float64)

    let private concat axis (parts: Tensor[]) = Tensor.concat axis (List.ofArray (promoted parts))

    /// The rows of all, one set of labels after the other.
    let private stacked (labels: Labels[]) =
        for other in labels do
            if not (other.SameNames labels[0]) then
                let text (labels: Labels) = LabelRules.parenthesised labels.Names
                Outcome.raise (Inconsistent("the dimensions joined", text other, text labels[0]))

        let rows = labels |> Array.map _.Array |> Array.concat
        LabelRules.checkedRows labels[0].Names (labels |> Array.sumBy _.Count) rows

    let private sameOthers axes (blocks: TensorBlock[]) =
        for other in blocks do
            MapPairs.sameLabels axes " of the blocks joined" blocks[0] other

    let samples (blocks: TensorBlock[]) : TensorBlock =
        sameOthers [ MapAxis.Components; MapAxis.Properties ] blocks
        let starts = blocks |> Array.scan (fun sum block -> sum + block.Samples.Count) 0

        let gradient name _ =
            let parts = blocks |> Array.map (fun block -> block.Gradients[name])
            let moved k (part: TensorBlock) = BlockAxes.renumbered part.Samples (fun i -> i + starts[k])
            let rows = parts |> Array.mapi moved |> Array.concat
            let samples = LabelRules.trusted parts[0].Samples.Names (parts |> Array.sumBy _.Samples.Count) rows
            concat 0 (parts |> Array.map _.Values), samples

        let samples = stacked (blocks |> Array.map _.Samples)
        BlockAxes.assemble blocks[0] (concat 0 (blocks |> Array.map _.Values)) samples blocks[0].Properties gradient

    let properties (blocks: TensorBlock[]) : TensorBlock =
        // Gradients have rows of their own, which are united.
        sameOthers [ MapAxis.Components ] blocks

        for other in blocks do
            LabelRules.same "the samples of the blocks joined" blocks[0].Samples other.Samples

        let properties = stacked (blocks |> Array.map _.Properties)

        let gradient name _ =
            let parts = blocks |> Array.map (fun block -> block.Gradients[name])
            let rows = parts |> Array.map _.Samples.Array |> Array.concat
            let width = parts[0].Samples.Width
            let count = parts |> Array.sumBy _.Samples.Count
            let places, distinct = LabelRules.distinct false width count rows
            let samples = LabelRules.trusted parts[0].Samples.Names (distinct.Length / width) distinct
            let starts = parts |> Array.scan (fun sum part -> sum + part.Samples.Count) 0

            let wide k (part: TensorBlock) =
                BlockAxes.addRows (Array.sub places starts[k] part.Samples.Count) samples.Count part.Values

            concat -1 (Array.mapi wide parts), samples

        BlockAxes.assemble blocks[0] (concat -1 (blocks |> Array.map _.Values)) blocks[0].Samples properties gradient

    /// A block with a dimension more on an axis, the same number everywhere.
    let private numbered axis name number (block: TensorBlock) =
        let append (labels: Labels) = Labels.append name (Array.create labels.Count number) labels |> Outcome.getOrFail

        match axis with
        | MapAxis.Samples ->
            TensorBlock(
                block.Values,
                append block.Samples,
                block.Components,
                block.Properties,
                block.Gradients,
                block.Path
            )
        | _ -> BlockAxes.withProperties (append block.Properties) id block

    /// Blocks whose properties have different names get new ones: the number of the map, and the old place.
    let private renamed (maps: TensorMap[]) : TensorMap[] =
        let placed k (block: TensorBlock) =
            let count = block.Properties.Count
            let rows = Array.init (2 * count) (fun i -> if i % 2 = 0 then k else i / 2)
            let names = LabelRules.names [ "joined_index"; "property" ]
            BlockAxes.withProperties (LabelRules.trusted names count rows) id block

        maps |> Array.mapi (fun k map -> MapRules.map (placed k) map)

    /// A block without samples like those of a map.
    let private emptied axis (block: TensorBlock) =
        match axis with
        | MapAxis.Samples -> Slice.samples Array.empty block
        | _ -> Slice.properties Array.empty block

    let private sameKeys axis different (maps: TensorMap[]) : TensorMap[] =
        match different with
        | DifferentKeys.Refuse ->
            maps
            |> Array.map (fun map ->
                TensorMap(maps[0].Keys, MapPairs.places "join" maps[0] map |> Array.map map.Block, map.Info))
        | DifferentKeys.Intersection ->
            let keys =
                maps |> Array.fold (fun keys map -> LabelSets.intersection keys map.Keys |> _.Labels) maps[0].Keys

            maps
            |> Array.map (fun map -> TensorMap(keys, LabelRules.places keys map.Keys |> Array.map map.Block, map.Info))
        | DifferentKeys.Union ->
            let keys = maps |> Array.fold (fun keys map -> LabelSets.union keys map.Keys |> _.Labels) maps[0].Keys

            let block (map: TensorMap) i place =
                if place >= 0 then
                    map.Array[place]
                else
                    let owner = maps |> Array.find (fun map -> map.Keys.Find(keys.Row i) >= 0)
                    emptied axis owner.Array[owner.Keys.Find(keys.Row i)]

            maps
            |> Array.map (fun map ->
                TensorMap(keys, LabelRules.places keys map.Keys |> Array.mapi (block map), map.Info))

    let maps options axis (maps: TensorMap[]) : TensorMap =
        if maps.Length = 0 then Outcome.raise (InvalidArgument("the maps to join", "none", "one at least"))

        for map in maps do
            MapRules.flat "join" map

        let blocks =
            match axis with
            | MapAxis.Samples -> samples
            | MapAxis.Properties -> properties
            | other -> Outcome.raise (InvalidArgument("the axis to join along", $"{other}", "samples or properties"))

        let namesDiffer =
            axis = MapAxis.Properties
            && maps
               |> Array.exists (fun map ->
                   map.Count > 0 && not (map.Array[0].Properties.SameNames maps[0].Array[0].Properties))

        let maps =
            match options.AddDimension with
            | Some name when namesDiffer ->
                let found = $"the dimension '{name}' to add"
                Outcome.raise (Inconsistent("a join of properties with different names", found, "none"))
            | _ when namesDiffer -> renamed maps
            | Some name -> maps |> Array.mapi (fun k map -> MapRules.map (numbered axis name k) map)
            | None -> maps

        let maps = sameKeys axis options.DifferentKeys maps
        let keys = maps[0].Keys

        let block i = MapRules.forBlock keys i (fun () -> blocks (maps |> Array.map (fun map -> map.Array[i])))

        TensorMap(keys, Array.init keys.Count block, Map.empty)

/// Maps one after the other.
[<AutoOpen>]
module JoinFunctions =
    type TensorMap with

        /// Maps joined along samples or properties, block by block. Along samples: rows in the order of the maps, those of
        /// gradients with them; all else must be the same. Along properties: samples must be the same; rows of gradients
        /// are all that any map has, in order of appearance, zero where one has none; properties with different names become
        /// (joined_index, property).
        /// Errors: `InvalidArgument` for no maps and for another axis, `Inconsistent` for keys that differ and are not
        /// allowed to, for rows that stand twice, and for what must be the same and is not.
        static member joinWith (options: JoinOptions) (axis: MapAxis) (maps: TensorMap seq) =
            Outcome.capture (fun () -> Join.maps options axis (Array.ofSeq maps))

        /// Maps joined along samples or properties, see `joinWith`; different keys are refused.
        static member join (axis: MapAxis) (maps: TensorMap seq) = TensorMap.joinWith JoinOptions.Default axis maps
