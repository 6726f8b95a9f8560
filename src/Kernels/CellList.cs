namespace Noether.Kernels;

/// <summary>
/// Points sorted into bins of a lattice, to find all pairs closer than a cut-off in a time that grows with the points
/// and pairs. Use: make one, <see cref="Count"/> the pairs of each point, make room, <see cref="Fill"/>. Nothing but
/// the scratch of a block is allocated in the two passes, and the result never depends on the threads.
/// </summary>
/// <remarks>
/// <para>A pair is (i, j, S) with |(r_j − r_i) + S·H|² &lt; cut-off², S integers, 0 along open axes, without
/// (i, i, 0). The vector is computed from the points as given, in this order of operations, in float64 without fused
/// operations: <c>(r_j − r_i) + (S₀H₀ + S₁H₁ + S₂H₂)</c>, squares added from the first component. Whoever computes it
/// so agrees bit for bit, and exchanging the points and negating S negates it exactly.</para>
/// <para>Bins lie between planes of the lattice, a cut-off or more apart where the lattice is that wide. The bins around
/// one bin give its points the same senders, which are therefore gathered and sorted once for all of them.</para>
/// </remarks>
public sealed unsafe class CellList
{
    /// <summary>Points further apart than so many cells are refused; sums of a few shifts still fit 32 bits.</summary>
    public const int LargestShift = 1 << 28;

    // Bins are a hair wider than the cut-off, so that only next neighbours count in spite of rounding.
    private const double Wider = 1 + 1e-6;

    // Rounding of fractional coordinates, relative to the terms they are sums of.
    private const double Slack = 1e-9;

    private const int Blocks = 64;

    private readonly double[] lattice;

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
        lattice = new double[9];
        for (int c = 0; c < 9; c++)
        {
            lattice[c] = periodic[c / 3] ? vectors[c] : 0;
        }

        periodic.CopyTo(Periodic);
        Sort(points, reciprocal);
    }

    /// <summary>Gets the number of points, n.</summary>
    public int PointCount { get; }

    /// <summary>Gets the cut-off.</summary>
    public double Cutoff { get; }

    internal bool[] Periodic { get; } = new bool[3];

    /// <summary>Gets the number of bins along each axis.</summary>
    internal int[] Size { get; } = [1, 1, 1];

    /// <summary>Gets how many bins away a neighbour can be, along each axis.</summary>
    internal int[] Reach { get; } = [0, 0, 0];

    internal int Bins => Size[0] * Size[1] * Size[2];

    /// <summary>Gets the lattice, rows; zeros for open axes.</summary>
    internal ReadOnlySpan<double> Lattice => lattice;

    /// <summary>Gets where the slots of each bin begin, [bins + 1].</summary>
    internal int[] BinStarts { get; private set; } = [];

    /// <summary>Gets the point in each slot, [n]: by bin, then ascending.</summary>
    internal int[] Order { get; private set; } = [];

    /// <summary>Gets the coordinates of the point in each slot as it was given, [3, n].</summary>
    internal double[] Slots { get; private set; } = [];

    /// <summary>Gets the whole cells that were taken off the point in each slot, [3, n].</summary>
    internal double[] Cells { get; private set; } = [];

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
        Guard.Length(starts.Length, (long)PointCount + 1, nameof(starts));
        int pairs = starts[^1];
        Guard.Length(receivers.Length, pairs, nameof(receivers));
        Guard.Length(senders.Length, pairs, nameof(senders));
        Guard.Length(shifts.Length, 3L * pairs, nameof(shifts));
        Guard.Length(vectors.Length, vectors.IsEmpty ? 0 : 3L * pairs, nameof(vectors));
        Guard.Length(distances.Length, distances.IsEmpty ? 0 : pairs, nameof(distances));
        for (int i = 0; i < PointCount; i++)
        {
            if (starts[0] != 0 || starts[i + 1] < starts[i])
            {
                throw new ArgumentException("CellList.Fill: starts do not begin at 0 or fall.", nameof(starts));
            }
        }

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

    private void Scan(CellListTarget target)
    {
        int size = ((Bins - 1) / Blocks) + 1;
        fixed (int* starts = BinStarts, order = Order)
        fixed (double* slots = Slots, cells = Cells)
        {
            Workers.Run(
                ((Bins - 1) / size) + 1,
                new CellListJob(this, starts, order, slots, cells, target, size));
        }
    }

    // Fractional coordinates, the bins, and a counting sort of the points by bin, which keeps their order.
    private void Sort(ReadOnlySpan<double> points, ReadOnlySpan<double> b)
    {
        int n = PointCount;
        var fractional = new double[3 * n];
        var bin = new int[n];
        Cells = new double[3 * n];
        Span<double> low = stackalloc double[3];
        Span<double> perUnit = stackalloc double[3];
        Span<double> slack = stackalloc double[3];
        Span<double> height = stackalloc double[3];
        Span<double> extent = stackalloc double[3];
        for (int k = 0; k < 3; k++)
        {
            (double bx, double by, double bz) = (b[3 * k], b[(3 * k) + 1], b[(3 * k) + 2]);
            double least = double.PositiveInfinity, most = double.NegativeInfinity, terms = 0;
            for (int i = 0; i < n; i++)
            {
                (double x, double y, double z) =
                    (points[3 * i] * bx, points[(3 * i) + 1] * by, points[(3 * i) + 2] * bz);
                double f = x + y + z;
                fractional[(k * n) + i] = f;
                least = Math.Min(least, f);
                most = Math.Max(most, f);
                terms = Math.Max(terms, Math.Abs(x) + Math.Abs(y) + Math.Abs(z));
            }

            height[k] = 1 / Math.Sqrt((bx * bx) + (by * by) + (bz * bz));
            slack[k] = Slack * (1 + terms);
            low[k] = Periodic[k] || n == 0 ? 0 : least;
            extent[k] = Periodic[k] ? 1 : n == 0 ? 0 : most - least;
            if (Periodic[k] && !(terms < LargestShift / 4 && Cutoff / height[k] < LargestShift / 4))
            {
                throw new ArgumentException(
                    $"CellList: points and cut-off span 2^26 cells or more along axis {k}.", nameof(points));
            }

            Size[k] = (int)Math.Clamp(Math.Floor(extent[k] * height[k] / (Cutoff * Wider)), 1, 1 << 20);
        }

        // Not many more bins than points.
        while ((long)Size[0] * Size[1] * Size[2] > Math.Max(8L, 2L * n))
        {
            int widest = Size[0] >= Size[1] && Size[0] >= Size[2] ? 0 : Size[1] >= Size[2] ? 1 : 2;
            Size[widest] = (Size[widest] + 1) / 2;
        }

        for (int k = 0; k < 3; k++)
        {
            perUnit[k] = extent[k] > 0 ? Size[k] / extent[k] : 1;
            double bins = Math.Floor((Cutoff / height[k] + slack[k]) * perUnit[k]) + 1;
            Reach[k] = (int)(Periodic[k] ? bins : Math.Min(bins, Size[k] - 1));
            for (int i = 0; i < n; i++)
            {
                double f = fractional[(k * n) + i];
                double whole = Periodic[k] ? Math.Floor(f) : 0;
                fractional[(k * n) + i] = whole;
                bin[i] = (bin[i] * Size[k])
                    + (int)Math.Clamp((f - whole - low[k]) * perUnit[k], 0, Size[k] - 1);
            }
        }

        BinStarts = new int[Bins + 1];
        Order = new int[n];
        Slots = new double[3 * n];
        foreach (int at in bin)
        {
            BinStarts[at + 1]++;
        }

        for (int at = 0; at < Bins; at++)
        {
            BinStarts[at + 1] += BinStarts[at];
        }

        int[] next = BinStarts[..^1];
        for (int i = 0; i < n; i++)
        {
            int slot = next[bin[i]]++;
            Order[slot] = i;
            for (int k = 0; k < 3; k++)
            {
                Slots[(k * n) + slot] = points[(3 * i) + k];
                Cells[(k * n) + slot] = fractional[(k * n) + i];
            }
        }
    }
}
