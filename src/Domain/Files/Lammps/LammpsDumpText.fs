namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable

/// The box of a frame: its corner, its vectors row by row, and which of its axes are periodic.
type private DumpBox =
    { Low: float[]
      Vectors: float[]
      Flags: bool * bool * bool
      Place: Place }

/// The frames of a dump.
[<Sealed>]
type internal LammpsDumpReader(elements: NamedElement[], lines: Lines) =
    let given = LammpsUnits.ofOptions lines.Options

    /// The units: LAMMPS says them above the first frame only.
    let mutable said: LammpsUnits option = None

    let units () = given |> Option.orElse said |> Option.defaultValue LammpsUnits.metal

    /// The text behind "ITEM: ", none where the line is none of these.
    let item () : string option =
        if lines.Line.StartsWith "ITEM: "B then Some(lines.Text(6, lines.Line.Length - 6).Trim()) else None

    let single what (read: Word -> 'T) : 'T =
        Words.next lines what
        let words = Words.atLeast lines 1 what
        if words.Length > 1 then Words.fail lines words[1] "the end of the line"
        read words[0]

    let readUnits () =
        single "the units" (fun word ->
            let name = lines.Text(word.At, word.Length)
            said <- LammpsUnits.tryName name

            match said, given with
            | Some said, Some given when said <> given ->
                lines.Once(word.At, $"read in units {given.Name}, though the file says {said.Name}")
            | None, None ->
                let names = String.concat ", " LammpsUnits.names
                Words.fail lines word $"units with a size, here or by the option --units: {names}"
            | _ -> ())

    let rows width expected : (Place * float[])[] =
        [| for axis in "xyz" do
               let expected = $"{expected} of the box along {axis}"
               Words.next lines expected
               let words = Words.atLeast lines width expected
               if words.Length > width then Words.fail lines words[width] "the end of the line"
               let row = words |> Array.map (Words.real lines "a finite length")
               lines.Place words[0].At, row |> Array.map (fun x -> (units ()).Length * x) |]

    /// The box of the three lines behind the current one, whose bounds are those of the tilted box.
    let boundedBox isTilted flags : DumpBox =
        let rows = rows (if isTilted then 3 else 2) (if isTilted then "bounds and tilt" else "bounds")
        let tilts = rows |> Array.map (fun (_, row) -> if isTilted then row[2] else 0.0)
        let xs = [ 0.0; tilts[0]; tilts[1]; tilts[0] + tilts[1] ]
        let ys = [ 0.0; tilts[2] ]
        let below = [| List.min xs; List.min ys; 0.0 |]
        let above = [| List.max xs; List.max ys; 0.0 |]
        let low = Array.init 3 (fun k -> (snd rows[k])[0] - below[k])
        let edges = Array.init 3 (fun k -> (snd rows[k])[1] - above[k] - low[k])

        for k in 0..2 do
            let place, row = rows[k]

            if not (edges[k] > 0.0) then
                let found = $"'{NoetherError.number row[0]} {NoetherError.number row[1]}'"
                Outcome.raise (At(place, Malformed(found, "a lower and a higher bound")))

        { Low = low
          Vectors = Lammps.vectorsOf { Low = low; Edges = edges; Tilts = tilts }
          Flags = flags
          Place = fst rows[0] }

    /// The box of a cell that lies anyhow: each line is a vector and a component of the corner.
    let generalBox flags : DumpBox =
        let rows = rows 4 "vector and origin"

        { Low = [| for _, row in rows -> row[3] |]
          Vectors = rows |> Array.collect (fun (_, row) -> row[0..2])
          Flags = flags
          Place = fst rows[0] }

    /// The box of the three lines behind the current one.
    let readBox () : DumpBox =
        let words = Words.ofLine lines |> Array.skip 3
        let text (word: Word) = lines.Text(word.At, word.Length)
        let isTilted = words.Length >= 3 && Array.map text words[0..2] = [| "xy"; "xz"; "yz" |]
        let isGeneral = words.Length >= 2 && Array.map text words[0..1] = [| "abc"; "origin" |]
        let letters = Array.skip (if isTilted then 3 elif isGeneral then 2 else 0) words

        let periodic (word: Word) =
            let pair = text word

            if
                pair.Length <> 2
                || Seq.exists (fun c -> not ("pfsm".Contains(c: char))) pair
                || (pair <> "pp" && pair.Contains 'p')
            then
                let kinds = "xy xz yz for a tilted box, abc origin for a general one"
                Words.fail lines word $"{kinds}, and for each axis pp or two of the letters f, s, m"

            pair = "pp"

        match Array.map periodic letters with
        | [| x; y; z |] -> if isGeneral then generalBox (x, y, z) else boundedBox isTilted (x, y, z)
        | flags -> lines.Fail(lines.Line.Length, $"boundaries of {flags.Length} axes", "three, such as pp pp ff")

    /// Tells of units that were taken for metal, where velocities or forces depend on it.
    let tellUnits (names: string[]) =
        if given.IsNone && said.IsNone then
            let has name = Array.contains name names

            if has "vx" || has "fx" then
                let text = "the units are not said: metal, velocities in Å/ps and forces in eV/Å (--units names others)"
                lines.Once(-1, text)

    let coordinatesOf (names: string[]) =
        match
            LammpsDumpColumns.coordinates
            |> List.tryFind (fun (group, _) -> List.forall (fun name -> Array.contains name names) group)
        with
        | Some found -> found
        | None -> lines.Fail(0, "no three coordinates", "x y z, xs ys zs, xu yu zu or xsu ysu zsu among the columns")

    let positionsOf (columns: DumpColumn[]) (at: int[]) scaled (box: DumpBox) cell count =
        let axes =
            at
            |> Array.map (fun k ->
                match columns[k] with
                | RealColumn values -> values
                | _ -> ResizeArray())

        let flat = ImmutableArray.CreateRange(Seq.init (3 * count) (fun i -> axes[i % 3][i / 3]))

        if scaled then
            ImmutableArray.CreateRange(Cell.toCartesian cell flat |> Seq.mapi (fun i x -> box.Low[i % 3] + x))
        else
            flat

    /// The lines of the atoms: their elements, and their columns.
    let readRows (names: string[]) (atGroup: int[]) count : ResizeArray<NamedElement> * DumpColumn[] =
        let units = units ()
        let atId = Array.IndexOf(names, "id")
        let mutable columns = LammpsDumpColumns.openColumns lines names Array.empty
        let mutable read = ignore >> fun () -> { Number = 0; Isotope = None }
        let found = ResizeArray<NamedElement>()
        let ids = HashSet<int64>()

        for atom in 0L .. count - 1L do
            if not (lines.Next()) then
                lines.Fail(-1, $"the end of the text after {atom} of {count} atoms", "a line for each atom")

            let words = Words.atLeast lines names.Length $"{names.Length} columns"
            if words.Length > names.Length then Words.fail lines words[names.Length] $"{names.Length} columns"

            if atom = 0L then
                columns <- LammpsDumpColumns.openColumns lines names words
                read <- LammpsDumpElements.reader elements units lines names words

            found.Add(read words)

            for k in 0 .. words.Length - 1 do
                LammpsDumpColumns.add units lines names[k] words[k] columns[k]

            for k in atGroup do
                Words.real lines "a finite coordinate" words[k] |> ignore

            if atId >= 0 && not (ids.Add(Words.integer lines "an integer, id" words[atId])) then
                Words.fail lines words[atId] "each atom id once"

        found, columns

    let readAtoms count (box: DumpBox) (cell: Cell) info : Structure =
        let heads = Words.ofLine lines |> Array.skip 2
        let names = heads |> Array.map (fun word -> lines.Text(word.At, word.Length))
        let place = lines.Place -1

        names
        |> Array.iteri (fun k name ->
            if Array.IndexOf(names, name) < k then Words.fail lines heads[k] "each column once")

        let group, scaled = coordinatesOf names
        let atGroup = [| for name in group -> Array.IndexOf(names, name) |]
        LammpsDumpElements.check lines names
        tellUnits names
        if Array.contains "vx" names then LammpsUnits.tellOfVelocities (units ()) (fun text -> lines.Once(-1, text))
        let found, columns = readRows names atGroup count
        let positions = positionsOf columns atGroup scaled box cell found.Count
        let properties = LammpsDumpColumns.properties names columns ("element" :: group)
        let masses = if Array.contains "mass" names then [] else ElementNames.masses found
        let numbers = found |> Seq.map _.Number |> ImmutableArray.CreateRange

        let structure =
            Structure.createWith numbers positions cell (properties @ masses) info
            |> Result.mapError (NoetherError.at place)
            |> Outcome.getOrFail

        match Map.tryFind "id" structure.PerAtom |> Option.bind (fun p -> Lammps.whole p.Values) with
        | Some ids -> Lammps.sorted (ResizeArray ids) structure
        | None -> structure

    let readCount () =
        single "the number of atoms" (fun word ->
            let found = Words.integer lines "the number of atoms" word
            let largest = int64 (Array.MaxLength / 3)

            if found < 0L || found > largest then
                Words.fail lines word $"a number of atoms from 0 to {largest}"

            found)

    /// The name of the item in the current line, each of which a frame has once.
    let nameOfItem (seen: HashSet<string>) : string =
        match item () with
        | Some name when seen.Add(name.Split(' ')[0]) -> name
        | Some name -> lines.Fail(0, $"ITEM: {name.Split(' ')[0]} a second time", "each item once, then ITEM: ATOMS")
        | None ->
            let found = lines.Quote(0, min 40 lines.Line.Length)
            lines.Fail(0, found, "a line that begins with 'ITEM: '")

    /// A frame, whose first line is the current one.
    let readFrame () : Structure =
        let seen = HashSet<string>()
        let info = ResizeArray<string * Property>()
        let mutable count = -1L
        let mutable box: DumpBox option = None
        let mutable frame: Structure option = None

        while frame.IsNone do
            let name = nameOfItem seen

            match name.Split(' ')[0] with
            | "TIMESTEP" ->
                let step = single "the timestep" (Words.integer lines "the timestep, an integer")
                info.Add("timestep", Property.integer step)
            | "TIME" ->
                info.Add("time", Property.real (single "the time" (Words.real lines "the time, a finite number")))
            | "UNITS" -> readUnits ()
            | "NUMBER" when name = "NUMBER OF ATOMS" -> count <- readCount ()
            | "BOX" when name.StartsWith("BOX BOUNDS", StringComparison.Ordinal) -> box <- Some(readBox ())
            | "ATOMS" ->
                match box with
                | Some box when count >= 0L ->
                    let at = Result.mapError (NoetherError.at box.Place) >> Outcome.getOrFail
                    let cell = Cell.create box.Vectors box.Flags |> at
                    frame <- Some(readAtoms count box cell (List.ofSeq info @ Lammps.originOf box.Low))
                | _ -> lines.Fail(0, "ITEM: ATOMS", "ITEM: NUMBER OF ATOMS and ITEM: BOX BOUNDS before it")
            | _ ->
                let expected = "TIMESTEP, TIME, UNITS, NUMBER OF ATOMS, BOX BOUNDS or ATOMS"
                lines.Fail(0, $"ITEM: {name}", expected)

            if frame.IsNone then Words.next lines "ITEM: ATOMS"

        frame.Value

    /// The next frame, none at the end. Blank lines stand only there.
    member _.Next() : Structure option =
        let isBlank () = Lines.skipBlanks lines.Line 0 = lines.Line.Length

        if not (lines.Next()) then
            if lines.Number = 0 then lines.Fail(-1, "an empty file", "at least one frame")

            None
        elif lines.Number > 1 && isBlank () then
            while lines.Next() do
                if not (isBlank ()) then lines.Fail(-1, "text after a blank line", "blank lines only at the end")

            None
        else
            Some(readFrame ())
