using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>Whether numbers are turned before they are stored; a constant to the JIT.</summary>
internal interface ITurn
{
    static abstract bool Turned { get; }
}

/// <summary>They are.</summary>
internal readonly struct ByRoots : ITurn
{
    public static bool Turned => true;
}

/// <summary>They are not, since the roots are 1.</summary>
internal readonly struct Unturned : ITurn
{
    public static bool Turned => false;
}

/// <summary>
/// The transforms of a few numbers, <c>b_k = w_k Σ_j a_j e^(−2πijk/r)</c>, of a pass. For each p from first up to end
/// there are dk of them, which share their roots w: they read places dk·p + q, dj apart, and write places r·dk·p + q,
/// dk apart. The loops are here and not with the caller since the JIT inlines in proportion to the method it begins
/// with.
/// </summary>
internal unsafe interface IButterfly
{
    static abstract int Radix { get; }

    static abstract void Run<V, T, TIn, TOut, TTurn>(TIn x, int dj, TOut y, int dk, int first, int end, T* w)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
        where TTurn : struct, ITurn;
}

/// <summary>What butterflies share.</summary>
internal static unsafe class Butterfly
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Number<V, T>(double value)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => V.Broadcast(T.CreateTruncating(value));

    /// <summary>Stores a number times the root at w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put<V, T, TOut>(in TOut y, int k, V re, V im, T* w, bool turned)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TOut : struct, IFourierColumn<V>
    {
        if (turned)
        {
            V real = V.Broadcast(w[0]);
            V turn = V.MultiplyAdd(re, real, im * V.Broadcast(w[2]));
            y.Store(k, turn, V.MultiplyAdd(re, V.Broadcast(w[1]), im * real));
        }
        else
        {
            y.Store(k, re, im);
        }
    }
}

/// <summary>Two numbers.</summary>
internal readonly unsafe struct Radix2 : IButterfly
{
    public static int Radix => 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<V, T, TIn, TOut, TTurn>(TIn x, int dj, TOut y, int dk, int first, int end, T* w)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
        where TTurn : struct, ITurn
    {
        w += first * 3 * (Radix - 1);
        for (int p = first; p < end; p++, w += 3 * (Radix - 1))
        {
            int k = dk * p * Radix;
            for (int j = dk * p; j < dk * (p + 1); j++, k++)
            {
                x.Load(j, out V r0, out V i0);
                x.Load(j + dj, out V r1, out V i1);
                y.Store(k, r0 + r1, i0 + i1);
                Butterfly.Put(y, k + dk, r0 - r1, i0 - i1, w, TTurn.Turned);
            }
        }
    }
}

/// <summary>Four numbers, without a product.</summary>
internal readonly unsafe struct Radix4 : IButterfly
{
    public static int Radix => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<V, T, TIn, TOut, TTurn>(TIn x, int dj, TOut y, int dk, int first, int end, T* w)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
        where TTurn : struct, ITurn
    {
        w += first * 3 * (Radix - 1);
        for (int p = first; p < end; p++, w += 3 * (Radix - 1))
        {
            int k = dk * p * Radix;
            for (int j = dk * p; j < dk * (p + 1); j++, k++)
            {
                x.Load(j, out V r0, out V i0);
                x.Load(j + dj, out V r1, out V i1);
                x.Load(j + (2 * dj), out V r2, out V i2);
                x.Load(j + (3 * dj), out V r3, out V i3);
                (V sr, V si, V dr, V di) = (r0 + r2, i0 + i2, r0 - r2, i0 - i2);
                (V tr, V ti, V er, V ei) = (r1 + r3, i1 + i3, r1 - r3, i1 - i3);
                y.Store(k, sr + tr, si + ti);
                Butterfly.Put(y, k + dk, dr + ei, di - er, w, TTurn.Turned);
                Butterfly.Put(y, k + (2 * dk), sr - tr, si - ti, w + 3, TTurn.Turned);
                Butterfly.Put(y, k + (3 * dk), dr - ei, di + er, w + 6, TTurn.Turned);
            }
        }
    }
}

/// <summary>Eight numbers: two transforms of four.</summary>
internal readonly unsafe struct Radix8 : IButterfly
{
    public static int Radix => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<V, T, TIn, TOut, TTurn>(TIn x, int dj, TOut y, int dk, int first, int end, T* w)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
        where TTurn : struct, ITurn
    {
        w += first * 3 * (Radix - 1);
        for (int p = first; p < end; p++, w += 3 * (Radix - 1))
        {
            int k = dk * p * Radix;
            for (int j = dk * p; j < dk * (p + 1); j++, k++)
            {
                x.Load(j, out V r0, out V i0);
                x.Load(j + dj, out V r1, out V i1);
                x.Load(j + (2 * dj), out V r2, out V i2);
                x.Load(j + (3 * dj), out V r3, out V i3);
                x.Load(j + (4 * dj), out V r4, out V i4);
                x.Load(j + (5 * dj), out V r5, out V i5);
                x.Load(j + (6 * dj), out V r6, out V i6);
                x.Load(j + (7 * dj), out V r7, out V i7);
                (V ar, V ai, V br, V bi) = (r0 + r4, i0 + i4, r0 - r4, i0 - i4);
                (V cr, V ci, V dr, V di) = (r2 + r6, i2 + i6, r2 - r6, i2 - i6);
                (V er, V ei, V fr, V fi) = (r1 + r5, i1 + i5, r1 - r5, i1 - i5);
                (V gr, V gi, V hr, V hi) = (r3 + r7, i3 + i7, r3 - r7, i3 - i7);

                // The even numbers' transform, the odd ones', and these times e^(−2πik/8).
                (V er0, V ei0, V er2, V ei2) = (ar + cr, ai + ci, ar - cr, ai - ci);
                (V er1, V ei1, V er3, V ei3) = (br + di, bi - dr, br - di, bi + dr);
                (V or0, V oi0, V or2, V oi2) = (er + gr, ei + gi, ei - gi, gr - er);
                (V ur, V ui, V vr, V vi) = (fr + hi, fi - hr, fr - hi, fi + hr);
                V root = Butterfly.Number<V, T>(0.70710678118654752440);
                (V or1, V oi1, V or3, V oi3) = ((ur + ui) * root, (ui - ur) * root, (vi - vr) * root, (vi + vr) * root);
                y.Store(k, er0 + or0, ei0 + oi0);
                Butterfly.Put(y, k + dk, er1 + or1, ei1 + oi1, w, TTurn.Turned);
                Butterfly.Put(y, k + (2 * dk), er2 + or2, ei2 + oi2, w + 3, TTurn.Turned);
                Butterfly.Put(y, k + (3 * dk), er3 + or3, ei3 - oi3, w + 6, TTurn.Turned);
                Butterfly.Put(y, k + (4 * dk), er0 - or0, ei0 - oi0, w + 9, TTurn.Turned);
                Butterfly.Put(y, k + (5 * dk), er1 - or1, ei1 - oi1, w + 12, TTurn.Turned);
                Butterfly.Put(y, k + (6 * dk), er2 - or2, ei2 - oi2, w + 15, TTurn.Turned);
                Butterfly.Put(y, k + (7 * dk), er3 - or3, ei3 + oi3, w + 18, TTurn.Turned);
            }
        }
    }
}
