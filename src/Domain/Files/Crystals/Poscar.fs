namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// POSCAR and CONTCAR files of VASP (https://www.vasp.at/wiki/index.php/POSCAR), as VASP 4 and 5 write them.
///
/// *Read.* A comment (`Info` "comment" where it is not blank), a scale, three vectors (rows, Å), symbols (VASP 5; in
/// VASP 4 the comment holds them; of `Si_pv` and `Si/a1b2` the symbol is Si), counts, `Selective dynamics` or not,
/// `Direct` or `Cartesian`, a line for each atom. One positive scale multiplies vectors and Cartesian positions; a
/// negative one is minus the volume in Å³; three multiply the x, y and z components. All three axes are periodic.
///
/// *Passed over with a notice*, as VASP reads none of it: text behind numbers and flags (behind `!` or `#`, and the symbol
/// of the atom itself, without one); flags without `Selective dynamics`; velocities of the lattice; the
/// predictor-corrector block of a run behind the velocities. Flags are logicals of Fortran: T, f, .TRUE., .F.
///
/// *Atom properties.* `selective_dynamics` [n; 3], booleans, true where the component may move (`Constraints`), written
/// of `move_mask` too. `velocities` [n; 3] in Å/fs, where the block is there; those in direct coordinates are fractions in a
/// time step, which the predictor-corrector block tells: without it they are passed over with a notice. `masses` [n] (amu),
/// where there are D or T, which POSCAR does not hold when it is written: VASP has no such symbols.
///
/// *Exact.* Written are scale 1, Cartesian positions and the shortest digits that read back as the same bits, atoms in
/// their order (a symbol stands as often as its atoms are apart).
[<RequireQualifiedAccess>]
module Poscar =
    /// The one frame of a source.
    let internal framesFrom options path openSource : seq<Result<Structure, NoetherError>> =
        ExtXyz.wholeBy (PoscarText.read >> List.singleton) options path openSource

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
