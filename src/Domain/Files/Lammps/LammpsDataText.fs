namespace Noether.Domain

open System
open System.Collections.Generic

/// The lines of a data file.
[<RequireQualifiedAccess>]
module internal LammpsDataText =
    /// The columns behind the id of the styles of atoms (https://docs.lammps.org/read_data.html).
    let styles =
        let position = [ "x"; "y"; "z" ]

        [ "atomic", [ "type" ] @ position
          "charge", [ "type"; "q" ] @ position
          "molecular", [ "mol"; "type" ] @ position
          "full", [ "mol"; "type"; "q" ] @ position
          "bond", [ "mol"; "type" ] @ position
          "angle", [ "mol"; "type" ] @ position
          "sphere", [ "type"; "diameter"; "density" ] @ position
          "ellipsoid", [ "type"; "ellipsoidflag"; "density" ] @ position
          "peri", [ "type"; "volume"; "density" ] @ position
          "dpd", [ "type"; "theta" ] @ position
          "dipole", [ "type"; "q" ] @ position @ [ "mux"; "muy"; "muz" ]
          "spin", [ "type" ] @ position @ [ "spx"; "spy"; "spz"; "sp" ] ]

    /// The styles that are guessed, by the number of their columns.
    let private usual = List.truncate 4 styles

    let private styleNames = styles |> List.map fst |> String.concat ", "

    /// The words of the current line up to '#', which may stand inside a word.
    let private wordsOf (lines: Lines) : Word[] =
        let line = lines.Line

        let stop =
            match line.IndexOf '#'B with
            | -1 -> line.Length
            | at -> at

        let words = ResizeArray<Word>()
        let mutable i = Lines.skipBlanks line 0

        while i < stop do
            let last = min stop (Lines.endOfWord line i)
            words.Add { At = i; Length = last - i }
            i <- Lines.skipBlanks line last

        words.ToArray()

    /// The comment behind '#', without blanks around it.
    let private remark (lines: Lines) : string =
        match lines.Line.IndexOf '#'B with
        | -1 -> ""
        | at -> lines.Text(at + 1, lines.Line.Length - at - 1).Trim()

    let private phrase (lines: Lines) (words: Word seq) =
        words |> Seq.map (fun word -> lines.Text(word.At, word.Length)) |> String.concat " "

    let private count (lines: Lines) what limit (word: Word) =
        let value = Words.integer lines $"a number of {what}" word

        if value < 0L || value > limit then Words.fail lines word $"a number of {what} from 0 to {limit}"

        value

    let private isTopology (keyword: string) =
        [ "bond"; "angle"; "dihedral"; "improper" ] |> List.exists (fun kind -> keyword.Contains kind)
        || keyword = "extra special per atom"

    let private bounds (lines: Lines) (parts: LammpsDataParts) axis (words: Word[]) =
        let number word = parts.Units.Length * Words.real lines "a finite number, a bound of the box" word
        parts.Low[axis] <- number words[0]
        parts.High[axis] <- number words[1]
        parts.BoxPlace <- lines.Place words[0].At

        if not (parts.Low[axis] < parts.High[axis]) then
            let axis = "xyz"[axis]
            let stop = words[1].At + words[1].Length
            let found = lines.Quote(words[0].At, stop - words[0].At)
            lines.Fail(words[0].At, found, $"{axis}lo below {axis}hi")

    let private readHeaderLine (lines: Lines) (parts: LammpsDataParts) (words: Word[]) =
        let numbers = words |> Array.takeWhile (fun word -> not (Char.IsAsciiLetter(char lines.Line[word.At])))

        let keyword = phrase lines (Seq.skip numbers.Length words)
        let lengths () = numbers |> Array.map (fun word -> parts.Units.Length * Words.real lines "a finite length" word)

        let vector k =
            Array.blit (lengths ()) 0 parts.Vectors (3 * k) 3
            parts.BoxPlace <- lines.Place words[0].At

        match keyword, numbers with
        | "atoms", [| word |] -> parts.Atoms <- count lines "atoms" (int64 (Array.MaxLength / 3)) word
        | "atom types", [| word |] -> parts.Types <- count lines "atom types" (int64 Int32.MaxValue) word
        | "xlo xhi", [| _; _ |] -> bounds lines parts 0 numbers
        | "ylo yhi", [| _; _ |] -> bounds lines parts 1 numbers
        | "zlo zhi", [| _; _ |] -> bounds lines parts 2 numbers
        | "xy xz yz", [| _; _; _ |] -> Array.blit (lengths ()) 0 parts.Tilts 0 3
        | "avec", [| _; _; _ |] -> vector 0
        | "bvec", [| _; _; _ |] -> vector 1
        | "cvec", [| _; _; _ |] -> vector 2
        | "abc origin", [| _; _; _ |] -> Array.blit (lengths ()) 0 parts.Origin 0 3
        | other, [| word |] when other <> "" && Numerals.isInteger (Words.bytes lines word) ->
            // Counts of bonds, angles and the like: their sections tell the same.
            if count lines other Int64.MaxValue word > 0L && not (isTopology other) then
                parts.PassedOver.Add((lines.Place -1, $"'{other}'"))
        | _ ->
            let expected =
                "a line of the header (atoms, atom types, xlo xhi, xy xz yz, …) with its numbers, or a section"

            lines.Fail(words[0].At, lines.Quote(words[0].At, min 40 (lines.Line.Length - words[0].At)), expected)

    /// Goes to each of the lines of a section, behind blank ones.
    let private rows (lines: Lines) (total: int64) what (row: Word[] -> unit) =
        for i in 0L .. total - 1L do
            let found = $"the end of the text after {i} of {total} lines"

            let next () = if not (lines.Next()) then lines.Fail(-1, found, $"a line for each {what}")

            next ()
            let mutable words = wordsOf lines

            while i = 0L && words.Length = 0 do
                next ()
                words <- wordsOf lines

            if words.Length = 0 then
                lines.Fail(0, $"a blank line after {i} of {total} lines", $"a line for each {what}")

            row words

    let private exactly (lines: Lines) (length: int) expected (words: Word[]) =
        if words.Length < length then
            lines.Fail(lines.Line.Length, $"the end of the line after {words.Length} words", expected)

        if words.Length > length then
            Words.fail lines words[length] $"the end of the line behind {expected}"

    let private typeOf (lines: Lines) (parts: LammpsDataParts) (word: Word) : int64 =
        if Numerals.isInteger (Words.bytes lines word) then
            let found = Words.integer lines "an atom type" word

            if found < 1L || found > parts.Types then
                Words.fail lines word $"an atom type from 1 to {parts.Types}"

            found
        else
            match parts.TypeOf.TryGetValue(lines.Text(word.At, word.Length)) with
            | true, found -> found
            | _ -> Words.fail lines word $"an atom type from 1 to {parts.Types}, or a label of the Atom Type Labels"

    let private readMasses (lines: Lines) (parts: LammpsDataParts) =
        rows lines parts.Types "atom type" (fun words ->
            exactly lines 2 "an atom type and its mass" words
            let found = typeOf lines parts words[0]
            let mass = parts.Units.Mass * Words.real lines "a positive mass" words[1]

            if mass <= 0.0 then Words.fail lines words[1] "a positive mass"

            if not (parts.Masses.TryAdd(found, struct (mass, remark lines, lines.Place words[1].At))) then
                Words.fail lines words[0] "each atom type once")

    let private readLabels (lines: Lines) (parts: LammpsDataParts) =
        rows lines parts.Types "atom type" (fun words ->
            exactly lines 2 "an atom type and its label" words
            let found = Words.integer lines "an atom type" words[0]

            if found < 1L || found > parts.Types then
                Words.fail lines words[0] $"an atom type from 1 to {parts.Types}"

            let label = lines.Text(words[1].At, words[1].Length)

            if not (parts.Labels.TryAdd(found, label)) then Words.fail lines words[0] "each atom type once"

            if not (parts.TypeOf.TryAdd(label, found)) then Words.fail lines words[1] "each label once")

    /// The columns of the style that is named behind Atoms, or else by the options; none where it is not named.
    let private namedStyle (lines: Lines) (parts: LammpsDataParts) : string list option =
        let find name = styles |> List.tryFind (fun (known, _) -> known = name) |> Option.map snd
        let named = remark lines

        match find named, parts.Otherwise with
        | Some columns, _ -> Some columns
        | None, "" when named = "" -> None
        | None, "" -> lines.Fail(0, $"the atom style '{named}'", $"one of {styleNames}, here or by --style")
        | None, otherwise ->
            match find otherwise with
            | Some columns -> Some columns
            | None -> lines.Fail(0, $"the atom style '{otherwise}' of --style", $"one of {styleNames}")

    /// The columns of the one usual style that the first line of atoms may have.
    let private guessedStyle (lines: Lines) (parts: LammpsDataParts) (words: Word[]) : string list =
        let isInteger (word: Word) = Numerals.isInteger (Words.bytes lines word)

        let isType (word: Word) =
            let mutable found = 0L

            if isInteger word then
                Numerals.tryInteger (Words.bytes lines word) &found && found >= 1L && found <= parts.Types
            else
                parts.TypeOf.ContainsKey(lines.Text(word.At, word.Length))

        let fits (_, columns: string list) =
            let width = 1 + columns.Length
            let behind = words[min width words.Length ..]

            (behind.Length = 0 && words.Length = width || behind.Length = 3 && Array.forall isInteger behind)
            && columns
               |> List.indexed
               |> List.forall (fun (k, column) ->
                   match column with
                   | "type" -> isType words[k + 1]
                   | "mol" -> isInteger words[k + 1]
                   | _ -> true)

        match List.filter fits usual with
        | [ name, columns ] ->
            let text = $"the style of atoms is not said: {name}, by the {words.Length} columns (--style names another)"
            lines.Once(-1, text)
            columns
        | [] ->
            let found = $"no atom style, and {words.Length} columns"
            lines.Fail(words[0].At, found, $"a style behind 'Atoms #', or the option --style: one of {styleNames}")
        | several ->
            let names = several |> List.map fst |> String.concat " or "
            let found = $"no atom style, and {words.Length} columns, which may be {names}"
            lines.Fail(words[0].At, found, "a style behind 'Atoms #', or the option --style")

    let private readAtoms (lines: Lines) (parts: LammpsDataParts) =
        parts.Style <- namedStyle lines parts
        parts.AtomPlace <- lines.Place -1
        let units = parts.Units

        rows lines parts.Atoms "atom" (fun words ->
            if parts.Style.IsNone then parts.Style <- Some(guessedStyle lines parts words)
            let columns = parts.Style.Value
            let width = 1 + columns.Length
            let expected = $"""id {String.concat " " columns}, all with ix iy iz behind them or none"""
            let images = if parts.Ids.Count = 0 then words.Length > width else parts.Images.Count > 0
            exactly lines (if images then width + 3 else width) expected words
            let id = Words.integer lines "an atom id" words[0]

            if id < 1L then Words.fail lines words[0] "an atom id from 1"

            if not (parts.Index.TryAdd(id, parts.Ids.Count)) then Words.fail lines words[0] "each atom id once"

            parts.Ids.Add id

            columns
            |> List.iteri (fun k column ->
                let word = words[k + 1]

                match column with
                | "type" -> parts.TypeIds.Add(typeOf lines parts word)
                | "mol" -> parts.Molecules.Add(Words.integer lines "a molecule id" word)
                | "q" -> parts.Charges.Add(units.Charge * Words.real lines "a finite charge" word)
                | "x"
                | "y"
                | "z" -> parts.Positions.Add(units.Length * Words.real lines "a finite coordinate" word)
                | other ->
                    if not (parts.Others.ContainsKey other) then parts.Others[other] <- ResizeArray()
                    parts.Others[other].Add(Words.real lines $"a finite number, {other}" word))

            for k in width .. words.Length - 1 do
                parts.Images.Add(Words.integer lines "an image flag" words[k]))

    let private readVelocities (lines: Lines) (parts: LammpsDataParts) =
        parts.HasVelocities <- true

        rows lines parts.Atoms "atom" (fun words ->
            exactly lines 4 "id vx vy vz" words
            let id = Words.integer lines "an atom id" words[0]
            let v = words[1..3] |> Array.map (LammpsUnits.readVelocity parts.Units lines)

            if parts.Style.IsSome && not (parts.Index.ContainsKey id) then
                Words.fail lines words[0] "the id of an atom"

            if not (parts.Velocities.TryAdd(id, struct (v[0], v[1], v[2]))) then
                Words.fail lines words[0] "each atom id once")

    /// Whether a line is the name of a section that says nothing of atoms, and no row of one.
    let private isSection (name: string) =
        name.EndsWith(" Coeffs", StringComparison.Ordinal)
        || name.EndsWith(" Type Labels", StringComparison.Ordinal)
        || List.contains name [ "Bonds"; "Angles"; "Dihedrals"; "Impropers" ]

    let private reader name : (Lines -> LammpsDataParts -> unit) option =
        match name with
        | "Masses" -> Some readMasses
        | "Atom Type Labels" -> Some readLabels
        | "Atoms" -> Some readAtoms
        | "Velocities" -> Some readVelocities
        | _ -> None

    let private readSection (lines: Lines) (parts: LammpsDataParts) (seen: HashSet<string>) (name: string) =
        if not (seen.Add name) then
            lines.Fail(0, $"the section '{name}' a second time", "each section once")

        if parts.Atoms < 0L then lines.Fail(0, $"the section '{name}'", "the number of atoms before it")

        match reader name with
        | Some read -> read lines parts
        | None -> parts.PassedOver.Add((lines.Place -1, name))

    /// Reads the header and the sections behind the first line.
    let read (lines: Lines) (parts: LammpsDataParts) =
        let seen = HashSet<string>()
        let mutable skipping = false

        while lines.Next() do
            let words = wordsOf lines

            if words.Length > 0 then
                let upper = Char.IsAsciiLetterUpper(char lines.Line[words[0].At])
                let name = if upper then phrase lines words else ""
                let isKnown = (reader name).IsSome

                // Lines of a section that is passed over may begin with a label.
                if skipping then
                    if isKnown || isSection name then
                        skipping <- not isKnown
                        readSection lines parts seen name
                elif upper then
                    skipping <- not isKnown
                    readSection lines parts seen name
                elif seen.Count = 0 then
                    readHeaderLine lines parts words
                else
                    Words.fail lines words[0] "a section, as the one above is complete"

        if parts.PassedOver.Count > 0 then
            let names = parts.PassedOver |> Seq.map snd |> Seq.distinct |> String.concat ", "
            lines.Options.Notice { Place = Some(fst parts.PassedOver[0]); Text = $"passed over: {names}" }
