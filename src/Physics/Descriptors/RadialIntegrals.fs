namespace Noether.Physics

open System
open System.Numerics
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// A function of a number on numbers of either precision.
[<RequireQualifiedAccess>]
module internal PlainFunction =
    let map<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>>
        (f: float -> float)
        (x: ReadOnlySpan<'T>)
        (y: Span<'T>)
        : unit =
        for i in 0 .. x.Length - 1 do
            y[i] <- 'T.CreateTruncating(f (Double.CreateTruncating x[i]))

/// e^(−c s) ₁F₁(a, b, κ s) as a function of s, closed under differentiation:
/// F_ab' = −c F_ab + κ (a/b) F_(a+1)(b+1) (NIST Digital Library of Mathematical Functions, 13.3.15).
[<Sealed>]
type internal GaussianKummer(a: float, b: float, c: float, kappa: float) =
    inherit Pointwise("gaussianKummer")

    member _.At(s: float) = ConfluentFunction.Scaled(a, b, kappa * s, c * s)

    member _.Raised = GaussianKummer(a + 1.0, b + 1.0, c, kappa)

    member this.SlopeAt(s: float) = kappa * a / b * this.Raised.At s - c * this.At s

    override this.Map(x, y) = PlainFunction.map this.At x y

    override this.Derivative(x, y) = kappa * a / b * this.Raised.Of x - c * y

/// Gaussian-type orbitals R_k = N_k rᵏ exp(−r²/2σ_k²) with σ_k = r_c max(√k, 1)/(N + 1), k = 0 … N, and what makes them
/// orthonormal, S^(−1/2) (P.-O. Löwdin, J. Chem. Phys. 18, 365 (1950)).
[<RequireQualifiedAccess>]
module internal GaussianOrbitals =
    let private gamma x = ConfluentFunction.LogGamma x

    /// The widths σ_k of N + 1 orbitals.
    let widths (radius: float) most =
        Array.init (most + 1) (fun k -> radius * max (sqrt (float k)) 1.0 / float (most + 1))

    /// ln N_k.
    let logNorm (widths: float[]) k = 0.5 * (log 2.0 - float (2 * k + 3) * log widths[k] - gamma (float k + 1.5))

    /// S^(−1/2) [N + 1, N + 1] by the singular values of S, which is symmetric and positive.
    let orthonormal (widths: float[]) =
        let n = widths.Length

        let overlap a b =
            let p = 0.5 * float (3 + a + b)
            let sum = 0.5 / (widths[a] * widths[a]) + 0.5 / (widths[b] * widths[b])

            exp (
                -p * log sum + gamma p
                - (float a + 1.5) * log widths[a]
                - (float b + 1.5) * log widths[b]
                - 0.5 * (gamma (float a + 1.5) + gamma (float b + 1.5))
            )

        let a = Array.init (n * n) (fun k -> overlap (k / n) (k % n))
        let s = Array.zeroCreate<float> n
        let v = Array.zeroCreate<float>(n * n)
        SingularValues.Decompose(n, n, Span a, Span s, Span v)

        Array.init (n * n) (fun k ->
            Seq.sum (seq { for q in 0 .. n - 1 -> v[q * n + k / n] * v[q * n + k % n] / sqrt s[q] }))

/// The overlap of a Gaussian at distance r with the radial functions of each degree, divided by rˡ: a smooth function of
/// r², G_n(r) = Σ_k M_nk A_k F_k(r²), where M = S^(−1/2) and F is `GaussianKummer`.
[<Sealed>]
type internal RadialIntegrals(settings: SoapSettings) =
    let cutoff = settings.Cutoff

    /// The functions of one degree: M with the factors A in it, and F.
    let degree (l: int) (most: int) =
        let n = most + 1
        let sigma = GaussianOrbitals.widths cutoff most
        let gamma x = ConfluentFunction.LogGamma x
        let c = 0.5 / (settings.Width * settings.Width)

        let functions =
            Array.init n (fun k ->
                let d = 0.5 / (sigma[k] * sigma[k])
                GaussianKummer(0.5 * float (k + l + 3), float l + 1.5, c, c * c / (c + d)))

        let factor k =
            let d = 0.5 / (sigma[k] * sigma[k])
            let a, b = 0.5 * float (k + l + 3), float l + 1.5
            let norm = GaussianOrbitals.logNorm sigma k
            exp (0.75 * log (2.0 * Math.PI * c) + float l * log c + gamma a - gamma b - a * log (c + d) + norm)

        let m = GaussianOrbitals.orthonormal sigma
        Array.init (n * n) (fun k -> m[k] * factor (k % n)), functions

    let degrees = [| for KeyValue(l, most) in settings.Radial -> l, degree l most |]
    let counts = degrees |> Array.map (fun (_, (_, functions)) -> functions.Length)
    let starts = Array.scan (+) 0 counts
    let width = Array.last starts

    /// G of one degree at a distance, and dG/dr.
    let exact k (r: float) (y: Span<float>) (dy: Span<float>) =
        let _, (matrix: float[], functions: GaussianKummer[]) = degrees[k]
        let n = functions.Length
        y.Clear()
        dy.Clear()

        for f in 0 .. n - 1 do
            let value, slope = functions[f].At(r * r), 2.0 * r * functions[f].SlopeAt(r * r)

            for q in 0 .. n - 1 do
                y[q] <- y[q] + matrix[q * n + f] * value
                dy[q] <- dy[q] + matrix[q * n + f] * slope

    /// The integrals themselves, rˡ G, and their derivatives.
    let integral k (r: float) (y: Span<float>) (dy: Span<float>) =
        exact k r y dy
        let l = fst degrees[k]
        let power, below = Math.Pow(r, float l), (if l = 0 then 0.0 else float l * Math.Pow(r, float (l - 1)))

        for q in 0 .. y.Length - 1 do
            dy[q] <- power * dy[q] + below * y[q]
            y[q] <- power * y[q]

    /// Knots at equal distances: the integrals of one degree, and their derivatives times the distance.
    let knots k (count: int) =
        let n = counts[k]
        let step = cutoff / float (count - 1)
        let table = Array.zeroCreate<float>(2 * n * count)

        for knot in 0 .. count - 1 do
            let values = Span(table, 2 * n * knot, n)
            let slopes = Span(table, 2 * n * knot + n, n)
            integral k (float knot * step) values slopes

            for q in 0 .. n - 1 do
                slopes[q] <- slopes[q] * step

        table, step

    /// Whether the splines are as exact as asked for: the mean error in the middles between the knots, which is featomic's
    /// rule, so that its numbers are ours. The largest error is about ten times that.
    let isEnough k accuracy (table: float[], step: float) =
        let n = counts[k]
        let middles = Array.init (table.Length / (2 * n) - 1) (fun i -> (float i + 0.5) * step)
        let y, dy = Array.zeroCreate<float>(middles.Length * n), Array.zeroCreate<float>(middles.Length * n)
        HermiteRows.Into(ReadOnlySpan table, n, step, ReadOnlySpan middles, Span y, Span dy)
        let value, slope = Array.zeroCreate<float> n, Array.zeroCreate<float> n
        let mutable sum = 0.0

        for i in 0 .. middles.Length - 1 do
            integral k middles[i] (Span value) (Span slope)

            for q in 0 .. n - 1 do
                sum <- sum + abs (y[i * n + q] - value[q])

        sum / float y.Length < accuracy

    let splined k accuracy =
        let rec refine count =
            let table = knots k count

            if isEnough k accuracy table then
                table
            elif count > 100_000 then
                let expected = "one that 10⁵ knots reach; or none"
                Outcome.raise (InvalidArgument("the accuracy of the splines", NoetherError.number accuracy, expected))
            else
                refine (2 * count - 1)

        refine 11

    let tables =
        lazy
            (settings.SplineAccuracy
             |> Option.map (fun accuracy -> Array.init degrees.Length (fun k -> splined k accuracy)))

    /// From splines of rˡ G of one degree to G.
    let fromSplines k (table: float[], step: float) (r: ReadOnlySpan<float>) (y: Span<float>) (dy: Span<float>) =
        let n, l = counts[k], float (fst degrees[k])
        let values, slopes = Array.zeroCreate<float>(r.Length * n), Array.zeroCreate<float>(r.Length * n)
        HermiteRows.Into(ReadOnlySpan table, n, step, r, Span values, Span slopes)

        for e in 0 .. r.Length - 1 do
            // At 0 harmonics of a degree above 0 are zero, and so is what they are multiplied with.
            let inverse =
                if l = 0.0 then 1.0
                elif r[e] > 0.0 then Math.Pow(r[e], -l)
                else 0.0

            let along = if r[e] > 0.0 then l / r[e] else 0.0

            for q in 0 .. n - 1 do
                let value = values[e * n + q]
                y[e * width + starts[k] + q] <- value * inverse
                dy[e * width + starts[k] + q] <- (slopes[e * n + q] - along * value) * inverse

    /// Degrees with the numbers of their functions and the columns of the first of them.
    member _.Degrees = degrees |> Array.mapi (fun k (l, _) -> l, counts[k], starts[k])

    /// The functions of all degrees.
    member _.Width = width

    /// G at distances [p], and dG/dr: [p, width] each.
    member _.Rows(r: ReadOnlySpan<float>, y: Span<float>, dy: Span<float>) =
        match tables.Value with
        | Some tables ->
            for k in 0 .. tables.Length - 1 do
                fromSplines k tables[k] r y dy
        | None ->
            for e in 0 .. r.Length - 1 do
                for k in 0 .. degrees.Length - 1 do
                    let place = e * width + starts[k]
                    exact k r[e] (y.Slice(place, counts[k])) (dy.Slice(place, counts[k]))

    /// G of one degree as a differentiable function of squared distances [p]: [p, n].
    member _.Composed (k: int) (squares: Tensor) : Tensor =
        let _, (matrix, functions) = degrees[k]
        let n = functions.Length
        let columns = Tensor.stack 1 [ for f in functions -> f.Of squares ]
        Tensor.matmulTransposed false true columns (Tensor.ofArray [| n; n |] matrix)

/// The weight of a neighbour by its distance: smoothing times scaling.
[<RequireQualifiedAccess>]
module internal NeighbourWeight =

    /// The weight and its derivative.
    let at (settings: SoapSettings) (r: float) : struct (float * float) =
        let struct (f, df) =
            match settings.Smoothing with
            | Smoothing.ShiftedCosine width when r > settings.Cutoff - width ->
                let x = Math.PI * (r - settings.Cutoff + width) / width
                struct (0.5 * (1.0 + cos x), -0.5 * Math.PI / width * sin x)
            | _ -> struct (1.0, 0.0)

        match settings.Scaling with
        | None -> struct (f, df)
        | Some scaling ->
            let power = Math.Pow(r / scaling.Scale, scaling.Exponent)
            let s = if power = 0.0 then 1.0 else scaling.Rate / (scaling.Rate + power)
            let ds = if r > 0.0 && power > 0.0 then -s * s / scaling.Rate * scaling.Exponent * power / r else 0.0
            let ds = if scaling.Rate = 0.0 then 0.0 else ds
            struct (f * s, df * s + f * ds)

    /// The weight as a differentiable function of distances [p].
    let composed (settings: SoapSettings) (r: Tensor) : Tensor =
        let f =
            match settings.Smoothing with
            | Smoothing.Step -> Tensor.onesLike r
            | Smoothing.ShiftedCosine width ->
                let inside = Tensor.toArray r |> Array.map (fun r -> r > settings.Cutoff - width)
                let x = Math.PI / width * (r - (settings.Cutoff - width))
                Tensor.select inside (0.5 * (1.0 + Tensor.cos x)) (Tensor.onesLike r)

        match settings.Scaling with
        | None -> f
        | Some scaling -> f * (scaling.Rate / (scaling.Rate + Tensor.pow scaling.Exponent (r / scaling.Scale)))
