using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Many functions of one number at once, as cubic B-splines on equal intervals from 0: two continuous derivatives, and
/// any derivative is a sum of four rows of the table. The table has three more rows than there are intervals; between
/// <c>i·step</c> and <c>(i+1)·step</c> the functions are <c>Σ_k B_k(t) table[i + k]</c>, k = 0 … 3, with t from 0 to 1
/// across the interval. Behind the last interval, and before the first, the polynomial goes on.
/// </summary>
public static class SplineRows
{
    private const int BlockRows = 32;

    // Numbers that are not worth a second thread.
    private const long Serial = 1 << 16;

    /// <summary>
    /// <c>y[r, c] = factors[r] · f_c⁽ᵏ⁾(x[r])</c>: derivatives of order k of all functions, a row for each number.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="table">The coefficients, (intervals + 3) × functions.</param>
    /// <param name="width">The number of functions.</param>
    /// <param name="step">The length of an interval.</param>
    /// <param name="order">Of the derivative, 0 or more; from 4 on it is zero.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="factors">A factor for each of them.</param>
    /// <param name="y">The result, numbers × functions, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RowsInto<T>(
        ReadOnlySpan<T> table,
        int width,
        double step,
        int order,
        ReadOnlySpan<T> x,
        ReadOnlySpan<T> factors,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(factors.Length, x.Length, nameof(factors), nameof(RowsInto));
        Guard.Length(y.Length, (long)x.Length * width, nameof(y), nameof(RowsInto));
        Start(table, width, step, order, x, factors, y, [], nameof(RowsInto));
    }

    /// <summary>
    /// <c>z[r] = Σ_c g[r, c] f_c⁽ᵏ⁾(x[r])</c>: what <see cref="RowsInto"/> is the transpose of.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="table">The coefficients, (intervals + 3) × functions.</param>
    /// <param name="width">The number of functions.</param>
    /// <param name="step">The length of an interval.</param>
    /// <param name="order">Of the derivative, 0 or more; from 4 on it is zero.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="g">A factor for each function at each number, numbers × functions.</param>
    /// <param name="z">The result, one for each number, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void DotsInto<T>(
        ReadOnlySpan<T> table,
        int width,
        double step,
        int order,
        ReadOnlySpan<T> x,
        ReadOnlySpan<T> g,
        Span<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(z.Length, x.Length, nameof(z), nameof(DotsInto));
        Guard.Length(g.Length, (long)x.Length * width, nameof(g), nameof(DotsInto));
        Start(table, width, step, order, x, g, [], z, nameof(DotsInto));
    }

    private static unsafe void Start<T>(
        ReadOnlySpan<T> table,
        int width,
        double step,
        int order,
        ReadOnlySpan<T> x,
        ReadOnlySpan<T> given,
        Span<T> y,
        Span<T> z,
        string operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.NotNegative(order, nameof(order), operation);
        int rows = Guard.RowCount(table.Length, width, nameof(table), operation);
        if (rows < 4)
        {
            throw new ArgumentException(
                $"{operation}: the table has {rows} rows, expected 4 or more: three, and one for each interval.",
                nameof(table));
        }

        if (x.IsEmpty)
        {
            return;
        }

        fixed (T* pt = table, px = x, pg = given, py = y, pz = z)
        {
            var pass = new Pass<T>
            {
                Table = pt,
                Width = width,
                Intervals = rows - 3,
                Step = step,
                Order = order,
                Count = x.Length,
                X = px,
                Given = pg,
                Y = py,
                Z = pz,
            };
            Simd.RunWidest<T, Pass<T>>(ref pass);
        }
    }

    private unsafe struct Pass<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public T* Table, X, Given, Y, Z;
        public double Step;
        public int Width, Intervals, Order, Count;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            var part = new Part<V, T> { Pass = this };
            int blocks = (Count + BlockRows - 1) / BlockRows;
            if ((long)Count * Width < Serial)
            {
                for (int block = 0; block < blocks; block++)
                {
                    part.Run(block);
                }
            }
            else
            {
                Workers.Run(blocks, part);
            }
        }

        /// <summary>The factors of the four rows from the returned one on.</summary>
        public readonly int Factors(double x, double* factors)
        {
            double place = x / Step;
            int i = Math.Clamp((int)place, 0, Intervals - 1);
            double t = place - i;
            double s = 1 - t;
            double unit = Math.Pow(Step, -Order);
            (factors[0], factors[1], factors[2], factors[3]) = Order switch
            {
                0 => (
                    s * s * s / 6,
                    ((((3 * t) - 6) * t * t) + 4) / 6,
                    ((((((-3 * t) + 3) * t) + 3) * t) + 1) / 6,
                    t * t * t / 6),
                1 => (
                    -0.5 * s * s * unit,
                    ((1.5 * t) - 2) * t * unit,
                    ((((-1.5 * t) + 1) * t) + 0.5) * unit,
                    0.5 * t * t * unit),
                2 => (s * unit, ((3 * t) - 2) * unit, (1 - (3 * t)) * unit, t * unit),
                3 => (-unit, 3 * unit, -3 * unit, unit),
                _ => (0, 0, 0, 0),
            };
            return i;
        }
    }

    private unsafe struct Part<V, T> : IJob
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public Pass<T> Pass;

        public readonly void Run(int block)
        {
            double* factors = stackalloc double[4];
            int last = Math.Min(Pass.Count, (block + 1) * BlockRows);
            for (int r = block * BlockRows; r < last; r++)
            {
                T* c = Pass.Table + ((nint)Pass.Factors(double.CreateTruncating(Pass.X[r]), factors) * Pass.Width);
                if (Pass.Z == null)
                {
                    double scale = double.CreateTruncating(Pass.Given[r]);
                    for (int k = 0; k < 4; k++)
                    {
                        factors[k] *= scale;
                    }

                    Row(c, factors, Pass.Y + ((nint)r * Pass.Width));
                }
                else
                {
                    Pass.Z[r] = Dot(c, factors, Pass.Given + ((nint)r * Pass.Width));
                }
            }
        }

        private readonly void Row(T* c, double* factors, T* y)
        {
            (V a, V b, V d, V e) = (At(factors, 0), At(factors, 1), At(factors, 2), At(factors, 3));
            int width = Pass.Width;
            T* c1 = c + width;
            T* c2 = c1 + width;
            T* c3 = c2 + width;
            int i = 0;
            for (; i + V.Count <= width; i += V.Count)
            {
                V sum = V.MultiplyAdd(b, V.Load(ref c1[i]), a * V.Load(ref c[i]));
                V.Store(sum + V.MultiplyAdd(e, V.Load(ref c3[i]), d * V.Load(ref c2[i])), ref y[i]);
            }

            if (i < width)
            {
                V mask = V.Mask(width - i);
                V sum = V.MultiplyAdd(b, V.LoadMasked(c1 + i, mask), a * V.LoadMasked(c + i, mask));
                sum += V.MultiplyAdd(e, V.LoadMasked(c3 + i, mask), d * V.LoadMasked(c2 + i, mask));
                V.StoreMasked(sum, y + i, mask);
            }
        }

        private readonly T Dot(T* c, double* factors, T* g)
        {
            (V a, V b, V d, V e) = (At(factors, 0), At(factors, 1), At(factors, 2), At(factors, 3));
            int width = Pass.Width;
            T* c1 = c + width;
            T* c2 = c1 + width;
            T* c3 = c2 + width;
            V total = V.Zero;
            int i = 0;
            for (; i + V.Count <= width; i += V.Count)
            {
                V sum = V.MultiplyAdd(b, V.Load(ref c1[i]), a * V.Load(ref c[i]));
                sum += V.MultiplyAdd(e, V.Load(ref c3[i]), d * V.Load(ref c2[i]));
                total = V.MultiplyAdd(sum, V.Load(ref g[i]), total);
            }

            if (i < width)
            {
                V mask = V.Mask(width - i);
                V sum = V.MultiplyAdd(b, V.LoadMasked(c1 + i, mask), a * V.LoadMasked(c + i, mask));
                sum += V.MultiplyAdd(e, V.LoadMasked(c3 + i, mask), d * V.LoadMasked(c2 + i, mask));
                total = V.MultiplyAdd(sum, V.LoadMasked(g + i, mask), total);
            }

            return V.Sum(total);
        }

        private static V At(double* factors, int k) => V.Broadcast(T.CreateTruncating(factors[k]));
    }
}
