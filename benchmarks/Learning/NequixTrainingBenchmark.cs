using Microsoft.FSharp.Collections;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;
using Noether.Training;

namespace Noether.Benchmarks;

/// <summary>
/// A training step of a Nequix model on energy, forces and stress of 64 atoms of perturbed diamond, by both routes to the
/// gradient, with Adam on all parameters; and the loss alone. Labels have no influence on the time.
/// </summary>
internal sealed class NequixTrainingBenchmark : IBenchmark
{
    private const int Cells = 2;

    public string Name => "nequix-training";

    public IEnumerable<Case> Cases()
    {
        NequixModel model = NequixBenchmark.Model();
        Structure diamond = NequixBenchmark.Diamond(Cells, Cells, Cells);
        var dataset = Outcome.getOrFail(
            DatasetModule.ofStructures(ReferenceStructureModule.standardNames, model.Settings.Cutoff, [Labelled(diamond)]));
        Target[] targets = [Target.EnergyPerAtom, Target.Forces, Target.Stress];
        var terms = ListModule.OfSeq(targets.Select(target => Loss.term(target, Penalty.Squared, 1)));
        Trainable trainable = NequixFamily.trainable(model);
        Pairs pairs = dataset.Items.First().Pairs;
        foreach (Precision precision in new[] { Precision.Float32, Precision.Float64 })
        {
            Tree<Tensor> parameters = NequixModelModule.parameters(precision, model);
            ReferenceBatch batch = ReferenceBatchModule.create(dataset.Items);
            string size = $"{precision}, {diamond.Count} atoms, {pairs.Count} edges";
            yield return new($"loss, {size}, 1 thread", pairs.Count, "edges", () =>
            {
                using IDisposable limit = Workers.LimitTo(1);
                Loss.value(terms, 0, trainable, batch, parameters);
            })
            {
                Repetitions = 5,
            };
            foreach (GradientRoute route in new[] { GradientRoute.ReverseOverForward, GradientRoute.ReverseOverReverse })
            {
                TrainingPlan plan = TrainingPlans.Create(trainable, targets, route, dataset, 1, 1);
                foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                {
                    TrainingState state = TrainingLoop.startFrom(RandomKey.FromSeed(1), parameters, plan);
                    yield return new($"step, {route}, {size}, {threads} thr.", pairs.Count, "edges", () =>
                    {
                        using IDisposable limit = Workers.LimitTo(threads);
                        TrainingLoop.step(plan, [0], state);
                    })
                    {
                        Repetitions = 5,
                    };
                }
            }
        }
    }

    private static Structure Labelled(Structure diamond)
    {
        Property forces = Outcome.getOrFail(PropertyModule.rows(3, Enumerable.Repeat(0.1, 3 * diamond.Count)));
        Structure labelled = Outcome.getOrFail(StructureModule.withPerAtom("forces", forces, diamond));
        labelled = Outcome.getOrFail(StructureModule.withInfo("energy", PropertyModule.real(-8 * diamond.Count), labelled));
        Property stress = PropertyModule.reals(Enumerable.Repeat(0.01, 9));
        return Outcome.getOrFail(StructureModule.withInfo("stress", stress, labelled));
    }
}
