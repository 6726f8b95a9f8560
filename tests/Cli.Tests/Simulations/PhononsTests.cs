using System.Text.Json;
using Noether.Equivariance;
using Noether.Kernels;
using Noether.Learning;
using Noether.Report.Tests;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether phonons</c>, <c>noether elastic</c> and <c>noether eos</c>.</summary>
public sealed class PhononsTests : Workplace
{
    /// <summary>The primitive cell of silicon at rest, by Stillinger and Weber: 5.431 Å.</summary>
    private const string Crystal =
        """
        2
        Lattice="0 2.7155 2.7155 2.7155 0 2.7155 2.7155 2.7155 0" Properties=species:S:1:pos:R:3 pbc="T T T"
        Si 0 0 0
        Si 1.35775 1.35775 1.35775

        """;

    private static readonly string Sw = "sw:" + Path.Combine(AppContext.BaseDirectory, "Si.sw");

    private string File(string name = "si.extxyz", string text = Crystal) => Write(name, text);

    private static JsonElement One(params string[] arguments) => Assert.Single(Run(arguments).Fine().Objects);

    [Fact]
    public void Polar_crystals_split_longitudinal_from_transverse()
    {
        const string Salt =
            "2\nLattice=\"0 2.85 2.85 2.85 0 2.85 2.85 2.85 0\" pbc=\"T T T\" "
            + "Properties=species:S:1:pos:R:3:charges:R:1\n"
            + "Na 0 0 0 1\nCl 2.85 0 0 -1\n";
        string json = Write(
            "salt.json",
            "{\"kind\": \"sum\", \"terms\": [{\"kind\": \"coulomb\", \"accuracy\": 1e-7, \"cutoff\": 7}, "
            + "{\"kind\": \"buckingham\", \"cutoff\": 6, \"end\": \"force-shifted\", "
            + "\"A\": 1200, \"rho\": 0.316, \"C\": 0}]}");
        string born = Write("BORN", "14.4\n1 0 0 0 1 0 0 0 1\n1 0 0 0 1 0 0 0 1\n-1 0 0 0 -1 0 0 0 -1\n");
        string salt = File("salt.xyz", Salt);
        string[] usual = ["phonons", salt, "-p", json, "--path", "G X", "--supercell", "2", "2", "2", "--json"];
        double[] without = Gamma(Run(usual)), with = Gamma(Run([.. usual, "--born", born]));

        // ω² differ by 4π e²/Ω μ for ε∞ = 1; √(eV/(Å² amu)) is 15.6333 THz.
        const double Volume = 2 * 2.85 * 2.85 * 2.85;
        double reduced = 1 / ((1 / 22.989769) + (1 / 35.4527));
        double plasma = 4 * Math.PI * 14.399645478425667 / (Volume * reduced) * 15.6333 * 15.6333;
        Assert.Equal(plasma, (with[5] * with[5]) - (with[4] * with[4]), 1e-3 * plasma);
        Assert.Equal(without[5], with[4], 1e-6);
        string json2 = Write("born.json", "{\"dielectric\": 1, \"charges\": {\"Na\": 1, \"Cl\": -1}}");
        Assert.Equal(with, Gamma(Run([.. usual, "--born", json2])));
        string bad = Write("bad", "1 0 0 0 1 0 0 0 1\n1 0 0\n");
        Run([.. usual, "--born", bad]).Refused(1, "bad:2");
    }

    // Ions see further than two cells, which the command warns of; at Γ that does not matter.
    private static double[] Gamma(Outcome outcome) =>
        Numbers(Assert.Single(outcome.Objects).GetProperty("points").EnumerateArray().First().GetProperty("frequencies"));

    [Fact]
    public void Supercells_for_networks_are_two_cutoffs_wide()
    {
        NequixSettings settings = new(
            4, Bridge.List([14]), IrrepsModule.ofString("2x0e+1x1o"), 1, 2, 3, 4, 1, 6, 5, 0.5, -2);
        string path = PathOf("small.nqx");
        NequixModel model = Bridge.Get(Nequix.fresh("small", settings, RandomKey.FromSeed(1)));
        _ = Bridge.Get(NequixFile.write(path, model));
        string sum = Write("sum.json", """{"kind":"sum","terms":[{"kind":"nequix","file":"small.nqx"}]}""");

        foreach (string named in (string[])[path, path + ":table=64", sum])
        {
            // Images 8 Å apart, where lattice planes of the cell are 3.14 Å apart.
            JsonElement found = One("phonons", File(), "-p", named, "--path", "G", "--json");
            Assert.Equal([3, 3, 3], Numbers(found.GetProperty("supercell")));
        }
    }

    [Fact]
    public void Phonons_of_silicon_have_their_published_frequencies()
    {
        JsonElement found = One("phonons", File(), "-p", Sw, "--json");
        Assert.Equal(
            [
                "file", "frame", "unit", "lattice", "supercell", "largestForce", "gamma", "points", "bands", "dos",
                "zeroPointEnergy", "warnings",
            ],
            Names(found));
        Assert.Equal("face-centred cubic", found.GetProperty("lattice").GetString());
        double[] gamma = Numbers(found.GetProperty("gamma"));

        // Three acoustic ones at rest; optical ones at 17.83 THz, as Phonons of the library has it, too.
        Assert.All(gamma[..3], f => Assert.Equal(0, f, 1e-5));
        Assert.All(gamma[3..], f => Assert.Equal(17.83, f, 0.01));
        JsonElement[] points = [.. found.GetProperty("points").EnumerateArray()];
        Assert.Equal(["Γ", "X", "U", "K", "L", "W"], points.Select(point => point.GetProperty("label").GetString()));
        Assert.Equal("[0.5,0,0.5]", points[1].GetProperty("q").GetRawText());

        // U and K differ by a reciprocal lattice vector and a symmetry of the crystal.
        Assert.All(
            Numbers(points[2].GetProperty("frequencies")).Zip(Numbers(points[3].GetProperty("frequencies"))),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        JsonElement bands = found.GetProperty("bands");
        Assert.Equal("[0,81]", bands.GetProperty("starts").GetRawText());
        double[] distances = Numbers(bands.GetProperty("distances"));
        Assert.Equal(81 + 161, distances.Length);
        Assert.Equal(6 * distances.Length, Numbers(bands.GetProperty("frequencies")).Length);
        Assert.Equal(distances.Order(), distances);

        // Γ–X is 2π/a long.
        Assert.Equal(2 * Math.PI / 5.431, distances[40], 1e-9);
    }

    [Fact]
    public void Units_and_paths_are_chosen()
    {
        string file = File();
        JsonElement thz = One("phonons", file, "-p", Sw, "--path", "G X K G L", "--points", "2", "--json");
        string[] two = ["--path", "G X|L:0.5,0.5,0.5", "--points", "2"];
        JsonElement cm = One(["phonons", file, "-p", Sw, .. two, "--unit", "cm-1", "--json"]);
        JsonElement mev = One("phonons", file, "-p", Sw, "--path", "G", "--unit", "meV", "--json");
        double Top(JsonElement found) => Numbers(found.GetProperty("gamma"))[5];

        // One THz is 33.35641 cm⁻¹ and 4.135667696 meV.
        Assert.Equal(33.35641 * Top(thz), Top(cm), 1e-4);
        Assert.Equal(4.135667696 * Top(thz), Top(mev), 1e-7);
        Assert.Equal(9, Numbers(thz.GetProperty("bands").GetProperty("distances")).Length);
        Assert.Equal("[0,3]", cm.GetProperty("bands").GetProperty("starts").GetRawText());
        Assert.Equal(4, Numbers(cm.GetProperty("bands").GetProperty("distances")).Length);
        Assert.Equal("[0]", mev.GetProperty("bands").GetProperty("distances").GetRawText());
    }

    [Fact]
    public void The_density_of_states_counts_all_modes()
    {
        JsonElement found = One("phonons", File(), "-p", Sw, "--dos", "6", "6", "6", "--unit", "meV", "--json");
        JsonElement dos = found.GetProperty("dos");
        double[] f = Numbers(dos.GetProperty("frequencies")), density = Numbers(dos.GetProperty("density"));

        // A sum of Gaussians over 400 points of equal distance integrates to its 3n but for the tails at five widths.
        Assert.Equal(6, density.Sum() * (f[1] - f[0]), 1e-4);
    }

    [Fact]
    public void Files_hold_the_bands_and_one_frame_only()
    {
        string file = File();
        Run("phonons", file, "-p", Sw, "-o", PathOf("bands.tsv"), "--points", "3").Fine();
        string[] lines = System.IO.File.ReadAllLines(PathOf("bands.tsv"));
        Assert.StartsWith("# label\tdistance (1/Å)\tqa\tqb\tqc\tf0 (THz)\t", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Γ\t0\t0\t0\t0\t", lines[1], StringComparison.Ordinal);
        Assert.Equal(1 + 7 + 1 + 13, lines.Length);
        Assert.Equal("", lines[8]);
        string two = Write("two.extxyz", Crystal + Crystal);
        Run("phonons", two, "-p", Sw, "-o", PathOf("bands.tsv")).Refused(1, "expected one, by --frames, as");
        Run("phonons", two, "-p", Sw, "-o", PathOf("bands.tsv"), "--frames", "1").Fine();
    }

    [Fact]
    public void Molecules_vibrate_without_wavevectors()
    {
        // A spring k between two masses m: ω² = 2k/m, in √(eV/(Å² amu)) of 15.6333 THz.
        string file = Write("dimer.xyz", "2\n\nAr 0 0 0\nAr 0 0 3\n");
        JsonElement found = One("phonons", file, "-p", "spring:k=2,r0=3,cutoff=5", "--json");
        double[] gamma = Numbers(found.GetProperty("gamma"));
        Assert.Equal(6, gamma.Length);
        Assert.Equal(15.6333 * Math.Sqrt(2 * 2 / 39.948), gamma[5], 1e-4);
        Assert.Equal(gamma[5] * 4.135667696e-3 / 2, found.GetProperty("zeroPointEnergy").GetDouble(), 1e-6);
        Assert.Equal(JsonValueKind.Null, found.GetProperty("bands").ValueKind);
        Assert.Contains(
            "# mode\tfrequency (THz)", Run("phonons", file, "-p", "spring:k=2,r0=3,cutoff=5").Fine().Lines);
        Run("phonons", file, "-p", "spring:k=2,r0=3,cutoff=5", "--dos", "2", "2", "2").Refused(1, "--dos is given");
        string far = Write("far.xyz", "2\n\nAr 0 0 0\nAr 0 0 3.2\n");
        const string Warning = "the largest force is 0.4 eV/Å";
        Outcome moved = Run("phonons", far, "-p", "spring:k=2,r0=3,cutoff=5", "--json").Warned(Warning);
        string? warning = moved.Objects[0].GetProperty("warnings")[0].GetString();
        Assert.Contains(Warning, warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("G Q", "'Q' of --path is no special point of a face-centred cubic lattice, expected one of Γ, X, ")]
    [InlineData("G X:0.5,0", "'X:0.5,0' of --path is out of form")]
    [InlineData("G | ", "--path is 'G | '")]
    public void Paths_out_of_form_are_refused(string path, string message) =>
        Run("phonons", File(), "-p", Sw, "--path", path).Refused(1, message);

    [Fact]
    public void Lattices_that_are_not_known_need_coordinates()
    {
        const string Cubic = "0 2.7155 2.7155 2.7155 0", Skewed = "0 2.7155 2.9 2.7155 0.2";
        string skewed = Crystal.Replace(Cubic, Skewed, StringComparison.Ordinal);
        string file = File("skewed.extxyz", skewed);
        Run("phonons", file, "-p", Sw).Refused(1, "neither cubic nor hexagonal, expected --path with fractional");
        Run("phonons", file, "-p", Sw, "--path", "G X").Refused(1, "expected fractional coordinates, as in X:0.5,0,0");
        string[] little = ["--points", "2", "--supercell", "2", "2", "2"];
        JsonElement found = Run(["phonons", file, "-p", Sw, "--path", "G X:0.5,0,0", .. little, "--json"])
            .Warned("the largest force is ").Objects[0];
        Assert.Equal(JsonValueKind.Null, found.GetProperty("lattice").ValueKind);
        Assert.Equal("[2,2,2]", found.GetProperty("supercell").GetRawText());
    }

    [Fact]
    public void Elastic_constants_of_silicon_are_the_published_ones()
    {
        JsonElement found = One("elastic", File(), "-p", Sw, "--json");
        double[] relaxed = Numbers(found.GetProperty("relaxed")), clamped = Numbers(found.GetProperty("clamped"));

        // Balamane, Halicioglu, Tiller, Phys. Rev. B 46, 2250 (1992): 151.4, 76.4, 56.4 and, clamped, 109.8 GPa.
        Assert.Equal(151.4, relaxed[0], 0.1);
        Assert.Equal(76.4, relaxed[1], 0.1);
        Assert.Equal(56.4, relaxed[21], 0.1);
        Assert.Equal(109.8, clamped[21], 0.1);

        // Of a cubic crystal: K = (C11 + 2 C12)/3, G_V = (C11 − C12 + 3 C44)/5, 5/G_R = 4/(C11 − C12) + 3/C44.
        double c11 = relaxed[0], c12 = relaxed[1], c44 = relaxed[21];
        Assert.Equal((c11 + (2 * c12)) / 3, found.GetProperty("voigt").GetProperty("bulk").GetDouble(), 1e-9);
        Assert.Equal((c11 - c12 + (3 * c44)) / 5, found.GetProperty("voigt").GetProperty("shear").GetDouble(), 1e-9);
        Assert.Equal(
            5 / ((4 / (c11 - c12)) + (3 / c44)), found.GetProperty("reuss").GetProperty("shear").GetDouble(), 1e-9);
        Assert.True(found.GetProperty("stable").GetBoolean());
        Assert.Empty(found.GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public void Stress_is_said_plainly()
    {
        string pressed = Crystal.Replace("2.7155", "2.6", StringComparison.Ordinal)
            .Replace("1.35775", "1.3", StringComparison.Ordinal);
        Outcome outcome = Run("elastic", File("pressed.extxyz", pressed), "-p", Sw).Warned("under stress, up to ");
        Assert.Contains("\nwarning\tthe structure is under stress, up to ", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("\nstable against strain\t", outcome.Out, StringComparison.Ordinal);
        Run("elastic", Write("dimer.xyz", "1\n\nSi 0 0 0\n"), "-p", Sw).Refused(1, "three periodic lattice vectors");
    }

    [Fact]
    public void The_equation_of_state_finds_the_crystal_at_rest()
    {
        JsonElement found = One("eos", File(), "-p", Sw, "--json");
        Assert.Equal(
            [
                "file", "frame", "ions", "volume", "energy", "bulkModulus", "derivative", "residual", "volumes", "energies",
                "pressures", "warnings",
            ],
            Names(found));

        // 5.431 Å, 4.3363 eV an atom and 101.4 GPa (Balamane et al.); a fit over 12 % of the volume keeps three digits.
        Assert.Equal(5.431, Math.Cbrt(4 * found.GetProperty("volume").GetDouble()), 1e-3);
        Assert.Equal(-2 * 4.3363, found.GetProperty("energy").GetDouble(), 1e-3);
        Assert.Equal(101.4, found.GetProperty("bulkModulus").GetDouble(), 0.2);
        Assert.Equal(9, Numbers(found.GetProperty("volumes")).Length);
        Assert.Contains(
            Run("eos", File(), "-p", Sw, "--range", "0.02", "--points", "5").Fine().Lines,
            line => line.StartsWith("bulk modulus (GPa)\t101.", StringComparison.Ordinal));
        Run("eos", File(), "-p", Sw, "--points", "3").Refused(1, "--points is 3, expected 4 or more");
        Run("eos", File(), "-p", Sw, "--range", "1").Refused(1, "--range is 1, expected a number between 0 and 1");
    }

    [ChromiumFact]
    public void Pages_open_without_a_complaint()
    {
        string file = File();
        string[] few = ["--dos", "4", "4", "4", "--points", "5"];
        Run(["phonons", file, "-p", Sw, .. few, "--html", PathOf("phonons.html")]).Fine();
        Run("eos", file, "-p", Sw, "--html", PathOf("eos.html")).Fine();
        Run("view", Write("argon.extxyz", Argon)).Fine();

        foreach (string name in new[] { "phonons.html", "eos.html", "argon.html" })
        {
            string document = Chromium.Open(PathOf(name));
            Assert.Contains("data-drawn", document, StringComparison.Ordinal);
        }
    }
}
