/// Functions applied block by block are the sum, or the rows, of what they give for each block, for derivatives of
/// every order.
module Noether.Tests.BlocksTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

/// Seven rows in three blocks, the second of which is empty.
let private lengths = [| 3; 0; 4 |]

/// Rows of five: one that nobody names, one that two blocks name, and one that a block names twice.
let private index = [| [| 4; 0; 4 |]; [||]; [| 0; 1; 2; 0 |] |]

let private cuts = [ Whole; Consecutive lengths; Chosen(5, index) ]

let private arguments precision =
    [| normal precision 1 [| 2; 3 |]; normal precision 2 [| 7; 2 |]; normal precision 3 [| 5; 3 |] |]

/// A result of every kind from an argument of every kind, of what one block sees.
let private block (xs: Tensor[]) =
    let mixed = Tensor.tanh (Tensor.matmul xs[1] xs[0] + xs[2])
    [| Tensor.matmul (Tensor.transpose xs[1]) mixed; mixed * xs[2]; Tensor.exp (0.3 * mixed) |]

let private blocks (xs: Tensor[]) = Blocks.checkpoint 3 (fun _ xs -> block xs) cuts (List.zip cuts (List.ofArray xs))

/// The same without blocks: every row of a block's is in its place once.
let private composed (xs: Tensor[]) =
    let all = Array.concat index
    let ys = block [| xs[0]; xs[1]; Tensor.gather all xs[2] |]
    [| ys[0]; ys[1]; Tensor.segmentSum all 5 ys[2] |]

let private total (ys: Tensor[]) = Array.map (fun y -> Tensor.sum (y * y)) ys |> Array.reduce (+)

let private gradient f xs = snd (Diff.vjpMany (fun xs -> [| total (f xs) |]) xs)

let private close = Seq.iter2 (agree 1e-13)

[<Tests>]
let tests =
    testList
        "Blocks"
        [ testCase "Value, gradient and products with Hessians are those of the whole" (fun () ->
              let xs = arguments Float64
              let one = [| Tensor.scalar 1.0 |]
              close (composed xs) (blocks xs)
              close (gradient composed xs one) (gradient blocks xs one)
              let along = [| for i in 0..2 -> normal Float64 (10 + i) xs[i].Shape |]
              let bent f = snd (Diff.jvpMany (fun xs -> gradient f xs one) xs along)
              close (bent composed) (bent blocks)
              let lossOfGradient f xs = [| gradient f xs one |> total |]
              let second f = snd (Diff.vjpMany (lossOfGradient f) xs) one
              close (second composed) (second blocks))

          testCase "Derivatives of every order obey the laws" (fun () ->
              for precision in precisions do
                  Check.run (key 8) (fun xs -> total (blocks xs)) (arguments precision)
                  |> Check.orFail $"blocks, {precision}"
                  |> ignore)

          testCase "Each block is evaluated once for the value and once for the reverse sweep" (fun () ->
              let calls = ResizeArray()

              let counted b xs =
                  calls.Add b
                  block xs

              let f (xs: Tensor[]) = Blocks.checkpoint 3 counted cuts (List.zip cuts (List.ofArray xs))
              gradient f (arguments Float64) [| Tensor.scalar 1.0 |] |> ignore
              equalSeq [ 0; 1; 2; 0; 1; 2 ] calls)

          testCase "Parts that do not fit are refused" (fun () ->
              let x = Tensor.ones [| 4; 2 |]

              let run count cut result =
                  Blocks.checkpoint count (fun _ xs -> [| xs[0] |]) [ result ] [ cut, x ] |> ignore

              refuses "blocks" [ "0 blocks" ] (fun () -> run 0 Whole Whole)

              refuses "blocks" [ "argument 0"; "2 lengths"; "3 blocks" ] (fun () ->
                  run 3 (Consecutive [| 2; 2 |]) Whole)

              refuses "blocks" [ "[4, 2]"; "5 rows" ] (fun () -> run 2 (Consecutive [| 2; 3 |]) Whole)
              refuses "blocks" [ "[4, 2]"; "3 rows" ] (fun () -> run 1 (Chosen(3, [| [| 0 |] |])) Whole)

              refuses "blocks" [ "result 0 of block 1"; "[4, 2]"; "1 rows" ] (fun () ->
                  run 2 Whole (Consecutive [| 4; 1 |]))

              refuses "blocks" [ "1 results of block 0"; "expected 2" ] (fun () ->
                  Blocks.checkpoint 1 (fun _ xs -> [| xs[0] |]) [ Whole; Whole ] [ Whole, x ] |> ignore)) ]
