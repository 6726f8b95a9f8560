namespace Noether.Learning

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// One array of weights.
type NequixWeights =
    {
        /// Its path: "layer 1/mlp 2" is the last matrix of the second layer's radial network.
        Path: string
        /// Extents, C order.
        Shape: int list
        /// The numbers, in the precision in which models are published.
        Values: ImmutableArray<float32>
    }

/// A Nequix model: settings and weights. Made by `NequixModel.create`, `NequixModel.ofParameters` and `NequixFile.read`.
///
/// *Invariant.* The weights are those of `NequixSettings.weights`, in that order, and all of them are finite.
[<Sealed; AllowNullLiteral(false)>]
type NequixModel
    internal (name: string, settings: NequixSettings, config: string, weights: ImmutableArray<NequixWeights>) =
    /// Its name in messages, such as "nequix-oam-1-pft".
    member _.Name = name

    /// The settings of its function.
    member _.Settings = settings

    /// The line of JSON that stands at the beginning of its file: the settings, and whatever its authors wrote beside them.
    member _.Config = config

    /// The weights in the order of the file.
    member _.Weights = weights

    /// The number of weights.
    member _.Size = weights |> Seq.sumBy _.Values.Length

    /// The name, the settings that matter most, and the number of weights.
    override _.ToString() =
        $"{name}: Nequix of {settings.Elements.Length} elements, {settings.Layers} layers of {settings.Hidden.AsText}, "
        + $"cut-off {NoetherError.number settings.Cutoff} Å, {weights |> Seq.sumBy _.Values.Length} weights"

/// Making models, and their weights as parameters.
[<RequireQualifiedAccess>]
module NequixModel =
    /// A path as a sentence has it: "layer 1 mlp 2".
    let internal spoken (path: string) = path.Replace('/', ' ')

    let private printed (shape: int list) = "[" + String.Join(", ", shape) + "]"

    let internal checkShape (path: string) (expected: int list) (shape: int list) =
        if shape <> expected then
            Outcome.raise (Inconsistent(spoken path, $"the shape {printed shape}", printed expected))

    let internal checkFinite (path: string) (values: ImmutableArray<float32>) =
        for value in values do
            if not (Single.IsFinite value) then
                Outcome.raise (NonFinite($"a weight of {spoken path}", float value))

    /// The energies of isolated atoms among weights, eV by species.
    let private atomEnergies (weights: ImmutableArray<NequixWeights>) = weights[0].Values |> Seq.map float

    /// A model of settings and weights. Errors: those of `NequixSettings.check`; `Inconsistent` for weights that are not
    /// those of the settings, in their order; `NonFinite` for weights that are not finite.
    let create
        (name: string)
        (settings: NequixSettings)
        (weights: NequixWeights seq)
        : Result<NequixModel, NoetherError> =
        Outcome.capture (fun () ->
            let settings = NequixSettings.check settings |> Outcome.getOrFail
            let weights = ImmutableArray.CreateRange weights
            let expected = NequixSettings.weights settings

            if weights.Length <> expected.Length then
                Outcome.raise (Inconsistent("the model", $"{weights.Length} arrays of weights", $"{expected.Length}"))

            for own, (path, shape) in Seq.zip weights expected do
                if own.Path <> path then
                    Outcome.raise (Inconsistent("the model", $"'{spoken own.Path}'", $"'{spoken path}' at this place"))

                checkShape path shape own.Shape

                if own.Values.Length <> List.fold (*) 1 shape then
                    Outcome.raise (Inconsistent(spoken path, $"{own.Values.Length} numbers", $"shape {printed shape}"))

                checkFinite path own.Values

            NequixModel(name, settings, NequixSettings.format (atomEnergies weights) settings, weights))

    /// A tree of values given by paths: one level of branches.
    let internal tree (values: (string * 'T) list) : Tree<'T> =
        let branch (path: string, _) = path.Substring(0, max 0 (path.IndexOf '/'))

        let rec group values =
            match values with
            | [] -> []
            | (path, value) as first :: rest ->
                if branch first = "" then
                    (path, Leaf value) :: group rest
                else
                    let own, others = values |> List.partition (fun entry -> branch entry = branch first)
                    let leaf (path: string, value) = path.Substring(path.IndexOf '/' + 1), Leaf value
                    (branch first, Branch(List.map leaf own)) :: group others

        Branch(group values)

    /// The weights as a tree of parameters in a precision; float64 holds them exactly.
    let parameters (precision: Precision) (model: NequixModel) : Tree<Tensor> =
        [ for own in model.Weights ->
              own.Path,
              Tensor.ofArray32 (Array.ofList own.Shape) (own.Values.AsSpan().ToArray()) |> Tensor.cast precision ]
        |> tree

    /// The model of parameters, narrowed to float32, as after training. Errors: those of `create`.
    let ofParameters name (settings: NequixSettings) (parameters: Tree<Tensor>) : Result<NequixModel, NoetherError> =
        Tree.paths parameters
        |> List.map (fun (path, tensor) ->
            { Path = path
              Shape = List.ofArray tensor.Shape
              Values = ImmutableArray.CreateRange(Seq.map float32 (Tensor.toArray tensor)) })
        |> create name settings
