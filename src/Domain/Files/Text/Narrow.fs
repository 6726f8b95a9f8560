namespace Noether.Domain

open System

/// The common ground of writers of formats with little room: a format is written piece by piece, and a property that it
/// cannot hold is refused or left out.
[<RequireQualifiedAccess>]
module internal Narrow =
    /// Refuses a name that is not among these.
    let only (format: string) (allowed: string list) (name: string) : unit =
        if not (List.contains name allowed) then
            let expected =
                if allowed.IsEmpty then
                    $"none, as {format} holds none"
                else
                    $"""only {String.concat ", " allowed}, as {format} holds no other"""

            Outcome.raise (InvalidArgument("a property", $"'{name}'", expected))

    /// The structure with the properties that the format holds. The checks raise for those that it does not hold, by name
    /// and value, of the structure and of its atoms.
    let keep
        (options: WritingOptions)
        (format: string)
        (checkInfo: string -> Property -> unit)
        (checkAtoms: string -> Property -> unit)
        (structure: Structure)
        : Structure =
        let lost = ResizeArray<string * string>()

        let holds owner check name property =
            match Outcome.capture (fun () -> check name property) with
            | Ok() -> true
            | Error(InvalidArgument("a property", value, expected)) when options.Strict ->
                Outcome.raise (InvalidArgument($"a property of {owner}", value, expected))
            | Error error when options.Strict -> Outcome.raise error
            | Error(InvalidArgument("a property", _, _)) ->
                lost.Add(owner, $"'{name}'")
                false
            | Error error ->
                lost.Add(owner, $"'{name}' ({NoetherError.message error})")
                false

        let info = structure.Info |> Map.filter (holds "the structure" checkInfo)
        let perAtom = structure.PerAtom |> Map.filter (holds "the atoms" checkAtoms)

        for owner, names in lost |> Seq.groupBy fst do
            let names = names |> Seq.map snd |> String.concat ", "

            options.Notice
                { Place = None
                  Text = $"left out, as {format} cannot hold it: {names} of {owner}" }

        if lost.Count = 0 then
            structure
        else
            Structure(structure.Numbers, structure.Positions, structure.Cell, perAtom, info)

    /// The text of a property "comment".
    let commentOf (property: Property) : string =
        match Property.tryText property with
        | Some text when
            not (String.IsNullOrWhiteSpace text)
            && not (Seq.exists (fun c -> Char.IsControl c && c <> '\t') text)
            && text[0] <> '\uFEFF'
            ->
            text
        | Some text ->
            let expected = "a text that is not blank, without line breaks and other control characters"
            Outcome.raise (InvalidArgument("the property 'comment'", $"'{text}'", expected))
        | None -> Outcome.raise (InvalidArgument("the property 'comment'", $"{property}", "one text"))

    /// The property "comment" as one line, empty where there is none.
    let comment (structure: Structure) : string =
        structure.Info |> Map.tryFind "comment" |> Option.map commentOf |> Option.defaultValue ""

    /// Refuses a cell without three vectors; an axis that is not periodic is refused, or becomes so with a notice.
    let checkPeriodic (options: WritingOptions) (format: string) (structure: Structure) : unit =
        let cell = structure.Cell
        let refuse expected = Outcome.raise (InvalidArgument("the cell", $"{cell}", expected))

        if (Cell.volume cell).IsNone then refuse $"three vectors, as {format} holds crystals only"

        if cell.Periodic.Contains false then
            if options.Strict then
                refuse $"one that is periodic along all three axes, as {format} knows no other"

            let flag k = if cell.Periodic[k] then "T" else "F"

            let text =
                $"left out: {format} cannot hold pbc \"{flag 0} {flag 1} {flag 2}\"; it is periodic along all axes"

            options.Notice { Place = None; Text = text }

    /// The one structure that a format holds. Errors: `InvalidArgument` for none or several.
    let single (format: string) (structures: Structure seq) : Structure =
        match Seq.truncate 2 structures |> List.ofSeq with
        | [ structure ] -> structure
        | found ->
            let count = if found.IsEmpty then "none" else "more than one"
            Outcome.raise (InvalidArgument("the number of structures", count, $"one, as {format} holds one"))

    /// The pieces of a text as one.
    let print (pieces: string seq) : Result<string, NoetherError> = Outcome.capture (fun () -> String.concat "" pieces)

    /// Writes the pieces of a text to a file, compressed where its name ends in ".gz".
    let write (path: string) (pieces: string seq) : Result<unit, NoetherError> =
        Outcome.capture (fun () -> OutputFile.WriteAll(path, pieces))
