namespace Noether.Learning

open System

/// The standard normal distribution.
[<RequireQualifiedAccess>]
module NormalDistribution =
    let inline private polynomial (coefficients: float array) (x: float) =
        let mutable value = coefficients[coefficients.Length - 1]

        for k in coefficients.Length - 2 .. -1 .. 0 do
            value <- value * x + coefficients[k]

        value

    let private centre =
        [| 3.3871328727963666080e0
           1.3314166789178437745e+2
           1.9715909503065514427e+3
           1.3731693765509461125e+4
           4.5921953931549871457e+4
           6.7265770927008700853e+4
           3.3430575583588128105e+4
           2.5090809287301226727e+3 |]

    let private underCentre =
        [| 1.0
           4.2313330701600911252e+1
           6.8718700749205790830e+2
           5.3941960214247511077e+3
           2.1213794301586595867e+4
           3.9307895800092710610e+4
           2.8729085735721942674e+4
           5.2264952788528545610e+3 |]

    let private tail =
        [| 1.42343711074968357734e0
           4.63033784615654529590e0
           5.76949722146069140550e0
           3.64784832476320460504e0
           1.27045825245236838258e0
           2.41780725177450611770e-1
           2.27238449892691845833e-2
           7.74545014278341407640e-4 |]

    let private underTail =
        [| 1.0
           2.05319162663775882187e0
           1.67638483018380384940e0
           6.89767334985100004550e-1
           1.48103976427480074590e-1
           1.51986665636164571966e-2
           5.47593808499534494600e-4
           1.05075007164441684324e-9 |]

    let private farTail =
        [| 6.65790464350110377720e0
           5.46378491116411436990e0
           1.78482653991729133580e0
           2.96560571828504891230e-1
           2.65321895265761230930e-2
           1.24266094738807843860e-3
           2.71155556874348757815e-5
           2.01033439929228813265e-7 |]

    let private underFarTail =
        [| 1.0
           5.99832206555887937690e-1
           1.36929880922735805310e-1
           1.48753612908506148525e-2
           7.86869131145613259100e-4
           1.84631831751005468180e-5
           1.42151175831644588870e-7
           2.04426310338993978564e-15 |]

    /// The x with probability (1+t)/2 below it, √2 erfinv(t), for −1 &lt; t &lt; 1; ±∞ at ±1, NaN outside.
    /// Rational approximations of relative error 1e-16 (M. J. Wichura, Algorithm AS 241, Appl. Statist. 37, 477
    /// (1988), routine PPND16).
    let quantile (t: float) =
        let q = 0.5 * t

        if abs q <= 0.425 then
            let r = 0.180625 - q * q
            q * polynomial centre r / polynomial underCentre r
        elif abs t < 1.0 then
            let r = sqrt (-log(0.5 * (1.0 - abs t)))

            let size =
                if r <= 5.0 then
                    polynomial tail (r - 1.6) / polynomial underTail (r - 1.6)
                else
                    polynomial farTail (r - 5.0) / polynomial underFarTail (r - 5.0)

            if t < 0.0 then -size else size
        elif abs t = 1.0 then
            t * Double.PositiveInfinity
        else
            nan

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
