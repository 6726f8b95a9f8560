using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// ln x for vectors, within one unit in the last place, an element's bits independent of its neighbours, of the
/// processor and of how often the code has run: each product that is not rounded is an explicit fused one. That of
/// System.Numerics.Tensors changes its last bit when the JIT replaces its precompiled code.
/// </summary>
internal static class Logarithm
{
    // x = 2ᵏ m, √½ ≤ m < √2; the bits of √½ and of 1.
    private const long RootHalfBits = 0x3FE6A09E667F3BCD;
    private const long OneBits = 0x3FF0000000000000;

    // 2⁵²: an integer below it in its lowest bits gives the sum.
    private const double Shifter = 4503599627370496;
    private const long ShifterBits = 0x4330000000000000;

    // ln 2 in two parts, of which the first has 32 bits, so that k times it is exact.
    private const double Ln2 = 0.6931471805599453;
    private const double Ln2High = 0.6931471803691238;
    private const double Ln2Low = 1.9082149292705877e-10;

    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>ln x, lane by lane; −∞ at zero of either sign, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Log(Vector<double> x)
    {
        // Denormal numbers are scaled by 2⁵⁴.
        var denormal = Vector.LessThan(x, new Vector<double>(SmallestNormal));
        var scaled = Vector.ConditionalSelect(denormal, x * new Vector<double>(1L << 54), x);
        var k = Exponent(scaled, out var m) - (Vector.AsVectorDouble(denormal) & new Vector<double>(54));

        // With f = m − 1, which is exact, and s = f / (2 + f): ln m = ln((1 + s) / (1 − s)) = f − s (f − R(s²)) with
        // s R(s²) = ln m − 2s, and f − s f = f − f²/2 + s f²/2 keeps the large terms exact (Ng, fdlibm 1993). R / s² is
        // a minimax polynomial (Remez, 60 digits) with relative error 1.9e-18 of the result.
        var f = m - Vector<double>.One;
        var s = f / (f + new Vector<double>(2));
        var z = s * s;
        var w = z * z;
        var even = MultiplyAdd(w, 0.1479622117799662, new Vector<double>(0.18183565221135584));
        var odd = MultiplyAdd(w, 0.1531402545185187, new Vector<double>(0.2222219855779371));
        even = Horner(even, w, 0.28571428742517274);
        odd = Horner(odd, w, 0.39999999999414204);
        even = Horner(even, w, 0.6666666666666734);
        var p = Vector.FusedMultiplyAdd(z, odd, even);
        var half = f * f * new Vector<double>(0.5);
        var rest = Vector.FusedMultiplyAdd(z, p, half);
        var small = Vector.FusedMultiplyAdd(s, rest, k * new Vector<double>(Ln2Low));
        return Special(x, MultiplyAdd(k, Ln2High, f - (half - small)));
    }

    /// <summary>ln x, lane by lane, computed in double and rounded once; −∞ at zero, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Log(Vector<float> x)
    {
        Vector.Widen(x, out var low, out var high);
        return Vector.Narrow(Short(low), Short(high));
    }

    // As Log, to the relative error 8e-10, a hundredth of a unit in float's last place; float's denormal numbers are
    // normal here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Short(Vector<double> x)
    {
        var k = Exponent(x, out var m);
        var s = (m - Vector<double>.One) / (m + Vector<double>.One);
        var z = s * s;
        var p = MultiplyAdd(z, 0.2987197054603797, new Vector<double>(0.3997753353746683));
        p = Horner(p, z, 0.6666677643686792);
        p = Horner(p, z, 2);
        return Special(x, Vector.FusedMultiplyAdd(s, p, k * new Vector<double>(Ln2)));
    }

    // k and m of a positive normal number, in its bits: what they exceed those of √½ by has k above the mantissa.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Exponent(Vector<double> x, out Vector<double> m)
    {
        var bits = Vector.AsVectorInt64(x);
        var biased = Vector.ShiftRightLogical(bits + new Vector<long>(OneBits - RootHalfBits), 52);
        m = Vector.AsVectorDouble(bits - Vector.ShiftLeft(biased, 52) + new Vector<long>(OneBits));
        return Vector.AsVectorDouble(biased | new Vector<long>(ShifterBits)) - new Vector<double>(Shifter + 1023);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Special(Vector<double> x, Vector<double> logarithm)
    {
        // Seldom there, so the whole vector is asked first.
        var infinity = new Vector<double>(double.PositiveInfinity);
        var positive = Vector.GreaterThan(x, Vector<double>.Zero);
        var ordinary = positive & Vector.LessThan(x, infinity);
        if (Vector.EqualsAll(Vector.AsVectorInt64(ordinary), Vector<long>.AllBitsSet))
        {
            return logarithm;
        }

        var zero = Vector.Equals(x, Vector<double>.Zero);
        var other = Vector.ConditionalSelect(zero, -infinity, new Vector<double>(double.NaN));
        return Vector.ConditionalSelect(ordinary, logarithm, Vector.ConditionalSelect(positive, infinity, other));
    }

    private static Vector<double> Horner(Vector<double> sum, Vector<double> z, double next) =>
        Vector.FusedMultiplyAdd(sum, z, new Vector<double>(next));

    private static Vector<double> MultiplyAdd(Vector<double> a, double b, Vector<double> c) =>
        Vector.FusedMultiplyAdd(a, new Vector<double>(b), c);
}
