using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <content>Radial functions ¼ Σ_j exp(−η(r_j − R)²) f(r_j): the lanes are shifts.</content>
internal unsafe partial struct EnvironmentWork<V, T>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RadialValues(int kind, T* to)
    {
        V width = Constant(-shape.RadialWidth);
        V quarter = Constant(0.25);
        for (int q = 0; q < shape.RadialCount; q += V.Count)
        {
            V shift = V.Load(in radialShifts[q]);
            V sum = V.Zero;
            for (int e = starts[kind]; e < starts[kind + 1]; e++)
            {
                V off = V.Broadcast(legs.R[e]) - shift;
                sum = V.MultiplyAdd(V.Broadcast(legs.Radial[e]), LaneMath<V, T>.Exp(width * off * off), sum);
            }

            V.Store(quarter * sum, ref radialSums[q]);
        }

        new ReadOnlySpan<T>(radialSums, shape.RadialCount).CopyTo(new Span<T>(to, shape.RadialCount));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RadialSlopes(int kind, T* gradient)
    {
        new Span<T>(radialSums, RoundUp(shape.RadialCount)).Clear();
        new ReadOnlySpan<T>(gradient, shape.RadialCount).CopyTo(new Span<T>(radialSums, shape.RadialCount));
        V width = Constant(-shape.RadialWidth);
        V twice = Constant(-2 * shape.RadialWidth);
        V quarter = Constant(0.25);
        for (int e = starts[kind]; e < starts[kind + 1]; e++)
        {
            V r = V.Broadcast(legs.R[e]);
            V end = V.Broadcast(legs.Radial[e]);
            V endSlope = V.Broadcast(legs.RadialSlope[e]);
            V sum = V.Zero;
            for (int q = 0; q < shape.RadialCount; q += V.Count)
            {
                V off = r - V.Load(in radialShifts[q]);
                V bell = LaneMath<V, T>.Exp(width * off * off);
                V slope = V.MultiplyAdd(twice * off, end, endSlope);
                sum = V.MultiplyAdd(V.Load(in radialSums[q]), bell * slope, sum);
            }

            legs.Slope[e] = V.Sum(quarter * sum);
        }
    }
}
