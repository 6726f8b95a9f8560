using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class StridedDoubleTests : StridedTests<double>;

public sealed class StridedSingleTests : StridedTests<float>;

public abstract class StridedTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Shapes that reach each of the loops: tiles, groups of summed rows, short and long innermost axes.
    private static readonly int[][] Shapes =
    [
        [100_003], [300, 400], [40_000, 3], [3, 40_000], [40, 50, 60], [17, 1, 5, 700], [2, 3, 4, 5, 600], [65, 1030],
        [1000, 33], [9, 8, 7, 6, 5], [4, 300, 2, 31],
    ];

    [Fact]
    public void Copy_and_its_transpose_are_their_twins_for_random_steps()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 600; trial++)
        {
            var shape = Layout.RandomShape(random);
            CheckCopy(shape, Layout.Random(random, shape, Layout.Kind.Read), trial);
            CheckAdd(shape, Layout.Random(random, shape, Layout.Kind.Accumulate), trial);
        }
    }

    [Fact]
    public void Copy_and_its_transpose_are_their_twins_for_large_shapes()
    {
        var random = new Random(2);
        foreach (var shape in Shapes)
        {
            for (var trial = 0; trial < 4; trial++)
            {
                CheckCopy(shape, Layout.Random(random, shape, Layout.Kind.Read), trial);
                CheckAdd(shape, Layout.Random(random, shape, Layout.Kind.Accumulate), trial);
            }
        }
    }

    [Fact]
    public void Products_are_their_twins_for_random_steps()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 1000; trial++)
        {
            CheckProduct(random, Layout.RandomShape(random), trial);
        }
    }

    [Fact]
    public void Products_are_their_twins_for_large_shapes()
    {
        var random = new Random(4);
        foreach (var shape in Shapes)
        {
            for (var trial = 0; trial < 8; trial++)
            {
                CheckProduct(random, shape, trial);
            }
        }
    }

    [Fact]
    public void Threads_do_not_change_bits()
    {
        var random = new Random(5);
        foreach (var shape in Shapes)
        {
            for (var trial = 0; trial < 4; trial++)
            {
                var a = Layout.Random(random, shape, Layout.Kind.Factor);
                var b = Layout.Random(random, shape, Layout.Kind.Factor);
                var y = Layout.Random(random, shape, Layout.Kind.Result);
                var x = Samples.Uniform<T>(trial, a.Length, -1, 1);
                var z = Samples.Uniform<T>(trial + 1, b.Length, -1, 1);
                Samples.SameForAllThreads(() =>
                {
                    var result = new T[y.Length];
                    Strided.MultiplyAddTo<T>(shape, x, a.Strides, z, b.Strides, result, y.Strides, overwrite: true);
                    return result;
                });
                var read = Layout.Random(random, shape, Layout.Kind.Read);
                var source = Samples.Uniform<T>(trial, read.Length, -1, 1);
                Samples.SameForAllThreads(() =>
                {
                    var result = new T[Layout.Count(shape)];
                    Strided.CopyInto<T>(source, shape, read.Strides, read.Offset, result);
                    return result;
                });
                var overlapping = Layout.Random(random, shape, Layout.Kind.Accumulate);
                var terms = Samples.Uniform<T>(trial, Layout.Count(shape), -1, 1);
                Samples.SameForAllThreads(() =>
                {
                    var result = new T[overlapping.Length];
                    Strided.AddTo<T>(terms, shape, overlapping.Strides, overlapping.Offset, result);
                    return result;
                });
            }
        }
    }

    [Fact]
    public void A_copy_keeps_every_bit()
    {
        T[] x = [-T.Zero, T.NaN, T.NegativeInfinity, T.Epsilon];
        var y = new T[4];
        Strided.CopyInto<T>(x, [2, 2], [2, 1], 0, y);
        Samples.SameBits(x, y);
        Strided.CopyInto<T>(x, [], [], 0, y.AsSpan(0, 1));
        Samples.SameBits([x[0]], y[..1]);
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_000, 3)]
    [InlineData(1_000_000, 8)]
    [InlineData(250_000, 64)]
    public void Long_sums_keep_their_accuracy(int terms, int columns)
    {
        // Terms between 0.9 and 1.1, so that rounding errors of a running float32 sum would add up to 1e-3 or more.
        // Pairwise: at most 64 terms in a row, then 14 levels; measured 2 units, allowed 8 (1e-6 in float32).
        var x = Samples.Uniform<T>(1, terms * columns, 0.9, 1.1);
        var expected = StridedReference.AddTo(Samples.ToDouble(x), [terms, columns], [0, 1], 0, new double[columns]);

        var y = new T[columns];
        Strided.AddTo<T>(x, [terms, columns], [0, 1], 0, y);
        Samples.Close(expected, y, 8, "AddTo");
        T[] one = [T.One];
        Strided.MultiplyAddTo<T>([terms, columns], x, [columns, 1], one, [0, 0], y, [0, 1], overwrite: true);
        Samples.Close(expected, y, 8, "MultiplyAddTo");
    }

    [Fact]
    public void Empty_shapes_are_legal()
    {
        T[] y = [T.One, T.One];
        Strided.CopyInto<T>([], [3, 0, 2], [1, 1, 1], 0, []);
        Strided.AddTo<T>([], [0], [1], 0, y);
        Assert.Equal([T.One, T.One], y);
        Strided.MultiplyAddTo<T>([2, 0], [], [1, 1], [], [0, 0], y, [1, 0], overwrite: false);
        Assert.Equal([T.One, T.One], y);
        Strided.MultiplyAddTo<T>([2, 0], [], [1, 1], [], [0, 0], y, [1, 0], overwrite: true);
        Assert.Equal([T.Zero, T.Zero], y);
    }

    [Fact]
    public void Steps_that_lead_outside_are_refused()
    {
        Samples.Throws<ArgumentException>(
            () => Strided.CopyInto<T>(new T[12], [3, 4], [4, 2], 1, new T[12]),
            "CopyInto: shape [3, 4] with strides [4, 2] and offset 1 reaches from 1 to 15, expected 0 to 11",
            "x has 12 elements");
        Samples.Throws<ArgumentException>(
            () => Strided.AddTo<T>(new T[3], [3], [-1], 1, new T[3]), "AddTo", "from -1 to 1", "y has 3 elements");
        Samples.Throws<ArgumentException>(
            () => Strided.MultiplyAddTo<T>([2], new T[2], [1], new T[1], [1], new T[2], [1], true), "b has 1 elements");
        Samples.Throws<ArgumentException>(
            () => Strided.CopyInto<T>(new T[12], [3, 4], [4, 1], 0, new T[11]),
            "CopyInto", "y has 11 elements, expected 12");
        Samples.Throws<ArgumentException>(
            () => Strided.CopyInto<T>(new T[12], [3, 4], [4], 0, new T[12]),
            "CopyInto", "strides has 1 elements, expected 2");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Strided.CopyInto<T>(new T[1], new int[9], new int[9], 0, []),
            "CopyInto", "the rank is 9", "at most 8");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Strided.MultiplyAddTo<T>([-1], [], [1], [], [1], [], [1], true), "an axis of the shape is -1");
    }

    private static void CheckCopy(int[] shape, Layout layout, int seed)
    {
        var x = Samples.Uniform<T>(seed, layout.Length, -1, 1);
        var y = new T[Layout.Count(shape)];
        Array.Fill(y, T.NaN);
        Strided.CopyInto<T>(x, shape, layout.Strides, layout.Offset, y);
        var expected = StridedReference.Copy(Samples.ToDouble(x), shape, layout.Strides, layout.Offset);
        Samples.SameBits(Samples.From<T>(expected), y);
    }

    private static void CheckAdd(int[] shape, Layout layout, int seed)
    {
        var x = Samples.Uniform<T>(seed, Layout.Count(shape), -1, 1);
        var y = Samples.Uniform<T>(seed + 1, layout.Length, -1, 1);
        double[] dx = Samples.ToDouble(x), dy = Samples.ToDouble(y);
        var expected = StridedReference.AddTo(dx, shape, layout.Strides, layout.Offset, dy);
        var size = StridedReference.AddTo(Size(dx), shape, layout.Strides, layout.Offset, Size(dy));
        Strided.AddTo<T>(x, shape, layout.Strides, layout.Offset, y);
        Samples.Close(expected, y, Units, i => size[i], $"AddTo {layout.Describe(shape)}");
    }

    private static void CheckProduct(Random random, int[] shape, int seed)
    {
        var la = Layout.Random(random, shape, Layout.Kind.Factor);
        var lb = Layout.Random(random, shape, Layout.Kind.Factor);
        var overwrite = random.Next(2) == 0;
        var ly = Layout.Random(random, shape, overwrite ? Layout.Kind.Result : Layout.Kind.Factor);
        var a = Samples.Uniform<T>(seed, la.Length, -1, 1);
        var b = Samples.Uniform<T>(seed + 1, lb.Length, -1, 1);
        var y = Samples.Uniform<T>(seed + 2, ly.Length, -1, 1);
        double[] da = Samples.ToDouble(a), db = Samples.ToDouble(b);
        var start = overwrite ? new double[y.Length] : Samples.ToDouble(y);
        var expected = StridedReference.MultiplyAddTo(shape, da, la.Strides, db, lb.Strides, start, ly.Strides);
        var size = StridedReference.MultiplyAddTo(
            shape, Size(da), la.Strides, Size(db), lb.Strides, Size(start), ly.Strides);
        if (overwrite)
        {
            Array.Fill(y, T.NaN);
        }

        Strided.MultiplyAddTo<T>(shape, a, la.Strides, b, lb.Strides, y, ly.Strides, overwrite);
        var what = $"MultiplyAddTo a {la.Describe(shape)} b {lb.Describe(shape)} y {ly.Describe(shape)} {overwrite}";
        Samples.Close(expected, y, Units, i => size[i], what);
    }

    private static double[] Size(double[] x) => Array.ConvertAll(x, Math.Abs);

    // One rounding of a product and at most log₂(200 000) ≈ 18 levels of sums, each relative to the sum of all sizes.
    private const double Units = 20;
}
