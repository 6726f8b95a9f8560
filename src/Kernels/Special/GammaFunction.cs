namespace Noether.Kernels;

/// <summary>The gamma function of real numbers, relative error below 4e-15 for |z| up to 100.</summary>
public static class GammaFunction
{
    // From here on Stirling's series with eight terms is exact to a double.
    private const double Far = 12;

    /// <summary>Γ(z): ±∞ or NaN at 0, −1, −2 …, ∞ beyond 171.</summary>
    /// <param name="z">A real number.</param>
    /// <returns>Γ(z).</returns>
    public static double Gamma(double z)
    {
        if (z <= 0 && double.IsInteger(z))
        {
            return z == 0 ? double.CopySign(double.PositiveInfinity, z) : double.NaN;
        }

        // Halves and whole numbers are products of exact numbers.
        if (double.IsInteger(2 * z) && Math.Abs(z) < 100)
        {
            return FromProduct(z, double.IsInteger(z) ? 1 : 0.5, double.IsInteger(z) ? 1 : Math.Sqrt(Math.PI));
        }

        // Γ(z) = Γ(z + n)/(z (z + 1) … (z + n − 1)).
        double product = 1;
        double shifted = z;
        while (shifted < Far)
        {
            product *= shifted;
            shifted += 1;
        }

        return Stirling(shifted) / product;
    }

    private static double FromProduct(double z, double start, double value)
    {
        for (; start < z; start += 1)
        {
            value *= start;
        }

        while (start > z)
        {
            start -= 1;
            value /= start;
        }

        return value;
    }

    // Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.40.
    private static double Stirling(double z)
    {
        ReadOnlySpan<double> bernoulli =
        [
            -3617.0 / 122400, 1.0 / 156, -691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12,
        ];
        double inverse = 1 / z;
        double square = inverse * inverse;
        double series = 0;
        foreach (double term in bernoulli)
        {
            series = (series * square) + term;
        }

        double half = Math.Pow(z, (0.5 * z) - 0.25);
        return Math.Sqrt(2 * Math.PI) * half * Math.Exp(-z) * half * Math.Exp(series * inverse);
    }
}
