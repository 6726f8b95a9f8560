namespace Noether.Equivariance

open System
open Noether.AutoDiff

/// The shapes of a soft one-hot basis.
[<Struct; RequireQualifiedAccess>]
type SoftBasis =
    /// e^{−d²}/1.12: overlaps everywhere, smooth.
    | Gaussian
    /// cos(πd/2) for |d| < 1, 0 outside: continuous.
    | Cosine
    /// 1.14136·e²·sus(d+1)·sus(1−d): smooth, and exactly 0 for |d| ≥ 1.
    | SmoothFinite
    /// cos(πkt), k = 0 … n−1, over √(¼ + n/2), where both ends are free; sin(πkt), k = 1 … n, inside the range where
    /// both are zero.
    | Fourier

/// The range of a soft one-hot basis.
type SoftBasisSettings =
    {
        /// The shape.
        Basis: SoftBasis
        /// The start of the range.
        Start: float
        /// The end of the range, above `Start`.
        End: float
        /// The number of functions, at least 1.
        Count: int
        /// Whether functions fall to zero at the beginning of the range: no centre lies there.
        StartZero: bool
        /// Whether functions fall to zero at its end.
        EndZero: bool
    }

/// Smooth functions of distances, as tensors: bump functions, envelopes, switching functions, soft one-hot bases.
/// Element by element, of any shape, differentiable to every order; those that end are exactly 0 behind their end, with
/// all derivatives. Conventions are those of e3nn-jax 0.21.
[<RequireQualifiedAccess>]
module SoftRadial =

    let private mask predicate (x: Tensor) = x |> Tensor.toArray |> Array.map predicate

    /// f where the mask holds, 0 elsewhere; where it does not hold, f sees `safe` instead.
    let private inside (holds: bool[]) (safe: float) f (x: Tensor) =
        if Array.forall id holds then
            f x
        else
            let argument = Tensor.select holds x (Tensor.full x.Precision x.Shape safe)
            Tensor.select holds (f argument) (Tensor.zerosLike x)

    /// e^{−1/x} for x > 0, 0 for the rest: smooth at 0, with all derivatives 0.
    let sus (x: Tensor) = inside (mask (fun v -> v > 0.0) x) 1.0 (fun x -> Tensor.exp (-(Tensor.reciprocal x))) x

    let private positive operation name (value: float) =
        if not (value > 0.0 && Double.IsFinite value) then
            raise (
                ArgumentOutOfRangeException(name, value, $"SoftRadial.{operation}: expected a finite number above 0.")
            )

    /// c·sus(a(1 − x/x_max)) with c such that it is `atOrigin` at 0: smooth everywhere, 0 from x_max on. e3nn-jax's
    /// defaults are a = 2 and 1.2. ArgumentOutOfRangeException unless x_max and a are positive and finite.
    let softEnvelope (xMax: float) (steepness: float) (atOrigin: float) (x: Tensor) =
        positive "softEnvelope" (nameof xMax) xMax
        positive "softEnvelope" (nameof steepness) steepness
        atOrigin * exp (1.0 / steepness) * sus (steepness * (1.0 - x / xMax))

    /// e3nn's polynomial u_p(x) = 1 − (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) − p(p+1)/2 x^(p+2), which is 1 at 0 and 0 at 1
    /// with two vanishing derivatives there; not cut off. ArgumentOutOfRangeException unless p ≥ 1.
    let u p (x: Tensor) =
        Guard.atLeast "SoftRadial.u" (nameof p) 1 p
        Tensor.polynomial (RadialBasis.envelopeCoefficients (p - 1) 2) x

    /// The polynomial cut-off of order p: u_p below 1 and 0 from there on, at x in units of the cut-off (J. Gasteiger
    /// et al., DimeNet, 2020, eq. 8). ArgumentOutOfRangeException unless p ≥ 1.
    let polynomialCutoff p (x: Tensor) =
        Guard.atLeast "SoftRadial.polynomialCutoff" (nameof p) 1 p
        Radial.envelope (p - 1) 2 x

    /// The switching function of X-PLOR: 1 up to `onset`, (c²−x²)²(c²+2x²−3o²)/(c²−o²)³ up to the cut-off c, 0 behind
    /// it; one continuous derivative (A. T. Brünger, X-PLOR manual, 1992). ArgumentOutOfRangeException unless 0 ≤ onset
    /// < cut-off.
    let xplor (onset: float) (cutoff: float) (x: Tensor) =
        positive "xplor" (nameof cutoff) cutoff

        if not (onset >= 0.0 && onset < cutoff) then
            raise (
                ArgumentOutOfRangeException(
                    nameof onset,
                    onset,
                    $"SoftRadial.xplor: expected 0 or more, below {cutoff}."
                )
            )

        let c2, o2 = cutoff * cutoff, onset * onset
        let squares = Tensor.square x
        let switched = Tensor.square (c2 - squares) * (2.0 * squares + (c2 - 3.0 * o2)) / ((c2 - o2) ** 3.0)
        let before, beyond = mask (fun v -> abs v <= onset) x, mask (fun v -> abs v >= cutoff) x

        Tensor.select before (Tensor.onesLike x) (Tensor.select beyond (Tensor.zerosLike x) switched)

    /// The Bessel basis √(2/x_max) sin(kπx/x_max)/x, k = 1 … n, of distances [e]: [e, n], with its limit at 0.
    /// ArgumentOutOfRangeException unless n ≥ 0 and x_max is positive and finite.
    let bessel n (xMax: float) (x: Tensor) =
        positive "bessel" (nameof xMax) xMax
        Radial.bessel n (x / xMax) * (xMax ** -1.5)

    let private centres (settings: SoftBasisSettings) =
        let before, after = (if settings.StartZero then 1 else 0), (if settings.EndZero then 1 else 0)
        let intervals = settings.Count + before + after - 1
        // One centre alone, at the start: the range is the step.
        let step = (settings.End - settings.Start) / float (max 1 intervals)
        [| for k in 0 .. settings.Count - 1 -> settings.Start + float (k + before) * step |], step

    let private check (settings: SoftBasisSettings) =
        Guard.atLeast "SoftRadial.oneHot" "Count" 1 settings.Count

        if not (settings.End > settings.Start && Double.IsFinite(settings.End - settings.Start)) then
            let found = $"the range is {settings.Start} … {settings.End}"
            raise (ArgumentException $"SoftRadial.oneHot: {found}, expected finite ends, the first below the second.")

        if settings.Basis = SoftBasis.Fourier && settings.StartZero <> settings.EndZero then
            raise (ArgumentException "SoftRadial.oneHot: one end of a Fourier basis is zero, expected both or none.")

    /// The values of all functions of a soft one-hot basis at numbers [e]: [e, count]. Except for `Fourier`, function k
    /// is a bump at centre k; centres divide the range evenly, without the ends that must be zero, and d is the
    /// distance from the centre in steps. The sum of squares is about 1 inside the range. ArgumentException for a range
    /// that is none, and for a Fourier basis with one zero end; ArgumentOutOfRangeException for a count below 1;
    /// TensorException unless [e].
    let oneHot (settings: SoftBasisSettings) (x: Tensor) =
        check settings

        if x.Rank <> 1 then Shape.fail "SoftRadial.oneHot" $"shape {Shape.print x.Shape}; expected [e]"

        let row (values: float[]) = Tensor.vector values |> Tensor.cast x.Precision |> Tensor.unsqueeze 0
        let column = Tensor.unsqueeze 1 x

        match settings.Basis with
        | SoftBasis.Fourier ->
            let t = (column - settings.Start) / (settings.End - settings.Start)
            let first = if settings.StartZero then 1 else 0
            let angles = t * row [| for k in 0 .. settings.Count - 1 -> Math.PI * float (k + first) |]
            let scale = 1.0 / sqrt (0.25 + 0.5 * float settings.Count)

            if settings.StartZero then
                let within = mask (fun v -> v > 0.0 && v < 1.0) t |> Array.collect (Array.replicate settings.Count)

                inside within 0.0 Tensor.sin angles * scale
            else
                Tensor.cos angles * scale
        | basis ->
            let centres, step = centres settings
            let d = (column - row centres) / step

            match basis with
            | SoftBasis.Gaussian -> Tensor.exp (-(Tensor.square d)) / 1.12
            | SoftBasis.Cosine ->
                inside (mask (fun v -> v > -1.0 && v < 1.0) d) 0.0 (fun d -> Tensor.cos (0.5 * Math.PI * d)) d
            | _ -> 1.14136 * exp 2.0 * (sus (d + 1.0) * sus (1.0 - d))
