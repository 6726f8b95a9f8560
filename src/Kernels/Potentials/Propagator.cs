using System.Buffers;

namespace Noether.Kernels;

/// <summary>
/// Kicks and drifts of molecular dynamics, and the kinetic energy. Points are taken in blocks of a fixed size, so that
/// results, sums included, do not depend on the threads.
/// </summary>
public static unsafe class Propagator
{
    private const int Block = 8192;

    /// <summary>Adds (t/m) f to velocities and makes those that are held zero.</summary>
    /// <param name="time">The time t.</param>
    /// <param name="masses">Masses m, [n].</param>
    /// <param name="forces">Forces f, [n, 3].</param>
    /// <param name="held">What is held, [n, 3].</param>
    /// <param name="before">Velocities, [n, 3].</param>
    /// <param name="after">Receives the velocities, [n, 3]; may be the same span.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void Kick(
        double time,
        ReadOnlySpan<double> masses,
        ReadOnlySpan<double> forces,
        ReadOnlySpan<bool> held,
        ReadOnlySpan<double> before,
        Span<double> after)
    {
        int n = masses.Length;
        Guard.Length(forces.Length, 3L * n, nameof(forces));
        Guard.Length(held.Length, 3L * n, nameof(held));
        Guard.Length(before.Length, 3L * n, nameof(before));
        Guard.Length(after.Length, 3L * n, nameof(after));
        fixed (double* pm = masses, pf = forces, pv = before, pw = after)
        fixed (bool* ph = held)
        {
            Workers.Run(Blocks(n), new KickJob(time, pm, pf, ph, pv, pw, n));
        }
    }

    /// <summary>Adds t v to positions.</summary>
    /// <param name="time">The time t.</param>
    /// <param name="velocities">Velocities v, [n, 3].</param>
    /// <param name="limit">The square of the longest way that a point may go.</param>
    /// <param name="before">Positions, [n, 3].</param>
    /// <param name="after">Receives the positions, [n, 3]; may be the same span.</param>
    /// <returns>The first point that goes further, or whose way is no number; −1 for none.</returns>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static int Drift(
        double time,
        ReadOnlySpan<double> velocities,
        double limit,
        ReadOnlySpan<double> before,
        Span<double> after)
    {
        int n = Guard.RowCount(velocities.Length, 3, nameof(velocities));
        Guard.Length(before.Length, velocities.Length, nameof(before));
        Guard.Length(after.Length, velocities.Length, nameof(after));
        int blocks = Blocks(n);
        int[] first = ArrayPool<int>.Shared.Rent(blocks);
        try
        {
            fixed (double* pv = velocities, px = before, py = after)
            fixed (int* pf = first)
            {
                Workers.Run(blocks, new DriftJob(time, pv, limit, px, py, pf, n));
            }

            Span<int> found = first.AsSpan(0, blocks);
            int block = found.IndexOfAnyExcept(-1);
            return block < 0 ? -1 : found[block];
        }
        finally
        {
            ArrayPool<int>.Shared.Return(first);
        }
    }

    /// <summary>The kinetic energy ½ Σ m v².</summary>
    /// <param name="masses">Masses m, [n].</param>
    /// <param name="velocities">Velocities v, [n, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static double KineticEnergy(ReadOnlySpan<double> masses, ReadOnlySpan<double> velocities)
    {
        int n = masses.Length;
        Guard.Length(velocities.Length, 3L * n, nameof(velocities));
        double sum = 0;
        int blocks = Blocks(n);
        double[] partial = ArrayPool<double>.Shared.Rent(blocks);
        fixed (double* pm = masses, pv = velocities, pp = partial)
        {
            Workers.Run(blocks, new KineticJob(pm, pv, pp, n));
        }

        foreach (double part in partial.AsSpan(0, blocks))
        {
            sum += part;
        }

        ArrayPool<double>.Shared.Return(partial);
        return 0.5 * sum;
    }

    /// <summary>The sum of matrices.</summary>
    /// <param name="matrices">Matrices, [n, 3, 3].</param>
    /// <param name="sum">Receives their sum, [3, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void SumMatrices(ReadOnlySpan<double> matrices, Span<double> sum)
    {
        int n = Guard.RowCount(matrices.Length, 9, nameof(matrices));
        Guard.Length(sum.Length, 9, nameof(sum));
        int blocks = Blocks(n);
        double[] partial = ArrayPool<double>.Shared.Rent(9 * blocks);
        fixed (double* pm = matrices, pp = partial)
        {
            Workers.Run(blocks, new MatricesJob(pm, pp, n));
        }

        sum.Clear();
        for (int c = 0; c < 9 * blocks; c++)
        {
            sum[c % 9] += partial[c];
        }

        ArrayPool<double>.Shared.Return(partial);
    }

    /// <summary>Makes numbers zero, by all threads.</summary>
    /// <param name="values">The numbers.</param>
    public static void Clear(Span<double> values)
    {
        fixed (double* pv = values)
        {
            Workers.Run(Blocks(values.Length), new ClearJob(pv, values.Length));
        }
    }

    private static int Blocks(int n) => (n + Block - 1) / Block;

    private static int Last(int block, int n) => Math.Min(n, (block + 1) * Block);

    private readonly struct ClearJob(double* values, int n) : IJob
    {
        public void Run(int block) =>
            new Span<double>(values + ((nint)block * Block), Last(block, n) - (block * Block)).Clear();
    }

    private readonly struct KickJob(
        double time, double* masses, double* forces, bool* held, double* before, double* after, int n) : IJob
    {
        public void Run(int block)
        {
            int last = Last(block, n);
            for (nint i = block * Block; i < last; i++)
            {
                double by = time / masses[i];
                double* f = forces + (3 * i);
                double* v = before + (3 * i);
                double* w = after + (3 * i);
                bool* h = held + (3 * i);
                w[0] = h[0] ? 0 : v[0] + (by * f[0]);
                w[1] = h[1] ? 0 : v[1] + (by * f[1]);
                w[2] = h[2] ? 0 : v[2] + (by * f[2]);
            }
        }
    }

    private readonly struct DriftJob(
        double time, double* velocities, double limit, double* before, double* after, int* first, int n) : IJob
    {
        public void Run(int block)
        {
            int found = -1;
            int last = Last(block, n);
            for (int i = block * Block; i < last; i++)
            {
                double* v = velocities + (3 * (nint)i);
                double* x = before + (3 * (nint)i);
                double* y = after + (3 * (nint)i);
                (double dx, double dy, double dz) = (time * v[0], time * v[1], time * v[2]);

                // Not a number fails every comparison.
                if (!((dx * dx) + (dy * dy) + (dz * dz) <= limit) && found < 0)
                {
                    found = i;
                }

                y[0] = x[0] + dx;
                y[1] = x[1] + dy;
                y[2] = x[2] + dz;
            }

            first[block] = found;
        }
    }

    private readonly struct KineticJob(double* masses, double* velocities, double* partial, int n) : IJob
    {
        public void Run(int block)
        {
            double sum = 0;
            int last = Last(block, n);
            for (nint i = block * Block; i < last; i++)
            {
                double* v = velocities + (3 * i);
                sum += masses[i] * ((v[0] * v[0]) + (v[1] * v[1]) + (v[2] * v[2]));
            }

            partial[block] = sum;
        }
    }

    private readonly struct MatricesJob(double* matrices, double* partial, int n) : IJob
    {
        public void Run(int block)
        {
            double* sum = stackalloc double[9];
            new Span<double>(sum, 9).Clear();
            int last = Last(block, n);
            for (nint i = block * Block; i < last; i++)
            {
                double* m = matrices + (9 * i);
                for (int c = 0; c < 9; c++)
                {
                    sum[c] += m[c];
                }
            }

            new Span<double>(sum, 9).CopyTo(new Span<double>(partial + (9 * (nint)block), 9));
        }
    }
}
