using System.Numerics;

namespace Noether.Kernels;

/// <summary>Several polynomials of one number each: <c>y[r, c] = Σ_p a[c, p] x[r]^p</c>.</summary>
public static unsafe class PolynomialRows
{
    private const int MaxColumns = 16;
    private const int BlockRows = 512;

    /// <summary>The polynomials at numbers, one row for each, by Horner's rule.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="coefficients">The coefficients, polynomial × ascending power.</param>
    /// <param name="columns">The number of polynomials, 1 to 16.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="y">The result, numbers × polynomials.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RowsInto<T>(ReadOnlySpan<double> coefficients, int columns, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Start(coefficients, columns, x, y, [], false);

    /// <summary>The polynomials and their derivatives at numbers, in one pass.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="coefficients">The coefficients, polynomial × ascending power.</param>
    /// <param name="columns">The number of polynomials, 1 to 16.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="y">The result, numbers × polynomials.</param>
    /// <param name="slopes">The derivatives, numbers × polynomials.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RowsInto<T>(
        ReadOnlySpan<double> coefficients, int columns, ReadOnlySpan<T> x, Span<T> y, Span<T> slopes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Start(coefficients, columns, x, y, slopes, true);

    private static void Start<T>(
        ReadOnlySpan<double> coefficients, int columns, ReadOnlySpan<T> x, Span<T> y, Span<T> slopes, bool both)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int terms = Guard.RowCount(coefficients.Length, columns, nameof(coefficients), nameof(RowsInto));
        Guard.AtMost(columns, MaxColumns, nameof(columns), nameof(RowsInto));
        Guard.AtMost(terms, MaxColumns, nameof(terms), nameof(RowsInto));
        Guard.Length(y.Length, (long)x.Length * columns, nameof(y), nameof(RowsInto));
        Guard.Length(slopes.Length, both ? y.Length : 0, nameof(slopes), nameof(RowsInto));
        T* table = stackalloc T[MaxColumns * MaxColumns];
        new Span<T>(table, MaxColumns * MaxColumns).Clear();
        for (int p = 0; p < terms; p++)
        {
            for (int c = 0; c < columns; c++)
            {
                table[(p * MaxColumns) + c] = T.CreateTruncating(coefficients[(c * terms) + p]);
            }
        }

        fixed (T* px = x, py = y, pz = slopes)
        {
            var pass = new Pass<T>
            {
                Table = table,
                Columns = columns,
                Terms = terms,
                X = px,
                Count = x.Length,
                Y = py,
                Slopes = both ? pz : null,
            };
            Simd.RunWidest<T, Pass<T>>(ref pass);
        }
    }

    private struct Pass<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public T* Table, X, Y, Slopes;
        public int Columns, Terms, Count;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T> =>
            Workers.Run((Count + BlockRows - 1) / BlockRows, new Part<V, T> { Pass = this });
    }

    private struct Part<V, T> : IJob
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public Pass<T> Pass;

        public readonly void Run(int block)
        {
            int end = Math.Min(Pass.Count, (block + 1) * BlockRows);
            for (int c = 0; c < Pass.Columns; c += V.Count)
            {
                V mask = V.Mask(Pass.Columns - c);
                for (int r = block * BlockRows; r < end; r++)
                {
                    V x = V.Broadcast(Pass.X[r]);
                    T* a = Pass.Table + ((Pass.Terms - 1) * MaxColumns) + c;
                    V value = Pass.Terms == 0 ? V.Zero : V.Load(ref *a);
                    V slope = V.Zero;
                    for (int p = Pass.Terms - 2; p >= 0; p--)
                    {
                        a -= MaxColumns;
                        slope = V.MultiplyAdd(slope, x, value);
                        value = V.MultiplyAdd(value, x, V.Load(ref *a));
                    }

                    nint place = ((nint)r * Pass.Columns) + c;
                    V.StoreMasked(value, Pass.Y + place, mask);
                    if (Pass.Slopes != null)
                    {
                        V.StoreMasked(slope, Pass.Slopes + place, mask);
                    }
                }
            }
        }
    }
}
