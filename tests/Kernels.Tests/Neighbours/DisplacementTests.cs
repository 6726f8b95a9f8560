using Noether.Kernels;
using Xunit;

namespace Noether.Kernels.Tests;

public class DisplacementTests
{
    private static readonly double[] Map = [1.02, 0.01, -0.03, 0.2, 0.97, 0.005, -0.07, 0.04, 1.1];

    // Around every register width, around a block, and beyond the size from which work is shared.
    private static readonly int[] Counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 67, 8192, 16383, 16384, 40001];

    public static TheoryData<int, bool> Cases()
    {
        var data = new TheoryData<int, bool>();
        foreach (int count in Counts)
        {
            data.Add(count, false);
            data.Add(count, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_largest_is_that_of_a_plain_loop(int count, bool mapped)
    {
        double[] map = mapped ? Map : [];
        var (from, to) = Points(count);

        // Sums of nine products of numbers up to 3, rounded in another order, cancel to about 1 at the largest.
        Assert.Equal(Naive(from, to, map), Displacement.MaxSquared(from, to, map), 1e-13);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(70)]
    public void Every_point_and_component_counts(int count)
    {
        var from = new double[3 * count];
        for (int c = 0; c < 3 * count; c++)
        {
            var to = new double[3 * count];
            to[c] = c + 1.5;
            Assert.Equal((c + 1.5) * (c + 1.5), Displacement.MaxSquared(from, to, []));
            Assert.Equal((c + 1.5) * (c + 1.5), Displacement.MaxSquared(from, to, Map));
            to[c] = double.NaN;
            Assert.Equal(double.NaN, Displacement.MaxSquared(from, to, []));
            Assert.Equal(double.NaN, Displacement.MaxSquared(from, to, Map));
        }
    }

    [Fact]
    public void Components_of_neighbouring_points_are_not_mixed()
    {
        // Each point moved by one unit: any other three neighbouring components have a square sum of 0 or 2.
        var from = new double[3 * 64];
        double[] to = [.. Enumerable.Range(0, 3 * 64).Select(c => c % 3 == c / 3 % 3 ? 1.0 : 0.0)];
        Assert.Equal(1, Displacement.MaxSquared(from, to, []));
    }

    [Fact]
    public void Threads_change_nothing()
    {
        var (from, to) = Points(50_000);
        using (Workers.LimitTo(1))
        {
            double alone = Displacement.MaxSquared(from, to, Map);
            using (Workers.LimitTo(5))
            {
                Assert.Equal(alone, Displacement.MaxSquared(from, to, Map));
            }
        }
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_named()
    {
        string Message(double[] from, double[] to, double[] map) =>
            Assert.ThrowsAny<ArgumentException>(() => Displacement.MaxSquared(from, to, map)).Message;

        Assert.Contains("no whole number of rows of 3", Message([1], [1], []), StringComparison.Ordinal);
        Assert.Contains("to has 1 elements, expected 0", Message([], [1], []), StringComparison.Ordinal);
        Assert.Contains("map has 3 elements, expected 9", Message([], [], [1, 2, 3]), StringComparison.Ordinal);
    }

    private static (double[] From, double[] To) Points(int count)
    {
        var random = new Random(20260);
        double[] from = [.. Enumerable.Range(0, 3 * count).Select(_ => (6 * random.NextDouble()) - 3)];
        return (from, [.. from.Select(x => x + random.NextDouble() - 0.5)]);
    }

    private static double Naive(double[] from, double[] to, double[] map)
    {
        double largest = 0;
        for (int i = 0; i < from.Length; i += 3)
        {
            double sum = 0;
            for (int k = 0; k < 3; k++)
            {
                double image = map.Length == 0
                    ? from[i + k]
                    : (from[i] * map[k]) + (from[i + 1] * map[3 + k]) + (from[i + 2] * map[6 + k]);
                sum += (to[i + k] - image) * (to[i + k] - image);
            }

            largest = Math.Max(largest, sum);
        }

        return largest;
    }
}
