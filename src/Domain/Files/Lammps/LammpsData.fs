namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Text

/// Data files of LAMMPS (https://docs.lammps.org/read_data.html), in the units and names of `Lammps`.
///
/// *Read.* The header, with bounds and tilts or the vectors of a general cell (avec, bvec, cvec, abc origin);
/// `Atoms # style` with the styles atomic, charge, bond, angle, molecular, full, sphere, ellipsoid, peri, dpd, dipole and
/// spin, with or without image flags; Masses, Atom Type Labels and Velocities. Without a style it is that of
/// `ReadingOptions.Style`, else that of atomic, charge, molecular and full which alone the columns may be, with a notice.
/// Atoms come in the order of their ids. Atom properties are `id`, `type`, `masses` (where there are Masses), `charges`,
/// `molecule`, `image`, `velocities` (Å/fs), and other columns by their names. All axes are periodic, as the file says
/// nothing of it. Topology, coefficients and sections unknown are passed over with a notice.
///
/// *Elements.* Of each type: the symbol given to `ReadingOptions.Types`; or its label, where that is a symbol; or the only
/// word behind '#' in its line of Masses, where that is one; or, with a notice, the element whose mass is within 0.5 amu and
/// less than half as far as any other's. A type that occurs and has none of these is an error.
///
/// *Written* are the cell as `Lammps.align` lays it, atoms in their order, Masses with symbols, and the style that the
/// properties ask for. Without `type`, each pair of element and mass is one, in the order of first appearance; without
/// `id`, atoms count from 1. Numbers come back to the bit, except that the upper bounds of a box with an `origin` are
/// rounded sums.
[<RequireQualifiedAccess>]
module LammpsData =
    /// The one frame of a source.
    let internal framesFrom (options: ReadingOptions) path openSource : seq<Result<Structure, NoetherError>> =
        match Outcome.capture (fun () -> LammpsTypes.ofSymbols options.Types) with
        | Ok elements -> ExtXyz.wholeBy (LammpsDataReader.read elements >> List.singleton) options path openSource
        | Error error -> Seq.singleton (Error error)

    /// The symbols of the types 1, 2, … of a file, by its labels and masses, D and T among them: `ReadingOptions.Types` for
    /// dumps of the same run. Errors: as `read`.
    let symbolsOf (options: ReadingOptions) (path: string) : Result<string list, NoetherError> =
        ExtXyz.wholeBy (LammpsDataReader.types >> List.singleton) options path (fun () -> Files.openRead path) |> Seq.head

    /// The structure of a file that says less than it should, with its style and the elements of its types.
    /// Errors: `UnknownElement` for a symbol, and as `read`.
    let readWith (options: ReadingOptions) (path: string) : Result<Structure, NoetherError> =
        Seq.head (framesFrom options path (fun () -> Files.openRead path))

    /// The structure of a file. Errors: `FileFailure`; all others with their place in the file.
    let read (path: string) : Result<Structure, NoetherError> = readWith ReadingOptions.usual path

    /// The structure in the bytes of a file, compressed or not; `name` stands for the path in messages.
    let parseBytes (name: string) (bytes: byte[]) : Result<Structure, NoetherError> =
        Seq.head (framesFrom ReadingOptions.usual name (Files.ofBytes bytes))

    let private appendRow (builder: StringBuilder) (digits: char[]) (values: ImmutableArray<float>) row =
        for k in 0..2 do
            builder.Append ' ' |> ignore
            Numerals.append builder digits values[3 * row + k]

    let private largestType = 10000L

    /// The type of each atom, and of each type its element and mass.
    let private typesOf (structure: Structure) : ImmutableArray<int64> * (int * float)[] =
        let masses = structure |> Lammps.column "masses" 1 "finite reals" Lammps.finite
        let given = structure |> Lammps.column "type" 1 "integers" Lammps.whole

        let species =
            Array.init structure.Count (fun i ->
                let z = structure.Numbers[i]

                match masses with
                | Some masses when masses[i] > 0.0 -> z, masses[i]
                | Some masses ->
                    let value = NoetherError.number masses[i]
                    Outcome.raise (InvalidArgument($"the mass of atom {i}", value, "a positive number"))
                | None -> z, Elements.mass z)

        match given with
        | None ->
            let distinct = Array.distinct species
            let index = Dictionary<struct (int * float), int64>()
            distinct |> Array.iteri (fun t (z, mass) -> index[struct (z, mass)] <- int64 t + 1L)
            let types = species |> Array.map (fun (z, mass) -> index[struct (z, mass)])
            ImmutableArray.Create<int64> types, distinct
        | Some types ->
            // A type that has no atoms is a site of no element.
            let last = Seq.max types

            if Seq.min types < 1L || last > largestType then
                let found = if last > largestType then last else Seq.min types
                Outcome.raise (InvalidArgument("an atom type", $"{found}", $"one from 1 to {largestType}"))

            let table = Array.create (int last) (0, Elements.mass 0)
            let seen = Array.create (int last) false

            types
            |> Seq.iteri (fun i found ->
                let t = int found - 1

                if seen[t] && table[t] <> species[i] then
                    let expected = "one element and one mass for each type"
                    Outcome.raise (InvalidArgument($"the type of atom {i}", $"{found}", expected))

                seen[t] <- true
                table[t] <- species[i])

            types, table

    let private idsOf (structure: Structure) : ImmutableArray<int64> =
        match structure |> Lammps.column "id" 1 "integers" Lammps.whole with
        | None -> ImmutableArray.CreateRange(seq { 1L .. int64 structure.Count })
        | Some ids ->
            if Seq.exists (fun id -> id < 1L) ids || (Seq.distinct ids |> Seq.length) < ids.Length then
                let expected = "positive numbers, each once"
                Outcome.raise (InvalidArgument("the atom property 'id'", "not such", expected))

            ids

    let private checkInfo name (property: Property) =
        Narrow.only "a LAMMPS data file" [ "comment"; "origin" ] name

        if name = "origin" then
            Lammps.corner property |> ignore
        else
            let comment = Narrow.commentOf property

            if comment.Contains(LammpsDataReader.mark, StringComparison.Ordinal) then
                let expected = "a text that does not name units, as these are metal"
                Outcome.raise (InvalidArgument("the property 'comment'", $"'{comment}'", expected))

    let private checkAtoms name (property: Property) =
        Narrow.only "a LAMMPS data file" [ "id"; "type"; "masses"; "charges"; "molecule"; "image"; "velocities" ] name

        match name with
        | "image" -> Lammps.checkColumn name 3 "integers" Lammps.whole property |> ignore
        | "velocities" -> Lammps.checkColumn name 3 "finite reals" Lammps.finite property |> ignore
        | "masses"
        | "charges" -> Lammps.checkColumn name 1 "finite reals" Lammps.finite property |> ignore
        | _ -> Lammps.checkColumn name 1 "integers" Lammps.whole property |> ignore

    let private print (options: WritingOptions) (given: Structure) : string =
        Narrow.checkPeriodic options "a LAMMPS data file" given

        let structure =
            given
            |> Narrow.keep options "a LAMMPS data file" checkInfo checkAtoms
            |> Lammps.laid options "a LAMMPS data file"

        if structure.Count = 0 then
            Outcome.raise (InvalidArgument("the number of atoms", "0", "at least one"))

        let box = Lammps.boxOf structure
        let types, species = typesOf structure
        let ids = idsOf structure
        let charges = structure |> Lammps.column "charges" 1 "finite reals" Lammps.finite
        let molecules = structure |> Lammps.column "molecule" 1 "integers" Lammps.whole
        let images = structure |> Lammps.column "image" 3 "integers" Lammps.whole
        let velocities = structure |> Lammps.column "velocities" 3 "finite reals" Lammps.finite
        let builder = StringBuilder()
        let digits = Array.zeroCreate 32
        let line (text: string) = builder.Append(text).Append('\n') |> ignore
        let number = Numerals.ofReal

        let comment =
            match Narrow.comment structure with
            | "" -> LammpsDataReader.mark + LammpsUnits.metal.Name
            | comment -> $"{comment}, {LammpsDataReader.mark}{LammpsUnits.metal.Name}"

        line (if structure.Cell = given.Cell then comment else Lammps.tell given.Cell.Vectors comment)

        line $"\n{structure.Count} atoms\n{species.Length} atom types\n"

        for k in 0..2 do
            let axis = "xyz"[k]
            line $"{number box.Low[k]} {number (box.Low[k] + box.Edges[k])} {axis}lo {axis}hi"

        if box.Tilts |> Array.exists (fun tilt -> tilt <> 0.0) then
            line $"{number box.Tilts[0]} {number box.Tilts[1]} {number box.Tilts[2]} xy xz yz"

        line "\nMasses\n"
        species |> Array.iteri (fun t (z, mass) -> line $"{t + 1} {number mass} # {Elements.symbol z}")

        let style =
            match charges, molecules with
            | Some _, Some _ -> "full"
            | Some _, None -> "charge"
            | None, Some _ -> "molecular"
            | None, None -> "atomic"

        line $"\nAtoms # {style}\n"

        for atom in 0 .. structure.Count - 1 do
            builder.Append(ids[atom]) |> ignore
            molecules |> Option.iter (fun values -> builder.Append(' ').Append(values[atom]) |> ignore)
            builder.Append(' ').Append(types[atom]) |> ignore
            charges |> Option.iter (fun values -> builder.Append(' ').Append(number values[atom]) |> ignore)
            appendRow builder digits structure.Positions atom

            images
            |> Option.iter (fun values ->
                for k in 0..2 do
                    builder.Append(' ').Append(values[3 * atom + k]) |> ignore)

            builder.Append '\n' |> ignore

        velocities
        |> Option.iter (fun values ->
            line "\nVelocities\n"

            for atom in 0 .. structure.Count - 1 do
                builder.Append(ids[atom]) |> ignore

                for k in 0..2 do
                    builder.Append(' ').Append(LammpsUnits.velocityText values[3 * atom + k]) |> ignore

                builder.Append '\n' |> ignore)

        builder.ToString()

    /// The text of a file, which holds one structure.
    let internal pieces (options: WritingOptions) (structures: Structure seq) : string seq =
        Seq.delay (fun () -> structures |> Narrow.single "a LAMMPS data file" |> print options |> Seq.singleton)

    /// A structure as the text of a file. Errors: `InvalidCell` for a cell that lies otherwise than `Lammps.align` lays
    /// it; `InvalidArgument` for no atoms, an axis that is not periodic, properties that the format does not hold or of
    /// another type, and types that stand for several elements or masses.
    let format (structure: Structure) : Result<string, NoetherError> =
        Narrow.print (pieces WritingOptions.strict [ structure ])

    /// Writes a structure to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: `FileFailure`, and those of `format`, after which the file is as it was.
    let write (path: string) (structure: Structure) : Result<unit, NoetherError> =
        Narrow.write path (pieces WritingOptions.strict [ structure ])
