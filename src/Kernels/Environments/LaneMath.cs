using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Noether.Kernels;

/// <summary>
/// Functions whose arguments are known to lie in a range, in fewer instructions than the general ones take; in single
/// precision within two units in the last place, in double precision the general ones.
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal static class LaneMath<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Adding 1.5 · 2²³ leaves the nearest integer in the lowest bits; its bias is added with it.
    private const float Shifter = 12582912f;
    private const float Log2E = 1.44269504f;
    private const float High = 0.693359375f;
    private const float Low = -2.12194440e-4f;
    private const float Least = -87f;

    /// <summary>eˣ for x ≤ 80, and about 10⁻³⁸ instead of less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        if (typeof(V) == typeof(Lanes512<float>) && Vector512.IsHardwareAccelerated)
        {
            return Unsafe.BitCast<Vector512<float>, V>(Exp(Unsafe.BitCast<V, Vector512<float>>(x)));
        }

        return typeof(V) == typeof(Lanes256<float>)
            ? Unsafe.BitCast<Vector256<float>, V>(Exp(Unsafe.BitCast<V, Vector256<float>>(x)))
            : V.Exp(x);
    }

    /// <summary>½ − ½sin(πu) and −½π cos(πu) for −½ ≤ u ≤ ½.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Descend(V u, out V value, out V slope)
    {
        V phase = V.Broadcast(T.CreateTruncating(Math.PI)) * u;
        V half = V.Broadcast(T.CreateTruncating(0.5));
        V down = V.Broadcast(T.CreateTruncating(-0.5 * Math.PI));
        if (typeof(T) != typeof(float))
        {
            value = half - (half * V.Sin(phase));
            slope = down * V.Cos(phase);
            return;
        }

        // Taylor's series: at π/2 the terms after the last are 6e-8 and 6e-9.
        V z = phase * phase;
        V sine = Horner(V.Broadcast(T.CreateTruncating(-1.0 / 39916800)), z, 1.0 / 362880);
        sine = Horner(sine, z, -1.0 / 5040);
        sine = Horner(sine, z, 1.0 / 120);
        sine = Horner(sine, z, -1.0 / 6);
        sine = V.MultiplyAdd(sine * z, phase, phase);
        V cosine = Horner(V.Broadcast(T.CreateTruncating(1.0 / 479001600)), z, -1.0 / 3628800);
        cosine = Horner(cosine, z, 1.0 / 40320);
        cosine = Horner(cosine, z, -1.0 / 720);
        cosine = Horner(cosine, z, 1.0 / 24);
        cosine = Horner(cosine, z, -0.5);
        cosine = Horner(cosine, z, 1);
        value = half - (half * sine);
        slope = down * cosine;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Horner(V sum, V z, double next) => V.MultiplyAdd(sum, z, V.Broadcast(T.CreateTruncating(next)));

    // 2ⁿ eʳ, n the integer nearest x / ln 2, with the coefficients of Cephes' expf (Moshier 1989) for eʳ, |r| < 0.35.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> least = Vector512.Create(Least);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, least), least, x);
        Vector512<float> shifted = Vector512.MultiplyAddEstimate(x, Vector512.Create(Log2E), Vector512.Create(Shifter));
        Vector512<float> n = shifted - Vector512.Create(Shifter);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-High), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Low), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.MultiplyAddEstimate(p, r * r, r) + Vector512<float>.One;
        Vector512<int> power = Vector512.ShiftLeft(shifted.AsInt32() + Vector512.Create(127), 23);
        return p * power.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> least = Vector256.Create(Least);
        x = Vector256.ConditionalSelect(Vector256.LessThan(x, least), least, x);
        Vector256<float> shifted = Vector256.MultiplyAddEstimate(x, Vector256.Create(Log2E), Vector256.Create(Shifter));
        Vector256<float> n = shifted - Vector256.Create(Shifter);
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-High), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Low), r);
        Vector256<float> p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256<float>.One;
        Vector256<int> power = Vector256.ShiftLeft(shifted.AsInt32() + Vector256.Create(127), 23);
        return p * power.AsSingle();
    }
}
