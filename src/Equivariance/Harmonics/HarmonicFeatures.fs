namespace Noether.Equivariance

open Noether.AutoDiff
open Noether.Kernels

/// Spherical harmonics as features that transform as irreps.
[<RequireQualifiedAccess>]
module HarmonicFeatures =

    /// Vectors [n, 3] divided by their largest component, a constant, so that squares neither over- nor underflow.
    let private rescaled (vectors: Tensor) =
        let x = Tensor.toArray vectors

        let largest =
            Array.init (x.Length / 3) (fun i ->
                let m = max (abs x[3 * i]) (max (abs x[3 * i + 1]) (abs x[3 * i + 2]))
                if m = 0.0 then 1.0 else m)

        vectors / (Tensor.ofArray [| largest.Length; 1 |] largest |> Tensor.cast vectors.Precision)

    /// The harmonics of vectors [n, 3] for the given irreps: each chunk holds, copy by copy, those of its degree. With
    /// `normalize` they are of the vectors' directions, without it the solid harmonics r^l Y. The parity of a degree
    /// must be that of `vectorParity` to the power l: `Parity.Odd` for true vectors, `Parity.Even` for axial ones.
    ///
    /// Values and derivatives are finite everywhere, at the poles too. The zero vector has no direction: it is left as
    /// it is, with zeros for l ≥ 1 and the derivative of the solid harmonics (√3 for degree 1, 0 above), as in e3nn.
    /// TensorException for another shape, for a degree above `SolidHarmonics.MaxDegree`, and for irreps of the wrong
    /// parity.
    let create normalization normalize vectorParity (irreps: Irreps) (vectors: Tensor) : IrrepsTensor =
        if vectors.Rank <> 2 || vectors.Shape[1] <> 3 then
            Shape.fail "HarmonicFeatures.create" $"shape {Shape.print vectors.Shape}; expected [n, 3]"

        for chunk in irreps.Chunks do
            let l = chunk.Irrep.L
            let parity = if vectorParity = Parity.Odd then Parity.ofDegree l else Parity.Even

            if chunk.Irrep.Parity <> parity then
                let expected = Irrep.create l parity

                Shape.fail
                    "HarmonicFeatures.create"
                    $"{chunk.AsText} for vectors of {vectorParity} parity; expected {expected}"

            if l > SolidHarmonics.MaxDegree then
                Shape.fail
                    "HarmonicFeatures.create"
                    $"{chunk.AsText}; expected degrees of at most {SolidHarmonics.MaxDegree}"

        let lmax = Irreps.tryLmax irreps |> Option.defaultValue 0

        let all =
            if normalize then
                let vectors = rescaled vectors
                Harmonics.ofDirections lmax vectors (Harmonics.lengths vectors)
            else
                Harmonics.solid lmax vectors

        [ for chunk in irreps.Chunks do
              let l = chunk.Irrep.L

              let values =
                  Tensor.slice 1 (l * l) ((l + 1) * (l + 1)) all * SphericalHarmonics.factor normalization l
                  |> Tensor.unsqueeze 2

              Tensor.expand [| vectors.Shape[0]; 2 * l + 1; chunk.Mul |] values ]
        |> IrrepsTensor.create irreps
