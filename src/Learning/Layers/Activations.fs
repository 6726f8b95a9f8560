namespace Noether.Learning

open System
open Noether.Equivariance

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
    /// ½x(1+erf(x/√2)): GELU as it is defined.
    | GeluExact
    /// log(1+e^x).
    | Softplus
    /// log(1+e^x) − log 2.
    | ShiftedSoftplus
    /// x above 0, e^x − 1 below.
    | Elu
    /// x/(1+e^{−1.702x}), an approximation of GELU.
    | Swish1702
    /// |x|, an even function.
    | Abs
    /// x itself, an odd function.
    | Identity
    /// The sine, an odd function.
    | Sin
    /// The cosine, an even function.
    | Cos
    /// The exponential function.
    | Exp
    /// x², an even function.
    | Square

/// The activations at a single number, and the divisors by which a standard normal input gives an
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

    // Without overflow.
    let private softplus (x: float) = max x 0.0 + log (1.0 + exp -(abs x))

    /// The function at one number, without normalisation.
    let value activation (x: float) =
        match activation with
        | Activation.Silu -> x / (1.0 + exp -x)
        | Activation.Tanh -> tanh x
        | Activation.Sigmoid -> 1.0 / (1.0 + exp -x)
        | Activation.Gelu -> 0.5 * x * (1.0 + tanh (sqrt (2.0 / Math.PI) * (x + 0.044715 * x * x * x)))
        | Activation.Relu -> max x 0.0
        | Activation.SoftOdd -> (1.0 - exp (-x * x)) * x
        | Activation.GeluExact -> x * NormalDistribution.cumulative x
        | Activation.Softplus -> softplus x
        | Activation.ShiftedSoftplus -> softplus x - log 2.0
        | Activation.Elu -> if x > 0.0 then x else exp x - 1.0
        | Activation.Swish1702 -> x / (1.0 + exp (-1.702 * x))
        | Activation.Abs -> abs x
        | Activation.Identity -> x
        | Activation.Sin -> sin x
        | Activation.Cos -> cos x
        | Activation.Exp -> exp x
        | Activation.Square -> x * x

    /// The parity of φ(s) where s is an odd scalar: odd for odd functions, even for even ones; None where φ is neither,
    /// so that φ(s) has no parity.
    let parityOnOddScalars activation =
        match activation with
        | Activation.Tanh
        | Activation.SoftOdd
        | Activation.Identity
        | Activation.Sin -> Some Parity.Odd
        | Activation.Abs
        | Activation.Cos
        | Activation.Square -> Some Parity.Even
        | Activation.Silu
        | Activation.Sigmoid
        | Activation.Gelu
        | Activation.Relu
        | Activation.GeluExact
        | Activation.Softplus
        | Activation.ShiftedSoftplus
        | Activation.Elu
        | Activation.Swish1702
        | Activation.Exp -> None

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
        | Activation.GeluExact -> 0.6520803934500512
        | Activation.Softplus -> 0.9598092158827365
        | Activation.ShiftedSoftplus -> 0.5331546468474913
        | Activation.Elu -> 0.8030768955880002
        | Activation.Swish1702 -> 0.6495692149325918
        | Activation.Abs
        | Activation.Identity -> 0.9999874316467328
        | Activation.Sin -> 0.6575195417023284
        | Activation.Cos -> 0.7534374906251746
        | Activation.Exp -> 2.715591013502778
        | Activation.Square -> 1.7318537739696946

    /// The factor of an activation in e3nn-jax's convention, 1/c.
    let factor activation = 1.0 / constant activation

    /// The factor of an activation in e3nn's convention for torch (normalize2mom): one over the root mean square
    /// over a million random numbers, drawn from seed 0 in float64. They are data, and known for these; ArgumentException
    /// for another.
    let sampledFactor activation =
        match activation with
        | Activation.Silu -> 1.6791767923989418
        | Activation.Tanh -> 1.5937334472592695
        | Activation.Sigmoid -> 1.8467055342154763
        | Activation.GeluExact -> 1.5360642850770576
        | Activation.Relu -> 1.4163393446331365
        | Activation.Softplus -> 1.0426436590527184
        | Activation.ShiftedSoftplus -> 1.878204668541552
        | Activation.Abs -> 1.001110600838467
        | other ->
            raise (ArgumentException($"Activation.sampledFactor: {other}, expected one of the eight that are known."))

    /// φ(x)/c at one number.
    let normalized activation x = value activation x / constant activation
