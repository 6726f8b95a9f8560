using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// eˣ for vectors, exact at zero, within two units in the last place elsewhere, denormal results included, and the same
/// in every lane. That of System.Numerics.Tensors gives e⁰ = 1 + ε in float, another last bit in the few elements after
/// the last full vector, and for double takes three times as long when the JIT has seen it with short arrays first.
/// </summary>
internal static class Exponential
{
    // eˣ = 2ⁿ eʳ, n the integer nearest x / ln 2, r = x − n ln 2, with ln 2 in two parts of which the first times n is
    // exact.
    private const double Log2E = 1.44269504088896340736;

    // Adding 1.5 · 2²³ or 1.5 · 2⁵² leaves the nearest integer in the lowest bits.
    private const float SingleShifter = 12582912f;
    private const double DoubleShifter = 6755399441055744;

    /// <summary>eˣ, lane by lane; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        // Beyond these bounds the result is infinite or zero.
        var bounded = Vector.MinNative(Vector.MaxNative(x, new Vector<float>(-105f)), new Vector<float>(89f));
        var n = MultiplyAdd(bounded, (float)Log2E, new Vector<float>(SingleShifter)) - new Vector<float>(SingleShifter);
        var r = MultiplyAdd(n, 2.12194440e-4f, MultiplyAdd(n, -0.693359375f, bounded));

        // eʳ = 1 + r + r² P(r), |r| < 0.35, with the coefficients of Cephes' expf (Moshier 1989).
        var p = MultiplyAdd(r, 1.9875691500e-4f, new Vector<float>(1.3981999507e-3f));
        p = Horner(p, r, 8.3334519073e-3f);
        p = Horner(p, r, 4.1665795894e-2f);
        p = Horner(p, r, 1.6666665459e-1f);
        p = Horner(p, r, 5.0000001201e-1f);
        p = Vector<float>.One + Vector.MultiplyAddEstimate(r * r, p, r);

        // 2ⁿ in two factors, because 2ⁿ itself may be out of range where the result is not.
        var half = MultiplyAdd(n, 0.5f, new Vector<float>(SingleShifter)) - new Vector<float>(SingleShifter);
        var result = p * PowerOfTwo(half) * PowerOfTwo(n - half);
        return Vector.ConditionalSelect(Vector.Equals(x, x), result, x);
    }

    /// <summary>eˣ, lane by lane; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Exp(Vector<double> x)
    {
        var bounded = Vector.MinNative(Vector.MaxNative(x, new Vector<double>(-746)), new Vector<double>(710));
        var n = MultiplyAdd(bounded, Log2E, new Vector<double>(DoubleShifter)) - new Vector<double>(DoubleShifter);
        var r = MultiplyAdd(n, -1.42860682030941723212e-6, MultiplyAdd(n, -0.693145751953125, bounded));

        // Taylor's series: at |r| < 0.35 the term after the last is below 5e-18 of the sum. Even and odd terms apart
        // make two short chains of one long one.
        var z = r * r;
        var even = MultiplyAdd(z, 1.0 / 479001600, new Vector<double>(1.0 / 3628800));
        var odd = MultiplyAdd(z, 1.0 / 6227020800, new Vector<double>(1.0 / 39916800));
        even = Horner(even, z, 1.0 / 40320);
        odd = Horner(odd, z, 1.0 / 362880);
        even = Horner(even, z, 1.0 / 720);
        odd = Horner(odd, z, 1.0 / 5040);
        even = Horner(even, z, 1.0 / 24);
        odd = Horner(odd, z, 1.0 / 120);
        even = Horner(even, z, 0.5);
        odd = Horner(odd, z, 1.0 / 6);
        var p = Vector.MultiplyAddEstimate(odd, r, even);
        p = Vector<double>.One + Vector.MultiplyAddEstimate(z, p, r);
        var half = MultiplyAdd(n, 0.5, new Vector<double>(DoubleShifter)) - new Vector<double>(DoubleShifter);
        var result = p * PowerOfTwo(half) * PowerOfTwo(n - half);
        return Vector.ConditionalSelect(Vector.Equals(x, x), result, x);
    }

    private static Vector<float> Horner(Vector<float> sum, Vector<float> r, float next) =>
        Vector.MultiplyAddEstimate(sum, r, new Vector<float>(next));

    private static Vector<double> Horner(Vector<double> sum, Vector<double> r, double next) =>
        Vector.MultiplyAddEstimate(sum, r, new Vector<double>(next));

    private static Vector<float> MultiplyAdd(Vector<float> a, float b, Vector<float> c) =>
        Vector.MultiplyAddEstimate(a, new Vector<float>(b), c);

    private static Vector<double> MultiplyAdd(Vector<double> a, double b, Vector<double> c) =>
        Vector.MultiplyAddEstimate(a, new Vector<double>(b), c);

    // 2ⁿ for whole n in the range of exponents: n + bias goes to the lowest bits, then to those of the exponent.
    private static Vector<float> PowerOfTwo(Vector<float> n) =>
        Vector.AsVectorSingle(Vector.ShiftLeft(Vector.AsVectorInt32(n + new Vector<float>(SingleShifter + 127)), 23));

    private static Vector<double> PowerOfTwo(Vector<double> n) =>
        Vector.AsVectorDouble(Vector.ShiftLeft(Vector.AsVectorInt64(n + new Vector<double>(DoubleShifter + 1023)), 52));
}
