module Noether.Tests.SpaceTests

open System
open System.Collections.Immutable
open System.IO
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.Checks
open Xunit

let private crystals =
    let path = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", "scripts", "data", "carbon.extxyz")

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

[<Fact>]
let ``The vectors of a batch are those of its graphs`` () =
    let pairs = crystals |> List.map pairsOf

    let alone = List.map2 (fun c p -> Space.vectors (Space.positions c) (Space.cell c) p) crystals pairs

    let batch = Graphs.batch (List.map2 graph crystals pairs) |> ok

    match batch.Nodes["positions"], batch.Globals["cells"] with
    | Real positions, Real cells ->
        let vectors = Space.edgeVectors batch positions cells
        // Sums of the same three terms, in an order that is the kernel's: a unit in the last place of 4 Å.
        Seq.iter2
            (fun (a: float) (b: float) -> Assert.Equal(a, b, 14))
            (Tensor.toArray (Tensor.concat 0 alone))
            (Tensor.toArray vectors)
    | other -> Assert.Fail $"{other}"

[<Fact>]
let ``Gradients by positions and cell are central differences`` () =
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
                // The error of the difference is f‴·1e-10/6 with f‴ about 1e4, and 1e-16·1e3/1e-5 of rounding.
                Assert.True(near 1e-5 difference gradient[k], $"{difference} and {gradient[k]}")

[<Fact>]
let ``Vectors follow the precision of their positions and cell`` () =
    let crystal = crystals.Head
    let narrow = Tensor.cast Float32
    let pairs = pairsOf crystal
    let wide = Space.vectors (Space.positions crystal) (Space.cell crystal) pairs

    let single = Space.vectors (narrow (Space.positions crystal)) (narrow (Space.cell crystal)) pairs

    Assert.Equal(Float32, single.Precision)
    // Coordinates of a few Å have 24 bits.
    Seq.iter2 (fun (a: float) (b: float) -> Assert.Equal(a, b, 5)) (Tensor.toArray wide) (Tensor.toArray single)

[<Fact>]
let ``Wrong shapes are named`` () =
    let crystal = crystals.Head
    let pairs = pairsOf crystal
    let x, h = Space.positions crystal, Space.cell crystal

    let message (action: unit -> Tensor) = Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

    Assert.Contains("the positions have shape [3, 3], expected [4, 3]", message (fun () -> Space.vectors h h pairs))

    Assert.Contains("the cell have shape [4, 3], expected [3, 3]", message (fun () -> Space.vectors x x pairs))

    Assert.Contains("expected [graphs, 3, 3]", message (fun () -> Space.edgeVectors (graph crystal pairs) x h))

    let bare =
        Graphs.create
            []
            []
            []
            pairs.Senders
            pairs.Receivers
            (ImmutableArray.Create 4)
            (ImmutableArray.Create pairs.Count)

    Assert.Contains("'shifts'", message (fun () -> Space.edgeVectors (ok bare) x (Tensor.unsqueeze 0 h)))

[<Fact>]
let ``A structure without pairs has no vectors`` () =
    let atom = Structure.ofSymbols [ "He" ] [ (0.0, 0.0, 0.0) ] Cell.none |> ok
    let vectors = Space.vectors (Space.positions atom) (Space.cell atom) (pairsOf atom)
    Assert.Equal<int seq>([ 0; 3 ], vectors.Shape)
