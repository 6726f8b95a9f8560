namespace Noether.Kernels;

/// <summary>Spherical Bessel functions of the first kind (NIST Digital Library of Mathematical Functions, 10.47).</summary>
public static class SphericalBessel
{
    /// <summary>
    /// j_l(√s)/√sˡ for l ≥ 0 and s ≥ 0, an entire function of s whose derivative is −½ of the next one: by its series (10.53.1)
    /// up to √s = l + 2, beyond by the recurrence from l = 0 (10.51.1), which is stable there. The error is a few units in
    /// the last place of 1/sˡᐟ², the size of its waves.
    /// </summary>
    /// <param name="degree">l.</param>
    /// <param name="square">s.</param>
    public static double Reduced(int degree, double square)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(degree);
        double x = Math.Sqrt(square);
        return x <= degree + 2 ? Series(degree, square) : Recurrence(degree, x);
    }

    private static double Series(int degree, double square)
    {
        double term = 1;
        for (int k = 1; k <= degree; k++)
        {
            term /= (2 * k) + 1;
        }

        double sum = term, scale = term;
        for (int k = 1; Math.Abs(term) > 1e-18 * scale; k++)
        {
            term *= -square / (2.0 * k * ((2 * (degree + k)) + 1));
            sum += term;
        }

        return sum;
    }

    private static double Recurrence(int degree, double x)
    {
        double inverse = 1 / x, square = inverse * inverse;
        double before = Math.Sin(x) * inverse;
        if (degree == 0)
        {
            return before;
        }

        // f_l = j_l/xˡ: f_(l+1) = ((2l + 1) f_l − f_(l−1))/x².
        double here = (before - Math.Cos(x)) * square;
        for (int l = 1; l < degree; l++)
        {
            (before, here) = (here, ((((2 * l) + 1) * here) - before) * square);
        }

        return here;
    }
}
