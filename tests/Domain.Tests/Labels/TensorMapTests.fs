/// Blocks and maps: what they must satisfy, how they are chosen, and how they print.
module Noether.Tests.TensorMapTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private labels names rows = Labels.create names rows |> ok

let private samples = labels [ "s" ] [ [ 0 ]; [ 1 ] ]

let private properties = labels [ "p" ] [ [ 0 ]; [ 1 ] ]

let private zeros shape = Tensor.zeros (Array.ofList shape)

let private block = TensorBlock.create (zeros [ 2; 2 ]) samples [] properties |> ok

let private refused expected result = contains (expected: string) (NoetherError.message (error result))

/// A block of given rows, without components.
let private rowsBlock (rows: float list list) =
    let width = rows.Head.Length

    TensorBlock.create
        (Tensor.ofArray [| rows.Length; width |] (Array.ofList (List.concat rows)))
        (Labels.range "i" rows.Length |> ok)
        []
        (Labels.range "n" width |> ok)
    |> ok

[<Tests>]
let tests =
    testList
        "TensorMap"
        [ testCase "a block has the shape of its labels" (fun () ->
              let create shape components = TensorBlock.create (zeros shape) samples components properties
              let c = labels [ "c" ] [ [ 0 ]; [ 1 ]; [ 2 ] ]
              refused "the shape [2, 3, 2], expected [2, 2]" (create [ 2; 3; 2 ] [])
              refused "the shape [3, 2], expected [2, 2]" (create [ 3; 2 ] [])
              refused "the shape [2, 4, 2], expected [2, 3, 2]" (create [ 2; 4; 2 ] [ c ])
              refused "'c' twice" (create [ 2; 3; 3; 2 ] [ c; c ])
              refused "no entries" (create [ 2; 0; 2 ] [ labels [ "c" ] [] ])
              refused "the dimensions (a, b)" (create [ 2; 1; 2 ] [ labels [ "a"; "b" ] [ [ 0; 0 ] ] ]))

          testCase "a gradient fits its block" (fun () ->
              let add name names rows shape =
                  let gradient = TensorBlock.create (zeros shape) (labels names rows) [] properties |> ok
                  TensorBlock.withGradient name gradient block

              refused "expected 'sample' as the first" (add "g" [ "x" ] [ [ 0 ] ] [ 1; 2 ])

              refused
                  "(sample=2) at row 1, expected 'sample' in 0 … 1"
                  (add "g" [ "sample" ] [ [ 0 ]; [ 2 ] ] [ 2; 2 ])

              refused "(sample=-1) at row 0" (add "g" [ "sample" ] [ [ -1 ] ] [ 1; 2 ])
              refused "a name without '/'" (add "a/b" [ "sample" ] [ [ 0 ] ] [ 1; 2 ])
              refused "a name without '/'" (add "" [ "sample" ] [ [ 0 ] ] [ 1; 2 ])
              let once = add "g" [ "sample" ] [] [ 0; 2 ] |> ok
              equal 0 (once.Gradient("g").Samples.Count)
              refused "a gradient 'g' already" (TensorBlock.withGradient "g" (once.Gradient "g") once)
              raises<NoetherException>(fun () -> once.Gradient "zz" |> ignore) |> ignore
              let other = labels [ "p" ] [ [ 0 ]; [ 2 ] ]
              let wrong = TensorBlock.create (zeros [ 1; 2 ]) (labels [ "sample" ] [ [ 0 ] ]) [] other |> ok
              refused "(p=2) at row 1, expected (p=1)" (TensorBlock.withGradient "g" wrong block)

              let single =
                  TensorBlock.create (Tensor.cast Float32 (zeros [ 0; 2 ])) (labels [ "sample" ] []) [] properties
                  |> ok

              refused "Float32 values" (TensorBlock.withGradient "g" single block))

          testCase "the blocks of a map have the same names and gradients" (fun () ->
              let keys = labels [ "k" ] [ [ 0 ]; [ 1 ] ]
              let create other = TensorMap.create keys [ block; other ]
              refused "1 blocks, expected 2" (TensorMap.create keys [ block ])

              refused
                  "(t), expected (s)"
                  (create (TensorBlock.create (zeros [ 1; 2 ]) (labels [ "t" ] [ [ 0 ] ]) [] properties |> ok))

              refused
                  "1 labels, expected 0"
                  (create (
                      TensorBlock.create (zeros [ 2; 1; 2 ]) samples [ labels [ "c" ] [ [ 0 ] ] ] properties |> ok
                  ))

              let gradient = TensorBlock.create (zeros [ 0; 2 ]) (labels [ "sample" ] []) [] properties |> ok
              refused "the gradients [g], expected []" (create (TensorBlock.withGradient "g" gradient block |> ok))
              equal 2 (create block |> ok).Count)

          testCase "one block is chosen by its place or by its key" (fun () ->
              let map = randomMap 1
              identicalTo (map.Block(4)) (map.Block([ "l", 1; "t", 1 ]))
              equal [ 0; 1; 2 ] (List.ofArray (map.Matching [ "l", 0 ]))

              let fails (action: unit -> TensorBlock) =
                  (raises<NoetherException>(fun () -> action () |> ignore)).Message

              contains "there are 3" (fails (fun () -> map.Block([ "l", 0 ])))
              contains "(l=0, t=8)" (fails (fun () -> map.Block([ "l", 7 ])))
              contains "one of (l, t)" (fails (fun () -> map.Block([ "zz", 0 ])))
              contains "less than 6" (fails (fun () -> map.Block(6))))

          testCase "maps, blocks, gradients and labels print as metatensor prints them" (fun () ->
              let nested = TensorMap.parseBytes "nested" (unzipped "files.zip").["files/map_nested.mts"] |> ok
              let map = randomMap 1

              equal
                  "TensorMap with 6 blocks\nkeys: l  t\n      0  8\n      0  1\n      0  6\n      1  8\n      1  1\n      1  6"
                  (string map)

              equal
                  "TensorMap with 6 blocks\nkeys: l  t\n      0  8\n      0  1\n         ...\n      1  1\n      1  6"
                  (map.Print 4)

              equal
                  ("TensorBlock\n    samples (3): ['system', 'atom']\n    components (3): ['mu']\n"
                   + "    properties (2): ['n', 'q']\n    gradients: ['positions']")
                  (string (map.Block 0))

              let gradient = (map.Block 0).Gradient "positions"
              startsWith "Gradient TensorBlock ('positions')\n    samples (" (string gradient)
              equal "Labels(\n    mu\n    0\n    1\n    2\n)" (string (map.Block(0).Components[0]))
              let first = nested.Block 0
              let name = Seq.head first.Gradients.Keys
              let inner = Seq.head (first.Gradient name).Gradients
              startsWith $"Gradient TensorBlock ('{name}/{inner.Key}')" (string inner.Value))

          testCase "components are moved before the properties, and keys to where they belong" (fun () ->
              let map = randomMap 8
              let flat = TensorMap.componentsToProperties [ "mu" ] map |> ok
              equal [ "mu"; "n"; "q" ] (List.ofSeq (flat.Block 0).Properties.Names)
              let old, made = (map.Block 2).Values, (flat.Block 2).Values
              let p = old.Shape[2]
              equal (Tensor.item [| 1; 2; 1 |] old) (Tensor.item [| 1; 2 * p + 1 |] made)
              let wide = TensorMap.keysToProperties [ "t" ] map |> ok
              equal [ "t"; "n"; "q" ] (List.ofSeq (wide.Block 0).Properties.Names)
              equal "Labels(\n    l\n    0\n    1\n)" (string wide.Keys)
              let tall = TensorMap.keysToSamples [ "l"; "t" ] map |> ok
              equal [ "system"; "atom"; "l"; "t" ] (List.ofSeq (tall.Block 0).Samples.Names)
              equal Labels.single tall.Keys
              refused "'zz'" (TensorMap.keysToSamples [ "zz" ] map)

              refused
                  "gradients of the gradient"
                  (TensorMap.keysToSamples
                      [ "k" ]
                      (TensorMap.parseBytes "n" (unzipped "files.zip").["files/map_nested.mts"] |> ok)))

          testCase "the numbers of the tutorial are in its files" (fun () ->
              needsLabelled ()
              let radial = TensorMap.read (Path.Combine(labelledData, "radial-spectrum.mts")) |> ok
              let block = radial.Block [ "center_type", 7; "neighbor_type", 7 ]
              let gradient = block.Gradient "positions"
              let first shape (x: Tensor) = Array.init 3 (fun n -> Tensor.item (Array.append shape [| n |]) x)

              let near (expected: float list) (found: float[]) =
                  for a, b in List.zip expected (List.ofArray found) do
                      equalWithin 5e-11 a b

              near [ 0.5864410744; -0.156821463; 0.0361217609 ] (first [| 0 |] block.Values)
              near [ 0.1720933603405545; 0.08442732360903282; -0.09967984297228037 ] (first [| 0; 0 |] gradient.Values)
              let squared = TensorMap.multiply radial radial |> ok
              isTrue (TensorMap.equal squared (TensorMap.pow 2.0 radial |> ok)))

          testCase "the farthest points are at the ends first, then in the middle" (fun () ->
              let block = rowsBlock [ for x in [ 0.0; 1.0; 10.0; 9.0; 4.5; 0.1 ] -> [ x; 0.0 ] ]
              let chosen = TensorBlock.farthest MapAxis.Samples 4 block |> ok
              equal [ 0; 2; 4; 1 ] (List.ofSeq chosen["i"])
              equal 6 (TensorBlock.farthest MapAxis.Samples 6 block |> ok).Count
              refused "1 … 6" (TensorBlock.farthest MapAxis.Samples 7 block)
              refused "samples or properties" (TensorBlock.farthest MapAxis.Components 1 block))

          testCase "CUR takes no property twice as long as another says more" (fun () ->
              // Columns: large, its double, small and independent, nothing.
              let block = rowsBlock [ [ 2.0; 4.0; 0.1; 0.0 ]; [ 1.0; 2.0; 0.3; 0.0 ]; [ 3.0; 6.0; -0.2; 0.0 ] ]
              let chosen = TensorBlock.cur MapAxis.Properties 2 block |> ok
              equal [ 1; 2 ] (List.ofSeq chosen["n"])
              equal 4 (TensorBlock.cur MapAxis.Properties 4 block |> ok).Count
              let sample = TensorBlock.cur MapAxis.Samples 1 block |> ok
              equal [ 2 ] (List.ofSeq sample["i"])) ]
