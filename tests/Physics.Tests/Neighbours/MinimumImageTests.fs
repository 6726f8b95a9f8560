module Noether.Tests.MinimumImageTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

let private frozen (values: float seq) = ImmutableArray.CreateRange values

/// v + S·H for a shift.
let private imageOf (cell: Cell) (v: float list) (s: int list) =
    let h = cell.Vectors
    [ for c in 0..2 -> v[c] + (float s[0] * h[c] + float s[1] * h[3 + c] + float s[2] * h[6 + c]) ]

let private square (v: float list) = List.sumBy (fun x -> x * x) v

let private cases = Gen.zip cells (Gen.listOfLength 3 coordinates)

[<Tests>]
let tests =
    testList
        "MinimumImage"
        [ property "No image that a loop over many finds is shorter" cases (fun (cell, v) ->
              let s = MinimumImage.shifts cell (frozen v) |> ok |> List.ofSeq
              let found = imageOf cell v s
              let reach k = if cell.Periodic[k] then 6 else 0

              let others =
                  [ for x in -(reach 0) .. reach 0 do
                        for y in -(reach 1) .. reach 1 do
                            for z in -(reach 2) .. reach 2 -> imageOf cell found [ x; y; z ] ]

              List.ofSeq (MinimumImage.vectors cell (frozen v) |> ok) = found
              && List.forall (fun k -> cell.Periodic[k] || s[k] = 0) [ 0..2 ]
              // The loop starts from rounded images: a unit or two in the last place of 20 Å, squared.
              && List.forall (fun other -> square found <= square other + 1e-12 * (1.0 + square other)) others)

          property
              "All images of a vector have the same shortest one"
              (Gen.zip cases (Gen.three (Gen.choose (-30, 30))))
              (fun ((cell, v), (x, y, z)) ->
                  let shift = List.mapi (fun k s -> if cell.Periodic[k] then s else 0) [ x; y; z ]
                  let length v = MinimumImage.vectors cell (frozen v) |> ok |> List.ofSeq |> square |> sqrt
                  near 1e-11 (length v) (length (imageOf cell v shift)))

          property "A vector is as far as the list of pairs says" bareStructures (fun structure ->
              let r = structure.Positions
              let n = structure.Count
              let cutoff = 4.0
              let pairs, _, distances = Neighbours.buildWithVectors cutoff structure |> ok

              let nearest =
                  Seq.zip (Seq.zip pairs.Receivers pairs.Senders) distances
                  |> Seq.groupBy fst
                  |> Seq.map (fun (key, of') -> key, of' |> Seq.map snd |> Seq.min)
                  |> Map.ofSeq

              List.allPairs [ 0 .. n - 1 ] [ 0 .. n - 1 ]
              |> List.filter (fun (i, j) -> i <> j)
              |> List.forall (fun (i, j) ->
                  let v = [ for k in 0..2 -> r[3 * j + k] - r[3 * i + k] ]
                  let d = MinimumImage.vectors structure.Cell (frozen v) |> ok |> List.ofSeq |> square |> sqrt

                  match Map.tryFind (i, j) nearest with
                  | Some expected -> d = expected
                  | None -> d >= cutoff))

          testCase "Cells so skewed that rounding fractions is far off" (fun () ->
              // The lattice of the unit cube, in a basis where heights are 1e-4 of lengths.
              let cell = Cell.createOrFail [| 1.0; 0.0; 0.0; 100.0; 1.0; 0.0; 4000.0; -70.0; 1.0 |] (true, true, true)
              let vectors = frozen [ 0.4; 0.4; 0.4; 0.6; -0.3; 7.9; 1234.25; -77.5; 1e3; 0.0; 0.0; 0.0 ]
              let nearest = MinimumImage.vectors cell vectors |> ok
              let expected = [ 0.4; 0.4; 0.4; -0.4; -0.3; -0.1; 0.25; 0.5; 0.0; 0.0; 0.0; 0.0 ]
              Seq.iter2 (fun (a: float) (b: float) -> equalWithin 5e-10 (abs a) (abs b)) expected nearest)

          testCase "Equally short images, and cells without axes" (fun () ->
              let cube = Cell.cubic 2.0 |> ok
              equalSeq [ -1; 0; 0 ] (MinimumImage.shifts cube (frozen [ 1.0; 0.5; 0.5 ]) |> ok)
              equalSeq [ 0; 0; 0 ] (MinimumImage.shifts cube (frozen [ -1.0; 0.5; 0.5 ]) |> ok)
              equalSeq [ 9.0; 8.0; 7.0 ] (MinimumImage.vectors Cell.none (frozen [ 9.0; 8.0; 7.0 ]) |> ok)
              isEmpty (MinimumImage.vectors cube (frozen []) |> ok))

          testCase "What is wrong is named" (fun () ->
              let cube = Cell.cubic 2.0 |> ok
              let message values = MinimumImage.shifts cube (frozen values) |> error |> NoetherError.message

              equal
                  "component y of vector 1 is NaN, expected a finite number"
                  (message [ 0.0; 0.0; 0.0; 0.0; nan; 0.0 ])

              equal "vector 0 has a length of 5E+11 cells, expected fewer than 2^28" (message [ 1e12; 0.0; 0.0 ])

              contains
                  "come in threes"
                  (raises<ArgumentException>(fun () -> MinimumImage.shifts cube (frozen [ 1.0 ]) |> ignore)).Message) ]
