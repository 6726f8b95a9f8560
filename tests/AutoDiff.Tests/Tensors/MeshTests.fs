/// Sums between points and meshes as forms: laws, derivatives, moments.
module Noether.Tests.MeshTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Kernels
open Noether.Tests.TensorChecks

let private sizes = [| 4; 5; 6 |]

/// Points inside and outside, one of them twice, half a mesh point's distance from where stencils change.
let private points precision seed n =
    let u = between -9.0 9.0 precision seed [| n; 3 |] |> Tensor.toArray
    let safe = u |> Array.map (fun x -> Math.Floor x + 0.25 + 0.01 * (x - Math.Floor x))
    if n > 1 then Array.blit safe 0 safe 3 3
    Tensor.ofArray [| n; 3 |] safe |> Tensor.cast precision

[<Tests>]
let tests =
    testList
        "Mesh"
        [ testCase "weights obey the laws of derivatives" (fun () ->
              for scheme in [ MeshScheme.Spline; MeshScheme.Lagrange ] do
                  for order in 1 .. MeshWeights.MaxOrder do
                      for shape in [ [||]; [| 5 |]; [| 2; 3 |]; [| 0 |] ] do
                          lawfulAt (between -0.4 0.4) 1 (fun x -> Mesh.weights scheme order x[0]) [ shape ])

          testCase "sums are one form in charges, weights and mesh" (fun () ->
              for order in [ 1; 2; 5 ] do
                  for n in [ 0; 1; 4 ] do
                      let stencil = Mesh.stencil sizes order (points Float64 2 n)
                      let w = [| n; order |]
                      let shapes = [ [| n; 2 |]; w; w; w; Array.append [| 2 |] sizes ]

                      lawful 3 (fun x -> Mesh.spread stencil (x[1], x[2], x[3]) x[0]) shapes[..3]
                      lawful 4 (fun x -> Mesh.gather stencil (x[0], x[1], x[2]) x[3]) shapes[1..]

                      if n > 0 then
                          for precision in precisions do
                              let xs =
                                  shapes |> List.mapi (fun i shape -> normal precision (40 + i) shape) |> Array.ofList

                              // Charges, weights on three axes, mesh: a weight's slot is what a mesh pulls back.
                              let contract slot (others: Tensor[]) =
                                  let x i = if i < slot then others[i] else others[i - 1]

                                  match slot with
                                  | 0 -> Mesh.gather stencil (x 1, x 2, x 3) (x 4)
                                  | 4 -> Mesh.spread stencil (x 1, x 2, x 3) (x 0)
                                  | _ ->
                                      let at i weight = if i = slot then weight else x i

                                      let spread weight =
                                          Mesh.spread stencil (at 1 weight, at 2 weight, at 3 weight) (x 0)

                                      snd (Diff.vjp spread (Tensor.full precision w 0.0)) (x 4)

                              Check.form (key 5) contract xs |> Check.orFail $"mesh sum of order {order}" |> ignore)

          testCase "the whole way from positions to energy is differentiable to third order" (fun () ->
              let plan = FourierPlan(ReadOnlySpan sizes)
              let filter = between 0.0 1.0 Float64 6 [| 4; 5; 4 |]

              for scheme, order in [ MeshScheme.Spline, 4; MeshScheme.Lagrange, 5 ] do
                  let u = points Float64 7 3

                  let energy (x: Tensor[]) =
                      let stencil = Mesh.stencil sizes order x[0]
                      let weights = Mesh.weightsAt scheme stencil x[0]
                      let mesh = Mesh.spread stencil weights x[1]
                      Tensor.sum (x[1] * Mesh.gather stencil weights (Fourier.convolve plan x[2] mesh))

                  Check.run (key 8) energy [| u; normal Float64 9 [| 3; 1 |]; filter |]
                  |> Check.orFail $"{scheme} {order}"
                  |> ignore)

          testCase "charges are kept and polynomials are exact" (fun () ->
              // Spread charges sum to the charges. Lagrange's weights of order n gather a polynomial below degree n exactly where
              // it does not cross the boundary; splines gather what is linear.
              for scheme, degree in [ MeshScheme.Spline, 1; MeshScheme.Lagrange, 5 ] do
                  let sizes = [| 12; 12; 12 |]
                  let u = between 4.0 8.0 Float64 10 [| 20; 3 |]
                  let stencil = Mesh.stencil sizes 6 u
                  let weights = Mesh.weightsAt scheme stencil u
                  let charges = normal Float64 11 [| 20; 2 |]
                  let mesh = Mesh.spread stencil weights charges
                  agree 1e-13 (Tensor.sumAxes [| 0 |] charges) (Tensor.sumAxes [| 1; 2; 3 |] mesh)
                  let polynomial (x: float) = if degree = 1 then x - 6.0 else ((x - 6.0) / 3.0) ** 5.0 + x - 6.0

                  let field =
                      Tensor.ofArray [| 1; 12; 12; 12 |] (Array.init 1728 (fun i -> polynomial (float (i / 144))))

                  let expected = u |> Tensor.slice 1 0 1 |> Tensor.toArray |> Array.map polynomial
                  near 1e-13 [| 20; 1 |] expected (Mesh.gather stencil weights field))

          testCase "shapes that do not fit are named" (fun () ->
              let u = Tensor.zeros [| 2; 3 |]
              refuses "mesh stencil" [ "[3]" ] (fun () -> Mesh.stencil sizes 3 (Tensor.zeros [| 3 |]))
              refuses "mesh stencil" [ "order 8" ] (fun () -> Mesh.stencil sizes 8 u)
              refuses "mesh stencil" [ "[4, 0, 4]" ] (fun () -> Mesh.stencil [| 4; 0; 4 |] 3 u)
              refuses "mesh weights" [ "order 0" ] (fun () -> Mesh.weights MeshScheme.Spline 0 u)
              let stencil = Mesh.stencil sizes 3 u
              let w = Tensor.zeros [| 2; 3 |]
              refuses "mesh spread" [ "[3, 1]" ] (fun () -> Mesh.spread stencil (w, w, w) (Tensor.zeros [| 3; 1 |]))
              refuses "mesh spread" [ "[2, 4]" ] (fun () -> Mesh.spread stencil (w, w, Tensor.zeros [| 2; 4 |]) w)

              refuses "mesh gather" [ "[1, 4, 5, 5]"; "[4, 5, 6]" ] (fun () ->
                  Mesh.gather stencil (w, w, w) (Tensor.zeros [| 1; 4; 5; 5 |]))) ]
