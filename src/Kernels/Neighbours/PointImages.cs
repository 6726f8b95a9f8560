using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The translated images of points that a list of pairs refers to, each of them once: with the images in place behind
/// the points, the neighbours of a point are plain rows of one array, and no translation is left in an inner loop.
/// Made once for a list; the points may move and the lattice change. The points themselves may be moved by lattice vectors
/// too: only differences of places mean something.
/// </summary>
public sealed unsafe class PointImages
{
    /// <summary>Numbers in a row of places: three coordinates and one that is zero.</summary>
    public const int Width = 4;

    // Rows that are placed in one go.
    private const int Block = 4096;

    private readonly int[] neighbours;

    // Where the neighbours of each point begin, [n]; empty where they follow each other.
    private readonly int[] firsts = [];

    // The points, those that are near in space near to each other, [n] and maybe more; empty where that is not known.
    private readonly int[] order = [];
    private readonly int[] sources;
    private readonly int[] shifts;

    // By which lattice vectors the points themselves are moved, [n, 3]; empty where by none.
    private readonly int[] moves = [];

    /// <summary>Collects the images.</summary>
    /// <param name="points">The number of points, n.</param>
    /// <param name="senders">The neighbour of each pair, [p].</param>
    /// <param name="shifts">Which image of it, in lattice vectors, [p, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a sender that is no point.</exception>
    public PointImages(int points, ReadOnlySpan<int> senders, ReadOnlySpan<int> shifts)
    {
        Guard.NotNegative(points, nameof(points), nameof(PointImages));
        Guard.Length(shifts.Length, 3L * senders.Length, nameof(shifts), nameof(PointImages));
        PointCount = points;
        neighbours = GC.AllocateUninitializedArray<int>(senders.Length);
        var translated = 0;
        for (int p = 0; p < senders.Length; p++)
        {
            if ((uint)senders[p] >= (uint)points)
            {
                Guard.ThrowIndex(p, senders[p], points, nameof(senders), nameof(PointImages));
            }

            translated += (shifts[3 * p] | shifts[(3 * p) + 1] | shifts[(3 * p) + 2]) == 0 ? 0 : 1;
        }

        // Chains of images with the same hash; there are at most as many images as pairs that leave their cell.
        int bits = 32 - int.LeadingZeroCount(Math.Max(translated, 1));
        var first = new int[1 << bits];
        var next = new List<int>();
        var source = new List<int>();
        var shift = new List<int>();
        for (int p = 0; p < senders.Length; p++)
        {
            (int j, int s0, int s1, int s2) = (senders[p], shifts[3 * p], shifts[(3 * p) + 1], shifts[(3 * p) + 2]);
            if ((s0 | s1 | s2) == 0)
            {
                neighbours[p] = j;
                continue;
            }

            ulong mixed = ((((((ulong)(uint)j * 31) + (uint)s0) * 31) + (uint)s1) * 31) + (uint)s2;
            int chain = (int)((mixed * 0x9E3779B97F4A7C15UL) >> (64 - bits));
            int image = first[chain] - 1;
            while (image >= 0
                && (source[image] != j
                    || shift[3 * image] != s0 || shift[(3 * image) + 1] != s1 || shift[(3 * image) + 2] != s2))
            {
                image = next[image];
            }

            if (image < 0)
            {
                image = source.Count;
                next.Add(first[chain] - 1);
                first[chain] = image + 1;
                source.Add(j);
                shift.AddRange([s0, s1, s2]);
            }

            neighbours[p] = points + image;
        }

        sources = [.. source];
        this.shifts = [.. shift];
    }

    /// <summary>Takes images that were found.</summary>
    /// <param name="points">The number of points, n.</param>
    /// <param name="neighbours">The rows of the neighbours, and anything behind them.</param>
    /// <param name="firsts">Where those of each point begin, [n].</param>
    /// <param name="order">The points in the order of their neighbours in memory, [n] and maybe more.</param>
    /// <param name="halo">The images.</param>
    internal PointImages(int points, int[] neighbours, int[] firsts, int[] order, CellListHalo halo)
    {
        this.order = order;
        PointCount = points;
        this.neighbours = neighbours;
        this.firsts = firsts;
        sources = halo.Sources;
        shifts = halo.Shifts;
        moves = halo.Moves;
    }

    /// <summary>Gets the number of points, n.</summary>
    public int PointCount { get; }

    /// <summary>Gets the number of images, m.</summary>
    public int ImageCount => sources.Length;

    /// <summary>Gets the rows of neighbours among the places: a point, or n + the number of an image. Those of a point
    /// stand together, from where <see cref="Firsts"/> says.</summary>
    public ReadOnlySpan<int> Neighbours => neighbours;

    /// <summary>Gets the points in an order in which what kernels read of them lies together in memory, [n] and maybe
    /// more; empty where that is their own.</summary>
    public ReadOnlySpan<int> Order => order;

    /// <summary>Gets the array behind <see cref="Neighbours"/>, for its owner.</summary>
    internal int[] Rows => neighbours;

    /// <summary>Gets the point that each image is an image of, [m].</summary>
    public ReadOnlySpan<int> Sources => sources;

    /// <summary>Writes points and images one after the other.</summary>
    /// <param name="points">Coordinates, [n, 3].</param>
    /// <param name="owners">The lattice of each point, [n]; empty where there is only one.</param>
    /// <param name="lattices">Lattice vectors, rows, [b, 3, 3].</param>
    /// <param name="places">Receives r_i of the points and r_j + S·H of the images, or both moved by the same lattice
    /// vectors, [n + m, 4], the last of each row zero.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public void Place(
        ReadOnlySpan<double> points, ReadOnlySpan<int> owners, ReadOnlySpan<double> lattices, Span<double> places)
    {
        Guard.Length(points.Length, 3L * PointCount, nameof(points));
        Guard.Length(owners.Length, owners.IsEmpty ? 0 : PointCount, nameof(owners));
        Guard.Length(places.Length, Width * ((long)PointCount + ImageCount), nameof(places));
        int structures = Guard.RowCount(lattices.Length, 9, nameof(lattices));
        if (owners.IsEmpty)
        {
            Guard.Length(structures, PointCount == 0 ? structures : 1, nameof(lattices));
        }

        foreach (int owner in owners)
        {
            if ((uint)owner >= (uint)structures)
            {
                Guard.ThrowIndex(owners.IndexOf(owner), owner, structures, nameof(owners), nameof(Place));
            }
        }

        fixed (double* pp = points, ph = lattices, pr = places)
        fixed (int* po = owners, pj = sources, ps = shifts, pm = moves)
        {
            int rows = PointCount + ImageCount;
            Workers.Run((rows + Block - 1) / Block, new PlaceJob(pp, ph, pr, po, pj, ps, pm, PointCount, rows));
        }
    }

    /// <summary>Where the neighbours of each point begin, [n] and maybe more.</summary>
    /// <param name="starts">Where the pairs of each point begin, [n + 1].</param>
    public ReadOnlySpan<int> Firsts(ReadOnlySpan<int> starts) => firsts.Length > 0 ? firsts : starts;

    /// <summary>Writes the pairs as points and shifts, by receiver, sender and shift (first component first).</summary>
    /// <param name="starts">Where the pairs of each point begin, [n + 1].</param>
    /// <param name="receivers">Receives the point whose neighbour it is, [p].</param>
    /// <param name="senders">Receives the neighbour, [p].</param>
    /// <param name="pairShifts">Receives which image of it, in lattice vectors, [p, 3].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public void Expand(
        ReadOnlySpan<int> starts, Span<int> receivers, Span<int> senders, Span<int> pairShifts)
    {
        Guard.Length(starts.Length, (long)PointCount + 1, nameof(starts));
        Guard.Length(receivers.Length, starts[^1], nameof(receivers));
        Guard.Length(senders.Length, starts[^1], nameof(senders));
        Guard.Length(pairShifts.Length, 3L * starts[^1], nameof(pairShifts));
        fixed (int* ps = starts, pi = receivers, pj = senders, px = pairShifts)
        {
            Workers.Run((PointCount + Block - 1) / Block, new ExpandJob(this, ps, pi, pj, px));
        }
    }

    /// <summary>Checks the arguments of kernels over pairs; the most pairs of any point.</summary>
    internal static int Check(
        ReadOnlySpan<int> kinds,
        int kindCount,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        ReadOnlySpan<double> values,
        ReadOnlySpan<double> forces,
        ReadOnlySpan<double> virials,
        [CallerMemberName] string operation = "")
    {
        int n = images.PointCount;
        bool alike = kindCount == 1 && kinds.IsEmpty;
        Guard.Length(kinds.Length, alike ? 0 : n, nameof(kinds), operation);
        Guard.Length(starts.Length, (long)n + 1, nameof(starts), operation);
        int room = images.Neighbours.Length;
        Guard.Length(starts[^1], images.firsts.Length > 0 ? starts[^1] : room, nameof(starts), operation);
        Guard.Length(places.Length, Width * ((long)n + images.ImageCount), nameof(places), operation);
        Guard.Length(values.Length, n, nameof(values), operation);
        Guard.Length(forces.Length, 3L * n, nameof(forces), operation);
        Guard.Length(virials.Length, 9L * n, nameof(virials), operation);
        int most = 0;
        ReadOnlySpan<int> firsts = images.Firsts(starts);
        for (int i = 0; i < n; i++)
        {
            int count = starts[i + 1] - starts[i];
            most = Math.Max(most, count);
            int kind = alike ? 0 : kinds[i];
            if ((uint)kind >= (uint)kindCount || count < 0 || firsts[i] > room - count)
            {
                throw new ArgumentException(
                    $"{operation}: point {i} has kind {kind} of {kindCount} and {starts[i + 1] - starts[i]} pairs.");
            }
        }

        return most;
    }

    // By which lattice vectors a point is moved along an axis.
    private int Move(int point, int axis) => moves.Length == 0 ? 0 : moves[(3 * point) + axis];

    /// <summary>The kinds of points and images, those of the images being those of their points.</summary>
    internal int[] Kinds(ReadOnlySpan<int> kinds)
    {
        var all = new int[PointCount + ImageCount];
        kinds.CopyTo(all);
        for (int image = 0; image < ImageCount; image++)
        {
            all[PointCount + image] = kinds[sources[image]];
        }

        return all;
    }

    private readonly struct ExpandJob(PointImages images, int* starts, int* receivers, int* senders, int* pairShifts)
        : IJob
    {
        public void Run(int block)
        {
            ReadOnlySpan<int> from = images.Firsts(new ReadOnlySpan<int>(starts, images.PointCount + 1));
            int last = Math.Min((block + 1) * Block, images.PointCount);
            for (int i = block * Block; i < last; i++)
            {
                Span<int> rows = images.neighbours.AsSpan(from[i], starts[i + 1] - starts[i]);
                int p = starts[i];
                foreach (int row in rows)
                {
                    bool image = row >= images.PointCount;
                    receivers[p] = i;
                    senders[p] = image ? images.sources[row - images.PointCount] : row;
                    for (int k = 0; k < 3; k++)
                    {
                        int to = image ? images.shifts[(3 * (row - images.PointCount)) + k] : images.Move(row, k);
                        pairShifts[(3 * p) + k] = to - images.Move(i, k);
                    }

                    p++;
                }

                Sort(starts[i], p);
            }
        }

        // By sender and shift: by sender at once, by shift among the few images of one sender.
        private void Sort(int from, int end)
        {
            var order = new ulong[end - from];
            var before = new int[3 * (end - from)];
            for (int p = from; p < end; p++)
            {
                order[p - from] = ((ulong)(uint)senders[p] << 32) | (uint)(p - from);
            }

            Array.Sort(order);
            new Span<int>(pairShifts + (3 * (nint)from), before.Length).CopyTo(before);
            for (int p = 0; p < order.Length; p++)
            {
                ulong item = order[p];
                int at = p;
                ReadOnlySpan<int> shift = before.AsSpan(3 * (int)(uint)item, 3);
                for (; at > 0 && order[at - 1] >> 32 == item >> 32
                    && shift.SequenceCompareTo(before.AsSpan(3 * (int)(uint)order[at - 1], 3)) < 0; at--)
                {
                    order[at] = order[at - 1];
                }

                order[at] = item;
            }

            for (int p = 0; p < order.Length; p++)
            {
                senders[from + p] = (int)(order[p] >> 32);
                before.AsSpan(3 * (int)(uint)order[p], 3).CopyTo(
                    new Span<int>(pairShifts + (3 * (nint)(from + p)), 3));
            }
        }
    }

    private readonly struct PlaceJob(
        double* points,
        double* lattices,
        double* places,
        int* owners,
        int* sources,
        int* shifts,
        int* moves,
        int count,
        int rows) : IJob
    {
        public void Run(int block)
        {
            int first = block * Block;
            int last = Math.Min(first + Block, rows);
            for (int row = first; row < Math.Min(last, count); row++)
            {
                Write(row, row, moves == null ? null : moves + (3 * (nint)row));
            }

            for (int row = Math.Max(first, count); row < last; row++)
            {
                Write(row, sources[row - count], shifts + (3 * (nint)(row - count)));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Write(int row, int point, int* shift)
        {
            double* from = points + (3 * (nint)point);
            double* to = places + (Width * (nint)row);
            (double x, double y, double z) = (from[0], from[1], from[2]);
            if (shift != null && (shift[0] | shift[1] | shift[2]) != 0)
            {
                double* h = lattices + (owners == null ? 0 : 9 * (nint)owners[point]);
                (double s0, double s1, double s2) = (shift[0], shift[1], shift[2]);
                x += (s0 * h[0]) + (s1 * h[3]) + (s2 * h[6]);
                y += (s0 * h[1]) + (s1 * h[4]) + (s2 * h[7]);
                z += (s0 * h[2]) + (s1 * h[5]) + (s2 * h[8]);
            }

            (to[0], to[1], to[2], to[3]) = (x, y, z, 0);
        }
    }
}
