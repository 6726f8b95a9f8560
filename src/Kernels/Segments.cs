using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>How the rows of a segment become one row.</summary>
internal interface IRowFold<T>
    where T : unmanaged
{
    /// <summary>The value of a segment without rows.</summary>
    static abstract T Empty { get; }

    static abstract T Fold(T a, T b);

    static abstract Vector<T> Fold(Vector<T> a, Vector<T> b);
}

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
    private const int Group = 64;

    public static void Run<TFold>(ReadOnlySpan<T> x, int width, ReadOnlySpan<int> index, Span<T> y, string operation)
        where TFold : struct, IRowFold<T>
    {
        var rows = Guard.RowCount(y.Length, width, nameof(y), operation);
        Guard.Length(x.Length, (long)index.Length * width, nameof(x), operation);
        var sorted = Rows.IsSorted(index);
        Rows.CheckIndex(sorted && index.Length > 1 ? [index[0], index[^1]] : index, rows, operation);
        fixed (T* px = x, py = y)
        fixed (int* pi = index)
        {
            if (sorted)
            {
                Start(new Job<TFold>(px, width, pi, null, index.Length, py, rows), x.Length);
                return;
            }

            var order = ArrayPool<int>.Shared.Rent(index.Length);
            var ends = ArrayPool<int>.Shared.Rent(rows + 1);
            fixed (int* po = order, pe = ends)
            {
                SortByReceiver(pi, index.Length, po, pe, rows);
                Start(new Job<TFold>(px, width, pe, po, index.Length, py, rows), x.Length);
            }

            ArrayPool<int>.Shared.Return(ends);
            ArrayPool<int>.Shared.Return(order);
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

    // A stable counting sort: order lists the e of receiver 0, then of receiver 1, …; starts[r] is where r begins.
    private static void SortByReceiver(int* index, int count, int* order, int* starts, int rows)
    {
        new Span<int>(starts, rows + 1).Clear();
        for (var e = 0; e < count; e++)
        {
            starts[index[e] + 1]++;
        }

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

/// <summary>The sum of rows.</summary>
internal readonly struct SumRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.Zero;

    public static T Fold(T a, T b) => a + b;

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => a + b;
}

/// <summary>The larger elements of rows.</summary>
internal readonly struct MaxRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.NegativeInfinity;

    public static T Fold(T a, T b) => T.Max(a, b);

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => Vector.Max(a, b);
}

/// <summary>The smaller elements of rows.</summary>
internal readonly struct MinRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.PositiveInfinity;

    public static T Fold(T a, T b) => T.Min(a, b);

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => Vector.Min(a, b);
}
