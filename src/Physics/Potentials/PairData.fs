namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Matrices that act on rows.
[<RequireQualifiedAccess>]
module internal Rows =
    /// x·M for each row x of [r, 3] and its own matrix M among [b, 3, 3].
    let transform (owner: int[]) (matrices: Tensor) (rows: Tensor) =
        if matrices.Shape[0] = 1 then
            Tensor.matmul rows (Tensor.reshape [| 3; 3 |] matrices)
        else
            let each = Tensor.gather owner matrices
            let count = rows.Shape[0]
            Tensor.reshape [| count; 3 |] (Tensor.matmul (Tensor.reshape [| count; 1; 3 |] rows) each)

/// The fields of pair data before they are rounded.
[<NoEquality; NoComparison>]
type internal PairFrame =
    {
        Numbers: ImmutableArray<int>
        Owners: int[]
        Periodic: ImmutableArray<bool>
        Pairs: Pairs
        Positions: Tensor
        Cells: Tensor
        LocalStrain: Tensor option
        /// The tensor of a property; raises where there is none.
        Property: RequiredProperty -> Tensor
        Precision: Precision
    }

/// The data of a potential: the atoms of one structure, or of several after one another, their places as tensors, and the
/// pairs of atoms near to each other. How the pairs were found (all of them, a neighbour list, an older list with a
/// skin) is not its business.
///
/// *Fields*, for n atoms of b structures and p pairs. `Numbers` [n]: atomic numbers. `Owners` [n]: the structure of each
/// atom, never falling. `Pairs`: which pairs, both directions of each; an atom sees only atoms of its own structure.
/// `Positions` [n, 3] and `Cells` [b, 3, 3] in Å. `Vectors` [p, 3]: r_j + S·H − r_i, in Å. `Property`: charges and
/// whatever else of the atoms and structures a potential requires.
///
/// *Derivatives.* Positions, cells, vectors and properties may carry derivatives of any order and mode.
[<Sealed; AllowNullLiteral(false)>]
type PairData internal (frame: PairFrame, known: struct (Lazy<Tensor> * Lazy<Tensor>) voption) =
    let vectorsOf (pairs: Pairs) =
        let receivers, senders = Frozen.array pairs.Receivers, Frozen.array pairs.Senders
        let between = Tensor.gather senders frame.Positions - Tensor.gather receivers frame.Positions
        let owner = receivers |> Array.map (fun i -> frame.Owners[i])
        let vectors = between + Rows.transform owner frame.Cells (Space.shifts frame.Positions.Precision pairs)

        // Rounded only now: a difference of rounded positions would lose the digits that they have in common.
        match frame.LocalStrain with
        | Some strain -> vectors + Rows.transform receivers strain vectors
        | None -> vectors
        |> Tensor.cast frame.Precision

    let struct (vectors, distances) =
        match known with
        | ValueSome known -> known
        | ValueNone ->
            let vectors = lazy (vectorsOf frame.Pairs)
            struct (vectors, lazy (Space.lengths vectors.Value))

    let rounded = lazy (Tensor.cast frame.Precision frame.Positions, Tensor.cast frame.Precision frame.Cells)

    /// Data with other vectors of its pairs than their positions give.
    internal new(frame: PairFrame, vectors: Lazy<Tensor>) =
        PairData(frame, ValueSome(struct (vectors, lazy (Space.lengths vectors.Value))))

    /// Atomic numbers, [n].
    member _.Numbers = frame.Numbers

    /// The structure of each atom, [n], counted from 0.
    member _.Owners = Frozen.freeze frame.Owners

    /// The number of structures, b.
    member _.Structures = frame.Cells.Shape[0]

    /// The periodic axes of each structure, [b, 3].
    member _.Periodic = frame.Periodic

    /// The pairs, within the cut-off that was asked for or beyond it.
    member _.Pairs = frame.Pairs

    /// Positions [n, 3], Å.
    member _.Positions = fst rounded.Value

    /// Lattice vectors [b, 3, 3], rows, Å.
    member _.Cells = snd rounded.Value

    /// The vectors r_j + S·H − r_i of the pairs, [p, 3], Å.
    member _.Vectors = vectors.Value

    /// Their lengths, [p], Å.
    member _.Distances = distances.Value

    /// The vectors of any pairs of these atoms, [p, 3], Å: bonds as well as neighbours.
    member _.VectorsOf(pairs: Pairs) : Tensor = vectorsOf pairs

    /// A property of the atoms, [n] or [n, w], or of the structures, [b] or [b, w], in the precision of the positions: that
    /// given by `PairData.withProperty`, else that of the structures. Raises `NoetherException` where a structure has none,
    /// and ArgumentException within a term that does not require it.
    member _.Property(required: RequiredProperty) : Tensor = Tensor.cast frame.Precision (frame.Property required)

    member internal _.OwnerArray = frame.Owners

    member internal _.Frame = frame

    /// The vectors of the pairs and their lengths, computed or not.
    member internal _.Known = struct (vectors, distances)

/// Making pair data, and choosing among its pairs and atoms.
[<RequireQualifiedAccess>]
module PairData =
    let private frame (sites: Sites) positions cells localStrain precision =
        { Numbers = sites.Numbers
          Owners = sites.OwnerArray
          Periodic = sites.Periodic
          Pairs = sites.Pairs
          Positions = positions
          Cells = cells
          LocalStrain = localStrain
          Property =
            fun required ->
                let shape = RequiredProperty.shape sites.Atoms sites.Structures required
                Tensor.ofArray shape (Frozen.array (sites.Property required))
          Precision = precision }

    /// The data of sites at positions [n, 3], deformed by the strains ε [b, 3, 3]: x → x(1 + ε) for every position and lattice
    /// vector x, as rows. `localStrain` [n, 3, 3] deforms only the vectors that belong to each atom as their centre; its
    /// derivative is the virial of that atom.
    let internal deformed (sites: Sites) (positions: Tensor) (strain: Tensor) (localStrain: Tensor option) =
        let cells = Tensor.cast positions.Precision sites.CellTensor
        let structures = cells.Shape[0]
        let rowOwners = Array.init (3 * structures) (fun row -> row / 3)
        let rows = Tensor.reshape [| 3 * structures; 3 |] cells
        let rows = rows + Rows.transform rowOwners strain rows
        let positions = positions + Rows.transform sites.OwnerArray strain positions
        let cells = Tensor.reshape [| structures; 3; 3 |] rows
        PairData(frame sites positions cells localStrain positions.Precision, ValueNone)

    /// The data of sites as they are.
    let internal ofSites (sites: Sites) =
        PairData(frame sites sites.PositionTensor sites.CellTensor None Float64, ValueNone)

    /// The data of one structure with its own positions and cell, float64, and pairs of its atoms.
    let ofStructure (pairs: Pairs) (structure: Structure) : PairData =
        ofSites (Sites.ofStructures [| structure, pairs |])

    /// The same data with other values of a property, [n] or [n, w] of atoms, [b] or [b, w] of structures, which may carry
    /// derivatives. Raises ArgumentException for another shape.
    let withProperty (required: RequiredProperty) (values: Tensor) (data: PairData) : PairData =
        let expected = RequiredProperty.shape data.Numbers.Length data.Structures required

        if values.Shape <> expected then
            let found, expected = Shape.print values.Shape, Shape.print expected

            invalidArg
                (nameof values)
                $"PairData.withProperty: '{required.Name}' has shape {found}, expected {expected}."

        let property other = if RequiredProperty.same required other then values else data.Frame.Property other
        PairData({ data.Frame with Property = property }, ValueSome data.Known)

    /// The same data as the term of a potential sees it: with no properties but those that it requires.
    let internal requiring (name: string) (required: RequiredProperty list) (data: PairData) : PairData =
        let property other =
            if List.exists (RequiredProperty.same other) required then
                data.Frame.Property other
            else
                invalidArg
                    (nameof required)
                    $"The term '{name}' reads the property '{other.Name}' and does not require it; name it in Requires."

        PairData({ data.Frame with Property = property }, ValueSome data.Known)

    /// The same atoms, of the pairs only those at these places.
    let private picked (kept: int[]) (data: PairData) =
        let pairs = Pairs.pick (ReadOnlySpan kept) data.Pairs
        PairData({ data.Frame with Pairs = pairs }, lazy (Tensor.gather kept data.Vectors))

    /// The same atoms, of the pairs only those that `keep` wants, asked by number of pair; the same data if it wants all.
    let filter (keep: int -> bool) (data: PairData) : PairData =
        let kept = Array.filter keep [| 0 .. data.Pairs.Count - 1 |]
        if kept.Length = data.Pairs.Count then data else picked kept data

    /// The same atoms and pairs, whose positions, cells, vectors and properties are seen in a precision; vectors are formed
    /// before they are rounded.
    let inPrecision (precision: Precision) (data: PairData) : PairData =
        PairData({ data.Frame with Precision = precision }, lazy (Tensor.cast precision data.Vectors))

    /// Only some atoms, by ascending number, counted anew, and the pairs between them.
    let choose (atoms: int[]) (data: PairData) : PairData =
        let place = Array.create data.Numbers.Length -1
        atoms |> Array.iteri (fun k i -> place[i] <- k)
        let pairs = data.Pairs
        let inside e = place[pairs.Receivers[e]] >= 0 && place[pairs.Senders[e]] >= 0
        let kept = Array.filter inside [| 0 .. pairs.Count - 1 |]
        let few = Pairs.pick (ReadOnlySpan kept) pairs
        let renumber (places: ImmutableArray<int>) = Array.init kept.Length (fun e -> place[places[e]]) |> Frozen.freeze

        let renumbered =
            Pairs.create atoms.Length (renumber few.Receivers) (renumber few.Senders) few.Shifts |> Outcome.getOrFail

        let property (required: RequiredProperty) =
            let whole = data.Frame.Property required
            if required.Owner = EachAtom then Tensor.gather atoms whole else whole

        PairData(
            { data.Frame with
                Numbers = Array.map (fun i -> data.Numbers[i]) atoms |> Frozen.freeze
                Owners = Array.map (fun i -> data.OwnerArray[i]) atoms
                Pairs = renumbered
                Positions = Tensor.gather atoms data.Frame.Positions
                LocalStrain = Option.map (Tensor.gather atoms) data.Frame.LocalStrain
                Property = property },
            lazy (Tensor.gather kept data.Vectors)
        )

    /// The data of each structure by itself.
    let structures (data: PairData) : PairData list =
        let owners = data.OwnerArray

        let alone s =
            let chosen = choose (Array.filter (fun i -> owners[i] = s) [| 0 .. owners.Length - 1 |]) data
            let own (x: Tensor) = Tensor.slice 0 s (s + 1) x

            let property (required: RequiredProperty) =
                if required.Owner = EachAtom then
                    chosen.Frame.Property required
                else
                    own (data.Frame.Property required)

            PairData(
                { chosen.Frame with
                    Owners = Array.zeroCreate chosen.Numbers.Length
                    Periodic = data.Periodic.Slice(3 * s, 3)
                    Cells = own chosen.Frame.Cells
                    Property = property },
                ValueSome chosen.Known
            )

        if data.Structures = 1 then [ data ] else List.init data.Structures alone

    /// The same atoms and only the pairs nearer than `cutoff` (Å; strict, compared by squares).
    let within (cutoff: float) (data: PairData) : PairData =
        if cutoff = 0.0 then
            // No distance is below 0: none need be known.
            if data.Pairs.Count = 0 then data else picked Array.empty data
        else
            let v = Tensor.toArray data.Vectors
            let square = cutoff * cutoff

            filter
                (fun e -> v[3 * e] * v[3 * e] + v[3 * e + 1] * v[3 * e + 1] + v[3 * e + 2] * v[3 * e + 2] < square)
                data

    /// A quantity of pairs [p, …] summed over the neighbours of each atom, [n, …].
    let sumOverNeighbours (data: PairData) (ofPairs: Tensor) : Tensor =
        Tensor.segmentSum (Frozen.array data.Pairs.Receivers) data.Numbers.Length ofPairs
