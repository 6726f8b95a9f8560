using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether info</c>.</summary>
public sealed class InfoTests : Workplace
{
    [Fact]
    public void Plain_lines_describe_the_first_frame_and_count_all()
    {
        string file = Write("argon.extxyz", Argon);
        string[] lines = Run("info", file).Fine().Lines;
        Assert.Equal($"# {file}, frame 0", lines[0]);
        Assert.Contains("frames\t2", lines);
        Assert.Contains("format\textended XYZ", lines);
        Assert.Contains("atoms\t2", lines);
        Assert.Contains("formula\tAr2", lines);
        Assert.Contains("periodic\tF F F", lines);
        Assert.Contains("per atom: charge\treal [2]", lines);
        Assert.Contains("info: energy\t0.1", lines);
        Assert.Contains("info: name\tfirst one", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("volume", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cell_has_lengths_angles_volume_and_density()
    {
        string[] lines = Run("info", Write("argon.extxyz", Argon), "--frames", "1").Fine().Lines;
        Assert.Contains("a (Å)\t12", lines);
        Assert.Contains("gamma (°)\t90", lines);
        Assert.Contains("volume (Å³)\t1728", lines);

        // Two atoms of 39.95 amu (the standard mass of argon is an interval since 2017) and 1 amu/Å³ = 1.66054 g/cm³.
        string line = Assert.Single(lines, line => line.StartsWith("density", StringComparison.Ordinal));
        double density = double.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
        Assert.Equal(2 * 39.95 / 1728 * 1.66053906660, density, 3e-5);
    }

    [Fact]
    public void Json_has_every_frame_with_everything_in_it()
    {
        JsonElement[] frames = Run("info", Write("argon.extxyz", Argon), "--json").Fine().Objects;
        Assert.Equal(2, frames.Length);
        Assert.All(frames, frame => Assert.Equal(
            ["file", "frame", "symbols", "positions", "cell", "pbc", "perAtom", "info", "warnings"], Names(frame)));
        Assert.Equal(PathOf("argon.extxyz"), frames[0].GetProperty("file").GetString());
        Assert.Equal(1, frames[1].GetProperty("frame").GetInt32());
        Assert.Equal("""["Ar","Ar"]""", frames[0].GetProperty("symbols").GetRawText());
        Assert.Equal("[[0,0,0],[0,0,3.8]]", frames[0].GetProperty("positions").GetRawText());
        Assert.Equal("[[12,0,0],[0,12,0],[0,0,12]]", frames[1].GetProperty("cell").GetRawText());
        Assert.Equal("[false,false,false]", frames[0].GetProperty("pbc").GetRawText());
        Assert.Equal("""{"charge":[0.5,-0.5]}""", frames[0].GetProperty("perAtom").GetRawText());
        Assert.Equal("""{"energy":0.1,"name":"first one"}""", frames[0].GetProperty("info").GetRawText());
        Assert.Equal("""{"flags":[true,false],"steps":7}""", frames[1].GetProperty("info").GetRawText());
    }

    [Fact]
    public void Json_keeps_all_bits_and_writes_what_is_no_number_as_text()
    {
        const string Keys =
            "Properties=species:S:1:pos:R:3 pbc=\"F F F\" x=0.30000000000000004 a=nan b=\"inf -inf\"";
        string file = Write("odd.xyz", $"1\n{Keys}\nX 1e-300 -0.0 3\n");
        JsonElement frame = Assert.Single(Run("info", file, "--json").Fine().Objects);
        JsonElement info = frame.GetProperty("info");
        Assert.Equal(0.1 + 0.2, info.GetProperty("x").GetDouble());
        Assert.Equal("\"NaN\"", info.GetProperty("a").GetRawText());
        Assert.Equal("[\"Infinity\",\"-Infinity\"]", info.GetProperty("b").GetRawText());
        Assert.Equal([1e-300, -0.0, 3], Numbers(frame.GetProperty("positions")));
    }

    [Fact]
    public void A_person_gets_a_column_of_names_and_short_numbers()
    {
        string file = Write("argon.extxyz", Argon.Replace("4.1", "4.123456789", StringComparison.Ordinal));
        string text = RunOnTerminal("info", file, "--frames", "1").Fine().Out;
        Assert.Contains("  volume (Å³)  ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\t", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("H H O", "H2O")]
    [InlineData("O H C H H H", "CH4O")]
    [InlineData("Cl Na", "ClNa")]
    [InlineData("H Cl", "ClH")]
    public void Formulas_follow_Hill(string symbols, string formula)
    {
        string[] words = symbols.Split(' ');
        string atoms = string.Concat(words.Select((symbol, i) => $"{symbol} 0 0 {i}\n"));
        string file = Write("some.xyz", $"{words.Length}\n\n{atoms}");
        Assert.Contains("formula\t" + formula, Run("info", file).Fine().Lines);
    }

    [Fact]
    public void Several_files_follow_each_other()
    {
        string a = Write("a.xyz", Argon), b = Write("b.xyz", Argon);
        string[] lines = Run("info", a, b).Fine().Lines;
        Assert.Equal([$"# {a}, frame 0", $"# {b}, frame 0"], lines.Where(line => line.StartsWith('#')));
    }
}
