namespace Noether.Learning

open Noether.AutoDiff

/// Activations of tensors.
[<RequireQualifiedAccess>]
module Nonlinear =

    /// φ(x)/c element by element, with the constant c of `Activation.constant`.
    let normalized activation (x: Tensor) =
        let scale = 1.0 / Activation.constant activation

        match activation with
        | Activation.Silu -> (Families.logistic [||] [| 0.0; scale |]).Of x
        | Activation.Sigmoid -> (Families.logistic [| 0.0; scale |] [||]).Of x
        | Activation.Tanh -> (Families.tanh [| 0.0; scale |]).Of x
        | Activation.Gelu ->
            // ½(1 + tanh u) is the sigmoid of 2u.
            let u = Tensor.polynomial [| 0.0; 1.0; 0.0; 0.044715 |] x * (2.0 * sqrt (2.0 / System.Math.PI))
            scale * x * Tensor.sigmoid u
        | Activation.Relu -> scale * 0.5 * (x + Tensor.abs x)
        | Activation.SoftOdd -> scale * x * (1.0 - Tensor.exp (-Tensor.square x))
