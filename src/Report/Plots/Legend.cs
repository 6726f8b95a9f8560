using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>The legend: a sample and the name of every named series.</summary>
internal sealed class Legend
{
    private const double Row = 18, Font = 12, Sample = 24, Pad = 8, Off = 8;

    // So many grains of ink (4 × 4 pixels) may disappear behind a legend before it moves out of the axes.
    private const int Tolerated = 3;

    private readonly Series[] named;
    private readonly double width;
    private readonly double height;

    private Legend(Series[] named)
    {
        this.named = named;
        width = Sample + (3 * Pad) + named.Max(series => Layout.TextWidth(series.LegendText, Font));
        height = (named.Length * Row) + Pad;
    }

    /// <summary>The room it takes at the right of the axes, in pixels.</summary>
    public double Room => width + Off;

    /// <summary>The legend of a plot; null if no series has a name or none is wanted.</summary>
    public static Legend? Of(Plot plot)
    {
        Series[] named = [.. plot.Series.Where(series => series.Name.Length > 0)];
        return named.Length == 0 || plot.LegendPlace == LegendPlace.None ? null : new Legend(named);
    }

    /// <summary>Whether a legend with a free choice at this place should rather stand outside.</summary>
    public bool PrefersOutside(Plot plot, Box box, Placement placement) =>
        plot.LegendPlace == LegendPlace.Best && placement.Hidden(box) > Tolerated && Room < 0.4 * plot.Width;

    /// <summary>Its place; a legend too large for the area is drawn smaller.</summary>
    public Box Place(LegendPlace place, Box area, Placement placement)
    {
        double scale = Math.Min(1, (area.Height - (2 * Off)) / height);
        scale = place == LegendPlace.Outside ? scale : Math.Min(scale, (area.Width - (2 * Off)) / width);
        double left = area.Left + Off, right = area.Right - Off - (scale * width), centre = (left + right) / 2;
        double top = area.Top + Off, bottom = area.Bottom - Off - (scale * height), middle = (top + bottom) / 2;
        return place switch
        {
            LegendPlace.Outside => At(area.Right + (2 * Off), area.Top),
            LegendPlace.TopLeft => placement.Best([At(left, top)]),
            LegendPlace.TopRight => placement.Best([At(right, top)]),
            LegendPlace.BottomLeft => placement.Best([At(left, bottom)]),
            LegendPlace.BottomRight => placement.Best([At(right, bottom)]),
            _ => placement.Best(
            [
                At(right, top), At(left, top), At(right, bottom), At(left, bottom),
                At(right, middle), At(left, middle), At(centre, top), At(centre, bottom),
            ]),
        };

        Box At(double x, double y) => new(x, y, x + (scale * width), y + (scale * height));
    }

    /// <summary>Draws it into its place.</summary>
    public void Draw(MarkupWriter svg, Box box)
    {
        string scale = Significant(box.Width / width, 4);
        svg.Open("g", ("transform", $"translate({Pixel(box.Left)},{Pixel(box.Top)}) scale({scale})"));
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
            svg.Element("text", named[i].LegendText, ("x", Pixel(Sample + (2 * Pad))), ("y", Pixel(middle + 4))).Line();
        }

        svg.Close().Line();
    }
}
