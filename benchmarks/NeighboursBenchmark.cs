using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// Neighbour lists of shaken diamond at 5 Å with i, j, S, vectors and distances, into arrays that are there already.
/// Work is counted in pairs.
/// </summary>
internal sealed class NeighboursBenchmark : IBenchmark
{
    private const double Edge = 3.567;
    private const double Cutoff = 5;

    public string Name => "neighbours";

    public IEnumerable<Case> Cases()
    {
        foreach (int cells in new[] { 4, 8, 16 })
        {
            double[] points = Diamond(cells);
            double length = cells * Edge;
            double[] vectors = [length, 0, 0, 0, length, 0, 0, 0, length];
            double[] reciprocal = [1 / length, 0, 0, 0, 1 / length, 0, 0, 0, 1 / length];
            CellList Sorted() => new(points, vectors, reciprocal, [true, true, true], Cutoff);
            int n = points.Length / 3;
            var starts = new int[n + 1];
            int pairs = (int)Sorted().Count(starts.AsSpan(1));
            var receivers = new int[pairs];
            var senders = new int[pairs];
            var shifts = new int[3 * pairs];
            var separations = new double[3 * pairs];
            var distances = new double[pairs];
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                yield return new($"{n} atoms, {threads} thread(s)", pairs, "pairs", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    CellList list = Sorted();
                    list.Count(starts.AsSpan(1));
                    for (int i = 0; i < n; i++)
                    {
                        starts[i + 1] += starts[i];
                    }

                    list.Fill(starts, receivers, senders, shifts, separations, distances);
                });
            }
        }
    }

    private static double[] Diamond(int cells)
    {
        double[] basis =
        [
            0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0,
            0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.25, 0.75, 0.75, 0.75, 0.25,
        ];
        var random = new Random(1);
        var points = new double[24 * cells * cells * cells];
        for (int c = 0; c < points.Length; c++)
        {
            int cell = c / 24;
            int[] origin = [cell / (cells * cells), cell / cells % cells, cell % cells];
            points[c] = (Edge * (basis[c % 24] + origin[c % 3])) + (0.1 * (random.NextDouble() - 0.5));
        }

        return points;
    }
}
