namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Globalization
open System.Runtime.InteropServices

/// The type of the words of a column.
type internal ColumnKind =
    /// Chemical symbols or atomic numbers.
    | Species = 0
    /// Atomic numbers.
    | Number = 1
    /// Coordinates, finite.
    | Position = 2
    | Real = 3
    | Integer = 4
    | Boolean = 5
    | Text = 6

/// One property of the atoms while a frame is read: `Width` words a line, stored atom by atom.
[<Sealed>]
type internal ExtXyzColumn(name: string, kind: ColumnKind, width: int) =
    let isReal = kind = ColumnKind.Real || kind = ColumnKind.Position

    let isWhole = kind = ColumnKind.Integer || kind = ColumnKind.Species || kind = ColumnKind.Number

    let mutable reals: float[] = Array.empty
    let mutable integers: int64[] = Array.empty
    let mutable booleans: bool[] = Array.empty
    let mutable texts: string[] = Array.empty

    member _.Name = name
    member _.Kind = kind
    member _.Width = width
    member _.Reals = reals
    member _.Integers = integers
    member _.Booleans = booleans
    member _.Texts = texts

    /// Makes room for exactly this many atoms, keeping what is there.
    member _.Resize(atoms: int) =
        let size = atoms * width

        if isReal then Array.Resize(&reals, size)
        elif isWhole then Array.Resize(&integers, size)
        elif kind = ColumnKind.Boolean then Array.Resize(&booleans, size)
        else Array.Resize(&texts, size)

    /// The values as a property; the column must not be written afterwards.
    member _.ToProperty(atoms: int) =
        let values =
            match kind with
            | ColumnKind.Real -> Reals(ImmutableCollectionsMarshal.AsImmutableArray reals)
            | ColumnKind.Integer -> Integers(ImmutableCollectionsMarshal.AsImmutableArray integers)
            | ColumnKind.Boolean -> Booleans(ImmutableCollectionsMarshal.AsImmutableArray booleans)
            | _ -> Texts(ImmutableCollectionsMarshal.AsImmutableArray texts)

        Property((if width = 1 then [ atoms ] else [ atoms; width ]), values)

/// Reads one frame of an extended or plain XYZ file: a count, a comment, a line for each atom.
[<RequireQualifiedAccess>]
module internal ExtXyzFrame =
    /// Values for which room is made before their atoms were seen; a false count then costs an error, not the memory.
    let private firstRoom = 1 <<< 14

    let private plainColumns () =
        [| ExtXyzColumn("species", ColumnKind.Species, 1); ExtXyzColumn("pos", ColumnKind.Position, 3) |]

    let private readCount (lines: Lines) =
        let line = lines.Line
        let start = Lines.skipBlanks line 0
        let stop = Lines.endOfWord line start
        let mutable count = 0L

        if not (Numerals.tryInteger (line.Slice(start, stop - start)) &count) then
            let found = if start = line.Length then "a blank line" else lines.Quote(start, stop - start)

            lines.Fail(start, found, "the number of atoms")

        if count < 0L || count > int64 (Array.MaxLength / 3) then
            lines.Fail(start, $"{count} atoms", $"a count from 0 to {Array.MaxLength / 3}")

        let rest = Lines.skipBlanks line stop

        if rest < line.Length then
            lines.Fail(rest, lines.Quote(rest, line.Length - rest), "the number of atoms alone on its line")

        int count

    /// The kind of a column from its name, type letter and width, or what its entry should be.
    let private kindOf name letter width =
        match name, letter, width with
        | "species", ("S" | "I"), 1 -> Ok ColumnKind.Species
        | "species", _, _ -> Error "species:S:1"
        | "pos", "R", 3 -> Ok ColumnKind.Position
        | "pos", _, _ -> Error "pos:R:3"
        | "Z", "I", 1 -> Ok ColumnKind.Number
        | _, "R", _ -> Ok ColumnKind.Real
        | _, "I", _ -> Ok ColumnKind.Integer
        | _, "L", _ -> Ok ColumnKind.Boolean
        | _, "S", _ -> Ok ColumnKind.Text
        | _ -> Error "a type S, I, R or L"

    /// The columns that the value of `Properties` declares: triples name:type:width joined by colons.
    let private readColumns (lines: Lines) (entry: ExtXyzEntry) : ExtXyzColumn[] =
        let fail found expected = lines.Fail(entry.ValueAt, found, expected)

        match Property.tryText entry.Value with
        | None -> fail $"{entry.Value}" "Properties=name:type:columns:…"
        | Some text ->
            let parts = text.Split ':'

            if parts.Length % 3 <> 0 then
                fail $"'{text}'" "Properties=name:type:columns:…, three parts for each"

            let columns =
                parts
                |> Array.chunkBySize 3
                |> Array.map (fun part ->
                    let name, letter = part[0], part[1]
                    let mutable width = 0

                    if
                        not (Int32.TryParse(part[2], NumberStyles.None, CultureInfo.InvariantCulture, &width))
                        || width < 1
                    then
                        fail $"'{part[2]}' columns of '{name}'" "a positive number of columns"

                    if name = "" then fail "a property without a name" "name:type:columns"

                    match kindOf name letter width with
                    | Ok kind -> ExtXyzColumn(name, kind, width)
                    | Error expected -> fail $"'{name}:{letter}:{width}'" expected)

            let count predicate =
                columns |> Array.filter (fun (column: ExtXyzColumn) -> predicate column.Kind) |> Array.length

            match columns |> Array.countBy (fun column -> column.Name) |> Array.tryFind (fun (_, n) -> n > 1) with
            | Some(name, n) -> fail $"the property '{name}' {n} times" "each property once"
            | None -> ()

            if count (fun kind -> kind = ColumnKind.Position) = 0 then fail $"'{text}'" "a property pos:R:3"

            if count (fun kind -> kind = ColumnKind.Species || kind = ColumnKind.Number) = 0 then
                fail $"'{text}'" "a property species:S:1 or Z:I:1"

            columns

    /// The words in the line of an atom.
    let private width (columns: ExtXyzColumn[]) = columns |> Array.sumBy (fun column -> int64 column.Width)

    let private missing (lines: Lines) (columns: ExtXyzColumn[]) =
        let total = width columns
        let words = Lines.countWords lines.Line
        lines.Fail(lines.Line.Length, $"the end of the line after {words} columns", $"{total}")

    let private badWord (lines: Lines) at count (column: ExtXyzColumn) k what =
        let which = if column.Width = 1 then "" else $", component {k + 1} of {column.Width}"

        lines.Fail(at, lines.Quote(at, count), $"{what} ('{column.Name}'{which})")

    let private readSpecies (lines: Lines) at (word: ReadOnlySpan<byte>) (column: ExtXyzColumn) : int64 =
        let z = if column.Kind = ColumnKind.Species then Elements.ofBytes word else -1

        if z >= 0 then
            int64 z
        else
            let mutable number = 0L

            if Numerals.tryInteger word &number && number >= 0L && number <= int64 Elements.largest then
                number
            else
                Outcome.raise (At(lines.Place at, UnknownElement(lines.Text(at, word.Length))))

    /// Reads the line of one atom into the columns.
    let private readAtom (lines: Lines) (columns: ExtXyzColumn[]) (atom: int) =
        let line = lines.Line
        let mutable i = 0

        for column in columns do
            let width = column.Width

            for k in 0 .. width - 1 do
                let at = Lines.skipBlanks line i

                if at = line.Length then missing lines columns

                i <- Lines.endOfWord line at
                let word = line.Slice(at, i - at)
                let slot = atom * width + k

                match column.Kind with
                | ColumnKind.Real ->
                    if not (Numerals.tryReal word &column.Reals[slot]) then
                        badWord lines at word.Length column k "a real number"
                | ColumnKind.Position ->
                    if not (Numerals.tryReal word &column.Reals[slot]) then
                        badWord lines at word.Length column k "a real number"

                    if not (Double.IsFinite column.Reals[slot]) then
                        let axis = "xyz"[k]
                        let error = NonFinite($"the {axis} coordinate of atom {atom}", column.Reals[slot])
                        Outcome.raise (At(lines.Place at, error))
                | ColumnKind.Integer ->
                    if not (Numerals.tryInteger word &column.Integers[slot]) then
                        badWord lines at word.Length column k "an integer of at most 64 bits"
                | ColumnKind.Boolean ->
                    if not (Numerals.tryBoolean word &column.Booleans[slot]) then
                        badWord lines at word.Length column k "T or F"
                | ColumnKind.Text -> column.Texts[slot] <- lines.Text(at, word.Length)
                | _ -> column.Integers[slot] <- readSpecies lines at word column

        let rest = Lines.skipBlanks line i

        if rest < line.Length then
            let total = width columns
            let words = Lines.countWords line
            lines.Fail(rest, lines.Quote(rest, Lines.endOfWord line rest - rest), $"{total} columns, not {words}")

    /// Where symbols and atomic numbers are both given, they must agree.
    let private checkAgreement (lines: Lines) (columns: ExtXyzColumn[]) (atom: int) =
        let find kind = columns |> Array.tryFind (fun column -> column.Kind = kind)

        match find ColumnKind.Species, find ColumnKind.Number with
        | Some species, Some numbers when species.Integers[atom] <> numbers.Integers[atom] ->
            let found = $"Z = {numbers.Integers[atom]}"

            lines.Fail(
                -1,
                found,
                $"{species.Integers[atom]}, the atomic number of {Elements.symbol (int species.Integers[atom])}"
            )
        | _ -> ()

    let private readAtoms (lines: Lines) (columns: ExtXyzColumn[]) (count: int) =
        let both =
            columns
            |> Array.filter (fun column -> column.Kind = ColumnKind.Species || column.Kind = ColumnKind.Number)
            |> Array.length
                =
                2

        let total = width columns
        let mutable room = 0

        // Never more than the arrays of the system can hold.
        let makeRoom wanted =
            room <- int (min wanted (int64 count))

            for column in columns do
                if int64 room * int64 column.Width > int64 Array.MaxLength then
                    lines.Fail(-1, $"{count} atoms of {column.Width} '{column.Name}'", $"{Array.MaxLength} values")

                column.Resize room

        if count = 0 then makeRoom 0L

        for atom in 0 .. count - 1 do
            if not (lines.Next()) then
                lines.Fail(-1, $"the end of the text after {atom} of {count} atoms", "a line for each atom")

            if atom = 0 then
                // A line that is too short is found before room for its declared columns is made.
                if int64 lines.Line.Length < total then missing lines columns

                makeRoom (max 1L (int64 firstRoom / total))
            elif atom = room then
                makeRoom (2L * int64 room)

            readAtom lines columns atom

            if both then checkAgreement lines columns atom

    let private readCell (lines: Lines) (lattice: ExtXyzEntry voption) (flags: ExtXyzEntry voption) : Cell =
        let vectors =
            match lattice with
            | ValueNone -> Array.zeroCreate 9
            | ValueSome entry ->
                match Property.tryReals entry.Value, entry.Value.Shape with
                | Some a, ([ 9 ] | [ 3; 3 ]) -> a.AsSpan().ToArray()
                | Some a, [ 3 ] -> [| a[0]; 0.0; 0.0; 0.0; a[1]; 0.0; 0.0; 0.0; a[2] |]
                | _ -> lines.Fail(entry.ValueAt, $"Lattice of {entry.Value}", "9 numbers, or 3 for a rectangular cell")

        let periodic =
            match flags with
            | ValueNone -> let yes = lattice.IsSome in (yes, yes, yes)
            | ValueSome entry ->
                match entry.Value.Values, entry.Value.Shape with
                | Booleans a, [ 3 ] -> a[0], a[1], a[2]
                | Integers a, [ 3 ] when a |> Seq.forall (fun flag -> flag = 0L || flag = 1L) ->
                    a[0] = 1L, a[1] = 1L, a[2] = 1L
                | _ -> lines.Fail(entry.ValueAt, $"pbc of {entry.Value}", "3 flags T or F")

        let at =
            match lattice, flags with
            | ValueSome entry, _
            | ValueNone, ValueSome entry -> entry.ValueAt
            | _ -> -1

        Cell.create vectors periodic |> Result.mapError (NoetherError.at (lines.Place at)) |> Outcome.getOrFail

    let private reserved = [ "Lattice"; "Properties"; "pbc" ]

    /// The special key that this key is, or is in another spelling.
    let specialKey (key: string) =
        reserved |> List.tryFind (fun name -> String.Equals(name, key, StringComparison.OrdinalIgnoreCase))

    /// Reads a frame whose first line is the current one; a plain one has a comment without keys. The current line is then
    /// its last.
    let read (plain: bool) (lines: Lines) : Structure =
        let count = readCount lines

        if not (lines.Next()) then
            lines.Fail(-1, "the end of the text", "a comment line, which may be empty")

        let comment = lines.Place -1
        let special = Collections.Generic.Dictionary<string, ExtXyzEntry>()
        let info = ResizeArray<string * Property>()

        if not plain && ExtXyzComment.isExtended lines then
            for entry in ExtXyzComment.read lines do
                match specialKey entry.Key with
                | Some name when name = entry.Key -> special.Add(name, entry)
                | Some name -> lines.Fail(entry.KeyAt, $"'{entry.Key}'", $"'{name}'")
                | None -> info.Add(entry.Key, entry.Value)
        elif Lines.skipBlanks lines.Line 0 < lines.Line.Length then
            let text = lines.Text(0, lines.Line.Length)
            info.Add("comment", Property([], Texts(ImmutableArray.Create text)))

        let find key =
            match special.TryGetValue key with
            | true, entry -> ValueSome entry
            | _ -> ValueNone

        let cell = readCell lines (find "Lattice") (find "pbc")

        let columns =
            match find "Properties" with
            | ValueSome entry -> readColumns lines entry
            | ValueNone -> plainColumns ()

        readAtoms lines columns count

        let column kind = columns |> Array.find (fun column -> column.Kind = kind)

        let numbers =
            let source =
                match columns |> Array.tryFind (fun column -> column.Kind = ColumnKind.Species) with
                | Some species -> species
                | None -> column ColumnKind.Number

            Array.map int source.Integers

        let perAtom =
            columns
            |> Array.filter (fun column -> column.Kind >= ColumnKind.Real)
            |> Array.map (fun column -> column.Name, column.ToProperty count)

        Structure.createWith
            (ImmutableCollectionsMarshal.AsImmutableArray numbers)
            (ImmutableCollectionsMarshal.AsImmutableArray (column ColumnKind.Position).Reals)
            cell
            (List.ofArray perAtom)
            (List.ofSeq info)
        |> Result.mapError (NoetherError.at comment)
        |> Outcome.getOrFail
