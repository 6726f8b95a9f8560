using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>Where the legend of a <see cref="Plot"/> stands.</summary>
public enum LegendPlace
{
    /// <summary>At the edge or corner where it hides least, or outside if it would hide data everywhere.</summary>
    Best,

    /// <summary>At the edge or corner where it hides least, outside never.</summary>
    Inside,

    /// <summary>To the right of the axes, which become narrower.</summary>
    Outside,

    /// <summary>In the upper left corner.</summary>
    TopLeft,

    /// <summary>In the upper right corner.</summary>
    TopRight,

    /// <summary>In the lower left corner.</summary>
    BottomLeft,

    /// <summary>In the lower right corner.</summary>
    BottomRight,

    /// <summary>Nowhere: there is no legend.</summary>
    None,
}

/// <summary>
/// A picture of lines and points over two axes: an immutable description, turned into SVG by <see cref="ToSvg"/>.
/// Every method returns a changed copy:
/// <code>
/// Plot.Create("Training").Line(steps, losses, "loss").LogX().LogY().XLabel("step").Save("loss.svg");
/// </code>
/// Axes without limits take them from the data; ticks are 1, 2 or 5 times a power of ten. Values that are not finite
/// (or beyond 1e300), and values that are not positive (or below 1e-280) on a logarithmic axis, break a line and are
/// left out as points. What lies outside the limits is clipped. The description (<c>desc</c>) inside the SVG states how
/// many values each of these concerned, and whether a long series (above 2000 values) was thinned; thinning keeps the
/// lowest and the highest value of every column of pixels, and the first and last of a line.
/// </summary>
public sealed record Plot
{
    private Plot(string title) => Title = title;

    /// <summary>The title; empty for none.</summary>
    public string Title { get; init; }

    /// <summary>The horizontal axis.</summary>
    /// <exception cref="ArgumentException">Limits reversed, equal, infinite, or not positive on a log axis.</exception>
    public Axis X { get; init => field = value.Checked("x"); } = new();

    /// <summary>The vertical axis.</summary>
    /// <exception cref="ArgumentException">Limits reversed, equal, infinite, or not positive on a log axis.</exception>
    public Axis Y { get; init => field = value.Checked("y"); } = new();

    /// <summary>The series, the first one lowest.</summary>
    public ImmutableList<Series> Series { get; init; } = [];

    /// <summary>The lines that guide the eye.</summary>
    public ImmutableList<Guide> Guides { get; init; } = [];

    /// <summary>Where the legend of the named series stands.</summary>
    public LegendPlace LegendPlace { get; init; } = LegendPlace.Best;

    /// <summary>The width in pixels, 640 unless told otherwise.</summary>
    public int Width { get; private init; } = 640;

    /// <summary>The height in pixels, 400 unless told otherwise.</summary>
    public int Height { get; private init; } = 400;

    /// <summary>An empty plot.</summary>
    /// <param name="title">The title; empty for none.</param>
    /// <returns>A plot with linear axes and nothing drawn.</returns>
    public static Plot Create(string title = "") => new(title);

    /// <summary>Adds a line.</summary>
    /// <param name="x">The abscissae.</param>
    /// <param name="y">The ordinates, as many as <paramref name="x"/>.</param>
    /// <param name="name">The name in the legend; none keeps the line out of it.</param>
    /// <param name="colour">Any SVG colour; the next of the <see cref="Palette"/> if none is given.</param>
    /// <param name="dash">The pattern.</param>
    /// <param name="width">The width in pixels.</param>
    /// <returns>The plot with one series more.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="x"/> and <paramref name="y"/> differ in length, or the width is not in (0, 100].
    /// </exception>
    public Plot Line(
        IEnumerable<double> x,
        IEnumerable<double> y,
        string? name = null,
        string? colour = null,
        Dash dash = Dash.Solid,
        double width = 1.8) =>
        With(new LineSeries(x, y, name, colour ?? NextColour, dash, width));

    /// <summary>Adds separate points.</summary>
    /// <param name="x">The abscissae.</param>
    /// <param name="y">The ordinates, as many as <paramref name="x"/>.</param>
    /// <param name="name">The name in the legend; none keeps the points out of it.</param>
    /// <param name="colour">Any SVG colour; the next of the <see cref="Palette"/> if none is given.</param>
    /// <param name="marker">The shape.</param>
    /// <param name="size">The width of a point in pixels.</param>
    /// <returns>The plot with one series more.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="x"/> and <paramref name="y"/> differ in length, or the size is not in (0, 100].
    /// </exception>
    public Plot Points(
        IEnumerable<double> x,
        IEnumerable<double> y,
        string? name = null,
        string? colour = null,
        Marker marker = Marker.Circle,
        double size = 7) =>
        With(new PointSeries(x, y, name, colour ?? NextColour, marker, size));

    /// <summary>
    /// Adds very many points as a density: how many of them fall into each cell of a grid, darker for more. Where it
    /// has a name, the legend says how many points the darkest cell holds.
    /// </summary>
    /// <param name="x">The abscissae.</param>
    /// <param name="y">The ordinates, as many as <paramref name="x"/>.</param>
    /// <param name="name">The name in the legend; none keeps the density out of it.</param>
    /// <param name="bins">Cells along each side of the rectangle that the points span, 2 to 500.</param>
    /// <returns>The plot with one series more.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="x"/> and <paramref name="y"/> differ in length, or the number of cells is out of its range.
    /// </exception>
    public Plot Density(IReadOnlyList<double> x, IReadOnlyList<double> y, string? name = null, int bins = 80) =>
        With(DensitySeries.Of(x, y, name, bins));

    /// <summary>Adds a guide line at constant y; an axis without limits is extended to show it.</summary>
    /// <param name="y">Where, in the unit of the y axis.</param>
    /// <param name="label">A short text along the line.</param>
    /// <returns>The plot with one guide more.</returns>
    /// <exception cref="ArgumentException"><paramref name="y"/> is not finite.</exception>
    public Plot Horizontal(double y, string? label = null) => With(new Guide(GuideKind.Horizontal, y, label));

    /// <summary>Adds a guide line at constant x; an axis without limits is extended to show it.</summary>
    /// <param name="x">Where, in the unit of the x axis.</param>
    /// <param name="label">A short text along the line.</param>
    /// <returns>The plot with one guide more.</returns>
    /// <exception cref="ArgumentException"><paramref name="x"/> is not finite.</exception>
    public Plot Vertical(double x, string? label = null) => With(new Guide(GuideKind.Vertical, x, label));

    /// <summary>
    /// Adds the guide line y = x of a parity plot. Two axes of one scale without limits then share their ends.
    /// </summary>
    /// <returns>The plot with one guide more.</returns>
    public Plot Diagonal() => With(new Guide(GuideKind.Diagonal, 0, null));

    /// <summary>Labels the x axis.</summary>
    /// <param name="label">The quantity and its unit.</param>
    /// <returns>The plot with that label.</returns>
    public Plot XLabel(string label) => this with { X = X with { Label = label } };

    /// <summary>Labels the y axis.</summary>
    /// <param name="label">The quantity and its unit.</param>
    /// <returns>The plot with that label.</returns>
    public Plot YLabel(string label) => this with { Y = Y with { Label = label } };

    /// <summary>Makes the x axis logarithmic.</summary>
    /// <returns>The plot with that axis.</returns>
    /// <exception cref="ArgumentException">The axis has limits that are not positive.</exception>
    public Plot LogX() => this with { X = X with { Scale = Scale.Log } };

    /// <summary>Makes the y axis logarithmic.</summary>
    /// <returns>The plot with that axis.</returns>
    /// <exception cref="ArgumentException">The axis has limits that are not positive.</exception>
    public Plot LogY() => this with { Y = Y with { Scale = Scale.Log } };

    /// <summary>Prescribes the ends of the x axis.</summary>
    /// <param name="low">The left end.</param>
    /// <param name="high">The right end.</param>
    /// <returns>The plot with these limits.</returns>
    /// <exception cref="ArgumentException">Limits reversed, equal, infinite, or not positive on a log axis.</exception>
    public Plot XLimits(double low, double high) => this with { X = X with { Limits = new Limits(low, high) } };

    /// <summary>Prescribes the ends of the y axis.</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <returns>The plot with these limits.</returns>
    /// <exception cref="ArgumentException">Limits reversed, equal, infinite, or not positive on a log axis.</exception>
    public Plot YLimits(double low, double high) => this with { Y = Y with { Limits = new Limits(low, high) } };

    /// <summary>Says where the legend stands.</summary>
    /// <param name="place">The place.</param>
    /// <returns>The plot with its legend there.</returns>
    public Plot Legend(LegendPlace place) => this with { LegendPlace = place };

    /// <summary>Sets the size of the picture.</summary>
    /// <param name="width">In pixels, 200 to 10 000.</param>
    /// <param name="height">In pixels, 150 to 10 000.</param>
    /// <returns>The plot in that size.</returns>
    /// <exception cref="ArgumentException">A size is out of its range.</exception>
    public Plot Size(int width, int height) =>
        width is >= 200 and <= 10_000 && height is >= 150 and <= 10_000
            ? this with { Width = width, Height = height }
            : throw new ArgumentException(
                $"Plot \"{Title}\": size {width} × {height} px; expected 200 × 150 to 10000 × 10000.");

    /// <summary>Draws the plot.</summary>
    /// <returns>A complete SVG element, which may stand in a file of its own or inside HTML.</returns>
    public string ToSvg() => Painter.Paint(this);

    /// <summary>Draws the plot into a file, which appears complete or not at all; its folder is created.</summary>
    /// <param name="path">The file, by custom ending in <c>.svg</c>.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => Files.Write(path, ToSvg());

    private string NextColour => Palette.Colour(Series.Count);

    private Plot With(Series series) => this with { Series = Series.Add(series) };

    private Plot With(Guide guide) => this with { Guides = Guides.Add(guide) };
}
