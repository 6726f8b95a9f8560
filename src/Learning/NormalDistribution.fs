namespace Noether.Learning

open Noether.Kernels

/// The standard normal distribution.
[<RequireQualifiedAccess>]
module NormalDistribution =
    /// The x with probability (1+t)/2 below it, √2 erfinv(t), for −1 < t < 1; ±∞ at ±1, NaN outside.
    /// The numbers of `ErrorFunction.NormalQuantile`, from which the random normal numbers come too.
    let quantile (t: float) = ErrorFunction.NormalQuantile t

    /// The mean of a function over the `n` quantiles at t = 2i/(n+1) − 1, i = 1 … n: a fixed, even sample of the
    /// distribution. Summed with compensation (Neumaier 1974), so rounding stays at 1e-16 whatever n.
    /// ArgumentOutOfRangeException unless n ≥ 1.
    let meanOverQuantiles n (f: float -> float) =
        Guard.atLeast "NormalDistribution.meanOverQuantiles" (nameof n) 1 n
        let mutable sum = 0.0
        let mutable lost = 0.0

        for i in 1..n do
            let term = f (quantile ((2.0 * float i - float (n + 1)) / float (n + 1)))
            let next = sum + term

            lost <- lost + (if abs sum >= abs term then (sum - next) + term else (term - next) + sum)

            sum <- next

        (sum + lost) / float n
