namespace Noether.Domain

open System
open System.IO
open System.IO.Compression
open Noether.Kernels

/// Named arrays in .npz files of NumPy: ZIP archives of .npy files, stored or deflated.
///
/// *Strict and bounded.* Every member is a .npy file, no name stands twice, checksums are verified, and memory is taken
/// only for what the compressed bytes can hold (deflate makes at most 1032 bytes of one, and no compressed byte counts
/// for two members), so an archive costs at most that multiple of its size whatever it announces.
///
/// *Errors* name the member behind the path: `file.npz/member.npy`. No pickles, see `Npy`.
[<RequireQualifiedAccess>]
module Npz =
    /// The most bytes that deflate makes of one: 258 from two bits.
    let private deflateLimit = 1032L

    /// A stream that reads another and keeps the checksum of what it read.
    [<Sealed>]
    type private Checked(inner: Stream) =
        inherit ForwardStream()
        let mutable crc = 0u

        member _.Crc = crc

        override _.Read(buffer: Span<byte>) =
            let count = inner.Read buffer
            crc <- Crc32.Of(buffer.Slice(0, count), crc)
            count

        override stream.Read(buffer: byte[], offset: int, count: int) = stream.Read(buffer.AsSpan(offset, count))

    let private fail path reason : 'T = Outcome.raise (FileFailure(path, reason))

    let private readMember (path: string) (entry: ZipArchiveEntry) : string * NpyArray =
        let place = path + "/" + entry.FullName

        if not (entry.FullName.EndsWith(".npy", StringComparison.Ordinal)) then
            fail place "found a member that is no .npy file, expected only such"

        if entry.Length > deflateLimit * (entry.CompressedLength + 1L) then
            fail place $"announces {entry.Length} bytes, more than {entry.CompressedLength} compressed bytes can hold"

        use stream = Files.guard place entry.Open
        let verified = new Checked(stream)
        let array = Npy.readFrom place verified entry.Length

        if Files.guard place (fun () -> verified.Read(Array.zeroCreate<byte> 1, 0, 1)) > 0 then
            fail place $"holds more than the {entry.Length} bytes it announces"

        if verified.Crc <> entry.Crc32 then
            fail place $"has the checksum {verified.Crc:x8}, expected {entry.Crc32:x8}"

        entry.FullName.Substring(0, entry.FullName.Length - 4), array

    let private readFrom (path: string) (stream: Stream) : Map<string, NpyArray> =
        use archive = Files.guard path (fun () -> new ZipArchive(stream, ZipArchiveMode.Read, true))
        let entries = Files.guard path (fun () -> List.ofSeq archive.Entries)
        let mutable room = stream.Length

        for entry in entries do
            room <- room - entry.CompressedLength

            if entry.CompressedLength < 0L || room < 0L then
                fail path $"announces more compressed bytes than the {stream.Length} it has"

        match entries |> List.countBy _.FullName |> List.tryFind (fun (_, count) -> count > 1) with
        | Some(name, count) -> fail path $"holds the member '{name}' {count} times, expected each once"
        | None -> entries |> List.map (readMember path) |> Map.ofList

    /// The arrays of a file by name. Errors: `FileFailure` for what is wrong with the archive, `Malformed` with the
    /// byte for what is wrong with a member.
    let read (path: string) : Result<Map<string, NpyArray>, NoetherError> =
        Outcome.capture (fun () ->
            use stream = Files.guard path (fun () -> File.OpenRead path)
            readFrom path stream)

    /// The arrays in the bytes of a file; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Map<string, NpyArray>, NoetherError> =
        Outcome.capture (fun () -> readFrom name (new MemoryStream(bytes, false)))

    let private writeTo (stream: Stream) level (arrays: Map<string, NpyArray>) =
        use archive = new ZipArchive(stream, ZipArchiveMode.Create, true)

        for KeyValue(name, array) in arrays do
            let entry = archive.CreateEntry(name + ".npy", level)
            // The same arrays are the same bytes at any time; ZIP knows none before this one.
            entry.LastWriteTime <- DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero)
            use target = entry.Open()
            Npy.writeTo target array

    /// The bytes of a file that holds the arrays under their names as they are, like `numpy.savez`.
    let format (arrays: Map<string, NpyArray>) : byte[] =
        use memory = new MemoryStream()
        writeTo memory CompressionLevel.NoCompression arrays
        memory.ToArray()

    let private writeWith level (path: string) arrays : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            Files.guard path (fun () ->
                use stream = File.Create path
                writeTo stream level arrays))

    /// Writes arrays under their names as they are, like `numpy.savez`; an existing file is replaced.
    /// Errors: `FileFailure`.
    let write (path: string) (arrays: Map<string, NpyArray>) : Result<unit, NoetherError> =
        writeWith CompressionLevel.NoCompression path arrays

    /// Writes arrays under their names deflated, like `numpy.savez_compressed`; an existing file is replaced.
    /// Errors: `FileFailure`.
    let writeCompressed (path: string) (arrays: Map<string, NpyArray>) : Result<unit, NoetherError> =
        writeWith CompressionLevel.Optimal path arrays
