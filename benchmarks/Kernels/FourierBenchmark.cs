using System.Numerics;
using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>Transforms of real meshes there and back, and convolutions, on one thread, in the 2.5 N log₂ N operations
/// that a transform of N real numbers is credited with, as shares of the multiply-add peak.</summary>
internal sealed class FourierBenchmark : IBenchmark
{
    private static readonly int[][] Shapes = [[32, 32, 32], [48, 48, 48], [60, 60, 60], [64, 64, 64], [128, 128, 128]];

    public string Name => "fourier";

    public IEnumerable<Case> Cases() => Of<double>().Concat(Of<float>());

    private static IEnumerable<Case> Of<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Case peak = PeakBenchmark.Of<T>();
        foreach (int[] shape in Shapes)
        {
            var plan = new FourierPlan(shape);
            var random = new Random(1);
            T[] mesh = [.. Enumerable.Range(0, plan.Points).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
            T[] filter = [.. Enumerable.Range(0, plan.Frequencies).Select(k => T.One / T.CreateTruncating(k + 1))];
            var spectrum = new T[2 * plan.Frequencies];
            var back = new T[plan.Points];
            double work = 2.5 * plan.Points * Math.Log2(plan.Points);
            string name = $"{typeof(T).Name} {string.Join('×', shape)}";
            yield return new($"{name} forward", work, "flop", () =>
            {
                using IDisposable limit = Workers.LimitTo(1);
                FourierTransform.ForwardRealInto<T>(plan, 1, mesh, false, spectrum);
            })
            { Baseline = peak };
            yield return new($"{name} inverse", work, "flop", () =>
            {
                using IDisposable limit = Workers.LimitTo(1);
                FourierTransform.InverseRealInto<T>(plan, 1, spectrum, true, back);
            })
            { Baseline = peak };
            yield return new($"{name} convolution", 2 * work, "flop", () =>
            {
                using IDisposable limit = Workers.LimitTo(1);
                FourierTransform.ConvolveInto<T>(plan, 1, mesh, filter, back);
            })
            { Baseline = peak };
        }
    }
}
