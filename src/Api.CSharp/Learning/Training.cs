using System.Globalization;

namespace Noether;

/// <summary>
/// How to train: Adam on the mean squared error of the energies per atom, all structures in every step.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The number of steps, at least 1.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Adam's step length, a positive number.</summary>
    public double LearningRate { get; init; } = 1e-3;

    internal void Check()
    {
        if (Steps < 1)
        {
            Bridge.RefuseArgument("the number of steps", $"{Steps}", "at least 1");
        }

        if (!(LearningRate > 0.0 && double.IsFinite(LearningRate)))
        {
            string rate = LearningRate.ToString("R", CultureInfo.InvariantCulture);
            Bridge.RefuseArgument("the learning rate", rate, "a positive finite number");
        }
    }
}

/// <summary>Where training stands after a step.</summary>
public sealed record TrainingProgress
{
    /// <summary>Steps taken, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Steps asked for.</summary>
    public required int Steps { get; init; }

    /// <summary>The loss before this step in (eV/atom)².</summary>
    public required double Loss { get; init; }

    /// <summary>
    /// The model after this step: a value that may be kept, so nothing is lost when training is cancelled.
    /// </summary>
    public required NequipModel Model { get; init; }
}

/// <summary>A trained model and how it came about.</summary>
public sealed record TrainingResult
{
    /// <summary>The model after the last step.</summary>
    public required NequipModel Model { get; init; }

    /// <summary>The loss of that model in (eV/atom)².</summary>
    public required double Loss { get; init; }

    /// <summary>The loss before each step in (eV/atom)².</summary>
    public required IReadOnlyList<double> History { get; init; }
}
