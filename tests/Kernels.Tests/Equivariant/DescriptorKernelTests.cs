using Noether.Kernels;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

/// <summary>The kernels of density descriptors: Kummer's function, Hermite splines, and the sums over neighbours.</summary>
public class DescriptorKernelTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(20.0)]
    [InlineData(119.0)]
    [InlineData(140.0)]
    [InlineData(900.0)]
    public void Kummers_function_is_the_elementary_one_where_there_is_one(double z)
    {
        // DLMF 13.6.1 and 13.6.2; the exponentials of sums of thousands lose three digits.
        Near(1, ConfluentFunction.Scaled(2.5, 2.5, z, z));
        Near(z == 0 ? 1 : (1 - Math.Exp(-z)) / z, ConfluentFunction.Scaled(1, 2, z, z));
        Near(Math.Exp(-0.5 * z), ConfluentFunction.Scaled(3, 3, z, 1.5 * z));
    }

    [Theory]
    [InlineData(2.0, 1.5)]
    [InlineData(4.5, 3.5)]
    [InlineData(9.5, 9.5)]
    [InlineData(3.0, 8.5)]
    public void Kummers_functions_satisfy_their_recurrence(double a, double b)
    {
        // DLMF 13.3.1, below and beyond the change from one series to the other.
        for (double z = 0.5; z < 600; z *= 1.3)
        {
            double below = ConfluentFunction.Scaled(a - 1, b, z, z), above = ConfluentFunction.Scaled(a + 1, b, z, z);
            double middle = ConfluentFunction.Scaled(a, b, z, z);
            double left = ((b - a) * below) + (((2 * a) - b + z) * middle);
            Assert.Equal(left, a * above, 1e-11 * Math.Max(Math.Abs(a * above), z * Math.Abs(middle)));
        }
    }

    [Fact]
    public void The_logarithm_of_the_gamma_function_is_that_of_factorials()
    {
        double factorial = 1;
        for (int n = 1; n < 60; n++)
        {
            Assert.Equal(Math.Log(factorial), ConfluentFunction.LogGamma(n), 1e-13 * Math.Max(1, Math.Log(factorial)));
            factorial *= n;
        }

        Assert.Equal(0.5 * Math.Log(Math.PI), ConfluentFunction.LogGamma(0.5), 1e-14);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(35)]
    public void Splines_hold_cubic_polynomials_exactly(int width)
    {
        const double Step = 0.7;
        const int Knots = 6;
        double[] c = [.. Enumerable.Range(0, 4 * width).Select(k => Math.Sin(k + 1.0))];
        double P(int f, double x) => c[4 * f] + (x * (c[(4 * f) + 1] + (x * (c[(4 * f) + 2] + (x * c[(4 * f) + 3])))));
        double D(int f, double x) => c[(4 * f) + 1] + (x * ((2 * c[(4 * f) + 2]) + (3 * x * c[(4 * f) + 3])));
        var table = new double[2 * Knots * width];
        for (int k = 0; k < Knots; k++)
        {
            for (int f = 0; f < width; f++)
            {
                table[(2 * k * width) + f] = P(f, k * Step);
                table[(((2 * k) + 1) * width) + f] = Step * D(f, k * Step);
            }
        }

        double[] x = [0, 0.1, 0.7, 1.05, 2.0, 3.4999, 3.5];
        var y = new double[x.Length * width];
        var dy = new double[x.Length * width];
        HermiteRows.Into(table, width, Step, x, y, dy);
        for (int i = 0; i < y.Length; i++)
        {
            // Values up to 60, and derivatives that divide by the step.
            Assert.Equal(P(i % width, x[i / width]), y[i], 1e-13 * 60);
            Assert.Equal(D(i % width, x[i / width]), dy[i], 1e-12 * 60);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 9)]
    public void Sums_are_those_of_a_plain_loop(int degree, int n)
    {
        const int Pairs = 7, Samples = 3, Rows = 5;
        var random = new Random(degree + n);
        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
        int m = (2 * degree) + 1, first = degree * degree, columns = n + 2, stride = (degree + 1) * (degree + 1);
        int[] pairs = [.. Enumerable.Range(0, Pairs).SelectMany(_ =>
            (int[])[random.Next(Samples), random.Next(Rows), random.Next(Rows)])];
        double[] vectors = Draw(3 * Pairs), radial = Draw(Pairs * columns), slopes = Draw(Pairs * columns);
        double[] harmonics = Draw(Pairs * stride), derivatives = Draw(3 * Pairs * stride), moves = Draw(3 * Pairs);
        double[] lengths = [.. Enumerable.Range(0, Pairs).Select(e => e == 2 ? 0 : 1 + random.NextDouble())];
        var values = new double[Samples * m * n];
        var gradients = new double[3 * Rows * m * n];
        var changes = new double[9 * Samples * m * n];
        DensityExpansion.Add(
            new(degree, n, 1, Samples, Rows), pairs, vectors, lengths, radial, slopes, columns, harmonics, derivatives,
            values, gradients, moves, changes);

        var expected = new double[gradients.Length];
        var changed = new double[changes.Length];
        for (int e = 0; e < Pairs; e++)
        {
            for (int a = 0; a < 3; a++)
            {
                for (int i = 0; i < m * n; i++)
                {
                    int column = (e * columns) + 1 + (i % n), row = first + (i / n);
                    double slope = DensityExpansionReference.Slope(
                        radial[column], slopes[column], harmonics[(e * stride) + row],
                        derivatives[(((3 * e) + a) * stride) + row], vectors[(3 * e) + a], lengths[e]);
                    expected[(((pairs[(3 * e) + 1] * 3) + a) * m * n) + i] += slope;
                    expected[(((pairs[(3 * e) + 2] * 3) + a) * m * n) + i] -= slope;
                    for (int b = 0; b < 3; b++)
                    {
                        changed[(((pairs[3 * e] * 9) + (3 * b) + a) * m * n) + i] += moves[(3 * e) + b] * slope;
                    }
                }
            }
        }

        double[][] g = [.. Enumerable.Range(0, Pairs).Select(e => radial[((e * columns) + 1)..((e * columns) + 1 + n)])];
        double[][] r = [.. Enumerable.Range(0, Pairs).Select(e => harmonics[((e * stride) + first)..((e * stride) + first + m)])];
        for (int i = 0; i < values.Length; i++)
        {
            double value = DensityExpansionReference.Value(pairs, g, r, i / (m * n), i / n % m, i % n);
            Assert.Equal(value, values[i], 1e-15 * Pairs);
        }

        Assert.All(Enumerable.Range(0, expected.Length), i => Assert.Equal(expected[i], gradients[i], 1e-15 * Pairs));
        Assert.All(Enumerable.Range(0, changed.Length), i => Assert.Equal(changed[i], changes[i], 1e-15 * Pairs));
    }

    private static void Near(double expected, double found) =>
        Assert.Equal(expected, found, 2e-13 * Math.Max(1e-300, Math.Abs(expected)));
}
