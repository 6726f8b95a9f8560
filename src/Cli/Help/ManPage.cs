using System.Reflection;
using System.Text;

namespace Noether.Cli;

/// <summary>Help as a page of the manual, in the language of troff's macros man.</summary>
internal static class ManPage
{
    /// <summary>The manual of the program: its page, and behind it those of its commands.</summary>
    public static string Of(HelpPage program, IEnumerable<HelpPage> commands)
    {
        string version = typeof(ManPage).Assembly.GetName().Version?.ToString(3) ?? "";
        StringBuilder text = new();
        text.Append($".TH NOETHER 1 \"\" \"noether {version}\" \"User Commands\"\n");
        text.Append(".SH NAME\n").Append(Line($"noether - {Small(program.Summary).TrimEnd('.')}"));
        text.Append(".SH SYNOPSIS\n").Append($".B {Plain(program.Name)}\n").Append(Line(program.Usage));

        foreach (HelpSection section in program.Sections)
        {
            text.Append(".SH ").Append(Quoted(section.Title.ToUpperInvariant())).Append('\n');
            Append(text, section);
        }

        foreach (HelpPage command in commands)
        {
            text.Append(".SH ").Append(Quoted(command.Name.ToUpperInvariant())).Append('\n');
            text.Append($".B {Plain(command.Name)}\n").Append(Line(command.Usage));
            text.Append(".PP\n").Append(Line(command.Summary));

            foreach (HelpSection section in command.Sections)
            {
                text.Append(".SS ").Append(Quoted(section.Title)).Append('\n');
                Append(text, section);
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, HelpSection section)
    {
        foreach ((string term, string meaning) in section.Items)
        {
            text.Append(".TP\n.B ").Append(Plain(term)).Append('\n').Append(Line(meaning.Length > 0 ? meaning : "\u00a0"));
        }

        if (section.IsVerbatim)
        {
            text.Append(".nf\n");

            foreach (string line in section.Text.TrimEnd().Split('\n'))
            {
                text.Append(Line(line));
            }

            text.Append(".fi\n");
        }
        else if (section.Text.Length > 0)
        {
            text.Append(".PP\n").Append(Line(section.Text));
        }
    }

    private static string Small(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];

    private static string Quoted(string text) => '"' + Plain(text).Replace("\"", "\\(dq", StringComparison.Ordinal) + '"';

    /// <summary>A line of text, which must not be taken for a request.</summary>
    private static string Line(string text) =>
        (text.StartsWith('.') || text.StartsWith('\'') ? "\\&" : "") + Plain(text) + "\n";

    // A hyphen that people copy has to stay one; characters beyond ASCII are troff's own escapes.
    private static string Plain(string text)
    {
        StringBuilder plain = new();

        foreach (Rune rune in text.EnumerateRunes())
        {
            plain.Append(rune.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '\'' => "\\(aq",
                '`' => "\\(ga",
                '^' => "\\(ha",
                '~' => "\\(ti",
                '\u00a0' => "\\~",
                > 126 => $"\\[u{rune.Value:X4}]",
                _ => rune.ToString(),
            });
        }

        return plain.ToString();
    }
}
