namespace Noether.Reference;

/// <summary>Elementwise functions of one number, in double, in the plainest way that is accurate.</summary>
public static class ElementwiseReference
{
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    public static double Softplus(double x) => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    public static double Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : x;

    /// <summary>A(x), each power on its own.</summary>
    public static double Polynomial(double x, params double[] coefficients)
    {
        var sum = 0.0;
        for (var k = 0; k < coefficients.Length; k++)
        {
            sum += coefficients[k] * Math.Pow(x, k);
        }

        return sum;
    }

    public static double Logistic(double x, double[] a, double[] b)
    {
        var s = Sigmoid(x);
        return Polynomial(s, a) + (x * Polynomial(s, b));
    }

    // ln(1 + e) for 0 ≤ e ≤ 1 by 2 artanh(e / (2 + e)), a series that loses nothing for small e.
    private static double LogOnePlus(double e)
    {
        var t = e / (2 + e);
        var power = t;
        var sum = 0.0;
        for (var k = 1; k < 81; k += 2)
        {
            sum += power / k;
            power *= t * t;
        }

        return 2 * sum;
    }
}
