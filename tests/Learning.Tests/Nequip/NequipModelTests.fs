/// Further networks of nequip-jax (Fixtures/nequip/model.json): two species with an embedding, mixed parities, other
/// activations and cut-offs, a cell of one atom; and the tutorial's network in float32.
module Noether.Tests.NequipModelTests

open System
open System.Collections.Immutable
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Training

let private recorded = lazy (reference "model.json")

let private flat element = items element |> List.map numbers |> Array.concat

/// Numbers of several results, one after the other.
let private collect (f: Results -> ImmutableArray<float>) (results: Results list) =
    results |> Seq.collect (fun r -> f r)

/// The elements that stand for species 0 and 1.
let private elements = [ 6; 8 ]

let private structures =
    lazy
        (recorded.Value
         |> get "structures"
         |> items
         |> List.map (fun entry ->
             let cell = Cell.create (get "cell" entry |> flat) (true, true, true) |> Outcome.getOrFail
             let numbers = get "species" entry |> integers |> List.map (fun s -> List.item s elements)

             Structure.create
                 (ImmutableArray.CreateRange numbers)
                 (ImmutableArray.CreateRange(get "positions" entry |> flat))
                 cell
             |> Outcome.getOrFail))

let private run k = recorded.Value |> get "runs" |> items |> List.item k

let private model k =
    let run = run k
    let options = get "layer_options" run

    let option name read fallback =
        match options.TryGetProperty(name: string) with
        | true, value -> read value
        | _ -> fallback

    let activation name fallback =
        match option name text fallback with
        | "soft_odd" -> Activation.SoftOdd
        | "gelu" -> Activation.Gelu
        | "sigmoid" -> Activation.Sigmoid
        | "tanh" -> Activation.Tanh
        | "silu" -> Activation.Silu
        | other -> failwith other

    let layer (irreps: string) : NequipLayer =
        { Output = Irreps.ofString irreps
          AverageNeighbours = options |> get "avg_num_neighbors" |> number
          Species = 2
          Hidden = List.replicate (option "mlp_n_layers" integer 2) (option "mlp_n_hidden" integer 64)
          RadialBasis = option "n_radial_basis" integer 8
          MaxDegree = option "max_ell" integer 3
          Even = activation "even_activation" "silu"
          Odd = activation "odd_activation" "tanh"
          Gates = activation "gate_activation" "silu" }

    { Cutoff = get "cutoff" run |> number
      Layers = get "layers" run |> items |> List.map (text >> layer)
      Readout = 5
      Embedding = Some 6
      ReadoutActivation = Some Activation.Silu }

/// The reference's name of a parameter of ours.
let private referenceName (path: string) =
    let path =
        path
            .Replace("layer_", "NEQUIPLayerFlax_")
            .Replace("skip/", "skip_tp/")
            .Replace("hidden/", "Linear_0/")
            .Replace("readout/", "Linear_1/")
            .Replace("embedding", "Embed_0/embedding")

    if path.Contains "/radial/" then
        path.Replace("/radial/", "/MultiLayerPerceptron_0/") + "/kernel"
    else
        path

/// Numbers of the generator with a seed.
let private generator (seed: int) =
    let mutable state = uint32 seed

    fun () ->
        state <- 1664525u * state + 1013904223u
        sqrt 12.0 * (float state / 4294967296.0 - 0.5)

let private parameters k =
    let next = generator (run k |> get "lcg_seed" |> integer)

    let filled =
        [ for entry in run k |> get "parameters_in_fill_order" |> items ->
              let shape = get "shape" entry |> integers
              let values = Array.init (List.fold (*) 1 shape) (fun _ -> next ())
              let first = get "first" entry |> numbers
              // The same formula in the same precision.
              equal first values[.. first.Length - 1]
              get "name" entry |> text, (shape, values) ]
        |> Map.ofList

    (Nequip.create (model k)).Init Float64 (RandomKey.FromSeed 0UL)
    |> Tree.mapPaths (fun path (fresh: Tensor) ->
        let shape, values = filled[referenceName path]
        equal shape (List.ofArray fresh.Shape)
        Tensor.ofArray fresh.Shape values)

let private batch k =
    structures.Value
    |> List.map (Nequip.graphOfElements elements (model k).Cutoff [] >> Outcome.getOrFail)
    |> Graphs.batch
    |> Outcome.getOrFail

/// Adam after the gradients are shortened to a global norm of 5.
let private clipped = Transform.chain [ Clip.byGlobalNorm 5.0; Optimiser.adam 2e-3 ]

// The tutorial in float32
// ------------------------------------------------------------------------------------------------

let private carbon =
    lazy
        (let inputs = reference "tutorial.json" |> get "inputs"

         [ for name in [ "mp-47"; "mp-48"; "mp-66"; "mp-169" ] do
               let entry = get name inputs
               let positions = get "positions" entry |> flat
               let cell = Cell.create (get "cell" entry |> flat) (true, true, true) |> Outcome.getOrFail
               let numbers = ImmutableArray.CreateRange(Seq.replicate (positions.Length / 3) 6)

               Structure.create numbers (ImmutableArray.CreateRange positions) cell |> Outcome.getOrFail,
               get "target_energy_per_atom" entry |> number ])

let private crystals =
    lazy
        (carbon.Value
         |> List.map (fst >> Nequip.graph 2.0 [] >> Outcome.getOrFail)
         |> Graphs.batch
         |> Outcome.getOrFail)

/// Weights of the tutorial's network by the reference's names.
let private tutorialParameters precision (values: Map<string, float[]>) =
    (Nequip.create Nequip.tutorial).Init precision (RandomKey.FromSeed 0UL)
    |> Tree.mapPaths (fun path (fresh: Tensor) ->
        Tensor.ofArray fresh.Shape values[referenceName path] |> Tensor.cast precision)

let private deterministic =
    lazy (Map [ for weights in ReferenceWeights.tutorial.Value -> weights.Name, weights.Values ])

/// Fails unless Adam follows the losses that were recorded, and ends at the predictions.
let private followed what expected parameters =
    let network = Nequip.create Nequip.tutorial
    let targets = Tensor.vector (List.map snd carbon.Value) |> Tensor.cast Float32
    let optimiser = Optimiser.adam 1e-3
    let loss = Nequip.energyLoss network targets
    let trace = expected |> get "loss_trace" |> numbers

    // The state before each step with its loss.
    let steps =
        (Optimisation.start optimiser parameters, [ 1 .. trace.Length ])
        ||> List.mapFold (fun state _ ->
            let next, value = Optimisation.step optimiser loss state crystals.Value
            (state, value), next)

    let losses = [| for _, value in fst steps -> value |]

    // Rounding of float32, growing along the trajectory, while losses fall by seven orders of magnitude.
    for step in 0 .. trace.Length - 1 do
        let tolerance = if step < 200 then 1e-3 else 1e-2
        close $"{what}: loss after {step} steps" (tolerance * trace[step]) trace[step] losses[step]

    // It took 1000 steps; one of its lists has the loss after the last of them too.
    let trained = if trace.Length = 1000 then snd steps else fst (List.last (fst steps))

    let predicted =
        Nequip.energies network trained.Parameters crystals.Value (Nequip.positions Float32 crystals.Value)
        |> Nequip.graphMean crystals.Value
        |> Tensor.toArray

    closeAll $"{what}: predictions" 1e-5 (expected |> get "final_predictions" |> numbers) predicted

[<Tests>]
let tests =
    testList
        "NequipModel"
        [ testTheory "Energies, forces and strain derivatives of the further networks" [ 0; 1 ] (fun k ->
              let expected = run k
              let batch = batch k
              equal (expected |> get "edges" |> get "n_edge" |> integers) (List.ofSeq batch.EdgeCounts)
              let edges = get "edges" expected
              let shifts = get "shifts" edges |> items |> List.map integers
              let theirs = List.zip3 (get "receivers" edges |> integers) (get "senders" edges |> integers) shifts

              match batch.Edges["shifts"] with
              | Integer(own, 3) ->
                  let ours =
                      [ for e in 0 .. theirs.Length - 1 ->
                            batch.Receivers[e], batch.Senders[e], [ for c in 0..2 -> own[3 * e + c] ] ]

                  equal (List.sort theirs) (List.sort ours)
              | other -> failwith $"shifts are {other}"

              let positions = Nequip.positions Float64 batch
              let network = Nequip.create (model k)
              let energies, forces = Nequip.energiesAndForces network (parameters k) batch positions
              // Of order one; the reference itself asks 1e-12.
              closeAll "node energy" 1e-13 (expected |> get "node_energies" |> numbers) (Tensor.toArray energies)

              closeAll
                  "mean energy"
                  1e-13
                  (expected |> get "mean_energies" |> numbers)
                  (Tensor.toArray (Nequip.graphMean batch energies))

              closeAll "force" 1e-12 (expected |> get "forces_of_summed_node_energies" |> flat) (Tensor.toArray forces)

              // The same as a potential, structure by structure.
              let potential = Nequip.potential "further" elements (model k) (parameters k)
              let results = structures.Value |> List.map (Evaluate.run potential >> Outcome.getOrFail)

              closeAll "energy" 1e-13 (expected |> get "node_energies" |> numbers) (collect _.Energies results)

              let layers =
                  [ for structure in structures.Value do
                        let pairs = Neighbours.build (model k).Cutoff structure |> Outcome.getOrFail
                        let data = PairData.ofStructure pairs structure
                        NequipInput.ofPairs "further" elements data |> Nequip.layerFeatures (model k) (parameters k) ]
                  |> List.transpose

              for i, ofStructures in List.indexed layers do
                  expected
                  |> get "layer_outputs"
                  |> get $"layer_{i}"
                  |> fun layer ->
                      FeatureChecks.sameFeatures $"layer {i}" 1e-12 layer (IrrepsAlgebra.concatRows ofStructures)

              for result, strain in List.zip results (expected |> get "strain_derivative" |> items) do
                  closeAll "strain derivative" 1e-12 (flat strain) (Seq.map (~-) result.Virial))

          testTheory "Training with forces follows the original program" [ 0; 1 ] (fun k ->
              let expected = run k |> get "energy_force_loss"
              let batch = batch k
              let network = Nequip.create (model k)
              let positions = Nequip.positions Float64 batch
              let targets = recorded.Value |> get "energies" |> numbers |> Tensor.vector
              let next = generator 9
              let forceTargets = Tensor.ofArray positions.Shape (Array.init positions.Size (fun _ -> 0.1 * next ()))

              let loss parameters () =
                  let energies, forces = Nequip.energiesAndForces network parameters batch positions

                  Tensor.mean (Tensor.square (Nequip.graphMean batch energies - targets))
                  + 0.5 * Tensor.mean (Tensor.square (forces - forceTargets))

              let value, gradients = Tree.fgrad (fun p -> loss p ()) (parameters k)
              close "loss" 1e-12 (get "value" expected |> number) (Tensor.value value)

              let norms =
                  [ for entry in run k |> get "parameters_in_fill_order" |> items ->
                        get "name" entry |> text, get "loss_gradient_norm" entry |> number ]
                  |> Map.ofList

              for path, gradient in Tree.paths gradients do
                  let norm = norms[referenceName path]
                  close path (1e-12 + 1e-12 * norm) norm (sqrt (Tensor.value (Tensor.sum (Tensor.square gradient))))

              let trace = expected |> get "trace_40_steps_clip5_adam_2e-3" |> numbers

              (Optimisation.start clipped (parameters k), trace)
              ||> Array.fold (fun state expected ->
                  let next, value = Optimisation.step clipped loss state ()
                  // Rounding grows along the trajectory, tenfold in some ten steps.
                  close $"loss before step {next.Step}" (1e-9 * expected) expected value
                  next)
              |> ignore)

          testCase "Features that nothing depends on are left out" (fun () ->
              for entry in recorded.Value |> get "filter_layers" |> items do
                  let read name = get name entry |> items |> List.map text

                  let degree =
                      match get "max_ell" entry with
                      | degree when degree.ValueKind = JsonValueKind.Null -> None
                      | degree -> Some(integer degree)

                  let kept = read "in" |> List.map Irreps.ofString |> NequipLayer.influential degree
                  equal (read "out") [ for layer in kept -> layer.AsText ])

          testCase "The tutorial in float32 agrees with the original program in float32" (fun () ->
              let expected = reference "tutorial-f32.json"
              let network = Nequip.create Nequip.tutorial
              let parameters = tutorialParameters Float32 deterministic.Value
              let positions = Nequip.positions Float32 crystals.Value
              let energies, forces = Nequip.energiesAndForces network parameters crystals.Value positions
              // float32 has seven digits; the programs' constants of activations differ by 1e-6 in it.
              closeAll "node energy" 1e-5 (expected |> get "node_energies" |> numbers) (Tensor.toArray energies)
              closeAll "force" 1e-5 (expected |> get "forces_of_summed_node_energies" |> flat) (Tensor.toArray forces)

              closeAll
                  "mean energy"
                  1e-5
                  (expected |> get "mean_energies" |> numbers)
                  (Tensor.toArray (Nequip.graphMean crystals.Value energies))

              let targets = Tensor.vector (List.map snd carbon.Value) |> Tensor.cast Float32
              let loss parameters = Nequip.energyLoss network targets parameters crystals.Value
              let gradients = snd (Tree.fgrad loss parameters)
              let norms = get "gradient_norms" expected
              // Steps of float32 in products of six weights.
              for path, gradient in Tree.paths gradients do
                  let norm = norms |> get (referenceName path) |> number
                  close path (1e-4 * norm) norm (Tensor.value (Tensor.sum (Tensor.square gradient)) |> sqrt)

              let potential = Nequip.potential "tutorial" [ 6 ] Nequip.tutorial parameters
              let results = carbon.Value |> List.map (fst >> Evaluate.run potential >> Outcome.getOrFail)
              let volumes = [ for structure, _ in carbon.Value -> Cell.volume structure.Cell |> Option.get ]
              closeAll "volume" 1e-5 (expected |> get "volume" |> numbers) volumes
              let strain = collect _.Virial results |> Seq.map (~-)
              // The program's own are 1.1e-5 of the largest off those that it has in float64.
              let near what (found: float seq) =
                  let theirs = expected |> get what |> deep
                  closeAll what (2e-5 * largest theirs) theirs found

              near "strain_derivative" strain
              near "stress" (collect _.Stress.Value results)
              close "loss" 1e-6 (expected |> get "loss_step0" |> number) (Tensor.value (loss parameters))
              followed "tutorial-f32" expected parameters)

          testCase "The tutorial as printed starts from the original program's weights as that does" (fun () ->
              let expected = reference "tutorial-seed0.json"

              let values =
                  Map
                      [ for entry in expected |> get "parameters" |> items ->
                            let values = get "values" entry |> numbers
                            equal (get "shape" entry |> integers |> List.fold (*) 1) values.Length
                            get "name" entry |> text, values ]

              let parameters = tutorialParameters Float32 values
              let positions = Nequip.positions Float32 crystals.Value
              let energies = Nequip.energies (Nequip.create Nequip.tutorial) parameters crystals.Value positions
              closeAll "node energy" 1e-5 (expected |> get "node_energies" |> numbers) (Tensor.toArray energies)
              let means = Nequip.graphMean crystals.Value energies |> Tensor.toArray
              closeAll "mean energy" 1e-5 (expected |> get "mean_energies" |> numbers) means
              followed "tutorial-seed0" expected parameters)

          testCase "The tutorial as a potential has the original program's forces and stress" (fun () ->
              let expected = reference "tutorial.json"
              let parameters = tutorialParameters Float64 deterministic.Value
              let potential = Nequip.potential "tutorial" [ 6 ] Nequip.tutorial parameters
              let results = carbon.Value |> List.map (fst >> Evaluate.run potential >> Outcome.getOrFail)
              closeAll "energy" 1e-13 (expected |> get "node_energies" |> numbers) (collect _.Energies results)

              closeAll
                  "force"
                  1e-12
                  (expected |> get "forces_of_summed_node_energies" |> flat)
                  (collect _.Forces results)

              closeAll
                  "strain"
                  1e-12
                  (expected |> get "strain_derivative" |> items |> List.toArray |> Array.collect flat)
                  (collect _.Virial results |> Seq.map (~-))

              closeAll
                  "stress"
                  1e-13
                  (expected |> get "stress" |> items |> List.toArray |> Array.collect flat)
                  (collect _.Stress.Value results)

              // In float32, the network's arithmetic.
              let single =
                  Nequip.potential "tutorial" [ 6 ] Nequip.tutorial (Tree.map (Tensor.cast Float32) parameters)

              let near = carbon.Value |> List.map (fst >> Evaluate.run single >> Outcome.getOrFail)
              closeAll "float32" 1e-5 (collect _.Energies results |> Array.ofSeq) (collect _.Energies near)) ]
