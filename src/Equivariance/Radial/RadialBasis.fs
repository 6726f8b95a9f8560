namespace Noether.Equivariance

open System

/// The numbers behind the radial functions of equivariant networks: constants from which differentiable functions are
/// composed, and scalar evaluations that say what those functions are.
[<RequireQualifiedAccess>]
module RadialBasis =
    let private checkRange operation (xMax: float) =
        if not (xMax > 0.0 && Double.IsFinite xMax) then
            raise (
                ArgumentOutOfRangeException(
                    nameof xMax,
                    xMax,
                    $"RadialBasis.{operation}: expected a finite length above 0."
                )
            )

    /// The wave numbers kπ/x_max, k = 1 … n, of the Bessel basis.
    /// ArgumentOutOfRangeException unless n ≥ 0 and x_max > 0.
    let besselFrequencies n xMax =
        Guard.atLeast "RadialBasis.besselFrequencies" (nameof n) 0 n
        checkRange "besselFrequencies" xMax
        [| for k in 1..n -> float k * Math.PI / xMax |]

    /// √(2/x_max), with which the functions of the Bessel basis are orthonormal on [0, x_max] under the weight x².
    /// ArgumentOutOfRangeException unless x_max > 0.
    let besselPrefactor xMax =
        checkRange "besselPrefactor" xMax
        sqrt (2.0 / xMax)

    /// The Bessel basis √(2/x_max) sin(kπx/x_max)/x, k = 1 … n, at one x; at 0 its limit √(2/x_max) kπ/x_max.
    /// Spherical Bessel functions of order 0 that vanish at x_max (J. Gasteiger et al., DimeNet, 2020, eq. 7); defined
    /// for every x, not cut off. ArgumentOutOfRangeException unless n ≥ 0 and x_max > 0.
    let bessel n xMax (x: float) =
        let prefactor = besselPrefactor xMax

        besselFrequencies n xMax |> Array.map (fun w -> prefactor * (if x = 0.0 then w else sin (w * x) / x))

    // n over k, exact while it is below 2⁵³.
    let private binomial n k = Seq.fold (fun value i -> value * float (n - k + i) / float i) 1.0 (seq { 1..k })

    let private checkOrders operation n0 n1 =
        if n0 < 0 || n1 < 0 then
            raise (ArgumentException($"RadialBasis.{operation}: the orders are {n0} and {n1}, expected at least 0."))

    /// The polynomial envelope 1 − I_x(n₀+1, n₁+1) (regularised incomplete beta function) in powers of x: the array c
    /// of n₀+n₁+2 coefficients with Σ c_k x^k. It is 1 at x = 0 with n₀ vanishing derivatives and 0 at x = 1 with n₁
    /// vanishing derivatives; (5, 2) gives 1 − 28x⁶ + 48x⁷ − 21x⁸, and (p−1, 2) the polynomial cut-off of order p of
    /// DimeNet. Coefficients are integers: −(−1)^k (n₀+n₁+1 over n₀+1+k)(n₀+k over k) at x^{n₀+1+k}.
    /// Near x = 1 the sum loses its relative accuracy; `envelopeFactors` does not.
    /// ArgumentException where an order is negative.
    let envelopeCoefficients n0 n1 =
        checkOrders "envelopeCoefficients" n0 n1

        Array.init (n0 + n1 + 2) (fun power ->
            let k = power - n0 - 1

            if power = 0 then 1.0
            elif k < 0 then 0.0
            else (if k % 2 = 0 then -1.0 else 1.0) * binomial (n0 + n1 + 1) power * binomial (n0 + k) k)

    /// The same polynomial as (1−x)^{n₁+1} Σ_k d_k x^k: the n₀+1 coefficients d_k = (n₁+k over k), all positive, so
    /// that nothing cancels for 0 ≤ x ≤ 1. ArgumentException where an order is negative.
    let envelopeFactors n0 n1 =
        checkOrders "envelopeFactors" n0 n1
        Array.init (n0 + 1) (fun k -> binomial (n1 + k) k)

    /// The polynomial envelope at one x, in units of x_max: the polynomial below x_max (for negative x too), 0 from
    /// there on. ArgumentException where an order is negative, ArgumentOutOfRangeException unless x_max > 0.
    let envelope n0 n1 xMax (x: float) =
        checkRange "envelope" xMax
        let t = x / xMax

        let horner = Array.foldBack (fun d value -> value * t + d) (envelopeFactors n0 n1) 0.0

        if t < 1.0 then pown (1.0 - t) (n1 + 1) * horner else 0.0
