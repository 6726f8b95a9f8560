namespace Noether.Domain

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text
open Noether.Kernels

/// What stands in a ZIP archive, and where: PKWARE's APPNOTE 6.3.
[<NoEquality; NoComparison>]
type internal ZipEntry =
    {
        Name: string
        /// The local header.
        Offset: int64
        /// 0: as it is; 8: deflated.
        Method: int
        Crc: uint32
        /// The bytes in the archive.
        Compressed: int64
        /// The bytes of the file.
        Size: int64
    }

/// Archives in memory, read with all sizes compared with each other before anything is taken, and written byte by byte
/// as the library zip of Rust writes them, which metatensor uses.
[<RequireQualifiedAccess>]
module internal ZipArchives =
    /// The most bytes that deflate makes of one: 258 from two bits.
    let private deflateLimit = 1032L

    let private fail path reason : 'T = Outcome.raise (FileFailure(path, reason))

    let private u16 (bytes: byte[]) at = int (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(bytes, at, 2)))
    let private u32 (bytes: byte[]) at = BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(bytes, at, 4))
    let private u64 (bytes: byte[]) at = BinaryPrimitives.ReadUInt64LittleEndian(ReadOnlySpan(bytes, at, 8))

    /// The end record, the last one whose comment ends with the file or before it.
    let private endRecord path (bytes: byte[]) =
        let mutable at = bytes.Length - 22
        let least = max 0 (bytes.Length - 22 - 65535)

        while at >= least && u32 bytes at <> 0x06054B50u do
            at <- at - 1

        if at < least then fail path "has no end of a ZIP archive: it is none, or was cut"

        at

    /// The number of entries, the size of the directory and its offset, from the end record or that of ZIP64.
    let private directory path (bytes: byte[]) at : int64 * int64 * int64 * int64 =
        let count, size, offset = int64 (u16 bytes (at + 10)), int64 (u32 bytes (at + 12)), int64 (u32 bytes (at + 16))
        let locator = at - 20

        if locator >= 56 && u32 bytes locator = 0x07064B50u then
            let record = u64 bytes (locator + 8)

            if record > uint64 (locator - 56) || u32 bytes (int record) <> 0x06064B50u then
                fail path "has a locator of ZIP64 that points to no record"

            let record = int record
            let number at = u64 bytes at

            if
                number (record + 32) > uint64 bytes.Length
                || number (record + 40) > uint64 bytes.Length
                || number (record + 48) > uint64 bytes.Length
            then
                fail path "has a ZIP64 record with numbers beyond the archive"

            int64 (number (record + 32)), int64 (number (record + 40)), int64 (number (record + 48)), int64 record
        else
            count, size, offset, int64 at

    /// A size or offset that stands in the extra field of ZIP64 where its own place holds 2³² − 1.
    let private extended path (bytes: byte[]) start length (values: uint32[]) : int64[] =
        let wide = values |> Array.map (fun value -> if value = UInt32.MaxValue then None else Some(int64 value))

        if Array.forall Option.isSome wide then
            Array.map Option.get wide
        else
            let mutable at = start
            let mutable found = -1

            while found < 0 && at + 4 <= start + length do
                if u16 bytes at = 1 then found <- at
                at <- at + 4 + u16 bytes (at + 2)

            if found < 0 then fail path "announces sizes of ZIP64 and does not have them"

            let stop = min (start + length) (found + 4 + u16 bytes (found + 2))
            let mutable next = found + 4

            wide
            |> Array.map (fun value ->
                match value with
                | Some value -> value
                | None ->
                    if next + 8 > stop || u64 bytes next > uint64 Int64.MaxValue then
                        fail path "announces sizes of ZIP64 and does not have them"

                    let value = int64 (u64 bytes next)
                    next <- next + 8
                    value)

    /// The entries of an archive by name.
    let entries (path: string) (bytes: byte[]) : Dictionary<string, ZipEntry> =
        let at = endRecord path bytes
        let count, size, offset, stop = directory path bytes at
        // What stands before an archive moves all of it.
        let start = stop - size
        let before = start - offset

        if size < 0L || start < 0L || before < 0L || count * 46L > size then
            fail path "has a directory that does not lie in the archive"

        let entries = Dictionary<string, ZipEntry>(int count)
        let mutable at = int start
        let mutable room = int64 bytes.Length

        for _ in 1L .. count do
            if at + 46 > int stop || u32 bytes at <> 0x02014B50u then
                fail path "has a directory with fewer entries than it announces"

            let nameLength, extra, comment = u16 bytes (at + 28), u16 bytes (at + 30), u16 bytes (at + 32)

            if at + 46 + nameLength + extra + comment > int stop then
                fail path "has an entry that does not lie in its directory"

            let name = Encoding.UTF8.GetString(bytes, at + 46, nameLength)
            let place = path + "/" + name

            let wide =
                extended
                    place
                    bytes
                    (at + 46 + nameLength)
                    extra
                    [| u32 bytes (at + 24); u32 bytes (at + 20); u32 bytes (at + 42) |]

            let entry =
                { Name = name
                  Offset = wide[2] + before
                  Method = u16 bytes (at + 10)
                  Crc = u32 bytes (at + 16)
                  Compressed = wide[1]
                  Size = wide[0] }

            if u16 bytes (at + 8) &&& 1 = 1 then fail place "is encrypted"

            if entry.Method <> 0 && entry.Method <> 8 then
                fail place $"is packed by method {entry.Method}, expected 0 or 8"

            room <- room - entry.Compressed

            if room < 0L || entry.Offset < 0L || entry.Offset > start - 30L then
                fail place "does not lie in the archive"

            if entry.Method = 0 && entry.Size <> entry.Compressed then
                fail place $"has {entry.Compressed} bytes, and announces {entry.Size}"

            if entry.Size > deflateLimit * (entry.Compressed + 1L) then
                fail place $"announces {entry.Size} bytes, more than {entry.Compressed} compressed bytes can hold"

            if not (entries.TryAdd(name, entry)) then fail path $"holds '{name}' twice"

            at <- at + 46 + nameLength + extra + comment

        entries

    /// The bytes of an entry, their checksum compared.
    let read (path: string) (bytes: byte[]) (entry: ZipEntry) : ReadOnlyMemory<byte> =
        let place = path + "/" + entry.Name
        let header = int entry.Offset

        if u32 bytes header <> 0x04034B50u then fail place "has no local header where the directory says"

        let start = int64 header + 30L + int64 (u16 bytes (header + 26)) + int64 (u16 bytes (header + 28))

        if start + entry.Compressed > int64 bytes.Length then fail place "does not lie in the archive"

        let packed = ReadOnlyMemory(bytes, int start, int entry.Compressed)

        let content =
            if entry.Method = 0 then
                packed
            else
                let whole = Array.zeroCreate<byte>(int entry.Size)

                Files.guard place (fun () ->
                    use source = new MemoryStream(bytes, int start, int entry.Compressed, false)
                    use inflated = new DeflateStream(source, CompressionMode.Decompress)

                    if
                        inflated.ReadAtLeast(Span whole, whole.Length, false) < whole.Length
                        || inflated.ReadByte() >= 0
                    then
                        fail place $"does not hold the {whole.Length} bytes it announces")

                ReadOnlyMemory whole

        let crc = Crc32.Of content.Span
        if crc <> entry.Crc then fail place $"has the checksum {crc:x8}, expected {entry.Crc:x8}"

        content

    let private isAscii (name: string) = name |> Seq.forall Char.IsAscii

    /// Writes one entry as it is, with the sizes in the extra field of ZIP64, and returns its record in the directory.
    let private writeEntry (writer: BinaryWriter) (name: string) (content: byte[]) : byte[] =
        let offset = writer.BaseStream.Position
        let text = Encoding.UTF8.GetBytes name
        let flags = if isAscii name then 0us else 0x0800us
        let crc = Crc32.Of(ReadOnlySpan content)
        use record = new MemoryStream()
        use central = new BinaryWriter(record)

        let common (target: BinaryWriter) =
            target.Write 20us
            target.Write flags
            target.Write 0us
            target.Write 0us
            // 1 January 2000.
            target.Write 0x2821us
            target.Write crc

        writer.Write 0x04034B50u
        common writer
        writer.Write UInt32.MaxValue
        writer.Write UInt32.MaxValue
        writer.Write(uint16 text.Length)
        writer.Write 20us
        writer.Write text
        writer.Write 1us
        writer.Write 16us
        writer.Write(uint64 content.LongLength)
        writer.Write(uint64 content.LongLength)
        writer.Write content
        central.Write 0x02014B50u
        // Made by version 4.6 on Unix.
        central.Write 0x032Eus
        common central
        central.Write(uint32 content.Length)
        central.Write(uint32 content.Length)
        central.Write(uint16 text.Length)
        central.Write 0us
        central.Write 0us
        central.Write 0us
        central.Write 0us
        // A file that its owner reads and writes and others read.
        central.Write 0x81A40000u
        central.Write(Checked.uint32 offset)
        central.Write text
        record.ToArray()

    /// The bytes of an archive of these files in this order.
    let write (files: (string * byte[]) seq) : byte[] =
        use memory = new MemoryStream()
        use writer = new BinaryWriter(memory)
        let records = [| for name, content in files -> writeEntry writer name content |]
        let start = memory.Position

        for record in records do
            writer.Write record

        let size = memory.Position - start
        let count = records.Length

        if count > 65535 then
            let record = memory.Position
            writer.Write 0x06064B50u
            writer.Write 44UL
            writer.Write 46us
            writer.Write 46us
            writer.Write 0u
            writer.Write 0u
            writer.Write(uint64 count)
            writer.Write(uint64 count)
            writer.Write(uint64 size)
            writer.Write(uint64 start)
            writer.Write 0x07064B50u
            writer.Write 0u
            writer.Write(uint64 record)
            writer.Write 1u

        let short = uint16 (min count 65535)
        writer.Write 0x06054B50u
        writer.Write 0us
        writer.Write 0us
        writer.Write short
        writer.Write short
        writer.Write(Checked.uint32 size)
        writer.Write(Checked.uint32 start)
        writer.Write 0us
        memory.ToArray()
