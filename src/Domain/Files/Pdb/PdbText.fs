namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// The fields of the atoms of a model, blank ones as "" and NaN.
[<Sealed>]
type private PdbModel() =
    member val Numbers = ResizeArray<int>()
    member val Positions = ResizeArray<float>()
    member val Hetero = ResizeArray<bool>()
    /// name, altloc, residue, chain, insertion.
    member val Texts = Array.init 5 (fun _ -> ResizeArray<string>())
    member val ResidueNumbers = ResizeArray<int64>()
    member val Occupancies = ResizeArray<float>()
    member val Factors = ResizeArray<float>()
    member val Charges = ResizeArray<int64>()

/// The models of a PDB file.
[<RequireQualifiedAccess>]
module internal PdbText =
    let private records =
        let names =
            "HEADER OBSLTE TITLE SPLIT CAVEAT COMPND SOURCE KEYWDS EXPDTA NUMMDL MDLTYP AUTHOR REVDAT SPRSDE JRNL REMARK "
            + "DBREF DBREF1 DBREF2 SEQADV SEQRES MODRES HET HETNAM HETSYN FORMUL HELIX SHEET TURN SSBOND LINK HYDBND "
            + "SLTBRG CISPEP SITE ORIGX1 ORIGX2 ORIGX3 SCALE1 SCALE2 SCALE3 MTRIX1 MTRIX2 MTRIX3 TVECT SIGATM ANISOU "
            + "SIGUIJ TER CONECT MASTER END"

        set (names.Split ' ')

    /// The text fields: property, first column (from 1), width.
    let textFields = [ "name", 13, 4; "altloc", 17, 1; "residue", 18, 3; "chain", 22, 1; "insertion", 27, 1 ]

    /// The bytes of columns without the blanks around them, and where they begin.
    let private field (lines: Lines) first width : Word =
        let line = lines.Line
        let stop = min line.Length (first - 1 + width)
        let mutable at = min (first - 1) stop
        let mutable last = stop

        while at < last && Lines.isBlank line[at] do
            at <- at + 1

        while last > at && Lines.isBlank line[last - 1] do
            last <- last - 1

        { At = at; Length = last - at }

    let private text (lines: Lines) first width =
        let word = field lines first width
        lines.Text(word.At, word.Length)

    let private required (lines: Lines) first width what : Word =
        let word = field lines first width

        if word.Length = 0 then
            lines.Fail(min (first - 1) lines.Line.Length, "blanks", $"{what} in columns {first} to {first + width - 1}")

        word

    let private real (lines: Lines) first width what : float =
        Words.real lines $"{what} in columns {first} to {first + width - 1}" (required lines first width what)

    /// A number, or NaN where its columns are blank.
    let private realOrBlank (lines: Lines) first width what : float =
        if (field lines first width).Length = 0 then nan else real lines first width what

    /// The element of a symbol in capitals.
    let private tryElement (symbol: string) : int option =
        let cased =
            if symbol.Length = 2 then
                symbol.Substring(0, 1).ToUpperInvariant() + symbol.Substring(1).ToLowerInvariant()
            else
                symbol.ToUpperInvariant()

        match Elements.ofSymbol cased with
        | Ok z -> Some z
        | Error _ -> None

    let private readElement (lines: Lines) : int =
        let word = field lines 77 2

        if word.Length > 0 then
            match tryElement (lines.Text(word.At, word.Length)) with
            | Some z -> z
            | None -> Outcome.raise (At(lines.Place word.At, UnknownElement(lines.Text(word.At, word.Length))))
        else
            let name = required lines 13 4 "an element in columns 77 and 78, or a name"
            let bytes = Words.bytes lines name
            let short = name.At > 12 || name.Length = 4 || Char.IsAsciiDigit(char bytes[0])
            let symbol = Encoding.Latin1.GetString(bytes.Slice(0, min name.Length 2))
            let letters = symbol.TrimStart([| '0' .. '9' |])

            match (if short then None else tryElement symbol) with
            | Some z when name.Length >= 2 -> z
            | _ ->
                let known = if letters.Length > 0 && name.At <= 13 then tryElement (letters.Substring(0, 1)) else None

                match known with
                | Some z -> z
                | None ->
                    let found = lines.Quote(name.At, name.Length)
                    lines.Fail(name.At, found, "a name aligned by its element, as columns 77 and 78 are blank")

    /// A formal charge, 2+ or 1-; 0 where it is blank.
    let private readCharge (lines: Lines) : int64 =
        let word = field lines 79 2
        let bytes = Words.bytes lines word

        if word.Length = 0 then
            0L
        elif word.Length = 2 && Char.IsAsciiDigit(char bytes[0]) && (bytes[1] = '+'B || bytes[1] = '-'B) then
            let size = int64 (bytes[0] - '0'B)
            if bytes[1] = '-'B then -size else size
        else
            Words.fail lines word "a formal charge such as 2+ or 1- in columns 79 and 80"

    let private readAtom (lines: Lines) (model: PdbModel) =
        for k in 0..2 do
            let axis = "xyz"[k]
            model.Positions.Add(real lines (31 + 8 * k) 8 $"a finite coordinate {axis}")

        model.Numbers.Add(readElement lines)
        model.Hetero.Add(lines.Line[0] = 'H'B)
        textFields |> List.iteri (fun k (_, first, width) -> model.Texts[k].Add(text lines first width))

        // All atoms have a residue number, or none has.
        let number = field lines 23 4

        if number.Length > 0 || model.ResidueNumbers.Count > 0 then
            let word = required lines 23 4 "a residue number, as atoms before have one,"

            if model.ResidueNumbers.Count < model.Numbers.Count - 1 then
                Words.fail lines word "no residue number, as atoms before have none"

            model.ResidueNumbers.Add(Words.integer lines "a residue number in columns 23 to 26" word)

        model.Occupancies.Add(realOrBlank lines 55 6 "an occupancy")
        model.Factors.Add(realOrBlank lines 61 6 "a temperature factor")
        model.Charges.Add(readCharge lines)

    let private readCell (lines: Lines) : Cell * string =
        let value k =
            let first, width = (if k < 3 then 7 + 9 * k, 9 else 34 + 7 * (k - 3), 7)
            real lines first width (if k < 3 then "a length of the cell in Å" else "an angle of the cell in degrees")

        let v = Array.init 6 value
        let group = text lines 56 11
        let group = if group = "P 1" then "" else group

        if v = [| 1.0; 1.0; 1.0; 90.0; 90.0; 90.0 |] then
            Cell.none, group
        else
            Cell.ofLengthsAndAngles (v[0], v[1], v[2]) (v[3], v[4], v[5]) (true, true, true)
            |> Result.mapError (NoetherError.at (lines.Place 6))
            |> Outcome.getOrFail,
            group

    let private build (place: Place) (cell: Cell, group: string) (model: PdbModel) : Structure =
        let n = model.Numbers.Count
        let column values = Property([ n ], values)

        let perAtom =
            [ for (name, _, _), texts in Seq.zip textFields model.Texts do
                  if Seq.exists ((<>) "") texts then name, column (Texts(ImmutableArray.CreateRange texts))

              if model.ResidueNumbers.Count > 0 then
                  "residue_number", column (Integers(ImmutableArray.CreateRange model.ResidueNumbers))

              for name, values in [ "occupancy", model.Occupancies; "bfactor", model.Factors ] do
                  if not (Seq.forall Double.IsNaN values) then name, column (Reals(ImmutableArray.CreateRange values))

              if Seq.exists ((<>) 0L) model.Charges then
                  "formal_charges", column (Integers(ImmutableArray.CreateRange model.Charges))

              if Seq.contains true model.Hetero then
                  "hetero", column (Booleans(ImmutableArray.CreateRange model.Hetero)) ]

        let info = if group = "" then [] else [ "space_group", Property.text group ]

        Structure.createWith
            (ImmutableArray.CreateRange model.Numbers)
            (ImmutableArray.CreateRange model.Positions)
            cell
            perAtom
            info
        |> Result.mapError (NoetherError.at place)
        |> Outcome.getOrFail

    /// Gives the models of a file one by one.
    let reader (lines: Lines) : unit -> Structure option =
        let crystal = ref (Cell.none, "")
        let found = ref 0

        let next () =
            let model = PdbModel()
            let mutable inModel = false
            let mutable complete = false
            let mutable place = lines.Place -1

            while not complete && lines.Next() do
                match text lines 1 6 with
                | "" when (field lines 1 80).Length = 0 -> ()
                | "ATOM"
                | "HETATM" ->
                    if found.Value > 0 && not inModel then lines.Fail(0, "an atom behind a model", "MODEL before it")
                    if model.Numbers.Count = 0 then place <- lines.Place -1
                    readAtom lines model
                | "CRYST1" ->
                    if found.Value > 0 || inModel || model.Numbers.Count > 0 then
                        lines.Fail(0, "CRYST1 behind atoms", "one cell for all models, before them")

                    crystal.Value <- readCell lines
                | "MODEL" ->
                    if inModel || model.Numbers.Count > 0 then lines.Fail(0, "MODEL", "ENDMDL before it")
                    inModel <- true
                | "ENDMDL" ->
                    if not inModel then lines.Fail(0, "ENDMDL", "MODEL before it")
                    complete <- true
                | record when records.Contains record -> ()
                | record -> lines.Fail(0, $"'{record}'", "the name of a record in columns 1 to 6")

            if inModel && not complete then lines.Fail(-1, "the end of the text in a model", "ENDMDL")

            if complete || model.Numbers.Count > 0 then
                found.Value <- found.Value + 1
                Some(build place crystal.Value model)
            elif found.Value = 0 then
                let what = if lines.Number = 0 then "an empty file" else "no atoms"
                lines.Fail(-1, what, "ATOM or HETATM records")
            else
                None

        next
