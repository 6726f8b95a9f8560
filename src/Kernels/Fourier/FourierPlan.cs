using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// What transforms of arrays of one shape share: factors of the lengths and roots of unity. It holds no data and never
/// changes, so any number of threads may use it; keep it for as long as the shape stays. Lengths are products of 2, 3,
/// 5 and 7.
/// </summary>
public sealed unsafe class FourierPlan
{
    private readonly int[] lengths;
    private readonly double[] doubles;
    private readonly float[] singles;

    /// <summary>Makes the plan for one to three axes, the outermost first.</summary>
    /// <param name="lengths">The number of points along each axis, a product of 2, 3, 5 and 7.</param>
    /// <exception cref="ArgumentException">No axis, more than three, a length that is less than 1 or has another factor
    /// (the message names the next length that has not), or more than 2³⁰ points.</exception>
    public FourierPlan(params ReadOnlySpan<int> lengths)
    {
        if (lengths.Length is 0 or > 3)
        {
            throw new ArgumentException($"FourierPlan: {lengths.Length} axes, expected 1 to 3.", nameof(lengths));
        }

        long points = 1;
        foreach (int n in lengths)
        {
            if (!Supports(n))
            {
                throw new ArgumentException(
                    $"FourierPlan: length {n} is not a product of 2, 3, 5 and 7; the next that is is {NextLength(n)}.",
                    nameof(lengths));
            }

            points *= n;
            if (points > 1 << 30)
            {
                throw new ArgumentException("FourierPlan: more than 2^30 points.", nameof(lengths));
            }
        }

        this.lengths = lengths.ToArray();
        Points = (int)points;
        int last = lengths[^1];
        Kept = (last / 2) + 1;
        Frequencies = Points / last * Kept;

        // Two axes are a first and a last one, so that both are cut into many blocks.
        Outer = new FourierAxis(lengths.Length > 1 ? lengths[0] : 1);
        Middle = new FourierAxis(lengths.Length > 2 ? lengths[1] : 1);
        Inner = new FourierAxis(last);
        Half = last % 2 == 0 ? new FourierAxis(last / 2) : Inner;
        var table = new List<double>();
        for (int k = 0; last % 2 == 0 && k <= last / 4; k++)
        {
            FourierAxis.Add(table, k, last);
        }

        doubles = GC.AllocateArray<double>(table.Count, pinned: true);
        table.CopyTo(doubles);
        singles = FourierAxis.Narrow(doubles);
    }

    /// <summary>Gets the number of points along each axis, the outermost first.</summary>
    public ReadOnlySpan<int> Lengths => lengths;

    /// <summary>Gets the number of points.</summary>
    public int Points { get; }

    /// <summary>Gets the number of frequencies that are kept of real data: those from 0 to half the length along the
    /// last axis, all along the others.</summary>
    public int Frequencies { get; }

    /// <summary>Gets the number of frequencies along the last axis that are kept of real data, n/2 + 1.</summary>
    internal int Kept { get; }

    internal FourierAxis Outer { get; }

    internal FourierAxis Middle { get; }

    internal FourierAxis Inner { get; }

    /// <summary>Gets the transform that real data need along the last axis: of half the length if that is
    /// even.</summary>
    internal FourierAxis Half { get; }

    /// <summary>Whether a length is a product of 2, 3, 5 and 7.</summary>
    /// <param name="length">The length.</param>
    public static bool Supports(int length)
    {
        if (length < 1)
        {
            return false;
        }

        foreach (int prime in (ReadOnlySpan<int>)[2, 3, 5, 7])
        {
            while (length % prime == 0)
            {
                length /= prime;
            }
        }

        return length == 1;
    }

    /// <summary>The least product of 2, 3, 5 and 7 that is not below a number.</summary>
    /// <param name="least">The number; below 1 it counts as 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is above 2³⁰.</exception>
    public static int NextLength(int least)
    {
        Guard.AtMost(least, 1 << 30, nameof(least));
        int length = Math.Max(1, least);
        while (!Supports(length))
        {
            length++;
        }

        return length;
    }

    /// <summary>The roots e^(−2πik/n) of the last axis for k from 0 to n/4, each three numbers.</summary>
    internal T* Roots<T>()
        where T : unmanaged => FourierAxis.Start<T>(doubles, singles);
}
