namespace Noether.Domain

open System
open System.IO
open System.Text

/// The common ground of writers of formats with little room: they refuse what the format cannot hold.
[<RequireQualifiedAccess>]
module internal Narrow =
    /// Refuses properties other than these of the whole and of the atoms.
    let checkOnly (format: string) (info: string list) (perAtom: string list) (structure: Structure) =
        let check what (allowed: string list) (properties: Map<string, Property>) =
            for name in properties.Keys do
                if not (List.contains name allowed) then
                    let hint = "Structure.bare leaves all properties out"
                    let expected = $"""only {String.concat ", " allowed}, which {format} can hold ({hint})"""
                    let expected = if allowed.IsEmpty then $"none, as {format} holds none ({hint})" else expected
                    Outcome.raise (InvalidArgument($"a property of {what}", $"'{name}'", expected))

        check "the structure" info structure.Info
        check "the atoms" perAtom structure.PerAtom

    /// The property "comment" as one line, empty where there is none.
    let comment (structure: Structure) : string =
        match Map.tryFind "comment" structure.Info with
        | None -> ""
        | Some property ->
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

    /// Refuses cells that are not periodic along all three axes.
    let checkPeriodic (format: string) (structure: Structure) =
        if structure.Cell.Periodic.Contains false then
            let expected = $"one that is periodic along all three axes, as {format} knows no other"
            Outcome.raise (InvalidArgument("the cell", $"{structure.Cell}", expected))

    /// Writes a text to a file, compressed where its name ends in ".gz".
    let write (path: string) (text: Result<string, NoetherError>) : Result<unit, NoetherError> =
        text
        |> Result.bind (fun text ->
            Outcome.capture (fun () ->
                use stream = Files.openWrite path
                Files.guard path (fun () -> stream.Write(ReadOnlySpan(Encoding.UTF8.GetBytes text)))))

/// Plain XYZ files: frames, each a count, a comment and a line `symbol x y z` (Å) for each atom; no cell.
///
/// *Reading* is that of `ExtXyz`, except that a comment is free text even where it holds `key=value`, and becomes
/// `Info` "comment". Files whose comments are meant as keys are read by `ExtXyz.read`, which reads plain ones too.
///
/// *Writing* gives the same bits back. What the format cannot hold is refused: vectors of a cell, periodic axes,
/// properties other than the comment, and a comment that readers of extended XYZ would take for keys.
[<RequireQualifiedAccess>]
module Xyz =
    /// All frames of a file, or the first error, with its place in the file.
    let read (path: string) : Result<Structure list, NoetherError> =
        ExtXyz.collect (ExtXyz.framesFrom true path (fun () -> Files.openRead path))

    /// The frames of the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (ExtXyz.framesFrom true name (fun () -> Files.decompressed (new MemoryStream(bytes, false))))

    /// Whether `ExtXyz` would read the comment as keys.
    let private looksExtended (comment: string) =
        let bytes = Encoding.UTF8.GetBytes comment
        let lines = Lines("", Files.plain (new MemoryStream(bytes)))
        lines.Next() && ExtXyzComment.isExtended lines

    let private append (builder: StringBuilder) (structure: Structure) =
        Narrow.checkOnly "plain XYZ" [ "comment" ] [] structure

        if structure.Cell <> Cell.none then
            let expected = "Cell.none, as plain XYZ holds no cell (ExtXyz does)"
            Outcome.raise (InvalidArgument("the cell", $"{structure.Cell}", expected))

        let comment = Narrow.comment structure

        if looksExtended comment then
            let expected = "a text without '=' behind a word, which is taken for a key"
            Outcome.raise (InvalidArgument("the property 'comment'", $"'{comment}'", expected))

        builder.Append(structure.Count).Append('\n').Append(comment).Append('\n') |> ignore
        let digits = Array.zeroCreate 32

        for atom in 0 .. structure.Count - 1 do
            builder.Append(Elements.symbol structure.Numbers[atom]) |> ignore

            for k in 0..2 do
                builder.Append ' ' |> ignore
                Numerals.append builder digits structure.Positions[3 * atom + k]

            builder.Append '\n' |> ignore

    /// Structures as the text of a file. Errors: `InvalidArgument` for a cell, for properties other than "comment",
    /// and for a comment that is no line of free text.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Outcome.capture (fun () ->
            let builder = StringBuilder()

            for structure in structures do
                append builder structure

            builder.ToString())

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which no file was touched.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (format structures)
