namespace Noether.Kernels;

/// <summary>
/// The images of bins around the cell that may hold neighbours of points in it, with a row among places for each point in
/// them. The points themselves are placed in the cell, so that which images are needed does not depend on where they are
/// in space.
/// </summary>
internal sealed class CellListHalo
{
    private CellListHalo(int[] rows, int[] sources, int[] shifts, int[] moves)
    {
        Rows = rows;
        Sources = sources;
        Shifts = shifts;
        Moves = moves;
    }

    /// <summary>Gets the row of the first point of each bin of the cell and around it.</summary>
    public int[] Rows { get; }

    /// <summary>Gets the point that each image is an image of, [m].</summary>
    public int[] Sources { get; }

    /// <summary>Gets by which lattice vectors each image is moved, [m, 3].</summary>
    public int[] Shifts { get; }

    /// <summary>Gets by which lattice vectors the points are moved, [n, 3]; empty where by none.</summary>
    public int[] Moves { get; }

    /// <summary>Where a bin, counted from those of the cell on, stands in <see cref="Rows"/>.</summary>
    public static int Index(CellListBins bins, int t0, int t1, int t2) =>
        ((((t0 + bins.Reach[0]) * Around(bins, 1)) + t1 + bins.Reach[1]) * Around(bins, 2)) + t2 + bins.Reach[2];

    /// <summary>Makes rows for all images, unless these are more than a number or even the bins are.</summary>
    public static CellListHalo? Create(CellListBins bins, int most)
    {
        double around = (double)Around(bins, 0) * Around(bins, 1) * Around(bins, 2);
        if (around - bins.Bins > most)
        {
            return null;
        }

        var rows = new int[(int)around];
        long count = 0;
        Visit(bins, (at, bin, _, _, _) =>
        {
            rows[at] = bins.Count + (int)count;
            count += bins.Starts[bin + 1] - bins.Starts[bin];
        });
        if (count > most)
        {
            return null;
        }

        var sources = new int[count];
        var shifts = new int[3 * count];
        int image = 0;
        Visit(bins, (_, bin, q0, q1, q2) =>
        {
            for (int slot = bins.Starts[bin]; slot < bins.Starts[bin + 1]; slot++, image++)
            {
                ReadOnlySpan<int> label = bins.Labels.AsSpan(4 * slot, 4);
                sources[image] = label[3];
                shifts[3 * image] = label[0] + q0;
                shifts[(3 * image) + 1] = label[1] + q1;
                shifts[(3 * image) + 2] = label[2] + q2;
            }
        });
        return new CellListHalo(rows, sources, shifts, MovesOf(bins));
    }

    private static int Around(CellListBins bins, int axis) => bins.Size[axis] + (2 * bins.Reach[axis]);

    // All images of bins: where they stand among the rows, the bin, and the cell that it is in.
    private static void Visit(CellListBins bins, Action<int, int, int, int, int> action)
    {
        (int n0, int n1, int n2) = (bins.Size[0], bins.Size[1], bins.Size[2]);
        (int r0, int r1, int r2) = (bins.Margin(0), bins.Margin(1), bins.Margin(2));
        for (int t0 = -r0; t0 < n0 + r0; t0++)
        {
            (int q0, int b0) = CellListImage.Floor(t0, n0);
            for (int t1 = -r1; t1 < n1 + r1; t1++)
            {
                (int q1, int b1) = CellListImage.Floor(t1, n1);
                for (int t2 = -r2; t2 < n2 + r2; t2++)
                {
                    (int q2, int b2) = CellListImage.Floor(t2, n2);
                    if ((q0 | q1 | q2) != 0)
                    {
                        action(Index(bins, t0, t1, t2), (((b0 * n1) + b1) * n2) + b2, q0, q1, q2);
                    }
                }
            }
        }
    }

    private static int[] MovesOf(CellListBins bins)
    {
        int[] moves = [];
        for (int slot = 0; slot < bins.Count; slot++)
        {
            ReadOnlySpan<int> label = bins.Labels.AsSpan(4 * slot, 4);
            if ((label[0] | label[1] | label[2]) != 0)
            {
                moves = moves.Length > 0 ? moves : new int[3 * bins.Count];
                label[..3].CopyTo(moves.AsSpan(3 * label[3], 3));
            }
        }

        return moves;
    }
}
