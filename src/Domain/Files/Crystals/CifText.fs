namespace Noether.Domain

open System
open System.Collections.Generic
open System.Text

/// The tokens of a CIF file.
type internal CifKind =
    | Data = 0
    | Loop = 1
    | Tag = 2
    | Value = 3
    | End = 4

/// A value of a CIF file, where it begins, and whether it stood in quotes (or in a text field).
[<Struct>]
type internal CifValue =
    { Text: string
      Quoted: bool
      Line: int
      Column: int }

    /// Whether it is given: '.' and '?' say that it is not.
    member value.IsGiven = value.Quoted || (value.Text <> "." && value.Text <> "?")

/// A data block: the values under each tag, one where the tag is in no loop. Tags are in lower case.
[<Sealed>]
type internal CifBlock(path: string, name: string, line: int, notice: Notice -> unit) =
    let tags = Dictionary<string, struct (ResizeArray<CifValue> * int * int)>()

    member _.Name = name

    /// Adds a tag whose values are those of a list from `first` on, every `step`th; false where it is there already.
    member _.TryAdd(tag: string, values: ResizeArray<CifValue>, first: int, step: int) =
        tags.TryAdd(tag, struct (values, first, step))

    /// The tags of the block.
    member _.Tags = tags.Keys

    /// The place of a value.
    member _.Place(value: CifValue) : Place = { Path = path; Line = value.Line; Column = value.Column }

    /// Ends the reading with an error at a value.
    member block.Fail(value: CifValue, expected: string) : 'T =
        Outcome.raise (At(block.Place value, Malformed("'" + value.Text + "'", expected)))

    /// The place where the block begins.
    member _.Start: Place = { Path = path; Line = line; Column = 1 }

    /// Ends the reading with an error about something the block lacks.
    member block.Lacks(what: string) : 'T = Outcome.raise (At(block.Start, Malformed($"the block 'data_{name}'", what)))

    /// Tells of something passed over or guessed at a value.
    member block.Notice(value: CifValue, text: string) : unit = notice { Place = Some(block.Place value); Text = text }

    /// Tells of something in the block as a whole.
    member block.Notice(text: string) : unit = notice { Place = Some block.Start; Text = text }

    /// The values under a tag, in order; none where it is not there.
    member _.Column(tag: string) : CifValue[] option =
        match tags.TryGetValue tag with
        | true, struct (values, first, step) -> Some [| for i in first..step .. values.Count - 1 -> values[i] |]
        | _ -> None

    /// The one value under a tag.
    member block.Item(tag: string) : CifValue option =
        match block.Column tag with
        | Some [| value |] -> Some value
        | Some values -> block.Fail(values[1], $"one value of {tag}")
        | None -> None

    /// The first of these tags whose value is given.
    member block.Given(tags: string list) : CifValue option = tags |> List.choose block.Item |> List.tryFind _.IsGiven

/// The grammar of CIF 1.1 (S. R. Hall, J. D. Westbrook, International Tables for Crystallography G, 2.2.7):
/// data blocks of tags with values and of loops; values are words, texts in quotes on one line, and text fields between
/// lines that begin with ';'; '#' begins a remark. A quote ends where a blank follows it.
[<RequireQualifiedAccess>]
module internal CifText =
    /// The text cut into its parts, one at a time.
    [<Sealed>]
    type private Parts(lines: Lines) =
        let mutable at = 0
        let mutable started = false
        // Where columns were counted last, so that long lines are counted once.
        let mutable counted = 0
        let mutable column = 1

        let columnOf offset =
            column <- column + Encoding.UTF8.GetCharCount(lines.Line.Slice(counted, offset - counted))
            counted <- offset
            column

        let nextLine () =
            at <- 0
            counted <- 0
            column <- 1
            lines.Next()

        /// The lines up to one that begins with ';', as one text; the current line opens them.
        let textField () =
            let opening = lines.Place 0
            let text = StringBuilder(lines.Text(1, lines.Line.Length - 1))
            let mutable go = true

            while go do
                if not (nextLine ()) then
                    let error = Malformed("a text field that is never closed", "a line that begins with ';'")
                    Outcome.raise (At(opening, error))

                if lines.Line.Length > 0 && lines.Line[0] = ';'B then
                    go <- false
                    at <- 1
                else
                    text.Append('\n').Append(lines.Text(0, lines.Line.Length)) |> ignore

            text.ToString()

        let closingQuote start =
            let line = lines.Line
            let mutable i = start + 1

            while i < line.Length && not (line[i] = line[start] && (i + 1 = line.Length || Lines.isBlank line[i + 1])) do
                i <- i + 1

            if i = line.Length then
                lines.Fail(start, "a quote that is never closed", "its closing quote on the same line, then a blank")

            i

        member val Kind = CifKind.End with get, set
        member val Value = { Text = ""; Quoted = false; Line = 0; Column = 0 } with get, set

        member private parts.Set(kind, text, quoted, line, column) =
            parts.Kind <- kind
            parts.Value <- { Text = text; Quoted = quoted; Line = line; Column = column }

        member private parts.Word(start: int) =
            let stop = Lines.endOfWord lines.Line start
            let text = lines.Text(start, stop - start)
            let column = columnOf start
            at <- stop

            let is (word: string) = text.Equals(word, StringComparison.OrdinalIgnoreCase)
            let begins (word: string) = text.StartsWith(word, StringComparison.OrdinalIgnoreCase)

            if text[0] = '_' then
                parts.Set(CifKind.Tag, text.ToLowerInvariant(), false, lines.Number, column)
            elif begins "data_" then
                parts.Set(CifKind.Data, text.Substring 5, false, lines.Number, column)
            elif is "loop_" then
                parts.Set(CifKind.Loop, text, false, lines.Number, column)
            elif begins "save_" || is "global_" || is "stop_" then
                lines.Fail(start, $"'{text}'", "data_, loop_, a tag or a value, as dictionaries are not read")
            else
                parts.Set(CifKind.Value, text, false, lines.Number, column)

        /// Goes to the next part; `End` at the end of the text.
        member parts.Next() : unit =
            let mutable go = true

            if not started then
                started <- true

                if not (nextLine ()) then lines.Fail(-1, "an empty file", "a block data_")

            while go do
                at <- Lines.skipBlanks lines.Line at

                if at = lines.Line.Length || lines.Line[at] = '#'B then
                    if not (nextLine ()) then
                        at <- lines.Line.Length
                        go <- false
                        parts.Set(CifKind.End, "", false, lines.Number, 0)
                else
                    go <- false
                    let c = lines.Line[at]

                    if at = 0 && c = ';'B then
                        let line = lines.Number
                        let text = textField ()

                        if at < lines.Line.Length && not (Lines.isBlank lines.Line[at]) then
                            lines.Fail(at, "text behind ';'", "a blank or the end of the line")

                        parts.Set(CifKind.Value, text, true, line, 1)
                    elif c = '\''B || c = '"'B then
                        let close = closingQuote at
                        let text = lines.Text(at + 1, close - at - 1)
                        let column = columnOf at
                        at <- close + 1
                        parts.Set(CifKind.Value, text, true, lines.Number, column)
                    else
                        parts.Word at

    let private fail path (value: CifValue) found expected : 'T =
        let place = { Path = path; Line = value.Line; Column = value.Column }
        Outcome.raise (At(place, Malformed(found, expected)))

    let private describe (parts: Parts) =
        if parts.Kind = CifKind.End then "the end of the text" else "'" + parts.Value.Text + "'"

    let private add path (block: CifBlock) (tag: CifValue) values first step =
        if not (block.TryAdd(tag.Text, values, first, step)) then
            fail path tag $"the tag '{tag.Text}' a second time" "each tag once in a block"

    /// A loop, whose word is the current part; afterwards the current part is the one behind it.
    let private readLoop path (parts: Parts) (block: CifBlock) =
        let tags = ResizeArray<CifValue>()
        let values = ResizeArray<CifValue>()
        let start = parts.Value
        parts.Next()

        while parts.Kind = CifKind.Tag do
            tags.Add parts.Value
            parts.Next()

        if tags.Count = 0 then
            fail path start $"'loop_' before {describe parts}" "the tags of the loop behind it"

        while parts.Kind = CifKind.Value do
            values.Add parts.Value
            parts.Next()

        if values.Count = 0 then fail path start "a loop without values" "a value for each tag"

        let over = values.Count % tags.Count

        if over > 0 then
            let row = values[values.Count - over]
            fail path row $"the end of the loop after {over} values of a row" $"{tags.Count}, one for each tag"

        for i in 0 .. tags.Count - 1 do
            add path block tags[i] values i tags.Count

    let private readBlock path notice (parts: Parts) =
        let block = CifBlock(path, parts.Value.Text, parts.Value.Line, notice)
        parts.Next()

        while parts.Kind <> CifKind.Data && parts.Kind <> CifKind.End do
            if parts.Kind = CifKind.Loop then
                readLoop path parts block
            elif parts.Kind = CifKind.Tag then
                let tag = parts.Value
                parts.Next()

                if parts.Kind <> CifKind.Value then
                    fail path tag $"'{tag.Text}' before {describe parts}" "a value behind the tag"

                add path block tag (ResizeArray [ parts.Value ]) 0 1
                parts.Next()
            else
                fail path parts.Value (describe parts) "a tag or loop_ before the value"

        block

    /// The data blocks of a text.
    let read (lines: Lines) : CifBlock list =
        let parts = Parts lines
        parts.Next()

        [ while parts.Kind <> CifKind.End do
              if parts.Kind <> CifKind.Data then
                  fail lines.Path parts.Value (describe parts) "data_ before anything else"

              readBlock lines.Path lines.Options.Notice parts ]
