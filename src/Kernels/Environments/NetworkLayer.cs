using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>One layer of a network as it is published: y = W x + b.</summary>
/// <param name="Inputs">The length of x.</param>
/// <param name="Outputs">The length of y.</param>
/// <param name="Weights">W by rows, [outputs, inputs].</param>
/// <param name="Biases">b, [outputs].</param>
public sealed record NetworkLayer(int Inputs, int Outputs, ReadOnlyMemory<float> Weights, ReadOnlyMemory<float> Biases);

/// <summary>
/// A matrix in panels as wide as the tile of the matrix product, rows of a panel together and filled up with zeros: no
/// product that reads it copies it.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal sealed unsafe class PanelMatrix<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T[] panels;

    /// <summary>Copies the matrix of the elements w[row of p · depthStep + column of j · columnStep].</summary>
    /// <param name="w">Elements.</param>
    /// <param name="depth">Its rows.</param>
    /// <param name="depthStep">From one row to the next.</param>
    /// <param name="rowOf">Which rows; null for all in order.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="columnStep">From one column to the next.</param>
    /// <param name="columnOf">Which columns; null for all in order.</param>
    public PanelMatrix(
        ReadOnlySpan<float> w, int depth, int depthStep, int[]? rowOf, int columns, int columnStep, int[]? columnOf)
    {
        (Depth, Columns) = (depth, columns);
        int width = PanelWidth;
        int count = (columns + width - 1) / width;
        panels = new T[(nint)count * depth * width];
        for (int panel = 0; panel < count; panel++)
        {
            int end = Math.Min(columns, (panel + 1) * width);
            for (int p = 0; p < depth; p++)
            {
                int at = ((panel * depth) + p) * width;
                int row = (rowOf is null ? p : rowOf[p]) * depthStep;
                for (int j = panel * width; j < end; j++)
                {
                    panels[at++] = T.CreateTruncating(w[row + ((columnOf is null ? j : columnOf[j]) * columnStep)]);
                }
            }
        }
    }

    /// <summary>Gets the columns of a panel.</summary>
    public static int PanelWidth { get; } = Lanes.Count<T>() * 2;

    /// <summary>Gets the number of rows.</summary>
    public int Depth { get; }

    /// <summary>Gets the number of columns.</summary>
    public int Columns { get; }

    /// <summary>Gets the columns of all panels.</summary>
    public int PaddedColumns => panels.Length / Math.Max(1, Depth);

    /// <summary>A number of columns as whole panels have it.</summary>
    public static int Padded(int columns) => (columns + PanelWidth - 1) / PanelWidth * PanelWidth;

    /// <summary>C (+)= A·B for this B: all columns of its panels are written.</summary>
    public void Multiply<V>(int rows, T* a, int rowA, T* c, int rowC, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        fixed (T* start = panels)
        {
            T* b = start;
            for (int j = 0; j < PaddedColumns; j += PanelWidth, b += Depth * PanelWidth)
            {
                Down<V>(rows, a, rowA, b, c + j, rowC, accumulate);
            }
        }
    }

    /// <summary>C (+)= D·Bᵀ for this B, whose columns are summed over: D [rows, all columns of the panels], C [rows,
    /// Depth] and zeros up to whole panels.</summary>
    public void MultiplyTransposed<V>(int rows, T* d, int rowD, T* c, int rowC, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        fixed (T* b = panels)
        {
            for (int i = 0; i < rows; i += 4, d += 4 * rowD, c += 4 * rowC)
            {
                int count = Math.Min(4, rows - i);
                for (int p = 0; p < Depth; p++)
                {
                    Dots<V>(count, d, rowD, b + ((nint)p * PanelWidth), c + p, rowC, accumulate);
                }

                for (int k = 0; k < count && !accumulate; k++)
                {
                    new Span<T>(c + ((nint)k * rowC) + Depth, rowC - Depth).Clear();
                }
            }
        }
    }

    // Products of up to four rows with one row of all panels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Dots<V>(int count, T* d, int rowD, T* b, T* c, int rowC, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        T* d1 = d + (count > 1 ? rowD : 0);
        T* d2 = d + (count > 2 ? 2 * rowD : 0);
        T* d3 = d + (count > 3 ? 3 * rowD : 0);
        (V s0, V s1, V s2, V s3) = (V.Zero, V.Zero, V.Zero, V.Zero);
        nint panel = (nint)Depth * PanelWidth;
        for (int j = 0; j < PaddedColumns; j += PanelWidth, b += panel)
        {
            V low = V.Load(in b[0]);
            V high = V.Load(in b[V.Count]);
            int h = j + V.Count;
            s0 = V.MultiplyAdd(high, V.Load(in d[h]), V.MultiplyAdd(low, V.Load(in d[j]), s0));
            s1 = V.MultiplyAdd(high, V.Load(in d1[h]), V.MultiplyAdd(low, V.Load(in d1[j]), s1));
            s2 = V.MultiplyAdd(high, V.Load(in d2[h]), V.MultiplyAdd(low, V.Load(in d2[j]), s2));
            s3 = V.MultiplyAdd(high, V.Load(in d3[h]), V.MultiplyAdd(low, V.Load(in d3[j]), s3));
        }

        c[0] = V.Sum(s0) + (accumulate ? c[0] : T.Zero);
        if (count > 1)
        {
            c[rowC] = V.Sum(s1) + (accumulate ? c[rowC] : T.Zero);
        }

        if (count > 2)
        {
            c[2 * rowC] = V.Sum(s2) + (accumulate ? c[2 * rowC] : T.Zero);
        }

        if (count > 3)
        {
            c[3 * rowC] = V.Sum(s3) + (accumulate ? c[3 * rowC] : T.Zero);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Down<V>(int rows, T* a, int rowA, T* b, T* c, int rowC, bool accumulate)
        where V : unmanaged, ILanes<V, T>
    {
        int most = GemmJob<T>.TileRows;
        int left = rows;
        // While a tile is computed, its share of the next panel comes from afar; behind the last panel nothing is read.
        byte* ahead = (byte*)(b + ((nint)Depth * PanelWidth));
        nint share = (nint)Depth * PanelWidth * sizeof(T) / Math.Max(1, rows / most);
        for (; left >= most; left -= most, a += most * rowA, c += most * rowC)
        {
            for (nint line = 0; line < share; line += 64)
            {
                Simd.Prefetch(ahead + line);
            }

            ahead += share;
            if (most == 8)
            {
                Rows<V, Tile.R8>(a, rowA, b, c, rowC, accumulate);
            }
            else
            {
                Rows<V, Tile.R6>(a, rowA, b, c, rowC, accumulate);
            }
        }

        switch (left)
        {
            case 1: Rows<V, Tile.R1>(a, rowA, b, c, rowC, accumulate); break;
            case 2: Rows<V, Tile.R2>(a, rowA, b, c, rowC, accumulate); break;
            case 3: Rows<V, Tile.R3>(a, rowA, b, c, rowC, accumulate); break;
            case 4: Rows<V, Tile.R4>(a, rowA, b, c, rowC, accumulate); break;
            case 5: Rows<V, Tile.R5>(a, rowA, b, c, rowC, accumulate); break;
            case 6: Rows<V, Tile.R6>(a, rowA, b, c, rowC, accumulate); break;
            case 7: Rows<V, Tile.R7>(a, rowA, b, c, rowC, accumulate); break;
        }
    }

    private void Rows<V, R>(T* a, int rowA, T* b, T* c, int rowC, bool accumulate)
        where V : unmanaged, ILanes<V, T>
        where R : struct, IRows =>
        GemmTile<V, T>.Multiply<R, Tile.TwoFull>(
            Depth, a, rowA, 1, b, PanelWidth, c, rowC, PanelWidth, accumulate);
}

/// <summary>How wide the registers are.</summary>
internal static class Lanes
{
    /// <summary>The lanes of the widest register.</summary>
    public static int Count<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var job = default(Job<T>);
        Simd.RunWidest<T, Job<T>>(ref job);
        return job.Count;
    }

    private struct Job<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Count;

        public void Run<V>()
            where V : unmanaged, ILanes<V, T> => Count = V.Count;
    }
}
