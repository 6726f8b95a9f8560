namespace Noether.Report;

/// <summary>A place in the picture, in pixels from its upper left corner.</summary>
internal readonly record struct Point(double X, double Y);

/// <summary>A rectangle of the picture.</summary>
internal readonly record struct Box(double Left, double Top, double Right, double Bottom)
{
    public double Width => Right - Left;

    public double Height => Bottom - Top;

    public bool Contains(Point p) => p.X >= Left && p.X <= Right && p.Y >= Top && p.Y <= Bottom;

    public bool Encloses(Box other) =>
        other.Left >= Left && other.Right <= Right && other.Top >= Top && other.Bottom <= Bottom;

    public bool Overlaps(Box other) =>
        Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;

    public Point Centre => new((Left + Right) / 2, (Top + Bottom) / 2);

    /// <summary>The intersection with another box; null where it is empty.</summary>
    public Box? Cut(Box other) => Overlaps(other)
        ? new Box(
            Math.Max(Left, other.Left),
            Math.Max(Top, other.Top),
            Math.Min(Right, other.Right),
            Math.Min(Bottom, other.Bottom))
        : null;

    public Box Grown(double by) => new(Left - by, Top - by, Right + by, Bottom + by);
}

/// <summary>Cuts and thins chains of pixels.</summary>
internal static class Polyline
{
    /// <summary>
    /// The parts of a chain inside a box, every segment cut at one edge after another (the idea of I. E. Sutherland
    /// and G. W. Hodgman, "Reentrant polygon clipping", Commun. ACM 17, 1974). A null breaks the chain; a lone pixel
    /// between breaks is a chain of one.
    /// </summary>
    public static List<List<Point>> Clip(IEnumerable<Point?> chain, Box box)
    {
        var parts = new List<List<Point>>();
        List<Point>? part = null;
        Point? previous = null;
        foreach (Point? next in chain)
        {
            if (next is not { } end || previous is not { } start)
            {
                part = null;
                if (next is { } first && box.Contains(first))
                {
                    parts.Add(part = [first]);
                }
            }
            else
            {
                (Point from, Point to) = (start, end);
                if (!Cut(ref from, ref to, box))
                {
                    part = null;
                }
                else
                {
                    if (part is null || from != start)
                    {
                        parts.Add(part = [from]);
                    }

                    part.Add(to);
                    part = to == end ? part : null;
                }
            }

            previous = next;
        }

        return parts;
    }

    /// <summary>
    /// Of consecutive pixels in one column (one pixel wide) only the first, the last, the highest and the lowest, in
    /// their order: the drawn picture stays the same (U. Jugel et al., "M4: A visualization-oriented time series data
    /// aggregation", Proc. VLDB Endow. 7, 2014).
    /// </summary>
    public static List<Point> Thin(IReadOnlyList<Point> chain)
    {
        var kept = new List<Point>();
        for (int start = 0, end; start < chain.Count; start = end)
        {
            int low = start, high = start;
            for (end = start; end < chain.Count && Math.Floor(chain[end].X) == Math.Floor(chain[start].X); end++)
            {
                low = chain[end].Y < chain[low].Y ? end : low;
                high = chain[end].Y > chain[high].Y ? end : high;
            }

            kept.AddRange(new SortedSet<int> { start, low, high, end - 1 }.Select(index => chain[index]));
        }

        return kept;
    }

    /// <summary>
    /// Of separate points one in every square pixel, and the highest and the lowest in every column of pixels.
    /// </summary>
    public static List<Point> ThinCloud(IReadOnlyList<Point> cloud)
    {
        IEnumerable<Point> extremes = cloud
            .GroupBy(p => Math.Floor(p.X))
            .SelectMany(column => new[] { column.MinBy(p => p.Y), column.MaxBy(p => p.Y) });
        return [.. extremes.Concat(cloud.DistinctBy(p => (Math.Floor(p.X), Math.Floor(p.Y)))).Distinct()];
    }

    // Cuts a segment at the left edge, gives everything a quarter turn, and so on until it stands upright again.
    private static bool Cut(ref Point a, ref Point b, Box box)
    {
        ReadOnlySpan<double> edges = [box.Left, box.Top, -box.Right, -box.Bottom];
        foreach (double edge in edges)
        {
            bool aInside = a.X >= edge, bInside = b.X >= edge;
            if (!aInside && !bInside)
            {
                return false;
            }

            if (aInside != bInside)
            {
                // Reckoned from the nearer end: the other one may be so far away that its digits do not reach here.
                (Point near, Point far) = Math.Abs(a.X - edge) <= Math.Abs(b.X - edge) ? (a, b) : (b, a);
                var cut = new Point(edge, near.Y + ((far.Y - near.Y) * ((edge - near.X) / (far.X - near.X))));
                (a, b) = aInside ? (a, cut) : (cut, b);
            }

            (a, b) = (new Point(a.Y, -a.X), new Point(b.Y, -b.X));
        }

        return true;
    }
}
