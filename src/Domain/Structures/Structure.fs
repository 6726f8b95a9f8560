namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Globalization
open System.Runtime.InteropServices

/// Atoms in space: which elements, where, in which cell, and what else is known about them.
///
/// *Fields, for n atoms.* `Numbers` [n]: atomic numbers, 0 (X) to 118. `Positions` [n, 3] in Å, atom by atom,
/// Cartesian; they need not lie inside the cell. `Cell`: lattice vectors and periodic flags. `PerAtom`: named
/// properties of shape [n] or [n; w]. `Info`: named properties of the whole. Atoms are counted from 0.
///
/// *Ordering.* Atoms keep the order they were given in; properties have none (they are looked up by name).
///
/// *What absence means.* n may be 0. A molecule has `Cell.none`. A property that is not there is unknown, never zero.
///
/// *Units.* Å and eV; forces eV/Å. Properties are kept as they were given: their unit is a matter of their name.
///
/// *Invariant.* Known elements, finite positions, 3n of them, per-atom properties of length n, names that are not
/// empty, no name twice. An empty array among `Info` is real, of shape [0], because in a file it has neither type nor
/// shape.
///
/// *Example.* Two atoms of a dimer:
/// `Structure.ofSymbols [ "N"; "N" ] [ (0.0, 0.0, 0.0); (0.0, 0.0, 1.1) ] Cell.none`.
[<Sealed; AllowNullLiteral(false)>]
type Structure
    internal
    (
        numbers: ImmutableArray<int>,
        positions: ImmutableArray<float>,
        cell: Cell,
        perAtom: Map<string, Property>,
        info: Map<string, Property>
    ) =
    /// The number of atoms, n.
    member _.Count = numbers.Length

    /// Atomic numbers [n].
    member _.Numbers = numbers

    /// Cartesian positions [n, 3] in Å, atom by atom.
    member _.Positions = positions

    /// Lattice vectors and periodic flags.
    member _.Cell = cell

    /// Properties of the atoms by name, of shape [n] or [n; w].
    member _.PerAtom = perAtom

    /// Properties of the whole structure by name.
    member _.Info = info

    /// Equal atoms in equal order, equal positions, cells and properties.
    override _.Equals(other) =
        match other with
        | :? Structure as other ->
            numbers.AsSpan().SequenceEqual(other.Numbers.AsSpan())
            && positions.AsSpan().SequenceEqual(other.Positions.AsSpan())
            && cell.Equals other.Cell
            && perAtom = other.PerAtom
            && info = other.Info
        | _ -> false

    /// A hash of elements, positions and cell.
    override _.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add cell

        for z in numbers do
            hash.Add z

        for x in positions do
            hash.Add x

        hash.ToHashCode()

    /// The chemical formula in the order of first appearance, the cell, and the names of the properties.
    override _.ToString() =
        let formula =
            numbers
            |> Seq.countBy id
            |> Seq.map (fun (z, count) ->
                let times = if count = 1 then "" else count.ToString CultureInfo.InvariantCulture

                Elements.symbol z + times)
            |> String.concat ""

        let names (properties: Map<string, Property>) =
            properties.Keys |> Seq.map (fun name -> "'" + name + "'") |> String.concat ", "

        $"Structure of {numbers.Length} atoms {formula}; {cell}; per atom: {names perAtom}; info: {names info}"

/// Making structures and changing one thing in them.
[<RequireQualifiedAccess>]
module Structure =
    let private checkName what (name: string) =
        if name.Length = 0 then
            Outcome.raise (InvalidArgument($"the name of {what} property", "empty", "at least one character"))

    let private checkPerAtom count name (property: Property) =
        checkName "an atom" name

        match property.Shape with
        | [ n ] when n = count -> ()
        | [ n; width ] when n = count && width >= 2 -> ()
        | _ ->
            let expected = $"shape [{count}], or [{count}; w] with at least two columns"
            Outcome.raise (Inconsistent($"the atom property '{name}'", $"{property}", expected))

    let private checkInfo name (property: Property) =
        checkName "a structure" name

        match property.Shape, property.Values with
        | [ 0 ], Reals _ -> ()
        | _, values when values.Length > 0 -> ()
        | _ ->
            Outcome.raise (Inconsistent($"the property '{name}'", $"{property}", "shape [0] of reals, as it is empty"))

    let private toMap what (properties: (string * Property) list) =
        match properties |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
        | Some(name, count) -> Outcome.raise (Inconsistent($"the {what} property '{name}'", $"{count} values", "one"))
        | None -> Map.ofList properties

    let private checkNumbers (numbers: ImmutableArray<int>) =
        for z in numbers do
            if z < 0 || z > Elements.largest then
                Outcome.raise (UnknownElement(z.ToString CultureInfo.InvariantCulture))

    let private checkPositions count (positions: ImmutableArray<float>) =
        if positions.Length <> 3 * count then
            let expected = $"{3 * count}, three for each of {count} atoms"
            Outcome.raise (Inconsistent("the positions", $"{positions.Length} numbers", expected))

        for i in 0 .. positions.Length - 1 do
            if not (Double.IsFinite positions[i]) then
                let axis = "xyz"[i % 3]
                Outcome.raise (NonFinite($"the {axis} coordinate of atom {i / 3}", positions[i]))

    let private assigned name (array: ImmutableArray<'T>) =
        if array.IsDefault then invalidArg name "Structure.create: the array was never assigned."

    /// A structure of n atoms: atomic numbers [n], positions [n, 3] (Å), cell, properties of the atoms and of the
    /// whole. Errors: `UnknownElement`; `NonFinite` for a position; `Inconsistent` for lengths that do not fit, a name
    /// given twice, or an empty array other than a real one of shape [0] among `info`; `InvalidArgument` for an empty
    /// name.
    let createWith
        (numbers: ImmutableArray<int>)
        (positions: ImmutableArray<float>)
        (cell: Cell)
        (perAtom: (string * Property) list)
        (info: (string * Property) list)
        : Result<Structure, NoetherError> =
        assigned (nameof numbers) numbers
        assigned (nameof positions) positions

        Outcome.capture (fun () ->
            checkNumbers numbers
            checkPositions numbers.Length positions
            perAtom |> List.iter (fun (name, property) -> checkPerAtom numbers.Length name property)
            info |> List.iter (fun (name, property) -> checkInfo name property)
            Structure(numbers, positions, cell, toMap "atom" perAtom, toMap "structure" info))

    /// `createWith` without properties.
    let create numbers positions cell = createWith numbers positions cell [] []

    /// A structure from symbols and positions (Å), one triple for each atom. Errors as `createWith`.
    let ofSymbols (symbols: string list) (positions: (float * float * float) list) (cell: Cell) =
        symbols
        |> List.map Elements.ofSymbol
        |> Outcome.all
        |> Result.bind (fun numbers ->
            let flat = positions |> List.collect (fun (x, y, z) -> [ x; y; z ])
            create (ImmutableArray.CreateRange numbers) (ImmutableArray.CreateRange flat) cell)

    /// The same atoms at other positions [n, 3] (Å). Errors: `Inconsistent` (not 3n numbers), `NonFinite`.
    let withPositions (positions: ImmutableArray<float>) (structure: Structure) =
        assigned (nameof positions) positions

        Outcome.capture (fun () ->
            checkPositions structure.Count positions
            Structure(structure.Numbers, positions, structure.Cell, structure.PerAtom, structure.Info))

    /// The same atoms at the same Cartesian positions in another cell.
    let withCell cell (structure: Structure) =
        Structure(structure.Numbers, structure.Positions, cell, structure.PerAtom, structure.Info)

    /// The structure with an atom property added, or replaced where the name exists.
    /// Errors: `Inconsistent` for a shape other than [n] and [n; w], `InvalidArgument` for an empty name.
    let withPerAtom name property (structure: Structure) =
        Outcome.capture (fun () ->
            checkPerAtom structure.Count name property
            let perAtom = Map.add name property structure.PerAtom
            Structure(structure.Numbers, structure.Positions, structure.Cell, perAtom, structure.Info))

    /// The structure with a property of the whole added, or replaced where the name exists.
    /// Errors: `Inconsistent` for an empty array that is not real of shape [0], `InvalidArgument` for an empty name.
    let withInfo name property (structure: Structure) =
        Outcome.capture (fun () ->
            checkInfo name property
            let info = Map.add name property structure.Info
            Structure(structure.Numbers, structure.Positions, structure.Cell, structure.PerAtom, info))

    /// The structure without its atom and structure properties.
    let bare (structure: Structure) =
        Structure(structure.Numbers, structure.Positions, structure.Cell, Map.empty, Map.empty)

    /// The structure without the atom property of this name. Errors: `Inconsistent` where it has none.
    let withoutPerAtom name (structure: Structure) =
        if Map.containsKey name structure.PerAtom then
            let perAtom = Map.remove name structure.PerAtom
            Ok(Structure(structure.Numbers, structure.Positions, structure.Cell, perAtom, structure.Info))
        else
            Error(Inconsistent("the structure", $"no atom property '{name}'", "one"))

    /// The symbols of the atoms, [n].
    let symbols (structure: Structure) = structure.Numbers |> Seq.map Elements.symbol |> List.ofSeq

    let private infoAs (pick: Property -> 'T option) expected name (structure: Structure) =
        match Map.tryFind name structure.Info with
        | None -> Error(Inconsistent("the structure", $"no property '{name}'", "one"))
        | Some property ->
            match pick property with
            | Some value -> Ok value
            | None -> Error(Inconsistent($"the property '{name}'", $"{property}", expected))

    /// The number of the property of the whole with this name, a scalar real or integer.
    /// Errors: `Inconsistent` where there is none of that name or it is no number.
    let infoReal name structure = infoAs Property.tryReal "one number" name structure

    /// The text of the property of the whole with this name.
    /// Errors: `Inconsistent` where there is none of that name or it is no single text.
    let infoText name structure = infoAs Property.tryText "one text" name structure

    /// Every atom moved by (x, y, z) Å. Errors: `NonFinite`.
    let translate (x: float, y: float, z: float) (structure: Structure) =
        let moved =
            structure.Positions
            |> Seq.mapi (fun i value ->
                value
                + match i % 3 with
                  | 0 -> x
                  | 1 -> y
                  | _ -> z)

        withPositions (ImmutableArray.CreateRange moved) structure

    /// Every atom moved into the cell along the periodic axes, see `Cell.wrap`.
    let wrap (structure: Structure) =
        let positions = Cell.wrap structure.Cell structure.Positions
        Structure(structure.Numbers, positions, structure.Cell, structure.PerAtom, structure.Info)

    /// The supercell of a × b × c copies. The atoms of one copy stay together; copies follow each other with the last
    /// axis running fastest, the first copy being the original. Atom properties are repeated; `Info` is left out, since
    /// it describes the original (an energy would be wrong). Errors: `InvalidArgument` for a count below 1, or above 1
    /// along an open axis.
    let repeat (a: int, b: int, c: int) (structure: Structure) =
        let counts = [| a; b; c |]
        let cell = structure.Cell

        match [ 0..2 ] |> List.tryFind (fun k -> counts[k] < 1 || (counts[k] > 1 && not cell.Periodic[k])) with
        | Some k ->
            let expected = if cell.Periodic[k] then "a positive count" else "1, as the axis is not periodic"

            Error(InvalidArgument($"the count of copies along axis {k}", $"{counts[k]}", expected))
        | None ->
            let h = cell.Vectors
            let n = structure.Count
            let copies = a * b * c
            let positions = Array.zeroCreate (3 * n * copies)

            for copy in 0 .. copies - 1 do
                let shift = [| float (copy / (b * c)); float (copy / c % b); float (copy % c) |]

                for j in 0..2 do
                    let offset = shift[0] * h[j] + shift[1] * h[3 + j] + shift[2] * h[6 + j]

                    for atom in 0 .. n - 1 do
                        positions[3 * (copy * n + atom) + j] <- structure.Positions[3 * atom + j] + offset

            let atoms = Array.init (n * copies) (fun i -> i % n)
            let vectors = Array.init 9 (fun i -> float counts[i / 3] * h[i])

            Cell.create vectors (cell.Periodic[0], cell.Periodic[1], cell.Periodic[2])
            |> Result.map (fun larger ->
                Structure(
                    ImmutableArray.CreateRange(Seq.map (fun i -> structure.Numbers[i]) atoms),
                    ImmutableCollectionsMarshal.AsImmutableArray positions,
                    larger,
                    Map.map (fun _ -> Property.take atoms) structure.PerAtom,
                    Map.empty
                ))
