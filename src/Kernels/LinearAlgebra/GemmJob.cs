using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Noether.Kernels;

/// <summary>
/// One call of the matrix product, its blocks and its packing. The depth is cut into blocks of <see
/// cref="DepthBlock"/>; B's rows of one block lie in cache, as they are where they are few, else copied into panels as
/// wide as a tile (K. Goto and R. van de Geijn, ACM TOMS 34 (2008) 12). A is read in place, its eight rows of a tile
/// serving all panels.
/// </summary>
internal unsafe struct GemmJob<T> : ILanesJob<T>, IJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public int Batch, M, N, K;

    // Element (i, p) of A is A[i·ARow + p·AStep], (p, j) of B is B[p·BStep + j·BColumn], (i, j) of C is C[i·CRow + j].
    public T* A, B, C;
    public nint ARow, AStep, AStride, BStep, BColumn, BStride, CRow, CStride;
    public bool Accumulate;

    // Measured at 256³ to 1024³: a panel of B (32 kB) and a block of A stay near, C is passed over seldom.
    private const int ColumnBlock = 256;
    private const int RowBlock = 96;
    private const int StackBytes = 1024;

    // Up to this size a matrix is read where it lies; beyond, its rows are too far apart for the caches.
    private const int DirectBytes = 65536;

    // Multiply-adds up to which waking another thread costs more than it saves.
    private const double SerialWork = 1 << 20;
    private const int WantedBlocks = 64;

    // What this copy of the job does of the whole: a range of elements, rows and columns.
    private int firstElement, elements, firstRow, rows, firstColumn, columns;

    /// <summary>
    /// Does everything: alone if it is little, else in blocks of C. An element's bits do not depend on its block.
    /// </summary>
    public void Run()
    {
        (firstElement, elements, firstRow, rows, firstColumn, columns) = (0, Batch, 0, M, 0, N);
        if ((double)M * N * K * Batch <= SerialWork || Workers.Limit == 1)
        {
            Simd.RunWidest<T, GemmJob<T>>(ref this);
            return;
        }

        // Every block packs its part of B anew, so blocks of rows are tall where there are rows enough.
        int elementBlocks = CStride == 0 ? 1 : Math.Min(Batch, WantedBlocks);
        elements = CStride == 0 ? Batch : Divide(Batch, elementBlocks);
        int least = M < 2 * RowBlock ? 24 : RowBlock;
        rows = Math.Max(RoundUp(Divide(M, Divide(WantedBlocks, elementBlocks)), TileRows), least);
        columns = elementBlocks * Divide(M, rows) < 16 ? ColumnBlock : N;
        Workers.Run(Divide(Batch, elements) * Divide(M, rows) * Divide(N, columns), in this);
    }

    readonly void IJob.Run(int block)
    {
        (int rest, int column) = Math.DivRem(block, Divide(N, columns));
        (int element, int row) = Math.DivRem(rest, Divide(M, rows));
        GemmJob<T> part = this;
        part.firstElement = element * elements;
        part.elements = Math.Min(elements, Batch - part.firstElement);
        part.firstRow = row * rows;
        part.rows = Math.Min(rows, M - part.firstRow);
        part.firstColumn = column * columns;
        part.columns = Math.Min(columns, N - part.firstColumn);
        Simd.RunWidest<T, GemmJob<T>>(ref part);
    }

    readonly void ILanesJob<T>.Run<V>()
    {
        if (IsColumn || IsRow)
        {
            Vectors<V>();
            return;
        }

        int depth = Math.Min(K, DepthBlock);
        bool packA = ARow == 1 && columns > 4 * V.Count && (long)depth * AStep * sizeof(T) > DirectBytes;
        bool packB = BColumn != 1 || (rows > 32 && (long)depth * N * sizeof(T) > DirectBytes);
        int sizeA = packA ? depth * RoundUp(Math.Min(rows, RowBlock), TileRows) : 0;
        int sizeB = packB ? depth * RoundUp(Math.Min(columns, ColumnBlock), 2 * V.Count) : 0;
        int size = sizeA + sizeB;
        if (size == 0)
        {
            Blocks<V>(null, null);
        }
        else if (size * sizeof(T) <= StackBytes)
        {
            T* scratch = stackalloc T[StackBytes / sizeof(T)];
            Blocks<V>(packA ? scratch + sizeB : null, packB ? scratch : null);
        }
        else
        {
            T[] rented = ArrayPool<T>.Shared.Rent(size + (64 / sizeof(T)));
            fixed (T* start = rented)
            {
                T* scratch = (T*)(((nint)start + 63) & ~63);
                Blocks<V>(packA ? scratch + sizeB : null, packB ? scratch : null);
            }

            ArrayPool<T>.Shared.Return(rented);
        }
    }

    // Products of one column or one row whose vectors lie without gaps.
    private readonly bool IsColumn => N == 1 && CRow == 1 && BStep == 1;

    private readonly bool IsRow => M == 1 && AStep == 1;

    private static int DepthBlock => typeof(T) == typeof(float) ? 256 : 192;

    internal static int TileRows => Vector512.IsHardwareAccelerated || AdvSimd.IsSupported ? 8 : 6;

    private static int Divide(int value, int unit) => (int)(((long)value + unit - 1) / unit);

    private static int RoundUp(int value, int unit) => Divide(value, unit) * unit;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Vectors<V>()
        where V : unmanaged, ILanes<V, T>
    {
        for (int e = firstElement; e < firstElement + elements; e++)
        {
            T* a = A + (e * AStride);
            T* b = B + (e * BStride);
            T* c = C + (e * CStride);
            bool accumulate = Accumulate || (CStride == 0 && e > 0);
            if (IsColumn)
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                        C + (e * CStride) + (firstRow * CRow) + j,
                        Accumulate || p > 0 || (CStride == 0 && e > 0));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rows<V>(
        int depth, int width, T* a, T* packedA, T* b, nint bStep, nint panel, T* c, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        for (int left = rows; left > 0; left -= RowBlock, a += RowBlock * ARow, c += RowBlock * CRow)
        {
            int height = Math.Min(left, RowBlock);
            if (packedA != null)
            {
                PackA(depth, height, a, packedA);
                Across<V>(depth, height, width, packedA, 1, TileRows, TileRows * depth, b, bStep, panel, c, accumulate);
            }
            else
            {
                Across<V>(depth, height, width, a, ARow, AStep, TileRows * ARow, b, bStep, panel, c, accumulate);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Across<V>(
        int depth, int height, int width, T* a, nint row, nint step, nint tile, T* b, nint bStep, nint panel, T* c,
        bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        int left = width;
        for (; left >= 2 * V.Count; left -= 2 * V.Count, b += panel, c += 2 * V.Count)
        {
            Down<V, Tile.TwoFull>(depth, height, left, a, row, step, tile, b, bStep, c, accumulate);
        }

        if (left > V.Count)
        {
            Down<V, Tile.TwoPartial>(depth, height, left, a, row, step, tile, b, bStep, c, accumulate);
        }
        else if (left == V.Count)
        {
            Down<V, Tile.OneFull>(depth, height, left, a, row, step, tile, b, bStep, c, accumulate);
        }
        else if (left > 0)
        {
            Down<V, Tile.OnePartial>(depth, height, left, a, row, step, tile, b, bStep, c, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Down<V, W>(
        int depth, int height, int width, T* a, nint row, nint step, nint tile, T* b, nint bStep, T* c, bool accumulate)
        where V : unmanaged, ILanes<V, T>
        where W : struct, IColumns
    {
        int most = TileRows;
        int left = height;
        for (; left >= most; left -= most, a += tile, c += most * CRow)
        {
            if (most == 8)
            {
                GemmTile<V, T>.Multiply<Tile.R8, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate);
            }
            else
            {
                GemmTile<V, T>.Multiply<Tile.R6, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate);
            }
        }

        switch (left)
        {
            case 1: GemmTile<V, T>.Multiply<Tile.R1, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 2: GemmTile<V, T>.Multiply<Tile.R2, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 3: GemmTile<V, T>.Multiply<Tile.R3, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 4: GemmTile<V, T>.Multiply<Tile.R4, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 5: GemmTile<V, T>.Multiply<Tile.R5, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 6: GemmTile<V, T>.Multiply<Tile.R6, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
            case 7: GemmTile<V, T>.Multiply<Tile.R7, W>(depth, a, row, step, b, bStep, c, CRow, width, accumulate); break;
        }
    }

    // Panels of as many rows as a tile has, a step of the depth together. A is read along its rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PackA(int depth, int height, T* a, T* packed)
    {
        int whole = height - (height % TileRows);
        for (int p = 0; p < depth; p++, a += AStep, packed += TileRows)
        {
            T* destination = packed;
            int i = 0;
            for (; i < whole; i += TileRows, destination += TileRows * depth)
            {
                if (TileRows == 8)
                {
                    *(Eight*)destination = *(Eight*)(a + i);
                }
                else
                {
                    *(Six*)destination = *(Six*)(a + i);
                }
            }

            for (; i < height; i++, destination++)
            {
                *destination = a[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PackB<V>(int depth, int width, T* b, T* packed)
        where V : unmanaged, ILanes<V, T>
    {
        if (BColumn == 1)
        {
            // A few rows at a time: long runs of B are read, each page once.
            for (int p = 0; p < depth; p += 8)
            {
                CopyRows<V>(depth, Math.Min(8, depth - p), width, b + (p * BStep), packed + (p * 2 * V.Count));
            }

            return;
        }

        int panel = 2 * V.Count;
        for (int left = width; left > 0; left -= panel, b += panel * BColumn, packed += panel * depth)
        {
            TransposePanel(depth, Math.Min(left, panel), panel, b, packed);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void CopyRows<V>(int depth, int count, int width, T* b, T* packed)
        where V : unmanaged, ILanes<V, T>
    {
        int left = width;
        for (; left >= 2 * V.Count; left -= 2 * V.Count, b += 2 * V.Count, packed += 2 * V.Count * depth)
        {
            T* source = b;
            T* destination = packed;
            for (int p = 0; p < count; p++, source += BStep, destination += 2 * V.Count)
            {
                V.Store(V.Load(ref *source), ref *destination);
                V.Store(V.Load(ref source[V.Count]), ref destination[V.Count]);
            }
        }

        for (int p = 0; left > 0 && p < count; p++, b += BStep, packed += 2 * V.Count)
        {
            new ReadOnlySpan<T>(b, left).CopyTo(new Span<T>(packed, left));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    }

    [InlineArray(6)]
    private struct Six
    {
        private T first;
    }

    [InlineArray(8)]
    private struct Eight
    {
        private T first;
    }
}
