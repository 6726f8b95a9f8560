/// Twenty thousand nasty structures: bins, images and a twin that knows no geometry but a bound.
module Noether.Tests.NeighbourTwinTests

open System.Collections.Immutable
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks

/// For vectors P, the rows of G⁻¹P with G = P Pᵀ, by Gauss and Jordan: rows b_k in the span of P with b_k·p_l = δ_kl.
let private dual (vectors: float[][]) : float[][] =
    let m = vectors.Length
    let dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    let rows = Array.init m (fun k -> Array.append (Array.map (dot vectors[k]) vectors) vectors[k])

    // The matrix is positive definite, so no pivot is zero.
    for k in 0 .. m - 1 do
        rows[k] <- Array.map (fun x -> x / rows[k][k]) rows[k]

        for l in 0 .. m - 1 do
            if l <> k then
                let factor = rows[l][k]
                rows[l] <- Array.map2 (fun x y -> x - factor * y) rows[l] rows[k]

    Array.map (fun (row: float[]) -> row[m..]) rows

/// For each axis the vector that counts images of a difference, and how many of them a cut-off spans to either side.
/// For v = d + S·H, v·b_k = d·b_k + S_k, and |v·b_k| ≤ |v| |b_k|: images beyond are farther than the cut-off.
let private box cutoff (structure: Structure) =
    let cell = structure.Cell
    let closed = List.filter (fun k -> Cell.isPeriodic k cell) [ 0..2 ]
    let vectors = [| for k in closed -> Array.init 3 (fun j -> cell.Vectors[3 * k + j]) |]
    let found = dual vectors
    let normal = Array.init 3 (fun _ -> Array.zeroCreate<float> 3)
    let reach = Array.zeroCreate 3

    closed
    |> List.iteri (fun at k ->
        let b = found[at]
        normal[k] <- b
        reach[k] <- 1 + int (ceil (cutoff * sqrt (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]))))

    normal, reach

/// Whether the list has exactly the pairs within the cut-off, in order; those whose distance is the cut-off within
/// rounding may be there or not. Also the number of these.
let private agrees (cutoff: float) (structure: Structure) (pairs: Pairs) : bool * int =
    let normal, reach = box cutoff structure
    let r, h = structure.Positions.AsSpan().ToArray(), structure.Cell.Vectors.AsSpan().ToArray()
    // Both sides add the same numbers in another order: rounding of terms of the size of the largest.
    let margin = 2e-13 * Array.fold (fun most x -> max most (abs x)) cutoff r
    let low, high = (cutoff - margin) * (cutoff - margin), (cutoff + margin) * (cutoff + margin)
    let receivers, senders, shifts = Seq.toArray pairs.Receivers, Seq.toArray pairs.Senders, Seq.toArray pairs.Shifts
    let mutable e = 0
    let mutable ties = 0
    let mutable good = true

    for i in 0 .. structure.Count - 1 do
        for j in 0 .. structure.Count - 1 do
            let dx, dy, dz = r[3 * j] - r[3 * i], r[3 * j + 1] - r[3 * i + 1], r[3 * j + 2] - r[3 * i + 2]
            let middle k = -int(round (dx * normal[k][0] + dy * normal[k][1] + dz * normal[k][2]))
            let m0, m1, m2 = middle 0, middle 1, middle 2

            for s0 in m0 - reach[0] .. m0 + reach[0] do
                for s1 in m1 - reach[1] .. m1 + reach[1] do
                    for s2 in m2 - reach[2] .. m2 + reach[2] do
                        let a, b, c = float s0, float s1, float s2
                        let x = dx + a * h[0] + b * h[3] + c * h[6]
                        let y = dy + a * h[1] + b * h[4] + c * h[7]
                        let z = dz + a * h[2] + b * h[5] + c * h[8]
                        let square = x * x + y * y + z * z

                        if square < high && not (i = j && s0 = 0 && s1 = 0 && s2 = 0) then
                            let listed =
                                e < receivers.Length
                                && receivers[e] = i
                                && senders[e] = j
                                && shifts[3 * e] = s0
                                && shifts[3 * e + 1] = s1
                                && shifts[3 * e + 2] = s2

                            if listed then e <- e + 1

                            if square > low then ties <- ties + 1
                            elif not listed then good <- false

    good && e = receivers.Length, ties

[<Tests>]
let tests =
    testList
        "NeighbourTwin"
        [ testCase "Twenty thousand structures: bins, images and the twin agree pair for pair" (fun () ->
              let settings = { Structures.nasty with MaxAtoms = 18 }
              let samples = Gen.sampleWithSeed (Rnd 2026UL) 50 20_000 (Sample.generate settings)
              let mutable pairsSeen = 0L
              let mutable tiesSeen = 0L
              let mutable binned = 0
              let mutable beyond = 0

              for sample in samples do
                  let structure, cutoff = sample.Structure, sample.Cutoff
                  let pairs = Neighbours.build cutoff structure |> ok
                  let good, ties = agrees cutoff structure pairs

                  if pairs <> (Neighbours.buildByImages cutoff structure |> ok) || not good then
                      failtest $"{structure}\n{structure.Positions |> Seq.toList}\ncut-off {cutoff}"

                  pairsSeen <- pairsSeen + int64 pairs.Count
                  tiesSeen <- tiesSeen + int64 ties
                  if structure.Count >= 8 then binned <- binned + 1

                  if Seq.exists2 (=) pairs.Receivers pairs.Senders && pairs.Shifts |> Seq.exists (fun s -> s >= 3) then
                      beyond <- beyond + 1

              // The test is worth its time: bins are used, images three cells away are met, and few pairs are left
              // undecided: half of the cut-offs are multiples of half an edge, where lattices and grids tie.
              Expect.isTrue (binned > 8000) $"{binned} of 20000 with enough atoms for bins"
              Expect.isTrue (beyond > 4000) $"{beyond} of 20000 with images three cells away"
              Expect.isTrue (pairsSeen > 10_000_000L) $"{pairsSeen} pairs"
              Expect.isTrue (50L * tiesSeen < pairsSeen) $"{tiesSeen} ties among {pairsSeen} pairs")

          testCase "A pair at the cut-off is none, where arithmetic is exact" (fun () ->
              // Sums and squares of small multiples of a quarter are exact, so nothing is left to rounding.
              let quarters = Gen.choose (-40, 40) |> Gen.map (fun i -> float i / 4.0)

              let cases =
                  Gen.zip
                      (Gen.zip (Gen.three (Gen.elements [ true; false ])) (Gen.arrayOfLength 30 quarters))
                      (Gen.choose (1, 16))

              holds cases (fun ((periodic, places), cutoff) ->
                  let cell = Cell.createOrFail [| 2.0; 0.0; 0.0; 0.5; 3.0; 0.0; 0.25; -0.75; 2.5 |] periodic
                  let numbers = ImmutableArray.CreateRange(Seq.replicate 10 1)
                  let structure = Structure.create numbers (ImmutableArray.Create<float> places) cell |> ok
                  let cutoff = float cutoff / 4.0
                  let pairs, vectors, _ = Neighbours.buildWithVectors cutoff structure |> ok
                  let wider, widerVectors, _ = Neighbours.buildWithVectors (cutoff + 0.25) structure |> ok

                  let inside (v: float[]) =
                      v
                      |> Array.chunkBySize 3
                      |> Array.filter (fun v -> Array.sumBy (fun x -> x * x) v < cutoff * cutoff)

                  pairs.Count <= wider.Count
                  && inside vectors = Array.chunkBySize 3 vectors
                  && inside widerVectors = inside vectors)) ]
