using System.Text.Json;
using Noether.Equivariance;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether energy</c> and <c>noether neighbors</c>.</summary>
public sealed class EnergyTests : Workplace
{
    // Energies here are near 1e-2 eV, so this is some hundred units in their last place.
    private const double Rounding = 1e-15;

    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5";

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static double LennardJones(double r)
    {
        double s = Math.Pow(3.4 / r, 6);
        return 4 * 0.0104 * ((s * s) - s);
    }

    [Fact]
    public void Json_has_energy_energies_forces_and_stress()
    {
        JsonElement[] frames = Run("energy", Write("argon.xyz", Argon), "--potential", Lj, "--json").Fine().Objects;
        Assert.All(frames, frame =>
            Assert.Equal(["file", "frame", "energy", "energies", "forces", "stress", "warnings"], Names(frame)));

        // One pair each; the images are 7.9 Å and more away and count in the second frame.
        Assert.Equal(LennardJones(3.8), frames[0].GetProperty("energy").GetDouble(), Rounding);
        Assert.Equal(LennardJones(4.1) + LennardJones(7.9), frames[1].GetProperty("energy").GetDouble(), Rounding);
        Assert.Equal(JsonValueKind.Null, frames[0].GetProperty("stress").ValueKind);

        foreach (JsonElement frame in frames)
        {
            double[] energies = Numbers(frame.GetProperty("energies")), forces = Numbers(frame.GetProperty("forces"));
            Assert.Equal(frame.GetProperty("energy").GetDouble(), energies.Sum(), Rounding);
            Assert.Equal(2, frame.GetProperty("forces").GetArrayLength());

            // −dE/dz by central differences of step 1e-4: their error is of the order 1e-8 eV/Å³ · (1e-4 Å)².
            double slope = frame.GetProperty("frame").GetInt32() == 0
                ? (LennardJones(3.8001) - LennardJones(3.7999)) / 2e-4
                : (LennardJones(4.1001) + LennardJones(7.8999) - LennardJones(4.0999) - LennardJones(7.9001)) / 2e-4;
            Assert.Equal(slope, forces[2], 1e-8);
            Assert.Equal([0, 0, -forces[2]], forces[3..]);
        }

        double[] stress = Numbers(frames[1].GetProperty("stress"));
        Assert.Equal(9, stress.Length);
        Assert.True(stress[8] > 0);
    }

    [Fact]
    public void The_way_to_end_is_part_of_the_potential()
    {
        string file = Write("argon.xyz", Argon);
        double Energy(string end) =>
            Run("energy", file, "-p", Lj + end, "--json").Fine().Objects[0].GetProperty("energy").GetDouble();
        Assert.Equal(LennardJones(3.8), Energy(",end=truncated"), Rounding);
        Assert.Equal(LennardJones(3.8) - LennardJones(8.5), Energy(",end=shifted"), Rounding);
        Assert.Equal(LennardJones(3.8), Energy(",end=switched,onset=4"), Rounding);
        Assert.Equal(LennardJones(3.8) * 0.5 * (1 + Math.Cos(Math.PI * 3.8 / 8.5)), Energy(",end=cosine"), Rounding);
    }

    [Fact]
    public void Potentials_are_added()
    {
        string file = Write("argon.xyz", Argon);
        JsonElement twice = Run("energy", file, "-p", Lj, "-p", Lj, "--json").Fine().Objects[0];
        Assert.Equal(2 * LennardJones(3.8), twice.GetProperty("energy").GetDouble(), Rounding);
    }

    [Fact]
    public void Json_files_say_the_same_as_the_line()
    {
        string file = Write("argon.xyz", Argon);
        string[] texts =
        [
            """{"kind":"lj","epsilon":0.0104,"sigma":3.4,"cutoff":8.5}""",
            """{"kind":"lj","cutoff":8.5,"mixing":"geometric","elements":{"Ar":{"epsilon":0.0104,"sigma":3.4}}}""",
            """{"kind":"lj","cutoff":9,"pairs":[{"elements":["Ar","Ar"],"epsilon":0.0104,"sigma":3.4,"cutoff":8.5}]}""",
            """
            {"kind":"sum","terms":[
            {"kind":"scaled","factor":0.5,"term":{"kind":"lj","epsilon":0.0104,"sigma":3.4,"cutoff":8.5}},
            {"kind":"lj","epsilon":0.0052,"sigma":3.4,"cutoff":8.5}]}
            """,
        ];

        foreach (string text in texts)
        {
            string potential = Write("potential.json", text);
            JsonElement frame = Run("energy", file, "-p", potential, "--json").Fine().Objects[0];
            Assert.Equal(LennardJones(3.8), frame.GetProperty("energy").GetDouble(), Rounding);
        }
    }

    [Theory]
    [InlineData("sw", "Si.sw", "Si")]
    [InlineData("tersoff", "SiC.tersoff", "Si")]
    [InlineData("eam", "binary.setfl", "Cu")]
    public void Files_of_parameters_are_read(string kind, string name, string symbol)
    {
        string header = File.ReadLines(Beside("binary.setfl")).ElementAt(3);
        string element = kind == "eam" ? header.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] : symbol;
        string file = Write("solid.extxyz", Silicon.Replace("Si", element, StringComparison.Ordinal));
        JsonElement byLine = Run("energy", file, "-p", $"{kind}:{Beside(name)}", "--json").Fine().Objects[0];
        Assert.True(byLine.GetProperty("energy").GetDouble() < 0);

        // In a JSON file, paths begin at its folder.
        File.Copy(Beside(name), PathOf(name), true);
        string json = Write("potential.json", $$"""{"kind":"{{kind}}","file":"{{name}}"}""");
        JsonElement byFile = Run("energy", file, "-p", json, "--json").Fine().Objects[0];
        Assert.Equal(byLine.GetRawText(), byFile.GetRawText());
    }

    [Fact]
    public void Models_are_read_from_nqx_files()
    {
        NequixSettings settings = new(
            4, Bridge.List([8, 14]), IrrepsModule.ofString("4x0e+2x1o"), 1, 2, 3, 4, 1, 6, 5, 0.5, -2);
        NequixModel model = Bridge.Get(Nequix.fresh("small", settings, RandomKey.FromSeed(1)));
        string path = PathOf("small.nqx");
        _ = Bridge.Get(NequixFile.write(path, model));
        string file = Write("silicon.extxyz", Silicon);
        JsonElement[] frames = Run("energy", file, "-p", path, "--json").Fine().Objects;
        Potential potential = Nequix.potential(Precision.Float64, model);
        Structure silicon = Bridge.Get(ExtXyz.readFirst(file));
        Assert.Equal(Bridge.Get(Evaluate.run(potential, silicon)).Energy, Energy(frames), 1e-14);
        Assert.Equal(Energy(frames), Energy(Run("energy", file, "-p", "nequix:" + path, "--json").Fine().Objects));

        // In float32 numbers have seven digits.
        string json = Write("potential.json", """{"kind":"nequix","file":"small.nqx","precision":"float32"}""");
        double single = Energy(Run("energy", file, "-p", json, "--json").Fine().Objects);
        Assert.NotEqual(Energy(frames), single);
        Assert.Equal(Energy(frames), single, 1e-4);

        // The option chooses the arithmetic of the network; what the object says goes before it.
        double narrow = Energy(Run("energy", file, "-p", path, "--precision", "float32", "--json").Fine().Objects);
        Assert.Equal(single, narrow, 1e-6);
        string wide = Write("wide.json", """{"kind":"nequix","file":"small.nqx","precision":"float64"}""");
        double mixed = Energy(Run("energy", file, "-p", wide, "--precision", "float32", "--json").Fine().Objects);
        Assert.NotEqual(narrow, mixed);

        // A table says so in the name, and how close it is.
        double tabulated = Energy(Run("energy", file, "-p", path + ":table=512", "--json").Fine().Objects);
        Assert.NotEqual(Energy(frames), tabulated);
        Assert.Equal(Energy(frames), tabulated, 1e-6);
        string text = Run("energy", file, "-p", path + ":table=512").Fine().Out;
        Assert.Contains("small (radial weights from 512 splines, to ", text);

        static double Energy(JsonElement[] frames) => frames[0].GetProperty("energy").GetDouble();
    }

    [Theory]
    [InlineData("lj", "expected kind:name=number")]
    [InlineData("hooke:k=1", "expected one of lj, morse, ")]
    [InlineData("lj:epsilon=1,sigma=3", "'cutoff' of the potential 'lj:epsilon=1,sigma=3' is missing")]
    [InlineData("lj:epsilon=1,sigma=x,cutoff=8", "is \"x\", expected a finite number")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=8,rho=1", "'rho' of the potential")]
    [InlineData("lj:epsilon=1,epsilon=1", "each name once")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=-8", "the cut-off is -8, expected a positive finite length in Å")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=8,end=hard", "is 'hard', expected one of truncated, ")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=8,end=smooth", "'onset' of the potential")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=8,onset=7", "'onset' of the potential")]
    [InlineData("lj:epsilon=1,sigma=3,cutoff=8,end=smooth,onset=9", "the onset of the switch is 9")]
    [InlineData("sw:missing.sw", "missing.sw")]
    [InlineData("missing.nqx", "atomicarchitects/nequix on GitHub")]
    [InlineData("missing.nqx:table=1024", "atomicarchitects/nequix on GitHub")]
    [InlineData("missing.nqx:table", "out of form, expected name=number")]
    [InlineData("missing.json", "missing.json")]
    public void Potentials_out_of_form_are_refused(string potential, string message) =>
        Run("energy", Write("argon.xyz", Argon), "-p", potential, "--json").Refused(1, message);

    [Theory]
    [InlineData("{\n  \"kind\": lj}", "bad.json:2:11: found text that is not JSON ('l' is an invalid start of a value), expected one JSON object")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("{}", "'kind' of the potential of")]
    [InlineData("""{"kind":"sum","terms":[{"kind":"lj"}]}""", "'cutoff' of term 0 of the potential of")]
    [InlineData("""{"kind":"sum","terms":3}""", "is 3, expected a list")]
    [InlineData("""{"kind":"morse","cutoff":5,"elements":{}}""", "no rule of mixing for morse")]
    [InlineData("""{"kind":"lj","cutoff":5,"pairs":[{"elements":["Ar"]}]}""", "expected a list of two symbols")]
    [InlineData("""{"kind":"lj","cutoff":5,"elements":{"Qq":{"epsilon":1,"sigma":1}}}""", "unknown element 'Qq'")]
    public void Json_files_out_of_form_are_refused(string text, string message) =>
        Run("energy", Write("argon.xyz", Argon), "-p", Write("bad.json", text)).Refused(1, message);

    [Fact]
    public void Frames_that_cannot_be_evaluated_are_named()
    {
        string file = Write("close.xyz", Argon + "2\n\nAr 0 0 0\nAr 0 0 0\n");
        Outcome outcome = Run("energy", file, "-p", Lj, "--json", "--allow-close");
        Assert.Equal(1, outcome.Code);
        Assert.Equal(3, outcome.Objects.Length);
        string message = $"{file}, frame 2: the energy of atom 0 by 'lj'";
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith(message, outcome.Objects[2].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, outcome.Objects[2].GetProperty("frame").GetInt32());
    }

    [Fact]
    public void Plain_lines_and_tables_hold_the_same()
    {
        string file = Write("argon.xyz", Argon);
        string[] lines = Run("energy", file, "-p", Lj, "--frames", "1").Fine().Lines;
        Assert.Contains(lines, line => line.StartsWith("energy (eV)\t", StringComparison.Ordinal));
        Assert.Contains("# atom\tsymbol\tenergy (eV)\tFx (eV/Å)\tFy (eV/Å)\tFz (eV/Å)", lines);
        string table = RunOnTerminal("energy", file, "-p", Lj, "--frames", "1").Fine().Out;
        Assert.Contains("│ stress (eV/Å³) │", table, StringComparison.Ordinal);
        Assert.Contains("│ Ar     │", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_have_centres_neighbours_shifts_and_distances()
    {
        string file = Write("argon.xyz", Argon);
        JsonElement[] frames = Run("neighbors", file, "--cutoff", "8", "--json").Fine().Objects;
        Assert.All(frames, frame => Assert.Equal(["file", "frame", "i", "j", "S", "d", "warnings"], Names(frame)));
        Assert.Equal("[0,1]", frames[0].GetProperty("i").GetRawText());
        Assert.Equal("[1,0]", frames[0].GetProperty("j").GetRawText());
        Assert.Equal("[[0,0,0],[0,0,0]]", frames[0].GetProperty("S").GetRawText());
        Assert.Equal("[3.8,3.8]", frames[0].GetProperty("d").GetRawText());

        // 12 − 4.1 across the boundary, to rounding.
        static bool IsClose(double a, double b) => Math.Abs(a - b) < 1e-14;
        Assert.Equal([4.1, 4.1, 7.9, 7.9], Numbers(frames[1].GetProperty("d")).Order(), IsClose);
        JsonElement half = Run("neighbors", file, "--cutoff", "8", "--half", "--json").Fine().Objects[1];
        Assert.Equal([4.1, 7.9], Numbers(half.GetProperty("d")).Order(), IsClose);
        Assert.Contains("# i\tj\tS0\tS1\tS2\td (Å)", Run("neighbors", file, "-c", "8").Fine().Lines);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("NaN")]
    public void Cutoffs_have_to_be_lengths(string cutoff) =>
        Run("neighbors", Write("argon.xyz", Argon), "--cutoff=" + cutoff).Refused(1, "frame 0: the cut-off is ");
}
