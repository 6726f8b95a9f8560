namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// POSCAR and CONTCAR files of VASP (https://www.vasp.at/wiki/index.php/POSCAR), as VASP 4 and 5 write them.
///
/// *Read.* A comment (`Info` "comment" where it is not blank), a scale, three vectors (rows, Å), symbols (VASP 5; in
/// VASP 4 the comment holds them; of `Si_pv` and `Si/a1b2` the symbol is Si), counts, `Selective dynamics` or not,
/// `Direct` or `Cartesian`, a line for each atom. One positive scale multiplies vectors and Cartesian positions; a
/// negative one is minus the volume in Å³; three multiply the x, y and z components. Behind the coordinates and the
/// flags the symbol of the atom may stand, and behind `!` or `#` a remark. All three axes are periodic.
///
/// *Atom properties.* `selective_dynamics` [n; 3], booleans, true where the component may move (`Constraints`), written
/// of `move_mask` too. `velocities` [n; 3] in Å/fs, where the block is there. Refused, as they would be lost: velocities
/// in direct coordinates, velocities of the lattice, and the predictor-corrector block of a run behind the velocities.
///
/// *Exact.* Written are scale 1, Cartesian positions and the shortest digits that read back as the same bits, atoms in
/// their order (a symbol stands as often as its atoms are apart).
[<RequireQualifiedAccess>]
module Poscar =
    let private first (lines: Lines) (word: Word) = (Words.bytes lines word)[0] ||| 0x20uy

    let private isBlank (lines: Lines) = Lines.skipBlanks lines.Line 0 = lines.Line.Length

    let private three (lines: Lines) what : float[] =
        let words = Words.atLeast lines 3 $"three numbers: {what}"

        if words.Length > 3 then Words.fail lines words[3] $"three numbers and no more: {what}"

        words |> Array.map (Words.real lines $"a finite number: {what}")

    /// The scale line: one number that is not zero, or three positive ones.
    let private readScales (lines: Lines) : float[] =
        let words = Words.atLeast lines 1 "a scale, or three"
        let scales = words |> Array.map (Words.real lines "a finite number: the scale")

        match scales with
        | [| scale |] when scale <> 0.0 -> scales
        | [| x; y; z |] when x > 0.0 && y > 0.0 && z > 0.0 -> scales
        | _ ->
            let stop = Array.last words
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

    let private element (lines: Lines) (word: Word) =
        let bytes = Words.bytes lines word
        let stop = bytes.IndexOfAny('_'B, '/'B)
        let z = Elements.ofBytes (if stop < 0 then bytes else bytes.Slice(0, stop))

        if z < 0 then
            Outcome.raise (At(lines.Place word.At, UnknownElement(lines.Text(word.At, word.Length))))

        z

    let private readCounts (lines: Lines) (symbols: int[]) : (int * int) list =
        let words = Words.ofLine lines
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

        if counts.Length <> symbols.Length then
            let at = if words.Length = 0 then 0 else words[0].At
            lines.Fail(at, $"{counts.Length} counts", $"{symbols.Length}, one for each symbol")

        List.ofArray (Array.zip symbols counts)

    /// Symbols and counts; the comment is given for files of VASP 4, which have no line of symbols.
    let private readSpecies (lines: Lines) (commentSymbols: int[]) : (int * int) list =
        Words.next lines "the symbols of the elements, or their counts"
        let words = Words.atLeast lines 1 "the symbols of the elements, or their counts"

        if Numerals.isInteger (Words.bytes lines words[0]) then
            if commentSymbols.Length <> words.Length then
                let expected =
                    "a line of symbols above them, or (VASP 4) as many symbols and nothing else in the first line"

                Words.fail lines words[0] expected

            readCounts lines commentSymbols
        else
            let symbols = words |> Array.map (element lines)
            Words.next lines "the counts of the elements"
            readCounts lines symbols

    /// The elements in the comment, none where it holds anything else.
    let private symbolsOf (lines: Lines) : int[] =
        let find (word: Word) = Elements.ofBytes (Words.bytes lines word)
        let numbers = Words.ofLine lines |> Array.map find
        if Array.contains -1 numbers then Array.empty else numbers

    let private isDirect (lines: Lines) =
        let words = Words.atLeast lines 1 "Direct or Cartesian"

        match first lines words[0] with
        | 'd'B -> true
        | 'c'B
        | 'k'B -> false
        | _ -> Words.fail lines words[0] "Direct or Cartesian"

    /// The line of an atom: three numbers, with selective dynamics three flags, and perhaps its symbol.
    let private readAtom (lines: Lines) (z: int) selective (numbers: ResizeArray<float>) (flags: ResizeArray<bool>) =
        let count = if selective then 6 else 3
        let what = if selective then "three coordinates and three flags" else "three coordinates"
        let words = Words.atLeast lines count what

        for k in 0..2 do
            numbers.Add(Words.real lines "a finite coordinate" words[k])

        for k in 3 .. count - 1 do
            let mutable flag = false

            if not (Numerals.tryBoolean (Words.bytes lines words[k]) &flag) then
                Words.fail lines words[k] "T or F"

            flags.Add flag

        if words.Length > count then
            let symbol = Words.bytes lines words[count]

            if not (symbol.SequenceEqual(ReadOnlySpan(Encoding.UTF8.GetBytes(Elements.symbol z)))) then
                Words.fail lines words[count] $"{what}, and at most {Elements.symbol z}, the symbol of the atom"

            if words.Length > count + 1 then Words.fail lines words[count + 1] "the end of the line"

    /// Velocities in Å/fs where the block is there; the current line is the last atom's.
    let private readVelocities (lines: Lines) count : float[] option =
        let restIsBlank () =
            let mutable blank = true
            let mutable go = true

            while go do
                go <- lines.Next()

                if go && not (isBlank lines) then
                    blank <- false
                    go <- false

            blank

        let rows () =
            let numbers = ResizeArray<float>()

            for atom in 0 .. count - 1 do
                if atom > 0 then Words.next lines $"the velocity of atom {atom + 1} of {count}"
                numbers.AddRange(three lines $"the velocity of atom {atom + 1} of {count}, Å/fs")

            if not (restIsBlank ()) then
                lines.Fail(0, "text behind the velocities", "the end (what a run keeps there is not read: cut it off)")

            Some(numbers.ToArray())

        if not (lines.Next()) then
            None
        elif isBlank lines then
            let line = lines.Number

            if restIsBlank () then None
            elif lines.Number = line + 1 && count > 0 then rows ()
            else lines.Fail(0, "text", "velocities behind one blank line, or nothing")
        else
            match first lines (Words.atLeast lines 1 "a blank line").[0] with
            | 'c'B
            | 'k'B when count > 0 ->
                Words.next lines "velocities"
                rows ()
            | 'd'B -> lines.Fail(0, "velocities in direct coordinates", "Cartesian ones in Å/fs")
            | 'l'B -> lines.Fail(0, "velocities of the lattice", "none, as a structure cannot hold them")
            | _ ->
                let found = lines.Quote(0, min 40 lines.Line.Length)
                lines.Fail(0, found, $"the end, or velocities, behind {count} atoms")

    let private readFrom (lines: Lines) : Structure =
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
        let numbers = ResizeArray<int>()
        let coordinates = ResizeArray<float>()
        let flags = ResizeArray<bool>()

        for z, times in species do
            for _ in 1..times do
                if not (lines.Next()) then
                    lines.Fail(
                        -1,
                        $"the end of the text after {numbers.Count} of {count} atoms",
                        "a line for each atom"
                    )

                readAtom lines z selective coordinates flags
                numbers.Add z

        let velocities = readVelocities lines count

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
              | None -> () ]

        let info = comment |> Option.map (fun text -> "comment", Property.text text) |> Option.toList

        Structure.createWith (ImmutableArray.CreateRange numbers) positions cell perAtom info
        |> Result.mapError (NoetherError.at place)
        |> Outcome.getOrFail

    /// The one frame of a source.
    let internal framesFrom options path openSource : seq<Result<Structure, NoetherError>> =
        ExtXyz.wholeBy (readFrom >> List.singleton) options path openSource

    /// The structure of a file. Errors: `FileFailure`; all others with their place in the file.
    let read (path: string) : Result<Structure, NoetherError> =
        Seq.head (framesFrom ReadingOptions.usual path (fun () -> Files.openRead path))

    /// The structure in the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure, NoetherError> =
        Seq.head (framesFrom ReadingOptions.usual name (Files.ofBytes bytes))

    /// The atoms as runs of equal elements.
    let private runs (structure: Structure) : (int * int) list =
        let folder runs z =
            match runs with
            | (last, count) :: rest when last = z -> (last, count + 1) :: rest
            | _ -> (z, 1) :: runs

        structure.Numbers |> Seq.fold folder [] |> List.rev

    let private checkInfo name property =
        Narrow.only "POSCAR" [ "comment" ] name
        Narrow.commentOf property |> ignore

    let private checkAtoms name (property: Property) =
        Narrow.only "POSCAR" [ "selective_dynamics"; "velocities" ] name

        match name, property.Values, property.Shape with
        | "velocities", Reals values, [ _; 3 ] when Seq.forall Double.IsFinite values -> ()
        | "selective_dynamics", Booleans _, [ _; 3 ] -> ()
        | _ ->
            let expected = $"three for each atom, of the type that POSCAR holds as {name}"
            Outcome.raise (InvalidArgument($"the atom property '{name}'", $"{property}", expected))

    let private appendRow (builder: StringBuilder) (digits: char[]) (values: ImmutableArray<float>) row =
        for k in 0..2 do
            builder.Append ' ' |> ignore
            Numerals.append builder digits values[3 * row + k]

    let private print (options: WritingOptions) (structure: Structure) : string =
        Narrow.checkPeriodic options "POSCAR" structure

        let structure =
            structure |> Constraints.asSelectiveDynamics |> Narrow.keep options "POSCAR" checkInfo checkAtoms

        if structure.Count = 0 then
            Outcome.raise (InvalidArgument("the number of atoms", "0", "at least one, as POSCAR needs a symbol"))

        let flags =
            match structure.PerAtom |> Map.tryFind "selective_dynamics" |> Option.map _.Values with
            | Some(Booleans flags) -> Some flags
            | _ -> None

        let velocities = structure.PerAtom |> Map.tryFind "velocities" |> Option.bind Property.tryReals
        let builder = StringBuilder()
        let digits = Array.zeroCreate 32
        let runs = runs structure
        builder.Append(Narrow.comment structure).Append("\n1.0\n") |> ignore

        for k in 0..2 do
            appendRow builder digits structure.Cell.Vectors k
            builder.Append '\n' |> ignore

        let line words = builder.Append(' ').AppendJoin(' ', (words: string list)).Append('\n') |> ignore
        line (runs |> List.map (fst >> Elements.symbol))
        line (runs |> List.map (fun (_, count) -> $"{count}"))

        if flags.IsSome then builder.Append "Selective dynamics\n" |> ignore

        builder.Append "Cartesian\n" |> ignore

        for atom in 0 .. structure.Count - 1 do
            appendRow builder digits structure.Positions atom

            match flags with
            | Some flags ->
                for k in 0..2 do
                    builder.Append(if flags[3 * atom + k] then " T" else " F") |> ignore
            | None -> ()

            builder.Append '\n' |> ignore

        match velocities with
        | Some velocities ->
            builder.Append '\n' |> ignore

            for atom in 0 .. structure.Count - 1 do
                appendRow builder digits velocities atom
                builder.Append '\n' |> ignore
        | None -> ()

        builder.ToString()

    /// The text of a file, which holds one structure.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        Seq.delay (fun () -> structures |> Narrow.single "POSCAR" |> print options |> Seq.singleton)

    /// A structure as the text of a file. Errors: `InvalidArgument` for no atoms, an axis that is not periodic,
    /// properties other than "comment", "selective_dynamics" (booleans [n; 3]) and "velocities" (finite reals [n; 3]).
    let format (structure: Structure) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict [ structure ])

    /// Writes a structure to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structure: Structure) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict [ structure ])
