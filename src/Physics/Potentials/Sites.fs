namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The atoms of structures after one another, as numbers, and their pairs: the data of a fused pass.
///
/// *Lifetime.* Sites belong to the evaluation that made them. A pass keeps nothing of them when it returns.
[<Sealed; AllowNullLiteral(false)>]
type Sites
    internal
    (
        structures: Structure[],
        numbers: ImmutableArray<int>,
        owners: int[],
        pairs: Pairs,
        positions: float[],
        cells: float[],
        owner: Owner
    ) =
    // One structure needs no list of owners, unless it is asked for.
    let owners = lazy (if cells.Length = 9 then Array.zeroCreate numbers.Length else owners)

    let mutable places: float[] voption = ValueNone

    let place () =
        let images = pairs.Images
        let rows: float[] = owner.Take(PointImages.Width * (images.PointCount + images.ImageCount))
        let owners = if cells.Length = 9 then Array.empty else owners.Value
        images.Place(ReadOnlySpan positions, ReadOnlySpan owners, ReadOnlySpan cells, Span rows)
        places <- ValueSome rows
        rows

    /// The number of atoms, n.
    member _.Atoms = numbers.Length

    /// The number of structures, b.
    member _.Structures = structures.Length

    /// Atomic numbers, [n].
    member _.Numbers = numbers

    /// The structure of each atom, [n], counted from 0.
    member _.Owners: ImmutableArray<int> = Frozen.freeze owners.Value

    /// The pairs, both directions of each, counted through all structures; pairs beyond the cut-off may be among them.
    member _.Pairs = pairs.Shown()

    /// Where the pairs of each atom begin, [n + 1].
    member internal _.Starts = pairs.Starts

    /// The neighbours of these pairs, as kernels read them.
    member internal _.Images = pairs.Images

    /// Positions [n, 3], Å.
    member _.Positions: ReadOnlySpan<float> = ReadOnlySpan positions

    /// Lattice vectors [b, 3, 3], rows, Å.
    member _.Cells: ReadOnlySpan<float> = ReadOnlySpan cells

    /// The periodic axes of each structure, [b, 3].
    member _.Periodic: ImmutableArray<bool> =
        match structures with
        | [| one |] -> one.Cell.Periodic
        | many -> many |> Seq.collect _.Cell.Periodic |> ImmutableArray.CreateRange

    /// The vector r_j + S·H − r_i of pair e, Å.
    member _.Vector(e: int) : struct (float * float * float) =
        let i, j, shifts = 3 * pairs.Receivers[e], 3 * pairs.Senders[e], pairs.Shifts
        let cell = if cells.Length = 9 then 0 else 9 * owners.Value[pairs.Receivers[e]]

        let along k =
            positions[j + k] - positions[i + k]
            + (float shifts[3 * e] * cells[cell + k]
               + float shifts[3 * e + 1] * cells[cell + 3 + k]
               + float shifts[3 * e + 2] * cells[cell + 6 + k])

        struct (along 0, along 1, along 2)

    /// The numbers of a property, owner by owner: [n, w] of atoms, [b, w] of structures. Raises `NoetherException` where a
    /// structure has none.
    member sites.Property(required: RequiredProperty) : ImmutableArray<float> =
        sites.PropertyFor("a potential", required)

    /// `Property`, with the name of the potential for messages.
    member internal _.PropertyFor(reader: string, required: RequiredProperty) : ImmutableArray<float> =
        match structures with
        | [| one |] -> RequiredProperty.find reader "the structure" one required
        | many ->
            many
            |> Seq.mapi (fun s structure -> RequiredProperty.find reader $"structure {s}" structure required)
            |> Seq.concat
            |> ImmutableArray.CreateRange

    member internal _.OwnerArray = owners.Value

    /// Positions [n, 3], Å.
    member internal _.PositionTensor = Tensor.ofArray [| numbers.Length; 3 |] positions

    /// Lattice vectors [b, 3, 3], rows, Å.
    member internal _.CellTensor = Tensor.ofArray [| structures.Length; 3; 3 |] cells

    /// Atoms and images of atoms, [n + m, 4], Å, as kernels read them.
    member internal _.Places = ValueOption.defaultWith place places

    /// Forgets the places, whose array the owner uses again: who looks at them later has them made anew.
    member internal _.Close() = places <- ValueNone

/// Making sites.
[<RequireQualifiedAccess>]
module internal Sites =
    /// Structures after one another, and their pairs, counted through all of them; the owner has the places.
    let ofStructuresWith (owner: Owner) (parts: (Structure * Pairs)[]) : Sites =
        let structures, lists = Array.map fst parts, Array.map snd parts
        let start = structures |> Array.scan (fun sum (s: Structure) -> sum + s.Count) 0

        let moved (field: Pairs -> ImmutableArray<int>) =
            lists
            |> Array.mapi (fun s pairs -> Array.map (fun i -> i + start[s]) (Frozen.array (field pairs)))
            |> Array.concat
            |> Frozen.freeze

        // One structure is not copied: nobody writes into it.
        let together (field: Structure -> ImmutableArray<'T>) =
            match structures with
            | [| one |] -> field one
            | many -> many |> Array.collect (field >> Frozen.array) |> Frozen.freeze

        let pairs =
            if parts.Length = 1 then
                lists[0]
            else
                let shifts = lists |> Array.collect (fun pairs -> Frozen.array pairs.Shifts) |> Frozen.freeze
                Pairs.create (Array.last start) (moved _.Receivers) (moved _.Senders) shifts |> Outcome.getOrFail

        Sites(
            structures,
            together _.Numbers,
            (if structures.Length = 1 then
                 Array.empty
             else
                 structures |> Array.mapi (fun s structure -> Array.create structure.Count s) |> Array.concat),
            pairs,
            Frozen.array (together _.Positions),
            Frozen.array (together _.Cell.Vectors),
            owner
        )

    /// Structures after one another, and their pairs, counted through all of them.
    let ofStructures (parts: (Structure * Pairs)[]) : Sites = ofStructuresWith (Owner(FreeArrays())) parts
