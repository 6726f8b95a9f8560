namespace Noether.Domain

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Encodings.Web
open System.Text.Json

/// The tensors and texts of a .safetensors file.
type Safetensors =
    {
        /// Texts about the file by name.
        Metadata: Map<string, string>
        /// Arrays by name.
        Arrays: Map<string, NpyArray>
    }

/// Named arrays in .safetensors files (https://github.com/huggingface/safetensors): the length of a header as 8 bytes,
/// the header as JSON, and the numbers, little-endian, in C order.
///
/// *Types.* F64, F32, I8 … I64, U8 … U64, BOOL. Half precision and narrower numbers are refused.
///
/// *Strict and bounded.* The header begins with '{' and has at most 100 MB; no name stands twice, neither among the
/// arrays nor in one of them; the arrays fill the rest of the file without holes and without overlap; every array has
/// as many bytes as its type and shape need. Memory is taken only for what the file holds. Places are in line 1,
/// columns are bytes from 1.
///
/// *Exact.* What `write` writes, `read` gives back to the bit; the same arrays are the same bytes at any time.
[<RequireQualifiedAccess>]
module SafetensorsFile =
    let private mostHeader = 100_000_000L

    let private names =
        [ "F64", "f8"
          "F32", "f4"
          "I64", "i8"
          "I32", "i4"
          "I16", "i2"
          "I8", "i1"
          "U64", "u8"
          "U32", "u4"
          "U16", "u2"
          "U8", "u1"
          "BOOL", "b1" ]

    let private ofName = Map names
    let private toName = Map [ for theirs, ours in names -> ours, theirs ]

    let private fail path (at: int64) found expected : 'T =
        let place =
            { Path = path
              Line = 1
              Column = 1 + int (min at (int64 (Int32.MaxValue - 1))) }

        Outcome.raise (At(place, Malformed(found, expected)))

    /// Refuses the header.
    let private refuse path found expected : 'T = fail path 8L found expected

    /// An array as the header announces it; offsets count from the end of the header.
    type private Entry = { Name: string; Header: NpyHeader; Start: int64; Stop: int64 }

    /// The members of an object, no name twice.
    let private members path (what: string) (element: JsonElement) : (string * JsonElement) list =
        if element.ValueKind <> JsonValueKind.Object then
            refuse path $"{what} that is no object" "an object in braces"

        let seen = HashSet<string>()

        [ for property in element.EnumerateObject() do
              if not (seen.Add property.Name) then
                  refuse path $"the name '{property.Name}' a second time in {what}" "each name once"

              property.Name, property.Value ]

    let private integers path what (element: JsonElement) : int64 list =
        if element.ValueKind <> JsonValueKind.Array then
            refuse path $"{what} that is no list" "a list of integers"

        [ for item in element.EnumerateArray() do
              let mutable value = 0L

              if item.ValueKind <> JsonValueKind.Number || not (item.TryGetInt64 &value) || value < 0L then
                  refuse path $"{what} with {item.GetRawText()}" "integers of 0 or more"

              value ]

    let private entry path (name: string) (element: JsonElement) : Entry =
        let what = $"the array '{name}'"
        let parts = Map(members path what element)

        let part key =
            match Map.tryFind key parts with
            | Some value -> value
            | None -> refuse path $"{what} without '{key}'" "dtype, shape and data_offsets"

        if parts.Count > 3 then
            let known = set [ "dtype"; "shape"; "data_offsets" ]
            let other = parts.Keys |> Seq.find (known.Contains >> not)
            refuse path $"'{other}' in {what}" "dtype, shape and data_offsets"

        let dtype = part "dtype"
        let given = if dtype.ValueKind = JsonValueKind.String then string (dtype.GetString()) else dtype.GetRawText()

        let typeName =
            match Map.tryFind given ofName with
            | Some name -> name
            | None -> refuse path $"the type '{given}' of {what}" "F64, F32, I8 … I64, U8 … U64 or BOOL"

        let shape = part "shape" |> integers path $"a shape of {what}"

        if shape.Length > NpyArray.mostAxes || List.exists (fun extent -> extent > int64 Int32.MaxValue) shape then
            refuse path $"the shape of {what}" $"at most {NpyArray.mostAxes} extents of at most {Int32.MaxValue}"

        match part "data_offsets" |> integers path $"data_offsets of {what}" with
        | [ start; stop ] ->
            let header =
                { TypeName = typeName
                  BigEndian = false
                  Fortran = false
                  Shape = List.map int shape }

            match NpyHeader.count header with
            | Some count when
                count <= int64 Array.MaxLength / int64 (NpyHeader.size header)
                && stop - start = count * int64 (NpyHeader.size header)
                ->
                { Name = name; Header = header; Start = start; Stop = stop }
            | _ ->
                let extents = shape |> List.map string |> String.concat ", "

                refuse
                    path
                    $"offsets {start} and {stop} of {what}"
                    $"as many bytes as {given} [{extents}] has, at most 2 GiB"
        | offsets ->
            refuse path $"{offsets.Length} data_offsets of {what}" "two, the first byte and the one behind the last"

    let private metadata path element =
        Map
            [ for name, value: JsonElement in members path "__metadata__" element do
                  if value.ValueKind <> JsonValueKind.String then
                      refuse path $"'{name}' in __metadata__ that is no text" "texts"

                  name, string (value.GetString()) ]

    let private parseHeader path (bytes: byte[]) : Map<string, string> * Entry list =
        try
            use document = JsonDocument.Parse(ReadOnlyMemory bytes)

            let own, others =
                members path "the header" document.RootElement
                |> List.partition (fun (name, _) -> name = "__metadata__")

            (match own with
             | [] -> Map.empty
             | (_, value) :: _ -> metadata path value),
            [ for name, element in others -> entry path name element ]
        with
        | :? JsonException as reason ->
            let mutable start = 0

            for _ in 1L .. reason.LineNumber.GetValueOrDefault() do
                start <- 1 + Array.IndexOf(bytes, '\n'B, start)

            fail
                path
                (8L + int64 start + reason.BytePositionInLine.GetValueOrDefault())
                "a header that is no JSON"
                "JSON"
        | :? InvalidOperationException -> refuse path "a name or a text that is no Unicode" "JSON in UTF-8"

    /// The texts, the arrays in their order, and the place of the first byte behind the header.
    let private readHeader (path: string) (stream: Stream) : Map<string, string> * Entry list * int64 =
        let length = stream.Length

        let exactly (buffer: byte[]) at =
            let count = stream.ReadAtLeast(buffer.AsSpan(), buffer.Length, false)

            if count < buffer.Length then
                fail path (at + int64 count) "the end of the file" $"{buffer.Length} bytes of the header"

        let size = Array.zeroCreate 8
        exactly size 0L
        let announced = BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan size)

        if announced > uint64 mostHeader || int64 announced > length - 8L then
            fail
                path
                0L
                $"a header of {announced} bytes"
                $"at most {mostHeader}, and no more than the {length} bytes of the file"

        let text = Array.zeroCreate<byte>(int announced)
        exactly text 8L

        if text.Length = 0 || text[0] <> '{'B then fail path 8L "a header that begins with no brace" "'{'"

        let metadata, entries = parseHeader path text
        let start = 8L + int64 announced
        let mutable at = 0L
        let ordered = entries |> List.sortBy (fun entry -> entry.Start, entry.Stop)

        for entry in ordered do
            if entry.Start <> at then
                let what = if entry.Start < at then "an overlap" else "a hole"
                fail path (start + at) $"{what} before '{entry.Name}', which begins at byte {entry.Start}" $"byte {at}"

            at <- entry.Stop

        if at <> length - start then
            fail path (start + min at (length - start)) $"{length - start} bytes of numbers" $"{at}"

        metadata, ordered, start

    let private readFrom path stream : Safetensors =
        let metadata, entries, start = readHeader path stream

        { Metadata = metadata
          Arrays =
            Map
                [ for entry in entries do
                      let count = int ((entry.Stop - entry.Start) / int64 (NpyHeader.size entry.Header))
                      entry.Name, Npy.loadArray path stream (start + entry.Start) entry.Header count ] }

    let private onFile (path: string) (action: Stream -> 'T) : Result<'T, NoetherError> =
        Outcome.capture (fun () ->
            Files.guard path (fun () ->
                use stream = File.OpenRead path
                action stream))

    /// The contents of a file. Errors: `FileFailure`; `Malformed` with the byte.
    let read (path: string) : Result<Safetensors, NoetherError> = onFile path (readFrom path)

    /// The texts about a file, without its numbers, which are checked as far as the header speaks of them. Errors: as
    /// of `read`.
    let readMetadata (path: string) : Result<Map<string, string>, NoetherError> =
        onFile path (fun stream ->
            let metadata, _, _ = readHeader path stream
            metadata)

    /// The contents of the bytes of a file; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Safetensors, NoetherError> =
        Outcome.capture (fun () -> readFrom name (new MemoryStream(bytes, false)))

    let private lengthOf (array: NpyArray) = int64 array.Data.Bytes.Length

    /// Widest numbers first, so that all of them are aligned, then by name.
    let private ordered (file: Safetensors) =
        let width (array: NpyArray) = int (lengthOf array) / max 1 array.Data.Length
        file.Arrays |> Map.toList |> List.sortBy (fun (name, array) -> -(width array), name)

    /// Throws for text that is no Unicode, which a writer of JSON would repair in silence.
    let private strict = UTF8Encoding(false, true)

    let private checkText (text: string) =
        try
            strict.GetByteCount text |> ignore
        with :? EncoderFallbackException ->
            Outcome.raise (InvalidArgument("a name or a text", "half of a surrogate pair", "Unicode"))

    let private headerOf (file: Safetensors) : byte[] =
        use memory = new MemoryStream()
        let options = JsonWriterOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
        use writer = new Utf8JsonWriter(memory :> Stream, options)
        writer.WriteStartObject()

        if not file.Metadata.IsEmpty then
            writer.WriteStartObject "__metadata__"

            for KeyValue(name, text) in file.Metadata do
                writer.WriteString(name, text)

            writer.WriteEndObject()

        let mutable at = 0L

        for name, array in ordered file do
            writer.WriteStartObject name
            writer.WriteString("dtype", toName[array.Data.TypeName])
            writer.WriteStartArray "shape"

            for extent in array.Shape do
                writer.WriteNumberValue extent

            writer.WriteEndArray()
            writer.WriteStartArray "data_offsets"
            writer.WriteNumberValue at
            at <- at + lengthOf array
            writer.WriteNumberValue at
            writer.WriteEndArray()
            writer.WriteEndObject()

        writer.WriteEndObject()
        writer.Flush()
        // Numbers begin at a multiple of 8.
        memory.Write(ReadOnlySpan(Array.create (int (-memory.Length &&& 7L)) ' 'B))
        memory.ToArray()

    /// The bytes of a file. Errors: `InvalidArgument` for an array with the name `__metadata__`, for names and texts
    /// that are no Unicode, and for more than 2 GiB.
    let format (file: Safetensors) : Result<byte[], NoetherError> =
        Outcome.capture (fun () ->
            if file.Arrays.ContainsKey "__metadata__" then
                Outcome.raise (
                    InvalidArgument("the name of an array", "__metadata__", "another one, for texts have this one")
                )

            for KeyValue(name, text) in file.Metadata do
                checkText name
                checkText text

            Seq.iter checkText file.Arrays.Keys

            let header = headerOf file
            let size = 8L + header.LongLength + Seq.sumBy lengthOf file.Arrays.Values

            if size > int64 Array.MaxLength then
                Outcome.raise (InvalidArgument("the size of a .safetensors file", $"{size} bytes", "at most 2 GiB"))

            let bytes = GC.AllocateUninitializedArray<byte>(int size)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(), uint64 header.Length)
            header.CopyTo(bytes, 8)
            let mutable at = 8 + header.Length

            for _, array in ordered file do
                let own = bytes.AsSpan(at, int (lengthOf array))
                array.Data.Bytes.CopyTo own
                if not BitConverter.IsLittleEndian then Npy.swap (own.Length / max 1 array.Data.Length) own
                at <- at + own.Length

            bytes)

    /// Writes a file beside its place and moves it there, so that an existing file is replaced at once or not at all.
    /// Errors: `FileFailure`; those of `format`.
    let write (path: string) (file: Safetensors) : Result<unit, NoetherError> =
        Outcome.capture (fun () -> format file |> Outcome.getOrFail |> fun bytes -> OutputFile.Replace(path, bytes))
