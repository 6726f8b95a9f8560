namespace Noether.Kernels;

/// <summary>
/// Points sorted into bins of a lattice, to find all pairs closer than a cut-off in a time that grows with the points
/// and pairs. Use: make one, <see cref="Count"/> the pairs of each point, make room, <see cref="Fill"/>. The two passes
/// work in rented memory, and the result never depends on the threads.
/// </summary>
/// <remarks>
/// <para>A pair is (i, j, S) with |(r_j − r_i) + S·H|² &lt; cut-off², S integers, 0 along open axes, without
/// (i, i, 0). The vector is computed from the points as given, in this order of operations, in float64 without fused
/// operations: <c>(r_j − r_i) + (S₀H₀ + S₁H₁ + S₂H₂)</c>, squares added from the first component. Whoever computes it
/// so agrees bit for bit, and exchanging the points and negating S negates it exactly.</para>
/// <para>Bins lie between planes of the lattice, a cut-off or more apart where the lattice is that wide. The bins around
/// one bin give its points the same senders, which are therefore gathered and sorted once for all of them. Which of
/// them are near a point is decided in float32 wherever its errors cannot matter, and by the definition where they
/// can; vectors and distances are always those of the definition.</para>
/// </remarks>
public sealed unsafe class CellList
{
    /// <summary>Points further apart than so many cells are refused; sums of a few shifts still fit 32 bits.</summary>
    public const int LargestShift = 1 << 28;

    private const int Blocks = 64;

    // Of so many bins one is looked at to estimate the pairs of all, and room is made for so many times as many.
    private const int Sample = 8;
    private const double More = 1.1;

    private readonly CellListBins bins;

    /// <summary>Sorts points into bins.</summary>
    /// <param name="points">Coordinates, [n, 3].</param>
    /// <param name="vectors">The lattice vectors H, [3, 3], rows; those of open axes are not read.</param>
    /// <param name="reciprocal">Rows b with H_k·b_l = δ_kl, [3, 3], of the lattice whose open vectors are replaced by
    /// unit vectors normal to the periodic ones and to each other.</param>
    /// <param name="periodic">Which axes repeat, [3].</param>
    /// <param name="cutoff">Positive and finite.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, a cut-off that is not positive and finite, or
    /// points or a cut-off more than <see cref="LargestShift"/> cells wide.</exception>
    public CellList(
        ReadOnlySpan<double> points,
        ReadOnlySpan<double> vectors,
        ReadOnlySpan<double> reciprocal,
        ReadOnlySpan<bool> periodic,
        double cutoff)
    {
        PointCount = Guard.RowCount(points.Length, 3, nameof(points), nameof(CellList));
        Guard.Length(vectors.Length, 9, nameof(vectors), nameof(CellList));
        Guard.Length(reciprocal.Length, 9, nameof(reciprocal), nameof(CellList));
        Guard.Length(periodic.Length, 3, nameof(periodic), nameof(CellList));
        if (!(cutoff > 0 && double.IsFinite(cutoff)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(cutoff), cutoff, $"CellList: the cut-off is {cutoff}, expected a positive finite length.");
        }

        Cutoff = cutoff;
        var lattice = new double[9];
        for (int c = 0; c < 9; c++)
        {
            lattice[c] = periodic[c / 3] ? vectors[c] : 0;
        }

        bins = new CellListBins(points, lattice, reciprocal, periodic, cutoff);
    }

    /// <summary>Gets the number of points, n.</summary>
    public int PointCount { get; }

    /// <summary>Gets the cut-off.</summary>
    public double Cutoff { get; }

    /// <summary>Counts the pairs of each point.</summary>
    /// <param name="counts">Receives the number of pairs whose receiver each point is, [n].</param>
    /// <returns>Their sum.</returns>
    /// <exception cref="ArgumentException"><paramref name="counts"/> has another length.</exception>
    public long Count(Span<int> counts)
    {
        Guard.Length(counts.Length, PointCount, nameof(counts));
        fixed (int* pc = counts)
        {
            Scan(new CellListTarget { Counts = pc });
        }

        long sum = 0;
        foreach (int count in counts)
        {
            sum += count;
        }

        return sum;
    }

    /// <summary>Writes the pairs by receiver, sender and shift (first component first).</summary>
    /// <param name="starts">Where the pairs of each receiver begin, the sums of what <see cref="Count"/> gave, from 0,
    /// [n + 1].</param>
    /// <param name="receivers">Receives i, [p].</param>
    /// <param name="senders">Receives j, [p].</param>
    /// <param name="shifts">Receives S, [p, 3].</param>
    /// <param name="vectors">Receives (r_j − r_i) + S·H, [p, 3]; empty where that is not wanted.</param>
    /// <param name="distances">Receives its length, [p]; empty where that is not wanted.</param>
    /// <exception cref="ArgumentException">A span has another length, or <paramref name="starts"/> has other
    /// counts.</exception>
    public void Fill(
        ReadOnlySpan<int> starts,
        Span<int> receivers,
        Span<int> senders,
        Span<int> shifts,
        Span<double> vectors,
        Span<double> distances)
    {
        CheckStarts(starts, nameof(Fill));
        int pairs = starts[^1];
        Guard.Length(receivers.Length, pairs, nameof(receivers));
        Guard.Length(senders.Length, pairs, nameof(senders));
        Guard.Length(shifts.Length, 3L * pairs, nameof(shifts));
        Guard.Length(vectors.Length, vectors.IsEmpty ? 0 : 3L * pairs, nameof(vectors));
        Guard.Length(distances.Length, distances.IsEmpty ? 0 : pairs, nameof(distances));
        fixed (int* ps = starts, pi = receivers, pj = senders, px = shifts)
        fixed (double* pv = vectors, pd = distances)
        {
            Scan(new CellListTarget
            {
                Starts = ps,
                Receivers = pi,
                Senders = pj,
                Shifts = px,
                Vectors = pv,
                Distances = pd,
            });
        }
    }

    /// <summary>Makes the pairs in the form that sums over pairs read: neighbours as rows of places, in one pass and in
    /// an order of their own, which does not depend on the threads.</summary>
    /// <param name="starts">Receives the sums of the numbers of pairs of each receiver, from 0, [n + 1].</param>
    /// <param name="used">An array that nobody uses any more, which the list keeps if it is long enough; empty for
    /// none.</param>
    /// <returns>The images, of whose places only differences mean something; null where points have more images that
    /// may be near than there are pairs, or more pairs than fit an array of their shifts.</returns>
    /// <exception cref="ArgumentException">Another length.</exception>
    public PointImages? Images(Span<int> starts, int[] used)
    {
        ArgumentNullException.ThrowIfNull(used);
        Guard.Length(starts.Length, (long)PointCount + 1, nameof(starts));
        int[] firsts = GC.AllocateUninitializedArray<int>(PointCount);

        // What some bins hold tells how much room all need; where that is too little, they are looked at again.
        long expected = Rows(starts, firsts, null, null, Sample);
        if (expected > Array.MaxLength || CellListHalo.Create(bins, (int)expected) is not { } halo)
        {
            return null;
        }

        int[] neighbours = RoomFor(expected, used);
        long found = Rows(starts, firsts, neighbours, halo, 1);
        if (found > Array.MaxLength / 3)
        {
            return null;
        }

        if (found > neighbours.Length)
        {
            neighbours = RoomFor(found, []);
            Rows(starts, firsts, neighbours, halo, 1);
        }

        starts[0] = 0;
        for (int i = 0; i < PointCount; i++)
        {
            starts[i + 1] += starts[i];
        }

        return new PointImages(PointCount, neighbours, firsts, bins.Numbers, halo);
    }

    private static int[] RoomFor(long pairs, int[] used) =>
        1.05 * used.Length >= pairs ? used : GC.AllocateUninitializedArray<int>((int)Math.Min(pairs, Array.MaxLength));

    // The pairs that were found, those of all bins being estimated from every so manieth.
    private long Rows(Span<int> starts, int[] firsts, int[]? neighbours, CellListHalo? halo, int every)
    {
        long found = 0, seen = 0;
        fixed (int* pc = starts[1..], pf = firsts, pn = neighbours, ph = halo?.Rows)
        {
            var target = new CellListRowsTarget
            {
                Counts = pc,
                Firsts = pf,
                Neighbours = pn,
                Room = neighbours?.Length ?? 0,
                Found = &found,
                Points = &seen,
            };
            Scan(ph, (source, size) => new CellListRowsJob(bins, Cutoff, source, target, size, every));
        }

        return seen == PointCount ? found : (long)(More * found / Math.Max(seen, 1) * PointCount) + PointCount;
    }

    private void CheckStarts(ReadOnlySpan<int> starts, string operation)
    {
        Guard.Length(starts.Length, (long)PointCount + 1, nameof(starts), operation);
        for (int i = 0; i < PointCount; i++)
        {
            if (starts[0] != 0 || starts[i + 1] < starts[i])
            {
                throw new ArgumentException($"CellList.{operation}: starts do not begin at 0 or fall.", nameof(starts));
            }
        }
    }

    private void Scan(CellListTarget target) =>
        Scan(null, (source, size) => new CellListJob(bins, Cutoff, source, target, size));

    private void Scan<TJob>(int* halo, Func<CellListSource, int, TJob> job)
        where TJob : struct, IJob
    {
        int size = ((bins.Bins - 1) / Blocks) + 1;
        fixed (int* starts = bins.Starts, labels = bins.Labels, numbers = bins.Numbers)
        fixed (double* points = bins.Points, boxes = bins.Boxes)
        fixed (float* local = bins.Local)
        {
            var source = new CellListSource
            {
                Starts = starts,
                Labels = labels,
                Numbers = numbers,
                Halo = halo,
                Points = points,
                Boxes = boxes,
                Local = local,
            };
            Workers.Run(((bins.Bins - 1) / size) + 1, job(source, size));
        }
    }
}
