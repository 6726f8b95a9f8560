using System.Numerics;
using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>8 000 points on a mesh of 64³ by splines of order 5, on one thread: weights, spreading, gathering values,
/// and values with gradients. Work is counted in points.</summary>
internal sealed class MeshBenchmark : IBenchmark
{
    private const int Points = 8000;
    private const int Size = 64;
    private const int Order = 5;

    public string Name => "mesh";

    public IEnumerable<Case> Cases() => Of<double>().Concat(Of<float>());

    private static IEnumerable<Case> Of<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(1);
        T[] u = [.. Enumerable.Range(0, 3 * Points).Select(_ => T.CreateTruncating(Size * random.NextDouble()))];
        int[] sizes = [Size, Size, Size];
        MeshStencil stencil = MeshStencil.Of<T>(u, sizes, Order);
        var offsets = new T[3 * Points];
        stencil.OffsetsInto<T>(u, offsets);
        T[][] x = [.. Enumerable.Range(0, 3).Select(axis => offsets.Where((_, i) => i % 3 == axis).ToArray())];
        T[][] w = [.. x.Select(_ => new T[Points * Order])];
        T[][] s = [.. x.Select(_ => new T[Points * Order])];
        T[] charges = [.. Enumerable.Range(0, Points).Select(i => i % 2 == 0 ? T.One : -T.One)];
        T[] values = new T[Points], gradients = new T[3 * Points], mesh = new T[Size * Size * Size];

        Case Single(string name, Action run) => new($"{typeof(T).Name} {name}", Points, "points", () =>
        {
            using IDisposable limit = Workers.LimitTo(1);
            run();
        });

        void Weights()
        {
            for (int axis = 0; axis < 3; axis++)
            {
                MeshWeights.WeightsInto<T>(MeshScheme.Spline, Order, x[axis], w[axis], s[axis]);
            }
        }

        Weights();
        yield return Single("stencil", () => MeshStencil.Of<T>(u, sizes, Order));
        yield return Single("weights and slopes", Weights);
        yield return Single("spread", () => MeshSums.SpreadInto<T>(stencil, 1, charges, w[0], w[1], w[2], mesh));
        yield return Single("values", () => MeshSums.GatherInto<T>(stencil, 1, mesh, w[0], w[1], w[2], values));
        yield return Single("values and gradients", () => MeshSums.GatherInto<T>(
            stencil, 1, mesh, w[0], w[1], w[2], s[0], s[1], s[2], values, gradients));
    }
}
