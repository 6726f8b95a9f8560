using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Runs a <see cref="Nest"/>: y (+)= a b over all its loops. The elements of y are cut into tiles, by their number only;
/// a tile belongs to one block of the job, so threads share no element of y. Sums over loops outside the innermost are
/// pairwise too: groups of <see cref="Group"/> rows are added directly, groups are joined in a tree.
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
    private readonly bool accumulate;
    private readonly bool unit;
    private readonly RowKind kind;
    private readonly RowKind contiguousKind;
    private readonly int innerTile;
    private readonly int innerTiles;
    private readonly int secondTile;
    private readonly int secondTiles;
    private readonly long tilesPerBlock;
    private readonly long tiles;
    private readonly int scratchRows;
    private Nest nest;

    /// <summary>
    /// The work of a nest. <paramref name="unit"/> says that b is one everywhere, so that products are copies.
    /// </summary>
    public Contraction(in Nest nest, T* a, T* b, T* y, bool accumulate, bool unit)
    {
        this.nest = nest;
        this.a = a;
        this.b = b;
        this.y = y;
        this.accumulate = accumulate;
        this.unit = unit;
        ref var inner = ref this.nest.Inner;
        if (inner.A == 0 && inner.B == 1)
        {
            this.a = b;
            this.b = a;
            Swap(ref inner);
            Swap(ref this.nest.Second);
            SwapAll(this.nest.Kept, this.nest.KeptCount);
            SwapAll(this.nest.Summed, this.nest.SummedCount);
        }

        kind = KindOf(inner, inner.Y is 0 or 1);
        contiguousKind = KindOf(inner, true);
        var summed = Math.Min(this.nest.SummedTotal, TileWork);
        if (this.nest.InnerSummed)
        {
            innerTile = inner.Length;
            secondTile = (int)Math.Clamp(TileWork / ((long)inner.Length * summed), 1, this.nest.Second.Length);
        }
        else if (this.nest.Vectorised)
        {
            innerTile = Math.Min(inner.Length, this.nest.SummedTotal > 1 ? SummedTile : TileWork);
            secondTile = Math.Clamp(TileWork / (innerTile * summed), 1, this.nest.Second.Length);
        }
        else
        {
            secondTile = Math.Min(this.nest.Second.Length, StridedTile);
            innerTile = Math.Min(inner.Length, Math.Max(StridedTile, StridedTile * StridedTile / secondTile));
        }

        innerTiles = this.nest.InnerSummed ? 1 : (inner.Length + innerTile - 1) / innerTile;
        secondTiles = (this.nest.Second.Length + secondTile - 1) / secondTile;
        tiles = (long)innerTiles * secondTiles;
        for (var i = 0; i < this.nest.KeptCount; i++)
        {
            tiles *= this.nest.Kept[i].Length;
        }

        tilesPerBlock = Math.Max(1, BlockWork / Math.Max(1, this.nest.Total / tiles));
        for (var rows = this.nest.SummedTotal; !this.nest.InnerSummed && rows > Group; rows = (rows + 1) / 2)
        {
            scratchRows++;
        }

        scratchRows += scratchRows > 0 ? 2 : 0;
    }

    private enum RowKind
    {
        /// <summary>a, b and y are contiguous.</summary>
        Full,

        /// <summary>a and y are contiguous, b is one number.</summary>
        Scaled,

        /// <summary>a and b are one number, y is contiguous.</summary>
        Constant,

        /// <summary>Anything else.</summary>
        General,
    }

    /// <summary>Does all the work; <paramref name="serial"/> when elements of y may be reached twice.</summary>
    public void Run(bool serial)
    {
        if (serial || nest.Total < Serial || tiles <= tilesPerBlock)
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

    private static void Swap(ref Axis axis) => (axis.A, axis.B) = (axis.B, axis.A);

    private static void SwapAll(Span<Axis> axes, int count)
    {
        foreach (ref var axis in axes[..count])
        {
            Swap(ref axis);
        }
    }

    private static RowKind KindOf(in Axis inner, bool contiguous) => (inner.A, inner.B) switch
    {
        (1, 1) when contiguous => RowKind.Full,
        (1, 0) when contiguous => RowKind.Scaled,
        (0, 0) when contiguous => RowKind.Constant,
        _ => RowKind.General,
    };

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
        for (var row = 0; row < rows; row++)
        {
            if (nest.SummedTotal <= Group)
            {
                Accumulate(pa, pb, py, n, 0, nest.SummedTotal, accumulate, kind, nest.Inner.Y);
            }
            else if (nest.Inner.Y == 1)
            {
                Join(pa, pb, py, n, 0, nest.SummedTotal, accumulate, scratch);
            }
            else
            {
                Join(pa, pb, scratch, n, 0, nest.SummedTotal, false, scratch + n);
                var one = T.One;
                Loops.Multiply(scratch, 1, &one, 0, py, nest.Inner.Y, n, accumulate);
            }

            Move(nest.Second, 1, ref pa, ref pb, ref py);
        }
    }

    // Adds the terms first … end−1 of the summed loops to a contiguous row, in a tree above groups.
    private void Join(T* pa, T* pb, T* py, int n, int first, int end, bool add, T* scratch)
    {
        if (end - first <= Group)
        {
            Accumulate(pa, pb, py, n, first, end, add, contiguousKind, 1);
            return;
        }

        var middle = first + Loops.Half(end - first, Group);
        Join(pa, pb, py, n, first, middle, add, scratch);
        Join(pa, pb, scratch, n, middle, end, false, scratch + n);
        Loops.Add(scratch, py, n);
    }

    // Adds the terms first … end−1 of the summed loops to a row, one after another.
    private void Accumulate(T* pa, T* pb, T* py, int n, int first, int end, bool add, RowKind rowKind, int yStep)
    {
        if (nest.SummedCount == 0)
        {
            Row(pa, pb, py, n, add, rowKind, yStep);
            return;
        }

        var walk = new Walk(nest, first);
        for (var term = first; term < end; term++)
        {
            Row(pa + walk.A, pb + walk.B, py, n, add || term > first, rowKind, yStep);
            walk.Step(nest);
        }
    }

    private void Row(T* pa, T* pb, T* py, int n, bool add, RowKind rowKind, int yStep)
    {
        switch (rowKind)
        {
            case RowKind.Full:
                Loops.Multiply(pa, pb, py, n, add);
                break;
            case RowKind.Scaled when unit && !add:
                Loops.Copy(pa, py, n);
                break;
            case RowKind.Scaled when unit:
                Loops.Add(pa, py, n);
                break;
            case RowKind.Scaled:
                Loops.Scale(pa, *pb, py, n, add);
                break;
            case RowKind.Constant:
                Loops.Fill(unit ? *pa : *pa * *pb, py, n, add);
                break;
            default:
                if (unit && !add)
                {
                    Loops.Copy(pa, nest.Inner.A, py, yStep, n);
                }
                else
                {
                    Loops.Multiply(pa, nest.Inner.A, pb, nest.Inner.B, py, yStep, n, add);
                }

                break;
        }
    }

    // The innermost loop is summed: one number for each element of y.
    private void SumRows(T* pa, T* pb, T* py, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var sum = nest.SummedCount == 0 ? SumRow(pa, pb) : SumTerms(pa, pb, 0, nest.SummedTotal);
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
            sum += SumRow(pa + walk.A, pb + walk.B);
            walk.Step(nest);
        }

        return sum;
    }

    private T SumRow(T* pa, T* pb)
    {
        var n = nest.Inner.Length;
        return kind switch
        {
            RowKind.Full => Loops.Dot(pa, pb, n),
            RowKind.Scaled => unit ? Loops.Sum(pa, n) : Loops.Sum(pa, n) * *pb,
            RowKind.Constant => T.CreateTruncating(n) * (unit ? *pa : *pa * *pb),
            _ => Loops.Dot(pa, nest.Inner.A, pb, nest.Inner.B, n),
        };
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
