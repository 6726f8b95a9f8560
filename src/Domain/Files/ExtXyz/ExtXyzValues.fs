namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Globalization
open System.Text
open System.Text.Encodings.Web
open System.Text.Json

/// The values of the key=value pairs in the comment line of an extended XYZ file: which text means what, both ways.
///
/// A word is an integer, else a real number, else a truth, else a string; several words are of the first of these types
/// that fits them all. Words in quotes are an array (one word: a scalar), unless they are strings: then the whole is
/// one string. `_JSON ` and a JSON text, ASE's extension, is the value of that text where it is a scalar or a
/// rectangular array of one type, and otherwise stays the string it is.
[<RequireQualifiedAccess>]
module internal ExtXyzValues =
    /// The readings of a word. An overlong word is an integer beyond 64 bits: it has no value.
    type private Kind =
        | Whole = 0
        | Decimal = 1
        | Truth = 2
        | Word = 3
        | Overlong = 4

    let private kindOf (word: ReadOnlySpan<byte>) =
        let mutable integer = 0L
        let mutable real = 0.0
        let mutable truth = false

        if Numerals.tryInteger word &integer then Kind.Whole
        elif Numerals.isInteger word then Kind.Overlong
        elif Numerals.tryReal word &real then Kind.Decimal
        elif Numerals.tryBoolean word &truth then Kind.Truth
        else Kind.Word

    let private join a b =
        if a = Kind.Overlong || b = Kind.Overlong then Kind.Overlong
        elif a = b then a
        elif a <= Kind.Decimal && b <= Kind.Decimal then Kind.Decimal
        else Kind.Word

    let private jointKind (text: ReadOnlySpan<byte>) (words: ResizeArray<struct (int * int)>) =
        let mutable kind = Kind.Word

        for i in 0 .. words.Count - 1 do
            let struct (start, length) = words[i]
            let next = kindOf (text.Slice(start, length))
            kind <- if i = 0 then next else join kind next

        kind

    let private read (text: ReadOnlySpan<byte>) (words: ResizeArray<struct (int * int)>) kind : Values =
        let count = words.Count

        match kind with
        | Kind.Whole ->
            let values = ImmutableArray.CreateBuilder<int64> count

            for struct (start, length) in words do
                let mutable value = 0L
                Numerals.tryInteger (text.Slice(start, length)) &value |> ignore
                values.Add value

            Integers(values.MoveToImmutable())
        | Kind.Decimal ->
            let values = ImmutableArray.CreateBuilder<float> count

            for struct (start, length) in words do
                let mutable value = 0.0
                Numerals.tryReal (text.Slice(start, length)) &value |> ignore
                values.Add value

            Reals(values.MoveToImmutable())
        | Kind.Truth ->
            let values = ImmutableArray.CreateBuilder<bool> count

            for struct (start, length) in words do
                let mutable value = false
                Numerals.tryBoolean (text.Slice(start, length)) &value |> ignore
                values.Add value

            Booleans(values.MoveToImmutable())
        | _ ->
            let values = ImmutableArray.CreateBuilder<string> count

            for struct (start, length) in words do
                values.Add(Encoding.UTF8.GetString(text.Slice(start, length)))

            Texts(values.MoveToImmutable())

    /// The property of this shape whose values are these words (start and length in the text), or none where one of
    /// them is an integer beyond 64 bits. No words make an empty array of reals.
    let ofWords (text: ReadOnlySpan<byte>) (words: ResizeArray<struct (int * int)>) (shape: int list) =
        let kind = if words.Count = 0 then Kind.Decimal else jointKind text words

        if kind = Kind.Overlong then ValueNone else ValueSome(Property(shape, read text words kind))

    /// The value of a word without quotes.
    let ofBare (word: ReadOnlySpan<byte>) = ofWords word (ResizeArray [ struct (0, word.Length) ]) []

    /// The words of a text, as start and length.
    let words (text: ReadOnlySpan<byte>) =
        let found = ResizeArray<struct (int * int)>()
        let mutable i = Lines.skipBlanks text 0

        while i < text.Length do
            let stop = Lines.endOfWord text i
            found.Add(struct (i, stop - i))
            i <- Lines.skipBlanks text stop

        found

    /// The text between quotes with its escapes undone: \n is a line feed, a backslash before anything else stands for
    /// it.
    let unescape (raw: ReadOnlySpan<byte>) : string =
        let text = Encoding.UTF8.GetString raw

        if text.IndexOf '\\' < 0 then
            text
        else
            let plain = StringBuilder()
            let mutable i = 0

            while i < text.Length do
                if text[i] = '\\' && i + 1 < text.Length then
                    plain.Append(if text[i + 1] = 'n' then '\n' else text[i + 1]) |> ignore
                    i <- i + 2
                else
                    plain.Append text[i] |> ignore
                    i <- i + 1

            plain.ToString()

    let private jsonPrefix = "_JSON "

    /// The shape of nested arrays of equal lengths and their leaves in order; none where they are ragged.
    let rec private flatten (element: JsonElement) : (int list * JsonElement list) option =
        if element.ValueKind <> JsonValueKind.Array then
            Some([], [ element ])
        else
            let parts = [ for item in element.EnumerateArray() -> flatten item ]

            if List.exists Option.isNone parts then
                None
            else
                match List.map Option.get parts with
                | [] -> Some([ 0 ], [])
                | (shape, _) :: _ as parts when List.forall (fun (other, _) -> other = shape) parts ->
                    Some(parts.Length :: shape, List.collect snd parts)
                | _ -> None

    /// The value of a JSON text, where our types hold it.
    let private tryJson (text: string) : Property option =
        let typed (leaves: JsonElement list) : Values option =
            let every kinds = leaves |> List.forall (fun (leaf: JsonElement) -> List.contains leaf.ValueKind kinds)

            let isWhole (leaf: JsonElement) = leaf.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0

            if every [ JsonValueKind.Number ] then
                if leaves <> [] && List.forall isWhole leaves then
                    let values = leaves |> List.map (fun leaf -> leaf.TryGetInt64())

                    if List.forall fst values then
                        Some(Integers(ImmutableArray.CreateRange(List.map snd values)))
                    else
                        None
                else
                    let values = leaves |> List.map (fun leaf -> leaf.GetDouble())

                    if List.forall Double.IsFinite values then Some(Reals(ImmutableArray.CreateRange values)) else None
            elif every [ JsonValueKind.True; JsonValueKind.False ] then
                Some(Booleans(ImmutableArray.CreateRange(leaves |> List.map (fun leaf -> leaf.GetBoolean()))))
            elif every [ JsonValueKind.String ] then
                let words = leaves |> List.map (fun leaf -> string (leaf.GetString()))
                Some(Texts(ImmutableArray.CreateRange words))
            else
                None

        try
            use document = JsonDocument.Parse text

            flatten document.RootElement
            |> Option.bind (fun (shape, leaves) -> typed leaves |> Option.map (fun values -> Property(shape, values)))
        with
        | :? JsonException
        | :? InvalidOperationException -> None

    /// The value of the text between a pair of quotes, or none for an integer beyond 64 bits.
    let ofQuoted (raw: ReadOnlySpan<byte>) : Property voption =
        let parts = words raw
        let kind = if parts.Count = 0 then Kind.Word else jointKind raw parts

        if kind = Kind.Overlong && parts.Count = 1 then
            ValueNone
        elif kind >= Kind.Word then
            let text = unescape raw
            let asText = Property([], Texts(ImmutableArray.Create text))

            if text.StartsWith(jsonPrefix, StringComparison.Ordinal) then
                ValueSome(tryJson (text.Substring jsonPrefix.Length) |> Option.defaultValue asText)
            else
                ValueSome asText
        else
            ofWords raw parts (if parts.Count = 1 then [] else [ parts.Count ])

    /// A text in double quotes, escaped.
    let quote (text: string) =
        let escaped = text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")

        "\"" + escaped + "\""

    /// Whether a text may stand as a word without quotes.
    let isBare (text: string) =
        text.Length > 0
        && text |> Seq.forall (fun c -> not (Char.IsWhiteSpace c || Char.IsControl c || "=\"',[]{}\\".Contains c))

    let private jsonString (text: string) =
        "\"" + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + "\""

    /// The plainest way to write a string that reads back as that string.
    let private ofText (text: string) =
        let wanted = ValueSome(Property([], Texts(ImmutableArray.Create text)))
        let bytes = Encoding.UTF8.GetBytes text
        let quoted = quote text
        let inner = Encoding.UTF8.GetBytes(quoted.Substring(1, quoted.Length - 2))

        let printable = text |> Seq.forall (fun c -> c = '\n' || not (Char.IsControl c))

        if isBare text && ofBare (ReadOnlySpan bytes) = wanted then text
        elif printable && ofQuoted (ReadOnlySpan inner) = wanted then quoted
        else quote (jsonPrefix + jsonString text)

    /// The words of a property that is no single string, in C order, as `leaf` gives them.
    let private leaves (values: Values) (leafOfReal: float -> string) (leafOfTruth: bool -> string) =
        match values with
        | Reals a -> a |> Seq.map leafOfReal |> Array.ofSeq
        | Integers a -> a |> Seq.map (fun x -> x.ToString CultureInfo.InvariantCulture) |> Array.ofSeq
        | Booleans a -> a |> Seq.map leafOfTruth |> Array.ofSeq
        | Texts a -> a |> Seq.map jsonString |> Array.ofSeq

    let private truth (value: bool) = if value then "T" else "F"

    /// Words in nested brackets, C order.
    let rec private nested (shape: int list) (words: string[]) : string =
        match shape with
        | [] -> words[0]
        | extent :: inner ->
            let size = if extent = 0 then 0 else words.Length / extent

            let parts = [ for i in 0 .. extent - 1 -> nested inner (Array.sub words (i * size) size) ]

            "[" + String.concat ", " parts + "]"

    /// The text of a property after its `=`, the plainest that reads back as the same property: a word, a list in
    /// quotes, brackets for a vector of one element, and `_JSON`, which ASE reads too, for matrices and strings in
    /// arrays.
    let ofProperty (property: Property) : string =
        match property.Shape, property.Values with
        | [], Texts a -> ofText a[0]
        | [], values -> (leaves values Numerals.ofReal truth)[0]
        | [ n ], (Reals _ | Integers _ | Booleans _ as values) when n >= 2 ->
            "\"" + String.concat " " (leaves values Numerals.ofReal truth) + "\""
        | [ n ] as shape, (Reals _ | Integers _ | Booleans _ as values) when n < 2 ->
            nested shape (leaves values Numerals.ofReal truth)
        | shape, Reals a when not (Seq.forall Double.IsFinite a) ->
            nested shape (leaves property.Values Numerals.ofReal truth)
        | shape, values ->
            let jsonTruth (value: bool) = if value then "true" else "false"
            quote (jsonPrefix + nested shape (leaves values Numerals.ofReal jsonTruth))
