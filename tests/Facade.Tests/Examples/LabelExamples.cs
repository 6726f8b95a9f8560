using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of labelled tensors and descriptors.</summary>
public sealed class LabelExamples
{
    [Fact]
    public void Rows()
    {
        Labels samples = Labels.Create(["system", "atom"], 0, 4, 0, 5);
        int place = samples.IndexOf(0, 5);   // 1

        Assert.Equal(1, place);
        Assert.Equal([4, 5], samples["atom"].ToArray());
        Assert.Equal([0, 4], samples[0].ToArray());
        Assert.Equal(2, samples.Count(row => row[0] == 0));
        Assert.Equal(samples, samples.Union(samples));
        Assert.Throws<NoetherException>(() => samples["type"]);
        Assert.Throws<NoetherException>(() => Labels.Create(["a"], 1, 1));
    }

    [Fact]
    public void Blocks()
    {
        TensorBlock block = TensorBlock.Create(
            Tensor.Create([1, 2, 3, 4], 2, 2), Labels.Range("atom", 2), [], Labels.Range("n", 2));

        TensorMap map = TensorMap.Create(Labels.One, [block]);
        Assert.Equal(map.ToString(), TensorMap.Parse(map.ToBytes()).ToString());
        Assert.Equal([1.0, 4.0, 9.0, 16.0], (map * map)[0].Values.Elements.ToArray());
        Assert.True((map * map).IsClose(map.Pow(2)));
        Assert.Equal(block.Samples, map[("_", 0)].Samples);
        Assert.Throws<NoetherException>(() => map[1]);
        Assert.Throws<NoetherException>(() => block.Gradient("positions"));
    }

    [Fact]
    public void Descriptors()
    {
        Structure water = Structure.Create(["O", "H", "H"], [0, 0, 0, 0.76, 0.59, 0, -0.76, 0.59, 0]);
        TensorMap soap = Soap.PowerSpectrum([water], cutoff: 3, maxAngular: 2, maxRadial: 3);
        TensorMap averages = soap.MeanOverSamples("atom");

        Assert.Equal(6, averages.Blocks.Count);
        Assert.Equal(["system"], averages[0].Samples.Names.ToArray());
        TensorMap slopes = Soap.SphericalExpansion([water], 3, 1, 2, gradients: SoapGradients.Positions);
        Assert.Equal(["positions"], slopes[0].Parameters.ToArray());
        Assert.Equal("sample", slopes[0].Gradient("positions").Samples.Names[0]);
        Assert.Equal(4, slopes.KeysToProperties("neighbor_type").Blocks.Count);
    }
}
