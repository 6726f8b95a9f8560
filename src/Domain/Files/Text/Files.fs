namespace Noether.Domain

open System
open System.IO
open System.IO.Compression

/// A stream that is read from its beginning to its end, and nothing else.
[<AbstractClass>]
type internal ForwardStream() =
    inherit Stream()
    override _.CanRead = true
    override _.CanSeek = false
    override _.CanWrite = false
    override _.Flush() = ()
    override _.Length = raise (NotSupportedException())

    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())

    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Write(_: byte[], _: int, _: int) = raise (NotSupportedException())

/// A stream, and behind its end some more bytes.
[<Sealed>]
type internal ExtendedStream(first: Stream, more: byte[]) =
    inherit ForwardStream()
    let mutable used = 0

    override _.Read(buffer: byte[], offset: int, count: int) =
        match first.Read(buffer, offset, count) with
        | 0 ->
            let rest = min count (more.Length - used)
            Buffer.BlockCopy(more, used, buffer, offset, rest)
            used <- used + rest
            rest
        | some -> some

    override _.Dispose(disposing: bool) = if disposing then first.Dispose()

/// The bytes of a text and the seal that ends them, empty where there is none.
///
/// The system takes a compressed stream that was cut for one that ends there, and a file cut between two frames would lose
/// the frames behind it in silence. So a compressed file is read with a compressed seal behind it: only where
/// the file is whole is that decompressed to what it is.
[<Struct>]
type internal Source = { Stream: Stream; Seal: byte[] }

/// Opening and reading files; what the system refuses becomes `FileFailure` with the system's reason.
[<RequireQualifiedAccess>]
module internal Files =
    /// Runs an action on a file.
    let guard path (action: unit -> 'T) : 'T =
        try
            action ()
        with
        | :? IOException
        | :? UnauthorizedAccessException
        | :? NotSupportedException
        | :? InvalidDataException as reason -> Outcome.raise (FileFailure(path, reason.Message))

    /// Runs an action that writes to a file. The runtime takes the system's word that a file would become too large (EFBIG, of a
    /// quota or a file system) for a wrong argument of the caller.
    let guardWriting path (action: unit -> 'T) : 'T =
        try
            guard path action
        with :? ArgumentOutOfRangeException as reason ->
            Outcome.raise (FileFailure(path, reason.Message.Split(" (Parameter")[0]))

    /// Runs the end of something that failed already: what the system refuses now says nothing new.
    let quietly (action: unit -> unit) : unit =
        try
            action ()
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()

    /// No line feed, so that it is never taken for a line.
    let private seal = "\000end of compressed text\000"B

    let private compressedSeal =
        lazy
            (use memory = new MemoryStream()
             use writer = new GZipStream(memory, CompressionLevel.Fastest)
             writer.Write(seal, 0, seal.Length)
             writer.Dispose()
             memory.ToArray())

    /// Bytes as they are.
    let plain (stream: Stream) = { Stream = stream; Seal = Array.empty }

    /// The bytes of a seekable stream, decompressed where they begin as gzip does (1f 8b), whatever the file's name.
    let decompressed (stream: Stream) : Source =
        let head = Array.zeroCreate<byte> 2
        let count = stream.ReadAtLeast(head.AsSpan(), 2, false)
        stream.Seek(0L, SeekOrigin.Begin) |> ignore

        if count = 2 && head[0] = 0x1Fuy && head[1] = 0x8Buy then
            let whole = new ExtendedStream(stream, compressedSeal.Value)

            { Stream = new GZipStream(whole, CompressionMode.Decompress); Seal = seal }
        else
            plain stream

    /// Opens a file for reading from its start to its end.
    let openRead (path: string) : Source =
        guard path (fun () ->
            let options =
                FileStreamOptions(
                    Mode = FileMode.Open,
                    Access = FileAccess.Read,
                    Share = FileShare.Read,
                    BufferSize = 0,
                    Options = FileOptions.SequentialScan
                )

            decompressed (new FileStream(path, options)))

    /// Opens the bytes of a file, compressed or not.
    let ofBytes (bytes: byte[]) () : Source = decompressed (new MemoryStream(bytes, false))

    /// Opens a file that is not compressed for reading from a byte on.
    let openAt (path: string) (offset: int64) : Source =
        let source = openRead path

        guard path (fun () ->
            if source.Seal.Length > 0 then
                source.Stream.Dispose()
                let reason = "it is compressed and so can be read only from its start; decompress it first"
                Outcome.raise (FileFailure(path, reason))

            source.Stream.Seek(offset, SeekOrigin.Begin) |> ignore)

        source
