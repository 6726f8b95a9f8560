using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Many functions of one number at once, as cubic Hermite splines between knots at equal distances from 0, with their
/// derivatives. A knot has a row of the values and a row of the derivatives times the distance of knots.
/// </summary>
public static class HermiteRows
{
    /// <summary>Values and derivatives of all functions at numbers between the first knot and the last.</summary>
    /// <param name="table">The rows, knots × 2 × functions.</param>
    /// <param name="width">The number of functions, at least 1.</param>
    /// <param name="step">The distance of two knots.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="y">The values, numbers × functions.</param>
    /// <param name="dy">The derivatives, likewise.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or there are fewer than two knots.</exception>
    public static void Into(
        ReadOnlySpan<double> table,
        int width,
        double step,
        ReadOnlySpan<double> x,
        Span<double> y,
        Span<double> dy)
    {
        int knots = Guard.RowCount(table.Length, 2 * width, nameof(table));
        if (knots < 2)
        {
            throw new ArgumentException($"HermiteRows.Into: {knots} knots, expected two at least.", nameof(table));
        }

        Guard.Length(y.Length, (long)x.Length * width, nameof(y));
        Guard.Length(dy.Length, (long)x.Length * width, nameof(dy));
        double inverse = 1 / step;
        for (int r = 0; r < x.Length; r++)
        {
            double at = x[r] * inverse;
            int knot = Math.Clamp((int)at, 0, knots - 2);
            var rows = table.Slice(2 * knot * width, 4 * width);
            Row(rows, width, at - knot, inverse, y.Slice(r * width, width), dy.Slice(r * width, width));
        }
    }

    private static void Row(
        ReadOnlySpan<double> rows,
        int width,
        double t,
        double inverse,
        Span<double> y,
        Span<double> dy)
    {
        double s = 1 - t;
        double a = s * s * (1 + (2 * t)), b = s * s * t, c = t * t * (3 - (2 * t)), d = -t * t * s;
        double da = -6 * s * t * inverse, db = s * (1 - (3 * t)) * inverse, dd = t * ((3 * t) - 2) * inverse;
        int lanes = Vector<double>.Count, i = 0;
        ReadOnlySpan<double> v0 = rows[..width], d0 = rows.Slice(width, width);
        ReadOnlySpan<double> v1 = rows.Slice(2 * width, width), d1 = rows.Slice(3 * width, width);
        for (; i + lanes <= width; i += lanes)
        {
            Vector<double> p = new(v0[i..]), q = new(d0[i..]), u = new(v1[i..]), w = new(d1[i..]);
            ((p * a) + (q * b) + (u * c) + (w * d)).CopyTo(y[i..]);
            (((p - u) * da) + (q * db) + (w * dd)).CopyTo(dy[i..]);
        }

        for (; i < width; i++)
        {
            y[i] = (v0[i] * a) + (d0[i] * b) + (v1[i] * c) + (d1[i] * d);
            dy[i] = ((v0[i] - v1[i]) * da) + (d0[i] * db) + (d1[i] * dd);
        }
    }
}
