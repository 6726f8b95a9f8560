using Microsoft.FSharp.Collections;
using Noether.Learning;
using Noether.Training;

namespace Noether.Benchmarks;

/// <summary>Plans of the trainings whose steps are timed.</summary>
internal static class TrainingPlans
{
    /// <summary>
    /// A plan whose batches are the whole set: squared errors of the targets with weight 1, Adam with rate 10⁻⁴.
    /// </summary>
    public static TrainingPlan Create(
        Trainable model, IEnumerable<Target> targets, GradientRoute route, Dataset dataset, int parts, int threads)
    {
        var terms = ListModule.OfSeq(targets.Select(target => Loss.term(target, Penalty.Squared, 1)));
        TrainingPlan usual = TrainingLoop.plan(model, terms, 1, dataset);
        return new(
            model,
            terms,
            route,
            Optimiser.adam(1e-4),
            BatchLimit.NewGraphs(dataset.Count),
            parts,
            threads,
            usual.AverageDecay,
            usual.Epochs,
            usual.Patience,
            usual.Score,
            dataset,
            usual.Validation,
            usual.Missing,
            usual.Description);
    }
}
