using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>Writes the pairs of one receiver.</summary>
internal static unsafe class CellListWriter
{
    private const int Line = 64;

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
        double* points = scratch.Points + (4 * (nint)from), cells = scratch.Cells + (4 * (nint)from);
        int* own = source.Labels + (4 * (nint)slot);
        (double w0, double w1, double w2) = (-own[0], -own[1], -own[2]);
        Vector128<int> w = Vector128.Create(-own[0], -own[1], -own[2], 0);
        Vector128<int> receiver = Vector128.Create(own[3]);
        Vector256<double> r = Vector256.Load(source.Points + (4 * (nint)slot));
        Vector256<double> h0 = Vector256.Create(lattice[0], lattice[1], lattice[2], 0);
        Vector256<double> h1 = Vector256.Create(lattice[3], lattice[4], lattice[5], 0);
        Vector256<double> h2 = Vector256.Create(lattice[6], lattice[7], lattice[8], 0);
        ushort* places = scratch.Found;
        int* receivers = scratch.Receivers, senders = scratch.Senders, shifts = scratch.Shifts;
        double* vectors = scratch.Vectors, distances = scratch.Distances;
        for (int k = 0; k < found; k += 4)
        {
            receiver.Store(receivers + k);
        }

        // Four numbers are written where three belong; the next ones overwrite the fourth.
        bool measured = target.Vectors != null || target.Distances != null;
        for (int k = 0; k < found; k++)
        {
            nint e = 4 * (nint)places[k];
            (Vector128.Load(labels + e) + w).Store(shifts + (3 * k));
            senders[k] = labels[e + 3];
            if (measured)
            {
                Vector256<double> t = (Vector256.Create(cells[e] + w0) * h0) + (Vector256.Create(cells[e + 1] + w1) * h1)
                    + (Vector256.Create(cells[e + 2] + w2) * h2);
                Vector256<double> d = (Vector256.Load(points + e) - r) + t;
                d.Store(vectors + (3 * k));
                Vector256<double> squares = d * d;
                distances[k] = squares.GetLower().ToScalar() + squares[1] + squares.GetUpper().ToScalar();
            }
        }

        Copy(receivers, target.Receivers + first, (nint)found * sizeof(int), target.Streamed);
        Copy(senders, target.Senders + first, (nint)found * sizeof(int), target.Streamed);
        Copy(shifts, target.Shifts + (3 * (nint)first), (nint)found * 3 * sizeof(int), target.Streamed);
        if (target.Vectors != null)
        {
            Copy(vectors, target.Vectors + (3 * (nint)first), (nint)found * 3 * sizeof(double), target.Streamed);
        }

        if (target.Distances != null)
        {
            for (int k = 0; k < found; k += 4)
            {
                Vector256.Sqrt(Vector256.Load(distances + k)).Store(distances + k);
            }

            Copy(distances, target.Distances + first, (nint)found * sizeof(double), target.Streamed);
        }
    }

    // Whole cache lines past the caches where that is asked for: a line that is not read again need not be read first.
    private static void Copy(void* source, void* target, nint bytes, bool streamed)
    {
        if (!streamed)
        {
            Unsafe.CopyBlockUnaligned(target, source, (uint)bytes);
            return;
        }

        byte* from = (byte*)source, to = (byte*)target;
        nint head = Math.Min(-(nint)to & (Line - 1), bytes);
        Unsafe.CopyBlockUnaligned(to, from, (uint)head);
        nint at = head;
        for (; at + Line <= bytes; at += Line)
        {
            Vector256.Load(from + at).StoreAlignedNonTemporal(to + at);
            Vector256.Load(from + at + (Line / 2)).StoreAlignedNonTemporal(to + at + (Line / 2));
        }

        Unsafe.CopyBlockUnaligned(to + at, from + at, (uint)(bytes - at));
    }
}
