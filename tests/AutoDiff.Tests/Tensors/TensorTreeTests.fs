module Noether.Tests.TensorTreeTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private tree =
    Branch
        [ "layer",
          Branch
              [ "weight", Leaf(Tensor.matrix [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ])
                "bias", Leaf(Tensor.vector [ 0.5; -0.5 ]) ]
          "scale", Leaf(Tensor.scalar 2.0)
          "none", Branch [] ]

let private x = Tensor.vector [ 1.0; -1.0 ]

/// scale · |W x + b|².
let private f tree =
    let y = Tensor.matmul (Tree.value "layer/weight" tree) x + Tree.value "layer/bias" tree
    Tree.value "scale" tree * Tensor.sum (Tensor.square y)

[<Tests>]
let tests =
    testList
        "TensorTree"
        [ testCase "leaves are found in order with their paths" (fun () ->
              equal [ "layer/weight"; "layer/bias"; "scale" ] (Tree.paths tree |> List.map fst)
              equal [ 4; 2; 1 ] (Tree.leaves tree |> List.map _.Size)
              equal [ "" ] (Tree.paths (Leaf 1) |> List.map fst)

              equal
                  (Branch [ "a", Leaf 2; "b", Branch [ "c", Leaf 4 ] ])
                  (Tree.map ((*) 2) (Branch [ "a", Leaf 1; "b", Branch [ "c", Leaf 2 ] ]))

              equal tree (Tree.withLeaves (Tree.leaves tree) tree)
              equal (Leaf 3) (Tree.find "b/c" (Branch [ "b", Branch [ "c", Leaf 3 ] ]))
              equal tree (Tree.find "" tree))

          testCase "trees of one structure are combined" (fun () ->
              let a = Branch [ "a", Leaf 1; "b", Branch [ "c", Leaf 2 ] ]
              equal (Branch [ "a", Leaf 11; "b", Branch [ "c", Leaf 22 ] ]) (Tree.map2 (fun x y -> x + 10 * y) a a)

              equal
                  (Branch [ "a", Leaf 111; "b", Branch [ "c", Leaf 222 ] ])
                  (Tree.map3 (fun x y z -> x + 10 * y + 100 * z) a a a))

          testCase "trees that differ and names that are not there are refused" (fun () ->
              let a = Branch [ "a", Leaf 1; "b", Branch [ "c", Leaf 2 ] ]
              refuses "Tree.map2" [ "\"b\"" ] (fun () -> Tree.map2 (+) a (Branch [ "a", Leaf 1; "b", Leaf 2 ]))

              refuses "Tree.map2" [ "\"b\"" ] (fun () ->
                  Tree.map2 (+) a (Branch [ "a", Leaf 1; "b", Branch [ "d", Leaf 2 ] ]))

              refuses "Tree.map2" [ "\"\"" ] (fun () -> Tree.map2 (+) a (Branch [ "a", Leaf 1 ]))
              refuses "Tree.find" [ "\"b/x\""; "no child named \"x\""; "c" ] (fun () -> Tree.find "b/x" a)
              refuses "Tree.find" [ "\"a/x\""; "leaf" ] (fun () -> Tree.find "a/x" a)
              refuses "Tree.value" [ "\"b\" is a branch" ] (fun () -> Tree.value "b" a)
              refuses "Tree.withLeaves" [ "too few" ] (fun () -> Tree.withLeaves [ 1 ] a)
              refuses "Tree.withLeaves" [ "1 leaves too many" ] (fun () -> Tree.withLeaves [ 1; 2; 3 ] a)
              refuses "Tree.grad" [ "single number"; "[2]" ] (fun () -> Tree.grad (fun _ -> x) tree))

          testCase "the gradient is a tree of the same structure" (fun () ->
              // y = W x + b = (−1 + 0.5, −1 − 0.5), f = 2 |y|², ∂f/∂b = 4 y, ∂f/∂W = 4 y xᵀ, ∂f/∂scale = |y|².
              let y, g = Tree.fgrad f tree
              near 1e-15 [||] [ 5.0 ] y
              near 1e-15 [| 2 |] [ -2.0; -6.0 ] (Tree.value "layer/bias" g)
              near 1e-15 [| 2; 2 |] [ -2.0; 2.0; -6.0; 6.0 ] (Tree.value "layer/weight" g)
              near 1e-15 [||] [ 2.5 ] (Tree.value "scale" g)
              equal g (Tree.grad f tree)
              equal (Tree.paths tree |> List.map fst) (Tree.paths g |> List.map fst))

          testCase "forward and reverse mode agree along a direction" (fun () ->
              let direction = tree |> Tree.map (fun x -> Tensor.sin (x + 1.0))
              let y, t = Tree.jvp f tree direction
              let y', pull = Tree.vjp f tree
              identical y y'

              let inner =
                  Tree.map2 (fun (a: Tensor) b -> Tensor.sum (a * b)) (pull (Tensor.scalar 1.0)) direction
                  |> Tree.leaves
                  |> List.reduce (+)

              agree 1e-15 t inner)

          testCase "trees nest in differentiation" (fun () ->
              // The Hessian times a direction, forward over reverse and reverse over reverse.
              let direction = tree |> Tree.map (fun x -> Tensor.cos x)

              let dot a b = Tree.map2 (fun (a: Tensor) b -> Tensor.sum (a * b)) a b |> Tree.leaves |> List.reduce (+)
              let reverse = Tree.grad (fun t -> dot (Tree.grad f t) direction) tree
              let w = tree |> Tree.map (fun x -> Tensor.exp (0.1 * x))
              let _, forward = Tree.jvp (fun t -> dot (Tree.grad f t) w) tree direction
              agree 1e-14 forward (dot reverse w))

          testCase "an infinite value still has a gradient" (fun () ->
              let g = Tree.grad (fun t -> Tree.value "a" t + infinity) (Branch [ "a", Leaf(Tensor.scalar 1.0) ])
              near 0.0 [||] [ 1.0 ] (Tree.value "a" g)) ]
