/// Neighbour lists that others published or fixed, and the symmetries behind them.
module Noether.Tests.PublishedNeighbourTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks

let private structureOf (cell: Cell) (positions: float seq) =
    let positions = ImmutableArray.CreateRange positions
    Structure.create (ImmutableArray.CreateRange(Seq.replicate (positions.Length / 3) 1)) positions cell |> ok

let private build cutoff structure = Neighbours.build cutoff structure |> ok

let private row (pairs: Pairs) e = [ for k in 0..2 -> pairs.Shifts[3 * e + k] ]

/// CsCl, two by two by two cells of edge 1 Å, each coordinate moved by numpy's default_rng(42).normal(0, 0.1).
let private tutorial =
    structureOf
        (Cell.cubic 2.0 |> ok)
        [ 0.030471707975443137
          -0.10399841062404956
          0.07504511958064573
          0.5940564716391215
          0.3048964811346163
          0.3697820493137682
          0.012784040316728537
          -0.03162425923435822
          0.9983198842495711
          0.414695607242642
          0.5879397974862829
          1.5777791935428949
          0.006603069756121605
          1.1127241206968033
          0.046750934225204564
          0.4140707537116762
          1.5368750784082499
          0.4041117399171001
          0.08784503013072725
          0.9950074089013747
          0.9815137636454739
          0.43190704560955585
          1.622254133867403
          1.4845470517931199
          0.9571672177836893
          -0.03521335504882296
          0.05323091855533488
          1.5365444064364078
          0.5412732611595988
          0.5430821003007883
          1.2141647600870462
          -0.04064150163846156
          0.9487757270928463
          1.4186227271752123
          0.5615979422575496
          1.6128972292720891
          0.9886052542345125
          0.9159843523037472
          -0.08244812156912396
          1.5650592787824702
          1.5743254171203442
          0.5543154268305195
          0.9334490292711306
          1.023216132306672
          1.0116685809140729
          1.5218688596729013
          1.587142877794819
          1.5223595548774682 ]

/// Cells of every periodicity, not too thin, and atoms enough for bins, in space, in a plane or on a line.
let private cases =
    gen {
        let! cell = thickCells
        let! n = Gen.choose (0, 14)
        let! dimensions = Gen.elements [ 3; 3; 2; 1 ]
        let! values = coordinates |> Gen.map (fun x -> x / 4.0) |> Gen.listOfLength (3 * n)
        let positions = values |> List.mapi (fun i x -> if i % 3 < dimensions then x else 1.25)
        let! cutoff = Gen.choose (50, 350) |> Gen.map (fun c -> float c / 97.0)
        return cutoff, structureOf cell positions
    }

/// A rotation by three angles, row by row; columns of the mirrored one have the other hand.
let private rotation a b c mirrored =
    let turn k (angle: float) =
        let i, j = (k + 1) % 3, (k + 2) % 3

        Array2D.init 3 3 (fun p q ->
            if p = q then (if p = k then 1.0 else cos angle)
            elif p = i && q = j then sin angle
            elif p = j && q = i then -sin angle
            else 0.0)

    let times (x: float[,]) (y: float[,]) =
        Array2D.init 3 3 (fun p q -> Seq.sumBy (fun k -> x[p, k] * y[k, q]) [ 0..2 ])

    let m = times (turn 0 a) (times (turn 1 b) (turn 2 c))
    Array2D.init 3 3 (fun p q -> if mirrored && q = 1 then -m[p, q] else m[p, q])

/// The basis in fractions of the unit cell, and how often that is repeated along each axis.
let private crystal (name: string) atoms =
    let fcc = [ 0.0, 0.0, 0.0; 0.0, 0.5, 0.5; 0.5, 0.0, 0.5; 0.5, 0.5, 0.0 ]

    let basis =
        match name.Split(' ')[0] with
        | "diamond" -> fcc |> List.collect (fun (x, y, z) -> [ x, y, z; x + 0.25, y + 0.25, z + 0.25 ])
        | "fcc" -> fcc
        | "hcp" -> [ 0.0, 0.0, 0.0; 1.0 / 3.0, 2.0 / 3.0, 0.5 ]
        | "bcc" -> [ 0.0, 0.0, 0.0 ]
        | other -> failwith $"no crystal '{other}'"

    basis, int (round (Math.Cbrt(float atoms / float basis.Length)))

[<Tests>]
let tests =
    testList
        "PublishedNeighbour"
        [ testCase "The half lists of the torch-pme tutorial" (fun () ->
              // Counted by vesin 0.6.2 and again by a rerun of the tutorial.
              equal 11312 (Pairs.half (build 5.534948153543403 tutorial)).Count
              equal 77 (Pairs.half (build 1.0 tutorial)).Count)

          testCase "The distances of vesin's tests" (fun () ->
              let points =
                  [ 0.134
                    1.282
                    1.701
                    -0.273
                    1.026
                    -1.471
                    1.922
                    -0.124
                    1.9
                    1.4
                    -0.464
                    0.48
                    0.149
                    1.865
                    0.635 ]

              let structure = structureOf Cell.none points
              let half = Pairs.half (build 3.42 structure)
              let _, distances = Neighbours.measure structure half

              // vesin, python/vesin/tests: open boundaries, cut-off 3.42, half list, in no order.
              let expected =
                  [ 3.2082345612501593
                    2.283282943482914
                    2.4783286706972505
                    1.215100818862369
                    2.9707625283755013
                    2.3059143522689647
                    1.550639867925496
                    2.9495550511899244
                    2.6482573515427084 ]

              equal 9 half.Count
              Seq.iter2 (fun (a: float) (b: float) -> equalWithin 5e-15 a b) (Seq.sort expected) (Seq.sort distances))

          testCase "The shifts of vesin's tests" (fun () ->
              let one vectors = structureOf (Cell.createOrFail vectors (true, true, true)) [ 0.0; 0.0; 0.0 ]
              let rows (pairs: Pairs) = List.map (row pairs) [ 0 .. pairs.Count - 1 ]
              let fcc = one [| 0.0; 1.5; 1.5; 1.5; 0.0; 1.5; 1.5; 1.5; 0.0 |]
              let half = Pairs.half (build 3.0 fcc)

              equal [ [ -1; 0; 1 ]; [ -1; 1; 0 ]; [ 0; -1; 1 ]; [ 0; 0; 1 ]; [ 0; 1; 0 ]; [ 1; 0; 0 ] ] (rows half)

              for d in snd (Neighbours.measure fcc half) do
                  equalWithin 5e-16 2.1213203435596424 d

              let small = Pairs.half (build 0.6 (one [| 0.5; 0.0; 0.0; 0.0; 0.5; 0.0; 0.0; 0.0; 0.5 |]))
              equal [ [ 0; 0; 1 ]; [ 0; 1; 0 ]; [ 1; 0; 0 ] ] (rows small))

          testCase "The counts of matscipy's tests" (fun () ->
              let cube = structureOf (Cell.cubic 1.0 |> ok) [ 0.5; 0.5; 0.5 ]
              equal 6 (build 1.1 cube).Count
              equal 18 (build 1.5 cube).Count
              let a = 0.5 * 4.05

              let aluminium =
                  structureOf
                      (Cell.createOrFail [| 0.0; a; a; a; 0.0; a; a; a; 0.0 |] (true, true, true))
                      [ 0.0; 0.0; 0.0 ]

              equal 12 (build 2.9 aluminium).Count
              equalWithin 5e-9 2.86378246 ((snd (Neighbours.measure aluminium (build 2.9 aluminium)))[0]))

          testCase "Turned and mirrored structures have the same pairs, whatever their periodicity" (fun () ->
              let angles = Gen.choose (0, 6283) |> Gen.map (fun i -> float i / 1000.0) |> Gen.three

              holds
                  (Gen.zip3 cases angles (Gen.elements [ true; false ]))
                  (fun ((cutoff, structure), (a, b, c), mirrored) ->
                      let m = rotation a b c mirrored

                      let apply (rows: ImmutableArray<float>) =
                          Array.init rows.Length (fun e ->
                              let start, c = e - e % 3, e % 3
                              Seq.sumBy (fun k -> rows[start + k] * m[k, c]) [ 0..2 ])

                      let flags = structure.Cell.Periodic
                      let cell = Cell.createOrFail (apply structure.Cell.Vectors) (flags[0], flags[1], flags[2])
                      build cutoff (structureOf cell (apply structure.Positions)) = build cutoff structure))

          property "Atoms far on the negative side of open axes have the same pairs" cases (fun (cutoff, structure) ->
              let open' k = if structure.Cell.Periodic[k] then 0.0 else -1000.0

              // Along an open axis, whether its vector was given or not.
              let h = Cell.toCartesian structure.Cell (ImmutableArray.Create<float>([| open' 0; open' 1; open' 2 |]))
              let moved = Structure.translate (h[0], h[1], h[2]) structure |> ok
              build cutoff moved = build cutoff structure)

          testCase "Planes and lines of atoms in open space" (fun () ->
              let line =
                  structureOf
                      Cell.none
                      [ for i in 0..19 do
                            yield! [ -3.0 - float i; -7.0; -7.0 ] ]

              equal 38 (build 1.5 line).Count

              let plane =
                  structureOf
                      Cell.none
                      [ for i in 0..4 do
                            for j in 0..4 do
                                yield! [ -float i; -2.0; -float j ] ]

              equal 80 (build 1.2 plane).Count)

          testCase "The crystals of vesin, hundreds to tens of thousands of atoms" (fun () ->
              for case in ((json "neighbours/large.json").GetProperty "cases").EnumerateArray() do
                  let number (name: string) = (case.GetProperty name).GetDouble()
                  let check (name: string) = (case.GetProperty "checks").GetProperty(name)
                  let flags = [ for flag in (case.GetProperty "pbc").EnumerateArray() -> flag.GetBoolean() ]
                  let atoms = int (number "atoms")
                  let basis, times = crystal (nonNull ((case.GetProperty "name").GetString())) atoms
                  let large = Array.ofList (numbers (case.GetProperty "cell"))
                  let unit' = Cell.createOrFail (large |> Array.map (fun x -> x / float times)) (true, true, true)
                  let fractions = basis |> List.collect (fun (x, y, z) -> [ x; y; z ]) |> ImmutableArray.CreateRange

                  let perfect =
                      structureOf unit' (Cell.toCartesian unit' fractions)
                      |> Structure.repeat (times, times, times)
                      |> ok

                  let positions =
                      perfect.Positions
                      |> Seq.mapi (fun i x -> x + number "wiggle_amplitude" * sin (12.9898 * float i + 78.233))

                  let structure = structureOf (Cell.createOrFail large (flags[0], flags[1], flags[2])) positions

                  // Sums of products in another order: units in the last place of 50 Å.
                  for name, from in [ "first_position", 0; "last_position", 3 * (atoms - 1) ] do
                      numbers (case.GetProperty name)
                      |> List.iteri (fun k x -> isTrue (near 1e-13 x structure.Positions[from + k]))

                  let pairs, vectors, distances = Neighbours.buildWithVectors (number "cutoff") structure |> ok
                  equal ((check "pairs").GetInt32()) pairs.Count
                  equal (int (number "half_pairs")) (Pairs.half pairs).Count
                  // Pairwise sums, since plain ones of three million numbers lose five digits.
                  let sum (terms: float seq) = Reduction.Sum<float>(ReadOnlySpan(Array.ofSeq terms))

                  let weighted (ends: ImmutableArray<int>) =
                      sum (Seq.map2 (fun i d -> float (i + 1) * d) ends distances)

                  let sumShift k = Seq.sum (seq { for e in 0 .. pairs.Count - 1 -> pairs.Shifts[3 * e + k] })

                  for name, found in
                      [ "sum_d", sum distances
                        "sum_d2", sum (Seq.map (fun d -> d * d) distances)
                        "sum_i_plus_1_times_d", weighted pairs.Receivers
                        "sum_j_plus_1_times_d", weighted pairs.Senders
                        "sum_abs_S", Seq.sumBy (abs >> float) pairs.Shifts
                        "sum_S2", Seq.sumBy (fun s -> float (s * s)) pairs.Shifts ] do
                      // Coordinates of 50 Å whose last bits differ, in distances of a few Å.
                      Expect.isTrue (near 1e-14 ((check name).GetDouble()) found) $"{name}: {found}"

                  equal (numbers (check "sum_S")) (List.map (sumShift >> float) [ 0..2 ])

                  for k in 0..2 do
                      // The vectors of a pair and its reverse cancel exactly; what is left is the rounding of the sum.
                      equalWithin 5e-9 0.0 (sum (seq { for e in 0 .. pairs.Count - 1 -> vectors[3 * e + k] }))

                  let coordination = List.map (fun i -> pairs.Starts[i + 1] - pairs.Starts[i]) [ 0 .. atoms - 1 ]
                  equal ((check "coordination_min").GetInt32()) (List.min coordination)
                  equal ((check "coordination_max").GetInt32()) (List.max coordination)) ]
