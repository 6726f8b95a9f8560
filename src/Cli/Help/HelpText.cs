using System.Text;

namespace Noether.Cli;

/// <summary>Help for a terminal.</summary>
internal static class HelpText
{
    private const int Width = 100, WidestTerm = 28;

    /// <summary>A page in lines of at most a hundred columns.</summary>
    public static string Of(HelpPage page)
    {
        StringBuilder text = new();
        text.AppendJoin('\n', Wrap(page.Summary, 0)).Append("\n\n");
        text.Append("Usage: ").AppendJoin('\n', Wrap($"{page.Name} {page.Usage}", 7)).Append('\n');

        foreach (HelpSection section in page.Sections)
        {
            text.Append('\n').Append(section.Title).Append(":\n");
            Append(text, section.Items);

            if (section.IsVerbatim)
            {
                text.Append(section.Text.TrimEnd()).Append('\n');
            }
            else if (section.Text.Length > 0)
            {
                text.Append("  ").AppendJoin('\n', Wrap(section.Text, 2)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, IReadOnlyList<HelpItem> items)
    {
        int room = items.Select(item => item.Term.Length).Where(length => length <= WidestTerm).DefaultIfEmpty(0).Max();

        foreach ((string term, string meaning) in items)
        {
            int column = room + 4;
            text.Append("  ").Append(term.PadRight(room));
            text.Append(term.Length <= room ? "  " : "\n" + new string(' ', column));
            text.AppendJoin('\n', Wrap(meaning, column)).Append('\n');
        }
    }

    /// <summary>Lines of words that end at the width; all but the first begin at a column.</summary>
    private static IEnumerable<string> Wrap(string text, int column)
    {
        StringBuilder line = new();
        string margin = "";

        foreach (string word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && column + line.Length + 1 + word.Length > Width)
            {
                yield return margin + line;
                margin = new string(' ', column);
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.Length > 0 ? margin + line : "";
    }
}
