using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class MeshDoubleTests : MeshTests<double>;

public sealed class MeshSingleTests : MeshTests<float>;

public abstract class MeshTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Sums of at most a few thousand terms of order one.
    private const double Units = 200;

    public static TheoryData<int, int[], int, int> Meshes()
    {
        var data = new TheoryData<int, int[], int, int>();
        foreach (int order in (int[])[1, 2, 3, 4, 5, 6, 7])
        {
            data.Add(order, [8, 6, 10], 35, 1);
            data.Add(order, [5, 7, 19], 67, 2);
            data.Add(order, [1, 2, 3], 9, 1);
            data.Add(order, [16, 12, 33], 300, 3);
        }

        foreach (int points in (int[])[0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17])
        {
            data.Add(4, [4, 4, 4], points, 1);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Meshes))]
    public void Sums_are_their_twins(int order, int[] sizes, int points, int channels)
    {
        // Far outside too, and on mesh points and their middles.
        T[] u = Samples.Uniform<T>(1, 3 * points, -25, 25);
        for (int i = 0; i < u.Length; i += 5)
        {
            u[i] = T.Round(u[i] + u[i]) / T.CreateTruncating(2);
        }

        int size = channels * sizes[0] * sizes[1] * sizes[2];
        T[] q = Samples.Uniform<T>(2, points * channels, -1, 1);
        T[] m = Samples.Uniform<T>(3, size, -1, 1);
        T[][] w = [.. Enumerable.Range(4, 6).Select(seed => Samples.Uniform<T>(seed, points * order, -1, 1))];
        (double[] dq, double[] dm) = (Samples.ToDouble(q), Samples.ToDouble(m));
        double[][] dw = [.. w.Select(Samples.ToDouble)];
        double[] mesh = new double[size], values = new double[q.Length], gradients = new double[3 * q.Length];
        double[][] sums = [new double[points * order], new double[points * order], new double[points * order]];
        MeshReference.Terms(Samples.ToDouble(u), sizes, order, channels, (i, channel, a, b, c, place) =>
        {
            int charge = (i * channels) + channel;
            mesh[place] += dq[charge] * dw[0][a] * dw[1][b] * dw[2][c];
            values[charge] += dm[place] * dw[0][a] * dw[1][b] * dw[2][c];
            gradients[3 * charge] += dm[place] * dw[3][a] * dw[1][b] * dw[2][c];
            gradients[(3 * charge) + 1] += dm[place] * dw[0][a] * dw[4][b] * dw[2][c];
            gradients[(3 * charge) + 2] += dm[place] * dw[0][a] * dw[1][b] * dw[5][c];
            sums[0][a] += dm[place] * dq[charge] * dw[1][b] * dw[2][c];
            sums[1][b] += dm[place] * dq[charge] * dw[0][a] * dw[2][c];
            sums[2][c] += dm[place] * dq[charge] * dw[0][a] * dw[1][b];
        });
        MeshStencil stencil = MeshStencil.Of<T>(u, sizes, order);
        Same(mesh, () => Of(size, y => MeshSums.SpreadInto<T>(stencil, channels, q, w[0], w[1], w[2], y)));
        Same(values, () => Of(q.Length, y => MeshSums.GatherInto<T>(stencil, channels, m, w[0], w[1], w[2], y)));
        T[] again = new T[q.Length];
        Same(gradients, () => Of(3 * q.Length, y => MeshSums.GatherInto<T>(
            stencil, channels, m, w[0], w[1], w[2], w[3], w[4], w[5], again, y)));
        Samples.Close(values, again, Units, _ => 1, "values");
        T[][] parts = [new T[points * order], new T[points * order], new T[points * order]];
        for (int axis = 0; axis < 3; axis++)
        {
            Same(sums[axis], () =>
            {
                MeshSums.WeightSumsInto<T>(
                    stencil, channels, m, q, w[0], w[1], w[2], parts[0], parts[1], parts[2]);
                return [.. parts[axis]];
            });
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Weights_are_splines_and_polynomials(int order)
    {
        T[] x = Samples.Uniform<T>(1, 131, -0.5, 0.5);
        (x[0], x[1], x[2]) = (T.Zero, T.CreateTruncating(-0.5), T.CreateTruncating(0.5));
        foreach (MeshScheme scheme in Enum.GetValues<MeshScheme>())
        {
            double[] expected = [.. x.SelectMany(
                offset => Enumerable.Range(0, order).Select(node => Weight(scheme, order, node, offset)))];
            T[] weights = Of(x.Length * order, y => MeshWeights.WeightsInto<T>(scheme, order, x, y));

            // Lagrange's polynomials of order 7 reach 5 between coefficients of order one.
            Samples.Close(expected, weights, 8, _ => 1, $"{scheme} {order}");
            T[] slopes = new T[weights.Length];
            Samples.SameBits(
                weights, Of(weights.Length, y => MeshWeights.WeightsInto<T>(scheme, order, x, y, slopes)));
            for (int i = 0; i < x.Length; i++)
            {
                ReadOnlySpan<T> row = weights.AsSpan(i * order, order);
                double sum = 0, slope = 0;
                for (int node = 0; node < order; node++)
                {
                    sum += double.CreateTruncating(row[node]);
                    slope += double.CreateTruncating(slopes[(i * order) + node]);
                }

                Assert.Equal(1, sum, 8 * Samples.Epsilon<T>());
                Assert.Equal(0, slope, 40 * Samples.Epsilon<T>());
            }
        }
    }

    public static TheoryData<int> Orders() => [1, 2, 3, 4, 5, 6, 7];

    /// <summary>The derivative of a spline is a difference of splines, M′ₙ(t) = Mₙ₋₁(t) − Mₙ₋₁(t − 1).</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void Slopes_are_differences_of_splines(int order)
    {
        T[] x = Samples.Uniform<T>(2, 67, -0.49, 0.49);
        T[] slopes = new T[x.Length * order];
        MeshWeights.WeightsInto<T>(MeshScheme.Spline, order, x, new T[slopes.Length], slopes);
        double[] expected = [.. x.SelectMany(offset => Enumerable.Range(0, order).Select(node =>
        {
            double t = double.CreateTruncating(offset) + 0.5 + order - 1 - node;
            return order == 1 ? 0 : MeshReference.Spline(order - 1, t - 1) - MeshReference.Spline(order - 1, t);
        }).Select(d => -d))];
        Samples.Close(expected, slopes, 16, _ => 1, "slopes");
    }

    /// <summary>The polynomials of R. Hockney, J. Eastwood, Computer Simulation Using Particles (1988), as M. Deserno
    /// and C. Holm print them in J. Chem. Phys. 109, 7678 (1998), table of appendix E.</summary>
    [Fact]
    public void Published_splines_have_these_coefficients()
    {
        Assert.Equal([0.5, -1, 0.5, 1], MeshWeights.Coefficients(MeshScheme.Spline, 2));
        Assert.Equal(
            [1 / 8.0, -1 / 2.0, 1 / 2.0, 3 / 4.0, 0, -1, 1 / 8.0, 1 / 2.0, 1 / 2.0],
            MeshWeights.Coefficients(MeshScheme.Spline, 3));
        double[] fourth = MeshWeights.Coefficients(MeshScheme.Spline, 4);
        Assert.Equal([1 / 48.0, -6 / 48.0, 12 / 48.0, -8 / 48.0], fourth[..4]);
        Assert.Equal([23 / 48.0, -30 / 48.0, -12 / 48.0, 24 / 48.0], fourth[4..8]);
        double[] fifth = MeshWeights.Coefficients(MeshScheme.Spline, 5);
        Assert.Equal([1 / 384.0, -8 / 384.0, 24 / 384.0, -32 / 384.0, 16 / 384.0], fifth[..5]);
        Assert.Equal([19 / 96.0, -44 / 96.0, 24 / 96.0, 16 / 96.0, -16 / 96.0], fifth[5..10]);
        Assert.Equal([115 / 192.0, 0, -120 / 192.0, 0, 48 / 192.0], fifth[10..15]);
    }

    [Fact]
    public void Sizes_are_the_least_that_fit()
    {
        Assert.Equal([1, 1, 8, 12, 125, 128, 135], ((int[])[-1, 1, 7, 11, 121, 126, 131]).Select(MeshSizes.Smooth));
        Assert.Equal([1, 1, 8, 16, 128], ((int[])[-1, 1, 7, 9, 128]).Select(MeshSizes.PowerOfTwo));
        Assert.Equal(1 << 30, MeshSizes.Smooth(1 << 30));
        Assert.Throws<ArgumentOutOfRangeException>(() => MeshSizes.Smooth((1 << 30) + 1));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Samples.Throws<ArgumentException>(
            () => MeshStencil.Of<T>([T.Zero, T.NaN, T.One], [4, 4, 4], 3), "point 0, axis 1", "NaN");
        Samples.Throws<ArgumentOutOfRangeException>(() => MeshStencil.Of<T>(new T[3], [4, 0, 4], 3), "sizes is 0");
        Samples.Throws<ArgumentOutOfRangeException>(() => MeshStencil.Of<T>(new T[3], [4, 4, 4], 8), "order is 8");
        MeshStencil one = MeshStencil.Of<T>(new T[3], [4, 4, 4], 2);
        var w = new T[2];
        Samples.Throws<ArgumentException>(
            () => MeshSums.SpreadInto<T>(one, 1, new T[1], w, w, new T[3], new T[64]), "z has 3", "expected 2");
        Samples.Throws<ArgumentException>(
            () => MeshSums.GatherInto<T>(one, 1, new T[63], w, w, w, new T[1]), "mesh has 63", "expected 64");
    }

    private static double Weight(MeshScheme scheme, int order, int node, T offset)
    {
        double x = double.CreateTruncating(offset);
        return scheme == MeshScheme.Lagrange
            ? MeshReference.Lagrange(order, node, x)
            : order == 1 ? 1 : MeshReference.Spline(order, x + 0.5 + order - 1 - node);
    }

    private static T[] Of(int length, Action<T[]> fill)
    {
        var y = new T[length];
        fill(y);
        return y;
    }

    private static void Same(double[] expected, Func<T[]> run) => Samples.SameForAllThreads(() =>
    {
        T[] actual = run();
        Samples.Close(expected, actual, Units, _ => 1, "sums");
        return actual;
    });
}
