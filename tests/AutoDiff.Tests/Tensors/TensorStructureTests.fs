module Noether.Tests.TensorStructureTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private x234 = Tensor.reshape [| 2; 3; 4 |] (Tensor.arange 0.0 24.0 1.0)

[<Tests>]
let tests =
    testList
        "TensorStructure"
        [ testCase "reshape obeys the laws" (fun () ->
              lawful 1 (fun x -> Tensor.reshape [| 3; 4 |] x[0]) [ [| 2; 6 |] ]
              lawful 2 (fun x -> Tensor.reshape [| -1 |] x[0]) [ [| 2; 3; 2 |] ]
              lawful 3 (fun x -> Tensor.reshape [||] x[0]) [ [| 1; 1 |] ]
              lawful 4 (fun x -> Tensor.reshape [| 0; 7 |] x[0]) [ [| 3; 0 |] ]

              for shape in anyShapes do
                  lawful 5 (fun x -> Tensor.reshape shape x[0]) [ shape ]
                  lawful 6 (fun x -> Tensor.unsqueeze 0 x[0]) [ shape ]
                  lawful 7 (fun x -> Tensor.unsqueeze -1 x[0]) [ shape ])

          testCase "views obey the laws" (fun () ->
              lawful 1 (fun x -> Tensor.permute [| 2; 0; 1 |] x[0]) [ [| 2; 3; 4 |] ]
              lawful 2 (fun x -> Tensor.permute [| 1; 0 |] x[0]) [ [| 3; 0 |] ]
              lawful 3 (fun x -> Tensor.permute [||] x[0]) [ [||] ]
              lawful 4 (fun x -> Tensor.transpose x[0]) [ [| 2; 3; 4 |] ]
              lawful 5 (fun x -> Tensor.transpose x[0]) [ [| 2; 0; 4 |] ]

              for axis in 0..2 do
                  for shape in [ [| 3; 4; 5 |]; [| 3; 3; 3 |] ] do
                      lawful 6 (fun x -> Tensor.slice axis 1 3 x[0]) [ shape ]
                      lawful 7 (fun x -> Tensor.slice axis 2 2 x[0]) [ shape ]
                      lawful 8 (fun x -> Tensor.flip axis x[0]) [ shape ]
                      lawful 9 (fun x -> Tensor.pad axis 2 1 x[0]) [ shape ]
                      lawful 10 (fun x -> Tensor.pad axis 0 0 x[0]) [ shape ]

              for axis in [ 0; 1; -1 ] do
                  lawful 11 (fun x -> Tensor.flip axis x[0]) [ [| 0; 4 |] ]
                  lawful 12 (fun x -> Tensor.flip axis x[0]) [ [| 4; 0 |] ]
                  lawful 13 (fun x -> Tensor.pad axis 1 2 x[0]) [ [| 0; 4 |] ]
                  lawful 14 (fun x -> Tensor.pad axis 1 2 x[0]) [ [| 4; 0 |] ]
                  lawful 15 (fun x -> Tensor.slice axis 0 0 x[0]) [ [| 0; 0 |] ])

          testCase "stretching and summing obey the laws" (fun () ->
              for small, large in
                  [ [| 1; 3 |], [| 4; 3 |]
                    [| 2; 1; 1 |], [| 2; 5; 3 |]
                    [||], [| 2; 3 |]
                    [||], [| 0 |]
                    [| 1 |], [| 0 |]
                    [| 3; 1 |], [| 3; 0 |]
                    [| 3 |], [| 3 |] ] do
                  lawful 1 (fun x -> Tensor.expand large x[0]) [ small ]
                  lawful 2 (fun x -> Tensor.sumTo small x[0]) [ large ]

              lawful1 3 Tensor.sum anyShapes
              lawful1 4 Tensor.mean (anyShapes |> List.filter (fun s -> Shape.size s > 0))

              for axes in [ [||]; [| 0 |]; [| 1 |]; [| -1 |]; [| 0; 2 |]; [| 0; 1; 2 |] ] do
                  lawful1 5 (Tensor.sumAxes axes) [ [| 2; 3; 4 |]; [| 2; 0; 4 |]; [| 1; 1; 3 |] ])

          testCase "rows obey the laws with repeated indices and empty segments" (fun () ->
              for index, rows in [ [| 2; 0; 2; 2; 4 |], 5; [| 0; 0; 0 |], 1; [| 3; 1 |], 4; [||], 3; [||], 0 ] do
                  for inner in [ [||]; [| 1 |]; [| 3 |]; [| 2; 5 |]; [| 0 |]; [| 2; 0 |] ] do
                      lawful 1 (fun x -> Tensor.gather index x[0]) [ Array.append [| rows |] inner ]
                      lawful 2 (fun x -> Tensor.segmentSum index rows x[0]) [ Array.append [| index.Length |] inner ])

          testCase "concat, stack and select obey the laws" (fun () ->
              lawful 1 (fun x -> Tensor.concat 0 (List.ofArray x)) [ [| 2 |]; [| 3 |]; [| 0 |]; [| 1 |] ]
              lawful 2 (fun x -> Tensor.concat 1 (List.ofArray x)) [ [| 2; 3; 2 |]; [| 2; 1; 2 |] ]
              lawful 3 (fun x -> Tensor.concat -1 (List.ofArray x)) [ [| 2; 0 |]; [| 2; 4 |] ]
              lawful 4 (fun x -> Tensor.concat 0 [ x[0]; x[0]; x[1] ]) [ [| 2; 2 |]; [| 3; 2 |] ]
              lawful 5 (fun x -> Tensor.concat 0 (List.ofArray x)) [ [| 2; 0 |]; [| 3; 0 |] ]

              for axis in [ 0; 1; 2; -1 ] do
                  lawful 6 (fun x -> Tensor.stack axis (List.ofArray x)) [ [| 2; 3 |]; [| 2; 3 |]; [| 2; 3 |] ]

              lawful 7 (fun x -> Tensor.stack 0 (List.ofArray x)) [ [||]; [||] ]

              let mask = [| true; false; true; true; false; false |]
              lawful 8 (fun x -> Tensor.select mask x[0] x[1]) [ [| 2; 3 |]; [| 2; 3 |] ]
              lawful 9 (fun x -> Tensor.select mask x[0] x[1]) [ [| 2; 1 |]; [| 1; 3 |] ]
              lawful 12 (fun x -> Tensor.select mask x[0] x[1]) [ [| 6 |]; [||] ]
              lawful 10 (fun x -> Tensor.select mask x[0] x[0]) [ [| 6 |] ]
              lawful 11 (fun x -> Tensor.select [||] x[0] x[1]) [ [| 0 |]; [| 1 |] ])

          testCase "views have the values that indices say" (fun () ->
              let x = x234

              let each shape f =
                  Array.init (Shape.size shape) (fun n ->
                      f (Array.map2 (fun s d -> n / s % d) (Shape.strides shape) shape))

              let same (shape: int[]) f actual = near 0.0 shape (each shape (fun i -> Tensor.item (f i) x)) actual
              same [| 4; 2; 3 |] (fun i -> [| i[1]; i[2]; i[0] |]) (Tensor.permute [| 2; 0; 1 |] x)
              same [| 2; 4; 3 |] (fun i -> [| i[0]; i[2]; i[1] |]) (Tensor.transpose x)
              same [| 2; 2; 4 |] (fun i -> [| i[0]; i[1] + 1; i[2] |]) (Tensor.slice 1 1 3 x)
              same [| 2; 3; 4 |] (fun i -> [| i[0]; i[1]; 3 - i[2] |]) (Tensor.flip -1 x)
              same [| 2; 3; 4 |] (fun i -> [| 1 - i[0]; i[1]; i[2] |]) (Tensor.flip 0 x)
              same [| 3; 3; 4 |] (fun i -> [| [| 1; 1; 0 |][i[0]]; i[1]; i[2] |]) (Tensor.gather [| 1; 1; 0 |] x)
              identical x (Tensor.slice 1 1 4 (Tensor.pad 1 1 2 x))
              identical x (Tensor.concat 2 [ Tensor.slice 2 0 1 x; Tensor.slice 2 1 4 x ])
              identical x (Tensor.permute [| 1; 2; 0 |] (Tensor.permute [| 2; 0; 1 |] x))
              near 0.0 [| 3 |] [ 60.0; 92.0; 124.0 ] (Tensor.sumAxes [| 0; 2 |] x)
              near 0.0 [||] [ 11.5 ] (Tensor.mean x)
              near 0.0 [| 2; 1; 4 |] [ 12.0; 15.0; 18.0; 21.0; 48.0; 51.0; 54.0; 57.0 ] (Tensor.sumTo [| 2; 1; 4 |] x)

              near
                  0.0
                  [| 2; 2 |]
                  [ 1.0; 1.0; 2.0; 2.0 ]
                  (Tensor.expand [| 2; 2 |] (Tensor.ofArray [| 2; 1 |] [| 1.0; 2.0 |]))

              near
                  0.0
                  [| 4; 2 |]
                  [ 6.0; 8.0; 0.0; 0.0; 5.0; 6.0; 0.0; 0.0 ]
                  (Tensor.segmentSum [| 0; 2; 0 |] 4 (Tensor.ofArray [| 3; 2 |] [| 1.0; 2.0; 5.0; 6.0; 5.0; 6.0 |]))

              near 0.0 [| 0; 3 |] [] (Tensor.gather [||] (Tensor.zeros [| 2; 3 |]))
              near 0.0 [||] [ 0.0 ] (Tensor.sum (Tensor.zeros [| 0; 3 |]))
              near 0.0 [| 3 |] [ 0.0; 0.0; 0.0 ] (Tensor.sumAxes [| 0 |] (Tensor.zeros [| 0; 3 |])))

          testCase "what stands in the branch not taken has no influence" (fun () ->
              let mask = [| true; false; true; false |]
              let bad = Tensor.vector [ 1.0; nan; 2.0; infinity ]
              let good = Tensor.vector [ nan; 3.0; -infinity; 4.0 ]

              // Derivatives to third order of a sum of cubes of what was chosen: nothing of the other branch comes in.
              let cubes (a: Tensor) = Tensor.select mask a good |> Tensor.pow 3.0 |> Tensor.sum
              near 1e-15 [||] [ 1.0 + 27.0 + 8.0 + 64.0 ] (cubes bad)
              near 1e-15 [| 4 |] [ 3.0; 0.0; 12.0; 0.0 ] (Diff.grad cubes bad)
              let ones = Tensor.ones [| 4 |]
              near 1e-15 [| 4 |] [ 6.0; 0.0; 12.0; 0.0 ] (Diff.hessianv cubes bad ones)

              near
                  1e-15
                  [| 4 |]
                  [ 6.0; 0.0; 6.0; 0.0 ]
                  (Diff.jacobianTv (fun x -> Diff.hessianv cubes x ones) bad ones)

              // A gradient that is infinite in the branch not taken meets a zero only if the branch is fed a harmless
              // argument.
              let guarded (x: Tensor) =
                  let positive = Tensor.less (Tensor.zerosLike x) x
                  let safe = Tensor.select positive x (Tensor.onesLike x)
                  Tensor.sum (Tensor.select positive (Tensor.sqrt safe) (Tensor.zerosLike x))

              near 1e-15 [| 3 |] [ 0.0; 0.25; 0.0 ] (Diff.grad guarded (Tensor.vector [ 0.0; 4.0; -1.0 ])))

          testCase "forms have one value for every open slot" (fun () ->
              for precision in precisions do
                  let form slots shapes =
                      let xs = shapes |> List.mapi (fun i s -> normal precision (50 + i) s) |> Array.ofList

                      Check.form (key 51) (fun slot x -> (List.item slot slots) x[0]) xs
                      |> Check.orFail "form"
                      |> ignore

                  form [ Tensor.permute [| 1; 2; 0 |]; Tensor.permute [| 2; 0; 1 |] ] [ [| 2; 3; 4 |]; [| 4; 2; 3 |] ]
                  form [ Tensor.pad 1 1 2; Tensor.slice 1 1 3 ] [ [| 2; 5 |]; [| 2; 2 |] ]
                  form [ Tensor.flip 0; Tensor.flip 0 ] [ [| 5; 2 |]; [| 5; 2 |] ]
                  form [ Tensor.sumTo [| 3; 1 |]; Tensor.expand [| 3; 4 |] ] [ [| 3; 1 |]; [| 3; 4 |] ]
                  form [ Tensor.reshape [| 6 |]; Tensor.reshape [| 2; 3 |] ] [ [| 6 |]; [| 2; 3 |] ]
                  let index = [| 1; 1; 3; 0; 1 |]
                  form [ Tensor.segmentSum index 5; Tensor.gather index ] [ [| 5; 2 |]; [| 5; 2 |] ])

          testCase "less compares element by element on shapes that stretch" (fun () ->
              let a = Tensor.ofArray [| 2; 1 |] [| 1.0; 3.0 |]
              let b = Tensor.ofArray [| 1; 3 |] [| 0.0; 2.0; nan |]
              equal [| false; true; false; false; false; false |] (Tensor.less a b)
              equal [| true; true; false |] (Tensor.less b (Tensor.scalar 2.5))) ]
