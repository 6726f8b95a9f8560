using System.CommandLine;

namespace Noether.Cli;

/// <summary>Options that stand together in the help.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Place">The place among the groups.</param>
/// <param name="Leader">The option without which a command has no such group.</param>
/// <param name="Names">The options.</param>
internal sealed record OptionGroup(string Title, int Place, string Leader, params string[] Names)
{
    private static readonly OptionGroup Own = new("Options", 1, "");

    /// <summary>The options that all commands have.</summary>
    public static OptionGroup General { get; } = new("General", 5, "--json", "--json", "--quiet", "--help");

    private static readonly OptionGroup[] All =
    [
        new("Potential", 0, "--potential", "--potential", "--precision", "--spread"),
        new("Ensemble", 2, "--ensemble", "--ensemble", "--timestep", "--temperature", "--relaxation", "--chain", "--pressure",
            "--barostat", "--barostat-relaxation", "--compressibility"),
        new("Structures", 3, "--frames", "--frames", "--format", "--style", "--types", "--units", "--allow-close"),
        new("Files", 4, "--output", "--output", "--trajectory", "--html", "--report", "--save", "--to", "--strict", "--align",
            "--restart", "--overwrite", "--every", "--checkpoint", "--data"),
        new("Files", 4, "--html", "--html"),
        new("Files", 4, "--to", "--to", "--strict", "--align"),
        new("Files", 4, "--save", "--save"),
        General,
    ];

    /// <summary>The group of an option of a command: its own options, unless another knows it.</summary>
    public static OptionGroup Of(Command command, Option option) =>
        All.FirstOrDefault(group => group.Names.Contains(option.Name)
            && command.Options.Any(one => one.Name == group.Leader)) is { } known
            ? All.First(group => group.Title == known.Title)
            : Own;
}
