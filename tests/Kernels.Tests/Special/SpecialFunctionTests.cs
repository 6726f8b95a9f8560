using Xunit;

namespace Noether.Kernels.Tests;

public class SpecialFunctionTests
{
    private static readonly double[] Points = [0.01, 0.3, 0.9, 1.7, 4.0, 12.0, 40.0];

    // E_s at these points, computed with 30 digits in mpmath.
    private static readonly (double Order, double[] Values)[] Integrals =
    [
        (0.5, [15.731185223248433083, 1.4192574335273310726, 0.33576231842458393826, 0.088628667187922165686, 0.0041455346903363336816, 4.9291447811595742123e-7, 1.0492816475897854267e-19]),
        (-0.5, [885.56424453733844108, 4.8348231248179448809, 0.63827868772543450868, 0.13352815155687985124, 0.0050971015584755867836, 5.3255579936551570577e-7, 1.0752045844177695667e-19]),
        (-1.5, [132933.6416639756802, 26.643509693028784972, 1.5155418792541675914, 0.22527985375767908541, 0.0064903228066118901173, 5.7858717103137360978e-7, 1.1024087357385636076e-19]),
        (0, [99.004983374916803276, 2.4693940689390596724, 0.45174406637844343647, 0.10746089650160862536, 0.0045789097221835450734, 5.1201769611068414656e-7, 1.0620885638228972488e-19]),
        (-2, [1999999.6691566942601, 73.807444949400788211, 2.5710372172896594784, 0.30825288304440675605, 0.0074407282985482607443, 6.0446533568622433969e-7, 1.1165206027188207328e-19]),
        (1, [4.0379295765381138112, 0.90567665167584673985, 0.26018393932599963047, 0.074654644401253050038, 0.0037793524098489064789, 4.7510818246724939326e-7, 1.0367732614516569722e-19]),
        (1.5, [1.6654759630333674385, 0.63008198124703713653, 0.20876714631694710193, 0.064029579666533961212, 0.0034670002547776911346, 4.5847723187344140782e-7, 1.0245532986489457718e-19]),
        (2, [0.94967053798378691442, 0.46911522517896386239, 0.17240411434719942966, 0.055770628570604476587, 0.0031982292493385543782, 4.4291416372121703957e-7, 1.0126120948496110673e-19]),
        (2.5, [0.64893004941255625242, 0.36786241753840449355, 0.14578615203689780432, 0.049222159079751284747, 0.0029650919130822771702, 4.2832371389794190993e-7, 1.0009404046387060549e-19]),
        (0.25, [37.423441440947970235, 1.845896692364734267, 0.38726023728299181893, 0.097314658203951640571, 0.0043528378316679664257, 5.0229576252235743664e-7, 1.0556471398151433197e-19]),
        (-0.75, [2905.7630914460145125, 7.0841357998508955107, 0.77446093078093661095, 0.15039383394452846791, 0.0053950668156212887782, 5.4341118126833148635e-7, 1.0818819476944311861e-19]),
        (-2.3, [10682956.334164813295, 142.38249413898870053, 3.6451111176777359509, 0.37910115545023898919, 0.008123414533807071146, 6.2103799593033180655e-7, 1.1251580699652952159e-19]),
    ];

    // γ*(a, x) at these points, likewise.
    private static readonly (double Order, double[] Values)[] Entire =
    [
        (0.5, [1.124629160182848922, 1.0250115979817114263, 0.86465895078646461442, 0.71696161801622394808, 0.49766113250947636708, 0.28867485649759874935, 0.15811388300841896654]),
        (1, [0.99501662508319464251, 0.86393926439427378433, 0.65936704473266764723, 0.48077439761603844883, 0.24542109027781645493, 0.083332821315637222649, 0.024999999999999999894]),
        (1.5, [0.74775533939119788902, 0.63029250386564997053, 0.45099357418006826441, 0.30048549135501540587, 0.11924853678884607831, 0.024055660291365086909, 0.0039528470752104740437]),
        (3, [0.16542165280748767624, 0.13331456233664704332, 0.08622350383802338287, 0.049415182739958249975, 0.011904635850725869628, 0.00057840147103586059153, 0.000015624999999999944174]),
        (0.7, [1.0960299714577108156, 0.97655289451007125851, 0.7868493484197799642, 0.61619222621012141906, 0.37560883248522997282, 0.17561927278450550701, 0.075606303633305478444]),
    ];

    [Fact]
    public void Exponential_integrals_are_those_of_mpmath()
    {
        foreach ((double order, double[] values) in Integrals)
        {
            for (int i = 0; i < Points.Length; i++)
            {
                // The stated accuracy.
                Close(values[i], ExponentialIntegral.Evaluate(order, Points[i]), order <= 0.5 && double.IsInteger(2 * order) ? 2e-15 : 2e-14);
            }
        }
    }

    [Fact]
    public void Entire_incomplete_gammas_are_those_of_mpmath()
    {
        foreach ((double order, double[] values) in Entire)
        {
            for (int i = 0; i < Points.Length; i++)
            {
                Close(values[i], IncompleteGamma.Entire(order, Points[i]), 1e-14); // the stated accuracy
            }
        }

        Close(1 / GammaFunction.Gamma(1.7), IncompleteGamma.Entire(0.7, 0), 1e-15);
    }

    [Fact]
    public void Error_complements_are_those_of_mpmath()
    {
        (double X, double Value)[] published =
        [
            (0, 1), (0.1, 0.8875370839817151016), (0.5, 0.47950012218695346232), (1, 0.15729920705028513066),
            (2, 0.0046777349810472658379), (3, 0.000022090496998585441373), (5, 1.5374597944280348502e-12),
            (8, 1.122429717298292708e-29), (26, 5.6631924088561428465e-296),
        ];
        foreach ((double x, double value) in published)
        {
            Close(value, ErrorComplement.Both(x).Complement, 1e-15); // the stated accuracy
        }
    }

    [Fact]
    public void Lanes_of_the_error_complement_agree_with_numbers()
    {
        foreach (int length in Samples.Lengths)
        {
            var x = new double[length];
            var y = new double[length];
            for (int i = 0; i < length; i++)
            {
                x[i] = 0.003 + (0.11 * i);
            }

            ExponentialIntegral.Evaluate<double>(0.5, x, y);
            for (int i = 0; i < length; i++)
            {
                double root = Math.Sqrt(x[i]);
                // Two evaluations with the stated accuracy; and half a unit in the root is 2x halves in e^(−x).
                double tolerance = 3e-15 + (x[i] * 2.3e-16);
                Close(Math.Sqrt(Math.PI) / root * ErrorComplement.Both(root).Complement, y[i], tolerance);
            }
        }
    }

    [Fact]
    public void Orders_of_the_exponential_integral_obey_their_recurrence()
    {
        foreach (double order in new[] { -3.5, -2, -0.7, 0, 0.3, 1, 1.2, 2.5 })
        {
            foreach (double x in new[] { 0.2, 0.99, 1.01, 2.3, 7, 30 })
            {
                // s E_(s+1) = e^(−x) − x E_s, whose terms cancel: the error is that of the terms.
                double left = order * ExponentialIntegral.Evaluate(order + 1, x);
                double right = Math.Exp(-x) - (x * ExponentialIntegral.Evaluate(order, x));
                Assert.Equal(left, right, 3e-14 * Math.Max(Math.Exp(-x), Math.Abs(x * ExponentialIntegral.Evaluate(order, x))));
            }
        }
    }

    [Fact]
    public void The_gamma_function_obeys_its_equations()
    {
        Close(Math.Sqrt(Math.PI), GammaFunction.Gamma(0.5), 1e-16);
        Close(24, GammaFunction.Gamma(5), 1e-16);
        Close(4.0 / 3 * Math.Sqrt(Math.PI), GammaFunction.Gamma(-1.5), 4e-16);
        Assert.True(double.IsNaN(GammaFunction.Gamma(-2)));
        foreach (double z in new[] { 0.1, 0.37, 1.9, 4.2, 11.3, 25.8, -0.4, -3.7 })
        {
            Close(z * GammaFunction.Gamma(z), GammaFunction.Gamma(z + 1), 1e-14); // twice the stated error
            // Γ(z) Γ(1 − z) sin πz = π; sin πz loses what πz is rounded by.
            Close(Math.PI, GammaFunction.Gamma(z) * GammaFunction.Gamma(1 - z) * Math.Sin(Math.PI * z), 2e-13);
        }
    }

    [Fact]
    public void Short_parts_have_the_values_and_slopes_of_their_formulas()
    {
        foreach (int length in Samples.Lengths)
        {
            var r = new double[length];
            for (int i = 0; i < length; i++)
            {
                r[i] = 0.4 + (0.07 * (i % 90));
            }

            const double W = 1.7;
            const double Kappa = 0.6;
            (double[] u, double[] slope) = (new double[length], new double[length]);
            Radial.ValuesAndDerivatives<ShortCoulomb, double>(default, [W, Kappa], r, u, slope);
            (double[] v, double[] steep) = (new double[length], new double[length]);
            Radial.ValuesAndDerivatives<ShortDispersion, double>(default, [W, Kappa], r, v, steep);
            for (int i = 0; i < length; i++)
            {
                // A handful of roundings each; e^(−x²) multiplies that of x by 2x², here at most 30.
                double x = Kappa * r[i];
                (double gaussian, double complement) = ErrorComplement.Both(x);
                double tolerance = 1e-15 * (5 + (x * x));
                Close(W * complement / r[i], u[i], tolerance);
                Close(-(u[i] / r[i]) - (W * 2 / Math.Sqrt(Math.PI) * Kappa * gaussian / r[i]), slope[i], tolerance);
                double z = x * x;
                Close(W * gaussian * (1 + z + (z * z / 2)) / Math.Pow(r[i], 6), v[i], tolerance);
                Close((-6 * v[i] / r[i]) - (W * gaussian * z * z * z / Math.Pow(r[i], 7)), steep[i], 4 * tolerance);
            }
        }
    }

    [Fact]
    public void Spherical_Bessel_functions_are_those_of_mpmath()
    {
        // j_l(x)/xˡ to 18 digits.
        (int Degree, double X, double Value)[] table =
        [
            (0, 0, 1), (0, 1e-4, 0.999999998333333334), (1, 0.5, 0.325074061272133138), (2, 3.9, 0.0187211778547105317),
            (2, 4.1, 0.0158565025329621523), (3, 5, 0.00183856494531436808), (3, 30, 4.30540754012593383e-7),
            (6, 2, 6.46939020980193951e-6), (6, 8.1, 5.3860959070952952e-7), (8, 60, -7.87785768508696828e-17),
        ];

        foreach ((int degree, double x, double value) in table)
        {
            // Squares are rounded before, which the value notices by half of that times x²; near x = l + 2 the series
            // has lost a digit.
            Close(value, SphericalBessel.Reduced(degree, x * x), 2e-14);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => SphericalBessel.Reduced(-1, 1));
    }

    [Fact]
    public void Spherical_Bessel_functions_obey_their_recurrence()
    {
        for (int degree = 1; degree < 10; degree++)
        {
            for (double x = 0.05; x < 40; x += 0.37)
            {
                double s = x * x;
                double sum = SphericalBessel.Reduced(degree - 1, s) + (s * SphericalBessel.Reduced(degree + 1, s));
                double middle = ((2 * degree) + 1) * SphericalBessel.Reduced(degree, s);

                // Of the size of the waves, 1/x^(l + 1).
                Assert.Equal(sum, middle, 1e-13 * Math.Max(Math.Abs(middle), Math.Pow(x, -degree - 1)));
            }
        }
    }

    private static void Close(double expected, double actual, double relative) =>
        Assert.Equal(expected, actual, relative * Math.Abs(expected));
}
