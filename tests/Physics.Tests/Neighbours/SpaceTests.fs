module Noether.Tests.SpaceTests

open System
open System.Collections.Immutable
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

let private crystals =
    let path = Path.Combine(Repository.root, "scripts", "data", "carbon.extxyz")

    ExtXyz.read path |> ok

let private pairsOf structure = Neighbours.build 2.5 structure |> ok

/// An energy with a third derivative, of the vectors alone: Σ (d² − 3)³.
let private energy (vectors: Tensor) =
    let squares = Tensor.sumAxes [| 1 |] (vectors * vectors)
    let off = squares - 3.0
    Tensor.sum (off * off * off)

/// A crystal as a graph: positions of the nodes, shifts of the edges, the cell of the whole.
let private graph (structure: Structure) (pairs: Pairs) =
    Graphs.create
        [ "positions", Real(Space.positions structure) ]
        [ "shifts", Integer(pairs.Shifts, 3) ]
        [ "cells", Real(Tensor.unsqueeze 0 (Space.cell structure)) ]
        pairs.Senders
        pairs.Receivers
        (ImmutableArray.Create structure.Count)
        (ImmutableArray.Create pairs.Count)
    |> ok

[<Tests>]
let tests =
    testList
        "Space"
        [ testCase "The vectors of a batch are those of its graphs" (fun () ->
              let pairs = crystals |> List.map pairsOf

              let alone = List.map2 (fun c p -> Space.vectors (Space.positions c) (Space.cell c) p) crystals pairs

              let batch = Graphs.batch (List.map2 graph crystals pairs) |> ok

              match batch.Nodes["positions"], batch.Globals["cells"] with
              | Real positions, Real cells ->
                  let vectors = Space.edgeVectors batch positions cells
                  // Sums of the same three terms, in an order that is the kernel's: a unit in the last place of 4 Å.
                  Seq.iter2
                      (fun (a: float) (b: float) -> equalWithin 5e-15 a b)
                      (Tensor.toArray (Tensor.concat 0 alone))
                      (Tensor.toArray vectors)
              | other -> failtest $"{other}")

          testCase "Gradients by positions and cell are central differences" (fun () ->
              for crystal in crystals do
                  let pairs = pairsOf crystal
                  let positions, cell = Space.positions crystal, Space.cell crystal
                  let byPositions x = energy (Space.vectors x cell pairs)

                  let byCell h = energy (Space.vectors positions h pairs)

                  for f, at in [ byPositions, positions; byCell, cell ] do
                      let gradient = Tensor.toArray (Diff.grad f at)
                      let step = 1e-5

                      for k in 0 .. at.Size - 1 do
                          let moved by =
                              let values = Tensor.toArray at
                              values[k] <- values[k] + by
                              Tensor.value (f (Tensor.ofArray at.Shape values))

                          let difference = (moved step - moved -step) / (2.0 * step)
                          // The error of the difference is f‴·1e-10/6 with f‴ about 1e4, and 1e-16·1e3/1e-5 of
                          // rounding.
                          Expect.isTrue (near 1e-5 difference gradient[k]) $"{difference} and {gradient[k]}")

          testCase "Vectors follow the precision of their positions and cell" (fun () ->
              let crystal = crystals.Head
              let narrow = Tensor.cast Float32
              let pairs = pairsOf crystal
              let wide = Space.vectors (Space.positions crystal) (Space.cell crystal) pairs

              let single = Space.vectors (narrow (Space.positions crystal)) (narrow (Space.cell crystal)) pairs

              equal Float32 single.Precision
              // Coordinates of a few Å have 24 bits.
              Seq.iter2
                  (fun (a: float) (b: float) -> equalWithin 5e-6 a b)
                  (Tensor.toArray wide)
                  (Tensor.toArray single))

          testCase "Wrong shapes are named" (fun () ->
              let crystal = crystals.Head
              let pairs = pairsOf crystal
              let x, h = Space.positions crystal, Space.cell crystal

              let message (action: unit -> Tensor) = (raises<ArgumentException>(fun () -> action () |> ignore)).Message

              contains "the positions have shape [3, 3], expected [4, 3]" (message (fun () -> Space.vectors h h pairs))

              contains "the cell have shape [4, 3], expected [3, 3]" (message (fun () -> Space.vectors x x pairs))

              contains "expected [graphs, 3, 3]" (message (fun () -> Space.edgeVectors (graph crystal pairs) x h))

              let bare =
                  Graphs.create
                      []
                      []
                      []
                      pairs.Senders
                      pairs.Receivers
                      (ImmutableArray.Create 4)
                      (ImmutableArray.Create pairs.Count)

              contains "'shifts'" (message (fun () -> Space.edgeVectors (ok bare) x (Tensor.unsqueeze 0 h))))

          testCase "A structure without pairs has no vectors" (fun () ->
              let atom = Structure.ofSymbols [ "He" ] [ (0.0, 0.0, 0.0) ] Cell.none |> ok
              let vectors = Space.vectors (Space.positions atom) (Space.cell atom) (pairsOf atom)
              equalSeq [ 0; 3 ] vectors.Shape) ]
