using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether verify</c> and <c>noether view</c>.</summary>
public sealed class VerifyTests : Workplace
{
    private const string Truncated = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5";
    private const string Smooth = Truncated + ",end=smooth,onset=7";

    private string File() => Write("argon.extxyz", Argon);

    [Fact]
    public void A_smooth_potential_keeps_every_law()
    {
        JsonElement found = Assert.Single(Run("verify", File(), "-p", Smooth, "--quick", "--json").Fine().Objects);
        Assert.Equal(["potential", "frames", "generated", "seed", "passed", "laws", "saved"], Names(found));
        Assert.True(found.GetProperty("passed").GetBoolean());
        Assert.Equal(2, found.GetProperty("frames").GetInt32());
        Assert.Equal(10, found.GetProperty("generated").GetInt32());
        JsonElement[] laws = [.. found.GetProperty("laws").EnumerateArray()];
        Assert.Contains("rotation", laws.Select(law => law.GetProperty("law").GetString()));
        Assert.All(laws, law =>
        {
            double tolerance = law.GetProperty("tolerance").GetDouble();
            Assert.InRange(law.GetProperty("worstOfFiles").GetDouble(), 0, tolerance);
            Assert.InRange(law.GetProperty("worstGenerated").GetDouble(), 0, tolerance);
            Assert.True(law.GetProperty("passed").GetBoolean());
        });
    }

    [Fact]
    public void A_jump_at_the_cutoff_is_found_and_saved()
    {
        Outcome outcome = Run("verify", File(), "-p", Truncated, "--quick", "--save", PathOf("broken"));
        Assert.Equal(1, outcome.Code);
        Assert.Equal("", outcome.Error);
        Assert.Contains("laws\tbroken", outcome.Lines);
        Assert.Matches(@"\nsmooth energy\t.*\tBROKEN\n", outcome.Out);
        Assert.Matches(@"\nrotation\t.*\tholds\n", outcome.Out);
        string saved = Path.Combine(PathOf("broken"), "smooth-energy-generated.extxyz");
        Assert.Contains("saved\t" + saved, outcome.Lines);
        JsonElement info = Run("info", saved, "--json").Fine().Objects[0].GetProperty("info");
        Assert.Equal("smooth energy", info.GetProperty("law").GetString());
        Assert.True(info.GetProperty("violation").GetDouble() > info.GetProperty("tolerance").GetDouble());
    }

    [Fact]
    public void Whoever_claims_less_is_tried_for_less()
    {
        Outcome outcome = Run("verify", File(), "-p", Truncated, "--quick", "--smooth", "nothing").Fine();
        Assert.Contains("laws\tall hold", outcome.Lines);
        Assert.DoesNotContain(outcome.Lines, line => line.StartsWith("smooth", StringComparison.Ordinal));
    }

    [Fact]
    public void Single_precision_has_its_own_tolerance()
    {
        string[] single = ["--precision", "float32", "--smooth", "nothing", "--quick", "--json"];
        JsonElement found = Assert.Single(Run(["verify", File(), "-p", Smooth, .. single]).Objects);
        JsonElement rotation = found.GetProperty("laws").EnumerateArray()
            .First(law => law.GetProperty("law").GetString() == "rotation");
        Assert.Equal(1e-4, rotation.GetProperty("tolerance").GetDouble(), 1e-10);
    }

    [Fact]
    public void The_same_seed_gives_the_same_report()
    {
        string[] line = ["verify", File(), "-p", Smooth, "--quick", "--seed", "3", "--json"];
        string first = Run(line).Out;
        Assert.Equal(first, Run(line).Out);
        line[6] = "4";
        Assert.NotEqual(first, Run(line).Out);
    }

    [Fact]
    public void Something_has_to_be_there()
    {
        Run("verify", Write("none.xyz", "0\n\n"), "-p", Smooth).Refused(1, "without atoms, expected at least one atom");
        Run("verify", File(), "-p", Smooth, "--smooth", "all").Refused(2, "all");
    }

    [Fact]
    public void A_page_stands_beside_the_file()
    {
        string file = File();
        JsonElement told = Assert.Single(Run("view", file, "--json").Fine().Objects);
        Assert.Equal(["input", "output", "frames", "warnings"], Names(told));
        Assert.Equal(PathOf("argon.html"), told.GetProperty("output").GetString());
        Assert.Equal(2, told.GetProperty("frames").GetInt32());
        string page = System.IO.File.ReadAllText(PathOf("argon.html"));
        Assert.Contains("<title>argon.extxyz</title>", page, StringComparison.Ordinal);
        Assert.Contains("[\"frame 0\",\"frame 1\"]", page, StringComparison.Ordinal);
        Assert.Equal("1", Run("view", file, "--frames=-1", "-o", PathOf("last.html")).Fine().Lines[2].Split('\t')[1]);
    }

    [Fact]
    public void Pages_that_cannot_be_written_are_named()
    {
        Run("view", File(), "--frames", "5:").Refused(1, "the selection of frames is empty");
        Directory.CreateDirectory(Path.Combine(PathOf("taken.html"), "inside"));
        Run("view", File(), "-o", PathOf("taken.html")).Refused(1, "taken.html");
    }
}
