namespace Noether.Domain

open System
open System.IO
open System.Text

/// Text dumps of LAMMPS (https://docs.lammps.org/dump.html, styles atom and custom), in the units and names of `Lammps`;
/// frames are read as they are asked for.
///
/// *Read.* TIMESTEP (`Info` "timestep"), TIME ("time"), UNITS (metal), NUMBER OF ATOMS, BOX BOUNDS, rectangular or
/// triclinic, and ATOMS. An axis is periodic where its letters are pp. Positions are x y z, or else xs ys zs, xu yu zu,
/// xsu ysu zsu (the first that is there); scaled ones are counted from the corner of the box. Atoms come in the order of
/// `id`, where that column is there. Every other column becomes the atom property of its name, as integers (`id`, `type`,
/// `proc`, `procp1`, `mol`, `ix`, `iy`, `iz`, and names that begin with i_), as texts where the first is no number, else as
/// reals; the names of `Lammps` stand for its columns.
///
/// *Elements* are those given to `framesTyped` by type, else the column `element`, else the type is the atomic number, as
/// in ASE: 1 is H.
///
/// *Written* are all frames with x y z and element; `timestep` counts from 0 where it is not given. Positions and
/// properties come back to the bit, boxes with tilts or an `origin` to the rounding of a sum.
[<RequireQualifiedAccess>]
module LammpsDump =
    let private framesFrom symbols path (openSource: unit -> Source) =
        match Outcome.capture (fun () -> Lammps.namedTypes symbols) with
        | Ok elements -> ExtXyz.framesBy (fun lines () -> LammpsDumpText.next elements lines) path openSource
        | Error error -> Seq.singleton (Error error)

    /// The frames of a file, read as they are asked for, in memory for one frame. An error is the last element.
    /// Errors: `FileFailure`; all others with their place in the file.
    let frames (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom [] path (fun () -> Files.openRead path)

    /// The frames of a file whose types, from 1, are these elements, whatever the file says of them.
    /// Errors: `UnknownElement` for a symbol, and as `frames`.
    let framesTyped (symbols: string list) (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom symbols path (fun () -> Files.openRead path)

    /// All frames of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> = ExtXyz.collect (frames path)

    /// The frames of the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (framesFrom [] name (fun () -> Files.decompressed (new MemoryStream(bytes, false))))

    let private reserved =
        set
            [ "element"
              "x"
              "y"
              "z"
              for _, group in LammpsDumpText.renamed do
                  yield! group ]

    /// A column as its heads and what it writes for each atom.
    let private columnOf (name: string) (property: Property) : string list * (int -> string) =
        let refuse value expected = Outcome.raise (InvalidArgument($"the atom property '{name}'", value, expected))
        let blank (c: char) = Char.IsWhiteSpace c || Char.IsControl c
        let isName = name <> "" && not (Seq.exists blank name) && name[0] <> '#' && name[0] <> '!'

        if reserved.Contains name || not isName then
            refuse "named so" "a word without blanks that is no column of coordinates or of another property"

        let group =
            LammpsDumpText.renamed
            |> List.tryFind (fun (known, _) -> known = name)
            |> Option.map snd
            |> Option.defaultValue [ name ]

        if (if property.Shape.Length = 1 then 1 else property.Shape[1]) <> group.Length then
            refuse $"{property}" $"columns for each atom: {group.Length}"

        let whole = List.forall LammpsDumpText.isWhole group

        match property.Values with
        | Integers values when whole ->
            group,
            fun i -> values.AsSpan(i * group.Length, group.Length).ToArray() |> Seq.map string |> String.concat " "
        | Reals values when name = "velocities" && Seq.forall Double.IsFinite values ->
            group,
            fun i -> seq { 0..2 } |> Seq.map (fun k -> Lammps.velocityText values[3 * i + k]) |> String.concat " "
        | Reals values when not whole && name <> "velocities" ->
            let text i =
                seq { 0 .. group.Length - 1 } |> Seq.map (fun k -> Numerals.ofReal values[group.Length * i + k])

            group, text >> String.concat " "
        | Texts values when group = [ name ] && not whole ->
            for word in values do
                if
                    word = "" || Seq.exists blank word || word[0] = '#' || word[0] = '!' || LammpsDumpText.isNumber word
                then
                    refuse $"'{word}'" "words without blanks that are no numbers"

            group, fun i -> values[i]
        | _ ->
            let expected =
                if whole then "integers"
                elif name = "velocities" then "finite reals"
                else "reals or texts (the name of integers begins with i_)"

            refuse $"{property}" expected

    let private append (builder: StringBuilder) (index: int) (structure: Structure) =
        Narrow.checkOnly "a LAMMPS dump" [ "timestep"; "time"; "origin" ] (List.ofSeq structure.PerAtom.Keys) structure
        let box = Lammps.boxOf structure
        let line (text: string) = builder.Append(text).Append('\n') |> ignore
        let number = Numerals.ofReal

        let refuse name property expected =
            Outcome.raise (InvalidArgument($"the property '{name}'", $"{property}", expected))

        let step =
            match Map.tryFind "timestep" structure.Info with
            | None -> int64 index
            | Some property ->
                match property.Shape, property.Values with
                | [], Integers values -> values[0]
                | _ -> refuse "timestep" property "an integer"

        match Map.tryFind "time" structure.Info with
        | None -> ()
        | Some property ->
            match property.Shape, property.Values with
            | [], Reals values when Double.IsFinite values[0] -> line $"ITEM: TIME\n{number values[0]}"
            | _ -> refuse "time" property "a finite real number"

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

    /// Structures as the text of a file, one frame each. Errors: `InvalidCell` for a cell that lies otherwise than
    /// `Lammps.align` lays it or has not three vectors; `InvalidArgument` for properties that the format does not hold.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Outcome.capture (fun () ->
            let builder = StringBuilder()
            structures |> Seq.iteri (append builder)
            builder.ToString())

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which no file was touched.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (format structures)
