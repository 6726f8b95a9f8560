namespace Noether.Report;

/// <summary>How the values of an axis are spread over its length.</summary>
public enum Scale
{
    /// <summary>Equal differences have equal lengths.</summary>
    Linear,

    /// <summary>Equal ratios have equal lengths; only positive values have a place.</summary>
    Log,
}

/// <summary>The two ends of an axis, in the axis' own unit.</summary>
/// <param name="Low">The value at the left or lower end.</param>
/// <param name="High">The value at the right or upper end.</param>
public readonly record struct Limits(double Low, double High);

/// <summary>One axis of a <see cref="Plot"/>: its text, its scale and, if they are prescribed, its ends.</summary>
public sealed record Axis
{
    // Beyond this magnitude the length of an axis (high − low) would come near the largest double.
    internal const double Largest = 1e300;

    // Below this magnitude the steps between ticks would come near the smallest double.
    internal const double Smallest = 1e-280;

    // Closer than this (relatively) two ends hold too few doubles between them to draw a curve.
    internal const double Narrowest = 1e-13;

    /// <summary>The quantity and its unit, such as <c>"distance / Å"</c>; empty for none.</summary>
    public string Label { get; init; } = "";

    /// <summary>The scale; linear unless told otherwise.</summary>
    public Scale Scale { get; init; } = Scale.Linear;

    /// <summary>The prescribed ends; null lets the data choose them.</summary>
    public Limits? Limits { get; init; }

    /// <summary>Whether a value has a place on this axis: finite, and positive if the axis is logarithmic,
    /// neither out of the range of numbers that can be drawn.</summary>
    internal bool Admits(double value) => IsDrawable(value) && (Scale == Scale.Linear || value >= Smallest);

    internal static bool IsDrawable(double value) => Math.Abs(value) <= Largest;

    /// <summary>This axis, or an <see cref="ArgumentException"/> that names the axis and the limits at fault.</summary>
    internal Axis Checked(string name)
    {
        if (Limits is not { } limits)
        {
            return this;
        }

        string given = $"Axis {name}: limits {Numbers.Exact(limits.Low)} to {Numbers.Exact(limits.High)}";
        if (!IsDrawable(limits.Low) || !IsDrawable(limits.High))
        {
            throw new ArgumentException($"{given} must be finite and at most 1e300 in magnitude.");
        }

        if (limits.Low > limits.High)
        {
            throw new ArgumentException($"{given} are reversed; the low one comes first.");
        }

        if (Scale == Scale.Log && limits.Low < Smallest)
        {
            throw new ArgumentException($"{given} must be positive (at least 1e-280) on a logarithmic axis.");
        }

        if (AreSame(Scale, limits.Low, limits.High))
        {
            throw new ArgumentException($"{given} are equal to double precision; an axis needs a length.");
        }

        return this;
    }

    /// <summary>Whether two ends, low before high, are too close to draw anything between them.</summary>
    internal static bool AreSame(Scale scale, double low, double high) => scale == Scale.Log
        ? Math.Log10(high) - Math.Log10(low) <= Narrowest * Math.Max(1, Math.Abs(Math.Log10(high)))
        : high - low <= Math.Max(Narrowest * Math.Max(Math.Abs(low), Math.Abs(high)), Smallest);
}
