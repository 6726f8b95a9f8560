namespace Noether.Domain

open System
open System.Buffers.Binary
open System.Collections.Immutable
open System.Globalization
open System.Runtime.InteropServices
open System.Text
open Noether.AutoDiff

/// Numbers as a file of labelled blocks holds them: any of NumPy's simple types, in little endian, C order.
[<NoComparison; CustomEquality>]
type StoredArray =
    {
        /// NumPy's name of the type without the byte order: f2 f4 f8, i1 … i8, u1 … u8, b1, c8 c16.
        Type: string
        /// The extents.
        Shape: ImmutableArray<int>
        /// The numbers, little endian, in C order.
        Bytes: ReadOnlyMemory<byte>
    }

    /// Equal types, extents and bits.
    override array.Equals(other) =
        match other with
        | :? StoredArray as other ->
            array.Type = other.Type
            && array.Shape.AsSpan().SequenceEqual(other.Shape.AsSpan())
            && array.Bytes.Span.SequenceEqual other.Bytes.Span
        | _ -> false

    /// A hash of type and bits.
    override array.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add array.Type
        hash.AddBytes(array.Bytes.Span.Slice(0, min 64 array.Bytes.Length))
        hash.ToHashCode()

/// Stored numbers and tensors.
[<RequireQualifiedAccess>]
module internal StoredArray =
    let sizes =
        dict
            [ "f2", 2
              "f4", 4
              "f8", 8
              "i1", 1
              "i2", 2
              "i4", 4
              "i8", 8
              "u1", 1
              "u2", 2
              "u4", 4
              "u8", 8
              "b1", 1
              "c8", 8
              "c16", 16 ]

    let ofTensor (x: Tensor) : StoredArray =
        let bytes =
            match x.Raw with
            | :? Raw<float> as raw -> MemoryMarshal.AsBytes(raw.Span).ToArray()
            | :? Raw<float32> as raw -> MemoryMarshal.AsBytes(raw.Span).ToArray()
            | raw -> invalidOp $"a tensor of {raw.Precision}"

        let size = if x.Precision = Noether.AutoDiff.Precision.Float64 then 8 else 4
        if not BitConverter.IsLittleEndian then Npy.swap size (Span bytes)

        { Type = $"f{size}"
          Shape = ImmutableArray.Create<int> x.Shape
          Bytes = ReadOnlyMemory bytes }

    let private exact place (value: float) (same: bool) =
        if same then
            value
        else
            Outcome.raise (Inconsistent(place, "an integer that float64 does not hold", "at most 2⁵³; see 'StoredMap'"))

    /// The numbers as a tensor: f4 as float32, f2 exactly in it; all others exactly in float64, or they are refused.
    let toTensor place (array: StoredArray) : Tensor =
        let shape = array.Shape.AsSpan().ToArray()
        let size = sizes[array.Type]
        let count = array.Bytes.Length / size
        let at k = array.Bytes.Slice(k * size, size)
        let doubles (f: int -> float) = Tensor.ofArray shape (Array.init count f)

        match array.Type with
        | "f8" -> doubles (fun k -> BinaryPrimitives.ReadDoubleLittleEndian((at k).Span))
        | "f4" ->
            Tensor.ofArray32 shape (Array.init count (fun k -> BinaryPrimitives.ReadSingleLittleEndian((at k).Span)))
        | "f2" ->
            Tensor.ofArray32
                shape
                (Array.init count (fun k -> float32 (BinaryPrimitives.ReadHalfLittleEndian((at k).Span))))
        | "i1" -> doubles (fun k -> float (sbyte ((at k).Span[0])))
        | "u1" -> doubles (fun k -> float ((at k).Span[0]))
        | "b1" -> doubles (fun k -> if (at k).Span[0] = 0uy then 0.0 else 1.0)
        | "i2" -> doubles (fun k -> float (BinaryPrimitives.ReadInt16LittleEndian((at k).Span)))
        | "u2" -> doubles (fun k -> float (BinaryPrimitives.ReadUInt16LittleEndian((at k).Span)))
        | "i4" -> doubles (fun k -> float (BinaryPrimitives.ReadInt32LittleEndian((at k).Span)))
        | "u4" -> doubles (fun k -> float (BinaryPrimitives.ReadUInt32LittleEndian((at k).Span)))
        | "i8" ->
            doubles (fun k ->
                let value = BinaryPrimitives.ReadInt64LittleEndian((at k).Span)
                exact place (float value) (abs (float value) <= 9007199254740992.0))
        | "u8" ->
            doubles (fun k ->
                let value = BinaryPrimitives.ReadUInt64LittleEndian((at k).Span)
                exact place (float value) (value <= 9007199254740992UL))
        | other -> Outcome.raise (Inconsistent(place, $"complex numbers ({other})", "real ones; see 'StoredMap'"))

/// The arrays of labelled blocks in .npy files: numbers of a simple type, and labels as records of 32-bit integers. What
/// `Npy` refuses (half precision, complex numbers, records) is allowed here, what metatensor never writes is refused.
[<RequireQualifiedAccess>]
module internal LabelArrays =
    let private magic = Array.append [| 0x93uy |] "NUMPY"B

    let private fail path (at: int) found expected : 'T =
        Outcome.raise (At({ Path = path; Line = 1; Column = at + 1 }, Malformed(found, expected)))

    /// What "descr" says: one type, or a name and a type for each column; with their byte orders.
    type private Descr =
        | Plain of string
        | Columns of (string * string) list

    [<Sealed>]
    type private Reader(path: string, text: string, start: int) =
        let mutable at = 0

        member _.Fail(found, expected) : 'T = fail path (start + at) found expected
        member reader.Here = if at < text.Length then $"'{text[at]}'" else "the end of the header"

        member _.Skip() =
            while at < text.Length && Char.IsWhiteSpace text[at] do
                at <- at + 1

        member reader.Next(c: char) =
            reader.Skip()
            at < text.Length && text[at] = c

        member reader.Expect(c: char) =
            if not (reader.Next c) then reader.Fail(reader.Here, $"'{c}'")
            at <- at + 1

        /// Whether a list goes on: a comma was there, or has to be.
        member reader.Separated(close: char) =
            if reader.Next ',' then reader.Expect ','
            elif not (reader.Next close) then reader.Fail(reader.Here, $"',' or '{close}'")

        member reader.Quoted() =
            reader.Skip()

            if at >= text.Length || (text[at] <> '\'' && text[at] <> '"') then
                reader.Fail(reader.Here, "a text in quotes")

            match text.IndexOf(text[at], at + 1) with
            | -1 -> reader.Fail("a quote that is never closed", "a text in quotes")
            | close ->
                let inside = text.Substring(at + 1, close - at - 1)
                at <- close + 1
                inside

        member reader.Word() =
            reader.Skip()
            let from = at

            while at < text.Length && Char.IsAsciiLetterOrDigit text[at] do
                at <- at + 1

            if at = from then reader.Fail(reader.Here, "a word or number")
            text.Substring(from, at - from)

        member reader.Descr() =
            if not (reader.Next '[') then
                Plain(reader.Quoted())
            else
                reader.Expect '['
                let columns = ResizeArray()

                while not (reader.Next ']') do
                    reader.Expect '('
                    let name = reader.Quoted()
                    reader.Expect ','
                    columns.Add(name, reader.Quoted())
                    if reader.Next ',' then reader.Expect ','
                    reader.Expect ')'
                    reader.Separated ']'

                reader.Expect ']'
                Columns(List.ofSeq columns)

        member reader.Shape() =
            reader.Expect '('
            let extents = ResizeArray()

            while not (reader.Next ')') do
                let word = reader.Word()
                let mutable extent = 0

                if not (Int32.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, &extent)) then
                    reader.Fail($"'{word}'", "an extent from 0 to 2147483647")

                extents.Add extent
                if extents.Count > 64 then reader.Fail("more axes", "at most 64")
                reader.Separated ')'

            reader.Expect ')'
            extents.ToArray()

        member reader.Header() : Descr * int[] =
            let mutable descr = None
            let mutable fortran = None
            let mutable shape = None
            reader.Expect '{'

            while not (reader.Next '}') do
                let key = reader.Quoted()
                reader.Expect ':'

                match key with
                | "descr" when descr.IsNone -> descr <- Some(reader.Descr())
                | "fortran_order" when fortran.IsNone -> fortran <- Some(reader.Word())
                | "shape" when shape.IsNone -> shape <- Some(reader.Shape())
                | _ -> reader.Fail($"the key '{key}'", "descr, fortran_order and shape, each once")

                reader.Separated '}'

            reader.Expect '}'
            reader.Skip()
            if at < text.Length then reader.Fail(reader.Here, "the end of the header")

            match descr, fortran, shape with
            | Some descr, Some "False", Some shape -> descr, shape
            | Some _, Some other, Some _ -> reader.Fail($"fortran_order {other}", "False: blocks are in C order")
            | _ -> reader.Fail("a header that lacks a key", "descr, fortran_order and shape")

    /// The description, the extents, and the bytes behind them.
    let private parse path (content: ReadOnlyMemory<byte>) : Descr * int[] * ReadOnlyMemory<byte> =
        let bytes = content.Span

        if bytes.Length < 10 || not (bytes.Slice(0, 6).SequenceEqual(ReadOnlySpan magic)) then
            fail path 0 "other bytes" "the mark of a .npy file, \\x93NUMPY"

        if bytes[6] < 1uy || bytes[6] > 3uy || bytes[7] <> 0uy then
            fail path 6 $"version {bytes[6]}.{bytes[7]}" "version 1.0, 2.0 or 3.0"

        let start = if bytes[6] = 1uy then 10 else 12

        let size =
            if start = 10 then int64 (BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice 8))
            elif bytes.Length < 12 then Int64.MaxValue
            else int64 (BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice 8))

        if size > int64 (bytes.Length - start) then
            fail path 8 $"a header of {size} bytes" $"no more than the {bytes.Length} bytes of the file"

        let text = Encoding.Latin1.GetString(bytes.Slice(start, int size))
        let descr, shape = Reader(path, text, start).Header()
        descr, shape, content.Slice(start + int size)

    let private exactly path (data: ReadOnlyMemory<byte>) (shape: int[]) size =
        let count = shape |> Array.fold (fun product extent -> product * float extent) 1.0

        if count * float size <> float data.Length then
            let expected = String.Join(", ", shape)
            fail path 0 $"{data.Length} bytes of data" $"{count * float size}, as the shape ({expected}) has"

    let private typeOf path (name: string) =
        let order = if name.Length > 0 then name[0] else ' '
        let bare = name.Substring(min 1 name.Length)

        match StoredArray.sizes.TryGetValue bare with
        | true, size when "<>=".Contains order || (order = '|' && size = 1) -> order, bare, size
        | _ -> fail path 10 $"the type '{name}'" "f2 … f8, i1 … i8, u1 … u8, b1, c8 or c16 behind <, > or ="

    let private littleEndian order part (data: ReadOnlyMemory<byte>) : ReadOnlyMemory<byte> =
        if order = '>' || (order = '=' && not BitConverter.IsLittleEndian) then
            let turned = data.ToArray()
            Npy.swap part (Span turned)
            ReadOnlyMemory turned
        else
            data

    let readValues path content : StoredArray =
        match parse path content with
        | Plain name, shape, data ->
            let order, bare, size = typeOf path name
            exactly path data shape size
            // Complex numbers are two real ones.
            let part = if bare[0] = 'c' then size / 2 else size

            { Type = bare
              Shape = ImmutableArray.Create<int> shape
              Bytes = littleEndian order part data }
        | Columns _, _, _ -> fail path 10 "records" "numbers of a simple type"

    let readLabels path content : Labels =
        match parse path content with
        | Columns columns, [| rows |], data ->
            let orders = columns |> List.map (fun (_, name) -> typeOf path name)

            match List.tryFindIndex (fun (_, bare, _) -> bare <> "i4") orders with
            | Some i -> fail path 10 $"the type '{snd columns[i]}'" "i4 behind <, > or ="
            | None -> ()

            exactly path data [| rows |] (4 * columns.Length)

            if (orders |> List.distinct).Length > 1 then fail path 10 "mixed byte orders" "one order"

            let order = if orders.IsEmpty then '<' else (let order, _, _ = orders[0] in order)
            let values = MemoryMarshal.Cast<byte, int>((littleEndian order 4 data).Span).ToArray()
            if not BitConverter.IsLittleEndian then Npy.swap 4 (MemoryMarshal.AsBytes(Span values))
            let count = if columns.IsEmpty then 0 else rows

            if columns.IsEmpty && rows > 0 then fail path 10 $"{rows} rows without dimensions" "none"

            try
                LabelRules.checkedRows (LabelRules.names (List.map fst columns)) count values
            with :? NoetherException as failure ->
                Outcome.raise (NoetherError.at { Path = path; Line = 1; Column = 0 } failure.Error)
        | Plain _, _, _ -> fail path 10 "numbers of a simple type" "labels: records of i4"
        | _, shape, _ -> fail path 10 $"{shape.Length} axes" "one, the rows of the labels"

    /// A .npy file with this description and these extents.
    let private file (descr: string) (shape: int seq) (data: ReadOnlySpan<byte>) : byte[] =
        let extents = shape |> Seq.map (fun extent -> $"{extent}, ") |> String.concat ""
        let text = $"{{ 'descr': {descr}, 'fortran_order': False, 'shape': ({extents}) }}"
        let head preamble = preamble + text.Length + 1
        let blanks preamble = 64 - head preamble % 64
        let short = head 10 + blanks 10 - 10 <= 65535
        let preamble = if short then 10 else 12
        let header = text + String(' ', blanks preamble) + "\n"
        let bytes = Array.zeroCreate (preamble + header.Length + data.Length)
        magic.CopyTo(bytes, 0)
        bytes[6] <- if short then 1uy else 2uy

        if short then
            BinaryPrimitives.WriteUInt16LittleEndian(Span(bytes, 8, 2), uint16 header.Length)
        else
            BinaryPrimitives.WriteUInt32LittleEndian(Span(bytes, 8, 4), uint32 header.Length)

        Encoding.ASCII.GetBytes(header, 0, header.Length, bytes, preamble) |> ignore
        data.CopyTo(Span(bytes, preamble + header.Length, data.Length))
        bytes

    let writeValues (array: StoredArray) : byte[] = file $"'<{array.Type}'" array.Shape array.Bytes.Span

    let writeLabels (labels: Labels) : byte[] =
        let columns = labels.Names |> Seq.map (fun name -> $"('{name}', '<i4'), ") |> String.concat ""
        let bytes = MemoryMarshal.AsBytes(ReadOnlySpan labels.Array).ToArray()
        if not BitConverter.IsLittleEndian then Npy.swap 4 (Span bytes)
        file $"[{columns}]" [ labels.Count ] (ReadOnlySpan bytes)
