namespace Noether.Domain

open System
open System.Text

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
    let private tryElement (symbol: string) : NamedElement option =
        let cased =
            if symbol.Length = 2 then
                symbol.Substring(0, 1).ToUpperInvariant() + symbol.Substring(1).ToLowerInvariant()
            else
                symbol.ToUpperInvariant()

        Species.exact cased

    /// Whether columns 77 and 78 may hold an element: files of the last century have 1CRN  70 in columns 73 to 80.
    let private hasElement (lines: Lines) =
        let word = field lines 77 2
        let bytes = Words.bytes lines word
        word.Length > 0 && not (bytes.ContainsAnyInRange('0'B, '9'B)) && bytes[0] <> '*'B

    let private readElement (lines: Lines) : NamedElement =
        let word = field lines 77 2

        if hasElement lines then
            match tryElement (lines.Text(word.At, word.Length)) with
            | Some element -> element
            | None -> Outcome.raise (At(lines.Place word.At, UnknownElement(lines.Text(word.At, word.Length))))
        else
            let name = required lines 13 4 "an element in columns 77 and 78, or a name"
            let bytes = Words.bytes lines name
            let short = name.At > 12 || name.Length = 4 || Char.IsAsciiDigit(char bytes[0])
            let symbol = Encoding.Latin1.GetString(bytes.Slice(0, min name.Length 2))
            let letters = symbol.TrimStart([| '0' .. '9' |])

            match (if short then None else tryElement symbol) with
            | Some element when name.Length >= 2 -> element
            | _ ->
                let known = if letters.Length > 0 && name.At <= 13 then tryElement (letters.Substring(0, 1)) else None

                match known with
                | Some element -> element
                | None ->
                    let found = lines.Quote(name.At, name.Length)
                    lines.Fail(name.At, found, "a name aligned by its element, as columns 77 and 78 are blank")

    let private isSign (c: byte) = c = '+'B || c = '-'B

    /// A formal charge, 2+ or 1-, or the other way about; 0 where it is blank.
    let private readCharge (lines: Lines) : int64 =
        let word = field lines 79 2
        let bytes = Words.bytes lines word

        if word.Length = 0 || (word.Length = 1 && bytes[0] = '0'B) then
            0L
        elif word.Length = 2 && Char.IsAsciiDigit(char bytes[0]) && isSign bytes[1] then
            int64 (bytes[0] - '0'B) * (if bytes[1] = '-'B then -1L else 1L)
        elif word.Length = 2 && Char.IsAsciiDigit(char bytes[1]) && isSign bytes[0] then
            int64 (bytes[1] - '0'B) * (if bytes[0] = '-'B then -1L else 1L)
        elif not (hasElement lines) then
            0L
        else
            Words.fail lines word "a formal charge such as 2+ or 1- in columns 79 and 80"

    let private readAtom (lines: Lines) : PdbAtom =
        let axis k = real lines (31 + 8 * k) 8 $"a finite coordinate {[| 'x'; 'y'; 'z' |][k]}"
        let position = Array.init 3 axis
        let residue = text lines 23 4
        let mutable number = 0L

        { Element = readElement lines
          Position = position
          IsHetero = lines.Line[0] = 'H'B
          Texts = [| for _, first, width in PdbModel.textFields -> text lines first width |]
          ResidueText = residue
          ResidueNumber = if Hybrid36.tryRead 4 residue &number then ValueSome number else ValueNone
          Occupancy = realOrBlank lines 55 6 "an occupancy"
          Factor = realOrBlank lines 61 6 "a temperature factor"
          Charge = readCharge lines }

    /// The cell and its space group. Lengths of 0 or blanks, and the unit cube, stand for none.
    let private readCell (lines: Lines) : Cell * string =
        let columns k = if k < 3 then 7 + 9 * k, 9 else 34 + 7 * (k - 3), 7

        let value k =
            let first, width = columns k
            real lines first width (if k < 3 then "a length of the cell in Å" else "an angle of the cell in degrees")

        let isNone k =
            let first, width = columns k
            (field lines first width).Length = 0 || value k = 0.0

        let group = text lines 56 11
        let group = if group = "P 1" then "" else group

        if List.forall isNone [ 0..2 ] then
            Cell.none, ""
        else
            let v = Array.init 6 value

            if v = [| 1.0; 1.0; 1.0; 90.0; 90.0; 90.0 |] then
                Cell.none, group
            else
                Cell.ofLengthsAndAngles (v[0], v[1], v[2]) (v[3], v[4], v[5]) (true, true, true)
                |> Result.mapError (NoetherError.at (lines.Place 6))
                |> Outcome.getOrFail,
                group

    /// The name in columns 1 to 6. A serial number of six digits reaches into that of ATOM.
    let private recordName (lines: Lines) : string =
        let word = field lines 1 6
        let name = Encoding.UTF8.GetString(Words.bytes lines word)
        if name.StartsWith("ATOM", StringComparison.Ordinal) then name.TrimEnd(" 0123456789".ToCharArray()) else name

    /// Names that are a misspelt record which must not be missed.
    let private isNearly (name: string) =
        [ "ATOM"; "HETA"; "CRYS"; "MODE"; "ENDM" ]
        |> List.exists (fun known -> name.StartsWith(known, StringComparison.OrdinalIgnoreCase))

    /// What the models before the current one were.
    type private Models() =
        member val Crystal = (Cell.none, "") with get, set
        member val Found = 0 with get, set
        /// Whether the file has said MODEL.
        member val Declared = false with get, set

    /// The record of the current line, which is none of atoms; true where it ends the model.
    let private readRecord (lines: Lines) (models: Models) (inModel: byref<bool>) count : bool =
        match recordName lines with
        | "" when (field lines 1 80).Length = 0 -> false
        | "CRYST1" ->
            if count > 0 then lines.Fail(0, "CRYST1 behind atoms", "END or ENDMDL before it")
            models.Crystal <- readCell lines
            false
        | "MODEL" ->
            if inModel || count > 0 then lines.Fail(0, "MODEL", "ENDMDL before it")
            models.Declared <- true
            inModel <- true
            false
        | "ENDMDL" ->
            if not inModel && count = 0 then lines.Fail(0, "ENDMDL", "MODEL before it")
            true
        | "END" -> not inModel && count > 0
        | record when records.Contains record -> false
        | record when isNearly record -> lines.Fail(0, $"'{record}'", "the name of a record in columns 1 to 6")
        | record ->
            lines.Once(0, $"passed over: records '{record}'")
            false

    /// Gives the models of a file one by one.
    let reader (lines: Lines) : unit -> Structure option =
        let models = Models()

        let next () =
            let atoms = ResizeArray<PdbAtom>()
            let mutable inModel = false
            let mutable complete = false
            let mutable place = lines.Place -1

            while not complete && lines.Next() do
                match recordName lines with
                | "ATOM"
                | "HETATM" ->
                    if models.Declared && not inModel then lines.Fail(0, "an atom behind a model", "MODEL before it")
                    if atoms.Count = 0 then place <- lines.Place -1
                    atoms.Add(readAtom lines)
                | _ -> complete <- readRecord lines models &inModel atoms.Count

            if inModel && not complete then lines.Fail(-1, "the end of the text in a model", "ENDMDL")

            if complete || atoms.Count > 0 then
                models.Found <- models.Found + 1
                Some(PdbModel.build lines place models.Crystal atoms)
            elif models.Found = 0 then
                let what = if lines.Number = 0 then "an empty file" else "no atoms"
                lines.Fail(-1, what, "ATOM or HETATM records")
            else
                None

        next
