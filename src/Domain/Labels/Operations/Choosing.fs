namespace Noether.Domain

open System
open Noether.AutoDiff
open Noether.Kernels

/// Few samples or properties that stand for many.
[<RequireQualifiedAccess>]
module internal Choosing =

    /// The values with one row for each sample, or for each property: [rows, columns].
    let private rows (axis: MapAxis) (block: TensorBlock) : float[] * int * Labels =
        let flat (x: Tensor) = Tensor.toArray x

        match axis with
        | MapAxis.Samples -> flat block.Values, block.Values.Size / max 1 block.Samples.Count, block.Samples
        | MapAxis.Properties ->
            let last = block.Values.Rank - 1
            let first = Tensor.permute [| yield last; yield! [ 0 .. last - 1 ] |] block.Values
            flat first, block.Values.Size / max 1 block.Properties.Count, block.Properties
        | other -> Outcome.raise (InvalidArgument("the axis to choose from", $"{other}", "samples or properties"))

    let private check count (labels: Labels) =
        if count < 1 || count > labels.Count then
            Outcome.raise (InvalidArgument("the number to choose", $"{count}", $"1 … {labels.Count}"))

    /// Each the farthest from those before it, from the first row on.
    let private farthest count (values: float[]) width : int[] =
        let n = values.Length / max 1 width
        let nearest = Array.create n infinity
        let chosen = Array.zeroCreate count

        for k in 0 .. count - 1 do
            // What was chosen is at distance 0, and is never chosen again.
            let next = if k = 0 then 0 else Array.IndexOf(nearest, Array.max nearest)
            chosen[k] <- next

            for i in 0 .. n - 1 do
                let mutable square = 0.0

                for c in 0 .. width - 1 do
                    let difference = values[i * width + c] - values[next * width + c]
                    square <- square + difference * difference

                nearest[i] <- min nearest[i] square

            nearest[next] <- -1.0

        chosen

    /// Each the one with the largest part in the leading singular vector of what those before it leave over.
    let private leading count (values: float[]) width : int[] =
        let n = values.Length / max 1 width
        let left = Array.copy values
        let chosen = ResizeArray<int>()

        let dot i j =
            let mutable sum = 0.0

            for c in 0 .. width - 1 do
                sum <- sum + left[i * width + c] * left[j * width + c]

            sum

        for _ in 1..count do
            // Columns of the matrix are its rows here: U holds the parts of each in the singular vectors.
            let long, short = max n width, min n width

            let columns =
                if n <= width then
                    Array.copy left
                else
                    Array.init (n * width) (fun k -> left[k % n * width + k / n])

            let s = Array.zeroCreate short
            let v = Array.zeroCreate (short * short)
            SingularValues.Decompose(long, short, Span columns, Span s, Span v)
            let part i = if n <= width then v[i] else columns[i]
            let open' = [| 0 .. n - 1 |] |> Array.filter (chosen.Contains >> not)
            let best = open' |> Array.maxBy (fun i -> abs (part i))
            chosen.Add best
            let square = dot best best

            if square > 0.0 then
                for i in 0 .. n - 1 do
                    if i <> best then
                        let factor = dot i best / square

                        for c in 0 .. width - 1 do
                            left[i * width + c] <- left[i * width + c] - factor * left[best * width + c]

                for c in 0 .. width - 1 do
                    left[best * width + c] <- 0.0

        chosen.ToArray()

    let chosen choose axis count (block: TensorBlock) =
        Outcome.capture (fun () ->
            let values, width, labels = rows axis block
            check count labels

            if values |> Array.exists (Double.IsFinite >> not) then
                Outcome.raise (Inconsistent("the values to choose by", "numbers that are not finite", "finite ones"))

            LabelRules.take (choose count values width) labels)

    let byDistance axis count block = chosen farthest axis count block
    let byLeading axis count block = chosen leading axis count block

/// Few samples or properties that stand for many: labels for `TensorMap.slice`.
[<AutoOpen>]
module ChoosingFunctions =
    type TensorBlock with

        /// Farthest points (T. F. Gonzalez, Theor. Comput. Sci. 38, 293 (1985)): the first sample (or property), then each
        /// time the one whose values are farthest from those of all that were chosen. Components count as features.
        /// Errors: `InvalidArgument` for another axis and for a number that is not 1 … all, `Inconsistent` for values that
        /// are not finite.
        static member farthest (axis: MapAxis) (count: int) (block: TensorBlock) = Choosing.byDistance axis count block

        /// CUR (M. W. Mahoney and P. Drineas, Proc. Natl. Acad. Sci. 106, 697 (2009); one at a time as by G. Imbalzano et
        /// al., J. Chem. Phys. 148, 241730 (2018)): each time the sample (or property) with the largest part in the leading
        /// singular vector of what is left when those chosen are projected out. Errors: as `farthest`.
        static member cur (axis: MapAxis) (count: int) (block: TensorBlock) = Choosing.byLeading axis count block
