/// Training on padded batches: padding changes neither the loss nor its gradient.
module Noether.Tests.PaddedTrainingTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.TrainingChecks
open Noether.Training

let private elements = scaleShift.Elements

let private network =
    lazy
        (let layers = [ for layer in settings.Layers -> { layer with Species = elements.Length } ]
         Nequip.create { settings with Layers = layers })

let private parameters = lazy (network.Value.Init Float64 (RandomKey.FromSeed 11UL))

/// A structure of up to four atoms in a cube, some images of themselves, labelled with energy and forces.
let private drawn (random: Random) =
    let symbols = [ for _ in 1 .. random.Next(1, 5) -> [ "H"; "C"; "O" ][random.Next 3] ]
    let edge = 2.5 + 2.0 * random.NextDouble()
    // One of eight corners of a smaller cube each, and a little off it: none are at one place.
    let corners = Seq.init 8 id |> Seq.sortBy (fun _ -> random.Next()) |> Seq.take symbols.Length

    let places =
        [ for corner in corners ->
              let along bit = edge * (0.5 * float ((corner >>> bit) &&& 1) + 0.2 * random.NextDouble())
              along 0, along 1, along 2 ]

    Cell.cubic edge
    |> Result.bind (Structure.ofSymbols symbols places)
    |> Result.bind (Structure.withInfo "energy" (Property.real (random.NextDouble())))
    |> Result.bind (fun structure ->
        let forces = Property.rows 3 (Seq.init (3 * structure.Count) (fun _ -> random.NextDouble() - 0.5))
        Structure.withPerAtom "forces" (Outcome.getOrFail forces) structure)
    |> Outcome.getOrFail

/// Numbers of a padded batch, and zero where its mask says padding: a column of ones and zeros times them.
let private masked (mask: bool[]) (values: Tensor) =
    let column = mask |> Array.map (fun keep -> if keep then 1.0 else 0.0)
    values * Tensor.ofArray (Array.append [| mask.Length |] (Array.create (values.Rank - 1) 1)) column

let private feature name (features: Map<string, Feature>) =
    match features[name] with
    | Real values -> values
    | Integer _ -> failwith $"{name} are real numbers"

/// The sum of squared errors of energies per atom and of forces; padding, if the batch has any, is masked out.
let private loss padded (graphs: GraphsTuple) parameters =
    let nodes, graphMask =
        if padded then
            GraphPadding.nodeMask graphs, GraphPadding.graphMask graphs
        else
            Array.create (Seq.sum graphs.NodeCounts) true, Array.create graphs.Count true

    let energies, forces = Nequip.energiesAndForces network.Value parameters graphs (Nequip.positions Float64 graphs)

    let counts = graphs.NodeCounts |> Seq.map (fun n -> float (max 1 n)) |> Tensor.vector
    let targets = feature "energies" graphs.Globals / counts
    let energyErrors = masked graphMask (Nequip.graphMean graphs energies - targets)
    let forceErrors = masked nodes (forces - feature "forces" graphs.Nodes)
    Tensor.sum (Tensor.square energyErrors) + Tensor.sum (Tensor.square forceErrors)

[<Tests>]
let tests =
    testList
        "PaddedTraining"
        [ testCase "padding changes neither the loss nor its gradient by parameters" (fun () ->
              for seed in 1..8 do
                  let random = Random seed

                  let dataset =
                      List.init (random.Next(1, 4)) (fun _ -> drawn random)
                      |> Dataset.ofStructures ReferenceStructure.standardNames cutoff
                      |> Outcome.getOrFail

                  let plain = Dataset.graphs elements dataset |> Outcome.getOrFail

                  let size =
                      { NodeCount = Seq.sum plain.NodeCounts + random.Next(1, 4)
                        EdgeCount = plain.Senders.Length + random.Next 5
                        GraphCount = plain.Count + random.Next(1, 3) }

                  let padded = Dataset.paddedGraphs elements size dataset |> Outcome.getOrFail
                  let expected, gradient = Tree.fgrad (loss false plain) parameters.Value
                  let found, paddedGradient = Tree.fgrad (loss true padded) parameters.Value
                  let scale = gradient |> flat |> Array.map abs |> Array.max
                  // Sums of the same terms in another order of blocks; padding adds zeros.
                  isTrue (
                      abs (Tensor.value expected - Tensor.value found) < 1e-12 * (1.0 + abs (Tensor.value expected))
                  )

                  (flat gradient, flat paddedGradient)
                  ||> Array.iter2 (fun g p ->
                      Expect.isTrue (abs (g - p) < 1e-11 * scale) $"seed {seed}: {g} and {p} of {scale}")) ]
