namespace Noether.Training

open System
open System.Globalization

/// The identity of a training, which all of its runs share, as named texts: a checkpoint holds them, and a
/// training goes on from it only if they are the same.
///
/// *Contents.* The model's name and cut-off, the loss (targets, penalties, and weights at steps 0, 1, 10, … 10⁶: between
/// them a schedule is not seen), the route of gradients, batches, parts, the mean of parameters, what becomes of missing
/// labels, the content of the data in its order, the key of the order of structures, and what the plan's description says
/// of functions, which cannot be compared: the model's configuration, the optimiser, its schedule, where the first
/// parameters come from.
///
/// *Left out.* Epochs and patience, which may grow, and threads, on which nothing depends.
[<RequireQualifiedAccess>]
module TrainingIdentity =
    let private steps = [ 0; 1; 10; 100; 1_000; 10_000; 100_000; 1_000_000 ]

    let private number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

    /// Equal neighbours are said once.
    let private weights (weight: int -> float) =
        let all = steps |> List.map (fun step -> step, weight step)

        let changes = List.pairwise all |> List.filter (fun ((_, a), (_, b)) -> a <> b) |> List.map snd

        all.Head :: changes
        |> List.map (fun (step, weight) -> if step = 0 then number weight else $"{number weight} at {step}")
        |> String.concat ", "

    let private penalty (penalty: Penalty) =
        match penalty with
        | Penalty.Squared -> "squared"
        | Penalty.Absolute -> "absolute"
        | Penalty.Huber delta -> $"Huber {number delta}"

    let private data (dataset: Dataset) = $"{dataset.Count} structures, SHA-256 {Dataset.fingerprint dataset}"

    /// The identity of a training, from its plan and its state before the first step. ArgumentException for a name twice.
    let create (plan: TrainingPlan) (start: TrainingState) : (string * string) list =
        let limit =
            match plan.Limit with
            | Graphs count -> $"{count} structures"
            | Atoms count -> $"{count} atoms"

        let all =
            [ yield "model", plan.Model.Name
              yield "cut-off", number plan.Model.Cutoff
              yield! plan.Description
              for k, term in List.indexed plan.Terms do
                  yield $"loss term {k + 1}", $"{term.Target}, {penalty term.Penalty}, {weights term.Weight}"
              yield "route", string plan.Route
              yield "batch", limit
              yield "parts", string plan.Parts
              yield "mean of parameters", plan.AverageDecay |> Option.map number |> Option.defaultValue "none"
              yield "missing labels", string plan.Missing
              yield "training data", data plan.Training
              yield "validation data", plan.Validation |> Option.map data |> Option.defaultValue "none"
              yield "key", $"{start.Key.High:x8}{start.Key.Low:x8}" ]

        match all |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
        | Some(name, _) ->
            invalidArg
                (nameof plan)
                $"TrainingIdentity.create: '{name}' is described twice, expected names of one's own."
        | None -> all

    /// The differences as texts for a message, found and expected; none where all agrees.
    let difference (found: (string * string) list) (expected: (string * string) list) : (string * string) option =
        let text (all: (string * string) list) name =
            match List.tryFind (fst >> (=) name) all with
            | Some(_, value) -> $"{name}: {value}"
            | None -> $"{name}: nothing"

        let names =
            List.map fst (expected @ found)
            |> List.distinct
            |> List.filter (fun name -> text found name <> text expected name)

        if names.IsEmpty then
            None
        else
            let join texts = String.Join("; ", List.map texts names)
            Some(join (text found), join (text expected))
