using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>Two-body and three-body sums over neighbours, as in the potential of Stillinger and Weber, with their
/// derivatives.</summary>
public static unsafe class ThreeBodySums
{
    private const int Block = 128;

    // Blocks whose gradients are kept at a time, before they are added to the neighbours: enough for any threads, few
    // enough to stay in cache.
    private const int Wave = 64;

    /// <summary>
    /// Adds f·(½Σ_j u(r_ij) + Σ_{j&lt;k} s (cos θ_jik − c)² h(r_ij) h(r_ik)) to the sum of each point i, minus its
    /// gradient to all points, and −f·Σ_j r_ij⊗∂/∂r_ij. Derivatives of u and h come from their evaluation in dual
    /// numbers. Gradients are made in parallel and added in one order, so that the result does not depend on the
    /// threads.
    /// </summary>
    /// <typeparam name="TPair">The function u, a struct.</typeparam>
    /// <typeparam name="TLeg">The function h of both legs of an angle, a struct.</typeparam>
    /// <param name="pair">The function u.</param>
    /// <param name="leg">The function h.</param>
    /// <param name="pairParameters">Parameters of u for each pair of kinds (i, j), [k², q].</param>
    /// <param name="legParameters">Parameters of h for each pair of kinds (i, j), [k², q′].</param>
    /// <param name="cutoffs">Where both end for each pair of kinds, [k²]; nothing where not positive.</param>
    /// <param name="bends">s and c for each triple of kinds (i, j, k), [k³, 2], the same for (i, k, j).</param>
    /// <param name="kinds">The kind of each point, [n].</param>
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
    public static void Add<TPair, TLeg>(
        TPair pair,
        TLeg leg,
        ReadOnlySpan<double> pairParameters,
        ReadOnlySpan<double> legParameters,
        ReadOnlySpan<double> cutoffs,
        ReadOnlySpan<double> bends,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials)
        where TPair : struct, IRadialFunction
        where TLeg : struct, IRadialFunction
    {
        ArgumentNullException.ThrowIfNull(images);
        int n = images.PointCount;
        int k = (int)Math.Sqrt(cutoffs.Length);
        Guard.Length(cutoffs.Length, (long)k * k, nameof(cutoffs));
        int q = Radial.ParameterCount(pairParameters.Length, cutoffs.Length, nameof(pairParameters));
        int legs = Radial.ParameterCount(legParameters.Length, cutoffs.Length, nameof(legParameters));
        Guard.Length(bends.Length, 2L * k * k * k, nameof(bends));
        int longest = PointImages.Check(kinds, k, starts, images, places, values, forces, virials);
        if (n == 0)
        {
            return;
        }

        int blocks = (n + Block - 1) / Block;
        int most = 0;
        for (int first = 0; first < n; first += Block)
        {
            most = Math.Max(most, starts[Math.Min(n, first + Block)] - starts[first]);
        }

        int[] kindOfPlace = images.Kinds(kinds);
        var counts = new int[n];
        int slots = Math.Min(Wave, blocks);
        double[] gradients = ArrayPool<double>.Shared.Rent(checked(slots * GradientArrays.Size(most)));
        fixed (double* pp = pairParameters, pl = legParameters, pc = cutoffs, pb = bends, pr = places)
        fixed (double* pv = values, pf = forces, pw = virials, pg = gradients)
        fixed (int* pk = kindOfPlace, ps = starts, pq = images.Firsts(starts), pn = images.Neighbours)
        fixed (int* po = images.Sources, pm = counts)
        {
            var job = new Job<TPair, TLeg>
            {
                Pair = pair,
                Leg = leg,
                PairParameters = pp,
                LegParameters = pl,
                Cutoffs = pc,
                Bends = pb,
                Kinds = pk,
                Starts = ps,
                Firsts = pq,
                Neighbours = pn,
                Places = pr,
                Factor = factor,
                Values = pv,
                Forces = pf,
                Virials = pw,
                Gradients = pg,
                Counts = pm,
                Points = n,
                KindCount = k,
                PairWidth = q,
                LegWidth = legs,
                Longest = longest,
                Most = most,
            };
            for (int first = 0; first < blocks; first += Wave)
            {
                job.FirstBlock = first;
                int count = Math.Min(Wave, blocks - first);
                Workers.Run(count, job);
                for (int slot = 0; slot < count; slot++)
                {
                    var from = GradientArrays.Of(pg, slot, most);
                    int start = (first + slot) * Block;
                    int pairs = 0;
                    for (int i = start; i < Math.Min(n, start + Block); i++)
                    {
                        pairs += pm[i];
                    }

                    from.Subtract(pairs, n, po, pf);
                }
            }
        }

        ArrayPool<double>.Shared.Return(gradients);
    }

    private struct Job<TPair, TLeg> : IJob, ILanesJob<double>
        where TPair : struct, IRadialFunction
        where TLeg : struct, IRadialFunction
    {
        public TPair Pair;
        public TLeg Leg;
        public double* PairParameters, LegParameters, Cutoffs, Bends, Places, Values, Forces, Virials, Gradients;
        public int* Kinds, Starts, Firsts, Neighbours, Counts;
        public double Factor;
        public int Points, KindCount, PairWidth, LegWidth, Longest, Most, FirstBlock;
        private int slot;

        public readonly void Run(int block)
        {
            Job<TPair, TLeg> own = this;
            own.slot = block;
            Simd.RunWidest<double, Job<TPair, TLeg>>(ref own);
        }

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            int first = (FirstBlock + slot) * Block;
            int last = Math.Min(Points, first + Block);
            int candidates = Longest + NearPoints.Slack;
            int room = Starts[last] - Starts[first] + V.Count;
            var memory = (double*)NativeMemory.Alloc(
                (nuint)(NearArrays.Size(candidates) + LegArrays.Size(room)), sizeof(double));
            try
            {
                var near = NearArrays.Of(memory, candidates);
                var legs = LegArrays.Of(memory + NearArrays.Size(candidates), room);
                var gradients = GradientArrays.Of(Gradients, slot, Most);
                int pairs = 0;
                for (int i = first; i < last; i++)
                {
                    Counts[i] = Choose(i, near, legs, gradients.Rows, pairs);
                    pairs += Counts[i];
                }

                for (int e = pairs; e % V.Count != 0; e++)
                {
                    (legs.Lengths[e], legs.Entries[e]) = (legs.Lengths[pairs - 1], legs.Entries[pairs - 1]);
                }

                Evaluate<V, TPair>(Pair, PairParameters, PairWidth, legs, pairs, legs.Pairs, legs.PairSlopes);
                Evaluate<V, TLeg>(Leg, LegParameters, LegWidth, legs, pairs, legs.Legs, legs.LegSlopes);
                pairs = 0;
                for (int i = first; i < last; i++)
                {
                    Sum(i, legs.From(pairs), gradients.From(pairs), Counts[i]);
                    pairs += Counts[i];
                }
            }
            finally
            {
                NativeMemory.Free(memory);
            }
        }

        // The neighbours of a point within the cut-offs of their kinds, behind those of the points before it.
        private readonly int Choose(int i, in NearArrays near, in LegArrays legs, int* rows, int pairs)
        {
            int own = Kinds[i] * KindCount;
            double longest = 0;
            for (int kind = 0; kind < KindCount; kind++)
            {
                longest = Math.Max(longest, Cutoffs[own + kind]);
            }

            int count = NearPoints.Collect<Yes>(
                Places,
                Places + (PointImages.Width * (nint)i),
                Neighbours + Firsts[i],
                Starts[i + 1] - Starts[i],
                longest > 0 ? longest * longest : -1,
                near);
            int kept = pairs;
            for (int p = 0; p < count; p++)
            {
                int entry = own + Kinds[near.Rows[p]];
                (double x, double y, double z) = (near.X[p], near.Y[p], near.Z[p]);
                double r = Math.Sqrt((x * x) + (y * y) + (z * z));
                if (r < Cutoffs[entry])
                {
                    double inverse = 1 / r;
                    (legs.X[kept], legs.Y[kept], legs.Z[kept]) = (x * inverse, y * inverse, z * inverse);
                    (legs.Lengths[kept], legs.Inverses[kept]) = (r, inverse);
                    legs.Entries[kept] = entry;
                    rows[kept] = near.Rows[p];
                    kept++;
                }
            }

            return kept - pairs;
        }

        // A function and its derivative at all distances of a block; apart for each function, so that the JIT has
        // enough
        // of its budget left to inline all of it.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Evaluate<V, TFunction>(
            TFunction function, double* table, int width, in LegArrays legs, int pairs, double* values, double* slopes)
            where V : unmanaged, ILanes<V, double>
            where TFunction : struct, IRadialFunction
        {
            Unsafe.SkipInit(out ParameterBuffer<DualLanes<V, double>> buffer);
            Span<DualLanes<V, double>> parameters = buffer;
            parameters = parameters[..width];
            V one = V.Broadcast(1);
            for (int e = 0; e < pairs; e += V.Count)
            {
                if (e == 0 || KindCount > 1)
                {
                    Fill(parameters, table, legs.Entries + e);
                }

                var r = new DualLanes<V, double>(V.Load(in legs.Lengths[e]), one);
                DualLanes<V, double> u = function.Evaluate(r, parameters);
                V.Store(u.Value, ref values[e]);
                V.Store(u.Derivative, ref slopes[e]);
            }
        }

        private static void Fill<V>(Span<DualLanes<V, double>> parameters, double* table, int* entries)
            where V : unmanaged, ILanes<V, double>
        {
            double* lanes = stackalloc double[V.Count];
            for (int q = 0; q < parameters.Length; q++)
            {
                for (int lane = 0; lane < V.Count; lane++)
                {
                    lanes[lane] = table[(entries[lane] * parameters.Length) + q];
                }

                parameters[q] = new DualLanes<V, double>(V.Load(in lanes[0]), V.Zero);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum(int i, LegArrays legs, GradientArrays gradients, int count)
        {
            double half = 0.5 * Factor;
            double sum = 0;
            for (int j = 0; j < count; j++)
            {
                double slope = half * legs.PairSlopes[j];
                gradients.X[j] = slope * legs.X[j];
                gradients.Y[j] = slope * legs.Y[j];
                gradients.Z[j] = slope * legs.Z[j];
                sum += half * legs.Pairs[j];
            }

            int own = Kinds[i] * KindCount;
            for (int j = 0; j < count - 1; j++)
            {
                (double x, double y, double z) = (legs.X[j], legs.Y[j], legs.Z[j]);
                (double inverse, double leg, double legSlope) = (legs.Inverses[j], legs.Legs[j], legs.LegSlopes[j]);
                double* bends = Bends + (2 * (nint)KindCount * legs.Entries[j]);
                (double gx, double gy, double gz) = (0, 0, 0);
                for (int k = j + 1; k < count; k++)
                {
                    (double u, double v, double w) = (legs.X[k], legs.Y[k], legs.Z[k]);
                    double* bend = bends + (2 * (legs.Entries[k] - own));
                    double cosine = (x * u) + (y * v) + (z * w);
                    double off = cosine - bend[1];
                    double strength = Factor * bend[0] * off;
                    double other = legs.Legs[k];
                    double turn = 2 * strength * leg * other;
                    double bent = strength * off;
                    sum += bent * leg * other;

                    // ∂cos θ/∂r_j = (n_k − cos θ n_j)/r_j
                    double turnHere = turn * inverse;
                    double turnThere = turn * legs.Inverses[k];
                    double here = (bent * legSlope * other) - (turnHere * cosine);
                    double there = (bent * leg * legs.LegSlopes[k]) - (turnThere * cosine);
                    gx += (here * x) + (turnHere * u);
                    gy += (here * y) + (turnHere * v);
                    gz += (here * z) + (turnHere * w);
                    gradients.X[k] += (there * u) + (turnThere * x);
                    gradients.Y[k] += (there * v) + (turnThere * y);
                    gradients.Z[k] += (there * w) + (turnThere * z);
                }

                gradients.X[j] += gx;
                gradients.Y[j] += gy;
                gradients.Z[j] += gz;
            }

            Values[i] += sum;
            gradients.AddOwn(legs, count, Forces + (3 * (nint)i), Virials + (9 * (nint)i));
        }
    }
}
