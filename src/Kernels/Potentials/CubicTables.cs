using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Functions as cubic polynomials between knots at equal distances from 0, with straight lines before the first and behind
/// the last one. A table has a row of four ascending coefficients for each interval, of (x − origin)/step, the lines being
/// the first row and the last.
/// </summary>
/// <param name="coefficients">The tables one after the other, [t, n + 1, 4].</param>
/// <param name="knots">The number of knots of each, n.</param>
/// <param name="step">Their distance.</param>
internal readonly unsafe struct CubicTables(double* coefficients, int knots, double step)
{
    private readonly double* coefficients = coefficients;
    private readonly int last = knots - 1;
    private readonly double step = step;
    private readonly double inverse = 1 / step;
    private readonly double end = (knots - 1) * step;

    /// <summary>A function's value, and its slope.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Value(int table, double x, out double slope)
    {
        int row = Row(x);
        double p = (x - (Math.Max(row - 1, 0) * step)) * inverse;
        double* c = coefficients + (4 * (((nint)table * (last + 2)) + row));
        slope = (c[1] + (p * ((2 * c[2]) + (3 * p * c[3])))) * inverse;
        return c[0] + (p * (c[1] + (p * (c[2] + (p * c[3])))));
    }

    /// <summary>Rows from the beginning of one table to that of the next.</summary>
    public int Stride => last + 2;

    /// <summary>The rows of numbers in the first table, and where between their knots the numbers are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Locate<V>(double* x, int* rows, double* origins)
        where V : unmanaged, ILanes<V, double>
    {
        for (int lane = 0; lane < V.Count; lane++)
        {
            int row = Row(x[lane]);
            rows[lane] = row;
            origins[lane] = Math.Max(row - 1, 0) * step;
        }

        return (V.Load(in x[0]) - V.Load(in origins[0])) * V.Broadcast(inverse);
    }

    /// <summary>Values and slopes of functions in these rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Values<V>(int* rows, V p, out V slope)
        where V : unmanaged, ILanes<V, double>
    {
        NearPoints.Load(coefficients, rows, out V a, out V b, out V c, out V d);
        V curved = V.MultiplyAdd(V.Broadcast(3) * d, p, c + c);
        slope = V.MultiplyAdd(curved, p, b) * V.Broadcast(inverse);
        return V.MultiplyAdd(V.MultiplyAdd(V.MultiplyAdd(d, p, c), p, b), p, a);
    }

    // Not a number lies before the first knot and is its own value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Row(double x) => !(x >= 0) ? 0 : x > end ? last + 1 : 1 + Math.Min(last - 1, (int)(x * inverse));
}
