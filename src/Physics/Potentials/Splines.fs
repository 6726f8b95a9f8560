namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// How the slopes of a cubic spline at its knots follow from its values.
type SplineKind =
    /// Two continuous derivatives; the second one is zero at both ends.
    | Natural
    /// Two continuous derivatives; these are the slopes at both ends.
    | Clamped of first: float * last: float
    /// Two continuous derivatives; the third one is continuous across the second and the last knot but one.
    | NotAKnot
    /// One continuous derivative: central differences of fourth order, of second order next to the ends and one-sided
    /// at them, on knots at equal distances. This is how LAMMPS' `eam` pair styles read their tables.
    | FiniteDifferences

/// x with T x = b for a matrix T whose rows hold lower, diagonal and upper entries, by elimination without pivots, down
/// each column of b [n, w]; its transpose solves with Tᵀ.
[<Sealed>]
type internal TridiagonalSolve(lower: float[], diagonal: float[], upper: float[]) =
    inherit Form("tridiagonal solve", 2)

    override _.Contract(values, slot) =
        let x: Raw<'T> = Raw.typed (Operations.Raw values[1 - slot])
        let n, width = x.Shape[0], x.Shape[1]
        let y = Raw.create x.Shape
        // Row i of T is lower[i], diagonal[i], upper[i]; of its transpose upper[i − 1], diagonal[i], lower[i + 1].
        let below i = if slot = 1 then lower[i] else upper[i - 1]
        let above i = if slot = 1 then upper[i] else lower[i + 1]
        let factors = Array.zeroCreate<float> n
        let column = Array.zeroCreate<float> n

        for c in 0 .. width - 1 do
            for i in 0 .. n - 1 do
                let pivot = if i = 0 then diagonal[0] else diagonal[i] - below i * factors[i - 1]
                let value = Double.CreateChecked x.Span[i * width + c]
                column[i] <- (if i = 0 then value else value - below i * column[i - 1]) / pivot

                if i < n - 1 then factors[i] <- above i / pivot

            for i in n - 2 .. -1 .. 0 do
                column[i] <- column[i] - factors[i] * column[i + 1]

            for i in 0 .. n - 1 do
                y.Output[i * width + c] <- 'T.CreateChecked column[i]

        y

/// A function of one number as cubic polynomials between knots, and as straight lines beyond the first and the last
/// one.
///
/// *Fields*, for n knots: `Knots` [n], ascending; `Values` [n], which may carry derivatives.
[<Sealed; AllowNullLiteral(false)>]
type Spline internal (knots: float[], step: float, values: Tensor, coefficients: Tensor) =
    // The intervals, from before the first knot to behind the last one, begin here and are that wide.
    let last = knots.Length - 1
    let origins = Array.init (last + 2) (fun i -> knots[max 0 (i - 1)])
    let width i = knots[i + 1] - knots[i]

    let widths =
        if step > 0.0 then
            Array.create (last + 2) step
        else
            Array.init (last + 2) (fun i -> width (min (last - 1) (max 0 (i - 1))))

    /// The knots, [n].
    member _.Knots = Frozen.freeze knots

    /// The values at the knots, [n].
    member _.Values = values

    /// The polynomials in (x − origin)/width, [n + 1, 4], ascending powers.
    member internal _.Coefficients = coefficients

    member internal _.Origins = origins

    member internal _.Widths = widths

    /// The interval of x, from 0 (before the first knot) to n (behind the last one); 0 for NaN, whose value is NaN.
    member internal _.Interval(x: float) =
        if not (x >= knots[0]) then
            0
        elif x > knots[last] then
            last + 1
        elif step > 0.0 then
            1 + min (last - 1) (int ((x - knots[0]) / step))
        else
            let found = Array.BinarySearch(knots, x)
            if found >= 0 then min last (found + 1) else ~~~found

/// Splines as differentiable functions of where they are asked and of the values in their tables.
[<RequireQualifiedAccess>]
module Spline =
    let private fewest kind =
        match kind with
        | Natural
        | Clamped _ -> 2
        | NotAKnot
        | FiniteDifferences -> 4

    let private column (x: Tensor) = Tensor.reshape [| x.Size; 1 |] x

    let private constant (values: float[]) = column (Tensor.ofArray [| values.Length |] values)

    /// Slopes with continuous second derivative, [n, 1] (C. de Boor, A Practical Guide to Splines, 1978, chapter IV).
    let private smoothSlopes kind (h: float[]) (values: Tensor) =
        let n = values.Shape[0]
        let rise = (Tensor.slice 0 1 n values - Tensor.slice 0 0 (n - 1) values) / constant h
        let at i = Tensor.slice 0 i (i + 1) rise
        let lower, diagonal, upper = Array.zeroCreate n, Array.zeroCreate n, Array.zeroCreate n

        for i in 1 .. n - 2 do
            lower[i] <- h[i]
            diagonal[i] <- 2.0 * (h[i - 1] + h[i])
            upper[i] <- h[i - 1]

        let inner =
            if n = 2 then
                []
            else
                let before, behind = constant h[.. n - 3], constant h[1..]
                [ 3.0 * (behind * Tensor.slice 0 0 (n - 2) rise + before * Tensor.slice 0 1 (n - 1) rise) ]

        let number value = Tensor.full values.Precision [| 1; 1 |] value

        let first, final =
            match kind with
            | Clamped(first, final) ->
                diagonal[0] <- 1.0
                diagonal[n - 1] <- 1.0
                number first, number final
            | NotAKnot ->
                let both, own, next = h[0] + h[1], h[0], h[1]
                diagonal[0] <- next
                upper[0] <- both
                let start = ((own + 2.0 * both) * next / both) * at 0 + (own * own / both) * at 1
                let both, own, next = h[n - 2] + h[n - 3], h[n - 2], h[n - 3]
                diagonal[n - 1] <- next
                lower[n - 1] <- both
                start, ((own + 2.0 * both) * next / both) * at (n - 2) + (own * own / both) * at (n - 3)
            | _ ->
                diagonal[0] <- 2.0
                upper[0] <- 1.0
                diagonal[n - 1] <- 2.0
                lower[n - 1] <- 1.0
                3.0 * at 0, 3.0 * at (n - 2)

        let right = Tensor.concat 0 ([ first ] @ inner @ [ final ])
        TridiagonalSolve(lower, diagonal, upper).Apply(1, right)

    /// Differences of neighbouring values instead of slopes times the step, [n, 1].
    let private differences (values: Tensor) =
        let n = values.Shape[0]
        let shifted by start stop = Tensor.slice 0 (start + by) (stop + by) values
        let central start stop = 0.5 * (shifted 1 start stop - shifted -1 start stop)

        let fourth start stop =
            (shifted -2 start stop - shifted 2 start stop + 8.0 * (shifted 1 start stop - shifted -1 start stop)) / 12.0

        [ shifted 1 0 1 - shifted 0 0 1
          central 1 2
          if n > 4 then fourth 2 (n - 2)
          central (n - 2) (n - 1)
          shifted 0 (n - 1) n - shifted -1 (n - 1) n ]
        |> Tensor.concat 0

    let private build kind (knots: float[]) (step: float) (values: Tensor) =
        let n = knots.Length

        if values.Rank <> 1 || values.Shape[0] <> n then
            let shape = values.Shape |> Seq.map string |> String.concat ", "
            invalidArg (nameof values) $"Spline: the values have shape [{shape}], expected [{n}], one for each knot."

        if n < fewest kind then
            Outcome.raise (Inconsistent("the spline", $"{n} knots", $"{fewest kind} or more"))

        match Tensor.toArray values |> Array.tryFindIndex (Double.IsFinite >> not) with
        | Some bad -> Outcome.raise (NonFinite($"value {bad} of the spline", (Tensor.toArray values)[bad]))
        | None -> ()

        let u = column values

        let widths =
            if step > 0.0 then
                Array.create (n - 1) step
            else
                Array.init (n - 1) (fun i -> knots[i + 1] - knots[i])

        // Slopes times the width of the interval on their right (all but the last) and on their left (all but the
        // first).
        let right, left =
            match kind with
            | FiniteDifferences ->
                let slopes = differences u
                Tensor.slice 0 0 (n - 1) slopes, Tensor.slice 0 1 n slopes
            | _ ->
                let slopes = smoothSlopes kind widths u
                Tensor.slice 0 0 (n - 1) slopes * constant widths, Tensor.slice 0 1 n slopes * constant widths

        let here, there = Tensor.slice 0 0 (n - 1) u, Tensor.slice 0 1 n u
        let rise = there - here
        let inner = Tensor.concat 1 [ here; right; 3.0 * rise - 2.0 * right - left; right + left - 2.0 * rise ]
        let none = Tensor.full values.Precision [| 1; 2 |] 0.0
        let line (value: Tensor) slope = Tensor.concat 1 [ value; slope; none ]
        let before = line (Tensor.slice 0 0 1 u) (Tensor.slice 0 0 1 right)
        let behind = line (Tensor.slice 0 (n - 1) n u) (Tensor.slice 0 (n - 2) (n - 1) left)
        Spline(knots, step, values, Tensor.concat 0 [ before; inner; behind ])

    /// A spline through values [n] at ascending knots [n]. Errors: `NonFinite` for a knot or value; `Inconsistent` for
    /// knots that do not ascend, for too few of them (2; 4 for `NotAKnot` and `FiniteDifferences`), and for
    /// `FiniteDifferences`, which needs `evenly`. Raises ArgumentException for values of another shape.
    let create (kind: SplineKind) (knots: float seq) (values: Tensor) : Result<Spline, NoetherError> =
        Outcome.capture (fun () ->
            let knots = Array.ofSeq knots

            for i in 0 .. knots.Length - 1 do
                if not (Double.IsFinite knots[i]) then
                    Outcome.raise (NonFinite($"knot {i} of the spline", knots[i]))

                if i > 0 && knots[i] <= knots[i - 1] then
                    let found = $"knot {i} at {knots[i]} behind {knots[i - 1]}"
                    Outcome.raise (Inconsistent("the spline", found, "knots that ascend"))

            if kind = FiniteDifferences then
                Outcome.raise (Inconsistent("the spline", "any knots", "equal distances for finite differences"))

            build kind knots 0.0 values)

    /// A spline through values [n] at the knots start, start + step, …. Errors: as for `create`; `InvalidArgument` for
    /// a step that is not positive and finite.
    let evenly (kind: SplineKind) (start: float) (step: float) (values: Tensor) : Result<Spline, NoetherError> =
        Outcome.capture (fun () ->
            if not (Double.IsFinite start) then Outcome.raise (NonFinite("the first knot of the spline", start))

            if not (step > 0.0 && Double.IsFinite(start + float values.Size * step)) then
                Outcome.raise (InvalidArgument("the step of the spline", $"{step}", "a positive finite number"))

            build kind (Array.init values.Size (fun i -> start + float i * step)) step values)

    /// The function at every element of x, differentiable to any order in x (between knots) and in the spline's values.
    let evaluate (spline: Spline) (x: Tensor) : Tensor =
        let intervals = Array.map spline.Interval (Tensor.toArray x)

        let ofIntervals (table: float[]) =
            Tensor.cast x.Precision (Tensor.ofArray x.Shape (intervals |> Array.map (fun i -> table[i])))

        let p = (x - ofIntervals spline.Origins) / ofIntervals spline.Widths
        let rows = Tensor.gather intervals (Tensor.cast x.Precision spline.Coefficients)
        let power k = Tensor.reshape x.Shape (Tensor.slice 1 k (k + 1) rows)
        power 0 + p * (power 1 + p * (power 2 + p * power 3))
