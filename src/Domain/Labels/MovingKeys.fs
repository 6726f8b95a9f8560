namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Blocks merged along a dimension of their keys, which becomes one of samples or of properties.
[<RequireQualifiedAccess>]
module internal MovingKeys =

    /// The blocks that become one: their places, and for each the integers of the moved dimensions.
    type private Group = { Members: int[]; Moved: int[][] }

    /// The keys that remain, and the blocks of each.
    let private groups (moved: string[]) (map: TensorMap) : Labels * Group[] =
        let keys = map.Keys
        let columns = moved |> Array.map keys.Dimension
        let kept = [| 0 .. keys.Width - 1 |] |> Array.except columns
        let numbers, rows = LabelRules.distinct false kept.Length keys.Count (LabelRules.project kept keys)
        let pick i = columns |> Array.map (fun column -> keys.Array[i * keys.Width + column])

        let group (members: int[]) = { Members = members; Moved = Array.map pick members }

        let found =
            if keys.Count = 0 then 0
            elif kept.Length = 0 then 1
            else rows.Length / kept.Length

        let members = Array.init found (fun _ -> ResizeArray<int>())
        numbers |> Array.iteri (fun i number -> members[number].Add i)

        let remaining =
            if kept.Length = 0 && found > 0 then
                LabelRules.single
            else
                LabelRules.trusted
                    (ImmutableArray.CreateRange(kept |> Seq.map (fun column -> keys.Names[column])))
                    found
                    rows

        remaining, members |> Array.map (fun m -> group (m.ToArray()))

    let private sameComponents operation (blocks: TensorBlock[]) =
        let check (first: ImmutableArray<Labels>) (other: ImmutableArray<Labels>) =
            for i in 0 .. first.Length - 1 do
                LabelRules.same $"component {i} of a block merged by '{operation}'" first[i] other[i]

        for block in blocks do
            check blocks[0].Components block.Components

            for KeyValue(name, gradient) in blocks[0].Gradients do
                check gradient.Components block.Gradients[name].Components

    /// The samples of blocks, each row followed by some integers that are the block's own, as one set: for each block the
    /// places of its rows, and all rows.
    let private mergeRows sorted (names: ImmutableArray<string>) (parts: (Labels * int[])[]) : int[][] * Labels =
        let width = names.Length
        let rows = Array.zeroCreate (width * Array.sumBy (fun (labels: Labels, _) -> labels.Count) parts)
        let mutable at = 0

        for labels, own in parts do
            for i in 0 .. labels.Count - 1 do
                (labels.Row i).CopyTo(Span(rows, at, width))
                own.CopyTo(rows, at + labels.Width)
                at <- at + width

        let count = if width = 0 then 0 else rows.Length / width
        let places, distinct = LabelRules.distinct sorted width count rows
        let starts = parts |> Array.scan (fun sum (labels, _) -> sum + labels.Count) 0
        let cut k = Array.sub places starts[k] (starts[k + 1] - starts[k])

        Array.init parts.Length cut,
        LabelRules.trusted names (if width = 0 then 0 else distinct.Length / width) distinct

    /// The gradient samples of blocks with the rows of their values at new places, as one sorted set.
    let private mergeGradientRows (places: int[][]) (gradients: TensorBlock[]) : int[][] * Labels =
        let moved k (gradient: TensorBlock) =
            let samples = gradient.Samples
            LabelRules.trusted samples.Names samples.Count (BlockAxes.renumbered samples (fun i -> places[k][i]))

        let parts = gradients |> Array.mapi (fun k gradient -> moved k gradient, Array.empty)
        mergeRows true gradients[0].Samples.Names parts

    /// A number where no block has an entry; `present` are the rows and properties of each block.
    let private filled (fill: float) (present: (int[] * int[])[]) rows properties (x: Tensor) =
        if fill = 0.0 then
            x
        else
            let missing = Array.create (rows * properties) fill

            for places, columns in present do
                for row in places do
                    for column in columns do
                        missing[row * properties + column] <- 0.0

            let shape = Array.concat [ [| rows |]; Array.create (x.Rank - 2) 1; [| properties |] ]
            x + Tensor.cast x.Precision (Tensor.ofArray shape missing)

    let private joined (parts: Tensor[]) axis = Tensor.concat axis (List.ofArray parts)

    /// One block with the moved dimensions behind those of the samples.
    let private toSamples sorted fill (moved: string[]) (map: TensorMap) (group: Group) : TensorBlock =
        let blocks = group.Members |> Array.map (fun i -> map.Array[i])
        sameComponents "keysToSamples" blocks
        let names = LabelRules.names (Seq.append blocks[0].Samples.Names moved)

        let places, samples =
            mergeRows sorted names (Array.mapi (fun k (b: TensorBlock) -> b.Samples, group.Moved[k]) blocks)

        let columns, properties =
            mergeRows false blocks[0].Properties.Names (blocks |> Array.map (fun b -> b.Properties, Array.empty))

        // No two blocks have a row in common: the rows of all, one after the other, only change places.
        let placed (places: int[][]) (count: int) (parts: TensorBlock[]) =
            let order = Array.zeroCreate count
            places |> Array.concat |> Array.iteri (fun source place -> order[place] <- source)
            let wide k (part: TensorBlock) = BlockAxes.addProperties columns[k] properties.Count part.Values
            BlockAxes.takeRows order (joined (Array.mapi wide parts) 0)

        let values =
            placed places samples.Count blocks |> filled fill (Array.zip places columns) samples.Count properties.Count

        BlockAxes.assemble blocks[0] values samples properties (fun name _ ->
            let gradients = blocks |> Array.map (fun b -> b.Gradients[name])
            let rows, merged = mergeGradientRows places gradients
            placed rows merged.Count gradients, merged)

    /// One block with the moved dimensions before those of the properties: `columns` are the blocks that stand there (or
    /// none) and their integers, in the order of the properties.
    let private toProperties sorted fill (moved: string[]) (columns: (int option * int[])[]) (blocks: TensorBlock[]) =
        sameComponents "keysToProperties" blocks

        let places, samples =
            mergeRows sorted blocks[0].Samples.Names (blocks |> Array.map (fun b -> b.Samples, Array.empty))

        let names = LabelRules.names (Seq.append moved blocks[0].Properties.Names)
        let own (source: int option) = blocks[defaultArg source 0].Properties

        let rows =
            [| for source, integers in columns do
                   let labels = own source

                   for i in 0 .. labels.Count - 1 do
                       yield! integers
                       yield! (labels.Row i).ToArray() |]

        let counts = columns |> Array.map (fun (source, _) -> (own source).Count)
        let starts = Array.scan (+) 0 counts
        let properties = LabelRules.checkedRows names (Array.sum counts) rows

        let nothing rows properties (like: TensorBlock) =
            let inner = like.Values.Shape[1 .. like.Values.Rank - 2]
            Tensor.full like.Values.Precision (Array.concat [ [| rows |]; inner; [| properties |] ]) 0.0

        let wide (places: int[][]) count (parts: TensorBlock[]) =
            let column k (source, _) =
                match source with
                | Some b -> BlockAxes.addRows places[b] count parts[b].Values
                | None -> nothing count counts[k] parts[0]

            if columns.Length = 0 then nothing count 0 parts[0] else joined (Array.mapi column columns) -1

        let present =
            [| for k in 0 .. columns.Length - 1 do
                   match fst columns[k] with
                   | Some b -> places[b], [| starts[k] .. starts[k + 1] - 1 |]
                   | None -> () |]

        let values = wide places samples.Count blocks |> filled fill present samples.Count properties.Count

        BlockAxes.assemble blocks[0] values samples properties (fun name _ ->
            let gradients = blocks |> Array.map (fun b -> b.Gradients[name])
            let rows, merged = mergeGradientRows places gradients
            wide rows merged.Count gradients, merged)

    let private moving operation (moved: string[]) (map: TensorMap) =
        MapRules.flat operation map

        if moved.Length = 0 then
            Outcome.raise (InvalidArgument("the dimensions to move", "()", "one at least"))

        LabelRules.names moved |> ignore
        groups moved map

    let keysToSamples sorted fill (moved: string[]) (map: TensorMap) =
        let keys, groups = moving "keysToSamples" moved map
        let block i group = MapRules.forBlock keys i (fun () -> toSamples sorted fill moved map group)
        TensorMap(keys, Array.mapi block groups, map.Info)

    let keysToProperties sorted fill (moved: string[]) (map: TensorMap) =
        let keys, groups = moving "keysToProperties" moved map

        let block i (group: Group) =
            let columns = group.Moved |> Array.mapi (fun k integers -> Some k, integers)
            let blocks = group.Members |> Array.map (fun m -> map.Array[m])
            MapRules.forBlock keys i (fun () -> toProperties sorted fill moved columns blocks)

        TensorMap(keys, Array.mapi block groups, map.Info)

    /// The same with the integers of the moved dimensions given.
    let keysToGiven sorted fill (moved: Labels) (map: TensorMap) =
        let names = Array.ofSeq moved.Names
        let keys, groups = moving "keysToProperties" names map

        let block (group: Group) =
            let blocks = group.Members |> Array.map (fun m -> map.Array[m])

            for other in blocks do
                LabelRules.same
                    "the properties of a block merged under given keys"
                    blocks[0].Properties
                    other.Properties

            let source (row: LabelsEntry) =
                group.Moved |> Array.tryFindIndex (fun integers -> row.Values.AsSpan().SequenceEqual(integers.AsSpan()))

            let columns =
                Labels.entries moved |> Seq.map (fun row -> source row, row.Values.AsSpan().ToArray()) |> Array.ofSeq

            toProperties sorted fill names columns blocks

        TensorMap(keys, Array.mapi (fun i group -> MapRules.forBlock keys i (fun () -> block group)) groups, map.Info)

    /// A component moved before the properties, the axis with it.
    let componentToProperties (name: string) (block: TensorBlock) : TensorBlock =
        let find (components: ImmutableArray<Labels>) =
            match components |> Seq.tryFindIndex (fun labels -> labels.Names[0] = name) with
            | Some place -> place
            | None ->
                let known = components |> Seq.map (fun labels -> labels.Names[0]) |> LabelRules.parenthesised
                Outcome.raise (InvalidArgument("the component to move", $"'{name}'", $"one of {known}"))

        let moved = block.Components[find block.Components]
        let old = block.Properties
        let names = LabelRules.names (Seq.append moved.Names old.Names)

        let rows =
            [| for value in moved.Array do
                   for i in 0 .. old.Count - 1 do
                       value
                       yield! (old.Row i).ToArray() |]

        let properties = LabelRules.trusted names (moved.Count * old.Count) rows

        let rec move (block: TensorBlock) : TensorBlock =
            let place = find block.Components
            let rank = block.Values.Rank
            let axes = [| yield! [ 0 .. rank - 2 ] |> List.except [ place + 1 ]; place + 1; rank - 1 |]
            let shape = block.Values.Shape
            let kept = axes[.. rank - 3] |> Array.map (fun axis -> shape[axis])

            let values = block.Values |> Tensor.permute axes |> Tensor.reshape [| yield! kept; properties.Count |]

            TensorBlock(
                values,
                block.Samples,
                block.Components.RemoveAt place,
                properties,
                Map.map (fun _ g -> move g) block.Gradients,
                block.Path
            )

        move block

/// Dimensions of keys made dimensions of samples or properties, and components made properties.
[<AutoOpen>]
module MovingKeysFunctions =
    type TensorMap with

        /// The blocks that agree in all other dimensions of their keys become one, these dimensions being put behind those
        /// of the samples. Samples and gradient samples are sorted lexicographically. Where properties differ, all that
        /// any block has are there, in the order of appearance, and missing entries are zero. The keys that remain are in
        /// order of first appearance; where no dimension remains, they are ("_", [0]).
        /// Errors: `InvalidArgument` for a dimension that the keys do not have, `Inconsistent` for blocks with different
        /// components, for gradients of gradients, and for a dimension that the samples have already.
        static member keysToSamples (dimensions: string seq) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> MovingKeys.keysToSamples true 0.0 (Array.ofSeq dimensions) map)

        /// As `keysToSamples`, the samples in order of appearance if `sorted` is false, missing entries being `fill`;
        /// those of gradients are zero, since what is constant has no other derivative.
        static member keysToSamplesWith (fill: float) (sorted: bool) (dimensions: string seq) (map: TensorMap) =
            Outcome.capture (fun () -> MovingKeys.keysToSamples sorted fill (Array.ofSeq dimensions) map)

        /// The blocks that agree in all other dimensions of their keys become one, these dimensions being put before those
        /// of the properties: the properties of one block after those of the other, in the order of the blocks. Samples
        /// are all that any block has, sorted lexicographically; missing entries are zero.
        /// Errors: as `keysToSamples`.
        static member keysToProperties (dimensions: string seq) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> MovingKeys.keysToProperties true 0.0 (Array.ofSeq dimensions) map)

        /// As `keysToProperties`, the samples in order of appearance if `sorted` is false, missing entries being `fill`;
        /// those of gradients are zero, since what is constant has no other derivative.
        static member keysToPropertiesWith (fill: float) (sorted: bool) (dimensions: string seq) (map: TensorMap) =
            Outcome.capture (fun () -> MovingKeys.keysToProperties sorted fill (Array.ofSeq dimensions) map)

        /// As `keysToProperties` with the keys that become properties given, whether there are such blocks or not. The
        /// blocks have the same properties; one whose key is not given contributes its samples only.
        static member keysToGivenProperties (moved: Labels) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> MovingKeys.keysToGiven true 0.0 moved map)

        /// Components moved one after the other before the properties, their axes with them: the last one comes first.
        /// Errors: `InvalidArgument` for a component that is not there, `Inconsistent` where the properties have the name.
        static member componentsToProperties (names: string seq) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () ->
                let names = List.ofSeq names

                let move block =
                    names |> List.fold (fun block name -> MovingKeys.componentToProperties name block) block

                let blocks = map.Array |> Array.mapi (fun i b -> MapRules.forBlock map.Keys i (fun () -> move b))
                TensorMap(map.Keys, blocks, map.Info))
