using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>Sums of a radial function over pairs of points, with their derivatives, in one pass without a tape.</summary>
public static unsafe class PairSums
{
    private const int Block = 256;

    /// <summary>
    /// Adds f·½Σ_j u(r_ij) to the sum of each point i, minus its gradient, and −f·½Σ_j u′(r_ij) r_ij⊗r_ij/r_ij, with u and
    /// its derivative from one evaluation in dual numbers. A pair is looked at from both ends, so nothing is scattered and
    /// the result does not depend on the threads.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="function">The function u.</param>
    /// <param name="parameters">Its parameters for each pair of kinds, [k², q], q at most
    /// <see cref="Radial.MaximumParameters"/>.</param>
    /// <param name="cutoffs">Where it ends for each pair of kinds, [k²]; nothing where not positive.</param>
    /// <param name="kinds">The kind of each point, [n].</param>
    /// <param name="starts">Where the pairs of each point begin, [n + 1]; both directions of each pair are there.</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes it.</param>
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
        int n = images.PointCount;
        int k = (int)Math.Sqrt(cutoffs.Length);
        int q = cutoffs.IsEmpty ? 0 : parameters.Length / cutoffs.Length;
        Guard.Length(cutoffs.Length, (long)k * k, nameof(cutoffs));
        Guard.Length(parameters.Length, (long)q * k * k, nameof(parameters));
        Guard.AtMost(q, Radial.MaximumParameters, nameof(parameters));
        Guard.Length(kinds.Length, n, nameof(kinds));
        Guard.Length(starts.Length, (long)n + 1, nameof(starts));
        Guard.Length(starts[^1], images.Neighbours.Length, nameof(starts));
        Guard.Length(places.Length, PointImages.Width * ((long)n + images.ImageCount), nameof(places));
        Guard.Length(values.Length, n, nameof(values));
        Guard.Length(forces.Length, 3L * n, nameof(forces));
        Guard.Length(virials.Length, 9L * n, nameof(virials));
        int most = 0;
        var kindOfPlace = new int[n + images.ImageCount];
        for (int i = 0; i < n; i++)
        {
            kindOfPlace[i] = kinds[i];
            if ((uint)kinds[i] >= (uint)k || starts[i + 1] < starts[i])
            {
                throw new ArgumentException(
                    $"PairSums.Add: point {i} has kind {kinds[i]} of {k} and {starts[i + 1] - starts[i]} pairs.");
            }

            most = Math.Max(most, starts[i + 1] - starts[i]);
        }

        for (int image = 0; image < images.ImageCount; image++)
        {
            kindOfPlace[n + image] = kinds[images.Sources[image]];
        }

        fixed (double* pp = parameters, pc = cutoffs, pr = places, pv = values, pf = forces, pw = virials)
        fixed (int* pk = kindOfPlace, ps = starts, pn = images.Neighbours)
        {
            var job = new Job<TFunction>
            {
                Function = function,
                Parameters = pp,
                Cutoffs = pc,
                Kinds = pk,
                Starts = ps,
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

    private struct Job<TFunction> : IJob, ILanesJob<double>
        where TFunction : struct, IRadialFunction
    {
        public TFunction Function;
        public double* Parameters, Cutoffs, Places, Values, Forces, Virials;
        public int* Kinds, Starts, Neighbours;
        public double Factor;
        public int Points, KindCount, Width, Most;
        private int block;

        public readonly void Run(int block)
        {
            Job<TFunction> own = this;
            own.block = block;
            Simd.RunWidest<double, Job<TFunction>>(ref own);
        }

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            // For each kind of neighbour x, y, z and r², with room for a last register.
            int room = Most + V.Count;
            int kinds = KindCount;
            var near = (double*)NativeMemory.Alloc((nuint)(4 * kinds) * (nuint)room, sizeof(double));
            var squares = stackalloc double[kinds];
            var counts = stackalloc int[kinds];
            try
            {
                int last = Math.Min(Points, (block + 1) * Block);
                for (int i = block * Block; i < last; i++)
                {
                    int row = Kinds[i] * kinds;
                    for (int kind = 0; kind < kinds; kind++)
                    {
                        double cutoff = Cutoffs[row + kind];
                        squares[kind] = cutoff > 0 ? cutoff * cutoff : -1;
                        counts[kind] = 0;
                    }

                    double* at = Places + (PointImages.Width * (nint)i);
                    int* neighbours = Neighbours + Starts[i];
                    int candidates = Starts[i + 1] - Starts[i];
                    if (kinds == 1)
                    {
                        counts[0] = Collect(at, neighbours, candidates, squares[0], near, room);
                    }
                    else
                    {
                        Collect(at, neighbours, candidates, squares, counts, near, room);
                    }

                    var sums = default(Sums<V>);
                    for (int kind = 0; kind < kinds; kind++)
                    {
                        if (counts[kind] > 0)
                        {
                            Sum(row + kind, near + (4 * (nint)room * kind), room, counts[kind], ref sums);
                        }
                    }

                    Write(i, sums);
                }
            }
            finally
            {
                NativeMemory.Free(near);
            }
        }

        // The vectors to the neighbours within the cut-off, one after the other, without a branch.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Collect(double* at, int* neighbours, int count, double square, double* near, int room)
        {
            (double x, double y, double z) = (at[0], at[1], at[2]);
            double* places = Places;
            double* py = near + room;
            double* pz = py + room;
            double* ps = pz + room;
            int kept = 0;
            for (int p = 0; p < count; p++)
            {
                double* place = places + (PointImages.Width * (nint)neighbours[p]);
                (double dx, double dy, double dz) = (place[0] - x, place[1] - y, place[2] - z);
                double s = (dx * dx) + (dy * dy) + (dz * dz);
                near[kept] = dx;
                py[kept] = dy;
                pz[kept] = dz;
                ps[kept] = s;
                kept += Below(s, square);
            }

            return kept;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Collect(
            double* at, int* neighbours, int count, double* squares, int* counts, double* near, int room)
        {
            (double x, double y, double z) = (at[0], at[1], at[2]);
            for (int p = 0; p < count; p++)
            {
                int kind = Kinds[neighbours[p]];
                double* place = Places + (PointImages.Width * (nint)neighbours[p]);
                (double dx, double dy, double dz) = (place[0] - x, place[1] - y, place[2] - z);
                double s = (dx * dx) + (dy * dy) + (dz * dz);
                double* slot = near + (4 * (nint)room * kind) + counts[kind];
                slot[0] = dx;
                slot[room] = dy;
                slot[2 * room] = dz;
                slot[3 * room] = s;
                counts[kind] += Below(s, squares[kind]);
            }
        }

        // 1 where a < b, 0 elsewhere, from the sign of the difference: a branch would be mispredicted every third time.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Below(double a, double b) => (int)(BitConverter.DoubleToUInt64Bits(a - b) >> 63);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum<V>(int pair, double* near, int room, int count, ref Sums<V> sums)
            where V : unmanaged, ILanes<V, double>
        {
            ParameterBuffer<DualLanes<V, double>> buffer = default;
            Span<DualLanes<V, double>> parameters = buffer;
            parameters = parameters[..Width];
            for (int q = 0; q < Width; q++)
            {
                parameters[q] = DualLanes<V, double>.Constant(Parameters[(pair * Width) + q]);
            }

            // The last register is filled up with the last neighbour and cut down to what is there.
            for (int c = 0; c < 4; c++)
            {
                double* row = near + (c * room);
                V.Store(V.Broadcast(row[count - 1]), ref row[count]);
            }

            // Ten locals: the JIT keeps so many fields of a struct in memory.
            TFunction function = Function;
            V one = V.Broadcast(1);
            (V sum, V sx, V sy, V sz) = (sums.Value, sums.X, sums.Y, sums.Z);
            (V xx, V yy, V zz, V xy, V xz, V yz) = (sums.XX, sums.YY, sums.ZZ, sums.XY, sums.XZ, sums.YZ);
            for (int e = 0; e < count; e += V.Count)
            {
                V r = V.Sqrt(V.Load(in near[(3 * room) + e]));
                DualLanes<V, double> u = function.Evaluate(new DualLanes<V, double>(r, one), parameters);
                V value = u.Value;
                V slope = u.Derivative / r;
                if (count - e < V.Count)
                {
                    V mask = V.Mask(count - e);
                    value = V.Select(mask, value, V.Zero);
                    slope = V.Select(mask, slope, V.Zero);
                }

                V x = V.Load(in near[e]);
                V y = V.Load(in near[room + e]);
                V z = V.Load(in near[(2 * room) + e]);
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

        private readonly void Write<V>(int i, in Sums<V> sums)
            where V : unmanaged, ILanes<V, double>
        {
            double* force = Forces + (3 * (nint)i);
            double* virial = Virials + (9 * (nint)i);
            double half = 0.5 * Factor;
            Values[i] += half * V.Sum(sums.Value);
            force[0] += Factor * V.Sum(sums.X);
            force[1] += Factor * V.Sum(sums.Y);
            force[2] += Factor * V.Sum(sums.Z);
            (double xy, double xz, double yz) =
                (half * V.Sum(sums.XY), half * V.Sum(sums.XZ), half * V.Sum(sums.YZ));
            virial[0] -= half * V.Sum(sums.XX);
            virial[1] -= xy;
            virial[2] -= xz;
            virial[3] -= xy;
            virial[4] -= half * V.Sum(sums.YY);
            virial[5] -= yz;
            virial[6] -= xz;
            virial[7] -= yz;
            virial[8] -= half * V.Sum(sums.ZZ);
        }
    }

    // Σu, Σ(u′/r) r, Σ(u′/r) r⊗r.
    private struct Sums<V>
        where V : unmanaged, ILanes<V, double>
    {
        public V Value, X, Y, Z, XX, YY, ZZ, XY, XZ, YZ;
    }
}
