using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Which points of a periodic mesh share each of a number of points: integers only, and the order in which sums visit
/// the points. It never changes.
/// </summary>
public sealed class MeshStencil
{
    private readonly int[] sizes;
    private readonly int[] starts;
    private readonly double[] centres;
    private readonly int[] visits;
    private readonly int[] planes;

    private MeshStencil(int[] sizes, int order, int[] starts, double[] centres)
    {
        this.sizes = sizes;
        this.starts = starts;
        this.centres = centres;
        Order = order;
        Points = starts.Length / 3;
        (visits, planes) = Sort();
    }

    /// <summary>Gets the number of points.</summary>
    public int Points { get; }

    /// <summary>Gets the number of mesh points on an axis that share a point.</summary>
    public int Order { get; }

    /// <summary>Gets the numbers of mesh points along the three axes.</summary>
    public ReadOnlySpan<int> Sizes => sizes;

    /// <summary>Gets the first mesh point of each point on each axis, points × 3; the others follow it, modulo the
    /// size.
    /// </summary>
    public ReadOnlySpan<int> Starts => starts;

    /// <summary>Gets the middle of the mesh points of each point on each axis, points × 3, not wrapped: what is left of
    /// the coordinate is the offset, at most ½ in magnitude.</summary>
    public ReadOnlySpan<double> Centres => centres;

    /// <summary>Gets the points sorted by their first mesh points on the first and second axis.</summary>
    internal ReadOnlySpan<int> Visits => visits;

    /// <summary>Gets where in <see cref="Visits"/> the points begin whose first mesh point on the first axis is
    /// 0, 1, …, and their number.</summary>
    internal ReadOnlySpan<int> Planes => planes;

    /// <summary>
    /// The stencil of points at coordinates u in units of the mesh (fraction of the cell times size). The middle is the
    /// nearest mesh point if the order is odd, ties to even, and the middle between the two nearest if it is even.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="coordinates">The coordinates, points × 3, inside the cell or not.</param>
    /// <param name="sizes">The numbers of mesh points along the three axes.</param>
    /// <param name="order">The number of mesh points on an axis that share a point, 1 to 7.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, a size or the order is out of range, or a coordinate is
    /// not finite; the message names it.</exception>
    public static MeshStencil Of<T>(ReadOnlySpan<T> coordinates, ReadOnlySpan<int> sizes, int order)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(sizes.Length, 3, nameof(sizes));
        Guard.RowCount(coordinates.Length, 3, nameof(coordinates));
        Guard.Positive(order, nameof(order));
        Guard.AtMost(order, MeshWeights.MaxOrder, nameof(order));
        foreach (int size in sizes)
        {
            Guard.Positive(size, nameof(sizes));
        }

        var starts = new int[coordinates.Length];
        var centres = new double[coordinates.Length];
        bool odd = order % 2 == 1;
        for (int i = 0; i < coordinates.Length; i++)
        {
            double u = double.CreateTruncating(coordinates[i]);
            double lower = odd ? Math.Round(u) : Math.Floor(u);
            if (!double.IsFinite(u))
            {
                throw new ArgumentException(
                    $"Of: coordinates[{i}] (point {i / 3}, axis {i % 3}) is {u}, expected a finite number.",
                    nameof(coordinates));
            }

            int size = sizes[i % 3];
            double first = lower + 1 - ((order + 1) / 2);
            starts[i] = Math.Min(size - 1, (int)(first - (size * Math.Floor(first / size))));
            centres[i] = odd ? lower : lower + 0.5;
        }

        return new(sizes.ToArray(), order, starts, centres);
    }

    /// <summary>The offsets of points from the middles of their mesh points.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="coordinates">The coordinates that the stencil was made of.</param>
    /// <param name="offsets">The result, points × 3; may be the coordinates.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public void OffsetsInto<T>(ReadOnlySpan<T> coordinates, Span<T> offsets)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(coordinates.Length, centres.Length, nameof(coordinates));
        Guard.Length(offsets.Length, centres.Length, nameof(offsets));
        for (int i = 0; i < centres.Length; i++)
        {
            offsets[i] = coordinates[i] - T.CreateTruncating(centres[i]);
        }
    }

    /// <summary>Counting sort by the second axis, then by the first.</summary>
    private (int[] Visits, int[] Planes) Sort()
    {
        int[] byRow = new int[Points];
        int[] count = Count(1);
        for (int i = 0; i < Points; i++)
        {
            byRow[count[starts[(3 * i) + 1]]++] = i;
        }

        int[] visits = new int[Points];
        int[] planes = Count(0);
        count = [.. planes];
        foreach (int i in byRow)
        {
            visits[count[starts[3 * i]]++] = i;
        }

        return (visits, planes);
    }

    private int[] Count(int axis)
    {
        int[] count = new int[sizes[axis] + 1];
        for (int i = 0; i < Points; i++)
        {
            count[starts[(3 * i) + axis] + 1]++;
        }

        for (int s = 0; s < sizes[axis]; s++)
        {
            count[s + 1] += count[s];
        }

        return count;
    }
}
