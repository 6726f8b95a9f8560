using System.Numerics;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.Equivariance;
using Noether.Kernels;
using Noether.Learning;

namespace Noether.Benchmarks;

/// <summary>
/// The message pass of two networks, forward and with features, harmonics and weights open in reverse, on one thread and
/// on all. The work is 2·Σ d₁·d₃·channels flop an edge forward and three times that in reverse, whatever the kernel does.
/// </summary>
internal sealed class MessagesBenchmark : IBenchmark
{
    public string Name => "messages";

    public IEnumerable<Case> Cases() => Of<float>().Concat(Of<double>());

    private static IEnumerable<Case> Of<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // A layer with both parities, and the inner layers of Nequix, whose irreps have the parity (−1)^l.
        const string both = "32x0e+32x0o+32x1e+32x1o+32x2e+32x2o";
        const string natural = "128x0e+64x1o+32x2e+32x3o";
        Case peak = PeakBenchmark.Of<T>();
        return Of<T>("both parities, 64 atoms × 45", both, 2, 64, 45, peak)
            .Concat(Of<T>("Nequix, 216 atoms × 158", natural, 3, 216, 158, peak));
    }

    private static IEnumerable<Case> Of<T>(string name, string irreps, int lmax, int atoms, int neighbours, Case peak)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Irreps input = IrrepsModule.ofString(irreps);
        FSharpList<int> degrees = ListModule.OfSeq(Enumerable.Range(0, lmax + 1));
        var wanted = FuncConvert.FromFunc<Irrep, bool>(irrep => IrrepsModule.contains(irrep, input));
        MessagePlan plan = MessagePass.plan(input, degrees, MessagePass.terms(wanted, degrees, input));
        MessagePaths paths = plan.Kernel;
        int count = atoms * neighbours;
        var random = new Random(1);
        var edges = new MessageEdges(
            atoms,
            [.. Enumerable.Range(0, count).Select(_ => random.Next(atoms))],
            [.. Enumerable.Range(0, count).Select(e => e / neighbours)]);
        T[] Numbers(int length) =>
            [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
        T[] x = Numbers(atoms * paths.InputWidth), y = Numbers(count * paths.HarmonicsWidth);
        T[] w = Numbers(count * paths.WeightsWidth), g = Numbers(atoms * paths.OutputWidth);
        var xBar = new T[x.Length];
        var yBar = new T[y.Length];
        var wBar = new T[w.Length];
        var gBar = new T[g.Length];
        const MessageSlots reverse = MessageSlots.Features | MessageSlots.Harmonics | MessageSlots.Weights;
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            string what = $"{typeof(T).Name} {name}, {threads} thread(s)";
            double work = 2.0 * paths.Work * count;
            yield return new($"{what}, forward", work, "flop", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                Messages.ContractInto<T>(paths, edges, MessageSlots.Output, x, y, w, [], [], [], [], gBar);
            })
            { Baseline = peak };
            yield return new($"{what}, reverse", 3 * work, "flop", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                Messages.ContractInto<T>(paths, edges, reverse, x, y, w, g, xBar, yBar, wBar, []);
            })
            { Baseline = peak };
        }
    }
}
