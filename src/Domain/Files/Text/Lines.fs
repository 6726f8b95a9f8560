namespace Noether.Domain

open System
open System.Collections.Generic
open System.IO
open System.Text

/// The lines of a text as bytes, one at a time, in memory that does not grow with the text.
///
/// A line ends at LF or at the end of the text; a CR before that end is not part of it. A byte-order mark at the
/// start is skipped. The bytes of the current line stay valid until the next call of `Next`. A source may begin in the
/// middle of a text, at a byte and behind so many lines, so that places are those of the whole.
[<Sealed>]
type internal Lines(options: ReadingOptions, path: string, source: Source, firstByte: int64, linesBefore: int) =
    let mutable buffer: byte[] = Array.zeroCreate 65536
    // Arrays end at 2 GiB.
    let longest = 1 <<< 30
    // The bytes read and not yet used are buffer[next .. filled - 1].
    let mutable filled = 0
    let mutable next = 0
    let mutable ended = false
    let mutable start = 0
    let mutable length = 0
    let mutable number = linesBefore
    let told = HashSet<string>()
    // Where in the text the buffer begins.
    let mutable bufferAt = firstByte

    let refill () =
        if next > 0 then
            Buffer.BlockCopy(buffer, next, buffer, 0, filled - next)
            bufferAt <- bufferAt + int64 next
            filled <- filled - next
            next <- 0

        if filled = buffer.Length then
            if buffer.Length >= longest then
                let place = { Path = path; Line = number + 1; Column = 0 }
                Outcome.raise (At(place, Malformed($"a line of over {longest} bytes", "shorter lines")))

            Array.Resize(&buffer, 2 * buffer.Length)

        let count = Files.guard path (fun () -> source.Stream.Read(buffer, filled, buffer.Length - filled))

        ended <- (count = 0)
        filled <- filled + count

        if ended then
            let unread = ReadOnlySpan(buffer, next, filled - next)

            if unread.EndsWith(ReadOnlySpan source.Seal) then
                filled <- filled - source.Seal.Length
            else
                Outcome.raise (FileFailure(path, "the compressed data end before they are complete"))

    /// The lines of a whole text.
    new(options, path, source) = Lines(options, path, source, 0L, 0)

    /// The name of the file, for messages.
    member _.Path = path

    /// The number of the current line, from 1; 0 before the first.
    member _.Number = number

    /// The byte of the text at which the current line begins.
    member _.Offset = bufferAt + int64 start

    /// The bytes of the current line.
    member _.Line = ReadOnlySpan(buffer, start, length)

    /// Goes to the next line; false at the end of the text.
    member _.Next() : bool =
        if number = 0 && next = 0 then
            while filled < 3 && not ended do
                refill ()

            if filled >= 3 && buffer[0] = 0xEFuy && buffer[1] = 0xBBuy && buffer[2] = 0xBFuy then next <- 3

        let mutable found = ReadOnlySpan(buffer, next, filled - next).IndexOf('\n'B)

        while found < 0 && not ended do
            let before = filled - next
            refill ()
            // At the end of the data the seal is taken away, perhaps from what was searched.
            let searched = min before filled

            let fresh = ReadOnlySpan(buffer, searched, filled - searched).IndexOf('\n'B)

            found <- if fresh < 0 then -1 else searched + fresh

        if found < 0 && next = filled then
            false
        else
            start <- next
            length <- if found < 0 then filled - next else found
            next <- if found < 0 then filled else next + found + 1
            number <- number + 1

            if length > 0 && buffer[start + length - 1] = '\r'B then length <- length - 1

            true

    /// The place of a byte of the current line, or of the whole line where the offset is negative.
    member lines.Place(offset: int) : Place =
        let column = if offset < 0 then 0 else 1 + Encoding.UTF8.GetCharCount(lines.Line.Slice(0, offset))

        { Path = path; Line = number; Column = column }

    /// Ends the reading with an error at a byte of the current line.
    member lines.Fail(offset: int, found: string, expected: string) : 'T =
        Outcome.raise (At(lines.Place offset, Malformed(found, expected)))

    /// The way the text is read.
    member _.Options = options

    /// Tells of something passed over or guessed at a byte of the current line, or in the whole line.
    member lines.Notice(offset: int, text: string) : unit =
        options.Notice { Place = Some(lines.Place offset); Text = text }

    /// `Notice` of what may stand in every line: a text is told at its first place only.
    member lines.Once(offset: int, text: string) : unit = if told.Add text then lines.Notice(offset, text)

    /// Part of the current line as text; an error where it is not UTF-8.
    member lines.Text(offset: int, count: int) : string =
        let bytes = lines.Line.Slice(offset, count)

        if Unicode.Utf8.IsValid bytes then
            Encoding.UTF8.GetString bytes
        else
            lines.Fail(offset, "bytes that are not UTF-8", "text in UTF-8")

    /// Part of the current line for a message, in quotes.
    member lines.Quote(offset: int, count: int) : string =
        "'" + Encoding.UTF8.GetString(lines.Line.Slice(offset, count)) + "'"

/// Words between blanks, and texts of several lines.
[<RequireQualifiedAccess>]
module internal Lines =
    /// Space and tab, the blanks between words.
    let inline isBlank (c: byte) = c = ' 'B || c = '\t'B

    /// The first byte at or after `from` that is no blank, or the length of the line.
    let skipBlanks (line: ReadOnlySpan<byte>) from =
        let mutable i = from

        while i < line.Length && isBlank line[i] do
            i <- i + 1

        i

    /// The first blank at or after `from`, or the length of the line.
    let endOfWord (line: ReadOnlySpan<byte>) from =
        let mutable i = from

        while i < line.Length && not (isBlank line[i]) do
            i <- i + 1

        i

    /// How many words stand in the line.
    let countWords (line: ReadOnlySpan<byte>) =
        let mutable count = 0
        let mutable i = skipBlanks line 0

        while i < line.Length do
            count <- count + 1
            i <- skipBlanks line (endOfWord line i)

        count

/// A word of the current line: its first byte and how many it has.
[<Struct>]
type internal Word = { At: int; Length: int }

/// The words of a line one by one, for formats whose lines are short.
[<RequireQualifiedAccess>]
module internal Words =
    /// The words of the current line, up to one that begins with '!' or '#': a remark.
    let ofLine (lines: Lines) : Word[] =
        let line = lines.Line
        let words = ResizeArray<Word>()
        let mutable i = Lines.skipBlanks line 0

        while i < line.Length && line[i] <> '!'B && line[i] <> '#'B do
            let stop = Lines.endOfWord line i
            words.Add { At = i; Length = stop - i }
            i <- Lines.skipBlanks line stop

        words.ToArray()

    /// The bytes of a word.
    let bytes (lines: Lines) (word: Word) = lines.Line.Slice(word.At, word.Length)

    /// Ends the reading with an error at a word.
    let fail (lines: Lines) (word: Word) expected : 'T =
        lines.Fail(word.At, lines.Quote(word.At, word.Length), expected)

    /// Goes to the next line, which must be there.
    let next (lines: Lines) expected =
        if not (lines.Next()) then
            let found = if lines.Number = 0 then "an empty file" else "the end of the text"
            lines.Fail(-1, found, expected)

    /// The words of the current line, of which there must be at least so many.
    let atLeast (lines: Lines) count expected =
        let words = ofLine lines

        if words.Length < count then
            lines.Fail(lines.Line.Length, $"the end of the line after {words.Length} words", expected)

        words

    /// The finite real number of a word.
    let real (lines: Lines) expected (word: Word) =
        let mutable value = 0.0

        if not (Numerals.tryReal (bytes lines word) &value && Double.IsFinite value) then
            fail lines word expected

        value

    /// The 64-bit integer of a word.
    let integer (lines: Lines) expected (word: Word) =
        let mutable value = 0L

        if not (Numerals.tryInteger (bytes lines word) &value) then fail lines word expected

        value
