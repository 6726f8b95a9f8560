namespace Noether.Kernels;

/// <summary>Kummer's confluent hypergeometric function, scaled (NIST Digital Library of Mathematical Functions, ch. 13).</summary>
public static class ConfluentFunction
{
    private const double Tiny = 1e-17;

    /// <summary>
    /// e⁻ᵗ ₁F₁(a, b, z) for positive a and b and 0 ≤ z ≤ t: the series of positive terms (13.2.2), rescaled where it
    /// grows; beyond z = 100 + a² + b² the asymptotic one (13.7.2), whose terms fall from the first one on.
    /// </summary>
    /// <param name="a">The upper parameter.</param>
    /// <param name="b">The lower parameter.</param>
    /// <param name="z">The argument.</param>
    /// <param name="t">The exponent.</param>
    public static double Scaled(double a, double b, double z, double t) =>
        z > 100 + (a * a) + (b * b) ? Asymptotic(a, b, z, t) : Series(a, b, z, t);

    private static double Series(double a, double b, double z, double t)
    {
        double sum = 1, term = 1, logarithm = -t;
        for (int k = 0; term > Tiny * sum || k < z; k++)
        {
            term *= (a + k) / (b + k) * z / (k + 1);
            sum += term;
            if (sum > 1e200)
            {
                sum *= 1e-200;
                term *= 1e-200;
                logarithm += 200 * Math.Log(10);
            }
        }

        return sum * Math.Exp(logarithm);
    }

    private static double Asymptotic(double a, double b, double z, double t)
    {
        double sum = 1, term = 1;
        for (int k = 0; Math.Abs(term) > Tiny * Math.Abs(sum) && k < 60; k++)
        {
            double next = term * (b - a + k) * (1 - a + k) / ((k + 1) * z);
            if (Math.Abs(next) > Math.Abs(term) && k > a + b)
            {
                break;
            }

            term = next;
            sum += term;
        }

        double logarithm = LogGamma(b) - LogGamma(a) + ((a - b) * Math.Log(z)) + z - t;
        return sum * Math.Exp(logarithm);
    }

    /// <summary>ln Γ(x) for positive x: Stirling's series (5.11.1) from x = 12 on, below by Γ(x + 1) = x Γ(x).</summary>
    /// <param name="x">The argument.</param>
    public static double LogGamma(double x)
    {
        double product = 1;
        while (x < 12)
        {
            product *= x++;
        }

        double r = 1 / (x * x);
        double series = -691.0 / 360360;
        foreach (double coefficient in (ReadOnlySpan<double>)[1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12])
        {
            series = (series * r) + coefficient;
        }

        series /= x;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - Math.Log(product);
    }
}
