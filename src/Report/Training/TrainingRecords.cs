using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>A number that was watched during training; curves of one quantity share a figure.</summary>
public sealed record LearningCurve
{
    /// <summary>A curve.</summary>
    /// <param name="quantity">The quantity, such as <c>"loss"</c> or <c>"forces"</c>.</param>
    /// <param name="unit">The unit, such as <c>"eV/Å"</c>; empty for none.</param>
    /// <param name="name">The name of the curve among those of its quantity, such as <c>"validation, RMSE"</c>.</param>
    /// <param name="epochs">Where it was looked at, ascending.</param>
    /// <param name="values">Its values, as many.</param>
    /// <exception cref="ArgumentException">Epochs and values differ in number, or one is not finite.</exception>
    public LearningCurve(
        string quantity, string unit, string name, IReadOnlyList<double> epochs, IReadOnlyList<double> values)
    {
        string owner = $"LearningCurve \"{quantity}, {name}\"";
        Quantity = quantity;
        Unit = unit;
        Name = name;
        (Epochs, Values) = Finite.Pairs(owner, "epoch", epochs, "value", values);
    }

    /// <summary>The quantity.</summary>
    public string Quantity { get; }

    /// <summary>The unit; empty for none.</summary>
    public string Unit { get; }

    /// <summary>The name of the curve among those of its quantity.</summary>
    public string Name { get; }

    /// <summary>Where it was looked at.</summary>
    public ImmutableArray<double> Epochs { get; }

    /// <summary>Its values, one for each of <see cref="Epochs"/>.</summary>
    public ImmutableArray<double> Values { get; }
}

/// <summary>Targets and what a model predicts for them: one quantity, on one set of structures.</summary>
public sealed record ParityData
{
    /// <summary>Pairs of targets and predictions.</summary>
    /// <param name="quantity">The quantity, such as <c>"energy per atom"</c> or <c>"forces"</c>.</param>
    /// <param name="unit">Their unit.</param>
    /// <param name="set">Which structures: <c>"training"</c>, <c>"validation"</c>, <c>"test"</c>, or others.</param>
    /// <param name="targets">The reference values, in any order.</param>
    /// <param name="predictions">The predictions of the model, as many, in the same order.</param>
    /// <exception cref="ArgumentException">They differ in number, or one of them is not finite.</exception>
    public ParityData(
        string quantity, string unit, string set, IReadOnlyList<double> targets, IReadOnlyList<double> predictions)
    {
        Quantity = quantity;
        Unit = unit;
        Set = set;
        (Targets, Predictions) = Finite.Pairs(
            $"Parity \"{quantity}, {set}\"", "target", targets, "prediction", predictions);
    }

    /// <summary>The quantity of the numbers.</summary>
    public string Quantity { get; }

    /// <summary>Their unit.</summary>
    public string Unit { get; }

    /// <summary>Which structures they are of.</summary>
    public string Set { get; }

    /// <summary>The species of the atoms they belong to, such as <c>"Si"</c>; null for none or all.</summary>
    public string? Species { get; init; }

    /// <summary>The reference values.</summary>
    public ImmutableArray<double> Targets { get; }

    /// <summary>The predictions of the model, one for each of <see cref="Targets"/>.</summary>
    public ImmutableArray<double> Predictions { get; }
}

/// <summary>A structure that the model does badly, to be looked at. Errors that are not known are left out.</summary>
public sealed record WorstStructure
{
    /// <summary>A structure.</summary>
    /// <param name="label">Its name, such as <c>"test.extxyz, frame 17"</c>.</param>
    /// <param name="numbers">Atomic numbers, [n], 0 (X) to 118.</param>
    /// <param name="positions">Cartesian positions, [n, 3], Å, atom by atom.</param>
    public WorstStructure(string label, IReadOnlyList<int> numbers, IReadOnlyList<double> positions)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        ArgumentNullException.ThrowIfNull(positions);
        Label = label;
        Numbers = [.. numbers];
        Positions = [.. positions];
    }

    /// <summary>Its name.</summary>
    public string Label { get; }

    /// <summary>Atomic numbers, [n].</summary>
    public ImmutableArray<int> Numbers { get; }

    /// <summary>Cartesian positions, [n, 3], Å.</summary>
    public ImmutableArray<double> Positions { get; }

    /// <summary>Lattice vectors, [3, 3], Å, row by row, zeros for those that are missing; null for none.</summary>
    public IReadOnlyList<double>? Cell { get; init; }

    /// <summary>Predicted minus target energy per atom, eV.</summary>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public double? EnergyError { get; init => field = Checked("energy error", value); }

    /// <summary>The root of the mean square of the errors of its force components, eV/Å.</summary>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public double? ForceError { get; init => field = Checked("force error", value); }

    /// <summary>The largest error of one of its force components, eV/Å.</summary>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public double? LargestForceError { get; init => field = Checked("largest force error", value); }

    private double? Checked(string what, double? value) => value is null || double.IsFinite(value.Value)
        ? value
        : throw new ArgumentException(
            $"WorstStructure \"{Label}\": the {what} is {Report.Numbers.Exact(value.Value)}; "
            + "expected a finite number.");

}

/// <summary>A named value of a page, such as a setting or a time.</summary>
/// <param name="Name">The name, with the unit if it has one.</param>
/// <param name="Value">The value, written as in a cell of a <see cref="Table"/>.</param>
public sealed record Fact(string Name, object? Value);

/// <summary>Numbers that must be finite.</summary>
internal static class Finite
{
    /// <summary>Copies of two arrays of one length, both finite.</summary>
    public static (ImmutableArray<double> First, ImmutableArray<double> Second) Pairs(
        string owner, string first, IReadOnlyList<double> firsts, string second, IReadOnlyList<double> seconds)
    {
        ArgumentNullException.ThrowIfNull(firsts);
        ArgumentNullException.ThrowIfNull(seconds);
        return firsts.Count == seconds.Count
            ? (Checked(owner, first, firsts), Checked(owner, second, seconds))
            : throw new ArgumentException(
                $"{owner}: {firsts.Count} {first}s, {seconds.Count} {second}s; they come in pairs.");
    }

    private static ImmutableArray<double> Checked(string owner, string what, IReadOnlyList<double> values)
    {
        ImmutableArray<double> copy = [.. values];
        for (int i = 0; i < copy.Length; i++)
        {
            if (!double.IsFinite(copy[i]))
            {
                throw new ArgumentException(
                    $"{owner}: {what} {i} is {Numbers.Exact(copy[i])}; expected finite numbers.");
            }
        }

        return copy;
    }
}
