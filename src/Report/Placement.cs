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

    /// <summary>The first of the places that hides least; texts may never overlap if any place avoids it.</summary>
    public Box Best(IEnumerable<Box> places)
    {
        Box best = places.MinBy(Cost);
        texts.Add(best);
        return best;
    }

    /// <summary>Keeps a box at a place of the user's choice free of other texts.</summary>
    public Box Take(Box box) => Best([box]);

    private double Cost(Box box)
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

        bool within = box.Left >= area.Left && box.Right <= area.Right && box.Top >= area.Top && box.Bottom <= area.Bottom;
        return hidden + (texts.Any(near.Overlaps) ? 1e6 : 0) + (within ? 0 : 1e3);
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
                ink.Add(((int)((from.X + (t * (to.X - from.X))) / Grain), (int)((from.Y + (t * (to.Y - from.Y))) / Grain)));
            }
        }
    }
}
