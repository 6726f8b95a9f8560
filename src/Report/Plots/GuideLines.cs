using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>Draws the lines that guide the eye, and their labels where they hide little.</summary>
internal sealed class GuideLines(Plot plot, Layout layout)
{
    private const double Font = 11, Height = 14, Off = 3;

    private Box Area => layout.Area;

    private IEnumerable<Guide> Shown => plot.Guides.Where(IsShown);

    /// <summary>A sentence for each guide that is not to be seen.</summary>
    public IEnumerable<string> Account => plot.Guides
        .Where(guide => !IsShown(guide))
        .Select(guide => guide.Kind == GuideKind.Diagonal
            ? "Diagonal guide: not shown, it does not pass within the limits."
            : $"{guide.Kind} guide at {Exact(guide.At)}: not shown, it has no place within the limits.");

    /// <summary>Draws the lines.</summary>
    public void Draw(MarkupWriter svg)
    {
        foreach (Guide guide in Shown)
        {
            string path = guide.Kind switch
            {
                GuideKind.Horizontal => $"M{Pixel(Area.Left)},{At(layout.Y)}H{Pixel(Area.Right)}",
                GuideKind.Vertical => $"M{At(layout.X)},{Pixel(Area.Top)}V{Pixel(Area.Bottom)}",
                _ => string.Concat(DiagonalParts().Select(SeriesPainter.Path)),
            };
            svg.Leaf("path", ("d", path), ("fill", "none"), ("stroke", "#888"), ("stroke-dasharray", "5,4")).Line();

            string At(AxisMap axis) => Painter.Crisp(axis.ToPixel(guide.At));
        }
    }

    /// <summary>Chooses the places of the labels.</summary>
    public IReadOnlyList<(Guide Guide, Box Place)> PlaceLabels(Placement placement) =>
        [.. Shown.Where(guide => guide.Label.Length > 0).Select(guide => (guide, placement.Best(Places(guide))))];

    /// <summary>Draws a label on a white rim, readable on top of lines.</summary>
    public static void DrawLabel(MarkupWriter svg, Guide guide, Box place)
    {
        bool upright = guide.Kind == GuideKind.Vertical;
        string x = Pixel(upright ? place.Right - 3 : (place.Left + place.Right) / 2);
        string y = Pixel(upright ? (place.Top + place.Bottom) / 2 : place.Bottom - 3);
        svg.Element(
            "text",
            guide.Label,
            ("x", x),
            ("y", y),
            ("text-anchor", "middle"),
            ("font-size", Pixel(Font)),
            ("fill", "#666"),
            ("paint-order", "stroke"),
            ("stroke", "#fff"),
            ("stroke-width", "3"),
            ("stroke-linejoin", "round"),
            ("transform", upright ? $"rotate(-90 {x} {y})" : null)).Line();
    }

    private bool IsShown(Guide guide) => guide.Kind switch
    {
        GuideKind.Horizontal => layout.Y.Contains(guide.At),
        GuideKind.Vertical => layout.X.Contains(guide.At),
        _ => DiagonalParts().Count > 0,
    };

    // y = x is straight where both axes have one scale, and a curve otherwise.
    private List<List<Point>> DiagonalParts()
    {
        int steps = plot.X.Scale == plot.Y.Scale ? 1 : 200;
        IEnumerable<Point?> chain = Enumerable.Range(0, steps + 1)
            .Select(i => layout.X.At((double)i / steps))
            .Select(value => plot.Y.Admits(value) ? layout.Place(value, value) : (Point?)null);
        return [.. Polyline.Clip(chain, Area).Where(part => part.Count > 1)];
    }

    // At both sides of the line: near its ends and in its middle.
    private IEnumerable<Box> Places(Guide guide)
    {
        double length = Layout.TextWidth(guide.Label, Font);
        if (guide.Kind == GuideKind.Horizontal)
        {
            double y = layout.Y.ToPixel(guide.At);
            double[] starts = [Area.Right - length - 6, Area.Left + 6, (Area.Left + Area.Right - length) / 2];
            return
                from bottom in new[] { y - Off, y + Off + Height }
                from start in starts
                select new Box(start, bottom - Height, start + length, bottom);
        }

        double x = layout.X.ToPixel(guide.At);
        double[] tops = [Area.Top + 6, Area.Bottom - length - 6, (Area.Top + Area.Bottom - length) / 2];
        return
            from right in new[] { x - Off, x + Off + Height }
            from start in tops
            select new Box(right - Height, start, right, start + length);
    }
}
