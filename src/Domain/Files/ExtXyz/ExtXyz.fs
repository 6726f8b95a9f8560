namespace Noether.Domain

open System
open System.IO
open System.Text

/// Where a frame of a file begins.
[<Struct>]
type FramePlace =
    {
        /// Its first byte, of the text where the file is compressed.
        Offset: int64
        /// Its first line, from 1.
        Line: int
    }

/// Extended XYZ files: frames of atoms, one after another, each a count, a comment line and a line for each atom.
///
/// *Grammar.* That of the libAtoms specification (https://github.com/libAtoms/extxyz) with what ASE writes beyond it.
/// The comment holds `key=value` pairs: `Lattice` (9 numbers in Å, rows are vectors, or 3 for a rectangular cell),
/// `pbc` (three flags; without it true along the vectors that are there), `Properties` (name:type:columns, types S, I, R,
/// L; without it species:S:1:pos:R:3), in any case, and anything else, which becomes `Info`. `species` holds symbols or
/// atomic numbers; a column `Z:I:1` or `numbers:I:1` may stand for it or beside it. Lists in quotes are vectors as they
/// stand, so nine numbers are a vector of nine, whatever their key. Fortran's exponents are read. Files
/// that begin as gzip does are decompressed. A comment without `key=` is free text and becomes `Info` "comment".
///
/// *Symbols* are read in any case: CL is chlorine and CO cobalt, with a notice where the first letter is an element too.
/// D and T are hydrogen, and the atom property `masses` (amu) tells of them.
///
/// *Passed over with a notice*: columns behind z where no Properties name them, a key twice with one value, zeros behind
/// the nine numbers of Lattice.
///
/// *Strict.* What else does not fit is an error with file, line and column, what was found and what was expected:
/// wrong counts of columns or atoms, unknown elements, unclosed quotes, keys with two values, positions that are not finite,
/// blank lines other than at the end, a file without frames.
///
/// *Exact.* What `write` writes, `read` gives back: the same bits of every number, the same strings. Numbers
/// have the fewest digits for which that holds.
[<RequireQualifiedAccess>]
module ExtXyz =
    /// The next frame and where it begins, none at the end.
    let private next (plain: bool) (lines: Lines) : (FramePlace * Structure) option =
        if not (lines.Next()) then
            if lines.Number = 0 then lines.Fail(-1, "an empty file", "at least one frame")

            None
        elif lines.Number > 1 && Lines.skipBlanks lines.Line 0 = lines.Line.Length then
            while lines.Next() do
                if Lines.skipBlanks lines.Line 0 < lines.Line.Length then
                    lines.Fail(-1, "text after a blank line", "blank lines only at the end")

            None
        else
            let place = { Offset = lines.Offset; Line = lines.Number }
            Some(place, ExtXyzFrame.read plain lines)

    /// Frames that are made as they are asked for; a failure on the way is the last element.
    let internal guarded (path: string) (frames: 'Frame seq) : seq<Result<'Frame, NoetherError>> =
        seq {
            use one = frames.GetEnumerator()

            yield!
                Seq.unfold
                    (fun stopped ->
                        if stopped then
                            None
                        else
                            let step () =
                                Files.guard path (fun () -> if one.MoveNext() then Some one.Current else None)

                            match Outcome.capture step with
                            | Ok None -> None
                            | Ok(Some frame) -> Some(Ok frame, false)
                            | Error error -> Some(Error error, true))
                    false
        }

    /// The frames that a reader finds in a source one after another, none at the end; nothing is read behind an error.
    let internal framesBy
        (openReader: Lines -> (unit -> 'Frame option))
        (options: ReadingOptions)
        (path: string)
        (openSource: unit -> Source)
        : seq<Result<'Frame, NoetherError>> =
        guarded
            path
            (seq {
                let opened = openSource ()
                use _ = opened.Stream
                let next = openReader (Lines(options, path, opened))
                yield! Seq.unfold (fun () -> next () |> Option.map (fun frame -> frame, ())) ()
            })

    /// The frames of a source. Comments of plain XYZ files are free text whatever they hold.
    let internal framesFrom plain options path openSource : seq<Result<Structure, NoetherError>> =
        framesBy (fun lines () -> next plain lines |> Option.map snd) options path openSource

    /// The frames of a source that a reader gives all at once.
    let internal wholeBy
        (read: Lines -> 'Frame list)
        (options: ReadingOptions)
        (path: string)
        (openSource: unit -> Source)
        : seq<Result<'Frame, NoetherError>> =
        guarded
            path
            (seq {
                let opened = openSource ()
                use _ = opened.Stream
                yield! read (Lines(options, path, opened))
            })

    /// All frames, or the first error.
    let internal collect (frames: seq<Result<Structure, NoetherError>>) =
        Outcome.capture (fun () -> frames |> Seq.map Outcome.getOrFail |> List.ofSeq)

    /// The frames of a file, read as they are asked for, in memory for one frame. An error is the last element.
    /// Errors: `FileFailure`; all others with their place in the file.
    let frames (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom false ReadingOptions.usual path (fun () -> Files.openRead path)

    /// `frames`, each with where it begins.
    let placedFrames (path: string) : seq<Result<FramePlace * Structure, NoetherError>> =
        framesBy (fun lines () -> next false lines) ReadingOptions.usual path (fun () -> Files.openRead path)

    /// The frame that begins at a place that `placedFrames` has told of, without what stands before it. May be called from
    /// many threads. Errors: those of `frames`; `FileFailure` for a compressed file too, which has to be read from its start.
    let readAt (path: string) (place: FramePlace) : Result<Structure, NoetherError> =
        Outcome.capture (fun () ->
            let source = Files.openAt path place.Offset
            use _ = source.Stream
            let lines = Lines(ReadingOptions.usual, path, source, place.Offset, place.Line - 1)
            if not (lines.Next()) then lines.Fail(-1, "the end of the file", $"a frame at byte {place.Offset}")
            ExtXyzFrame.read false lines)

    /// All frames of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> = collect (frames path)

    /// The first frame of a file; the rest is not read.
    let readFirst (path: string) : Result<Structure, NoetherError> = Seq.head (frames path)

    /// The frames of a text that is no file; `name` stands for the path in messages.
    let parse (name: string) (text: string) : Result<Structure list, NoetherError> =
        let source () = Files.plain (new MemoryStream(Encoding.UTF8.GetBytes text))
        collect (framesFrom false ReadingOptions.usual name source)

    /// The frames of the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        collect (framesFrom false ReadingOptions.usual name (Files.ofBytes bytes))

    /// The letter of a type in `Properties`.
    let private letter values =
        match values with
        | Reals _ -> "R"
        | Integers _ -> "I"
        | Booleans _ -> "L"
        | Texts _ -> "S"

    let private width (property: Property) =
        match property.Shape with
        | [ _; columns ] -> columns
        | _ -> 1

    let private checkColumn (name: string) (property: Property) =
        let taken =
            match name, property.Values, property.Shape with
            | _ when List.contains (ExtXyzColumns.nameOf name) [ "species"; "pos" ] -> true
            | ("Z" | "numbers"), Integers _, [ _ ] -> true
            | _ -> false

        if taken then
            let expected = "a name other than species, pos, Z and numbers, which hold the atoms"
            Outcome.raise (InvalidArgument("the name of an atom property", $"'{name}'", expected))

        if name.Contains ':' then
            Outcome.raise (InvalidArgument("the name of an atom property", $"'{name}'", "a name without ':'"))

        match property.Values with
        | Texts words ->
            for word in words do
                let bad (c: char) = Char.IsWhiteSpace c || Char.IsControl c

                if word.Length = 0 || Seq.exists bad word then
                    let expected = "a word without blanks, as columns hold no quotes"
                    Outcome.raise (InvalidArgument($"a text of the atom property '{name}'", $"'{word}'", expected))
        | _ -> ()

    let private checkInfo (key: string) (property: Property) =
        match ExtXyzFrame.specialKey key with
        | Some name ->
            Outcome.raise (
                InvalidArgument("the name of a property", $"'{key}'", $"a name other than {name}, which is special")
            )
        | None -> ()

        // Readers go no deeper into nested brackets.
        if property.Shape.Length > ExtXyzComment.deepest then
            let found = $"{property.Shape.Length} axes"
            Outcome.raise (Inconsistent($"the property '{key}'", found, $"at most {ExtXyzComment.deepest}"))

    let private appendWord (builder: StringBuilder) (digits: char[]) (values: Values) (slot: int) =
        builder.Append ' ' |> ignore

        match values with
        | Reals a -> Numerals.append builder digits a[slot]
        | Integers a -> builder.Append(a[slot]) |> ignore
        | Booleans a -> builder.Append(if a[slot] then 'T' else 'F') |> ignore
        | Texts a -> builder.Append(a[slot]) |> ignore

    /// The comment line of a structure.
    let private comment (structure: Structure) (columns: (string * Property) list) =
        let cell = structure.Cell

        let declared =
            columns
            |> List.map (fun (name, property) -> $":{name}:{letter property.Values}:{width property}")
            |> String.concat ""

        let properties = "species:S:1:pos:R:3" + declared

        let lattice =
            if cell.Vectors |> Seq.forall (fun x -> x = 0.0) then
                []
            else
                let numbers = cell.Vectors |> Seq.map Numerals.ofReal |> String.concat " "
                [ $"Lattice=\"{numbers}\"" ]

        let word (text: string) = if ExtXyzValues.isBare text then text else ExtXyzValues.quote text

        let flag k = if cell.Periodic[k] then "T" else "F"

        let pairs =
            structure.Info
            |> Map.toList
            |> List.map (fun (key, property) -> word key + "=" + ExtXyzValues.ofProperty property)

        lattice @ [ "Properties=" + word properties ] @ pairs @ [ $"pbc=\"{flag 0} {flag 1} {flag 2}\"" ]
        |> String.concat " "

    let private frame (structure: Structure) : string =
        let columns = Map.toList structure.PerAtom
        let builder = StringBuilder()
        // The longest float64 has 24 characters.
        let digits = Array.zeroCreate 32
        builder.Append(structure.Count).Append('\n').Append(comment structure columns).Append('\n') |> ignore

        for atom in 0 .. structure.Count - 1 do
            builder.Append(Elements.symbol structure.Numbers[atom]) |> ignore

            for k in 0..2 do
                builder.Append ' ' |> ignore
                Numerals.append builder digits structure.Positions[3 * atom + k]

            for _, property in columns do
                let columns = width property

                for k in 0 .. columns - 1 do
                    appendWord builder digits property.Values (atom * columns + k)

            builder.Append '\n' |> ignore

        builder.ToString()

    /// The text of a file, a frame a piece.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        let keep = Narrow.keep options "extended XYZ" checkInfo checkColumn
        structures |> Seq.map (Constraints.asMoveMask >> keep >> frame)

    /// Structures as the text of a file. Errors: `InvalidArgument` for names and texts the format cannot hold:
    /// properties of the whole called Lattice, Properties or pbc, of the atoms called species, pos or (integers) Z or numbers or
    /// with a colon in their name, and texts of atoms that are empty or hold blanks; `Inconsistent` for over 64 axes.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict structures)

    /// Writes structures to a file, frame by frame, compressed where its name ends in ".gz"; an existing file is
    /// replaced when all are written. Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict structures)
