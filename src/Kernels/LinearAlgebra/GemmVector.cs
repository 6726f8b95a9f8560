using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>Vector times matrix: products with one row or one column, which read the matrix once.</summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal static unsafe class GemmVector<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary><c>y_j (+)= Σ_p x_p b[p·stride + j]</c>: the matrix lies with its columns as neighbours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(int depth, int columns, T* x, T* b, nint stride, T* y, bool accumulate)
    {
        int j = 0;
        for (; j <= columns - (4 * V.Count); j += 4 * V.Count)
        {
            V y0 = V.Zero, y1 = V.Zero, y2 = V.Zero, y3 = V.Zero;
            T* row = b + j;
            for (int p = 0; p < depth; p++, row += stride)
            {
                V factor = V.Broadcast(x[p]);
                y0 = V.MultiplyAdd(factor, V.Load(ref *row), y0);
                y1 = V.MultiplyAdd(factor, V.Load(ref row[V.Count]), y1);
                y2 = V.MultiplyAdd(factor, V.Load(ref row[2 * V.Count]), y2);
                y3 = V.MultiplyAdd(factor, V.Load(ref row[3 * V.Count]), y3);
            }

            Put(y0, y + j, accumulate);
            Put(y1, y + j + V.Count, accumulate);
            Put(y2, y + j + (2 * V.Count), accumulate);
            Put(y3, y + j + (3 * V.Count), accumulate);
        }

        for (; j < columns; j += V.Count)
        {
            V mask = V.Mask(columns - j);
            V sum = V.Zero;
            T* row = b + j;
            for (int p = 0; p < depth; p++, row += stride)
            {
                sum = V.MultiplyAdd(V.Broadcast(x[p]), V.LoadMasked(row, mask), sum);
            }

            V.StoreMasked(accumulate ? V.LoadMasked(y + j, mask) + sum : sum, y + j, mask);
        }
    }

    /// <summary><c>y_j (+)= Σ_p x_p b[j·stride + p]</c>: the matrix lies with its sums as neighbours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(int depth, int columns, T* x, T* b, nint stride, T* y, bool accumulate)
    {
        int whole = depth - (depth % V.Count);
        V mask = V.Mask(depth - whole);
        int j = 0;
        for (; j <= columns - 4; j += 4)
        {
            V y0 = V.Zero, y1 = V.Zero, y2 = V.Zero, y3 = V.Zero;
            T* row0 = b + (j * stride);
            T* row1 = row0 + stride;
            T* row2 = row1 + stride;
            T* row3 = row2 + stride;
            for (int p = 0; p < whole; p += V.Count)
            {
                V factor = V.Load(ref x[p]);
                y0 = V.MultiplyAdd(factor, V.Load(ref row0[p]), y0);
                y1 = V.MultiplyAdd(factor, V.Load(ref row1[p]), y1);
                y2 = V.MultiplyAdd(factor, V.Load(ref row2[p]), y2);
                y3 = V.MultiplyAdd(factor, V.Load(ref row3[p]), y3);
            }

            if (whole < depth)
            {
                V factor = V.LoadMasked(x + whole, mask);
                y0 = V.MultiplyAdd(factor, V.LoadMasked(row0 + whole, mask), y0);
                y1 = V.MultiplyAdd(factor, V.LoadMasked(row1 + whole, mask), y1);
                y2 = V.MultiplyAdd(factor, V.LoadMasked(row2 + whole, mask), y2);
                y3 = V.MultiplyAdd(factor, V.LoadMasked(row3 + whole, mask), y3);
            }

            y[j] = accumulate ? y[j] + V.Sum(y0) : V.Sum(y0);
            y[j + 1] = accumulate ? y[j + 1] + V.Sum(y1) : V.Sum(y1);
            y[j + 2] = accumulate ? y[j + 2] + V.Sum(y2) : V.Sum(y2);
            y[j + 3] = accumulate ? y[j + 3] + V.Sum(y3) : V.Sum(y3);
        }

        for (; j < columns; j++)
        {
            V sum = V.Zero;
            T* row = b + (j * stride);
            for (int p = 0; p < whole; p += V.Count)
            {
                sum = V.MultiplyAdd(V.Load(ref x[p]), V.Load(ref row[p]), sum);
            }

            if (whole < depth)
            {
                sum = V.MultiplyAdd(V.LoadMasked(x + whole, mask), V.LoadMasked(row + whole, mask), sum);
            }

            y[j] = accumulate ? y[j] + V.Sum(sum) : V.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(V value, T* destination, bool accumulate) =>
        V.Store(accumulate ? V.Load(ref *destination) + value : value, ref *destination);
}
