using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Noether.Cli;

/// <summary>
/// Text about one frame, for a person or for the next program of a pipe. A person gets tables and six digits.
/// A program gets lines of fields between tabs, with all digits; lines that begin with # name what follows.
/// </summary>
internal sealed class Printer(Session session)
{
    private readonly StringBuilder text = new();

    /// <summary>Says what the following is about.</summary>
    public Printer Heading(string title)
    {
        text.Append(session.IsTerminal ? "" : "# ").Append(title).Append('\n');
        return this;
    }

    /// <summary>Named values, one a line.</summary>
    public Printer Facts(params IEnumerable<(string Name, object? Value)> facts)
    {
        if (session.IsTerminal)
        {
            Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();

            foreach ((string name, object? value) in facts)
            {
                grid.AddRow(new Text("  " + name), new Text(Short(Dust.Swept(name, value))));
            }

            Draw(grid);
            return this;
        }

        foreach ((string name, object? value) in facts)
        {
            text.Append(name).Append('\t').Append(Full(value)).Append('\n');
        }

        return this;
    }

    /// <summary>A table of numbers and words; numbers stand to the right.</summary>
    public Printer Table(IReadOnlyList<string> columns, IEnumerable<object?[]> rows)
    {
        if (session.IsTerminal)
        {
            object?[][] all = Dust.Swept(columns, [.. rows]);
            Table table = new() { Border = TableBorder.Rounded };

            for (int c = 0; c < columns.Count; c++)
            {
                bool isNumber = all.All(row => row[c] is double or int);
                Justify side = isNumber ? Justify.Right : Justify.Left;
                table.AddColumn(new TableColumn(new Text(columns[c])) { NoWrap = isNumber, Alignment = side });
            }

            foreach (object?[] row in all)
            {
                table.AddRow(row.Select(cell => new Text(Short(cell))));
            }

            Draw(table);
            return this;
        }

        text.Append("# ").AppendJoin('\t', columns).Append('\n');

        foreach (object?[] row in rows)
        {
            text.AppendJoin('\t', row.Select(Full)).Append('\n');
        }

        return this;
    }

    /// <summary>All of it, as it would be written.</summary>
    public override string ToString() => text.ToString();

    /// <summary>Writes all of it, in one piece.</summary>
    public void Flush()
    {
        session.Write(text.ToString());
        text.Clear();
    }

    // What a table writes into its own cells is what a table of a page writes: six significant digits.
    private static string Short(object? value) => Noether.Report.Table.Create("value").Row(value).Rows[0][0];

    private static string Full(object? value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    private void Draw(Spectre.Console.Rendering.IRenderable what)
    {
        using StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = session.Width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(what);
        string[] lines = writer.ToString().Split('\n');
        text.AppendJoin('\n', lines.Select(line => line.TrimEnd()));
    }
}
