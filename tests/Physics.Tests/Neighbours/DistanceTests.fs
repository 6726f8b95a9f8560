module Noether.Tests.DistanceTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks

/// Three atoms in a skewed cell, with pairs to images of themselves; no two of them closer than 0.8 Å.
let private crystal =
    let cell = Cell.createOrFail [| 1.9; 0.1; 0.0; -0.4; 2.1; 0.2; 0.3; 0.5; 1.8 |] (true, true, true)
    Structure.ofSymbols [ "C"; "C"; "C" ] [ (0.1, 0.2, -0.3); (1.1, 0.7, 0.9); (-0.6, 1.3, 1.2) ] cell |> ok

let private pairs = Neighbours.build 2.3 crystal |> ok

/// The distances by hand, from integers and arithmetic of tensors.
let private byHand (positions: Tensor) (cell: Tensor) (pairs: Pairs) =
    let senders, receivers = Seq.toArray pairs.Senders, Seq.toArray pairs.Receivers
    let shifts = Tensor.ofArray [| pairs.Count; 3 |] (Seq.toArray (Seq.map float pairs.Shifts))
    let vectors = Tensor.gather senders positions - Tensor.gather receivers positions + Tensor.matmul shifts cell
    Tensor.sqrt (Tensor.sumAxes [| 1 |] (Tensor.square vectors))

let private close tolerance (expected: Tensor) (found: Tensor) =
    equal expected.Shape found.Shape

    Seq.iter2
        (fun a b -> Expect.isTrue (near tolerance a b) $"{a} and {b}")
        (Tensor.toArray expected)
        (Tensor.toArray found)

/// A sum over pairs with derivatives of every order.
let private energy (distances: Tensor) = Tensor.sum (Tensor.exp (-1.3 * distances) * distances)

/// Atoms 0 and 3 in one place, one of which is one lattice vector away, so that a sum makes the zero vector.
let private coincident =
    let r, h = crystal.Positions, crystal.Cell.Vectors
    let positions = r.AddRange [| r[0] + h[0]; r[1] + h[1]; r[2] + h[2] |]
    Structure.create (ImmutableArray.CreateRange [ 6; 6; 6; 6 ]) positions crystal.Cell |> ok

[<Tests>]
let tests =
    testList
        "Distance"
        [ property "Distances are those of the list" bareStructures (fun structure ->
              let pairs, _, expected = Neighbours.buildWithVectors 3.0 structure |> ok
              let found = Space.distances (Space.positions structure) (Space.cell structure) pairs |> Tensor.toArray
              // Sums of the same terms in another order, of coordinates up to 100 Å.
              Seq.forall2 (near 1e-11) expected found)

          testCase "Both ways of the tutorial agree, with derivatives by positions and cell" (fun () ->
              let x, h = Space.positions crystal, Space.cell crystal

              for list in [ pairs; Pairs.half pairs ] do
                  let ways = [ (fun x h -> Space.distances x h list); (fun x h -> byHand x h list) ]

                  let results =
                      ways
                      |> List.map (fun distances ->
                          [ distances x h
                            Diff.grad (fun x -> energy (distances x h)) x
                            Diff.grad (fun h -> energy (distances x h)) h
                            Diff.hessian
                                (fun x -> energy (distances (Tensor.reshape [| 3; 3 |] x) h))
                                (Tensor.reshape [| 9 |] x)
                            Diff.grad (fun h -> Tensor.sum (Diff.grad (fun x -> energy (distances x h)) x * x)) h ])

                  // The same operations but for the check for zeros.
                  List.iter2 (close 1e-13) results[0] results[1])

          testCase "Vectors and distances have derivatives of every order by positions and cell" (fun () ->
              // Checks to third order in every sequence of modes; an atom and its image are among the pairs.
              hasItem true (Seq.map2 (=) pairs.Receivers pairs.Senders)
              let inputs = [| Space.positions crystal; Space.cell crystal |]
              let check seed f = Check.run (RandomKey.FromSeed seed) f inputs |> Check.orFail "distances" |> ignore
              check 1UL (fun a -> Space.vectors a[0] a[1] pairs)
              check 2UL (fun a -> Space.distances a[0] a[1] pairs)
              check 3UL (fun a -> Space.distances a[0] a[1] (Pairs.half pairs)))

          testCase "At zero distance every derivative is zero, and the others are what they are without it" (fun () ->
              // Whole numbers of 1/8, so that the vector is zero to the last bit.
              let cell =
                  Cell.createOrFail [| 2.0; 0.125; 0.0; -0.375; 2.125; 0.25; 0.25; 0.5; 1.75 |] (true, true, true)

              let atoms = [ 0.125, 0.25, -0.375; 1.125, 0.75, 0.875; 2.125, 0.375, -0.375 ]
              let structure = Structure.ofSymbols [ "C"; "C"; "C" ] atoms cell |> ok
              let all, _, distances = Neighbours.buildWithVectors 2.4 structure |> ok
              equal 2 (distances |> Array.filter ((=) 0.0) |> Array.length)

              let apart =
                  let kept = [ 0 .. all.Count - 1 ] |> List.filter (fun e -> distances[e] > 0.0)
                  let pick (choose: int -> int) = ImmutableArray.CreateRange(List.map choose kept)
                  let shifts = kept |> List.collect (fun e -> [ for k in 0..2 -> all.Shifts[3 * e + k] ])

                  Pairs.create
                      3
                      (pick (fun e -> all.Receivers[e]))
                      (pick (fun e -> all.Senders[e]))
                      (ImmutableArray.CreateRange shifts)
                  |> ok

              let x, h = Space.positions structure, Space.cell structure
              let v = Tensor.normal Float64 [| 3; 3 |] (RandomKey.FromSeed 5UL)

              let derivatives pairs =
                  let byPositions x = energy (Space.distances x h pairs)
                  let byCell h = energy (Space.distances x h pairs)

                  [ for f, at in [ byPositions, x; byCell, h ] do
                        yield Diff.grad f at
                        yield Diff.gradv f at v
                        yield Diff.hessianv f at v
                        yield Diff.grad (fun at -> Tensor.sum (v * Diff.hessianv f at v)) at
                        yield Diff.gradv (fun at -> Diff.gradv (fun at -> Diff.gradv f at v) at v) at v ]

              // A pair at zero distance adds e⁰·0 = 0 to the energy and nothing to a derivative.
              List.iter2 (close 1e-13) (derivatives apart) (derivatives all)

              for d in derivatives all |> List.collect (Tensor.toArray >> List.ofArray) do
                  isTrue (Double.IsFinite d))

          testCase "Rounding may keep coincident atoms a hair apart, which is no zero" (fun () ->
              let pairs = Neighbours.build 0.5 coincident |> ok
              equal 2 pairs.Count

              let gradient =
                  Diff.grad
                      (fun x -> Tensor.sum (Space.distances x (Space.cell coincident) pairs))
                      (Space.positions coincident)

              for d in Tensor.toArray gradient do
                  inRange -2.0 2.0 d)

          testCase
              "The lengths of no vectors, of zero vectors, of vectors that are not numbers, in both precisions"
              (fun () ->
                  equalSeq [ 0 ] (Space.lengths (Tensor.zeros [| 0; 3 |])).Shape
                  let vectors = Tensor.matrix [ [ 3.0; 4.0; 0.0 ]; [ 0.0; 0.0; 0.0 ]; [ nan; 0.0; 0.0 ] ]

                  for precision in [ Float64; Float32 ] do
                      let vectors = Tensor.cast precision vectors
                      equalSeq [ 5.0; 0.0; nan ] (Tensor.toArray (Space.lengths vectors))
                      equal precision (Space.lengths vectors).Precision
                      let jacobian = Diff.grad (fun v -> Tensor.sum (Tensor.slice 0 0 2 (Space.lengths v))) vectors

                      equalSeq
                          [ 0.6; 0.8; 0.0; 0.0; 0.0; 0.0 ]
                          (Tensor.toArray (Tensor.slice 0 0 2 jacobian) |> Array.map (fun x -> Math.Round(x, 6)))

                  contains
                      "the vectors have shape [2, 2], expected [p, 3]"
                      (raises<ArgumentException>(fun () -> Space.lengths (Tensor.zeros [| 2; 2 |]) |> ignore)).Message) ]
