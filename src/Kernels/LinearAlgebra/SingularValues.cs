using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>
/// Singular values by one-sided Jacobi rotations (M. R. Hestenes, J. SIAM 6, 51 (1958)): small ones have the relative
/// accuracy that the matrix determines (J. Demmel and K. Veselić, SIAM J. Matrix Anal. Appl. 13, 1204 (1992)), down to
/// 2⁻⁵² of the norm of the matrix, where columns are the rounding of others.
/// </summary>
public static class SingularValues
{
    private const int MostSweeps = 60;

    /// <summary>
    /// A = U diag(s) Vᵀ for a matrix with at least as many rows as columns, given by its columns one after the other.
    /// Values descend.
    /// </summary>
    /// <param name="rows">Rows, m.</param>
    /// <param name="columns">Columns, n ≤ m.</param>
    /// <param name="a">The columns of A, [n, m]; afterwards those of U, zero where s is.</param>
    /// <param name="s">The singular values, n of them.</param>
    /// <param name="v">The columns of V, [n, n].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    /// <exception cref="ArithmeticException">A holds a NaN or an infinity.</exception>
    public static void Decompose(int rows, int columns, Span<double> a, Span<double> s, Span<double> v)
    {
        Guard.NotNegative(columns, nameof(columns));
        Guard.AtMost(columns, rows, nameof(columns));
        Guard.Length(a.Length, (long)rows * columns, nameof(a));
        Guard.Length(s.Length, columns, nameof(s));
        Guard.Length(v.Length, (long)columns * columns, nameof(v));
        v.Clear();
        for (int i = 0; i < columns; i++)
        {
            v[(i * columns) + i] = 1;
        }

        double norm = Math.ScaleB(TensorPrimitives.Norm<double>(a), -52);
        for (int sweep = 0; Sweep(rows, columns, a, v, norm * norm); sweep++)
        {
            if (sweep == MostSweeps)
            {
                throw new ArithmeticException($"SingularValues: no convergence after {MostSweeps} sweeps; NaN in it?");
            }
        }

        for (int i = 0; i < columns; i++)
        {
            var column = a.Slice(i * rows, rows);
            s[i] = Math.Sqrt(TensorPrimitives.Dot<double>(column, column));
            if (!double.IsFinite(s[i]))
            {
                throw new ArithmeticException("SingularValues: the matrix holds a number that is not finite.");
            }

            if (s[i] > 0)
            {
                foreach (ref double x in column)
                {
                    x /= s[i];
                }
            }
        }

        Sort(rows, columns, a, s, v);
    }

    /// <summary>Rotates each pair of columns until they are orthogonal; false when all were.</summary>
    private static bool Sweep(int rows, int columns, Span<double> a, Span<double> v, double least)
    {
        bool rotated = false;
        for (int p = 0; p < columns - 1; p++)
        {
            for (int q = p + 1; q < columns; q++)
            {
                var x = a.Slice(p * rows, rows);
                var y = a.Slice(q * rows, rows);
                double xx = TensorPrimitives.Dot<double>(x, x), yy = TensorPrimitives.Dot<double>(y, y);
                double xy = TensorPrimitives.Dot<double>(x, y);
                if (Math.Min(xx, yy) <= least || Math.Abs(xy) <= 1e-15 * Math.Sqrt(xx) * Math.Sqrt(yy))
                {
                    continue;
                }

                rotated = true;
                double zeta = (yy - xx) / (2 * xy);
                double t = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
                double c = 1 / Math.Sqrt(1 + (t * t));
                Rotate(x, y, c, c * t);
                Rotate(v.Slice(p * columns, columns), v.Slice(q * columns, columns), c, c * t);
            }
        }

        return rotated;
    }

    private static void Rotate(Span<double> x, Span<double> y, double c, double s)
    {
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = ((c * x[i]) - (s * y[i]), (s * x[i]) + (c * y[i]));
        }
    }

    private static void Sort(int rows, int columns, Span<double> a, Span<double> s, Span<double> v)
    {
        for (int i = 0; i < columns; i++)
        {
            int largest = i;
            for (int j = i + 1; j < columns; j++)
            {
                largest = s[j] > s[largest] ? j : largest;
            }

            if (largest != i)
            {
                (s[i], s[largest]) = (s[largest], s[i]);
                Swap(a, rows, i, largest);
                Swap(v, columns, i, largest);
            }
        }
    }

    private static void Swap(Span<double> x, int length, int i, int j)
    {
        for (int k = 0; k < length; k++)
        {
            (x[(i * length) + k], x[(j * length) + k]) = (x[(j * length) + k], x[(i * length) + k]);
        }
    }
}
