using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary> Displacements of points, in one pass over both sets of them. From 16384 points on, blocks of points are
/// looked at in parallel; a largest number does not depend on the order, so the bits do not depend on the threads.
/// </summary> <remarks> Points lie one after another, x y z x y z …, and registers have 2, 4 or 8 lanes, none of them a
/// multiple of three: so in the three registers that hold as many points as there are lanes, each lane holds one x, one
/// y and one z. Choosing by fixed masks gathers the x of all points, each in its lane; the y stands one lane further,
/// the z two. </remarks>
public static unsafe class Displacement
{
    private const int Serial = 16384;
    private const int Block = 8192;

    // Lanes of every third element, from wherever it is read.
    private static ReadOnlySpan<double> Third => [-1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0];

    /// <summary>The largest |to − from·F|² of all points; zero where there are none, NaN where a number is.</summary>
    /// <param name="from">Where the points were, [n, 3].</param>
    /// <param name="to">Where they are, [n, 3].</param>
    /// <param name="map">F, [3, 3], row by row, applied to rows from the right; empty for the identity.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static double MaxSquared(ReadOnlySpan<double> from, ReadOnlySpan<double> to, ReadOnlySpan<double> map)
    {
        int n = Guard.RowCount(from.Length, 3, nameof(from));
        Guard.Length(to.Length, from.Length, nameof(to));
        Guard.Length(map.Length, map.IsEmpty ? 0 : 9, nameof(map));
        fixed (double* pf = from, pt = to, pm = map)
        {
            if (n < Serial)
            {
                return Of(pf, pt, pm, n);
            }

            int blocks = (n + Block - 1) / Block;
            double[] largest = ArrayPool<double>.Shared.Rent(blocks);
            try
            {
                fixed (double* pl = largest)
                {
                    Workers.Run(blocks, new BlockJob(pf, pt, pm, n, pl));
                    return Reduction.Max<double>(new(pl, blocks));
                }
            }
            finally
            {
                ArrayPool<double>.Shared.Return(largest);
            }
        }
    }

    private static double Of(double* from, double* to, double* map, int n)
    {
        var pass = new Pass(from, to, map, n);
        Simd.RunWidest<double, Pass>(ref pass);
        return pass.Largest;
    }

    private readonly struct BlockJob(double* from, double* to, double* map, int n, double* largest) : IJob
    {
        public void Run(int block)
        {
            nint first = (nint)block * Block;
            largest[block] = Of(from + (3 * first), to + (3 * first), map, (int)Math.Min(Block, n - first));
        }
    }

    private struct Pass(double* from, double* to, double* map, int n) : ILanesJob<double>
    {
        public double Largest { get; private set; }

        public void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            int done = n - (n % V.Count);
            V largest = map is null ? Plain<V>(done) : Mapped<V>(done);
            double* lanes = stackalloc double[V.Count];
            V.Store(largest, ref *lanes);
            for (int lane = 0; lane < V.Count; lane++)
            {
                Largest = Math.Max(Largest, lanes[lane]);
            }

            for (nint p = 3 * (nint)done; p < 3 * (nint)n; p += 3)
            {
                Largest = Math.Max(Largest, Rest(from + p, to + p));
            }
        }

        private readonly V Plain<V>(int points)
            where V : unmanaged, ILanes<V, double>
        {
            V largest = V.Zero;
            var choice = new Choice<V>();
            double* f = from;
            double* t = to;
            for (int i = 0; i < points; i += V.Count)
            {
                V a = V.Load(ref *t) - V.Load(ref *f);
                V b = V.Load(ref t[V.Count]) - V.Load(ref f[V.Count]);
                V c = V.Load(ref t[2 * V.Count]) - V.Load(ref f[2 * V.Count]);
                a *= a;
                b *= b;
                c *= c;
                V sum = choice.X(a, b, c) + Next(choice.Y(a, b, c) + Next(choice.Z(a, b, c)));
                largest = V.Max(largest, sum);
                f += 3 * V.Count;
                t += 3 * V.Count;
            }

            return largest;
        }

        private readonly V Mapped<V>(int points)
            where V : unmanaged, ILanes<V, double>
        {
            V xx = V.Broadcast(map[0]), xy = V.Broadcast(map[1]), xz = V.Broadcast(map[2]);
            V yx = V.Broadcast(map[3]), yy = V.Broadcast(map[4]), yz = V.Broadcast(map[5]);
            V zx = V.Broadcast(map[6]), zy = V.Broadcast(map[7]), zz = V.Broadcast(map[8]);
            V largest = V.Zero;
            var choice = new Choice<V>();
            double* f = from;
            double* t = to;
            for (int i = 0; i < points; i += V.Count)
            {
                V a = V.Load(ref *f), b = V.Load(ref f[V.Count]), c = V.Load(ref f[2 * V.Count]);
                V x = choice.X(a, b, c), y = Next(choice.Y(a, b, c)), z = Second(choice.Z(a, b, c));
                a = V.Load(ref *t);
                b = V.Load(ref t[V.Count]);
                c = V.Load(ref t[2 * V.Count]);
                V u = choice.X(a, b, c), v = Next(choice.Y(a, b, c)), w = Second(choice.Z(a, b, c));
                u -= V.MultiplyAdd(x, xx, V.MultiplyAdd(y, yx, z * zx));
                v -= V.MultiplyAdd(x, xy, V.MultiplyAdd(y, yy, z * zy));
                w -= V.MultiplyAdd(x, xz, V.MultiplyAdd(y, yz, z * zz));
                largest = V.Max(largest, V.MultiplyAdd(u, u, V.MultiplyAdd(v, v, w * w)));
                f += 3 * V.Count;
                t += 3 * V.Count;
            }

            return largest;
        }

        private readonly double Rest(double* f, double* t)
        {
            double sum = 0;
            for (int k = 0; k < 3; k++)
            {
                double image = map is null ? f[k] : (f[0] * map[k]) + (f[1] * map[3 + k]) + (f[2] * map[6 + k]);
                sum += (t[k] - image) * (t[k] - image);
            }

            return sum;
        }
    }

    // Lane l of register k holds element kW + l, of which the remainder by three is the component.
    private readonly struct Choice<V>
        where V : unmanaged, ILanes<V, double>
    {
        private readonly V zero = Lanes(0);
        private readonly V one = Lanes(1);
        private readonly V two = Lanes(2);

        public Choice()
        {
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V X(V a, V b, V c) => V.Select(zero, a, V.Select(V.Count % 3 == 2 ? one : two, b, c));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Y(V a, V b, V c) => V.Select(one, a, V.Select(V.Count % 3 == 2 ? two : zero, b, c));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Z(V a, V b, V c) => V.Select(two, a, V.Select(V.Count % 3 == 2 ? zero : one, b, c));

        /// <summary>The lanes l with l ≡ remainder (mod 3).</summary>
        private static V Lanes(int remainder) =>
            V.LessThan(V.Load(in Third[(3 - remainder) % 3]), V.Zero);
    }

    /// <summary>Each lane takes what the next one holds, the last what the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Next<V>(V value)
        where V : unmanaged, ILanes<V, double>
    {
        if (typeof(V) == typeof(Lanes512<double>))
        {
            var v = Unsafe.BitCast<V, Vector512<double>>(value);
            return Unsafe.BitCast<Vector512<double>, V>(
                Vector512.Shuffle(v, Vector512.Create(1L, 2, 3, 4, 5, 6, 7, 0)));
        }

        if (typeof(V) == typeof(Lanes256<double>))
        {
            var v = Unsafe.BitCast<V, Vector256<double>>(value);
            return Unsafe.BitCast<Vector256<double>, V>(Vector256.Shuffle(v, Vector256.Create(1L, 2, 3, 0)));
        }
        else
        {
            var v = Unsafe.BitCast<V, Vector128<double>>(value);
            return Unsafe.BitCast<Vector128<double>, V>(Vector128.Shuffle(v, Vector128.Create(1L, 0)));
        }
    }

    /// <summary>The next of the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Second<V>(V value)
        where V : unmanaged, ILanes<V, double>
    {
        if (typeof(V) == typeof(Lanes512<double>))
        {
            var v = Unsafe.BitCast<V, Vector512<double>>(value);
            return Unsafe.BitCast<Vector512<double>, V>(
                Vector512.Shuffle(v, Vector512.Create(2L, 3, 4, 5, 6, 7, 0, 1)));
        }

        return Next(Next(value));
    }
}
