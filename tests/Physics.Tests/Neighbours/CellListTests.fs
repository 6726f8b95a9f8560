module Noether.Tests.CellListTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks

/// Cells with angles down to 25 degrees, turned, of either hand, thin or long, and with up to three open axes.
let private skewedCells =
    gen {
        let angle = Gen.choose (2500, 15500) |> Gen.map (fun a -> float a / 100.0)
        let edge = Gen.choose (150, 900) |> Gen.map (fun a -> float a / 150.0)
        let! flag0, flag1, flag2 = Gen.three (Gen.elements [ true; true; false ])
        let! a, b, c = Gen.three edge
        let! alpha, beta, gamma = Gen.three angle
        let! mirror = Gen.elements [ 1.0; -1.0 ]
        let! turn = Gen.choose (0, 2)

        match Cell.ofLengthsAndAngles (a, b, c) (alpha, beta, gamma) (flag0, flag1, flag2) with
        | Ok cell ->
            let v = cell.Vectors
            // Columns exchanged in a circle turn the cell; a negative one mirrors it.
            let vectors =
                Array.init 9 (fun i -> v[3 * (i / 3) + (i % 3 + turn) % 3] * (if i % 3 = 0 then mirror else 1.0))

            return Cell.createOrFail vectors (flag0, flag1, flag2) |> Some
        | Error _ -> return None
    }
    |> Gen.where (function
        | Some cell ->
            let a, b, c = Cell.heights cell
            min a (min b c) > 0.4
        | None -> false)
    |> Gen.map Option.get

/// Some atoms, in the cell, around it or far away, in space, in a plane, on a line or on a coarse grid.
let private cases =
    gen {
        let! cell = skewedCells
        let! n = Gen.frequency [ 9, Gen.choose (0, 9); 1, Gen.choose (10, 24) ]
        let! spread = Gen.elements [ 1.0; 1.0; 3.0; 50.0 ]
        let! dimensions = Gen.elements [ 3; 3; 3; 2; 1 ]
        let! grid = Gen.elements [ 997.0; 4.0 ]

        let! numbers =
            Gen.choose (-1000, 1000)
            |> Gen.map (fun x -> Math.Round(float x / 1000.0 * grid) / grid)
            |> Gen.listOfLength (3 * n)

        let positions = numbers |> List.mapi (fun i x -> if i % 3 < dimensions then 4.0 * spread * x else 0.25)

        let a, b, c = Cell.lengths cell
        let! cells = Gen.choose (5, 300)
        // As long as three of the least edges; half of them numbers that grid distances can meet.
        let cutoff = float cells / 100.0 * min a (min b c)
        let! round' = Gen.elements [ true; false ]
        let cutoff = if round' then max 0.5 (Math.Round(2.0 * cutoff) / 2.0) else cutoff

        return
            cutoff,
            Structure.create
                (ImmutableArray.CreateRange(List.replicate n 6))
                (ImmutableArray.CreateRange positions)
                cell
            |> Outcome.getOrFail
    }

let private many (property: float * Structure -> bool) =
    let config =
        Config.QuickThrowOnFailure.WithMaxTest(2500).WithReplay(Some { Rnd = Rnd(20260UL, 401UL); Size = None })

    Check.One(config, Prop.forAll (Arb.fromGen cases) property)

/// Counts, and receivers, senders, shifts, vectors and distances, straight from the kernel.
let private kernel cutoff (structure: Structure) =
    let lattice = Cell.withOpenNormals structure.Cell

    let list =
        CellList(
            structure.Positions.AsSpan(),
            structure.Cell.Vectors.AsSpan(),
            (Cell.reciprocal lattice).AsSpan(),
            structure.Cell.Periodic.AsSpan(),
            cutoff
        )

    let counts: int[] = Array.zeroCreate structure.Count
    let p = int (list.Count(counts.AsSpan()))
    let starts: int[] = Array.scan (+) 0 counts
    let receivers: int[] = Array.zeroCreate p
    let senders: int[] = Array.zeroCreate p
    let shifts: int[] = Array.zeroCreate (3 * p)
    let vectors: float[] = Array.zeroCreate (3 * p)
    let distances: float[] = Array.zeroCreate p

    list.Fill(
        ReadOnlySpan<int> starts,
        receivers.AsSpan(),
        senders.AsSpan(),
        shifts.AsSpan(),
        vectors.AsSpan(),
        distances.AsSpan()
    )

    starts, receivers, senders, shifts, vectors, distances

let private isDefinition cutoff structure =
    let pairs = Neighbours.buildByImages cutoff structure |> ok
    let starts, receivers, senders, shifts, vectors, distances = kernel cutoff structure
    let r, h = structure.Positions, structure.Cell.Vectors

    let measured =
        Seq.forall
            (fun e ->
                let i, j = receivers[e], senders[e]
                let s k = float shifts[3 * e + k]

                let v =
                    Array.init 3 (fun k ->
                        r[3 * j + k] - r[3 * i + k] + (s 0 * h[k] + s 1 * h[3 + k] + s 2 * h[6 + k]))

                v = vectors[3 * e .. 3 * e + 2] && distances[e] = sqrt (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]))
            [ 0 .. receivers.Length - 1 ]

    measured
    && Seq.toArray pairs.Receivers = receivers
    && Seq.toArray pairs.Senders = senders
    && Seq.toArray pairs.Shifts = shifts
    && Seq.toArray pairs.Starts = starts

let private diamond (times: int) =
    let quarter = [ 0.0, 0.0, 0.0; 0.25, 0.25, 0.25 ]

    let sites =
        [ for x, y, z in [ 0.0, 0.0, 0.0; 0.0, 0.5, 0.5; 0.5, 0.0, 0.5; 0.5, 0.5, 0.0 ] do
              for u, v, w in quarter do
                  3.567 * (x + u), 3.567 * (y + v), 3.567 * (z + w) ]

    Structure.ofSymbols (List.replicate 8 "C") sites (Cell.cubic 3.567 |> ok)
    |> ok
    |> Structure.repeat (times, times, times)
    |> ok

[<Tests>]
let tests =
    testList
        "CellList"
        [ testCase "Bins give the pairs of the definition, bit for bit" (fun () ->
              many (fun (cutoff, structure) -> isDefinition cutoff structure))

          property "Build agrees with the definition, with vectors and without" cases (fun (cutoff, structure) ->
              let expected = Neighbours.buildByImages cutoff structure |> ok
              let pairs, vectors, distances = Neighbours.buildWithVectors cutoff structure |> ok

              pairs = expected
              && Neighbours.build cutoff structure |> ok = expected
              && vectors.Length = 3 * pairs.Count
              && distances |> Array.forall (fun d -> d < cutoff))

          testTheory "Diamond at 5 Å" [ 4, 512; 8, 4096 ] (fun (times, atoms) ->
              let pairs = Neighbours.build 5.0 (diamond times) |> ok
              equal atoms pairs.Atoms
              // The shells of diamond closer than 1.4 edges: √3/4, √2/2, √11/4, 1, √19/4, √6/2, √27/4 edges.
              equal ((4 + 12 + 12 + 6 + 12 + 24 + 16) * atoms) pairs.Count)

          testCase "The list does not depend on the threads" (fun () ->
              let shaken =
                  let crystal = diamond 6
                  let moved = crystal.Positions |> Seq.mapi (fun i x -> x + 3.0 * sin (12.9898 * float i + 78.233))

                  Structure.create
                      (ImmutableArray.CreateRange(List.replicate crystal.Count 6))
                      (ImmutableArray.CreateRange moved)
                      crystal.Cell
                  |> ok

              let limited threads =
                  use _ = Workers.LimitTo threads
                  kernel 4.0 shaken

              let one = limited 1
              equal one (limited 2)
              equal one (limited 7)
              isTrue (isDefinition 4.0 shaken))

          testCase "Clusters far apart, large flat sheets and lonely atoms" (fun () ->
              let carbon positions cell =
                  Structure.ofSymbols (List.replicate (List.length positions) "C") positions cell |> ok

              let cluster x = [ for i in 0..9 -> x + 0.3 * float i, 0.2 * float (i % 3), 0.1 * float (i % 4) ]
              isTrue (isDefinition 1.1 (carbon (cluster 0.0 @ cluster 1e6 @ cluster -1e9) Cell.none))

              let sheet =
                  [ for i in 0..14 do
                        for j in 0..14 -> 1.2 * float i, 1.2 * float j, 7.0 ]

              isTrue (isDefinition 2.4 (carbon sheet Cell.none))
              let slab = Cell.create [| 18.0; 0.0; 0.0; 0.0; 18.0; 0.0; 0.0; 0.0; 0.0 |] (true, true, false) |> ok
              isTrue (isDefinition 2.4 (carbon sheet slab))
              isTrue (isDefinition 2.4 (carbon [ 1e6, -1e6, 3.0 ] (Cell.cubic 1.1 |> ok)))
              isTrue (isDefinition 2.4 (carbon [] (Cell.cubic 1.1 |> ok))))

          testCase "Distances that differ from the cut-off by less than float32 sees" (fun () ->
              let random = Random 7
              let unit' () = 2.0 * random.NextDouble() - 1.0

              let shell =
                  [ for n in 0..299 do
                        let x, y, z = unit' (), unit' (), unit' ()
                        let length = sqrt (x * x + y * y + z * z)
                        // From equal to the last bit or two up to what float32 tells apart.
                        let r = 3.0 * (1.0 + unit' () * Math.Pow(10.0, -5.0 - float (n % 12)))
                        1e3 + r * x / length, r * y / length, r * z / length - 40.0 ]

              let atoms = (1e3, 0.0, -40.0) :: shell
              let cluster = Structure.ofSymbols (List.replicate atoms.Length "C") atoms Cell.none |> ok
              isTrue (isDefinition 3.0 cluster)

              isTrue (
                  isDefinition 3.0 (Structure.ofSymbols (List.replicate 301 "C") atoms (Cell.cubic 9.7 |> ok) |> ok)
              ))

          testCase "Many more senders than are looked at in one go, and lengths that float32 cannot hold" (fun () ->
              let random = Random 11

              let cloud n scale cell =
                  let coordinates = [ for _ in 1 .. 3 * n -> scale * random.NextDouble() ]

                  Structure.create
                      (ImmutableArray.CreateRange(List.replicate n 6))
                      (ImmutableArray.CreateRange coordinates)
                      cell
                  |> ok

              isTrue (isDefinition 7.5 (cloud 130 6.0 (Cell.cubic 6.0 |> ok)))

              for scale in [ 1e-148; 1e-30; 1e25; 1e148 ] do
                  isTrue (isDefinition (0.4 * scale) (cloud 40 scale Cell.none)))

          testCase "Arguments that do not fit are refused" (fun () ->
              let unit' = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]

              let make (points: float[]) (cutoff: float) =
                  CellList(
                      ReadOnlySpan<float> points,
                      ReadOnlySpan<float> unit',
                      ReadOnlySpan<float> unit',
                      ReadOnlySpan<bool> [| false; false; false |],
                      cutoff
                  )

              contains "whole number" (raises<ArgumentException>(fun () -> make [| 1.0 |] 1.0 |> ignore)).Message

              contains
                  "expected a positive finite length"
                  (raises<ArgumentOutOfRangeException>(fun () -> make [||] 0.0 |> ignore)).Message

              let list = make [| 0.0; 0.0; 0.0; 0.5; 0.0; 0.0 |] 1.0
              let three: int[] = Array.zeroCreate 3
              let one: int[] = Array.zeroCreate 1
              let none: float[] = [||]
              let starts = [| 0; 0; 1 |]
              raises<ArgumentException>(fun () -> list.Count(Span<int> three) |> ignore) |> ignore

              let wrong =
                  raises<ArgumentException>(fun () ->
                      list.Fill(
                          ReadOnlySpan<int> starts,
                          Span<int> one,
                          Span<int> one,
                          Span<int> three,
                          Span<float> none,
                          Span<float> none
                      ))

              contains "starts do not have the counts" wrong.Message) ]
