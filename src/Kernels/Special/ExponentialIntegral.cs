using System.Numerics;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>
/// The generalised exponential integral E_s(x) = ∫₁^∞ t^(−s) e^(−xt) dt for real s and x > 0 (NIST Digital Library of
/// Mathematical Functions, chapter 8.19). Its derivative is −E_(s−1), so that the family is closed. Relative error:
/// 1e-15 for s = ½, 0 and what lies whole steps below, in registers; 2e-14 for other s, but where 1 ≤ s lies
/// within δ of a whole number without being one and x &lt; 1: there 1e-16/δ.
/// </summary>
public static class ExponentialIntegral
{
    // Below this the series, above it the continued fraction.
    private const double Near = 1;

    /// <summary>E_s(x), element by element: ∞ at 0 for s of 1 and less, NaN below 0.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="order">The order s.</param>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>.</param>
    public static void Evaluate<T>(double order, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        if (order <= 0.5 && double.IsInteger(2 * order))
        {
            int steps = (int)Math.Floor(0.5 - order);
            var job = new Job<T> { Steps = steps, Whole = double.IsInteger(order), X = x, Y = y };
            Simd.RunWidest<T, Job<T>>(ref job);
            return;
        }

        double gamma = GammaFunction.Gamma(1 - order);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = T.CreateTruncating(One(order, gamma, double.CreateTruncating(x[i])));
        }
    }

    /// <summary>E_(s−1)(x), minus the derivative of E_s, where E_s(x) is known: for s = 0 at the cost of a division.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="order">The order s.</param>
    /// <param name="x">The argument.</param>
    /// <param name="values">E_s(x), as long as <paramref name="x"/>.</param>
    /// <param name="below">Receives E_(s−1)(x), as long as <paramref name="x"/>.</param>
    public static void Below<T>(double order, ReadOnlySpan<T> x, ReadOnlySpan<T> values, Span<T> below)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(values.Length, x.Length, nameof(values));
        Guard.Length(below.Length, x.Length, nameof(below));
        if (order == 0)
        {
            // E_0 = e^(−x)/x holds the exponential.
            for (int i = 0; i < x.Length; i++)
            {
                below[i] = values[i] + (values[i] / x[i]);
            }
        }
        else
        {
            Evaluate(order - 1, x, below);
        }
    }

    /// <summary>E_s(x) for one number.</summary>
    /// <param name="order">The order s.</param>
    /// <param name="x">The argument.</param>
    /// <returns>E_s(x): ∞ at 0 for s of 1 and less, NaN below 0.</returns>
    public static double Evaluate(double order, double x)
    {
        double y = 0;
        Evaluate(order, new ReadOnlySpan<double>(in x), new Span<double>(ref y));
        return y;
    }

    private static double One(double s, double gamma, double x)
    {
        if (!(x > 0))
        {
            return x == 0 ? (s > 1 ? 1 / (s - 1) : double.PositiveInfinity) : double.NaN;
        }

        double a = 1 - s;
        if (x >= Math.Max(Near, a + 1))
        {
            return Fraction(s, x);
        }

        // x^(−a) (Γ(a) − γ(a, x)), where little cancels.
        return a > 0 ? (gamma * Math.Pow(x, -a)) - Lower(a, x)
            : double.IsInteger(s) ? WholeSeries((int)s, x) : RealSeries(a, gamma, x);
    }

    // γ(a, x) x^(−a) = e^(−x) Σ xⁿ/(a (a + 1) … (a + n)).
    private static double Lower(double a, double x)
    {
        double term = 1 / a;
        double sum = term;
        for (double n = a + 1; term > sum * 1e-17; n += 1)
        {
            term *= x / n;
            sum += term;
        }

        return Math.Exp(-x) * sum;
    }

    // Γ(1 − s) x^(s−1) − Σ (−x)^m/((1 − s + m) m!), DLMF 8.19.10.
    private static double RealSeries(double a, double gamma, double x)
    {
        double sum = gamma * Math.Pow(x, -a);
        double power = 1;
        for (int m = 0; m < 40; m++)
        {
            sum -= power / (a + m);
            power *= -x / (m + 1);
        }

        return sum;
    }

    // (−x)^(s−1)/(s − 1)! (ψ(s) − ln x) − Σ (−x)^m/((1 − s + m) m!) without m = s − 1, DLMF 8.19.8.
    private static double WholeSeries(int s, double x)
    {
        double digamma = -0.57721566490153286061;
        for (int k = 1; k < s; k++)
        {
            digamma += 1.0 / k;
        }

        double sum = 0;
        double power = 1;
        for (int m = 0; m < 40; m++)
        {
            sum += m == s - 1 ? power * (digamma - Math.Log(x)) : -power / (1 - s + m);
            power *= -x / (m + 1);
        }

        return sum;
    }

    // Lentz' evaluation of DLMF 8.19.17.
    private static double Fraction(double s, double x)
    {
        double b = x + s;
        double c = 1e300;
        double d = 1 / b;
        double h = d;
        for (int i = 1; i < 1000; i++)
        {
            double numerator = -i * (s - 1 + i);
            b += 2;
            d = 1 / ((numerator * d) + b);
            c = b + (numerator / c);
            double factor = c * d;
            h *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
            {
                break;
            }
        }

        return h * Math.Exp(-x);
    }

    private ref struct Job<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Steps;
        public bool Whole;
        public ReadOnlySpan<T> X;
        public Span<T> Y;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            int whole = X.Length / V.Count * V.Count;
            for (int i = 0; i < whole; i += V.Count)
            {
                V.Store(At<V>(V.Load(in X[i])), ref Y[i]);
            }

            if (whole < X.Length)
            {
                Span<T> rest = stackalloc T[V.Count];
                rest.Fill(T.One);
                X[whole..].CopyTo(rest);
                V.Store(At<V>(V.Load(ref MemoryMarshal.GetReference(rest))), ref MemoryMarshal.GetReference(rest));
                rest[..(X.Length - whole)].CopyTo(Y[whole..]);
            }
        }

        // E_(s−1) = (e^(−x) + (1 − s) E_s)/x, from E_0 = e^(−x)/x or E_½ = √(π/x) erfc √x.
        private readonly V At<V>(V x)
            where V : unmanaged, ILanes<V, T>
        {
            V exponential = V.Exp(-x);
            V inverse = V.Broadcast(T.One) / x;
            double s = Whole ? 0 : 0.5;
            V scaled = Whole
                ? inverse
                : ErrorComplement.Scaled<V, T>(V.Sqrt(x)) * V.Sqrt(V.Broadcast(T.Pi) * inverse);
            for (int step = 0; step < Steps; step++)
            {
                scaled = V.MultiplyAdd(V.Broadcast(T.CreateTruncating(1 - s)), scaled, V.Broadcast(T.One)) * inverse;
                s -= 1;
            }

            return exponential * scaled;
        }
    }
}
