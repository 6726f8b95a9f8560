namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The atoms of structures after one another, in numbers, and the pairs of them: what a fused path sees, while it runs.
[<Sealed; AllowNullLiteral(false)>]
type Sites
    internal
    (numbers: ImmutableArray<int>, owners: int[], pairs: Pairs, positions: float[], cells: float[], owner: Owner) =
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

    /// Atomic numbers, [n].
    member _.Numbers = numbers

    /// The pairs, counted through all structures; those beyond the cut-off may be there.
    member _.Pairs = pairs.Shown()

    /// Where the pairs of each atom begin, [n + 1].
    member internal _.Starts = pairs.Starts

    /// The neighbours of these pairs, as kernels read them.
    member internal _.Images = pairs.Images

    /// The structure of each atom, [n].
    member internal _.Owners = owners.Value

    /// Positions [n, 3], Å.
    member internal _.Positions = Tensor.ofArray [| numbers.Length; 3 |] positions

    /// Lattice vectors [b, 3, 3], rows, Å.
    member internal _.Cells = Tensor.ofArray [| cells.Length / 9; 3; 3 |] cells

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
