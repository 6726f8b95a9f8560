namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

/// Pairs of atoms, in arrays.
[<NoEquality; NoComparison>]
type internal PairLists =
    { Receivers: ImmutableArray<int>
      Senders: ImmutableArray<int>
      Shifts: ImmutableArray<int> }

/// Arrays of pairs from what kernels read.
[<RequireQualifiedAccess>]
module internal PairLists =
    let ofImages (starts: ImmutableArray<int>) (images: PointImages) : PairLists =
        // The lists of kernels have room between the neighbours of one point and those of the next.
        let p = starts[starts.Length - 1]
        let receivers: int[] = GC.AllocateUninitializedArray p
        let senders: int[] = GC.AllocateUninitializedArray p
        let shifts: int[] = GC.AllocateUninitializedArray(3 * p)
        images.Expand(starts.AsSpan(), Span receivers, Span senders, Span shifts)

        { Receivers = Frozen.freeze receivers
          Senders = Frozen.freeze senders
          Shifts = Frozen.freeze shifts }

/// Which atoms see which images of which atoms: integers only, made outside differentiation. Distances and vectors are
/// functions of positions and cell, see `Space`.
///
/// *Fields*, for n atoms and p pairs. `Receivers` [p]: the centre i. `Senders` [p]: its neighbour j. `Shifts` [p, 3],
/// row by row: the image S of the neighbour, in lattice vectors, 0 along open axes. Atoms are counted from 0.
///
/// *Sign.* The vector of a pair is **r_j + S·H − r_i**, from the centre to the neighbour (vesin, matscipy and ASE
/// agree).
///
/// *Order.* By receiver, then sender, then shift (first component first). `Starts` [n + 1]: the pairs of centre i are
/// those from `Starts[i]` up to, not including, `Starts[i + 1]`.
///
/// *Absence.* No pairs are p = 0. An atom is no neighbour of itself, but its images are; two atoms at one place are a
/// pair.
///
/// *Invariant.* Indices lie in 0 … n − 1 and pairs are sorted by receiver.
///
/// *Example.* One atom in a cube of edge 2 Å with cut-off 2.1 Å has six neighbours, all of them itself:
/// `Receivers = [0; 0; 0; 0; 0; 0]`, `Senders` the same, `Shifts` −100, 0−10, 00−1, 001, 010, 100.
[<Sealed; AllowNullLiteral(false)>]
type Pairs private (starts: ImmutableArray<int>, lists: Lazy<PairLists>, images: Lazy<PointImages>) =
    let mutable isSeen = false

    /// Pairs from arrays; the images are found when kernels ask for them.
    internal new(receivers, senders, shifts, starts: ImmutableArray<int>) =
        let lists = { Receivers = receivers; Senders = senders; Shifts = shifts }
        let images () = PointImages(starts.Length - 1, senders.AsSpan(), shifts.AsSpan())
        Pairs(starts, lazy lists, Lazy<PointImages> images)

    /// Pairs from images; the arrays are made when they are asked for.
    internal new(starts, images: PointImages) = Pairs(starts, lazy (PairLists.ofImages starts images), lazy images)

    /// The number of pairs, p.
    member _.Count = starts[starts.Length - 1]

    /// The number of atoms, n.
    member _.Atoms = starts.Length - 1

    /// The centre of each pair, [p], never falling.
    member _.Receivers = lists.Value.Receivers

    /// The neighbour of each pair, [p].
    member _.Senders = lists.Value.Senders

    /// The image of the neighbour in lattice vectors, [p, 3], row by row.
    member _.Shifts = lists.Value.Shifts

    /// Where the pairs of each centre begin, [n + 1].
    member _.Starts = starts

    /// The atoms and images of atoms that are neighbours, for kernels; found once.
    member internal _.Images = images.Value

    /// The rows of neighbours, none before kernels ask for them; for their owner.
    member internal _.Rows = if images.IsValueCreated then images.Value.Rows else Array.empty

    /// Whether anybody but the library may hold the pairs.
    member internal _.IsSeen = isSeen

    /// The pairs, for somebody else to hold.
    member internal pairs.Shown() =
        isSeen <- true
        pairs

    /// Equal numbers of atoms and equal pairs in equal order.
    override _.Equals(other) =
        match other with
        | :? Pairs as other ->
            starts.AsSpan().SequenceEqual(other.Starts.AsSpan())
            && lists.Value.Senders.AsSpan().SequenceEqual(other.Senders.AsSpan())
            && lists.Value.Shifts.AsSpan().SequenceEqual(other.Shifts.AsSpan())
        | _ -> false

    /// A hash of the pairs.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for part in [ starts; lists.Value.Senders; lists.Value.Shifts ] do
            for value in part do
                hash.Add value

        hash.ToHashCode()

    /// "p pairs of n atoms".
    override pairs.ToString() = $"{pairs.Count} pairs of {pairs.Atoms} atoms"

/// Making pairs from pairs.
[<RequireQualifiedAccess>]
module Pairs =
    /// Pairs of n atoms from receivers [p], senders [p] and shifts [p, 3].
    /// Errors: `Inconsistent` for lengths that do not fit, indices outside 0 … n − 1, and receivers that fall.
    let create
        (atoms: int)
        (receivers: ImmutableArray<int>)
        (senders: ImmutableArray<int>)
        (shifts: ImmutableArray<int>)
        : Result<Pairs, NoetherError> =
        let refuse name found expected = Outcome.raise (Inconsistent(name, found, expected))

        Outcome.capture (fun () ->
            let p = receivers.Length

            if senders.Length <> p || shifts.Length <> 3 * p then
                refuse
                    "a list of pairs"
                    $"{p} receivers, {senders.Length} senders and {shifts.Length} shifts"
                    "p, p and 3p"

            let starts = Array.zeroCreate (atoms + 1)

            for e in 0 .. p - 1 do
                for name, atom in [ "receiver", receivers[e]; "sender", senders[e] ] do
                    if atom < 0 || atom >= atoms then
                        refuse $"the {name} of pair {e}" $"{atom}" $"an atom from 0 to {atoms - 1}"

                if e > 0 && receivers[e] < receivers[e - 1] then
                    refuse
                        $"the receiver of pair {e}"
                        $"{receivers[e]}"
                        $"{receivers[e - 1]} or more, as pairs are sorted"

                starts[receivers[e] + 1] <- starts[receivers[e] + 1] + 1

            for i in 1..atoms do
                starts[i] <- starts[i] + starts[i - 1]

            Pairs(receivers, senders, shifts, ImmutableArray.Create<int> starts))

    /// No pairs of n atoms. Raises ArgumentException for n below 0.
    let none (atoms: int) : Pairs =
        if atoms < 0 then invalidArg (nameof atoms) $"Pairs.none: {atoms} atoms, expected 0 or more."
        let empty = ImmutableArray<int>.Empty
        Pairs(empty, empty, empty, Frozen.freeze (Array.zeroCreate (atoms + 1)))

    /// The pairs with these places, which rise.
    let internal pick (kept: ReadOnlySpan<int>) (pairs: Pairs) : Pairs =
        let p = kept.Length
        let receivers: int[] = GC.AllocateUninitializedArray p
        let senders: int[] = GC.AllocateUninitializedArray p
        let shifts: int[] = GC.AllocateUninitializedArray(3 * p)
        let starts: int[] = Array.zeroCreate (pairs.Atoms + 1)

        let fromReceivers = pairs.Receivers.AsSpan()
        let fromSenders = pairs.Senders.AsSpan()
        let fromShifts = pairs.Shifts.AsSpan()

        for e in 0 .. p - 1 do
            let from = kept[e]
            let receiver = fromReceivers[from]
            receivers[e] <- receiver
            senders[e] <- fromSenders[from]
            shifts[3 * e] <- fromShifts[3 * from]
            shifts[3 * e + 1] <- fromShifts[3 * from + 1]
            shifts[3 * e + 2] <- fromShifts[3 * from + 2]
            starts[receiver + 1] <- e + 1

        // Centres without pairs begin where the one before them ends.
        for i in 1 .. pairs.Atoms do
            starts[i] <- max starts[i] starts[i - 1]

        Pairs(Frozen.freeze receivers, Frozen.freeze senders, Frozen.freeze shifts, Frozen.freeze starts)

    /// Of each pair and its reverse (j, i, −S) only one: for i ≠ j those with i < j; for i = j those whose shifts sum
    /// to more than zero, or to zero with S_z > 0, or with S_z = 0 and S_y ≥ 0 (the rule of vesin).
    let half (pairs: Pairs) : Pairs =
        let kept: int[] = GC.AllocateUninitializedArray pairs.Count
        let mutable count = 0

        for e in 0 .. pairs.Count - 1 do
            let i, j = pairs.Receivers[e], pairs.Senders[e]
            let y, z = pairs.Shifts[3 * e + 1], pairs.Shifts[3 * e + 2]
            let sum = pairs.Shifts[3 * e] + y + z

            if i < j || (i = j && (sum > 0 || (sum = 0 && (z > 0 || (z = 0 && y >= 0))))) then
                kept[count] <- e
                count <- count + 1

        pick (ReadOnlySpan(kept, 0, count)) pairs

    /// Receiver, sender and shift of pair e against those of pair f, in this order of importance, with the shift of f
    /// taken `sign` times.
    let private compare (pairs: Pairs) e (receiver: int) (sender: int) f sign =
        let shifts = pairs.Shifts
        let mutable order = pairs.Receivers[e].CompareTo receiver
        if order = 0 then order <- pairs.Senders[e].CompareTo sender
        if order = 0 then order <- shifts[3 * e].CompareTo(sign * shifts[3 * f])
        if order = 0 then order <- shifts[3 * e + 1].CompareTo(sign * shifts[3 * f + 1])
        if order = 0 then order <- shifts[3 * e + 2].CompareTo(sign * shifts[3 * f + 2])
        order

    /// The places of the pairs in canonical order: by receiver, sender and shift.
    let private canonical (pairs: Pairs) : int[] =
        let order = Array.init pairs.Count id
        let compare e f = compare pairs e pairs.Receivers[f] pairs.Senders[f] f 1
        let mutable sorted = true

        for e in 1 .. pairs.Count - 1 do
            sorted <- sorted && compare (e - 1) e <= 0

        if not sorted then Array.Sort(order, Comparison compare)
        order

    /// The place of the reverse (j, i, −S) of each pair (i, j, S), [p], for lists in any order within a receiver;
    /// sorted as by `Neighbours.build` they take p log p steps of the pairs of one atom. Errors: `Inconsistent` for a
    /// list that is not full: a pair without its reverse, or twice.
    let reversed (pairs: Pairs) : Result<ImmutableArray<int>, NoetherError> =
        let order = canonical pairs
        let result: int[] = Array.zeroCreate pairs.Count

        let describe e =
            let s = pairs.Shifts
            $"({pairs.Receivers[e]}, {pairs.Senders[e]}, {s[3 * e]} {s[3 * e + 1]} {s[3 * e + 2]})"

        let refuse e what =
            Outcome.raise (Inconsistent($"a list of pairs with {describe e}", what, "each pair and its reverse, once"))

        Outcome.capture (fun () ->
            for e in 0 .. pairs.Count - 1 do
                let i, j = pairs.Receivers[e], pairs.Senders[e]
                let mutable low = pairs.Starts[j]
                let mutable high = pairs.Starts[j + 1]

                while low < high do
                    let middle = low + (high - low) / 2

                    if compare pairs order[middle] j i e -1 < 0 then low <- middle + 1 else high <- middle

                if low = pairs.Starts[j + 1] || compare pairs order[low] j i e -1 <> 0 then
                    refuse e "no reverse of it"

                result[e] <- order[low]

            for e in 0 .. pairs.Count - 1 do
                if result[result[e]] <> e then refuse e "two pairs of one reverse"

            Frozen.freeze result)

    /// The connected component of each atom, [n]: atoms that a chain of pairs joins have equal numbers, counted from 0
    /// in the order of the first atom of each component. Half lists serve as well as full ones.
    let components (pairs: Pairs) : ImmutableArray<int> =
        // Each atom points to one of its component that is not after it; the first points to itself.
        let parent = Array.init pairs.Atoms id

        let rec first atom =
            if parent[atom] = atom then
                atom
            else
                parent[atom] <- parent[parent[atom]]
                first parent[atom]

        for e in 0 .. pairs.Count - 1 do
            let a, b = first pairs.Receivers[e], first pairs.Senders[e]
            parent[max a b] <- min a b

        let labels: int[] = Array.zeroCreate pairs.Atoms
        let mutable count = 0

        for atom in 0 .. pairs.Atoms - 1 do
            let root = first atom

            if root = atom then
                labels[atom] <- count
                count <- count + 1
            else
                labels[atom] <- labels[root]

        Frozen.freeze labels
