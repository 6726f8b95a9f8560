namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.AutoDiff

/// Differentiable operations on the rows of a tensor that belong together, with the meaning of jraph's `segment_*`
/// (jraph 0.0.6).
///
/// Row e of x, [rows, …], belongs to segment `ids[e]`, one of `count`; ids need not be sorted. Reductions give [count,
/// …], `softmax` and `normalize` give [rows, …]; every further axis is treated element by element. All are
/// differentiable in x to any order.
///
/// *Ids outside 0 … count−1.* Reductions drop such rows, as jraph does: they have no influence on values or
/// derivatives. `softmax` and `normalize` have to give every row a value; jraph takes there what belongs to another
/// segment, and the numbers mean nothing. Here such ids are refused.
///
/// *NaN* stays in its own segment, in values and in derivatives.
///
/// Errors: a `TensorException` for a single number, for ids that are not as many as the rows, for a negative count.
[<RequireQualifiedAccess>]
module Segments =
    let private array (values: ImmutableArray<int>) =
        match ImmutableCollectionsMarshal.AsArray values with
        | null -> Array.empty
        | values -> values

    let private check operation (ids: ImmutableArray<int>) count (x: Tensor) =
        if x.Rank = 0 then Shape.fail operation "a single number has no rows"

        if ids.Length <> x.Shape[0] then
            Shape.fail operation $"{ids.Length} ids for shape {Shape.print x.Shape}; expected one for each row"

        if count < 0 then Shape.fail operation $"{count} segments; expected 0 or more"

    let private inside count id = 0 <= id && id < count

    /// The rows that belong to a segment, and their ids.
    let private kept operation (ids: ImmutableArray<int>) count (x: Tensor) : int[] * Tensor =
        check operation ids count x
        let ids = array ids

        if Array.forall (inside count) ids then
            ids, x
        else
            let rows = [| 0 .. ids.Length - 1 |] |> Array.filter (fun e -> inside count ids[e])
            rows |> Array.map (fun e -> ids[e]), Tensor.gather rows x

    /// For operations that give every row a value.
    let private allInside operation (ids: ImmutableArray<int>) count (x: Tensor) : int[] =
        check operation ids count x

        match Seq.tryFindIndex (inside count >> not) ids with
        | Some e -> Shape.fail operation $"id {e} is {ids[e]}; expected 0 … {count - 1}"
        | None -> array ids

    /// One number for each segment, as a constant [count, 1, …] beside x.
    let private column (values: float[]) (x: Tensor) =
        let shape = Array.init x.Rank (fun axis -> if axis = 0 then values.Length else 1)
        Tensor.ofArray shape values |> Tensor.cast x.Precision

    let private members (ids: int[]) count =
        let members = Array.zeroCreate<int> count

        for id in ids do
            members[id] <- members[id] + 1

        members

    let private meanOf (ids: int[]) count (x: Tensor) =
        let divisors = members ids count |> Array.map (fun n -> float (max n 1))
        Tensor.segmentSum ids count x / column divisors x

    /// Each row minus the mean of its segment.
    let private centred (ids: int[]) count (x: Tensor) = x - Tensor.gather ids (meanOf ids count x)

    /// The least number of segments that holds all ids: the largest id plus one. It is what jraph takes where no number
    /// is given.
    let count (ids: ImmutableArray<int>) : int = Seq.fold (fun count id -> max count (id + 1)) 0 ids

    /// The sum of each segment's rows; 0 where there are none.
    let sum (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        let ids, x = kept "Segments.sum" ids count x
        Tensor.segmentSum ids count x

    /// The mean of each segment's rows; 0 where there are none.
    let mean (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        let ids, x = kept "Segments.mean" ids count x
        meanOf ids count x

    /// The population variance of each segment's rows, Σ(x − mean)²/n; 0 where there are none.
    let variance (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        let ids, x = kept "Segments.variance" ids count x
        meanOf ids count (Tensor.square (centred ids count x))

    /// The elements of x that `better` puts before all others of their segment, `empty` in segments without rows. The
    /// value is read from the first of them. The derivative is shared by all that are equal: to the value is added the
    /// mean of their differences from the first, which is 0.
    let private extreme operation better empty ids count (x: Tensor) =
        let ids, x = kept operation ids count x
        let values = Tensor.toArray x
        let shape = Array.append [| count |] x.Shape[1..]
        let width = Shape.size x.Shape[1..]
        // The place behind the last element holds `empty`.
        let chosen = Array.create (count * width) values.Length

        for e in 0 .. ids.Length - 1 do
            for k in 0 .. width - 1 do
                let here, target = e * width + k, ids[e] * width + k
                let best = chosen[target]

                if
                    best = values.Length
                    || not (Double.IsNaN values[best])
                       && (Double.IsNaN values[here] || better values[here] values[best])
                then
                    chosen[target] <- here

        // Infinite ones are left alone: their differences are not numbers.
        let equals =
            [| for here in 0 .. values.Length - 1 do
                   let target = ids[here / width] * width + here % width
                   let first = chosen[target]

                   if here <> first && values[here] = values[first] && Double.IsFinite values[here] then
                       here, first, target |]

        let flat = Tensor.reshape [| values.Length |] x
        let all = Tensor.concat 0 [ flat; Tensor.full x.Precision [| 1 |] empty ]
        let best = Tensor.gather chosen all

        let shared =
            if equals.Length = 0 then
                best
            else
                let here, first, target = Array.unzip3 equals
                let differences = Tensor.gather here flat - Tensor.gather first flat
                let equal = members target chosen.Length |> Array.map (fun others -> float (1 + others))
                best + Tensor.segmentSum target chosen.Length differences / column equal flat

        Tensor.reshape shape shared

    /// The largest of each segment's rows, constant where there are none. NaN where a row is NaN. The derivative goes
    /// to the largest; finite rows that are equally large share it in equal parts, so that it does not depend on the
    /// order of the rows. Infinite or NaN ones do not share: the first takes it.
    let maxOrConstant (constant: float) (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        extreme "Segments.maxOrConstant" (>) constant ids count x

    /// The smallest of each segment's rows, constant where there are none. NaN and derivatives as in `maxOrConstant`.
    let minOrConstant (constant: float) (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        extreme "Segments.minOrConstant" (<) constant ids count x

    /// The largest of each segment's rows, −∞ where there are none. NaN and derivatives as in `maxOrConstant`.
    let max (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        extreme "Segments.max" (>) Double.NegativeInfinity ids count x

    /// The smallest of each segment's rows, +∞ where there are none. NaN and derivatives as in `maxOrConstant`.
    let min (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        extreme "Segments.min" (<) Double.PositiveInfinity ids count x

    let private softmaxOf operation ids count (x: Tensor) =
        let index = allInside operation ids count x
        // The same for all of a segment, so it cancels and needs no derivative.
        let largest = extreme operation (>) Double.NegativeInfinity ids count (Tensor.stopGradient x)
        let powers = Tensor.exp (x - Tensor.gather index largest)
        powers / Tensor.gather index (Tensor.segmentSum index count powers)

    /// exp(x) divided by its sum over the segment, computed without overflow. NaN where all of a segment is −∞.
    /// An id outside 0 … count−1 is a `TensorException`.
    let softmax (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor = softmaxOf "Segments.softmax" ids count x

    /// (x − mean)/√max(variance, epsilon) within each segment. jraph's epsilon is 1e-8. Where the variance is not above
    /// epsilon, the divisor is a constant for derivatives too. An id outside 0 … count−1, or an epsilon that is not
    /// positive, is a `TensorException`.
    let normalize (epsilon: float) (ids: ImmutableArray<int>) (count: int) (x: Tensor) : Tensor =
        let operation = "Segments.normalize"
        let index = allInside operation ids count x

        if not (epsilon > 0.0) then Shape.fail operation $"epsilon is {epsilon}; expected a positive number"

        let difference = centred index count x
        let variance = meanOf index count (Tensor.square difference)
        let floor = Tensor.full x.Precision variance.Shape epsilon
        let spread = Tensor.select (Tensor.less variance floor) floor variance
        difference / Tensor.gather index (Tensor.sqrt spread)

    /// `softmax` within consecutive rows: the first `sizes[0]`, the next `sizes[1]`, … Sizes may be 0. A negative size,
    /// or sizes that do not add up to the rows of x, are a `TensorException`.
    let partitionSoftmax (sizes: ImmutableArray<int>) (x: Tensor) : Tensor =
        let operation = "Segments.partitionSoftmax"

        match Seq.tryFindIndex (fun size -> size < 0) sizes with
        | Some p -> Shape.fail operation $"size {p} is {sizes[p]}; expected 0 or more"
        | None -> ()

        if x.Rank = 0 then Shape.fail operation "a single number has no rows"

        let total = Seq.sum sizes

        if total <> x.Shape[0] then
            Shape.fail operation $"sizes add up to {total}; shape {Shape.print x.Shape} has {x.Shape[0]} rows"

        let ids = sizes |> Seq.indexed |> Seq.collect (fun (p, size) -> Seq.replicate size p)
        softmaxOf operation (ImmutableArray.CreateRange ids) sizes.Length x
