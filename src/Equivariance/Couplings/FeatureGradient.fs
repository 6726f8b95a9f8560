namespace Noether.Equivariance

open Noether.AutoDiff

/// Derivatives of functions between features that transform as irreps, which are such features again.
[<RequireQualifiedAccess>]
module FeatureGradient =

    /// The derivative of a function that treats each row by itself: for each pair of an output and an input chunk the
    /// products Σ C ∂y_i/∂x_j·√(2l₃+1) of all l₃, regrouped, copies with those of the output outer (e3nn-jax's `grad`).
    /// One differentiation in forward mode for each component of the input; differentiable again. TensorException where
    /// the function gives another number of rows than it takes.
    let create (f: IrrepsTensor -> IrrepsTensor) (x: IrrepsTensor) : IrrepsTensor =
        let flat = IrrepsTensor.toFlat x
        let n, inputs = flat.Shape[0], x.Irreps
        let ofFlat flat = f (IrrepsTensor.ofFlat inputs flat)
        let output = (ofFlat flat).Irreps

        let along component' =
            let direction = Array.init inputs.Dim (fun k -> if k = component' then 1.0 else 0.0)
            let row = Tensor.ofArray [| 1; inputs.Dim |] direction |> Tensor.cast flat.Precision
            snd (Diff.jvp (ofFlat >> IrrepsTensor.toFlat) flat (Tensor.expand flat.Shape row))

        // [n, output components, input components]
        let jacobian = Tensor.stack 2 [ for k in 0 .. inputs.Dim - 1 -> along k ]

        if jacobian.Shape[0] <> n then
            Shape.fail "FeatureGradient.create" $"{jacobian.Shape[0]} rows from {n}; expected equally many"

        let placed (irreps: Irreps) = List.zip irreps.Chunks (Irreps.slices irreps)

        [ for p, struct (first, last) in placed output do
              for q, struct (start, stop) in placed inputs do
                  let products =
                      jacobian
                      |> Tensor.slice 1 first last
                      |> Tensor.slice 2 start stop
                      |> Tensor.reshape [| n; p.Mul; p.Irrep.Dim; q.Mul; q.Irrep.Dim |]
                      |> Tensor.permute [| 0; 2; 4; 1; 3 |]
                      |> Tensor.reshape [| n; p.Irrep.Dim; q.Irrep.Dim; p.Mul * q.Mul |]

                  let outs = [ for out in Irrep.product p.Irrep q.Irrep -> out, sqrt (float out.Dim) ]
                  yield! FeatureProducts.couple p.Irrep q.Irrep outs products ]
        |> IrrepsAlgebra.ofParts "FeatureGradient.create"
        |> IrrepsAlgebra.regroup
