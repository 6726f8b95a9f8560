using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>The number of rows of a tile, as a type: the JIT then drops what the tile does not have.</summary>
internal interface IRows
{
    /// <summary>Gets the number of rows, 1 to 8.</summary>
    static abstract int Count { get; }
}

/// <summary>The shape of a tile's columns, as a type.</summary>
internal interface IColumns
{
    /// <summary>Gets a value indicating whether the tile is two registers wide; otherwise one.</summary>
    static abstract bool Two { get; }

    /// <summary>Gets a value indicating whether the last register is filled in part.</summary>
    static abstract bool Partial { get; }
}

/// <summary>The shapes that occur.</summary>
internal static class Tile
{
    internal readonly struct R1 : IRows { public static int Count => 1; }

    internal readonly struct R2 : IRows { public static int Count => 2; }

    internal readonly struct R3 : IRows { public static int Count => 3; }

    internal readonly struct R4 : IRows { public static int Count => 4; }

    internal readonly struct R5 : IRows { public static int Count => 5; }

    internal readonly struct R6 : IRows { public static int Count => 6; }

    internal readonly struct R7 : IRows { public static int Count => 7; }

    internal readonly struct R8 : IRows { public static int Count => 8; }

    internal readonly struct TwoFull : IColumns
    {
        public static bool Two => true;

        public static bool Partial => false;
    }

    internal readonly struct TwoPartial : IColumns
    {
        public static bool Two => true;

        public static bool Partial => true;
    }

    internal readonly struct OneFull : IColumns
    {
        public static bool Two => false;

        public static bool Partial => false;
    }

    internal readonly struct OnePartial : IColumns
    {
        public static bool Two => false;

        public static bool Partial => true;
    }
}

/// <summary>
/// The register tile of the matrix product: up to eight rows by two registers of C stay in registers while the depth
/// runs, each element by one chain of multiply-adds in the order of the depth. An element's bits therefore do not
/// depend on the tile that it falls in.
/// <para>
/// The rows are written out one by one: the JIT keeps local variables in registers, but not the elements of an array or
/// a struct, so a loop over rows would go through memory at every step of the depth.
/// </para>
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal static unsafe class GemmTile<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// C (+)= A·B for one tile. Element (i, p) of A lies at <c>a[i·aRow + p·aStep]</c>, row p of B at
    /// <c>b[p·bStep]</c>, row i of C at <c>c[i·cRow]</c>; p runs over <c>depth</c>. <c>columns</c> counts those of the
    /// tile, for a last register that is partial. With <c>accumulate</c> the product is added to C, else it replaces C.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<R, W>(
        nint depth, T* a, nint aRow, nint aStep, T* b, nint bStep, T* c, nint cRow, int columns, bool accumulate)
        where R : struct, IRows
        where W : struct, IColumns
    {
        V mask = W.Partial ? V.Mask(W.Two ? columns - V.Count : columns) : V.Zero;
        V c00 = V.Zero, c10 = V.Zero, c20 = V.Zero, c30 = V.Zero;
        V c40 = V.Zero, c50 = V.Zero, c60 = V.Zero, c70 = V.Zero;
        V c01 = V.Zero, c11 = V.Zero, c21 = V.Zero, c31 = V.Zero;
        V c41 = V.Zero, c51 = V.Zero, c61 = V.Zero, c71 = V.Zero;

        if (depth >= 32)
        {
            // C is needed last: by then its lines have come.
            for (int i = 0; i < R.Count; i++)
            {
                Simd.Prefetch(c + (i * cRow));
                if (W.Two)
                {
                    Simd.Prefetch(c + (i * cRow) + V.Count);
                }
            }
        }

        // Three row pointers and two strides address eight rows without a multiplication.
        nint two = 2 * aRow;
        T* a3 = a + aRow + two;
        T* a6 = a3 + aRow + two;
        for (; depth > 0; depth--)
        {
            V b0 = W.Two || !W.Partial ? V.Load(ref *b) : V.LoadMasked(b, mask);
            V b1 = V.Zero;
            if (W.Two)
            {
                b1 = W.Partial ? V.LoadMasked(b + V.Count, mask) : V.Load(ref b[V.Count]);
            }

            V x = V.Broadcast(*a);
            c00 = V.MultiplyAdd(x, b0, c00);
            if (W.Two)
            {
                c01 = V.MultiplyAdd(x, b1, c01);
            }

            if (R.Count > 1)
            {
                x = V.Broadcast(a[aRow]);
                c10 = V.MultiplyAdd(x, b0, c10);
                if (W.Two)
                {
                    c11 = V.MultiplyAdd(x, b1, c11);
                }
            }

            if (R.Count > 2)
            {
                x = V.Broadcast(a[two]);
                c20 = V.MultiplyAdd(x, b0, c20);
                if (W.Two)
                {
                    c21 = V.MultiplyAdd(x, b1, c21);
                }
            }

            if (R.Count > 3)
            {
                x = V.Broadcast(*a3);
                c30 = V.MultiplyAdd(x, b0, c30);
                if (W.Two)
                {
                    c31 = V.MultiplyAdd(x, b1, c31);
                }
            }

            if (R.Count > 4)
            {
                x = V.Broadcast(a3[aRow]);
                c40 = V.MultiplyAdd(x, b0, c40);
                if (W.Two)
                {
                    c41 = V.MultiplyAdd(x, b1, c41);
                }
            }

            if (R.Count > 5)
            {
                x = V.Broadcast(a3[two]);
                c50 = V.MultiplyAdd(x, b0, c50);
                if (W.Two)
                {
                    c51 = V.MultiplyAdd(x, b1, c51);
                }
            }

            if (R.Count > 6)
            {
                x = V.Broadcast(*a6);
                c60 = V.MultiplyAdd(x, b0, c60);
                if (W.Two)
                {
                    c61 = V.MultiplyAdd(x, b1, c61);
                }
            }

            if (R.Count > 7)
            {
                x = V.Broadcast(a6[aRow]);
                c70 = V.MultiplyAdd(x, b0, c70);
                if (W.Two)
                {
                    c71 = V.MultiplyAdd(x, b1, c71);
                }
            }

            a += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }

        Put<W>(c00, c01, c, mask, accumulate);

        if (R.Count > 1)
        {
            Put<W>(c10, c11, c + (1 * cRow), mask, accumulate);
        }

        if (R.Count > 2)
        {
            Put<W>(c20, c21, c + (2 * cRow), mask, accumulate);
        }

        if (R.Count > 3)
        {
            Put<W>(c30, c31, c + (3 * cRow), mask, accumulate);
        }

        if (R.Count > 4)
        {
            Put<W>(c40, c41, c + (4 * cRow), mask, accumulate);
        }

        if (R.Count > 5)
        {
            Put<W>(c50, c51, c + (5 * cRow), mask, accumulate);
        }

        if (R.Count > 6)
        {
            Put<W>(c60, c61, c + (6 * cRow), mask, accumulate);
        }

        if (R.Count > 7)
        {
            Put<W>(c70, c71, c + (7 * cRow), mask, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<W>(V first, V second, T* c, V mask, bool accumulate)
        where W : struct, IColumns
    {
        if (W.Two)
        {
            V.Store(accumulate ? V.Load(ref *c) + first : first, ref *c);
            PutLast<W>(second, c + V.Count, mask, accumulate);
        }
        else
        {
            PutLast<W>(first, c, mask, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutLast<W>(V value, T* c, V mask, bool accumulate)
        where W : struct, IColumns
    {
        if (W.Partial)
        {
            V.StoreMasked(accumulate ? V.LoadMasked(c, mask) + value : value, c, mask);
        }
        else
        {
            V.Store(accumulate ? V.Load(ref *c) + value : value, ref *c);
        }
    }
}
