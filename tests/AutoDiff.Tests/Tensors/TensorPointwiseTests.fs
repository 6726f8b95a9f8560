module Noether.Tests.TensorPointwiseTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private positive = between 0.4 1.9

/// Name, function, the same in System.Math, whether it asks for positive numbers.
let private functions: (string * (Tensor -> Tensor) * (float -> float) * bool) list =
    let sigmoid x = 1.0 / (1.0 + Math.Exp -x)

    [ "exp", Tensor.exp, Math.Exp, false
      "log", Tensor.log, Math.Log, true
      "sqrt", Tensor.sqrt, Math.Sqrt, true
      "reciprocal", Tensor.reciprocal, (fun x -> 1.0 / x), true
      "sin", Tensor.sin, Math.Sin, false
      "cos", Tensor.cos, Math.Cos, false
      "tanh", Tensor.tanh, Math.Tanh, false
      "sigmoid", Tensor.sigmoid, sigmoid, false
      "silu", Tensor.silu, (fun x -> x * sigmoid x), false
      "softplus", Tensor.softplus, (fun x -> Math.Log(1.0 + Math.Exp x)), false
      "square", Tensor.square, (fun x -> x * x), false
      "polynomial",
      Tensor.polynomial [| 1.0; -2.0; 0.5; 0.25 |],
      (fun x -> 1.0 + x * (-2.0 + x * (0.5 + x * 0.25))),
      false
      "negate", (~-), (~-), false
      for c in [ 3.0; 2.5; 1.0; 0.5; 0.0; -1.0; -2.5 ] do
          $"pow {c}", Tensor.pow c, (fun x -> Math.Pow(x, c)), true ]

let private names = functions |> List.map (fun (name, _, _, _) -> name)

let private find name = functions |> List.find (fun (n, _, _, _) -> n = name)

/// Derivatives of order 0, 1, … of a function at a number.
let private tower n f (x: float) = [ for k in 0..n -> Tensor.value (Diff.diffn k f (Tensor.scalar x)) ]

[<Tests>]
let tests =
    testList
        "TensorPointwise"
        [ testTheory "obeys the laws of differentiation" names (fun name ->
              let _, f, _, onlyPositive = find name

              for shape in anyShapes do
                  lawfulAt (if onlyPositive then positive else normal) 11 (fun xs -> f xs[0]) [ shape ])

          // System.Math is right to a unit or two in the last place, and so are the kernels; 10 units are allowed.
          testTheory "has the value of System.Math" names (fun name ->
              let _, f, reference, onlyPositive = find name

              for precision, tolerance in [ Float64, 2e-15; Float32, 1e-6 ] do
                  let x = (if onlyPositive then positive else normal) precision 12 [| 131 |]
                  near tolerance [| 131 |] (Tensor.toArray x |> Array.map reference) (f x))

          testCase "abs and sign have their derivatives away from zero" (fun () ->
              let away precision seed shape =
                  let x = normal precision seed shape
                  Tensor.select (Tensor.less x (Tensor.zerosLike x)) (x - 0.5) (x + 0.5)

              for shape in anyShapes do
                  lawfulAt away 13 (fun xs -> Tensor.abs xs[0]) [ shape ]
                  lawfulAt away 13 (fun xs -> Tensor.sign xs[0]) [ shape ])

          testCase "abs and sign at zero and at the ends" (fun () ->
              let x = Tensor.vector [ -infinity; -2.0; 0.0; 3.0; infinity ]
              near 0.0 [| 5 |] [ infinity; 2.0; 0.0; 3.0; infinity ] (Tensor.abs x)
              near 0.0 [| 5 |] [ -1.0; -1.0; 0.0; 1.0; 1.0 ] (Tensor.sign x)
              near 0.0 [| 5 |] [ -1.0; -1.0; 0.0; 1.0; 1.0 ] (Diff.grad (Tensor.abs >> Tensor.sum) x)
              near 0.0 [| 5 |] (Array.zeroCreate 5) (Diff.grad (Tensor.sign >> Tensor.sum) x))

          testCase "powers at zero have the derivatives of polynomials" (fun () ->
              equal [ 0.0; 0.0; 2.0; 0.0; 0.0 ] (tower 4 Tensor.square 0.0)
              equal [ 0.0; 0.0; 0.0; 6.0; 0.0; 0.0 ] (tower 5 (Tensor.pow 3.0) 0.0)
              equal [ 0.0; 1.0; 0.0; 0.0 ] (tower 3 (Tensor.pow 1.0) 0.0)
              equal [ 1.0; 0.0; 0.0 ] (tower 2 (Tensor.pow 0.0) 0.0)
              equal [ 0.0; 0.0; infinity ] (tower 2 (Tensor.pow 1.5) 0.0)
              equal [ infinity; -infinity ] (tower 1 (Tensor.pow -1.0) 0.0))

          testCase "powers of negative numbers with whole exponents" (fun () ->
              equal [ -8.0; 12.0; -12.0; 6.0; 0.0 ] (tower 4 (Tensor.pow 3.0) -2.0)
              equal [ 0.25; 0.25; 0.375 ] (tower 2 (Tensor.pow -2.0) -2.0))

          testCase "the zeroth power is 1 and flat everywhere" (fun () ->
              let x = Tensor.vector [ -infinity; -1.0; 0.0; infinity; nan ]
              near 0.0 [| 5 |] (Array.create 5 1.0) (Tensor.pow 0.0 x)
              near 0.0 [| 5 |] (Array.zeroCreate 5) (Diff.grad (Tensor.pow 0.0 >> Tensor.sum) x))

          testCase "polynomials of few coefficients" (fun () ->
              let x = Tensor.vector [ -1.0; 0.0; 2.0 ]
              near 0.0 [| 3 |] [ 0.0; 0.0; 0.0 ] (Tensor.polynomial [||] x)
              near 0.0 [| 3 |] [ 4.0; 4.0; 4.0 ] (Tensor.polynomial [| 4.0 |] x)
              equal [ 4.0; 0.0; 0.0 ] (tower 2 (Tensor.polynomial [| 4.0 |]) 1.0)
              equal [ 0.0; 0.0 ] (tower 1 (Tensor.polynomial [||]) 1.0))

          testCase "the coefficients of a polynomial are copied" (fun () ->
              let coefficients = [| 0.0; 1.0 |]
              let x = Tensor.scalar 3.0
              let y, pull = Diff.vjp (Tensor.polynomial coefficients) x
              coefficients[1] <- 100.0
              equal 3.0 (Tensor.value y)
              equal 1.0 (Tensor.value (pull (Tensor.scalar 1.0))))

          testCase "large arguments neither overflow nor lose the tail" (fun () ->
              let x = Tensor.vector [ -800.0; -30.0; 30.0; 800.0 ]
              near 1e-15 [| 4 |] [ 0.0; exp -30.0; 30.0 + exp -30.0; 800.0 ] (Tensor.softplus x)
              near 1e-15 [| 4 |] [ 0.0; exp -30.0; 1.0 - exp -30.0; 1.0 ] (Tensor.sigmoid x)
              near 1e-15 [| 4 |] [ 0.0; exp -30.0; 1.0 - exp -30.0; 1.0 ] (Diff.grad (Tensor.softplus >> Tensor.sum) x)
              near 1e-15 [| 4 |] [ -1.0; -1.0; 1.0; 1.0 ] (Tensor.tanh x)

              for f in [ Tensor.softplus; Tensor.sigmoid; Tensor.silu; Tensor.tanh ] do
                  for k in 0..4 do
                      for y in Tensor.toArray (Tensor.vector [ for v in Tensor.toArray x -> tower k f v |> List.last ]) do
                          Expect.isTrue (Double.IsFinite y) $"derivative {k} is {y}")

          testCase "derivatives of sine go round after four" (fun () ->
              let expected = [ sin 0.7; cos 0.7; -(sin 0.7); -(cos 0.7); sin 0.7; cos 0.7 ]
              near 1e-15 [| 6 |] expected (Tensor.vector (tower 5 Tensor.sin 0.7)))

          testCase "numbers outside the domain are refused with value and place" (fun () ->
              let x = Tensor.vector [ 1.0; nan; -2.5; -3.0 ]
              refuses "log" [ "element 2 is -2.5"; "expected 0 or more" ] (fun () -> Tensor.log x)
              refuses "sqrt" [ "element 2 is -2.5"; "expected 0 or more" ] (fun () -> Tensor.sqrt x)
              refuses "pow" [ "element 2 is -2.5"; "expected 0 or more" ] (fun () -> Tensor.pow 0.5 x)
              refuses "sqrt" [ "element 2 is -2.5" ] (fun () -> Tensor.sqrt (Tensor.cast Float32 x))
              near 0.0 [| 4 |] [ 1.0; nan; 6.25; 9.0 ] (Tensor.pow 2.0 x)
              near 0.0 [| 2 |] [ -infinity; -infinity ] (Tensor.log (Tensor.vector [ 0.0; -0.0 ]))
              near 0.0 [| 2 |] [ 0.0; infinity ] (Tensor.sqrt (Tensor.vector [ 0.0; infinity ]))) ]
