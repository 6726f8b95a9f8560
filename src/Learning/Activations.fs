namespace Noether.Learning

open System

/// The nonlinear functions of equivariant networks.
[<RequireQualifiedAccess>]
type Activation =
    /// x/(1+e^{−x}), also called swish.
    | Silu
    /// The hyperbolic tangent, an odd function.
    | Tanh
    /// 1/(1+e^{−x}).
    | Sigmoid
    /// ½x(1+tanh(√(2/π)(x+0.044715x³))): GELU in its tanh form, JAX's default.
    | Gelu
    /// max(x, 0).
    | Relu
    /// (1−e^{−x²})x, an odd function; e3nn-jax's default for odd scalars.
    | SoftOdd

/// What the activations are at a single number, and what they are divided by so that a standard normal input gives an
/// output of mean square 1.
///
/// Convention: that of e3nn-jax's normalize_function in double precision. A function φ becomes φ/c with
/// c² the mean of φ² over the 1,000,001 standard normal quantiles √2 erfinv(t), t the interior points of 1,000,003
/// equally spaced ones on [−1, 1]. This is not the exact Gaussian integral: cutting the tails at ±4.75 makes 1/c larger
/// by 2e-5 (silu: 1.676562 here, 1.676532 exactly), enough to show in a network's energies. e3nn for torch uses yet
/// other constants, from a million random numbers.
[<RequireQualifiedAccess>]
module Activation =
    /// The number of quantiles in the convention.
    [<Literal>]
    let QuantileCount = 1_000_001

    /// The function at one number, without normalisation.
    let value activation (x: float) =
        match activation with
        | Activation.Silu -> x / (1.0 + exp -x)
        | Activation.Tanh -> tanh x
        | Activation.Sigmoid -> 1.0 / (1.0 + exp -x)
        | Activation.Gelu -> 0.5 * x * (1.0 + tanh (sqrt (2.0 / Math.PI) * (x + 0.044715 * x * x * x)))
        | Activation.Relu -> max x 0.0
        | Activation.SoftOdd -> (1.0 - exp (-x * x)) * x

    /// The parity of φ(s) where s is an odd scalar: odd for odd functions; None where φ is neither odd nor even, so
    /// that φ(s) has no parity.
    let parityOnOddScalars activation =
        match activation with
        | Activation.Tanh
        | Activation.SoftOdd -> Some Parity.Odd
        | Activation.Silu
        | Activation.Sigmoid
        | Activation.Gelu
        | Activation.Relu -> None

    /// The constant c of any function: √ of the mean of its square over the quantiles; 1 where that is within 1e-5
    /// (+1e-8) of 1, such a function being left as it is. Takes 50 to 200 ms.
    let constantOf (f: float -> float) =
        let c =
            NormalDistribution.meanOverQuantiles QuantileCount (fun x ->
                let y = f x
                y * y)
            |> sqrt

        if abs (c - 1.0) <= 1e-5 + 1e-8 then 1.0 else c

    /// The constant c of an activation, by which it is divided: `constantOf (value activation)`, worked out beforehand.
    let constant activation =
        match activation with
        | Activation.Silu -> 0.5964586854233045
        | Activation.Tanh -> 0.6279282481638501
        | Activation.Sigmoid -> 0.5416445654162108
        | Activation.Gelu -> 0.6520590985126534
        | Activation.Relu -> 0.707097894018724
        | Activation.SoftOdd -> 0.8393551737104532

    /// φ(x)/c at one number.
    let normalized activation x = value activation x / constant activation
