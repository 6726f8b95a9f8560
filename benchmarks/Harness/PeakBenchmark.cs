using System.Numerics;
using System.Runtime.CompilerServices;
using Noether.Kernels;

namespace Noether.Benchmarks;

/// <summary>
/// The most multiply-adds that one core does: twelve independent chains in registers, no memory. The measure for every
/// kernel that multiplies.
/// </summary>
internal sealed class PeakBenchmark : IBenchmark
{
    public string Name => "peak";

    /// <summary>The loop as a case, for others to be compared with.</summary>
    public static Case Of<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const int steps = 10_000;
        var job = default(Job<T>);
        Simd.RunWidest<T, Job<T>>(ref job);
        return new($"multiply-add, {typeof(T).Name}", 2.0 * 12 * job.Lanes * steps, "flop", () =>
        {
            job.Steps = steps;
            Simd.RunWidest<T, Job<T>>(ref job);
        });
    }

    public IEnumerable<Case> Cases() => [Of<float>(), Of<double>()];

    private struct Job<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Steps, Lanes;
        public T Sum;

        public void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            Lanes = V.Count;
            Sum = Chains<V>(Steps);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static T Chains<V>(int steps)
            where V : unmanaged, ILanes<V, T>
        {
            // x → 0.5·x + 0.5·… stays near one: no denormal, no overflow.
            V half = V.Broadcast(T.CreateTruncating(0.5));
            V c0 = half, c1 = half, c2 = half, c3 = half, c4 = half, c5 = half;
            V c6 = half, c7 = half, c8 = half, c9 = half, ca = half, cb = half;
            for (int i = 0; i < steps; i++)
            {
                c0 = V.MultiplyAdd(c0, half, half);
                c1 = V.MultiplyAdd(c1, half, half);
                c2 = V.MultiplyAdd(c2, half, half);
                c3 = V.MultiplyAdd(c3, half, half);
                c4 = V.MultiplyAdd(c4, half, half);
                c5 = V.MultiplyAdd(c5, half, half);
                c6 = V.MultiplyAdd(c6, half, half);
                c7 = V.MultiplyAdd(c7, half, half);
                c8 = V.MultiplyAdd(c8, half, half);
                c9 = V.MultiplyAdd(c9, half, half);
                ca = V.MultiplyAdd(ca, half, half);
                cb = V.MultiplyAdd(cb, half, half);
            }

            return V.Sum(((c0 + c1) + (c2 + c3)) + ((c4 + c5) + (c6 + c7)) + ((c8 + c9) + (ca + cb)));
        }
    }
}
