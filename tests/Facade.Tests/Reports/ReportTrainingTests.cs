using System.Xml.Linq;
using Xunit;

namespace Noether.Report.Tests;

public sealed class ReportTrainingTests
{
    private const int Seed = 20260307;

    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly ParityData Energies =
        new("energy per atom", "eV/atom", "test", [-3, -2, -1], [-3.1, -2, -0.7]);

    private static XDocument Parse(TrainingPage page) => XDocument.Parse(page.ToPage().ToHtml());

    private static string[] Headings(XDocument page) =>
        [.. page.Descendants(Html + "h2").Select(heading => heading.Value)];

    private static string[] Titles(XDocument page) =>
        [.. page.Descendants(Svg + "svg").Select(svg => svg.Element(Svg + "title")!.Value)];

    private static string[] Captions(XDocument page) =>
        [.. page.Descendants(Html + "figcaption").Select(caption => caption.Value)];

    private static ParityData Forces(string set, string species, int count, double error)
    {
        var random = new Random(Seed);
        double[] targets = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
        double[] predictions = [.. targets.Select(target => target + (error * (random.NextDouble() - 0.5)))];
        return new ParityData("forces", "eV/Å", set, targets, predictions) { Species = species };
    }

    private static TrainingPage Full() => new()
    {
        Title = "SiC & friends",
        Facts = [new Fact("parameters", 38849)],
        Curves =
        [
            new LearningCurve("loss", "", "training", [1, 2, 3], [5, 0.5, 0.05]),
            new LearningCurve("energy per atom", "eV/atom", "validation, MAE", [1, 2, 3], [0.3, 0.2, 0.1]),
            new LearningCurve("energy per atom", "eV/atom", "validation, RMSE", [1, 2, 3], [0.4, 0.3, 0.15]),
        ],
        BestEpoch = 3,
        Parities =
        [
            new ParityData("energy per atom", "eV/atom", "training", [-3, -2], [-3, -2]),
            Energies,
            Forces("training", "Si", 30, 0.01),
            Forces("training", "C", 60, 0.01),
            Forces("test", "Si", 30, 0.1),
            Forces("test", "C", 60, 0.1),
        ],
        Worst =
        [
            new WorstStructure("test, frame 7 <b>", [14, 6], [0, 0, 0, 1, 1, 1])
            {
                Cell = [4, 0, 0, 0, 4, 0, 0, 0, 4],
                EnergyError = 0.3,
                ForceError = 0.04,
            },
            new WorstStructure("test, frame 2", [14], [0, 0, 0]) { EnergyError = -0.1 },
        ],
        Timing = [new Fact("training (s)", 12.5)],
        Configuration = "{ \"epochs\": 3 }",
    };

    [Fact]
    public void A_page_shows_what_it_is_given_in_order()
    {
        XDocument page = Parse(Full());
        Assert.Equal(
            ["Errors", "Learning", "Energy per atom", "Forces", "Worst structures", "Timing", "Configuration"],
            Headings(page));
        Assert.Equal(
            ["Loss", "Energy per atom", "Energy per atom", "Errors", "Forces: Si", "Errors", "Forces: C", "Errors"],
            Titles(page));
        Assert.Equal(["38849", "12.5"], page.Descendants(Html + "dd").Select(value => value.Value));
        Assert.Equal("\n{ \"epochs\": 3 }", page.Descendants(Html + "pre").Single().Value);
        Assert.Contains("epoch 3", Captions(page)[0], StringComparison.Ordinal);
        Assert.Equal(
            "Training: 2 values, largest error 0 eV/atom; test: 3 values, largest error 0.3 eV/atom.",
            Captions(page)[1]);
    }

    [Fact]
    public void Errors_are_those_of_the_definition()
    {
        XElement table = Parse(Full()).Descendants(Html + "table").First();
        Assert.Equal(
            ["", "training MAE", "training RMSE", "test MAE", "test RMSE"],
            table.Descendants(Html + "th").Select(cell => cell.Value));
        string[][] rows =
        [
            .. table.Descendants(Html + "tr").Skip(1)
                .Select(row => row.Descendants(Html + "td").Select(cell => cell.Value).ToArray()),
        ];

        // (0.1 + 0 + 0.3)/3, and √((0.01 + 0.09)/3).
        Assert.Equal(["energy per atom (eV/atom)", "0", "0", "0.133", "0.183"], rows[0]);
        Assert.Equal(
            ["forces, Si (eV/Å)", "forces, C (eV/Å)", "forces, all (eV/Å)"],
            rows.Skip(1).Select(row => row[0]));

        ParityData[] tests = [.. Full().Parities.Where(parity => parity.Set == "test" && parity.Species is not null)];
        double[] errors = [.. tests.SelectMany(parity => parity.Targets.Zip(parity.Predictions, (t, p) => p - t))];
        Assert.Equal(Numbers.Significant(errors.Average(Math.Abs), 3), rows[3][3]);
        Assert.Equal(Numbers.Significant(Math.Sqrt(errors.Average(error => error * error)), 3), rows[3][4]);
    }

    [Fact]
    public void The_worst_structures_are_shown_with_the_errors_that_are_known()
    {
        XDocument page = Parse(Full());
        XElement table = page.Descendants(Html + "table").Last();
        Assert.Equal(
            ["", "structure", "atoms", "energy error (eV/atom)", "force RMSE (eV/Å)"],
            table.Descendants(Html + "th").Select(cell => cell.Value));
        Assert.Equal(
            ["1", "test, frame 7 <b>", "2", "0.3", "0.04", "2", "test, frame 2", "1", "-0.1", ""],
            table.Descendants(Html + "td").Select(cell => cell.Value));
        string data = page.Descendants(Html + "script").First().Value;
        Assert.Contains("\"frames\":2", data, StringComparison.Ordinal);
        string[] labels = [.. System.Text.Json.JsonDocument.Parse(data).RootElement.GetProperty("labels")
            .EnumerateArray().Select(label => label.GetString()!)];
        Assert.Equal(
            [
                "1. test, frame 7 <b>, energy error (eV/atom) 0.3, force RMSE (eV/Å) 0.04",
                "2. test, frame 2, energy error (eV/atom) -0.1",
            ],
            labels);
    }

    [Fact]
    public void An_evaluation_without_forces_has_no_more_than_its_energies()
    {
        XDocument page = Parse(new TrainingPage
        {
            Title = "Evaluation",
            Parities = [Energies, new ParityData("forces", "eV/Å", "test", [], [])],
        });
        Assert.Equal(["Errors", "Energy per atom"], Headings(page));
        Assert.Equal(["Energy per atom", "Errors"], Titles(page));
        Assert.Empty(Headings(Parse(new TrainingPage { Title = "nothing" })));
    }

    [Fact]
    public void One_epoch_is_a_point_and_a_decade_is_logarithmic()
    {
        XElement Plot(params double[] values)
        {
            double[] epochs = [.. values.Select((_, k) => k + 1.0)];
            var curve = new LearningCurve("loss", "", "training", epochs, values);
            return Parse(new TrainingPage { Title = "t", Curves = [curve] }).Descendants(Svg + "svg").Single();
        }

        // One circle in the plot, one in its legend.
        Assert.Equal(2, Plot(0.5).Descendants(Svg + "circle").Count());
        string[] Labels(XElement plot) => [.. plot.Descendants(Svg + "text").Select(text => text.Value)];
        Assert.Contains("10", Labels(Plot(1, 10, 1000)));
        Assert.DoesNotContain("500", Labels(Plot(1, 10, 1000)));
        Assert.Contains("5", Labels(Plot(3, 5, 8)));
        Assert.Contains("0", Labels(Plot(0, 10, 100)));
    }

    [Fact]
    public void What_is_not_finite_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new ParityData("forces", "eV/Å", "test", [1, 2], [1, double.NaN]));
        Assert.Equal("Parity \"forces, test\": prediction 1 is NaN; expected finite numbers.", error.Message);
        error = Assert.Throws<ArgumentException>(() => new ParityData("forces", "eV/Å", "test", [1, 2], [1]));
        Assert.Equal("Parity \"forces, test\": 2 targets, 1 predictions; they come in pairs.", error.Message);
        error = Assert.Throws<ArgumentException>(
            () => new LearningCurve("loss", "", "training", [1], [double.PositiveInfinity]));
        Assert.Equal("LearningCurve \"loss, training\": value 0 is Infinity; expected finite numbers.", error.Message);
        error = Assert.Throws<ArgumentException>(
            () => new WorstStructure("a", [], []) { ForceError = double.NaN });
        Assert.Equal("WorstStructure \"a\": the force error is NaN; expected a finite number.", error.Message);
    }

    [Fact]
    public void Many_forces_become_densities_and_a_small_page()
    {
        var page = new TrainingPage
        {
            Title = "t",
            Parities = [Forces("training", "Si", 300_000, 0.2), Forces("test", "Si", 3000, 0.3)],
        };
        string html = page.ToPage().ToHtml();
        XDocument parsed = XDocument.Parse(html);
        Assert.Equal(["Forces: Si, training", "Forces: Si, test", "Errors"], Titles(parsed));
        Assert.Contains(
            "drawn as a density", parsed.Descendants(Html + "p").Single().Value, StringComparison.Ordinal);
        Assert.InRange(html.Length, 0, 200_000);
        Assert.Equal(html, page.ToPage().ToHtml());
    }

    [Fact]
    public void A_density_counts_every_point_once()
    {
        var random = new Random(Seed);
        double[] x = [.. Enumerable.Range(0, 5000).Select(_ => Math.Pow(random.NextDouble(), 3))];
        double[] y = [.. x.Select(value => value * random.NextDouble())];
        var density = DensitySeries.Of(x, y, "d", 40);
        Assert.Equal(5000, density.Cells.Sum(cell => cell.Count));
        Assert.Equal(density.Cells.Max(cell => cell.Count), density.Largest);

        // The naive twin: how many points lie between the edges of a cell, the upper ones being those of the next cell.
        foreach (DensityCell cell in density.Cells.Where((_, k) => k % 17 == 0))
        {
            int inside = x.Zip(y).Count(p => p.First >= cell.X.Low && p.First < cell.X.High
                && p.Second >= cell.Y.Low && p.Second < cell.Y.High);

            // The point with the largest coordinate lies on an edge; rounding may move another one over it.
            Assert.InRange(cell.Count, inside - 1, inside + 1);
        }

        Plot plot = Plot.Create("p").Density(x, y, "d", 40);
        string description = XElement.Parse(plot.ToSvg()).Element(Svg + "desc")!.Value;
        Assert.Equal(
            $"d: 5000 values in {density.Cells.Length} cells, at most {density.Largest} in one.", description);
    }

    [Fact]
    public void A_density_says_what_has_no_cell_and_takes_what_has_no_extent()
    {
        string Description(Plot plot) => XElement.Parse(plot.ToSvg()).Element(Svg + "desc")!.Value;
        Assert.Equal(
            "d: 3 values, 1 not finite in 1 cell, at most 2 in one.",
            Description(Plot.Create().Density([1, 1, double.NaN], [2, 2, 2], "d")));
        Assert.Equal(
            "series 1: 0 values in 0 cells, at most 0 in one.", Description(Plot.Create().Density([], [])));
        Assert.Contains(
            "1 in cells outside the limits",
            Description(Plot.Create().Density([0, 10], [0, 10], "d").XLimits(5, 11)),
            StringComparison.Ordinal);
        Assert.Contains(
            "1 in cells that are not positive on a logarithmic axis",
            Description(Plot.Create().Density([0, 10], [1, 10], "d").LogX()),
            StringComparison.Ordinal);
        var error = Assert.Throws<ArgumentException>(() => Plot.Create().Density([1], [1, 2], "d"));
        Assert.Equal("Density \"d\": x has 1 values, y has 2; they come in pairs.", error.Message);
        error = Assert.Throws<ArgumentException>(() => Plot.Create().Density([1], [1], "d", 1));
        Assert.Equal("Density \"d\": 1 bins; expected 2 to 500.", error.Message);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 2)]
    [InlineData(1000, 6)]
    public void Shades_are_half_powers_of_ten(int count, int level) => Assert.Equal(level, DensitySeries.Level(count));

    [Fact]
    public void Histograms_count_what_lies_beyond_their_ends()
    {
        // One error of 100 and 200 small ones: six times the root of the mean square is 42.
        double[] targets = new double[201];
        double[] predictions = [100, .. Enumerable.Range(0, 200).Select(k => 0.001 * (k - 100))];
        ParityData parity = new("forces", "eV/Å", "test", targets, predictions);
        var histogram = ErrorHistogram.Of([parity]);
        Assert.Equal(1, histogram.Beyond);
        Assert.Equal(6 * Math.Sqrt(predictions.Average(p => p * p)), histogram.End, 1e-9);
        (double[] x, double[] y) = histogram.Outline("test");
        Assert.Equal(-histogram.End, x[0]);
        Assert.Equal(histogram.End, x[^1]);
        Assert.Equal(100.0 / 201, y[^2], 1e-9);
        Assert.Contains(
            ", 1 in all, are counted in the outermost bins",
            Captions(Parse(new TrainingPage { Title = "t", Parities = [parity] })).Single(),
            StringComparison.Ordinal);

        // No error at all is one bin about zero.
        Assert.Equal(100, ErrorHistogram.Of([new ParityData("e", "", "test", [1], [1])]).Outline("test").Y.Max());
    }

    [ChromiumFact]
    public void A_browser_opens_the_page()
    {
        string path = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}.html");
        try
        {
            Full().ToPage().Write(path);
            Assert.Contains("Forces: Si", Chromium.Open(path), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
