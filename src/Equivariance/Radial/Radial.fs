namespace Noether.Equivariance

open Noether.AutoDiff

/// Radial functions of tensors of distances, in units of the cut-off.
[<RequireQualifiedAccess>]
module Radial =

    /// √2 sin(kx)/x for frequencies k [n], of distances x [e]: [e, n]; at x = 0 the limit √2 k.
    let besselAt (frequencies: Tensor) (x: Tensor) =
        let n = frequencies.Size
        let k = Tensor.unsqueeze 0 frequencies
        let zero = x |> Tensor.toArray |> Array.map (fun v -> v = 0.0)

        if Array.contains true zero then
            let safe = Tensor.select zero (Tensor.onesLike x) x |> Tensor.unsqueeze 1
            let mask = zero |> Array.collect (Array.replicate n)
            let limit = Tensor.expand [| x.Size; n |] k
            sqrt 2.0 * Tensor.select mask limit (Tensor.sin (safe * k) / safe)
        else
            let x = Tensor.unsqueeze 1 x
            sqrt 2.0 * (Tensor.sin (x * k) / x)

    /// √2 sin(kπx)/x for k = 1 … n, of distances x [e]: [e, n]; at x = 0 the limit √2 kπ.
    let bessel n (x: Tensor) =
        besselAt (RadialBasis.besselFrequencies n 1.0 |> Tensor.vector |> Tensor.cast x.Precision) x

    /// The polynomial envelope of `RadialBasis.envelope` of distances x [e]: smooth to 0 at x = 1, 0 from there on.
    let envelope n0 n1 (x: Tensor) =
        let inside = x |> Tensor.toArray |> Array.map (fun v -> v < 1.0)
        let coefficients = RadialBasis.envelopeFactors n0 n1
        let polynomial = Tensor.pow (float (n1 + 1)) (1.0 - x) * Tensor.polynomial coefficients x

        if Array.contains false inside then
            Tensor.select inside polynomial (Tensor.zerosLike x)
        else
            polynomial

    /// The basis of NequIP: `bessel` times the envelope (5, 2), [e] → [e, n].
    let basis n (x: Tensor) = bessel n x * Tensor.unsqueeze 1 (envelope 5 2 x)
