using System.Globalization;
using System.Xml.Linq;
using Xunit;

namespace Noether.Report.Tests;

public sealed class ReportPlotTests
{
    private const int Seed = 20240607;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static XElement Parse(Plot plot) => XElement.Parse(plot.ToSvg());

    private static string Description(Plot plot) => (string)Parse(plot).Element(Svg + "desc")!;

    private static string[] Texts(Plot plot) => [.. Parse(plot).Descendants(Svg + "text").Select(text => text.Value)];

    private static Point[] Vertices(Plot plot, string colour) =>
    [
        .. Parse(plot).Elements(Svg + "g")
            .Where(group => (string?)group.Attribute("stroke") == colour)
            .Elements(Svg + "path")
            .SelectMany(path => ((string)path.Attribute("d")!).TrimStart('M').Split(' '))
            .Select(pair => pair.Split(','))
            .Select(pair => new Point(Number(pair[0]), Number(pair[1]))),
    ];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void A_plot_is_well_formed_whatever_its_texts()
    {
        const string nasty = "a < b & c > \"d\" 'e' \u0001 \ud800 ∂E/∂ε 😀";
        Plot plot = Plot.Create(nasty).XLabel(nasty).YLabel(nasty).Line([1, 2], [3, 4], nasty, colour: "\"red\"")
            .Points([1], [2], nasty).Horizontal(3, nasty).Vertical(1, nasty);
        string shown = nasty.Replace('\u0001', '\uFFFD').Replace('\ud800', '\uFFFD');
        Assert.Equal(shown, (string)Parse(plot).Element(Svg + "title")!);
        Assert.Equal(7, Texts(plot).Count(text => text == shown)); // title, 2 axes, 2 guides, 2 entries of the legend
    }

    [Fact]
    public void An_empty_plot_and_empty_series_are_legal()
    {
        Assert.Contains("no data", Texts(Plot.Create()));
        Plot plot = Plot.Create("nothing").Line([], [], "line").Points([], [], "points").LogX().LogY();
        Assert.Contains("no data", Texts(plot));
        Assert.Contains("line: 0 values.", Description(plot), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plot_is_immutable()
    {
        Plot plot = Plot.Create("one");
        string before = plot.ToSvg();
        _ = plot.Line([1, 2], [1, 2]).LogX().Horizontal(1).Size(300, 300);
        Assert.Equal(before, plot.ToSvg());
    }

    [Fact]
    public void What_cannot_be_drawn_is_counted()
    {
        double[] x = [1, 2, double.NaN, 4, -5, 6, 0, 8, 9];
        double[] y = [1, double.PositiveInfinity, 3, 4, 5, -6, 7, 800, 9];
        Plot plot = Plot.Create().Line(x, y, "loss").Points(x, y).LogX().LogY().YLimits(0.5, 100).Horizontal(-1);
        const string account = "9 values, 2 not finite, 3 not positive on a logarithmic axis, 1 outside the limits.";
        string description = Description(plot);
        Assert.Contains("loss: " + account, description, StringComparison.Ordinal);
        Assert.Contains("series 2: " + account, description, StringComparison.Ordinal);
        Assert.Contains("Horizontal guide at -1: not shown", description, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_values_break_a_line_and_a_lone_value_is_a_dot()
    {
        double[] y = [0, 1, double.NaN, 2, double.NaN, 3, 4];
        XElement svg = Parse(Plot.Create().Line([0, 1, 2, 3, 4, 5, 6], y, colour: "red"));
        XElement group = svg.Elements(Svg + "g").Single(g => (string?)g.Attribute("stroke") == "red");
        Assert.Equal(2, group.Elements(Svg + "path").Count());
        Assert.Single(group.Elements(Svg + "circle"));
    }

    [Fact]
    public void Lines_are_clipped_to_the_limits_and_points_beyond_them_left_out()
    {
        Plot plot = Plot.Create().XLimits(0, 1).YLimits(-1, 1)
            .Line([-1e200, 0.5, 0.6, 1e300], [0, 1e290, -1e12, 0], colour: "red")
            .Points([0, 0.5, 1, 1.01], [-1, 0, 1, 0], colour: "blue");
        Box area = Layout.Of(plot, 0).Area.Grown(0.01); // Coordinates are written with two decimals.
        Assert.NotEmpty(Vertices(plot, "red"));
        Assert.All(Vertices(plot, "red"), vertex => Assert.True(area.Contains(vertex)));
        Assert.Equal(3, Parse(plot).Descendants(Svg + "circle").Count());
    }

    [Fact]
    public void Clipping_keeps_exactly_what_is_inside()
    {
        var random = new Random(Seed);
        var box = new Box(0, 0, 10, 10);
        for (int round = 0; round < 200; round++)
        {
            Point?[] chain = [.. Enumerable.Range(0, 6).Select(_ => (Point?)new Point(Somewhere(), Somewhere()))];
            List<List<Point>> parts = Polyline.Clip(chain, box);

            // The length inside, from the definition: dense samples of every segment.
            const int samples = 2000;
            double inside = 0;
            for (int i = 1; i < chain.Length; i++)
            {
                (Point a, Point b) = (chain[i - 1]!.Value, chain[i]!.Value);
                int hits = Enumerable.Range(0, samples).Select(k => (k + 0.5) / samples)
                    .Count(t => box.Contains(new Point(a.X + (t * (b.X - a.X)), a.Y + (t * (b.Y - a.Y)))));
                inside += Distance(a, b) * hits / samples;
            }

            double kept = parts.Sum(part => part.SkipLast(1).Zip(part.Skip(1), Distance).Sum());
            // Each of five segments, up to 43 long, may lose or win one sample at either end.
            Assert.Equal(inside, kept, 5 * 2 * 43.0 / samples);
            Assert.All(parts.SelectMany(part => part), p => Assert.True(box.Grown(1e-9).Contains(p)));
        }

        double Somewhere() => (random.NextDouble() * 30) - 10;

        static double Distance(Point a, Point b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));
    }

    [Fact]
    public void A_long_series_stays_small_and_keeps_its_extremes()
    {
        var random = new Random(Seed);
        double[] x = [.. Enumerable.Range(0, 12_000).Select(i => (double)i)];
        double[] y = [.. x.Select(_ => random.NextDouble())];
        (y[4321], y[8765]) = (7, -5);
        Plot line = Plot.Create().Line(x, y, "noise", colour: "red");
        Plot points = Plot.Create().Points(x, y, "noise", colour: "red");
        Assert.InRange(line.ToSvg().Length, 1000, 50_000);
        Assert.Contains("noise: 12000 values, ", Description(line), StringComparison.Ordinal);
        Assert.Contains(" drawn after thinning.", Description(points), StringComparison.Ordinal);

        Layout layout = Layout.Of(line, 0);
        (double top, double bottom) = (layout.Y.ToPixel(7), layout.Y.ToPixel(-5));
        Point[] drawn = Vertices(line, "red");
        Assert.Equal(top, drawn.Min(p => p.Y), 0.006); // Coordinates are written with two decimals.
        Assert.Equal(bottom, drawn.Max(p => p.Y), 0.006);
        double[] heights = [.. Parse(points).Elements(Svg + "g").Where(group => group.Attribute("transform") is null)
            .Elements(Svg + "circle").Select(circle => Number((string)circle.Attribute("cy")!))];
        Layout pointLayout = Layout.Of(points, 0);
        Assert.Contains(heights, cy => Math.Abs(cy - pointLayout.Y.ToPixel(7)) < 0.006);
        Assert.Contains(heights, cy => Math.Abs(cy - pointLayout.Y.ToPixel(-5)) < 0.006);
    }

    [Fact]
    public void Thinning_keeps_the_extremes_of_every_column_of_pixels()
    {
        var random = new Random(Seed);
        Point[] chain = [.. Enumerable.Range(0, 5000).Select(i => new Point(i * 0.07, random.NextDouble() * 100))];
        foreach (List<Point> thinned in new[] { Polyline.Thin(chain), Polyline.ThinCloud(chain) })
        {
            ILookup<double, double> kept = thinned.ToLookup(p => Math.Floor(p.X), p => p.Y);
            foreach (IGrouping<double, double> column in chain.GroupBy(p => Math.Floor(p.X), p => p.Y))
            {
                Assert.Equal(column.Min(), kept[column.Key].Min());
                Assert.Equal(column.Max(), kept[column.Key].Max());
            }

            Assert.Subset(chain.ToHashSet(), thinned.ToHashSet());
        }

        Point[] line = [.. Polyline.Thin(chain)];
        Assert.Equal(line.OrderBy(p => p.X), line);
        Assert.True(line.Length <= 4 * 351);
    }

    [Fact]
    public void Parity_axes_share_their_ends_so_that_the_diagonal_joins_the_corners()
    {
        Layout layout = Layout.Of(Plot.Create().Points([1, 2], [5, 9]).Diagonal(), 0);
        Assert.Equal(layout.X.Limits, layout.Y.Limits);
        Assert.True(layout.X.Limits.Low < 1 && layout.X.Limits.High > 9);
    }

    [Fact]
    public void Limits_of_one_axis_leave_their_values_to_the_other()
    {
        Layout layout = Layout.Of(Plot.Create().Line([0, 1, 2, 3], [0, 10, 20, 1000]).XLimits(1, 2), 0);
        Assert.InRange(layout.Y.Limits.Low, 9, 10);
        Assert.InRange(layout.Y.Limits.High, 20, 21);
    }

    [Fact]
    public void The_legend_avoids_the_data_and_goes_outside_if_it_cannot()
    {
        double[] x = [.. Enumerable.Range(0, 500).Select(i => i / 499.0)];
        Plot rising = Plot.Create().Line(x, x, "rising");
        (double left, double top) = LegendAt(rising);
        Assert.Equal(left < 320, top < 200); // Upper left or lower right; the line runs through the other corners.
        Plot full = Plot.Create().Line(x, x.Select(t => Math.Sin(400 * t)), "everywhere");
        Assert.True(LegendAt(full).X > Layout.Of(full, Legend.Of(full)!.Room).Area.Right);
        Assert.True(LegendAt(full.Legend(LegendPlace.Inside)).X < Layout.Of(full, 0).Area.Right);
        Assert.True(LegendAt(rising.Legend(LegendPlace.TopRight)) is { X: > 320, Y: < 200 });
        Assert.True(LegendAt(rising.Legend(LegendPlace.BottomLeft)) is { X: < 320, Y: > 200 });
        Assert.DoesNotContain("rising", Texts(rising.Legend(LegendPlace.None)));
    }

    private static Point LegendAt(Plot plot)
    {
        string transform = (string)Parse(plot).Elements(Svg + "g").Attributes("transform").Single();
        double[] at = [.. transform.Split('(', ')')[1].Split(',').Select(Number)];
        return new Point(at[0], at[1]);
    }

    private const string Positive = "must be positive (at least 1e-280) on a logarithmic axis.";

    public static TheoryData<Func<Plot, Plot>, string> Mistakes => new()
    {
        { p => p.Line([1, 2, 3], [1, 2, 3, 4], "loss"), "Line \"loss\": x has 3 values, y has 4; they come in pairs." },
        { p => p.Points([1], [], "DFT"), "Points \"DFT\": x has 1 values, y has 0; they come in pairs." },
        { p => p.XLimits(2, 1), "Axis x: limits 2 to 1 are reversed; the low one comes first." },
        { p => p.YLimits(5, 5), "Axis y: limits 5 to 5 are equal to double precision; an axis needs a length." },
        { p => p.YLimits(0, double.NaN), "Axis y: limits 0 to NaN must be finite and at most 1e300 in magnitude." },
        { p => p.XLimits(-1, 2).LogX(), $"Axis x: limits -1 to 2 {Positive}" },
        { p => p.LogY().YLimits(0, 2), $"Axis y: limits 0 to 2 {Positive}" },
        { p => p.Horizontal(double.NaN, "zero"), "Horizontal guide \"zero\" is at NaN; expected a finite number." },
        { p => p.Line([], [], "loss", width: 0), "Line width of \"loss\" is 0 px; expected more than 0, at most 100." },
        { p => p.Size(10, 20), "Plot \"plot\": size 10 × 20 px; expected 200 × 150 to 10000 × 10000." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Mistakes_are_named(Func<Plot, Plot> mistake, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => mistake(Plot.Create("plot")));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Extreme_numbers_are_drawn_or_accounted_for()
    {
        double[] x = [0, 1, 2, 3, 4];
        double[][] cases =
        [
            [double.MaxValue, 1e300, -1e300, 0, 1], [5e-324, 1e-310, 1e-305, 1e-320, 5e-324],
            [1, 1 + 2e-16, 1, 1, 1], [1e-9, 1, 1e9, 1e99, 1e299],
        ];
        foreach (double[] y in cases)
        {
            Plot line = Plot.Create().Line(x, y);
            foreach (Plot plot in new[] { line, line.LogY(), Plot.Create().Points(y, x).LogX() })
            {
                string svg = plot.ToSvg();
                Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
                Assert.DoesNotContain("∞", svg, StringComparison.Ordinal);
                Assert.DoesNotContain("Infinity", svg, StringComparison.Ordinal);
                Assert.NotEmpty(Layout.Of(plot, 0).YTicks.Ticks);
            }
        }
    }
}
