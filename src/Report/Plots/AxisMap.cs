namespace Noether.Report;

/// <summary>An axis with known ends, laid along pixels: the map from data to picture.</summary>
internal readonly record struct AxisMap(Scale Scale, Limits Limits, double Start, double End)
{
    /// <summary>The pixel of a value; ends map to ends exactly, and the map is monotonic.</summary>
    public double ToPixel(double value)
    {
        double low = Position(Limits.Low), high = Position(Limits.High);
        return Start + ((End - Start) * ((Position(value) - low) / (high - low)));
    }

    /// <summary>The value at a fraction of the way from the low to the high end.</summary>
    public double At(double fraction) => Scale == Scale.Linear
        ? Limits.Low + (fraction * (Limits.High - Limits.Low))
        : Math.Pow(10, ((1 - fraction) * Math.Log10(Limits.Low)) + (fraction * Math.Log10(Limits.High)));

    public bool Contains(double value) => value >= Limits.Low && value <= Limits.High;

    private double Position(double value) => Scale == Scale.Linear ? value : Math.Log10(value);

    /// <summary>
    /// The ends of an axis: its own limits, or those of the admitted values with a margin (a fraction of the length)
    /// at both sides. Values that are all the same get a span around them, no values at all a unit span.
    /// </summary>
    public static Limits Ends(Axis axis, double lowest, double highest, double margin)
    {
        if (axis.Limits is { } prescribed)
        {
            return prescribed;
        }

        bool log = axis.Scale == Scale.Log;
        if (lowest > highest)
        {
            return log ? new Limits(1, 10) : new Limits(0, 1);
        }

        bool flat = Axis.AreSame(axis.Scale, lowest, highest);
        if (log)
        {
            double factor = Math.Pow(10, flat ? 0.5 : margin * (Math.Log10(highest) - Math.Log10(lowest)));
            return new Limits(Math.Max(lowest / factor, Axis.Smallest), Math.Min(highest * factor, Axis.Largest));
        }

        double magnitude = Math.Max(Math.Abs(lowest), Math.Abs(highest));
        double room = !flat ? margin * (highest - lowest) : magnitude <= Axis.Smallest ? 1 : 0.5 * magnitude;
        return new Limits(lowest - room, highest + room);
    }
}
