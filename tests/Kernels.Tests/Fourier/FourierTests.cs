using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class FourierDoubleTests : FourierTests<double>;

public sealed class FourierSingleTests : FourierTests<float>;

public abstract class FourierTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Each pass adds a few roundings; the longest axis here has six.
    private const double Units = 20;

    /// <summary>Every radix, every pair of parities, meshes that are and are not whole registers.</summary>
    public static TheoryData<int[]> Shapes()
    {
        var shapes = new TheoryData<int[]>();
        foreach (int n in (int[])
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 21, 25, 30, 32, 35, 49, 64, 75, 128, 210])
        {
            shapes.Add([n]);
        }

        shapes.Add([3, 5]);
        shapes.Add([8, 6]);
        shapes.Add([1, 12]);
        shapes.Add([12, 1]);
        shapes.Add([7, 1, 9]);
        shapes.Add([1, 6, 5]);
        shapes.Add([2, 3, 4]);
        shapes.Add([5, 4, 15]);
        shapes.Add([6, 10, 8]);
        shapes.Add([4, 9, 1]);
        shapes.Add([8, 8, 16]);
        shapes.Add([10, 18, 14]);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Complex_transforms_are_their_twins(int[] lengths)
    {
        var plan = new FourierPlan(lengths);
        T[] z = Samples.Uniform<T>(1, 2 * plan.Points, -1, 1);
        double[] exact = Samples.ToDouble(z);
        Compare(
            plan,
            FourierReference.Transform(lengths, exact, -1),
            () => Of(z.Length, y => FourierTransform.ForwardInto<T>(plan, 1, z, y)));
        Compare(
            plan,
            FourierReference.Transform(lengths, exact, 1),
            () => Of(z.Length, y => FourierTransform.InverseInto<T>(plan, 1, z, y)));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Real_transforms_are_their_twins(int[] lengths)
    {
        var plan = new FourierPlan(lengths);
        T[] a = Samples.Uniform<T>(2, plan.Points, -1, 1);
        double[] complex = [.. Samples.ToDouble(a).SelectMany(x => (double[])[x, 0])];
        double[] kept = FourierReference.Keep(lengths, FourierReference.Transform(lengths, complex, -1));
        T[] spectrum = Samples.Uniform<T>(3, 2 * plan.Frequencies, -1, 1);
        foreach (bool doubled in (bool[])[false, true])
        {
            int width = (lengths[^1] / 2) + 1;
            double[] weighted =
                [.. kept.Select((x, i) => doubled ? x * FourierReference.Weight(lengths[^1], i / 2 % width) : x)];
            Compare(
                plan,
                weighted,
                () => Of(kept.Length, y => FourierTransform.ForwardRealInto<T>(plan, 1, a, doubled, y)));
            double[] back = FourierReference.InverseReal(lengths, Samples.ToDouble(spectrum), doubled);
            Compare(
                plan,
                back,
                () => Of(plan.Points, y => FourierTransform.InverseRealInto<T>(plan, 1, spectrum, doubled, y)));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_convolution_is_transform_product_and_inverse(int[] lengths)
    {
        var plan = new FourierPlan(lengths);
        const int Batch = 2;
        T[] a = Samples.Uniform<T>(4, Batch * plan.Points, -1, 1);
        T[] b = Samples.Uniform<T>(5, Batch * plan.Points, -1, 1);
        T[] filter = Samples.Uniform<T>(6, plan.Frequencies, -1, 1);
        T[] spectrum = Of(
            2 * Batch * plan.Frequencies, y => FourierTransform.ForwardRealInto<T>(plan, Batch, a, false, y));
        T[] other = Of(spectrum.Length, y => FourierTransform.ForwardRealInto<T>(plan, Batch, b, true, y));
        var cross = new double[plan.Frequencies];
        for (int i = 0; i < spectrum.Length; i++)
        {
            cross[i / 2 % plan.Frequencies] +=
                double.CreateTruncating(spectrum[i]) * double.CreateTruncating(other[i]);
            spectrum[i] *= filter[i / 2 % plan.Frequencies];
        }

        double[] expected =
            Samples.ToDouble(Of(a.Length, y => FourierTransform.InverseRealInto<T>(plan, Batch, spectrum, true, y)));
        Compare(plan, expected, () => Of(a.Length, y => FourierTransform.ConvolveInto<T>(plan, Batch, a, filter, y)));
        Compare(plan, expected, () =>
        {
            T[] own = [.. a];
            FourierTransform.ConvolveInto<T>(plan, Batch, own, filter, own);
            return own;
        });
        Compare(plan, cross, () => Of(plan.Frequencies, y => FourierTransform.CrossInto<T>(plan, Batch, a, b, y)));
        T[] self = Of(plan.Frequencies, y => FourierTransform.CrossInto<T>(plan, Batch, a, a, y));
        T[] twice = Of(plan.Frequencies, y => FourierTransform.CrossInto<T>(plan, Batch, a, [.. a], y));
        Samples.Close(Samples.ToDouble(twice), self, Units, _ => plan.Points, "power");
    }

    /// <summary>Batches of rows around the width of registers, none included, each as if alone.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(15)]
    [InlineData(32)]
    public void Rows_do_not_know_their_neighbours(int n)
    {
        var plan = new FourierPlan(n);
        foreach (int batch in (int[])[0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 35, 67, 131])
        {
            T[] rows = Samples.Uniform<T>(batch, batch * n, -1, 1);
            if (batch > 2)
            {
                rows[n] = T.NaN;
            }

            T[] together = Of(
                2 * batch * plan.Frequencies, y => FourierTransform.ForwardRealInto<T>(plan, batch, rows, false, y));
            T[] apart = [.. Enumerable.Range(0, batch).SelectMany(i => Of(
                2 * plan.Frequencies,
                y => FourierTransform.ForwardRealInto<T>(plan, 1, rows.AsSpan(i * n, n), false, y)))];
            Samples.SameBits(apart, together);
        }
    }

    [Fact]
    public void Large_meshes_come_back_with_the_same_bits_for_all_threads()
    {
        var plan = new FourierPlan(30, 32, 36);
        T[] a = Samples.Uniform<T>(7, 2 * plan.Points, -1, 1);
        T[] spectrum = [];
        Samples.SameForAllThreads(() =>
            spectrum = Of(4 * plan.Frequencies, y => FourierTransform.ForwardRealInto<T>(plan, 2, a, false, y)));
        double[] expected = [.. Samples.ToDouble(a).Select(x => x * plan.Points)];
        Samples.SameForAllThreads(() =>
        {
            T[] back = Of(a.Length, y => FourierTransform.InverseRealInto<T>(plan, 2, spectrum, true, y));
            Samples.Close(expected, back, Units, _ => plan.Points, "back");
            return back;
        });
        T[] filter = Samples.Uniform<T>(8, plan.Frequencies, -1, 1);
        Samples.SameForAllThreads(() => Of(a.Length, y => FourierTransform.ConvolveInto<T>(plan, 2, a, filter, y)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Samples.Throws<ArgumentException>(() => _ = new FourierPlan(4, 11), "length 11", "next that is is 12");
        Samples.Throws<ArgumentException>(() => _ = new FourierPlan(4, 0), "length 0");
        Samples.Throws<ArgumentException>(() => _ = new FourierPlan(), "0 axes");
        Samples.Throws<ArgumentException>(() => _ = new FourierPlan(2, 2, 2, 2), "4 axes");
        Samples.Throws<ArgumentException>(() => _ = new FourierPlan(1024, 1024, 2048), "2^30");
        var plan = new FourierPlan(4, 6);
        Samples.Throws<ArgumentException>(
            () => FourierTransform.ForwardRealInto<T>(plan, 1, new T[23], false, new T[32]),
            "mesh has 23",
            "expected 24");
        Samples.Throws<ArgumentException>(
            () => FourierTransform.ForwardRealInto<T>(plan, 1, new T[24], false, new T[30]),
            "spectrum has 30",
            "expected 32");
        Samples.Throws<ArgumentException>(
            () => FourierTransform.ConvolveInto<T>(plan, 1, new T[24], new T[24], new T[24]),
            "filter has 24",
            "expected 16");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => FourierTransform.ForwardInto<T>(plan, -1, [], []), "batch is -1");
        Assert.Equal([1, 8, 14, 125], ((int[])[-3, 8, 13, 121]).Select(FourierPlan.NextLength));
    }

    private static T[] Of(int length, Action<T[]> fill)
    {
        var y = new T[length];
        fill(y);
        return y;
    }

    private static void Compare(FourierPlan plan, double[] expected, Func<T[]> run) =>
        Samples.SameForAllThreads(() =>
        {
            T[] actual = run();

            // The sum of points numbers of order one is of the order of the root of their number; cross products of it.
            double size = expected.Aggregate(Math.Sqrt(plan.Points), (most, x) => Math.Max(most, Math.Abs(x)));
            Samples.Close(expected, actual, Units, _ => size, string.Join('×', plan.Lengths.ToArray()));
            return actual;
        });
}
