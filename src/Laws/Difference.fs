namespace Noether.Laws

open System

/// A derivative from values of a function, and how far it may be off.
[<Struct>]
type Slope =
    {
        /// The derivative.
        Value: float
        /// An estimate of its error: how much the best extrapolations differ among themselves. Large where the function
        /// jumps or is noisy.
        Error: float
    }

/// Derivatives of functions of which only values are known.
[<RequireQualifiedAccess>]
module Difference =
    /// Halvings of the step, of which each takes the next even power of it out of the error.
    let private rows = 5

    /// df/dt at t = 0 by central differences of the steps `step`, `step`/2, …, `step`/16 in the units of t, extrapolated to
    /// none (C. J. F. Ridders, Adv. Eng. Softw. 4, 75 (1982)); ten values of f. Choose the step as long as the function
    /// may be expanded: its rounding is divided by a sixteenth of it.
    let slope (step: float) (f: float -> float) : Slope =
        let central k =
            let h = Math.ScaleB(step, -k)
            (f h - f -h) / (2.0 * h)

        let refine (above: float[]) k =
            let row = Array.zeroCreate (k + 1)
            row[0] <- central k

            for order in 1..k do
                row[order] <- row[order - 1] + (row[order - 1] - above[order - 1]) / (Math.ScaleB(1.0, 2 * order) - 1.0)

            row

        let table = (([| central 0 |]), [ 1 .. rows - 1 ]) ||> List.scan refine |> Array.ofList

        [ for k in 1 .. rows - 1 do
              for order in 1..k do
                  let value = table[k][order]
                  let error = Math.Max(abs (value - table[k][order - 1]), abs (value - table[k - 1][order - 1]))
                  { Value = value; Error = error } ]
        |> List.minBy (fun slope -> if Double.IsNaN slope.Error then infinity else slope.Error)

    /// How far a slope is from an expected value beyond four times its error, from which the estimate is seldom off.
    let excess (expected: float) (slope: Slope) : float =
        if Double.IsFinite slope.Value then
            Math.Max(0.0, abs (slope.Value - expected) - 4.0 * slope.Error)
        else
            nan
