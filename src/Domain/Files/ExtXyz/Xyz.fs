namespace Noether.Domain

open System
open System.IO
open System.Text

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
        ExtXyz.collect (ExtXyz.framesFrom true ReadingOptions.usual path (fun () -> Files.openRead path))

    /// The frames of the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (ExtXyz.framesFrom true ReadingOptions.usual name (Files.ofBytes bytes))

    /// Whether `ExtXyz` would read the comment as keys.
    let private looksExtended (comment: string) =
        let bytes = Encoding.UTF8.GetBytes comment
        let lines = Lines(ReadingOptions.usual, "", Files.plain (new MemoryStream(bytes)))
        lines.Next() && ExtXyzComment.isExtended lines

    let private checkInfo name property =
        Narrow.only "plain XYZ" [ "comment" ] name
        let comment = Narrow.commentOf property

        if looksExtended comment then
            let expected = "a text without '=' behind a word, which is taken for a key"
            Outcome.raise (InvalidArgument("the property 'comment'", $"'{comment}'", expected))

    let private frame (structure: Structure) : string =
        if structure.Cell <> Cell.none then
            let expected = "Cell.none, as plain XYZ holds no cell (ExtXyz does)"
            Outcome.raise (InvalidArgument("the cell", $"{structure.Cell}", expected))

        let builder = StringBuilder()
        builder.Append(structure.Count).Append('\n').Append(Narrow.comment structure).Append('\n') |> ignore
        let digits = Array.zeroCreate 32

        for atom in 0 .. structure.Count - 1 do
            builder.Append(Elements.symbol structure.Numbers[atom]) |> ignore

            for k in 0..2 do
                builder.Append ' ' |> ignore
                Numerals.append builder digits structure.Positions[3 * atom + k]

            builder.Append '\n' |> ignore

        builder.ToString()

    let private pieces (structures: Structure seq) : string seq =
        let atoms name _ = Narrow.only "plain XYZ" [] name
        structures |> Seq.map (Narrow.keep WritingOptions.strict "plain XYZ" checkInfo atoms >> frame)

    /// Structures as the text of a file. Errors: `InvalidArgument` for a cell, for properties other than "comment",
    /// and for a comment that is no line of free text.
    let format (structures: Structure seq) : Result<string, NoetherError> = Narrow.print (pieces structures)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (pieces structures)
