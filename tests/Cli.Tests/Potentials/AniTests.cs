using System.Text.Json;
using Microsoft.FSharp.Collections;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;
using Noether.Training;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>ANI models on the command line, vibrations of molecules.</summary>
public sealed class AniTests : Workplace
{
    private const string Water = "3\n\nO 0 0 0\nH 0.757 0.586 0\nH -0.757 0.586 0\n";

    // Springs between the atoms of a bent molecule, at rest as it is written.
    private const string Springs =
        """
        {"kind":"sum","terms":[
        {"kind":"harmonic-bonds","groups":[[0,1],[0,2]],"periodic":[false,false,false],"k":25,"r0":0.96},
        {"kind":"harmonic-angles","groups":[[1,0,2]],"periodic":[false,false,false],"k":2,"theta0":104.5}]}
        """;

    /// <summary>A model of small networks and random weights, in one file.</summary>
    private string Model()
    {
        FSharpList<T> List<T>(params T[] items) => ListModule.OfSeq(items);
        AniSettings settings = new(
            List(1, 8),
            AniSettingsModule.environmentsOf2x(2),
            List(List(6), List(5, 4)),
            3,
            List(-0.5, -75.0),
            Units.hartree);
        LearnedModel model = new(
            "tiny",
            AniFamily.architecture(settings),
            Ani.fresh(settings, Precision.Float32, RandomKey.FromSeed(1)),
            MapModule.Empty<string, Metrics>());
        string path = PathOf("tiny.safetensors");
        Bridge.Get(ModelFile.write(path, model));
        return path;
    }

    [Fact]
    public void Energy_is_the_mean_of_the_members_and_spread_says_how_far_they_are_apart()
    {
        string model = Model(), file = Write("water.xyz", Water);
        JsonElement mean = Run("energy", file, "-p", "ani:" + model, "--spread", "--json").Fine().Objects[0];
        double[] members = [.. Enumerable.Range(0, 3).Select(m =>
            Run("energy", file, "-p", $"ani:{model}:member={m}", "--json").Fine().Objects[0]
                .GetProperty("energy").GetDouble())];

        // Energies near 2000 eV: some ten units in their last place.
        double energy = mean.GetProperty("energy").GetDouble();
        Assert.Equal(members.Average(), energy, 1e-11);
        Assert.Equal(members, Numbers(mean.GetProperty("members")), (a, b) => Math.Abs(a - b) < 1e-11);
        double deviation = Math.Sqrt(members.Sum(x => (x - energy) * (x - energy)) / 2);
        Assert.Equal(deviation, mean.GetProperty("deviation").GetDouble(), 1e-9);
        Assert.Equal(deviation / Math.Sqrt(3), mean.GetProperty("deviationPerRootAtom").GetDouble(), 1e-9);
        Assert.Equal(3, mean.GetProperty("deviations").GetArrayLength());
        Assert.Contains("deviation per root atom", Run("energy", file, "-p", "ani:" + model, "--spread").Fine().Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_or_not_known_is_refused()
    {
        string model = Model(), file = Write("water.xyz", Water);
        Run("energy", file, "-p", "ani-99x").Refused(1, "aiqm/ani-model-zoo");
        Run("energy", file, "-p", "lj:epsilon=1,sigma=1,cutoff=3", "--spread").Refused(1, "one ANI model");
        Run("energy", file, "-p", $"ani:{model}:member=3").Refused(1, "a number from 0 to 2");
        Run("energy", Write("gold.xyz", "1\n\nAu 0 0 0\n"), "-p", "ani:" + model).Refused(1, "element Au");
        string ion = Write("ion.xyz", "2\ncharge=-1 Properties=species:S:1:pos:R:3\nO 0 0 0\nH 1 0 0\n");
        Run("energy", ion, "-p", "ani:" + model, "--spread").Refused(1, "the charge -1 e");
    }

    [Fact]
    public void A_run_stops_where_the_members_disagree()
    {
        string model = Model(), file = Write("water.xyz", Water), trajectory = PathOf("run.extxyz");
        string[] run =
        [
            "md", file, "-p", "ani:" + model, "-o", trajectory, "-n", "20", "--every", "5", "--ensemble", "nve",
            "--timestep", "0.1", "--quiet",
        ];
        Outcome stopped = Run([.. run, "--stop-above", "0"]);
        Assert.Equal(0, stopped.Code);
        Assert.Contains("stopped at step 5", stopped.Error, StringComparison.Ordinal);
        Structure found = Bridge.Get(ExtXyz.readFirst(PathOf("run.stopped.extxyz")));
        Assert.Equal(3, found.Count);
        Assert.True(found.Info.ContainsKey("committee_deviation"));
        Assert.Equal("", Run([.. run, "--overwrite", "--stop-above", "1e6", "--warn-above", "1e6"]).Error);
        Outcome warned = Run([.. run, "--overwrite", "--warn-above", "0"]).Warned("at step 5 the members are ");
        Assert.Single(warned.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_model_of_ones_own_is_trained_and_used_like_a_published_one()
    {
        const string Lj = "lj:epsilon=0.2,sigma=3.4,cutoff=5,end=switched,onset=4";
        string start = Write(
            "start.extxyz",
            "4\nLattice=\"5.4 0 0 0 5.4 0 0 0 5.4\" pbc=\"T T T\"\nAr 0 0 0\nAr 0 2.7 2.7\nAr 2.7 0 2.7\nAr 2.7 2.7 0\n");
        string data = PathOf("argon.extxyz");
        Run("md", start, "-p", Lj, "-o", data, "-n", "200", "--every", "10", "--timestep", "8", "-T", "600", "--ensemble",
            "langevin").Fine();
        string configuration = Write(
            "own.json",
            """
            { "train": "argon.extxyz", "validation": 4, "epochs": 20, "batch": 4,
              "model": { "kind": "ani", "members": 2, "layers": [12, 8], "cutoff": 5, "angularCutoff": 4, "firstShift": 2.5,
                         "radialFunctions": 8, "angularFunctions": 3, "sections": 2, "radialWidth": 8, "angularWidth": 4 },
              "optimiser": { "kind": "adamw", "rate": 0.01, "weightDecay": 1e-6 } }
            """);
        // How far it has come is told on the error stream where a training takes a second.
        Outcome training = Run("train", configuration, "--json");
        Assert.Equal(0, training.Code);
        JsonElement[] told = training.Objects;
        Assert.InRange(told[19].GetProperty("loss").GetDouble(), 0, 0.5 * told[0].GetProperty("loss").GetDouble());
        string model = told[^1].GetProperty("model").GetString()!;
        JsonElement spread = Run("energy", data, "--frames", "0", "-p", model, "--spread", "--json").Fine().Objects[0];
        Assert.Equal(spread.GetProperty("energy").GetDouble(), Numbers(spread.GetProperty("members")).Average(), 1e-12);
        Assert.Contains("laws\tall hold\n", Run("verify", start, "-p", model, "--quick").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Vibrations_come_with_thermochemistry()
    {
        string springs = Write("springs.json", Springs);
        double half = 0.5 * 104.5 * Math.PI / 180;
        (double y, double z) = (0.96 * Math.Sin(half), 0.96 * Math.Cos(half));
        string rest = FormattableString.Invariant($"3\n\nO 0 0 0\nH 0 {y:R} {z:R}\nH 0 {-y:R} {z:R}\n");
        JsonElement found = Run("vibrations", Write("rest.xyz", rest), "-p", springs, "--json").Fine().Objects[0];
        Assert.Equal(9, found.GetProperty("wavenumbers").GetArrayLength());
        Assert.Equal(2, found.GetProperty("symmetryNumber").GetInt32());
        double h = found.GetProperty("enthalpy").GetDouble(), s = found.GetProperty("entropy").GetDouble();
        Assert.Equal(h - (298.15 * s), found.GetProperty("freeEnergy").GetDouble(), 1e-12);
        Assert.InRange(1000 * s / Units.kJPerMol, 180, 200);
        double asymmetric = Run("vibrations", PathOf("rest.xyz"), "-p", springs, "--symmetry", "1", "--json").Fine()
            .Objects[0].GetProperty("entropy").GetDouble();
        Assert.Equal(Units.boltzmann * Math.Log(2), asymmetric - s, 1e-12);
    }

    [Fact]
    public void Molecules_that_run_away_have_frequencies_and_no_thermochemistry()
    {
        string file = Write("argon.xyz", "2\n\nAr 0 0 0\nAr 0 0 4.6\n");
        string[] run = ["vibrations", file, "-p", "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5"];
        Outcome found = Run([.. run, "--json"]);
        Assert.Equal(0, found.Code);
        Assert.False(found.Objects[0].TryGetProperty("enthalpy", out _));
        Assert.Contains("no thermochemistry", found.Out, StringComparison.Ordinal);
        Run([.. run, "-T", "300"]).Refused(1, "relax it first");
        Run("vibrations", Write("cell.extxyz", Silicon), "-p", "lj:epsilon=1,sigma=2,cutoff=3").Refused(1, "noether phonons");
    }
}
