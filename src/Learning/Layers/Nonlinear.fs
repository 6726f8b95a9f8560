namespace Noether.Learning

open System
open System.Numerics
open Noether.AutoDiff

/// Activations of tensors.
[<RequireQualifiedAccess>]
module Nonlinear =

    let private probabilities (x: ReadOnlySpan<'T>) (y: Span<'T>) : unit when 'T :> INumberBase<'T> =
        for i in 0 .. x.Length - 1 do
            y[i] <- 'T.CreateChecked(NormalDistribution.cumulative (Double.CreateChecked x[i]))

    /// The probability Φ(x) of a standard normal number below x; its derivative is the density.
    let private probability =
        { new Pointwise("normalProbability") with
            member _.Map(x, y) = probabilities x y

            member _.Derivative(x, _) = Tensor.exp (-0.5 * Tensor.square x) * (1.0 / sqrt (2.0 * Math.PI)) }

    /// scale · φ(x) element by element.
    let scaled (scale: float) activation (x: Tensor) =
        match activation with
        | Activation.Silu -> (Families.logistic [||] [| 0.0; scale |]).Of x
        | Activation.Sigmoid -> (Families.logistic [| 0.0; scale |] [||]).Of x
        | Activation.Tanh -> (Families.tanh [| 0.0; scale |]).Of x
        | Activation.Gelu ->
            // ½(1 + tanh u) is the sigmoid of 2u.
            let u = Tensor.polynomial [| 0.0; 1.0; 0.0; 0.044715 |] x * (2.0 * sqrt (2.0 / Math.PI))
            scale * x * Tensor.sigmoid u
        | Activation.Relu -> scale * 0.5 * (x + Tensor.abs x)
        | Activation.SoftOdd -> scale * x * (1.0 - Tensor.exp (-Tensor.square x))
        | Activation.GeluExact -> scale * x * probability.Of x
        | Activation.Softplus -> scale * Tensor.softplus x
        | Activation.ShiftedSoftplus -> scale * (Tensor.softplus x - log 2.0)
        | Activation.Elu ->
            let positive = x |> Tensor.toArray |> Array.map (fun v -> v > 0.0)
            scale * Tensor.select positive x (Tensor.exp (Tensor.select positive (Tensor.zerosLike x) x) - 1.0)
        | Activation.Swish1702 -> scale * x * Tensor.sigmoid (1.702 * x)
        | Activation.Abs -> scale * Tensor.abs x
        | Activation.Identity -> scale * x
        | Activation.Sin -> scale * Tensor.sin x
        | Activation.Cos -> scale * Tensor.cos x
        | Activation.Exp -> scale * Tensor.exp x
        | Activation.Square -> scale * Tensor.square x

    /// φ(x)/c element by element, with the constant c of `Activation.constant`.
    let normalized activation (x: Tensor) = scaled (Activation.factor activation) activation x

    /// φ(x) element by element, without normalisation.
    let value activation (x: Tensor) = scaled 1.0 activation x
