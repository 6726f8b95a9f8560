namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// Crystals in CIF files (International Tables for Crystallography G; core dictionary of the IUCr).
///
/// *Read.* Of each data block with atom sites: the cell from lengths and angles, the sites from fractional coordinates,
/// and the operations of `_space_group_symop_operation_xyz` or `_symmetry_equiv_pos_as_xyz`. Where none are listed they
/// are those of the space group, by its Hall symbol, its Hermann-Mauguin name or its number, in this order of trust
/// (`SpaceGroups`); of settings that share a name the first that fits the cell is taken. Elements come from the type
/// symbol (`Na+` is Na), or where there is none from the label (`ElementNames`); D and T are hydrogen, and the atoms then
/// have `masses`. Uncertainties in brackets are dropped. Other tags are passed over.
///
/// *Atoms* stand site by site; the images of a site follow the operations. A site whose images lie within 0.2 Å of each
/// other is moved onto the special position between them, on which they are one atom. The listed site otherwise stays
/// where it is; the others lie in the cell. A site that repeats another of its element is passed over.
///
/// *Disorder.* A structure has whole atoms. Of the elements that share a place, and of the vacancy there, the most
/// probable is taken, the first of equals; the atoms then have `occupancies`. A place half empty is refused.
///
/// *Notices* tell of all that was chosen, moved, merged or left out; of formulae, Z, multiplicities and names of groups
/// that do not agree with the atoms; and of atoms nearer than 0.6 Å.
///
/// *Refused*, as it would be wrong: whole sites of two elements on one place, dummies, a name and a number of different
/// groups without operations, cells that do not have the symmetry of their group, operations without x, y, z, and
/// whatever does not follow the grammar, with its place.
///
/// *Orientation.* CIF has lengths and angles; a₀ is laid along x and a₁ into the plane z = 0 (`Cell.ofLengthsAndAngles`),
/// unless the items `_atom_sites_Cartn_tran_matrix_ij` say where the axes lie. `write` gives them, so that the cell
/// returns to the bit and the positions to the rounding of fractional coordinates; other programs may turn the crystal.
[<RequireQualifiedAccess>]
module Cif =
    let private readBlock (block: CifBlock) : Structure =
        let cell = CifCell.read block
        let sites = CifSites.read block cell (CifSymmetry.operations block cell)

        let atoms =
            [ for site in sites do
                  for image in site.Images -> site, image ]

        let numbers = ImmutableArray.CreateRange(atoms |> Seq.map (fun (site, _) -> site.Element.Number))
        let fractional = ImmutableArray.CreateRange(atoms |> Seq.collect snd)
        CifFormula.check block numbers

        let occupancies =
            if sites |> List.forall (fun site -> site.Occupancy = 1.0) then
                []
            else
                [ "occupancies", Property.reals (atoms |> Seq.map (fun (site, _) -> site.Occupancy)) ]

        let perAtom = ElementNames.masses (atoms |> Seq.map (fun (site, _) -> site.Element)) @ occupancies

        Structure.createWith numbers (Cell.toCartesian cell fractional) cell perAtom []
        |> Result.mapError (NoetherError.at block.Start)
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
