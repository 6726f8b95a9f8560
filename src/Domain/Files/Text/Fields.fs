namespace Noether.Domain

open System
open System.Collections.Generic
open System.Text.Json

/// The nearest known word to a misspelt one.
[<RequireQualifiedAccess>]
module internal Suggestion =
    /// How many letters have to be changed, added or left out to make one word of the other (V. I. Levenshtein, Sov. Phys.
    /// Dokl. 10, 707 (1966)).
    let Distance (a: string, b: string) : int =
        let row = Array.init (b.Length + 1) id

        for i in 1 .. a.Length do
            let mutable corner = row[0]
            row[0] <- i

            for j in 1 .. b.Length do
                let changed = corner + (if a[i - 1] = b[j - 1] then 0 else 1)
                corner <- row[j]
                row[j] <- min changed (1 + min row[j] row[j - 1])

        row[b.Length]

    /// The nearest known word, if one is near.
    let near (word: string) (known: string seq) : string option =
        match known |> Seq.map (fun candidate -> Distance(word, candidate), candidate) |> List.ofSeq with
        | [] -> None
        | all ->
            let distance, nearest = List.minBy fst all
            if distance <= max 1 (word.Length / 3) then Some nearest else None

    /// " Did you mean …?" with the nearest known word, or nothing where none is near.
    let For (word: string, known: string seq) : string =
        match near word known with
        | Some nearest -> $" Did you mean '{nearest}'?"
        | None -> ""

    /// The expectation instead of a word: one of the known ones, and perhaps which.
    let OneOf (word: string, known: string seq) : string =
        match For(word, known) with
        | "" -> "one of " + String.Join(", ", known)
        | guess -> "one of " + String.Join(", ", known) + "." + guess

/// The fields of a JSON object that messages call by the name of its owner. It remembers those that were asked for, so that
/// others can be refused. What is wrong is raised as a NoetherException with field, value and expectation.
[<Sealed>]
type Fields(element: JsonElement, owner: string) =
    let known = SortedSet<string>(StringComparer.Ordinal)

    let wrong (name: string) found expected = NoetherException(InvalidArgument($"'{name}' of {owner}", found, expected))

    let fields =
        if element.ValueKind <> JsonValueKind.Object then
            Outcome.raise (InvalidArgument(owner, element.GetRawText(), "a JSON object"))

        let fields = Dictionary<string, JsonElement>()

        for property in element.EnumerateObject() do
            if not (fields.TryAdd(property.Name, property.Value)) then
                raise (wrong property.Name "given twice" "each field once")

        fields

    /// The name of the object in messages.
    member _.Owner = owner

    /// The names of all fields, in their order.
    member _.Names: string seq = fields.Keys

    /// The error of a field, to be raised.
    member _.Wrong(name: string, found: string, expected: string) : NoetherException = wrong name found expected

    /// Whether the field is there; from now on it is known.
    member _.Has(name: string) : bool =
        known.Add name |> ignore
        fields.ContainsKey name

    /// The field as it is.
    member own.Get(name: string) : JsonElement =
        if own.Has name then
            fields[name]
        else
            let others = fields.Keys |> Seq.filter (known.Contains >> not)

            match Suggestion.near name others with
            | Some other -> raise (wrong name "missing" $"it to be given, perhaps where '{other}' is")
            | None -> raise (wrong name "missing" "it to be given")

    /// A finite number.
    member own.Number(name: string) : float =
        let field = own.Get name
        let mutable value = 0.0

        if field.ValueKind = JsonValueKind.Number && field.TryGetDouble &value && Double.IsFinite value then
            value
        else
            raise (wrong name (field.GetRawText()) "a finite number")

    /// A whole number, at least so large.
    member own.Whole(name: string, least: int) : int =
        let field = own.Get name
        let mutable value = 0

        if field.ValueKind = JsonValueKind.Number && field.TryGetInt32 &value && value >= least then
            value
        else
            raise (wrong name (field.GetRawText()) $"a whole number, {least} or more")

    /// A text.
    member own.Text(name: string) : string =
        let field = own.Get name

        if field.ValueKind = JsonValueKind.String then
            nonNull (field.GetString())
        else
            raise (wrong name (field.GetRawText()) "a text")

    /// True or false.
    member own.Flag(name: string) : bool =
        let field = own.Get name

        match field.ValueKind with
        | JsonValueKind.True -> true
        | JsonValueKind.False -> false
        | _ -> raise (wrong name (field.GetRawText()) "true or false")

    /// The items of a list.
    member own.Items(name: string) : JsonElement seq =
        let field = own.Get name

        if field.ValueKind = JsonValueKind.Array then
            field.EnumerateArray() |> Seq.toArray |> Seq.ofArray
        else
            raise (wrong name (field.GetRawText()) "a list")

    /// The fields of an object in a field.
    member own.Inner(name: string) : Fields = Fields(own.Get name, $"'{name}' of {owner}")

    /// The choice that a text names, or a usual one.
    member own.Choice<'T>(name: string, usual: string, choices: Dictionary<string, 'T>) : 'T =
        let text = if own.Has name then own.Text name else usual

        match choices.TryGetValue text with
        | true, choice -> choice
        | _ -> raise (wrong name $"'{text}'" (Suggestion.OneOf(text, choices.Keys)))

    /// Refuses the first field that nobody asked for.
    member _.RefuseOthers() : unit =
        match fields.Keys |> Seq.tryFind (known.Contains >> not) with
        | Some name -> raise (wrong name "unknown" (Suggestion.OneOf(name, known)))
        | None -> ()

/// JSON in texts and files that people write: comments and a comma behind the last item are passed over.
[<RequireQualifiedAccess>]
module internal JsonText =
    let private options = JsonDocumentOptions(CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)

    /// The value that bytes hold; `path` stands for the file in messages. Raises NoetherException: `Malformed` with the
    /// place.
    let parse (path: string) (bytes: byte[]) : JsonElement =
        try
            use document = JsonDocument.Parse(ReadOnlyMemory bytes, options)
            document.RootElement.Clone()
        with :? JsonException as failure ->
            let place =
                { Path = path
                  Line = int (failure.LineNumber.GetValueOrDefault()) + 1
                  Column = int (failure.BytePositionInLine.GetValueOrDefault()) + 1 }

            let reason = failure.Message.Split([| " Path:"; " LineNumber:" |], StringSplitOptions.None)[0]
            let found = $"text that is not JSON ({reason.TrimEnd '.'})"
            Outcome.raise (At(place, Malformed(found, "one JSON object")))

    /// The value that a file holds. Raises NoetherException: `FileFailure`, and `Malformed` with the place.
    let read (path: string) : JsonElement = Files.guard path (fun () -> IO.File.ReadAllBytes path) |> parse path
