using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>Where the rows of neighbours go.</summary>
internal unsafe struct CellListRowsTarget
{
    /// <summary>The number of neighbours of each point, and the start of its row.</summary>
    public int* Counts, Firsts;

    /// <summary>Rows of places, row after row; what does not fit is only counted.</summary>
    public int* Neighbours;

    /// <summary>The number of neighbours that fit.</summary>
    public long Room;

    /// <summary>The number of neighbours found, and of points looked at.</summary>
    public long* Found, Points;
}

/// <summary>
/// The scan of a <see cref="CellList"/> that finds and writes neighbours as rows of places in one pass: by bin and slot,
/// unsorted. Where the row of a point lies depends on which thread is first, what is in it does not.
/// </summary>
/// <param name="bins">The bins.</param>
/// <param name="cutoff">The cut-off.</param>
/// <param name="source">Their arrays.</param>
/// <param name="target">Where the rows go.</param>
/// <param name="size">The bins of a block.</param>
/// <param name="every">Of how many bins of a block one is looked at.</param>
internal readonly unsafe struct CellListRowsJob(
    CellListBins bins, double cutoff, CellListSource source, CellListRowsTarget target, int size, int every) : IJob
{
    public void Run(int block)
    {
        using var scratch = new CellListScratch();
        var lanes = new LanesJob(bins, cutoff, source, target, scratch, every)
        {
            First = block * size,
            Last = Math.Min((block + 1) * size, bins.Bins),
        };
        Simd.RunWidest<float, LanesJob>(ref lanes);
    }

    private struct LanesJob(
        CellListBins bins,
        double cutoff,
        CellListSource source,
        CellListRowsTarget target,
        CellListScratch scratch,
        int every) : ILanesJob<float>
    {
        public int First, Last;
        private readonly int stride = bins.Stride;
        private readonly double square = cutoff * cutoff;
        private int count, staged, unwritten;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V>()
            where V : unmanaged, ILanes<V, float>
        {
            long points = 0;
            for (int bin = First; bin < Last; bin += every)
            {
                int first = source.Starts[bin], end = source.Starts[bin + 1];
                if (first == end)
                {
                    continue;
                }

                int home = CellListImage.Find(bins, source, scratch, bin, out int images);
                Gather<V>(bin, images, home);
                unwritten = first;
                for (int slot = first; slot < end; slot++)
                {
                    if (staged + count + CellListScratch.Beyond > scratch.Room)
                    {
                        Write(slot);
                        scratch.ReserveRows(count);
                    }

                    // A point is no neighbour of itself.
                    float* itself = scratch.X + scratch.Itself[slot - first];
                    float x = *itself;
                    *itself = float.PositiveInfinity;
                    int found = Select<V>(slot, scratch.Staged + staged);
                    *itself = x;
                    int point = source.Numbers[slot];
                    target.Counts[point] = found;
                    target.Firsts[point] = staged;
                    staged += found;
                }

                Write(end);
                points += end - first;
            }

            Interlocked.Add(ref *target.Points, points);
        }

        // Takes room for the rows up to a slot and copies them there.
        private void Write(int end)
        {
            long from = Interlocked.Add(ref *target.Found, staged) - staged;
            if (from + staged <= target.Room)
            {
                new Span<int>(scratch.Staged, staged).CopyTo(new Span<int>(target.Neighbours + from, staged));
                for (int slot = unwritten; slot < end; slot++)
                {
                    target.Firsts[source.Numbers[slot]] += (int)from;
                }
            }

            (unwritten, staged) = (end, 0);
        }

        // All senders that are not too far from the box of the bin: float32 coordinates, rows, slots and images.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Gather<V>(int bin, int images, int home)
            where V : unmanaged, ILanes<V, float>
        {
            double* box = source.Boxes + (6 * (nint)bin);

            // A hair more than the box, in which its own points certainly are.
            V halfX = V.Broadcast(Half(box[3])), halfY = V.Broadcast(Half(box[4])), halfZ = V.Broadcast(Half(box[5]));
            V near = V.Broadcast(bins.Near);
            float* px = scratch.X, py = scratch.Y, pz = scratch.Z;
            int* rows = scratch.Labels, slots = scratch.Slots, sources = scratch.Sources;
            int e = 0;
            for (int at = 0; at < images; at++)
            {
                CellListImage* image = scratch.Images + at;
                V wayX = V.Broadcast(image->Way[0]);
                V wayY = V.Broadcast(image->Way[1]), wayZ = V.Broadcast(image->Way[2]);
                for (int slot = image->First; at == home && slot < image->End; slot++)
                {
                    scratch.Itself[slot - image->First] = e + slot - image->First;
                }

                for (int slot = image->First; slot < image->End; slot += V.Count)
                {
                    float* local = source.Local + slot;
                    V x = V.Load(in local[0]) + wayX;
                    V y = V.Load(in local[stride]) + wayY;
                    V z = V.Load(in local[2 * (nint)stride]) + wayZ;
                    V gapX = V.Max(V.Abs(x) - halfX, V.Zero);
                    V gapY = V.Max(V.Abs(y) - halfY, V.Zero);
                    V gapZ = V.Max(V.Abs(z) - halfZ, V.Zero);
                    V gap = V.MultiplyAdd(gapZ, gapZ, V.MultiplyAdd(gapY, gapY, gapX * gapX));
                    V mask = V.LessThan(gap, near);
                    uint bits = CellListJob.Negative(mask);
                    int rest = image->End - slot;
                    bits &= rest < V.Count ? (1u << rest) - 1 : uint.MaxValue;
                    if (sizeof(V) == 64 && Avx512F.IsSupported)
                    {
                        Vector512<int> which = Vector512<int>.Indices + Vector512.Create(slot);
                        Vector512<float> keep = Unsafe.BitCast<V, Vector512<float>>(mask)
                            & Vector512.LessThan(which, Vector512.Create(image->End)).AsSingle();
                        Vector512<int> row = image->Row < 0
                            ? Vector512.Load(source.Numbers + slot)
                            : which + Vector512.Create(image->Row - image->First);
                        Compress(keep, Unsafe.BitCast<V, Vector512<float>>(x)).Store(px + e);
                        Compress(keep, Unsafe.BitCast<V, Vector512<float>>(y)).Store(py + e);
                        Compress(keep, Unsafe.BitCast<V, Vector512<float>>(z)).Store(pz + e);
                        Compress(keep, row).Store(rows + e);
                        Compress(keep, which).Store(slots + e);
                        Vector512.Create(at).Store(sources + e);
                        e += BitOperations.PopCount(bits);
                        continue;
                    }

                    for (; bits != 0; bits &= bits - 1)
                    {
                        int lane = BitOperations.TrailingZeroCount(bits);
                        int member = slot + lane;
                        (px[e], py[e], pz[e]) = (Lane(x, lane), Lane(y, lane), Lane(z, lane));
                        rows[e] = image->Row < 0 ? source.Numbers[member] : image->Row + member - image->First;
                        (slots[e], sources[e]) = (member, at);
                        e++;
                    }
                }
            }

            count = e;
            for (; e < count + V.Count; e++)
            {
                (px[e], py[e], pz[e]) = (float.PositiveInfinity, 0, 0);
            }

            scratch.ReserveRows(staged == 0 ? count : 0);
        }

        private readonly float Half(double half) => (float)(half * bins.Scale * (1 + 1e-6));

        // The rows of the senders that are near a receiver, and their number. What float32 leaves open is rare, and
        // decided apart.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Select<V>(int receiver, int* to)
            where V : unmanaged, ILanes<V, float>
        {
            V x0 = V.Broadcast(source.Local[receiver]);
            V y0 = V.Broadcast(source.Local[stride + receiver]);
            V z0 = V.Broadcast(source.Local[(2 * (nint)stride) + receiver]);
            V most = V.Broadcast(bins.Near), least = V.Broadcast(bins.Sure);
            float* px = scratch.X, py = scratch.Y, pz = scratch.Z;
            int* rows = scratch.Labels;
            int number = 0, end = count;
            uint open = 0;
            for (int e = 0; e < end; e += V.Count)
            {
                V dx = V.Load(in px[e]) - x0;
                V dy = V.Load(in py[e]) - y0;
                V dz = V.Load(in pz[e]) - z0;
                V d = V.MultiplyAdd(dz, dz, V.MultiplyAdd(dy, dy, dx * dx));
                V mask = V.LessThan(d, most);
                uint bits = CellListJob.Negative(mask);
                open |= bits ^ CellListJob.Negative(V.LessThan(d, least));
                if (sizeof(V) == 64 && Avx512F.IsSupported)
                {
                    Compress(Unsafe.BitCast<V, Vector512<float>>(mask), Vector512.Load(rows + e)).Store(to + number);
                    number += BitOperations.PopCount(bits);
                    continue;
                }

                for (; bits != 0; bits &= bits - 1)
                {
                    to[number++] = rows[e + BitOperations.TrailingZeroCount(bits)];
                }
            }

            return open == 0 ? number : Decide(receiver, to);
        }

        // As Select, with the test of the definition for what float32 leaves open.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly int Decide(int receiver, int* to)
        {
            float* local = source.Local + receiver;
            int number = 0;
            for (int e = 0; e < count; e++)
            {
                float dx = scratch.X[e] - local[0];
                float dy = scratch.Y[e] - local[stride];
                float dz = scratch.Z[e] - local[2 * (nint)stride];
                float d = (dx * dx) + (dy * dy) + (dz * dz);
                if (d < bins.Sure
                    || (d < bins.Near && CellListJob.IsNear(
                        bins, source, receiver, scratch.Slots[e], scratch.Images + scratch.Sources[e], square)))
                {
                    to[number++] = scratch.Labels[e];
                }
            }

            return number;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Lane<V>(V value, int lane)
            where V : unmanaged, ILanes<V, float> => Unsafe.Add(ref Unsafe.As<V, float>(ref value), lane);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Compress(Vector512<float> keep, Vector512<float> value) =>
            Avx512F.Compress(Vector512<float>.Zero, keep, value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Compress(Vector512<float> keep, Vector512<int> value) =>
            Avx512F.Compress(Vector512<int>.Zero, keep.AsInt32(), value);
    }
}
