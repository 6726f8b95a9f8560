namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// Pairs of pairs with one centre: (i, j, S) and (i, k, T) make the triple of neighbours j and k about i.
///
/// *Fields*, for t triples: `First` [t] and `Second` [t], places in the list of pairs that the triples were made of, so
/// that atoms, shifts and vectors are those of the pairs. The same atom may be both neighbours, in two images; the same
/// pair is never both.
///
/// *Order.* By first pair, then second; the triples of one centre are together, as its pairs are.
[<Sealed; AllowNullLiteral(false)>]
type Triples internal (first: ImmutableArray<int>, second: ImmutableArray<int>) =
    /// The number of triples, t.
    member _.Count = first.Length

    /// The pair of centre and first neighbour, [t].
    member _.First = first

    /// The pair of centre and second neighbour, [t].
    member _.Second = second

    /// "t triples".
    override _.ToString() = $"{first.Length} triples"

/// Making triples of pairs.
[<RequireQualifiedAccess>]
module Triples =
    /// The triples whose second pair is among the pairs of the centre from place `from e` on, without e itself.
    let private make operation (from: int -> int) (pairs: Pairs) : Result<Triples, NoetherError> =
        let last e = pairs.Starts[pairs.Receivers[e] + 1]
        let mutable total = 0L

        for e in 0 .. pairs.Count - 1 do
            let seconds = last e - from e
            total <- total + int64 (if from e <= e then seconds - 1 else seconds)

        if total > int64 Array.MaxLength then
            Error(InvalidArgument($"the number of {operation} triples", $"{total}", $"at most {Array.MaxLength}"))
        else
            let first: int[] = GC.AllocateUninitializedArray(int total)
            let second: int[] = GC.AllocateUninitializedArray(int total)
            let mutable t = 0

            for e in 0 .. pairs.Count - 1 do
                for f in from e .. last e - 1 do
                    if f <> e then
                        first[t] <- e
                        second[t] <- f
                        t <- t + 1

            Ok(Triples(Frozen.freeze first, Frozen.freeze second))

    /// Every two different pairs of a centre, in both orders: m(m − 1) triples for m pairs (matscipy's convention), for
    /// sums over ordered neighbours. Errors: `InvalidArgument` for more than an array holds.
    let ordered (pairs: Pairs) : Result<Triples, NoetherError> =
        make "ordered" (fun e -> pairs.Starts[pairs.Receivers[e]]) pairs

    /// Every two different pairs of a centre once, the earlier one first: m(m − 1)/2 triples for m pairs. Errors: as
    /// for `ordered`.
    let unordered (pairs: Pairs) : Result<Triples, NoetherError> = make "unordered" (fun e -> e + 1) pairs
