using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class DenseDoubleTests : DenseTests<double>;

public sealed class DenseSingleTests : DenseTests<float>;

public abstract class DenseTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 5)]
    [InlineData(2, 7)]
    [InlineData(3, 4000)]
    [InlineData(4, 9)]
    [InlineData(5, 300)]
    public void Inverse_and_determinant_are_cofactors(int n, int batch)
    {
        var a = Matrices(n, batch);
        var inverse = new T[a.Length];
        var determinant = new T[batch];
        Assert.Equal(-1, Dense.InverseInto(batch, n, a, inverse));
        Dense.DeterminantInto(batch, n, a, determinant);
        for (var k = 0; k < batch; k++)
        {
            var matrix = new double[n, n];
            for (var i = 0; i < n * n; i++)
            {
                matrix[i / n, i % n] = double.CreateTruncating(a[(k * n * n) + i]);
            }

            // Rows are dominated by one element: 2 … 3 against others that sum to less than 1. So ‖A‖ < 4 and ‖A⁻¹‖ < 1
            // in the infinity norm, and n roundings of that size follow each other twice.
            var expected = DenseReference.Inverse(matrix).Cast<double>().ToArray();
            Samples.Close(expected, inverse[(k * n * n)..((k + 1) * n * n)], 8 * n, _ => 1, "Inverse");
            var size = Math.Pow(4, n);
            Samples.Close([DenseReference.Determinant(matrix)], [determinant[k]], 4 * n, _ => size, "Determinant");
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(4, 5)]
    [InlineData(24, 17)]
    public void Solutions_solve(int n, int m)
    {
        const int batch = 50;
        var a = Matrices(n, batch);
        var b = Samples.Uniform<T>(7, batch * n * m, -1, 1);
        var y = new T[b.Length];
        Assert.Equal(-1, Dense.SolveInto(batch, n, m, a, b, y));
        double[] da = Samples.ToDouble(a), db = Samples.ToDouble(b), dy = Samples.ToDouble(y);
        var residual = 0.0;
        for (var k = 0; k < batch; k++)
        {
            for (var row = 0; row < n; row++)
            {
                for (var column = 0; column < m; column++)
                {
                    var sum = -db[(((k * n) + row) * m) + column];
                    for (var j = 0; j < n; j++)
                    {
                        sum += da[(((k * n) + row) * n) + j] * dy[(((k * n) + j) * m) + column];
                    }

                    residual = Math.Max(residual, Math.Abs(sum));
                }
            }
        }

        // Backward stable: n roundings of sums of size ‖A‖ ‖y‖ ≤ 8.
        Assert.True(residual <= 8 * n * Samples.Epsilon<T>(), $"residual {residual}");
    }

    [Fact]
    public void A_zero_on_the_diagonal_is_no_obstacle()
    {
        T[] a = [T.Zero, T.One, T.One, T.Zero];
        var y = new T[4];
        var determinant = new T[1];
        Assert.Equal(-1, Dense.InverseInto(1, 2, a, y));
        Dense.DeterminantInto(1, 2, a, determinant);
        Assert.Equal(a, y);
        Assert.Equal(-T.One, determinant[0]);
    }

    [Fact]
    public void The_first_singular_matrix_is_named()
    {
        const int batch = 5000;
        var a = Matrices(3, batch);
        foreach (var singular in (int[])[4711, 1234, 4000])
        {
            // Two equal rows.
            a.AsSpan(singular * 9, 3).CopyTo(a.AsSpan((singular * 9) + 3, 3));
        }

        foreach (var threads in (int[])[1, 4])
        {
            using var limit = Workers.LimitTo(threads);
            var y = new T[a.Length];
            Assert.Equal(1234, Dense.InverseInto(batch, 3, a, y));
            Assert.All(y[(4000 * 9)..(4001 * 9)], value => Assert.True(T.IsNaN(value)));
            Assert.All(y[(4001 * 9)..(4002 * 9)], value => Assert.True(T.IsFinite(value)));
            var determinant = new T[batch];
            Dense.DeterminantInto(batch, 3, a, determinant);
            Assert.Equal(T.Zero, determinant[1234]);
        }
    }

    [Fact]
    public void What_is_not_finite_is_singular()
    {
        var y = new T[1];
        Assert.Equal(0, Dense.InverseInto<T>(1, 1, [T.NaN], y));
        Assert.True(T.IsNaN(y[0]));
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Samples.Throws<ArgumentException>(
            () => Dense.InverseInto<T>(2, 3, new T[17], new T[18]), "InverseInto", "a has 17 elements, expected 18");
        Samples.Throws<ArgumentException>(
            () => Dense.SolveInto<T>(1, 3, 2, new T[9], new T[5], new T[6]),
            "SolveInto", "b has 5 elements, expected 6");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Dense.DeterminantInto<T>(-1, 3, [], []), "DeterminantInto", "batch is -1");
    }

    // Diagonals of size 2 … 3 with random signs, rows shuffled by a cyclic step so that pivoting has to work.
    private static T[] Matrices(int n, int batch)
    {
        var random = new Random(n);
        var a = Samples.Uniform<T>(n, batch * n * n, -1.0 / Math.Max(1, n), 1.0 / Math.Max(1, n));
        for (var k = 0; k < batch; k++)
        {
            var step = random.Next(Math.Max(1, n));
            for (var i = 0; i < n; i++)
            {
                var value = (2 + random.NextDouble()) * (random.Next(2) == 0 ? -1 : 1);
                a[(k * n * n) + (i * n) + ((i + step) % n)] = T.CreateTruncating(value);
            }
        }

        return a;
    }
}
