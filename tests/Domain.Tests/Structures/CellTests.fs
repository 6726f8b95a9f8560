module Noether.Tests.CellTests

open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

let private points = coordinates |> Gen.listOfLength 12 |> Gen.map ImmutableArray.CreateRange

let private cellsAndPoints = Gen.zip cells points

/// Fractional coordinates of skewed cells of height 0.2 Å lose a few digits: 20 Å / 0.2 Å · 1e-16, times a margin.
let private tolerance = 1e-11

let private allNear (a: ImmutableArray<float>) (b: ImmutableArray<float>) = Seq.forall2 (near tolerance) a b

[<Tests>]
let tests =
    testList
        "Cell"
        [ property
              "Cartesian coordinates of fractional coordinates are the same points"
              cellsAndPoints
              (fun (cell, points) -> allNear points (Cell.toCartesian cell (Cell.toFractional cell points)))

          property "Reciprocal vectors are dual to the given vectors" cells (fun cell ->
              let b = Cell.reciprocal cell

              List.forall
                  (fun (i, j) ->
                      let x, y, z = Cell.vector i cell
                      let dual = x * b[3 * j] + y * b[3 * j + 1] + z * b[3 * j + 2]
                      let missing = (x, y, z) = (0.0, 0.0, 0.0)
                      missing || near tolerance dual (if i = j then 1.0 else 0.0))
                  (List.allPairs [ 0..2 ] [ 0..2 ]))

          property
              "The volume is the triple product, positive for either hand, and missing where a vector is"
              cells
              (fun cell ->
                  let v = cell.Vectors

                  let triple =
                      v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6])
                      + v[2] * (v[3] * v[7] - v[4] * v[6])

                  match Cell.volume cell with
                  | Some volume -> volume > 0.0 && near tolerance volume (abs triple)
                  | None -> triple = 0.0)

          testCase "A height times the area of its face is the volume" (fun () ->
              let cell = Cell.createOrFail [| 3.0; 0.0; 0.0; 1.0; 4.0; 0.0; -2.0; 1.0; 5.0 |] (true, true, true)

              let a, b, c = Cell.heights cell
              equalWithin 5e-13 5.0 c
              // |a₁ × a₂| = |(20, −5, 9)|, |a₂ × a₀| = |(0, 15, −3)|.
              equalWithin 5e-13 (60.0 / sqrt 506.0) a
              equalWithin 5e-13 (60.0 / sqrt 234.0) b
              equalWithin 5e-13 60.0 (Option.get (Cell.volume cell)))

          testCase "Lengths and angles make a cell with the same lengths, angles and volume" (fun () ->
              let full = cells |> Gen.where (fun cell -> (Cell.volume cell).IsSome)

              holds full (fun cell ->
                  let again =
                      Cell.ofLengthsAndAngles (Cell.lengths cell) (Cell.angles cell) (false, false, false) |> ok

                  let triple (a, b, c) = [ a; b; c ]
                  // The volume of a flat cell is a small difference of cosines: 1e-16 · abc / V, at most 1e-16 · 9³ /
                  // (0.2 · 0.2 · 5).
                  List.forall2 (near 1e-9) (triple (Cell.lengths cell)) (triple (Cell.lengths again))
                  && List.forall2 (near 1e-9) (triple (Cell.angles cell)) (triple (Cell.angles again))
                  && near 1e-9 (Option.get (Cell.volume cell)) (Option.get (Cell.volume again))))

          testCase "A rectangular cell from angles of 90 degrees is exactly rectangular" (fun () ->
              let cell = Cell.ofLengthsAndAngles (2.0, 3.0, 4.0) (90.0, 90.0, 90.0) (true, true, true)

              equal (Cell.orthorhombic 2.0 3.0 4.0) cell)

          property
              "Wrapping moves by lattice vectors into the cell along periodic axes and nowhere else"
              cellsAndPoints
              (fun (cell, points) ->
                  let before = Cell.toFractional cell points
                  let after = Cell.toFractional cell (Cell.wrap cell points)

                  [ 0 .. points.Length - 1 ]
                  |> List.forall (fun i ->
                      let moved = before[i] - after[i]

                      if Cell.isPeriodic (i % 3) cell then
                          near 1e-10 moved (round moved) && after[i] > -1e-10 && after[i] < 1.0 + 1e-10
                      else
                          near 1e-10 moved 0.0))

          testCase "Missing vectors are completed by unit normals, right-handed" (fun () ->
              let slab = Cell.createOrFail [| 4.0; 0.0; 0.0; 1.0; 5.0; 0.0; 0.0; 0.0; 0.0 |] (true, true, false)

              let up = Cell.toCartesian slab (ImmutableArray.CreateRange [ 0.0; 0.0; 2.5 ])
              equalSeq [ 0.0; 0.0; 2.5 ] up

              for k in 0..2 do
                  let vectors = Array.init 9 (fun i -> if i = 4 * k then 3.0 else 0.0)
                  let wire = Cell.createOrFail vectors (k = 0, k = 1, k = 2)
                  let point = ImmutableArray.CreateRange [ 0.5; 0.25; 2.0 ]
                  let expected = point |> Seq.mapi (fun i x -> if i = k then 3.0 * x else x)
                  equalSeq expected (Cell.toCartesian wire point)

              equal None (Cell.volume slab)

              equalSeq [ 1.0; 2.0; 3.0 ] (Cell.toFractional Cell.none (ImmutableArray.CreateRange [ 1.0; 2.0; 3.0 ])))

          testCase
              "Replacing open axes by normals keeps the periodic vectors and gives the heights of their own lattice"
              (fun () ->
                  let cell = Cell.createOrFail [| 4.0; 0.0; 0.0; 0.0; 5.0; 0.0; 3.0; 3.0; 1.0 |] (true, true, false)

                  let closed = Cell.withOpenNormals cell
                  equal (Cell.vector 0 cell) (Cell.vector 0 closed)
                  equal (0.0, 0.0, 0.0) (Cell.vector 2 closed)
                  equal (4.0, 5.0, 1.0) (Cell.heights closed))

          testCase "Bad cells are refused with the cell in the message" (fun () ->
              let message vectors periodic = Cell.create vectors periodic |> error |> NoetherError.message

              equal
                  "invalid cell [1 0 0; 2 0 0; 0 0 1] Å, expected linearly independent vectors"
                  (message [| 1.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 0.0; 1.0 |] (true, true, true))

              equal
                  "invalid cell [1 0 0; 0 0 0; 0 0 1] Å, expected a vector that is not zero along axis 1, which is periodic"
                  (message [| 1.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 1.0 |] (true, true, true))

              equal "the cell is NaN, expected a finite number" (message (Array.create 9 nan) (true, true, true))

              // Two given vectors that are parallel leave no normal for the third.
              contains
                  "linearly independent"
                  (message [| 1.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 0.0; 0.0 |] (true, true, false)))

          testCase "Angles that no cell has are refused" (fun () ->
              let message lengths angles =
                  Cell.ofLengthsAndAngles lengths angles (true, true, true) |> error |> NoetherError.message

              contains "(60, 60, 130)" (message (1.0, 1.0, 1.0) (60.0, 60.0, 130.0))
              contains "(0, 90, 90)" (message (1.0, 1.0, 1.0) (0.0, 90.0, 90.0))
              contains "(1, -1, 1)" (message (1.0, -1.0, 1.0) (90.0, 90.0, 90.0)))

          testCase "The cells of these tests are of either hand and of every number of vectors" (fun () ->
              let seen = System.Collections.Generic.HashSet<int * int>()

              holds cells (fun cell ->
                  let v = cell.Vectors
                  let given = [ 0..2 ] |> List.filter (fun k -> Cell.vector k cell <> (0.0, 0.0, 0.0)) |> List.length

                  let triple =
                      v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6])
                      + v[2] * (v[3] * v[7] - v[4] * v[6])

                  seen.Add((given, sign triple)) |> ignore
                  true)

              Expect.containsAll
                  seen
                  [ (0, 0); (1, 0); (2, 0); (3, 1); (3, -1) ]
                  "counts of given vectors, and signs of their product") ]
