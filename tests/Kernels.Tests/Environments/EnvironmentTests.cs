using System.Numerics;
using System.Runtime.InteropServices;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public class EnvironmentTests
{
    public static TheoryData<int, int> Problems =>
        new() { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 5, 2 }, { 17, 0 }, { 33, 3 }, { 70, 0 }, { 130, 2 } };

    [Theory]
    [MemberData(nameof(Problems))]
    public void Functions_agree_with_the_formulas(int points, int smoothness)
    {
        var problem = new Problem(points, smoothness);
        double[] expected = problem.Values();

        // Some thirty terms of order one, whose exponents are known to some forty units.
        double largest = expected.Select(Math.Abs).Append(1).Max();
        Samples.Close(expected, problem.Run<double>(), 100, _ => largest, "functions");
        Samples.Close(expected, problem.Run<float>(), 100, _ => largest, "functions");
        Samples.SameForAllThreads(problem.Run<double>);
        Samples.SameForAllThreads(problem.Run<float>);
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void Energies_agree_with_the_formulas_and_forces_with_differences(int points, int smoothness)
    {
        var problem = new Problem(points, smoothness);
        double[] members = problem.Members();
        Sums exact = problem.Networks<double>();
        Sums single = problem.Networks<float>();
        Samples.Close(members, exact.Each, 400, _ => 1, "members");
        Samples.Close(members, [.. single.Each.Select(x => (float)x)], 400, _ => 1, "members");
        for (int i = 0; i < points; i++)
        {
            double mean = Enumerable.Range(0, Problem.Ensemble).Sum(m => problem.Weights[m] * members[(m * points) + i]);
            Assert.Equal(-0.5 * mean, exact.Values[i], 1e-12);
        }

        // Central differences with a step of 10⁻⁵ are right to some 10⁻⁹ of derivatives of order one.
        for (int c = 0; c < 3 * Math.Min(points, 6); c++)
        {
            Assert.Equal(-problem.Slope(c), exact.Forces[c], 2e-8);
            Assert.Equal(exact.Forces[c], single.Forces[c], 3e-4);
        }

        Samples.SameForAllThreads(() => problem.Networks<double>().All);
        Samples.SameForAllThreads(() => problem.Networks<float>().All);
    }

    [Fact]
    public void Forces_sum_to_zero_and_the_virial_is_theirs()
    {
        var problem = new Problem(60, 0);
        Sums sums = problem.Networks<double>();
        for (int a = 0; a < 3; a++)
        {
            Assert.Equal(0, Enumerable.Range(0, 60).Sum(i => sums.Forces[(3 * i) + a]), 1e-12);
            for (int b = 0; b < 3; b++)
            {
                double expected = Enumerable.Range(0, 60)
                    .Sum(i => problem.Points[(3 * i) + a] * sums.Forces[(3 * i) + b]);
                Assert.Equal(expected, Enumerable.Range(0, 60).Sum(i => sums.Virials[(9 * i) + (3 * a) + b]), 1e-11);
            }
        }
    }

    [Fact]
    public unsafe void Memory_that_holds_no_numbers_does_not_matter()
    {
        for (int points = 2; points < 24; points++)
        {
            // What a job is given next is what was freed last, with bits that are no number.
            for (int size = 1 << 8; size < 1 << 22; size <<= 1)
            {
                void* memory = NativeMemory.Alloc((nuint)size);
                new Span<byte>(memory, size).Fill(0xFF);
                NativeMemory.Free(memory);
            }

            var problem = new Problem(points, points % 3);
            Assert.All(problem.Networks<double>().All, x => Assert.True(double.IsFinite(x)));
            Assert.All(problem.Networks<float>().All, x => Assert.True(double.IsFinite(x)));
        }
    }

    [Fact]
    public void Points_at_one_place_are_finite()
    {
        var problem = new Problem(12, 0);
        problem.Points.AsSpan(0, 3).CopyTo(problem.Points.AsSpan(3));
        Samples.Close(problem.Values(), problem.Run<double>(), 100, _ => 10, "functions");
        Assert.All(problem.Networks<double>().All, x => Assert.True(double.IsFinite(x)));
        Assert.All(problem.Networks<float>().All, x => Assert.True(double.IsFinite(x)));
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        Samples.Throws<ArgumentException>(() => _ = new EnvironmentShape(1, 3, 4, 1, [1], 1, [1], 1, [1]), "cut-offs 3 and 4");
        var shape = new EnvironmentShape(1, 4, 3, 1, [1], 1, [1], 1, [1]);
        NetworkLayer layer = new(3, 3, new float[9], new float[3]);
        Samples.Throws<ArgumentException>(
            () => _ = new EnvironmentNetworks<float>(shape, [[[layer, layer]]]), "layer 1 has 3 inputs", "expected 2 inputs");
    }

    /// <summary>What an evaluation adds to zeros.</summary>
    private sealed record Sums(double[] Values, double[] Forces, double[] Virials, double[] Each)
    {
        public double[] All => [.. Values, .. Forces, .. Virials, .. Each];
    }

    /// <summary>Points of three of four kinds, at distances from 0.7, and an ensemble of small networks.</summary>
    private sealed class Problem
    {
        public const int Ensemble = 3;
        private const int KindCount = 4;
        private readonly int smoothness;
        private readonly int[] kinds;
        private readonly EnvironmentReference reference;
        private readonly EnvironmentShape shape;
        private readonly NetworkLayer[][][] networks;

        public Problem(int points, int smoothness)
        {
            this.smoothness = smoothness;
            var random = new Random(points + (1000 * smoothness));
            double edge = 1.9 * Math.Cbrt(points + 1);
            Points = [.. Enumerable.Range(0, 3 * points).Select(_ => edge * random.NextDouble())];
            kinds = [.. Enumerable.Range(0, points).Select(_ => random.Next(3) is var k && k == 1 ? 3 : k)];
            double[] radial = [0.5, 0.9, 1.4, 2.0, 2.7];
            double[] angular = [0.6, 1.3, 2.1];
            double[] sections = [0.4, 1.2, 2.0, 2.8];
            reference = new(KindCount, 3.1, 2.6, 4.1, radial, 3.3, angular, 14.1, sections, smoothness);
            shape = new(KindCount, 3.1, 2.6, 4.1, radial, 3.3, angular, 14.1, sections, smoothness);
            int width = shape.Width(KindCount);
            networks =
            [
                .. Enumerable.Range(0, KindCount).Select(kind => Enumerable.Range(0, Ensemble).Select(member =>
                {
                    int[] sizes = [width, 19 + kind, 7 + member, 1];
                    return Enumerable.Range(0, 3).Select(k => Layer(random, sizes[k], sizes[k + 1])).ToArray();
                }).ToArray()),
            ];
        }

        public double[] Points { get; }

        public double[] Weights { get; } = [0.5, 0.0, 0.5];

        public double[] Values() =>
            [.. Enumerable.Range(0, kinds.Length).SelectMany(i => reference.Values(Points, kinds, i))];

        public double[] Members() =>
        [
            .. Enumerable.Range(0, Ensemble).SelectMany(
                m => Enumerable.Range(0, kinds.Length).Select(i => Member(Points, m, i))),
        ];

        // The derivative by a coordinate of −½ of the weighted sum.
        public double Slope(int coordinate)
        {
            const double Step = 1e-5;
            double At(double step)
            {
                double[] moved = [.. Points];
                moved[coordinate] += step;
                return Enumerable.Range(0, kinds.Length).Sum(
                    i => (0.5 * Member(moved, 0, i)) + (0.5 * Member(moved, 2, i)));
            }

            return -0.5 * (At(Step) - At(-Step)) / (2 * Step);
        }

        public T[] Run<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            (int[] starts, PointImages images, double[] places) = Neighbours();
            var values = new T[kinds.Length * shape.Width(KindCount)];
            EnvironmentSums.ValuesInto<T>(shape, kinds, starts, images, places, values);
            return values;
        }

        public Sums Networks<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            (int[] starts, PointImages images, double[] places) = Neighbours();
            int n = kinds.Length;
            var sums = new Sums(new double[n], new double[3 * n], new double[9 * n], new double[Ensemble * n]);
            new EnvironmentNetworks<T>(shape, networks).Add(
                Weights, kinds, starts, images, places, -0.5, sums.Values, sums.Forces, sums.Virials, sums.Each);
            return sums;
        }

        private static NetworkLayer Layer(Random random, int inputs, int outputs)
        {
            float[] Numbers(int count, double size) =>
                [.. Enumerable.Range(0, count).Select(_ => (float)(size * ((2 * random.NextDouble()) - 1)))];
            return new(inputs, outputs, Numbers(inputs * outputs, 1 / Math.Sqrt(inputs)), Numbers(outputs, 0.2));
        }

        private double Member(double[] points, int member, int i)
        {
            static double[] Wide(ReadOnlyMemory<float> x) => Array.ConvertAll(x.ToArray(), v => (double)v);
            NetworkLayer[] layers = networks[kinds[i]][member];
            return EnvironmentReference.Network(
                [.. layers.Select(layer => (Wide(layer.Weights), Wide(layer.Biases)))], reference.Values(points, kinds, i));
        }

        // All pairs, in order.
        private (int[] Starts, PointImages Images, double[] Places) Neighbours()
        {
            int n = kinds.Length;
            int[] starts = [.. Enumerable.Range(0, n + 1).Select(i => i * (n - 1))];
            int[] senders = [.. Enumerable.Range(0, n).SelectMany(i => Enumerable.Range(0, n).Where(j => j != i))];
            var images = new PointImages(n, senders, new int[3 * senders.Length]);
            var places = new double[PointImages.Width * n];
            images.Place(Points, [], new double[9], places);
            return (n == 0 ? [0] : starts, images, places);
        }
    }
}
