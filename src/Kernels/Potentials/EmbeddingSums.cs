using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>Embedding functions of densities, which are sums over neighbours, with their derivatives, in two passes
/// without a tape.</summary>
public static unsafe class EmbeddingSums
{
    private const int Block = 256;

    /// <summary>
    /// Adds f·(F(Σ_j ρ(r_ij)) + ½Σ_j z(r_ij)/r_ij) to the sum of each point i, minus its gradient, and
    /// −f·Σ_j r_ij⊗∂/∂r_ij. F is that of the kind of i, ρ that of the kind of j, z that of both. All are cubic polynomials
    /// between knots at equal distances from 0 and straight lines beyond. A pair is looked at from both ends, so nothing is
    /// scattered and the result does not depend on the threads.
    /// </summary>
    /// <param name="inner">ρ of each kind, [k, n + 1, 4]: ascending coefficients of (x − origin)/step, before the
    /// first knot, between knots, behind the last one.</param>
    /// <param name="pairs">z of each pair of kinds, [k², n + 1, 4], on the same knots.</param>
    /// <param name="step">The distance of these knots.</param>
    /// <param name="outer">F of each kind, [k, m + 1, 4].</param>
    /// <param name="outerStep">The distance of its knots.</param>
    /// <param name="cutoff">Where ρ and z end.</param>
    /// <param name="kinds">The kind of each point, [n].</param>
    /// <param name="kindCount">The number of kinds, k.</param>
    /// <param name="starts">Where the pairs of each point begin, [n + 1]; both directions of each pair are
    /// there.</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes
    /// it.</param>
    /// <param name="factor">The factor f.</param>
    /// <param name="values">The sums, [n].</param>
    /// <param name="forces">Minus the gradient of the sum of all, [n, 3].</param>
    /// <param name="virials">Minus the derivative by a strain of the vectors of each point, [n, 3, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void Add(
        ReadOnlySpan<double> inner,
        ReadOnlySpan<double> pairs,
        double step,
        ReadOnlySpan<double> outer,
        double outerStep,
        double cutoff,
        ReadOnlySpan<int> kinds,
        int kindCount,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials)
    {
        ArgumentNullException.ThrowIfNull(images);
        Guard.Positive(kindCount, nameof(kindCount));
        int n = images.PointCount;
        int rows = Guard.RowCount(inner.Length, 4 * kindCount, nameof(inner));
        int outerRows = Guard.RowCount(outer.Length, 4 * kindCount, nameof(outer));
        Guard.Length(pairs.Length, 4L * rows * kindCount * kindCount, nameof(pairs));
        int most = PointImages.Check(kinds, kindCount, starts, images, places, values, forces, virials);
        int[] kindOfPlace = images.Kinds(kinds);
        var slopes = new double[kindOfPlace.Length];
        fixed (double* pi = inner, pp = pairs, po = outer, pr = places, pv = values, pf = forces, pw = virials)
        fixed (double* pd = slopes)
        fixed (int* pk = kindOfPlace, ps = starts, pl = images.Firsts(starts), pq = images.Order)
        fixed (int* pn = images.Neighbours)
        {
            var job = new Job
            {
                Inner = new CubicTables(pi, rows - 1, step),
                Pairs = new CubicTables(pp, rows - 1, step),
                Outer = new CubicTables(po, outerRows - 1, outerStep),
                Square = cutoff * cutoff,
                KindCount = kindCount,
                Kinds = pk,
                Starts = ps,
                Firsts = pl,
                Order = pq,
                Neighbours = pn,
                Places = pr,
                Factor = factor,
                Values = pv,
                Forces = pf,
                Virials = pw,
                Slopes = pd,
                Points = n,
                Most = most,
            };
            int blocks = (n + Block - 1) / Block;
            Workers.Run(blocks, job);
            for (int image = 0; image < images.ImageCount; image++)
            {
                slopes[n + image] = slopes[images.Sources[image]];
            }

            job.HasSlopes = true;
            Workers.Run(blocks, job);
        }
    }

    private struct Job : IJob, ILanesJob<double>
    {
        public CubicTables Inner, Pairs, Outer;
        public double* Places, Values, Forces, Virials, Slopes;
        public int* Kinds, Starts, Firsts, Order, Neighbours;
        public double Square, Factor;
        public int KindCount, Points, Most;

        // Whether the derivative of F is known everywhere, which is what the second pass needs.
        public bool HasSlopes;

        private int block;

        public readonly void Run(int block)
        {
            Job own = this;
            own.block = block;
            Simd.RunWidest<double, Job>(ref own);
        }

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            int room = Most + NearPoints.Slack;
            var memory = (double*)NativeMemory.Alloc((nuint)(NearArrays.Size(room) + room), sizeof(double));
            var near = NearArrays.Of(memory, room);
            double* lengths = memory + NearArrays.Size(room);
            try
            {
                int last = Math.Min(Points, (block + 1) * Block);
                for (int at = block * Block; at < last; at++)
                {
                    int i = Order == null ? at : Order[at];
                    int count = NearPoints.Collect<Yes>(
                        Places,
                        Places + (PointImages.Width * (nint)i),
                        Neighbours + Firsts[i],
                        Starts[i + 1] - Starts[i],
                        Square,
                        near);
                    near.FillUp(count, V.Count);
                    for (int e = 0; e < count; e += V.Count)
                    {
                        (V x, V y, V z) = (V.Load(in near.X[e]), V.Load(in near.Y[e]), V.Load(in near.Z[e]));
                        V.Store(V.Sqrt((x * x) + (y * y) + (z * z)), ref lengths[e]);
                    }

                    if (HasSlopes)
                    {
                        Differentiate<V>(i, near, lengths, count);
                    }
                    else
                    {
                        Sum<V>(i, near, lengths, count);
                    }
                }
            }
            finally
            {
                NativeMemory.Free(memory);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum<V>(int i, in NearArrays near, double* lengths, int count)
            where V : unmanaged, ILanes<V, double>
        {
            int* rows = stackalloc int[V.Count];
            double* origins = stackalloc double[V.Count];
            V sum = V.Zero;
            for (int e = 0; e < count; e += V.Count)
            {
                V p = Inner.Locate<V>(lengths + e, rows, origins);
                if (KindCount > 1)
                {
                    for (int lane = 0; lane < V.Count; lane++)
                    {
                        rows[lane] += Kinds[near.Rows[e + lane]] * Inner.Stride;
                    }
                }

                V value = Inner.Values(rows, p, out _);
                sum += count - e < V.Count ? V.Select(V.Mask(count - e), value, V.Zero) : value;
            }

            Values[i] += Factor * Outer.Value(Kinds[i], V.Sum(sum), out Slopes[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Differentiate<V>(int i, in NearArrays near, double* lengths, int count)
            where V : unmanaged, ILanes<V, double>
        {
            int kind = Kinds[i];
            int* rows = stackalloc int[V.Count];
            int* rowsHere = stackalloc int[V.Count];
            int* rowsOfPairs = stackalloc int[V.Count];
            double* lanes = stackalloc double[V.Count];
            V outward = V.Broadcast(Slopes[i]);
            V one = V.Broadcast(1);
            (V sum, V sx, V sy, V sz) = (V.Zero, V.Zero, V.Zero, V.Zero);
            (V sxx, V syy, V szz, V sxy, V sxz, V syz) = (V.Zero, V.Zero, V.Zero, V.Zero, V.Zero, V.Zero);
            for (int e = 0; e < count; e += V.Count)
            {
                V p = Inner.Locate<V>(lengths + e, rows, lanes);
                for (int lane = 0; lane < V.Count; lane++)
                {
                    int other = Kinds[near.Rows[e + lane]];
                    lanes[lane] = Slopes[near.Rows[e + lane]];
                    rowsOfPairs[lane] = rows[lane] + (((kind * KindCount) + other) * Inner.Stride);
                    rowsHere[lane] = rows[lane] + (kind * Inner.Stride);
                    rows[lane] += other * Inner.Stride;
                }

                Inner.Values(rows, p, out V there);
                V here = there;
                if (KindCount > 1)
                {
                    Inner.Values(rowsHere, p, out here);
                }

                V inverse = one / V.Load(in lengths[e]);
                V u = Pairs.Values(rowsOfPairs, p, out V slope) * inverse;
                V half = V.Broadcast(0.5) * (slope - u) * inverse;

                // By the vector to j, the sum of i changes as `own` says, and that of j as `back`; over the distance.
                V own = V.MultiplyAdd(outward, there, half) * inverse;
                V back = V.MultiplyAdd(V.Load(in lanes[0]), here, half) * inverse;
                if (count - e < V.Count)
                {
                    V mask = V.Mask(count - e);
                    u = V.Select(mask, u, V.Zero);
                    own = V.Select(mask, own, V.Zero);
                    back = V.Select(mask, back, V.Zero);
                }

                (V x, V y, V z) = (V.Load(in near.X[e]), V.Load(in near.Y[e]), V.Load(in near.Z[e]));
                V both = own + back;
                sum += u;
                sx = V.MultiplyAdd(both, x, sx);
                sy = V.MultiplyAdd(both, y, sy);
                sz = V.MultiplyAdd(both, z, sz);
                V ox = own * x;
                V oy = own * y;
                sxx = V.MultiplyAdd(ox, x, sxx);
                syy = V.MultiplyAdd(oy, y, syy);
                szz = V.MultiplyAdd(own * z, z, szz);
                sxy = V.MultiplyAdd(ox, y, sxy);
                sxz = V.MultiplyAdd(ox, z, sxz);
                syz = V.MultiplyAdd(oy, z, syz);
            }

            (double value, double fx, double fy, double fz) = (V.Sum(sum), V.Sum(sx), V.Sum(sy), V.Sum(sz));
            (double xx, double yy, double zz) = (V.Sum(sxx), V.Sum(syy), V.Sum(szz));
            (double xy, double xz, double yz) = (V.Sum(sxy), V.Sum(sxz), V.Sum(syz));
            Values[i] += 0.5 * Factor * value;
            double* force = Forces + (3 * (nint)i);
            force[0] += Factor * fx;
            force[1] += Factor * fy;
            force[2] += Factor * fz;
            double* virial = Virials + (9 * (nint)i);
            virial[0] -= Factor * xx;
            virial[1] -= Factor * xy;
            virial[2] -= Factor * xz;
            virial[3] -= Factor * xy;
            virial[4] -= Factor * yy;
            virial[5] -= Factor * yz;
            virial[6] -= Factor * xz;
            virial[7] -= Factor * yz;
            virial[8] -= Factor * zz;
        }
    }
}
