namespace Noether.Laws

open System

/// A derivative from values of a function, and how far it may be off.
[<Struct>]
type Slope =
    {
        /// The derivative.
        Value: float
        /// An estimate of its error. Large where the function jumps, has a kink or is noisy.
        Error: float
    }

/// Derivatives of functions of which only values are known.
[<RequireQualifiedAccess>]
module Difference =
    /// df/dt at t = 0 by central differences of the steps h, h/2 and h/4 in the units of t, extrapolated to none (L. F.
    /// Richardson, Phil. Trans. R. Soc. A 210, 307 (1911)); seven values of f. Choose h so short that f hardly has a
    /// kink within it, and so long that rounding of f, divided by h/4, does no harm.
    ///
    /// *The error* is the largest difference of what two and three steps say, or the kink at 0 itself: the limit of
    /// (f(h) + f(−h) − 2f(0))/h, which is zero where f is smooth.
    let slope (step: float) (f: float -> float) : Slope =
        let middle = f 0.0

        let central, bend =
            Array.unzip
                [| for h in [ step; step / 2.0; step / 4.0 ] do
                       let ahead, behind = f h, f -h
                       (ahead - behind) / (2.0 * h), (ahead - middle + (behind - middle)) / h |]

        let refine order coarse fine = fine + (fine - coarse) / (Math.ScaleB(1.0, 2 * order) - 1.0)
        // (f(h) + f(−h) − 2f(0))/h = kink + f″h + f⁗h³/12: doubling the finer one takes f″ out, this f⁗.
        let refineKink coarse fine = fine + (fine - coarse) / 7.0
        let first, second = refine 1 central[0] central[1], refine 1 central[1] central[2]
        let kink = refineKink (2.0 * bend[1] - bend[0]) (2.0 * bend[2] - bend[1])

        { Value = refine 2 first second
          Error = Math.Max(abs (second - first), abs kink) }

    /// How far a slope is from an expected value beyond four times its error, from which the estimate is seldom off.
    let excess (expected: float) (slope: Slope) : float =
        if Double.IsFinite slope.Value then
            Math.Max(0.0, abs (slope.Value - expected) - 4.0 * slope.Error)
        else
            nan
