namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance

/// Weights of nequip (for torch) as parameters of `NequipTorch`: here, and only here, the order of its irreps and products
/// is turned into ours. nequip sorts 0o, 0e, 1o, 1e, … before a gate, keeps the features' configured order behind it, and
/// has the weights of messages in the order of its instructions.
[<RequireQualifiedAccess>]
module NequipTorchWeights =

    /// Parts of an axis under keys, in another order of the keys.
    let private rearrange axis (from: ('Key * int) list) (into: 'Key list) (x: Tensor) =
        let starts = from |> List.scan (fun start (_, size) -> start + size) 0
        let places = List.zip (List.map fst from) (List.pairwise starts) |> List.filter (fun (_, (a, b)) -> b > a)

        into
        |> List.choose (fun key -> List.tryFind (fun (own, _) -> own = key) places)
        |> List.map (fun (_, (start, stop)) -> Tensor.slice axis start stop x)
        |> Tensor.concat axis

    /// nequip's order of irreps before a gate.
    let private torchOrder (irrep: Irrep) = irrep.L, (if irrep.Parity = Parity.Odd then 0 else 1)

    /// The columns of one irrep before the gate: the features, then gates for chunks of other irreps.
    type private Column =
        | Feature of Irrep
        | GateOf of Irrep

    /// The columns before the gate, chunk by chunk of the linear maps' output, in an order of the features.
    let private columns (features: MulIrrep list) =
        let gates = features |> List.filter (fun chunk -> chunk.Irrep.L > 0)

        [ for chunk in features do
              yield chunk.Irrep, [ Feature chunk.Irrep, chunk.Mul ]
          yield Irrep.scalar, [ for chunk in gates -> GateOf chunk.Irrep, chunk.Mul ] ]

    let private ofIrrep irrep all = all |> List.filter (fun (own, _) -> own = irrep) |> List.collect snd

    /// Weights by name: shape and numbers, C order.
    type private State = Map<string, int list * float[]>

    let private find (state: State) name (shape: int list) =
        match Map.tryFind name state with
        | None -> Outcome.raise (Inconsistent("the weights", $"no '{name}'", "one, as the settings say"))
        | Some(_, values) when values.Length <> List.fold (*) 1 shape ->
            let expected = shape |> List.map string |> String.concat " × "
            Outcome.raise (Inconsistent($"the weights '{name}'", $"{values.Length} numbers", $"{expected} of them"))
        | Some(_, values) ->
            match Array.tryFind (System.Double.IsFinite >> not) values with
            | Some value -> Outcome.raise (NonFinite($"a weight of '{name}'", value))
            | None -> Tensor.ofArray (Array.ofList shape) values

    /// A flat array of weights cut into blocks of given shapes.
    let private blocks (state: State) name (shapes: int list list) =
        let sizes = shapes |> List.map (List.fold (*) 1)
        let flat = find state name [ List.sum sizes ]
        let starts = sizes |> List.scan (+) 0 |> List.pairwise

        [ for (start, stop), shape in List.zip starts shapes ->
              Tensor.slice 0 start stop flat |> Tensor.reshape (Array.ofList shape) ]

    /// A linear layer's parameters: what stands for a pair of equal chunks, by names of their own.
    let private linear (input: Irreps) (output: Irreps) (weights: int -> MulIrrep -> int -> MulIrrep -> Tensor) =
        Branch [ for i, o, a, b in Linear.paths input output -> Linear.name i o a b, Leaf(weights i a o b) ]

    let private mlp state prefix (widths: int list) =
        List.pairwise widths |> List.mapi (fun k (a, b) -> find state $"{prefix}.mlp.{2 * k}.weight" [ a; b ])

    let private dense (weights: Tensor list) = Branch [ for k, w in List.indexed weights -> $"Dense_{k}", Leaf w ]

    let private layer (settings: NequipTorchSettings) state i (input: Irreps) (output: Irreps) (plan: MessagePlan) =
        let prefix = $"layer{i}_convnet.conv"
        let ours = Irreps.regroup output
        let mixed = Interaction.mixed ours plan.Output
        let own = columns output.Chunks
        let torchTargets = output.Chunks |> List.map _.Irrep |> List.append [ Irrep.scalar ] |> List.distinct
        let width irrep = ofIrrep irrep own |> List.sumBy snd
        let isTarget irrep = List.contains irrep torchTargets && width irrep > 0

        // Columns of a block for an irrep before the gate, as the chunk b of our linear maps has them: gates are the last.
        let columnsOf o (b: MulIrrep) axis (block: Tensor) =
            let isGates = o = mixed.Chunks.Length - 1 && mixed.Chunks.Length > ours.Chunks.Length

            let wanted = if isGates then [ for chunk in ours.Chunks -> GateOf chunk.Irrep ] else [ Feature b.Irrep ]

            rearrange axis (ofIrrep b.Irrep own) wanted block

        // Messages in the order of instructions: chunks of the input, degrees, outputs; and in the order of the plan.
        let inputMul (irrep: Irrep) = Irreps.countOf irrep input

        let torchMessages =
            [ for chunk in input.Chunks do
                  for degree in 0 .. settings.MaxDegree do
                      for out in Irrep.product chunk.Irrep (Irrep.create degree (Parity.ofDegree degree)) do
                          if Irreps.contains out plan.Output then (chunk.Irrep, degree, out), inputMul chunk.Irrep ]

        let ourMessages =
            [ for term in plan.Terms -> (List.item term.Input plan.Input.Chunks).Irrep, term.Degree, term.Output ]

        let up =
            let inputs = input.Chunks

            let values = blocks state $"{prefix}.linear_1.weight" [ for chunk in inputs -> [ chunk.Mul; chunk.Mul ] ]

            let ofChunk = List.zip [ for chunk in inputs -> chunk.Irrep ] values |> Map.ofList
            linear plan.Input plan.Input (fun _ a _ _ -> ofChunk[a.Irrep])

        let radial =
            let widths = [ settings.RadialBasis; yield! settings.Hidden; Irreps.count plan.Output ]
            let weights = mlp state $"{prefix}.edge_mlp" widths
            let last = rearrange 1 torchMessages ourMessages (List.last weights)
            dense (List.truncate (weights.Length - 1) weights @ [ last ])

        let down =
            let messages =
                plan.Output.Chunks
                |> List.filter (fun c -> isTarget c.Irrep)
                |> List.sortBy (fun c -> torchOrder c.Irrep)

            let values =
                blocks state $"{prefix}.linear_2.weight" [ for chunk in messages -> [ chunk.Mul; width chunk.Irrep ] ]

            let ofChunk = List.zip [ for chunk in messages -> chunk.Irrep ] values |> Map.ofList

            linear plan.Output mixed (fun _ a o b ->
                let rows = torchMessages |> List.filter (fun ((_, _, out), _) -> out = a.Irrep)
                ofChunk[a.Irrep] |> rearrange 0 rows ourMessages |> columnsOf o b 1)

        let skip () =
            let inputs = input.Chunks |> List.filter (fun chunk -> isTarget chunk.Irrep)

            let values =
                blocks
                    state
                    $"{prefix}.sc.weight"
                    [ for chunk in inputs -> [ chunk.Mul; settings.Embedding; width chunk.Irrep ] ]

            let ofChunk = List.zip [ for chunk in inputs -> chunk.Irrep ] values |> Map.ofList
            linear plan.Input mixed (fun _ a o b -> columnsOf o b 2 ofChunk[a.Irrep])

        Branch
            [ yield "linear_up", up
              yield "radial", radial
              if i > 0 then yield "skip", skip ()
              yield "linear_down", down ]

    /// The parameters of nequip's state dictionary, float64: names with shapes and numbers (C order), such as
    /// "layer0_convnet.conv.linear_1.weight". Entries that are no parameters of these settings (couplings, scales, shifts,
    /// …) are not looked at. Errors: those of `NequipTorchSettings.check`; `Inconsistent` for weights that are missing or
    /// of another size; `NonFinite`.
    let ofState (settings: NequipTorchSettings) (state: (string * int list * float[]) seq) =
        Outcome.capture (fun () ->
            let settings = NequipTorchSettings.check settings |> Outcome.getOrFail
            let state: State = Map [ for name, shape, values in state -> name, (shape, values) ]
            let layouts = NequipTorchSettings.layouts settings
            let first = Irreps.create [ settings.Embedding, Irrep.scalar ]
            let inputs = first :: List.map fst layouts
            let scalars = Irreps.countOf Irrep.scalar (List.last inputs)

            Branch
                [ yield
                      "embedding",
                      Leaf(find state "type_embed.embed_module.weight" [ settings.Species.Length; settings.Embedding ])
                  if settings.TrainableBasis then
                      yield "frequencies", Leaf(find state "bessel_encode.bessel_weights" [ settings.RadialBasis ])
                  for i, ((output, plan), input) in List.indexed (List.zip layouts (List.take layouts.Length inputs)) ->
                      $"layer_{i}", layer settings state i input output plan
                  yield
                      "readout",
                      dense (mlp state "per_atom_energy_readout.mlp_module" [ scalars; yield! settings.Readout; 1 ]) ])
