namespace Noether.Equivariance

open Noether.AutoDiff
open Noether.Kernels

/// r^l Y_lm of vectors [n, 3] for all l up to lmax, [n, (lmax+1)²]. A derivative is a constant combination of those of one
/// degree less, so the operation needs only itself for every order.
[<Sealed>]
type internal SolidHarmonicsOperation(lmax: int) =
    inherit Operation("solidHarmonics")

    let columns (values: Tensor) stop = Tensor.slice 1 0 stop values

    /// ∂/∂x_a of every component, [n, (lmax+1)²].
    let gradient (value: Tensor) axis =
        let matrix = SphericalHarmonics.stackedGradient lmax axis

        let table =
            Tensor.ofArray [| matrix.Rows; matrix.Columns |] (Array.ofSeq matrix.Dense) |> Tensor.cast value.Precision

        Tensor.matmulTransposed false true (columns value matrix.Columns) table

    let axes = [ Axis.X; Axis.Y; Axis.Z ]

    member this.Of(x: Tensor) = Operation.Apply(this, [| x |])[0] |> nonNull

    override _.Compute inputs =
        let x = data inputs[0]
        let y = Raw.create [| x.Shape[0]; (lmax + 1) * (lmax + 1) |]
        SolidHarmonics.EvaluateInto(lmax, x.Span, y.Output)
        y

    override _.Pushforward(node, tangents) =
        let push (t: Tensor) =
            axes
            |> List.mapi (fun a axis -> Tensor.slice 1 a (a + 1) t * gradient (node.Output 0) axis)
            |> List.reduce (+)

        [| Operations.Map(push, tangents[0]) |]

    override _.Pullback(node, cotangents) =
        let pull (g: Tensor) =
            let along axis = Tensor.sumTo [| g.Shape[0]; 1 |] (g * gradient (node.Output 0) axis)
            Tensor.concat 1 (List.map along axes)

        [| Operations.Map(pull, cotangents[0]) |]

/// Spherical harmonics of tensors of vectors, in e3nn's basis and component normalisation (see `SphericalHarmonics`).
[<RequireQualifiedAccess>]
module Harmonics =

    /// The solid harmonics r^l Y_lm, l = 0 … lmax, of vectors [n, 3]: [n, (lmax+1)²].
    let solid lmax (vectors: Tensor) =
        if vectors.Rank <> 2 || vectors.Shape[1] <> 3 then
            Shape.fail "Harmonics.solid" $"shape {Shape.print vectors.Shape}; expected [n, 3]"

        (SolidHarmonicsOperation lmax).Of vectors

    /// Which rows of [n, 3] are the zero vector.
    let private zeroRows (vectors: Tensor) =
        let x = Tensor.toArray vectors
        Array.init (x.Length / 3) (fun i -> x[3 * i] = 0.0 && x[3 * i + 1] = 0.0 && x[3 * i + 2] = 0.0)

    /// Lengths of vectors [n, 3]: [n]. At the zero vector the derivative is 0.
    let lengths (vectors: Tensor) = Tensor.safeSqrt (Tensor.sumAxes [| 1 |] (vectors * vectors))

    /// Y_lm of the directions of vectors [n, 3], given their lengths [n]. The zero vector is left as it is, so it has
    /// Y₀₀ = 1, zeros for l ≥ 1, and the derivative of the solid harmonics.
    let ofDirections lmax (vectors: Tensor) (lengths: Tensor) =
        let zero = zeroRows vectors
        let safe = if Array.contains true zero then Tensor.select zero (Tensor.onesLike lengths) lengths else lengths
        solid lmax (vectors / Tensor.unsqueeze 1 safe)
