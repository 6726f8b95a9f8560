using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Numbers that rounding leaves are 0 for people, and all there for programs.</summary>
public sealed partial class DustTests : Workplace
{
    private const string AtRest =
        """
        2
        Lattice="0 2.7155 2.7155 2.7155 0 2.7155 2.7155 2.7155 0" Properties=species:S:1:pos:R:3 pbc="T T T"
        Si 0 0 0
        Si 1.35775 1.35775 1.35775

        """;

    [Theory]
    [InlineData("elastic")]
    [InlineData("energy")]
    [InlineData("phonons")]
    public void Tables_have_no_dust_and_lines_have_every_digit(string command)
    {
        string file = Write("si.extxyz", AtRest);
        string input = Write("Si.sw", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Si.sw")));
        string[] line = [command, file, "-p", "sw:" + input];
        double[] people = Small(RunOnTerminal(line).Fine().Out), programs = Small(Run(line).Fine().Out);
        Assert.Empty(people);
        Assert.True(command == "energy" || programs.Length > 0);
    }

    [Fact]
    public void What_is_small_but_no_rounding_stays() => Assert.Equal(
        [[1e-11, 1.0, 0.0], [2e-12, -0.5, 3e-30]],
        Dust.Swept(["energy (eV)", "force (eV/Å)", "violation"], [[1e-11, 1.0, 0.0], [2e-12, -0.5, 3e-30]]));

    [Fact]
    public void The_scale_is_that_of_the_unit_in_the_table()
    {
        Assert.Equal(
            [[0.0, 4000.0, 1e-9]],
            Dust.Swept(["Fx (eV/Å)", "Fy (eV/Å)", "energy (eV)"], [[1e-10, 4000.0, 1e-9]]));
        Assert.Equal(
            [["xx", 150.0, 0.0], ["yy", 1e-9, 150.0]],
            Dust.Swept(["clamped (GPa)", "xx", "yy"], [["xx", 150.0, 1e-13], ["yy", 1e-9, 150.0]]));
        Assert.Equal(0.0, Dust.Swept("largest force (eV/Å)", 1.1e-16));
        Assert.Equal(1e-300, Dust.Swept("tolerance", 1e-300));
        Assert.Equal(3, Dust.Swept("steps (eV)", 3));
        Assert.Equal(double.NaN, Dust.Swept("energy (eV)", double.NaN));
    }

    private static double[] Small(string text) =>
    [
        .. Exponents().Matches(text).Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture))
            .Where(number => Math.Abs(number) < 1e-6),
    ];

    [GeneratedRegex(@"-?\d+(\.\d+)?[eE]-\d+")]
    private static partial Regex Exponents();
}
