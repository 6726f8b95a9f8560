/// NequIP in the conventions of nequip for torch, against that program (Fixtures/nequip/nequip-torch.json).
module Noether.Tests.NequipTorchTests

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

let recorded = lazy (reference "nequip-torch.json")

let private models =
    [ "plain"; "zbl"; "no_parity_two_layers"; "per_edge_type_cutoff"; "per_type_neighbours_readout" ]

let structures = [ "periodic"; "molecule"; "slab_pbc_xy" ]

let symbols = [ "C", 6; "O", 8 ]

let flat element = items element |> List.map numbers |> Array.concat

let private tryGet (name: string) (element: Entry) =
    match element.TryGetProperty name with
    | true, value -> Some value
    | _ -> None

/// A number for all elements, or one for each.
let private each config name symbol =
    let value = get name config
    if value.ValueKind = JsonValueKind.Object then get symbol value |> number else number value

let settings model : NequipTorchSettings =
    let config = recorded.Value |> get "models" |> get model |> get "config"
    let whole name = get name config |> integer

    let hidden depth width = List.replicate depth width

    let pairs =
        match tryGet "per_edge_type_cutoff" config with
        | None -> Map.empty
        | Some table ->
            Map
                [ for a, za in symbols do
                      for b, zb in symbols do
                          let row = get a table
                          let value = if row.ValueKind = JsonValueKind.Object then get b row else row
                          (za, zb), number value ]

    { Cutoff = get "r_max" config |> number
      Species =
        [ for symbol, z in symbols ->
              { Element = z
                Scale = each config "per_type_energy_scales" symbol
                Shift = each config "per_type_energy_shifts" symbol
                AverageNeighbours = each config "avg_num_neighbors" symbol } ]
      PairCutoffs = pairs
      Features = Nequip.features ((get "parity" config).GetBoolean()) (get "num_features" config |> integers)
      Layers = whole "num_layers"
      MaxDegree = whole "l_max"
      Embedding = whole "type_embed_num_features"
      RadialBasis = whole "num_bessels"
      TrainableBasis = (tryGet "bessel_trainable" config).IsSome
      EnvelopePower = whole "polynomial_cutoff_p"
      Hidden = hidden (whole "radial_mlp_depth") (whole "radial_mlp_width")
      Readout =
        match tryGet "readout_mlp_hidden_layers_depth" config with
        | Some depth -> hidden (integer depth) (whole "readout_mlp_hidden_layers_width")
        | None -> []
      Repulsion = tryGet "pair_potential" config |> Option.map (fun _ -> NequipTorchSettings.repulsion) }

let private state model =
    [ for entry in recorded.Value |> get "models" |> get model |> get "state" |> items ->
          get "name" entry |> text, get "shape" entry |> integers, get "values" entry |> numbers ]

let parameters model = NequipTorchWeights.ofState (settings model) (state model) |> Outcome.getOrFail

let structure name =
    let entry = recorded.Value |> get "structures" |> get name
    let elements = get "types" entry |> integers |> List.map (fun t -> snd (List.item t symbols))

    let cell =
        match get "cell" entry with
        | cell when cell.ValueKind = JsonValueKind.Null ->
            isFalse (get "pbc" entry |> items |> List.exists _.GetBoolean())
            Cell.none
        | cell ->
            let flags = get "pbc" entry |> items |> List.map _.GetBoolean()
            Cell.create (flat cell) (flags[0], flags[1], flags[2]) |> Outcome.getOrFail

    Structure.create
        (ImmutableArray.CreateRange elements)
        (ImmutableArray.CreateRange(get "positions" entry |> flat))
        cell
    |> Outcome.getOrFail

let private potential model = NequipTorch.potential model (settings model) (parameters model)

let private cases =
    [ for model in models do
          for structure in structures do
              model, structure ]

[<Tests>]
let tests =
    testList
        "NequipTorch"
        [ testTheory "Energies, forces, stress and virial are those of the original program" cases (fun (model, name) ->
              let expected = recorded.Value |> get "models" |> get model |> get "structures" |> get name
              let structure = structure name
              let results = Evaluate.run (potential model) structure |> Outcome.getOrFail
              // Rounding: energies are of order ten, forces with the repulsion of order a hundred.
              let large = if model = "zbl" then 100.0 else 1.0
              closeAll "energy" (1e-14 * 50.0 * large) (get "per_atom_energy" expected |> numbers) results.Energies
              close "total" (1e-12 * large) (get "total_energy" expected |> number) results.Energy
              closeAll "force" (1e-13 * large) (get "forces" expected |> flat) results.Forces
              closeAll "virial" (1e-13 * large) (get "virial" expected |> flat) results.Virial

              match tryGet "stress" expected, results.Stress with
              | Some stress, Some own -> closeAll "stress" (1e-14 * large) (flat stress) own
              | theirs, own -> isTrue (theirs.IsNone && own.IsNone))

          testTheory
              "Features after each layer are those of the original program"
              [ "periodic"; "molecule"; "slab_pbc_xy" ]
              (fun name ->
                  let model = recorded.Value |> get "models" |> get "plain"
                  let expected = model |> get "structures" |> get name
                  let settings = settings "plain"
                  let structure = structure name
                  let pairs = Neighbours.build settings.Cutoff structure |> Outcome.getOrFail
                  let input = NequipInput.ofPairs "plain" [ 6; 8 ] (PairData.ofStructure pairs structure)

                  for i, features in List.indexed (NequipTorch.features settings (parameters "plain") input) do
                      let layer = $"layer{i}_convnet"

                      let order = model |> get "blocks" |> get layer |> get "irreps_out" |> text |> Irreps.ofString

                      let theirs =
                          expected |> get $"{layer}.node_features" |> items |> List.map numbers |> Array.ofList

                      let ours = IrrepsTensor.toFlat features |> Tensor.toArray
                      let width = features.Irreps.Dim

                      for chunk, struct (start, stop) in List.zip order.Chunks (Irreps.slices order) do
                          let place = features.Irreps.Chunks |> List.findIndex ((=) chunk)
                          let struct (first, _) = List.item place (Irreps.slices features.Irreps)

                          for atom in 0 .. theirs.Length - 1 do
                              let row = theirs[atom]
                              let from = width * atom + first
                              let own = Array.sub ours from (stop - start)
                              closeAll $"{layer} {chunk} of atom {atom}" 1e-13 (Array.sub row start (stop - start)) own)

          testTheory "Gradient norms of weights are those of the original program" cases (fun (model, name) ->
              if name = "periodic" then
                  let norms = recorded.Value |> get "models" |> get model |> get "energy_gradient_norms_periodic"
                  let structure = structure name
                  let settings = settings model
                  let pairs = Neighbours.build settings.Cutoff structure |> Outcome.getOrFail
                  let data = PairData.ofStructure pairs structure

                  let gradients =
                      Tree.grad
                          (fun p -> Tensor.sum ((NequipTorch.potential model settings p).Energies data))
                          (parameters model)

                  let norm paths =
                      Tree.paths gradients
                      |> List.filter (fun (path, _) ->
                          List.exists (fun (start: string) -> path.StartsWith start) paths)
                      |> List.sumBy (fun (_, g: Tensor) -> Tensor.value (Tensor.sum (Tensor.square g)))
                      |> sqrt

                  let check theirs ours =
                      let expected = norms |> get theirs |> number
                      close theirs (1e-12 * max 1.0 expected) expected (norm [ ours ])

                  check "type_embed.embed_module.weight" "embedding"
                  if settings.TrainableBasis then check "bessel_encode.bessel_weights" "frequencies"

                  for i in 0 .. settings.Layers - 1 do
                      check $"layer{i}_convnet.conv.linear_1.weight" $"layer_{i}/linear_up/"
                      check $"layer{i}_convnet.conv.linear_2.weight" $"layer_{i}/linear_down/"
                      if i > 0 then check $"layer{i}_convnet.conv.sc.weight" $"layer_{i}/skip/"

                      for k in 0 .. settings.Hidden.Length do
                          check $"layer{i}_convnet.conv.edge_mlp.mlp.{2 * k}.weight" $"layer_{i}/radial/Dense_{k}"

                  for k in 0 .. settings.Readout.Length do
                      check $"per_atom_energy_readout.mlp_module.mlp.{2 * k}.weight" $"readout/Dense_{k}")

          testCase "Constants of activations are those that the original program normalises with" (fun () ->
              let factors = recorded.Value |> get "e3nn_operations" |> get "normalize2mom" |> get "factors"

              for name, activation in
                  [ "silu", Activation.Silu
                    "tanh", Activation.Tanh
                    "sigmoid", Activation.Sigmoid
                    "gelu_exact", Activation.GeluExact
                    "relu", Activation.Relu
                    "softplus", Activation.Softplus
                    "shifted_softplus", Activation.ShiftedSoftplus
                    "abs", Activation.Abs ] do
                  equal (factors |> get name |> number) (Activation.sampledFactor activation)

              contains
                  "one of the eight that are known"
                  (argumentMessage (fun () -> ignore (Activation.sampledFactor Activation.Cos)))) ]
