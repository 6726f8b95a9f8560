namespace Noether.Training

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// A finished or cancelled training.
[<NoComparison; NoEquality>]
type TrainingOutcome =
    {
        /// The trained model, with its errors on the sets of `TrainingJob.sets`.
        Model: LearnedModel
        /// The last state.
        State: TrainingState
        /// The reason for which it ended.
        End: TrainingEnd
        /// What was done or left out beyond what the configuration says: see `TrainingJob.Notices`.
        Notices: string list
    }

/// Training in one call: from data and a configuration to a model.
///
///     let model = Untrained(NequipFamily.untrained None Nequip.standard)
///     let configuration = TrainingConfiguration.create (DataFiles [ "train.extxyz" ]) model
///     let trained = Trainer.run { configuration with Epochs = 50 } |> orFail
///     let potential = LearnedModel.potential Float64 trained |> orFail
[<RequireQualifiedAccess>]
module Trainer =
    let private errors (configuration: TrainingConfiguration) (model: LearnedModel) (dataset: Dataset) =
        let potential = LearnedModel.potential configuration.Precision model |> Outcome.getOrFail

        dataset.Items |> Seq.map (Prediction.ofReference potential >> Outcome.getOrFail) |> Prediction.metrics

    /// Trains with hooks, see `TrainingLoop.run`. Where the configuration has an `Output`, the training lives in that folder
    /// (see `TrainingFiles.run`: it goes on from a checkpoint there) and the model is written into it; otherwise no file is
    /// written. Errors: those of `TrainingJob.prepare`, `TrainingLoop.run` and `TrainingFiles.run`.
    let runWith (hooks: TrainingHooks) (configuration: TrainingConfiguration) : Result<TrainingOutcome, NoetherError> =
        Outcome.capture (fun () ->
            let job = TrainingJob.prepare configuration |> Outcome.getOrFail
            use _ = Workers.LimitTo configuration.Threads

            let run =
                match configuration.Output with
                | Some folder -> TrainingFiles.run folder hooks
                | None -> TrainingLoop.run hooks

            let state, reason = run job.Plan job.Start |> Outcome.getOrFail
            let model = TrainingJob.model job state

            let model =
                if reason = Cancelled then
                    model
                else
                    { model with
                        Errors =
                            Map
                                [ for name, dataset in TrainingJob.sets job -> name, errors configuration model dataset ] }

            if configuration.Output.IsSome then
                ModelFile.write (TrainingJob.modelPath job) model |> Outcome.getOrFail

            { Model = model; State = state; End = reason; Notices = job.Notices })

    /// Trains without hooks: the trained model with its errors. Errors: those of `runWith`.
    let run (configuration: TrainingConfiguration) : Result<LearnedModel, NoetherError> =
        runWith { TrainingLoop.silent with SaveEvery = configuration.SaveEvery } configuration |> Result.map _.Model
