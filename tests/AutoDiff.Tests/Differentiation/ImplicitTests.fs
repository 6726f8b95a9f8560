module Noether.Tests.ImplicitTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Newton's method to the last digits, in numbers.
let private newton (start: Tensor) (f: Tensor -> Tensor) =
    let rec step count (x: Tensor) =
        let n = x.Size
        let slope = Tensor.reshape [| n; n |] (Diff.jacobian f x)
        let change = Tensor.reshape x.Shape (Tensor.solve slope (Tensor.reshape [| n; 1 |] (f x)))
        let next = x - change
        let size = Tensor.toArray change |> Array.sumBy abs
        if size < 1e-15 || count = 40 then next else step (count + 1) next

    step 0 start

let private matrix = normal Float64 1 [| 4; 4 |] * 0.3 + 2.0 * Tensor.eye 4

/// A system of four equations that is not the gradient of anything.
let private equations (x: Tensor) (theta: Tensor) =
    Tensor.matmul matrix x + 0.5 * Tensor.tanh (x * theta) - Tensor.exp (0.3 * theta)

let private root solver theta =
    Implicit.root solver (fun theta -> newton (Tensor.zeros [| 4 |]) (fun x -> equations x theta)) equations theta

/// Σ cosh(x − θ₀) + ½ x·B·x + θ₁·x⁴/4 with B positive: one minimum.
let private valley (x: Tensor) (thetas: Tensor[]) =
    let shifted = x - thetas[0]
    let cosh = 0.5 * (Tensor.exp shifted + Tensor.exp -shifted)
    let b = Tensor.matmulTransposed true false matrix matrix
    Tensor.sum (cosh + 0.25 * thetas[1] * Tensor.pow 4.0 x) + 0.5 * Tensor.sum (x * Tensor.matmul b x)

let private minimum solver thetas =
    let find thetas = newton (Tensor.zeros [| 4 |]) (Diff.grad (fun x -> valley x thetas))
    Implicit.minimumMany solver find valley thetas

let private positive seed shape = between 0.5 1.5 Float64 seed shape

/// An energy of three points on a line that depends on their differences only.
let private chain (x: Tensor) (theta: Tensor) =
    let a, b, c = Tensor.slice 0 0 1 x, Tensor.slice 0 1 2 x, Tensor.slice 0 2 3 x
    let spring (length: Tensor) d = Tensor.sum (Tensor.square (d - length) + 0.3 * Tensor.pow 4.0 (d - length))

    spring (Tensor.slice 0 0 1 theta) (b - a)
    + spring (Tensor.slice 0 1 2 theta) (c - b)
    + 0.1 * spring (Tensor.zeros [| 1 |]) (c - a)

let private centred (x: Tensor) = x - Tensor.mean x

[<Tests>]
let tests =
    testList
        "Implicit"
        [ // The laws to third order leave out nothing: values, both modes, and each against differences of the other.
          testCase "Roots obey the laws of derivatives to third order" (fun () ->
              lawfulAt (fun _ -> normal Float64) 1 (fun xs -> root Implicit.dense xs[0]) [ [| 4 |] ])

          testCase "Derivatives of every order are those of the explicit solution" (fun () ->
              // x³ = θ, so x = θ^(1/3).
              let cubeRoot =
                  Implicit.root Implicit.dense (Tensor.pow (1.0 / 3.0)) (fun x theta -> Tensor.pow 3.0 x - theta)

              for order in 0..6 do
                  let at f = Tensor.value (Diff.diffn order f (Tensor.scalar 1.7))
                  // Each order divides by 1.7 and multiplies by a number of its size: rounding grows by the order.
                  let expected = at (Tensor.pow (1.0 / 3.0))
                  atMost 1e-13 (abs (at cubeRoot / expected - 1.0)))

          testCase "Both precisions obey the laws, for one number and for several" (fun () ->
              // x³ + x = θ: one root, by Newton's method in numbers of that precision.
              let equation (x: Tensor) theta = Tensor.pow 3.0 x + x - theta

              let find (theta: Tensor) =
                  let step x = x - equation x theta / (3.0 * Tensor.square x + 1.0)
                  Seq.fold (fun x _ -> step x) (Tensor.zerosLike theta) [ 1..20 ]

              for shape in [ [||]; [| 5 |]; [| 2; 3 |] ] do
                  lawfulAt (between 0.5 1.5) 6 (fun xs -> Implicit.root Implicit.dense find equation xs[0]) [ shape ])

          testCase "The value is the solver's to the bit, and its error does not disturb it" (fun () ->
              let found = Tensor.vector [ 0.3; 0.1; 0.2; 0.4 ]
              let rough = Implicit.root Implicit.dense (fun _ -> found) equations
              let theta = normal Float64 2 [| 4 |]
              identical found (rough theta)
              identical found (fst (Diff.jvp rough theta (Tensor.onesLike theta)))
              identical found (fst (Diff.vjp (fun t -> Diff.fjacobianv rough t t |> fst) theta)))

          testCase "Minima obey the laws to third order, with a dense solver and with conjugate gradients" (fun () ->
              for solver in [ Implicit.dense; Implicit.conjugateGradients 1e-15 100 ] do
                  lawfulAt (fun _ -> positive) 2 (minimum solver) [ [| 4 |]; [| 4 |] ])

          testCase "The value at a minimum has the partial derivative alone" (fun () ->
              let thetas = [| positive 1 [| 4 |]; positive 2 [| 4 |] |]
              let least thetas = valley (minimum Implicit.dense thetas) thetas
              let at = minimum Implicit.dense thetas
              let _, total = Diff.vjpMany (fun thetas -> [| least thetas |]) thetas
              let _, partial = Diff.vjpMany (fun thetas -> [| valley at thetas |]) thetas

              for a, b in Array.zip (total [| Tensor.scalar 1.0 |]) (partial [| Tensor.scalar 1.0 |]) do
                  // The gradient at the minimum is zero up to rounding.
                  agree 1e-14 b a)

          testCase "Tensors that the function has caught are differentiated too" (fun () ->
              let through (theta: Tensor) =
                  Implicit.root
                      Implicit.dense
                      (fun _ -> root Implicit.dense theta)
                      (fun x _ -> equations x theta)
                      (Tensor.scalar 0.0)

              let theta = normal Float64 3 [| 4 |]
              let third f = Diff.jacobianv (fun t -> Diff.jacobianv (fun t -> Diff.jacobianTv f t t) t t) theta theta
              agree 1e-13 (third (root Implicit.dense)) (third through))

          testCase "Directions without curvature are projected out" (fun () ->
              // Fixing the middle point makes the same problem regular; its distances must be the same functions.
              let free solver =
                  let find theta =
                      let f x = Diff.grad (fun x -> chain x theta) x + (x - centred x)
                      newton (Tensor.vector [ -1.0; 0.0; 1.0 ]) f

                  Implicit.minimum (Implicit.projected centred solver) find chain

              let pinned =
                  let place (y: Tensor) =
                      Tensor.concat 0 [ Tensor.slice 0 0 1 y; Tensor.zeros [| 1 |]; Tensor.slice 0 1 2 y ]

                  let energy y theta = chain (place y) theta
                  let find theta = newton (Tensor.vector [ -1.0; 1.0 ]) (Diff.grad (fun y -> energy y theta))
                  fun theta -> place (Implicit.minimum Implicit.dense find energy theta)

              let theta = Tensor.vector [ 0.9; 1.2 ]

              for solver in [ Implicit.dense; Implicit.conjugateGradients 1e-15 50 ] do
                  let free = free solver
                  agree 1e-13 (centred (pinned theta)) (free theta)
                  agree 1e-13 (Diff.jacobian (pinned >> centred) theta) (Diff.jacobian free theta)

                  let second f = Diff.hessian (fun theta -> Tensor.sum (Tensor.pow 3.0 (f theta: Tensor))) theta
                  agree 1e-12 (second (pinned >> centred)) (second free)
                  lawfulAt (fun _ -> positive) 4 (fun xs -> free xs[0]) [ [| 2 |] ])

          testCase "What cannot be solved says why" (fun () ->
              let square =
                  Implicit.root Implicit.dense (fun _ -> Tensor.vector [ 1.0; 2.0 ]) (fun x theta ->
                      Tensor.sum x - theta)

              refuses "implicit" [ "as many equations as unknowns" ] (fun () -> square (Tensor.scalar 1.0))

              let double =
                  Implicit.root Implicit.dense (fun _ -> Tensor.scalar 0.0) (fun x theta -> Tensor.square x - theta)

              refuses "inverse" [ "singular" ] (fun () -> Diff.diff double (Tensor.scalar 0.0))

              let saddle solver =
                  let f (x: Tensor) theta = Tensor.sum (Tensor.vector [ 1.0; -1.0 ] * Tensor.square (x - theta))

                  Diff.diff (
                      Implicit.minimum solver (Tensor.expand [| 2 |]) (fun x t -> f x (Tensor.expand [| 2 |] t))
                      >> Tensor.sum
                  )

              refuses "conjugate gradients" [ "curvature" ] (fun () ->
                  saddle (Implicit.conjugateGradients 1e-12 10) (Tensor.scalar 1.0))

              refuses "conjugate gradients" [ "after 0 steps" ] (fun () ->
                  Diff.diff
                      (fun t ->
                          Tensor.sum (
                              minimum
                                  (Implicit.conjugateGradients 1e-12 0)
                                  [| Tensor.ones [| 4 |] * t; Tensor.ones [| 4 |] |]
                          ))
                      (Tensor.scalar 1.0))) ]
