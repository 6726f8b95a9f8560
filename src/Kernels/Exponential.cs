using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// eˣ for vectors of float. That of System.Numerics.Tensors gives e⁰ = 1 + ε and another last bit in the few elements
/// after the last full vector; this one is exact at zero, within two units elsewhere, and the same in every lane.
/// </summary>
internal static class Exponential
{
    // eˣ = 2ⁿ eʳ, n the integer nearest x / ln 2, r = x − n ln 2 with ln 2 in two parts of which the first times n is exact;
    // eʳ = 1 + r + r² P(r), |r| < 0.35, with the coefficients of Cephes' expf (Moshier 1989).
    private const float Log2E = 1.44269504088896341f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Adding 1.5 · 2²³ leaves the nearest integer in the lowest bits.
    private const float Shifter = 12582912f;

    // Beyond these the result is infinite or zero.
    private const float Largest = 89f;
    private const float Smallest = -105f;

    /// <summary>eˣ, lane by lane; NaN stays NaN.</summary>
    public static Vector<float> Exp(Vector<float> x)
    {
        var argument = Vector.MinNative(Vector.MaxNative(x, new Vector<float>(Smallest)), new Vector<float>(Largest));
        var shifted = Vector.MultiplyAddEstimate(argument, new Vector<float>(Log2E), new Vector<float>(Shifter));
        var n = shifted - new Vector<float>(Shifter);
        var power = Vector.AsVectorInt32(shifted) - Vector.AsVectorInt32(new Vector<float>(Shifter));
        var r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2High), argument);
        r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2Low), r);
        var p = Horner(new Vector<float>(1.9875691500e-4f), r, 1.3981999507e-3f);
        p = Horner(p, r, 8.3334519073e-3f);
        p = Horner(p, r, 4.1665795894e-2f);
        p = Horner(p, r, 1.6666665459e-1f);
        p = Horner(p, r, 5.0000001201e-1f);
        p = Vector<float>.One + Vector.MultiplyAddEstimate(r * r, p, r);

        // 2ⁿ in two factors, because 2ⁿ itself may be out of range where the result is not.
        var half = Vector.ShiftRightArithmetic(power, 1);
        var result = p * PowerOfTwo(half) * PowerOfTwo(power - half);
        return Vector.ConditionalSelect(Vector.Equals(x, x), result, x);
    }

    private static Vector<float> Horner(Vector<float> sum, Vector<float> r, float next) =>
        Vector.MultiplyAddEstimate(sum, r, new Vector<float>(next));

    private static Vector<float> PowerOfTwo(Vector<int> n) =>
        Vector.AsVectorSingle(Vector.ShiftLeft(n + new Vector<int>(127), 23));
}
