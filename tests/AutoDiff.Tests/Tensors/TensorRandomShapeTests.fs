/// The laws on shapes drawn at random, axes of length 0 and 1 among them.
module Noether.Tests.TensorRandomShapeTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private draw seed =
    let random = System.Random(seed: int)
    let below n = random.Next(0, n)
    let length () = if below 8 = 0 then 0 else 1 + below 4
    let shape rank = Array.init rank (fun _ -> length ())
    below, shape

/// The shape with some axes of length 1, or that of a single number.
let private shrunk below (shape: int[]) =
    if below 6 = 0 then [||] else shape |> Array.map (fun d -> if below 3 = 0 then 1 else d)

let private seeds = [ 1..25 ]

[<Tests>]
let tests =
    testList
        "TensorRandomShape"
        [ testTheory "arithmetic that stretches" seeds (fun seed ->
              let below, shape = draw seed
              let common = shape (below 5)
              let a, b, c = shrunk below common, shrunk below common, common
              lawful seed (fun x -> (x[0] * x[1] - x[2]) * x[0] + x[1]) [ a; b; c ]
              lawfulAt (between 0.5 2.0) seed (fun x -> x[2] / x[0] + x[0] / x[1]) [ a; b; c ]
              let mask = Array.init (Shape.size common) (fun _ -> below 2 = 0)
              lawful seed (fun x -> Tensor.select mask (x[0] + x[2]) x[1]) [ a; b; c ]
              lawful seed (fun x -> Tensor.expand common x[0]) [ a ])

          testTheory "views and parts" seeds (fun seed ->
              let below, shape = draw (1000 + seed)
              let rank = 1 + below 4
              let common = shape rank
              let axis = below rank
              let start = below (common[axis] + 1)
              let stop = start + below (common[axis] - start + 1)
              let axes = [| 0 .. rank - 1 |] |> Array.sortBy (fun _ -> below 1000)

              lawful
                  seed
                  (fun x -> Tensor.slice axis start stop x[0] |> Tensor.pad axis 1 start |> Tensor.flip axis)
                  [ common ]

              lawful seed (fun x -> Tensor.permute axes x[0]) [ common ]
              lawful seed (fun x -> Tensor.sumAxes (axes |> Array.filter (fun a -> a % 2 = seed % 2)) x[0]) [ common ]
              let other = Array.updateAt axis (below 3) common
              lawful seed (fun x -> Tensor.concat axis [ x[0]; x[1]; x[0] ]) [ common; other ]
              let index = Array.init (if common[0] = 0 then 0 else below 7) (fun _ -> below common[0])
              lawful seed (fun x -> Tensor.gather index x[0] |> Tensor.segmentSum index common[0]) [ common ])

          testTheory "products" seeds (fun seed ->
              let below, shape = draw (2000 + seed)
              let leading = shape (below 3)
              let leadingA, leadingB = [ leading, leading; leading, [||]; [||], leading ][below 3]
              let m, k, n = (shape 3)[0], (shape 3)[1], (shape 3)[2]
              let ta, tb = below 2 = 0, below 2 = 0
              let stored transposed rows columns = if transposed then [| columns; rows |] else [| rows; columns |]

              lawful
                  seed
                  (fun x -> Tensor.matmulTransposed ta tb x[0] x[1])
                  [ Array.append leadingA (stored ta m k); Array.append leadingB (stored tb k n) ]) ]
