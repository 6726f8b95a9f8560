using System.Globalization;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Words that complete a line, and the scripts that bring them to a shell.</summary>
public sealed class CompletionTests : Workplace
{
    [Theory]
    [InlineData("noether en", "energy")]
    [InlineData("noether energy --pot", "--potential")]
    [InlineData("noether phonons a.xyz --unit ", "THz")]
    [InlineData("noether relax a.xyz --method f", "fire")]
    [InlineData("noether energy a.xyz -p mor", "morse:")]
    [InlineData("noether completion ", "fish")]
    public void The_program_knows_what_may_follow(string line, string word)
    {
        string place = line.Length.ToString(CultureInfo.InvariantCulture);
        Assert.Contains(word, Run($"[suggest:{place}]", line).Fine().Lines);
    }

    [Fact]
    public void Every_shell_has_a_script_that_asks_the_program() => Assert.All(
        CompletionScript.Shells,
        shell => Assert.Contains("[suggest:", Run("completion", shell).Fine().Out, StringComparison.Ordinal));

    [Fact]
    public void Another_shell_is_refused() => Run("completion", "tcsh").Refused(2, "'tcsh'");

    [Theory]
    [InlineData("noether ener", "energy")]
    [InlineData("noether energy a.xyz --prec", "--precision")]
    [InlineData("noether energy a.xyz --precision ", "float32 float64")]
    [InlineData("noether energy a.xyz -p zbl:el", "elements=")]
    public void Bash_completes_with_the_script(string line, string words)
    {
        if (!File.Exists("/bin/bash"))
        {
            return;
        }

        Write("script", Run("completion", "bash").Fine().Out);
        Write("try", $$"""
            source ./script
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            _noether
            echo "${COMPREPLY[*]}"
            """);
        Assert.Equal(words, RunShell("source ./try").Fine().Out.Trim().Replace('\n', ' '));
    }
}
