namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// The lines of a POSCAR: strict where numbers are, generous behind them, where VASP itself reads nothing.
[<RequireQualifiedAccess>]
module internal PoscarText =
    let private first (lines: Lines) (word: Word) = (Words.bytes lines word)[0] ||| 0x20uy

    let private isBlank (lines: Lines) = Lines.skipBlanks lines.Line 0 = lines.Line.Length

    let private isReal (lines: Lines) (word: Word) =
        let mutable value = 0.0
        Numerals.tryReal (Words.bytes lines word) &value

    let private isLogical (lines: Lines) (word: Word) =
        let mutable value = false
        Numerals.tryLogical (Words.bytes lines word) &value

    /// Tells of words behind those that were read.
    let private passOver (lines: Lines) (words: Word[]) used what =
        if words.Length > used then lines.Once(words[used].At, $"passed over: text behind {what}")

    let private three (lines: Lines) what : float[] =
        let words = Words.atLeast lines 3 $"three numbers: {what}"
        let row = words[0..2] |> Array.map (Words.real lines $"a finite number: {what}")
        passOver lines words 3 "three numbers"
        row

    /// The scale line: one number that is not zero, or three positive ones.
    let private readScales (lines: Lines) : float[] =
        let words = Words.atLeast lines 1 "a scale, or three"
        let count = words |> Array.takeWhile (isReal lines) |> Array.length |> max 1
        let scales = words[.. count - 1] |> Array.map (Words.real lines "a finite number: the scale")
        passOver lines words count "the scale"

        match scales with
        | [| scale |] when scale <> 0.0 -> scales
        | [| x; y; z |] when x > 0.0 && y > 0.0 && z > 0.0 -> scales
        | _ ->
            let stop = words[count - 1]
            let found = lines.Quote(words[0].At, stop.At + stop.Length - words[0].At)
            lines.Fail(words[0].At, found, "one scale other than 0, or three positive ones")

    /// The factors of the x, y and z components. −V scales the vectors to the volume V.
    let private factors (scales: float[]) (v: float[]) : float[] =
        match scales with
        | [| scale |] when scale > 0.0 -> Array.create 3 scale
        | [| scale |] ->
            let det =
                v[0] * (v[4] * v[8] - v[5] * v[7])
                + v[1] * (v[5] * v[6] - v[3] * v[8])
                + v[2] * (v[3] * v[7] - v[4] * v[6])

            Array.create 3 (Math.Cbrt(-scale / abs det))
        | three -> three

    let private readCell (lines: Lines) : Cell * float[] =
        Words.next lines "a scale"
        let scales = readScales lines

        let mutable place = lines.Place -1

        let vectors =
            [| for k in 0..2 do
                   Words.next lines $"lattice vector {k + 1} of 3"
                   let row = three lines $"lattice vector {k + 1} of 3"
                   if k = 0 then place <- lines.Place(Lines.skipBlanks lines.Line 0)
                   yield! row |]

        // Dependent vectors have no volume to scale; the cell as it stands says so.
        let at = Result.mapError (NoetherError.at place) >> Outcome.getOrFail
        Cell.create vectors (true, true, true) |> at |> ignore
        let factors = factors scales vectors
        let scaled = vectors |> Array.mapi (fun i x -> x * factors[i % 3])
        Cell.create scaled (true, true, true) |> at, factors

    let private readCounts (lines: Lines) (symbols: NamedElement[]) : (NamedElement * int) list =
        let all = Words.ofLine lines
        let words = all |> Array.takeWhile (fun word -> Numerals.isInteger (Words.bytes lines word))
        let mutable total = 0L

        let counts =
            words
            |> Array.map (fun word ->
                let mutable count = 0L

                if not (Numerals.tryInteger (Words.bytes lines word) &count) || count < 0L then
                    Words.fail lines word "a number of atoms"

                total <- if count > int64 Int32.MaxValue then Int64.MaxValue / 2L else total + count

                if total > int64 (Array.MaxLength / 3) then
                    Words.fail lines word $"at most {Array.MaxLength / 3} atoms"

                int count)

        if counts.Length < symbols.Length && counts.Length < all.Length then
            Words.fail lines all[counts.Length] "a number of atoms"

        if counts.Length <> symbols.Length then
            let at = if words.Length = 0 then 0 else words[0].At
            lines.Fail(at, $"{counts.Length} counts", $"{symbols.Length}, one for each symbol")

        passOver lines all words.Length "the counts"
        List.ofArray (Array.zip symbols counts)

    /// Symbols and counts; the comment is given for files of VASP 4, which have no line of symbols.
    let private readSpecies (lines: Lines) (commentSymbols: NamedElement[]) : (NamedElement * int) list =
        Words.next lines "the symbols of the elements, or their counts"
        let words = Words.atLeast lines 1 "the symbols of the elements, or their counts"

        if Numerals.isInteger (Words.bytes lines words[0]) then
            if commentSymbols.Length <> words.Length then
                let expected =
                    "a line of symbols above them, or (VASP 4) as many symbols and nothing else in the first line"

                Words.fail lines words[0] expected

            readCounts lines commentSymbols
        else
            let symbols = words |> Array.map (Species.read lines)
            Words.next lines "the counts of the elements"
            readCounts lines symbols

    /// The elements in the comment, none where it holds anything else.
    let private symbolsOf (lines: Lines) : NamedElement[] =
        let find (word: Word) = Elements.ofBytes (Words.bytes lines word)
        let numbers = Words.ofLine lines |> Array.map find

        if Array.contains -1 numbers then
            Array.empty
        else
            numbers |> Array.map (fun z -> { Number = z; Isotope = None })

    let private isDirect (lines: Lines) =
        let words = Words.atLeast lines 1 "Direct or Cartesian"

        match first lines words[0] with
        | 'd'B -> true
        | 'c'B
        | 'k'B -> false
        | _ -> Words.fail lines words[0] "Direct or Cartesian"

    /// Passes over what stands behind the coordinates and flags of an atom; its symbol, as VASP 6 writes it, in silence.
    let private passOverLabel (lines: Lines) (z: int) selective (rest: Word[]) =
        let count = rest.Length
        let hasFlags = not selective && count >= 3 && Array.forall (isLogical lines) rest[count - 3 ..]
        let labels = if hasFlags then rest[.. count - 4] else rest

        if hasFlags then
            lines.Once(rest[count - 3].At, "passed over: flags T and F without the line 'Selective dynamics' above")

        if labels.Length > 0 then
            let found = Elements.ofBytes (Words.bytes lines labels[0])

            if found >= 0 && found <> z then
                let label = lines.Text(labels[0].At, labels[0].Length)
                let symbol = Elements.symbol z
                lines.Once(labels[0].At, $"passed over: '{label}' behind an atom that the counts make {symbol}")
            elif found < 0 || labels.Length > 1 then
                lines.Once(labels[0].At, "passed over: text behind the coordinates")

    /// The line of an atom: three numbers, with selective dynamics three flags, and perhaps more.
    let private readAtom (lines: Lines) (z: int) selective (numbers: ResizeArray<float>) (flags: ResizeArray<bool>) =
        let count = if selective then 6 else 3
        let what = if selective then "three coordinates and three flags" else "three coordinates"
        let words = Words.atLeast lines count what

        for k in 0..2 do
            numbers.Add(Words.real lines "a finite coordinate" words[k])

        for k in 3 .. count - 1 do
            let mutable flag = false

            if not (Numerals.tryLogical (Words.bytes lines words[k]) &flag) then
                Words.fail lines words[k] "T or F"

            flags.Add flag

        if words.Length > count then passOverLabel lines z selective words[count..]

    /// Goes on over blank lines, from the next one on; false at the end.
    let private nextText (lines: Lines) : bool =
        let mutable there = lines.Next()

        while there && isBlank lines do
            there <- lines.Next()

        there

    /// The block of the lattice in a run at constant pressure: a number, three velocities, three vectors.
    let private passOverLattice (lines: Lines) =
        lines.Notice(-1, "passed over: velocities of the lattice")
        Words.next lines "the state of the lattice"

        for _ in 1..6 do
            Words.next lines "three velocities and three vectors of the lattice"
            three lines "a velocity or a vector of the lattice" |> ignore

    /// The time step, fs, of the predictor-corrector block that begins in the current line: its second number.
    let private timeStep (lines: Lines) : float option =
        let lone () =
            match Words.ofLine lines with
            | [| word |] -> Some word
            | _ -> None

        match lone () with
        | Some word when Numerals.isInteger (Words.bytes lines word) && lines.Next() ->
            lone ()
            |> Option.bind (fun word ->
                let mutable value = 0.0

                if Numerals.tryReal (Words.bytes lines word) &value && Double.IsFinite value && value > 0.0 then
                    Some value
                else
                    None)
        | _ -> None

    /// A velocity of each atom from the current line on, and what stands behind them.
    let private readRows (lines: Lines) (cell: Cell) count direct : float[] option =
        let numbers = ResizeArray<float>()
        let place = lines.Place -1

        for atom in 0 .. count - 1 do
            if atom > 0 then Words.next lines $"the velocity of atom {atom + 1} of {count}"
            numbers.AddRange(three lines $"the velocity of atom {atom + 1} of {count}")

        let step =
            if not (lines.Next()) then
                None
            elif not (isBlank lines) then
                lines.Fail(0, $"text behind {count} velocities", "a blank line, or the end")
            elif nextText lines then
                lines.Notice(-1, "passed over: what a run of VASP keeps behind the velocities")
                if direct then timeStep lines else None
            else
                None

        match step with
        | _ when not direct -> Some(numbers.ToArray())
        | Some step ->
            Some [| for v in Cell.toCartesian cell (ImmutableArray.CreateRange numbers) -> v / step |]
        | None ->
            let text = "passed over: velocities in direct coordinates, as the time step they are counted in is not there"
            lines.Options.Notice { Place = Some place; Text = text }
            None

    /// Whether velocities are direct, where the current line is the switch that says it.
    let private switch (lines: Lines) : bool option =
        let word = (lines.Text(0, lines.Line.Length).Trim() + "   ").Substring(0, 3).ToLowerInvariant()

        match word with
        | "dir" -> Some true
        | "car"
        | "kar" -> Some false
        | _ -> None

    /// Velocities in Å/fs where the block is there; the current line is the last atom's.
    let private readVelocities (lines: Lines) (cell: Cell) count : float[] option =
        let mutable there = lines.Next()

        if there && not (isBlank lines) && first lines (Words.atLeast lines 1 "a blank line").[0] = 'l'B then
            passOverLattice lines
            there <- lines.Next()

        if there && not (isBlank lines) && (count = 0 || (switch lines).IsNone) then
            let found = lines.Quote(0, min 40 lines.Line.Length)
            lines.Fail(0, found, $"the end, or velocities, behind {count} atoms")

        if not there || (isBlank lines && not (nextText lines)) then
            None
        else
            match switch lines with
            | Some direct when count > 0 ->
                if not (nextText lines) then lines.Fail(-1, "the end of the text", "velocities")
                readRows lines cell count direct
            | None when count > 0 && Array.tryHead (Words.ofLine lines) |> Option.exists (isReal lines) ->
                readRows lines cell count false
            | _ ->
                lines.Notice(-1, "passed over: text behind the atoms")
                None

    /// The structure of a file.
    let read (lines: Lines) : Structure =
        Words.next lines "a comment line"
        let comment = if isBlank lines then None else Some(lines.Text(0, lines.Line.Length))
        let commentSymbols = symbolsOf lines
        let cell, factors = readCell lines
        let species = readSpecies lines commentSymbols
        let count = List.sumBy snd species
        Words.next lines "Selective dynamics, Direct or Cartesian"
        let words = Words.atLeast lines 1 "Selective dynamics, Direct or Cartesian"
        let selective = first lines words[0] = 's'B

        if selective then Words.next lines "Direct or Cartesian"

        let direct = isDirect lines
        let place = lines.Place -1
        let elements = ResizeArray<NamedElement>()
        let coordinates = ResizeArray<float>()
        let flags = ResizeArray<bool>()

        for element, times in species do
            for _ in 1..times do
                if not (lines.Next()) then
                    let found = $"the end of the text after {elements.Count} of {count} atoms"
                    lines.Fail(-1, found, "a line for each atom")

                readAtom lines element.Number selective coordinates flags
                elements.Add element

        let velocities = readVelocities lines cell count

        let positions =
            if direct then
                Cell.toCartesian cell (ImmutableArray.CreateRange coordinates)
            else
                ImmutableArray.CreateRange(coordinates |> Seq.mapi (fun i x -> x * factors[i % 3]))

        let perAtom =
            [ if selective then
                  "selective_dynamics", Property([ count; 3 ], Booleans(ImmutableArray.CreateRange flags))
              match velocities with
              | Some v -> "velocities", Property([ count; 3 ], Reals(ImmutableArray.CreateRange v))
              | None -> ()
              yield! ElementNames.masses elements ]

        let info = comment |> Option.map (fun text -> "comment", Property.text text) |> Option.toList
        let numbers = elements |> Seq.map _.Number |> ImmutableArray.CreateRange

        Structure.createWith numbers positions cell perAtom info
        |> Result.mapError (NoetherError.at place)
        |> Outcome.getOrFail
