using System.Text.Json;
using Noether.Domain;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Potentials beside those of two atoms, and the precision of all.</summary>
public sealed class PotentialKindTests : Workplace
{
    // Energies here are of the order of 1 eV to 1e3 eV.
    private const double Rounding = 1e-12;

    private static double Energy(string file, string potential, params string[] more) =>
        Run(["energy", file, "-p", potential, "--json", .. more]).Fine().Objects[0].GetProperty("energy").GetDouble();

    private string Json(string text) => Write("potential.json", text);

    [Fact]
    public void Nuclei_repel_each_other()
    {
        string file = Write("near.xyz", "2\n\nSi 0 0 0\nC 0 0 0.95\n");
        double length = 0.46850 / (Math.Pow(14, 0.23) + Math.Pow(6, 0.23)), x = 0.95 / length;
        double screening = (0.18175 * Math.Exp(-3.1998 * x)) + (0.50986 * Math.Exp(-0.94229 * x))
            + (0.28022 * Math.Exp(-0.4029 * x)) + (0.02817 * Math.Exp(-0.20162 * x));
        double expected = 14.3996454784 * 14 * 6 / 0.95 * screening;

        // The constant e²/4πε₀ is given to 12 digits.
        Assert.Equal(expected, Energy(file, "zbl:elements=Si+C,cutoff=2.5"), 1e-8);
        Assert.Equal(
            Energy(file, "zbl:elements=Si+C,cutoff=2.5,end=switched,onset=0.5"),
            Energy(file, Json("""{"kind":"zbl","elements":["C","Si"],"cutoff":2.5,"end":"switched","onset":0.5}""")),
            Rounding);
        Run("energy", file, "-p", "zbl:elements=Si,cutoff=2.5").Refused(1, "no parameters for the pair Si-C");
        Run("energy", file, "-p", "zbl:elements=Qq,cutoff=2.5").Refused(1, "unknown element 'Qq'");
        Run("energy", file, "-p", "zbl:cutoff=2.5").Refused(1, "'elements' of the potential");
        Run("energy", file, "-p", Json("""{"kind":"zbl","elements":[14],"cutoff":2}""")).Refused(1, "expected symbols");
    }

    [Theory]
    [InlineData("buckingham", "\"A\":900,\"rho\":0.25,\"C\":4", "\"A\":1600,\"rho\":0.5,\"C\":9", "A=1200,rho={0},C=6")]
    [InlineData("yukawa", "\"A\":4,\"kappa\":0.5", "\"A\":9,\"kappa\":1", "A=6,kappa=0.75")]
    [InlineData("soft", "\"A\":4,\"w\":2", "\"A\":9,\"w\":3", "A=6,w=2.5")]
    [InlineData("lj", "\"epsilon\":4,\"sigma\":2", "\"epsilon\":9,\"sigma\":3", "epsilon=6,sigma=2.5")]
    public void Unlike_pairs_follow_from_like_ones(string kind, string first, string second, string mixed)
    {
        string file = Write("pair.xyz", "2\n\nAr 0 0 0\nKr 0 0 2.2\n");
        string line = mixed.Replace("{0}", (1.0 / 3).ToString("R"), StringComparison.Ordinal);
        string elements = "{\"Ar\":{" + first + "},\"Kr\":{" + second + "}}";
        string json = "{\"kind\":\"" + kind + "\",\"cutoff\":6,\"elements\":" + elements + "}";
        double expected = Energy(file, $"{kind}:{line},cutoff=6");
        Assert.Equal(expected, Energy(file, Json(json)), Rounding * Math.Max(1, Math.Abs(expected)));
    }

    [Fact]
    public void Bonds_angles_and_torsions_have_energies()
    {
        // A right angle, and a torsion of 90°: bonds of 1.5 Å, 1 Å and 1 Å.
        string file = Write("chain.xyz", "4\n\nC 1.5 0 0\nC 0 0 0\nC 0 1 0\nC 0 1 1\n");
        const string End = "\"periodic\":[false,false,false]}";
        Assert.Equal(
            (2 * 0.25) + (3 * 0.01),
            Energy(file, Json("""{"kind":"harmonic-bonds","groups":[[0,1],[1,2]],"k":[2,3],"r0":[1,1.1],""" + End)),
            Rounding);
        Assert.Equal(
            2 * Math.Pow(1 - Math.Exp(-0.5), 2),
            Energy(file, Json("""{"kind":"morse-bonds","groups":[[0,1]],"D":2,"a":1,"r0":1,""" + End)),
            Rounding);
        Assert.Equal(
            2 * Math.Pow(30 * Math.PI / 180, 2),
            Energy(file, Json("""{"kind":"harmonic-angles","groups":[[0,1,2]],"k":2,"theta0":60,""" + End)),
            Rounding);
        Assert.Equal(
            0.5 * (1 - -1),
            Energy(file, Json("""{"kind":"harmonic-torsions","groups":[[0,1,2,3]],"k":0.5,"d":-1,"n":2,""" + End)),
            Rounding);
        Assert.Equal(
            (0.5 * 1) + (0.5 * 2 * 2) + (0.5 * 3) + 0,
            Energy(file, Json("""{"kind":"opls-torsions","groups":[[0,1,2,3]],"k1":1,"k2":2,"k3":3,"k4":4,""" + End)),
            Rounding);
        Assert.Equal(
            7,
            Energy(file, Json("""{"kind":"multi-harmonic-torsions","groups":[[0,1,2,3]],"A":[7,1,0.5],""" + End)),
            Rounding);
        Assert.Equal(
            7,
            Energy(file, Json("""{"kind":"ryckaert-bellemans-torsions","groups":[[0,1,2,3]],"C":[7,1],""" + End)),
            Rounding);
    }

    [Fact]
    public void Bonds_cross_the_axes_that_repeat()
    {
        string file = Write(
            "split.extxyz",
            "2\nLattice=\"10 0 0 0 10 0 0 0 10\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\nC 0 0 0.5\nC 0 0 9.5\n");
        const string Bond = """{"kind":"harmonic-bonds","groups":[[0,1]],"k":2,"r0":1.5,"periodic":""";
        Assert.Equal(2 * 0.25, Energy(file, Json(Bond + "[true,true,true]}")), Rounding);
        Assert.Equal(2 * 7.5 * 7.5, Energy(file, Json(Bond + "[false,false,false]}")), 1e-10);
    }

    [Theory]
    [InlineData("\"groups\":[[0,1]],\"k\":2,\"r0\":1", "'periodic' of the potential of")]
    [InlineData("\"groups\":[[0,1]],\"k\":2,\"r0\":1,\"periodic\":[true]", "1 values, expected three booleans")]
    [InlineData("\"groups\":[[0,1,1]],\"k\":2,\"r0\":1,\"periodic\":[true,true,true]", "[0,1,1] as number 0, expected 2 atoms")]
    [InlineData("\"groups\":[[0,1]],\"k\":[2,3],\"r0\":1,\"periodic\":[true,true,true]", "2 numbers, expected one number, or 1")]
    [InlineData("\"groups\":[[0,9]],\"k\":2,\"r0\":1,\"periodic\":[false,false,false]", "atom 9, expected atoms from 0 to 1")]
    public void Bonds_out_of_form_are_refused(string fields, string message) =>
        Run("energy", Write("pair.xyz", "2\n\nC 0 0 0\nC 0 0 1\n"), "-p", Json("{\"kind\":\"harmonic-bonds\"," + fields + "}"))
            .Refused(1, message);

    [Fact]
    public void Precision_is_chosen()
    {
        const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5";
        string file = Write("argon.xyz", Argon);
        double exact = Energy(file, Lj), rounded = Energy(file, Lj, "--precision", "float32");
        Assert.Equal(exact, Energy(file, Lj, "--precision", "float64"));
        Assert.NotEqual(exact, rounded);

        // (σ/r)¹² of numbers with 24 bits.
        Assert.Equal(exact, rounded, 20 * 6e-8 * Math.Abs(exact));
        Run("energy", file, "-p", Lj, "--precision", "float16").Refused(2, "float32");
    }

    [Fact]
    public void Standard_streams_are_files()
    {
        JsonElement frame = RunWith(Argon, "info", "-", "--frames=-1", "--json").Fine().Objects[0];
        Assert.Equal("-", frame.GetProperty("file").GetString());
        Assert.Equal(1, frame.GetProperty("frame").GetInt32());
        string poscar = RunWith(Silicon, "convert", "-", "-", "--to", "vasp").Fine().Out;
        Assert.Contains("2.7 0.0 2.7", poscar, StringComparison.Ordinal);
        Assert.Equal(["format\tPOSCAR", "frames\t1"], RunWith(poscar, "info", "-", "--format", "vasp").Fine().Lines[1..3]);
        RunWith("1\n\nQq 0 0 0\n", "info", "-").Refused(1, "-:3:1: unknown element 'Qq'");
        RunWith(Argon, "info", "-", "--format", "png").Refused(1, "the format is 'png', expected one of extxyz");

        // A format by name, for files whose names say nothing.
        Assert.Contains("frames\t2", Run("info", Write("argon.dat", Argon), "--format", "extxyz").Fine().Lines);
        Run("convert", Write("argon.xyz", Argon), PathOf("argon.out"), "--to", "xyz").Fine();
        Assert.Equal(2, Run("info", PathOf("argon.out"), "--format", "xyz", "--json").Fine().Objects.Length);
    }

    [Theory]
    [InlineData("info a.xyz --jsn", "Did you mean '--json'?")]
    [InlineData("info --farmes=3 a.xyz", "Did you mean '--frames'?")]
    [InlineData("enrgy a.xyz", "Did you mean 'energy'?")]
    [InlineData("energy a.xyz -p lj --precison float32", "Did you mean '--precision'?")]
    public void Misspelt_words_are_guessed(string line, string message) => Run(line.Split(' ')).Refused(2, message);

    [Fact]
    public void Wild_guesses_are_not_made() =>
        Assert.DoesNotContain("Did you mean", Run("info", "a.xyz", "--colour").Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("saturday", "sunday", 3)]
    [InlineData("abc", "", 3)]
    public void Distances_of_words_are_those_of_Levenshtein(string a, string b, int distance)
    {
        Assert.Equal(distance, Suggestion.Distance(a, b));
        Assert.Equal(distance, Suggestion.Distance(b, a));
    }
}
