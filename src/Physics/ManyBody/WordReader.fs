namespace Noether.Physics

open System
open System.IO
open System.Text
open Noether.Domain

/// The words of a text one after another, across lines, where numbers may be broken into lines anywhere.
[<Sealed>]
type internal WordReader(lines: Lines, comments: bool) =
    let mutable start = 0
    let mutable stop = 0
    // Where the words of the current line end: at its end, or where a comment begins.
    let mutable length = 0

    let measure () =
        let mark = if comments then lines.Line.IndexOf '#'B else -1
        length <- if mark < 0 then lines.Line.Length else mark
        stop <- 0

    let seek () =
        start <- Lines.skipBlanks (lines.Line.Slice(0, length)) stop
        start < length

    let take () = stop <- Lines.endOfWord (lines.Line.Slice(0, length)) start

    /// The lines that are read.
    member _.Lines = lines

    /// Goes to the next line; false at the end of the text.
    member _.NextLine() =
        let more = lines.Next()
        if more then measure ()
        more

    /// Goes to the next line, which must be there.
    member this.Line(expected: string) = if not (this.NextLine()) then lines.Fail(-1, "the end of the text", expected)

    /// Takes the next word of this line; false where there is none.
    member _.TryWord() =
        let found = seek ()
        if found then take ()
        found

    /// Takes the next word of this line or of those that follow; false at the end of the text.
    member this.TryWordAnywhere() =
        let mutable found = this.TryWord()
        let mutable more = true

        while more && not found do
            more <- this.NextLine()
            found <- more && this.TryWord()

        found

    /// Ends the reading with an error at the word.
    member _.Refuse(expected: string) : 'T = lines.Fail(start, lines.Quote(start, stop - start), expected)

    /// Errors of the action carry the place of the word.
    member _.Placed(action: unit -> 'T) : 'T =
        match Outcome.capture action with
        | Ok value -> value
        | Error error -> Outcome.raise (NoetherError.at (lines.Place start) error)

    /// The word as text.
    member _.Text = lines.Text(start, stop - start)

    /// The next word anywhere, which must be there.
    member this.Word(expected: string) =
        if not (this.TryWordAnywhere()) then lines.Fail(-1, "the end of the text", expected)

    /// The next word anywhere as a finite number.
    member this.Real(expected: string) : float =
        this.Word expected
        let mutable value = 0.0

        if not (Numerals.tryReal (lines.Line.Slice(start, stop - start)) &value && Double.IsFinite value) then
            this.Refuse expected

        value

    /// The next word anywhere as a whole number from `least` on.
    member this.Count(least: int64, expected: string) : int =
        this.Word expected
        let mutable value = 0L

        if
            not (
                Numerals.tryInteger (lines.Line.Slice(start, stop - start)) &value
                && value >= least
                && value <= (1L <<< 28)
            )
        then
            this.Refuse expected

        int value

    /// Numbers that follow each other; room is made as they come, so a false count costs an error, not the memory.
    member this.Reals(count: int, expected: string) : float[] =
        let values = ResizeArray(min count 65536)

        for i in 1..count do
            values.Add(this.Real $"{expected} {i} of {count}")

        values.ToArray()

    /// Nothing more may stand on this line.
    member this.EndOfLine(expected: string) = if this.TryWord() then this.Refuse expected

    /// Nothing more may stand in the text.
    member this.EndOfText(expected: string) = if this.TryWordAnywhere() then this.Refuse expected

/// Reading a file or a text word by word.
[<RequireQualifiedAccess>]
module internal WordReader =
    let private from path (comments: bool) (read: WordReader -> 'T) (source: unit -> Source) =
        Outcome.capture (fun () ->
            let opened = source ()
            use _ = opened.Stream
            read (WordReader(Lines(ReadingOptions.usual, path, opened), comments)))

    /// The result of reading a file.
    let file (comments: bool) (read: WordReader -> 'T) (path: string) : Result<'T, NoetherError> =
        from path comments read (fun () -> Files.openRead path)

    /// The result of reading a text; `name` stands for the path in messages.
    let text (comments: bool) (read: WordReader -> 'T) (name: string) (text: string) : Result<'T, NoetherError> =
        from name comments read (fun () -> Files.plain (new MemoryStream(Encoding.UTF8.GetBytes text)))
