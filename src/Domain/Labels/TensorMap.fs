namespace Noether.Domain

open System
open System.Collections.Immutable

/// Blocks under keys: sparse data with the reasons why it is sparse (metatensor's `TensorMap`).
///
/// *Fields.* `Keys`: a row for each block. `Blocks`: in the order of the keys. `Info`: texts by name.
///
/// *Invariant.* All blocks have the same names of samples, components and properties, the same precision and the same
/// gradients, of which the same holds. The rows of components may differ.
///
/// *Order.* Operations match blocks by their keys: the order of the blocks is that of the first map, and does not matter
/// otherwise. Inside a block the order of rows does matter.
///
/// *Example.* `map.Block(2)`, or `map.Block [ "center_type", 7; "neighbor_type", 7 ]`.
[<Sealed; AllowNullLiteral(false); StructuredFormatDisplay("{Text}")>]
type TensorMap internal (keys: Labels, blocks: TensorBlock[], info: Map<string, string>) =

    /// What the blocks are.
    member _.Keys = keys

    /// The blocks in the order of the keys.
    member _.Blocks = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray blocks

    member internal _.Array = blocks

    /// Texts that say more about the map, by name.
    member _.Info = info

    /// The number of blocks.
    member _.Count = blocks.Length

    /// The block at a place. Raises `NoetherException` where there are not so many.
    member _.Block(index: int) : TensorBlock =
        if index < 0 || index >= blocks.Length then
            Outcome.raise (
                InvalidArgument("the place of a block", $"{index}", $"less than {blocks.Length}, the blocks there are")
            )

        blocks[index]

    /// The places of the blocks whose keys have these integers in these dimensions.
    /// Raises `NoetherException` for a dimension that the keys do not have.
    member _.Matching(selection: (string * int) seq) : int[] =
        let wanted = selection |> Seq.map (fun (name, value) -> keys.Dimension name, value) |> Array.ofSeq

        [| 0 .. blocks.Length - 1 |]
        |> Array.filter (fun i ->
            wanted |> Array.forall (fun (column, value) -> keys.Array[i * keys.Width + column] = value))

    /// The one block whose key has these integers in these dimensions. Raises `NoetherException` where there is none or
    /// several, and for a dimension that the keys do not have.
    member map.Block(selection: (string * int) seq) : TensorBlock =
        match map.Matching selection with
        | [| one |] -> blocks[one]
        | found ->
            let text = "(" + String.Join(", ", selection |> Seq.map (fun (name, value) -> $"{name}={value}")) + ")"

            let expected =
                match found with
                | [||] -> "the key of a block: " + TensorMap.Some keys
                | several -> $"the key of one block; there are {several.Length}, which 'Matching' lists"

            Outcome.raise (InvalidArgument("the selection of a block", text, expected))

    /// The first keys in words.
    static member private Some(keys: Labels) =
        let shown = [ for i in 0 .. min 3 (keys.Count - 1) -> keys[i].Pairs ]
        String.Join(", ", shown) + (if keys.Count > 4 then ", …" else "")

    /// The map as metatensor prints it: the number of blocks and their keys, at most so many (−1 for all).
    member _.Print(most: int) = $"TensorMap with {blocks.Length} blocks\nkeys:{keys.Print(most, 5)}"

    /// The map as metatensor prints it, with all keys.
    member map.Text = map.Print -1

    /// The map as metatensor prints it, with all keys.
    override map.ToString() = map.Text

/// What maps must satisfy.
[<RequireQualifiedAccess>]
module internal MapRules =

    let private sameNames part place (expected: Labels) (found: Labels) =
        if not (expected.SameNames found) then
            let text (labels: Labels) = LabelRules.parenthesised labels.Names
            Outcome.raise (Inconsistent($"{part} of {place}", text found, $"{text expected} as the first block"))

    let private parameters (block: TensorBlock) = "[" + String.Join(", ", block.Gradients.Keys) + "]"

    /// Refuses a block that has not the names of another.
    let rec alike place (first: TensorBlock) (block: TensorBlock) =
        if not (Object.ReferenceEquals(first, block)) then
            sameNames "the samples" place first.Samples block.Samples
            sameNames "the properties" place first.Properties block.Properties

            if first.Components.Length <> block.Components.Length then
                let found = $"{block.Components.Length} labels"
                Outcome.raise (Inconsistent($"the components of {place}", found, $"{first.Components.Length}"))

            for i in 0 .. first.Components.Length - 1 do
                sameNames "a component" place first.Components[i] block.Components[i]

            if first.Values.Precision <> block.Values.Precision then
                let found = $"{block.Values.Precision} values"
                Outcome.raise (Inconsistent(place, found, $"{first.Values.Precision} as the first block"))

            if
                first.Gradients.Count <> block.Gradients.Count
                || not (first.Gradients.Keys |> Seq.forall block.Gradients.ContainsKey)
            then
                let found = $"the gradients {parameters block}"
                Outcome.raise (Inconsistent(place, found, $"{parameters first} as the first block"))

            if first.Gradients.Count > 0 then
                for KeyValue(name, gradient) in first.Gradients do
                    alike $"the gradient '{name}' of {place}" gradient block.Gradients[name]

    /// Does something for a block; an error is said to be that of the block with this key.
    let forBlock (keys: Labels) (i: int) (action: unit -> 'T) : 'T =
        try
            action ()
        with :? NoetherException as failure ->
            let within error =
                match error with
                | Inconsistent(name, found, expected) ->
                    Inconsistent($"{name} (block {keys[i].Pairs})", found, expected)
                | InvalidArgument(name, value, expected) ->
                    InvalidArgument($"{name} (block {keys[i].Pairs})", value, expected)
                | other -> other

            Outcome.raise (within failure.Error)

    let create (keys: Labels) (blocks: TensorBlock[]) info =
        if blocks.Length <> keys.Count then
            Outcome.raise (Inconsistent("a map", $"{blocks.Length} blocks", $"{keys.Count}, one for each key"))

        for i in 1 .. blocks.Length - 1 do
            forBlock keys i (fun () -> alike "the block" blocks[0] blocks[i])

        let placed (block: TensorBlock) =
            if block.Path = "" then
                block
            else
                BlockRules.withGradients
                    block.Gradients
                    (BlockRules.plain block.Values block.Samples block.Components block.Properties)

        TensorMap(keys, Array.map placed blocks, info)

    /// The map with each block replaced by a function of it that keeps the names.
    let map (f: TensorBlock -> TensorBlock) (map: TensorMap) = TensorMap(map.Keys, Array.map f map.Array, map.Info)

    /// Refuses gradients of gradients, which most operations do not know.
    let flat operation (map: TensorMap) =
        for i in 0 .. min 0 (map.Count - 1) do
            for KeyValue(name, gradient) in map.Array[i].Gradients do
                if not gradient.Gradients.IsEmpty then
                    let found = $"gradients of the gradient '{name}'"
                    Outcome.raise (Inconsistent($"the map given to '{operation}'", found, "none; remove them first"))

/// Making maps.
[<AutoOpen>]
module MapFunctions =
    type TensorMap with

        /// A map with a block for each key. Errors: `Inconsistent` for another number of blocks, and for blocks whose
        /// names, precision or gradients differ.
        static member create (keys: Labels) (blocks: TensorBlock seq) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> MapRules.create keys (Array.ofSeq blocks) Map.empty)

        /// The map with these texts in the place of its own.
        static member withInfo (info: Map<string, string>) (map: TensorMap) = TensorMap(map.Keys, map.Array, info)

        /// The keys and their blocks.
        static member items(map: TensorMap) : (LabelsEntry * TensorBlock) seq =
            Seq.init map.Count (fun i -> map.Keys[i], map.Array[i])

        /// The places of the blocks whose keys agree with a row of the selection, see `Labels.select`.
        /// Errors: as there.
        static member matching (selection: Labels) (map: TensorMap) = Labels.select selection map.Keys

        /// The map whose blocks are a function of those of another; the function may return anything that fits together.
        /// Errors: those of the function and of `create`.
        static member mapBlocks (f: TensorBlock -> TensorBlock) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () ->
                let block i = MapRules.forBlock map.Keys i (fun () -> f map.Array[i])
                MapRules.create map.Keys (Array.init map.Count block) map.Info)
