using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Energy, forces and stress of diamond with every atom out of its place by a published Nequix model, in edges a second,
/// and the Hessian of 16 atoms of silicon in its rows. The share is that of the peak of multiply-adds: each edge
/// costs 225 536 of them in the radial networks, shared with its reverse, and about 54 000 in the products; each atom
/// 0.9 million. With forces the networks and the linear maps of the atoms are gone through twice, the products three
/// times.
/// The weights have no influence on the time: where there is no file of a model they are random.
/// </summary>
internal sealed class NequixBenchmark : IBenchmark
{
    private const double RadialWork = 2 * 225_536 * 2;
    private const double ProductWork = 2 * 54_000 * 3;
    private const double AtomWork = 2 * 924_000 * 2;

    public string Name => "nequix";

    public IEnumerable<Case> Cases()
    {
        NequixModel model = Model();
        foreach (int cells in new[] { 2, 3, 4 })
        {
            Structure diamond = Diamond(cells, cells, cells);
            double edges = Outcome.getOrFail(Neighbours.build(model.Settings.Cutoff, diamond)).Count;
            double work = (edges * ((RadialWork / 2) + ProductWork)) + (diamond.Count * AtomWork);
            foreach (Precision precision in new[] { Precision.Float32, Precision.Float64 })
            {
                Potential potential = Nequix.potential(precision, model);
                Case peak = precision.IsFloat32 ? PeakBenchmark.Of<float>() : PeakBenchmark.Of<double>();
                foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                {
                    string name = $"{precision}, {diamond.Count} atoms, {edges} edges, {threads} thread(s)";
                    yield return new(name, edges, "edges", () =>
                    {
                        using IDisposable limit = Workers.LimitTo(threads);
                        Outcome.getOrFail(Evaluate.run(potential, diamond));
                    })
                    {
                        Baseline = peak,
                        BaselineWork = work / threads,
                        Repetitions = cells == 2 ? 5 : 3,
                    };
                }

                if (cells == 3)
                {
                    var table = Outcome.getOrFail(NequixTableModule.create(NequixTableModule.UsualIntervals, model));
                    Potential tabulated = NequixTableModule.potential(precision, table);
                    string name = $"{precision}, {diamond.Count} atoms, radial weights from a table";
                    yield return new(name, edges, "edges", () => Outcome.getOrFail(Evaluate.run(tabulated, diamond)))
                    {
                        Repetitions = 3,
                    };
                }
            }
        }

        Structure silicon = Outcome.getOrFail(StructureModule.repeat(
            2, 2, 2, Outcome.getOrFail(Crystal.diamondPrimitive("Si", 5.43))));
        Potential exact = Nequix.potential(Precision.Float64, model);
        yield return new($"Hessian, {silicon.Count} atoms of silicon", 3 * silicon.Count, "rows", () =>
            Outcome.getOrFail(Hessian.dense(exact, silicon)))
        {
            Repetitions = 3,
        };
    }

    /// <summary>Diamond with every atom out of its place; so many cells of eight atoms along each axis.</summary>
    public static Structure Diamond(int a, int b, int c)
    {
        Structure cell = Outcome.getOrFail(Crystal.diamond("C", 3.56));
        Structure perfect = Outcome.getOrFail(StructureModule.repeat(a, b, c, cell));
        return Outcome.getOrFail(StructureGeometry.Structure.rattle(0.02, RandomKey.FromSeed(1), perfect));
    }

    /// <summary>A published model; of random weights where its file is not there.</summary>
    public static NequixModel Model()
    {
        var published = NequixFile.read("nequix-oam-1-pft.nqx");
        return published.IsOk
            ? published.ResultValue
            : Outcome.getOrFail(
                Nequix.fresh("random", NequixSettingsModule.published(40, 0.8, -4.3), RandomKey.FromSeed(1)));
    }
}
