using System.Text.RegularExpressions;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>
/// Every line of noether in the README, in docs and in the help, run by a shell in a folder with files of the names that it has;
/// see <see cref="DocumentedLine"/> for what is shortened.
/// </summary>
public sealed partial class DocumentedLinesTests : Workplace
{
    private static readonly string[] Pages = ["README.md", "command-line.md", "fsharp.md", "csharp.md", "benchmarks.md"];

    private static readonly DocumentedLine[] All =
    [
        .. Pages.SelectMany(page =>
            DocumentedLine.OfPage(page, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, page)))),
        .. CommandGroup.All(new(TextWriter.Null, TextWriter.Null, false, 100, CancellationToken.None))
            .SelectMany(group => group.Commands).SelectMany(DocumentedLine.OfHelp),
        .. CommandGroup.Examples.Split('\n').Select(line => new DocumentedLine("help", line.Trim())),
    ];

    /// <summary>Those that need nothing else; those of the page with their output are run by another test.</summary>
    public static TheoryData<string, string> Plain => Rows(line =>
        !line.NeedsPublished && !line.Text.Contains("argon.extxyz", StringComparison.Ordinal));

    /// <summary>Those that need published models.</summary>
    public static TheoryData<string, string> Published => Rows(line => line.NeedsPublished);

    [Fact]
    public void There_are_lines_of_all_kinds()
    {
        Assert.Equal(["README.md", "command-line.md"], All.Select(line => line.Source).Where(Pages.Contains).Distinct());
        Assert.True(Plain.Count > 50 && Published.Count > 15, $"{Plain.Count} and {Published.Count} lines");
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_line_does_what_it_says(string source, string text) => Try(new DocumentedLine(source, text));

    [PublishedTheory]
    [MemberData(nameof(Published))]
    public void A_line_with_a_published_model_does_what_it_says(string source, string text) => Try(new DocumentedLine(source, text));

    [PublishedTheory]
    [InlineData("A crystal, a published potential, one command")]
    [InlineData("A potential of one's own")]
    public void The_commands_of_the_README_follow_each_other(string heading)
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        string form = $"## {Regex.Escape(heading)}\n.*?(```\n.*?```)";
        string block = Regex.Match(page, form, RegexOptions.Singleline).Groups[1].Value;
        DocumentedLine[] lines = [.. DocumentedLine.OfPage("README.md", block)];
        Assert.True(lines.Length >= 3);

        foreach (string name in new[] { "POSCAR", "water.json", "water.extxyz", "test.extxyz", "start.extxyz" })
        {
            Assert.True(DocumentedFiles.Make(PathOf(""), name));
        }

        Outcome outcome = RunShell(Environment(string.Join(" &&\n", lines.Select(line => line.Shortened.Split(" #")[0]))));
        Assert.True(outcome.Code == 0, outcome.Error);
    }

    private static TheoryData<string, string> Rows(Func<DocumentedLine, bool> choice)
    {
        TheoryData<string, string> rows = [];

        foreach (DocumentedLine line in All.Where(choice).Distinct())
        {
            rows.Add(line.Source, line.Text);
        }

        return rows;
    }

    private void Try(DocumentedLine line)
    {
        if (!File.Exists("/bin/bash") || line.Tools.Any(tool => !HasTool(tool)))
        {
            Console.WriteLine($"NOT RUN, as a tool is not installed ({string.Join(", ", line.Tools.Append("bash"))}): {line}");
            return;
        }

        bool isLong = Regex.IsMatch(line.Text, @"--frames (1000|::100)");

        foreach (string name in Inputs(line.Shortened))
        {
            if (isLong && name.StartsWith("run.extxyz", StringComparison.Ordinal))
            {
                DocumentedFiles.Make(PathOf(""), "long.extxyz");
                Run("convert", PathOf("long.extxyz"), PathOf(name)).Fine();
            }

            DocumentedFiles.Make(PathOf(""), name);
        }

        // What a file of parameters or of a training names has to be there, too.
        (string Part, string Name)[] further =
        [
            ("silicon.json", "Si.sw"), ("water.json", "water.extxyz"), ("/data/water", "data/water/water.extxyz"),
            ("acac", "acac/train_300K.xyz"),
        ];

        foreach ((string part, string name) in further)
        {
            if (line.Text.Contains(part, StringComparison.Ordinal))
            {
                DocumentedFiles.Make(PathOf(""), name);
            }
        }

        Outcome outcome = RunShell(Environment(line.Shortened));

        // Polonium is what the model does not know: the page says so.
        int expected = line.Text.Contains("polonium", StringComparison.Ordinal) ? 1 : 0;
        Assert.True(outcome.Code == expected, $"{outcome.Code}: {outcome.Error}");
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    private static string Environment(string script)
    {
        string data = PublishedTheoryAttribute.Data ?? "none";
        return $"export HOME=\"$PWD\" NOETHER_MODELS='{data}/nequix{Path.PathSeparator}{data}/ani'\n"
            + "mkdir -p .config/fish/completions\n" + script;
    }

    /// <summary>The names of files in a line that are not those of its outputs.</summary>
    private static IEnumerable<string> Inputs(string line) => Words().Matches(Outputs().Replace(line.Split(" #")[0], " "))
        .Select(word => word.Value).Select(word => word.Replace("ani:", "", StringComparison.Ordinal).Split(":member")[0])
        .Select(word => word[(word.IndexOf(':', StringComparison.Ordinal) + 1)..])
        .Distinct();

    private static bool HasTool(string name) => (System.Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    [GeneratedRegex(@" (-o|--output|--html|--report|--trajectory|--save|>) [^ ]+|(?<=noether convert [^ ]+) [^ ]+")]
    private static partial Regex Outputs();

    [GeneratedRegex(@"(?<= )[^ ]*\.[a-z]{2}[^ ]*|POSCAR|BORN")]
    private static partial Regex Words();
}
