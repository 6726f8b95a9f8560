using Microsoft.FSharp.Core;
using Noether.Domain;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether descriptors</c>.</summary>
public sealed class DescriptorsTests : Workplace
{
    private string Water() =>
        Write("water.xyz", "3\n\nO 0 0 0\nH 0.76 0.59 0\nH -0.76 0.59 0\n3\n\nO 0 0 0\nH 0.76 0.6 0\nH -0.76 0.59 0.1\n");

    [Fact]
    public void Features_of_all_frames_are_written_with_their_gradients()
    {
        string output = PathOf("features.mts");
        Run("descriptors", Water(), "--soap", "cutoff=3,n=2,l=2", "-o", output, "--gradients", "positions", "strain").Fine();
        TensorMap map = Read(output);
        Assert.Equal(6, map.Count);
        Assert.Equal(["center_type", "neighbor_1_type", "neighbor_2_type"], map.Keys.Names.ToArray());
        Assert.Equal(4, map.Block(0).Samples.Count);
        Assert.Equal(12, map.Block(0).Properties.Count);
        Assert.Equal(["positions", "strain"], map.Block(0).Gradients.Keys);
    }

    [Fact]
    public void Averages_have_a_row_for_each_structure()
    {
        string output = PathOf("means.npz");
        var result = Run("descriptors", Water(), "--soap", "cutoff=3,n=2,l=1", "-o", output, "--average", "--json").Fine();
        Assert.Equal(48, result.Objects[0].GetProperty("features").GetInt32());
        Assert.Equal(["system"], Read(output).Block(0).Samples.Names.ToArray());
        Assert.Equal(2, Read(output).Block(0).Samples.Count);
    }

    [Theory]
    [InlineData("expansion", 4)]
    [InlineData("radial", 2)]
    public void Densities_are_written_too(string kind, int dimensions)
    {
        string output = PathOf("density.mts");
        Run("descriptors", Water(), "--soap", "cutoff=3,n=2,l=1", "-o", output, "--kind", kind).Fine();
        Assert.Equal(dimensions, Read(output).Keys.Names.Length);
    }

    [Theory]
    [InlineData("cutoff=3,n=2", "without l=")]
    [InlineData("cutoff=3,n=2,l=1,x=2", "'x=2' of --soap")]
    [InlineData("cutoff=3,n=2,l=1.5", "l of --soap is 1.5")]
    [InlineData("cutoff=-3,n=2,l=1", "the cut-off is -3")]
    public void Settings_without_meaning_are_refused(string soap, string message) =>
        Run("descriptors", Water(), "--soap", soap, "-o", PathOf("x.mts")).Refused(1, message);

    private static TensorMap Read(string path)
    {
        FSharpResult<TensorMap, NoetherError> result = LabelInterop.read(path);
        return result.ResultValue;
    }
}
