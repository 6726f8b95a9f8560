namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Text

/// The values of a column, atom by atom.
type private DumpColumn =
    | RealColumn of ResizeArray<float>
    /// Å/ps in the file, Å/fs here.
    | VelocityColumn of ResizeArray<float>
    | IntegerColumn of ResizeArray<int64>
    | TextColumn of ResizeArray<string>

/// The frames of a dump.
[<RequireQualifiedAccess>]
module internal LammpsDumpText =
    /// Properties of several columns or of another name.
    let renamed =
        [ "molecule", [ "mol" ]
          "masses", [ "mass" ]
          "charges", [ "q" ]
          "image", [ "ix"; "iy"; "iz" ]
          "velocities", [ "vx"; "vy"; "vz" ]
          "forces", [ "fx"; "fy"; "fz" ] ]

    let coordinates =
        [ [ "x"; "y"; "z" ], false
          [ "xs"; "ys"; "zs" ], true
          [ "xu"; "yu"; "zu" ], false
          [ "xsu"; "ysu"; "zsu" ], true ]

    let private wholeNames = set [ "id"; "type"; "mol"; "proc"; "procp1"; "ix"; "iy"; "iz" ]

    let isWhole (name: string) = wholeNames.Contains name || name.StartsWith("i_", StringComparison.Ordinal)

    let isNumber (word: string) =
        let mutable value = 0.0
        Numerals.tryReal (ReadOnlySpan(Encoding.UTF8.GetBytes word)) &value

    /// The text behind "ITEM: ", none where the line is none of these.
    let private item (lines: Lines) : string option =
        if lines.Line.StartsWith "ITEM: "B then Some(lines.Text(6, lines.Line.Length - 6).Trim()) else None

    let private single (lines: Lines) what (read: Word -> 'T) : 'T =
        Words.next lines what
        let words = Words.atLeast lines 1 what
        if words.Length > 1 then Words.fail lines words[1] "the end of the line"
        read words[0]

    /// The box of the three lines behind the current one, and which of its axes are periodic.
    let private readBox (lines: Lines) : LammpsBox * (bool * bool * bool) * Place =
        let words = Words.ofLine lines |> Array.skip 3
        let text (word: Word) = lines.Text(word.At, word.Length)
        let tilted = words.Length >= 3 && Array.map text words[0..2] = [| "xy"; "xz"; "yz" |]
        let letters = if tilted then words[3..] else words

        let periodic (word: Word) =
            let pair = text word

            if
                pair.Length <> 2
                || Seq.exists (fun c -> not ("pfsm".Contains(c: char))) pair
                || (pair <> "pp" && pair.Contains 'p')
            then
                Words.fail lines word "xy xz yz for a tilted box, and for each axis pp or two of the letters f, s, m"

            pair = "pp"

        let flags = letters |> Array.map periodic

        if flags.Length <> 3 then
            lines.Fail(lines.Line.Length, $"boundaries of {flags.Length} axes", "three, such as pp pp ff")

        let rows =
            [| for axis in "xyz" do
                   let expected = if tilted then "bounds and tilt" else "bounds"
                   Words.next lines $"{expected} of the box along {axis}"
                   let width = if tilted then 3 else 2
                   let words = Words.atLeast lines width $"{expected} of the box along {axis}"
                   if words.Length > width then Words.fail lines words[width] "the end of the line"
                   let row = words |> Array.map (Words.real lines "a finite number in Å")
                   lines.Place words[0].At, row, lines.Quote(words[0].At, words[1].At + words[1].Length - words[0].At) |]

        let tilts = rows |> Array.map (fun (_, row, _) -> if tilted then row[2] else 0.0)
        let xs = [ 0.0; tilts[0]; tilts[1]; tilts[0] + tilts[1] ]
        let ys = [ 0.0; tilts[2] ]
        // The file holds the bounds of the tilted box.
        let below = [| List.min xs; List.min ys; 0.0 |]
        let above = [| List.max xs; List.max ys; 0.0 |]
        let low = Array.init 3 (fun k -> let _, row, _ = rows[k] in row[0] - below[k])
        let edges = Array.init 3 (fun k -> let _, row, _ = rows[k] in row[1] - above[k] - low[k])

        for k in 0..2 do
            let place, _, found = rows[k]

            if not (edges[k] > 0.0) then
                Outcome.raise (At(place, Malformed(found, "a lower and a higher bound")))

        let place, _, _ = rows[0]
        { Low = low; Edges = edges; Tilts = tilts }, (flags[0], flags[1], flags[2]), place

    /// The columns by name and, where they are there, the words of the first atom.
    let private openColumns (lines: Lines) (names: string[]) (first: Word[]) : DumpColumn[] =
        let hasAll (group: string list) = group |> List.forall (fun name -> Array.contains name names)
        let moving = hasAll [ "vx"; "vy"; "vz" ]

        names
        |> Array.mapi (fun k name ->
            let isText () =
                let mutable value = 0.0
                first.Length > 0 && not (Numerals.tryReal (Words.bytes lines first[k]) &value)

            if name = "element" then
                TextColumn(ResizeArray())
            elif isWhole name then
                IntegerColumn(ResizeArray())
            elif moving && (name = "vx" || name = "vy" || name = "vz") then
                VelocityColumn(ResizeArray())
            elif coordinates |> List.exists (fun (group, _) -> List.contains name group) then
                RealColumn(ResizeArray())
            elif renamed |> List.exists (fun (_, group) -> List.contains name group) then
                RealColumn(ResizeArray())
            elif isText () then
                TextColumn(ResizeArray())
            else
                RealColumn(ResizeArray()))

    let private addWord (lines: Lines) (name: string) (word: Word) (column: DumpColumn) =
        match column with
        | IntegerColumn values -> values.Add(Words.integer lines $"an integer, {name}" word)
        | VelocityColumn values -> values.Add(Lammps.readVelocity lines word)
        | TextColumn values -> values.Add(lines.Text(word.At, word.Length))
        | RealColumn values ->
            let mutable value = 0.0

            if not (Numerals.tryReal (Words.bytes lines word) &value) then
                Words.fail lines word $"a number, {name}"

            values.Add value

    let private element (lines: Lines) (word: Word) =
        let z = Elements.ofBytes (Words.bytes lines word)

        if z < 0 then
            Outcome.raise (At(lines.Place word.At, UnknownElement(lines.Text(word.At, word.Length))))

        z

    let private elementOfType (elements: int[]) (lines: Lines) (word: Word) =
        let largest = if elements.Length > 0 then elements.Length else Elements.largest
        let found = Words.integer lines "an atom type" word

        if found < 1L || found > int64 largest then
            let expected = $"an atom type from 1 to {largest}"

            let hint =
                if elements.Length > 0 then
                    "the symbols given"
                else
                    "taken for atomic numbers (the option --types names elements)"

            Words.fail lines word $"{expected}, {hint}"

        if elements.Length > 0 then elements[int found - 1] else int found

    let private properties (names: string[]) (columns: DumpColumn[]) (used: string list) : (string * Property) list =
        let find name =
            match Array.tryFindIndex ((=) name) names with
            | Some k -> Some columns[k]
            | None -> None

        let values (group: DumpColumn list) : Values =
            let interleave (lists: ResizeArray<'T> list) =
                let lists = Array.ofList lists

                ImmutableArray.CreateRange(
                    seq {
                        for i in 0 .. lists[0].Count - 1 do
                            for list in lists -> list[i]
                    }
                )

            match group[0] with
            | IntegerColumn _ ->
                Integers(
                    interleave (
                        group
                        |> List.choose (function
                            | IntegerColumn x -> Some x
                            | _ -> None)
                    )
                )
            | TextColumn _ ->
                Texts(
                    interleave (
                        group
                        |> List.choose (function
                            | TextColumn x -> Some x
                            | _ -> None)
                    )
                )
            | _ ->
                Reals(
                    interleave (
                        group
                        |> List.choose (function
                            | RealColumn x
                            | VelocityColumn x -> Some x
                            | _ -> None)
                    )
                )

        let groups =
            renamed
            |> List.choose (fun (name, group) ->
                let found = group |> List.choose find
                if found.Length = group.Length then Some(name, group, found) else None)

        let taken = used @ List.collect (fun (_, group, _) -> group) groups

        let rest =
            [ for k in 0 .. names.Length - 1 do
                  if not (List.contains names[k] taken) then names[k], [ names[k] ], [ columns[k] ] ]

        groups @ rest
        |> List.map (fun (name, group, found) ->
            let values = values found
            name, Lammps.property (values.Length / group.Length) group.Length values)

    let private readAtoms (elements: int[]) (lines: Lines) count (box: LammpsBox) (cell: Cell) info : Structure =
        let heads = Words.ofLine lines |> Array.skip 2
        let names = heads |> Array.map (fun word -> lines.Text(word.At, word.Length))
        let place = lines.Place -1

        names
        |> Array.iteri (fun k name ->
            if Array.IndexOf(names, name) < k then Words.fail lines heads[k] "each column once")

        let group, scaled =
            match
                coordinates |> List.tryFind (fun (group, _) -> List.forall (fun n -> Array.contains n names) group)
            with
            | Some found -> found
            | None ->
                lines.Fail(0, "no three coordinates", "x y z, xs ys zs, xu yu zu or xsu ysu zsu among the columns")

        let index name = Array.IndexOf(names, name)
        let atElement, atType, atId = index "element", index "type", index "id"
        let atGroup = group |> List.map index |> Array.ofList
        let byType = atType >= 0 && (elements.Length > 0 || atElement < 0)
        if atElement < 0 && atType < 0 then lines.Fail(0, "no elements", "a column element or type")

        let mutable columns = openColumns lines names Array.empty
        let numbers = ResizeArray<int>()
        let ids = HashSet<int64>()

        for atom in 0L .. count - 1L do
            if not (lines.Next()) then
                lines.Fail(-1, $"the end of the text after {atom} of {count} atoms", "a line for each atom")

            let words = Words.atLeast lines names.Length $"{names.Length} columns"
            if words.Length > names.Length then Words.fail lines words[names.Length] $"{names.Length} columns"
            if atom = 0L then columns <- openColumns lines names words
            numbers.Add(if byType then elementOfType elements lines words[atType] else element lines words[atElement])

            for k in 0 .. words.Length - 1 do
                addWord lines names[k] words[k] columns[k]

            for k in atGroup do
                Words.real lines "a finite coordinate" words[k] |> ignore

            if atId >= 0 && not (ids.Add(Words.integer lines "an integer, id" words[atId])) then
                Words.fail lines words[atId] "each atom id once"

        let axes =
            atGroup
            |> Array.map (fun k ->
                match columns[k] with
                | RealColumn values -> values
                | _ -> ResizeArray())

        let flat =
            ImmutableArray.CreateRange(
                seq {
                    for i in 0 .. numbers.Count - 1 do
                        for axis in axes -> axis[i]
                }
            )

        let positions =
            if scaled then
                ImmutableArray.CreateRange(Cell.toCartesian cell flat |> Seq.mapi (fun i x -> box.Low[i % 3] + x))
            else
                flat

        let structure =
            Structure.createWith
                (ImmutableArray.CreateRange numbers)
                positions
                cell
                (properties names columns ("element" :: group))
                info
            |> Result.mapError (NoetherError.at place)
            |> Outcome.getOrFail

        match Map.tryFind "id" structure.PerAtom |> Option.bind (fun p -> Lammps.whole p.Values) with
        | Some ids -> Lammps.sorted (ResizeArray ids) structure
        | None -> structure

    /// A frame, whose first line is the current one.
    let private readFrame (elements: int[]) (lines: Lines) : Structure =
        let seen = HashSet<string>()
        let info = ResizeArray<string * Property>()
        let mutable count = -1L
        let mutable box: (LammpsBox * (bool * bool * bool) * Place) option = None
        let mutable frame: Structure option = None

        while frame.IsNone do
            let name =
                match item lines with
                | Some name -> name
                | None ->
                    let found = lines.Quote(0, min 40 lines.Line.Length)
                    lines.Fail(0, found, "a line that begins with 'ITEM: '")

            let kind = name.Split(' ')[0]

            if not (seen.Add kind) then
                lines.Fail(0, $"ITEM: {kind} a second time", "each item once, then ITEM: ATOMS")

            match kind with
            | "TIMESTEP" ->
                let step = single lines "the timestep" (Words.integer lines "the timestep, an integer")
                info.Add("timestep", Property.integer step)
            | "TIME" ->
                info.Add("time", Property.real (single lines "the time" (Words.real lines "the time, a finite number")))
            | "UNITS" ->
                single lines "the units" (fun word ->
                    if not ((Words.bytes lines word).SequenceEqual "metal"B) then
                        Words.fail lines word "metal (Å, eV, ps)")
            | "NUMBER" when name = "NUMBER OF ATOMS" ->
                count <-
                    single lines "the number of atoms" (fun word ->
                        let found = Words.integer lines "the number of atoms" word
                        let largest = int64 (Array.MaxLength / 3)

                        if found < 0L || found > largest then
                            Words.fail lines word $"a number of atoms from 0 to {largest}"

                        found)
            | "BOX" when name.StartsWith("BOX BOUNDS", StringComparison.Ordinal) -> box <- Some(readBox lines)
            | "ATOMS" ->
                match box with
                | Some(box, flags, place) when count >= 0L ->
                    let cell = Lammps.cellOf flags box |> Result.mapError (NoetherError.at place) |> Outcome.getOrFail
                    let info = List.ofSeq info @ Lammps.originOf box
                    frame <- Some(readAtoms elements lines count box cell info)
                | _ -> lines.Fail(0, "ITEM: ATOMS", "ITEM: NUMBER OF ATOMS and ITEM: BOX BOUNDS before it")
            | _ ->
                let expected = "TIMESTEP, TIME, UNITS, NUMBER OF ATOMS, BOX BOUNDS or ATOMS"
                lines.Fail(0, $"ITEM: {name}", expected)

            if frame.IsNone then Words.next lines "ITEM: ATOMS"

        frame.Value

    /// The next frame, none at the end. Blank lines stand only there.
    let next (elements: int[]) (lines: Lines) : Structure option =
        let isBlank () = Lines.skipBlanks lines.Line 0 = lines.Line.Length

        if not (lines.Next()) then
            if lines.Number = 0 then lines.Fail(-1, "an empty file", "at least one frame")

            None
        elif lines.Number > 1 && isBlank () then
            while lines.Next() do
                if not (isBlank ()) then lines.Fail(-1, "text after a blank line", "blank lines only at the end")

            None
        else
            Some(readFrame elements lines)
