namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.IO
open System.Text
open System.Text.Json

/// A block as a file holds it, with numbers of any type; see `TensorBlock` for what the parts are.
[<NoComparison>]
type StoredBlock =
    {
        /// The numbers, [samples, components…, properties].
        Values: StoredArray
        /// What the rows are.
        Samples: Labels
        /// What the axes between rows and properties are.
        Components: ImmutableArray<Labels>
        /// What the last axis is.
        Properties: Labels
        /// The gradients by the names of their parameters.
        Gradients: Map<string, StoredBlock>
    }

/// A map as a file holds it, with numbers of any type; see `TensorMap` for what the parts are. Whoever only moves
/// integers or complex numbers from file to file uses this; `TensorMap` holds what can be differentiated.
[<NoComparison>]
type StoredMap =
    {
        /// What the blocks are.
        Keys: Labels
        /// The blocks in the order of the keys.
        Blocks: ImmutableArray<StoredBlock>
        /// Texts by name.
        Info: Map<string, string>
    }

/// The files of metatensor: archives of .npy files.
[<RequireQualifiedAccess>]
module internal MapArchive =
    let private fail path reason : 'T = Outcome.raise (FileFailure(path, reason))

    /// What is read of: the archive and its name.
    type private Source =
        { Path: string
          Bytes: byte[]
          Entries: Dictionary<string, ZipEntry> }

        member source.Has name = source.Entries.ContainsKey name

        member source.Read name =
            match source.Entries.TryGetValue name with
            | true, entry -> ZipArchives.read source.Path source.Bytes entry
            | _ -> fail source.Path $"does not hold '{name}'"

        member source.Labels name = LabelArrays.readLabels (source.Path + "/" + name) (source.Read name)

    /// An error of what a block must be, at the block.
    let private inside (source: Source) (prefix: string) (action: unit -> 'T) : 'T =
        try
            action ()
        with :? NoetherException as failure ->
            Outcome.raise (NoetherError.at { Path = source.Path + "/" + prefix; Line = 1; Column = 0 } failure.Error)

    /// The parameters of the gradients of each block, by the block's prefix.
    let private parametersOf (source: Source) : Dictionary<string, SortedSet<string>> =
        let found = Dictionary<string, SortedSet<string>>()

        for name in source.Entries.Keys do
            let mutable at = name.IndexOf("gradients/", StringComparison.Ordinal)

            while at >= 0 do
                let rest = at + "gradients/".Length
                let stop = name.IndexOf('/', rest)

                if stop > rest && (at = 0 || name[at - 1] = '/') then
                    let prefix = name.Substring(0, at)

                    match found.TryGetValue prefix with
                    | true, set -> set.Add(name.Substring(rest, stop - rest)) |> ignore
                    | _ ->
                        let set = SortedSet<string>(StringComparer.Ordinal)
                        set.Add(name.Substring(rest, stop - rest)) |> ignore
                        found.Add(prefix, set)

                at <- if stop < 0 then -1 else name.IndexOf("gradients/", stop, StringComparison.Ordinal)

        found

    let rec private readBlock (source: Source) parameters depth (prefix: string) (shared: Labels option) : StoredBlock =
        if depth > 16 then fail source.Path $"nests gradients deeper than 16 at '{prefix}'"

        let values =
            LabelArrays.readValues (source.Path + "/" + prefix + "values.npy") (source.Read(prefix + "values.npy"))

        let samples = source.Labels(prefix + "samples.npy")
        let axes = max 0 (values.Shape.Length - 2)

        let components =
            ImmutableArray.CreateRange [ for k in 0 .. axes - 1 -> source.Labels $"{prefix}components/{k}.npy" ]

        let properties =
            match shared with
            | Some properties -> properties
            | None -> source.Labels(prefix + "properties.npy")

        inside source prefix (fun () ->
            BlockRules.check (values.Shape.AsSpan().ToArray()) samples components properties)

        let gradient name =
            let inner = $"{prefix}gradients/{name}/"
            let gradient = readBlock source parameters (depth + 1) inner (Some properties)

            inside source inner (fun () ->
                BlockRules.gradientFits
                    name
                    (samples.Count, components, properties)
                    (gradient.Samples, gradient.Components, gradient.Properties)

                if gradient.Values.Type <> values.Type then
                    Outcome.raise (
                        Inconsistent("the gradient", $"{gradient.Values.Type} values", $"{values.Type} as its block")
                    ))

            name, gradient

        let names: string seq =
            match (parameters: Dictionary<string, SortedSet<string>>).TryGetValue prefix with
            | true, set -> set
            | _ -> Seq.empty

        { Values = values
          Samples = samples
          Components = components
          Properties = properties
          Gradients = Map.ofSeq (Seq.map gradient names) }

    let private readInfo (source: Source) : Map<string, string> =
        if not (source.Has "info.json") then
            Map.empty
        else
            let place = source.Path + "/info.json"

            let text (value: JsonElement) =
                if value.ValueKind <> JsonValueKind.String then
                    fail place $"holds {value.ValueKind}, expected texts"

                value.GetString() |> nonNull

            try
                // Strict: what is not UTF-8 is no text.
                let content = UTF8Encoding(false, true).GetString((source.Read "info.json").Span)
                use document = JsonDocument.Parse content

                if document.RootElement.ValueKind <> JsonValueKind.Object then fail place "is no object of texts"

                Map.ofSeq [ for item in document.RootElement.EnumerateObject() -> item.Name, text item.Value ]
            with
            | :? JsonException as reason -> fail place reason.Message
            | :? InvalidOperationException as reason -> fail place reason.Message
            | :? DecoderFallbackException -> fail place "is not UTF-8"

    let private openBytes path (bytes: byte[]) =
        { Path = path; Bytes = bytes; Entries = ZipArchives.entries path bytes }

    let readBlockOnly path bytes : StoredBlock =
        let source = openBytes path bytes

        if source.Has "keys.npy" then
            fail path "holds a map, expected a block: read it with 'TensorMap.read'"

        readBlock source (parametersOf source) 0 "" None

    let read path bytes : StoredMap =
        let source = openBytes path bytes

        if not (source.Has "keys.npy") && source.Has "values.npy" then
            fail path "holds a block, expected a map: read it with 'TensorBlock.read'"

        let keys = source.Labels "keys.npy"
        let parameters = parametersOf source

        let blocks = Array.init keys.Count (fun i -> readBlock source parameters 0 $"blocks/{i}/" None)

        { Keys = keys
          Blocks = ImmutableArray.Create<StoredBlock> blocks
          Info = readInfo source }

    let private utf8Order (a: string) (b: string) =
        (ReadOnlySpan(Encoding.UTF8.GetBytes a)).SequenceCompareTo(ReadOnlySpan(Encoding.UTF8.GetBytes b))

    let rec private blockFiles (prefix: string) shared (block: StoredBlock) : (string * byte[]) list =
        [ prefix + "values.npy", LabelArrays.writeValues block.Values
          prefix + "samples.npy", LabelArrays.writeLabels block.Samples
          for k in 0 .. block.Components.Length - 1 do
              $"{prefix}components/{k}.npy", LabelArrays.writeLabels block.Components[k]
          if not shared then prefix + "properties.npy", LabelArrays.writeLabels block.Properties
          for name in block.Gradients.Keys |> List.ofSeq |> List.sortWith utf8Order do
              yield! blockFiles $"{prefix}gradients/{name}/" true block.Gradients[name] ]

    /// A text of JSON with the escapes that metatensor uses.
    let private quoted (text: string) =
        let escape (c: char) =
            match c with
            | '"' -> "\\\""
            | '\\' -> "\\\\"
            | '\n' -> "\\n"
            | '\r' -> "\\r"
            | '\t' -> "\\t"
            | '\b' -> "\\b"
            | '\012' -> "\\f"
            | c when c < ' ' -> $"\\u{int c:x4}"
            | c -> string c

        "\"" + String.collect escape text + "\""

    let private infoFile (info: Map<string, string>) =
        let line name = $"  {quoted name}: {quoted info[name]}"
        let names = info.Keys |> List.ofSeq |> List.sortWith utf8Order
        Encoding.UTF8.GetBytes("{\n" + String.Join(",\n", List.map line names) + "\n}")

    let writeBlockOnly (block: StoredBlock) = ZipArchives.write (blockFiles "" false block)

    let write (map: StoredMap) : byte[] =
        ZipArchives.write (
            seq {
                "keys.npy", LabelArrays.writeLabels map.Keys

                for i in 0 .. map.Blocks.Length - 1 do
                    yield! blockFiles $"blocks/{i}/" false map.Blocks[i]

                if not map.Info.IsEmpty then "info.json", infoFile map.Info
            }
        )
