using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// What a Verlet list asks at every step, how far atoms strayed, in the same cell and in a strained one, beside a plain
/// read of both sets of positions (their sums). Work is counted in atoms.
/// </summary>
internal sealed class DisplacementBenchmark : IBenchmark
{
    public string Name => "displacement";

    public IEnumerable<Case> Cases()
    {
        double[] strain = [1.001, 0.002, 0, 0, 0.999, 0.001, 0.003, 0, 1.002];
        foreach (int atoms in new[] { 4_096, 32_000, 1_000_000 })
        {
            var random = new Random(1);
            double[] before = [.. Enumerable.Range(0, 3 * atoms).Select(_ => 60 * random.NextDouble())];
            double[] after = [.. before.Select(x => x + random.NextDouble())];
            double sum = 0;
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                Case Of(string what, Func<double> run)
                {
                    return new($"{what}, {atoms} atoms, {threads} thread(s)", atoms, "atoms", () =>
                    {
                        using IDisposable limit = Workers.LimitTo(threads);
                        sum += run();
                    });
                }

                Case plain = Of("read", () => Reduction.Sum<double>(before) + Reduction.Sum<double>(after));
                yield return plain;
                Case same = Of("check", () => Displacement.MaxSquared(before, after, []));
                Case strained = Of("strained check", () => Displacement.MaxSquared(before, after, strain));
                yield return same with { Baseline = plain };
                yield return strained with { Baseline = plain };
            }
        }
    }
}
