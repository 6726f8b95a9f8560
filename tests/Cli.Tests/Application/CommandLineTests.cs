using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>
/// What is the same for every command: help, usage, exit codes, the end by a signal, and the page about it.
/// </summary>
public sealed class CommandLineTests : Workplace
{
    private static readonly string[] Commands =
    [
        "info", "convert", "neighbors", "descriptors", "view", "energy", "tune", "verify", "relax", "md", "phonons",
        "vibrations", "elastic", "eos", "models", "train", "evaluate", "help", "completion",
    ];

    [Fact]
    public void The_help_names_every_command()
    {
        string help = Run("--help").Fine().Out;
        Assert.All(Commands, command => Assert.Contains("  " + command, help, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("info", "FILE")]
    [InlineData("convert", "IN")]
    [InlineData("neighbors", "--cutoff")]
    [InlineData("energy", "--potential")]
    [InlineData("relax", "--cell")]
    [InlineData("md", "--restart")]
    [InlineData("phonons", "--supercell")]
    [InlineData("elastic", "--precision")]
    [InlineData("eos", "--points")]
    [InlineData("verify", "--quick")]
    [InlineData("view", "--output")]
    [InlineData("evaluate", "--label")]
    public void Every_command_has_help_with_examples(string command, string word)
    {
        string help = Run(command, "--help").Fine().Out;
        Assert.Contains(word, help, StringComparison.Ordinal);
        Assert.Contains("--json", help, StringComparison.Ordinal);
        Assert.Contains("--frames", help, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n  noether {command} ", help, StringComparison.Ordinal);
        Assert.EndsWith("\n", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public void The_version_is_told() => Assert.Matches(@"^\d+\.\d+\.\d+\s*$", Run("--version").Fine().Out);

    [Theory]
    [InlineData("fold", "'fold' is no command")]
    [InlineData("info", "info")]
    [InlineData("convert a.xyz", "convert")]
    [InlineData("neighbors a.xyz", "--cutoff")]
    [InlineData("neighbors a.xyz --cutoff far", "far")]
    [InlineData("energy a.xyz", "--potential")]
    [InlineData("info a.xyz --colour", "'--colour' is no option here")]
    [InlineData("energy --colour -p lj", "'--colour' is no option here")]
    [InlineData("energy a.xyz --colour -p lj", "--colour")]
    [InlineData("phonons a.xyz -p lj --supercell 2 2", "--supercell")]
    [InlineData("phonons a.xyz -p lj --unit eV", "eV")]
    [InlineData("eos a.xyz -p lj --points few", "few")]
    public void Wrong_usage_is_2(string line, string named) =>
        Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Refused(2, named);

    [Theory]
    [InlineData("info")]
    [InlineData("neighbors --cutoff 3")]
    [InlineData("energy --potential lj:epsilon=1,sigma=1,cutoff=2")]
    [InlineData("phonons --potential lj:epsilon=1,sigma=1,cutoff=2")]
    [InlineData("elastic --potential lj:epsilon=1,sigma=1,cutoff=2")]
    [InlineData("eos --potential lj:epsilon=1,sigma=1,cutoff=2")]
    [InlineData("verify --potential lj:epsilon=1,sigma=1,cutoff=2")]
    [InlineData("view")]
    public void Wrong_input_is_1(string line)
    {
        string[] words = line.Split(' ');
        string missing = PathOf("missing.xyz");
        Run([.. words, missing]).Refused(1, missing);
        string broken = Write("broken.xyz", "1\n\nQq 0 0 0\n");
        Outcome outcome = Run([.. words, broken, "--json"]);
        outcome.Refused(1, $"{broken}:3:1: unknown element 'Qq'");
        Assert.Single(outcome.Objects);
        Run([.. words, Write("a.png", "")]).Refused(1, "the name of the file is");
    }

    [Fact]
    public void A_wish_to_stop_ends_a_command_between_frames()
    {
        using CancellationTokenSource stop = new();
        string file = Write("argon.xyz", Argon);
        using StopAfterOne output = new(stop);
        using StringWriter error = new();
        int code = new Application(new Session(output, error, false, 100, stop.Token)).Run(["info", file, "--json"]);
        Assert.Equal(130, code);
        Assert.Equal("noether: interrupted\n", error.ToString());
        Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.EndsWith("}\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_runs_as_a_process()
    {
        Write("argon.xyz", Argon);
        using Process process = StartProcess("info", "argon.xyz", "--json");
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Outcome outcome = new Outcome(process.ExitCode, output, error).Fine();
        Assert.Equal(2, outcome.Objects.Length);
        Assert.Equal("argon.xyz", outcome.Objects[0].GetProperty("file").GetString());

        // Plain lines, as the output is no terminal; the byte order mark would spoil the first one.
        using Process plain = StartProcess("info", "argon.xyz");
        Assert.StartsWith("# argon.xyz", plain.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        using Process wrong = StartProcess("info", "missing.xyz");
        wrong.WaitForExit();
        Assert.Equal(1, wrong.ExitCode);
    }

    [Fact]
    public void An_interrupt_leaves_complete_lines()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // Far more than fits into the pipe, so the process still writes when the signal comes.
        Write("long.xyz", string.Concat(Enumerable.Repeat(Argon, 20_000)));
        using Process process = StartProcess("info", "long.xyz", "--json");
        string first = process.StandardOutput.ReadLine()!;
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        // The pipe is full and the process waits: on a busy machine a signal takes its time to become a wish to stop.
        Thread.Sleep(TimeSpan.FromSeconds(2));
        string output = first + "\n" + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Outcome outcome = new(process.ExitCode, output, process.StandardError.ReadToEnd());
        Assert.Equal(130, outcome.Code);
        Assert.Equal("noether: interrupted\n", outcome.Error);
        Assert.EndsWith("}\n", output, StringComparison.Ordinal);
        Assert.InRange(outcome.Objects.Length, 1, 39_999);
    }

    [Fact]
    public void The_page_shows_what_the_program_prints()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "command-line.md"));

        foreach (Match file in Regex.Matches(page, @"`(\S+)`:\n\n```(?:text|json)\n(.*?)```", RegexOptions.Singleline))
        {
            Write(file.Groups[1].Value, file.Groups[2].Value);
        }

        var examples = Regex.Matches(page, @"```console\n\$ noether (.*?)\n(.*?)```", RegexOptions.Singleline);
        Assert.True(examples.Count >= 6, $"{examples.Count} examples");

        foreach (Match example in examples)
        {
            string[] words = [.. example.Groups[1].Value.Split(' ').Select(word =>
                File.Exists(PathOf(word)) || Path.GetExtension(word) is ".vasp" or ".extxyz" or ".html"
                    ? PathOf(word)
                    : word)];
            Outcome outcome = Run(words);
            string shown = outcome.Out + outcome.Error;

            // Frequencies at rest are roots of rounding; fits and laws divide by small differences.
            double tolerance = words[0] is "phonons" or "elastic" or "eos" or "verify" ? 1e-6 : 1e-13;
            Same(example.Groups[2].Value, shown.Replace(PathOf(""), "", StringComparison.Ordinal), tolerance);
        }
    }

    /// <summary>
    /// Equal texts, in which numbers may differ by rounding: vectors of other widths add in another order, a few units
    /// in the last of sixteen digits, or what becomes of them.
    /// </summary>
    private static void Same(string expected, string actual, double tolerance)
    {
        Regex number = new(@"-?\d+(\.\d+)?(E[+-]?\d+)?");
        Assert.Equal(number.Replace(expected, "0"), number.Replace(actual, "0"));

        foreach ((Match a, Match b) in number.Matches(expected).Zip(number.Matches(actual)))
        {
            double wanted = double.Parse(a.Value, CultureInfo.InvariantCulture);
            double found = double.Parse(b.Value, CultureInfo.InvariantCulture);
            Assert.Equal(wanted, found, tolerance * (1 + Math.Abs(wanted)));
        }
    }

    /// <summary>Wishes to stop as soon as something is written.</summary>
    private sealed class StopAfterOne(CancellationTokenSource stop) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            stop.Cancel();
        }
    }
}
