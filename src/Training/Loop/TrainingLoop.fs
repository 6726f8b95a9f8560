namespace Noether.Training

open System
open System.Threading
open System.Threading.Tasks
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics

/// A training but for its state: model, data, loss, optimiser.
[<NoComparison; NoEquality>]
type TrainingPlan =
    {
        /// The model.
        Model: Trainable
        /// The loss.
        Terms: LossTerm list
        /// The route to gradients.
        Route: GradientRoute
        /// The optimiser, from gradients to updates.
        Optimiser: GradientTransformation
        /// The size of a batch.
        Limit: BatchLimit
        /// The number of parts of a batch, see `Loss.gradientOfParts`: the numbers depend on it.
        Parts: int
        /// The number of parts in work at a time: the numbers do not depend on it.
        Threads: int
        /// The decay d of the mean of the parameters that is validated and used, min(d, (1 + t)/(10 + t)) in step t; none:
        /// the parameters themselves.
        AverageDecay: float option
        /// The number of epochs: passes over the training set.
        Epochs: int
        /// The number of epochs without a better score after which training ends; None for all epochs.
        Patience: int option
        /// The validation score; small is good.
        Score: Metrics -> float
        /// The training set.
        Training: Dataset
        /// The validation set, by whose score models are compared at the end of each epoch.
        Validation: Dataset option
        /// The treatment of structures that lack a label of the loss.
        Missing: MissingReferences
        /// Texts about settings that are functions, by names of one's own: the configuration of the model, the optimiser
        /// and its schedule, where the first parameters come from. A training goes on from a checkpoint only if they are
        /// what they were, see `TrainingIdentity`.
        Description: (string * string) list
    }

/// The parameters with the best score so far.
[<NoComparison>]
type BestParameters =
    {
        /// The number of the epoch, from 1.
        Epoch: int
        /// The score.
        Score: float
        /// The parameters: the mean where one is kept.
        Parameters: Tree<Tensor>
    }

/// Everything a training remembers. The next state is a pure function of plan and state, to the last bit.
[<NoComparison>]
type TrainingState =
    {
        /// The key of the order of the structures in each epoch.
        Key: RandomKey
        /// Epochs finished.
        Epoch: int
        /// Batches of this epoch done.
        Batch: int
        /// The sum of their losses.
        LossSum: float
        /// Epochs since the best score.
        Stale: int
        /// Steps, parameters and the optimiser's memory.
        Current: OptimisationState
        /// The mean of the parameters; equal to them where the plan keeps none.
        Average: Tree<Tensor>
        /// The best so far; none before the first validation.
        Best: BestParameters option
    }

/// The report of an epoch.
[<NoComparison>]
type EpochRecord =
    {
        /// The number of the epoch, from 1.
        Epoch: int
        /// Steps taken.
        Step: int
        /// The mean loss of the epoch's batches, each before its step.
        Loss: float
        /// The errors on the validation set.
        Validation: Metrics option
        /// The score, where there is a validation set.
        Score: float option
        /// Whether it is the best so far.
        Improved: bool
        /// Seconds since this run began; those of earlier runs are not counted.
        Seconds: float
    }

/// The reason for which a run ended.
type TrainingEnd =
    /// All epochs are done.
    | Completed
    /// The score has not become better for as many epochs as the plan's patience.
    | StoppedEarly
    /// Its token asked for it.
    | Cancelled

/// The connections of a run to the outside.
[<NoComparison; NoEquality>]
type TrainingHooks =
    {
        /// Told after each step: the state after it, the number of batches of the epoch, and the loss before the step.
        Progress: TrainingState -> int -> float -> unit
        /// Told at the end of each epoch.
        Record: EpochRecord -> unit
        /// Given the state after every so many steps, at the end of each epoch and at the end.
        Save: TrainingState -> unit
        /// The number of steps after which the state is given to `Save`.
        SaveEvery: int
        /// Looked at before each step.
        Cancellation: CancellationToken
    }

/// The defaults of every training.
[<RequireQualifiedAccess>]
module TrainingDefaults =
    /// The first learning rate.
    [<Literal>]
    let Rate = 0.01

    /// The decay of the mean of the parameters.
    [<Literal>]
    let AverageDecay = 0.99

    /// The number of structures in a batch.
    [<Literal>]
    let BatchSize = 5

/// Training: a pure step, a pure end of an epoch, and a loop around them.
[<RequireQualifiedAccess>]
module TrainingLoop =
    /// A plan with what is usual: reverse over reverse, Adam with step length 0.01 falling to 0 as a cosine within the
    /// epochs, five structures a batch in one part, a mean with decay 0.99, the score of `Metrics.score`, no validation;
    /// no label may be missing.
    /// ArgumentException for no structures or no epochs.
    let plan (model: Trainable) (terms: LossTerm list) (epochs: int) (training: Dataset) : TrainingPlan =
        Guard.atLeast "TrainingLoop.plan" (nameof epochs) 1 epochs
        Guard.atLeast "TrainingLoop.plan" "training.Count" 1 training.Count
        let limit = Graphs TrainingDefaults.BatchSize
        let steps = epochs * (Dataset.batches limit training).Length
        let rate = TrainingDefaults.Rate

        { Model = model
          Terms = terms
          Route = ReverseOverReverse
          Optimiser = Optimiser.adam 1.0 |> Optimiser.scheduled (Schedule.cosine rate 0.0 steps)
          Limit = limit
          Parts = 1
          Threads = 1
          AverageDecay = Some TrainingDefaults.AverageDecay
          Epochs = epochs
          Patience = None
          Score = Metrics.score
          Training = training
          Validation = None
          Missing = Refused
          Description = [ "optimiser", FormattableString.Invariant $"Adam, {rate} to 0 in {steps} steps as a cosine" ] }

    /// The state before the first step, from parameters: fresh ones or those of a trained model.
    let startFrom (key: RandomKey) (parameters: Tree<Tensor>) (plan: TrainingPlan) : TrainingState =
        { Key = key
          Epoch = 0
          Batch = 0
          LossSum = 0.0
          Stale = 0
          Current = Optimisation.start plan.Optimiser parameters
          Average = parameters
          Best = None }

    /// The state before the first step, from fresh parameters of a precision.
    let start (precision: Precision) (key: RandomKey) (plan: TrainingPlan) : TrainingState =
        let keys = key.Split 2
        startFrom keys[1] (plan.Model.Init precision keys[0]) plan

    /// The places of the structures of each batch of the epoch that a state is in, in the order of its key.
    let batches (plan: TrainingPlan) (state: TrainingState) : int[][] =
        let order = Dataset.permutation (state.Key.Fold(uint32 state.Epoch)) plan.Training.Count
        Dataset.batchesIn order plan.Limit plan.Training |> Array.ofList

    /// The parts of the batch of some places, read.
    let private prepare (plan: TrainingPlan) (places: int[]) =
        ReferenceBatch.ofPlaces plan.Training places |> ReferenceBatch.parts plan.Parts

    /// Ends a step whose numbers are not all finite with the first of them and the batch that it came from.
    let private breakDown
        (plan: TrainingPlan)
        (places: int[])
        (state: TrainingState)
        (name: string, value: float)
        : 'T =
        let frames = FiniteCheck.frames plan.Training places
        Outcome.raise (NonFinite($"epoch {state.Epoch + 1}, batch {state.Batch + 1} ({frames}): {name}", value))

    /// One step on parts of a batch that were read before.
    let private stepOn (plan: TrainingPlan) places (parts: ReferenceBatch[]) (state: TrainingState) =
        let current = state.Current

        let loss, gradients =
            Loss.gradientOfParts plan.Threads plan.Route plan.Terms current.Step plan.Model parts current.Parameters

        if not (Double.IsFinite loss && FiniteCheck.holds gradients) then
            FiniteCheck.ofStep plan.Training places plan.Terms current.Step plan.Model parts current.Parameters
            |> Option.orElse (FiniteCheck.ofNumber $"the loss before step {current.Step + 1}" loss)
            |> Option.orElse (FiniteCheck.ofTree "the gradient by" gradients)
            |> Option.get
            |> breakDown plan places state

        let next = Optimisation.apply plan.Optimiser loss gradients current

        match FiniteCheck.ofTree "after the update, the parameter" next.Parameters with
        | Some broken -> breakDown plan places state broken
        | None -> ()

        let average =
            match plan.AverageDecay with
            | None -> next.Parameters
            | Some decay ->
                let t = float next.Step
                Average.toward (1.0 - min decay ((1.0 + t) / (10.0 + t))) next.Parameters state.Average

        { state with
            Batch = state.Batch + 1
            LossSum = state.LossSum + loss
            Current = next
            Average = average },
        loss

    /// One step on the structures at some places: the state after it, and the loss before it. Raises NoetherException:
    /// `NonFinite` for a loss, a gradient or updated parameters that are not finite, which names epoch, batch, frames and
    /// the first of parameters, labels, predicted energies, forces and so on, loss and gradients that is not.
    let step (plan: TrainingPlan) (places: int[]) (state: TrainingState) : TrainingState * float =
        stepOn plan places (prepare plan places) state

    /// Refuses a plan that cannot be carried out: data whose pairs are not those of the model's cut-off, and a structure that
    /// lacks a label which the loss compares, where none may be missing, see `ReferenceCheck.require`.
    let check (plan: TrainingPlan) : Result<unit, NoetherError> =
        let targets = plan.Terms |> List.map _.Target |> List.distinct
        // Validation does not compare products of Hessians.
        let compared = targets |> List.filter ((<>) Target.HessianProduct)

        let checkOne name (dataset: Dataset) targets =
            if dataset.Cutoff <> plan.Model.Cutoff then
                let found = FormattableString.Invariant $"pairs nearer than {dataset.Cutoff} Å"
                let expected = FormattableString.Invariant $"{plan.Model.Cutoff} Å, the cut-off of {plan.Model.Name}"
                Error(Inconsistent(name, found, expected))
            else
                match plan.Missing with
                | LeftOut -> Ok()
                | Refused -> ReferenceCheck.require targets dataset

        checkOne "the training data" plan.Training targets
        |> Result.bind (fun () ->
            match plan.Validation with
            | Some validation -> checkOne "the validation data" validation compared
            | None -> Ok())

    /// The end of an epoch: the mean parameters are validated. The state in which the next one begins, and what to report.
    let endEpoch (plan: TrainingPlan) (state: TrainingState) : TrainingState * EpochRecord =
        let epoch = state.Epoch + 1

        let validation = plan.Validation |> Option.map (Metrics.evaluate plan.Model state.Average (Graphs 16))

        let score = validation |> Option.map plan.Score

        let improved =
            match score, state.Best with
            | Some score, Some best -> score < best.Score
            | Some score, None -> not (Double.IsNaN score)
            | None, _ -> false

        let best =
            if improved then
                Some { Epoch = epoch; Score = score.Value; Parameters = state.Average }
            else
                state.Best

        { state with
            Epoch = epoch
            Batch = 0
            LossSum = 0.0
            Stale = if improved then 0 else state.Stale + 1
            Best = best },
        { Epoch = epoch
          Step = state.Current.Step
          Loss = state.LossSum / float (max 1 state.Batch)
          Validation = validation
          Score = score
          Improved = improved
          Seconds = 0.0 }

    /// Whether a training is over, between epochs, and why.
    let ending (plan: TrainingPlan) (state: TrainingState) : TrainingEnd option =
        match plan.Patience with
        | _ when state.Epoch >= plan.Epochs -> Some Completed
        | Some patience when plan.Validation.IsSome && state.Stale >= patience && state.Batch = 0 -> Some StoppedEarly
        | _ -> None

    /// The parameters to use: the best ones where there was a validation, the mean otherwise.
    let chosen (state: TrainingState) : Tree<Tensor> =
        match state.Best with
        | Some best -> best.Parameters
        | None -> state.Average

    /// The potential that a training has led to, see `chosen`.
    let potential (plan: TrainingPlan) (state: TrainingState) : Potential =
        Trainable.potential (chosen state) plan.Model

    /// Hooks that do nothing.
    let silent: TrainingHooks =
        { Progress = fun _ _ _ -> ()
          Record = fun _ -> ()
          Save = fun _ -> ()
          SaveEvery = Int32.MaxValue
          Cancellation = CancellationToken.None }

    /// Steps and ends of epochs from a state on until the training is over or cancelled: the last state, and why. However
    /// often it is cancelled and continued, the states are those of one run. While a step is taken, the structures of the
    /// next one are read. Errors: those of `check`, before anything else; those of `step`, after which nothing more is
    /// saved; those of files that are read as they are needed, and of the model for structures that it does not know.
    let run
        (hooks: TrainingHooks)
        (plan: TrainingPlan)
        (state: TrainingState)
        : Result<TrainingState * TrainingEnd, NoetherError> =
        Outcome.capture (fun () ->
            check plan |> Outcome.getOrFail
            let clock = Diagnostics.Stopwatch.StartNew()

            let rec epoch (state: TrainingState) =
                match ending plan state with
                | Some reason -> close state reason
                | None ->
                    let all = batches plan state
                    walk all (ahead all state.Batch) state

            and ahead (all: int[][]) next =
                if next < all.Length then
                    Task.Run(fun () -> prepare plan all[next])
                else
                    Task.FromResult Array.empty

            and walk (all: int[][]) (parts: Task<ReferenceBatch[]>) state =
                if hooks.Cancellation.IsCancellationRequested then
                    close state Cancelled
                elif state.Batch < all.Length then
                    let own = parts.GetAwaiter().GetResult()
                    let following = ahead all (state.Batch + 1)
                    let next, loss = stepOn plan all[state.Batch] own state
                    hooks.Progress next all.Length loss
                    if next.Current.Step % hooks.SaveEvery = 0 then hooks.Save next
                    walk all following next
                else
                    let next, record = endEpoch plan state
                    hooks.Record { record with Seconds = clock.Elapsed.TotalSeconds }
                    hooks.Save next
                    epoch next

            and close state reason =
                hooks.Save state
                state, reason

            epoch state)
