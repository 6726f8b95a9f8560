module Noether.Tests.TensorArithmeticTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Shapes that stretch to each other: equal, axes of length 1 on either side or both, single numbers, empty.
let private pairs: (int[] * int[]) list =
    [ [||], [||]
      [| 5 |], [| 5 |]
      [| 5 |], [| 1 |]
      [| 1 |], [| 5 |]
      [||], [| 4 |]
      [| 4 |], [||]
      [| 3; 4 |], [| 3; 4 |]
      [| 3; 1 |], [| 1; 4 |]
      [| 1; 4 |], [| 3; 4 |]
      [| 3; 4 |], [||]
      [| 2; 1; 3 |], [| 1; 5; 3 |]
      [| 2; 1; 3; 1 |], [| 1; 2; 1; 3 |]
      [| 0 |], [| 0 |]
      [| 0 |], [| 1 |]
      [||], [| 0 |]
      [| 3; 0 |], [| 1; 0 |]
      [| 3; 1 |], [| 3; 0 |] ]

let private positive = between 0.5 2.0

/// Element by element in a loop, the twin of broadcasting.
let private naive (f: float -> float -> float) (a: Tensor) (b: Tensor) =
    let rank = max a.Rank b.Rank

    let shape =
        Array.init rank (fun i ->
            if a.Rank = 0 then b.Shape[i]
            elif b.Rank = 0 then a.Shape[i]
            elif a.Shape[i] = 1 then b.Shape[i]
            else a.Shape[i])

    let at (x: Tensor) (index: int[]) =
        if x.Rank = 0 then
            Tensor.value x
        else
            Tensor.item (Array.map2 (fun i d -> if d = 1 then 0 else i) index x.Shape) x

    let strides = Shape.strides shape

    Array.init (Shape.size shape) (fun n ->
        let index = Array.map2 (fun s d -> n / s % d) strides shape
        f (at a index) (at b index))
    |> Tensor.ofArray shape

[<Tests>]
let tests =
    testList
        "TensorArithmetic"
        [ testCase "sum, difference, product and quotient obey the laws on shapes that stretch" (fun () ->
              pairs
              |> List.iteri (fun seed (a, b) ->
                  lawful seed (fun x -> x[0] + x[1]) [ a; b ]
                  lawful seed (fun x -> x[0] - x[1]) [ a; b ]
                  lawful seed (fun x -> x[0] * x[1]) [ a; b ]
                  lawfulAt positive seed (fun x -> x[0] / x[1]) [ a; b ]))

          testCase "arithmetic with plain numbers obeys the laws" (fun () ->
              lawful1 1 (fun x -> x + 2.0) anyShapes
              lawful1 2 (fun x -> 2.0 + x) anyShapes
              lawful1 3 (fun x -> x - 2.0) anyShapes
              lawful1 4 (fun x -> 2.0 - x) anyShapes
              lawful1 5 (fun x -> x * 3.0) anyShapes
              lawful1 6 (fun x -> 3.0 * x) anyShapes
              lawful1 7 (fun x -> x / 3.0) anyShapes
              lawful1 8 (fun x -> 0.0 * x + 1.0) anyShapes

              for shape in anyShapes do
                  lawfulAt positive 9 (fun x -> 2.0 / x[0]) [ shape ])

          testCase "an argument used twice collects both derivatives" (fun () ->
              lawful1 1 (fun x -> x * x) anyShapes
              lawful1 2 (fun x -> x + x) anyShapes
              lawful1 3 (fun x -> x - x) anyShapes
              lawful1 4 (fun x -> x * x * x - x * x + 2.0 * x) anyShapes

              for shape in anyShapes do
                  lawfulAt positive 5 (fun x -> x[0] / x[0]) [ shape ])

          testCase "arithmetic has the values of a loop" (fun () ->
              pairs
              |> List.iteri (fun seed (a, b) ->
                  let a = normal Float64 (2 * seed) a
                  let b = normal Float64 (2 * seed + 1) b
                  identical (naive (+) a b) (a + b)
                  identical (naive (-) a b) (a - b)
                  identical (naive (*) a b) (a * b)
                  identical (naive (/) a b) (a / b)))

          testCase "arithmetic on numbers has the values of arithmetic on tensors" (fun () ->
              for precision in precisions do
                  let x = normal precision 3 [| 37 |]
                  let three = Tensor.full precision [||] 3.0
                  identical (x + three) (x + 3.0)
                  identical (three + x) (3.0 + x)
                  identical (x - three) (x - 3.0)
                  identical (three - x) (3.0 - x)
                  identical (x * three) (3.0 * x)
                  identical (x * three) (x * 3.0)
                  identical (x / three) (x / 3.0)
                  identical (three / x) (3.0 / x))

          testCase "the algebra of fields holds" (fun () ->
              for precision, tolerance in [ Float64, 4e-16; Float32, 2e-7 ] do
                  // Each identity costs two or three roundings, of relative size 1e-16 or 6e-8.
                  for seed in 0..20 do
                      let a = between 0.5 2.0 precision (3 * seed) [| 11; 3 |]
                      let b = between 0.5 2.0 precision (3 * seed + 1) [| 11; 3 |]
                      let c = between 0.5 2.0 precision (3 * seed + 2) [| 11; 3 |]
                      identical (a + -b) (a - b)
                      identical (a + b) (b + a)
                      identical (a * b) (b * a)
                      identical a (-(-a))
                      identical (a * a) (Tensor.square a)
                      agree (2.0 * tolerance) a (a / b * b)
                      agree (2.0 * tolerance) (a / b) (a * Tensor.reciprocal b)
                      agree (4.0 * tolerance) (a + b + c) (a + (b + c))
                      agree (8.0 * tolerance) (a * (b + c)) (a * b + a * c)
                      agree (4.0 * tolerance) a (Tensor.exp (Tensor.log a))
                      agree (4.0 * tolerance) a (Tensor.square (Tensor.sqrt a)))

          testCase "division by zero follows IEEE 754" (fun () ->
              let x = Tensor.vector [ -1.0; 0.0; 1.0 ]
              near 0.0 [| 3 |] [ -infinity; nan; infinity ] (x / 0.0)
              near 0.0 [| 3 |] [ -infinity; nan; infinity ] (x / Tensor.scalar 0.0)
              near 0.0 [| 3 |] [ -1.0; infinity; 1.0 ] (1.0 / x))

          testCase "shapes that do not stretch are refused with both shapes" (fun () ->
              let a, b, c = Tensor.zeros [| 2; 3 |], Tensor.zeros [| 2; 4 |], Tensor.zeros [| 3 |]
              refuses "add" [ "[2, 3]"; "[2, 4]"; "length 1" ] (fun () -> a + b)
              refuses "add" [ "[2, 3]"; "[2, 4]" ] (fun () -> a - b)
              refuses "multiply" [ "[2, 3]"; "[2, 4]" ] (fun () -> a * b)
              refuses "divide" [ "[2, 3]"; "[2, 4]" ] (fun () -> a / b)
              refuses "add" [ "[2, 3]"; "[3]"; "equal ranks, or one single number" ] (fun () -> a + c)
              refuses "multiply" [ "[3]"; "[2, 3]" ] (fun () -> c * a)
              refuses "divide" [ "[3]"; "[2, 3]" ] (fun () -> c / a))

          testCase "mixed precisions are refused with both" (fun () ->
              let a, b = Tensor.zeros [| 3 |], Tensor.full Float32 [| 3 |] 0.0

              for f in [ (fun () -> a + b); (fun () -> b - a) ] do
                  refuses "add" [ "Float64"; "Float32"; "cast one explicitly" ] f

              refuses "multiply" [ "mixed precisions, Float64 and Float32" ] (fun () -> a * b)
              refuses "divide" [ "mixed precisions, Float32 and Float64" ] (fun () -> b / a)

              refuses "matmul" [ "mixed precisions" ] (fun () ->
                  Tensor.matmul (Tensor.eye 2) (Tensor.cast Float32 (Tensor.eye 2)))

              refuses "concat" [ "mixed precisions" ] (fun () -> Tensor.concat 0 [ a; b ])
              refuses "select" [ "mixed precisions" ] (fun () -> Tensor.select [| true; true; false |] a b)) ]
