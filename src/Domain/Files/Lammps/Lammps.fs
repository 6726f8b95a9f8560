namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// A box of LAMMPS: its lower corner, its edges along x, y and z, and its tilts xy, xz and yz, all in Å. The vectors are
/// (edge x, 0, 0), (xy, edge y, 0) and (xz, yz, edge z).
type internal LammpsBox = { Low: float[]; Edges: float[]; Tilts: float[] }

/// The common ground of data files and dumps of LAMMPS (https://docs.lammps.org/read_data.html, dump.html,
/// Howto_triclinic.html).
///
/// *Units.* Read are all unit styles of LAMMPS but `lj`: `metal` (Å, amu, e, Å/ps), `real`, `si`, `cgs`, `electron`,
/// `micro` and `nano`, as the file says or `ReadingOptions.Units` does; where neither says it, `metal`, with a notice where
/// velocities or forces depend on it. Lengths, masses, charges, velocities and forces become Å, amu, e, Å/fs and eV/Å;
/// other columns stay as they stand. Written is `metal`; velocities are moved by three digits in the text, so that their
/// bits come back.
///
/// *Names of atom properties* for columns of LAMMPS: `id`, `type`, `molecule` (mol), `masses` (mass), `charges` (q),
/// `image` (ix iy iz) [n; 3], `velocities` (vx vy vz) [n; 3], `forces` (fx fy fz) [n; 3]. Positions stay where the file
/// has them: image flags are kept, not applied.
///
/// *The corner* of a box that is not 0 0 0 is `Info` "origin", three numbers in Å; positions are absolute.
[<RequireQualifiedAccess>]
module Lammps =
    let private shape = "vectors (a, 0, 0), (b, c, 0), (d, e, f) with positive a, c, f (Lammps.align turns others)"

    /// The orthonormal axes that `align` makes x, y and z (Gram and Schmidt): the first vector, what is upright on it in the
    /// plane of the first two, and their normal.
    let private axesOf (vectors: ImmutableArray<float>) =
        let x = Triple.unit (Triple.ofRow 0 (vectors.AsSpan()))
        let z = Triple.unit (Triple.cross x (Triple.ofRow 1 (vectors.AsSpan())))
        [| x; Triple.cross z x; z |]

    let private isAligned (v: ImmutableArray<float>) =
        v[1] = 0.0 && v[2] = 0.0 && v[5] = 0.0 && v[0] > 0.0 && v[4] > 0.0

    /// The structure with points turned about the origin, `velocities` and `forces` with them, in a cell of these vectors.
    let private turned (turn: ImmutableArray<float> -> float[]) (vectors: float[]) (structure: Structure) : Structure =
        let property name (property: Property) =
            match property.Shape, property.Values with
            | [ _; 3 ], Reals values when name = "velocities" || name = "forces" ->
                Property(property.Shape, Reals(ImmutableArray.Create<float>(turn values)))
            | [ _; 3 ], Reals _ ->
                let expected = "velocities and forces only among the properties [n; 3] of a turned structure"
                Outcome.raise (InvalidArgument("a property of the atoms", $"'{name}'", expected))
            | _ -> property

        let flags = structure.Cell.Periodic
        let cell = Cell.create vectors (flags[0], flags[1], flags[2]) |> Outcome.getOrFail
        let positions = ImmutableArray.Create<float>(turn structure.Positions)
        Structure(structure.Numbers, positions, cell, Map.map property structure.PerAtom, structure.Info)

    /// Turns a structure so that its first vector lies along +x and its second in the plane of x and y with y > 0, as
    /// LAMMPS and PDB need it. Positions (about the origin), `velocities` and `forces` turn with the cell; lengths, angles
    /// and fractional coordinates stay, to rounding; a cell that lies so already stays to the bit.
    /// Errors: `InvalidCell` for fewer than three vectors and for left-handed ones; `InvalidArgument` for another real
    /// property [n; 3], of which nobody knows whether it turns.
    let align (structure: Structure) : Result<Structure, NoetherError> =
        let cell = structure.Cell

        if (Cell.volume cell).IsNone || cell.Determinant < 0.0 then
            Error(InvalidCell(List.ofSeq cell.Vectors, "three right-handed vectors, which can be turned"))
        elif isAligned cell.Vectors then
            Ok structure
        else
            Outcome.capture (fun () ->
                let axes = axesOf cell.Vectors

                let turn (points: ImmutableArray<float>) =
                    Array.init points.Length (fun i -> Triple.dot (Triple.ofRow (i / 3) (points.AsSpan())) axes[i % 3])

                let rows = turn cell.Vectors

                for i in [ 1; 2; 5 ] do
                    rows[i] <- 0.0

                turned turn rows structure)

    /// Turns a structure that `align` has turned back into the cell of these vectors.
    let internal restore (vectors: ImmutableArray<float>) (structure: Structure) : Structure =
        let axes = axesOf vectors
        let entry k (struct (x, y, z)) = [| x; y; z |][k]

        let turn (points: ImmutableArray<float>) =
            Array.init points.Length (fun i ->
                Seq.sum (seq { for k in 0..2 -> points[i / 3 * 3 + k] * entry (i % 3) axes[k] }))

        turned turn (Seq.toArray vectors) structure

    let private mark = " (turned from "

    /// A comment that tells the vectors of the cell before it was turned.
    let internal tell (vectors: ImmutableArray<float>) (comment: string) : string =
        comment + mark + (vectors |> Seq.map Numerals.ofReal |> String.concat " ") + ")"

    /// The vectors that a comment tells of, and the comment without them.
    let internal told (comment: string) : (ImmutableArray<float> * string) option =
        match comment.LastIndexOf(mark, StringComparison.Ordinal) with
        | at when at >= 0 && comment.EndsWith ')' ->
            let words = comment.Substring(at + mark.Length).TrimEnd(')').Split ' '

            let numbers =
                words
                |> Array.choose (fun word ->
                    let mutable value = 0.0
                    let bytes = Encoding.UTF8.GetBytes word

                    if Numerals.tryReal (ReadOnlySpan bytes) &value && Double.IsFinite value then Some value else None)

            if words.Length = 9 && numbers.Length = 9 then
                Some(ImmutableArray.Create<float> numbers, comment.Substring(0, at))
            else
                None
        | _ -> None

    /// The structure as a format needs it that knows aligned cells only: refused where writing is strict, else turned with
    /// a notice.
    let internal laid (options: WritingOptions) (format: string) (structure: Structure) : Structure =
        let v = structure.Cell.Vectors

        if isAligned v || (Cell.volume structure.Cell).IsNone || options.Strict then
            structure
        else
            let laid = align structure |> Outcome.getOrFail

            let text =
                $"turned: {format} needs the first vector of the cell along x and the second in the plane of x and y"

            options.Notice { Place = None; Text = text }
            laid

    /// Refuses cells that do not lie as `align` lays them.
    let internal checkAligned (structure: Structure) =
        let v = structure.Cell.Vectors

        if v[1] <> 0.0 || v[2] <> 0.0 || v[5] <> 0.0 || not (v[0] > 0.0 && v[4] > 0.0 && v[8] > 0.0) then
            Outcome.raise (InvalidCell(List.ofSeq v, shape))

    /// The vectors of a box.
    let internal vectorsOf (box: LammpsBox) : float[] =
        let e, t = box.Edges, box.Tilts
        [| e[0]; 0.0; 0.0; t[0]; e[1]; 0.0; t[1]; t[2]; e[2] |]

    /// The corner as a property, where it is not 0 0 0.
    let internal originOf (low: float[]) =
        if Array.forall (fun x -> x = 0.0) low then [] else [ "origin", Property.reals low ]

    /// The corner that a property holds.
    let internal corner (property: Property) : float[] =
        match property.Shape, Property.tryReals property with
        | [ 3 ], Some values when Seq.forall Double.IsFinite values -> Array.ofSeq values
        | _ ->
            let expected = "three finite numbers, the lower corner of the box in Å"
            Outcome.raise (InvalidArgument("the property 'origin'", $"{property}", expected))

    let internal boxOf (structure: Structure) : LammpsBox =
        checkAligned structure
        let v = structure.Cell.Vectors

        let low =
            structure.Info |> Map.tryFind "origin" |> Option.map corner |> Option.defaultValue (Array.zeroCreate 3)

        { Low = low; Edges = [| v[0]; v[4]; v[8] |]; Tilts = [| v[3]; v[6]; v[7] |] }

    /// The values of an atom property of so many columns; an error where its type is another.
    let internal checkColumn name (width: int) kind (values: Values -> ImmutableArray<'T> option) (property: Property) =
        let columns = if property.Shape.Length = 1 then 1 else property.Shape[1]

        match values property.Values with
        | Some found when columns = width -> found
        | _ ->
            let expected = if width = 1 then $"{kind}, one for each atom" else $"{kind}, {width} for each atom"
            Outcome.raise (InvalidArgument($"the atom property '{name}'", $"{property}", expected))

    /// The values of an atom property of so many columns, where it is there; an error where its type is another.
    let internal column name width kind values (structure: Structure) =
        structure.PerAtom |> Map.tryFind name |> Option.map (checkColumn name width kind values)

    /// Finite real numbers.
    let internal finite values =
        match values with
        | Reals a when Seq.forall Double.IsFinite a -> Some a
        | _ -> None

    /// Integers.
    let internal whole values =
        match values with
        | Integers a -> Some a
        | _ -> None

    /// The atom property of a list of columns, [n] or [n; w].
    let internal property count width (values: Values) =
        Property((if width = 1 then [ count ] else [ count; width ]), values)

    /// The atoms in the order of their ids.
    let internal sorted (ids: ResizeArray<int64>) (structure: Structure) : Structure =
        if Seq.pairwise ids |> Seq.forall (fun (a, b) -> a < b) then
            structure
        else
            let order = Array.sortBy (fun i -> ids[i]) [| 0 .. ids.Count - 1 |]
            let atoms = Structure.select order structure |> Outcome.getOrFail
            Structure(atoms.Numbers, atoms.Positions, atoms.Cell, atoms.PerAtom, structure.Info)
