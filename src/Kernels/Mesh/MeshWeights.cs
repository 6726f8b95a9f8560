using System.Numerics;

namespace Noether.Kernels;

/// <summary>How a point is shared among the mesh points about it.</summary>
public enum MeshScheme
{
    /// <summary>Cardinal B-splines: the weights of P3M and of smooth PME, n − 2 times differentiable.</summary>
    Spline,

    /// <summary>Lagrange's polynomials through the mesh points: the weights of PME, exact for polynomials below degree
    /// n. They jump where the nearest mesh points change.</summary>
    Lagrange,
}

/// <summary>
/// Weights of n mesh points on an axis, polynomials of the point's offset x from the middle of them, |x| ≤ ½, in units
/// of the mesh: node i lies at i − (n−1)/2. Splines: U. Essmann et al., J. Chem. Phys. 103, 8577 (1995), doi
/// 10.1063/1.470117; Lagrange: T. Darden, D. York, L. Pedersen, J. Chem. Phys. 98, 10089 (1993), doi 10.1063/1.464397.
/// </summary>
public static class MeshWeights
{
    /// <summary>The largest number of mesh points on an axis that share a point.</summary>
    public const int MaxOrder = 7;

    /// <summary>The polynomials' coefficients, node × ascending power, exact to a rounding.</summary>
    /// <param name="scheme">The weights.</param>
    /// <param name="order">The number of nodes, 1 to 7.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scheme or the order is none of these.</exception>
    public static double[] Coefficients(MeshScheme scheme, int order)
    {
        Guard.Positive(order, nameof(order));
        Guard.AtMost(order, MaxOrder, nameof(order));
        var coefficients = new double[order * order];
        for (int node = 0; node < order; node++)
        {
            Span<double> row = coefficients.AsSpan(node * order, order);
            switch (scheme)
            {
                case MeshScheme.Spline:
                    Spline(order, node, row);
                    break;
                case MeshScheme.Lagrange:
                    Lagrange(order, node, row);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(
                        nameof(scheme), scheme, $"Coefficients: scheme is {scheme}, expected Spline or Lagrange.");
            }
        }

        return coefficients;
    }

    /// <summary>The weights at offsets, one row of <paramref name="order"/> for each.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scheme">The weights.</param>
    /// <param name="order">The number of nodes, 1 to 7.</param>
    /// <param name="offsets">The offsets.</param>
    /// <param name="weights">The result, offsets × order.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the order is out of range.</exception>
    public static void WeightsInto<T>(MeshScheme scheme, int order, ReadOnlySpan<T> offsets, Span<T> weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        PolynomialRows.RowsInto(Coefficients(scheme, order), order, offsets, weights);

    /// <summary>The weights at offsets and their derivatives by the offset, in one pass.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="scheme">The weights.</param>
    /// <param name="order">The number of nodes, 1 to 7.</param>
    /// <param name="offsets">The offsets.</param>
    /// <param name="weights">The result, offsets × order.</param>
    /// <param name="slopes">The derivatives, offsets × order.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the order is out of range.</exception>
    public static void WeightsInto<T>(
        MeshScheme scheme, int order, ReadOnlySpan<T> offsets, Span<T> weights, Span<T> slopes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        PolynomialRows.RowsInto(Coefficients(scheme, order), order, offsets, weights, slopes);

    /// <summary>
    /// Σ_j (−1)^j C(n,j) (x + h_j)^(n−1) / (n−1)! over the j ≤ k that the truncated powers leave, h_j = k − j + ½,
    /// where k = n − 1 − node is the piece of the spline that the node sees. Twice h is a whole number, so that the
    /// sums are exact.
    /// </summary>
    private static void Spline(int order, int node, Span<double> row)
    {
        double factorial = 1;
        for (int i = 2; i < order; i++)
        {
            factorial *= i;
        }

        int piece = order - 1 - node;
        for (int power = 0; power < order; power++)
        {
            double sum = 0;
            for (int j = 0; j <= piece; j++)
            {
                double sign = j % 2 == 0 ? 1 : -1;
                sum += sign * Binomial(order, j) * Math.Pow(piece - j + 0.5, order - 1 - power);
            }

            row[power] = Binomial(order - 1, power) * sum / factorial;
        }
    }

    /// <summary>Π_j (x − ξ_j) / (ξ_i − ξ_j) over the other nodes.</summary>
    private static void Lagrange(int order, int node, Span<double> row)
    {
        double middle = (order - 1) / 2.0;
        double divisor = 1;
        row[0] = 1;
        int degree = 0;
        for (int j = 0; j < order; j++)
        {
            if (j == node)
            {
                continue;
            }

            double place = j - middle;
            degree++;
            for (int power = degree; power >= 0; power--)
            {
                row[power] = (power > 0 ? row[power - 1] : 0) - (power < degree ? place * row[power] : 0);
            }

            divisor *= node - j;
        }

        for (int power = 0; power < order; power++)
        {
            row[power] /= divisor;
        }
    }

    private static double Binomial(int n, int k)
    {
        double result = 1;
        for (int i = 0; i < k; i++)
        {
            result = result * (n - i) / (i + 1);
        }

        return result;
    }
}
