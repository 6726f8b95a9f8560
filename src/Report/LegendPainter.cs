using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>Draws the legend: a sample and the name of every named series.</summary>
internal static class LegendPainter
{
    private const double Row = 18, Font = 12, Sample = 24, Pad = 8, Off = 8;

    /// <summary>Draws it at the place the plot asks for; a legend too large for the area is drawn smaller.</summary>
    public static void Draw(MarkupWriter svg, Plot plot, Box area, Placement placement)
    {
        Series[] named = [.. plot.Series.Where(series => series.Name.Length > 0)];
        if (named.Length == 0)
        {
            return;
        }

        double width = Sample + (3 * Pad) + named.Max(series => Layout.TextWidth(series.Name, Font));
        double height = (named.Length * Row) + Pad;
        double scale = Math.Min(1, Math.Min((area.Width - (2 * Off)) / width, (area.Height - (2 * Off)) / height));
        Box box = Place(plot.LegendPlace, area, width * scale, height * scale, placement);

        svg.Open("g", ("transform", $"translate({Pixel(box.Left)},{Pixel(box.Top)}) scale({Numbers.Significant(scale, 4)})"));
        svg.Leaf(
            "rect",
            ("width", Pixel(width)),
            ("height", Pixel(height)),
            ("rx", "3"),
            ("fill", "#fff"),
            ("fill-opacity", "0.88"),
            ("stroke", "#ddd")).Line();
        for (int i = 0; i < named.Length; i++)
        {
            double middle = (Pad / 2) + ((i + 0.5) * Row);
            SeriesPainter.DrawSample(svg, named[i], Pad, middle);
            svg.Element("text", named[i].Name, ("x", Pixel(Sample + (2 * Pad))), ("y", Pixel(middle + 4))).Line();
        }

        svg.Close().Line();
    }

    private static Box Place(LegendPlace place, Box area, double width, double height, Placement placement)
    {
        double left = area.Left + Off, right = area.Right - Off - width, centre = (left + right) / 2;
        double top = area.Top + Off, bottom = area.Bottom - Off - height, middle = (top + bottom) / 2;
        return place switch
        {
            LegendPlace.TopLeft => placement.Take(At(left, top)),
            LegendPlace.TopRight => placement.Take(At(right, top)),
            LegendPlace.BottomLeft => placement.Take(At(left, bottom)),
            LegendPlace.BottomRight => placement.Take(At(right, bottom)),
            _ => placement.Best(
            [
                At(right, top), At(left, top), At(right, bottom), At(left, bottom),
                At(right, middle), At(left, middle), At(centre, top), At(centre, bottom),
            ]),
        };

        Box At(double x, double y) => new(x, y, x + width, y + height);
    }
}
