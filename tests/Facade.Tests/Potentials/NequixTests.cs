using Microsoft.FSharp.Collections;
using Noether.Equivariance;
using Noether.Kernels;
using Noether.Learning;
using Xunit;

namespace Noether.Tests;

/// <summary>Nequix models, as C# sees them; of random weights, so that no published file is needed.</summary>
public sealed class NequixTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}.nqx");

    public NequixTests()
    {
        NequixSettings all = NequixSettingsModule.published(8.0, 0.9, -1.5);
        var settings = new NequixSettings(
            4.0, ListModule.OfSeq([1, 8, 14]), IrrepsModule.ofString("6x0e + 4x1o + 3x2e"), 2, 2, 5, 8,
            all.RadialHidden, 6, all.AverageNeighbours, all.Scale, all.Shift);
        NequixModel model = Nequix.fresh("small", settings, RandomKey.FromSeed(5)).ResultValue;
        Assert.True(NequixFile.write(path, model).IsOk);
    }

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_table_stands_for_the_radial_networks_and_says_so()
    {
        Structure silica = Structure.Create(["Si", "O", "O"], [0, 0, 0, 1.6, 0.1, 0, -0.7, 1.4, 0.3]);
        Potential exact = Potential.ReadModel(path);
        Potential tabulated = Potential.ReadModel(path, table: 1024);
        Evaluation a = exact.Evaluate(silica), b = tabulated.Evaluate(silica);

        // Splines of 4/1024 Å give smooth weights to some 10⁻⁸ and their slopes to 10⁻⁶.
        Assert.Equal(a.Energy, b.Energy, 1e-5 * Math.Abs(a.Energy));
        Assert.All(
            a.Forces.ToArray().Zip(b.Forces.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
        Assert.NotEqual(a.Energy, b.Energy);
        Assert.Contains("radial weights from 1024 splines", tabulated.Name);
        Assert.DoesNotContain("splines", exact.Name);

        Evaluation single = Potential.ReadModel(path, Precision.Float32, 1024).Evaluate(silica);
        Assert.Equal(b.Energy, single.Energy, 1e-4);
    }

    [Fact]
    public void A_table_of_too_few_splines_is_refused()
    {
        var refused = Assert.Throws<NoetherException>(() => Potential.ReadModel(path, table: 8));
        Assert.Contains("radial table", refused.Message);
        Assert.Contains("16 to 65536", refused.Message);
    }
}
