namespace Noether.Learning

open Noether.AutoDiff
open Noether.Equivariance

/// Products of features that transform as irreps.
[<RequireQualifiedAccess>]
module TensorProduct =

    /// The product of features with the spherical harmonics of the same rows, in component normalisation
    /// (C·√(2l₃+1), Σ C² = 1), for the outputs whose irrep passes the filter, merged. `harmonics` is [n, Σ(2l₂+1)] for the
    /// degrees `degrees`, one copy each, parity (−1)^l. Paths come in the order of e3nn: chunks of x, degrees, l₃ ascending.
    let withHarmonics (wanted: Irrep -> bool) (degrees: int list) (harmonics: Tensor) (x: IrrepsTensor) : IrrepsTensor =
        let plan = MessagePass.terms wanted degrees x.Irreps |> MessagePass.plan x.Irreps degrees
        let rows = x.Rows.Shape[0]
        // A message of every row to itself, all of weight one.
        let own = Array.init rows id
        let edges = MessagePass.edges rows own own |> MessagePass.shareWeights 1 (Array.zeroCreate rows)
        let ones = Tensor.full x.Rows.Precision [| 1; Irreps.count plan.Output |] 1.0
        IrrepsTensor.ofRows plan.Output (MessagePass.apply plan edges x.Rows harmonics ones)

    /// The fully connected product of features of two irreps: the product, in component normalisation, of what can
    /// reach the output, then a `Linear` layer to it. Every path from a pair of copies to an output copy has a weight.
    /// TensorException where no product is in the output.
    let fullyConnected (a: Irreps) (b: Irreps) (output: Irreps) : Network<IrrepsTensor * IrrepsTensor, IrrepsTensor> =
        let wanted irrep = Irreps.contains irrep output
        let reached = IrrepsProducts.tensorProduct a b |> Irreps.filter wanted

        if reached.Dim = 0 then
            Shape.fail
                "TensorProduct.fullyConnected"
                $"no product of {a.AsText} and {b.AsText} is in {output.AsText}; expected one"

        let linear = Linear.create None reached output

        { Init = linear.Init
          Apply =
            fun parameters (x, y) ->
                if x.Irreps <> a || y.Irreps <> b then
                    Shape.fail
                        "TensorProduct.fullyConnected"
                        $"features {x.Irreps.AsText} and {y.Irreps.AsText}; the layer takes {a.AsText} and {b.AsText}"

                let products = FeatureProducts.full ProductNormalization.Component wanted x y
                linear.Apply parameters (products, Array.zeroCreate (IrrepsAlgebra.rows x)) }
