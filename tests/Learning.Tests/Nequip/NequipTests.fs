/// The tutorial's network against the numbers of the program it comes from (Fixtures/nequip/tutorial.json).
module Noether.Tests.NequipTests

open System
open System.Collections.Immutable
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Training

let crystals = [ "mp-47"; "mp-48"; "mp-66"; "mp-169" ]

let private recorded = lazy (reference "tutorial.json")

/// A structure of the reference file.
let structure name =
    let input = recorded.Value |> get "inputs" |> get name
    let flat element = items element |> List.toArray |> Array.collect numbers
    let positions = input |> get "positions" |> flat
    let cell = Cell.create (input |> get "cell" |> flat) (true, true, true) |> Outcome.getOrFail
    let carbon = ImmutableArray.CreateRange(Seq.replicate (positions.Length / 3) 6)
    Structure.create carbon (ImmutableArray.CreateRange positions) cell |> Outcome.getOrFail

/// The four crystals as one batch.
let private batch =
    lazy
        (crystals
         |> List.map (fun name ->
             let target = recorded.Value |> get "inputs" |> get name |> get "target_energy_per_atom" |> number
             Nequip.graph 2.0 [ "energies", target ] (structure name) |> Outcome.getOrFail)
         |> Graphs.batch
         |> Outcome.getOrFail)

let private network = Nequip.create Nequip.tutorial

/// The reference's name of a parameter of ours.
let private referenceName (path: string) =
    path
        .Replace("layer_", "NEQUIPLayerFlax_")
        .Replace("skip/", "skip_tp/")
        .Replace("hidden/", "Linear_0/")
        .Replace("readout/", "Linear_1/")
    |> fun path ->
        if path.Contains "/radial/" then
            path.Replace("/radial/", "/MultiLayerPerceptron_0/") + "/kernel"
        else
            path

/// The deterministic weights of the reference.
let parameters =
    lazy
        (let weights = ReferenceWeights.tutorial.Value |> List.map (fun w -> w.Name, w) |> Map.ofList

         network.Init Float64 (RandomKey.FromSeed 0UL)
         |> Tree.mapPaths (fun path (fresh: Tensor) ->
             let named = weights[referenceName path]
             equal named.Shape (List.ofArray fresh.Shape)
             Tensor.ofArray fresh.Shape named.Values))

let private energies parameters positions = Nequip.energies network parameters batch.Value positions

let private positions = lazy (Nequip.positions Float64 batch.Value)

/// The mean squared error of the energies per atom, the tutorial's loss.
let private loss parameters (graphs: GraphsTuple) =
    let predicted =
        Nequip.graphMean graphs (Nequip.energies network parameters graphs (Nequip.positions Float64 graphs))

    match graphs.Globals["energies"] with
    | Real targets -> Tensor.mean (Tensor.square (predicted - targets))
    | Integer _ -> failwith "energies are real"

[<Tests>]
let tests =
    testList
        "Nequip"
        [ testCase "edges of the four carbon crystals" (fun () ->
              equal (recorded.Value |> get "cutoff" |> number) Nequip.tutorial.Cutoff
              equal [ 16; 12; 32; 12 ] (List.ofSeq batch.Value.EdgeCounts)
              equal [ 4; 4; 8; 4 ] (List.ofSeq batch.Value.NodeCounts))

          testCase "energies are those of the original program" (fun () ->
              let atoms = energies parameters.Value positions.Value
              // The reference asks 1e-12; energies are of order one.
              closeAll "node energy" 1e-13 (recorded.Value |> get "node_energies" |> numbers) (Tensor.toArray atoms)
              let means = Nequip.graphMean batch.Value atoms |> Tensor.toArray
              closeAll "mean energy" 1e-13 (recorded.Value |> get "mean_energies" |> numbers) means)

          testCase "forces are those of the original program" (fun () ->
              let volumes = [ for name in crystals -> Cell.volume (structure name).Cell |> Option.get ]
              closeAll "volume" 1e-13 (recorded.Value |> get "volume" |> numbers) volumes
              let gradient = Diff.grad (fun x -> Tensor.sum (energies parameters.Value x)) positions.Value

              let expected =
                  recorded.Value
                  |> get "forces_of_summed_node_energies"
                  |> items
                  |> List.toArray
                  |> Array.collect numbers

              closeAll "force" 1e-12 expected (Tensor.toArray (-gradient)))

          testCase "forces are minus the central difference of the energy" (fun () ->
              let total x = Tensor.sum (energies parameters.Value x)
              let direction = Tensor.normal Float64 positions.Value.Shape (RandomKey.FromSeed 1UL)
              let h = 1e-4

              let difference k =
                  Tensor.value (
                      total (positions.Value + k * h * direction) - total (positions.Value - k * h * direction)
                  )

              let slope = (8.0 * difference 1.0 - difference 2.0) / (12.0 * h)
              let exact = Tensor.value (Diff.gradv total positions.Value direction)
              // h⁴ times the fifth derivative is 3e-10 here, rounding 1e-14/h.
              close "slope" 1e-9 slope exact)

          testCase "gradient norms of every parameter are those of the original program" (fun () ->
              let value, gradients = Tree.fgrad (fun p -> loss p batch.Value) parameters.Value
              close "loss" 1e-13 (recorded.Value |> get "loss_step0" |> number) (Tensor.value value)
              let norms = recorded.Value |> get "gradient_norms"

              for path, gradient in Tree.paths gradients do
                  let norm = sqrt (Tensor.value (Tensor.sum (Tensor.square gradient)))
                  let expected = norms |> get (referenceName path) |> number
                  close path (1e-12 + 1e-12 * expected) expected norm

              let gradients = Map [ for path, gradient in Tree.paths gradients -> referenceName path, gradient ]
              let names = Set.ofSeq gradients.Keys

              // "['params']['Linear_0']['w']" for "Linear_0/w".
              let plain (name: string) = name.Replace("['params']", "").Replace("']['", "/").Trim('[', ']', '\'')

              for order in [ "parameter_names_in_creation_order"; "parameter_names_in_tree_order" ] do
                  equal
                      names
                      (recorded.Value
                       |> get order
                       |> items
                       |> List.map (text >> plain >> _.Replace("params/", ""))
                       |> set)

              let constants = get "activation_constants" recorded.Value
              let divisor name = 1.0 / (get $"{name}_divided_by" constants |> number)
              close "silu" 1e-14 (divisor "silu") (Activation.factor Activation.Silu)
              close "tanh" 1e-14 (divisor "tanh") (Activation.factor Activation.Tanh)

              for entry in recorded.Value |> get "parameters_in_fill_order" |> items do
                  let name = get "name" entry |> text
                  let gradient = Tensor.toArray gradients[name]
                  let norm = get "loss_gradient_norm" entry |> number
                  equal (get name norms |> number) norm
                  let first = get "loss_gradient_first" entry |> numbers
                  closeAll name (1e-12 + 1e-12 * norm) first gradient[.. first.Length - 1])

          testCase "training follows the original program" (fun () ->
              let optimiser = Optimiser.adam 1e-3
              let trace = recorded.Value |> get "loss_trace" |> numbers

              // Rounding grows along the trajectory: the reference asks 1e-12 for the first 20 and 1e-6 from 500.
              let near step value =
                  let tolerance =
                      if step < 20 then 1e-11
                      elif step < 500 then 1e-7
                      else 1e-6

                  close $"loss after {step} steps" (tolerance * trace[step]) trace[step] value

              let trained =
                  (Optimisation.start optimiser parameters.Value, [ 1 .. trace.Length - 1 ])
                  ||> List.fold (fun state _ ->
                      let next, value = Optimisation.step optimiser loss state batch.Value
                      near state.Step value
                      next)

              near trained.Step (Tensor.value (loss trained.Parameters batch.Value))

              closeAll
                  "predictions"
                  1e-6
                  (recorded.Value |> get "final_predictions" |> numbers)
                  (energies trained.Parameters positions.Value |> Nequip.graphMean batch.Value |> Tensor.toArray))

          testCase "padded graphs have the energies and forces of the original program" (fun () ->
              let expected = recorded.Value |> get "padded_24_nodes_80_edges_6_graphs"

              let padded =
                  GraphPadding.padWithGraphs { NodeCount = 24; EdgeCount = 80; GraphCount = 6 } batch.Value
                  |> Outcome.getOrFail

              let positions = Nequip.positions Float64 padded
              let energies, forces = Nequip.energiesAndForces network parameters.Value padded positions
              closeAll "energies" 1e-13 (expected |> get "node_energies" |> numbers) (Tensor.toArray energies)
              closeAll "forces" 1e-12 (expected |> get "forces_of_real_nodes_energy" |> deep) (Tensor.toArray forces)
              // The last graph has no nodes: a mean of none is not a number there, and 0 here.
              let means = Nequip.graphMean padded energies |> Tensor.toArray
              let theirs = expected |> get "mean_energies_unmasked_division" |> numbers
              equal nan (Array.last theirs)
              equal 0.0 (Array.last means)
              closeAll "means" 1e-13 theirs[..4] means[..4])

          testCase "energies do not change under rotation and inversion" (fun () ->
              let q = Tensor.normal Float64 [| 4 |] (RandomKey.FromSeed 2UL) |> Tensor.toArray
              let norm = sqrt (Array.sumBy (fun v -> v * v) q)
              let w, x, y, z = q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm

              let rotation =
                  Tensor.matrix
                      [ [ 1.0 - 2.0 * (y * y + z * z); 2.0 * (x * y - w * z); 2.0 * (x * z + w * y) ]
                        [ 2.0 * (x * y + w * z); 1.0 - 2.0 * (x * x + z * z); 2.0 * (y * z - w * x) ]
                        [ 2.0 * (x * z - w * y); 2.0 * (y * z + w * x); 1.0 - 2.0 * (x * x + y * y) ] ]

              let graphs = batch.Value

              let cells =
                  match graphs.Globals["cells"] with
                  | Real cells -> cells
                  | Integer _ -> failwith "cells are real"

              let vectors = Space.edgeVectors graphs positions.Value cells
              let senders, receivers = Array.ofSeq graphs.Senders, Array.ofSeq graphs.Receivers

              let shifts =
                  match graphs.Edges["shifts"] with
                  | Integer(values, 3) -> Array.ofSeq values
                  | other -> failwith $"shifts are {other}"

              let rows = EdgeRows.create senders receivers (ReadOnlySpan shifts)

              let at rows senders receivers vectors =
                  network.Apply
                      parameters.Value
                      { Vectors = vectors
                        Senders = senders
                        Receivers = receivers
                        Rows = rows
                        Species = Array.zeroCreate 20 }
                  |> Tensor.toArray

              let evaluate = at rows senders receivers

              let reference = evaluate vectors
              closeAll "rotated" 1e-13 reference (evaluate (Tensor.matmul vectors rotation))
              closeAll "inverted" 1e-13 reference (evaluate (-vectors))
              // Atoms in the opposite order, edges in the opposite order.
              let last = 19
              let flip (index: int[]) = index |> Array.rev |> Array.map (fun i -> last - i)

              let each = EdgeRows.each senders.Length
              let reversed = at each (flip senders) (flip receivers) (Tensor.flip 0 vectors)
              closeAll "permuted" 1e-13 reference (Array.rev reversed)
              closeAll "edges alone" 1e-13 reference (at each senders receivers vectors)
              equal (senders.Length / 2) rows.Edge.Length)

          testCase "equal keys give equal parameters and different keys different ones" (fun () ->
              let init seed = network.Init Float32 (RandomKey.FromSeed seed)
              equal (init 3UL) (init 3UL)
              differ (init 3UL) (init 4UL)
              equal 38849 (init 3UL |> Tree.leaves |> List.sumBy _.Size)) ]
