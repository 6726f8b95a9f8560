using System.Collections.Immutable;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Energies, forces and virials of all atoms on lists with a skin: a Lennard-Jones crystal near its melting point
/// (atoms,
/// density, cut-off and skin of the usual LAMMPS benchmark) by the kernel alone, with the function of the library and
/// with one
/// of a user, and by <see cref="Evaluate.onList"/>; silicon by Stillinger and Weber's potential and copper by an
/// embedded-atom table. Beside them the time of
/// LAMMPS in its pair style, on one core, where `lmp` is on the path. Work is counted in pairs of the list, for LAMMPS
/// in the same pairs.
/// </summary>
internal sealed class PotentialsBenchmark : IBenchmark
{
    private const double Density = 0.8442;
    private const double Cutoff = 2.5;
    private const double Skin = 0.3;
    private const double CrystalSkin = 1;
    private const string Silicon =
        "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n";

    private static readonly int[] MeltCells = [10, 20, 40];
    private static readonly int[] SiliconCells = [8, 16, 32];

    public string Name => "potentials";

    private static int[] Threads => [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    public IEnumerable<Case> Cases()
    {
        if (!Lammps.IsPresent)
        {
            Console.WriteLine("LAMMPS: no program called lmp on the path.");
        }

        foreach (int cells in MeltCells)
        {
            foreach (Case item in MeltCases(cells))
            {
                yield return item;
            }
        }

        TripleParameters parameters = Outcome.getOrFail(StillingerWeber.parse("Si.sw", Silicon));
        Potential silicon = Outcome.getOrFail(StillingerWeber.create("SW", parameters));
        string style = "mass 1 28.06\npair_style sw\npair_coeff * * Si.sw Si";
        foreach (int cells in SiliconCells)
        {
            Structure cell = Outcome.getOrFail(Crystal.diamond("Si", 5.431));
            foreach (Case item in CrystalCases(
                "Stillinger-Weber", silicon, cell, cells, "diamond 5.431", style, ("Si.sw", Silicon)))
            {
                yield return item;
            }
        }

        string path = Path.Combine(
            TrainingBenchmark.Repository(), "tests", "Fixtures", "mechanics", "binary.setfl");
        EmbeddedAtomTable table = Outcome.getOrFail(EmbeddedAtomFile.readSetfl(path));
        Potential alloy = Outcome.getOrFail(EmbeddedAtom.ofTable("EAM", SplineKind.FiniteDifferences, table));
        style = "mass 1 63.546\npair_style eam/alloy\npair_coeff * * binary.setfl Cu";
        foreach (int cells in MeltCells)
        {
            Structure cell = Outcome.getOrFail(Crystal.fcc("Cu", 3.6));
            foreach (Case item in CrystalCases(
                "embedded atom", alloy, cell, cells, "fcc 3.6", style, ("binary.setfl", File.ReadAllText(path))))
            {
                yield return item;
            }
        }
    }

    private static IEnumerable<Case> MeltCases(int cells)
    {
        var melt = new Melt(cells);
        string name = $"Lennard-Jones, {melt.Points} atoms";
        yield return new($"{name}, kernel, own function", melt.Pairs, "pairs", () =>
        {
            using IDisposable limit = Workers.LimitTo(1);
            melt.Evaluate(default(Kernels.Tests.LennardJones));
        });
        foreach (int threads in Threads)
        {
            yield return new($"{name}, kernel, {threads} thread(s)", melt.Pairs, "pairs", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                melt.Evaluate(default(LennardJones));
            });
        }

        var parameters = Outcome.getOrFail(PairParametersModule.everywhere(Cutoff, Interop.ofArray([2], [1.0, 1.0])));
        Potential potential =
            Outcome.getOrFail(PairPotential.create("LJ", default(LennardJones), Truncation.Truncated, parameters));
        foreach (Case item in OnList(name, potential, melt.Structure(), Skin))
        {
            yield return item;
        }

        if (Lammps.IsPresent)
        {
            string setup =
                $"units lj\natom_modify sort 0 0\nlattice fcc {Density}\nregion box block 0 {cells} 0 {cells} 0 {cells}\n"
                + "create_box 1 box\ncreate_atoms 1 box\nmass 1 1\ndisplace_atoms all random 0.1 0.1 0.1 1 units box\n"
                + "velocity all create 1.44 87287\n"
                + $"pair_style lj/cut {Cutoff}\npair_coeff 1 1 1 1\n"
                + $"neighbor {Skin} bin\nneigh_modify every 20 delay 0 check no";
            yield return new($"{name}, LAMMPS, {Lammps.Steps} steps", melt.Pairs, "pairs", () => { })
            {
                OwnAccount = () => Lammps.SecondsForPairs(setup),
            };
        }
    }

    private static IEnumerable<Case> CrystalCases(
        string what,
        Potential potential,
        Structure cell,
        int cells,
        string lattice,
        string style,
        params (string Name, string Text)[] files)
    {
        Structure perfect = Outcome.getOrFail(StructureModule.repeat(cells, cells, cells, cell));
        Structure structure = Outcome.getOrFail(StructureGeometry.Structure.rattle(0.1, RandomKey.FromSeed(1), perfect));
        string name = $"{what}, {structure.Count} atoms";
        double pairs = 0;
        foreach (Case item in OnList(name, potential, structure, CrystalSkin))
        {
            pairs = item.Work;
            yield return item;
        }

        if (Lammps.IsPresent)
        {
            string setup =
                $"units metal\natom_modify sort 0 0\nlattice {lattice}\nregion box block 0 {cells} 0 {cells} 0 {cells}\n"
                + $"create_box 1 box\ncreate_atoms 1 box\n{style}\n"
                + "displace_atoms all random 0.17 0.17 0.17 1 units box\nvelocity all create 1000 87287\n"
                + $"neighbor {CrystalSkin} bin\nneigh_modify every 20 delay 0 check no";
            yield return new($"{name}, LAMMPS, {Lammps.Steps} steps", pairs, "pairs", () => { })
            {
                OwnAccount = () => Lammps.SecondsForPairs(setup, files),
            };
        }
    }

    private static IEnumerable<Case> OnList(string name, Potential potential, Structure structure, double skin)
    {
        VerletList list = Outcome.getOrFail(VerletListModule.create(potential.Cutoff, skin, structure));
        foreach (int threads in Threads)
        {
            yield return new($"{name}, {threads} thread(s)", list.Wide.Count, "pairs", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                Outcome.getOrFail(Evaluate.onList(potential, list, structure));
            });
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

        public Structure Structure() => Outcome.getOrFail(StructureModule.create(
            [.. Enumerable.Repeat(18, Points)],
            ImmutableArray.Create(points),
            CellModule.createOrFail(vectors, true, true, true)));

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
