using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>The options that say of a file what it does not say itself.</summary>
public sealed class ReadingTests : Workplace
{
    private const string Data = """
        water

        3 atoms
        2 atom types
        0 10 xlo xhi
        0 10 ylo yhi
        0 10 zlo zhi
        {0}
        Atoms

        1 1 1 -0.8 5 5 5
        2 1 2 0.4 5 5.757 5.587
        3 1 2 0.4 5 4.243 5.587

        Velocities

        1 1 0 0
        2 0 0 0
        3 0 0 0

        """;

    private const string Dump = """
        ITEM: TIMESTEP
        0
        ITEM: NUMBER OF ATOMS
        2
        ITEM: BOX BOUNDS pp pp pp
        0 9
        0 9
        0 9
        ITEM: ATOMS id type x y z
        1 1 0 0 0
        2 2 1 1 1

        """;

    private const string Locations = """
        ATOM      1  CB AALA A   1       0.000   0.000   0.000  0.60 10.00           C
        ATOM      2  CB BALA A   1       2.000   0.000   0.000  0.40 10.00           C
        END

        """;

    private string Named() => Write(
        "named.data",
        Data.Replace("{0}", "\nMasses\n\n1 15.9994\n2 1.008\n", StringComparison.Ordinal));

    private static string Symbols(JsonElement frame) =>
        string.Join(",", frame.GetProperty("symbols").EnumerateArray().Select(symbol => symbol.GetString()));

    [Fact]
    public void Types_of_a_dump_are_named_or_come_from_a_data_file()
    {
        string dump = Write("run.dump", Dump);
        Run("info", dump).Refused(1, "the option --types, which names the element of each type");
        Assert.Equal("Si,O", Symbols(Run("info", dump, "--types", "Si,O", "--json").Fine().Objects.Single()));
        Outcome told = Run("info", dump, "--types", Named(), "--json").Warned("type 1 is O");
        Assert.Equal("O,H", Symbols(told.Objects.Single()));
        Run("info", dump, "--types", "Si").Refused(1, "expected an atom type from 1 to 1, the symbols given");
    }

    [Fact]
    public void Units_and_style_are_guessed_with_a_warning_or_given()
    {
        double Velocity(JsonElement frame) =>
            frame.GetProperty("perAtom").GetProperty("velocities")[0][0].GetDouble();

        JsonElement guessed = Run("info", Named(), "--json").Warned("full, by the 7 columns").Objects.Single();
        Assert.Equal(0.001, Velocity(guessed));
        string warnings = guessed.GetProperty("warnings").GetRawText();
        Assert.Contains("full, by the 7 columns", warnings);
        Assert.Contains("--units names others", warnings);
        Assert.Contains("type 1 is O (15.9994)", warnings);
        string[] told = ["--style", "full", "--units", "real", "--types", "O,H"];

        // Masses of a file need no word where the elements are named.
        JsonElement given = Run(["info", Named(), "--json", .. told]).Fine().Objects.Single();
        Assert.Equal(1.0, Velocity(given));
        Assert.Equal("[]", given.GetProperty("warnings").GetRawText());
        Run("info", Named(), "--units", "reel").Refused(2, "--units is 'reel', expected one of metal, real");
    }

    [Theory]
    [InlineData(null, 1, 0)]
    [InlineData("B", 1, 2)]
    [InlineData("all", 2, 0)]
    public void Alternate_locations_are_chosen(string? location, int count, double first)
    {
        string[] option = location is null ? [] : ["--altloc", location];
        Outcome outcome = Run(["info", Write("a.pdb", Locations), "--json", .. option]);
        outcome = location == "all" ? outcome.Fine() : outcome.Warned("alternate locations");
        JsonElement frame = outcome.Objects.Single();
        JsonElement positions = frame.GetProperty("positions");
        Assert.Equal(count, positions.GetArrayLength());
        Assert.Equal(first, positions[0][0].GetDouble());
        Assert.Equal(location == "all" ? 0 : 1, frame.GetProperty("warnings").GetArrayLength());
    }
}
