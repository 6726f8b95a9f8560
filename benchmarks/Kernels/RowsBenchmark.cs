using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// Gather and segment sum of rows, the two passes of message passing, beside a plain copy of what is gathered: 100 000
/// edges of 32 float32 channels, 5 000 receivers, sorted, random senders. Work is counted in edges.
/// </summary>
internal sealed class RowsBenchmark : IBenchmark
{
    private const int Edges = 100_000;
    private const int Nodes = 5_000;
    private const int Width = 32;

    public string Name => "rows";

    public IEnumerable<Case> Cases()
    {
        var random = new Random(1);
        float[] nodes = [.. Enumerable.Range(0, Nodes * Width).Select(_ => random.NextSingle())];
        int[] senders = [.. Enumerable.Range(0, Edges).Select(_ => random.Next(Nodes))];
        int[] receivers = [.. Enumerable.Range(0, Edges).Select(_ => random.Next(Nodes)).Order()];
        var messages = new float[Edges * Width];
        var copy = new float[Edges * Width];
        var sums = new float[Nodes * Width];
        var plain = new Case("copy of the gathered rows", Edges, "edges", () => messages.AsSpan().CopyTo(copy));
        yield return plain;
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            yield return new($"gather and segment sum, {threads} thread(s)", Edges, "edges", () =>
            {
                using IDisposable limit = Workers.LimitTo(threads);
                Rows.GatherInto<float>(nodes, Width, senders, messages);
                Rows.SegmentSumInto<float>(messages, Width, receivers, sums);
            })
            { Baseline = plain };
        }
    }
}
