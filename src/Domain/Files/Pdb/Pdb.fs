namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Globalization
open System.Text

/// Files of the Protein Data Bank (https://www.wwpdb.org/documentation/file-format, version 3.3): columns of fixed width.
///
/// *Read.* Each MODEL is a structure; without MODEL, END and ENDMDL end one. CRYST1 gives the cell of the models behind it,
/// periodic along all axes; without it, and where its lengths are 0 or blank or it is the unit cube that stands for "no
/// crystal", there is none. A space group other than P 1 becomes `Info` "space_group"; its images are not made. ATOM and
/// HETATM give positions in Å. The element is in columns 77–78, D and T among them; where they hold none, the alignment of
/// the name says it (` CA ` is carbon, `CA  ` is calcium). All other records are passed over, among them CONECT and
/// ANISOU, with a notice of those that the format does not know.
///
/// *Alternate locations.* Of a residue that has several, the atoms of A are read, or of the first where there is no A, with
/// a notice of how many are not; `ReadingOptions.AlternateLocation` names another, or "all".
///
/// *Atom properties.* Texts `name`, `altloc`, `residue`, `chain`, `insertion`, "" where blank; integers `residue_number`
/// (hybrid-36: A000 is 10000; passed over with a notice where some are blank or stars) and `formal_charges` (0 where
/// blank); reals `occupancy` and `bfactor` (Å²; NaN where blank), and `masses` (amu) where there are D or T; the truth
/// `hetero`. One that is blank, 0 or false for all atoms is not there.
///
/// *Written* are numbers as wide as their columns: positions to 0.001 Å, lengths to 0.001 Å, angles to 0.01°, occupancies
/// and factors to 0.01; serial and residue numbers that are too wide in hybrid-36; CRYST1 for each model where cells
/// differ. A number or text that does not fit is an error, as is a cell that lies otherwise than `Lammps.align` lays it.
/// What has these digits comes back to the bit.
[<RequireQualifiedAccess>]
module Pdb =
    /// The models of a source.
    let internal framesFrom options path openSource : seq<Result<Structure, NoetherError>> =
        ExtXyz.framesBy PdbText.reader options path openSource

    /// The models of a file, read as they are asked for, in memory for one of them. An error is the last element.
    /// Errors: `FileFailure`; all others with their place in the file.
    let frames (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom ReadingOptions.usual path (fun () -> Files.openRead path)

    /// All models of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> = ExtXyz.collect (frames path)

    /// The models in the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (framesFrom ReadingOptions.usual name (Files.ofBytes bytes))

    let private refuse name value expected = Outcome.raise (InvalidArgument(name, value, expected))

    /// A number with so many decimals in so many columns.
    let private fixedPoint what width decimals (value: float) : string =
        let text = value.ToString($"F{decimals}", CultureInfo.InvariantCulture)

        if not (Double.IsFinite value) || text.Length > width then
            refuse what (NoetherError.number value) $"a number that fits into {width} columns with {decimals} decimals"

        text.PadLeft width

    /// The values of an atom property [n].
    let private chosen name kind (choose: Values -> 'T option) (property: Property) : 'T =
        match choose property.Values, property.Shape with
        | Some found, [ _ ] -> found
        | _ -> refuse $"the atom property '{name}'" $"{property}" $"{kind}, one for each atom"

    let private asIntegers name property =
        property
        |> chosen name "integers" (function
            | Integers a -> Some a
            | _ -> None)

    let private asReals name property =
        property
        |> chosen name "reals" (function
            | Reals a -> Some a
            | _ -> None)

    let private asTruths name property =
        property
        |> chosen name "truths" (function
            | Booleans a -> Some a
            | _ -> None)

    /// The texts of a field, which must fit and are not padded.
    let private asTexts name width property =
        let texts =
            property
            |> chosen name "texts" (function
                | Texts a -> Some a
                | _ -> None)

        for text in texts do
            if text.Length > width || Seq.exists (fun c -> c < ' ' || c > '~') text || text.Trim() <> text then
                refuse
                    $"the atom property '{name}'"
                    $"'{text}'"
                    $"at most {width} ASCII characters, no blanks around them"

        texts

    /// The values of an atom property, where it is there.
    let private values name (read: string -> Property -> 'T) (structure: Structure) : 'T option =
        structure.PerAtom |> Map.tryFind name |> Option.map (read name)

    /// The name in its four columns: the symbol of the element ends in the second, where the name leaves room.
    let private aligned (symbol: string) (name: string) =
        if name.Length = 4 || symbol.Length = 2 then name.PadRight 4 else (" " + name).PadRight 4

    let private checkAtoms (structure: Structure) name property =
        match PdbModel.textFields |> List.tryFind (fun (field, _, _) -> field = name) with
        | Some(_, _, width) -> asTexts name width property |> ignore
        | None ->
            match name with
            | "residue_number"
            | "formal_charges" -> asIntegers name property |> ignore
            | "occupancy"
            | "bfactor" -> asReals name property |> ignore
            | "hetero" -> asTruths name property |> ignore
            | "masses" -> Species.checkMasses "PDB" structure.Numbers property
            | _ -> Narrow.only "PDB" [ "those of its columns" ] name

    let private groupOf (property: Property) : string =
        match Property.tryText property with
        | Some text when
            text.Length <= 11
            && text.Trim() = text
            && text <> ""
            && Seq.forall Char.IsAscii text
            && not (Seq.exists Char.IsControl text)
            && text <> "P 1"
            ->
            text
        | _ -> refuse "the property 'space_group'" $"{property}" "one text of at most 11 characters other than P 1"

    let private checkInfo name property =
        Narrow.only "PDB" [ "space_group" ] name
        groupOf property |> ignore

    /// The structure as the format holds it.
    let private fitting (options: WritingOptions) (structure: Structure) : Structure =
        if structure.Count = 0 then refuse "the number of atoms" "0" "at least one"
        let structure = structure |> Narrow.keep options "PDB" checkInfo (checkAtoms structure) |> Lammps.laid options "PDB"

        if structure.Cell <> Cell.none then
            Narrow.checkPeriodic options "PDB" structure
            Lammps.checkAligned structure

        structure

    let private cryst (structure: Structure) : string option =
        let group = structure.Info |> Map.tryFind "space_group" |> Option.map groupOf |> Option.defaultValue "P 1"

        if structure.Cell = Cell.none then
            if group <> "P 1" then refuse "the cell" "none" "a cell, as there is a space group"
            None
        else
            let a, b, c = Cell.lengths structure.Cell
            let alpha, beta, gamma = Cell.angles structure.Cell
            let length value = fixedPoint "a length of the cell" 9 3 value
            let angle value = fixedPoint "an angle of the cell" 7 2 value
            let numbers = length a + length b + length c + angle alpha + angle beta + angle gamma

            if numbers = length 1.0 + length 1.0 + length 1.0 + angle 90.0 + angle 90.0 + angle 90.0 then
                refuse "the cell" "the unit cube" "another, as PDB writes that where there is no crystal"

            Some($"CRYST1{numbers} {group.PadRight 11}".TrimEnd())

    /// The unit cube, which stands for no crystal.
    let private noCrystal = "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1"

    let private append (builder: StringBuilder) (structure: Structure) =
        let texts =
            [| for name, _, width in PdbModel.textFields do
                   match structure |> values name (fun name -> asTexts name width) with
                   | Some texts -> fun i -> texts[i]
                   | None -> fun _ -> "" |]

        let symbols = Species.symbols structure
        let hetero = structure |> values "hetero" asTruths
        let residues = structure |> values "residue_number" asIntegers
        let charges = structure |> values "formal_charges" asIntegers
        let occupancies, factors = structure |> values "occupancy" asReals, structure |> values "bfactor" asReals

        let percent what (values: ImmutableArray<float> option) i =
            match values with
            | Some values when not (Double.IsNaN values[i]) -> fixedPoint $"{what} of atom {i}" 6 2 values[i]
            | _ -> String(' ', 6)

        for i in 0 .. structure.Count - 1 do
            let symbol = symbols[i]

            let record =
                match hetero with
                | Some flags when flags[i] -> "HETATM"
                | _ -> "ATOM  "

            let residue =
                match residues with
                | Some values ->
                    match Hybrid36.tryWrite 4 values[i] with
                    | Some text -> text
                    | None -> refuse $"the residue number of atom {i}" $"{values[i]}" "one that fits into 4 columns"
                | None -> String(' ', 4)

            let charge =
                match charges with
                | Some values when abs values[i] > 9L ->
                    refuse $"the formal charge of atom {i}" $"{values[i]}" "one from -9 to 9"
                | Some values when values[i] <> 0L -> $"""{abs values[i]}{if values[i] < 0L then "-" else "+"}"""
                | _ -> "  "

            let position k = fixedPoint $"""the {"xyz"[k]} coordinate of atom {i}""" 8 3 structure.Positions[3 * i + k]

            builder
                .Append(record)
                .Append(Hybrid36.tryWrite 5 (int64 i + 1L) |> Option.defaultValue "*****")
                .Append(' ')
                .Append(aligned symbol (texts[0] i))
                .Append((texts[1] i).PadRight 1)
                .Append((texts[2] i).PadLeft 3)
                .Append(' ')
                .Append((texts[3] i).PadRight 1)
                .Append(residue)
                .Append((texts[4] i).PadRight 1)
                .Append("   ")
                .Append(position 0)
                .Append(position 1)
                .Append(position 2)
                .Append(percent "the occupancy" occupancies i)
                .Append(percent "the temperature factor" factors i)
                .Append(String(' ', 10))
                .Append(symbol.ToUpperInvariant().PadLeft 2)
                .Append(charge)
                .Append('\n')
            |> ignore

    let private print (options: WritingOptions) (structures: Structure list) : string =
        let builder = StringBuilder()
        let line (text: string) = builder.Append(text).Append('\n') |> ignore

        if structures.IsEmpty then refuse "the number of structures" "0" "at least one"

        let structures = structures |> List.map (fitting options)
        let cells = structures |> List.map cryst
        let isCommon = List.forall ((=) cells.Head) cells
        if isCommon then cells.Head |> Option.iter line

        match structures with
        | [ structure ] -> append builder structure
        | several ->
            List.zip cells several
            |> List.iteri (fun i (cell, structure) ->
                if not isCommon then line (Option.defaultValue noCrystal cell)
                line $"MODEL     {i + 1, 4}"
                append builder structure
                line "ENDMDL")

        line "END"
        builder.ToString()

    /// The text of a file, which holds all models.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        Seq.delay (fun () -> structures |> List.ofSeq |> print options |> Seq.singleton)

    /// Structures as the text of a file: one as it is, several as models. Errors: `InvalidArgument` for none, one without
    /// atoms, and what does not fit (see above); `InvalidCell` for a cell that lies
    /// otherwise than `Lammps.align` lays it.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict structures)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict structures)
