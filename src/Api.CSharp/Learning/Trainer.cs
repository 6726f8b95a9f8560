using Microsoft.FSharp.Core;
using Noether.Training;

namespace Noether;

/// <summary>The state of a training after a step.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">The number of epochs.</param>
/// <param name="Step">The number of steps taken.</param>
/// <param name="Loss">The loss of the step's batch.</param>
/// <param name="Validation">The errors on the validation set after the epoch before; null where there is none.</param>
public sealed record TrainerProgress(int Epoch, int Epochs, long Step, double Loss, ModelErrors? Validation);

/// <summary>A trained model and its training.</summary>
/// <param name="Model">The model with the best score on the validation set, or the last one without such a set.</param>
/// <param name="Epochs">The number of epochs that were trained.</param>
/// <param name="BestEpoch">The epoch of the best score; null without a validation set.</param>
/// <param name="StoppedEarly">Whether it ended because the score became no better.</param>
public sealed record TrainerResult(LearnedModel Model, int Epochs, int? BestEpoch, bool StoppedEarly)
{
    /// <summary>
    /// What was done or left out beyond what the options say, such as energies of elements that were fitted as the data
    /// have another scale.
    /// </summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}

/// <summary>
/// Training on energies, forces and stress, and fine-tuning, in one call: <c>noether train</c> on structures in
/// memory.
/// </summary>
/// <example>
/// <code>
/// TrainerOptions options = new()
/// {
///     Structures = crystals,   // with "energy", and perhaps "forces" and "stress"
///     Model = StartingModel.Untrained("""{"kind": "nequip", "cutoff": 3, "layers": 2, "features": 4}"""),
///     Loss = [new(LossTarget.EnergyPerAtom, Penalty: LossPenalty.Huber, Delta: 0.1)],
///     Optimizer = new() { Kind = OptimizerKind.AdamW, LearningRate = 0.005, WeightDecay = 1e-4 },
///     Epochs = 3,
/// };
/// TrainerResult trained = await Trainer.RunAsync(options);
/// Evaluation evaluation = trained.Model.Potential().Evaluate(crystals[0]);
/// </code>
/// </example>
public static class Trainer
{
    /// <summary>Trains on a thread of the pool.</summary>
    /// <param name="options">The training.</param>
    /// <param name="progress">Told after each step, from the training thread.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="NoetherException">
    /// An option, a label or an element does not fit; a loss is not finite; a file cannot be read or written.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token asked for it. With an <see cref="TrainerOptions.Output"/> the same call goes on from there.
    /// </exception>
    public static async Task<TrainerResult> RunAsync(
        TrainerOptions options,
        IProgress<TrainerProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        TrainingConfiguration configuration = options.ToCore();
        return await Task
            .Run(() => Bridge.Run(() => Run(configuration, progress, cancellationToken)), cancellationToken)
            .ConfigureAwait(false);
    }

    private static TrainerResult Run(
        TrainingConfiguration configuration, IProgress<TrainerProgress>? progress, CancellationToken cancellationToken)
    {
        ModelErrors? validation = null;
        TrainingHooks hooks = new(
            Action<TrainingState, int, double>((state, _, loss) => progress?.Report(new(
                state.Epoch + 1, configuration.Epochs, state.Current.Step, loss, validation))),
            FuncConvert.FromAction<EpochRecord>(record =>
                validation = record.Validation is { Value: { } own } ? ModelErrors.Of(own) : null),
            FuncConvert.FromAction<TrainingState>(_ => { }),
            configuration.SaveEvery,
            cancellationToken);
        TrainingOutcome outcome = Bridge.Get(Training.Trainer.runWith(hooks, configuration));

        if (outcome.End.IsCancelled)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        return new TrainerResult(
            new(outcome.Model), outcome.State.Epoch, outcome.State.Best?.Value.Epoch, outcome.End.IsStoppedEarly)
        {
            Notices = [.. outcome.Notices],
        };
    }

    private static FSharpFunc<T1, FSharpFunc<T2, FSharpFunc<T3, Unit>>> Action<T1, T2, T3>(Action<T1, T2, T3> action) =>
        FuncConvert.FromAction(action);
}
