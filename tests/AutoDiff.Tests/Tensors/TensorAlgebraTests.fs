module Noether.Tests.TensorAlgebraTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Σₖ in a loop over batches of matrices; a missing batch serves all.
let private naive (a: Tensor) (b: Tensor) =
    let leading = if a.Rank > b.Rank then a.Shape[.. a.Rank - 3] else b.Shape[.. b.Rank - 3]
    let m, k, n = a.Shape[a.Rank - 2], a.Shape[a.Rank - 1], b.Shape[b.Rank - 1]
    let x, y = Tensor.toArray a, Tensor.toArray b
    let start (t: Tensor) batch size = if t.Rank = 2 then 0 else batch * size

    [| for batch in 0 .. Shape.size leading - 1 do
           for i in 0 .. m - 1 do
               for j in 0 .. n - 1 do
                   Seq.sum (
                       Seq.init k (fun l -> x[start a batch (m * k) + i * k + l] * y[start b batch (k * n) + l * n + j])
                   ) |]
    |> Tensor.ofArray [| yield! leading; m; n |]

/// Leading axes left and right, and m, k, n.
let private cases: (int[] * int[] * int * int * int) list =
    [ [||], [||], 3, 4, 2
      [| 5 |], [| 5 |], 2, 3, 4
      [| 2; 3 |], [| 2; 3 |], 2, 2, 3
      [| 5 |], [||], 2, 3, 4
      [||], [| 5 |], 2, 3, 4
      [| 1 |], [||], 2, 3, 4
      [||], [| 1 |], 2, 3, 4
      [| 2; 2 |], [||], 1, 1, 1
      [||], [||], 0, 3, 2
      [||], [||], 3, 0, 2
      [||], [||], 3, 2, 0
      [| 0 |], [| 0 |], 2, 3, 2
      [| 0 |], [||], 2, 3, 2
      [||], [| 0 |], 2, 3, 2
      [| 2 |], [||], 3, 0, 2
      [||], [| 2 |], 3, 0, 2
      [| 3; 0 |], [||], 2, 2, 2 ]

let private stored transposed rows columns = if transposed then [| columns; rows |] else [| rows; columns |]

/// Matrices with a condition number of order ten: a random one with a dominant diagonal.
let private regular precision seed (shape: int[]) =
    let x = normal precision seed shape

    if shape.Length >= 2 && shape[shape.Length - 1] = shape[shape.Length - 2] then
        let n = shape[shape.Length - 1]
        let eye = Tensor.cast precision (Tensor.eye n)

        x * (0.5 / float (max n 1))
        + Tensor.expand shape (Tensor.reshape [| yield! Array.create (shape.Length - 2) 1; n; n |] eye)
    else
        x

[<Tests>]
let tests =
    testList
        "TensorAlgebra"
        [ testCase "products obey the laws with every transpose and batch" (fun () ->
              for leadingA, leadingB, m, k, n in cases do
                  for ta in [ false; true ] do
                      for tb in [ false; true ] do
                          let a = Array.append leadingA (stored ta m k)
                          let b = Array.append leadingB (stored tb k n)
                          lawful 1 (fun x -> Tensor.matmulTransposed ta tb x[0] x[1]) [ a; b ])

          testCase "products have the values of a loop" (fun () ->
              for precision, tolerance in [ Float64, 1e-14; Float32, 1e-5 ] do
                  // Up to 40 products of numbers of order one: a few units in the last place.
                  for leadingA, leadingB, m, k, n in cases @ [ [||], [||], 17, 40, 33 ] do
                      for ta in [ false; true ] do
                          for tb in [ false; true ] do
                              let a = normal precision 1 (Array.append leadingA (stored ta m k))
                              let b = normal precision 2 (Array.append leadingB (stored tb k n))
                              let plain t x = if t then Tensor.transpose x else x
                              let expected = naive (plain ta a) (plain tb b)
                              agree tolerance expected (Tensor.matmulTransposed ta tb a b)
                              agree tolerance expected (Tensor.matmul (plain ta a) (plain tb b)))

          testCase "vectors in products obey the laws and have the values of matrices" (fun () ->
              for a, b in
                  [ [| 3 |], [| 3 |]
                    [| 0 |], [| 0 |]
                    [| 4; 3 |], [| 3 |]
                    [| 2; 4; 3 |], [| 3 |]
                    [| 3 |], [| 3; 4 |]
                    [| 3; 0 |], [| 0 |] ] do
                  lawful 2 (fun x -> Tensor.matmul x[0] x[1]) [ a; b ]

              let a, v = normal Float64 1 [| 4; 3 |], normal Float64 2 [| 3 |]
              let column = Tensor.reshape [| 3; 1 |] v
              agree 1e-15 (Tensor.reshape [| 4 |] (naive a column)) (Tensor.matmul a v)
              agree 1e-15 (Tensor.reshape [| 4 |] (naive a column)) (Tensor.matmul v (Tensor.transpose a))
              agree 1e-15 (Tensor.sum (v * v)) (Tensor.matmul v v))

          testCase "a product with itself collects both derivatives" (fun () ->
              lawful 3 (fun x -> Tensor.matmul x[0] x[0]) [ [| 3; 3 |] ]
              lawful 4 (fun x -> Tensor.matmulTransposed true false x[0] x[0]) [ [| 2; 4; 3 |] ])

          testCase "inverses and solutions obey the laws" (fun () ->
              for shape in
                  [ [| 1; 1 |]; [| 3; 3 |]; [| 5; 5 |]; [| 4; 3; 3 |]; [| 2; 2; 2; 2 |]; [| 0; 3; 3 |]; [| 0; 0 |] ] do
                  lawfulAt regular 5 (fun x -> Tensor.inverse x[0]) [ shape ]

                  for columns in [ 1; 2; 0 ] do
                      // One column more than rows would make the right side square too, and regular.
                      lawfulAt
                          regular
                          6
                          (fun x -> Tensor.solve x[0] x[1])
                          [ shape; Array.append shape[.. shape.Length - 2] [| columns |] ])

          testCase "inverses and solutions undo the product" (fun () ->
              for precision, tolerance in [ Float64, 1e-13; Float32, 1e-4 ] do
                  // Condition numbers of order ten times a rounding of each of a few dozen operations.
                  for shape in [ [| 1; 1 |]; [| 6; 6 |]; [| 3; 4; 4 |] ] do
                      let a = regular precision 7 shape

                      let eye =
                          Tensor.matmul (Tensor.zerosLike a) a
                          + Tensor.cast
                              precision
                              (Tensor.eye shape[shape.Length - 1]
                               |> Tensor.reshape
                                   [| yield! Array.create (shape.Length - 2) 1
                                      shape[shape.Length - 1]
                                      shape[shape.Length - 1] |])

                      agree tolerance eye (Tensor.matmul a (Tensor.inverse a))
                      agree tolerance eye (Tensor.matmul (Tensor.inverse a) a)
                      agree tolerance a (Tensor.inverse (Tensor.inverse a))
                      let b = normal precision 8 (Array.append shape[.. shape.Length - 2] [| 3 |])
                      agree tolerance b (Tensor.matmul a (Tensor.solve a b))
                      agree tolerance (Tensor.matmul (Tensor.inverse a) b) (Tensor.solve a b))

          testCase "a matrix that needs pivoting is inverted" (fun () ->
              let a = Tensor.matrix [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ] ]
              agree 0.0 a (Tensor.inverse a)

              agree
                  0.0
                  (Tensor.vector [ 2.0; 1.0 ] |> Tensor.reshape [| 2; 1 |])
                  (Tensor.solve a (Tensor.ofArray [| 2; 1 |] [| 1.0; 2.0 |])))

          testCase "the derivative of log det is the inverse transposed" (fun () ->
              // ∂ log det A / ∂A = A⁻ᵀ (Petersen & Pedersen, The Matrix Cookbook, 2012, eq. 57), for the 2×2
              // determinant written out.
              let logDet (a: Tensor) =
                  let at i j = Tensor.slice 0 i (i + 1) a |> Tensor.slice 1 j (j + 1) |> Tensor.reshape [||]
                  Tensor.log (at 0 0 * at 1 1 - at 0 1 * at 1 0)

              let a = Tensor.matrix [ [ 2.0; 0.3 ]; [ -0.4; 1.5 ] ]
              agree 1e-15 (Tensor.transpose (Tensor.inverse a)) (Diff.grad logDet a)) ]
