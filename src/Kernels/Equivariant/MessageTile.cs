using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The innermost loops of the message pass: one path, one block of channels (one register or two), and the edges of one
/// receiver within a tile, so that what belongs to the receiver stays in registers while its edges run. Outputs of up to
/// eight components are done at once, more in pieces.
/// <para>
/// The components are written out one by one: the JIT keeps local variables in registers, but not the elements of an
/// array or a struct, so a loop over components would go through memory at every edge.
/// </para>
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal static unsafe partial class MessageTile<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary><c>g_k += Σ_e w Σ_i T_ik x_i</c> for R components of the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<R, W>(in MessageStrip<T> strip)
        where R : struct, IRows
        where W : struct, IColumns
    {
        ref readonly MessageStrip<T> s = ref strip;
        V mask = W.Partial ? V.Mask(W.Two ? s.Columns - V.Count : s.Columns) : V.Zero;
        V g00 = V.Zero, g10 = V.Zero, g20 = V.Zero, g30 = V.Zero, g40 = V.Zero, g50 = V.Zero, g60 = V.Zero, g70 = V.Zero;
        V g01 = V.Zero, g11 = V.Zero, g21 = V.Zero, g31 = V.Zero, g41 = V.Zero, g51 = V.Zero, g61 = V.Zero, g71 = V.Zero;
        Get<W>(s.GBar, mask, out g00, out g01);
        if (R.Count > 1)
        {
            Get<W>(s.GBar + (1 * s.GStep), mask, out g10, out g11);
        }

        if (R.Count > 2)
        {
            Get<W>(s.GBar + (2 * s.GStep), mask, out g20, out g21);
        }

        if (R.Count > 3)
        {
            Get<W>(s.GBar + (3 * s.GStep), mask, out g30, out g31);
        }

        if (R.Count > 4)
        {
            Get<W>(s.GBar + (4 * s.GStep), mask, out g40, out g41);
        }

        if (R.Count > 5)
        {
            Get<W>(s.GBar + (5 * s.GStep), mask, out g50, out g51);
        }

        if (R.Count > 6)
        {
            Get<W>(s.GBar + (6 * s.GStep), mask, out g60, out g61);
        }

        if (R.Count > 7)
        {
            Get<W>(s.GBar + (7 * s.GStep), mask, out g70, out g71);
        }

        nint xStep = s.XStep, step = s.TableStep;
        int input = s.Input, last = s.Last;
        for (int lane = s.First; lane < last; lane++)
        {
            s.Prefetch(s.W, lane, V.Count);
            Get<W>(s.Weight(lane), mask, out V w0, out V w1);
            T* x = s.Features(lane);
            T* t = s.Table + lane;
            if (R.Count == 1)
            {
                // The sum over i first: the chain from edge to edge is then one addition long.
                V y0 = V.Zero, y1 = V.Zero;
                for (int i = input; i > 0; i--)
                {
                    Get<W>(x, mask, out V x0, out V x1);
                    V b = V.Broadcast(*t);
                    Accumulate<W>(b, x0, x1, ref y0, ref y1);
                    x += xStep;
                    t += step;
                }

                g00 = V.MultiplyAdd(w0, y0, g00);
                if (W.Two)
                {
                    g01 = V.MultiplyAdd(w1, y1, g01);
                }

                continue;
            }

            for (int i = input; i > 0; i--)
            {
                Get<W>(x, mask, out V x0, out V x1);
                x0 *= w0;
                x1 *= w1;
                Accumulate<W>(V.Broadcast(*t), x0, x1, ref g00, ref g01);
                if (R.Count > 1)
                {
                    Accumulate<W>(V.Broadcast(t[1 * V.Count]), x0, x1, ref g10, ref g11);
                }

                if (R.Count > 2)
                {
                    Accumulate<W>(V.Broadcast(t[2 * V.Count]), x0, x1, ref g20, ref g21);
                }

                if (R.Count > 3)
                {
                    Accumulate<W>(V.Broadcast(t[3 * V.Count]), x0, x1, ref g30, ref g31);
                }

                if (R.Count > 4)
                {
                    Accumulate<W>(V.Broadcast(t[4 * V.Count]), x0, x1, ref g40, ref g41);
                }

                if (R.Count > 5)
                {
                    Accumulate<W>(V.Broadcast(t[5 * V.Count]), x0, x1, ref g50, ref g51);
                }

                if (R.Count > 6)
                {
                    Accumulate<W>(V.Broadcast(t[6 * V.Count]), x0, x1, ref g60, ref g61);
                }

                if (R.Count > 7)
                {
                    Accumulate<W>(V.Broadcast(t[7 * V.Count]), x0, x1, ref g70, ref g71);
                }

                x += xStep;
                t += step;
            }
        }

        Put<W>(g00, g01, s.GBar, mask);
        if (R.Count > 1)
        {
            Put<W>(g10, g11, s.GBar + (1 * s.GStep), mask);
        }

        if (R.Count > 2)
        {
            Put<W>(g20, g21, s.GBar + (2 * s.GStep), mask);
        }

        if (R.Count > 3)
        {
            Put<W>(g30, g31, s.GBar + (3 * s.GStep), mask);
        }

        if (R.Count > 4)
        {
            Put<W>(g40, g41, s.GBar + (4 * s.GStep), mask);
        }

        if (R.Count > 5)
        {
            Put<W>(g50, g51, s.GBar + (5 * s.GStep), mask);
        }

        if (R.Count > 6)
        {
            Put<W>(g60, g61, s.GBar + (6 * s.GStep), mask);
        }

        if (R.Count > 7)
        {
            Put<W>(g70, g71, s.GBar + (7 * s.GStep), mask);
        }
    }

    /// <summary>
    /// The same three for a diagonal matrix: <c>g_k += Σ_e w T_k x_k</c>; with <c>z_k = T_k g_k</c>,
    /// <c>w̄ (+)= Σ_k x_k z_k</c> and <c>x̄_k += w z_k</c>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Diagonal<W>(in MessageStrip<T> strip, bool forward, bool features, bool weights)
        where W : struct, IColumns
    {
        ref readonly MessageStrip<T> s = ref strip;
        V mask = W.Partial ? V.Mask(W.Two ? s.Columns - V.Count : s.Columns) : V.Zero;
        for (int lane = s.First; lane < s.Last; lane++)
        {
            V w0 = V.Zero, w1 = V.Zero, v0 = V.Zero, v1 = V.Zero;
            if (forward || features)
            {
                s.Prefetch(s.W, lane, V.Count);
                Get<W>(s.Weight(lane), mask, out w0, out w1);
            }

            for (int k = 0; k < s.Input; k++)
            {
                V b = V.Broadcast(s.Table[lane + (k * V.Count)]);
                if (forward)
                {
                    Get<W>(s.Features(lane) + (k * s.XStep), mask, out V x0, out V x1);
                    T* gBar = s.GBar + (k * s.GStep);
                    Get<W>(gBar, mask, out V y0, out V y1);
                    Put<W>(V.MultiplyAdd(b * w0, x0, y0), W.Two ? V.MultiplyAdd(b * w1, x1, y1) : y1, gBar, mask);
                }

                if (features || weights)
                {
                    Get<W>(s.G + (k * s.GStep), mask, out V z0, out V z1);
                    z0 *= b;
                    z1 *= b;
                    if (weights)
                    {
                        Get<W>(s.Features(lane) + (k * s.XStep), mask, out V x0, out V x1);
                        v0 = V.MultiplyAdd(x0, z0, v0);
                        v1 = V.MultiplyAdd(x1, z1, v1);
                    }

                    if (features)
                    {
                        T* xBar = s.FeaturesBar(lane) + (k * s.XStep);
                        Get<W>(xBar, mask, out V x0, out V x1);
                        Put<W>(V.MultiplyAdd(w0, z0, x0), W.Two ? V.MultiplyAdd(w1, z1, x1) : x1, xBar, mask);
                    }
                }
            }

            if (weights)
            {
                s.Prefetch(s.WBar, lane, V.Count);
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

    /// <summary>
    /// The cotangent of the matrices, <c>T̄_ik = Σ_u w x_i g_k</c> over the channels of the block, for each edge.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Couplings<W>(in MessageStrip<T> strip, bool diagonal)
        where W : struct, IColumns
    {
        ref readonly MessageStrip<T> s = ref strip;
        V mask = W.Partial ? V.Mask(W.Two ? s.Columns - V.Count : s.Columns) : V.Zero;
        int wide = W.Two ? 2 * V.Count : V.Count;
        for (int lane = s.First; lane < s.Last; lane++)
        {
            s.Prefetch(s.W, lane, V.Count);
            Get<W>(s.Weight(lane), mask, out V w0, out V w1);
            T* x = s.Features(lane);
            T* product = s.Products + (lane * wide);
            for (int i = s.Input; i > 0; i--)
            {
                Get<W>(x, mask, out V x0, out V x1);
                V.Store(w0 * x0, ref *product);
                if (W.Two)
                {
                    V.Store(w1 * x1, ref product[V.Count]);
                }

                x += s.XStep;
                product += V.Count * wide;
            }
        }

        bool whole = s.First == 0 && s.Last == V.Count;
        V before = V.Mask(s.First), until = V.Mask(s.Last);
        T* entry = s.TableBar;
        for (int i = 0; i < s.Input; i++)
        {
            T* products = s.Products + (i * V.Count * wide);
            for (int k = diagonal ? i : 0; k < (diagonal ? i + 1 : s.Output); k++)
            {
                Get<W>(s.G + (k * s.GStep), mask, out V g0, out V g1);
                V sums = MessageFold<V, T>.Sums<W>(products, g0, g1);
                if (!whole)
                {
                    sums = V.Select(before, V.Load(ref *entry), V.Select(until, sums, V.Load(ref *entry)));
                }

                V.Store(sums, ref *entry);
                entry += V.Count;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate<W>(V factor, V x0, V x1, ref V y0, ref V y1)
        where W : struct, IColumns
    {
        y0 = V.MultiplyAdd(factor, x0, y0);
        if (W.Two)
        {
            y1 = V.MultiplyAdd(factor, x1, y1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Get<W>(T* p, V mask, out V first, out V second)
        where W : struct, IColumns
    {
        first = W.Two || !W.Partial ? V.Load(ref *p) : V.LoadMasked(p, mask);
        second = !W.Two ? V.Zero : W.Partial ? V.LoadMasked(p + V.Count, mask) : V.Load(ref p[V.Count]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<W>(V first, V second, T* p, V mask)
        where W : struct, IColumns
    {
        if (W.Two || !W.Partial)
        {
            V.Store(first, ref *p);
        }
        else
        {
            V.StoreMasked(first, p, mask);
        }

        if (W.Two && W.Partial)
        {
            V.StoreMasked(second, p + V.Count, mask);
        }
        else if (W.Two)
        {
            V.Store(second, ref p[V.Count]);
        }
    }
}
