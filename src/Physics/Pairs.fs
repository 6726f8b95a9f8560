namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

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
type Pairs
    internal
    (
        receivers: ImmutableArray<int>,
        senders: ImmutableArray<int>,
        shifts: ImmutableArray<int>,
        starts: ImmutableArray<int>
    ) =
    let images = lazy (PointImages(starts.Length - 1, senders.AsSpan(), shifts.AsSpan()))

    /// The number of pairs, p.
    member _.Count = receivers.Length

    /// The number of atoms, n.
    member _.Atoms = starts.Length - 1

    /// The centre of each pair, [p], never falling.
    member _.Receivers = receivers

    /// The neighbour of each pair, [p].
    member _.Senders = senders

    /// The image of the neighbour in lattice vectors, [p, 3], row by row.
    member _.Shifts = shifts

    /// Where the pairs of each centre begin, [n + 1].
    member _.Starts = starts

    /// The atoms and images of atoms that are neighbours, for kernels; found once.
    member internal _.Images = images.Value

    /// Equal numbers of atoms and equal pairs in equal order.
    override _.Equals(other) =
        match other with
        | :? Pairs as other ->
            starts.AsSpan().SequenceEqual(other.Starts.AsSpan())
            && senders.AsSpan().SequenceEqual(other.Senders.AsSpan())
            && shifts.AsSpan().SequenceEqual(other.Shifts.AsSpan())
        | _ -> false

    /// A hash of the pairs.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for part in [ starts; senders; shifts ] do
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

    /// Of each pair and its reverse (j, i, −S) only one: for i ≠ j those with i < j; for i = j those whose shifts sum
    /// to more than zero, or to zero with S_z > 0, or with S_z = 0 and S_y ≥ 0 (the rule of vesin).
    let half (pairs: Pairs) : Pairs =
        let keep e =
            let i, j = pairs.Receivers[e], pairs.Senders[e]
            let x, y, z = pairs.Shifts[3 * e], pairs.Shifts[3 * e + 1], pairs.Shifts[3 * e + 2]
            let sum = x + y + z
            i < j || (i = j && (sum > 0 || (sum = 0 && (z > 0 || (z = 0 && y >= 0)))))

        let kept = [| 0 .. pairs.Count - 1 |] |> Array.filter keep

        let pick (choose: int -> int) = ImmutableArray.Create<int>(Array.map choose kept)

        let shifts = kept |> Array.collect (fun e -> Array.init 3 (fun k -> pairs.Shifts[3 * e + k]))

        // Some of the pairs of a valid list, in its order, so this cannot fail.
        create
            pairs.Atoms
            (pick (fun e -> pairs.Receivers[e]))
            (pick (fun e -> pairs.Senders[e]))
            (ImmutableArray.Create<int> shifts)
        |> Outcome.getOrFail

    /// Some of the pairs, by ascending number.
    let pick (kept: int[]) (pairs: Pairs) : Pairs =
        let starts: int[] = Array.zeroCreate (pairs.Atoms + 1)
        let receivers: int[] = Array.zeroCreate kept.Length
        let senders: int[] = Array.zeroCreate kept.Length
        let shifts: int[] = Array.zeroCreate (3 * kept.Length)

        for k in 0 .. kept.Length - 1 do
            let e = kept[k]
            receivers[k] <- pairs.Receivers[e]
            senders[k] <- pairs.Senders[e]
            starts[receivers[k] + 1] <- starts[receivers[k] + 1] + 1

            for c in 0..2 do
                shifts[3 * k + c] <- pairs.Shifts[3 * e + c]

        for i in 1 .. pairs.Atoms do
            starts[i] <- starts[i] + starts[i - 1]

        Pairs(Frozen.freeze receivers, Frozen.freeze senders, Frozen.freeze shifts, Frozen.freeze starts)
