using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>A bin, or an image of it, as seen from another bin.</summary>
internal unsafe struct CellListImage
{
    /// <summary>Its cell, and a zero.</summary>
    public fixed int Cell[4];

    /// <summary>The way from the middle of the other bin to its middle, in cut-offs.</summary>
    public fixed float Way[3];

    /// <summary>Its slots.</summary>
    public int First, End;

    /// <summary>The row of its first slot among places, where images have rows; −1 for a bin that is no image.</summary>
    public int Row;

    /// <summary>Finds the images of bins that can hold senders of the receivers in a bin.</summary>
    /// <param name="bins">The bins.</param>
    /// <param name="source">Their arrays.</param>
    /// <param name="scratch">Receives the images, and makes room for the points in them.</param>
    /// <param name="bin">The bin of the receivers.</param>
    /// <param name="images">Their number.</param>
    /// <returns>Which of them is the bin itself.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Find(
        CellListBins bins, in CellListSource source, CellListScratch scratch, int bin, out int images)
    {
        ReadOnlySpan<double> h = bins.Lattice;
        (int n0, int n1, int n2) = (bins.Size[0], bins.Size[1], bins.Size[2]);
        (int bin01, int c2) = Math.DivRem(bin, n2);
        (int c0, int c1) = Math.DivRem(bin01, n1);
        (int low0, int high0) = Range(bins, 0, c0);
        (int low1, int high1) = Range(bins, 1, c1);
        (int low2, int high2) = Range(bins, 2, c2);
        scratch.ReserveImages(checked((high0 - low0 + 1) * (high1 - low1 + 1) * (high2 - low2 + 1)));
        double* box = source.Boxes + (6 * (nint)bin);
        double most = bins.Near * (1 + 1e-6);
        CellListImage* image = scratch.Images;
        int home = 0;
        int senders = 0;
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
                    int members = source.Starts[from + 1] - source.Starts[from];
                    double* other = source.Boxes + (6 * (nint)from);
                    double gaps = 0;
                    for (int k = 0; k < 3; k++)
                    {
                        double way = bins.Scale
                            * (other[k] - box[k] + ((q0 * h[k]) + (q1 * h[3 + k]) + (q2 * h[6 + k])));
                        double gap = Math.Max(Math.Abs(way) - (bins.Scale * (other[3 + k] + box[3 + k])), 0);
                        gaps += gap * gap;
                        image->Way[k] = (float)way;
                    }

                    if (members == 0 || gaps > most)
                    {
                        continue;
                    }

                    if (t0 == c0 && t1 == c1 && t2 == c2)
                    {
                        home = (int)(image - scratch.Images);
                    }

                    (image->Cell[0], image->Cell[1], image->Cell[2], image->Cell[3]) = (q0, q1, q2, 0);
                    (image->First, image->End) = (source.Starts[from], source.Starts[from + 1]);
                    image->Row = (q0 | q1 | q2) == 0 || source.Halo == null
                        ? -1
                        : source.Halo[CellListHalo.Index(bins, t0, t1, t2)];
                    senders = checked(senders + members);
                    image++;
                }
            }
        }

        scratch.ReserveElements(senders, source.Starts[bin + 1] - source.Starts[bin]);
        images = (int)(image - scratch.Images);
        return home;
    }

    private static (int Low, int High) Range(CellListBins bins, int axis, int at)
    {
        int reach = bins.Reach[axis];
        return bins.Periodic[axis]
            ? (at - reach, at + reach)
            : (Math.Max(at - reach, 0), Math.Min(at + reach, bins.Size[axis] - 1));
    }

    /// <summary>The cell that a bin is in, counted from those of the cell on, and which bin of the cell it is an image of.
    /// </summary>
    public static (int Cell, int Bin) Floor(int at, int size)
    {
        int cell = at >= 0 ? at / size : -((size - 1 - at) / size);
        return (cell, at - (cell * size));
    }
}
