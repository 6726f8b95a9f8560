/// The messages of what is refused: the operation, what it saw, what it expected.
module Noether.Tests.TensorErrorTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private x = Tensor.zeros [| 2; 3 |]

[<Tests>]
let tests =
    testList
        "TensorError"
        [ testCase "shapes that do not fit are refused" (fun () ->
              refuses "reshape" [ "[2, 3]"; "[4]"; "same number of elements" ] (fun () -> Tensor.reshape [| 4 |] x)
              refuses "reshape" [ "[2, 3]"; "[4, -1]" ] (fun () -> Tensor.reshape [| 4; -1 |] x)
              refuses "reshape" [ "[-1, -1]" ] (fun () -> Tensor.reshape [| -1; -1 |] x)
              refuses "reshape" [ "[-1, -1]" ] (fun () -> Tensor.reshape [| -1; -1 |] (Tensor.scalar 1.0))
              refuses "reshape" [ "[-2, -3]" ] (fun () -> Tensor.reshape [| -2; -3 |] x)
              refuses "reshape" [ "[0, -1]" ] (fun () -> Tensor.reshape [| 0; -1 |] (Tensor.zeros [| 0 |]))
              refuses "expand" [ "[2, 3]"; "[2, 4]" ] (fun () -> Tensor.expand [| 2; 4 |] x)
              refuses "expand" [ "[2, 3]"; "[1, 3]" ] (fun () -> Tensor.expand [| 1; 3 |] x)
              refuses "expand" [ "[2, 3]"; "[4, 2, 3]" ] (fun () -> Tensor.expand [| 4; 2; 3 |] x)
              refuses "sumTo" [ "[2, 3]"; "[2, 2]" ] (fun () -> Tensor.sumTo [| 2; 2 |] x)
              refuses "sumTo" [ "[2, 3]"; "[4, 3]" ] (fun () -> Tensor.sumTo [| 4; 3 |] (Tensor.zeros [| 2; 3 |]))
              refuses "mean" [ "[0]"; "no elements" ] (fun () -> Tensor.mean (Tensor.zeros [| 0 |]))
              refuses "transpose" [ "[3]"; "fewer than two axes" ] (fun () -> Tensor.transpose (Tensor.zeros [| 3 |])))

          testCase "axes that do not exist are refused" (fun () ->
              refuses "permute" [ "[0, 2]"; "[2, 3]" ] (fun () -> Tensor.permute [| 0; 2 |] x)
              refuses "permute" [ "[0, 0]" ] (fun () -> Tensor.permute [| 0; 0 |] x)
              refuses "permute" [ "[0]" ] (fun () -> Tensor.permute [| 0 |] x)
              refuses "slice" [ "axis 2"; "[2, 3]" ] (fun () -> Tensor.slice 2 0 1 x)
              refuses "flip" [ "axis -3"; "[2, 3]" ] (fun () -> Tensor.flip -3 x)
              refuses "pad" [ "axis 5" ] (fun () -> Tensor.pad 5 0 1 x)
              refuses "sumAxes" [ "axis 2"; "[2, 3]" ] (fun () -> Tensor.sumAxes [| 2 |] x)
              refuses "concat" [ "axis 2"; "[2, 3]" ] (fun () -> Tensor.concat 2 [ x; x ])
              refuses "concat" [ "axis 0"; "[]" ] (fun () -> Tensor.concat 0 [ Tensor.scalar 1.0; Tensor.scalar 2.0 ])
              refuses "stack" [ "axis 3"; "[2, 3]" ] (fun () -> Tensor.stack 3 [ x; x ])
              refuses "unsqueeze" [ "axis 3"; "[2, 3]" ] (fun () -> Tensor.unsqueeze 3 x)
              refuses "unsqueeze" [ "axis -4"; "[2, 3]" ] (fun () -> Tensor.unsqueeze -4 x))

          testCase "ranges that do not lie in an axis are refused" (fun () ->
              refuses "slice" [ "range 1 … 4"; "axis 1"; "[2, 3]" ] (fun () -> Tensor.slice 1 1 4 x)
              refuses "slice" [ "range -1 … 1" ] (fun () -> Tensor.slice 1 -1 1 x)
              refuses "slice" [ "range 2 … 1" ] (fun () -> Tensor.slice 1 2 1 x)
              refuses "pad" [ "widths -1 and 0" ] (fun () -> Tensor.pad 0 -1 0 x))

          testCase "parts that do not fit each other are refused" (fun () ->
              refuses "concat" [ "no tensors" ] (fun () -> Tensor.concat 0 [])
              refuses "stack" [ "no tensors" ] (fun () -> Tensor.stack 0 [])

              refuses "concat" [ "[2, 3]"; "[2, 2]"; "axis 0" ] (fun () ->
                  Tensor.concat 0 [ x; Tensor.zeros [| 2; 2 |] ])

              refuses "concat" [ "[2, 3]"; "[2]" ] (fun () -> Tensor.concat 0 [ x; Tensor.zeros [| 2 |] ])
              refuses "stack" [ "[2, 3]"; "[3, 2]" ] (fun () -> Tensor.stack 0 [ x; Tensor.zeros [| 3; 2 |] ])
              refuses "select" [ "mask of 5"; "[2, 3]" ] (fun () -> Tensor.select (Array.create 5 true) x x)

              refuses "select" [ "[2, 3]"; "[3, 2]" ] (fun () ->
                  Tensor.select (Array.create 6 true) x (Tensor.zeros [| 3; 2 |])))

          testCase "indices out of range are refused with place, value and range" (fun () ->
              refuses "gather" [ "index 1 is 2"; "0 … 1" ] (fun () -> Tensor.gather [| 0; 2 |] x)
              refuses "gather" [ "index 0 is -1"; "0 … 1" ] (fun () -> Tensor.gather [| -1; 2 |] x)

              refuses "gather" [ "index 0 is 0"; "no rows" ] (fun () ->
                  Tensor.gather [| 0 |] (Tensor.zeros [| 0; 3 |]))

              refuses "gather" [ "index 0 is 7" ] (fun () -> Tensor.gather [| 7 |] (Tensor.zeros [| 3; 0 |]))
              refuses "gather" [ "single number" ] (fun () -> Tensor.gather [| 0 |] (Tensor.scalar 1.0))
              refuses "segmentSum" [ "index 1 is 4"; "0 … 3" ] (fun () -> Tensor.segmentSum [| 0; 4 |] 4 x)
              refuses "segmentSum" [ "index 0 is -1" ] (fun () -> Tensor.segmentSum [| -1; 4 |] 4 x)
              refuses "segmentSum" [ "index 0 is 0"; "no rows" ] (fun () -> Tensor.segmentSum [| 0; 0 |] 0 x)
              refuses "segmentSum" [ "-1" ] (fun () -> Tensor.segmentSum [| 0; 0 |] -1 x)
              refuses "segmentSum" [ "[2, 3]"; "3 rows" ] (fun () -> Tensor.segmentSum [| 0; 0; 0 |] 1 x)
              refuses "item" [ "[2, 0]"; "[2, 3]" ] (fun () -> Tensor.item [| 2; 0 |] x)
              refuses "item" [ "[0]" ] (fun () -> Tensor.item [| 0 |] x))

          testCase "creation refuses what has no meaning" (fun () ->
              refuses "ofArray" [ "3 elements"; "[2, 2]" ] (fun () -> Tensor.ofArray [| 2; 2 |] [| 1.0; 2.0; 3.0 |])
              refuses "ofArray" [ "[-1, -1]" ] (fun () -> Tensor.ofArray [| -1; -1 |] [| 1.0 |])
              refuses "ofArray32" [ "3 elements" ] (fun () -> Tensor.ofArray32 [| 2 |] [| 1.0f; 2.0f; 3.0f |])

              refuses "matrix" [ "row 1 has 1 elements, row 0 has 2" ] (fun () ->
                  Tensor.matrix [ [ 1.0; 2.0 ]; [ 3.0 ] ])

              refuses "full" [ "[2, -1]" ] (fun () -> Tensor.zeros [| 2; -1 |])
              refuses "eye" [ "-1" ] (fun () -> Tensor.eye -1)
              refuses "linspace" [ "-1" ] (fun () -> Tensor.linspace 0.0 1.0 -1)
              refuses "uniform" [ "[-1]" ] (fun () -> Tensor.uniform Float64 [| -1 |] (key 1))
              refuses "normal" [ "[-1]" ] (fun () -> Tensor.normal Float32 [| -1 |] (key 1))
              refuses "arange" [ "from 0 to 1 in steps of 0" ] (fun () -> Tensor.arange 0.0 1.0 0.0)
              refuses "value" [ "[2, 3]"; "6 numbers" ] (fun () -> Tensor.value x)
              refuses "span" [ "Float32"; "Float64" ] (fun () -> Tensor.span (Tensor.cast Float32 x)))

          testCase "products and solutions refuse what does not fit" (fun () ->
              let z shape = Tensor.zeros shape
              refuses "matmul" [ "[2, 3]"; "[2, 3]"; "inner lengths" ] (fun () -> Tensor.matmul x x)

              refuses "matmul" [ "[4, 2, 3]"; "[5, 3, 2]"; "leading axes" ] (fun () ->
                  Tensor.matmul (z [| 4; 2; 3 |]) (z [| 5; 3; 2 |]))

              refuses "matmul" [ "[2, 3]"; "[4]" ] (fun () -> Tensor.matmul x (z [| 4 |]))
              refuses "matmul" [ "[4]"; "[2, 3]" ] (fun () -> Tensor.matmul (z [| 4 |]) x)
              refuses "matmul" [ "[3]"; "[1]" ] (fun () -> Tensor.matmul (z [| 3 |]) (z [| 1 |]))
              refuses "matmul" [ "[]"; "fewer than two axes" ] (fun () -> Tensor.matmul (Tensor.scalar 1.0) x)
              refuses "matmul" [ "[2, 3]"; "[3, 2]" ] (fun () -> Tensor.matmulTransposed true false x (z [| 3; 2 |]))
              refuses "inverse" [ "[2, 3]"; "square" ] (fun () -> Tensor.inverse x)
              refuses "inverse" [ "[3]"; "square" ] (fun () -> Tensor.inverse (z [| 3 |]))
              refuses "solve" [ "[2, 3]"; "square" ] (fun () -> Tensor.solve x x)
              refuses "solve" [ "[2, 2]"; "[3, 2]" ] (fun () -> Tensor.solve (Tensor.eye 2) (z [| 3; 2 |]))
              refuses "solve" [ "[2, 2]"; "[2]" ] (fun () -> Tensor.solve (Tensor.eye 2) (z [| 2 |]))
              let second = Tensor.stack 0 [ Tensor.eye 2; z [| 2; 2 |] ]
              refuses "inverse" [ "matrix 1"; "[2, 2, 2]"; "singular" ] (fun () -> Tensor.inverse second)
              refuses "solve" [ "matrix 1"; "[2, 2, 2]"; "singular" ] (fun () -> Tensor.solve second (z [| 2; 2; 1 |])))

          testCase "einsum refuses what it cannot read" (fun () ->
              let sum text operands () = Tensor.einsum text operands
              refuses "einsum" [ "\"ij\""; "->" ] (sum "ij" [ x ])
              refuses "einsum" [ "2 operands are named, 1 were given" ] (sum "ij,jk->ik" [ x ])
              refuses "einsum" [ "'1' is not a letter" ] (sum "i1->i" [ x ])
              refuses "einsum" [ "'i' is repeated in \"ii\"" ] (sum "ii->i" [ x ])
              refuses "einsum" [ "'k' of the result" ] (sum "ij->k" [ x ])
              refuses "einsum" [ "\"i\" names 1 axes"; "[2, 3]" ] (sum "i->i" [ x ])
              refuses "einsum" [ "'j' has lengths 3 and 2" ] (sum "ij,jk->ik" [ x; x ])) ]
