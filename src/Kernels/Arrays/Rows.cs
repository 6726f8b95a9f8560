using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>
/// Arrays as matrices with rows of <c>width</c> elements, read and summed by index. An index out of range throws
/// <see cref="ArgumentOutOfRangeException"/> with its position, its value and the range. From 32768 elements on, rows
/// of the result are computed in parallel; the bits do not depend on it.
/// </summary>
public static unsafe class Rows
{
    private const int Serial = 32768;
    private const int BlockWork = 16384;

    /// <summary>y[e] = x[index[e]], row by row.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The rows that are read.</param>
    /// <param name="width">The elements of a row, at least 1.</param>
    /// <param name="index">The row of x for each row of y.</param>
    /// <param name="y">The result, index.Length rows.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or an index is out of range.</exception>
    public static void GatherInto<T>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var rows = Guard.RowCount(x.Length, width, nameof(x));
        Guard.Length(y.Length, (long)index.Length * width, nameof(y));
        CheckIndex(index, rows, nameof(GatherInto));
        fixed (T* px = x, py = y)
        fixed (int* pi = index)
        {
            var job = new GatherJob<T>(px, width, pi, index.Length, py);
            if (y.Length < Serial)
            {
                job.Gather(0, index.Length);
            }
            else
            {
                Workers.Run(job.Blocks, job);
            }
        }
    }

    /// <summary>
    /// y[r] = Σ x[e] over the e with index[e] = r, in ascending e, pairwise above 128 rows; rows that no e names are
    /// zero. The indices may come in any order; sorted, they are streamed.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The rows that are summed, index.Length of them.</param>
    /// <param name="width">The elements of a row, at least 1.</param>
    /// <param name="index">The row of y for each row of x.</param>
    /// <param name="y">The result, which is overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or an index is out of range.</exception>
    public static void SegmentSumInto<T>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Segments<T>.Run<SumRows<T>>(x, width, index, y, nameof(SegmentSumInto));

    /// <summary>
    /// y[r] = the largest x[e] over the e with index[e] = r, column by column; −∞ for rows that no e names; NaN where
    /// one is.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The rows that are compared, index.Length of them.</param>
    /// <param name="width">The elements of a row, at least 1.</param>
    /// <param name="index">The row of y for each row of x.</param>
    /// <param name="y">The result, which is overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or an index is out of range.</exception>
    public static void SegmentMaxInto<T>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Segments<T>.Run<MaxRows<T>>(x, width, index, y, nameof(SegmentMaxInto));

    /// <summary>
    /// y[r] = the smallest x[e] over the e with index[e] = r, column by column; +∞ for rows that no e names; NaN where
    /// one is.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The rows that are compared, index.Length of them.</param>
    /// <param name="width">The elements of a row, at least 1.</param>
    /// <param name="index">The row of y for each row of x.</param>
    /// <param name="y">The result, which is overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or an index is out of range.</exception>
    public static void SegmentMinInto<T>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Segments<T>.Run<MinRows<T>>(x, width, index, y, nameof(SegmentMinInto));

    /// <summary>y[e] = Σ a[e, k] b[e, k] over the columns k, pairwise.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first rows.</param>
    /// <param name="b">The second rows, as many.</param>
    /// <param name="width">The elements of a row, at least 1.</param>
    /// <param name="y">The result, one element for each row.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RowDotInto<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int width, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var rows = Guard.RowCount(a.Length, width, nameof(a));
        Guard.Length(b.Length, a.Length, nameof(b));
        Guard.Length(y.Length, rows, nameof(y));
        ReadOnlySpan<int> contiguous = [width, 1];
        Strided.MultiplyAddTo([rows, width], a, contiguous, b, contiguous, y, [1, 0], overwrite: true);
    }

    /// <summary>Whether the indices never decrease.</summary>
    /// <param name="index">The indices; empty is sorted.</param>
    public static bool IsSorted(ReadOnlySpan<int> index)
    {
        fixed (int* p = index)
        {
            var i = 1;
            for (; i <= index.Length - Vector<int>.Count; i += Vector<int>.Count)
            {
                if (Vector.GreaterThanAny(Vector.Load(p + i - 1), Vector.Load(p + i)))
                {
                    return false;
                }
            }

            for (; i < index.Length; i++)
            {
                if (p[i - 1] > p[i])
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Throws for the first index that is not in 0 … rows − 1.</summary>
    internal static void CheckIndex(ReadOnlySpan<int> index, int rows, string operation)
    {
        if (index.Length == 0 || (TensorPrimitives.Min(index) >= 0 && TensorPrimitives.Max(index) < rows))
        {
            return;
        }

        for (var e = 0; e < index.Length; e++)
        {
            if ((uint)index[e] >= (uint)rows)
            {
                Guard.ThrowIndex(e, index[e], rows, nameof(index), operation);
            }
        }
    }

    private readonly struct GatherJob<T>(T* x, int width, int* index, int count, T* y) : IJob
        where T : unmanaged
    {
        private readonly int rowsPerBlock = Math.Max(1, BlockWork / width);

        public int Blocks => (int)(((long)count + rowsPerBlock - 1) / rowsPerBlock);

        public void Run(int block)
        {
            var first = block * rowsPerBlock;
            Gather(first, Math.Min(rowsPerBlock, count - first) + first);
        }

        public void Gather(int first, int end)
        {
            switch (width)
            {
                case 1:
                    for (var e = first; e < end; e++)
                    {
                        y[e] = x[index[e]];
                    }

                    break;
                case 3:
                    for (var e = first; e < end; e++)
                    {
                        var row = x + (3 * (nint)index[e]);
                        var target = y + (3 * (nint)e);
                        target[0] = row[0];
                        target[1] = row[1];
                        target[2] = row[2];
                    }

                    break;
                default:
                    for (var e = first; e < end; e++)
                    {
                        Loops.Copy(x + ((nint)index[e] * width), y + ((nint)e * width), width);
                    }

                    break;
            }
        }
    }
}
