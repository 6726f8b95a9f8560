using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>Functions of sums over neighbours, with their derivatives, in two passes without a tape.</summary>
public static unsafe class NestedSums
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
    /// <param name="starts">Where the pairs of each point begin, [n + 1]; both directions of each pair are there.</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes it.</param>
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
        PointImages.Check(kinds, kindCount, starts, images, places);
        Guard.Length(values.Length, n, nameof(values));
        Guard.Length(forces.Length, 3L * n, nameof(forces));
        Guard.Length(virials.Length, 9L * n, nameof(virials));
        int most = 0;
        for (int i = 0; i < n; i++)
        {
            most = Math.Max(most, starts[i + 1] - starts[i]);
        }

        int[] kindOfPlace = images.Kinds(kinds);
        var slopes = new double[kindOfPlace.Length];
        fixed (double* pi = inner, pp = pairs, po = outer, pr = places, pv = values, pf = forces, pw = virials)
        fixed (double* pd = slopes)
        fixed (int* pk = kindOfPlace, ps = starts, pn = images.Neighbours)
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

    private struct Job : IJob
    {
        public CubicTables Inner, Pairs, Outer;
        public double* Places, Values, Forces, Virials, Slopes;
        public int* Kinds, Starts, Neighbours;
        public double Square, Factor;
        public int KindCount, Points, Most;

        // Whether the derivative of F is known everywhere, which is what the second pass needs.
        public bool HasSlopes;

        public readonly void Run(int block)
        {
            int room = Most + NearPoints.Slack;
            var memory = (double*)NativeMemory.Alloc((nuint)(NearArrays.Size(room) + room), sizeof(double));
            var near = NearArrays.Of(memory, room);
            double* lengths = memory + NearArrays.Size(room);
            try
            {
                int last = Math.Min(Points, (block + 1) * Block);
                for (int i = block * Block; i < last; i++)
                {
                    int count = NearPoints.Collect<WithRows>(
                        Places,
                        Places + (PointImages.Width * (nint)i),
                        Neighbours + Starts[i],
                        Starts[i + 1] - Starts[i],
                        Square,
                        near);
                    for (int e = 0; e < count; e++)
                    {
                        lengths[e] = Math.Sqrt(
                            (near.X[e] * near.X[e]) + (near.Y[e] * near.Y[e]) + (near.Z[e] * near.Z[e]));
                    }

                    if (HasSlopes)
                    {
                        Differentiate(i, near, lengths, count);
                    }
                    else
                    {
                        Sum(i, near, lengths, count);
                    }
                }
            }
            finally
            {
                NativeMemory.Free(memory);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Sum(int i, in NearArrays near, double* lengths, int count)
        {
            double sum = 0;
            for (int e = 0; e < count; e++)
            {
                sum += Inner.Value(Kinds[near.Rows[e]], lengths[e], out _);
            }

            Values[i] += Factor * Outer.Value(Kinds[i], sum, out Slopes[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Differentiate(int i, in NearArrays near, double* lengths, int count)
        {
            int kind = Kinds[i];
            double outward = Slopes[i];
            (double value, double fx, double fy, double fz) = (0, 0, 0, 0);
            (double xx, double yy, double zz, double xy, double xz, double yz) = (0, 0, 0, 0, 0, 0);
            for (int e = 0; e < count; e++)
            {
                int row = near.Rows[e];
                int other = Kinds[row];
                double r = lengths[e];
                double inverse = 1 / r;
                Inner.Value(other, r, out double there);
                double here = there;
                if (other != kind)
                {
                    Inner.Value(kind, r, out here);
                }

                double u = Pairs.Value((kind * KindCount) + other, r, out double slope) * inverse;
                double half = 0.5 * (slope - u) * inverse * inverse;

                // By the vector to j, the sum of i changes as `own` says, and that of j as `back`.
                double own = half + (outward * there * inverse);
                double back = half + (Slopes[row] * here * inverse);
                (double x, double y, double z) = (near.X[e], near.Y[e], near.Z[e]);
                double both = own + back;
                value += u;
                fx += both * x;
                fy += both * y;
                fz += both * z;
                xx += own * x * x;
                yy += own * y * y;
                zz += own * z * z;
                xy += own * x * y;
                xz += own * x * z;
                yz += own * y * z;
            }

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
