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

    public Box Grown(double by) => new(Left - by, Top - by, Right + by, Bottom + by);
}

/// <summary>Cuts and thins chains of pixels.</summary>
internal static class Polyline
{
    /// <summary>
    /// The parts of a chain inside a box, cut exactly at its edge segment by segment (Y.-D. Liang and B. A. Barsky,
    /// "A new concept and method for line clipping", ACM Trans. Graph. 3, 1984). A null breaks the chain; a lone
    /// pixel between breaks is a chain of one.
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
            else if (Inside(start, end, box) is not (double enter, double leave))
            {
                part = null;
            }
            else
            {
                if (part is null || enter > 0)
                {
                    parts.Add(part = [Between(start, end, enter)]);
                }

                part.Add(Between(start, end, leave));
                part = leave < 1 ? null : part;
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

    private static Point Between(Point a, Point b, double t) =>
        t <= 0 ? a : t >= 1 ? b : new Point(a.X + (t * (b.X - a.X)), a.Y + (t * (b.Y - a.Y)));

    // The stretch of the segment inside the box, as fractions of the way; null if there is none.
    private static (double Enter, double Leave)? Inside(Point a, Point b, Box box)
    {
        double enter = 0, leave = 1;
        double dx = b.X - a.X, dy = b.Y - a.Y;
        ReadOnlySpan<(double Rate, double Room)> edges =
            [(-dx, a.X - box.Left), (dx, box.Right - a.X), (-dy, a.Y - box.Top), (dy, box.Bottom - a.Y)];
        foreach ((double rate, double room) in edges)
        {
            if (rate == 0 && room < 0)
            {
                return null;
            }

            if (rate < 0)
            {
                enter = Math.Max(enter, room / rate);
            }
            else if (rate > 0)
            {
                leave = Math.Min(leave, room / rate);
            }
        }

        return enter <= leave ? (enter, leave) : null;
    }
}
