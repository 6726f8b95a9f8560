using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>Writes the pairs of one receiver.</summary>
internal static unsafe class CellListWriter
{
    /// <summary>Writes pairs with the senders that <see cref="CellListScratch.Found"/> names.</summary>
    /// <param name="source">The points.</param>
    /// <param name="target">Where the pairs go.</param>
    /// <param name="scratch">The senders.</param>
    /// <param name="lattice">Rows.</param>
    /// <param name="slot">The receiver.</param>
    /// <param name="from">The sender that the places are counted from.</param>
    /// <param name="found">The number of pairs.</param>
    /// <param name="first">The first pair to write.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(
        in CellListSource source,
        in CellListTarget target,
        CellListScratch scratch,
        ReadOnlySpan<double> lattice,
        int slot,
        int from,
        int found,
        int first)
    {
        int* labels = scratch.Labels + (4 * (nint)from);
        double* points = scratch.Points + (4 * (nint)from);
        int* own = source.Labels + (4 * (nint)slot);
        (double w0, double w1, double w2) = (-own[0], -own[1], -own[2]);
        Vector128<int> w = Vector128.Create(-own[0], -own[1], -own[2], 0);
        Vector256<double> r = Vector256.Load(source.Points + (4 * (nint)slot));
        Vector256<double> h0 = Vector256.Create(lattice[0], lattice[1], lattice[2], 0);
        Vector256<double> h1 = Vector256.Create(lattice[3], lattice[4], lattice[5], 0);
        Vector256<double> h2 = Vector256.Create(lattice[6], lattice[7], lattice[8], 0);
        ushort* places = scratch.Found;
        int* receivers = target.Receivers + first, senders = target.Senders + first;
        int* shifts = target.Shifts + (3 * (nint)first);
        double* vectors = target.Vectors == null ? scratch.Vectors : target.Vectors + (3 * (nint)first);
        double* distances = target.Distances == null ? scratch.Distances : target.Distances + first;
        bool measured = target.Vectors != null || target.Distances != null;
        nint last = found - 1;
        for (nint k = 0; k <= last; k++)
        {
            nint e = 4 * (nint)places[k];
            receivers[k] = own[3];
            senders[k] = labels[e + 3];

            // Four numbers are written where three belong: the next pair overwrites the fourth, and the last one,
            // behind which may be another thread's, goes without it.
            Vector128<int> shift = Vector128.Load(labels + e) + w;
            if (k < last)
            {
                shift.Store(shifts + (3 * k));
            }
            else
            {
                shift.GetLower().Store(shifts + (3 * k));
                shifts[(3 * k) + 2] = shift[2];
            }

            if (measured)
            {
                Vector256<double> t = (Vector256.Create(labels[e] + w0) * h0)
                    + (Vector256.Create(labels[e + 1] + w1) * h1) + (Vector256.Create(labels[e + 2] + w2) * h2);
                Vector256<double> d = (Vector256.Load(points + e) - r) + t;
                if (k < last)
                {
                    d.Store(vectors + (3 * k));
                }
                else
                {
                    d.GetLower().Store(vectors + (3 * k));
                    vectors[(3 * k) + 2] = d[2];
                }

                Vector256<double> squares = d * d;
                distances[k] = squares.GetLower().ToScalar() + squares[1] + squares.GetUpper().ToScalar();
            }
        }

        if (measured)
        {
            nint k = 0;
            for (; k + 4 <= found; k += 4)
            {
                Vector256.Sqrt(Vector256.Load(distances + k)).Store(distances + k);
            }

            for (; k < found; k++)
            {
                distances[k] = Math.Sqrt(distances[k]);
            }
        }
    }
}
