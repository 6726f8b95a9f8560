using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <content>The reverse of a path.</content>
internal static unsafe partial class MessageTile<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// With <c>z_i = Σ_k T_ik g_k</c> over R components of the output: <c>w̄ (+)= Σ_i x_i z_i</c> and
    /// <c>x̄_i += w z_i</c>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reverse<R, W, TFeatures, TWeights>(in MessageStrip<T> strip)
        where R : struct, IRows
        where W : struct, IColumns
        where TFeatures : struct, IFlag
        where TWeights : struct, IFlag
    {
        ref readonly MessageStrip<T> s = ref strip;
        V mask = W.Partial ? V.Mask(W.Two ? s.Columns - V.Count : s.Columns) : V.Zero;
        V g00 = V.Zero, g10 = V.Zero, g20 = V.Zero, g30 = V.Zero, g40 = V.Zero, g50 = V.Zero, g60 = V.Zero, g70 = V.Zero;
        V g01 = V.Zero, g11 = V.Zero, g21 = V.Zero, g31 = V.Zero, g41 = V.Zero, g51 = V.Zero, g61 = V.Zero, g71 = V.Zero;
        Get<W>(s.G, mask, out g00, out g01);
        if (R.Count > 1)
        {
            Get<W>(s.G + (1 * s.GStep), mask, out g10, out g11);
        }

        if (R.Count > 2)
        {
            Get<W>(s.G + (2 * s.GStep), mask, out g20, out g21);
        }

        if (R.Count > 3)
        {
            Get<W>(s.G + (3 * s.GStep), mask, out g30, out g31);
        }

        if (R.Count > 4)
        {
            Get<W>(s.G + (4 * s.GStep), mask, out g40, out g41);
        }

        if (R.Count > 5)
        {
            Get<W>(s.G + (5 * s.GStep), mask, out g50, out g51);
        }

        if (R.Count > 6)
        {
            Get<W>(s.G + (6 * s.GStep), mask, out g60, out g61);
        }

        if (R.Count > 7)
        {
            Get<W>(s.G + (7 * s.GStep), mask, out g70, out g71);
        }

        nint xStep = s.XStep, step = s.TableStep;
        int input = s.Input, last = s.Last;
        for (int lane = s.First; lane < last; lane++)
        {
            V w0 = V.Zero, w1 = V.Zero, v0 = V.Zero, v1 = V.Zero;
            T* t = s.Table + lane;
            T* x = null;
            T* xBar = null;
            if (TFeatures.IsSet)
            {
                s.Prefetch(s.W, lane, V.Count);
                Get<W>(s.Weight(lane), mask, out w0, out w1);
                xBar = s.FeaturesBar(lane);
            }

            if (TWeights.IsSet)
            {
                s.Prefetch(s.WBar, lane, V.Count);
                x = s.Features(lane);
            }

            for (int i = input; i > 0; i--)
            {
                V b = V.Broadcast(*t);
                V z0 = b * g00;
                V z1 = b * g01;
                if (R.Count > 1)
                {
                    Accumulate<W>(V.Broadcast(t[1 * V.Count]), g10, g11, ref z0, ref z1);
                }

                if (R.Count > 2)
                {
                    Accumulate<W>(V.Broadcast(t[2 * V.Count]), g20, g21, ref z0, ref z1);
                }

                if (R.Count > 3)
                {
                    Accumulate<W>(V.Broadcast(t[3 * V.Count]), g30, g31, ref z0, ref z1);
                }

                if (R.Count > 4)
                {
                    Accumulate<W>(V.Broadcast(t[4 * V.Count]), g40, g41, ref z0, ref z1);
                }

                if (R.Count > 5)
                {
                    Accumulate<W>(V.Broadcast(t[5 * V.Count]), g50, g51, ref z0, ref z1);
                }

                if (R.Count > 6)
                {
                    Accumulate<W>(V.Broadcast(t[6 * V.Count]), g60, g61, ref z0, ref z1);
                }

                if (R.Count > 7)
                {
                    Accumulate<W>(V.Broadcast(t[7 * V.Count]), g70, g71, ref z0, ref z1);
                }

                if (TWeights.IsSet)
                {
                    Get<W>(x, mask, out V x0, out V x1);
                    v0 = V.MultiplyAdd(x0, z0, v0);
                    if (W.Two)
                    {
                        v1 = V.MultiplyAdd(x1, z1, v1);
                    }

                    x += xStep;
                }

                if (TFeatures.IsSet)
                {
                    Get<W>(xBar, mask, out V x0, out V x1);
                    Put<W>(V.MultiplyAdd(w0, z0, x0), W.Two ? V.MultiplyAdd(w1, z1, x1) : x1, xBar, mask);
                    xBar += xStep;
                }

                t += step;
            }

            if (TWeights.IsSet)
            {
                T* wBar = s.WeightBar(lane);
                if (s.AddWeights)
                {
                    Get<W>(wBar, mask, out V old0, out V old1);
                    v0 += old0;
                    v1 += old1;
                }

                Put<W>(v0, v1, wBar, mask);
            }
        }
    }
}
