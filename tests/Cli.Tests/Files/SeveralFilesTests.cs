using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Several files at once, of which some may be wrong.</summary>
public sealed class SeveralFilesTests : Workplace
{
    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5";

    [Theory]
    [InlineData("info")]
    [InlineData("neighbors --cutoff 5")]
    [InlineData("energy -p " + Lj)]
    [InlineData("relax -o out.extxyz -p " + Lj)]
    [InlineData("phonons -p " + Lj + " --unit meV")]
    [InlineData("elastic -p sw:Si.sw")]
    [InlineData("eos -p sw:Si.sw --points 5")]
    [InlineData("vibrations -p " + Lj)]
    public void A_file_that_fails_is_told_of_and_the_rest_goes_on(string line)
    {
        Write("Si.sw", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Si.sw")));
        bool isCrystal = line.Contains("Si.sw", StringComparison.Ordinal);
        string text = isCrystal ? Silicon : "2\n\nAr 0 0 0\nAr 0 0 3.816\n";
        string a = Write("a.xyz", text), b = Write("b.xyz", "1\n\nQq 0 0 0\n"), c = Write("c.xyz", text);
        string[] words =
        [
            .. line.Split(' ').Select(word => word is "out.extxyz"
                ? PathOf(word)
                : word.Replace("Si.sw", PathOf("Si.sw"), StringComparison.Ordinal)),
        ];
        Outcome outcome = Run([.. words, a, b, c, "--json"]);
        Assert.Equal(1, outcome.Code);
        Assert.Contains($"noether: {b}:3:1: unknown element 'Qq'", outcome.Error, StringComparison.Ordinal);
        JsonElement[] results = [.. outcome.Objects.Where(one => !one.TryGetProperty("error", out _))];
        Assert.Equal([a, c], results.Select(one => one.GetProperty("file").GetString()));
        JsonElement error = Assert.Single(outcome.Objects, one => one.TryGetProperty("error", out _));
        Assert.Equal(b, error.GetProperty("file").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("frame").ValueKind);
        Assert.StartsWith($"{b}:3:1: unknown element", error.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_that_fails_ends_its_file_and_no_other()
    {
        string a = Write("a.xyz", "2\n\nAr 0 0 0\nAr 0 0 0\n" + Argon), b = Write("b.xyz", Argon);
        Outcome outcome = Run("energy", a, b, "-p", Lj, "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal([a, b, b], outcome.Objects.Select(one => one.GetProperty("file").GetString()));
        Assert.Equal(0, outcome.Objects[0].GetProperty("frame").GetInt32());
        Assert.Contains($"{a}, frame 0: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Relaxed_frames_of_all_files_are_in_one_output()
    {
        string a = Write("a.xyz", Argon), b = Write("b.xyz", Argon), output = PathOf("out.extxyz");
        Run("relax", a, b, "-p", Lj, "-o", output).Fine();
        Assert.Equal(4, Run("info", output, "--json").Fine().Objects.Length);
    }

    [Fact]
    public void Names_with_a_star_are_the_files_they_mean()
    {
        Write("b.xyz", Argon);
        Write("a.xyz", Argon);
        string[] lines = Run("info", PathOf("*.xyz")).Fine().Lines;
        Assert.Equal(
            [$"# {PathOf("a.xyz")}, frame 0", $"# {PathOf("b.xyz")}, frame 0"], lines.Where(line => line.StartsWith('#')));
        Run("info", PathOf("*.cif")).Refused(1, PathOf("*.cif"));
    }

    [Fact]
    public void One_page_is_about_one_structure() => Run(
        "phonons", Write("a.xyz", Argon), Write("b.xyz", Argon), "-p", Lj, "--html", PathOf("page.html"))
        .Refused(1, "expected one, by --frames");
}
