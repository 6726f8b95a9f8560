using System.Collections.Immutable;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;

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
        Pairs pairs = Outcome.getOrFail(Neighbours.build(model.Settings.Cutoff, diamond));
        var labelled = new Labelled(
            diamond,
            pairs,
            FSharpOption<double>.Some(-8.0 * diamond.Count),
            FSharpOption<ImmutableArray<double>>.Some([.. Enumerable.Repeat(0.1, 3 * diamond.Count)]),
            FSharpOption<ImmutableArray<double>>.Some([.. Enumerable.Repeat(0.01, 9)]),
            FSharpOption<Tuple<ImmutableArray<double>, ImmutableArray<double>>>.None);
        var data = new Dataset(model.Settings.Cutoff, [labelled]);
        var terms = ListModule.OfSeq(
        [
            Loss.term(Target.EnergyPerAtom, Penalty.Squared, 1),
            Loss.term(Target.Forces, Penalty.Squared, 1),
            Loss.term(Target.Stress, Penalty.Squared, 1),
        ]);
        Trainable trainable = TrainableModule.nequix(model);
        foreach (Precision precision in new[] { Precision.Float32, Precision.Float64 })
        {
            Tree<Tensor> parameters = NequixModelModule.parameters(precision, model);
            LabelledBatch batch = LabelledBatchModule.create([labelled]);
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
                TrainingPlan usual = Training.plan(trainable, terms, 1, data);
                TrainingPlan plan = new(
                    usual.Model, usual.Terms, route, usual.Optimiser, usual.Limit, usual.Parts, usual.Threads,
                    usual.AverageDecay, usual.Epochs, usual.Patience, usual.Score, usual.Training, usual.Validation);
                foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                {
                    TrainingState state = Training.startFrom(RandomKey.FromSeed(1), parameters, plan);
                    yield return new($"step, {route}, {size}, {threads} thr.", pairs.Count, "edges", () =>
                    {
                        using IDisposable limit = Workers.LimitTo(threads);
                        Training.step(plan, [0], state);
                    })
                    {
                        Repetitions = 5,
                    };
                }
            }
        }
    }
}
