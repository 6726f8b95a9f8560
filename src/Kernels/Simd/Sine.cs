using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// sin x and cos x for vectors, within 0.8 units in the last place, an element's bits independent of its neighbours, of
/// the processor and of how often the code has run: each product that is not rounded is an explicit fused one. Those
/// of System.Numerics.Tensors change their last bit when the JIT replaces their precompiled code.
/// </summary>
internal static class Sine
{
    // Where the arguments end that vectors reduce; beyond, infinity and NaN included, Math.Sin and Math.Cos take over.
    private const double Bound = 1 << 30;

    // x = n π/2 + r, n the nearest integer, |r| ≤ π/4, π/2 in three parts of 53 bits (Cody & Waite 1980). x and n times
    // the first part are multiples of 2⁻⁵³ or coarser and their difference is below 1, so the first step is exact.
    private const double TwoOverPi = 0.6366197723675814;
    private const double HalfPi1 = 1.5707963267948966;
    private const double HalfPi2 = 6.123233995736766e-17;
    private const double HalfPi3 = -1.4973849048591698e-33;

    // Adding 1.5 · 2⁵² leaves the nearest integer in the lowest bits.
    private const double Shifter = 6755399441055744;

    /// <summary>sin x, lane by lane; odd in every bit, NaN at infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Sin(Vector<double> x)
    {
        var size = Vector.Abs(x);
        var result = Double(size, 0) ^ (x & new Vector<double>(-0.0));
        return Vector.LessThanAll(size, new Vector<double>(Bound)) ? result : Outside(x, result, Math.Sin);
    }

    /// <summary>cos x, lane by lane; NaN at infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Cos(Vector<double> x)
    {
        var size = Vector.Abs(x);
        var result = Double(size, 1);
        return Vector.LessThanAll(size, new Vector<double>(Bound)) ? result : Outside(x, result, Math.Cos);
    }

    /// <summary>sin x, lane by lane, computed in double and rounded once; odd in every bit, NaN at infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sin(Vector<float> x)
    {
        var size = Vector.Abs(x);
        var result = Single(size, 0) ^ (x & new Vector<float>(-0f));
        return Vector.LessThanAll(size, new Vector<float>((float)Bound)) ? result : Outside(x, result, Math.Sin);
    }

    /// <summary>cos x, lane by lane, computed in double and rounded once; NaN at infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Cos(Vector<float> x)
    {
        var size = Vector.Abs(x);
        var result = Single(size, 1);
        return Vector.LessThanAll(size, new Vector<float>((float)Bound)) ? result : Outside(x, result, Math.Cos);
    }

    // sin(x + quarter · π/2) for 0 ≤ x < Bound.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Double(Vector<double> x, long quarter)
    {
        var shifted = MultiplyAdd(x, TwoOverPi, new Vector<double>(Shifter));
        var n = shifted - new Vector<double>(Shifter);
        var first = MultiplyAdd(n, -HalfPi1, x);

        // r + low = first − n (HalfPi2 + HalfPi3), low what the product and the difference (Knuth's two-sum) lost.
        var product = n * new Vector<double>(HalfPi2);
        var lost = MultiplyAdd(n, HalfPi2, -product);
        var r = first - product;
        var taken = r - first;
        var low = first - (r - taken) - (product + taken) - MultiplyAdd(n, HalfPi3, lost);

        // Minimax polynomials (Remez, 60 digits, weighted for the relative error of the result), with relative errors
        // 1.1e-17 and 1.2e-18: sin r = r + r³ S(r²), cos r = 1 − r²/2 + r⁴ C(r²).
        var z = r * r;
        var s = MultiplyAdd(z, 1.589619806503305e-10, new Vector<double>(-2.5050747227103224e-08));
        s = Horner(s, z, 2.7557313618087177e-06);
        s = Horner(s, z, -0.0001984126982958042);
        s = Horner(s, z, 0.008333333333322108);
        s = Horner(s, z, -0.1666666666666663);
        var c = MultiplyAdd(z, -1.1358514038902723e-11, new Vector<double>(2.0875700417698243e-09));
        c = Horner(c, z, -2.755731417625108e-07);
        c = Horner(c, z, 2.4801587288841434e-05);
        c = Horner(c, z, -0.001388888888887304);
        c = Horner(c, z, 0.041666666666666595);

        // The low part enters to first order: sin′ = 1 − r²/2 …, cos′ = −r …
        var half = z * new Vector<double>(0.5);
        var sine = r + Vector.FusedMultiplyAdd(z * r, s, Vector.FusedMultiplyAdd(-half, low, low));
        var top = Vector<double>.One - half;
        var rest = Vector.FusedMultiplyAdd(-r, low, Vector<double>.One - top - half);
        var cosine = top + Vector.FusedMultiplyAdd(z * z, c, rest);
        return Turn(sine, cosine, shifted, quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Single(Vector<float> x, long quarter)
    {
        Vector.Widen(x, out var low, out var high);
        return Vector.Narrow(Short(low, quarter), Short(high, quarter));
    }

    // As Double, to the relative error 4e-9, a thirtieth of a unit in float's last place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Short(Vector<double> x, long quarter)
    {
        var shifted = MultiplyAdd(x, TwoOverPi, new Vector<double>(Shifter));
        var n = shifted - new Vector<double>(Shifter);
        var r = MultiplyAdd(n, -HalfPi2, MultiplyAdd(n, -HalfPi1, x));
        var z = r * r;
        var s = MultiplyAdd(z, -0.0001951521861930352, new Vector<double>(0.008332160296538264));
        s = Horner(s, z, -0.16666654602366018);
        var c = MultiplyAdd(z, 2.443308218654867e-05, new Vector<double>(-0.00138873156117971));
        c = Horner(c, z, 0.04166664567005163);
        c = Horner(c, z, -0.5);
        var sine = Vector.FusedMultiplyAdd(z * r, s, r);
        return Turn(sine, Horner(c, z, 1), shifted, quarter);
    }

    // sin(r + q π/2), q from the lowest bits of the shifted quotient: odd q take the cosine, q = 2 and 3 the other
    // sign.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Turn(Vector<double> sine, Vector<double> cosine, Vector<double> shifted, long quarter)
    {
        var q = Vector.AsVectorInt64(shifted) + new Vector<long>(quarter);
        var even = Vector.Equals(q & Vector<long>.One, Vector<long>.Zero);
        var sign = Vector.ShiftLeft(q & new Vector<long>(2), 62);
        return Vector.ConditionalSelect(even, sine, cosine) ^ Vector.AsVectorDouble(sign);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector<T> Outside<T>(Vector<T> x, Vector<T> result, Func<double, double> function)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < Vector<T>.Count; i++)
        {
            var value = double.CreateTruncating(x[i]);
            if (!(Math.Abs(value) < Bound))
            {
                result = result.WithElement(i, T.CreateTruncating(function(value)));
            }
        }

        return result;
    }

    private static Vector<double> Horner(Vector<double> sum, Vector<double> z, double next) =>
        Vector.FusedMultiplyAdd(sum, z, new Vector<double>(next));

    private static Vector<double> MultiplyAdd(Vector<double> a, double b, Vector<double> c) =>
        Vector.FusedMultiplyAdd(a, new Vector<double>(b), c);
}
