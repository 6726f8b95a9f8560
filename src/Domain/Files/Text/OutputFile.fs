namespace Noether.Domain

open System
open System.IO
open System.IO.Compression
open System.Text

/// A file that is written: all of it or, whatever ends the process between, nothing of it.
///
/// The bytes go to a file beside the place, `path.tmp`, which `Commit` brings to the disk and moves there; what a killed
/// process left beside is replaced. Opening it early finds a missing folder, or a file that may not be written, before
/// hours of computation do. A link is followed, and the permissions of a file that is replaced are kept. Pipes and devices
/// have nothing to replace: they take the bytes as they come. The bytes are compressed where the name ends in ".gz".
/// Errors, raised as NoetherException: `FileFailure`.
[<Sealed>]
type internal OutputFile(path: string) =
    // The memory of /dev/shm holds files like any other.
    let isDevice (full: string) =
        let isIn (folder: string) = full.StartsWith(folder, StringComparison.Ordinal)
        not (OperatingSystem.IsWindows()) && (isIn "/dev/" && not (isIn "/dev/shm/") || isIn "/proc/")

    let refuse reason = Outcome.raise (FileFailure(path, reason))

    /// The place itself, links followed.
    let place =
        Files.guard path (fun () ->
            let full = Path.GetFullPath path

            match (if isDevice full || not (File.Exists full) then null else File.ResolveLinkTarget(full, true)) with
            | null -> full
            | target -> target.FullName)

    let beside = place + ".tmp"

    let openDirect () = new FileStream(place, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0)

    let openBeside () =
        if Directory.Exists place then refuse "it is a folder"

        match Path.GetDirectoryName place with
        | null -> refuse "it is a folder"
        | folder when not (Directory.Exists folder) -> refuse $"there is no folder {folder}"
        | _ -> new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None)

    let file, isDirect =
        Files.guard path (fun () ->
            if isDevice place then
                openDirect (), true
            elif File.Exists place then
                // Opened once, as a file that may not be written is not to be replaced either.
                let there = openDirect ()

                if there.CanSeek then
                    there.Dispose()
                    openBeside (), false
                else
                    there, true
            else
                openBeside (), false)

    let stream: Stream =
        if path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
            new GZipStream(file, CompressionLevel.Optimal, true)
        else
            file

    let mutable isWhole = false

    /// The path as it was given.
    member _.Path = path

    /// Appends bytes.
    member _.Write(bytes: ReadOnlyMemory<byte>) : unit = Files.guardWriting path (fun () -> stream.Write bytes.Span)

    /// Appends a text in UTF-8.
    member this.Write(text: string) : unit = this.Write(ReadOnlyMemory(Encoding.UTF8.GetBytes text))

    /// Puts the file in its place.
    member _.Commit() : unit =
        Files.guardWriting path (fun () ->
            if not (obj.ReferenceEquals(stream, file)) then stream.Dispose()

            if isDirect then
                file.Dispose()
            else
                file.Flush true
                file.Dispose()

                if not (OperatingSystem.IsWindows()) && File.Exists place then
                    File.SetUnixFileMode(beside, File.GetUnixFileMode place)

                File.Move(beside, place, true)

            isWhole <- true)

    /// Leaves what was in the place, if the file was not committed.
    member _.Dispose() : unit =
        if not isWhole then
            Files.quietly file.Dispose
            if not isDirect then Files.quietly (fun () -> File.Delete beside)

    interface IDisposable with
        member this.Dispose() = this.Dispose()

    /// Puts these pieces of text in the place of a file.
    static member WriteAll(path: string, pieces: string seq) : unit =
        use file = new OutputFile(path)

        for piece in pieces do
            file.Write piece

        file.Commit()

    /// Puts these bytes in the place of a file.
    static member Replace(path: string, bytes: byte[]) : unit =
        use file = new OutputFile(path)
        file.Write(ReadOnlyMemory bytes)
        file.Commit()
