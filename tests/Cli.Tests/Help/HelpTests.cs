using System.Text.RegularExpressions;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Help on a terminal and as a page of the manual, and what is said of lines that are not understood.</summary>
public sealed class HelpTests : Workplace
{
    public static TheoryData<string> Commands => [.. CommandGroup.All(Nowhere).SelectMany(group => group.Commands)
        .Select(command => command.Name)];

    private static Session Nowhere => new(TextWriter.Null, TextWriter.Null, false, 100, CancellationToken.None);

    [Fact]
    public void Alone_the_program_shows_its_commands_in_groups()
    {
        string alone = Run().Fine().Out;
        Assert.Equal(Run("--help").Fine().Out, alone);
        Assert.Equal(alone, Run("help").Fine().Out);

        foreach (CommandGroup group in CommandGroup.All(Nowhere))
        {
            Assert.Contains($"\n{group.Title}:\n", alone, StringComparison.Ordinal);
            Assert.All(group.Commands, command => Assert.Matches($@"\n  {command.Name} +{Regex.Escape(command.Description!)}\n", alone));
        }

        Assert.True(Regex.Count(alone, "\n  noether ") >= 2);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_page_begins_with_a_sentence_and_has_no_words_of_the_runtime(string command)
    {
        string help = Run(command, "--help").Fine().Out;
        Assert.Matches(@"^[^\n]{10,90}\.\n\nUsage: noether " + command, help);
        Assert.DoesNotContain("System.", help, StringComparison.Ordinal);
        Assert.DoesNotContain("{", help, StringComparison.Ordinal);
        Assert.DoesNotContain("[]", help, StringComparison.Ordinal);
        Assert.DoesNotContain("False", help, StringComparison.Ordinal);
        Assert.Equal(help, Run("help", command).Fine().Out);
        string[] examples = Regex.Match(help, "\nExamples:\n((  .*\n)+)").Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(examples);
        Assert.All(help.Split('\n').Except(examples), line => Assert.True(line.Length <= 100 && !line.EndsWith(' '), line));
    }

    [Fact]
    public void Options_stand_in_groups_with_what_is_usual()
    {
        string help = Run("md", "--help").Fine().Out;
        Assert.Matches(@"\nPotential:\n  -p, --potential SPEC ", help);
        Assert.Matches(@"\nEnsemble:\n  --ensemble ", help);
        Assert.Matches(@"\nFiles:\n  -o, --output OUT ", help);
        Assert.Matches(@"--timestep fs +The time step\. \[1\]\n", help);
        Assert.Matches(@"\nPotentials:\n  NAME ", help);
    }

    [Theory]
    [InlineData("neighbors a.xyz --cutoff far", "--cutoff is 'far', expected a number.")]
    [InlineData("eos a.xyz -p lj --points few", "--points is 'few', expected a whole number.")]
    [InlineData("eos a.xyz -p lj --points 1e-1", "--points is '1e-1', expected a whole number.")]
    [InlineData("eos a.xyz -p lj --points 1e30", "--points is '1e30', expected a whole number.")]
    [InlineData("phonons a.xyz -p lj --supercell 2 2 x", "--supercell is 'x', expected a whole number.")]
    [InlineData("verify a.xyz -p lj --seed 1.5", "--seed is '1.5', expected a whole number.")]
    [InlineData("md a.xyz -p lj -o b.xyz -n 1 --every 0e0", "--every is 0e0, expected a whole number, 1 or more.")]
    [InlineData("enrgy a.xyz -p lj --colour", "'enrgy' is no command. Did you mean 'energy'?")]
    [InlineData("phonons a.xyz -p lj --html b -o b", "--output and --html are one file, 'b', expected two.")]
    [InlineData("relax a.xyz -p lj -o b.xyz --trajectory ./b.xyz", "are one file, './b.xyz', expected two.")]
    [InlineData("evaluate a.xyz -p lj -o a.xyz", "--output and FILE are one file, 'a.xyz', expected two.")]
    [InlineData("view a.xyz -o a.xyz", "--output and FILE are one file, 'a.xyz', expected two.")]
    [InlineData("md a.xyz -p lj -o a.xyz -n 1 --overwrite", "--output and FILE are one file, 'a.xyz', expected two.")]
    public void What_is_wrong_is_said_in_words_of_its_own(string line, string message)
    {
        Outcome outcome = Run(line.Split(' '));
        outcome.Refused(2, message);
        Assert.DoesNotContain("System.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_whose_command_is_not_known_has_no_other_complaint() => Assert.Equal(
        "noether: 'enrgy' is no command. Did you mean 'energy'?\n'noether --help' lists the commands.\n",
        Run("enrgy", "a.xyz", "--frames", "x", "--colour").Error);

    [Fact]
    public void Whole_numbers_may_have_an_exponent_or_a_point()
    {
        string silicon = Write("si.extxyz", Silicon), input = Write("Si.sw", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Si.sw")));
        string Scan(string points) => Run("eos", silicon, "-p", "sw:" + input, "--points", points).Fine().Out;
        Assert.Equal(Scan("10"), Scan("1e1"));
        Assert.Equal(Scan("10"), Scan("10.0"));
        string argon = Write("argon.xyz", Argon);
        Assert.Equal(Run("info", argon, "--frames", "1").Fine().Out, Run("info", argon, "--frames", "1e0").Fine().Out);
        Assert.Equal(0, Run("verify", argon, "-p", "lj:epsilon=1,sigma=1,cutoff=2,end=smooth,onset=1", "--quick", "--seed", "1e5").Code);
    }

    [Fact]
    public void Usage_that_is_wrong_is_an_object_too()
    {
        Outcome outcome = Run("eos", "a.xyz", "-p", "lj", "--points", "few", "--json");
        outcome.Refused(2, "--points is 'few'");
        Assert.Equal(["file", "frame", "error"], Names(Assert.Single(outcome.Objects)));
    }

    [Fact]
    public void The_manual_is_made_of_the_same_text()
    {
        string manual = Run("help", "--man").Fine().Out;
        Assert.StartsWith(".TH NOETHER 1 ", manual, StringComparison.Ordinal);

        foreach (string command in CommandGroup.All(Nowhere).SelectMany(group => group.Commands).Select(one => one.Name))
        {
            Assert.Contains($"\n.SH \"NOETHER {command.ToUpperInvariant()}\"\n", manual, StringComparison.Ordinal);
        }

        // Only what begins with a point is a request, and each is one that is meant.
        Assert.All(
            manual.Split('\n').Where(line => line.StartsWith('.') || line.StartsWith('\'')),
            line => Assert.Matches(@"^\.(TH|SH|SS|TP|PP|B|nf|fi)( |$)", line));
        Assert.All(manual, letter => Assert.True(letter is '\n' or (>= ' ' and <= '~'), $"{letter}"));
    }

    [Fact]
    public void Troff_sets_the_manual_without_a_complaint()
    {
        if (!File.Exists("/usr/bin/groff"))
        {
            return;
        }

        Write("noether.1", Run("help", "--man").Fine().Out);
        string set = Regex.Replace(RunShell("groff -man -Tutf8 -ww noether.1").Fine().Out, "\u001b\\[[0-9;]*m", "");
        Assert.Contains("noether relax", set, StringComparison.Ordinal);
        Assert.Contains("eV/Å", set, StringComparison.Ordinal);
    }
}
