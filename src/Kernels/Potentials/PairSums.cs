using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>Sums of a radial function over pairs of points, with their derivatives, in one pass without a
/// tape.</summary>
public static unsafe class PairSums
{
    private const int Block = 256;

    /// <summary>
    /// Adds f·½Σ_j u(r_ij) to the sum of each point i, minus its gradient, and −f·½Σ_j u′(r_ij) r_ij⊗r_ij/r_ij, with u
    /// and its derivative from one evaluation in dual numbers. A pair is looked at from both ends, so nothing is
    /// scattered and the result does not depend on the threads.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="function">The function u.</param>
    /// <param name="parameters">Its parameters for each pair of kinds, [k², q], q at most
    /// <see cref="Radial.MaximumParameters"/>.</param>
    /// <param name="cutoffs">Where it ends for each pair of kinds, [k²]; nothing where not positive.</param>
    /// <param name="kinds">The kind of each point, [n]; empty where there is one for all.</param>
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
    public static void Add<TFunction>(
        TFunction function,
        ReadOnlySpan<double> parameters,
        ReadOnlySpan<double> cutoffs,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials)
        where TFunction : struct, IRadialFunction
    {
        ArgumentNullException.ThrowIfNull(images);
        int k = (int)Math.Sqrt(cutoffs.Length);
        Guard.Length(cutoffs.Length, (long)k * k, nameof(cutoffs));
        int[] kindOfPlace = k == 1 ? [0] : images.Kinds(kinds);
        int most = PointImages.Check(kinds, k, starts, images, places, values, forces, virials);
        Start<TFunction, No>(
            function, parameters, cutoffs, k, kindOfPlace, [], starts, images, places, most, factor, values, forces,
            virials);
    }

    /// <summary>
    /// The same sums with f·½Σ_j q_i q_j u(r_ij) for weights q of the points, charges for instance, and one function.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="function">The function u.</param>
    /// <param name="parameters">Its parameters, at most <see cref="Radial.MaximumParameters"/>.</param>
    /// <param name="cutoff">Where it ends; nothing where not positive.</param>
    /// <param name="weights">The weights of the points, [n].</param>
    /// <param name="starts">Where the pairs of each point begin, [n + 1]; both directions of each pair are
    /// there.</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4].</param>
    /// <param name="factor">The factor f.</param>
    /// <param name="values">The sums, [n].</param>
    /// <param name="forces">Minus the gradient of the sum of all, [n, 3].</param>
    /// <param name="virials">Minus the derivative by a strain of the vectors of each point, [n, 3, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void AddWeighted<TFunction>(
        TFunction function,
        ReadOnlySpan<double> parameters,
        double cutoff,
        ReadOnlySpan<double> weights,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials)
        where TFunction : struct, IRadialFunction
    {
        ArgumentNullException.ThrowIfNull(images);
        int n = images.PointCount;
        Guard.Length(weights.Length, n, nameof(weights));
        int most = PointImages.Check([], 1, starts, images, places, values, forces, virials);
        ReadOnlySpan<int> sources = images.Sources;
        var weightOfPlace = new double[n + sources.Length];
        weights.CopyTo(weightOfPlace);
        for (int image = 0; image < sources.Length; image++)
        {
            weightOfPlace[n + image] = weights[sources[image]];
        }

        Start<TFunction, Yes>(
            function, parameters, [cutoff], 1, [0], weightOfPlace, starts, images, places, most, factor, values, forces,
            virials);
    }

    private static void Start<TFunction, TWeighted>(
        TFunction function,
        ReadOnlySpan<double> parameters,
        ReadOnlySpan<double> cutoffs,
        int k,
        int[] kindOfPlace,
        double[] weightOfPlace,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        int most,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials)
        where TFunction : struct, IRadialFunction
        where TWeighted : struct, IFlag
    {
        int n = images.PointCount;
        int q = Radial.ParameterCount(parameters.Length, cutoffs.Length, nameof(parameters));
        fixed (double* pp = parameters, pc = cutoffs, pr = places, pv = values, pf = forces, pw = virials)
        fixed (double* pq = weightOfPlace)
        fixed (int* pk = kindOfPlace, ps = starts, pl = images.Firsts(starts), po = images.Order)
        fixed (int* pn = images.Neighbours)
        {
            var job = new Job<TFunction, TWeighted>
            {
                Weights = pq,
                Function = function,
                Parameters = pp,
                Cutoffs = pc,
                Kinds = pk,
                Starts = ps,
                Firsts = pl,
                Order = po,
                Neighbours = pn,
                Places = pr,
                Factor = factor,
                Values = pv,
                Forces = pf,
                Virials = pw,
                Points = n,
                KindCount = k,
                Width = q,
                Most = most,
            };
            Workers.Run((n + Block - 1) / Block, job);
        }
    }

    private struct Job<TFunction, TWeighted> : IJob, ILanesJob<double>
        where TFunction : struct, IRadialFunction
        where TWeighted : struct, IFlag
    {
        public TFunction Function;
        public double* Weights, Parameters, Cutoffs, Places, Values, Forces, Virials;
        public int* Kinds, Starts, Firsts, Order, Neighbours;
        public double Factor;
        public int Points, KindCount, Width, Most;
        private int block;

        public readonly void Run(int block)
        {
            Job<TFunction, TWeighted> own = this;
            own.block = block;
            Simd.RunWidest<double, Job<TFunction, TWeighted>>(ref own);
        }

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            // All near neighbours, and those of each kind where there are several, with room for a last register.
            int room = Most + Math.Max(V.Count, NearPoints.Slack);
            int kinds = KindCount;
            int parts = kinds == 1 && !TWeighted.IsSet ? 1 : kinds + 1;
            var memory = (double*)NativeMemory.Alloc((nuint)(NearArrays.Size(room) * parts), sizeof(double));
            var near = NearArrays.Of(memory, room);
            var counts = stackalloc int[kinds];
            Unsafe.SkipInit(out ParameterBuffer<DualLanes<V, double>> buffer);
            Span<DualLanes<V, double>> parameters = buffer;
            parameters = parameters[..Width];
            int filled = -1;
            try
            {
                int last = Math.Min(Points, (block + 1) * Block);
                for (int next = block * Block; next < last; next++)
                {
                    int i = Order == null ? next : Order[next];
                    int own = kinds == 1 ? 0 : Kinds[i] * kinds;
                    double longest = 0;
                    for (int kind = 0; kind < kinds; kind++)
                    {
                        longest = Math.Max(longest, Cutoffs[own + kind]);
                    }

                    double square = longest > 0 ? longest * longest : -1;
                    double* at = Places + (PointImages.Width * (nint)i);
                    int* list = Neighbours + Firsts[i];
                    int length = Starts[i + 1] - Starts[i];
                    if (kinds == 1)
                    {
                        counts[0] = NearPoints.Collect<TWeighted>(Places, at, list, length, square, near);
                        if (TWeighted.IsSet)
                        {
                            // The weights take the place of coordinates of a second kind.
                            double* products = Part(memory, room, 0).X;
                            for (int p = 0; p < counts[0]; p++)
                            {
                                products[p] = Weights[i] * Weights[near.Rows[p]];
                            }
                        }
                    }
                    else
                    {
                        int count = NearPoints.Collect<Yes>(Places, at, list, length, square, near);
                        Sort(near, count, memory, room, own, counts);
                    }

                    var sums = default(Sums<V>);
                    for (int kind = 0; kind < kinds; kind++)
                    {
                        if (counts[kind] > 0)
                        {
                            if (filled != own + kind)
                            {
                                filled = own + kind;
                                for (int q = 0; q < Width; q++)
                                {
                                    parameters[q] = DualLanes<V, double>.Constant(Parameters[(filled * Width) + q]);
                                }
                            }

                            NearArrays of = kinds == 1 ? near : Part(memory, room, kind);
                            Sum(parameters, of, Part(memory, room, 0).X, counts[kind], ref sums);
                        }
                    }

                    Write(i, ref sums);
                }
            }
            finally
            {
                NativeMemory.Free(memory);
            }
        }

        private static NearArrays Part(double* memory, int room, int kind) =>
            NearArrays.Of(memory + (NearArrays.Size(room) * (kind + 1)), room);

        // The near neighbours by kind, those within the cut-off of their kind.
        private readonly void Sort(in NearArrays near, int count, double* memory, int room, int own, int* counts)
        {
            for (int kind = 0; kind < KindCount; kind++)
            {
                double cutoff = Math.Max(Cutoffs[own + kind], 0);
                NearArrays to = Part(memory, room, kind);
                int kept = 0;
                for (int p = 0; p < count; p++)
                {
                    (to.X[kept], to.Y[kept], to.Z[kept]) = (near.X[p], near.Y[p], near.Z[p]);
                    double s = (to.X[kept] * to.X[kept]) + (to.Y[kept] * to.Y[kept]) + (to.Z[kept] * to.Z[kept]);
                    kept += (Kinds[near.Rows[p]] == kind) & (s < cutoff * cutoff) ? 1 : 0;
                }

                counts[kind] = kept;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum<V>(
            ReadOnlySpan<DualLanes<V, double>> parameters,
            in NearArrays near,
            double* weights,
            int count,
            ref Sums<V> sums)
            where V : unmanaged, ILanes<V, double>
        {
            // The last register is filled up with the last neighbour and cut down to what is there.
            NearArrays from = near;
            from.FillUp(count, V.Count);
            // Ten locals: the JIT keeps so many fields of a struct in memory.
            TFunction function = Function;
            V one = V.Broadcast(1);
            (V sum, V sx, V sy, V sz) = (sums.Value, sums.X, sums.Y, sums.Z);
            (V xx, V yy, V zz, V xy, V xz, V yz) = (sums.XX, sums.YY, sums.ZZ, sums.XY, sums.XZ, sums.YZ);
            for (int e = 0; e < count; e += V.Count)
            {
                // A function that divides by the distance divides one by it, and the JIT does that once for both.
                V x = V.Load(in from.X[e]);
                V y = V.Load(in from.Y[e]);
                V z = V.Load(in from.Z[e]);
                V r = V.Sqrt(V.MultiplyAdd(z, z, V.MultiplyAdd(y, y, x * x)));
                DualLanes<V, double> u = function.Evaluate(new DualLanes<V, double>(r, one), parameters);
                V value = u.Value;
                V slope = u.Derivative * (one / r);
                if (TWeighted.IsSet)
                {
                    V weight = V.Load(in weights[e]);
                    value *= weight;
                    slope *= weight;
                }

                if (count - e < V.Count)
                {
                    V mask = V.Mask(count - e);
                    value = V.Select(mask, value, V.Zero);
                    slope = V.Select(mask, slope, V.Zero);
                }

                V fx = slope * x;
                V fy = slope * y;
                V fz = slope * z;
                sum += value;
                sx += fx;
                sy += fy;
                sz += fz;
                xx = V.MultiplyAdd(fx, x, xx);
                yy = V.MultiplyAdd(fy, y, yy);
                zz = V.MultiplyAdd(fz, z, zz);
                xy = V.MultiplyAdd(fx, y, xy);
                xz = V.MultiplyAdd(fx, z, xz);
                yz = V.MultiplyAdd(fy, z, yz);
            }

            (sums.Value, sums.X, sums.Y, sums.Z) = (sum, sx, sy, sz);
            (sums.XX, sums.YY, sums.ZZ, sums.XY, sums.XZ, sums.YZ) = (xx, yy, zz, xy, xz, yz);
        }

        private readonly void Write<V>(int i, ref Sums<V> sums)
            where V : unmanaged, ILanes<V, double>
        {
            double* totals = stackalloc double[Sums<V>.Count];
            Totals(ref sums, totals);
            double* force = Forces + (3 * (nint)i);
            double* virial = Virials + (9 * (nint)i);
            double half = 0.5 * Factor;
            Values[i] += half * totals[0];
            force[0] += Factor * totals[1];
            force[1] += Factor * totals[2];
            force[2] += Factor * totals[3];
            virial[0] -= half * totals[4];
            virial[4] -= half * totals[5];
            virial[8] -= half * totals[6];
            virial[1] -= half * totals[7];
            virial[3] -= half * totals[7];
            virial[2] -= half * totals[8];
            virial[6] -= half * totals[8];
            virial[5] -= half * totals[9];
            virial[7] -= half * totals[9];
        }

        // Sums of the lanes of all registers, two registers at a time.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Totals<V>(ref Sums<V> sums, double* totals)
            where V : unmanaged, ILanes<V, double>
        {
            fixed (V* registers = &sums.Value)
            {
                for (int k = 0; k < Sums<V>.Count; k += 2)
                {
                    var a = (double*)(registers + k);
                    double* b = a + V.Count;
                    Vector128<double> first = Vector128.Load(a);
                    Vector128<double> second = Vector128.Load(b);
                    for (int lane = 2; lane < V.Count; lane += 2)
                    {
                        first += Vector128.Load(a + lane);
                        second += Vector128.Load(b + lane);
                    }

                    totals[k] = Vector128.Sum(first);
                    totals[k + 1] = Vector128.Sum(second);
                }
            }
        }
    }

    // Σu, Σ(u′/r) r, Σ(u′/r) r⊗r.
    private struct Sums<V>
        where V : unmanaged, ILanes<V, double>
    {
        public const int Count = 10;
        public V Value, X, Y, Z, XX, YY, ZZ, XY, XZ, YZ;
    }
}
