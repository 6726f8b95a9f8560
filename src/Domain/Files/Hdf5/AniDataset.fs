namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable
open PureHDF

/// Data sets of ANI in HDF5: groups of molecules, each with an array of the conformations of one composition.
///
/// *Read.* Every group, however deep, that has `coordinates` [m, n, 3] (Å) is m structures of n atoms, without a cell. Their
/// elements are `species` or `atomic_numbers`: [n] for all of them or [m, n] one by one, as atomic numbers or symbols; −1
/// stands for no atom. These are the three layouts in use: that of ANI-1 (J. S. Smith, O. Isayev and A. E. Roitberg, Sci.
/// Data 4, 170193 (2017)), of ANI-1x and ANI-1ccx (J. S. Smith et al., Sci. Data 7, 134 (2020)), and of TorchANI's.
///
/// *Properties.* `energies` becomes `Info` "energy", `forces` the atom property "forces". Arrays whose names end in
/// `.energy` and `.forces`, such as `wb97x_dz.energy`, keep their names; those of ωB97x/6-31G(d), for which the networks
/// were made, stand under "energy" and "forces" too. Other arrays [m] become `Info`, [m, n] and [m, n, w] atom properties,
/// as they are. Energies are taken for hartree and become eV, forces for hartree/Å and become eV/Å. What is NaN, as where a
/// method was not used, is left out of its structure. `Info` "group" names the group. Arrays of texts, and of another first
/// extent than m, such as the distorted geometries of ANI-1 (`coordinatesHE`), are passed over with a notice.
[<RequireQualifiedAccess>]
module AniDataset =
    /// Runs a part of the reading; the reader of HDF5 has no exceptions of its own for files that are none.
    let private attempt (path: string) (read: unit -> 'T) : 'T =
        try
            read ()
        with
        | :? NoetherException -> reraise ()
        | reason -> Outcome.raise (FileFailure(path, $"it cannot be read as HDF5: {reason.Message}"))

    let private dimensions (data: IH5Dataset) = data.Space.Dimensions |> Array.map int

    let private reals (path: string) (data: IH5Dataset) : float[] =
        match data.Type.Class, data.Type.Size with
        | H5DataTypeClass.FloatingPoint, 4 -> data.Read<float32[]>() |> Array.map float
        | H5DataTypeClass.FloatingPoint, 8 -> data.Read<float[]>()
        | H5DataTypeClass.FixedPoint, 1 -> data.Read<int8[]>() |> Array.map float
        | H5DataTypeClass.FixedPoint, 2 -> data.Read<int16[]>() |> Array.map float
        | H5DataTypeClass.FixedPoint, 4 -> data.Read<int32[]>() |> Array.map float
        | H5DataTypeClass.FixedPoint, 8 -> data.Read<int64[]>() |> Array.map float
        | found, size ->
            let expected = "numbers of 4 or 8 bytes, or integers of 1 to 8"
            Outcome.raise (FileFailure(path, $"{data.Name} has {found} of {size} bytes, expected {expected}"))

    let private isNumeric (data: IH5Dataset) =
        match data.Type.Class, data.Type.Size with
        | H5DataTypeClass.FloatingPoint, (4 | 8)
        | H5DataTypeClass.FixedPoint, (1 | 2 | 4 | 8) -> true
        | _ -> false

    /// Atomic numbers, −1 where there is no atom.
    let private elements (path: string) (data: IH5Dataset) : int[] =
        if isNumeric data then
            reals path data |> Array.map int
        else
            data.Read<string[]>()
            |> Array.map (fun symbol -> Elements.ofSymbol (symbol.TrimEnd('\000', ' ')) |> Outcome.getOrFail)

    /// The factor that makes eV of what is in hartree.
    let private unitOf (name: string) =
        let ends (ending: string) = name.EndsWith(ending, StringComparison.Ordinal)

        if ends "energies" || ends "energy" || ends "forces" || ends "energiesHE" then
            Units.hartree
        else
            1.0

    /// The names under which an array becomes a property.
    let private namesOf (name: string) =
        match name with
        | "energies" -> [ "energy" ]
        | "wb97x_dz.energy" -> [ name; "energy" ]
        | "wb97x_dz.forces" -> [ name; "forces" ]
        | _ -> [ name ]

    /// The structures of a group; arrays that belong to none of them are passed over by name.
    let private conformations (path: string) (passOver: string -> unit) (group: IH5Group) : seq<Structure> =
        let arrays =
            [ for child in group.Children() do
                  match child with
                  | :? IH5Dataset as data -> data
                  | _ -> () ]

        let find name = arrays |> List.tryFind (fun data -> data.Name = name)
        let coordinates = find "coordinates" |> Option.get

        let refuse reason = Outcome.raise (FileFailure(path, $"the group '{group.Name}' has {reason}"))

        let m, n =
            match dimensions coordinates with
            | [| m; n; 3 |] -> m, n
            | other -> refuse $"coordinates of shape {List.ofArray other}, expected [m; n; 3]"

        let species =
            match find "species" |> Option.orElse (find "atomic_numbers") with
            | Some data -> data
            | None -> refuse "coordinates, but neither species nor atomic_numbers"

        let numbers = elements path species

        let numbersOf i =
            match dimensions species with
            | [| count |] when count = n -> numbers
            | [| rows; count |] when rows = m && count = n -> Array.sub numbers (n * i) n
            | other -> refuse $"species of shape {List.ofArray other}, expected [{n}] or [{m}; {n}]"

        let positions = reals path coordinates

        let properties =
            [ for data in arrays do
                  let shape = dimensions data
                  let last = data.Name.Split('.') |> Array.last
                  let ofWhole = List.contains last [ "dipole"; "dipoles"; "quadrupole"; "quadrupoles" ]

                  if
                      data.Name <> "coordinates"
                      && data.Name <> species.Name
                      && isNumeric data
                      && shape.Length > 0
                      && shape[0] = m
                  then
                      let factor = unitOf data.Name
                      let values = reals path data |> Array.map (fun x -> factor * x)
                      let perAtom = shape.Length > 1 && shape[1] = n && not ofWhole

                      for name in namesOf data.Name do
                          name, perAtom, shape[1..], values
                  elif data.Name <> "coordinates" && data.Name <> species.Name then
                      passOver data.Name ]

        seq {
            for i in 0 .. m - 1 do
                let all = numbersOf i

                let atoms =
                    [| for a in 0 .. n - 1 do
                           if all[a] >= 0 then a |]

                let rows width (values: float[]) =
                    [| for a in atoms do
                           yield! values[width * (n * i + a) .. width * (n * i + a + 1) - 1] |]

                let own =
                    [ for name, perAtom, shape, values in properties do
                          let width = Array.fold (*) 1 (if perAtom then shape[1..] else shape)
                          let own = if perAtom then rows width values else values[width * i .. width * (i + 1) - 1]

                          if not (Array.exists Double.IsNaN own) then
                              let extents =
                                  if perAtom then atoms.Length :: [ if width > 1 then width ] else List.ofArray shape

                              name, perAtom, Property(extents, Reals(ImmutableArray.CreateRange own)) ]

                let choose wanted =
                    [ for name, perAtom, property in own do
                          if perAtom = wanted then name, property ]

                Structure.createWith
                    (ImmutableArray.CreateRange(atoms |> Seq.map (fun a -> all[a])))
                    (ImmutableArray.CreateRange(rows 3 positions))
                    Cell.none
                    (choose true)
                    (("group", Property.text (group.Name.Trim '/')) :: choose false)
                |> Result.mapError (fun error ->
                    FileFailure(path, $"structure {i} of the group '{group.Name}': {NoetherError.message error}"))
                |> Outcome.getOrFail
        }

    /// The groups of molecules within a group, in the order of the file.
    let rec private molecules (group: IH5Group) : seq<IH5Group> =
        seq {
            let children = group.Children() |> Array.ofSeq

            if children |> Array.exists (fun child -> child.Name = "coordinates" && child :? IH5Dataset) then
                group

            for child in children do
                match child with
                | :? IH5Group as inner -> yield! molecules inner
                | _ -> ()
        }

    let private notHere path =
        Outcome.raise (FileFailure(path, "no group has coordinates, as the groups of an ANI data set have"))

    /// The structures of a source one by one, with the arrays of one group in memory.
    let internal framesFrom
        (options: ReadingOptions)
        (path: string)
        (openSource: unit -> Source)
        : seq<Result<Structure, NoetherError>> =
        let structures =
            seq {
                let source = openSource ()
                use _ = source.Stream

                if source.Seal.Length > 0 then
                    Outcome.raise (
                        FileFailure(path, "it is compressed, and HDF5 is read anywhere: decompress it first")
                    )

                use file = attempt path (fun () -> H5File.Open(source.Stream, true))
                let mutable isEmpty = true
                let told = HashSet<string>()

                let passOver name =
                    if told.Add name then
                        let text = $"{path}: passed over, as it is not one number or row for each structure: '{name}'"
                        options.Notice { Place = None; Text = text }

                for group in attempt path (fun () -> List.ofSeq (molecules file)) do
                    if isEmpty then
                        let text = "energies and forces are taken for hartree and hartree/Å"
                        options.Notice { Place = None; Text = $"{path}: {text}" }

                    isEmpty <- false
                    yield! attempt path (fun () -> conformations path passOver group)

                if isEmpty then notHere path
            }

        ExtXyz.guarded path structures

    /// The structures of a file one by one. An error is the last element. Errors: `FileFailure`, for files that are no HDF5,
    /// arrays of shapes that do not fit, and groups without elements.
    let frames (path: string) : seq<Result<Structure, NoetherError>> =
        framesFrom ReadingOptions.usual path (fun () -> Files.openRead path)

    /// HDF5 is read only.
    let internal pieces (_: WritingOptions) (_: Structure seq) : string seq =
        Seq.delay (fun () ->
            let expected = "one that is written, such as extended XYZ (.extxyz)"
            Outcome.raise (InvalidArgument("the format to write", "HDF5", expected)))
