/// The tutorial's network stage by stage on each of its crystals (Fixtures/nequip/tutorial.json).
module Noether.Tests.NequipStageTests

open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Learning
open Noether.Physics
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

/// A crystal's edges, and for each edge of the original program the place of the same edge here.
let private edgesOf name (expected: Entry) =
    let structure = NequipTests.structure name
    let pairs = Neighbours.build Nequip.tutorial.Cutoff structure |> ok
    let input = NequipInput.ofPairs "tutorial" [ 6 ] (PairData.ofStructure pairs structure)
    let integers name = expected |> get name |> integers

    let places =
        dict
            [ for e in 0 .. pairs.Count - 1 ->
                  (pairs.Receivers[e], pairs.Senders[e], [ for c in 0..2 -> pairs.Shifts[3 * e + c] ]), e ]

    let shifts = expected |> get "shifts" |> items |> List.map Recorded.integers
    let theirs = List.zip3 (integers "receivers") (integers "senders") shifts
    equal places.Count theirs.Length
    input, [| for edge in theirs -> places[edge] |]

/// What a layer computes on its way: the features it mixes first, the weights of its messages, what it keeps, what it
/// receives.
let private stages (layer: NequipLayer) (mixed: Irreps) own (edges: EdgeFeatures) (features: IrrepsTensor) species =
    let input = features.Irreps
    let wanted irrep = Irreps.contains irrep layer.Output || irrep = Irrep.scalar

    let plan =
        MessagePass.terms wanted [ 0 ] input @ MessagePass.terms wanted [ 1 .. layer.MaxDegree ] input
        |> List.map (fun term -> { term with Coefficient = term.Coefficient / sqrt layer.AverageNeighbours })
        |> MessagePass.plan input [ 0 .. layer.MaxDegree ]

    let part name (network: Network<_, _>) x = network.Apply (Tree.find name own) x
    let widths = [ yield layer.RadialBasis; yield! layer.Hidden; yield Irreps.count plan.Output ]
    let up = part "linear_up" (Linear.create None input input) (features, species)
    let weights = part "radial" (Mlp.create Activation.Silu widths) edges.Basis
    let kept = part "skip" (Linear.create (Some layer.Species) input mixed) (features, species)
    let messages = MessagePass.apply plan edges.Edges up.Rows edges.Harmonics weights
    let summed = { Irreps = plan.Output; Rows = messages }
    up, weights, kept, part "linear_down" (Linear.create None plan.Output mixed) (summed, species)

// Sums of some hundred products of numbers of order one, through three layers.
let private tolerance = 1e-13

[<Tests>]
let tests =
    testList
        "NequipStage"
        [ testTheory "Every stage is that of the original program" NequipTests.crystals (fun name ->
              let model, parameters = Nequip.tutorial, NequipTests.parameters.Value
              let expected = reference "tutorial.json" |> get "crystals" |> get name
              let input, order = edgesOf name expected

              let same what (ours: Tensor) =
                  closeAll what tolerance (expected |> get what |> deep) (Tensor.gather order ours |> Tensor.toArray)

              let species, count = input.Species, input.Senders.Length
              let vectors = input.Vectors * (-1.0 / model.Cutoff)
              let rows = EdgeRows.each count

              let edges =
                  EdgeFeatures.create 3 (Radial.basis 8) species.Length input.Senders input.Receivers rows vectors

              same "vectors_over_cutoff" vectors
              same "radial_basis" edges.Basis
              same "spherical_harmonics_l1_to_l3" (Tensor.slice 1 1 16 edges.Harmonics)

              let start = IrrepsTensor.ofRows (Irreps.ofString "0e") (Tensor.ones [| species.Length; 1 |])
              let after = Nequip.layerFeatures model parameters input

              for k, layer in List.indexed model.Layers do
                  let stage = expected |> get $"layer_{k}"
                  let same part actual = sameFeatures $"{part} of layer {k}" tolerance (get part stage) actual
                  same "output" after[k]

                  // Of two crystals there is the output alone.
                  if fst (stage.TryGetProperty "linear_up") then
                      let mixed = stage |> get "skip_tp" |> get "irreps" |> text |> Irreps.ofString
                      let before = if k = 0 then start else after[k - 1]
                      let own = Tree.find $"layer_{k}" parameters
                      let up, weights, kept, received = stages layer mixed own edges before species
                      same "linear_up" up
                      same "skip_tp" kept
                      same "linear_down" received
                      let weights = Tensor.gather order weights |> Tensor.toArray
                      closeAll $"weights of layer {k}" tolerance (stage |> get "mlp_output" |> deep) weights

              let linear name (x: IrrepsTensor) output =
                  (Linear.create None x.Irreps output).Apply (Tree.find name parameters) (x, species)

              let hidden = linear "hidden" (List.last after) (Irreps.ofString "16x0e")
              let energies = linear "readout" hidden (Irreps.ofString "0e")
              sameFeatures "hidden" tolerance (get "linear_0" expected) hidden
              sameFeatures "energies" tolerance (get "linear_1" expected) energies
              closeAll "energies" tolerance (expected |> get "energies_alone" |> deep) (Tensor.toArray energies.Rows)) ]
