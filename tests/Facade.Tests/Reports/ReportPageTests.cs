using System.Xml.Linq;
using Xunit;

namespace Noether.Report.Tests;

public sealed class ReportPageTests
{
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";

    private static readonly Table Results = Table.Create("element", "energy / eV", "error", "note")
        .Row("Cu", -3.54, "1.4 %", "a < b")
        .Row("Ni", 1e-9, "−3", null);

    private static XDocument Parse(Page page) => XDocument.Parse(page.ToHtml());

    [Fact]
    public void A_page_holds_what_was_put_on_it()
    {
        XDocument page = Parse(Page.Create("R & D").Heading("<h>").Paragraph("p & q").Preformatted("  a\n\n <b>")
            .Value("atoms", 256).Value("a / Å", 3.615f).Table(Results, "Results").Value("later", "x")
            .Figure(Plot.Create("plot").Line([1, 2], [3, 4]), "A figure."));
        Assert.Equal("R & D", page.Descendants(Html + "title").Single().Value);
        Assert.Equal("R & D", page.Descendants(Html + "h1").Single().Value);
        Assert.Equal("<h>", page.Descendants(Html + "h2").Single().Value);
        Assert.Equal("p & q", page.Descendants(Html + "p").Single().Value);
        Assert.Equal("\n  a\n\n <b>", page.Descendants(Html + "pre").Single().Value);
        Assert.Equal(2, page.Descendants(Html + "dl").Count());
        Assert.Equal(["256", "3.615", "x"], page.Descendants(Html + "dd").Select(dd => dd.Value));
        Assert.Equal("A figure.", page.Descendants(Html + "figcaption").Single().Value);
        Assert.Single(page.Descendants(XName.Get("svg", "http://www.w3.org/2000/svg")));
    }

    [Fact]
    public void Tables_keep_their_cells_and_set_numbers_to_the_right()
    {
        XElement table = Parse(Page.Create("t").Table(Results, "Results")).Descendants(Html + "table").Single();
        Assert.Equal("Results", table.Element(Html + "caption")!.Value);
        Assert.Equal(Results.Columns, table.Descendants(Html + "th").Select(th => th.Value));
        Assert.Equal(
            ["Cu", "-3.54", "1.4 %", "a < b", "Ni", "1e-9", "−3", ""],
            table.Descendants(Html + "td").Select(td => td.Value));
        Assert.Equal(
            [null, "number", "number", null],
            table.Descendants(Html + "th").Select(th => (string?)th.Attribute("class")));
    }

    [Fact]
    public void Rows_can_be_made_of_items()
    {
        Table table = Table.Create("n", "n²").RowsOf(Enumerable.Range(1, 3), n => [n, n * n]);
        Assert.Equal(["1 1", "2 4", "3 9"], table.Rows.Select(row => string.Join(' ', row)));
    }

    [Fact]
    public void A_row_of_the_wrong_length_is_named()
    {
        var error = Assert.Throws<ArgumentException>(() => Results.Row("Al", 1));
        Assert.Equal(
            "Table row 3 has 2 cells, the table has 4 columns (element, energy / eV, error, note).", error.Message);
        error = Assert.Throws<ArgumentException>(() => Table.Create());
        Assert.Equal("Table: 0 columns; expected at least 1.", error.Message);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1.0 / 3, "0.333333")]
    [InlineData(123456.7, "123457")]
    [InlineData(1234567, "1.23457e6")]
    [InlineData(-0.00012, "-0.00012")]
    [InlineData(1.5e-5, "1.5e-5")]
    [InlineData(double.NaN, "NaN")]
    public void Numbers_have_six_significant_digits(double value, string expected) =>
        Assert.Equal(expected, Table.Cell(value));

    [Fact]
    public void Zero_has_no_sign() => Assert.Equal("0", Table.Cell(-0.0));

    [Fact]
    public void Panels_are_plots_of_one_figure()
    {
        Plot[] plots = [Plot.Create("a").Line([1, 2], [3, 4]), Plot.Create("b").Line([1, 2], [3, 4])];
        XElement figure = Parse(Page.Create("t").Figures(plots, "Two.")).Descendants(Html + "figure").Single();
        XElement panels = figure.Elements(Html + "div").Single();
        Assert.Equal("panels", (string?)panels.Attribute("class"));
        Assert.Equal(2, panels.Elements(XName.Get("svg", "http://www.w3.org/2000/svg")).Count());
        Assert.Equal("Two.", figure.Element(Html + "figcaption")!.Value);
        var error = Assert.Throws<ArgumentException>(() => Page.Create("t").Figures([]));
        Assert.Equal("Figures: 0 plots; expected at least 1.", error.Message);
    }

    [Fact]
    public void A_page_needs_no_script_and_no_network()
    {
        string html = Page.Create("t").Figure(Plot.Create("p").Line([1, 2], [1, 2], "a")).ToHtml();
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("href", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" id=", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_makes_the_folder_replaces_the_file_and_leaves_nothing_else()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}");
        string path = Path.Combine(folder, "deep", "page.html");
        try
        {
            Page.Create("one").Write(path);
            Page.Create("two").Write(path);
            Assert.Equal(Page.Create("two").ToHtml(), File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));

            // A folder stands where the file should go: the failure leaves no temporary file behind.
            string taken = Path.Combine(folder, "taken");
            Directory.CreateDirectory(Path.Combine(taken, "inside"));
            Assert.ThrowsAny<Exception>(() => Page.Create("three").Write(taken));
            Assert.Empty(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
