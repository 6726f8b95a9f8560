using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;

namespace Noether.Kernels;

/// <summary>
/// One call of the matrix product, its blocks and its packing. The depth is cut into blocks of <see cref="DepthBlock"/>;
/// B's rows of one block lie in cache, as they are where they are few, else copied into panels as wide as a tile
/// (K. Goto and R. van de Geijn, ACM TOMS 34 (2008) 12). A is read in place, its eight rows of a tile serving all panels.
/// </summary>
internal unsafe struct GemmJob<T> : ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public int Batch, M, N, K;

    // Element (i, p) of A is A[i·ARow + p·AStep], element (p, j) of B is B[p·BStep + j·BColumn].
    public T* A, B, C;
    public nint ARow, AStep, AStride, BStep, BColumn, BStride, CStride;
    public bool Accumulate;

    private const int DepthBlock = 256;
    private const int ColumnBlock = 512;
    private const int StackBytes = 1024;

    private int firstElement, elements, firstRow, rows, firstColumn, columns;

    public void Run()
    {
        (firstElement, elements, firstRow, rows, firstColumn, columns) = (0, Batch, 0, M, 0, N);
        Simd.RunWidest<T, GemmJob<T>>(ref this);
    }

    readonly void ILanesJob<T>.Run<V>()
    {
        if (N == 1 || M == 1)
        {
            Vectors<V>();
            return;
        }

        int depth = Math.Min(K, DepthBlock);
        bool packB = BColumn != 1 || (rows > 32 && (long)depth * N * sizeof(T) > 65536);
        int packed = packB ? depth * RoundUp(Math.Min(columns, ColumnBlock), 2 * V.Count) : 0;
        bool packA = ARow == 1 && columns > 4 * V.Count && (long)depth * AStep * sizeof(T) > 65536;
        packed += packA ? depth * 8 : 0;
        if (packed == 0)
        {
            Blocks<V>(null, null);
        }
        else if (packed * sizeof(T) <= StackBytes)
        {
            T* scratch = stackalloc T[StackBytes / sizeof(T)];
            Blocks<V>(packA ? scratch : null, packB ? scratch + (packA ? depth * 8 : 0) : null);
        }
        else
        {
            T[] rented = ArrayPool<T>.Shared.Rent(packed + (64 / sizeof(T)));
            fixed (T* start = rented)
            {
                T* scratch = (T*)(((nint)start + 63) & ~63);
                Blocks<V>(packA ? scratch : null, packB ? scratch + (packA ? depth * 8 : 0) : null);
            }

            ArrayPool<T>.Shared.Return(rented);
        }
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;

    private static int RowsOfTile<V>()
        where V : unmanaged, ILanes<V, T> =>
        V.Count * sizeof(T) == 64 || AdvSimd.IsSupported ? 8 : 6;

    private readonly void Vectors<V>()
        where V : unmanaged, ILanes<V, T>
    {
        for (int e = firstElement; e < firstElement + elements; e++)
        {
            T* a = A + (e * AStride);
            T* b = B + (e * BStride);
            T* c = C + (e * CStride);
            bool accumulate = Accumulate || (CStride == 0 && e > 0);
            if (N == 1)
            {
                T* first = a + (firstRow * ARow);
                if (ARow == 1)
                {
                    GemmVector<V, T>.Combine(K, rows, b, first, AStep, c + firstRow, accumulate);
                }
                else
                {
                    GemmVector<V, T>.Dots(K, rows, b, first, ARow, c + firstRow, accumulate);
                }
            }
            else
            {
                T* first = b + (firstColumn * BColumn);
                if (BColumn == 1)
                {
                    GemmVector<V, T>.Combine(K, columns, a, first, BStep, c + firstColumn, accumulate);
                }
                else
                {
                    GemmVector<V, T>.Dots(K, columns, a, first, BColumn, c + firstColumn, accumulate);
                }
            }
        }
    }

    private readonly void Blocks<V>(T* packedA, T* packedB)
        where V : unmanaged, ILanes<V, T>
    {
        for (int p = 0; p < K; p += DepthBlock)
        {
            int depth = Math.Min(DepthBlock, K - p);
            for (int j = firstColumn; j < firstColumn + columns; j += ColumnBlock)
            {
                int width = Math.Min(ColumnBlock, firstColumn + columns - j);
                for (int e = firstElement; e < firstElement + elements; e++)
                {
                    T* b = B + (e * BStride) + (p * BStep) + (j * BColumn);
                    if (packedB != null && (e == firstElement || BStride != 0))
                    {
                        PackB<V>(depth, width, b, packedB);
                    }

                    Rows<V>(
                        depth,
                        width,
                        A + (e * AStride) + (firstRow * ARow) + (p * AStep),
                        packedA,
                        packedB == null ? b : packedB,
                        packedB == null ? BStep : 2 * V.Count,
                        packedB == null ? 2 * V.Count : 2 * V.Count * depth,
                        C + (e * CStride) + ((nint)firstRow * N) + j,
                        Accumulate || p > 0 || (CStride == 0 && e > 0));
                }
            }
        }
    }

    private readonly void Rows<V>(
        int depth, int width, T* a, T* packedA, T* b, nint bStep, nint panel, T* c, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        int most = RowsOfTile<V>();
        int left = rows;
        while (left > 0)
        {
            // The last two tiles share what is left evenly: one row alone would not fill the multiplier.
            int count = left <= most ? left : left >= 2 * most ? most : (left + 1) / 2;
            T* first = a;
            nint row = ARow;
            nint step = AStep;
            if (packedA != null)
            {
                PackA(depth, count, a, packedA);
                first = packedA;
                row = 1;
                step = 8;
            }

            switch (count)
            {
                case 1: Across<V, R1>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 2: Across<V, R2>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 3: Across<V, R3>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 4: Across<V, R4>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 5: Across<V, R5>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 6: Across<V, R6>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                case 7: Across<V, R7>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
                default: Across<V, R8>(depth, width, first, row, step, b, bStep, panel, c, accumulate); break;
            }

            a += count * ARow;
            c += (nint)count * N;
            left -= count;
        }
    }

    private readonly void Across<V, R>(
        int depth, int width, T* a, nint row, nint step, T* b, nint bStep, nint panel, T* c, bool accumulate)
        where V : unmanaged, ILanes<V, T>
        where R : struct, IRows
    {
        int left = width;
        for (; left >= 2 * V.Count; left -= 2 * V.Count, b += panel, c += 2 * V.Count)
        {
            GemmTile<V, T>.Multiply<R, TwoFull>(depth, a, row, step, b, bStep, c, N, left, accumulate);
        }

        if (left > V.Count)
        {
            GemmTile<V, T>.Multiply<R, TwoPartial>(depth, a, row, step, b, bStep, c, N, left, accumulate);
        }
        else if (left == V.Count)
        {
            GemmTile<V, T>.Multiply<R, OneFull>(depth, a, row, step, b, bStep, c, N, left, accumulate);
        }
        else if (left > 0)
        {
            GemmTile<V, T>.Multiply<R, OnePartial>(depth, a, row, step, b, bStep, c, N, left, accumulate);
        }
    }

    private readonly void PackA(int depth, int count, T* a, T* packed)
    {
        for (int p = 0; p < depth; p++, a += AStep, packed += 8)
        {
            Unsafe.CopyBlockUnaligned(packed, a, (uint)(count * sizeof(T)));
        }
    }

    private readonly void PackB<V>(int depth, int width, T* b, T* packed)
        where V : unmanaged, ILanes<V, T>
    {
        int panel = 2 * V.Count;
        for (int left = width; left > 0; left -= panel, b += panel * BColumn, packed += panel * depth)
        {
            int count = Math.Min(left, panel);
            if (BColumn == 1)
            {
                CopyPanel<V>(depth, count, b, packed);
            }
            else
            {
                TransposePanel(depth, count, panel, b, packed);
            }
        }
    }

    private readonly void CopyPanel<V>(int depth, int count, T* b, T* packed)
        where V : unmanaged, ILanes<V, T>
    {
        if (count == 2 * V.Count)
        {
            for (int p = 0; p < depth; p++, b += BStep, packed += 2 * V.Count)
            {
                V.Store(V.Load(ref *b), ref *packed);
                V.Store(V.Load(ref b[V.Count]), ref packed[V.Count]);
            }

            return;
        }

        for (int p = 0; p < depth; p++, b += BStep, packed += 2 * V.Count)
        {
            new ReadOnlySpan<T>(b, count).CopyTo(new Span<T>(packed, count));
            new Span<T>(packed + count, (2 * V.Count) - count).Clear();
        }
    }

    private readonly void TransposePanel(int depth, int count, int panel, T* b, T* packed)
    {
        for (int j = 0; j < count; j++, b += BColumn)
        {
            T* destination = packed + j;
            for (int p = 0; p < depth; p++, destination += panel)
            {
                *destination = b[p];
            }
        }

        for (int p = 0; count < panel && p < depth; p++)
        {
            new Span<T>(packed + (p * panel) + count, panel - count).Clear();
        }
    }

    private readonly struct R1 : IRows { public static int Count => 1; }

    private readonly struct R2 : IRows { public static int Count => 2; }

    private readonly struct R3 : IRows { public static int Count => 3; }

    private readonly struct R4 : IRows { public static int Count => 4; }

    private readonly struct R5 : IRows { public static int Count => 5; }

    private readonly struct R6 : IRows { public static int Count => 6; }

    private readonly struct R7 : IRows { public static int Count => 7; }

    private readonly struct R8 : IRows { public static int Count => 8; }

    private readonly struct TwoFull : IColumns
    {
        public static bool Two => true;

        public static bool Partial => false;
    }

    private readonly struct TwoPartial : IColumns
    {
        public static bool Two => true;

        public static bool Partial => true;
    }

    private readonly struct OneFull : IColumns
    {
        public static bool Two => false;

        public static bool Partial => false;
    }

    private readonly struct OnePartial : IColumns
    {
        public static bool Two => false;

        public static bool Partial => true;
    }
}
