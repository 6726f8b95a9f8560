namespace Noether.Domain

open System
open System.IO

/// A file format for structures: the names its files have, and how they are read and written.
type Format =
    {
        /// The name in messages: "extended XYZ".
        Name: string
        /// The endings of its files without the point, in lower case; ".gz" behind them does not matter.
        Extensions: string list
        /// The beginning of the names of its files where no ending says it, such as POSCAR.
        Prefixes: string list
        /// The structures of a file one by one; an error is the last.
        Frames: ReadingOptions -> string -> seq<Result<Structure, NoetherError>>
        /// The structures of the bytes of a file, compressed or not; the text stands for the path in messages.
        Parse: ReadingOptions -> string -> byte[] -> Result<Structure list, NoetherError>
        /// The text of a file in pieces, made as they are asked for, the first perhaps with all the others. What the format
        /// cannot hold is raised as a NoetherException.
        Pieces: WritingOptions -> Structure seq -> string seq
    }

    /// The name of the format.
    override format.ToString() = format.Name

/// Reading and writing structures by the name of the file.
[<RequireQualifiedAccess>]
module Formats =
    let private format
        name
        extensions
        prefixes
        (framesFrom: ReadingOptions -> string -> (unit -> Source) -> seq<Result<Structure, NoetherError>>)
        pieces
        =
        { Name = name
          Extensions = extensions
          Prefixes = prefixes
          Frames = fun options path -> framesFrom options path (fun () -> Files.openRead path)
          Parse = fun options name bytes -> ExtXyz.collect (framesFrom options name (Files.ofBytes bytes))
          Pieces = pieces }

    /// All formats; a new one is added here.
    let all: Format list =
        [ format "extended XYZ" [ "extxyz"; "xyz" ] [] (ExtXyz.framesFrom false) ExtXyz.pieces
          format "POSCAR" [ "vasp"; "poscar"; "contcar" ] [ "POSCAR"; "CONTCAR" ] Poscar.framesFrom Poscar.pieces
          format "CIF" [ "cif" ] [] Cif.framesFrom Cif.pieces
          format "LAMMPS data" [ "data"; "lammps" ] [] LammpsData.framesFrom LammpsData.pieces
          format "LAMMPS dump" [ "lammpstrj"; "dump" ] [] LammpsDump.framesFrom LammpsDump.pieces
          format "PDB" [ "pdb" ] [] Pdb.framesFrom Pdb.pieces
          format "HDF5 of ANI" [ "h5"; "hdf5" ] [] AniDataset.framesFrom AniDataset.pieces ]

    /// The format that a path names: by its ending, else by what its name begins with. Endings come in either case, and
    /// ".gz" behind them is passed over. Errors: `InvalidArgument` for a name that says nothing.
    let ofPath (path: string) : Result<Format, NoetherError> =
        let name = string (Path.GetFileName path)

        let name =
            if name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
                name.Substring(0, name.Length - 3)
            else
                name

        let extension = (string (Path.GetExtension name)).TrimStart('.').ToLowerInvariant()
        let byEnding = all |> List.tryFind (fun format -> List.contains extension format.Extensions)

        let begins (prefix: string) = name.StartsWith(prefix, StringComparison.Ordinal)

        match byEnding |> Option.orElse (all |> List.tryFind (fun format -> List.exists begins format.Prefixes)) with
        | Some format -> Ok format
        | None ->
            let endings = all |> List.collect _.Extensions |> List.map (fun ending -> "." + ending)
            let prefixes = all |> List.collect _.Prefixes |> List.map (fun prefix -> prefix + "…")
            let expected = String.concat ", " (endings @ prefixes) + ", perhaps with .gz behind it"
            Error(InvalidArgument("the name of the file", $"'{path}'", expected))

    /// The format of a name, such as "extended XYZ", or of an ending, such as "extxyz"; in either case. Errors:
    /// `InvalidArgument` for another.
    let ofName (name: string) : Result<Format, NoetherError> =
        let same (other: string) = String.Equals(name, other, StringComparison.OrdinalIgnoreCase)

        match all |> List.tryFind (fun format -> same format.Name || List.exists same format.Extensions) with
        | Some format -> Ok format
        | None ->
            let endings = all |> List.collect _.Extensions |> String.concat ", "
            Error(InvalidArgument("the format", $"'{name}'", $"one of {endings}"))

    /// The structures of a file one by one, in memory one at a time where the format allows it (XYZ, dumps, PDB), read as
    /// the options say. An error is the last element. Errors: as `ofPath` and the format's reader.
    let framesWith (options: ReadingOptions) (path: string) : seq<Result<Structure, NoetherError>> =
        match ofPath path with
        | Ok format -> format.Frames options path
        | Error error -> Seq.singleton (Error error)

    /// `framesWith` the usual options: everything as the file says it, notices heard by nobody.
    let frames (path: string) : seq<Result<Structure, NoetherError>> = framesWith ReadingOptions.usual path

    /// All structures of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> =
        Outcome.capture (fun () -> frames path |> Seq.map Outcome.getOrFail |> List.ofSeq)

    /// The first structure of a file. Errors: as `frames`.
    let readFirst (path: string) : Result<Structure, NoetherError> = Seq.head (frames path)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced when all of it
    /// is written. Errors: as `ofPath` and the format's writer, which where writing is strict refuses what the format
    /// cannot hold, and else leaves it out with a notice.
    let writeWith (options: WritingOptions) (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        ofPath path |> Result.bind (fun format -> Narrow.write path (format.Pieces options structures))

    /// `writeWith` strict options: refuses what the format cannot hold.
    let write (path: string) (structures: Structure seq) : Result<unit, NoetherError> =
        writeWith WritingOptions.strict path structures
