using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public class GemmTests
{
    private static readonly int[] Sizes = [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_shape_agrees_with_the_definition(bool transposeA, bool transposeB)
    {
        foreach (int m in Sizes)
        {
            foreach (int n in Sizes)
            {
                foreach (int k in Sizes)
                {
                    bool accumulate = ((m + n + k) & 1) == 0;
                    var problem = new Problem(1, m, n, k, transposeA, transposeB, 0, 0, 0, accumulate);
                    Check<float>(problem);
                    Check<double>(problem);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_batch_agrees_with_the_definition(bool accumulate)
    {
        (int, int, int)[] shapes = [(8, 5, 3), (1, 7, 9), (17, 1, 4), (6, 40, 33), (0, 3, 2), (4, 4, 0)];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int bits = 0; bits < 32; bits++)
            {
                // A C of stride 0 is the sum over the batch; gaps between the matrices must stay untouched.
                bool transposeA = (bits & 1) != 0;
                bool transposeB = (bits & 2) != 0;
                int strideA = (bits & 4) != 0 ? 0 : m * k;
                int strideB = (bits & 8) != 0 ? 0 : (k * n) + 2;
                foreach (int strideC in (int[])[0, m * n, (m * n) + 3])
                {
                    foreach (int batch in (int[])[0, 1, 2, 7])
                    {
                        int packedB = (bits & 16) != 0 && strideB != 0 ? k * n : strideB;
                        var problem = new Problem(
                            batch, m, n, k, transposeA, transposeB, strideA, packedB, strideC, accumulate);
                        Check<float>(problem);
                        Check<double>(problem);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(100, 300, 600, false, false)] // several blocks of every kind, B copied
    [InlineData(200, 270, 530, true, true)] // A and B turned into panels
    [InlineData(1000, 33, 20, true, false)]
    [InlineData(40, 40, 3000, true, false)]
    [InlineData(1, 700, 900, false, false)]
    [InlineData(1, 700, 900, false, true)]
    [InlineData(700, 1, 900, false, false)]
    [InlineData(700, 1, 900, true, true)]
    public void Large_products_agree_and_do_not_depend_on_threads(int m, int n, int k, bool transposeA, bool transposeB)
    {
        foreach (bool accumulate in (bool[])[false, true])
        {
            // Three products with a C each; and, where they are stacked in one C, their sum.
            foreach (int strideC in (int[])[m * n, 0])
            {
                var problem = new Problem(3, m, n, k, transposeA, transposeB, m * k, 0, strideC, accumulate);
                Check<float>(problem);
                Check<double>(problem);
                Samples.SameForAllThreads(() => Run<float>(problem));
                Samples.SameForAllThreads(() => Run<double>(problem));
            }
        }
    }

    [Fact]
    public void Columns_of_wider_matrices_agree_with_their_copies()
    {
        (int, int, int)[] shapes =
            [(8, 5, 3), (1, 7, 9), (17, 1, 4), (1, 1, 6), (40, 33, 40), (5, 6, 0), (0, 3, 2), (300, 40, 70)];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int bits = 0; bits < 16; bits++)
            {
                bool beside = (bits & 8) != 0;
                CheckColumns<double>(m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, beside);
                CheckColumns<float>(m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, beside);
            }
        }
    }

    // Three products whose A, and whose C where they are not summed, lie beside each other in wider rows.
    private static void CheckColumns<T>(
        int m, int n, int k, bool transposeA, bool transposeB, bool accumulate, bool beside)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const int batch = 3;
        (int heightA, int lengthA) = transposeA ? (k, m) : (m, k);
        (int heightB, int lengthB) = transposeB ? (n, k) : (k, n);
        int rowA = (batch * lengthA) + 2;
        int rowB = lengthB + 3;
        int rowC = (batch * n) + 1;
        T[] a = Samples.Uniform<T>(1, heightA * rowA, -1, 1);
        T[] b = Samples.Uniform<T>(2, heightB * rowB, -1, 1);
        T[] c = Samples.Uniform<T>(3, m * rowC, -1, 1);
        double[] packedB = Pack(b, 0, heightB, lengthB, rowB);
        double[] expected = [.. c.Select(double.CreateChecked)];
        for (int e = 0; e < batch; e++)
        {
            double[] packedA = Pack(a, e * lengthA, heightA, lengthA, rowA);
            int place = beside ? e * n : 0;
            double[] packedC = Pack(c, place, m, n, rowC);
            for (int i = 0; i < m * n && e > 0 && !beside; i++)
            {
                packedC[i] = expected[((i / n) * rowC) + (i % n)];
            }

            GemmReference.MultiplyInto(
                1, m, n, k, packedA, transposeA, 0, packedB, transposeB, 0, packedC, m * n,
                accumulate || (e > 0 && !beside));
            for (int i = 0; i < m * n; i++)
            {
                expected[((i / n) * rowC) + place + (i % n)] = packedC[i];
            }
        }

        Gemm.MultiplyInto<T>(
            batch, m, n, k, a, transposeA, rowA, lengthA, b, transposeB, rowB, 0, c, rowC, beside ? n : 0, accumulate);
        // Sums of batch·k terms below one.
        double tolerance = (typeof(T) == typeof(float) ? 1e-6 : 1e-15) * ((batch * k) + 1);
        for (int i = 0; i < c.Length; i++)
        {
            Assert.Equal(expected[i], double.CreateChecked(c[i]), tolerance);
        }
    }

    private static double[] Pack<T>(T[] values, int first, int rows, int columns, int row)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var packed = new double[rows * columns];
        for (int i = 0; i < packed.Length; i++)
        {
            packed[i] = double.CreateChecked(values[first + ((i / columns) * row) + (i % columns)]);
        }

        return packed;
    }

    [Fact]
    public void A_batch_of_many_small_products_does_not_depend_on_threads()
    {
        var problem = new Problem(5000, 8, 9, 7, false, true, 56, 63, 72, false);
        Check<float>(problem);
        Samples.SameForAllThreads(() => Run<float>(problem));
        Samples.SameForAllThreads(() => Run<double>(problem));
    }

    [Fact]
    public void An_infinity_or_not_a_number_reaches_exactly_its_row()
    {
        const int n = 33;
        double[] a = Samples.Uniform<double>(1, n * n, -1, 1);
        double[] b = Samples.Uniform<double>(2, n * n, 1, 2);
        a[(5 * n) + 32] = double.NaN;
        a[6 * n] = double.PositiveInfinity;
        var c = new double[n * n];
        Gemm.MultiplyInto<double>(1, n, n, n, a, false, 0, b, false, 0, c, 0, false);
        for (int i = 0; i < n * n; i++)
        {
            Assert.Equal(i / n == 5, double.IsNaN(c[i]));
            Assert.Equal(i / n == 6, double.IsPositiveInfinity(c[i]));
        }
    }

    [Fact]
    public void What_C_held_is_forgotten_unless_it_is_added_to()
    {
        // Zero times NaN would stay NaN.
        var c = new float[6];
        Array.Fill(c, float.NaN);
        Gemm.MultiplyInto<float>(1, 2, 3, 1, [1, 2], false, 0, [3, 4, 5], false, 0, c, 0, false);
        Assert.Equal([3, 4, 5, 6, 8, 10], c);
        Array.Fill(c, float.NaN);
        Gemm.MultiplyInto<float>(1, 2, 3, 0, [], false, 0, [], false, 0, c, 0, false);
        Assert.Equal(new float[6], c);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Refused(1, (3, 3, 5), (0, 0, 0), "A has 12", "at least 15");
        Refused(2, (2, 3, 2), (4, 7, 6), "B has 12", "at least 13");
        Refused(2, (2, 3, 2), (4, 6, 5), "stride 5", "m·n = 6");
        Refused(1, (4, 4, 1), (4, 4, 0), "C has 12", "at least 16");
        Refused(1, (-1, 4, 1), (4, 4, 0), "m -1", "none negative");
        Samples.Throws<ArgumentException>(
            () => Gemm.MultiplyInto<Half>(1, 0, 0, 0, [], false, 0, [], false, 0, [], 0, false),
            "Half",
            "float or double");
    }

    private static void Refused(
        int batch, (int M, int N, int K) size, (int A, int B, int C) stride, params string[] parts)
    {
        var x = new float[12];
        Samples.Throws<ArgumentException>(
            () => Gemm.MultiplyInto<float>(
                batch, size.M, size.N, size.K, x, false, stride.A, x, false, stride.B, x, stride.C, false),
            parts);
    }

    private static T[] Run<T>(Problem x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] c = Samples.Uniform<T>(3, x.LengthC, -1, 1);
        T[] a = Samples.Uniform<T>(1, x.LengthA, -1, 1);
        T[] b = Samples.Uniform<T>(2, x.LengthB, -1, 1);
        Gemm.MultiplyInto<T>(
            x.Batch, x.M, x.N, x.K, a, x.TransposeA, x.StrideA, b, x.TransposeB, x.StrideB, c, x.StrideC, x.Accumulate);
        return c;
    }

    private static void Check<T>(Problem x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double[] expected = Samples.ToDouble(Samples.Uniform<T>(3, x.LengthC, -1, 1));
        double[] a = Samples.ToDouble(Samples.Uniform<T>(1, x.LengthA, -1, 1));
        double[] b = Samples.ToDouble(Samples.Uniform<T>(2, x.LengthB, -1, 1));
        GemmReference.MultiplyInto(
            x.Batch, x.M, x.N, x.K, a, x.TransposeA, x.StrideA, b, x.TransposeB, x.StrideB, expected, x.StrideC,
            x.Accumulate);

        // A sum of s products of numbers within ±1 errs by at most s·eps/2 times the sum of the magnitudes, at most s;
        // for random signs the partial sums are near √s, and the two orders of summation err by less than √s·√s·eps =
        // s·eps. One unit more is the addition to C.
        double terms = (double)x.K * (x.StrideC == 0 ? Math.Max(1, x.Batch) : 1);
        Samples.Close(expected, Run<T>(x), terms + 1, _ => 1, x.ToString());
    }

    private sealed record Problem(
        int Batch,
        int M,
        int N,
        int K,
        bool TransposeA,
        bool TransposeB,
        int StrideA,
        int StrideB,
        int StrideC,
        bool Accumulate)
    {
        public int LengthA => Span(StrideA, M * K);

        public int LengthB => Span(StrideB, K * N);

        public int LengthC => Span(StrideC, M * N);

        private int Span(int stride, int size) => (stride * Math.Max(0, Batch - 1)) + size;
    }
}
