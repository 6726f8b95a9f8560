namespace Noether.Equivariance

open Noether.AutoDiff

/// Rotations of irreps: Wigner's matrices in the real basis of `SphericalHarmonics`, Y(R v) = D(R) Y(v), D¹ = R.
///
/// Degree l is the top of the product of degrees l−1 and 1, so with V the isometry √(2l+1) C of `ClebschGordan`, D^l =
/// Vᵀ (D^{l−1} ⊗ R) V. These are polynomials of degree l in the nine elements of R, evaluated without angles: nothing
/// is singular, derivatives with respect to the matrix exist to every order, and an improper R = −Q gives (−1)^l D(Q).
/// Each step adds a few roundings to those before, so l = 11 is good to 1e-14.
[<RequireQualifiedAccess>]
module Wigner =

    /// V of degree l ≥ 1: [(2l−1)·3, 2l+1], orthonormal columns.
    let private isometry precision l =
        let coupling = ClebschGordan.coupling (l - 1) 1 l
        let scale = sqrt (float (2 * l + 1))

        Tensor.ofArray [| (2 * l - 1) * 3; 2 * l + 1 |] [| for c in coupling.Dense -> scale * c |]
        |> Tensor.cast precision

    /// a ⊗ b of square matrices.
    let private kronecker (a: Tensor) (b: Tensor) =
        let n, m = a.Shape[0], b.Shape[0]

        Tensor.reshape [| n; 1; n; 1 |] a * Tensor.reshape [| 1; m; 1; m |] b |> Tensor.reshape [| n * m; n * m |]

    let private reduced l (product: Tensor) =
        let v = isometry product.Precision l
        Tensor.matmul (Tensor.matmulTransposed true false v product) v

    /// The matrices [2l+1, 2l+1] of all degrees 0 … lmax for a 3×3 matrix, in its precision and differentiable in it.
    /// Where it is not orthogonal they are still these polynomials. TensorException unless 3×3,
    /// ArgumentOutOfRangeException where lmax is negative.
    let upTo lmax (matrix: Tensor) : Tensor list =
        Guard.atLeast "Wigner.upTo" (nameof lmax) 0 lmax

        if matrix.Rank <> 2 || matrix.Shape[0] <> 3 || matrix.Shape[1] <> 3 then
            Shape.fail "Wigner.upTo" $"shape {Shape.print matrix.Shape}; expected [3, 3]"

        let one = Tensor.full matrix.Precision [| 1; 1 |] 1.0

        [ 2..lmax ]
        |> List.scan (fun below l -> reduced l (kronecker below matrix)) matrix
        |> fun above -> one :: (if lmax = 0 then [] else above)

    /// The matrix of one degree for a 3×3 matrix; see `upTo`.
    let ofMatrix l (matrix: Tensor) : Tensor = List.last (upTo l matrix)

    let private matrixOf rotation =
        let m = Rotation.toMatrix rotation

        Tensor.ofArray
            [| 3; 3 |]
            [| for i in 0..2 do
                   for j in 0..2 -> m[i, j] |]

    /// The matrix of degree l for a rotation, [2l+1, 2l+1], float64. ArgumentOutOfRangeException where l is negative.
    let ofRotation l rotation : Tensor = ofMatrix l (matrixOf rotation)

    /// The infinitesimal rotations of degree l about x, y and z: [3, 2l+1, 2l+1], antisymmetric, with
    /// D(exp θ n) = exp(θ n·X) and X of degree 1 the cross product. ArgumentOutOfRangeException where l is negative.
    let generators l : Tensor =
        Guard.atLeast "Wigner.generators" (nameof l) 0 l

        // (X_a)_ij = −ε_aij: a vector v goes to e_a × v.
        let ofVector a =
            let i, j = (a + 1) % 3, (a + 2) % 3
            let matrix = Array.zeroCreate<float> 9
            matrix[3 * j + i] <- 1.0
            matrix[3 * i + j] <- -1.0
            Tensor.ofArray [| 3; 3 |] matrix

        let rec of' l a =
            match l with
            | 0 -> Tensor.zeros [| 1; 1 |]
            | 1 -> ofVector a
            | _ ->
                kronecker (of' (l - 1) a) (Tensor.eye 3) + kronecker (Tensor.eye (2 * l - 1)) (ofVector a) |> reduced l

        Tensor.stack 0 [ for a in 0..2 -> of' l a ]

    /// The matrix [2l+1, 2l+1] that takes components of this library (polar axis y) into those of the standard real
    /// harmonics with polar axis z, m = −l … l, whose degree 1 is (y, z, x) and degree 2 √15 (xy, yz, …): metatensor's
    /// and featomic's order. Its transpose leads back. ArgumentOutOfRangeException where l is negative.
    let toPolarZ l : Tensor = ofMatrix l (Tensor.ofArray [| 3; 3 |] [| 0.0; 1.0; 0.0; 0.0; 0.0; 1.0; 1.0; 0.0; 0.0 |])

    /// Features after a rotation, and after an inversion of space where `inverted` says so: every copy times its D and,
    /// where inverted, its parity. In the features' precision.
    let transform rotation inverted (x: IrrepsTensor) : IrrepsTensor =
        let parts = IrrepsTensor.parts x
        let lmax = parts |> List.fold (fun l (irrep, _) -> max l irrep.L) 0
        let matrices = upTo lmax (matrixOf rotation) |> Array.ofList

        [ for irrep, values in parts do
              let sign = if inverted then float (Parity.sign irrep.Parity) else 1.0

              if values.Size = 0 then values
              elif irrep.L = 0 then values * sign
              else Tensor.matmul (Tensor.cast values.Precision matrices[irrep.L] * sign) values ]
        |> IrrepsTensor.create x.Irreps

    /// The matrix of irreps, [dim, dim], that acts on columns in e3nn's layout: a block for each copy.
    let ofIrreps rotation inverted (irreps: Irreps) : Tensor =
        IrrepsTensor.ofFlat irreps (Tensor.eye irreps.Dim)
        |> transform rotation inverted
        |> IrrepsTensor.toFlat
        |> Tensor.transpose
