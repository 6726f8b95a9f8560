module Noether.Tests.ActivationsTests

open System
open Expecto
open Noether.Equivariance
open Noether.Learning
open Noether.Tests.Recorded

let private named =
    [ "silu", Activation.Silu
      "tanh", Activation.Tanh
      "sigmoid", Activation.Sigmoid
      "gelu", Activation.Gelu
      "relu", Activation.Relu
      "soft_odd", Activation.SoftOdd ]

// Φ(x) for x ≥ 0: ½ + φ(x) Σ x^(2k+1)/(2k+1)!!, all terms positive.
let private cumulative (x: float) =
    let mutable term = x
    let mutable sum = x
    let mutable k = 1.0

    while term > 1e-18 * sum do
        term <- term * x * x / (2.0 * k + 1.0)
        sum <- sum + term
        k <- k + 1.0

    0.5 + exp (-0.5 * x * x) / sqrt (2.0 * Math.PI) * sum

// 1 − Φ(x) for x ≥ 2 by the continued fraction of Laplace, from the inside out.
let private beyond (x: float) =
    let mutable fraction = x

    for k in 400..-1..1 do
        fraction <- x + float k / fraction

    exp (-0.5 * x * x) / sqrt (2.0 * Math.PI) / fraction

[<Tests>]
let tests =
    testList
        "Activations"
        [ testCase "the functions are those of the reference, with and without normalisation" (fun () ->
              let data = reference "algebra.json" |> get "normalize_function"
              let points = data |> get "points" |> numbers

              for name, activation in named do
                  let entry = data |> get "functions" |> get name
                  let phi, psi = entry |> get "phi" |> numbers, entry |> get "psi" |> numbers
                  let tolerance = 2e-15

                  for i in 0 .. points.Length - 1 do
                      close name tolerance phi[i] (Activation.value activation points[i])
                      // Divided by c, about 0.5 at least.
                      close name (2.0 * tolerance) psi[i] (Activation.normalized activation points[i]))

          testCase "the constants follow from the quantiles" (fun () ->
              let functions = reference "algebra.json" |> get "normalize_function" |> get "functions"

              for name, activation in named do
                  let recorded = functions |> get name |> get "c" |> number
                  // A million roundings of 1e-16 average out; what is left is that of the sum and the root.
                  close $"{name}, literal" 2e-16 recorded (Activation.constant activation)
                  close $"{name}, computed" 1e-14 recorded (Activation.constantOf (Activation.value activation))

              close
                  "silu of the specification"
                  1e-14
                  0.5964586854233045
                  (Activation.constantOf (Activation.value Activation.Silu))

              close
                  "tanh of the specification"
                  1e-14
                  0.6279282481638501
                  (Activation.constantOf (Activation.value Activation.Tanh)))

          testCase "other functions of the reference" (fun () ->
              let functions = reference "algebra.json" |> get "normalize_function" |> get "functions"

              let others: (string * (float -> float)) list =
                  [ "softplus", fun x -> log (1.0 + exp x)
                    "shifted_softplus", fun x -> log (1.0 + exp x) - log 2.0
                    "abs", abs
                    "identity", id
                    "sin", sin
                    "cos", cos
                    "exp", exp
                    "square", fun x -> x * x
                    "elu", fun x -> if x > 0.0 then x else exp x - 1.0
                    "swish_1_702", fun x -> x / (1.0 + exp (-1.702 * x)) ]

              for name, f in others do
                  // As above, but the mean of exp(2x) comes from the tail: the outermost quantiles, which the rounding
                  // of t moves by 1e-11, contribute 1e-2 to it.
                  let tolerance = if name = "exp" then 3e-13 else 1e-14
                  close name tolerance (functions |> get name |> get "c" |> number) (Activation.constantOf f))

          testCase "a function of mean square almost 1 is left as it is" (fun () ->
              // The square of a standard normal variable has mean 1, and the quantiles miss 1.26e-5 of its root.
              let c = Activation.constantOf (fun x -> x * 1.00001)
              equal 1.0 c
              differ 1.0 (Activation.constantOf id))

          testCase "odd functions keep the parity of odd scalars" (fun () ->
              for _, activation in named do
                  let isOdd =
                      [ 0.3; 1.0; 2.7 ]
                      |> List.forall (fun x ->
                          abs (Activation.value activation x + Activation.value activation -x) < 1e-15)

                  equal (if isOdd then Some Parity.Odd else None) (Activation.parityOnOddScalars activation))

          testCase "quantiles invert the distribution" (fun () ->
              let density x = exp (-0.5 * x * x) / sqrt (2.0 * Math.PI)

              for i in 1..999 do
                  let t = float i / 1000.0
                  let x = NormalDistribution.quantile t
                  // Roundings of t and of Φ, seen through the slope of the quantile.
                  close $"t = {t}" (4e-16 / density x + 4e-16 * x) 0.0 ((cumulative x - 0.5 * (1.0 + t)) / density x)
                  equal (-x) (NormalDistribution.quantile -t)

              for power in 3..15 do
                  let gap = Math.ScaleB(1.0, -3 * power)
                  let x = NormalDistribution.quantile (1.0 - gap)
                  // Relative error of the tail: 1e-16 in x and in exp, enlarged by x².
                  close $"1 − t = {gap}" (1e-15 * (1.0 + x * x)) 1.0 (beyond x / (0.5 * gap))

              equal 0.0 (NormalDistribution.quantile 0.0)
              equal Double.PositiveInfinity (NormalDistribution.quantile 1.0)
              equal Double.NegativeInfinity (NormalDistribution.quantile -1.0)
              isTrue (Double.IsNaN(NormalDistribution.quantile 1.5))
              isTrue (Double.IsNaN(NormalDistribution.quantile nan)))

          testCase "the quantiles are those of the reference" (fun () ->
              let data = reference "algebra.json" |> get "normalize_function"
              let n = float Activation.QuantileCount + 1.0
              // 1 − |t| is 2e-6 with a rounding of 1e-16, and the slope of the quantile there is 1.0e5.
              close "first" 1e-10 (number (get "first_quantile" data)) (NormalDistribution.quantile (2.0 / n - 1.0))
              close "tenth" 1e-10 (number (get "quantile_10" data)) (NormalDistribution.quantile (22.0 / n - 1.0)))

          testCase "means are over symmetric points and need at least one" (fun () ->
              close "mean of x" 1e-16 0.0 (NormalDistribution.meanOverQuantiles 1000 id)
              equal 7.0 (NormalDistribution.meanOverQuantiles 3 (fun _ -> 7.0))

              contains
                  "meanOverQuantiles: expected at least 1"
                  (argumentMessage (fun () -> NormalDistribution.meanOverQuantiles 0 id |> ignore))) ]
