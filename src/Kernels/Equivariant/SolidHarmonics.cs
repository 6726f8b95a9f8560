using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>
/// Real solid harmonics R_lm = r^l Y_lm, homogeneous polynomials of degree l in x, y, z.
/// <para>
/// Polar axis y, azimuth (z + i x)^m, so that degree 1 is √3 (x, y, z): the basis of e3nn. Within a degree m runs from
/// −l to l; negative m go with the imaginary part. Component normalisation: Σ_m R_lm² = (2l+1) r^2l.
/// </para>
/// <para>
/// R_lm = q_l^|m|(y, r²) · Re or Im (z + i x)^|m|, with the fully normalised Legendre recurrence
/// (S. A. Holmes, W. E. Featherstone, J. Geodesy 76, 279 (2002), eq. 11–13) made homogeneous:
/// q_m^m = q_{m−1}^{m−1} √((2m+1)/2m) (√3 for m = 1), and
/// q_l^m = √((4l²−1)/(l²−m²)) y q_{l−1}^m − √((2l+1)((l−1)²−m²)/((2l−3)(l²−m²))) r² q_{l−2}^m.
/// Every polynomial is evaluated without division, so the zero vector needs no care.
/// </para>
/// </summary>
public static class SolidHarmonics
{
    /// <summary>The highest degree that <see cref="EvaluateInto"/> knows.</summary>
    public const int MaxDegree = 24;

    /// <summary>Harmonics of degree 0 to <paramref name="lmax"/> of every vector, in one pass.</summary>
    /// <typeparam name="T">Element type, <see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="lmax">Highest degree, 0 to <see cref="MaxDegree"/>.</param>
    /// <param name="xyz">Vectors, n×3.</param>
    /// <param name="y">
    /// Harmonics, n×(lmax+1)², R_lm at column l² + l + m; overwritten. Must not overlap the vectors.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lmax"/> is negative or too high.</exception>
    /// <exception cref="ArgumentException">The lengths are not 3n and n(lmax+1)².</exception>
    public static void EvaluateInto<T>(int lmax, ReadOnlySpan<T> xyz, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lmax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lmax, MaxDegree);
        int columns = (lmax + 1) * (lmax + 1);
        int n = xyz.Length / 3;
        if (xyz.Length != 3 * n || y.Length != (long)n * columns)
        {
            throw new ArgumentException(
                $"SolidHarmonics.EvaluateInto: {xyz.Length} coordinates and {y.Length} results, "
                + $"expected 3n and {columns}n.");
        }

        int width = Vector<T>.Count;
        Span<T> tail = stackalloc T[3 * width];
        int row = 0;
        for (; row + width <= n; row += width)
        {
            Block(lmax, xyz.Slice(3 * row, 3 * width), y.Slice(row * columns, width * columns), width);
        }

        if (row < n)
        {
            tail.Clear();
            xyz[(3 * row)..].CopyTo(tail);
            Block(lmax, tail, y[(row * columns)..], n - row);
        }
    }

    /// <summary>
    /// One vector per lane: <paramref name="xyz"/> holds a full block, the first <paramref name="rows"/> of it are wanted.
    /// </summary>
    private static void Block<T>(int lmax, ReadOnlySpan<T> xyz, Span<T> y, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int width = Vector<T>.Count;
        Span<T> lanes = stackalloc T[3 * width];
        for (int i = 0; i < width; i++)
        {
            lanes[i] = xyz[3 * i];
            lanes[width + i] = xyz[(3 * i) + 1];
            lanes[(2 * width) + i] = xyz[(3 * i) + 2];
        }

        Vector<T> sine = new(lanes);
        Vector<T> axis = new(lanes[width..]);
        Vector<T> cosine = new(lanes[(2 * width)..]);
        Vector<T> square = (sine * sine) + (axis * axis) + (cosine * cosine);

        int columns = (lmax + 1) * (lmax + 1);
        ReadOnlySpan<T> factors = Coefficients<T>.Table;
        ref T destination = ref MemoryMarshal.GetReference(y);
        Vector<T> re = Vector<T>.One;
        Vector<T> im = Vector<T>.Zero;
        for (int m = 0; m <= lmax; m++)
        {
            int place = 2 * Coefficients<T>.Start(m);
            Vector<T> before = Vector<T>.Zero;
            Vector<T> q = Vector.Create(factors[place]);
            for (int l = m; ; place += 2)
            {
                int column = (l * l) + l;
                Scatter(q * re, ref Unsafe.Add(ref destination, column + m), columns, rows);
                if (m > 0)
                {
                    Scatter(q * im, ref Unsafe.Add(ref destination, column - m), columns, rows);
                }

                if (l++ == lmax)
                {
                    break;
                }

                Vector<T> next = (Vector.Create(factors[place + 2]) * axis * q)
                    - (Vector.Create(factors[place + 3]) * square * before);
                before = q;
                q = next;
            }

            Vector<T> turned = (cosine * re) - (sine * im);
            im = (cosine * im) + (sine * re);
            re = turned;
        }
    }

    /// <summary>One lane into each of the first <paramref name="rows"/> rows of a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter<T>(Vector<T> values, ref T column, int stride, int rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (rows == Vector<T>.Count)
        {
            for (int i = 0; i < Vector<T>.Count; i++)
            {
                Unsafe.Add(ref column, (nint)i * stride) = values[i];
            }
        }
        else
        {
            for (int i = 0; i < rows; i++)
            {
                Unsafe.Add(ref column, (nint)i * stride) = values[i];
            }
        }
    }

    /// <summary>
    /// The constants of the recurrence, order by order: for m, the pair (q_m^m, 0), then for each l from m+1 to
    /// <see cref="MaxDegree"/> the pair of factors of y and r². Computed in double precision and rounded once.
    /// </summary>
    private static class Coefficients<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private static readonly T[] Values = Build();

        public static ReadOnlySpan<T> Table => Values;

        /// <summary>The place, counted in pairs, at which order <paramref name="m"/> starts.</summary>
        public static int Start(int m) => (m * (MaxDegree + 1)) - (m * (m - 1) / 2);

        private static T[] Build()
        {
            T[] values = new T[2 * Start(MaxDegree + 1)];
            double diagonal = 1;
            for (int m = 0; m <= MaxDegree; m++)
            {
                // q_m^m is √2 times the square root of a ratio of products; √2 enters at m = 1 and stays.
                diagonal *= m == 0 ? 1 : m == 1 ? 3 : (2.0 * m + 1) / (2.0 * m);
                int place = 2 * Start(m);
                values[place] = T.CreateTruncating(Math.Sqrt(diagonal));
                for (int l = m + 1; l <= MaxDegree; l++)
                {
                    place += 2;
                    double below = ((double)l * l) - ((double)m * m);
                    double a = ((4.0 * l * l) - 1) / below;
                    double b = ((2.0 * l) + 1) * (((l - 1.0) * (l - 1)) - ((double)m * m)) / (((2.0 * l) - 3) * below);
                    values[place] = T.CreateTruncating(Math.Sqrt(a));
                    values[place + 1] = l == m + 1 ? T.Zero : T.CreateTruncating(Math.Sqrt(b));
                }
            }

            return values;
        }
    }
}
