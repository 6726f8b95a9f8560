using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class ReductionDoubleTests : ReductionTests<double>;

public sealed class ReductionSingleTests : ReductionTests<float>;

public abstract class ReductionTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [Fact]
    public void Sums_are_their_twins()
    {
        foreach (var n in (int[])[.. Samples.Lengths, 65536, 65537, Samples.Large])
        {
            var a = Samples.Uniform<T>(n, n, -1, 1);
            var b = Samples.Uniform<T>(n + 1, n, -1, 1);
            double[] da = Samples.ToDouble(a), db = Samples.ToDouble(b);

            // A term is rounded once as a product, then once on each level of the tree and in its leaf's lane:
            // at most 512 / (4 × 2) in the leaf for the narrowest vectors, which random signs reduce to a few units.
            var units = 8 + Math.Log2(n + 1);
            Close(da, Reduction.Sum<T>(a), units, Math.Sqrt(n), "Sum");
            Close(da.Zip(db, (x, y) => x * y), Reduction.Dot<T>(a, b), units, Math.Sqrt(n), "Dot");
            Close(da.Select(x => x * x), Reduction.SumOfSquares<T>(a), units, n, "SumOfSquares");
        }
    }

    [Fact]
    public void A_long_sum_keeps_its_accuracy()
    {
        // Ten million times 0.1 leaves a running float32 sum wrong in the second digit. Pairwise, every leaf of 512
        // makes the same error (0.1 is rounded alike in each) of at most 64 additions a lane, and the tree adds
        // equals, which is exact up to the last blocks: 16 units bound it.
        const int n = 10_000_000;
        var x = new T[n];
        Array.Fill(x, T.CreateTruncating(0.1));
        var expected = n * double.CreateTruncating(x[0]);
        Samples.Close([expected], [Reduction.Sum<T>(x)], 16, "Sum of 0.1");
    }

    [Fact]
    public void Extremes_are_their_twins()
    {
        foreach (var n in (int[])[.. Samples.Lengths, Samples.Large])
        {
            var x = Samples.Uniform<T>(n, n, -5, 3);
            var finite = n > 0;
            Assert.Equal(finite ? x.Max() : T.NegativeInfinity, Reduction.Max<T>(x));
            Assert.Equal(finite ? x.Min() : T.PositiveInfinity, Reduction.Min<T>(x));
            Assert.Equal(finite ? x.Max(T.Abs) : T.Zero, Reduction.MaxAbs<T>(x));
            if (finite)
            {
                x[n / 2] = T.NaN;
                Assert.True(T.IsNaN(Reduction.Max<T>(x)));
                Assert.True(T.IsNaN(Reduction.Min<T>(x)));
                Assert.True(T.IsNaN(Reduction.MaxAbs<T>(x)));
            }
        }
    }

    [Fact]
    public void Threads_do_not_change_bits()
    {
        var x = Samples.Uniform<T>(1, 1_000_003, -1, 1);
        var y = Samples.Uniform<T>(2, 1_000_003, -1, 1);
        Samples.SameForAllThreads<T>(
            () => [Reduction.Sum<T>(x), Reduction.Dot<T>(x, y), Reduction.SumOfSquares<T>(x), Reduction.Max<T>(x)]);
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Samples.Throws<ArgumentException>(
            () => Reduction.Dot<T>(new T[2], new T[3]), "Dot", "b has 3 elements, expected 2");

    private static void Close(IEnumerable<double> terms, T actual, double units, double scale, string what) =>
        Samples.Close([SumReference.Sum(terms)], [actual], units, _ => scale, what);
}
