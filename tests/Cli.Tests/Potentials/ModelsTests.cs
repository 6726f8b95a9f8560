using System.Text.Json;
using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;
using Xunit;
using Precision = Noether.AutoDiff.Precision;

namespace Noether.Cli.Tests;

/// <summary>Models by their names. The folders are a variable of the environment, so these are processes of their own.</summary>
public sealed class ModelsTests : Workplace
{
    private string Folder()
    {
        AniSettings settings = new(
            ListModule.OfSeq([1, 8]),
            AniSettingsModule.environmentsOf2x(2),
            ListModule.OfSeq([ListModule.OfSeq([4]), ListModule.OfSeq([4])]),
            2,
            ListModule.OfSeq([-0.5, -75.0]),
            Units.hartree);
        LearnedModel model = new(
            "own",
            AniFamily.architecture(settings),
            Ani.fresh(settings, Precision.Float32, RandomKey.FromSeed(1)),
            MapModule.Empty<string, Metrics>());
        Directory.CreateDirectory(PathOf("models"));
        Bridge.Get(ModelFile.write(PathOf("models/own.safetensors"), model));
        File.WriteAllText(PathOf("models/broken.nqx"), "no model");
        Write("water.xyz", "3\n\nO 0 0 0\nH 0.757 0.586 0\nH -0.757 0.586 0\n");
        return PathOf("models");
    }

    private Outcome RunIn(string folders, params string[] arguments) =>
        RunProcess(new() { ["NOETHER_MODELS"] = folders, ["XDG_DATA_HOME"] = PathOf("none") }, arguments);

    [Fact]
    public void They_are_listed_with_their_facts_the_folders_and_those_that_are_published()
    {
        string folder = Folder(), second = PathOf("second");
        JsonElement told = RunIn(folder + Path.PathSeparator + second, "models", "--json").Fine().Objects[0];
        JsonElement[] models = [.. told.GetProperty("models").EnumerateArray()];
        Assert.Equal(["broken", "own"], models.Select(model => model.GetProperty("name").GetString()));
        Assert.Contains("broken.nqx", models[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        JsonElement own = models[1];
        Assert.Equal("ANI", own.GetProperty("kind").GetString());
        Assert.Equal("""["H","O"]""", own.GetProperty("elements").GetRawText());
        Assert.Equal(5.1, own.GetProperty("cutoff").GetDouble());
        Assert.Equal("float32", own.GetProperty("precision").GetString());
        Assert.Equal(new FileInfo(Path.Combine(folder, "own.safetensors")).Length, own.GetProperty("bytes").GetInt64());
        Assert.Equal(Path.Combine(folder, "own.safetensors"), own.GetProperty("path").GetString());
        string?[] folders = [.. told.GetProperty("folders").EnumerateArray().Select(one => one.GetString())];
        Assert.Equal([folder, second], folders.Intersect([folder, second]));
        Assert.Contains("ani-2x", told.GetProperty("published").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        string text = RunIn(folder, "models").Fine().Out;
        Assert.Contains("own\tANI\tH, O\t5.1\tfloat32", text, StringComparison.Ordinal);
        Assert.Contains("github.com/atomicarchitects/nequix", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_finds_the_file_and_fields_may_follow()
    {
        string folder = Folder();
        string byPath = RunIn("", "energy", "water.xyz", "-p", Path.Combine(folder, "own.safetensors"), "--json").Fine().Out;
        Assert.Equal(byPath, RunIn(folder, "energy", "water.xyz", "-p", "own", "--json").Fine().Out);
        string single = RunIn(folder, "energy", "water.xyz", "-p", "own:precision=float32", "--json").Fine().Out;
        Assert.NotEqual(byPath, single);
        Assert.Equal(single, RunIn(folder, "energy", "water.xyz", "-p", "own", "--precision", "float32", "--json").Fine().Out);
    }

    [Fact]
    public void A_name_that_is_not_found_says_where_it_looked_and_what_is_there()
    {
        string folder = Folder();
        Outcome outcome = RunIn(folder, "energy", "water.xyz", "-p", "owl");
        outcome.Refused(1, "the potential is 'owl'");
        Assert.Contains($"models are looked for in {folder}, ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("there are broken, own", outcome.Error, StringComparison.Ordinal);
    }
}
