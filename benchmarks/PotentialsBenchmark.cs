using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// One evaluation of energies, forces and virials of a Lennard-Jones crystal near its melting point, on a list with a skin:
/// the atoms, density, cut-off and skin of the usual LAMMPS benchmark. Work is counted in pairs of the list.
/// </summary>
internal sealed class PotentialsBenchmark : IBenchmark
{
    private const double Density = 0.8442;
    private const double Cutoff = 2.5;
    private const double Skin = 0.3;

    public string Name => "potentials";

    public IEnumerable<Case> Cases()
    {
        foreach (int cells in new[] { 10, 20, 40 })
        {
            var melt = new Melt(cells);
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                yield return new(
                    $"Lennard-Jones, {melt.Points} atoms, {threads} thread(s)", melt.Pairs, "pairs", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    melt.Evaluate(default(Physics.LennardJones));
                });
            }
        }
    }

    private sealed class Melt
    {
        private readonly double[] points, vectors, places, values, forces, virials;
        private readonly int[] starts, kinds, owners;
        private readonly PointImages images;

        public Melt(int cells)
        {
            double edge = Math.Cbrt(4 / Density);
            double length = cells * edge;
            double[] basis = [0, 0, 0, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0];
            var random = new Random(1);
            points = new double[12 * cells * cells * cells];
            for (int c = 0; c < points.Length; c++)
            {
                int cell = c / 12;
                int[] origin = [cell / (cells * cells), cell / cells % cells, cell % cells];
                points[c] = (edge * (basis[c % 12] + origin[c % 3])) + (0.2 * (random.NextDouble() - 0.5));
            }

            Points = points.Length / 3;
            vectors = [length, 0, 0, 0, length, 0, 0, 0, length];
            double[] reciprocal = [1 / length, 0, 0, 0, 1 / length, 0, 0, 0, 1 / length];
            var list = new CellList(points, vectors, reciprocal, [true, true, true], Cutoff + Skin);
            starts = new int[Points + 1];
            Pairs = (int)list.Count(starts.AsSpan(1));
            for (int i = 0; i < Points; i++)
            {
                starts[i + 1] += starts[i];
            }

            var senders = new int[Pairs];
            var shifts = new int[3 * Pairs];
            list.Fill(starts, new int[Pairs], senders, shifts, [], []);
            images = new PointImages(Points, senders, shifts);
            places = new double[PointImages.Width * (Points + images.ImageCount)];
            kinds = new int[Points];
            owners = new int[Points];
            values = new double[Points];
            forces = new double[3 * Points];
            virials = new double[9 * Points];
        }

        public int Points { get; }

        public int Pairs { get; }

        public void Evaluate<TFunction>(TFunction function)
            where TFunction : struct, IRadialFunction
        {
            images.Place(points, owners, vectors, places);
            Array.Clear(values);
            Array.Clear(forces);
            Array.Clear(virials);
            PairSums.Add(
                function, [1, 1], [Cutoff], kinds, starts, images, places, 1, values, forces, virials);
        }
    }
}
