module Noether.Tests.SegmentTests

open System
open System.Collections.Immutable
open System.Text.Json
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.Recorded

/// Both this library's arithmetic and jraph's round a few times; sums are of at most nine terms of order one.
let private tolerance = 1e-14

let private table = reference "jraph.json"

let private ids (values: int seq) = ImmutableArray.CreateRange values

let private intsOf name (element: Entry) = element |> get name |> items |> Seq.map _.GetInt32() |> ids

/// The numbers of an array, with the texts for infinities, nested ones in C order.
let rec private values (element: Entry) =
    if element.ValueKind = JsonValueKind.Array then
        items element |> List.collect values
    else
        [ number element ]

/// An array of rows.
let private tensor (element: Entry) =
    let first = element[0]
    let rows = element.GetArrayLength()

    let shape = if first.ValueKind = JsonValueKind.Array then [| rows; first.GetArrayLength() |] else [| rows |]

    Tensor.ofArray shape (Array.ofList (values element))

let private operations =
    [ "segment_sum", Segments.sum
      "segment_mean", Segments.mean
      "segment_variance", Segments.variance
      "segment_normalize", Segments.normalize 1e-8
      "segment_max", Segments.max
      "segment_min", Segments.min
      "segment_max_or_constant", Segments.maxOrConstant 0.0
      "segment_min_or_constant", Segments.minOrConstant 0.0
      "segment_softmax", Segments.softmax ]

let private reductions =
    operations |> List.filter (fun (name, _) -> name <> "segment_normalize" && name <> "segment_softmax")

let private wholeNumberExtremes = [ "segment_max"; "segment_min" ]

/// Ids of rows, their number of segments, and rows of width 2; a third of the numbers meet again elsewhere.
let private rows =
    gen {
        let! n = Gen.choose (0, 12)
        let! count = Gen.choose (1, 5)
        let! index = Gen.choose (0, count - 1) |> Gen.listOfLength n
        let number = Gen.frequency [ 2, coordinates; 1, Gen.choose (-2, 2) |> Gen.map float ]
        let! x = number |> Gen.listOfLength (2 * n)
        let! order = Gen.shuffle [| 0 .. n - 1 |]
        return ids index, count, Tensor.ofArray [| n; 2 |] (Array.ofList x), order
    }

let private close (a: Tensor) (b: Tensor) =
    Array.forall2 (fun a b -> a = b || DomainChecks.near 1e-12 a b) (Tensor.toArray a) (Tensor.toArray b)

[<Tests>]
let tests =
    testList
        "Segment"
        [ testCase "Every operation gives the numbers of jraph" (fun () ->
              let case = get "segments" table
              let index = intsOf "segment_ids" case
              let count = (get "num_segments" case).GetInt32()

              for kind in [ "vector"; "matrix"; "integers" ] do
                  let x = case |> get kind |> get "data" |> tensor

                  for name, operation in operations do
                      // Of integers, jraph's empty segments give the extreme integer; here there are real numbers only.
                      if not (kind = "integers" && List.contains name wholeNumberExtremes) then
                          let expected = case |> get kind |> get name |> tensor
                          TensorChecks.agree tolerance expected (operation index count x))

          testCase "Gradients are those of jraph" (fun () ->
              let case = get "segments" table
              let index = intsOf "segment_ids" case
              let count = (get "num_segments" case).GetInt32()
              let x = case |> get "vector" |> get "data" |> tensor
              let gradients = get "gradients_of_weighted_sum" case

              for name, operation in operations do
                  match gradients.TryGetProperty name with
                  | true, expected ->
                      let weighted (x: Tensor) =
                          let y: Tensor = operation index count x
                          let weights = Array.init y.Size (fun i -> if i % 2 = 0 then 1.0 else -2.0)
                          Tensor.sum (y * Tensor.vector weights)

                      // Through a variance the rounding is that of a few more operations.
                      TensorChecks.agree 1e-13 (tensor (get "vector" expected)) (Diff.grad weighted x)
                  | _ -> ())

          testCase "Reductions drop ids out of range as jraph does" (fun () ->
              let case = get "segments_with_ids_out_of_range" table
              let index = intsOf "segment_ids" case
              let count = (get "num_segments" case).GetInt32()
              let x = case |> get "data" |> tensor

              for name, operation in reductions do
                  match case.TryGetProperty name with
                  | true, expected -> TensorChecks.agree tolerance (tensor expected) (operation index count x)
                  | _ -> ()

              // What gives every row a value refuses such ids; jraph's gather reads other segments for them, and so gives
              // infinities, but for the rows inside.
              let inside =
                  [| for e in 0 .. index.Length - 1 do
                         if 0 <= index[e] && index[e] < count then e |]

              let numbers = Tensor.toArray x

              for name in [ "segment_softmax"; "segment_normalize" ] do
                  let operation = operations |> List.find (fst >> (=) name) |> snd
                  let refused = raisesAny<TensorException>(fun () -> operation index count x |> ignore)
                  contains "expected 0 … 3" refused.Message
                  let theirs = case |> get name |> tensor |> Tensor.toArray
                  let kept = ids [ for e in inside -> index[e] ]
                  let ours = operation kept count (Tensor.vector [ for e in inside -> numbers[e] ])
                  TensorChecks.agree tolerance (Tensor.vector [ for e in inside -> theirs[e] ]) ours
                  // Of the others no number has a meaning: each is far outside of what the operation can give.
                  let outside = Array.except inside [| 0 .. index.Length - 1 |]
                  isTrue (outside |> Array.exists (fun e -> Double.IsInfinity theirs[e] || abs theirs[e] > 1000.0))

              for _, operation in reductions do
                  let total (x: Tensor) = operation (ids [ 0; -1; 0; 1 ]) 1 x |> Tensor.sum

                  let gradient = Diff.grad total (Tensor.vector [ 1.0; nan; 2.0; infinity ]) |> Tensor.toArray
                  Expect.isTrue (Array.forall Double.IsFinite gradient) (string (Tensor.vector gradient))
                  equal 0.0 gradient[1]
                  equal 0.0 gradient[3])

          testCase "The example of jraph's own tests" (fun () ->
              let x = Tensor.arange 0.0 9.0 1.0
              let dropped = ids [ 0; 1; 2; 0; 4; 0; 1; 1; -6 ]

              let expected =
                  [ Segments.max, [ 5.0; 7.0; 2.0; -infinity; 4.0; -infinity ]
                    Segments.maxOrConstant 0.0, [ 5.0; 7.0; 2.0; 0.0; 4.0; 0.0 ]
                    Segments.min, [ 0.0; 1.0; 2.0; infinity; 4.0; infinity ] ]

              for operation, values in expected do
                  equal (Tensor.vector values) (operation dropped 6 x)

              let index = ids [ 0; 1; 2; 0; 4; 0; 1; 1; 0 ]
              equal 5 (Segments.count index)
              equal 0 (Segments.count (ids []))
              let summed = get "segment_sum_without_num_segments" (get "segments" table) |> tensor
              let data = table |> get "segments" |> get "vector" |> get "data" |> tensor
              TensorChecks.agree tolerance summed (Segments.sum index (Segments.count index) data))

          testCase "Softmax of partitions gives the numbers of jraph" (fun () ->
              let case = get "partition_softmax" table
              let logits = tensor (get "logits" case)
              let found = Segments.partitionSoftmax (intsOf "partitions" case) logits
              TensorChecks.agree tolerance (tensor (get "result" case)) found)

          property "Softmax sums to one in every segment that has rows" rows (fun (index, count, x, _) ->
              let sums = Segments.softmax index count x |> Segments.sum index count
              let members = Segments.sum index count (Tensor.onesLike x)
              let expected = Tensor.toArray members |> Array.map (min 1.0)
              close (Tensor.ofArray sums.Shape expected) sums)

          property "Normalised rows have mean 0, and variance 1 where they differ" rows (fun (index, count, x, _) ->
              let y = Segments.normalize 1e-8 index count x
              let variances = Segments.variance index count x |> Tensor.toArray

              close (Segments.mean index count y) (Tensor.zeros [| count; 2 |])
              && Array.forall2
                  (fun before after -> before < 1e-8 || DomainChecks.near 1e-12 1.0 after)
                  variances
                  (Segments.variance index count y |> Tensor.toArray))

          property
              "Reductions do not depend on the order of the rows, nor do their derivatives"
              rows
              (fun (index, count, x, order) ->
                  let permuted = ids (order |> Seq.map (fun e -> index[e]))
                  let weights = Tensor.normal Float64 [| count; 2 |] (TensorChecks.key 5)

                  reductions
                  |> List.forall (fun (_, operation) ->
                      let gradient index x =
                          let finite (x: Tensor) =
                              let y: Tensor = operation index count x
                              Tensor.select (Tensor.toArray y |> Array.map Double.IsFinite) y (Tensor.zerosLike y)

                          Diff.grad (fun x -> Tensor.sum (weights * finite x)) x

                      close (operation index count x) (operation permuted count (Tensor.gather order x))
                      && close (Tensor.gather order (gradient index x)) (gradient permuted (Tensor.gather order x))))

          property "Softmax and normalised rows move with the rows" rows (fun (index, count, x, order) ->
              let permuted = ids (order |> Seq.map (fun e -> index[e]))

              [ Segments.softmax; Segments.normalize 1e-8 ]
              |> List.forall (fun operation ->
                  close
                      (Tensor.gather order (operation index count x))
                      (operation permuted count (Tensor.gather order x))))

          property "Reductions agree with loops over the rows" rows (fun (index, count, x, _) ->
              let data = Tensor.toArray x

              let column segment k =
                  [ for e in 0 .. index.Length - 1 do
                        if index[e] = segment then data[2 * e + k] ]

              let naive f =
                  Tensor.ofArray
                      [| count; 2 |]
                      [| for segment in 0 .. count - 1 do
                             for k in 0..1 -> f (column segment k) |]

              let mean xs = if List.isEmpty xs then 0.0 else List.average xs
              let variance xs = mean (xs |> List.map (fun x -> (x - mean xs) ** 2.0))
              let orElse empty f xs = if List.isEmpty xs then empty else f xs

              close (naive List.sum) (Segments.sum index count x)
              && close (naive mean) (Segments.mean index count x)
              && close (naive variance) (Segments.variance index count x)
              && naive (orElse -infinity List.max) = Segments.max index count x
              && naive (orElse infinity List.min) = Segments.min index count x
              && naive (orElse 7.5 List.max) = Segments.maxOrConstant 7.5 index count x
              && naive (orElse 7.5 List.min) = Segments.minOrConstant 7.5 index count x)

          testCase "Derivatives obey the laws" (fun () ->
              // Segment 3 is empty, two have a single row; below, two ids are out of range.
              let index = ids [ 0; 1; 2; 0; 4; 0; 1; 1; 0 ]

              /// Numbers at least 0.2 apart, so that no step changes which is the largest.
              let apart precision seed (shape: int[]) =
                  let n = Shape.size shape
                  let places = Tensor.ofArray shape (Array.init n (fun i -> 0.25 * float ((i * 7 + seed) % 10) - 1.0))
                  Tensor.cast precision places + 0.04 * Tensor.uniform precision shape (TensorChecks.key seed)

              let five (f: ImmutableArray<int> -> int -> Tensor -> Tensor) index (xs: Tensor[]) = f index 5 xs[0]

              let smooth =
                  [ Segments.sum
                    Segments.mean
                    Segments.variance
                    Segments.maxOrConstant 0.5
                    Segments.minOrConstant 0.5
                    Segments.softmax
                    Segments.normalize 1e-8 ]

              for seed, operation in List.indexed smooth do
                  TensorChecks.lawfulAt apart (900 + seed) (five operation index) [ [| 9 |] ]

              for seed, (name, operation) in List.indexed reductions do
                  if not (List.contains name wholeNumberExtremes) then
                      let dropping = ids [ 0; 1; 7; 0; 4; 0; 1; -1; 0 ]
                      TensorChecks.lawfulAt apart (950 + seed) (five operation dropping) [ [| 9; 1 |] ]

              let partitions (xs: Tensor[]) = Segments.partitionSoftmax (ids [ 3; 0; 2 ]) xs[0]
              TensorChecks.lawful 970 partitions [ [| 5; 2 |] ])

          testCase "Equal extremes share the derivative, and the value stays exact" (fun () ->
              let x = Tensor.vector [ 0.1; 0.1; -1.0; 0.1; 4.0 ]
              let index = ids [ 0; 0; 0; 0; 1 ]
              let gradient operation = Diff.grad (fun x -> Tensor.sum (operation index 2 x)) x |> Tensor.toArray
              equal (Tensor.vector [ 0.1; 4.0 ]) (Segments.max index 2 x)
              let third = 1.0 / 3.0

              TensorChecks.near 1e-15 [| 5 |] [ third; third; 0.0; third; 1.0 ] (Tensor.vector (gradient Segments.max))

              TensorChecks.near 1e-15 [| 5 |] [ 0.0; 0.0; 1.0; 0.0; 1.0 ] (Tensor.vector (gradient Segments.min))

              // Infinite ones do not share.
              let endless = Tensor.vector [ infinity; infinity; 1.0 ]
              let largest = Segments.max (ids [ 0; 0; 0 ]) 1
              equal (Tensor.vector [ infinity ]) (largest endless)
              equal (Tensor.vector [ 1.0; 0.0; 0.0 ]) (Diff.grad (largest >> Tensor.sum) endless))

          testCase "NaN stays in its own segment" (fun () ->
              let x = Tensor.vector [ 1.0; nan; 2.0; 4.0; 3.0 ]
              let index = ids [ 0; 1; 0; 1; 0 ]

              for name, operation in operations do
                  let y: Tensor = operation index 2 x
                  let owner = if y.Size = 2 then [| 0; 1 |] else Seq.toArray index

                  let ofSegment0 =
                      Tensor.toArray y |> Array.indexed |> Array.filter (fun (i, _) -> owner[i] = 0) |> Array.map snd

                  Expect.isTrue (Array.forall Double.IsFinite ofSegment0) name

                  let others =
                      Tensor.toArray y |> Array.indexed |> Array.filter (fun (i, _) -> owner[i] = 1) |> Array.map snd

                  Expect.isTrue (Array.forall Double.IsNaN others) name

                  let gradient = Diff.grad (operation index 2 >> Tensor.square >> Tensor.sum) x |> Tensor.toArray
                  Expect.isTrue ([ 0; 2; 4 ] |> List.forall (fun e -> Double.IsFinite gradient[e])) name)

          testCase "Softmax does not overflow, and a logit of minus infinity has no share" (fun () ->
              let y = Segments.softmax (ids [ 0; 0; 1; 1 ]) 2 (Tensor.vector [ 1e4; 1e4; -infinity; -1e300 ])
              equal (Tensor.vector [ 0.5; 0.5; 0.0; 1.0 ]) y

              isTrue (
                  Segments.softmax (ids [ 0 ]) 1 (Tensor.vector [ -infinity ])
                  |> Tensor.toArray
                  |> Array.forall Double.IsNaN
              ))

          testCase "Without rows and without segments" (fun () ->
              for _, operation in operations do
                  equal [| 0; 3 |] (operation (ids []) 0 (Tensor.zeros [| 0; 3 |]): Tensor).Shape

              equal (Tensor.zeros [| 2; 3 |]) (Segments.mean (ids []) 2 (Tensor.zeros [| 0; 3 |]))
              equal (-1.0 / Tensor.zeros [| 2 |]) (Segments.max (ids []) 2 (Tensor.zeros [| 0 |]))
              equal [| 2; 0 |] (Segments.max (ids [ 0 ]) 2 (Tensor.zeros [| 1; 0 |])).Shape
              equal (Tensor.zeros [| 0 |]) (Segments.partitionSoftmax (ids [ 0; 0 ]) (Tensor.zeros [| 0 |]))

              for _, operation in operations do
                  let y: Tensor = operation (ids [ 0; 0; 1 ]) 2 (Tensor.normal Float32 [| 3 |] (TensorChecks.key 1))
                  equal Float32 y.Precision)

          testCase "What does not fit is refused with its numbers" (fun () ->
              let x = Tensor.zeros [| 3; 2 |]
              let refuses = TensorChecks.refuses
              refuses "Segments.sum" [ "2 ids"; "[3, 2]" ] (fun () -> Segments.sum (ids [ 0; 0 ]) 1 x)
              refuses "Segments.mean" [ "single number" ] (fun () -> Segments.mean (ids []) 1 (Tensor.scalar 1.0))
              refuses "Segments.max" [ "-1 segments" ] (fun () -> Segments.max (ids [ 0; 0; 0 ]) -1 x)
              refuses "Segments.softmax" [ "id 1 is 2"; "0 … 1" ] (fun () -> Segments.softmax (ids [ 0; 2; 0 ]) 2 x)
              refuses "Segments.normalize" [ "id 0 is -1" ] (fun () -> Segments.normalize 1e-8 (ids [ -1; 2; 0 ]) 2 x)
              refuses "Segments.normalize" [ "epsilon is 0" ] (fun () -> Segments.normalize 0.0 (ids [ 0; 0; 0 ]) 1 x)

              refuses "Segments.partitionSoftmax" [ "size 1 is -1" ] (fun () ->
                  Segments.partitionSoftmax (ids [ 4; -1 ]) x)

              refuses "Segments.partitionSoftmax" [ "add up to 4"; "3 rows" ] (fun () ->
                  Segments.partitionSoftmax (ids [ 2; 2 ]) x)

              refuses "Segments.partitionSoftmax" [ "single number" ] (fun () ->
                  Segments.partitionSoftmax (ids [ 1 ]) (Tensor.scalar 1.0))) ]
