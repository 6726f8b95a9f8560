using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class ThreefryTests
{
    // kat_vectors of Random123 1.14 (D. E. Shaw Research): threefry 2x32, 20 rounds: counter, key, result.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0x6b200159u, 0x99ba4efeu)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x1cb996fcu, 0xbb002be7u)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xc4923a9cu, 0x483df7a0u)]
    public void Known_answers(uint x0, uint x1, uint k0, uint k1, uint y0, uint y1)
    {
        Assert.Equal((y0, y1), Threefry.Block(new RandomKey(k0, k1), x0, x1));
        Assert.Equal((y0, y1), ThreefryReference.Block(k0, k1, x0, x1));
    }

    [Fact]
    public void Blocks_bits_keys_are_their_twins()
    {
        var key = RandomKey.FromSeed(0x1234_5678_9abc_def0);
        Assert.Equal(new RandomKey(0x1234_5678, 0x9abc_def0), key);
        var keys = key.Split(9);
        for (var i = 0u; i < 9; i++)
        {
            var (high, low) = ThreefryReference.Block(key.High, key.Low, 0, i);
            Assert.Equal(new RandomKey(high, low), keys[i]);
            Assert.Equal(new RandomKey(high, low), key.Fold(i));
        }

        foreach (var n in (int[])[.. Samples.Lengths, Samples.Large])
        {
            var bits = new uint[n];
            Threefry.Bits(key, bits);
            for (var i = 0; i < n; i++)
            {
                var (high, low) = ThreefryReference.Block(key.High, key.Low, 0, (uint)i);
                Assert.Equal(high ^ low, bits[i]);
            }
        }
    }

    // What JAX prints for jax.random.split(jax.random.key(42)), with the partitionable generator.
    [Fact]
    public void Keys_are_those_of_JAX() => Assert.Equal(
        [new RandomKey(1832780943, 270669613), new RandomKey(64467757, 2916123636)],
        RandomKey.FromSeed(42).Split(2));

    // docs.jax.dev/en/latest/jax.random.html, "Basic usage": uniform(key(0)), and uniform of the second key of its split,
    // printed with six digits.
    [Fact]
    public void Uniform_numbers_are_those_of_JAX()
    {
        var key = RandomKey.FromSeed(0);
        var y = new float[1];
        Threefry.Uniform<float>(key, y);
        Assert.Equal(0.947667f, y[0], 5e-7f);
        Threefry.Uniform<float>(key.Split(2)[1], y);
        Assert.Equal(0.00729382f, y[0], 5e-9f);
    }

    [Fact]
    public void Uniform_numbers_are_the_upper_bits()
    {
        var key = RandomKey.FromSeed(42);
        var (singles, doubles) = (new float[1027], new double[1027]);
        Threefry.Uniform(key, singles.AsSpan());
        Threefry.Uniform(key, doubles.AsSpan());
        for (var i = 0; i < singles.Length; i++)
        {
            var (high, low) = ThreefryReference.Block(0, 42, 0, (uint)i);
            Assert.Equal(((high ^ low) >> 9) * MathF.Pow(2, -23), singles[i]);
            Assert.Equal(((((ulong)high << 32) | low) >> 12) * Math.Pow(2, -52), doubles[i]);
        }
    }

    [Fact]
    public void Moments_are_those_of_the_distributions()
    {
        // A mean of n terms of variance σ² has the standard deviation σ/√n; five of them are allowed.
        const int n = 1_000_000;
        Moments<float>(n);
        Moments<double>(n);

        static void Moments<T>(int n)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            var x = new T[n];
            var bound = 5 / Math.Sqrt(n);
            Threefry.Uniform<T>(RandomKey.FromSeed(1), x);
            var values = Samples.ToDouble(x);
            Assert.True(values.Min() >= 0 && values.Max() < 1);
            Assert.InRange(values.Average() - 0.5, -bound * Math.Sqrt(1 / 12.0), bound * Math.Sqrt(1 / 12.0));
            Threefry.Normal<T>(RandomKey.FromSeed(2), x);
            values = Samples.ToDouble(x);
            Assert.InRange(values.Average(), -bound, bound);
            Assert.InRange(values.Average(v => v * v) - 1, -bound * Math.Sqrt(2), bound * Math.Sqrt(2));
            Assert.InRange(values.Average(v => v * v * v * v) - 3, -bound * Math.Sqrt(96), bound * Math.Sqrt(96));
        }
    }

    [Fact]
    public void Normal_numbers_are_quantiles_of_uniform_numbers()
    {
        var key = RandomKey.FromSeed(3);
        var (uniform, normal) = (new double[500], new double[500]);
        Threefry.Uniform(key, uniform.AsSpan());
        Threefry.Normal(key, normal.AsSpan());
        var low = Math.BitIncrement(-1.0);
        for (var i = 0; i < normal.Length; i++)
        {
            Assert.Equal(ErrorFunction.NormalQuantile((uniform[i] * (1 - low)) + low), normal[i]);
        }
    }

    // Φ⁻¹((1 + u) / 2) = √2 erf⁻¹(u), computed with mpmath 1.3 at 40 digits for the double nearest to each u.
    [Theory]
    [InlineData(1e-09, 1.2533141373155003296e-9)]
    [InlineData(0.01, 0.012533469508069263422)]
    [InlineData(0.1, 0.12566134685507404122)]
    [InlineData(0.3, 0.38532046640756760882)]
    [InlineData(0.5, 0.6744897501960817432)]
    [InlineData(0.7, 1.0364333894937894845)]
    [InlineData(0.8499, 1.4391783421583504615)]
    [InlineData(0.85, 1.4395314709384558369)]
    [InlineData(0.8501, 1.4398847793193502915)]
    [InlineData(0.9, 1.6448536269514728225)]
    [InlineData(0.99, 2.5758293035489004539)]
    [InlineData(0.999, 3.2905267314918945433)]
    [InlineData(0.999999, 4.8916384756929317718)]
    [InlineData(0.999999999, 6.1094102093834491114)]
    [InlineData(0.9999999999708962, 6.6510353798930105467)]
    [InlineData(0.9999999999990905, 7.1435520343521893331)]
    [InlineData(0.9999999999999999, 8.2923610758135955382)]
    public void Quantiles_are_right_to_one_in_1e15(double u, double expected)
    {
        Assert.InRange(ErrorFunction.NormalQuantile(u) / expected, 1 - 1e-15, 1 + 1e-15);
        Assert.InRange(ErrorFunction.NormalQuantile(-u) / -expected, 1 - 1e-15, 1 + 1e-15);
        Assert.InRange(ErrorFunction.Inverse(u) * Math.Sqrt(2) / expected, 1 - 1e-15, 1 + 1e-15);
    }

    [Fact]
    public void Quantiles_at_and_beyond_the_ends()
    {
        Assert.Equal(0, ErrorFunction.NormalQuantile(0));
        Assert.Equal(double.PositiveInfinity, ErrorFunction.NormalQuantile(1));
        Assert.Equal(double.NegativeInfinity, ErrorFunction.NormalQuantile(-1));
        Assert.Equal(double.NaN, ErrorFunction.NormalQuantile(1.5));
        Assert.Equal(double.NaN, ErrorFunction.NormalQuantile(double.NaN));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_permutation_sorts_the_bits(int n)
    {
        var key = RandomKey.FromSeed(9);
        var bits = new uint[n];
        Threefry.Bits(key, bits);
        var y = new int[n];
        Threefry.Permutation(key, y);
        Assert.Equal(Enumerable.Range(0, n).OrderBy(i => bits[i]).ThenBy(i => i), y);
    }

    [Fact]
    public void Threads_do_not_change_bits()
    {
        var key = RandomKey.FromSeed(5);
        Samples.SameForAllThreads(() =>
        {
            var y = new double[Samples.Large];
            Threefry.Normal(key, y.AsSpan());
            return y;
        });
    }

    [Fact]
    public void A_negative_number_of_keys_is_refused() =>
        Samples.Throws<ArgumentOutOfRangeException>(
            () => default(RandomKey).Split(-1), "Split", "n is -1", "at least 0");
}
