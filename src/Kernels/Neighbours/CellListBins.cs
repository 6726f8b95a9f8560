using System.Buffers;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Points sorted into bins between planes of the lattice, and what a scan needs to know of each slot and bin.
/// </summary>
/// <remarks>
/// Beside the points as given there are float32 coordinates in units of the cut-off, from the middle of the box around
/// the points of a bin, by which nearly all pairs are decided. With u = 2⁻²⁴, f the largest half of a box and o the
/// largest distance of two boxes' middles that matters (o ≤ 2f + 1 and a hair, along an axis), such a difference
/// differs from the exact one by less than 2u(f + o) + uf + u(2f + o) for the roundings of a sender, a receiver and
/// the difference, and by the roundings in float64, of which there are some ten of numbers below <c>largest</c>; three
/// axes make it √3 of that. <see cref="Near"/> and <see cref="Sure"/> are the squares beyond which, and within which,
/// no error of such size changes the answer, the errors of squaring and adding included. Between them the points as
/// given decide.
/// </remarks>
internal sealed unsafe class CellListBins
{
    // Bins are a hair wider than the cut-off, so that only next neighbours count in spite of rounding.
    private const double Wider = 1 + 1e-6;

    // Points that a point shares its bin with, at least: what is done once for a bin took, at cut-offs that hold few
    // points, a third more of the time with 8 and twice with 4; with 32 it was no less.
    private const int Crowd = 16;

    // Rounding of fractional coordinates, relative to the terms they are sums of.
    private const double Slack = 1e-9;

    // The unit roundoff of float32.
    private const double U = 1.0 / (1 << 24);

    // Lanes that may be read beyond the last slot.
    private const int Beyond = 16;

    private readonly double[] lattice;

    public CellListBins(
        ReadOnlySpan<double> points,
        double[] lattice,
        ReadOnlySpan<double> b,
        ReadOnlySpan<bool> periodic,
        double cutoff)
    {
        Count = points.Length / 3;
        this.lattice = lattice;
        periodic.CopyTo(Periodic);
        double[] fractional = ArrayPool<double>.Shared.Rent(3 * Count);
        int[] bin = ArrayPool<int>.Shared.Rent(Count);
        try
        {
            Choose(points, b, cutoff, fractional, bin.AsSpan(0, Count));
            Sort(points, fractional, bin.AsSpan(0, Count));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(fractional);
            ArrayPool<int>.Shared.Return(bin);
        }

        Place(cutoff);
    }

    /// <summary>Gets the number of points, n.</summary>
    public int Count { get; }

    public bool[] Periodic { get; } = new bool[3];

    /// <summary>Gets the number of bins along each axis.</summary>
    public int[] Size { get; } = [1, 1, 1];

    /// <summary>Gets how many bins away a neighbour can be, along each axis.</summary>
    public int[] Reach { get; } = [0, 0, 0];

    /// <summary>The number of images of bins on either side of the cell, along an axis, that can hold neighbours.
    /// </summary>
    public int Margin(int axis) => Periodic[axis] ? Reach[axis] : 0;

    public int Bins => Size[0] * Size[1] * Size[2];

    /// <summary>Gets the lattice, rows; zeros for open axes.</summary>
    public ReadOnlySpan<double> Lattice => lattice;

    /// <summary>Gets where the slots of each bin begin, [bins + 1].</summary>
    public int[] Starts { get; private set; } = [];

    /// <summary>Gets the point in each slot as it was given, and a zero, [n, 4]: by bin, then ascending.</summary>
    public double[] Points { get; private set; } = [];

    /// <summary>Gets the whole cells that were taken off the point in each slot, negated, and its number,
    /// [n, 4].</summary>
    public int[] Labels { get; private set; } = [];

    /// <summary>Gets the number of the point in each slot, [n and some].</summary>
    public int[] Numbers { get; private set; } = [];

    /// <summary>Gets coordinates in cut-offs from the middle of their bin, [3, n and some].</summary>
    public float[] Local { get; private set; } = [];

    /// <summary>Gets the step from one component to the next in <see cref="Local"/>.</summary>
    public int Stride => Count + Beyond;

    /// <summary>Gets the middle and then the half edges of the box around the points of each bin, [bins, 6].</summary>
    public double[] Boxes { get; private set; } = [];

    /// <summary>Gets what turns lengths into float32 coordinates; zero where these could not hold them, and then
    /// nothing is decided by them.</summary>
    public double Scale { get; private set; }

    /// <summary>Gets the square from which on a pair is certainly too far.</summary>
    public float Near { get; private set; } = 1;

    /// <summary>Gets the square below which a pair is certainly near enough.</summary>
    public float Sure { get; private set; } = -1;

    // The sizes, the fractional coordinates [3, n], and the bin of each point.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Choose(
        ReadOnlySpan<double> points, ReadOnlySpan<double> b, double cutoff, Span<double> fractional, Span<int> bin)
    {
        int n = Count;
        Span<double> low = stackalloc double[3], extent = stackalloc double[3], reach = stackalloc double[3];
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

            double height = 1 / Math.Sqrt((bx * bx) + (by * by) + (bz * bz));
            if (Periodic[k] && !(terms < CellList.LargestShift / 4 && cutoff / height < CellList.LargestShift / 4))
            {
                throw new ArgumentException(
                    $"CellList: points and cut-off span 2^26 cells or more along axis {k}.", nameof(points));
            }

            low[k] = Periodic[k] || n == 0 ? 0 : least;
            extent[k] = Periodic[k] ? 1 : n == 0 ? 0 : most - least;
            reach[k] = (cutoff / height) + (Slack * (1 + terms));
            Size[k] = (int)Math.Clamp(Math.Floor(extent[k] * height / (cutoff * Wider)), 1, 1 << 20);
        }

        while ((long)Size[0] * Size[1] * Size[2] > Math.Max(8L, 2L * n))
        {
            Coarsen();
        }

        Assign(fractional, low, extent, bin);
        double crowd = (double)Companions() / Math.Max(n, 1);
        if (crowd < Crowd && Bins > 1)
        {
            while (crowd < Crowd && Bins > 1)
            {
                crowd *= Coarsen();
            }

            Assign(fractional, low, extent, bin);
        }

        for (int k = 0; k < 3; k++)
        {
            double bins = Math.Floor(reach[k] * PerUnit(extent[k], k)) + 1;
            Reach[k] = (int)(Periodic[k] ? bins : Math.Min(bins, Size[k] - 1));
        }
    }

    private double PerUnit(double extent, int k) => extent > 0 ? Size[k] / extent : 1;

    // Half as many bins along the axis that has most; returns by how much larger they are.
    private double Coarsen()
    {
        int widest = Size[0] >= Size[1] && Size[0] >= Size[2] ? 0 : Size[1] >= Size[2] ? 1 : 2;
        int before = Size[widest];
        Size[widest] = (before + 1) / 2;
        return (double)before / Size[widest];
    }

    // The bin of each point, and how many have been put in each bin, as Starts of the next one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Assign(
        ReadOnlySpan<double> fractional, ReadOnlySpan<double> low, ReadOnlySpan<double> extent, Span<int> bin)
    {
        int n = Count;
        bin.Clear();
        for (int k = 0; k < 3; k++)
        {
            int size = Size[k];
            double perUnit = PerUnit(extent[k], k);
            ReadOnlySpan<double> along = fractional.Slice(k * n, n);
            for (int i = 0; i < along.Length; i++)
            {
                double f = along[i] - (Periodic[k] ? Math.Floor(along[i]) : low[k]);
                bin[i] = (bin[i] * size) + (int)Math.Clamp(f * perUnit, 0, size - 1);
            }
        }

        Starts = new int[Bins + 1];
        foreach (int at in bin)
        {
            Starts[at + 1]++;
        }
    }

    // The points that share a bin with a point, summed over points.
    private long Companions()
    {
        long sum = 0;
        foreach (int members in Starts)
        {
            sum += (long)members * members;
        }

        return sum;
    }

    // A counting sort of the points by bin, which keeps their order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sort(ReadOnlySpan<double> points, ReadOnlySpan<double> fractional, ReadOnlySpan<int> bin)
    {
        int n = Count;
        Points = GC.AllocateUninitializedArray<double>(4 * n);
        Labels = GC.AllocateUninitializedArray<int>(4 * n);
        Numbers = GC.AllocateUninitializedArray<int>(Stride);
        for (int at = 0; at < Bins; at++)
        {
            Starts[at + 1] += Starts[at];
        }

        int[] next = Starts[..^1];
        for (int i = 0; i < n; i++)
        {
            int place = next[bin[i]]++;
            int slot = 4 * place;
            Numbers[place] = i;
            for (int k = 0; k < 3; k++)
            {
                Points[slot + k] = points[(3 * i) + k];
                Labels[slot + k] = Periodic[k] ? -(int)Math.Floor(fractional[(k * n) + i]) : 0;
            }

            Points[slot + 3] = 0;
            Labels[slot + 3] = i;
        }
    }

    // The boxes, the float32 coordinates in them, and how far these can be trusted.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Place(double cutoff)
    {
        int bins = Bins;
        Boxes = GC.AllocateUninitializedArray<double>(6 * bins);
        Local = GC.AllocateUninitializedArray<float>(3 * Stride);
        double largest = 0, half = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            for (int k = 0; k < 3; k++)
            {
                double low = double.PositiveInfinity, high = double.NegativeInfinity;
                for (int slot = Starts[bin]; slot < Starts[bin + 1]; slot++)
                {
                    double x = Wrapped(slot, k, out double size);
                    largest = Math.Max(largest, size);
                    low = Math.Min(low, x);
                    high = Math.Max(high, x);
                }

                bool empty = Starts[bin] == Starts[bin + 1];
                Boxes[(6 * bin) + k] = empty ? 0 : 0.5 * (low + high);
                double edge = empty ? 0 : 0.5 * (high - low);
                Boxes[(6 * bin) + 3 + k] = edge;
                half = Math.Max(half, edge);
            }
        }

        for (int c = 0; c < 9; c++)
        {
            largest += ((Reach[c / 3] / Size[c / 3]) + 2.0) * Math.Abs(lattice[c]);
        }

        // 1 / 2^45 is 256 roundings of float64.
        double f = half / cutoff;
        double error = (16 * U * ((3 * f) + 2)) + (largest / cutoff / (1L << 45));
        if (error < 1e9 && cutoff is > 1e-140 and < 1e140)
        {
            Scale = 1 / cutoff;
            Near = MathF.BitIncrement((float)((1 + error) * (1 + error) * (1 + (8 * U))));
            Sure = error < 0.5 ? MathF.BitDecrement((float)((1 - error) * (1 - error) * (1 - (8 * U)))) : -1;
        }

        for (int bin = 0; bin < bins; bin++)
        {
            for (int k = 0; k < 3; k++)
            {
                double middle = Boxes[(6 * bin) + k];
                for (int slot = Starts[bin]; slot < Starts[bin + 1]; slot++)
                {
                    Local[(k * Stride) + slot] =
                        Scale > 0 ? (float)((Wrapped(slot, k, out _) - middle) * Scale) : 0;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Wrapped(int slot, int k, out double size)
    {
        double x = Points[(4 * slot) + k];
        double a = Labels[4 * slot] * lattice[k];
        double b = Labels[(4 * slot) + 1] * lattice[3 + k];
        double c = Labels[(4 * slot) + 2] * lattice[6 + k];
        size = Math.Abs(x) + Math.Abs(a) + Math.Abs(b) + Math.Abs(c);
        return x + a + b + c;
    }
}
