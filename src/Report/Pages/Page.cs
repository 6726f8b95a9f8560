using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>
/// A page of HTML, complete in one file: nothing fetched from anywhere, and no scripts but the one that draws views of
/// atoms where there are some. An immutable list of blocks; every method returns a copy with one block more. All texts
/// are plain and are escaped.
/// <code>
/// Page.Create("Copper").Value("atoms", 256).Figure(plot, "The loss.").Table(results).Write("out/copper.html");
/// </code>
/// </summary>
public sealed class Page
{
    private readonly string title;
    private readonly ImmutableList<Block> blocks;

    private Page(string title, ImmutableList<Block> blocks)
    {
        this.title = title;
        this.blocks = blocks;
    }

    // What a page is made of; consecutive values make one list.
    private abstract record Block;

    private sealed record HeadingBlock(string Content) : Block;

    private sealed record ParagraphBlock(string Content) : Block;

    private sealed record PreformattedBlock(string Content) : Block;

    private sealed record ValuesBlock(ImmutableList<(string Name, string Value)> Values) : Block;

    private sealed record TableBlock(Table Table, string? Caption) : Block;

    private sealed record FigureBlock(Plot Plot, string? Caption) : Block;

    private sealed record PanelsBlock(ImmutableArray<Plot> Plots, string? Caption) : Block;

    private sealed record ViewBlock(StructureView View, string? Caption) : Block;

    /// <summary>An empty page.</summary>
    /// <param name="title">The title, shown at the top and in the browser's tab.</param>
    /// <returns>The page.</returns>
    public static Page Create(string title) => new(title, []);

    /// <summary>Adds the heading of a section.</summary>
    /// <param name="text">Plain text.</param>
    /// <returns>The page with one block more.</returns>
    public Page Heading(string text) => With(new HeadingBlock(text));

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">Plain text.</param>
    /// <returns>The page with one block more.</returns>
    public Page Paragraph(string text) => With(new ParagraphBlock(text));

    /// <summary>Adds text whose spaces and line ends count, such as a file or a command.</summary>
    /// <param name="text">Plain text.</param>
    /// <returns>The page with one block more.</returns>
    public Page Preformatted(string text) => With(new PreformattedBlock(text));

    /// <summary>Adds a named value; several one after another make one list.</summary>
    /// <param name="name">The name, with the unit if it has one.</param>
    /// <param name="value">The value, written as in a cell of a <see cref="Report.Table"/>.</param>
    /// <returns>The page with the value added.</returns>
    public Page Value(string name, object? value)
    {
        var entry = (name, Report.Table.Cell(value));
        return !blocks.IsEmpty && blocks[^1] is ValuesBlock list
            ? new Page(title, blocks.SetItem(blocks.Count - 1, new ValuesBlock(list.Values.Add(entry))))
            : With(new ValuesBlock([entry]));
    }

    /// <summary>Adds a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="caption">A text above it.</param>
    /// <returns>The page with one block more.</returns>
    public Page Table(Table table, string? caption = null) => With(new TableBlock(table, caption));

    /// <summary>Adds a plot.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="caption">A text below it.</param>
    /// <returns>The page with one block more.</returns>
    public Page Figure(Plot plot, string? caption = null) => With(new FigureBlock(plot, caption));

    /// <summary>Adds plots as panels of one figure, side by side as far as the window is wide enough.</summary>
    /// <param name="plots">The plots, at least one; about 350 pixels wide they stand in twos.</param>
    /// <param name="caption">A text below them.</param>
    /// <returns>The page with one block more.</returns>
    /// <exception cref="ArgumentException">There is no plot.</exception>
    public Page Figures(IEnumerable<Plot> plots, string? caption = null)
    {
        ImmutableArray<Plot> panels = [.. plots];
        return panels.Length > 0
            ? With(new PanelsBlock(panels, caption))
            : throw new ArgumentException("Figures: 0 plots; expected at least 1.");
    }

    /// <summary>Adds a view of atoms that can be turned, zoomed and played.</summary>
    /// <param name="view">The view, of at least one frame.</param>
    /// <param name="caption">A text below it.</param>
    /// <returns>The page with one block more.</returns>
    /// <exception cref="ArgumentException">The view has no frame.</exception>
    public Page View(StructureView view, string? caption = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view.Count > 0
            ? With(new ViewBlock(view, caption))
            : throw new ArgumentException("A view without frames; expected at least 1.");
    }

    /// <summary>The page as HTML, which is well-formed XML too.</summary>
    /// <returns>The complete document.</returns>
    public string ToHtml()
    {
        var html = new MarkupWriter();
        html.Raw("<!DOCTYPE html>").Line();
        html.Open("html", ("xmlns", "http://www.w3.org/1999/xhtml"), ("lang", "en")).Line();
        html.Open("head").Line();
        html.Leaf("meta", ("charset", "utf-8")).Line();
        html.Leaf("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1")).Line();
        html.Element("title", title).Line();
        html.Open("style").Raw(Style).Close().Line();
        html.Close().Line().Open("body").Open("main").Line();
        html.Element("h1", title).Line();
        foreach (Block block in blocks)
        {
            Write(html, block);
            html.Line();
        }

        if (blocks.Any(block => block is ViewBlock))
        {
            StructureView.WriteProgram(html);
        }

        return html.Close().Close().Line().Close().Line().ToString();
    }

    /// <summary>Writes the page into a file, which appears complete or not at all; its folder is created.</summary>
    /// <param name="path">The file, by custom ending in <c>.html</c>.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => Files.Write(path, ToHtml());

    private Page With(Block block) => new(title, blocks.Add(block));

    private static void Write(MarkupWriter html, Block block)
    {
        switch (block)
        {
            case HeadingBlock heading:
                html.Element("h2", heading.Content);
                break;
            case ParagraphBlock paragraph:
                html.Element("p", paragraph.Content);
                break;
            case PreformattedBlock preformatted:
                // The parser of HTML drops one line end after the tag.
                html.Open("pre").Line().Text(preformatted.Content).Close();
                break;
            case ValuesBlock list:
                html.Open("dl");
                foreach ((string name, string value) in list.Values)
                {
                    html.Element("dt", name).Element("dd", value).Line();
                }

                html.Close();
                break;
            case TableBlock table:
                Write(html, table.Table, table.Caption);
                break;
            case FigureBlock figure:
                html.Open("figure").Raw(figure.Plot.ToSvg());
                CloseFigure(html, figure.Caption);
                break;
            case PanelsBlock panels:
                html.Open("figure").Open("div", ("class", "panels")).Line();
                foreach (Plot plot in panels.Plots)
                {
                    html.Raw(plot.ToSvg());
                }

                html.Close();
                CloseFigure(html, panels.Caption);
                break;
            case ViewBlock view:
                html.Open("figure");
                view.View.Write(html);
                CloseFigure(html, view.Caption);
                break;
        }
    }

    private static void CloseFigure(MarkupWriter html, string? caption)
    {
        if (caption is not null)
        {
            html.Element("figcaption", caption);
        }

        html.Close();
    }

    private static void Write(MarkupWriter html, Table table, string? caption)
    {
        string?[] classes = [.. table.Columns.Select((_, column) => table.IsNumeric(column) ? "number" : null)];
        html.Open("div", ("class", "wide")).Open("table");
        if (caption is not null)
        {
            html.Element("caption", caption);
        }

        html.Open("thead").Open("tr");
        for (int column = 0; column < classes.Length; column++)
        {
            html.Element("th", table.Columns[column], ("scope", "col"), ("class", classes[column]));
        }

        html.Close().Close().Line().Open("tbody").Line();
        foreach (ImmutableArray<string> row in table.Rows)
        {
            html.Open("tr");
            for (int column = 0; column < classes.Length; column++)
            {
                html.Element("td", row[column], ("class", classes[column]));
            }

            html.Close().Line();
        }

        html.Close().Close().Close();
    }

    // Plots keep their white ground in the dark; on paper everything is black on white and figures are not torn apart.
    private const string Style = """

        :root { color-scheme: light dark; --ink: #222; --soft: #667; --line: #ddd; --ground: #fff; --tint: #f6f7f9; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e6e6; --soft: #a5a8b0; --line: #41444b; --ground: #1b1d21; --tint: #25282d; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.55;
          font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 1rem 0 1.2rem; }
        h2 { font-size: 1.25rem; margin: 2.4rem 0 0.6rem; padding-bottom: 0.25rem;
          border-bottom: 1px solid var(--line); }
        p { margin: 0.7rem 0; overflow-wrap: break-word; }
        figure { margin: 1.4rem 0; break-inside: avoid; }
        figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; border-radius: 4px; }
        .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0.8rem; }
        figcaption, caption { color: var(--soft); font-size: 0.9rem; }
        figcaption { margin-top: 0.4rem; text-align: center; }
        caption { text-align: left; padding-bottom: 0.4rem; }
        .wide { overflow-x: auto; margin: 1.2rem 0; }
        table { border-collapse: collapse; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        th { font-weight: 600; border-bottom-width: 2px; vertical-align: bottom; }
        th:first-child, td:first-child { padding-left: 0.2rem; }
        .number { text-align: right; }
        td.number { white-space: nowrap; }
        dl { display: grid; grid-template-columns: minmax(0, max-content) 1fr; gap: 0.2rem 1.2rem; margin: 1rem 0; }
        dt { color: var(--soft); }
        dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        pre { background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: 0.7rem 0.9rem;
          overflow-x: auto; font-size: 0.85rem; line-height: 1.45; }
        @media print {
          :root { --ink: #000; --soft: #333; --line: #bbb; --ground: #fff; --tint: #fff; }
          main { max-width: none; padding: 0; }
          h2 { break-after: avoid; }
          tr { break-inside: avoid; }
          pre { white-space: pre-wrap; }
          .wide { overflow: visible; }
        }

        """;
}
