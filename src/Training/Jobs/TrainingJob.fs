namespace Noether.Training

open System
open System.IO
open System.Security.Cryptography
open System.Text
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning

/// A training that a configuration asks for, with all that it needs.
[<NoComparison; NoEquality>]
type TrainingJob =
    {
        /// Its settings.
        Configuration: TrainingConfiguration
        /// The model before the first step.
        Model: LearnedModel
        /// Its plan.
        Plan: TrainingPlan
        /// The state before the first step; its parameters are those that are trained.
        Start: TrainingState
        /// All parameters from those that are trained.
        All: Tree<Tensor> -> Tree<Tensor>
        /// The test set of the trained model.
        Test: Dataset option
        /// What was done or left out beyond what the configuration says, in sentences without a point at their end.
        Notices: string list
    }

/// From configurations to trainings, and from their states to models.
[<RequireQualifiedAccess>]
module TrainingJob =
    let private read (configuration: TrainingConfiguration) cutoff (data: TrainingData) : Dataset =
        let ofFile = if configuration.Stream then Dataset.stream else Dataset.read

        match data with
        | DataFiles [] -> Outcome.raise (InvalidArgument("the training set", "no file", "at least one"))
        | DataFiles paths ->
            paths |> List.map (ofFile configuration.Labels cutoff >> Outcome.getOrFail) |> List.reduce Dataset.append
        | Structures structures -> Dataset.ofStructures configuration.Labels cutoff structures |> Outcome.getOrFail

    /// Training, validation and test sets. What is drawn for validation does not depend on the test set.
    let private divided (configuration: TrainingConfiguration) key cutoff =
        let all = read configuration cutoff configuration.Training

        if all.Count = 0 then
            Outcome.raise (Inconsistent("the set of training structures", "no structures", "at least one"))

        let drawn held =
            match held with
            | OfFiles _
            | OfStructures _ -> 0
            | CountOf count -> count
            | PartOf part -> min (all.Count - 1) (max 1 (int (Math.Round(part * float all.Count))))

        let validation, test = drawn configuration.Validation, drawn configuration.Test

        if validation + test >= all.Count && validation + test > 0 then
            let expected = $"fewer than the {all.Count} training structures"
            Outcome.raise (InvalidArgument("'validation' and 'test'", $"{validation} and {test} structures", expected))

        let apart held (own: Dataset) =
            match held with
            | OfFiles []
            | OfStructures [] -> None
            | OfFiles paths -> Some(read configuration cutoff (DataFiles paths))
            | OfStructures structures -> Some(read configuration cutoff (Structures structures))
            | PartOf _
            | CountOf _ -> if own.Count = 0 then None else Some own

        let sizes = [ validation; test; all.Count - validation - test ]
        let parts = Dataset.split key sizes all |> Outcome.getOrFail
        let training = if validation + test = 0 then all else parts[2]
        training, apart configuration.Validation parts[0], apart configuration.Test parts[1]

    /// Refuses a set with elements that the model does not know.
    let private checkElements (elements: int list) (dataset: Dataset) =
        for entry in dataset.Entries do
            for struct (z, _) in entry.Composition do
                if not (List.contains z elements) then
                    let known = elements |> List.map Elements.symbol |> String.concat ", "
                    let found = $"atoms of {Elements.symbol z}"

                    Outcome.raise (
                        At(entry.Place, Inconsistent("the structure", found, $"elements of the model: {known}"))
                    )

    /// Refuses a set in which no atom sees another: a model of it learns the energies of elements, and nothing else.
    let private checkPairs (cutoff: float) (dataset: Dataset) =
        if not (dataset.Items |> Seq.exists (fun item -> item.Pairs.Count > 0)) then
            let found = $"no two atoms nearer than the cut-off, {NoetherError.number cutoff} Å"
            let expected = "a cut-off within which atoms have neighbours"
            Outcome.raise (Inconsistent("the set of training structures", found, expected))

    let private leftOut (datasets: Dataset list) =
        match datasets |> Seq.sumBy (fun own -> own.Entries |> Seq.filter _.StressLeftOut |> Seq.length) with
        | 0 -> []
        | count -> [ $"left out: the stress of {count} structures, which is zero and has no volume to it" ]

    let private fingerprint (parameters: Tree<Tensor>) =
        use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

        for path, tensor in Tree.paths parameters do
            hash.AppendData(Encoding.UTF8.GetBytes path)
            hash.AppendData(Tensor.toArray tensor |> Array.collect BitConverter.GetBytes)

        Convert.ToHexStringLower(hash.GetHashAndReset())

    /// The identity of the model in a checkpoint, by name.
    let private described (configuration: TrainingConfiguration) (model: LearnedModel) =
        let json = model.Architecture.Json

        match configuration.Model with
        | Untrained _ ->
            [ for field in (JsonDocument.Parse json).RootElement.EnumerateObject() ->
                  $"model/{field.Name}", field.Value.GetRawText() ]
        | _ when model.Architecture.Writer.IsSome -> [ "start", $"{json}, SHA-256 {fingerprint model.Parameters}" ]
        | _ -> [ "model settings", json; "start", $"SHA-256 {fingerprint model.Parameters}" ]

    /// Refuses a score and a patience for which the validation set lacks the labels.
    let private checkScore (configuration: TrainingConfiguration) (validation: Dataset option) =
        match validation with
        | None ->
            if configuration.Patience.IsSome then
                let expected = "null, as there is no validation set whose score could become better"
                Outcome.raise (InvalidArgument("'patience'", string configuration.Patience.Value, expected))
        | Some validation ->
            let errors (has: DatasetEntry -> bool) =
                if Seq.exists has validation.Entries then Some { Mae = 0.0; Rmse = 0.0; Count = 1 } else None

            let score =
                configuration.Score
                    { EnergyPerAtom = errors _.Energy.IsSome
                      Energy = errors _.Energy.IsSome
                      Forces = errors _.SquaredForces.IsSome
                      ForcesByElement = Map.empty
                      Stress = errors _.HasStress }

            if not (Double.IsFinite score) then
                let expected = "some, which models are compared by ('score', 'labels')"
                Outcome.raise (Inconsistent("the validation set", "no labels of the score", expected))

    let private planned (configuration: TrainingConfiguration) (model: LearnedModel) trainable training validation =
        let perEpoch = (Dataset.batches configuration.Limit training).Length

        let terms =
            match configuration.Loss with
            | [] -> TrainingConfiguration.usualLoss training
            | terms -> [ for term in terms -> term perEpoch ]

        if terms.IsEmpty then
            let names = configuration.Labels
            let found = $"neither '{names.Energy}' nor '{names.Forces}' nor '{names.Stress}'"

            Outcome.raise (
                Inconsistent("the set of training structures", found, "labels, perhaps of other names ('labels')")
            )

        checkScore configuration validation
        let rates = configuration.Rates perEpoch configuration.Epochs
        // At places where schedules of other lengths differ.
        let sampled = [ 0; 1; 10; 100; 1_000; 10_000; 100_000; 1_000_000 ] |> List.map (rates >> NoetherError.number)

        { TrainingLoop.plan trainable terms configuration.Epochs training with
            Optimiser =
                let scheduled = configuration.Optimiser |> Optimiser.scheduled rates

                match configuration.Plateau with
                | None -> scheduled
                | Some options ->
                    let plateau = ScaleBy.plateau { options with Window = max 1 perEpoch }
                    Transform.named [ "scheduled", scheduled; "plateau", plateau ]
            Limit = configuration.Limit
            Parts = configuration.Parts
            Threads = configuration.Threads
            AverageDecay = configuration.AverageDecay
            Patience = configuration.Patience
            Score = configuration.Score
            Validation = validation
            Missing = configuration.Missing
            Description =
                described configuration model
                @ configuration.Given
                @ [ "precision", string configuration.Precision
                    "rates at steps 0, 1, 10, …", String.Join(", ", sampled)
                    match configuration.Plateau with
                    | Some options -> "plateau", $"{options}"
                    | None -> () ] }

    /// The training of a configuration: files are read, energies of elements fitted, the model made. Errors: those of
    /// reading and of the model; `Inconsistent` for labels and elements that lack; `InvalidArgument` for what does not fit.
    let prepare (configuration: TrainingConfiguration) : Result<TrainingJob, NoetherError> =
        Outcome.capture (fun () ->
            let keys = (RandomKey.FromSeed configuration.Seed).Split 3

            let named = StartingModel.named configuration |> Outcome.getOrFail

            let patterns, cutoff =
                match configuration.Model, named with
                | (Start(_, patterns) | StartFrom(_, patterns)), Some model -> patterns, model.Architecture.Cutoff
                | Untrained model, _ -> [ "*" ], model.Cutoff
                | _, None -> invalidArg (nameof configuration) "TrainingJob.prepare: a model to start from."

            let training, validation, test = divided configuration keys[0] cutoff
            named |> Option.iter (fun model -> checkElements model.Architecture.Elements training)
            checkPairs cutoff training
            let model, notices = StartingModel.create configuration named keys[1] training |> Outcome.getOrFail

            for dataset in List.choose id [ validation; test ] do
                checkElements model.Architecture.Elements dataset

            let trainable = Architecture.trainable model.Name model.Architecture |> Outcome.getOrFail

            let chosen =
                trainable
                |> Trainable.choose
                    (fun path -> patterns |> List.exists (fun pattern -> TrainingConfiguration.fits pattern path))
                    model.Parameters
                |> Outcome.getOrFail

            let plan = planned configuration model chosen.Model training validation

            { Configuration = configuration
              Model = model
              Plan = plan
              Start = TrainingLoop.startFrom keys[2] chosen.Parameters plan
              All = chosen.All
              Test = test
              Notices = notices @ leftOut (training :: List.choose id [ validation; test ]) })

    /// The path of the trained model's file: in the `Output` of the configuration, or a bare name where there is none.
    let modelPath (job: TrainingJob) : string =
        let name = "model" + ModelFile.endingOf job.Model.Architecture
        Path.Combine(Option.defaultValue "" job.Configuration.Output, name)

    /// The trained model of a state, see `TrainingLoop.chosen`.
    let model (job: TrainingJob) (state: TrainingState) : LearnedModel =
        { job.Model with Parameters = job.All(TrainingLoop.chosen state) }

    /// The sets of which the errors of the trained model are given, by name: validation and test, or where there is neither the
    /// training set.
    let sets (job: TrainingJob) : (string * Dataset) list =
        match Option.toList job.Plan.Validation, Option.toList job.Test with
        | [], [] -> [ "training", job.Plan.Training ]
        | validation, test ->
            List.map (fun own -> "validation", own) validation @ List.map (fun own -> "test", own) test
