namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// An ANI model: settings and weights. Made by `AniModel.create`, `AniModel.ofParameters` and `AniFile.read`.
///
/// *Invariant.* There are the layers that the settings ask for, and all weights are finite.
[<Sealed; AllowNullLiteral(false)>]
type AniModel internal (name: string, settings: AniSettings, layers: NetworkLayer[][][]) =
    /// What it is called in messages, such as "ani-2x".
    member _.Name = name

    /// What the function is made of.
    member _.Settings = settings

    /// The layers by species and member.
    member internal _.Layers = layers

    /// How many numbers the weights are.
    member _.Size =
        layers |> Seq.collect (Seq.collect id) |> Seq.sumBy (fun layer -> layer.Weights.Length + layer.Biases.Length)

    /// The name, the elements and the number of members.
    override _.ToString() =
        let elements = settings.Elements |> List.map Elements.symbol |> String.concat ", "
        let cutoff = NoetherError.number settings.Environments.RadialCutoff
        $"{name}: ANI of {elements}, {settings.Members} members, cut-off {cutoff} Å"

/// Making models, parts of ensembles, and weights as parameters.
[<RequireQualifiedAccess>]
module AniModel =
    /// A model of settings and layers, by member, species and place; their weights by rows [outputs, inputs]. Errors:
    /// those of `AniSettings.check`; `Inconsistent` for layers that are not those of the settings; `NonFinite` for
    /// weights that are no numbers.
    let create
        (name: string)
        (settings: AniSettings)
        (members: NetworkLayer list list list)
        : Result<AniModel, NoetherError> =
        Outcome.capture (fun () ->
            let settings = AniSettings.check settings |> Outcome.getOrFail
            let refuse found expected = Outcome.raise (Inconsistent($"the model '{name}'", found, expected))

            if members.Length <> settings.Members then refuse $"{members.Length} members" $"{settings.Members}"

            for m, networks in List.indexed members do
                if networks.Length <> settings.Elements.Length then
                    refuse
                        $"{networks.Length} networks in member {m}"
                        $"{settings.Elements.Length}, one for each element"

                for species, layers in List.indexed networks do
                    let place = $"member {m}, element {Elements.symbol settings.Elements[species]}"
                    let expected = AniSettings.layers species settings

                    if layers.Length <> expected.Length then
                        refuse $"{layers.Length} layers in {place}" $"{expected.Length}"

                    for k, (layer, (inputs, outputs)) in List.indexed (List.zip layers expected) do
                        if (layer.Inputs, layer.Outputs) <> (inputs, outputs) then
                            refuse
                                $"{layer.Inputs} inputs and {layer.Outputs} outputs in {place}, layer {k + 1}"
                                $"{inputs} and {outputs}"

                        if layer.Weights.Length <> inputs * outputs || layer.Biases.Length <> outputs then
                            refuse
                                $"{layer.Weights.Length} weights and {layer.Biases.Length} biases in {place}, layer {k + 1}"
                                $"{inputs * outputs} and {outputs}"

                        for values in [ layer.Weights; layer.Biases ] do
                            for value in values.ToArray() do
                                if not (Single.IsFinite value) then
                                    Outcome.raise (NonFinite($"a weight of {place}, layer {k + 1}", float value))

            let ofSpecies species = [| for networks in members -> Array.ofList (List.item species networks) |]
            AniModel(name, settings, Array.init settings.Elements.Length ofSpecies))

    /// Some members of an ensemble, as an ensemble. Errors: `InvalidArgument` for a member that is not there, or none.
    let select (members: int list) (model: AniModel) : Result<AniModel, NoetherError> =
        let count = model.Settings.Members

        match members |> List.tryFind (fun m -> m < 0 || m >= count) with
        | Some m -> Error(InvalidArgument($"the member of '{model.Name}'", $"{m}", $"a number from 0 to {count - 1}"))
        | None when members.IsEmpty -> Error(InvalidArgument($"the members of '{model.Name}'", "none", "at least one"))
        | None ->
            let layers = model.Layers |> Array.map (fun own -> [| for m in members -> own[m] |])
            let numbers = members |> List.map string |> String.concat ", "
            Ok(AniModel($"{model.Name}, member {numbers}", { model.Settings with Members = members.Length }, layers))

    /// The weights as a tree of parameters in a precision; float64 holds them exactly. The paths are
    /// "member 0/H/layer 1/weights" [outputs, inputs] and "…/biases" [outputs].
    let parameters (precision: Precision) (model: AniModel) : Tree<Tensor> =
        let tensor (shape: int[]) (values: ReadOnlyMemory<float32>) =
            Leaf(Tensor.ofArray32 shape (values.ToArray()) |> Tensor.cast precision)

        Branch
            [ for m in 0 .. model.Settings.Members - 1 ->
                  $"member {m}",
                  Branch
                      [ for species, z in List.indexed model.Settings.Elements ->
                            Elements.symbol z,
                            Branch
                                [ for k, layer in Array.indexed (model.Layers[species][m]) ->
                                      $"layer {k + 1}",
                                      Branch
                                          [ "weights", tensor [| layer.Outputs; layer.Inputs |] layer.Weights
                                            "biases", tensor [| layer.Outputs |] layer.Biases ] ] ] ]

    /// The model of parameters, narrowed to float32, as after training. Errors: those of `create`.
    let ofParameters
        (name: string)
        (settings: AniSettings)
        (parameters: Tree<Tensor>)
        : Result<AniModel, NoetherError> =
        Outcome.capture (fun () ->
            let narrow path = ReadOnlyMemory(Tree.value path parameters |> Tensor.toArray |> Array.map float32)

            [ for m in 0 .. settings.Members - 1 ->
                  [ for species, z in List.indexed settings.Elements ->
                        [ for k, (inputs, outputs) in List.indexed (AniSettings.layers species settings) ->
                              let path = AniSettings.path m z k
                              NetworkLayer(inputs, outputs, narrow (path "weights"), narrow (path "biases")) ] ] ]
            |> create name settings
            |> Outcome.getOrFail)
