using System.Globalization;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// How far a structure is from rest, which derivatives of second order are meant for: the largest force, the stress,
/// and what has to be said about them.
/// </summary>
/// <param name="LargestForce">eV/Å; 0 without atoms.</param>
/// <param name="Stress">In Voigt's order, GPa, positive under tension; null where there are not three vectors.</param>
internal sealed record AtRest(double LargestForce, double[]? Stress)
{
    // Relaxations usually stop at a hundredth of an eV/Å.
    private const double SmallForce = 0.01;

    // Elastic constants change by some multiples of the stress: 0.1 GPa is a few per mille of usual ones.
    private const double SmallStress = 0.1;

    /// <summary>Where Voigt's order finds its components in a matrix.</summary>
    private static readonly int[] Voigt = [0, 4, 8, 5, 2, 1];

    /// <summary>The structure as the potential sees it.</summary>
    public static AtRest Of(Potential potential, Structure structure)
    {
        Results results = Bridge.Get(Evaluate.run(potential, structure));
        double largest = Enumerable.Range(0, structure.Count)
            .Select(i => Math.Sqrt(Enumerable.Range(3 * i, 3).Sum(k => results.Forces[k] * results.Forces[k])))
            .DefaultIfEmpty(0)
            .Max();
        double[]? stress = results.Stress?.Value is { } sigma
            ? [.. Voigt.Select(k => sigma[k] / Units.GPa)]
            : null;
        return new AtRest(largest, stress);
    }

    /// <summary>The remark on forces of a structure that is not at rest.</summary>
    public IEnumerable<string> ForceWarnings(string consequence) => LargestForce > SmallForce
        ? [$"atoms are not at rest: the largest force is {Short(LargestForce)} eV/Å; {consequence}"]
        : [];

    /// <summary>The remark on stress of a cell that is not at rest.</summary>
    public IEnumerable<string> StressWarnings(string consequence) =>
        Stress is { } stress && stress.Max(Math.Abs) is var largest and > SmallStress
            ? [$"the structure is under stress, up to {Short(largest)} GPa; {consequence}"]
            : [];

    private static string Short(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
