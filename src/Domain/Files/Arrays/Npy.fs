namespace Noether.Domain

open System
open System.Buffers.Binary
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Runtime.InteropServices
open System.Text

/// The header of a .npy file.
type internal NpyHeader =
    {
        /// The type without its byte order: "f8".
        TypeName: string
        BigEndian: bool
        Fortran: bool
        Shape: int list
    }

/// The head of a .npy file: a Python dictionary with the keys descr, fortran_order and shape, and no others.
[<RequireQualifiedAccess>]
module internal NpyHeader =
    let private sizes =
        Map
            [ for size in [ 1; 2; 4; 8 ] do
                  $"i{size}", size
                  $"u{size}", size
              "f4", 4
              "f8", 8
              "b1", 1 ]

    /// The bytes of one value.
    let size header = sizes[header.TypeName]

    /// How many values the shape holds, or none where that is beyond 2⁶².
    let count header : int64 option =
        if List.contains 0 header.Shape then
            Some 0L
        else
            let product = List.fold (fun product extent -> product * float extent) 1.0 header.Shape
            if product > 4e18 then None else Some(List.fold (fun n extent -> n * int64 extent) 1L header.Shape)

    /// Reads the dictionary; `fail` gets the place in it, what was found and what was expected.
    let parse (text: string) (fail: int -> string -> string -> unit) : NpyHeader =
        let mutable at = 0
        let mutable descr = None
        let mutable fortran = None
        let mutable shape = None

        let skip () =
            while at < text.Length && Char.IsWhiteSpace text[at] do
                at <- at + 1

        let describe i = if i < text.Length then $"'{text[i]}'" else "the end of the header"

        let expect (c: char) =
            skip ()

            if at >= text.Length || text[at] <> c then fail at (describe at) $"'{c}'"

            at <- at + 1

        let startsWith (c: char) =
            skip ()
            at < text.Length && text[at] = c

        let quoted what =
            skip ()
            let quote = if at < text.Length then text[at] else ' '

            if quote <> '\'' && quote <> '"' then fail at (describe at) what

            let close = text.IndexOf(quote, at + 1)

            if close < 0 then fail at "a quote that is never closed" what

            let inside = text.Substring(at + 1, close - at - 1)
            at <- close + 1
            inside

        let word what =
            skip ()
            let start = at

            while at < text.Length && Char.IsAsciiLetterOrDigit text[at] do
                at <- at + 1

            if at = start then fail at (describe at) what

            text.Substring(start, at - start)

        let readShape () =
            expect '('
            let extents = ResizeArray<int>()

            while not (startsWith ')') do
                let start = at
                let digits = word "an extent"
                let mutable extent = 0

                if not (Int32.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, &extent)) then
                    fail start $"'{digits}'" "an extent from 0 to 2147483647"

                extents.Add extent

                if extents.Count > NpyArray.mostAxes then fail start "more axes" $"at most {NpyArray.mostAxes}"

                if not (startsWith ')') then expect ','

            expect ')'
            List.ofSeq extents

        let readDescr () =
            let start = at
            let name = quoted "a type such as '<f8'"
            let order = if name.Length = 3 then name[0] else '?'

            if not (sizes.ContainsKey(name.Substring(min 1 name.Length))) || not ("<>|=".Contains order) then
                fail start $"the type '{name}'" "f4, f8, i1 … i8, u1 … u8 or b1 behind <, > or |"

            name.Substring 1, order = '>' || (order = '=' && not BitConverter.IsLittleEndian)

        let once key (slot: 'T option) start =
            if slot.IsSome then fail start $"the key '{key}' a second time" "each key once"

        expect '{'

        while not (startsWith '}') do
            let start = at
            let key = quoted "a key in quotes"
            expect ':'
            skip ()

            match key with
            | "descr" ->
                once key descr start
                descr <- Some(readDescr ())
            | "fortran_order" ->
                once key fortran start
                let at = at

                match word "True or False" with
                | "True" -> fortran <- Some true
                | "False" -> fortran <- Some false
                | other -> fail at $"'{other}'" "True or False"
            | "shape" ->
                once key shape start
                shape <- Some(readShape ())
            | _ -> fail start $"the key '{key}'" "descr, fortran_order and shape"

            if not (startsWith '}') then expect ','

        expect '}'
        skip ()

        if at < text.Length then fail at (describe at) "the end of the header"

        match descr, fortran, shape with
        | Some(name, big), Some fortran, Some shape ->
            { TypeName = name; BigEndian = big; Fortran = fortran; Shape = shape }
        | _ ->
            fail 0 "a header that lacks a key" "descr, fortran_order and shape"
            invalidOp "The header was refused."

/// Arrays in .npy files of NumPy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
/// versions 1 to 3 of the format.
///
/// *Types.* float64 and float32, integers of 8 to 64 bits with and without sign, bool; either byte order, C or Fortran
/// order. Whatever else an array can hold (objects by pickle, complex numbers, strings, records) is refused.
///
/// *Strict and bounded.* The file holds what its header announces, no less and no more; memory is taken only after that
/// was checked. Places are in line 1, columns are bytes from 1. Arrays have at most 2 GiB.
///
/// *Exact.* What `write` writes (version 1, C order, the byte order of the machine), `read` gives back to the bit.
[<RequireQualifiedAccess>]
module Npy =
    let private fail path (at: int64) found expected : 'T =
        let place =
            { Path = path
              Line = 1
              Column = 1 + int (min at (int64 (Int32.MaxValue - 1))) }

        Outcome.raise (At(place, Malformed(found, expected)))

    let private exactly path (stream: Stream) (at: int64) (buffer: Span<byte>) what =
        let mutable read = 0
        let mutable go = true

        while go && read < buffer.Length do
            let count =
                try
                    stream.Read(buffer.Slice read)
                with
                | :? IOException
                | :? InvalidDataException as reason -> Outcome.raise (FileFailure(path, reason.Message))

            go <- count > 0
            read <- read + count

        if read < buffer.Length then
            fail path (at + int64 read) $"the end of the data after {read} bytes" $"{buffer.Length} bytes of {what}"

    let private magic = Array.append [| 0x93uy |] "NUMPY"B

    /// Values given in Fortran order, in C order.
    let private toC (shape: int list) (values: 'T[]) : 'T[] =
        let extents = Array.ofList shape
        let strides = extents |> Array.scan (*) 1
        let index = Array.zeroCreate<int> extents.Length
        let result = Array.zeroCreate values.Length
        let mutable source = 0

        for target in 0 .. values.Length - 1 do
            result[target] <- values[source]
            // The next index in C order, the last axis first.
            let mutable k = extents.Length - 1

            while k >= 0 do
                index[k] <- index[k] + 1
                source <- source + strides[k]

                if index[k] < extents[k] then
                    k <- -1
                else
                    source <- source - index[k] * strides[k]
                    index[k] <- 0
                    k <- k - 1

        result

    /// Turns the bytes of each value round.
    let internal swap size (bytes: Span<byte>) =
        match size with
        | 2 ->
            let x = MemoryMarshal.Cast<byte, uint16> bytes
            BinaryPrimitives.ReverseEndianness(Span.op_Implicit x, x)
        | 4 ->
            let x = MemoryMarshal.Cast<byte, uint32> bytes
            BinaryPrimitives.ReverseEndianness(Span.op_Implicit x, x)
        | 8 ->
            let x = MemoryMarshal.Cast<byte, uint64> bytes
            BinaryPrimitives.ReverseEndianness(Span.op_Implicit x, x)
        | _ -> ()

    let private load<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        path
        (stream: Stream)
        (at: int64)
        (header: NpyHeader)
        count
        : ImmutableArray<'T> =
        let values = GC.AllocateUninitializedArray<'T> count
        let bytes = MemoryMarshal.AsBytes(Span values)
        exactly path stream at bytes "data"

        if header.BigEndian = BitConverter.IsLittleEndian then swap (NpyHeader.size header) bytes

        // Along one axis both orders are the same.
        let ordered = if header.Fortran && header.Shape.Length > 1 then toC header.Shape values else values
        ImmutableCollectionsMarshal.AsImmutableArray ordered

    let private loadTruths path stream at header count =
        let bytes: ImmutableArray<byte> = load path stream at header count

        match bytes |> Seq.tryFindIndex (fun b -> b > 1uy) with
        | Some i -> fail path (at + int64 i) $"{bytes[i]}" "truth values, which are 0 and 1"
        | None -> ImmutableArray.CreateRange(bytes, fun b -> b = 1uy)

    /// The array that follows in a stream, in little or big endian and C or Fortran order as the header says; `at` is its
    /// place for messages.
    let internal loadArray path (stream: Stream) (at: int64) (header: NpyHeader) count : NpyArray =
        let data =
            match header.TypeName with
            | "f8" -> NpyData.Float64(load path stream at header count)
            | "f4" -> NpyData.Float32(load path stream at header count)
            | "i8" -> NpyData.Int64(load path stream at header count)
            | "i4" -> NpyData.Int32(load path stream at header count)
            | "i2" -> NpyData.Int16(load path stream at header count)
            | "i1" -> NpyData.Int8(load path stream at header count)
            | "u8" -> NpyData.UInt64(load path stream at header count)
            | "u4" -> NpyData.UInt32(load path stream at header count)
            | "u2" -> NpyData.UInt16(load path stream at header count)
            | "u1" -> NpyData.UInt8(load path stream at header count)
            | _ -> NpyData.Bool(loadTruths path stream at header count)

        NpyArray(header.Shape, data)

    /// The array in a stream of this many bytes; nothing is taken that the stream cannot hold.
    let internal readFrom (path: string) (stream: Stream) (length: int64) : NpyArray =
        let head = Array.zeroCreate<byte> 12
        let preamble = int (min 10L length)
        exactly path stream 0L (head.AsSpan(0, preamble)) "the header"

        if preamble < 10 || not (head.AsSpan(0, 6).SequenceEqual(ReadOnlySpan magic)) then
            let visible (c: char) = if Char.IsControl c then $"\\x{int c:x2}" else string c
            let found = Encoding.Latin1.GetString(head, 0, min 6 preamble) |> String.collect visible
            fail path 0L $"'{found}'" "the mark of a .npy file, \\x93NUMPY"

        if head[6] < 1uy || head[6] > 3uy || head[7] <> 0uy then
            fail path 6L $"version {head[6]}.{head[7]}" "version 1.0, 2.0 or 3.0"

        let start = if head[6] = 1uy then 10 else 12

        if start = 12 then exactly path stream 10L (head.AsSpan(10, 2)) "the header"

        let size =
            if start = 10 then
                int64 (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(head, 8, 4)))
            else
                int64 (BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(head, 8, 4)))

        if size > length - int64 start || size > 65536L then
            fail path 8L $"a header of {size} bytes" $"at most 65536, and no more than the {length} bytes of the file"

        let text = Array.zeroCreate<byte>(int size)
        exactly path stream (int64 start) (text.AsSpan()) "the header"

        let header =
            NpyHeader.parse (Encoding.Latin1.GetString text) (fun at found expected ->
                fail path (int64 (start + at)) found expected)

        let at = int64 start + size

        let count =
            match NpyHeader.count header with
            | Some count when
                count <= int64 Array.MaxLength / int64 (NpyHeader.size header)
                && count * int64 (NpyHeader.size header) = length - at
                ->
                int count
            | _ ->
                let extents = header.Shape |> List.map string |> String.concat ", "

                fail
                    path
                    at
                    $"{length - at} bytes of data"
                    $"as many as {header.TypeName} ({extents}) has, at most 2 GiB"

        loadArray path stream at header count

    /// The array of a file. Errors: `FileFailure`; `Malformed` with the byte.
    let read (path: string) : Result<NpyArray, NoetherError> =
        Outcome.capture (fun () ->
            use stream = Files.guard path (fun () -> File.OpenRead path)
            readFrom path stream stream.Length)

    /// The array in the bytes of a file; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<NpyArray, NoetherError> =
        Outcome.capture (fun () -> readFrom name (new MemoryStream(bytes, false)) bytes.LongLength)

    let private headerOf (array: NpyArray) : byte[] =
        let order =
            match array.Data with
            | NpyData.Int8 _
            | NpyData.UInt8 _
            | NpyData.Bool _ -> "|"
            | _ -> if BitConverter.IsLittleEndian then "<" else ">"

        let shape =
            match array.Shape with
            | [ n ] -> $"({n},)"
            | extents -> "(" + (extents |> List.map string |> String.concat ", ") + ")"

        let text = $"{{'descr': '{order}{array.Data.TypeName}', 'fortran_order': False, 'shape': {shape}, }}"
        // Magic, version and length are ten bytes, the line feed is one; data begin at a multiple of 64.
        let padding = (64 - (text.Length + 11) % 64) % 64
        let line = Encoding.ASCII.GetBytes(text + String(' ', padding) + "\n")
        let size = Array.zeroCreate 2
        BinaryPrimitives.WriteUInt16LittleEndian(size.AsSpan(), uint16 line.Length)
        Array.concat [ magic; [| 1uy; 0uy |]; size; line ]

    /// Writes an array to a stream.
    let internal writeTo (stream: Stream) (array: NpyArray) =
        stream.Write(ReadOnlySpan(headerOf array))
        stream.Write array.Data.Bytes

    /// The bytes of a file that holds the array.
    let format (array: NpyArray) : byte[] =
        use memory = new MemoryStream()
        writeTo memory array
        memory.ToArray()

    /// Writes an array to a file; an existing file is replaced. Errors: `FileFailure`.
    let write (path: string) (array: NpyArray) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            Files.guard path (fun () ->
                use stream = File.Create path
                writeTo stream array))
