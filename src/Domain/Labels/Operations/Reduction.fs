namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// How many values become one.
[<RequireQualifiedAccess>]
type internal Statistic =
    | Sum
    | Mean
    | Variance
    | Deviation

/// Sums and moments over samples or properties.
[<RequireQualifiedAccess>]
module internal Reduction =

    /// What is left of labels: the group of each row, the sorted rows that remain, and how many rows each had.
    type private Groups = { Of: int[]; Labels: Labels; Sizes: float[] }

    let private groups part (removed: string[]) (labels: Labels) : Groups =
        for name in removed do
            if not (labels.Names.Contains name) then
                let expected = $"one of {LabelRules.parenthesised labels.Names}"
                Outcome.raise (InvalidArgument($"a dimension of the {part} to reduce", $"'{name}'", expected))

        let kept = [| 0 .. labels.Width - 1 |] |> Array.filter (fun c -> not (Array.contains labels.Names[c] removed))

        let numbers, result =
            if kept.Length = 0 then
                Array.zeroCreate labels.Count, LabelRules.single
            else
                let numbers, rows = LabelRules.distinct true kept.Length labels.Count (LabelRules.project kept labels)

                let names = ImmutableArray.CreateRange(kept |> Seq.map (fun c -> labels.Names[c]))
                numbers, LabelRules.trusted names (rows.Length / kept.Length) rows

        let sizes = Array.zeroCreate result.Count

        for number in numbers do
            sizes[number] <- sizes[number] + 1.0

        { Of = numbers; Labels = result; Sizes = sizes }

    /// √x with 0 at 0, where the derivative is taken as 0 too.
    let private root (x: Tensor) =
        let positive = Array.map (fun value -> not (value = 0.0)) (Tensor.toArray x)
        Tensor.select positive (Tensor.sqrt (Tensor.select positive x (Tensor.onesLike x))) (Tensor.zerosLike x)

    /// 1/x, and 0 for x = 0.
    let private inverseOrZero (x: Tensor) =
        let positive = Array.map (fun value -> not (value = 0.0)) (Tensor.toArray x)
        Tensor.select positive (1.0 / Tensor.select positive x (Tensor.onesLike x)) (Tensor.zerosLike x)

    /// A number for each row of an axis, as an array that stretches over all others.
    let private along axis rank precision (numbers: float[]) =
        let shape = Array.init rank (fun k -> if k = axis then numbers.Length else 1)
        Tensor.cast precision (Tensor.ofArray shape numbers)

    /// The statistic of values along an axis, and of the second moments what ∇x is weighted with: 2(x − ⟨x⟩).
    let private moments statistic (groups: Groups) axis (x: Tensor) : Tensor * Tensor option =
        let count = groups.Labels.Count

        let sum x = if axis = 0 then BlockAxes.addRows groups.Of count x else BlockAxes.addProperties groups.Of count x

        let take x = if axis = 0 then BlockAxes.takeRows groups.Of x else BlockAxes.takeProperties groups.Of x

        let sizes = along axis x.Rank x.Precision (Array.map (fun n -> max n 1.0) groups.Sizes)

        match statistic with
        | Statistic.Sum -> sum x, None
        | Statistic.Mean -> sum x / sizes, None
        | _ ->
            let deviation = x - take (sum x / sizes)
            let variance = sum (deviation * deviation) / sizes
            (if statistic = Statistic.Variance then variance else root variance), Some(2.0 * deviation)

    /// A gradient, weighted row by row where there is something to weight it with.
    let private weighted (weight: Tensor option) (gradient: TensorBlock) =
        match weight with
        | Some weight -> BlockAxes.spread weight gradient * gradient.Values
        | None -> gradient.Values

    let overSamples statistic (removed: string[]) (block: TensorBlock) : TensorBlock =
        let groups = groups "samples" removed block.Samples
        let values, weight = moments statistic groups 0 block.Values

        let gradient _ (old: TensorBlock) =
            let width = old.Samples.Width
            let moved = BlockAxes.renumbered old.Samples (fun i -> groups.Of[i])
            let places, rows = LabelRules.distinct true width old.Samples.Count moved
            let samples = LabelRules.trusted old.Samples.Names (rows.Length / width) rows
            let target = Array.init samples.Count (fun k -> rows[k * width])
            let summed = BlockAxes.addRows places samples.Count (weighted weight old)

            let perGroup (numbers: float[]) =
                along 0 summed.Rank summed.Precision (target |> Array.map (fun g -> numbers[g]))

            let reduced =
                match statistic with
                | Statistic.Sum -> summed
                | _ -> summed / perGroup groups.Sizes

            let reduced =
                if statistic = Statistic.Deviation then
                    let half = 0.5 * inverseOrZero values
                    let extra = Array.create (summed.Rank - values.Rank) 1
                    let rows = BlockAxes.takeRows target half
                    let shape = Array.concat [ [| rows.Shape[0] |]; extra; values.Shape[1..] ]
                    reduced * Tensor.reshape shape rows
                else
                    reduced

            reduced, samples

        BlockAxes.assemble block values groups.Labels block.Properties gradient

    let overProperties statistic (removed: string[]) (block: TensorBlock) : TensorBlock =
        let groups = groups "properties" removed block.Properties
        let values, weight = moments statistic groups (block.Values.Rank - 1) block.Values

        let gradient _ (old: TensorBlock) =
            let summed = BlockAxes.addProperties groups.Of groups.Labels.Count (weighted weight old)

            let reduced =
                match statistic with
                | Statistic.Sum -> summed
                | _ -> summed / along (summed.Rank - 1) summed.Rank summed.Precision groups.Sizes

            let reduced =
                if statistic = Statistic.Deviation then
                    reduced * BlockAxes.spread (0.5 * inverseOrZero values) old
                else
                    reduced

            reduced, old.Samples

        BlockAxes.assemble block values block.Samples groups.Labels gradient

    let reduced operation reduce statistic (removed: string seq) (map: TensorMap) =
        let removed = Array.ofSeq removed

        Outcome.capture (fun () ->
            MapRules.flat operation map

            let block i = MapRules.forBlock map.Keys i (fun () -> reduce statistic removed map.Array[i])

            TensorMap(map.Keys, Array.init map.Count block, map.Info))

/// Sums and moments over dimensions of samples or properties, which disappear. What remains is sorted lexicographically;
/// where no dimension remains, the labels are ("_", [0]). Moments are those of all values of a group (÷N), and gradients
/// are their derivatives: rows that are not there count as zeros. Where a deviation is 0, its gradient is taken as 0.
/// Errors: `InvalidArgument` for a dimension that is not there, `Inconsistent` for gradients of gradients.
[<AutoOpen>]
module ReductionFunctions =
    let private samples name statistic = Reduction.reduced name Reduction.overSamples statistic
    let private properties name statistic = Reduction.reduced name Reduction.overProperties statistic

    type TensorMap with

        /// The sum over dimensions of the samples.
        static member sumOverSamples (dimensions: string seq) (map: TensorMap) =
            samples "sumOverSamples" Statistic.Sum dimensions map

        /// The mean over dimensions of the samples.
        static member meanOverSamples (dimensions: string seq) (map: TensorMap) =
            samples "meanOverSamples" Statistic.Mean dimensions map

        /// The variance over dimensions of the samples: ⟨(x − ⟨x⟩)²⟩, with the gradient 2⟨(x − ⟨x⟩)∇x⟩.
        static member varOverSamples (dimensions: string seq) (map: TensorMap) =
            samples "varOverSamples" Statistic.Variance dimensions map

        /// The standard deviation σ over dimensions of the samples, with the gradient ∇var/2σ.
        static member stdOverSamples (dimensions: string seq) (map: TensorMap) =
            samples "stdOverSamples" Statistic.Deviation dimensions map

        /// The sum over dimensions of the properties.
        static member sumOverProperties (dimensions: string seq) (map: TensorMap) =
            properties "sumOverProperties" Statistic.Sum dimensions map

        /// The mean over dimensions of the properties.
        static member meanOverProperties (dimensions: string seq) (map: TensorMap) =
            properties "meanOverProperties" Statistic.Mean dimensions map

        /// The variance over dimensions of the properties: ⟨(x − ⟨x⟩)²⟩, with the gradient 2⟨(x − ⟨x⟩)∇x⟩.
        static member varOverProperties (dimensions: string seq) (map: TensorMap) =
            properties "varOverProperties" Statistic.Variance dimensions map

        /// The standard deviation σ over dimensions of the properties, with the gradient ∇var/2σ.
        static member stdOverProperties (dimensions: string seq) (map: TensorMap) =
            properties "stdOverProperties" Statistic.Deviation dimensions map
