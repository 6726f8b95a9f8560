namespace Noether.Report;

/// <summary>
/// A series as pixels: the chains of a line, or one chain that holds the points, and the account of what is not shown.
/// </summary>
internal sealed record Trace(Series Series, IReadOnlyList<IReadOnlyList<Point>> Chains, string Account)
{
    /// <summary>The cells of a density, with their shades; none of other series.</summary>
    public IReadOnlyList<(Box Place, int Level)> Cells { get; private init; } = [];

    /// <summary>Longer series are thinned.</summary>
    public const int Longest = 2000;

    /// <summary>Places a series in the layout: drops what has no place, cuts at the area, thins what is long.</summary>
    public static Trace Of(Plot plot, int index, Layout layout)
    {
        Series series = plot.Series[index];
        if (series is DensitySeries density)
        {
            return OfDensity(plot, index, density, layout);
        }

        var chain = new Point?[series.X.Length];
        int infinite = 0, negative = 0, outside = 0;
        for (int i = 0; i < chain.Length; i++)
        {
            (double x, double y) = (series.X[i], series.Y[i]);
            if (!Axis.IsDrawable(x) || !Axis.IsDrawable(y))
            {
                infinite++;
            }
            else if (!plot.X.Admits(x) || !plot.Y.Admits(y))
            {
                negative++;
            }
            else
            {
                outside += layout.X.Contains(x) && layout.Y.Contains(y) ? 0 : 1;
                chain[i] = layout.Place(x, y);
            }
        }

        // A value at a limit may land a rounding error outside the area.
        Box area = layout.Area.Grown(1e-6);
        IReadOnlyList<IReadOnlyList<Point>> chains = series is LineSeries
            ? Polyline.Clip(chain, area)
            : [[.. chain.OfType<Point>().Where(area.Contains)]];
        bool thinned = chain.Length > Longest;
        if (thinned)
        {
            chains = [.. chains.Select(part => series is LineSeries ? Polyline.Thin(part) : Polyline.ThinCloud(part))];
        }

        var account = new List<string> { Counted(chain.Length, "value", "values") };
        Note(infinite, "not finite");
        Note(negative, "not positive on a logarithmic axis");
        Note(outside, "outside the limits");
        Note(thinned ? chains.Sum(part => part.Count) : 0, "drawn after thinning");
        return new Trace(series, chains, $"{Named(series, index)}: {string.Join(", ", account)}.");

        void Note(int count, string what)
        {
            if (count > 0)
            {
                account.Add($"{count} {what}");
            }
        }
    }

    // Its chain is of the centres of cells, for those who look where ink is.
    private static Trace OfDensity(Plot plot, int index, DensitySeries density, Layout layout)
    {
        // Cells may become narrower than what can be seen.
        const double least = 0.75;
        int negative = 0, outside = 0;
        var cells = new List<(Box Place, int Level)>();
        foreach (DensityCell cell in density.Cells)
        {
            if (!plot.X.Admits(cell.X.Low) || !plot.Y.Admits(cell.Y.Low))
            {
                negative += cell.Count;
                continue;
            }

            Point a = layout.Place(cell.X.Low, cell.Y.High), b = layout.Place(cell.X.High, cell.Y.Low);
            (double right, double bottom) = (Math.Max(b.X, a.X + least), Math.Max(b.Y, a.Y + least));
            if (layout.Area.Cut(new Box(a.X, a.Y, right, bottom)) is { } place)
            {
                cells.Add((place, DensitySeries.Level(cell.Count)));
            }
            else
            {
                outside += cell.Count;
            }
        }

        string account = string.Concat(
            Counted(density.Total, "value", "values"),
            density.LeftOut > 0 ? $", {density.LeftOut} not finite" : "",
            negative > 0 ? $", {negative} in cells that are not positive on a logarithmic axis" : "",
            outside > 0 ? $", {outside} in cells outside the limits" : "",
            $" in {Counted(density.Cells.Length, "cell", "cells")}, at most {density.Largest} in one");
        Point[] centres = [.. cells.Select(cell => cell.Place.Centre)];
        return new Trace(density, [centres], $"{Named(density, index)}: {account}.") { Cells = cells };
    }

    private static string Named(Series series, int index) =>
        series.Name.Length > 0 ? series.Name : $"series {index + 1}";

    private static string Counted(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
