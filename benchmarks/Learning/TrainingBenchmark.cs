using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;

namespace Noether.Benchmarks;

/// <summary>
/// One training step of the quickstart (four carbon crystals, 20 atoms, 72 edges, float32), and its parts: energies, and
/// energies with the gradient of the loss.
/// </summary>
internal sealed class TrainingBenchmark : IBenchmark
{
    public string Name => "training";

    public IEnumerable<Case> Cases()
    {
        string path = Path.Combine(Repository(), "scripts", "data", "carbon.extxyz");
        var crystals = Outcome.getOrFail(ExtXyz.read(path));
        var graphs = ListModule.OfSeq(crystals.Select(crystal =>
            Outcome.getOrFail(NequipModule.graph(2.0, FSharpList<Tuple<string, double>>.Empty, crystal))));
        GraphsTuple batch = Outcome.getOrFail(Graphs.batch(graphs));
        Tensor targets = Interop.cast(
            Precision.Float32,
            Interop.ofArray(
                [crystals.Length],
                [.. crystals.Select(crystal => Outcome.getOrFail(StructureModule.infoReal("energy_per_atom", crystal)))]));
        var network = NequipModule.create(NequipModule.tutorial);
        Tensor positions = NequipModule.positions(Precision.Float32, batch);
        Tree<Tensor> parameters = network.Init.Invoke(Precision.Float32).Invoke(RandomKey.FromSeed(0));

        Tensor Energies(Tree<Tensor> p) =>
            NequipModule.graphMean(batch, NequipModule.energies(network, p, batch, positions));

        Tensor Loss(Tree<Tensor> p)
        {
            Tensor error = Energies(p) - targets;
            return Interop.mean(error * error);
        }

        var loss = FuncConvert.FromFunc<Tree<Tensor>, Unit, Tensor>((p, _) => Loss(p));
        var gradient = FuncConvert.FromFunc<Tree<Tensor>, Tensor>(Loss);
        var optimiser = Optimiser.adam(1e-3);
        var state = Optimisation.start(optimiser, parameters);
        yield return new("energies", 1, "evaluations", () => Energies(parameters));
        yield return new("energies and gradient of the loss", 1, "evaluations", () => Tree.fgrad(gradient, parameters));
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            yield return new($"training step, {threads} thread(s)", 1, "steps", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                state = Optimisation.step(optimiser, loss, state, null!).Item1;
            });
        }
    }

    internal static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Functional.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The benchmarks run inside the repository.");
    }
}
