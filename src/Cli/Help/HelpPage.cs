using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;

namespace Noether.Cli;

/// <summary>A term, and what it means.</summary>
internal sealed record HelpItem(string Term, string Meaning);

/// <summary>A part of a page under its heading: terms, then text.</summary>
internal sealed record HelpSection(string Title, IReadOnlyList<HelpItem> Items, string Text = "")
{
    /// <summary>Whether the text is lines to be left as they are.</summary>
    public bool IsVerbatim { get; init; }
}

/// <summary>Help as a document, of which the terminal's pages and the manual are two forms.</summary>
/// <param name="Name">The words that call the command.</param>
/// <param name="Summary">A sentence.</param>
/// <param name="Usage">The form of the line, without the name.</param>
/// <param name="Sections">The parts.</param>
internal sealed record HelpPage(string Name, string Summary, string Usage, IReadOnlyList<HelpSection> Sections)
{
    private static readonly HelpItem Help = new("-h, --help", "This page.");

    /// <summary>The page of a command.</summary>
    public static HelpPage Of(Command command)
    {
        Option[] options = [.. command.Options.Where(option => !option.Hidden)];
        List<HelpSection> sections = [];

        if (command.Arguments.Count > 0)
        {
            sections.Add(new("Arguments", [.. command.Arguments.Select(one => new HelpItem(one.Name, one.Description ?? ""))]));
        }

        foreach (var group in options.GroupBy(option => OptionGroup.Of(command, option)).OrderBy(group => group.Key.Place))
        {
            HelpItem[] items = [.. group.Select(Item)];
            sections.Add(new(group.Key.Title, group.Key == OptionGroup.General ? [.. items, Help] : items));
        }

        if (command is DocumentedCommand documented)
        {
            sections.Add(new("Examples", [], documented.Examples) { IsVerbatim = true });

            if (documented.About.Length > 0)
            {
                sections.Add(new("About", [], documented.About));
            }
        }

        if (options.Any(option => option.Name == PotentialOption.Name))
        {
            sections.Add(new("Potentials", PotentialText.Forms));
        }

        string[] words =
        [
            .. command.Arguments.Select(Word),
            .. options.Where(option => option.Required).Select(option => $"{option.Name} {Value(option)}"),
        ];
        return new($"noether {command.Name}", command.Description ?? "", string.Join(' ', [.. words, "[options]"]), sections);
    }

    /// <summary>The page of the program: its commands in groups.</summary>
    public static HelpPage Of(IEnumerable<CommandGroup> groups) => new(
        "noether",
        "Atoms on the command line: structures, energies and forces, motion, properties, learned models.",
        "COMMAND [options]",
        [
            .. groups.Select(group => new HelpSection(
                group.Title, [.. group.Commands.Select(one => new HelpItem(one.Name, one.Description ?? ""))])),
            new("Examples", [], CommandGroup.Examples) { IsVerbatim = true },
            new("More", [], "'noether COMMAND --help' explains a command, 'noether help --man' prints all as a manual page, "
                + "'noether --version' the version."),
        ]);

    private static string Word(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "…" : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static HelpItem Item(Option option)
    {
        string[] names = [.. option.Aliases.Append(option.Name).OrderBy(name => name.Length)];
        string value = Value(option), usual = Usual(option);
        string meaning = option.Description ?? "";
        return new(
            string.Join(", ", names) + (value.Length > 0 ? " " + value : ""),
            meaning + (option.Required ? " (required)" : usual.Length > 0 ? $" [{usual}]" : ""));
    }

    /// <summary>The form of the value: its name, or the words it may be; empty where there is none.</summary>
    private static string Value(Option option) =>
        option.ValueType == typeof(bool) ? ""
        : option.HelpName is { } name ? name
        : Words(option) is { Length: > 0 } words ? words
        : "VALUE";

    private static string Words(Option option) =>
        string.Join('|', option.GetCompletions(CompletionContext.Empty).Select(word => word.Label));

    /// <summary>The value that is taken where the option is not given, where it is a word or a number.</summary>
    private static string Usual(Option option) => !option.HasDefaultValue ? "" : option.GetDefaultValue() switch
    {
        string text => text,
        bool => "",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "",
    };
}
