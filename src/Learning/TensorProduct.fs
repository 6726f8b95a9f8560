namespace Noether.Learning

open Noether.AutoDiff

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
