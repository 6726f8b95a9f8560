using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether train</c> and <c>noether evaluate</c>, on argon that a classical potential labelled.</summary>
public sealed class TrainTests : Workplace
{
    private const string Lj = "lj:epsilon=0.2,sigma=3.4,cutoff=5,end=switched,onset=4";

    private const string Network =
        "\"model\": {\"cutoff\": 4.2, \"layers\": 2, \"features\": 3, \"degree\": 1, \"radialWidths\": [6], "
        + "\"radialFunctions\": 4, \"embedding\": 2, \"readout\": 3}";

    private const string Usual = Network
        + ", \"validation\": 4, \"epochs\": 3, \"precision\": \"float64\", \"checkpoint\": 2, \"optimiser\": {\"rate\": 0.003}";

    /// <summary>A hot crystal of four atoms in twenty-one frames with energies, forces and stress.</summary>
    private string Data()
    {
        string path = PathOf("argon.extxyz");

        if (!File.Exists(path))
        {
            string start = Write(
                "start.extxyz",
                "4\nLattice=\"5.4 0 0 0 5.4 0 0 0 5.4\" pbc=\"T T T\"\nAr 0 0 0\nAr 0 2.7 2.7\nAr 2.7 0 2.7\nAr 2.7 2.7 0\n");
            Run(
                "md", start, "-p", Lj, "-o", path, "-n", "200", "--every", "10", "--timestep", "8", "-T", "600",
                "--ensemble", "langevin").Fine();
        }

        return path;
    }

    /// <summary>The path of a configuration with these fields, for a training into the folder of the same name.</summary>
    private string Configuration(string name, string fields)
    {
        Data();
        return Write(name + ".json", $$"""{ "train": "argon.extxyz", {{fields}} }""");
    }

    /// <summary>The checkpoint, and the logs without times, of the training in a folder.</summary>
    private string[] Trace(string folder) =>
    [
        Convert.ToHexString(File.ReadAllBytes(Path.Combine(PathOf(folder), "checkpoint"))),
        Regex.Replace(File.ReadAllText(Path.Combine(PathOf(folder), "log.jsonl")), "\"seconds\":[^,]*", ""),
        Regex.Replace(File.ReadAllText(Path.Combine(PathOf(folder), "log.csv")), ",[^,]*\n", "\n"),
        Convert.ToHexString(File.ReadAllBytes(Path.Combine(PathOf(folder), "model.safetensors"))),
    ];

    [Fact]
    public void A_training_leaves_a_model_that_every_command_takes()
    {
        string fields = Usual.Replace("\"epochs\": 3", "\"epochs\": 9", StringComparison.Ordinal)
            .Replace("0.003", "0.01", StringComparison.Ordinal);
        string configuration = Configuration("argon", fields + ", \"test\": \"argon.extxyz\"");
        JsonElement[] told = Run("train", configuration, "--json").Fine().Objects;
        Assert.Equal(Enumerable.Range(1, 9), told[..^1].Select(line => line.GetProperty("epoch").GetInt32()));
        Assert.InRange(told[8].GetProperty("loss").GetDouble(), 0, 0.8 * told[0].GetProperty("loss").GetDouble());
        JsonElement result = told[^1];
        Assert.Equal(
            [
                "ended", "epochs", "steps", "bestEpoch", "bestScore", "parameters", "seconds", "model", "report", "errors",
                "warnings",
            ],
            Names(result));
        Assert.Equal(["validation", "test"], Names(result.GetProperty("errors")));
        Assert.Equal(36, result.GetProperty("steps").GetInt32());
        string model = PathOf("argon/model.safetensors");
        Assert.Equal(model, result.GetProperty("model").GetString());
        Assert.Contains("<svg", File.ReadAllText(PathOf("argon/report.html")), StringComparison.Ordinal);
        Assert.Equal(9, File.ReadAllLines(PathOf("argon/log.jsonl")).Length);

        // Energies by way of all names of the potential; the energy is of order one.
        double Energy(string potential, params string[] more) =>
            Run(["energy", Data(), "--frames", "0", "--json", "-p", potential, .. more]).Fine().Objects[0]
                .GetProperty("energy").GetDouble();
        double energy = Energy(model);
        string json = Write("both.json", """{"kind":"scaled","factor":2,"term":{"kind":"model","file":"argon/model.safetensors"}}""");
        Assert.Equal(2 * energy, Energy(json), 1e-14);
        Assert.Equal(energy, Energy("model:" + model));
        Assert.NotEqual(energy, Energy(model + ":precision=float32"));
        Assert.Equal(energy, Energy(model + ":precision=float32"), 1e-5);
        Assert.Equal(energy, Energy(model, "--precision", "float32"), 1e-5);

        string silent = Write("still.extxyz", "1\nLattice=\"0 2.7 2.7 2.7 0 2.7 2.7 2.7 0\" pbc=\"T T T\"\nAr 0 0 0\n");
        Run("md", Data(), "--frames", "0", "-p", model, "-o", PathOf("run.extxyz"), "-n", "5", "--ensemble", "nve", "-T", "50")
            .Fine();
        Assert.Equal(0, Run("eos", silent, "-p", model, "--points", "5").Code);
        Assert.Equal(0, Run("elastic", silent, "-p", model).Code);
        Run("phonons", silent, "-p", model, "--path", "G X", "--points", "2").Fine();
        Run("relax", silent, "-p", model, "-o", PathOf("relaxed.extxyz")).Fine();
        Assert.Contains("laws\tall hold\n", Run("verify", silent, "-p", model, "--quick").Out, StringComparison.Ordinal);

        // The same errors by the other command, to the rounding of sums in another order.
        JsonElement own = Run("evaluate", model, Data(), "--json").Fine().Objects[0].GetProperty("errors").GetProperty("all");
        JsonElement test = result.GetProperty("errors").GetProperty("test");

        foreach (string quantity in new[] { "energyPerAtom", "energy", "forces", "stress" })
        {
            Assert.Equal(Numbers(test.GetProperty(quantity).GetProperty("rmse"))[0],
                Numbers(own.GetProperty(quantity).GetProperty("rmse"))[0], 1e-12);
            Assert.Equal(
                test.GetProperty(quantity).GetProperty("count").GetInt32(),
                own.GetProperty(quantity).GetProperty("count").GetInt32());
        }

        // Once more, nothing is left to do; the plain text has the table.
        string text = Run("train", configuration).Fine().Out;
        Assert.Contains("forces on Ar (eV/Å)\ttest\t", text, StringComparison.Ordinal);
        Assert.Contains("ended\tall epochs done\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_potential_is_evaluated()
    {
        // The potential that made the labels has no errors, but for the rounding of digits in the file.
        JsonElement errors = Run("evaluate", Data(), "-p", Lj, "--json").Fine().Objects[0].GetProperty("errors").GetProperty("all");
        Assert.Equal(21, errors.GetProperty("structures").GetInt32());
        Assert.Equal(21 * 12, errors.GetProperty("forces").GetProperty("count").GetInt32());
        Assert.InRange(errors.GetProperty("energy").GetProperty("rmse").GetDouble(), 0, 1e-12);
        Assert.InRange(errors.GetProperty("forces").GetProperty("mae").GetDouble(), 0, 1e-12);
        Assert.InRange(errors.GetProperty("stress").GetProperty("rmse").GetDouble(), 0, 1e-12);
        Assert.Equal(["Ar"], Names(errors.GetProperty("forcesByElement")));

        // Another one has those that follow from the numbers in the file of predictions.
        string weaker = Lj.Replace("0.2", "0.1", StringComparison.Ordinal);
        string page = PathOf("page.html"), out1 = PathOf("predicted.extxyz");
        string[] lines = Run("evaluate", Data(), "-p", weaker, "-o", out1, "--report", page, "--frames", ":5").Fine().Lines;
        double[] differences =
        [
            .. Run("info", out1, "--frames", ":", "--json").Fine().Objects.Select(frame =>
            {
                JsonElement info = frame.GetProperty("info");
                return info.GetProperty("predicted_energy").GetDouble() - info.GetProperty("energy").GetDouble();
            }),
        ];
        Assert.Equal(5, differences.Length);
        string row = Assert.Single(lines, line => line.StartsWith("energy (eV)", StringComparison.Ordinal));
        Assert.Equal(
            differences.Average(Math.Abs), double.Parse(row.Split('\t')[2], CultureInfo.InvariantCulture), 1e-12);
        Assert.Contains("<svg", File.ReadAllText(page), StringComparison.Ordinal);

        // Labels of other names.
        string other = Write(
            "other.extxyz",
            File.ReadAllText(Data()).Replace(" energy=", " REF_energy=", StringComparison.Ordinal)
                .Replace("forces:R:3", "REF_forces:R:3", StringComparison.Ordinal)
                .Replace(" stress=", " REF_stress=", StringComparison.Ordinal));
        Run("evaluate", other, "-p", Lj).Refused(1, "expected labels to compare with, perhaps of other names (--label)");
        string[] named = Run("evaluate", other, "-p", Lj, "--label", "energy=REF_energy").Fine().Lines;
        Assert.Contains(named, line => line.StartsWith("energy (eV)", StringComparison.Ordinal));
        Assert.DoesNotContain(named, line => line.StartsWith("forces", StringComparison.Ordinal));
        Run("evaluate", other, "-p", Lj, "--label", "enrgy=x").Refused(2, "--label is 'enrgy=x', expected KIND=NAME");
        Run("evaluate", Data()).Refused(1, "expected a potential and a file, or --potential");
    }

    [Fact]
    public void Killed_at_any_moment_a_training_ends_in_the_same_bits()
    {
        string whole = Configuration("whole", Usual.Replace("\"epochs\": 3", "\"epochs\": 30", StringComparison.Ordinal));
        string parts = PathOf("parts.json");
        File.Copy(whole, parts);
        Run("train", whole).Fine();
        Random random = new(7);

        for (int k = 0; k < 3; k++)
        {
            using Process process = StartProcess("train", parts, "--json");

            // At some time after the first epoch.
            process.StandardOutput.ReadLine();
            Thread.Sleep(random.Next(60));
            process.Kill();
            process.WaitForExit();
        }

        Run("train", parts).Fine();
        Assert.Equal(Trace("whole"), Trace("parts"));
    }

    [Fact]
    public void An_interrupt_leaves_a_checkpoint_to_go_on_from()
    {
        string whole = Configuration("whole", Usual), parts = PathOf("parts.json");
        File.Copy(whole, parts);
        Run("train", whole).Fine();

        using (CancellationTokenSource stop = new())
        {
            using StopAfterOne output = new(stop);
            using StringWriter error = new();
            int code = new Application(new Session(output, error, false, 100, stop.Token)).Run(["train", parts, "--json"]);
            Assert.Equal(130, code);
            string checkpoint = PathOf("parts/checkpoint");
            Assert.Equal(
                $"noether: epoch 1, step 4 is saved in {checkpoint}; the same command goes on from there.\n"
                + "noether: interrupted\n",
                error.ToString());
            Assert.False(File.Exists(PathOf("parts/model.safetensors")));
        }

        Run("train", parts, "--output", PathOf("parts")).Fine();
        Assert.Equal(Trace("whole"), Trace("parts"));
    }

    [Fact]
    public void Neither_threads_nor_reading_from_the_file_change_a_bit()
    {
        string Parts(string more) => "\"parts\": 2, " + more + Usual;
        Run("train", Configuration("one", Parts("\"threads\": 1, "))).Fine();
        Run("train", Configuration("two", Parts("\"threads\": 2, "))).Fine();
        Run("train", Configuration("read", Parts("\"stream\": true, "))).Fine();
        Assert.Equal(Trace("one"), Trace("two"));
        Assert.Equal(Trace("one"), Trace("read"));
    }

    [Fact]
    public void The_help_has_examples()
    {
        string help = Run("train", "--help").Fine().Out;
        Assert.Contains("--example", help, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  noether train ", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public void Another_configuration_or_other_data_do_not_go_on()
    {
        string configuration = Configuration("run", Usual);
        Run("train", configuration).Fine();
        string text = File.ReadAllText(configuration);

        void Refuses(string old, string next, string message)
        {
            File.WriteAllText(configuration, text.Replace(old, next, StringComparison.Ordinal));
            Run("train", configuration).Refused(1, message);
        }

        Refuses("0.003", "0.004", "rates at steps 0, 1, 10, …: 0.004");
        Refuses("\"epochs\": 3", "\"epochs\": 4", "rates at steps");
        Refuses("\"features\": 3", "\"features\": 4", "model/layers");
        Refuses("\"validation\": 4", "\"validation\": 5", "training data");
        Refuses("\"epochs\"", "\"loss\": {\"forces\": 2}, \"epochs\"", "loss term 1");
        Refuses("\"epochs\"", "\"seed\": 3, \"epochs\"", "key");
        File.WriteAllText(configuration, text.Replace("\"epochs\"", "\"threads\": 1, \"epochs\"", StringComparison.Ordinal));
        Run("train", configuration).Fine();

        // One digit of one position.
        string frames = File.ReadAllText(Data());
        File.WriteAllText(Data(), Regex.Replace(frames, @"^Ar (-?\d+\.)\d", match => $"Ar {match.Groups[1]}8", RegexOptions.Multiline));
        Run("train", configuration).Refused(1, "training data");
        Run("train", configuration, "--overwrite").Fine();
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_a_training_and_spares_its_checkpoint()
    {
        string configuration = Configuration(
            "bad", Usual.Replace("\"rate\": 0.003", "\"rate\": 1e160, \"schedule\": \"constant\"", StringComparison.Ordinal));
        Outcome outcome = Run("train", configuration);
        Assert.Equal(1, outcome.Code);
        Assert.Matches(@"epoch 1, batch \d+ \(.*argon\.extxyz, frames [\d, ]+\): .* is (NaN|-?∞|-?Infinity), expected a finite number", outcome.Error);
        Assert.False(File.Exists(PathOf("bad/model.safetensors")));
    }

    [Theory]
    [InlineData("\"labels\": {\"energy\": \"REF_energy\"}, \"loss\": {\"energy\": 1}", "no energy ('REF_energy')")]
    [InlineData("\"labels\": {\"energy\": \"a\", \"forces\": \"b\", \"stress\": \"c\"}", "expected labels, perhaps of other names")]
    [InlineData("\"test\": \"krypton.xyz\"", "krypton.xyz, frame 0:1: the structure has atoms of Kr, expected elements of the model: Ar")]
    [InlineData("\"atoms\": \"start.extxyz\"", "the structure has no energy, expected an isolated atom with an energy")]
    [InlineData("\"output\": \"argon.extxyz/run\"", "argon.extxyz/run")]
    [InlineData("\"epohcs\": 1", "Did you mean 'epochs'?")]
    public void Wrong_input_is_one_clear_error(string field, string message)
    {
        Write("krypton.xyz", "1\nenergy=1\nKr 0 0 0\n");
        Outcome outcome = Run("train", Configuration("wrong", field + ", " + Usual));
        outcome.Refused(1, message);
        Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Files_that_were_cut_are_refused()
    {
        string configuration = Configuration("run", Usual), model = PathOf("run/model.safetensors");
        Run("train", configuration).Fine();
        Run("energy", Data(), "-p", model + ":precision=float16").Refused(1, "'precision' of the potential");

        foreach ((string file, string command, string message) in new[]
        {
            (PathOf("run/checkpoint"), "train", "another checksum than it states"),
            (model, "evaluate", "model.safetensors:1:"),
        })
        {
            byte[] bytes = File.ReadAllBytes(file);
            File.WriteAllBytes(file, bytes[..^9]);
            Run(command == "train" ? [command, configuration] : [command, model, Data()]).Refused(1, message);
        }

        Run("energy", Data(), "-p", PathOf("none.safetensors")).Refused(1, "none.safetensors");
    }

    [Fact]
    public void A_full_disk_is_one_clear_error_and_leaves_the_checkpoint_before()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        string configuration = Configuration("full", Usual);
        Directory.CreateDirectory(PathOf("full"));
        File.CreateSymbolicLink(PathOf("full/checkpoint.tmp"), "/dev/full");
        Run("train", configuration).Refused(1, "No space left on device");
        Assert.False(File.Exists(PathOf("full/checkpoint")));
        Run("train", configuration).Fine();
        Run("train", Configuration("whole", Usual)).Fine();
        Assert.Equal(Trace("whole"), Trace("full"));
    }

    [Fact]
    public void The_example_is_a_configuration()
    {
        File.Copy(Data(), PathOf("train.extxyz"));
        string text = Run("train", "--example").Fine().Out
            .Replace("\"epochs\": 100", "\"epochs\": 1", StringComparison.Ordinal)
            .Replace("\"features\": 32", "\"features\": 2", StringComparison.Ordinal);
        Run("train", Write("example.json", text)).Fine();
        Run("train").Refused(2, "CONFIG is missing, expected the path of a configuration, or --example.");
        Run("train", PathOf("none.json")).Refused(1, "none.json");
    }

    /// <summary>Wishes to stop as soon as something is written.</summary>
    private sealed class StopAfterOne(CancellationTokenSource stop) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            stop.Cancel();
        }
    }
}
