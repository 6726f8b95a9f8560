namespace Noether.Report;

/// <summary>Remembers where ink is, to find places for texts that hide little of it.</summary>
internal sealed class Placement
{
    private const double Grain = 4;

    private readonly Box area;
    private readonly HashSet<(int X, int Y)> ink = [];
    private readonly List<Box> texts = [];

    public Placement(Box area, IEnumerable<Trace> traces)
    {
        this.area = area;
        foreach (Trace trace in traces)
        {
            foreach (IReadOnlyList<Point> chain in trace.Chains)
            {
                Mark(chain, trace.Series is LineSeries);
            }
        }
    }

    /// <summary>The first of the places that hides least, kept free from then on: texts may not overlap.</summary>
    public Box Best(IEnumerable<Box> places)
    {
        Box best = places.MinBy(box =>
            Hidden(box) + (texts.Any(box.Grown(Grain).Overlaps) ? 1e6 : 0) + (area.Encloses(box) ? 0 : 1e3));
        texts.Add(best);
        return best;
    }

    /// <summary>How much ink a box would hide, in grains of 4 × 4 pixels.</summary>
    public int Hidden(Box box)
    {
        Box near = box.Grown(Grain);
        int hidden = 0;
        for (int x = (int)(near.Left / Grain); x <= near.Right / Grain; x++)
        {
            for (int y = (int)(near.Top / Grain); y <= near.Bottom / Grain; y++)
            {
                hidden += ink.Contains((x, y)) ? 1 : 0;
            }
        }

        return hidden;
    }

    private void Mark(IReadOnlyList<Point> chain, bool connected)
    {
        for (int i = 0; i < chain.Count; i++)
        {
            Point from = chain[connected ? Math.Max(0, i - 1) : i], to = chain[i];
            int steps = 1 + (int)(Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)) / Grain);
            for (int step = 0; step <= steps; step++)
            {
                double t = (double)step / steps;
                double x = from.X + (t * (to.X - from.X)), y = from.Y + (t * (to.Y - from.Y));
                ink.Add(((int)(x / Grain), (int)(y / Grain)));
            }
        }
    }
}
