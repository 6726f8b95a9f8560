namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// One key=value pair of a comment line and where its parts begin (bytes of the line).
[<Struct>]
type internal ExtXyzEntry = { Key: string; KeyAt: int; ValueAt: int; Value: Property }

/// The grammar of the comment line of an extended XYZ file: words `key=value` between blanks.
///
/// Keys are words or texts in quotes. Values are words; texts in double or single quotes; arrays `[a, b]`, nested
/// for matrices; lists `{a b}`. There are no blanks around `=`: nothing after it is the empty string. A key alone is
/// true.
[<RequireQualifiedAccess>]
module internal ExtXyzComment =
    /// Whether the current line is meant as key=value pairs: some word holds a `=` that does not begin it.
    /// Other comments are free text, as plain XYZ has it.
    let isExtended (lines: Lines) =
        let line = lines.Line
        let mutable found = false
        let mutable i = 1

        while not found && i < line.Length do
            found <- line[i] = '='B && not (Lines.isBlank line[i - 1]) && line[i - 1] <> '='B
            i <- i + 1

        found

    let private isQuote (c: byte) = c = '"'B || c = '\''B

    /// The closing quote of the text whose opening quote is at `start`.
    let private closingQuote (lines: Lines) start =
        let line = lines.Line
        let mutable i = start + 1

        while i < line.Length && line[i] <> line[start] do
            i <- if line[i] = '\\'B then i + 2 else i + 1

        if i < line.Length then
            i
        else
            lines.Fail(start, $"a quote that is never closed", "its closing quote on the same line")

    /// The value must be followed by a blank or the end of the line.
    let private checkEnd (lines: Lines) stop what =
        let line = lines.Line

        if stop < line.Length && not (Lines.isBlank line[stop]) then
            let rest = Lines.endOfWord line stop - stop
            lines.Fail(stop, lines.Quote(stop, rest), $"a blank after {what}")

    let private overlong (lines: Lines) at count : 'T =
        lines.Fail(at, lines.Quote(at, count), "integers of at most 64 bits")

    let private valueOr (lines: Lines) at count (value: Property voption) =
        match value with
        | ValueSome property -> property
        | ValueNone -> overlong lines at count

    /// Checks that the bytes are UTF-8.
    let private checkText (lines: Lines) at count = lines.Text(at, count) |> ignore

    /// The end of a word without quotes that begins at `start`; it may hold any byte but blanks, double quotes and,
    /// where `stops` says so, others.
    let private endOfBare (lines: Lines) start (stops: byte[]) =
        let line = lines.Line
        let mutable i = start

        while i < line.Length && not (Lines.isBlank line[i]) && not (Array.contains line[i] stops) do
            if line[i] = '"'B then lines.Fail(i, "a quote inside a word", "quotes around the whole word")

            i <- i + 1

        i

    let private describe (lines: Lines) at =
        if at >= lines.Line.Length then "the end of the line" else lines.Quote(at, 1)

    /// The most axes of an array, as for JSON; reading them goes as deep into the stack.
    let deepest = 64

    /// The words of an array as they are found: where they stand, and which are in quotes.
    [<Sealed; AllowNullLiteral(false)>]
    type private Leaves(lines: Lines) =
        let places = ResizeArray<struct (int * int)>()
        let quoted = ResizeArray<bool>()

        member _.Count = places.Count

        /// Reads a word that ends before one of some characters, or a text in quotes; the byte after it.
        member _.Read(at: int, stops: byte[]) : int =
            if isQuote lines.Line[at] then
                let close = closingQuote lines at
                places.Add(struct (at + 1, close - at - 1))
                quoted.Add true
                close + 1
            else
                let stop = endOfBare lines at stops
                if stop = at then lines.Fail(at, describe lines at, "a value")
                places.Add(struct (at, stop - at))
                quoted.Add false
                stop

        /// The value of a shape; texts where any word is in quotes.
        member _.Value(shape: int list, start: int, length: int) : Property =
            if quoted.Contains true then
                let words = ImmutableArray.CreateBuilder<string> places.Count

                for i in 0 .. places.Count - 1 do
                    let struct (at, count) = places[i]
                    let bytes = lines.Line.Slice(at, count)
                    words.Add(if quoted[i] then ExtXyzValues.unescape bytes else Encoding.UTF8.GetString bytes)

                Property(shape, Texts(words.MoveToImmutable()))
            else
                valueOr lines start length (ExtXyzValues.ofWords lines.Line places shape)

    let private isAt (lines: Lines) i (c: byte) = i < lines.Line.Length && lines.Line[i] = c

    /// [a, b, …], each a word, a text in quotes or an array in brackets; all arrays of one level have one shape.
    let rec private brackets (lines: Lines) (leaves: Leaves) depth at : struct (int list * int) =
        if depth > deepest then lines.Fail(at, $"brackets inside {deepest} others", "arrays of fewer axes")

        let mutable i = Lines.skipBlanks lines.Line (at + 1)
        let mutable count = 0
        let mutable inner: int list voption = ValueNone
        let mutable go = not (isAt lines i ']'B)

        while go do
            if i >= lines.Line.Length then
                lines.Fail(at, "a bracket that is never closed", "']' on the same line")

            let struct (shape, stop) =
                if lines.Line[i] = '['B then
                    brackets lines leaves (depth + 1) i
                else
                    struct ([], leaves.Read(i, ",]["B))

            match inner with
            | ValueSome other when other <> shape ->
                lines.Fail(i, "an element of another length", "elements of equal lengths in one array")
            | _ -> inner <- ValueSome shape

            count <- count + 1
            i <- Lines.skipBlanks lines.Line stop

            if isAt lines i ','B then i <- Lines.skipBlanks lines.Line (i + 1)
            elif isAt lines i ']'B then go <- false
            else lines.Fail(i, describe lines i, "',' or ']'")

        struct (count :: ValueOption.defaultValue [] inner, i + 1)

    /// {a b …}, words or texts in quotes between blanks; one alone is a scalar.
    let private braces (lines: Lines) (leaves: Leaves) at : struct (int list * int) =
        let mutable i = Lines.skipBlanks lines.Line (at + 1)

        while i < lines.Line.Length && lines.Line[i] <> '}'B do
            i <- Lines.skipBlanks lines.Line (leaves.Read(i, "}"B))

        if i >= lines.Line.Length then
            lines.Fail(at, "a brace that is never closed", "'}' on the same line")

        struct ((if leaves.Count = 1 then [] else [ leaves.Count ]), i + 1)

    /// Reads an array in brackets or a list in braces that begins at `start`; gives its value and the byte after it.
    let private readArray (lines: Lines) start : struct (Property * int) =
        let leaves = Leaves lines
        let isArray = lines.Line[start] = '['B
        let struct (shape, stop) = if isArray then brackets lines leaves 1 start else braces lines leaves start
        checkText lines start (stop - start)
        struct (leaves.Value(shape, start, stop - start), stop)

    let private readValue (lines: Lines) start : struct (Property * int) =
        let line = lines.Line

        if start >= line.Length || Lines.isBlank line[start] then
            struct (Property([], Texts(ImmutableArray.Create "")), start)
        elif isQuote line[start] then
            let close = closingQuote lines start
            checkText lines start (close - start)
            let inner = line.Slice(start + 1, close - start - 1)
            struct (valueOr lines start (close - start + 1) (ExtXyzValues.ofQuoted inner), close + 1)
        elif line[start] = '['B || line[start] = '{'B then
            readArray lines start
        else
            let stop = endOfBare lines start Array.empty
            checkText lines start (stop - start)
            struct (valueOr lines start (stop - start) (ExtXyzValues.ofBare (line.Slice(start, stop - start))), stop)

    let private readKey (lines: Lines) start : struct (string * int) =
        let line = lines.Line

        if isQuote line[start] then
            let close = closingQuote lines start
            checkText lines start (close - start)
            struct (ExtXyzValues.unescape (line.Slice(start + 1, close - start - 1)), close + 1)
        else
            let stop = endOfBare lines start "="B

            if stop = start then lines.Fail(start, "'='", "a key before it, without blanks between")

            struct (lines.Text(start, stop - start), stop)

    /// A key alone means true; a number alone is a value that lost its key.
    let private checkFlag (lines: Lines) start stop =
        let mutable real = 0.0

        if Numerals.tryReal (lines.Line.Slice(start, stop - start)) &real then
            lines.Fail(start, lines.Quote(start, stop - start), "key=value without blanks around '='")

    let private yes = Property([], Booleans(ImmutableArray.Create true))

    /// The pairs of the current line in order, a key twice with one value once. Errors name line and column: grammar, a
    /// key given twice with two values, ill-formed UTF-8.
    let read (lines: Lines) : ResizeArray<ExtXyzEntry> =
        let entries = ResizeArray<ExtXyzEntry>()
        let values = Collections.Generic.Dictionary<string, Property>(StringComparer.Ordinal)
        let mutable i = Lines.skipBlanks lines.Line 0

        while i < lines.Line.Length do
            let start = i
            let struct (key, afterKey) = readKey lines start

            let hasValue = afterKey < lines.Line.Length && lines.Line[afterKey] = '='B
            let valueAt = if hasValue then afterKey + 1 else start

            let struct (value, stop) =
                if hasValue then
                    readValue lines valueAt
                else
                    checkFlag lines start afterKey
                    struct (yes, afterKey)

            checkEnd lines stop (if hasValue then $"the value of '{key}'" else $"the key '{key}'")

            if values.TryAdd(key, value) then
                entries.Add { Key = key; KeyAt = start; ValueAt = valueAt; Value = value }
            elif values[key] <> value then
                lines.Fail(start, $"the key '{key}' a second time", "each key once, or with the same value")
            else
                lines.Once(start, $"passed over: the key '{key}' a second time with the same value")

            i <- Lines.skipBlanks lines.Line stop

        entries
