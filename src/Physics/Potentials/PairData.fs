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

/// What a potential sees: the atoms of one structure, or of several after one another, their places as tensors, and the
/// pairs of atoms near to each other. How the pairs were found (all of them, a neighbour list, an older list with a
/// skin) is not its business.
///
/// *Fields*, for n atoms of b structures and p pairs. `Numbers` [n]: atomic numbers. `Owners` [n]: the structure of each
/// atom, never falling. `Pairs`: which pairs, both directions of each; an atom sees only atoms of its own structure.
/// `Positions` [n, 3] and `Cells` [b, 3, 3] in Å. `Vectors` [p, 3]: r_j + S·H − r_i, in Å.
///
/// *Derivatives.* Positions, cells and vectors may carry derivatives of any order and mode.
[<Sealed; AllowNullLiteral(false)>]
type PairData
    internal
    (
        numbers: ImmutableArray<int>,
        owners: int[],
        pairs: Pairs,
        positions: Tensor,
        cells: Tensor,
        localStrain: Tensor option,
        known: Lazy<Tensor> option,
        precision: Precision
    ) =
    let vectorsOf (pairs: Pairs) =
        let receivers, senders = Frozen.array pairs.Receivers, Frozen.array pairs.Senders
        let between = Tensor.gather senders positions - Tensor.gather receivers positions
        let owner = receivers |> Array.map (fun i -> owners[i])
        let vectors = between + Rows.transform owner cells (Space.shifts positions.Precision pairs)

        // Rounded only now: a difference of rounded positions would lose the digits that they have in common.
        match localStrain with
        | Some strain -> vectors + Rows.transform receivers strain vectors
        | None -> vectors
        |> Tensor.cast precision

    let vectors =
        match known with
        | Some vectors -> vectors
        | None -> lazy (vectorsOf pairs)

    let distances = lazy (Space.lengths vectors.Value)
    let rounded = lazy (Tensor.cast precision positions, Tensor.cast precision cells)

    /// Atomic numbers, [n].
    member _.Numbers = numbers

    /// The structure of each atom, [n], counted from 0.
    member _.Owners = Frozen.freeze owners

    /// The number of structures, b.
    member _.Structures = cells.Shape[0]

    /// The pairs, within the cut-off that was asked for or beyond it.
    member _.Pairs = pairs

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

    member internal _.OwnerArray = owners

    member internal _.LocalStrain = localStrain

    /// Positions and cells before they are rounded.
    member internal _.Exact = struct (positions, cells)

    member internal _.Precision = precision

/// Making the data that potentials see, and looking at less of it.
[<RequireQualifiedAccess>]
module PairData =
    /// The data of sites at positions [n, 3], deformed by the strains ε [b, 3, 3]: x → x(1 + ε) for every position and lattice
    /// vector x, as rows. `localStrain` [n, 3, 3] deforms only the vectors that belong to each atom as their centre; its
    /// derivative is the virial of that atom.
    let internal deformed (sites: Sites) (positions: Tensor) (strain: Tensor) (localStrain: Tensor option) =
        let cells = Tensor.cast positions.Precision sites.Cells
        let structures = cells.Shape[0]
        let rowOwners = Array.init (3 * structures) (fun row -> row / 3)
        let rows = Tensor.reshape [| 3 * structures; 3 |] cells
        let rows = rows + Rows.transform rowOwners strain rows
        let positions = positions + Rows.transform sites.Owners strain positions
        let cells = Tensor.reshape [| structures; 3; 3 |] rows
        PairData(sites.Numbers, sites.Owners, sites.Pairs, positions, cells, localStrain, None, positions.Precision)

    /// The data of sites as they are.
    let internal ofSites (sites: Sites) =
        PairData(sites.Numbers, sites.Owners, sites.Pairs, sites.Positions, sites.Cells, None, None, Float64)

    /// The data of one structure with its own positions and cell, float64, and pairs of its atoms.
    let ofStructure (pairs: Pairs) (structure: Structure) : PairData =
        ofSites (Sites.ofStructures [| structure, pairs |])

    /// The same atoms, of the pairs only those that `keep` wants, asked by number of pair; the same data if it wants all.
    let filter (keep: int -> bool) (data: PairData) : PairData =
        let pairs = data.Pairs
        let kept = Array.filter keep [| 0 .. pairs.Count - 1 |]

        if kept.Length = pairs.Count then
            data
        else
            let struct (positions, cells) = data.Exact

            PairData(
                data.Numbers,
                data.OwnerArray,
                Pairs.pick (ReadOnlySpan kept) pairs,
                positions,
                cells,
                data.LocalStrain,
                Some(lazy (Tensor.gather kept data.Vectors)),
                data.Precision
            )

    /// The same atoms and pairs, whose positions, cells and vectors are seen in a precision; vectors are formed before
    /// they are rounded.
    let inPrecision (precision: Precision) (data: PairData) : PairData =
        let struct (positions, cells) = data.Exact

        PairData(
            data.Numbers,
            data.OwnerArray,
            data.Pairs,
            positions,
            cells,
            data.LocalStrain,
            Some(lazy (Tensor.cast precision data.Vectors)),
            precision
        )

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

        let struct (positions, cells) = data.Exact

        PairData(
            Array.map (fun i -> data.Numbers[i]) atoms |> Frozen.freeze,
            Array.map (fun i -> data.OwnerArray[i]) atoms,
            renumbered,
            Tensor.gather atoms positions,
            cells,
            Option.map (Tensor.gather atoms) data.LocalStrain,
            Some(lazy (Tensor.gather kept data.Vectors)),
            data.Precision
        )

    /// The same atoms and only the pairs nearer than `cutoff` (Å; strict, compared by squares).
    let within (cutoff: float) (data: PairData) : PairData =
        let v = Tensor.toArray data.Vectors
        let square = cutoff * cutoff
        filter (fun e -> v[3 * e] * v[3 * e] + v[3 * e + 1] * v[3 * e + 1] + v[3 * e + 2] * v[3 * e + 2] < square) data

    /// A quantity of pairs [p, …] summed over the neighbours of each atom, [n, …].
    let sumOverNeighbours (data: PairData) (ofPairs: Tensor) : Tensor =
        Tensor.segmentSum (Frozen.array data.Pairs.Receivers) data.Numbers.Length ofPairs
