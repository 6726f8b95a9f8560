using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Runs a <see cref="Nest"/>: y (+)= a b over all its loops. The elements of y are cut into tiles, by their number
/// only; a tile belongs to one block of the job, so threads share no element of y. Sums over loops outside the
/// innermost are pairwise too: groups of <see cref="Group"/> rows are added directly, groups are joined in a tree.
/// </summary>
internal unsafe struct Contraction<T> : IJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Fewer elements than this are done by the caller's thread.</summary>
    public const int Serial = 32768;

    private const int Group = 16;
    private const int BlockWork = 16384;
    private const int TileWork = 8192;
    private const int SummedTile = 512;
    private const int StridedTile = 32;

    private readonly T* a;
    private readonly T* b;
    private readonly T* y;
    private readonly bool unit;
    private readonly int innerTile;
    private readonly int innerTiles;
    private readonly int secondTile;
    private readonly int secondTiles;
    private readonly int scratchRows;
    private readonly long tilesPerBlock;
    private readonly long tiles;
    private bool accumulate;
    private Nest nest;

    /// <summary>
    /// The work of some axes. <paramref name="unit"/> says that b is one everywhere, so that products are copies.
    /// </summary>
    public Contraction(Span<Axis> axes, T* a, T* b, T* y, bool accumulate, bool unit)
    {
        Nest.Order(axes, out nest);
        this.a = a;
        this.b = b;
        this.y = y;
        this.accumulate = accumulate;
        this.unit = unit;
        var (inner, second) = (nest.Inner.Length, nest.Second.Length);
        var summed = Math.Min(nest.SummedTotal, TileWork);
        if (nest.InnerSummed)
        {
            innerTile = inner;
            secondTile = (int)Math.Clamp(TileWork / ((long)inner * summed), 1, second);
        }
        else if (nest.Vectorised)
        {
            innerTile = Math.Min(inner, summed > 1 ? SummedTile : TileWork);
            secondTile = Math.Clamp(TileWork / (innerTile * summed), 1, second);
        }
        else
        {
            secondTile = Math.Min(second, StridedTile);
            innerTile = Math.Min(inner, Math.Max(StridedTile, StridedTile * StridedTile / secondTile));
        }

        innerTiles = (inner + innerTile - 1) / innerTile;
        secondTiles = (second + secondTile - 1) / secondTile;
        tiles = (long)innerTiles * secondTiles;
        for (var i = 0; i < nest.KeptCount; i++)
        {
            tiles *= nest.Kept[i].Length;
        }

        tilesPerBlock = Math.Max(1, BlockWork / Math.Max(1, nest.Total / tiles));
        for (var rows = nest.SummedTotal; !nest.InnerSummed && rows > Group; rows = (rows + 1) / 2)
        {
            scratchRows++;
        }

        scratchRows += scratchRows > 0 ? 2 : 0;
    }

    /// <summary>
    /// Does all the work. Where elements of y can be reached by several indices that it keeps, they are added up,
    /// by one thread, after all of y has been cleared unless it is to be added to.
    /// </summary>
    public void Run(Span<T> all)
    {
        var overlaps = (!accumulate || nest.Total >= Serial) && nest.Overlaps();
        if (overlaps && !accumulate)
        {
            all.Clear();
            accumulate = true;
        }

        if (overlaps || nest.Total < Serial || tiles <= tilesPerBlock)
        {
            Run(0, tiles);
        }
        else
        {
            Workers.Run((int)((tiles + tilesPerBlock - 1) / tilesPerBlock), this);
        }
    }

    /// <inheritdoc/>
    public void Run(int block) => Run(block * tilesPerBlock, Math.Min((block + 1) * tilesPerBlock, tiles));

    private void Run(long first, long end)
    {
        if (scratchRows == 0)
        {
            RunTiles(first, end, null);
            return;
        }

        var scratch = ArrayPool<T>.Shared.Rent(scratchRows * innerTile);
        try
        {
            fixed (T* p = scratch)
            {
                RunTiles(first, end, p);
            }
        }
        finally
        {
            ArrayPool<T>.Shared.Return(scratch);
        }
    }

    private void RunTiles(long first, long end, T* scratch)
    {
        for (var tile = first; tile < end; tile++)
        {
            T* pa = a, pb = b, py = y;
            var rest = tile;
            var innerStart = 0;
            var secondStart = 0;
            if (tiles > 1)
            {
                (rest, var part) = Math.DivRem(rest, innerTiles);
                innerStart = (int)part * innerTile;
                (rest, part) = Math.DivRem(rest, secondTiles);
                secondStart = (int)part * secondTile;
                for (var i = nest.KeptCount - 1; i >= 0; i--)
                {
                    ref var axis = ref nest.Kept[i];
                    (rest, part) = Math.DivRem(rest, axis.Length);
                    Move(axis, (nint)part, ref pa, ref pb, ref py);
                }

                Move(nest.Second, secondStart, ref pa, ref pb, ref py);
            }

            var rows = Math.Min(secondTile, nest.Second.Length - secondStart);
            if (nest.InnerSummed)
            {
                SumRows(pa, pb, py, rows);
            }
            else
            {
                Move(nest.Inner, innerStart, ref pa, ref pb, ref py);
                KeepRows(pa, pb, py, rows, Math.Min(innerTile, nest.Inner.Length - innerStart), scratch);
            }
        }
    }

    private static void Move(in Axis axis, nint steps, ref T* pa, ref T* pb, ref T* py)
    {
        pa += steps * axis.A;
        pb += steps * axis.B;
        py += steps * axis.Y;
    }

    // The innermost loop is kept: rows of y.
    private void KeepRows(T* pa, T* pb, T* py, int rows, int n, T* scratch)
    {
        if (unit && nest.SummedCount == 0 && nest.Inner.Y == 1 && !nest.Vectorised)
        {
            Loops.Transpose(pa, nest.Inner.A, nest.Second.A, py, nest.Second.Y, n, rows, accumulate);
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            KeepRow(pa, pb, py, n, scratch);
            Move(nest.Second, 1, ref pa, ref pb, ref py);
        }
    }

    private void KeepRow(T* pa, T* pb, T* py, int n, T* scratch)
    {
        if (nest.SummedCount == 0)
        {
            Runs.Multiply(pa, pb, py, nest.Inner, n, accumulate, unit);
        }
        else if (nest.SummedTotal > Group)
        {
            var direct = nest.Inner.Y == 1;
            if (direct)
            {
                Join(pa, pb, py, n, 0, nest.SummedTotal, accumulate, scratch);
            }
            else
            {
                var one = T.One;
                Join(pa, pb, scratch, n, 0, nest.SummedTotal, false, scratch + n);
                Loops.Multiply(scratch, 1, &one, 0, py, nest.Inner.Y, n, accumulate);
            }
        }
        else if (nest.SummedCount == 1 && !nest.Vectorised)
        {
            Loops.Dots(pa, pb, py, nest.Inner, nest.Summed[0], n, accumulate);
        }
        else
        {
            Accumulate(pa, pb, py, nest.Inner, n, 0, nest.SummedTotal, accumulate);
        }
    }

    // Adds the terms first … end−1 of the summed loops to a contiguous row, in a tree above groups.
    private void Join(T* pa, T* pb, T* py, int n, int first, int end, bool add, T* scratch)
    {
        if (end - first <= Group)
        {
            var axis = nest.Inner;
            axis.Y = 1;
            Accumulate(pa, pb, py, axis, n, first, end, add);
            return;
        }

        var middle = first + Loops.Half(end - first, Group);
        Join(pa, pb, py, n, first, middle, add, scratch);
        Join(pa, pb, scratch, n, middle, end, false, scratch + n);
        Loops.Add(scratch, py, n);
    }

    // Adds the terms first … end−1 of the summed loops to a row, one after another.
    private void Accumulate(T* pa, T* pb, T* py, in Axis axis, int n, int first, int end, bool add)
    {
        var walk = new Walk(nest, first);
        for (var term = first; term < end; term++)
        {
            Runs.Multiply(pa + walk.A, pb + walk.B, py, axis, n, add || term > first, unit);
            walk.Step(nest);
        }
    }

    // The innermost loop is summed: one number for each element of y.
    private void SumRows(T* pa, T* pb, T* py, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var sum = nest.SummedCount == 0
                ? Runs.Sum(pa, pb, nest.Inner, unit)
                : SumTerms(pa, pb, 0, nest.SummedTotal);
            *py = accumulate ? *py + sum : sum;
            Move(nest.Second, 1, ref pa, ref pb, ref py);
        }
    }

    private T SumTerms(T* pa, T* pb, int first, int end)
    {
        if (end - first > Group)
        {
            var middle = first + Loops.Half(end - first, Group);
            return SumTerms(pa, pb, first, middle) + SumTerms(pa, pb, middle, end);
        }

        var walk = new Walk(nest, first);
        var sum = T.Zero;
        for (var term = first; term < end; term++)
        {
            sum += Runs.Sum(pa + walk.A, pb + walk.B, nest.Inner, unit);
            walk.Step(nest);
        }

        return sum;
    }

    // A place in the summed loops: the offsets of a and b there.
    private struct Walk
    {
        public nint A;
        public nint B;
        private fixed int index[Axes.Limit];

        public Walk(in Nest nest, int start)
        {
            A = 0;
            B = 0;
            var rest = start;
            for (var i = nest.SummedCount - 1; i >= 0; i--)
            {
                ref readonly var axis = ref nest.Summed[i];
                var at = 0;
                if (rest > 0)
                {
                    (rest, at) = Math.DivRem(rest, axis.Length);
                }

                index[i] = at;
                A += (nint)at * axis.A;
                B += (nint)at * axis.B;
            }
        }

        public void Step(in Nest nest)
        {
            for (var i = nest.SummedCount - 1; i >= 0; i--)
            {
                ref readonly var axis = ref nest.Summed[i];
                A += axis.A;
                B += axis.B;
                if (++index[i] < axis.Length)
                {
                    return;
                }

                index[i] = 0;
                A -= (nint)axis.Length * axis.A;
                B -= (nint)axis.Length * axis.B;
            }
        }
    }
}
