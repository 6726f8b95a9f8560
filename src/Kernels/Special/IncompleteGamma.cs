using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Tricomi's incomplete gamma function γ*(a, x) = P(a, x)/x^a = ∫₀¹ t^(a−1) e^(−xt) dt/Γ(a) for a > 0 and x ≥ 0: entire
/// in x, 1/Γ(a + 1) at 0, with the derivative −a γ*(a + 1, x), so that the family is closed (DLMF chapter 8.2).
/// Relative error below 1e-14.
/// </summary>
public static class IncompleteGamma
{
    /// <summary>γ*(a, x), element by element; NaN below 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The order, above 0.</param>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>.</param>
    public static void Entire<T>(double a, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        double gamma = GammaFunction.Gamma(a);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = T.CreateTruncating(One(a, gamma, double.CreateTruncating(x[i])));
        }
    }

    /// <summary>γ*(a, x) for one number.</summary>
    /// <param name="a">The order, above 0.</param>
    /// <param name="x">The argument.</param>
    /// <returns>γ*(a, x).</returns>
    public static double Entire(double a, double x) => One(a, GammaFunction.Gamma(a), x);

    private static double One(double a, double gamma, double x)
    {
        if (!(x >= 0))
        {
            return double.NaN;
        }

        if (x >= a + 1)
        {
            return Math.Pow(x, -a) - (ExponentialIntegral.Evaluate(1 - a, x) / gamma);
        }

        // e^(−x) Σ xⁿ/Γ(a + n + 1): all terms positive.
        double term = 1 / (a * gamma);
        double sum = term;
        for (double n = a + 1; term > sum * 1e-17; n += 1)
        {
            term *= x / n;
            sum += term;
        }

        return Math.Exp(-x) * sum;
    }
}
