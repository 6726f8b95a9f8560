namespace Noether.Domain

open System
open System.Text

/// Text dumps of LAMMPS (https://docs.lammps.org/dump.html, styles atom and custom), in the units and names of `Lammps`;
/// frames are read as they are asked for.
///
/// *Read.* TIMESTEP (`Info` "timestep"), TIME ("time"), UNITS (of all frames behind it), NUMBER OF ATOMS, BOX BOUNDS,
/// rectangular, triclinic (xy xz yz) or general (abc origin), and ATOMS. An axis is periodic where its letters are pp.
/// Positions are x y z, or else xs ys zs, xu yu zu, xsu ysu zsu (the first that is there); scaled ones are counted from the
/// corner of the box. Atoms come in the order of `id`, where that column is there. Every other column becomes the atom
/// property of its name, as integers (`id`, `type`, `proc`, `procp1`, `mol`, `ix`, `iy`, `iz`, and names that begin with
/// i_), as texts where the first is no number, else as reals; the names of `Lammps` stand for its columns.
///
/// *Elements* are those given to `ReadingOptions.Types` by type, else the column `element`, else with a notice those of
/// the column `mass`, else labels of types that are symbols. Types alone say nothing: such a file is refused.
///
/// *Written* are all frames with x y z and element; `timestep` counts from 0 where it is not given. Positions and
/// properties come back to the bit, boxes with tilts or an `origin` to the rounding of a sum.
[<RequireQualifiedAccess>]
module LammpsDump =
    /// The frames of a source.
    let internal framesFrom (options: ReadingOptions) path openSource : seq<Result<Structure, NoetherError>> =
        let elements () =
            LammpsUnits.ofOptions options |> ignore
            LammpsTypes.ofSymbols options.Types

        match Outcome.capture elements with
        | Ok elements -> ExtXyz.framesBy (fun lines -> LammpsDumpReader(elements, lines).Next) options path openSource
        | Error error -> Seq.singleton (Error error)

    /// The frames of a file that says less than it should, with the elements of its types, read as they are asked for.
    /// Errors: `UnknownElement` for a symbol, and as `frames`.
    let framesWith (options: ReadingOptions) (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom options path (fun () -> Files.openRead path)

    /// The frames of a file, read as they are asked for, in memory for one frame. An error is the last element.
    /// Errors: `FileFailure`; all others with their place in the file.
    let frames (path: string) : seq<Result<Structure, NoetherError>> = framesWith ReadingOptions.usual path

    /// All frames of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> = ExtXyz.collect (frames path)

    /// The frames of the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (framesFrom ReadingOptions.usual name (Files.ofBytes bytes))

    let private reserved =
        set
            [ "element"
              "x"
              "y"
              "z"
              for _, group in LammpsDumpColumns.renamed do
                  yield! group ]

    /// A column as its heads and what it writes for each atom.
    let private columnOf (name: string) (property: Property) : string list * (int -> string) =
        let refuse value expected = Outcome.raise (InvalidArgument($"the atom property '{name}'", value, expected))
        let blank (c: char) = Char.IsWhiteSpace c || Char.IsControl c
        let isName = name <> "" && not (Seq.exists blank name) && name[0] <> '#' && name[0] <> '!'

        if reserved.Contains name || not isName then
            refuse "named so" "a word without blanks that is no column of coordinates or of another property"

        let group =
            LammpsDumpColumns.renamed
            |> List.tryFind (fun (known, _) -> known = name)
            |> Option.map snd
            |> Option.defaultValue [ name ]

        if (if property.Shape.Length = 1 then 1 else property.Shape[1]) <> group.Length then
            refuse $"{property}" $"columns for each atom: {group.Length}"

        let whole = List.forall LammpsDumpColumns.isWhole group

        match property.Values with
        | Integers values when whole ->
            group,
            fun i -> values.AsSpan(i * group.Length, group.Length).ToArray() |> Seq.map string |> String.concat " "
        | Reals values when name = "velocities" && Seq.forall Double.IsFinite values ->
            group,
            fun i -> seq { 0..2 } |> Seq.map (fun k -> LammpsUnits.velocityText values[3 * i + k]) |> String.concat " "
        | Reals values when not whole && name <> "velocities" ->
            let text i =
                seq { 0 .. group.Length - 1 } |> Seq.map (fun k -> Numerals.ofReal values[group.Length * i + k])

            group, text >> String.concat " "
        | Texts values when group = [ name ] && not whole ->
            for word in values do
                if
                    word = "" || Seq.exists blank word || word[0] = '#' || word[0] = '!' || LammpsDumpColumns.isNumber word
                then
                    refuse $"'{word}'" "words without blanks that are no numbers"

            group, fun i -> values[i]
        | _ ->
            let expected =
                if whole then "integers"
                elif name = "velocities" then "finite reals"
                else "reals or texts (the name of integers begins with i_)"

            refuse $"{property}" expected

    let private checkInfo name (property: Property) =
        let format = "a LAMMPS dump"
        Narrow.only format [ "timestep"; "time"; "origin" ] name

        let refuse expected = Outcome.raise (InvalidArgument($"the property '{name}'", $"{property}", expected))

        match name, property.Shape, property.Values with
        | "timestep", [], Integers _ -> ()
        | "timestep", _, _ -> refuse "an integer"
        | "time", [], Reals values when Double.IsFinite values[0] -> ()
        | "time", _, _ -> refuse "a finite real number"
        | _ -> Lammps.corner property |> ignore

    let private frame (options: WritingOptions) (index: int) (structure: Structure) : string =
        let format = "a LAMMPS dump"
        let checkAtoms name property = columnOf name property |> ignore
        let structure = structure |> Narrow.keep options format checkInfo checkAtoms |> Lammps.laid options format
        let builder = StringBuilder()
        let box = Lammps.boxOf structure
        let line (text: string) = builder.Append(text).Append('\n') |> ignore
        let number = Numerals.ofReal

        // Whoever reads them need not guess in which units they are.
        if structure.PerAtom.ContainsKey "velocities" || structure.PerAtom.ContainsKey "forces" then
            line $"ITEM: UNITS\n{LammpsUnits.metal.Name}"

        structure.Info
        |> Map.tryFind "time"
        |> Option.bind Property.tryReal
        |> Option.iter (fun time -> line $"ITEM: TIME\n{number time}")

        let step =
            match structure.Info |> Map.tryFind "timestep" |> Option.map _.Values with
            | Some(Integers values) -> values[0]
            | _ -> int64 index

        line $"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{structure.Count}"
        let t = box.Tilts
        let tilted = Array.exists (fun x -> x <> 0.0) t
        let xs = [ 0.0; t[0]; t[1]; t[0] + t[1] ]
        let below = [| List.min xs; min 0.0 t[2]; 0.0 |]
        let above = [| List.max xs; max 0.0 t[2]; 0.0 |]
        let flags = [ for periodic in structure.Cell.Periodic -> if periodic then "pp" else "ff" ] |> String.concat " "
        line $"""ITEM: BOX BOUNDS {if tilted then "xy xz yz " else ""}{flags}"""

        for k in 0..2 do
            let low, high = box.Low[k] + below[k], box.Low[k] + box.Edges[k] + above[k]
            line (if tilted then $"{number low} {number high} {number t[k]}" else $"{number low} {number high}")

        let columns =
            structure.PerAtom |> Seq.map (fun (KeyValue(name, property)) -> columnOf name property) |> List.ofSeq

        // The id stands first, as readers are used to.
        let first, others = columns |> List.partition (fun (group, _) -> group = [ "id" ])
        let coordinates = [ "element"; "x"; "y"; "z" ]
        let heads = List.collect fst first @ coordinates @ List.collect fst others
        line $"""ITEM: ATOMS {String.concat " " heads}"""
        let digits = Array.zeroCreate 32

        for atom in 0 .. structure.Count - 1 do
            for _, text in first do
                builder.Append(text atom).Append(' ') |> ignore

            builder.Append(Elements.symbol structure.Numbers[atom]) |> ignore

            for k in 0..2 do
                builder.Append ' ' |> ignore
                Numerals.append builder digits structure.Positions[3 * atom + k]

            for _, text in others do
                builder.Append(' ').Append(text atom) |> ignore

            builder.Append '\n' |> ignore

        builder.ToString()

    /// The text of a file, a frame a piece.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        structures |> Seq.mapi (frame options)

    /// Structures as the text of a file, one frame each. Errors: `InvalidCell` for a cell that lies otherwise than
    /// `Lammps.align` lays it or has not three vectors; `InvalidArgument` for properties that the format does not hold.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict structures)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict structures)
