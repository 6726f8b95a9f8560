namespace Noether.Domain

open System
open System.Collections.Generic

/// The contents of a data file before its atoms are put together.
[<Sealed>]
type internal LammpsDataParts() =
    member val Comment = "" with get, set
    /// The style of atoms where the file names none, perhaps empty.
    member val Otherwise = "" with get, set
    member val Atoms = -1L with get, set
    member val Types = 0L with get, set
    /// Lower and upper bounds of x, y, z; NaN until they are read.
    member val Low = Array.create 3 nan
    member val High = Array.create 3 nan
    member val Tilts: float[] = Array.zeroCreate 3
    member val BoxPlace = { Path = ""; Line = 0; Column = 0 } with get, set
    member val Labels = Dictionary<int64, string>()
    member val TypeOf = Dictionary<string, int64>()
    /// Of each type its mass, the word behind '#', and the place.
    member val Masses = Dictionary<int64, struct (float * string * Place)>()
    /// The columns between id and x, none before the section of the atoms.
    member val Style: string list option = None with get, set
    member val AtomPlace = { Path = ""; Line = 0; Column = 0 } with get, set
    member val Index = Dictionary<int64, int>()
    member val Ids = ResizeArray<int64>()
    member val TypeIds = ResizeArray<int64>()
    member val Molecules = ResizeArray<int64>()
    member val Charges = ResizeArray<float>()
    member val Positions = ResizeArray<float>()
    member val Images = ResizeArray<int64>()
    /// Velocities by atom id, in Å/fs.
    member val Velocities = Dictionary<int64, struct (float * float * float)>()
    member val HasVelocities = false with get, set

/// The lines of a data file.
[<RequireQualifiedAccess>]
module internal LammpsDataText =
    let styles =
        [ "atomic", [ "type" ]
          "charge", [ "type"; "q" ]
          "molecular", [ "mol"; "type" ]
          "full", [ "mol"; "type"; "q" ] ]

    /// Sections that say nothing of atoms, besides those named Coeffs.
    let private passedOver =
        set
            [ "Bonds"
              "Angles"
              "Dihedrals"
              "Impropers"
              "Bond Type Labels"
              "Angle Type Labels"
              "Dihedral Type Labels"
              "Improper Type Labels" ]

    /// Counts in the header besides those of atoms and their types.
    let private otherCounts =
        set
            [ for kind in [ "bond"; "angle"; "dihedral"; "improper" ] do
                  kind + "s"
                  kind + " types"
                  $"extra {kind} per atom"
              "extra special per atom" ]

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

    let private bounds (lines: Lines) (parts: LammpsDataParts) axis (words: Word[]) =
        let number = Words.real lines "a finite number, a bound of the box in Å"
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

        match keyword, numbers with
        | "atoms", [| word |] -> parts.Atoms <- count lines "atoms" (int64 (Array.MaxLength / 3)) word
        | "atom types", [| word |] -> parts.Types <- count lines "atom types" (int64 Int32.MaxValue) word
        | "xlo xhi", [| _; _ |] -> bounds lines parts 0 numbers
        | "ylo yhi", [| _; _ |] -> bounds lines parts 1 numbers
        | "zlo zhi", [| _; _ |] -> bounds lines parts 2 numbers
        | "xy xz yz", [| _; _; _ |] ->
            numbers |> Array.iteri (fun k word -> parts.Tilts[k] <- Words.real lines "a finite tilt in Å" word)
        | other, [| word |] when otherCounts.Contains other -> count lines other Int64.MaxValue word |> ignore
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
            let mass = Words.real lines "a positive mass in amu" words[1]

            if mass <= 0.0 then Words.fail lines words[1] "a positive mass in amu"

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

    let private readAtoms (lines: Lines) (parts: LammpsDataParts) =
        let named = remark lines
        let style = if named = "" then parts.Otherwise else named

        let columns =
            match styles |> List.tryFind (fun (name, _) -> name = style) with
            | Some(_, columns) -> columns
            | None ->
                let found = if style = "" then "no atom style" else $"the atom style '{style}'"
                lines.Fail(0, found, "atomic, charge, molecular or full behind 'Atoms #'")

        parts.Style <- Some columns
        parts.AtomPlace <- lines.Place -1
        let width = 4 + columns.Length
        let expected = $"""id {String.concat " " columns} x y z, all with ix iy iz behind them or none"""

        rows lines parts.Atoms "atom" (fun words ->
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
                | _ -> parts.Charges.Add(Words.real lines "a finite charge" word))

            for k in width - 3 .. width - 1 do
                parts.Positions.Add(Words.real lines "a finite coordinate" words[k])

            for k in width .. words.Length - 1 do
                parts.Images.Add(Words.integer lines "an image flag" words[k]))

    let private readVelocities (lines: Lines) (parts: LammpsDataParts) =
        parts.HasVelocities <- true

        rows lines parts.Atoms "atom" (fun words ->
            exactly lines 4 "id vx vy vz" words
            let id = Words.integer lines "an atom id" words[0]
            let v = words[1..3] |> Array.map (Lammps.readVelocity lines)

            if parts.Style.IsSome && not (parts.Index.ContainsKey id) then
                Words.fail lines words[0] "the id of an atom"

            if not (parts.Velocities.TryAdd(id, struct (v[0], v[1], v[2]))) then
                Words.fail lines words[0] "each atom id once")

    let private isPassedOver (name: string) =
        passedOver.Contains name || name.EndsWith(" Coeffs", StringComparison.Ordinal)

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
        | None when isPassedOver name -> ()
        | None ->
            let expected = "Masses, Atoms, Velocities, Atom Type Labels, or a section of topology or coefficients"
            lines.Fail(0, $"the section '{name}'", expected)

    /// Reads the header and the sections behind the first line.
    let read (lines: Lines) (parts: LammpsDataParts) =
        let seen = HashSet<string>()
        let mutable skipping = false

        while lines.Next() do
            let words = wordsOf lines

            if words.Length > 0 then
                let upper = Char.IsAsciiLetterUpper(char lines.Line[words[0].At])

                if skipping then
                    if upper then
                        let name = phrase lines words

                        if (reader name).IsSome || isPassedOver name then
                            skipping <- isPassedOver name
                            readSection lines parts seen name
                elif upper then
                    let name = phrase lines words
                    skipping <- isPassedOver name
                    readSection lines parts seen name
                elif seen.Count = 0 then
                    readHeaderLine lines parts words
                else
                    Words.fail lines words[0] "a section, as the one above is complete"
