using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Batches of small dense systems, row-major, by LU decomposition with partial pivoting (Golub &amp; Van Loan, Matrix
/// Computations, 4th ed., 2013, algorithm 3.4.1). A matrix is called singular when a pivot is zero or not finite, as in
/// LAPACK; its part of the result is NaN. Matrices are shared out to threads when there is work enough.
/// </summary>
public static unsafe class Dense
{
    private const int BlockWork = 16384;

    /// <summary>y[k] = a[k]⁻¹ for every matrix of the batch.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="batch">The number of matrices.</param>
    /// <param name="n">Their order.</param>
    /// <param name="a">The matrices, batch × n × n.</param>
    /// <param name="y">The inverses, batch × n × n; must not overlap a.</param>
    /// <returns>The first singular matrix of the batch, or −1.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static int InverseInto<T>(int batch, int n, ReadOnlySpan<T> a, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(batch, n, a.Length, nameof(InverseInto));
        Guard.Length(y.Length, (long)batch * n * n, nameof(y));
        return Run(batch, n, n, a, [], y, inverse: true);
    }

    /// <summary>Solves a[k] y[k] = b[k] for every matrix of the batch.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="batch">The number of matrices.</param>
    /// <param name="n">Their order.</param>
    /// <param name="m">The number of right-hand sides.</param>
    /// <param name="a">The matrices, batch × n × n.</param>
    /// <param name="b">The right-hand sides, batch × n × m.</param>
    /// <param name="y">The solutions, batch × n × m; must not overlap a or b.</param>
    /// <returns>The first singular matrix of the batch, or −1.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static int SolveInto<T>(int batch, int n, int m, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(batch, n, a.Length, nameof(SolveInto));
        Guard.NotNegative(m, nameof(m));
        Guard.Length(b.Length, (long)batch * n * m, nameof(b));
        Guard.Length(y.Length, (long)batch * n * m, nameof(y));
        return Run(batch, n, m, a, b, y, inverse: false);
    }

    /// <summary>y[k] = det a[k] for every matrix of the batch; 1 for n = 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="batch">The number of matrices.</param>
    /// <param name="n">Their order.</param>
    /// <param name="a">The matrices, batch × n × n.</param>
    /// <param name="y">The determinants.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void DeterminantInto<T>(int batch, int n, ReadOnlySpan<T> a, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(batch, n, a.Length, nameof(DeterminantInto));
        Guard.Length(y.Length, batch, nameof(y));
        fixed (T* pa = a, py = y)
        {
            var perBlock = PerBlock(n, 0);
            Workers.Run((batch + perBlock - 1) / perBlock, new DeterminantJob<T>(batch, n, perBlock, pa, py));
        }
    }

    private static void Check(int batch, int n, int length, string operation)
    {
        Guard.NotNegative(batch, nameof(batch), operation);
        Guard.NotNegative(n, nameof(n), operation);
        Guard.Length(length, (long)batch * n * n, "a", operation);
    }

    // Matrices in one block: a matrix costs about n²(n/3 + m).
    private static int PerBlock(int n, int m) =>
        (int)Math.Max(1, BlockWork / Math.Max(1, (long)n * n * ((n / 3) + m + 1)));

    private static int Run<T>(int batch, int n, int m, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, bool inverse)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var singular = int.MaxValue;
        fixed (T* pa = a, pb = b, py = y)
        {
            var perBlock = PerBlock(n, m);
            var job = new SolveJob<T>(batch, n, m, perBlock, pa, pb, py, inverse, &singular);
            Workers.Run((batch + perBlock - 1) / perBlock, job);
        }

        return singular == int.MaxValue ? -1 : singular;
    }

    // Decomposes rows of order n in place, exchanging the rows of y (n × m) alike.
    // Returns the sign of the exchanges, or 0 when a pivot is zero or not finite.
    private static int Decompose<T>(T* lu, int n, T* y, int m)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sign = 1;
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < n; i++)
            {
                if (T.Abs(lu[(i * n) + k]) > T.Abs(lu[(pivot * n) + k]))
                {
                    pivot = i;
                }
            }

            if (pivot != k)
            {
                sign = -sign;
                Exchange(lu + (k * n), lu + (pivot * n), n);
                Exchange(y + (k * m), y + (pivot * m), m);
            }

            var diagonal = lu[(k * n) + k];
            if (diagonal == T.Zero || !T.IsFinite(diagonal))
            {
                return 0;
            }

            for (var i = k + 1; i < n; i++)
            {
                var factor = lu[(i * n) + k] / diagonal;
                lu[(i * n) + k] = factor;
                Loops.Scale(lu + (k * n) + k + 1, -factor, lu + (i * n) + k + 1, n - k - 1, accumulate: true);
            }
        }

        return sign;
    }

    // Forward and backward substitution of the rows of y, already exchanged.
    private static void Substitute<T>(T* lu, int n, T* y, int m)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 1; i < n; i++)
        {
            for (var k = 0; k < i; k++)
            {
                Loops.Scale(y + (k * m), -lu[(i * n) + k], y + (i * m), m, accumulate: true);
            }
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
            {
                Loops.Scale(y + (k * m), -lu[(i * n) + k], y + (i * m), m, accumulate: true);
            }

            for (var j = 0; j < m; j++)
            {
                y[(i * m) + j] /= lu[(i * n) + i];
            }
        }
    }

    private static void Exchange<T>(T* x, T* y, int n)
        where T : unmanaged
    {
        for (var i = 0; i < n; i++)
        {
            (x[i], y[i]) = (y[i], x[i]);
        }
    }

    private readonly struct SolveJob<T>(
        int batch,
        int n,
        int m,
        int perBlock,
        T* a,
        T* b,
        T* y,
        bool inverse,
        int* singular)
        : IJob
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Run(int block)
        {
            var scratch = ArrayPool<T>.Shared.Rent(n * n);
            fixed (T* lu = scratch)
            {
                var end = Math.Min((block + 1) * perBlock, batch);
                for (var k = block * perBlock; k < end; k++)
                {
                    Solve(k, lu);
                }
            }

            ArrayPool<T>.Shared.Return(scratch);
        }

        private void Solve(int k, T* lu)
        {
            var matrix = (nint)k * n * n;
            var side = (nint)k * n * m;
            Loops.Copy(a + matrix, lu, n * n);
            if (!inverse)
            {
                Loops.Copy(b + side, y + side, n * m);
            }
            else
            {
                new Span<T>(y + side, n * m).Clear();
                for (var i = 0; i < n; i++)
                {
                    y[side + (i * n) + i] = T.One;
                }
            }

            if (Decompose(lu, n, y + side, m) != 0)
            {
                Substitute(lu, n, y + side, m);
            }
            else
            {
                new Span<T>(y + side, n * m).Fill(T.NaN);
                Report(k);
            }
        }

        private void Report(int k)
        {
            int seen;
            while (k < (seen = Volatile.Read(ref *singular))
                && Interlocked.CompareExchange(ref *singular, k, seen) != seen)
            {
            }
        }
    }

    private readonly struct DeterminantJob<T>(int batch, int n, int perBlock, T* a, T* y) : IJob
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Run(int block)
        {
            var scratch = ArrayPool<T>.Shared.Rent(n * n);
            fixed (T* lu = scratch)
            {
                var end = Math.Min((block + 1) * perBlock, batch);
                for (var k = block * perBlock; k < end; k++)
                {
                    Loops.Copy(a + ((nint)k * n * n), lu, n * n);
                    y[k] = Product(lu, Decompose(lu, n, (T*)null, 0));
                }
            }

            ArrayPool<T>.Shared.Return(scratch);
        }

        // A decomposition that stopped leaves its zero, or what is not finite, on the diagonal.
        private T Product(T* lu, int sign)
        {
            var product = sign < 0 ? -T.One : T.One;
            for (var i = 0; i < n; i++)
            {
                product *= lu[(i * n) + i];
            }

            return product;
        }
    }
}
