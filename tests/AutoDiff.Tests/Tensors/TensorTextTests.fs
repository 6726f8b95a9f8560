/// Equality, hashing and text.
module Noether.Tests.TensorTextTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private shows (expected: string) (x: Tensor) =
    equal (expected.Replace("\r", "")) (string x)
    equal (expected.Replace("\r", "")) $"%A{x}"

[<Tests>]
let tests =
    testList
        "TensorText"
        [ testCase "tensors are equal by shape, precision and elements" (fun () ->
              let a = Tensor.vector [ 1.0; nan; 0.0 ]
              equal a (Tensor.vector [ 1.0; nan; 0.0 ])
              equal a (Tensor.vector [ 1.0; nan; -0.0 ])
              equal (a.GetHashCode()) ((Tensor.vector [ 1.0; nan; -0.0 ]).GetHashCode())
              differ a (Tensor.vector [ 1.0; nan; 1e-300 ])
              differ a (Tensor.reshape [| 3; 1 |] a)
              differ a (Tensor.cast Float32 a)
              equal (Tensor.zeros [| 0; 3 |]) (Tensor.zeros [| 0; 3 |])
              differ (Tensor.zeros [| 0; 3 |]) (Tensor.zeros [| 3; 0 |])
              isFalse ((Tensor.scalar 1.0).Equals(1.0))
              equal (a.GetHashCode()) ((Tensor.reshape [| 3 |] (Tensor.reshape [| 3; 1 |] a)).GetHashCode())
              equal (hash (normal Float64 1 [| 40 |])) (hash (normal Float64 1 [| 40 |]))
              // A difference behind the elements that the hash reads still counts.
              let long = Tensor.arange 0.0 100.0 1.0
              differ long (long + Tensor.pad 0 99 0 (Tensor.ones [| 1 |])))

          testCase "derivatives do not count in equality" (fun () ->
              Diff.grad
                  (fun x ->
                      equal (Tensor.scalar 2.0) x
                      equal (hash (Tensor.scalar 2.0)) (hash x)
                      equal "2." (string x)
                      x)
                  (Tensor.scalar 2.0)
              |> ignore)

          testCase "numbers" (fun () ->
              shows "3." (Tensor.scalar 3.0)
              shows "-0.5" (Tensor.scalar -0.5)
              shows "3.14159265" (Tensor.scalar System.Math.PI)
              shows "3.1415927" (Tensor.cast Float32 (Tensor.scalar System.Math.PI))
              shows "nan" (Tensor.scalar nan)
              shows "-inf" (Tensor.scalar -infinity)
              shows "1.e-10" (Tensor.scalar 1e-10)
              shows "1.5e+20" (Tensor.scalar 1.5e20))

          testCase "vectors have the point in one column" (fun () ->
              shows "[1. 2. 3.]" (Tensor.vector [ 1.0; 2.0; 3.0 ])
              shows "[ 1.   -0.25 10.  ]" (Tensor.vector [ 1.0; -0.25; 10.0 ])
              shows "[ nan  inf -inf   1.]" (Tensor.vector [ nan; infinity; -infinity; 1.0 ])
              shows "[1.5 nan]" (Tensor.vector [ 1.5; nan ])
              shows "[] shape [0]" (Tensor.vector []))

          testCase "where one number needs an exponent all have one" (fun () ->
              shows "[1.e-08 1.e+00]" (Tensor.vector [ 1e-8; 1.0 ])
              shows "[ 1.50e+20 -2.25e+00]" (Tensor.vector [ 1.5e20; -2.25 ])
              shows "[1.e+100 1.e-005]" (Tensor.vector [ 1e100; 1e-5 ])
              shows "[0.e+00 1.e-05]" (Tensor.vector [ 0.0; 1e-5 ])
              shows "[1.e+08    nan]" (Tensor.vector [ 1e8; nan ])
              shows "[1.1e-09]" (Tensor.cast Float32 (Tensor.vector [ 1.1e-9 ]))
              shows "[    0.0015 12345.    ]" (Tensor.vector [ 0.0015; 12345.0 ]))

          testCase "matrices have aligned columns" (fun () ->
              shows "[[ 1.   2. ]\n [-3.   4.5]]" (Tensor.matrix [ [ 1.0; 2.0 ]; [ -3.0; 4.5 ] ]))

          testCase "higher ranks are separated by empty lines" (fun () ->
              shows
                  "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]"
                  (Tensor.reshape [| 2; 2; 2 |] (Tensor.arange 0.0 8.0 1.0))

              shows
                  "[[[[0. 1.]]\n\n  [[2. 3.]]]\n\n\n [[[4. 5.]]\n\n  [[6. 7.]]]]"
                  (Tensor.reshape [| 2; 2; 1; 2 |] (Tensor.arange 0.0 8.0 1.0)))

          testCase "long axes are shortened and the shape is given" (fun () ->
              shows "[   0.    1.    2. ... 1998. 1999. 2000.] shape [2001]" (Tensor.arange 0.0 2001.0 1.0)
              let text = string (Tensor.zeros [| 50; 40 |])
              startsWith "[[0. 0. 0. ... 0. 0. 0.]\n [0. 0. 0. ... 0. 0. 0.]\n" text
              endsWith "] shape [50, 40]" text
              contains "\n ...\n" text
              equal 7 (text.Split('\n').Length))

          testCase "empty tensors show their shape" (fun () ->
              shows "[] shape [0, 3]" (Tensor.zeros [| 0; 3 |])
              shows "[] shape [2, 0]" (Tensor.zeros [| 2; 0 |]))

          testCase "lines are wrapped at 75 characters" (fun () ->
              shows
                  "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n 18. 19.]"
                  (Tensor.arange 0.0 20.0 1.0)

              let lines = (string (Tensor.reshape [| 2; 50 |] (Tensor.arange 0.0 100.0 1.0))).Split '\n'

              for line in lines do
                  inRange 1 75 line.Length

              startsWith "  1" (lines[1].Replace("  18", "  1"))) ]
