using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>The pattern of a line.</summary>
public enum Dash
{
    /// <summary>Drawn through.</summary>
    Solid,

    /// <summary>Long strokes.</summary>
    Dashed,

    /// <summary>Dots in a row.</summary>
    Dotted,

    /// <summary>A long stroke and a dot in turn.</summary>
    DashDotted,
}

/// <summary>The shape of a point.</summary>
public enum Marker
{
    /// <summary>A filled circle.</summary>
    Circle,

    /// <summary>A filled square.</summary>
    Square,

    /// <summary>A filled triangle, tip up.</summary>
    Triangle,

    /// <summary>A filled square on its corner.</summary>
    Diamond,

    /// <summary>Two crossing diagonal strokes.</summary>
    Cross,

    /// <summary>A horizontal and a vertical stroke.</summary>
    Plus,
}

/// <summary>Values to be drawn: pairs (x, y) in the order given, a name and a colour.</summary>
public abstract record Series
{
    private protected Series(string kind, IEnumerable<double> x, IEnumerable<double> y, string? name, string colour)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        X = [.. x];
        Y = [.. y];
        Name = name ?? "";
        Colour = colour;
        if (X.Length != Y.Length)
        {
            throw new ArgumentException(
                $"{kind} \"{Name}\": x has {X.Length} values, y has {Y.Length}; they come in pairs.");
        }
    }

    /// <summary>The name in the legend; empty keeps the series out of it.</summary>
    public string Name { get; }

    /// <summary>Any colour SVG understands, such as <c>#0072B2</c>.</summary>
    public string Colour { get; }

    /// <summary>The abscissae, in the unit of the x axis.</summary>
    public ImmutableArray<double> X { get; }

    /// <summary>The ordinates, as many as <see cref="X"/>, in the unit of the y axis.</summary>
    public ImmutableArray<double> Y { get; }

    /// <summary>Its name in the legend.</summary>
    internal virtual string LegendText => Name;

    private protected static double CheckedSize(string what, string? name, double value) =>
        value > 0 && value <= 100
            ? value
            : throw new ArgumentException(
                $"{what} of \"{name}\" is {Numbers.Exact(value)} px; expected more than 0, at most 100.");
}

/// <summary>A line through its values; a value that cannot be drawn breaks it.</summary>
public sealed record LineSeries : Series
{
    internal LineSeries(
        IEnumerable<double> x, IEnumerable<double> y, string? name, string colour, Dash dash, double width)
        : base("Line", x, y, name, colour)
    {
        Dash = dash;
        Width = CheckedSize("Line width", name, width);
    }

    /// <summary>The pattern of the line.</summary>
    public Dash Dash { get; }

    /// <summary>The width of the line in pixels.</summary>
    public double Width { get; }
}

/// <summary>Separate points; a value that cannot be drawn is left out.</summary>
public sealed record PointSeries : Series
{
    internal PointSeries(
        IEnumerable<double> x, IEnumerable<double> y, string? name, string colour, Marker marker, double size)
        : base("Points", x, y, name, colour)
    {
        Marker = marker;
        Size = CheckedSize("Point size", name, size);
    }

    /// <summary>The shape of the points.</summary>
    public Marker Marker { get; }

    /// <summary>The width of a point in pixels.</summary>
    public double Size { get; }
}

/// <summary>A line that guides the eye: a constant x, a constant y, or y = x.</summary>
public enum GuideKind
{
    /// <summary>y is constant.</summary>
    Horizontal,

    /// <summary>x is constant.</summary>
    Vertical,

    /// <summary>y = x.</summary>
    Diagonal,
}

/// <summary>A thin grey dashed line behind the data.</summary>
public sealed record Guide
{
    internal Guide(GuideKind kind, double at, string? label)
    {
        Kind = kind;
        At = Axis.IsDrawable(at)
            ? at
            : throw new ArgumentException(
                $"{kind} guide \"{label}\" is at {Numbers.Exact(at)}; expected a finite number.");
        Label = label ?? "";
    }

    /// <summary>Which line.</summary>
    public GuideKind Kind { get; }

    /// <summary>The constant coordinate; 0 and without meaning for the diagonal.</summary>
    public double At { get; }

    /// <summary>A short text written along the line; empty for none.</summary>
    public string Label { get; }
}

/// <summary>
/// Eight colours that stay distinct for colour-blind readers: M. Okabe and K. Ito, "Color Universal Design" (2002),
/// the strong ones first.
/// </summary>
public static class Palette
{
    private static readonly string[] Colours =
        ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"];

    /// <summary>The colour of the series with this index; after eight they come again.</summary>
    /// <param name="index">Zero-based.</param>
    /// <returns>A colour as <c>#RRGGBB</c>.</returns>
    public static string Colour(int index) => Colours[((index % Colours.Length) + Colours.Length) % Colours.Length];
}
