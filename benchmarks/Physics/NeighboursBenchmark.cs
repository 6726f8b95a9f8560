using System.Collections.Immutable;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Neighbour lists of shaken diamond with i, j, S, vectors and distances: the kernel into arrays that are there
/// already, and <see cref="Neighbours.buildWithVectors"/>, which makes new arrays at every call and so pays for fresh pages
/// where the collector has none at hand. Work is counted in pairs: rates that stay as the atoms grow say that the time
/// is linear in them.
/// </summary>
internal sealed class NeighboursBenchmark : IBenchmark
{
    private const double Edge = 3.567;

    public string Name => "neighbours";

    public IEnumerable<Case> Cases()
    {
        foreach ((int cells, double cutoff) in new[] { (4, 5.0), (8, 5.0), (16, 5.0), (32, 5.0), (8, 10.0), (8, 2.0) })
        {
            double[] points = Diamond(cells);
            double length = cells * Edge;
            double[] vectors = [length, 0, 0, 0, length, 0, 0, 0, length];
            double[] reciprocal = [1 / length, 0, 0, 0, 1 / length, 0, 0, 0, 1 / length];
            CellList Sorted() => new(points, vectors, reciprocal, [true, true, true], cutoff);
            int n = points.Length / 3;
            var starts = new int[n + 1];
            int pairs = (int)Sorted().Count(starts.AsSpan(1));
            var receivers = new int[pairs];
            var senders = new int[pairs];
            var shifts = new int[3 * pairs];
            var separations = new double[3 * pairs];
            var distances = new double[pairs];
            Structure structure = Outcome.getOrFail(StructureModule.create(
                [.. Enumerable.Repeat(6, n)],
                ImmutableArray.Create(points),
                CellModule.createOrFail(vectors, true, true, true)));
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                yield return new($"{n} atoms, {cutoff} Å, {threads} thread(s)", pairs, "pairs", () =>
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

            yield return new($"{n} atoms, {cutoff} Å, build, new arrays", pairs, "pairs", () =>
                Outcome.getOrFail(Neighbours.buildWithVectors(cutoff, structure)));
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
