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
        Frames: string -> seq<Result<Structure, NoetherError>>
        /// Writes structures to a file, replacing it.
        Write: string -> Structure list -> Result<unit, NoetherError>
        /// The structures of the bytes of a file, compressed or not; the text stands for the path in messages.
        Parse: string -> byte[] -> Result<Structure list, NoetherError>
        /// Structures as the text of a file.
        Print: Structure list -> Result<string, NoetherError>
    }

/// Reading and writing structures by the name of the file.
[<RequireQualifiedAccess>]
module Formats =
    /// The frames of a reader that gives all or an error.
    let private whole (read: string -> Result<Structure list, NoetherError>) path =
        Seq.delay (fun () ->
            match read path with
            | Ok structures -> structures |> Seq.map Ok
            | Error error -> Seq.singleton (Error error))

    let private one name (act: Structure -> Result<'T, NoetherError>) structures =
        match structures with
        | [ structure ] -> act structure
        | _ ->
            let count = List.length structures
            Error(InvalidArgument("the number of structures", $"{count}", $"one, as {name} holds one"))

    /// All formats; a new one is added here.
    let all: Format list =
        [ { Name = "extended XYZ"
            Extensions = [ "extxyz"; "xyz" ]
            Prefixes = []
            Frames = ExtXyz.frames
            Write = fun path structures -> ExtXyz.write path structures
            Parse = ExtXyz.parseBytes
            Print = fun structures -> ExtXyz.format structures }
          { Name = "POSCAR"
            Extensions = [ "vasp"; "poscar"; "contcar" ]
            Prefixes = [ "POSCAR"; "CONTCAR" ]
            Frames = whole (Poscar.read >> Result.map List.singleton)
            Write = fun path -> one "POSCAR" (Poscar.write path)
            Parse = fun name bytes -> Poscar.parseBytes name bytes |> Result.map List.singleton
            Print = one "POSCAR" Poscar.format }
          { Name = "CIF"
            Extensions = [ "cif" ]
            Prefixes = []
            Frames = whole Cif.read
            Write = fun path structures -> Cif.write path structures
            Parse = Cif.parseBytes
            Print = fun structures -> Cif.format structures }
          { Name = "LAMMPS data"
            Extensions = [ "data"; "lammps" ]
            Prefixes = []
            Frames = whole (LammpsData.read >> Result.map List.singleton)
            Write = fun path -> one "a LAMMPS data file" (LammpsData.write path)
            Parse = fun name bytes -> LammpsData.parseBytes name bytes |> Result.map List.singleton
            Print = one "a LAMMPS data file" LammpsData.format }
          { Name = "LAMMPS dump"
            Extensions = [ "lammpstrj"; "dump" ]
            Prefixes = []
            Frames = LammpsDump.frames
            Write = fun path structures -> LammpsDump.write path structures
            Parse = LammpsDump.parseBytes
            Print = fun structures -> LammpsDump.format structures }
          { Name = "PDB"
            Extensions = [ "pdb" ]
            Prefixes = []
            Frames = Pdb.frames
            Write = fun path structures -> Pdb.write path structures
            Parse = Pdb.parseBytes
            Print = fun structures -> Pdb.format structures } ]

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

    /// The structures of a file one by one, in memory one at a time where the format allows it (XYZ, dumps, PDB). An error is the
    /// last element. Errors: as `ofPath` and the format's reader.
    let frames (path: string) : seq<Result<Structure, NoetherError>> =
        match ofPath path with
        | Ok format -> format.Frames path
        | Error error -> Seq.singleton (Error error)

    /// All structures of a file, or the first error.
    let read (path: string) : Result<Structure list, NoetherError> =
        Outcome.capture (fun () -> frames path |> Seq.map Outcome.getOrFail |> List.ofSeq)

    /// The first structure of a file. Errors: as `frames`.
    let readFirst (path: string) : Result<Structure, NoetherError> = Seq.head (frames path)

    /// Writes structures to a file, compressed where its name ends in ".gz"; an existing file is replaced.
    /// Errors: as `ofPath` and the format's writer, which refuses what the format cannot hold.
    let write (path: string) (structures: Structure list) : Result<unit, NoetherError> =
        ofPath path |> Result.bind (fun format -> format.Write path structures)
