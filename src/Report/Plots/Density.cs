using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>
/// How many of very many points fall into each cell of a grid over them: a cell is darker the more it holds, a shade
/// for every half power of ten. The drawing is as large for a million points as for a thousand, and leaves none out.
/// </summary>
public sealed record DensitySeries : Series
{
    private static readonly (int Red, int Green, int Blue)[] Anchors = [(207, 226, 243), (0, 114, 178), (11, 26, 56)];

    private DensitySeries(Grid grid, string? name)
        : base("Density", [grid.X.Low, grid.X.High], [grid.Y.Low, grid.Y.High], name, Shade(0.5))
    {
        Cells = grid.Cells;
        Total = grid.Total;
        LeftOut = grid.LeftOut;
        Largest = grid.Cells.Select(cell => cell.Count).DefaultIfEmpty(0).Max();
    }

    // The points' rectangle and what its cells hold.
    private sealed record Grid(Limits X, Limits Y, ImmutableArray<DensityCell> Cells, int Total, int LeftOut);

    /// <summary>The number of points.</summary>
    public int Total { get; }

    /// <summary>The number of points that are not finite, which have no cell.</summary>
    public int LeftOut { get; }

    /// <summary>The largest number of points in one cell.</summary>
    public int Largest { get; }

    /// <summary>The cells that hold points, row by row from below.</summary>
    internal ImmutableArray<DensityCell> Cells { get; }

    /// <inheritdoc/>
    internal override string LegendText => Largest > 1 ? $"{Name}: 1 to {Largest} a cell" : $"{Name}: 1 a cell";

    /// <summary>The number of shades.</summary>
    internal int Shades => Level(Math.Max(1, Largest)) + 1;

    /// <summary>Counts the points in bins × bins cells over the rectangle that they span.</summary>
    internal static DensitySeries Of(IReadOnlyList<double> x, IReadOnlyList<double> y, string? name, int bins)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Count != y.Count)
        {
            throw new ArgumentException(
                $"Density \"{name}\": x has {x.Count} values, y has {y.Count}; they come in pairs.");
        }

        return bins is >= 2 and <= 500
            ? new DensitySeries(Counted(x, y, bins), name)
            : throw new ArgumentException($"Density \"{name}\": {bins} bins; expected 2 to 500.");
    }

    /// <summary>The shade of a count: 0 for 1 to 3 points, 1 for 4 to 9, 2 for 10 to 31, and so on.</summary>
    internal static int Level(int count) => (int)Math.Floor((2 * Math.Log10(count)) + 1e-12);

    /// <summary>The colour of a shade, from pale to dark, as <c>#rrggbb</c>.</summary>
    internal string ColourOf(int level) => Shade(Shades == 1 ? 0.5 : (double)level / (Shades - 1));

    private static string Shade(double part)
    {
        int lower = part < 0.5 ? 0 : 1;
        double t = (2 * part) - lower;
        (int r0, int g0, int b0) = Anchors[lower];
        (int r1, int g1, int b1) = Anchors[lower + 1];
        return $"#{Mixed(r0, r1):x2}{Mixed(g0, g1):x2}{Mixed(b0, b1):x2}";

        int Mixed(int from, int to) => (int)Math.Round(from + (t * (to - from)));
    }

    private static Grid Counted(IReadOnlyList<double> x, IReadOnlyList<double> y, int bins)
    {
        (double Low, double High) across = (double.PositiveInfinity, double.NegativeInfinity), up = across;
        int leftOut = 0;
        for (int i = 0; i < x.Count; i++)
        {
            if (Axis.IsDrawable(x[i]) && Axis.IsDrawable(y[i]))
            {
                across = (Math.Min(across.Low, x[i]), Math.Max(across.High, x[i]));
                up = (Math.Min(up.Low, y[i]), Math.Max(up.High, y[i]));
            }
            else
            {
                leftOut++;
            }
        }

        if (leftOut == x.Count)
        {
            return new Grid(new Limits(0, 1), new Limits(0, 1), [], x.Count, leftOut);
        }

        int[] counts = new int[bins * bins];
        for (int i = 0; i < x.Count; i++)
        {
            if (Axis.IsDrawable(x[i]) && Axis.IsDrawable(y[i]))
            {
                counts[(Bin(y[i], up, bins) * bins) + Bin(x[i], across, bins)]++;
            }
        }

        IEnumerable<DensityCell> cells =
            from index in Enumerable.Range(0, counts.Length)
            where counts[index] > 0
            select new DensityCell(Edges(index % bins, across, bins), Edges(index / bins, up, bins), counts[index]);
        return new Grid(
            new Limits(across.Low, across.High), new Limits(up.Low, up.High), [.. cells], x.Count, leftOut);
    }

    private static int Bin(double value, (double Low, double High) range, int bins) => range.High > range.Low
        ? Math.Clamp((int)(bins * ((value - range.Low) / (range.High - range.Low))), 0, bins - 1)
        : 0;

    private static Limits Edges(int bin, (double Low, double High) range, int bins)
    {
        double width = (range.High - range.Low) / bins;
        return new Limits(range.Low + (bin * width), bin == bins - 1 ? range.High : range.Low + ((bin + 1) * width));
    }
}

/// <summary>A rectangle and how many points lie in it.</summary>
internal readonly record struct DensityCell(Limits X, Limits Y, int Count);
