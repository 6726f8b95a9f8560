using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>
/// y[r] = the fold of the rows x[e] with index[e] = r, in ascending e. Indices that are not sorted are first
/// counted and sorted by receiver, keeping the order within each; then receivers are independent of each other.
/// </summary>
internal static unsafe class Segments<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Serial = 32768;
    private const int BlockWork = 16384;

    // Rows that are folded one after another; more are folded in a tree.
    private const int Group = 128;

    // Rows that are not worth the sorting of their indices.
    private const int ShortRow = 16;

    public static void Run<TFold>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y, string operation)
        where TFold : struct, IRowFold<T>
    {
        var rows = Guard.RowCount(y.Length, width, nameof(y), operation);
        Guard.Length(x.Length, (long)index.Length * width, nameof(x), operation);
        var sorted = Rows.IsSorted(index);
        if (!sorted || (index.Length > 0 && (index[0] < 0 || index[^1] >= rows)))
        {
            Rows.CheckIndex(index, rows, operation);
        }

        fixed (T* px = x, py = y)
        fixed (int* pi = index)
        {
            if (sorted)
            {
                Start(new Job<TFold>(px, width, pi, null, index.Length, py, rows), x.Length);
                return;
            }

            var starts = ArrayPool<int>.Shared.Rent(rows + 1);
            fixed (int* ps = starts)
            {
                if (Count(pi, index.Length, ps, rows) <= Group && width < ShortRow)
                {
                    Scatter<TFold>(px, width, index, y);
                }
                else
                {
                    var order = ArrayPool<int>.Shared.Rent(index.Length);
                    fixed (int* po = order)
                    {
                        SortByReceiver(pi, index.Length, po, ps, rows);
                        Start(new Job<TFold>(px, width, ps, po, index.Length, py, rows), x.Length);
                    }

                    ArrayPool<int>.Shared.Return(order);
                }
            }

            ArrayPool<int>.Shared.Return(starts);
        }
    }

    // Short rows of short segments: each goes straight to its receiver.
    private static void Scatter<TFold>(T* x, int width, ReadOnlySpan<int> index, Span<T> y)
        where TFold : struct, IRowFold<T>
    {
        y.Fill(TFold.Empty);
        fixed (T* py = y)
        {
            foreach (var receiver in index)
            {
                var target = py + ((nint)receiver * width);
                for (var column = 0; column < width; column++)
                {
                    target[column] = TFold.Fold(target[column], x[column]);
                }

                x += width;
            }
        }
    }

    private static void Start<TFold>(in Job<TFold> job, int work)
        where TFold : struct, IRowFold<T>
    {
        if (work < Serial)
        {
            job.Fold(0, job.Rows);
        }
        else
        {
            Workers.Run(job.Blocks, job);
        }
    }

    // starts[r + 1] = the number of e with index[e] = r; returns the largest.
    private static int Count(int* index, int count, int* starts, int rows)
    {
        new Span<int>(starts, rows + 1).Clear();
        for (var e = 0; e < count; e++)
        {
            starts[index[e] + 1]++;
        }

        return TensorPrimitives.Max(new ReadOnlySpan<int>(starts, rows + 1));
    }

    // A stable counting sort: order lists the e of receiver 0, then of receiver 1, …; starts[r] is where r begins.
    private static void SortByReceiver(int* index, int count, int* order, int* starts, int rows)
    {
        for (var r = 0; r < rows; r++)
        {
            starts[r + 1] += starts[r];
        }

        for (var e = 0; e < count; e++)
        {
            order[starts[index[e]]++] = e;
        }

        // Each start has moved to the start of the next receiver.
        for (var r = rows; r > 0; r--)
        {
            starts[r] = starts[r - 1];
        }

        starts[0] = 0;
    }

    /// <summary>
    /// Receivers cut into blocks of equal number. With an order, <c>index</c> holds the starts of the receivers in it;
    /// without, it is the sorted index.
    /// </summary>
    private readonly struct Job<TFold>(T* x, int width, int* index, int* order, int count, T* y, int rows) : IJob
        where TFold : struct, IRowFold<T>
    {
        // Work is counted in elements of x; the few of y, when there are many receivers, count too.
        private readonly int rowsPerBlock = (int)Math.Clamp(
            (long)BlockWork * rows / Math.Max(1, ((long)count + rows) * width),
            1,
            Math.Max(1, rows));

        public int Rows => rows;

        public int Blocks => (int)(((long)rows + rowsPerBlock - 1) / rowsPerBlock);

        public void Run(int block)
        {
            var first = block * rowsPerBlock;
            Fold(first, Math.Min(rowsPerBlock, rows - first) + first);
        }

        public void Fold(int first, int end)
        {
            var e = order != null ? index[first] : first == 0 ? 0 : FirstAtLeast(first);
            for (var r = first; r < end; r++)
            {
                var start = e;
                if (order != null)
                {
                    e = index[r + 1];
                }
                else
                {
                    while (e < count && index[e] == r)
                    {
                        e++;
                    }
                }

                var target = y + ((nint)r * width);
                if (e - start <= Group)
                {
                    Direct(start, e, target);
                }
                else
                {
                    Tree(start, e, target);
                }
            }
        }

        private int FirstAtLeast(int receiver)
        {
            int low = 0, high = count;
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                if (index[middle] < receiver)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        private T* Row(int e) => x + ((nint)(order == null ? e : order[e]) * width);

        private void Tree(int start, int end, T* target)
        {
            var levels = BitOperations.Log2((uint)(end - start)) + 1;
            var scratch = ArrayPool<T>.Shared.Rent(checked(levels * width));
            fixed (T* p = scratch)
            {
                Tree(start, end, target, p);
            }

            ArrayPool<T>.Shared.Return(scratch);
        }

        private void Tree(int start, int end, T* target, T* scratch)
        {
            if (end - start <= Group)
            {
                Direct(start, end, target);
                return;
            }

            var middle = start + Loops.Half(end - start, Group);
            Tree(start, middle, target, scratch);
            Tree(middle, end, scratch, scratch + width);
            var column = 0;
            for (; column <= width - Vector<T>.Count; column += Vector<T>.Count)
            {
                TFold.Fold(Vector.Load(target + column), Vector.Load(scratch + column)).Store(target + column);
            }

            for (; column < width; column++)
            {
                target[column] = TFold.Fold(target[column], scratch[column]);
            }
        }

        // Columns by four vectors, by one, by one element: each stays in registers over all rows and is stored once.
        private void Direct(int start, int end, T* target)
        {
            if (start == end)
            {
                new Span<T>(target, width).Fill(TFold.Empty);
                return;
            }

            var column = 0;
            for (; column <= width - (4 * Vector<T>.Count); column += 4 * Vector<T>.Count)
            {
                Four(start, end, target, column);
            }

            for (; column <= width - Vector<T>.Count; column += Vector<T>.Count)
            {
                var fold = Vector.Load(Row(start) + column);
                for (var e = start + 1; e < end; e++)
                {
                    fold = TFold.Fold(fold, Vector.Load(Row(e) + column));
                }

                fold.Store(target + column);
            }

            if (width == 1 && order == null)
            {
                *target = Contiguous(x + start, end - start);
                return;
            }

            for (; column <= width - 3; column += 3)
            {
                Three(start, end, target, column);
            }

            for (; column < width; column++)
            {
                var fold = Row(start)[column];
                for (var e = start + 1; e < end; e++)
                {
                    fold = TFold.Fold(fold, Row(e)[column]);
                }

                target[column] = fold;
            }
        }

        // Rows of one element that follow each other, in the lanes of a vector.
        private static T Contiguous(T* row, int n)
        {
            var fold = TFold.Empty;
            var i = 0;
            if (n >= 2 * Vector<T>.Count)
            {
                var lanes = Vector.Load(row);
                for (i = Vector<T>.Count; i <= n - Vector<T>.Count; i += Vector<T>.Count)
                {
                    lanes = TFold.Fold(lanes, Vector.Load(row + i));
                }

                for (var lane = 0; lane < Vector<T>.Count; lane++)
                {
                    fold = TFold.Fold(fold, lanes[lane]);
                }
            }

            for (; i < n; i++)
            {
                fold = TFold.Fold(fold, row[i]);
            }

            return fold;
        }

        private void Three(int start, int end, T* target, int column)
        {
            var row = Row(start) + column;
            var (f0, f1, f2) = (row[0], row[1], row[2]);
            for (var e = start + 1; e < end; e++)
            {
                row = Row(e) + column;
                f0 = TFold.Fold(f0, row[0]);
                f1 = TFold.Fold(f1, row[1]);
                f2 = TFold.Fold(f2, row[2]);
            }

            (target[column], target[column + 1], target[column + 2]) = (f0, f1, f2);
        }

        private void Four(int start, int end, T* target, int column)
        {
            var row = Row(start) + column;
            var f0 = Vector.Load(row);
            var f1 = Vector.Load(row + Vector<T>.Count);
            var f2 = Vector.Load(row + (2 * Vector<T>.Count));
            var f3 = Vector.Load(row + (3 * Vector<T>.Count));
            for (var e = start + 1; e < end; e++)
            {
                row = Row(e) + column;
                f0 = TFold.Fold(f0, Vector.Load(row));
                f1 = TFold.Fold(f1, Vector.Load(row + Vector<T>.Count));
                f2 = TFold.Fold(f2, Vector.Load(row + (2 * Vector<T>.Count)));
                f3 = TFold.Fold(f3, Vector.Load(row + (3 * Vector<T>.Count)));
            }

            f0.Store(target + column);
            f1.Store(target + column + Vector<T>.Count);
            f2.Store(target + column + (2 * Vector<T>.Count));
            f3.Store(target + column + (3 * Vector<T>.Count));
        }
    }
}
