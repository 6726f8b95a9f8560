using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>Where the pairs go: only counts; or everything else, vectors and distances where not null.</summary>
internal unsafe struct CellListTarget
{
    public int* Counts, Starts, Receivers, Senders, Shifts;
    public double* Vectors, Distances;
}

/// <summary>The arrays of <see cref="CellListBins"/> that a scan reads, in place.</summary>
internal unsafe struct CellListSource
{
    public int* Starts, Labels, Numbers, Halo;
    public double* Points, Boxes;
    public float* Local;
}

/// <summary>The scan of a <see cref="CellList"/>: a block is a run of bins, the points in them receivers.</summary>
internal readonly unsafe struct CellListJob(
    CellListBins bins, double cutoff, CellListSource source, CellListTarget target, int size) : IJob
{
    // The set bits of every byte, in order.
    private static readonly byte[] SetBits = MakeSetBits();

    public void Run(int block)
    {
        using var scratch = new CellListScratch();
        fixed (byte* setBits = SetBits)
        {
            var lanes = new LanesJob(bins, cutoff, source, target, scratch, setBits)
            {
                First = block * size,
                Last = Math.Min((block + 1) * size, bins.Bins),
            };
            Simd.RunWidest<float, LanesJob>(ref lanes);
        }
    }

    /// <summary>Whether a sender is near, by the definition.</summary>
    /// <param name="bins">The bins.</param>
    /// <param name="source">Their arrays.</param>
    /// <param name="receiver">The slot of the receiver.</param>
    /// <param name="sender">That of the sender.</param>
    /// <param name="image">The image of a bin that the sender is in.</param>
    /// <param name="square">The square of the cut-off.</param>
    public static bool IsNear(
        CellListBins bins, in CellListSource source, int receiver, int sender, CellListImage* image, double square)
    {
        ReadOnlySpan<double> h = bins.Lattice;
        nint slot = 4 * (nint)sender, own = 4 * (nint)receiver;
        double s0 = (double)image->Cell[0] + source.Labels[slot] - source.Labels[own];
        double s1 = (double)image->Cell[1] + source.Labels[slot + 1] - source.Labels[own + 1];
        double s2 = (double)image->Cell[2] + source.Labels[slot + 2] - source.Labels[own + 2];
        double sum = 0;
        for (int k = 0; k < 3; k++)
        {
            double d = (source.Points[slot + k] - source.Points[own + k])
                + (((s0 * h[k]) + (s1 * h[3 + k])) + (s2 * h[6 + k]));
            sum += d * d;
        }

        return sum < square;
    }

    /// <summary>A bit for every lane whose sign is set; the sizes are constants to the JIT.</summary>
    /// <param name="value">The lanes.</param>
    /// <typeparam name="V">The register.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Negative<V>(V value)
        where V : unmanaged, ILanes<V, float> =>
        sizeof(V) == 64 ? (uint)Unsafe.BitCast<V, Vector512<float>>(value).ExtractMostSignificantBits()
        : sizeof(V) == 32 ? Unsafe.BitCast<V, Vector256<float>>(value).ExtractMostSignificantBits()
        : Unsafe.BitCast<V, Vector128<float>>(value).ExtractMostSignificantBits();

    private static byte[] MakeSetBits()
    {
        var table = new byte[256 * 8];
        for (int value = 0; value < 256; value++)
        {
            int next = 8 * value;
            for (int bit = 0; bit < 8; bit++)
            {
                if ((value >> bit & 1) != 0)
                {
                    table[next++] = (byte)bit;
                }
            }
        }

        return table;
    }

    private struct LanesJob(
        CellListBins bins,
        double cutoff,
        CellListSource source,
        CellListTarget target,
        CellListScratch scratch,
        byte* setBits) : ILanesJob<float>
    {
        public int First, Last;
        private readonly int stride = bins.Stride;
        private readonly double square = cutoff * cutoff;
        private int count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V>()
            where V : unmanaged, ILanes<V, float>
        {
            for (int bin = First; bin < Last; bin++)
            {
                if (source.Starts[bin] == source.Starts[bin + 1])
                {
                    continue;
                }

                int home = CellListImage.Find(bins, source, scratch, bin, out int images);
                Gather<V>(bin, images, home);
                for (int slot = source.Starts[bin]; slot < source.Starts[bin + 1]; slot++)
                {
                    // A point is no neighbour of itself.
                    float* itself = scratch.X + scratch.Itself[slot - source.Starts[bin]];
                    float x = *itself;
                    *itself = float.PositiveInfinity;
                    Scan<V>(slot);
                    *itself = x;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Scan<V>(int slot)
            where V : unmanaged, ILanes<V, float>
        {
            int i = source.Labels[(4 * (nint)slot) + 3];
            if (target.Counts != null)
            {
                int near = 0;
                for (int from = 0; from < count; from += CellListScratch.Chunk)
                {
                    near += Select<V>(slot, from, Math.Min(count, from + CellListScratch.Chunk));
                }

                target.Counts[i] = near;
                return;
            }

            int p = target.Starts[i];
            int last = target.Starts[i + 1];
            for (int from = 0; from < count; from += CellListScratch.Chunk)
            {
                int end = Math.Min(count, from + CellListScratch.Chunk);
                int found = Select<V>(slot, from, end);
                if (found > last - p)
                {
                    ThrowStarts();
                }

                Spread(V.Count, end - from);
                CellListWriter.Write(source, target, scratch, bins.Lattice, slot, from, found, p);
                p += found;
            }

            if (p != last)
            {
                ThrowStarts();
            }
        }

        // All senders that are not too far from the box of the bin, and when they will be written, by number, then
        // shift.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Gather<V>(int bin, int images, int home)
            where V : unmanaged, ILanes<V, float>
        {
            double* box = source.Boxes + (6 * (nint)bin);

            // A hair more than the box, in which its own points certainly are.
            V halfX = V.Broadcast(Half(box[3])), halfY = V.Broadcast(Half(box[4])), halfZ = V.Broadcast(Half(box[5]));
            V near = V.Broadcast(bins.Near);
            int e = 0;
            for (int at = 0; at < images; at++)
            {
                CellListImage* image = scratch.Images + at;
                V wayX = V.Broadcast(image->Way[0]);
                V wayY = V.Broadcast(image->Way[1]), wayZ = V.Broadcast(image->Way[2]);
                for (int slot = image->First; slot < image->End; slot += V.Count)
                {
                    float* local = source.Local + slot;
                    V x = V.Max(V.Abs(V.Load(in local[0]) + wayX) - halfX, V.Zero);
                    V y = V.Max(V.Abs(V.Load(in local[stride]) + wayY) - halfY, V.Zero);
                    V z = V.Max(V.Abs(V.Load(in local[2 * (nint)stride]) + wayZ) - halfZ, V.Zero);
                    V gap = V.MultiplyAdd(z, z, V.MultiplyAdd(y, y, x * x));
                    uint bits = Negative(gap - near);
                    int rest = image->End - slot;
                    bits &= rest < V.Count ? (1u << rest) - 1 : uint.MaxValue;
                    for (; bits != 0; bits &= bits - 1)
                    {
                        int member = slot + BitOperations.TrailingZeroCount(bits);
                        scratch.Slots[e] = member;
                        scratch.Sources[e] = at;
                        scratch.Items[e] = ((ulong)(uint)source.Labels[(4 * (nint)member) + 3] << 32) | (uint)e;
                        e++;
                    }
                }
            }

            count = e;
            if (target.Counts == null)
            {
                // Images of one point come with rising shifts already, and the sort keeps their order.
                scratch.Sort(count, bins.Count);
            }

            Load(bin, home, V.Count);
        }

        private readonly float Half(double half) => (float)(half * bins.Scale * (1 + 1e-6));

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Load(int bin, int home, int lanes)
        {
            int first = source.Starts[bin];
            ulong* items = scratch.Items;
            int* slots = scratch.Slots, sources = scratch.Sources, labels = scratch.Labels;
            float* x = scratch.X, y = scratch.Y, z = scratch.Z;
            double* points = scratch.Points;
            bool counting = target.Counts != null;
            for (int e = 0; e < count; e++)
            {
                int place = (int)(uint)items[e];
                nint slot = slots[place];
                CellListImage* image = scratch.Images + sources[place];
                x[e] = source.Local[slot] + image->Way[0];
                y[e] = source.Local[stride + slot] + image->Way[1];
                z[e] = source.Local[(2 * (nint)stride) + slot] + image->Way[2];
                if (sources[place] == home)
                {
                    scratch.Itself[slot - first] = e;
                }

                if (!counting)
                {
                    Vector256.Load(source.Points + (4 * slot)).Store(points + (4 * (nint)e));
                    int* label = labels + (4 * (nint)e);
                    (Vector128.Load(source.Labels + (4 * slot)) + Vector128.Load(image->Cell)).Store(label);
                }
            }

            for (int e = count; e < count + lanes; e++)
            {
                (x[e], y[e], z[e]) = (float.PositiveInfinity, 0, 0);
            }
        }

        // How many of the senders from..end are near, and which: bits, as many in a row as there are lanes. What
        // float32 leaves open is rare, and decided apart.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Select<V>(int receiver, int from, int end)
            where V : unmanaged, ILanes<V, float>
        {
            V x0 = V.Broadcast(source.Local[receiver]);
            V y0 = V.Broadcast(source.Local[stride + receiver]);
            V z0 = V.Broadcast(source.Local[(2 * (nint)stride) + receiver]);
            V most = V.Broadcast(bins.Near), least = V.Broadcast(bins.Sure);
            float* px = scratch.X, py = scratch.Y, pz = scratch.Z;
            ushort* row = scratch.Rows;
            int number = 0;
            uint open = 0;
            for (int e = from; e < end; e += V.Count)
            {
                V dx = V.Load(in px[e]) - x0;
                V dy = V.Load(in py[e]) - y0;
                V dz = V.Load(in pz[e]) - z0;
                V d = V.MultiplyAdd(dz, dz, V.MultiplyAdd(dy, dy, dx * dx));
                uint bits = Negative(d - most);
                open |= bits ^ Negative(d - least);
                *row++ = (ushort)bits;
                number += BitOperations.PopCount(bits);
            }

            return open == 0 ? number : Decide<V>(receiver, from, end);
        }

        // The set bits of all rows, as places from the first sender on.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Spread(int lanes, int senders)
        {
            ushort* found = scratch.Found, row = scratch.Rows;
            for (int e = 0; e < senders; e += lanes)
            {
                uint bits = *row++, low = bits & 255;
                Append(found, low, e);
                found += BitOperations.PopCount(low);
                if (lanes > 8)
                {
                    Append(found, bits >> 8, e + 8);
                    found += BitOperations.PopCount(bits >> 8);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Append(ushort* found, uint bits, int from)
        {
            Vector128<byte> set = Vector128.CreateScalar(((ulong*)setBits)[bits]).AsByte();
            (Vector128.WidenLower(set) + Vector128.Create((ushort)from)).Store(found);
        }

        // As Select, with the test of the definition for what float32 leaves open.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Decide<V>(int receiver, int from, int end)
            where V : unmanaged, ILanes<V, float>
        {
            float* local = source.Local + receiver;
            int number = 0;
            for (int e = from; e < end; e += V.Count)
            {
                uint bits = scratch.Rows[(e - from) / V.Count];
                for (uint left = bits; left != 0; left &= left - 1)
                {
                    int bit = BitOperations.TrailingZeroCount(left), at = e + bit;
                    float dx = scratch.X[at] - local[0];
                    float dy = scratch.Y[at] - local[stride];
                    float dz = scratch.Z[at] - local[2 * (nint)stride];
                    bool sure = (dx * dx) + (dy * dy) + (dz * dz) < bins.Sure;
                    if (!sure && !IsNear(receiver, at))
                    {
                        bits &= ~(1u << bit);
                    }
                }

                scratch.Rows[(e - from) / V.Count] = (ushort)bits;
                number += BitOperations.PopCount(bits);
            }

            return number;
        }

        private readonly bool IsNear(int receiver, int e)
        {
            int place = (int)(uint)scratch.Items[e];
            CellListImage* image = scratch.Images + scratch.Sources[place];
            return CellListJob.IsNear(bins, source, receiver, scratch.Slots[place], image, square);
        }

        private static void ThrowStarts() =>
            throw new ArgumentException("CellList.Fill: starts do not have the counts of this list.", "starts");
    }
}
