using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class RowsDoubleTests : RowsTests<double>;

public sealed class RowsSingleTests : RowsTests<float>;

public abstract class RowsTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly int[] Widths = [1, 2, 3, 4, 5, 8, 16, 19, 33, 67, 131];

    private delegate void Segment(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y);

    /// <summary>Numbers of indices and of rows: some rows empty, some long, some cases parallel.</summary>
    public static TheoryData<int, int, bool> Cases()
    {
        var cases = new TheoryData<int, int, bool>();
        foreach (var sorted in (bool[])[false, true])
        {
            cases.Add(0, 5, sorted);
            cases.Add(1, 1, sorted);
            cases.Add(40, 60, sorted);
            cases.Add(300, 7, sorted);
            cases.Add(1500, 1, sorted);
            cases.Add(9000, 1000, sorted);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gather_is_its_twin(int count, int rows, bool sorted)
    {
        var index = Index(count, rows, sorted);
        foreach (var width in Widths)
        {
            var x = Samples.Uniform<T>(width, rows * width, -1, 1);
            var expected = RowsReference.Gather(Samples.ToDouble(x), width, index);
            Samples.SameForAllThreads(() =>
            {
                var y = new T[count * width];
                Rows.GatherInto<T>(x, width, index, y);
                Samples.SameBits(Samples.From<T>(expected), y);
                return y;
            });
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Segment_sum_is_its_twin(int count, int rows, bool sorted)
    {
        var index = Index(count, rows, sorted);
        foreach (var width in Widths)
        {
            var x = Samples.Uniform<T>(width, count * width, -1, 1);
            var dx = Samples.ToDouble(x);
            var expected = RowsReference.SegmentSum(dx, width, index, rows);
            var size = RowsReference.SegmentSum(Array.ConvertAll(dx, Math.Abs), width, index, rows);
            Samples.SameForAllThreads(() =>
            {
                var y = new T[rows * width];
                Array.Fill(y, T.NaN);
                Rows.SegmentSumInto<T>(x, width, index, y);

                // At most 128 additions in a row, errors of random sign.
                Samples.Close(expected, y, 20, i => size[i], "SegmentSum");
                return y;
            });
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Segment_extremes_are_their_twins(int count, int rows, bool sorted)
    {
        var index = Index(count, rows, sorted);
        foreach (var width in Widths)
        {
            var x = Samples.Uniform<T>(width, count * width, -1, 1);
            if (count > 20)
            {
                x[x.Length / 2] = T.NaN;
                x[3] = T.NegativeInfinity;
            }

            Exact(Rows.SegmentMaxInto, x, width, index, rows, double.NegativeInfinity, Math.Max);
            Exact(Rows.SegmentMinInto, x, width, index, rows, double.PositiveInfinity, Math.Min);
        }
    }

    [Fact]
    public void Row_dot_is_its_twin()
    {
        foreach (var width in Widths)
        {
            foreach (var rows in (int[])[0, 1, 7, 3000])
            {
                var a = Samples.Uniform<T>(width, rows * width, -1, 1);
                var b = Samples.Uniform<T>(width + 1, rows * width, -1, 1);
                var y = new T[rows];
                Rows.RowDotInto<T>(a, b, width, y);
                var expected = RowsReference.RowDot(Samples.ToDouble(a), Samples.ToDouble(b), width);

                // One rounding a product, and sums of at most 131 terms of size 1.
                Samples.Close(expected, y, 4, _ => width, "RowDot");
            }
        }
    }

    [Fact]
    public void A_long_segment_keeps_its_accuracy()
    {
        // As for long sums: a running float32 sum of a million terms near one would be wrong by 1e-3.
        const int count = 1_000_000;
        foreach (var width in (int[])[1, 3])
        {
            var x = Samples.Uniform<T>(1, count * width, 0.9, 1.1);
            var index = new int[count];
            Array.Fill(index, 1);
            var expected = RowsReference.SegmentSum(Samples.ToDouble(x), width, index, 2);
            var y = new T[2 * width];
            Rows.SegmentSumInto<T>(x, width, index, y);
            Samples.Close(expected, y, 8, "SegmentSum");
        }
    }

    [Fact]
    public void Sorted_is_never_decreasing()
    {
        foreach (var n in Samples.Lengths)
        {
            var index = Enumerable.Range(0, n).Select(i => i / 2).ToArray();
            Assert.True(Rows.IsSorted(index));
            for (var i = 1; i < n; i++)
            {
                var value = index[i];
                index[i] = index[i - 1] - 1;
                Assert.False(Rows.IsSorted(index));
                index[i] = value;
            }
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var y = new T[6];
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.GatherInto<T>(new T[8], 2, [0, 4, -1], y), "GatherInto", "index[1] is 4", "expected 0 to 3");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.GatherInto<T>([], 2, [0, 4, -1], y), "GatherInto", "index[0] is 0", "there are no rows");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.SegmentSumInto<T>(new T[6], 2, [0, -1, 2], y),
            "SegmentSumInto", "index[1] is -1", "expected 0 to 2");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.SegmentSumInto<T>(new T[6], 2, [0, 2, 3], y), "SegmentSumInto", "index[2] is 3");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.SegmentMaxInto<T>(new T[2], 2, [-7], y), "SegmentMaxInto", "index[0] is -7");
        Samples.Throws<ArgumentException>(
            () => Rows.GatherInto<T>(new T[7], 2, [0], y), "x has 7 elements, which is no whole number of rows of 2");
        Samples.Throws<ArgumentException>(
            () => Rows.GatherInto<T>(new T[8], 2, [0], y), "GatherInto", "y has 6 elements, expected 2");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Rows.RowDotInto<T>(new T[8], new T[8], 0, y), "RowDotInto", "width is 0", "at least 1");
    }

    private static int[] Index(int count, int rows, bool sorted)
    {
        // Half of the indices go to one row, and some rows stay empty.
        var random = new Random(count);
        var index = Enumerable.Range(0, count).Select(e => e % 2 == 0 ? rows / 2 : random.Next(rows)).ToArray();
        if (sorted)
        {
            Array.Sort(index);
        }

        return index;
    }

    private static void Exact(
        Segment kernel,
        T[] x,
        int width,
        int[] index,
        int rows,
        double empty,
        Func<double, double, double> fold)
    {
        var expected = RowsReference.SegmentFold(Samples.ToDouble(x), width, index, rows, empty, fold);
        Samples.SameForAllThreads(() =>
        {
            var y = new T[rows * width];
            kernel(x, width, index, y);
            Assert.Equal(Samples.From<T>(expected), y);
            return y;
        });
    }
}
