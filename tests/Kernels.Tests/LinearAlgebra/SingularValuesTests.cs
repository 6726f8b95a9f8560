using Noether.Kernels;
using Xunit;

namespace Noether.Kernels.Tests;

public class SingularValuesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(7, 4)]
    [InlineData(40, 17)]
    public void The_factors_multiply_to_the_matrix_and_are_orthogonal(int m, int n)
    {
        var random = new Random(m + n);
        double[] a = [.. Enumerable.Range(0, m * n).Select(_ => random.NextDouble() - 0.5)];
        var u = (double[])a.Clone();
        var s = new double[n];
        var v = new double[n * n];
        SingularValues.Decompose(m, n, u, s, v);
        for (int i = 0; i < n; i++)
        {
            Assert.True(i == 0 || s[i] <= s[i - 1]);
            for (int j = 0; j < n; j++)
            {
                // Rounding of sums of up to 40 products, some sweeps of it.
                Assert.Equal(i == j ? 1 : 0, Sum(m, k => u[(i * m) + k] * u[(j * m) + k]), 1e-13);
                Assert.Equal(i == j ? 1 : 0, Sum(n, k => v[(i * n) + k] * v[(j * n) + k]), 1e-13);
            }

            for (int row = 0; row < m; row++)
            {
                Assert.Equal(a[(i * m) + row], Sum(n, k => u[(k * m) + row] * s[k] * v[(k * n) + i]), 1e-13);
            }
        }
    }

    [Fact]
    public void A_matrix_of_rank_one_has_one_value()
    {
        double[] a = [1, 2, 2, 2, 4, 4];
        var s = new double[2];
        SingularValues.Decompose(3, 2, a, s, new double[4]);
        Assert.Equal(Math.Sqrt(45), s[0], 1e-13);
        Assert.Equal(0, s[1], 1e-13);
    }

    [Fact]
    public void Columns_that_say_the_same_end_the_sweeps()
    {
        double[] a = [.. Enumerable.Range(0, 6 * 20).Select(k => Math.Sin((k % 20) + 1.0) * ((k / 20) + 1) / 3.0)];
        var s = new double[6];
        SingularValues.Decompose(20, 6, a, s, new double[36]);
        Assert.All(s[1..], value => Assert.True(value < 1e-15 * s[0], $"{value}"));
    }

    [Fact]
    public void What_is_not_finite_is_refused() =>
        Assert.Throws<ArithmeticException>(
            () => SingularValues.Decompose(2, 2, [1, double.NaN, 0, 1], new double[2], new double[4]));

    private static double Sum(int n, Func<int, double> term) => Enumerable.Range(0, n).Sum(term);
}
