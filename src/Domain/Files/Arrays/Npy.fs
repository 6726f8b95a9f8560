namespace Noether.Domain

open System
open System.Buffers.Binary
open System.Collections.Immutable
open System.IO
open System.Runtime.InteropServices
open System.Text

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
