using System.Globalization;
using System.Text.RegularExpressions;

namespace Noether.Cli.Tests;

/// <summary>
/// A line of the README, of docs or of an example of the help, as it stands there. It is run word for word but for this
/// rule: a run of more than 20 steps has 20, a trial of laws is <c>--quick</c>, and /data is a folder beside the other
/// files.
/// </summary>
/// <param name="Source">The page or the command.</param>
/// <param name="Text">The line.</param>
public sealed partial record DocumentedLine(string Source, string Text)
{
    private const int Steps = 20;

    /// <summary>The line as it is run.</summary>
    public string Shortened
    {
        get
        {
            string line = NumberOfSteps().Replace(Text, found =>
                int.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture) > Steps
                    ? $"{found.Groups[1].Value}{Steps}"
                    : found.Value);
            line = line.Replace(" /data/", " data/", StringComparison.Ordinal);
            bool isTrial = Text.Contains("noether verify", StringComparison.Ordinal);
            return isTrial && !Text.Contains("--quick", StringComparison.Ordinal)
                ? line.Replace("noether verify", "noether verify --quick", StringComparison.Ordinal)
                : line;
        }
    }

    /// <summary>Whether it names models that their authors publish.</summary>
    public bool NeedsPublished => Published().IsMatch(Text);

    /// <summary>The shell or tool that it needs, and that need not be there.</summary>
    public IEnumerable<string> Tools => new[] { "jq", "zsh", "fish", "pwsh", "zcat" }
        .Where(tool => Regex.IsMatch(Text, $@"(\| |completion ){tool}\b") || Text.StartsWith(tool, StringComparison.Ordinal));

    /// <summary>The lines of a page: in fences, with or without a prompt.</summary>
    public static IEnumerable<DocumentedLine> OfPage(string name, string markdown) => Fences().Matches(markdown)
        .SelectMany(fence => fence.Groups[1].Value.Split('\n'))
        .Select(line => line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..] : line)
        .Where(line => line.StartsWith("noether ", StringComparison.Ordinal))
        .Where(line => !line.Contains('…'))
        .Select(line => new DocumentedLine(name, line));

    /// <summary>The lines of the help.</summary>
    internal static IEnumerable<DocumentedLine> OfHelp(DocumentedCommand command) => command.Examples
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => new DocumentedLine("help of " + command.Name, line.Trim()));

    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {Text}";

    [GeneratedRegex(@"((?:-n|--steps) )(\d+)")]
    private static partial Regex NumberOfSteps();

    [GeneratedRegex(@"\.nqx|nequix|ani-|ani:|models\.zip")]
    private static partial Regex Published();

    [GeneratedRegex(@"```[a-z]*\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fences();
}
