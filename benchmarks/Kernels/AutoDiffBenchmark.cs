using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// What differentiation costs beside the arithmetic: a chain of 100 scalar products with both factors differentiated, and
/// exp(sin x) of a million elements with its gradient, beside the five kernels that it must run, into warm buffers.
/// </summary>
internal sealed class AutoDiffBenchmark : IBenchmark
{
    private const int Links = 100;
    private const int Length = 1_000_000;

    public string Name => "autodiff";

    public IEnumerable<Case> Cases()
    {
        yield return Chain();
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            Case kernels = Kernels(threads);
            yield return kernels;
            yield return Gradient(threads) with { Baseline = kernels };
        }

        yield return Tape(60_000);
        yield return Tape(600_000);
    }

    private static FSharpFunc<Tensor[], Tensor[]> Function(Func<Tensor[], Tensor> f) =>
        FuncConvert.FromFunc<Tensor[], Tensor[]>(xs => [f(xs)]);

    private static Case Chain()
    {
        Tensor one = Interop.full(Precision.Float64, [], 1.0);
        Tensor factor = Interop.full(Precision.Float64, [], 1.0001);
        var chain = Function(xs => Product(xs[0], xs[1], Links));
        return new("x <- x c, value and both derivatives", Links, "operations", () =>
        {
            var (_, pull) = Diff.vjpMany(chain, [one, factor]);
            pull.Invoke([one]);
        });
    }

    private static Case Tape(int nodes)
    {
        Tensor one = Interop.full(Precision.Float64, [], 1.0);
        Tensor factor = Interop.full(Precision.Float64, [], 1.0);
        var chain = Function(xs => Product(xs[0], xs[1], nodes));
        return new($"tape of {nodes} nodes, recorded and swept", nodes, "nodes", () =>
        {
            var (_, pull) = Diff.vjpMany(chain, [one, factor]);
            pull.Invoke([one]);
        });
    }

    private static Tensor Product(Tensor x, Tensor factor, int links)
    {
        for (int i = 0; i < links; i++)
        {
            x *= factor;
        }

        return x;
    }

    private static double[] Elements() => [.. Enumerable.Range(0, Length).Select(i => (i * 1e-5) - 5.0)];

    private static Case Gradient(int threads)
    {
        Tensor x = Interop.ofArray([Length], Elements());
        var f = FuncConvert.FromFunc<Tensor, Tensor>(x => Interop.sum(Interop.exp(Interop.sin(x))));
        return new($"exp(sin x) with gradient, {Length} elements, {threads} thread(s)", Length, "elements", () =>
        {
            using IDisposable limit = Workers.LimitTo(threads);
            Diff.fgrad(f, x);
        });
    }

    private static Case Kernels(int threads)
    {
        double[] x = Elements();
        var sine = new double[Length];
        var value = new double[Length];
        var cosine = new double[Length];
        var gradient = new double[Length];
        return new($"its kernels alone, warm, {threads} thread(s)", Length, "elements", () =>
        {
            using IDisposable limit = Workers.LimitTo(threads);
            Elementwise.Sin<double>(x, sine);
            Elementwise.Exp<double>(sine, value);
            Reduction.Sum<double>(value);
            Elementwise.Cos<double>(x, cosine);
            Elementwise.Multiply<double>(value, cosine, gradient);
        });
    }
}
