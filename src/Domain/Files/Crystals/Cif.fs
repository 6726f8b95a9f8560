namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// Crystals in CIF files (International Tables for Crystallography G; core dictionary of the IUCr).
///
/// *Read.* Of each data block with atom sites: the cell from lengths and angles, the sites from fractional coordinates,
/// and the operations of `_space_group_symop_operation_xyz` or `_symmetry_equiv_pos_as_xyz`, which are applied. Without
/// operations the crystal is P 1, and a block that names another space group is refused: there are no tables here.
/// Elements come from the type symbol (`Na+` is Na), or where there is none from the letters the label begins with.
/// Uncertainties in brackets are dropped. Other tags are passed over.
///
/// *Atoms* stand site by site; the images of a site follow the operations. Images that coincide to 1e-3 in fractional
/// coordinates (special positions) are one atom. The listed site stays where it is; the others lie in the cell.
///
/// *Refused*, as a structure cannot hold it or it would be wrong: occupancies other than 1, two listed sites that an
/// operation maps onto each other, operations without x, y, z, and whatever does not follow the grammar, with its
/// place.
///
/// *Orientation.* CIF has lengths and angles; a₀ is laid along x and a₁ into the plane z = 0 (`Cell.ofLengthsAndAngles`),
/// unless the items `_atom_sites_Cartn_tran_matrix_ij` say where the axes lie. `write` gives them, so that the cell
/// returns to the bit and the positions to the rounding of fractional coordinates; other programs may turn the crystal.
[<RequireQualifiedAccess>]
module Cif =
    /// The number of a value, without the uncertainty in brackets.
    let private real (block: CifBlock) (value: CifValue) : float =
        let text = value.Text
        let opening = text.IndexOf '('

        let digits =
            if opening < 0 then
                Some text
            else
                let inside = text.AsSpan(opening + 1)
                let close = inside.IndexOf ')'

                if
                    close = inside.Length - 1
                    && close > 0
                    && not (inside.Slice(0, close).ContainsAnyExceptInRange('0', '9'))
                then
                    Some(text.Substring(0, opening))
                else
                    None

        let mutable number = 0.0

        match digits with
        | Some digits when
            Numerals.tryReal (ReadOnlySpan(Encoding.UTF8.GetBytes digits)) &number && Double.IsFinite number
            ->
            number
        | _ -> block.Fail(value, "a finite number, perhaps with its uncertainty in brackets")

    /// Whether a value is given: '.' and '?' say that it is not.
    let private isGiven (value: CifValue) = value.Quoted || (value.Text <> "." && value.Text <> "?")

    let private required (block: CifBlock) tag : CifValue =
        match block.Item tag with
        | Some value -> value
        | None -> block.Lacks $"{tag} in it"

    /// The matrix that turns fractional into Cartesian coordinates, if all of it is given: the transpose of H.
    let private readMatrix (block: CifBlock) : float[] option =
        let values = Array.init 9 (fun i -> block.Item $"_atom_sites_cartn_tran_matrix_{i % 3 + 1}{i / 3 + 1}")

        if Array.forall Option.isSome values then
            Some(values |> Array.map (Option.get >> real block))
        else
            None

    /// Vectors that must have the lengths and angles of the cell, to the digits that files give those.
    let private checkMatrix (place: Place) (lengths: float[]) (angles: float[]) cell =
        let differs tolerance (a: float) (b: float) = not (abs (a - b) <= tolerance)
        let a, b, c = Cell.lengths cell
        let alpha, beta, gamma = Cell.angles cell
        let found = Array.map2 (differs 0.01) lengths [| a; b; c |]
        let turned = Array.map2 (differs 0.1) angles [| alpha; beta; gamma |]

        if Array.contains true found || Array.contains true turned then
            let expected = "the lengths (to 0.01 Å) and angles (to 0.1°) of the cell"
            Outcome.raise (At(place, Inconsistent("_atom_sites_Cartn_tran_matrix", $"{cell}", expected)))

    let private readCell (block: CifBlock) : Cell =
        let values = [| for axis in [ "a"; "b"; "c" ] -> required block $"_cell_length_{axis}" |]
        let turns = [| for axis in [ "alpha"; "beta"; "gamma" ] -> required block $"_cell_angle_{axis}" |]
        let lengths = values |> Array.map (real block)
        let angles = turns |> Array.map (real block)

        for k in 0..2 do
            if not (lengths[k] > 0.0) then block.Fail(values[k], "a positive length in Å")

            if not (angles[k] > 0.0 && angles[k] < 180.0) then
                block.Fail(turns[k], "an angle between 0 and 180 degrees")

        let place = block.Place turns[0]
        let at = Result.mapError (NoetherError.at place) >> Outcome.getOrFail

        match readMatrix block with
        | Some vectors ->
            let cell = Cell.create vectors (true, true, true) |> at
            checkMatrix place lengths angles cell
            cell
        | None ->
            Cell.ofLengthsAndAngles
                (lengths[0], lengths[1], lengths[2])
                (angles[0], angles[1], angles[2])
                (true, true, true)
            |> at

    let private operationTags = [ "_space_group_symop_operation_xyz"; "_symmetry_equiv_pos_as_xyz" ]

    let private groupNames =
        [ "_space_group_name_h-m_alt"
          "_symmetry_space_group_name_h-m"
          "_space_group_name_hall"
          "_symmetry_space_group_name_hall" ]

    let private groupNumbers = [ "_space_group_it_number"; "_symmetry_int_tables_number" ]

    /// Without operations the space group must be P 1, by every name it has.
    let private checkTrivial (block: CifBlock) =
        let check tags trivial =
            for value in List.choose block.Item tags do
                let plain = value.Text.Replace(" ", "").Replace("_", "").ToUpperInvariant()

                if isGiven value && not (List.contains plain trivial) then
                    block.Fail(value, "P 1, or the operations listed: _space_group_symop_operation_xyz")

        check groupNames [ "P1" ]
        check groupNumbers [ "1" ]

    let private readOperations (block: CifBlock) : SymmetryOperation[] =
        match operationTags |> List.tryPick block.Column with
        | None ->
            checkTrivial block
            [| CifSymmetry.identity |]
        | Some values ->
            if values.Length > CifSymmetry.most then
                block.Fail(values[CifSymmetry.most], $"at most {CifSymmetry.most} operations, as in every space group")

            let operations =
                values
                |> Array.map (fun value ->
                    match CifSymmetry.tryParse value.Text with
                    | Some operation -> operation
                    | None -> block.Fail(value, "an operation such as 'x, y+1/2, -z' that keeps volumes"))

            if not (CifSymmetry.hasIdentity operations) then
                block.Fail(values[0], "the operation 'x, y, z' among the operations")

            operations

    let private elementOf (block: CifBlock) (value: CifValue) =
        let letters = value.Text |> Seq.takeWhile Char.IsAsciiLetter |> Array.ofSeq |> String

        match Elements.ofSymbol letters with
        | Ok z -> z
        | Error _ -> Outcome.raise (At(block.Place value, UnknownElement value.Text))

    /// The atomic numbers of the sites: from their types, else from their labels.
    let private readElements (block: CifBlock) count : int[] =
        let types = block.Column "_atom_site_type_symbol"
        let labels = block.Column "_atom_site_label"

        Array.init count (fun i ->
            match types, labels with
            | Some types, _ when isGiven types[i] -> elementOf block types[i]
            | _, Some labels -> elementOf block labels[i]
            | _ -> block.Lacks "_atom_site_type_symbol or _atom_site_label in it")

    let private checkSites (block: CifBlock) count =
        for tag in block.Tags do
            if tag.StartsWith("_atom_site_", StringComparison.Ordinal) && not (tag.StartsWith "_atom_site_aniso_") then
                match block.Column tag with
                | Some values when values.Length <> count ->
                    block.Fail(values[0], $"{count} values of {tag}, as many as sites")
                | _ -> ()

        for value in block.Column "_atom_site_occupancy" |> Option.defaultValue Array.empty do
            if isGiven value && real block value <> 1.0 then
                block.Fail(value, "an occupancy of 1, as a structure has whole atoms")

        for value in block.Column "_atom_site_calc_flag" |> Option.defaultValue Array.empty do
            if value.Text.Equals("dum", StringComparison.OrdinalIgnoreCase) then
                block.Fail(value, "a site that is no dummy")

    let private readBlock (block: CifBlock) : Structure =
        let cell = readCell block

        let axes =
            [| for axis in [ "x"; "y"; "z" ] ->
                   match block.Column $"_atom_site_fract_{axis}" with
                   | Some values -> values
                   | None -> block.Lacks $"_atom_site_fract_{axis} in it" |]

        let count = axes[0].Length
        checkSites block count
        let elements = readElements block count
        let operations = readOperations block
        let numbers = ResizeArray<int>()
        let fractional = ResizeArray<float>()
        let occupied = CifSymmetry.Occupied()

        for i in 0 .. count - 1 do
            let site = axes |> Array.map (fun values -> real block values[i])

            for image in CifSymmetry.orbit operations site do
                // Where nothing is repeated, atoms may lie as they like.
                if operations.Length > 1 then
                    match occupied.Add(image, i) with
                    | Some other when other <> i ->
                        let expected = $"a place that no operation maps onto that of site {other + 1}"
                        Outcome.raise (At(block.Place axes[0].[i], Malformed($"site {i + 1}", expected)))
                    | _ -> ()

                numbers.Add elements[i]
                fractional.AddRange image

        Structure.create
            (ImmutableArray.CreateRange numbers)
            (Cell.toCartesian cell (ImmutableArray.CreateRange fractional))
            cell
        |> Result.mapError (NoetherError.at (block.Place axes[0].[0]))
        |> Outcome.getOrFail

    /// Blocks that hold only the words of an article have no sites.
    let private hasSites (block: CifBlock) =
        block.Tags
        |> Seq.exists (fun tag ->
            tag.StartsWith("_atom_site_", StringComparison.Ordinal) || tag.StartsWith "_atom_site.")

    let private readAll (lines: Lines) : Structure list =
        match CifText.read lines |> List.filter hasSites with
        | [] -> lines.Fail(-1, "no atom sites", "a data block with _atom_site_fract_x")
        | blocks -> List.map readBlock blocks

    /// The crystals of a source.
    let internal framesFrom options path openSource : seq<Result<Structure, NoetherError>> =
        ExtXyz.wholeBy readAll options path openSource

    /// The crystals of a file, one for each data block with atom sites. Errors: `FileFailure`; all others with their
    /// place in the file.
    let read (path: string) : Result<Structure list, NoetherError> =
        ExtXyz.collect (framesFrom ReadingOptions.usual path (fun () -> Files.openRead path))

    /// The crystals in the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure list, NoetherError> =
        ExtXyz.collect (framesFrom ReadingOptions.usual name (Files.ofBytes bytes))

    let private block (options: WritingOptions) (index: int) (structure: Structure) : string =
        Narrow.checkPeriodic options "CIF" structure
        let none name _ = Narrow.only "CIF" [] name
        let structure = Narrow.keep options "CIF" none none structure
        let cell = structure.Cell

        if structure.Count = 0 then
            Outcome.raise (InvalidArgument("the number of atoms", "0", "at least one, as loops hold a value"))

        if cell.Determinant < 0.0 then
            let expected = "right-handed vectors, as lengths and angles do not tell a crystal from its mirror image"
            Outcome.raise (InvalidCell(List.ofSeq cell.Vectors, expected))

        let builder = StringBuilder()
        let line (text: string) = builder.Append(text).Append('\n') |> ignore
        let number = Numerals.ofReal
        line $"data_{index}"
        let a, b, c = Cell.lengths cell
        let alpha, beta, gamma = Cell.angles cell

        for name, value in
            [ "length_a", a
              "length_b", b
              "length_c", c
              "angle_alpha", alpha
              "angle_beta", beta
              "angle_gamma", gamma ] do
            line $"_cell_{name} {number value}"

        for i in 0..8 do
            line $"_atom_sites_Cartn_tran_matrix_{i / 3 + 1}{i % 3 + 1} {number cell.Vectors[3 * (i % 3) + i / 3]}"

        line "_space_group_name_H-M_alt 'P 1'\n_space_group_IT_number 1"
        line "loop_\n_space_group_symop_operation_xyz\n'x, y, z'"
        line "loop_\n_atom_site_label\n_atom_site_type_symbol"
        line "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy"
        let fractional = Cell.toFractional cell structure.Positions
        let digits = Array.zeroCreate 32

        for atom in 0 .. structure.Count - 1 do
            let symbol = Elements.symbol structure.Numbers[atom]
            builder.Append(symbol).Append(atom + 1).Append(' ').Append(symbol) |> ignore

            for k in 0..2 do
                builder.Append ' ' |> ignore
                Numerals.append builder digits fractional[3 * atom + k]

            builder.Append " 1.0\n" |> ignore

        builder.ToString()

    /// The text of a file, a data block a piece.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        structures |> Seq.mapi (fun i structure -> block options (i + 1) structure)

    /// Structures as the text of a file, one data block each, in P 1. Errors: `InvalidArgument` for no atoms, an axis
    /// that is not periodic, and properties; `InvalidCell` for left-handed vectors.
    let format (structures: Structure seq) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict structures)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict structures)
