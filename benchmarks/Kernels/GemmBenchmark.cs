using System.Numerics;
using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>Matrix products on one thread, as shares of the peak, beside OpenBLAS where it is installed.</summary>
internal sealed class GemmBenchmark : IBenchmark
{
    private static readonly Shape[] Shapes =
    [
        new(1, 512, 512, 512, false, false),
        new(1, 512, 512, 512, true, false),
        new(1, 512, 512, 512, false, true),
        new(1, 64, 64, 64, false, false),
        new(1, 64, 64, 64, true, false),
        new(1, 64, 64, 64, false, true),
        new(1, 10_000, 64, 64, false, false),
        new(1, 10_000, 64, 64, false, true),
        new(1, 64, 64, 10_000, true, false),
        new(1, 10_000, 1, 64, false, false),
        new(1, 1, 64, 64, false, false),
        new(1000, 8, 5, 3, false, false),
        new(1, 4, 4, 4, false, false),
    ];

    public string Name => "gemm";

    public IEnumerable<Case> Cases()
    {
        bool blas = OpenBlas.Load();
        if (!blas)
        {
            Console.WriteLine("gemm: libopenblas.so.0 is not installed, so no comparison with it");
        }

        return Of<float>(blas).Concat(Of<double>(blas));
    }

    private static IEnumerable<Case> Of<T>(bool blas)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Case peak = PeakBenchmark.Of<T>();
        foreach (Shape s in Shapes)
        {
            T[] a = Numbers<T>(s.Batch * s.M * s.K);
            T[] b = Numbers<T>(s.Batch * s.K * s.N);
            T[] c = Numbers<T>(s.Batch * s.M * s.N);
            double work = 2.0 * s.Batch * s.M * s.N * s.K;
            yield return new($"{typeof(T).Name} {s}", work, "flop", () => Managed(s, a, b, c)) { Baseline = peak };
            if (blas && s.Batch == 1)
            {
                yield return new($"{typeof(T).Name} {s} OpenBLAS", work, "flop", () => Native(s, a, b, c))
                {
                    Baseline = peak,
                };
            }
        }
    }

    private static void Managed<T>(Shape s, T[] a, T[] b, T[] c)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Gemm.MultiplyInto<T>(
            s.Batch, s.M, s.N, s.K, a, s.TransposeA, s.M * s.K, b, s.TransposeB, s.K * s.N, c, s.M * s.N, false);

    private static void Native<T>(Shape s, T[] a, T[] b, T[] c)
    {
        if (typeof(T) == typeof(float))
        {
            OpenBlas.Multiply(
                s.M, s.N, s.K, (float[])(object)a, s.TransposeA, (float[])(object)b, s.TransposeB, (float[])(object)c);
        }
        else
        {
            OpenBlas.Multiply(
                s.M, s.N, s.K, (double[])(object)a, s.TransposeA, (double[])(object)b, s.TransposeB,
                (double[])(object)c);
        }
    }

    private static T[] Numbers<T>(int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
    }

    private sealed record Shape(int Batch, int M, int N, int K, bool TransposeA, bool TransposeB)
    {
        public override string ToString() =>
            $"{(Batch == 1 ? "" : $"{Batch} × ")}{Factor(M, K, TransposeA)}·{Factor(K, N, TransposeB)}";

        private static string Factor(int rows, int columns, bool transposed) =>
            transposed ? $"({columns}×{rows})ᵀ" : $"({rows}×{columns})";
    }
}
