namespace Noether.Learning

open Noether.Equivariance
open Noether.Kernels

/// The standard normal distribution.
[<RequireQualifiedAccess>]
module NormalDistribution =
    /// The x with probability (1+t)/2 below it, √2 erfinv(t), for −1 < t < 1; ±∞ at ±1, NaN outside.
    /// The numbers of `ErrorFunction.NormalQuantile`, from which the random normal numbers come too.
    let quantile (t: float) = ErrorFunction.NormalQuantile t

    /// The probability of a number below x, Φ(x) = ½(1 + erf(x/√2)), with an error of a few units of the last place
    /// relative to the smaller of Φ and 1 − Φ times 1 + x². Near 0 by the series ½ + φ Σ x^(2k+1)/(2k+1)!!, whose terms
    /// have one sign; in the tails by the continued fraction of Laplace for (1 − Φ)/φ, from the inside out (M.
    /// Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.2.11 and 26.2.14).
    let cumulative (x: float) =
        let density = exp (-0.5 * x * x) / sqrt (2.0 * System.Math.PI)

        if System.Double.IsNaN x then
            nan
        elif abs x < 3.0 then
            let mutable term = x
            let mutable sum = x
            let mutable k = 1.0

            while abs term > 1e-18 * abs sum do
                term <- term * x * x / (2.0 * k + 1.0)
                sum <- sum + term
                k <- k + 1.0

            0.5 + density * sum
        else
            let t = abs x
            let mutable fraction = t

            // At t = 3, 100 levels leave 1e-17.
            for k in 100..-1..1 do
                fraction <- t + float k / fraction

            let beyond = if System.Double.IsInfinity x then 0.0 else density / fraction
            if x > 0.0 then 1.0 - beyond else beyond

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
