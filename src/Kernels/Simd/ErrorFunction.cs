namespace Noether.Kernels;

/// <summary>
/// The inverse of the error function by Wichura's rational approximations (Algorithm AS 241, PPND16, Applied
/// Statistics 37 (1988) 477–484, doi 10.2307/2347330), relative error about 1e-16 before rounding.
/// </summary>
public static class ErrorFunction
{
    /// <summary>erf⁻¹(u): ±∞ at ±1, NaN outside.</summary>
    /// <param name="u">A number in [−1, 1].</param>
    public static double Inverse(double u) => NormalQuantile(u) / double.Sqrt(2);

    /// <summary>√2 erf⁻¹(u), the standard normal quantile of (1 + u) / 2: ±∞ at ±1, NaN outside.</summary>
    /// <param name="u">A number in [−1, 1].</param>
    public static double NormalQuantile(double u)
    {
        // In the paper's letters q = u / 2 and the tail's probability is (1 − |u|) / 2, exact for |u| above ½.
        var size = Math.Abs(u);
        if (size <= 0.85)
        {
            return Central(u / 2);
        }

        if (size >= 1)
        {
            return size == 1 ? u * double.PositiveInfinity : double.NaN;
        }

        var r = Math.Sqrt(-Math.Log((1 - size) / 2));
        return Math.CopySign(r <= 5 ? Middle(r - 1.6) : Far(r - 5), u);
    }

    private static double Central(double q)
    {
        var r = 0.180625 - (q * q);
        ReadOnlySpan<double> numerator =
        [
            2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
            1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
        ];
        ReadOnlySpan<double> denominator =
        [
            5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
            5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1,
        ];
        return q * Horner(numerator, r) / Horner(denominator, r);
    }

    private static double Middle(double r)
    {
        ReadOnlySpan<double> numerator =
        [
            7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
            3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
        ];
        ReadOnlySpan<double> denominator =
        [
            1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
            6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1,
        ];
        return Horner(numerator, r) / Horner(denominator, r);
    }

    private static double Far(double r)
    {
        ReadOnlySpan<double> numerator =
        [
            2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
            2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
        ];
        ReadOnlySpan<double> denominator =
        [
            2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
            1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1,
        ];
        return Horner(numerator, r) / Horner(denominator, r);
    }

    // Coefficients in descending order.
    private static double Horner(ReadOnlySpan<double> coefficients, double r)
    {
        var sum = 0.0;
        foreach (var coefficient in coefficients)
        {
            sum = (sum * r) + coefficient;
        }

        return sum;
    }
}
