using System.Text;
using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>Draws lines and points, in the plot and in its legend.</summary>
internal static class SeriesPainter
{
    /// <summary>Draws a series; its name shows where a pointer rests on it.</summary>
    public static void Draw(MarkupWriter svg, Trace trace)
    {
        OpenStyle(svg, trace.Series);
        if (trace.Series.Name.Length > 0)
        {
            svg.Element("title", trace.Series.Name);
        }

        svg.Line();
        if (trace.Series is DensitySeries density)
        {
            DrawCells(svg, density, trace.Cells);
        }
        else
        {
            foreach (IReadOnlyList<Point> chain in trace.Chains)
            {
                DrawChain(svg, trace.Series, chain);
            }
        }

        svg.Close().Line();
    }

    /// <summary>Draws the sample of a series in the legend, 24 pixels wide.</summary>
    public static void DrawSample(MarkupWriter svg, Series series, double x, double y)
    {
        OpenStyle(svg, series);
        if (series is DensitySeries density)
        {
            double width = 24.0 / density.Shades;
            DrawCells(svg, density, [.. Enumerable.Range(0, density.Shades).Select(level => (
                new Box(x + (level * width), y - 5, x + ((level + 1) * width), y + 5), level))]);
        }
        else
        {
            Point[] chain = series is LineSeries ? [new(x, y), new(x + 24, y)] : [new(x + 12, y)];
            DrawChain(svg, series, chain);
        }

        svg.Close();
    }

    /// <summary>The path through a chain.</summary>
    public static string Path(IReadOnlyList<Point> chain) =>
        new StringBuilder("M").AppendJoin(' ', chain.Select(p => $"{Pixel(p.X)},{Pixel(p.Y)}")).ToString();

    private static void OpenStyle(MarkupWriter svg, Series series)
    {
        switch (series)
        {
            case LineSeries line:
                svg.Open(
                    "g",
                    ("fill", "none"),
                    ("stroke", line.Colour),
                    ("stroke-width", Pixel(line.Width)),
                    ("stroke-linejoin", "round"),
                    ("stroke-linecap", line.Dash is Dash.Solid or Dash.Dotted ? "round" : "butt"),
                    ("stroke-dasharray", Pattern(line)));
                break;
            case PointSeries { Marker: Marker.Cross or Marker.Plus } strokes:
                string width = Pixel(Math.Max(1, strokes.Size / 4));
                svg.Open("g", ("fill", "none"), ("stroke", strokes.Colour), ("stroke-width", width));
                break;
            case DensitySeries:
                svg.Open("g", ("shape-rendering", "crispEdges"));
                break;
            default:
                svg.Open("g", ("fill", series.Colour), ("stroke", "#fff"), ("stroke-width", "0.7"));
                break;
        }
    }

    private static void DrawChain(MarkupWriter svg, Series series, IReadOnlyList<Point> chain)
    {
        if (series is PointSeries points)
        {
            foreach (Point p in chain)
            {
                DrawPoint(svg, points.Marker, p, points.Size / 2);
            }
        }
        else if (chain.Count == 1)
        {
            // A value between gaps has no line to show it.
            Point p = chain[0];
            (string Name, string? Value) undashed = ("stroke-dasharray", "none");
            svg.Leaf("circle", ("cx", Pixel(p.X)), ("cy", Pixel(p.Y)), ("r", "1.2"), undashed).Line();
        }
        else
        {
            svg.Leaf("path", ("d", Path(chain))).Line();
        }
    }

    // One path for each shade; neighbours in a row become one rectangle.
    private static void DrawCells(MarkupWriter svg, DensitySeries density, IReadOnlyList<(Box Place, int Level)> cells)
    {
        foreach (var shade in cells.GroupBy(cell => cell.Level).OrderBy(shade => shade.Key))
        {
            var path = new StringBuilder();
            Box? last = null;
            foreach ((Box place, _) in shade)
            {
                if (last is { } left && left.Top == place.Top && Math.Abs(left.Right - place.Left) < 1e-6)
                {
                    last = left with { Right = place.Right };
                    continue;
                }

                Append(last);
                last = place;
            }

            Append(last);
            svg.Leaf("path", ("fill", density.ColourOf(shade.Key)), ("d", path.ToString())).Line();

            void Append(Box? box)
            {
                if (box is { } b)
                {
                    path.Append($"M{Pixel(b.Left)},{Pixel(b.Top)}H{Pixel(b.Right)}V{Pixel(b.Bottom)}H{Pixel(b.Left)}z");
                }
            }
        }
    }

    private static string? Pattern(LineSeries line)
    {
        double w = line.Width;
        double[] strokes = line.Dash switch
        {
            Dash.Dashed => [4 * w, 2.5 * w],
            Dash.Dotted => [0, 2.2 * w],
            Dash.DashDotted => [5 * w, 2.2 * w, w, 2.2 * w],
            _ => [],
        };
        return strokes.Length == 0 ? null : string.Join(',', strokes.Select(Pixel));
    }

    // Shapes of about equal area; r is half the width of the circle.
    private static void DrawPoint(MarkupWriter svg, Marker marker, Point p, double r)
    {
        if (marker == Marker.Circle)
        {
            svg.Leaf("circle", ("cx", Pixel(p.X)), ("cy", Pixel(p.Y)), ("r", Pixel(r))).Line();
            return;
        }

        double s = 0.89 * r, d = 1.25 * r, t = 1.3 * r;
        string path = marker switch
        {
            Marker.Square => $"M{At(-s, -s)}h{Pixel(2 * s)}v{Pixel(2 * s)}h{Pixel(-2 * s)}z",
            Marker.Triangle => $"M{At(0, -t)}L{At(1.05 * t, 0.7 * t)} {At(-1.05 * t, 0.7 * t)}z",
            Marker.Diamond => $"M{At(0, -d)}L{At(d, 0)} {At(0, d)} {At(-d, 0)}z",
            Marker.Cross => $"M{At(-s, -s)}L{At(s, s)}M{At(-s, s)}L{At(s, -s)}",
            _ => $"M{At(-d, 0)}H{Pixel(p.X + d)}M{At(0, -d)}V{Pixel(p.Y + d)}",
        };
        svg.Leaf("path", ("d", path)).Line();

        string At(double dx, double dy) => $"{Pixel(p.X + dx)},{Pixel(p.Y + dy)}";
    }
}
