namespace Noether.Report;

/// <summary>
/// A series as pixels: the chains of a line, or one chain that holds the points, and the account of what is not shown.
/// </summary>
internal sealed record Trace(Series Series, IReadOnlyList<IReadOnlyList<Point>> Chains, string Account)
{
    /// <summary>Longer series are thinned.</summary>
    public const int Longest = 2000;

    /// <summary>Places a series in the layout: drops what has no place, cuts at the area, thins what is long.</summary>
    public static Trace Of(Plot plot, int index, Layout layout)
    {
        Series series = plot.Series[index];
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
        string name = series.Name.Length > 0 ? series.Name : $"series {index + 1}";
        return new Trace(series, chains, $"{name}: {string.Join(", ", account)}.");

        void Note(int count, string what)
        {
            if (count > 0)
            {
                account.Add($"{count} {what}");
            }
        }
    }

    private static string Counted(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
