using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>Three numbers: sums and differences of the first and the last, the second and the last but one …</summary>
internal readonly unsafe struct Radix3 : IButterfly
{
    public static int Radix => 3;

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
                (V tr1, V ti1, V ur1, V ui1) = (r1 + r2, i1 + i2, r1 - r2, i1 - i2);
                V c1 = Butterfly.Number<V, T>(-0.5);
                V s1 = Butterfly.Number<V, T>(0.8660254037844386);
                y.Store(k, r0 + tr1, i0 + ti1);
                V ar1 = V.MultiplyAdd(c1, tr1, r0);
                V ai1 = V.MultiplyAdd(c1, ti1, i0);
                V br1 = s1 * ur1;
                V bi1 = s1 * ui1;
                Butterfly.Put(y, k + dk, ar1 + bi1, ai1 - br1, w, TTurn.Turned);
                Butterfly.Put(y, k + (2 * dk), ar1 - bi1, ai1 + br1, w + 3, TTurn.Turned);
            }
        }
    }
}

/// <summary>Five numbers: sums and differences of the first and the last, the second and the last but one …</summary>
internal readonly unsafe struct Radix5 : IButterfly
{
    public static int Radix => 5;

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
                (V tr1, V ti1, V ur1, V ui1) = (r1 + r4, i1 + i4, r1 - r4, i1 - i4);
                (V tr2, V ti2, V ur2, V ui2) = (r2 + r3, i2 + i3, r2 - r3, i2 - i3);
                V c1 = Butterfly.Number<V, T>(0.30901699437494745);
                V s1 = Butterfly.Number<V, T>(0.9510565162951535);
                V c2 = Butterfly.Number<V, T>(-0.8090169943749475);
                V s2 = Butterfly.Number<V, T>(0.5877852522924731);
                y.Store(k, r0 + tr1 + tr2, i0 + ti1 + ti2);
                V ar1 = V.MultiplyAdd(c2, tr2, V.MultiplyAdd(c1, tr1, r0));
                V ai1 = V.MultiplyAdd(c2, ti2, V.MultiplyAdd(c1, ti1, i0));
                V br1 = V.MultiplyAdd(s2, ur2, s1 * ur1);
                V bi1 = V.MultiplyAdd(s2, ui2, s1 * ui1);
                V ar2 = V.MultiplyAdd(c1, tr2, V.MultiplyAdd(c2, tr1, r0));
                V ai2 = V.MultiplyAdd(c1, ti2, V.MultiplyAdd(c2, ti1, i0));
                V br2 = (s2 * ur1) - (s1 * ur2);
                V bi2 = (s2 * ui1) - (s1 * ui2);
                Butterfly.Put(y, k + dk, ar1 + bi1, ai1 - br1, w, TTurn.Turned);
                Butterfly.Put(y, k + (2 * dk), ar2 + bi2, ai2 - br2, w + 3, TTurn.Turned);
                Butterfly.Put(y, k + (3 * dk), ar2 - bi2, ai2 + br2, w + 6, TTurn.Turned);
                Butterfly.Put(y, k + (4 * dk), ar1 - bi1, ai1 + br1, w + 9, TTurn.Turned);
            }
        }
    }
}

/// <summary>Seven numbers: sums and differences of the first and the last, the second and the last but one …</summary>
internal readonly unsafe struct Radix7 : IButterfly
{
    public static int Radix => 7;

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
                (V tr1, V ti1, V ur1, V ui1) = (r1 + r6, i1 + i6, r1 - r6, i1 - i6);
                (V tr2, V ti2, V ur2, V ui2) = (r2 + r5, i2 + i5, r2 - r5, i2 - i5);
                (V tr3, V ti3, V ur3, V ui3) = (r3 + r4, i3 + i4, r3 - r4, i3 - i4);
                V c1 = Butterfly.Number<V, T>(0.6234898018587335);
                V s1 = Butterfly.Number<V, T>(0.7818314824680298);
                V c2 = Butterfly.Number<V, T>(-0.2225209339563144);
                V s2 = Butterfly.Number<V, T>(0.9749279121818236);
                V c3 = Butterfly.Number<V, T>(-0.9009688679024191);
                V s3 = Butterfly.Number<V, T>(0.4338837391175581);
                y.Store(k, r0 + tr1 + tr2 + tr3, i0 + ti1 + ti2 + ti3);
                V ar1 = V.MultiplyAdd(c3, tr3, V.MultiplyAdd(c2, tr2, V.MultiplyAdd(c1, tr1, r0)));
                V ai1 = V.MultiplyAdd(c3, ti3, V.MultiplyAdd(c2, ti2, V.MultiplyAdd(c1, ti1, i0)));
                V br1 = V.MultiplyAdd(s3, ur3, V.MultiplyAdd(s2, ur2, s1 * ur1));
                V bi1 = V.MultiplyAdd(s3, ui3, V.MultiplyAdd(s2, ui2, s1 * ui1));
                V ar2 = V.MultiplyAdd(c1, tr3, V.MultiplyAdd(c3, tr2, V.MultiplyAdd(c2, tr1, r0)));
                V ai2 = V.MultiplyAdd(c1, ti3, V.MultiplyAdd(c3, ti2, V.MultiplyAdd(c2, ti1, i0)));
                V br2 = ((s2 * ur1) - (s3 * ur2)) - (s1 * ur3);
                V bi2 = ((s2 * ui1) - (s3 * ui2)) - (s1 * ui3);
                V ar3 = V.MultiplyAdd(c2, tr3, V.MultiplyAdd(c1, tr2, V.MultiplyAdd(c3, tr1, r0)));
                V ai3 = V.MultiplyAdd(c2, ti3, V.MultiplyAdd(c1, ti2, V.MultiplyAdd(c3, ti1, i0)));
                V br3 = V.MultiplyAdd(s2, ur3, (s3 * ur1) - (s1 * ur2));
                V bi3 = V.MultiplyAdd(s2, ui3, (s3 * ui1) - (s1 * ui2));
                Butterfly.Put(y, k + dk, ar1 + bi1, ai1 - br1, w, TTurn.Turned);
                Butterfly.Put(y, k + (2 * dk), ar2 + bi2, ai2 - br2, w + 3, TTurn.Turned);
                Butterfly.Put(y, k + (3 * dk), ar3 + bi3, ai3 - br3, w + 6, TTurn.Turned);
                Butterfly.Put(y, k + (4 * dk), ar3 - bi3, ai3 + br3, w + 9, TTurn.Turned);
                Butterfly.Put(y, k + (5 * dk), ar2 - bi2, ai2 + br2, w + 12, TTurn.Turned);
                Butterfly.Put(y, k + (6 * dk), ar1 - bi1, ai1 + br1, w + 15, TTurn.Turned);
            }
        }
    }
}
