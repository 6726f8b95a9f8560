/// Each name of Diff against closed forms.
module Noether.Tests.DifferentiationTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private x = Tensor.vector [ 0.5; -1.0; 2.0 ]

/// x₀² x₁ + sin x₂.
let private f (x: Tensor) =
    let at i = Tensor.slice 0 i (i + 1) x |> Tensor.reshape [||]
    Tensor.square (at 0) * at 1 + Tensor.sin (at 2)

let private value = -0.25 + sin 2.0

let private gradient = [ -1.0; 0.25; cos 2.0 ]

let private hessian = [ -2.0; 1.0; 0.0; 1.0; 0.0; 0.0; 0.0; 0.0; -(sin 2.0) ]

let private v = Tensor.vector [ 1.0; 2.0; 3.0 ]

let private hv = [ 0.0; 1.0; -3.0 * sin 2.0 ]

/// From [3] to [2]: x₀ x₁ and x₂².
let private g (x: Tensor) =
    let at i = Tensor.slice 0 i (i + 1) x
    Tensor.concat 0 [ at 0 * at 1; Tensor.square (at 2) ]

let private jacobian = [ -1.0; 0.5; 0.0; 0.0; 0.0; 4.0 ]

let private exactly shape (expected: float seq) actual = near 1e-15 shape expected actual

[<Tests>]
let tests =
    testList
        "Differentiation"
        [ testCase "diff and diffn are derivatives in one variable" (fun () ->
              let y, d = Diff.fdiff Tensor.sin (Tensor.scalar 0.3)
              exactly [||] [ sin 0.3 ] y
              exactly [||] [ cos 0.3 ] d
              exactly [||] [ cos 0.3 ] (Diff.diff Tensor.sin (Tensor.scalar 0.3))

              for n, expected in [ 0, sin 0.3; 1, cos 0.3; 2, -(sin 0.3); 3, -(cos 0.3); 4, sin 0.3 ] do
                  exactly [||] [ expected ] (Diff.diffn n Tensor.sin (Tensor.scalar 0.3))

              // A curve: a number to a vector.
              let curve (t: Tensor) = Tensor.stack 0 [ Tensor.cos t; Tensor.sin t; t * t ]
              exactly [| 3 |] [ -(sin 0.3); cos 0.3; 0.6 ] (Diff.diff curve (Tensor.scalar 0.3))
              exactly [| 3 |] [ -(cos 0.3); -(sin 0.3); 2.0 ] (Diff.diffn 2 curve (Tensor.scalar 0.3)))

          testCase "gradients, with and without value and direction" (fun () ->
              let y, d = Diff.fgrad f x
              exactly [||] [ value ] y
              exactly [| 3 |] gradient d
              exactly [| 3 |] gradient (Diff.grad f x)
              let along = -1.0 + 0.5 + 3.0 * cos 2.0
              let y, d = Diff.fgradv f x v
              exactly [||] [ value ] y
              exactly [||] [ along ] d
              exactly [||] [ along ] (Diff.gradv f x v))

          testCase "Hessians, with and without value, gradient and direction" (fun () ->
              exactly [| 3; 3 |] hessian (Diff.hessian f x)
              let y, h = Diff.fhessian f x
              exactly [||] [ value ] y
              exactly [| 3; 3 |] hessian h
              let y, d, h = Diff.fgradhessian f x
              exactly [||] [ value ] y
              exactly [| 3 |] gradient d
              exactly [| 3; 3 |] hessian h
              exactly [| 3 |] hv (Diff.hessianv f x v)
              let y, d, h = Diff.fgradhessianv f x v
              exactly [||] [ value ] y
              exactly [| 3 |] gradient d
              exactly [| 3 |] hv h)

          testCase "Jacobians, whole and times a vector from either side" (fun () ->
              exactly [| 2; 3 |] jacobian (Diff.jacobian g x)
              let y, j = Diff.fjacobian g x
              exactly [| 2 |] [ -0.5; 4.0 ] y
              exactly [| 2; 3 |] jacobian j
              exactly [| 2 |] [ 0.0; 12.0 ] (Diff.jacobianv g x v)
              let y, t = Diff.fjacobianv g x v
              exactly [| 2 |] [ -0.5; 4.0 ] y
              exactly [| 2 |] [ 0.0; 12.0 ] t
              let w = Tensor.vector [ 2.0; -1.0 ]
              exactly [| 3 |] [ -2.0; 1.0; -4.0 ] (Diff.jacobianTv g x w)
              let y, t = Diff.fjacobianTv g x w
              exactly [| 2 |] [ -0.5; 4.0 ] y
              exactly [| 3 |] [ -2.0; 1.0; -4.0 ] t)

          testCase "a Jacobian is the same by rows and by columns" (fun () ->
              for precision in precisions do
                  let a = normal precision 1 [| 4; 3 |]
                  let tall (x: Tensor) = Tensor.matmul a x
                  let wide (x: Tensor) = Tensor.matmul (Tensor.transpose a) x
                  identical a (Diff.jacobian tall (normal precision 2 [| 3 |]))
                  identical (Tensor.transpose a) (Diff.jacobian wide (normal precision 3 [| 4 |]))
                  // Shapes of value and argument follow each other.
                  let outer (x: Tensor) = Tensor.einsum "ij,k->ijk" [ x; Tensor.full precision [| 5 |] 1.0 ]
                  equal [| 2; 3; 5; 2; 3 |] (Diff.jacobian outer (normal precision 4 [| 2; 3 |])).Shape)

          testCase "Laplacian, divergence and curl" (fun () ->
              exactly [||] [ -2.0 - sin 2.0 ] (Diff.laplacian f x)
              let y, l = Diff.flaplacian f x
              exactly [||] [ value ] y
              exactly [||] [ -2.0 - sin 2.0 ] l

              // (y z, x² z, x + y³) has divergence 0 and curl (3y² − x², y − 1, 2 x z − z).
              let field (r: Tensor) =
                  let at i = Tensor.slice 0 i (i + 1) r
                  let x, y, z = at 0, at 1, at 2
                  Tensor.concat 0 [ y * z; x * x * z; x + Tensor.pow 3.0 y ]

              exactly [||] [ 0.0 ] (Diff.divergence field x)
              exactly [| 3 |] [ 3.0 - 0.25; -2.0; 2.0 * 0.5 * 2.0 - 2.0 ] (Diff.curl field x)
              let y, c = Diff.fcurl field x
              exactly [| 3 |] [ -2.0; 0.5; -0.5 ] y
              exactly [| 3 |] [ 2.75; -2.0; 0.0 ] c
              let y, d = Diff.fdivergence (fun r -> r * r) x
              exactly [| 3 |] [ 0.25; 1.0; 4.0 ] y
              exactly [||] [ 3.0 ] d
              // The curl of a gradient and the divergence of a curl vanish; so they do under differentiation.
              exactly [| 3 |] [ 0.0; 0.0; 0.0 ] (Diff.curl (Diff.grad f) x)
              near 1e-14 [||] [ 0.0 ] (Diff.divergence (Diff.curl (fun r -> field (Tensor.sin r))) x)
              exactly [||] [ -2.0 - sin 2.0 ] (Diff.divergence (Diff.grad f) x))

          testCase "functions that ignore their argument have derivatives of zero" (fun () ->
              let constant _ = Tensor.scalar 4.0
              let s = Tensor.scalar 1.0
              exactly [||] [ 0.0 ] (Diff.diff constant s)
              exactly [||] [ 0.0 ] (Diff.diffn 3 constant s)
              exactly [| 3 |] [ 0.0; 0.0; 0.0 ] (Diff.grad constant x)
              exactly [||] [ 0.0 ] (Diff.gradv constant x v)
              exactly [| 3; 3 |] (Array.zeroCreate 9) (Diff.hessian constant x)
              exactly [| 3 |] (Array.zeroCreate 3) (Diff.hessianv constant x v)
              exactly [||] [ 0.0 ] (Diff.laplacian constant x)
              exactly [| 2; 3 |] (Array.zeroCreate 6) (Diff.jacobian (fun _ -> Tensor.ones [| 2 |]) x)
              exactly [| 5; 3 |] (Array.zeroCreate 15) (Diff.jacobian (fun _ -> Tensor.ones [| 5 |]) x)
              exactly [| 3 |] (Array.zeroCreate 3) (Diff.curl (fun _ -> x) x)
              // Linear functions have a gradient and no Hessian; the identity is its own value.
              exactly [| 3; 3 |] (Array.zeroCreate 9) (Diff.hessian Tensor.sum x)
              exactly [| 3; 3 |] (Tensor.toArray (Tensor.eye 3)) (Diff.jacobian id x)
              exactly [||] [ 1.0 ] (Diff.grad id s))

          testCase "arguments and values without elements or axes" (fun () ->
              for precision in precisions do
                  let none = Tensor.full precision [| 0 |] 0.0

                  let shape (t: Tensor) =
                      equal precision t.Precision
                      t.Shape

                  equal [| 0 |] (shape (Diff.grad Tensor.sum none))
                  equal [| 0; 0 |] (shape (Diff.hessian Tensor.sum none))
                  equal [| 0; 0 |] (shape (Diff.jacobian id none))
                  equal [| 2; 0 |] (shape (Diff.jacobian (fun x -> Tensor.pad 0 1 1 x) none))
                  equal [| 0; 3 |] (shape (Diff.jacobian (Tensor.slice 0 0 0) (Tensor.full precision [| 3 |] 1.0)))
                  equal [||] (shape (Diff.laplacian Tensor.sum none))
                  equal [||] (shape (Diff.divergence id none))
                  let number = Tensor.full precision [||] 2.0
                  equal [||] (shape (Diff.jacobian Tensor.square number))
                  equal [||] (shape (Diff.hessian Tensor.square number))
                  near 0.0 [||] [ 2.0 ] (Diff.hessian Tensor.square number)
                  near 0.0 [||] [ 2.0 ] (Diff.laplacian Tensor.square number))

          testCase "the precision of value and argument may differ" (fun () ->
              let f (x: Tensor) = Tensor.cast Float32 (x * x)
              let j = Diff.jacobian f x
              equal [| 3; 3 |] j.Shape
              near 1e-7 [||] [ 3.0 ] (Diff.laplacian (f >> Tensor.sum >> fun s -> s * 0.5) x))

          testCase "a pullback can be called any number of times" (fun () ->
              let _, pull = Diff.vjp g x
              let w = Tensor.vector [ 2.0; -1.0 ]
              identical (pull w) (pull w)
              exactly [| 3 |] [ -2.0; 1.0; 0.0 ] (pull (Tensor.vector [ 2.0; 0.0 ])))

          testCase "several arguments and values at once" (fun () ->
              let f (xs: Tensor[]) = [| xs[0] * xs[1]; Tensor.sum xs[1]; Tensor.ones [| 2 |] |]
              let xs = [| x; v; Tensor.scalar 9.0 |]
              let ys, pull = Diff.vjpMany f xs
              equal 3 ys.Length
              let gs = pull [| Tensor.ones [| 3 |]; Tensor.scalar 10.0; Tensor.ones [| 2 |] |]
              exactly [| 3 |] (Tensor.toArray v) gs[0]
              exactly [| 3 |] (Tensor.toArray (x + 10.0)) gs[1]
              exactly [||] [ 0.0 ] gs[2]
              let _, ts = Diff.jvpMany f xs [| v; x; Tensor.scalar 1.0 |]
              exactly [| 3 |] (Tensor.toArray (v * v + x * x)) ts[0]
              exactly [||] [ 1.5 ] ts[1]
              exactly [| 2 |] [ 0.0; 0.0 ] ts[2])

          testCase "what has no derivative of the asked kind is refused" (fun () ->
              refuses "grad" [ "single number"; "[2]" ] (fun () -> Diff.grad g x)
              refuses "grad" [ "single number"; "[1]" ] (fun () -> Diff.grad (Tensor.slice 0 0 1) x)
              refuses "gradv" [ "single number"; "[2]" ] (fun () -> Diff.gradv g x v)
              refuses "grad" [ "single number" ] (fun () -> Diff.hessian g x)
              refuses "diff" [ "single number"; "[3]" ] (fun () -> Diff.diff Tensor.sum x)
              refuses "diffn" [ "-1" ] (fun () -> Diff.diffn -1 Tensor.sin (Tensor.scalar 1.0))
              refuses "jvp" [ "[3]"; "[2]"; "tangent" ] (fun () -> Diff.jacobianv g x (Tensor.ones [| 2 |]))
              refuses "jvp" [ "tangent" ] (fun () -> Diff.jacobianv g x (Tensor.cast Float32 v))
              refuses "jvp" [ "1 tangents for 2 tensors" ] (fun () -> Diff.jvpMany id [| x; v |] [| x |])
              refuses "pullback" [ "[2]"; "[3]"; "cotangent" ] (fun () -> Diff.jacobianTv g x v)
              refuses "pullback" [ "Float64"; "Float32" ] (fun () -> Diff.jacobianTv id x (Tensor.cast Float32 v))
              refuses "pullback" [ "2 cotangents for 1 outputs" ] (fun () -> snd (Diff.vjpMany id [| x |]) [| x; x |])
              refuses "divergence" [ "[3]"; "[2]"; "[n] to [n]" ] (fun () -> Diff.divergence g x)
              refuses "curl" [ "[2]"; "[3] to [3]" ] (fun () -> Diff.curl id (Tensor.ones [| 2 |]))
              refuses "divergence" [ "[2, 2]" ] (fun () -> Diff.divergence id (Tensor.ones [| 2; 2 |]))) ]
