using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class SplineRowsDoubleTests : SplineRowsTests<double>;

public sealed class SplineRowsSingleTests : SplineRowsTests<float>;

public abstract class SplineRowsTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Intervals = 7;
    private const double Step = 0.25;

    // Derivatives of order k are 4^k times as large; sums of a few hundred numbers.
    private static readonly double Tolerance = 1e3 * Samples.ToDouble([T.BitIncrement(T.One) - T.One])[0];

    /// <summary>Widths below, at and above those of registers; numbers in one block, in several, and none.</summary>
    public static TheoryData<int, int> Sizes()
    {
        var sizes = new TheoryData<int, int>();
        foreach (int width in (int[])[1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 131, 2100])
        {
            foreach (int count in (int[])[0, 1, 31, 33, 70])
            {
                sizes.Add(width, count);
            }
        }

        return sizes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Rows_and_dots_are_their_twins(int width, int count)
    {
        T[] table = Samples.Uniform<T>(1, (Intervals + 3) * width, -1, 1);
        T[] x = Samples.Uniform<T>(2, count, 0, Intervals * Step);
        T[] factors = Samples.Uniform<T>(3, count, -1, 1);
        T[] g = Samples.Uniform<T>(4, count * width, -1, 1);
        for (int order = 0; order < 5; order++)
        {
            double[] values = Twin(Samples.ToDouble(table), width, order, Samples.ToDouble(x));
            double scale = Math.Pow(1 / Step, order) * Tolerance;
            Samples.SameForAllThreads(() =>
            {
                var y = new T[count * width];
                SplineRows.RowsInto<T>(table, width, Step, order, x, factors, y);
                for (int i = 0; i < y.Length; i++)
                {
                    double expected = values[i] * double.CreateChecked(factors[i / width]);
                    Assert.Equal(expected, double.CreateChecked(y[i]), scale);
                }

                return y;
            });
            Samples.SameForAllThreads(() =>
            {
                var z = new T[count];
                SplineRows.DotsInto<T>(table, width, Step, order, x, g, z);
                for (int r = 0; r < count; r++)
                {
                    double expected = 0;
                    for (int c = 0; c < width; c++)
                    {
                        expected += values[(r * width) + c] * double.CreateChecked(g[(r * width) + c]);
                    }

                    Assert.Equal(expected, double.CreateChecked(z[r]), scale * Math.Sqrt(width));
                }

                return z;
            });
        }
    }

    [Fact]
    public void Numbers_at_the_end_belong_to_the_last_interval()
    {
        T[] table = Samples.Uniform<T>(1, Intervals + 3, -1, 1);
        var y = new T[1];
        T end = T.CreateChecked(Intervals * Step);
        SplineRows.RowsInto<T>(table, 1, Step, 0, [end], [T.One], y);
        double[] c = Samples.ToDouble(table);
        Assert.Equal((c[^3] + (4 * c[^2]) + c[^1]) / 6, double.CreateChecked(y[0]), Tolerance);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        var three = new T[3];
        var four = new T[4];
        Assert.Throws<ArgumentException>(() => SplineRows.RowsInto<T>(three, 1, Step, 0, four, four, new T[4]));
        Assert.Throws<ArgumentException>(() => SplineRows.RowsInto<T>(four, 1, Step, 0, four, three, new T[4]));
        Assert.Throws<ArgumentException>(() => SplineRows.DotsInto<T>(four, 1, Step, 0, four, three, new T[4]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => SplineRows.DotsInto<T>(four, 1, Step, -1, four, four, new T[4]));
    }

    // The polynomial of each interval by powers of the place in it, differentiated term by term.
    private static double[] Twin(double[] table, int width, int order, double[] x)
    {
        double[,] powers =
        {
            { 1, -3, 3, -1 },
            { 4, 0, -6, 3 },
            { 1, 3, 3, -3 },
            { 0, 0, 0, 1 },
        };
        var y = new double[x.Length * width];
        for (int r = 0; r < x.Length; r++)
        {
            int interval = Math.Min(Intervals - 1, (int)Math.Floor(x[r] / Step));
            double t = (x[r] / Step) - interval;
            for (int c = 0; c < width; c++)
            {
                for (int k = 0; k < 4; k++)
                {
                    for (int p = order; p < 4; p++)
                    {
                        double falling = 1;
                        for (int i = 0; i < order; i++)
                        {
                            falling *= (p - i) / Step;
                        }

                        y[(r * width) + c] += table[((interval + k) * width) + c]
                            * powers[k, p] / 6 * falling * Math.Pow(t, p - order);
                    }
                }
            }
        }

        return y;
    }
}
