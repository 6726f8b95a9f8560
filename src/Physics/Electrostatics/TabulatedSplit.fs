namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// Interactions from tables, summed over lattices by their Fourier transforms. What is tabulated is smooth and wholly
/// long-ranged: nothing is left for pairs. Beside it stands whatever split has a singular part:
/// `RangeSplit.coulomb σ + TabulatedSplit.ofTable …`. Values may carry derivatives, so that tables are learned.
[<RequireQualifiedAccess>]
module TabulatedSplit =
    let private ofSpline name (value: Spline) (transform: Tensor -> Tensor) (mean: Tensor) : RangeSplit =
        let at = Spline.evaluate value
        let zero = Tensor.full value.Values.Precision [| 1 |] 0.0

        { Name = name
          Bare = at
          Short = Tensor.zerosLike
          Long = at
          Reciprocal = transform
          Self = Tensor.reshape [||] (at zero)
          Mean = mean
          Coulomb = Tensor.full value.Values.Precision [||] 0.0
          Powers = None }

    let private startsAtZero what (knots: float[]) =
        if knots.Length = 0 || knots[0] <> 0.0 then
            let found = if knots.Length = 0 then "no knots" else $"a first knot at {NoetherError.number knots[0]}"
            Inconsistent($"the table of {what}", found, "knots from 0 on") |> Outcome.raise

    /// The interaction v(r) with the values [m] at the knots r [m] (Å, from 0 on), by a cubic spline with slope 0 at
    /// both ends, and its transform ∫ v e^(−ik·r) d³r with the values [l] at the knots k [l] (Å⁻¹, from 0 on),
    /// likewise; beyond the last knot both stay as they are there. Errors: those of `Spline.create`; `Inconsistent` for
    /// knots that do not begin at 0.
    let ofTables
        (name: string)
        (knots: float seq, values: Tensor)
        (wavenumbers: float seq, transforms: Tensor)
        : Result<RangeSplit, NoetherError> =
        Outcome.capture (fun () ->
            let knots, wavenumbers = Array.ofSeq knots, Array.ofSeq wavenumbers
            startsAtZero name knots
            startsAtZero $"the transform of {name}" wavenumbers
            let value = Spline.create (Clamped(0.0, 0.0)) knots values |> Outcome.getOrFail
            let transform = Spline.create (Clamped(0.0, 0.0)) wavenumbers transforms |> Outcome.getOrFail
            let mean = Tensor.reshape [||] (Spline.evaluate transform (Tensor.full transforms.Precision [| 1 |] 0.0))
            ofSpline name value (fun k2 -> Spline.evaluate transform (Tensor.sqrt k2)) mean)

    /// The interaction v(r) with the values [m] at the knots r [m] (Å, from 0 on), the last one 0 like all that follow,
    /// by a cubic spline with slope 0 at both ends. Its transform is that of the spline,
    ///
    ///     (4π/k) ∫ r v(r) sin kr dr
    ///
    /// by Gauss's rule within the intervals, for all k² up to the square of `highest` (Å⁻¹) exact but for rounding.
    /// Errors: those of `Spline.create`; `Inconsistent` for a table that does not begin at 0 or end with 0: a tail is
    /// taken away first, and added as a split of its own.
    let ofTable (name: string) (highest: float) (knots: float seq) (values: Tensor) : Result<RangeSplit, NoetherError> =
        Outcome.capture (fun () ->
            let knots = Array.ofSeq knots
            startsAtZero name knots

            if not (highest > 0.0 && Double.IsFinite highest) then
                InvalidArgument("the highest wavenumber", NoetherError.number highest, "a positive number in Å⁻¹")
                |> Outcome.raise

            let value = Spline.create (Clamped(0.0, 0.0)) knots values |> Outcome.getOrFail
            let numbers = Tensor.toArray values
            let scale = numbers |> Array.map abs |> Array.max

            if abs numbers[numbers.Length - 1] > 1e-12 * scale then
                let found = $"a last value of {numbers[numbers.Length - 1]:g3}"

                Inconsistent($"the table of {name}", found, "0, as beyond it; take a tail away before")
                |> Outcome.raise

            // Ten nodes are exact to the last digit for less than half a wave.
            let places =
                [| for a, b in Array.pairwise knots do
                       for r, w in GaussRule.over a b (max 1 (int (ceil ((b - a) * highest / Math.PI)))) do
                           r, 4.0 * Math.PI * w * r |]

            let r = Tensor.vector (Array.map fst places) |> Tensor.cast values.Precision
            let weighted = Tensor.vector (Array.map snd places) |> Tensor.cast values.Precision
            let rv = weighted * Spline.evaluate value r
            let column = Tensor.reshape [| r.Size; 1 |] r

            let transform (k2: Tensor) =
                let k = Tensor.sqrt (Tensor.reshape [| 1; k2.Size |] k2)
                let waves = Tensor.sin (Tensor.cast k.Precision column * k)
                let sums = Tensor.matmul (Tensor.reshape [| 1; r.Size |] (Tensor.cast k.Precision rv)) waves
                Tensor.reshape k2.Shape (sums / k)

            ofSpline name value transform (Tensor.sum (r * rv)))
