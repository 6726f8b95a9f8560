using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The translated images of points that a list of pairs refers to, each of them once: with the images in place behind
/// the points, the neighbours of a point are plain rows of one array, and no translation is left in an inner loop.
/// Made once for a list; the points may move and the lattice change.
/// </summary>
public sealed class PointImages
{
    /// <summary>Numbers in a row of places: three coordinates and one that is zero.</summary>
    public const int Width = 4;

    private readonly int[] neighbours;
    private readonly int[] sources;
    private readonly int[] shifts;

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

    /// <summary>Gets the number of points, n.</summary>
    public int PointCount { get; }

    /// <summary>Gets the number of images, m.</summary>
    public int ImageCount => sources.Length;

    /// <summary>Gets the row of each pair's neighbour among the places, [p]: a point, or n + the number of an image.
    /// </summary>
    public ReadOnlySpan<int> Neighbours => neighbours;

    /// <summary>Gets the point that each image is an image of, [m].</summary>
    public ReadOnlySpan<int> Sources => sources;

    /// <summary>Writes points and images one after the other.</summary>
    /// <param name="points">Coordinates, [n, 3].</param>
    /// <param name="owners">The lattice of each point, [n].</param>
    /// <param name="lattices">Lattice vectors, rows, [b, 3, 3].</param>
    /// <param name="places">Receives r_i, and r_j + S·H of the images, [n + m, 4], the last of each row zero.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public void Place(
        ReadOnlySpan<double> points, ReadOnlySpan<int> owners, ReadOnlySpan<double> lattices, Span<double> places)
    {
        Guard.Length(points.Length, 3L * PointCount, nameof(points));
        Guard.Length(owners.Length, PointCount, nameof(owners));
        Guard.Length(places.Length, Width * ((long)PointCount + ImageCount), nameof(places));
        for (int i = 0; i < PointCount; i++)
        {
            Span<double> row = places.Slice(Width * i, Width);
            points.Slice(3 * i, 3).CopyTo(row);
            row[3] = 0;
        }

        for (int image = 0; image < ImageCount; image++)
        {
            int j = sources[image];
            ReadOnlySpan<double> h = lattices.Slice(9 * owners[j], 9);
            (double s0, double s1, double s2) = (shifts[3 * image], shifts[(3 * image) + 1], shifts[(3 * image) + 2]);
            Span<double> row = places.Slice(Width * (PointCount + image), Width);
            for (int c = 0; c < 3; c++)
            {
                row[c] = points[(3 * j) + c] + ((s0 * h[c]) + (s1 * h[3 + c]) + (s2 * h[6 + c]));
            }

            row[3] = 0;
        }
    }

    /// <summary>What kernels over pairs require of their arguments; the most pairs of any point.</summary>
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
        Guard.Length(kinds.Length, n, nameof(kinds), operation);
        Guard.Length(starts.Length, (long)n + 1, nameof(starts), operation);
        Guard.Length(starts[^1], images.Neighbours.Length, nameof(starts), operation);
        Guard.Length(places.Length, Width * ((long)n + images.ImageCount), nameof(places), operation);
        Guard.Length(values.Length, n, nameof(values), operation);
        Guard.Length(forces.Length, 3L * n, nameof(forces), operation);
        Guard.Length(virials.Length, 9L * n, nameof(virials), operation);
        int most = 0;
        for (int i = 0; i < n; i++)
        {
            most = Math.Max(most, starts[i + 1] - starts[i]);
            if ((uint)kinds[i] >= (uint)kindCount || starts[i + 1] < starts[i])
            {
                throw new ArgumentException(
                    $"{operation}: point {i} has kind {kinds[i]} of {kindCount} and {starts[i + 1] - starts[i]} pairs.");
            }
        }

        return most;
    }

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
}
