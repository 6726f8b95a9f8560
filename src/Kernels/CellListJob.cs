using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>Where the pairs go: only counts, or everything else, vectors and distances where not null.</summary>
internal unsafe struct CellListTarget
{
    public int* Counts, Starts, Receivers, Senders, Shifts;
    public double* Vectors, Distances;
}

/// <summary>The scan of a <see cref="CellList"/>: a block is a run of bins with the points in them as receivers.</summary>
internal readonly unsafe struct CellListJob(
    CellList list, int* starts, int* order, double* slots, double* cells, CellListTarget target, int size) : IJob
{
    public void Run(int block)
    {
        int bins = list.Bins;
        using var scratch = new CellListScratch();
        var lanes = new LanesJob(list, starts, order, slots, cells, target, scratch)
        {
            First = block * size,
            Last = Math.Min((block + 1) * size, bins),
        };
        Simd.RunWidest<double, LanesJob>(ref lanes);
    }

    private struct LanesJob(
        CellList list,
        int* starts,
        int* order,
        double* slots,
        double* cells,
        CellListTarget target,
        CellListScratch scratch) : ILanesJob<double>
    {
        public int First, Last;
        private int count;

        public void Run<V>()
            where V : unmanaged, ILanes<V, double>
        {
            int n = list.PointCount;
            for (int bin = First; bin < Last; bin++)
            {
                if (starts[bin] == starts[bin + 1])
                {
                    continue;
                }

                Gather(bin, V.Count);
                bool fresh = true;
                double w0 = 0, w1 = 0, w2 = 0;
                for (int slot = starts[bin]; slot < starts[bin + 1]; slot++)
                {
                    (double v0, double v1, double v2) = (cells[slot], cells[n + slot], cells[n + n + slot]);
                    if (fresh || v0 != w0 || v1 != w1 || v2 != w2)
                    {
                        (fresh, w0, w1, w2) = (false, v0, v1, v2);
                        Translate<V>(w0, w1, w2);
                    }

                    // A point is no neighbour of itself; nothing is near to a NaN.
                    double* itself = scratch.X + scratch.Itself[slot - starts[bin]];
                    double x = *itself;
                    *itself = double.NaN;
                    if (target.Counts != null)
                    {
                        target.Counts[order[slot]] = Count<V>(x, slots[n + slot], slots[n + n + slot]);
                    }
                    else
                    {
                        Fill<V>(order[slot], x, slots[n + slot], slots[n + n + slot], w0, w1, w2);
                    }

                    *itself = x;
                }
            }
        }

        // All senders that the receivers of a bin can see, and when they will be written, by number, then shift.
        private void Gather(int bin, int lanes)
        {
            int n = list.PointCount;
            (int n0, int n1, int n2) = (list.Size[0], list.Size[1], list.Size[2]);
            (int bin01, int c2) = Math.DivRem(bin, n2);
            (int c0, int c1) = Math.DivRem(bin01, n1);
            (int low0, int high0) = Range(0, c0);
            (int low1, int high1) = Range(1, c1);
            (int low2, int high2) = Range(2, c2);
            count = 0;
            int images = 0;
            int home = 0;
            for (int t0 = low0; t0 <= high0; t0++)
            {
                (int q0, int b0) = Floor(t0, n0);
                for (int t1 = low1; t1 <= high1; t1++)
                {
                    (int q1, int b1) = Floor(t1, n1);
                    for (int t2 = low2; t2 <= high2; t2++)
                    {
                        (int q2, int b2) = Floor(t2, n2);
                        int from = (((b0 * n1) + b1) * n2) + b2;
                        int members = starts[from + 1] - starts[from];
                        if (members == 0)
                        {
                            continue;
                        }

                        if (t0 == c0 && t1 == c1 && t2 == c2)
                        {
                            home = images;
                        }

                        scratch.Reserve(checked(count + members + lanes), images + 1);
                        double* image = scratch.Images + (3 * (nint)images);
                        (image[0], image[1], image[2]) = (q0, q1, q2);
                        for (int slot = starts[from]; slot < starts[from + 1]; slot++)
                        {
                            scratch.Candidates[count++] = new() { Key = order[slot], Slot = slot, Image = images };
                        }

                        images++;
                    }
                }
            }

            scratch.ReserveItself(starts[bin + 1] - starts[bin]);

            // Images of one point come with rising shifts already, and the sort keeps their order.
            CellListSender* sorted = target.Counts != null ? scratch.Candidates : scratch.Sort(count, n);
            for (int e = 0; e < count; e++)
            {
                (int slot, int at) = (sorted[e].Slot, sorted[e].Image);
                double* image = scratch.Images + (3 * (nint)at);
                scratch.X[e] = slots[slot];
                scratch.Y[e] = slots[n + slot];
                scratch.Z[e] = slots[n + n + slot];
                scratch.S0[e] = image[0] - cells[slot];
                scratch.S1[e] = image[1] - cells[n + slot];
                scratch.S2[e] = image[2] - cells[n + n + slot];
                scratch.Sender[e] = sorted[e].Key;
                if (at == home && slot >= starts[bin] && slot < starts[bin + 1])
                {
                    scratch.Itself[slot - starts[bin]] = e;
                }
            }

            for (int e = count; e < count + lanes; e++)
            {
                scratch.X[e] = double.NaN;
                (scratch.Y[e], scratch.Z[e], scratch.S0[e], scratch.S1[e], scratch.S2[e]) = (0, 0, 0, 0, 0);
            }
        }

        private readonly (int Low, int High) Range(int axis, int at)
        {
            int reach = list.Reach[axis];
            return list.Periodic[axis]
                ? (at - reach, at + reach)
                : (Math.Max(at - reach, 0), Math.Min(at + reach, list.Size[axis] - 1));
        }

        private static (int Cell, int Bin) Floor(int at, int size)
        {
            int cell = at >= 0 ? at / size : -((size - 1 - at) / size);
            return (cell, at - (cell * size));
        }

        // T = S·H of every sender, for receivers from which (w0, w1, w2) cells were taken off.
        private readonly void Translate<V>(double w0, double w1, double w2)
            where V : unmanaged, ILanes<V, double>
        {
            ReadOnlySpan<double> h = list.Lattice;
            (V v0, V v1, V v2) = (V.Broadcast(w0), V.Broadcast(w1), V.Broadcast(w2));
            (V h0, V h1, V h2) = (V.Broadcast(h[0]), V.Broadcast(h[1]), V.Broadcast(h[2]));
            (V h3, V h4, V h5) = (V.Broadcast(h[3]), V.Broadcast(h[4]), V.Broadcast(h[5]));
            (V h6, V h7, V h8) = (V.Broadcast(h[6]), V.Broadcast(h[7]), V.Broadcast(h[8]));
            for (int e = 0; e < count; e += V.Count)
            {
                V s0 = V.Load(in scratch.S0[e]) + v0;
                V s1 = V.Load(in scratch.S1[e]) + v1;
                V s2 = V.Load(in scratch.S2[e]) + v2;
                V.Store(((s0 * h0) + (s1 * h3)) + (s2 * h6), ref scratch.T0[e]);
                V.Store(((s0 * h1) + (s1 * h4)) + (s2 * h7), ref scratch.T1[e]);
                V.Store(((s0 * h2) + (s1 * h5)) + (s2 * h8), ref scratch.T2[e]);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Count<V>(double x, double y, double z)
            where V : unmanaged, ILanes<V, double>
        {
            double* px = scratch.X, py = scratch.Y, pz = scratch.Z;
            double* tx = scratch.T0, ty = scratch.T1, tz = scratch.T2;
            (V x0, V y0, V z0) = (V.Broadcast(x), V.Broadcast(y), V.Broadcast(z));
            V square = V.Broadcast(list.Cutoff * list.Cutoff);
            V one = V.Broadcast(1);
            V sum = V.Zero;
            for (int e = 0; e < count; e += V.Count)
            {
                V dx = (V.Load(in px[e]) - x0) + V.Load(in tx[e]);
                V dy = (V.Load(in py[e]) - y0) + V.Load(in ty[e]);
                V dz = (V.Load(in pz[e]) - z0) + V.Load(in tz[e]);
                V near = V.LessThan(((dx * dx) + (dy * dy)) + (dz * dz), square);
                sum += V.Select(near, one, V.Zero);
            }

            return (int)V.Sum(sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Fill<V>(int i, double x, double y, double z, double w0, double w1, double w2)
            where V : unmanaged, ILanes<V, double>
        {
            double* px = scratch.X, py = scratch.Y, pz = scratch.Z;
            double* tx = scratch.T0, ty = scratch.T1, tz = scratch.T2;
            (V x0, V y0, V z0) = (V.Broadcast(x), V.Broadcast(y), V.Broadcast(z));
            V square = V.Broadcast(list.Cutoff * list.Cutoff);
            int p = target.Starts[i];
            int end = target.Starts[i + 1];
            for (int e = 0; e < count; e += V.Count)
            {
                V dx = (V.Load(in px[e]) - x0) + V.Load(in tx[e]);
                V dy = (V.Load(in py[e]) - y0) + V.Load(in ty[e]);
                V dz = (V.Load(in pz[e]) - z0) + V.Load(in tz[e]);
                V near = V.LessThan(((dx * dx) + (dy * dy)) + (dz * dz), square);
                for (uint bits = Bits(near); bits != 0; bits &= bits - 1)
                {
                    int c = e + BitOperations.TrailingZeroCount(bits);
                    if (p == end)
                    {
                        ThrowStarts();
                    }

                    target.Receivers[p] = i;
                    target.Senders[p] = scratch.Sender[c];
                    int* shift = target.Shifts + (3 * (nint)p);
                    shift[0] = (int)(scratch.S0[c] + w0);
                    shift[1] = (int)(scratch.S1[c] + w1);
                    shift[2] = (int)(scratch.S2[c] + w2);
                    (double rx, double ry, double rz) = ((px[c] - x) + tx[c], (py[c] - y) + ty[c], (pz[c] - z) + tz[c]);
                    if (target.Vectors != null)
                    {
                        double* vector = target.Vectors + (3 * (nint)p);
                        vector[0] = rx;
                        vector[1] = ry;
                        vector[2] = rz;
                    }

                    if (target.Distances != null)
                    {
                        target.Distances[p] = Math.Sqrt(((rx * rx) + (ry * ry)) + (rz * rz));
                    }

                    p++;
                }
            }

            if (p != end)
            {
                ThrowStarts();
            }
        }

        // A bit for every lane whose bits are set; the sizes are constants to the JIT.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static uint Bits<V>(V mask)
            where V : unmanaged, ILanes<V, double> =>
            sizeof(V) == 64 ? (uint)Unsafe.BitCast<V, Vector512<double>>(mask).ExtractMostSignificantBits()
            : sizeof(V) == 32 ? Unsafe.BitCast<V, Vector256<double>>(mask).ExtractMostSignificantBits()
            : Unsafe.BitCast<V, Vector128<double>>(mask).ExtractMostSignificantBits();

        private static void ThrowStarts() =>
            throw new ArgumentException("CellList.Fill: starts do not have the counts of this list.", "starts");
    }
}
