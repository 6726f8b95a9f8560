using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>Draws a plot as SVG: grid and guides, the series, axes with ticks, then all texts on top.</summary>
internal sealed class Painter
{
    private const string Ink = "#222", GridMajor = "#e4e4e4", GridMinor = "#f3f3f3";
    private const string Fonts = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

    private readonly Plot plot;
    private readonly Layout layout;
    private readonly IReadOnlyList<Trace> traces;
    private readonly GuideLines guides;
    private readonly IReadOnlyList<(Guide Guide, Box Place)> guideLabels;
    private readonly Legend? legend;
    private readonly Box legendBox;
    private readonly MarkupWriter svg = new();

    private Painter(Plot plot)
    {
        this.plot = plot;
        legend = Legend.Of(plot);
        for (LegendPlace place = plot.LegendPlace; ; place = LegendPlace.Outside)
        {
            layout = Layout.Of(plot, place == LegendPlace.Outside && legend is not null ? legend.Room : 0);
            traces = [.. Enumerable.Range(0, plot.Series.Count).Select(index => Trace.Of(plot, index, layout))];
            guides = new GuideLines(plot, layout);
            var placement = new Placement(Area, traces);

            // Labels of guides have little choice, hence come before a legend that may stand anywhere.
            bool free = place is LegendPlace.Best or LegendPlace.Inside;
            guideLabels = free ? guides.PlaceLabels(placement) : [];
            legendBox = legend?.Place(place, Area, placement) ?? default;
            guideLabels = free ? guideLabels : guides.PlaceLabels(placement);
            if (!free || legend is null || !legend.PrefersOutside(plot, legendBox, placement))
            {
                break;
            }
        }
    }

    private Box Area => layout.Area;

    /// <summary>The plot as a complete SVG element.</summary>
    public static string Paint(Plot plot) => new Painter(plot).Paint();

    /// <summary>The middle of a pixel: a stroke one pixel wide then fills one row and no half rows.</summary>
    public static string Crisp(double value) => Pixel(Math.Floor(value) + 0.5);

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
        svg.Element("desc", string.Join(" ", traces.Select(trace => trace.Account).Concat(guides.Account))).Line();
        svg.Leaf("rect", ("width", "100%"), ("height", "100%"), ("fill", "#fff")).Line();
        Grid();
        guides.Draw(svg);
        foreach (Trace trace in traces)
        {
            SeriesPainter.Draw(svg, trace);
        }

        Axes();
        Texts();
        foreach ((Guide guide, Box place) in guideLabels)
        {
            GuideLines.DrawLabel(svg, guide, place);
        }

        legend?.Draw(svg, legendBox);
        return svg.Close().Line().ToString();
    }

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
        double size = Fitted(plot.Title, Layout.TitleFont, plot.Width - Area.Left - 8);
        Text(plot.Title, Area.Left, 24, "start", size, Ink, "600");
        double middle = (Area.Left + Area.Right) / 2;
        double room = Area.Width - (layout.XTicks.Factor != 0 ? 80 : 0);
        Text(plot.X.Label, middle, plot.Height - 10, "middle", Fitted(plot.X.Label, Layout.LabelFont, room), Ink);
        middle = (Area.Top + Area.Bottom) / 2;
        size = Fitted(plot.Y.Label, Layout.LabelFont, plot.Height - 16);
        Text(plot.Y.Label, 18, middle, "middle", size, Ink, rotated: true);
        if (plot.Series.All(series => series.X.IsEmpty))
        {
            Text("no data", (Area.Left + Area.Right) / 2, middle, "middle", Layout.LabelFont, "#666");
        }
    }

    private static double Fitted(string text, double size, double room) =>
        Math.Max(7, size * Math.Min(1, room / Math.Max(1, Layout.TextWidth(text, size))));

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
            svg.Element("tspan", Decimal(exponent, 0), ("dy", "-5"), ("font-size", Pixel(Layout.PowerFont)));
        }

        svg.Close().Line();
    }

    private void Text(
        string text,
        double x,
        double y,
        string anchor,
        double size,
        string fill,
        string? weight = null,
        bool rotated = false)
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
}
