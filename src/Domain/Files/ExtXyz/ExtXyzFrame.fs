namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open System.Text

/// Reads one frame of an extended or plain XYZ file: a count, a comment, a line for each atom.
[<RequireQualifiedAccess>]
module internal ExtXyzFrame =
    /// Values for which room is made before their atoms were seen; a false count then costs an error, not the memory.
    let private firstRoom = 1 <<< 14

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

    /// The words in the line of an atom.
    let private width (columns: ExtXyzColumn[]) = columns |> Array.sumBy (fun column -> int64 column.Width)

    let private missing (lines: Lines) (columns: ExtXyzColumn[]) =
        let total = width columns
        let words = Lines.countWords lines.Line
        lines.Fail(lines.Line.Length, $"the end of the line after {words} columns", $"{total}")

    let private badWord (lines: Lines) at count (column: ExtXyzColumn) k what =
        let which = if column.Width = 1 then "" else $", component {k + 1} of {column.Width}"

        lines.Fail(at, lines.Quote(at, count), $"{what} ('{column.Name}'{which})")

    let private readSpecies (lines: Lines) at (word: ReadOnlySpan<byte>) (column: ExtXyzColumn) (atom: int) : int64 =
        let z = if column.Kind = ColumnKind.Species then Elements.ofBytes word else -1
        let mutable number = 0L

        if z >= 0 then
            int64 z
        elif Numerals.tryInteger word &number && number >= 0L && number <= int64 Elements.largest then
            number
        elif column.Kind = ColumnKind.Species then
            let element = Species.read lines { At = at; Length = word.Length }

            match element.Isotope with
            | Some mass -> column.Isotopes.Add(struct (atom, mass))
            | None -> ()

            int64 element.Number
        else
            Outcome.raise (At(lines.Place at, UnknownElement(lines.Text(at, word.Length))))

    /// Reads the line of one atom into the columns.
    let private readAtom (lines: Lines) (isDeclared: bool) (columns: ExtXyzColumn[]) (atom: int) =
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
                | _ -> column.Integers[slot] <- readSpecies lines at word column atom

        let rest = Lines.skipBlanks line i

        if rest < line.Length && not isDeclared then
            lines.Once(rest, "passed over: columns behind z, as no Properties name them")
        elif rest < line.Length then
            let total = width columns
            let words = Lines.countWords line
            lines.Fail(rest, lines.Quote(rest, Lines.endOfWord line rest - rest), $"{total} columns, not {words}")

    /// Where symbols and atomic numbers are both given, they must agree.
    let private checkAgreement (lines: Lines) (columns: ExtXyzColumn[]) (atom: int) =
        let naming =
            columns
            |> Array.filter (fun column -> column.Kind = ColumnKind.Species || column.Kind = ColumnKind.Number)

        for other in naming[1..] do
            let z = naming[0].Integers[atom]

            if other.Integers[atom] <> z then
                let found = $"{other.Name} = {other.Integers[atom]}"
                lines.Fail(-1, found, $"{z}, the atomic number of {Elements.symbol (int z)}")

    let private readAtoms (lines: Lines) (isDeclared: bool) (columns: ExtXyzColumn[]) (count: int) =
        let both =
            columns
            |> Array.filter (fun column -> column.Kind = ColumnKind.Species || column.Kind = ColumnKind.Number)
            |> Array.length
            |> (<) 1

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

            readAtom lines isDeclared columns atom

            if both then checkAgreement lines columns atom

    /// Nine numbers of the cell; what is behind them must be zeros, as the corner that some programs write there.
    let private readVectors (lines: Lines) (entry: ExtXyzEntry) : float[] =
        match Property.tryReals entry.Value, entry.Value.Shape with
        | Some a, ([ 9 ] | [ 3; 3 ]) -> a.AsSpan().ToArray()
        | Some a, [ 3 ] -> [| a[0]; 0.0; 0.0; 0.0; a[1]; 0.0; 0.0; 0.0; a[2] |]
        | Some a, [ n ] when n > 9 && Seq.forall (fun x -> x = 0.0) (Seq.skip 9 a) ->
            lines.Once(entry.ValueAt, "passed over: zeros behind the nine numbers of Lattice")
            a.AsSpan(0, 9).ToArray()
        | _ -> lines.Fail(entry.ValueAt, $"Lattice of {entry.Value}", "9 numbers, or 3 for a rectangular cell")

    /// Flags in words that are no truths elsewhere: t and f.
    let private readFlags (text: string) : bool[] option =
        let word (w: string) =
            let mutable value = false
            if Numerals.tryLogical (ReadOnlySpan(Encoding.UTF8.GetBytes w)) &value then Some value else None

        let words = text.Split([| ' '; '\t'; ',' |], StringSplitOptions.RemoveEmptyEntries) |> Array.map word
        if words.Length = 3 && Array.forall Option.isSome words then Some(Array.map Option.get words) else None

    let private readCell (lines: Lines) (lattice: ExtXyzEntry voption) (flags: ExtXyzEntry voption) : Cell =
        let vectors =
            match lattice with
            | ValueNone -> Array.zeroCreate 9
            | ValueSome entry -> readVectors lines entry

        let periodic =
            match flags with
            | ValueNone ->
                // Vectors of zeros stand for none.
                let has k = Array.exists (fun x -> x <> 0.0) vectors[3 * k .. 3 * k + 2]
                has 0, has 1, has 2
            | ValueSome entry ->
                let fail () = lines.Fail(entry.ValueAt, $"pbc of {entry.Value}", "3 flags T or F")

                match entry.Value.Values, entry.Value.Shape with
                | Booleans a, [ 3 ] -> a[0], a[1], a[2]
                | Integers a, [ 3 ] when a |> Seq.forall (fun flag -> flag = 0L || flag = 1L) ->
                    a[0] = 1L, a[1] = 1L, a[2] = 1L
                | Texts a, [] ->
                    match readFlags a[0] with
                    | Some a -> a[0], a[1], a[2]
                    | None -> fail ()
                | _ -> fail ()

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
                | Some name when special.TryAdd(name, entry) -> ()
                | Some name when special[name].Value = entry.Value -> ()
                | Some name -> lines.Fail(entry.KeyAt, $"'{entry.Key}'", $"'{name}' once, or with the same value")
                | None -> info.Add(entry.Key, entry.Value)
        elif Lines.skipBlanks lines.Line 0 < lines.Line.Length then
            let text = lines.Text(0, lines.Line.Length)
            info.Add("comment", Property([], Texts(ImmutableArray.Create text)))

        let find key =
            match special.TryGetValue key with
            | true, entry -> ValueSome entry
            | _ -> ValueNone

        let cell = readCell lines (find "Lattice") (find "pbc")

        let declared = find "Properties"

        let columns =
            match declared with
            | ValueSome entry -> ExtXyzColumns.read lines entry
            | ValueNone -> ExtXyzColumns.plain ()

        readAtoms lines declared.IsSome columns count

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
            |> List.ofArray
            |> List.append (ExtXyzColumns.masses columns numbers)

        Structure.createWith
            (ImmutableCollectionsMarshal.AsImmutableArray numbers)
            (ImmutableCollectionsMarshal.AsImmutableArray (column ColumnKind.Position).Reals)
            cell
            perAtom
            (List.ofSeq info)
        |> Result.mapError (NoetherError.at comment)
        |> Outcome.getOrFail
