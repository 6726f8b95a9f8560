using Noether.AutoDiff;
using Noether.Domain;

namespace Noether.Benchmarks;

/// <summary>
/// Labelled maps of many blocks and of many rows: 10 000 blocks of 4 samples and 4 properties, multiplied, sliced and
/// joined, work counted in blocks; keysToProperties of 1 000 000 samples in four blocks, counted in samples; and the table
/// of a million rows, counted in rows.
/// </summary>
internal sealed class LabelsBenchmark : IBenchmark
{
    private const int Many = 10_000;
    private const int Rows = 1_000_000;

    public string Name => "labels";

    public IEnumerable<Case> Cases()
    {
        TensorMap many = Map(Many, _ => 4, 4), other = Map(Many, _ => 4, 4);
        Labels even = Fine(LabelInterop.labels(["i"], [0, 2]));
        yield return new($"multiply, {Many} blocks", Many, "blocks", () => Fine(LabelInterop.multiply(many, other)));
        yield return new($"slice, {Many} blocks", Many, "blocks", () => Fine(LabelInterop.slice(MapAxis.Samples, even, many)));

        TensorMap shifted = Map(Many, _ => 4, 4, 4);
        yield return new($"join, {Many} blocks", Many, "blocks", () =>
            Fine(LabelInterop.join(MapAxis.Samples, [many, shifted])));

        TensorMap tall = Map(4, _ => Rows / 4, 4);
        yield return new($"keysToProperties, {Rows} samples", Rows, "samples", () =>
            Fine(LabelInterop.keysToProperties(["key"], tall)))
        { Repetitions = 7 };

        int[] rows = [.. Enumerable.Range(0, 2 * Rows).Select(k => k % 2 == 0 ? k / 2000 : k / 2 % 1000)];
        yield return new($"labels of {Rows} rows", Rows, "rows", () => Fine(LabelInterop.labels(["i", "j"], rows)))
        {
            Repetitions = 7,
        };
    }

    private static TensorMap Map(int blocks, Func<int, int> samples, int properties, int first = 0)
    {
        Labels columns = Fine(LabelInterop.range("p", properties));
        var random = new Random(1);
        TensorBlock Block(int k)
        {
            int n = samples(k);
            double[] values = [.. Enumerable.Range(0, n * properties).Select(_ => random.NextDouble())];
            Labels rows = Fine(LabelInterop.labels(["i"], [.. Enumerable.Range(first, n)]));
            return Fine(LabelInterop.block(Interop.ofArray([n, properties], values), rows, [], columns));
        }

        return Fine(LabelInterop.map(Fine(LabelInterop.range("key", blocks)), [.. Enumerable.Range(0, blocks).Select(Block)]));
    }

    private static T Fine<T>(Microsoft.FSharp.Core.FSharpResult<T, NoetherError> result) =>
        result.IsOk ? result.ResultValue : throw new NoetherException(result.ErrorValue);
}
