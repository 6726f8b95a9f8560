/// Equality, hashing and text.
module Noether.Tests.TensorTextTests

open Noether.AutoDiff
open Noether.Tests.TensorChecks
open Xunit

[<Fact>]
let ``tensors are equal by shape, precision and elements`` () =
    let a = Tensor.vector [ 1.0; nan; 0.0 ]
    Assert.Equal(a, Tensor.vector [ 1.0; nan; 0.0 ])
    Assert.Equal(a, Tensor.vector [ 1.0; nan; -0.0 ])
    Assert.Equal(a.GetHashCode(), (Tensor.vector [ 1.0; nan; -0.0 ]).GetHashCode())
    Assert.NotEqual(a, Tensor.vector [ 1.0; nan; 1e-300 ])
    Assert.NotEqual(a, Tensor.reshape [| 3; 1 |] a)
    Assert.NotEqual(a, Tensor.cast Float32 a)
    Assert.Equal(Tensor.zeros [| 0; 3 |], Tensor.zeros [| 0; 3 |])
    Assert.NotEqual(Tensor.zeros [| 0; 3 |], Tensor.zeros [| 3; 0 |])
    Assert.False((Tensor.scalar 1.0).Equals(1.0))
    Assert.Equal(a.GetHashCode(), (Tensor.reshape [| 3 |] (Tensor.reshape [| 3; 1 |] a)).GetHashCode())
    Assert.Equal(hash (normal Float64 1 [| 40 |]), hash (normal Float64 1 [| 40 |]))
    // A difference behind the elements that the hash reads still counts.
    let long = Tensor.arange 0.0 100.0 1.0
    Assert.NotEqual(long, long + Tensor.pad 0 99 0 (Tensor.ones [| 1 |]))

[<Fact>]
let ``derivatives do not count in equality`` () =
    Diff.grad
        (fun x ->
            Assert.Equal(Tensor.scalar 2.0, x)
            Assert.Equal(hash (Tensor.scalar 2.0), hash x)
            Assert.Equal("2.", string x)
            x)
        (Tensor.scalar 2.0)
    |> ignore

let private shows (expected: string) (x: Tensor) =
    Assert.Equal(expected.Replace("\r", ""), string x)
    Assert.Equal(expected.Replace("\r", ""), $"%A{x}")

[<Fact>]
let ``numbers`` () =
    shows "3." (Tensor.scalar 3.0)
    shows "-0.5" (Tensor.scalar -0.5)
    shows "3.14159265" (Tensor.scalar System.Math.PI)
    shows "3.1415927" (Tensor.cast Float32 (Tensor.scalar System.Math.PI))
    shows "nan" (Tensor.scalar nan)
    shows "-inf" (Tensor.scalar -infinity)
    shows "1.e-10" (Tensor.scalar 1e-10)
    shows "1.5e+20" (Tensor.scalar 1.5e20)

[<Fact>]
let ``vectors have the point in one column`` () =
    shows "[1. 2. 3.]" (Tensor.vector [ 1.0; 2.0; 3.0 ])
    shows "[ 1.   -0.25 10.  ]" (Tensor.vector [ 1.0; -0.25; 10.0 ])
    shows "[ nan  inf -inf   1.]" (Tensor.vector [ nan; infinity; -infinity; 1.0 ])
    shows "[1.5 nan]" (Tensor.vector [ 1.5; nan ])
    shows "[] shape [0]" (Tensor.vector [])

[<Fact>]
let ``where one number needs an exponent all have one`` () =
    shows "[1.e-08 1.e+00]" (Tensor.vector [ 1e-8; 1.0 ])
    shows "[ 1.50e+20 -2.25e+00]" (Tensor.vector [ 1.5e20; -2.25 ])
    shows "[1.e+100 1.e-005]" (Tensor.vector [ 1e100; 1e-5 ])
    shows "[0.e+00 1.e-05]" (Tensor.vector [ 0.0; 1e-5 ])
    shows "[1.e+08    nan]" (Tensor.vector [ 1e8; nan ])
    shows "[1.1e-09]" (Tensor.cast Float32 (Tensor.vector [ 1.1e-9 ]))
    shows "[    0.0015 12345.    ]" (Tensor.vector [ 0.0015; 12345.0 ])

[<Fact>]
let ``matrices have aligned columns`` () =
    shows "[[ 1.   2. ]\n [-3.   4.5]]" (Tensor.matrix [ [ 1.0; 2.0 ]; [ -3.0; 4.5 ] ])

[<Fact>]
let ``higher ranks are separated by empty lines`` () =
    shows "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]" (Tensor.reshape [| 2; 2; 2 |] (Tensor.arange 0.0 8.0 1.0))

    shows
        "[[[[0. 1.]]\n\n  [[2. 3.]]]\n\n\n [[[4. 5.]]\n\n  [[6. 7.]]]]"
        (Tensor.reshape [| 2; 2; 1; 2 |] (Tensor.arange 0.0 8.0 1.0))

[<Fact>]
let ``long axes are shortened and the shape is given`` () =
    shows "[   0.    1.    2. ... 1998. 1999. 2000.] shape [2001]" (Tensor.arange 0.0 2001.0 1.0)
    let text = string (Tensor.zeros [| 50; 40 |])
    Assert.StartsWith("[[0. 0. 0. ... 0. 0. 0.]\n [0. 0. 0. ... 0. 0. 0.]\n", text)
    Assert.EndsWith("] shape [50, 40]", text)
    Assert.Contains("\n ...\n", text)
    Assert.Equal(7, text.Split('\n').Length)

[<Fact>]
let ``empty tensors show their shape`` () =
    shows "[] shape [0, 3]" (Tensor.zeros [| 0; 3 |])
    shows "[] shape [2, 0]" (Tensor.zeros [| 2; 0 |])

[<Fact>]
let ``lines are wrapped at 75 characters`` () =
    shows
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n 18. 19.]"
        (Tensor.arange 0.0 20.0 1.0)

    let lines = (string (Tensor.reshape [| 2; 50 |] (Tensor.arange 0.0 100.0 1.0))).Split '\n'
    Assert.All(lines, fun line -> Assert.InRange(line.Length, 1, 75))
    Assert.StartsWith("  1", lines[1].Replace("  18", "  1"))
