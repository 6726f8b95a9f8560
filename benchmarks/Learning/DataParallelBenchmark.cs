using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;

namespace Noether.Benchmarks;

/// <summary>
/// A step of data-parallel training on energies and forces: the network of <see cref="NequipBenchmark"/> in float32 on a
/// batch of eight molecules of acetylacetone (15 atoms, made here) in two parts, one or both of which are worked on at a
/// time, by both routes of gradients. The share of the second line of a route is its rate by that of the first in the same
/// turn: the speed-up by the second thread.
/// </summary>
internal sealed class DataParallelBenchmark : IBenchmark
{
    private const int Molecules = 8;
    private const int Parts = 2;
    private const double Cutoff = 4;

    // The enol in a plane, bonds and angles rounded.
    private static readonly (string Symbol, double X, double Y, double Z)[] Enol =
    [
        ("C", 0, -0.30, 0), ("C", 1.24, 0.35, 0), ("C", -1.24, 0.35, 0), ("O", 1.27, 1.65, 0), ("O", -1.27, 1.65, 0),
        ("C", 2.50, -0.48, 0), ("C", -2.50, -0.48, 0), ("H", 0, -1.38, 0), ("H", -0.28, 1.85, 0),
        ("H", 3.37, 0.17, 0), ("H", 2.52, -1.12, 0.88), ("H", 2.52, -1.12, -0.88),
        ("H", -3.37, 0.17, 0), ("H", -2.52, -1.12, 0.88), ("H", -2.52, -1.12, -0.88),
    ];

    public string Name => "parallel";

    public IEnumerable<Case> Cases()
    {
        Dataset dataset = Outcome.getOrFail(DatasetModule.ofStructures(
            ReferenceStructureModule.standardNames, Cutoff, Enumerable.Range(0, Molecules).Select(Molecule)));
        double neighbours = dataset.Items.Average(item => (double)item.Pairs.Count / Enol.Length);
        ScaleShift energies = ScaleShiftModule.plain(ListModule.OfSeq([1, 6, 8]));
        Nequip network = NequipBenchmark.Model([64, 64], neighbours);
        Trainable model = Outcome.getOrFail(NequipFamily.trainable(energies, network));
        int[] places = [.. Enumerable.Range(0, Molecules)];
        foreach (GradientRoute route in new[] { GradientRoute.ReverseOverReverse, GradientRoute.ReverseOverForward })
        {
            Case? serial = null;
            foreach (int threads in new[] { 1, Parts })
            {
                TrainingPlan plan = TrainingPlans.Create(
                    model, [Target.EnergyPerAtom, Target.Forces], route, dataset, Parts, threads);
                TrainingState state = TrainingLoop.start(Precision.Float32, RandomKey.FromSeed(0), plan);
                Case own = new($"{route}, {Parts} parts, {threads} thr.", Molecules, "molecules", () =>
                    state = TrainingLoop.step(plan, places, state).Item1)
                {
                    Baseline = serial,
                    Repetitions = 11,
                };
                serial ??= own;
                yield return own;
            }
        }
    }

    private static Structure Molecule(int number)
    {
        var symbols = ListModule.OfSeq(Enol.Select(atom => atom.Symbol));
        var positions = ListModule.OfSeq(Enol.Select(atom => Tuple.Create(atom.X, atom.Y, atom.Z)));
        Structure still = Outcome.getOrFail(StructureModule.ofSymbols(symbols, positions, CellModule.none));
        RandomKey key = RandomKey.FromSeed((ulong)number);
        Structure moved = Outcome.getOrFail(StructureGeometry.Structure.rattle(0.05, key, still));
        var forces = Enumerable.Range(0, 3 * Enol.Length).Select(k => Math.Sin(k + number));
        Property rows = Outcome.getOrFail(PropertyModule.rows(3, forces));
        Structure labelled = Outcome.getOrFail(StructureModule.withPerAtom("forces", rows, moved));
        return Outcome.getOrFail(StructureModule.withInfo("energy", PropertyModule.real(-number), labelled));
    }
}
