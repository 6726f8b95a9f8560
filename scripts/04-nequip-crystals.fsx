// Crystals become graphs, graphs a batch; a NequIP network learns their energies, and its derivative is the forces.
//
//     dotnet fsi --optimize+ scripts/04-nequip-crystals.fsx
//
// The page that explains what the quickstart does, step by step. Writes out/04-nequip-crystals.html and ends in assertions.
#load "noether.fsx"

open System
open System.Collections.Immutable
open System.IO

let check what good = if not good then failwith $"{what} does not hold"

// Edges -------------------------------------------------------------------------------------------------------------------

// Two atoms see each other when they are closer than this, in Å as all lengths.
let cutoff = 2.0

// A crystal goes on for ever, so the neighbour of an atom may be an image of another one, or of itself, some cells away.
// Each edge has a receiver in the central cell, a sender, and the whole numbers of lattice vectors by which the sender is
// shifted. They are integers: found once, outside of all that is differentiated.
let computeEdges (crystal: Structure) =
    let pairs = Neighbours.build cutoff crystal |> orFail
    check "one sender and one receiver for each edge" (pairs.Senders.Length = pairs.Receivers.Length)
    check "three shifts for each edge" (pairs.Shifts.Length = 3 * pairs.Receivers.Length)
    pairs

// Graphs ------------------------------------------------------------------------------------------------------------------

// Positions belong to nodes, shifts to edges, cell and energy to the graph. A feature has as many rows as there are nodes,
// edges or graphs; senders and receivers say how nodes are joined, and the counts how many there are. (`Nequip.graph` does
// all of this.)
let createGraph (crystal: Structure) (energy: float) =
    let pairs = computeEdges crystal

    Graphs.create
        [ ("positions", Real(Space.positions crystal)) ]
        [ ("shifts", Integer(pairs.Shifts, 3)) ]
        [ "cells", Real(Tensor.unsqueeze 0 (Space.cell crystal)); "energies", Real(Tensor.vector [ energy ]) ]
        pairs.Senders
        pairs.Receivers
        (ImmutableArray.Create crystal.Count)
        (ImmutableArray.Create pairs.Count)
    |> orFail

// Four crystals of carbon with the formation energy per atom in eV that the Materials Project predicts: lonsdaleite,
// graphite, diamond, and graphite stacked in another way.
let crystals = ExtXyz.read (Path.Combine(__SOURCE_DIRECTORY__, "data", "carbon.extxyz")) |> orFail
let names = crystals |> List.map (Structure.infoText "name" >> orFail)
let energies = crystals |> List.map (Structure.infoReal "energy_per_atom" >> orFail)
let graphs = List.map2 createGraph crystals energies

let counts (numbers: int seq) = "[" + String.Join(" ", numbers) + "]"

for name, graph in List.zip names graphs do
    printfn $"{name} has {counts graph.NodeCounts} nodes and {counts graph.EdgeCounts} edges"

// Several graphs are one value: features one after the other, the ends of edges moved by the nodes before them.
let dataset = Graphs.batch graphs |> orFail
printfn $"the batch has {counts dataset.NodeCounts} nodes and {counts dataset.EdgeCounts} edges"

for kind, features in [ "nodes", dataset.Nodes; "edges", dataset.Edges; "globals", dataset.Globals ] do
    for feature in features do
        match feature.Value with
        | Real values -> printfn $"    {kind} '{feature.Key}': {counts values.Shape}"
        | Integer(values, width) ->
            printfn $"    {kind} '{feature.Key}': {counts [ values.Length / width; width ]} integers"

check "the edges of the original" (List.ofSeq dataset.EdgeCounts = [ 16; 12; 32; 12 ])
check "the nodes of the original" (List.ofSeq dataset.NodeCounts = [ 4; 4; 8; 4 ])
check "a batch comes apart again" (Graphs.unbatch dataset = graphs)

// Model -------------------------------------------------------------------------------------------------------------------

let positions precision = Nequip.positions precision dataset

let cells precision =
    match dataset.Globals["cells"] with
    | Real cells -> Tensor.cast precision cells
    | Integer _ -> failwith "cells are real numbers"

// From the two ends of each edge to the vector between them, with the cell of the graph that the edge belongs to. Positions
// and cells may carry derivatives: forces and stress come from here.
let relativeVectors x = Space.edgeVectors dataset x (cells (x: Tensor).Precision)

let lengths = relativeVectors (positions Float64) |> Space.lengths |> Tensor.toArray
printfn $"bonds of {Array.min lengths:F3} to {Array.max lengths:F3} Å"
check "edges are shorter than the cut-off" (Array.max lengths < cutoff)

// Features are irreps of O(3): 32 scalars (0e), 8 vectors (1o), 8 symmetric traceless matrices (2e). A layer multiplies the
// features of senders with spherical harmonics of the edges, weighs the products by a network of the distance, sums them at
// the receivers, mixes, and gates. All species are alike here, so a node starts from the number 1.
let layers =
    [ for features in [ "32x0e + 8x1o + 8x2e"; "32x0e + 8x1o + 8x2e"; "32x0e" ] ->
          { NequipLayer.standard (Irreps.ofString features) with
              AverageNeighbours = 20.0 } ]

let model = { Nequip.tutorial with Cutoff = cutoff; Layers = layers; Readout = 16 } |> Nequip.check |> orFail
let network = Nequip.create model
let senders, receivers = Seq.toArray dataset.Senders, Seq.toArray dataset.Receivers

// The energy of every atom, from vectors that are functions of the positions; then its mean over each crystal.
let atomEnergies parameters (x: Tensor) =
    network.Apply
        parameters
        { Vectors = relativeVectors x
          Senders = senders
          Receivers = receivers
          Rows = EdgeRows.each senders.Length
          Species = Array.zeroCreate x.Shape[0] }

let predict parameters x = atomEnergies parameters x |> Nequip.graphMean dataset

// Training ----------------------------------------------------------------------------------------------------------------

// Parameters are an immutable tree, made of a key: equal keys give equal parameters.
let parameters = network.Init Float32 (RandomKey.FromSeed 0UL)
let count = Tree.leaves parameters |> List.sumBy _.Size
printfn $"{count} parameters in {(Tree.leaves parameters).Length} tensors"
check "as many parameters as the original" (count = 38849)

// The loss is a function of parameters; one step is a function from state to state. Adam remembers means of gradients and
// of their squares, which is why there is a state.
let targets = Tensor.vector energies |> Tensor.cast Float32
let x = positions Float32
let loss parameters () = Tensor.mean (Tensor.square (predict parameters x - targets))
let optimiser = Optimiser.adam 1e-3
let steps = 1000
let watch = Diagnostics.Stopwatch.StartNew()

let losses, trained =
    (Optimisation.start optimiser parameters, [ 1..steps ])
    ||> List.mapFold (fun state _ ->
        let next, value = Optimisation.step optimiser loss state ()
        value, next)

printfn $"{steps} steps in {watch.Elapsed.TotalSeconds:F1} s: loss {losses.Head:E2} to {List.last losses:E2}"

// Did it work?
let predicted = predict trained.Parameters x |> Tensor.toArray

for name, energy, target in Seq.zip3 names predicted energies do
    printfn $"{name, -7} predicted {energy, 7:F4} eV/atom, target {target, 6:F3}"

check "training lowers the loss a thousandfold" (List.last losses < 1e-3 * losses.Head)

// Forces ------------------------------------------------------------------------------------------------------------------

// Nobody taught the network forces. They are minus the derivative of the energy by positions, here in float64, and the
// potential made of the network has them, with the stress, by the same differentiation.
let exact = Tree.map (Tensor.cast Float64) trained.Parameters
let energy x = Tensor.sum (atomEnergies exact x)
let forces = -(Diff.grad energy (positions Float64))

let potential = Nequip.potential "four crystals" [ 6 ] model exact
let results = crystals |> List.map (Evaluate.run potential >> orFail)
let fromPotential = results |> Seq.collect _.Forces |> Array.ofSeq

let difference = Seq.zip (Tensor.toArray forces) fromPotential |> Seq.map (fun (a, b) -> abs (a - b)) |> Seq.max

printfn $"forces of the graph and of the potential differ by {difference:E0} eV/Å"
check "both ways give the same forces" (difference < 1e-11)

// A central difference along a random direction agrees.
let direction = Tensor.normal Float64 [| 20; 3 |] (RandomKey.FromSeed 1UL)
let at h = energy (positions Float64 + h * direction) |> Tensor.value
let h = 1e-4
let slope = (8.0 * (at h - at -h) - (at (2.0 * h) - at (-2.0 * h))) / (12.0 * h)
let along = -(Tensor.value (Tensor.sum (forces * direction)))
printfn $"slope {along:F8} by differentiation, {slope:F8} by differences"
check "forces are minus the slope of the energy" (abs (along - slope) < 1e-6 * (1.0 + abs slope))

// Diamond pulled apart: what the network believes about a crystal that it has never seen.
let stretches = [| for k in -10 .. 10 -> 1.0 + 0.005 * float k |]

let stretched =
    [| for s in stretches ->
           let crystal = Crystal.diamond "C" (3.56075 * s) |> orFail
           (Evaluate.run potential crystal |> orFail).Energy / 8.0 |]

// Figures -----------------------------------------------------------------------------------------------------------------

let iterations = [| for k in 1..steps -> float k |]

let lossFigure =
    Plot.Create("Loss").Line(iterations, losses).LogX().LogY().XLabel("step").YLabel("mean squared error (eV/atom)²")

// One layer of graphite from above: the cell, the atoms in it, and their edges, whose other ends may lie outside.
let layerFigure =
    let graphite = crystals[1]
    let pairs = computeEdges graphite
    let at = Space.positions graphite
    let vectors = Space.vectors at (Space.cell graphite) pairs
    let place i c = Tensor.item [| i; c |] at

    let inLayer =
        [ for i in 0 .. graphite.Count - 1 do
              if place i 2 < 0.5 * 7.80307 then i ]

    let edges =
        [ for e in 0 .. pairs.Count - 1 do
              let i = pairs.Receivers[e]

              if List.contains i inLayer then
                  let ends c = [ place i c; place i c + Tensor.item [| e; c |] vectors ]
                  ends 0, ends 1 ]

    let empty = Plot.Create("Edges in a layer of graphite").XLabel("x (Å)").YLabel("y (Å)")
    let cell = empty.Line([ 0.0; 2.46729; 1.23364; -1.23365; 0.0 ], [ 0.0; 0.0; 2.13674; 2.13674; 0.0 ], "cell")
    let lines = (cell, edges) ||> List.fold (fun plot (x, y) -> plot.Line(x, y, colour = "#999999"))

    lines
        .Points(
            edges |> List.map (fst >> List.last),
            edges |> List.map (snd >> List.last),
            "senders",
            "#d55e00",
            size = 6.0
        )
        .Points(
            [ for i in inLayer -> place i 0 ],
            [ for i in inLayer -> place i 1 ],
            "receivers",
            "#0072b2",
            size = 10.0
        )
        .XLimits(-1.8, 3.0)
        .YLimits(-1.2, 2.6)
        .Size(640, 510)

let stretchFigure =
    Plot
        .Create("Diamond stretched")
        .Line(Array.map (fun s -> 3.56075 * s) stretches, stretched)
        .Vertical(3.56075, "trained here")
        .XLabel("lattice constant (Å)")
        .YLabel("energy (eV/atom)")

let table =
    (Table.Create("crystal", "nodes", "edges", "predicted (eV/atom)", "target (eV/atom)"), List.indexed names)
    ||> List.fold (fun table (i, name) ->
        table.Row(name, dataset.NodeCounts[i], dataset.EdgeCounts[i], Math.Round(predicted[i], 5), energies[i]))

Page
    .Create("NequIP on crystals")
    .Paragraph("Four crystals of carbon as graphs, a network that learns their energies, and the forces that follow.")
    .Figure(layerFigure, "All edges end at an atom in the cell; senders are atoms of the cell or images of them.")
    .Figure(lossFigure, "Mean squared error of the energies per atom, before each step.")
    .Table(table)
    .Figure(stretchFigure, "Energy of diamond with other lattice constants, which the network has not seen.")
    .Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "04-nequip-crystals.html"))
