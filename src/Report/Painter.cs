using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>Draws a plot as SVG: grid and guides, the series, axes with ticks, then all texts on top.</summary>
internal sealed class Painter
{
    private const string Ink = "#222", Soft = "#666", GridMajor = "#e4e4e4", GridMinor = "#f3f3f3";
    private const string Fonts = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

    private readonly Plot plot;
    private readonly Layout layout;
    private readonly IReadOnlyList<Trace> traces;
    private readonly MarkupWriter svg = new();

    private Painter(Plot plot)
    {
        this.plot = plot;
        layout = Layout.Of(plot);
        traces = [.. Enumerable.Range(0, plot.Series.Count).Select(index => Trace.Of(plot, index, layout))];
    }

    /// <summary>The plot as a complete SVG element.</summary>
    public static string Paint(Plot plot) => new Painter(plot).Paint();

    private Box Area => layout.Area;

    private string Paint()
    {
        svg.Open(
            "svg",
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", $"{plot.Width}"),
            ("height", $"{plot.Height}"),
            ("viewBox", $"0 0 {plot.Width} {plot.Height}"),
            ("role", "img"),
            ("font-family", Fonts),
            ("font-size", Pixel(Layout.TickFont)),
            ("fill", Ink)).Line();
        svg.Element("title", plot.Title.Length > 0 ? plot.Title : "Plot").Line();
        svg.Element("desc", Description()).Line();
        svg.Leaf("rect", ("width", "100%"), ("height", "100%"), ("fill", "#fff")).Line();
        Grid();
        Guides();
        foreach (Trace trace in traces)
        {
            SeriesPainter.Draw(svg, trace);
        }

        Axes();
        Texts();
        if (plot.Series.All(series => series.X.IsEmpty))
        {
            Text("no data", (Area.Left + Area.Right) / 2, (Area.Top + Area.Bottom) / 2, "middle", Layout.LabelFont, Soft);
        }

        var placement = new Placement(Area, traces);
        if (plot.LegendPlace is not (LegendPlace.Best or LegendPlace.None))
        {
            LegendPainter.Draw(svg, plot, Area, placement);
        }

        GuideLabels(placement);
        if (plot.LegendPlace == LegendPlace.Best)
        {
            LegendPainter.Draw(svg, plot, Area, placement);
        }

        return svg.Close().Line().ToString();
    }

    private string Description()
    {
        IEnumerable<string> lost = plot.Guides.Where(guide => !IsShown(guide))
            .Select(guide => $"{guide.Kind} guide at {Exact(guide.At)}: not shown, it has no place within the limits.");
        return string.Join(" ", traces.Select(trace => trace.Account).Concat(lost));
    }

    private bool IsShown(Guide guide) => guide.Kind switch
    {
        GuideKind.Horizontal => layout.Y.Contains(guide.At),
        GuideKind.Vertical => layout.X.Contains(guide.At),
        _ => DiagonalParts().Count > 0,
    };

    private void Grid()
    {
        foreach (bool major in new[] { false, true })
        {
            IEnumerable<string> lines =
            [
                .. layout.XTicks.Ticks.Where(tick => tick.IsMajor == major)
                    .Select(tick => $"M{Crisp(layout.X.ToPixel(tick.Value))},{Pixel(Area.Top)}V{Pixel(Area.Bottom)}"),
                .. layout.YTicks.Ticks.Where(tick => tick.IsMajor == major)
                    .Select(tick => $"M{Pixel(Area.Left)},{Crisp(layout.Y.ToPixel(tick.Value))}H{Pixel(Area.Right)}"),
            ];
            Stroke(string.Concat(lines), major ? GridMajor : GridMinor);
        }
    }

    private void Axes()
    {
        string frame = $"M{Crisp(Area.Left)},{Pixel(Area.Top)}V{Crisp(Area.Bottom)}H{Pixel(Area.Right)}";
        IEnumerable<string> ticks =
        [
            .. layout.XTicks.Ticks.Select(
                tick => $"M{Crisp(layout.X.ToPixel(tick.Value))},{Crisp(Area.Bottom)}v{(tick.IsMajor ? 5 : 3)}"),
            .. layout.YTicks.Ticks.Select(
                tick => $"M{Crisp(Area.Left)},{Crisp(layout.Y.ToPixel(tick.Value))}h-{(tick.IsMajor ? 5 : 3)}"),
        ];
        Stroke(frame + string.Concat(ticks), "#444");
        foreach (Tick tick in layout.XTicks.Ticks.Where(tick => tick.IsMajor))
        {
            Label(tick.Label, tick.Power, layout.X.ToPixel(tick.Value), Area.Bottom + 18, "middle");
        }

        foreach (Tick tick in layout.YTicks.Ticks.Where(tick => tick.IsMajor))
        {
            Label(tick.Label, tick.Power, Area.Left - 8, layout.Y.ToPixel(tick.Value) + 4, "end");
        }

        if (layout.XTicks.Factor != 0)
        {
            Label("×10", layout.XTicks.Factor, Area.Right, Area.Bottom + 34, "end");
        }

        if (layout.YTicks.Factor != 0)
        {
            Label("×10", layout.YTicks.Factor, Area.Left - 5, Area.Top - 8, "start");
        }
    }

    private void Texts()
    {
        Text(plot.Title, Area.Left, 24, "start", Fitted(plot.Title, Layout.TitleFont, plot.Width - Area.Left - 8), Ink, "600");
        double middle = (Area.Left + Area.Right) / 2;
        double room = Area.Width - (layout.XTicks.Factor != 0 ? 80 : 0);
        Text(plot.X.Label, middle, plot.Height - 10, "middle", Fitted(plot.X.Label, Layout.LabelFont, room), Ink);
        middle = (Area.Top + Area.Bottom) / 2;
        double size = Fitted(plot.Y.Label, Layout.LabelFont, plot.Height - 16);
        Text(plot.Y.Label, 18, middle, "middle", size, Ink, rotated: true);
    }

    private void Guides()
    {
        foreach (Guide guide in plot.Guides.Where(IsShown))
        {
            string path = guide.Kind switch
            {
                GuideKind.Horizontal => $"M{Pixel(Area.Left)},{Crisp(layout.Y.ToPixel(guide.At))}H{Pixel(Area.Right)}",
                GuideKind.Vertical => $"M{Crisp(layout.X.ToPixel(guide.At))},{Pixel(Area.Top)}V{Pixel(Area.Bottom)}",
                _ => string.Concat(DiagonalParts().Select(SeriesPainter.Path)),
            };
            svg.Leaf("path", ("d", path), ("fill", "none"), ("stroke", "#888"), ("stroke-dasharray", "5,4")).Line();
        }
    }

    // y = x is straight where both axes have one scale, and a curve otherwise.
    private List<List<Point>> DiagonalParts()
    {
        int steps = plot.X.Scale == plot.Y.Scale ? 1 : 200;
        IEnumerable<Point?> chain = Enumerable.Range(0, steps + 1)
            .Select(i => layout.X.At((double)i / steps))
            .Select(value => plot.Y.Admits(value) ? layout.Place(value, value) : (Point?)null);
        return [.. Polyline.Clip(chain, Area).Where(part => part.Count > 1)];
    }

    private void GuideLabels(Placement placement)
    {
        const double size = 11, height = 14, off = 3;
        foreach (Guide guide in plot.Guides.Where(guide => guide.Label.Length > 0 && IsShown(guide)))
        {
            double length = Layout.TextWidth(guide.Label, size);
            if (guide.Kind == GuideKind.Horizontal)
            {
                double y = layout.Y.ToPixel(guide.At);
                double[] starts = [Area.Right - length - 6, Area.Left + 6, ((Area.Left + Area.Right) - length) / 2];
                Box box = placement.Best(
                    from bottom in new[] { y - off, y + off + height }
                    from start in starts
                    select new Box(start, bottom - height, start + length, bottom));
                Halo(guide.Label, (box.Left + box.Right) / 2, box.Bottom - 3, size, false);
            }
            else
            {
                double x = layout.X.ToPixel(guide.At);
                double[] tops = [Area.Top + 6, Area.Bottom - length - 6, ((Area.Top + Area.Bottom) - length) / 2];
                Box box = placement.Best(
                    from right in new[] { x - off, x + off + height }
                    from start in tops
                    select new Box(right - height, start, right, start + length));
                Halo(guide.Label, box.Right - 3, (box.Top + box.Bottom) / 2, size, true);
            }
        }
    }

    private static double Fitted(string text, double size, double room) =>
        Math.Max(7, size * Math.Min(1, room / Math.Max(1, Layout.TextWidth(text, size))));

    // The middle of a pixel: a stroke one pixel wide then fills one row and no half rows.
    private static string Crisp(double value) => Pixel(Math.Floor(value) + 0.5);

    private void Stroke(string path, string colour)
    {
        if (path.Length > 0)
        {
            svg.Leaf("path", ("d", path), ("fill", "none"), ("stroke", colour)).Line();
        }
    }

    private void Label(string text, int? power, double x, double y, string anchor)
    {
        svg.Open("text", ("x", Pixel(x)), ("y", Pixel(y)), ("text-anchor", anchor)).Text(text);
        if (power is { } exponent)
        {
            svg.Element("tspan", Decimal(exponent, 0), ("dy", "-5"), ("font-size", "9"));
        }

        svg.Close().Line();
    }

    private void Text(
        string text, double x, double y, string anchor, double size, string fill, string? weight = null, bool rotated = false)
    {
        if (text.Length > 0)
        {
            svg.Element(
                "text",
                text,
                ("x", Pixel(x)),
                ("y", Pixel(y)),
                ("text-anchor", anchor),
                ("font-size", Pixel(size)),
                ("font-weight", weight),
                ("fill", fill),
                ("transform", rotated ? $"rotate(-90 {Pixel(x)} {Pixel(y)})" : null)).Line();
        }
    }

    // A text on a white rim, readable on top of lines.
    private void Halo(string text, double x, double y, double size, bool rotated)
    {
        svg.Open(
            "g", ("paint-order", "stroke"), ("stroke", "#fff"), ("stroke-width", "3"), ("stroke-linejoin", "round"));
        Text(text, x, y, "middle", size, Soft, rotated: rotated);
        svg.Close().Line();
    }
}
