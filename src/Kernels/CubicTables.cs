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
        // Not a number lies before the first knot and is its own value.
        int row = !(x >= 0) ? 0 : x > end ? last + 1 : 1 + Math.Min(last - 1, (int)(x * inverse));
        double p = (x - (Math.Max(row - 1, 0) * step)) * inverse;
        double* c = coefficients + (4 * (((nint)table * (last + 2)) + row));
        slope = (c[1] + (p * ((2 * c[2]) + (3 * p * c[3])))) * inverse;
        return c[0] + (p * (c[1] + (p * (c[2] + (p * c[3])))));
    }
}
