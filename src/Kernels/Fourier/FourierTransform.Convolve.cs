using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

// Products at the frequencies of real meshes.
public static unsafe partial class FourierTransform
{
    /// <summary>
    /// <c>y(x) = Σₖ G(k) â(k) e^(+2πi k·x/n)</c> over all frequencies, â being a's without a factor: the periodic
    /// convolution with a filter that is given at its frequencies, in three passes over memory. Where k and −k are both
    /// kept (at 0 and n/2 of the last axis) a filter that is not even counts by its even part.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes, which one filter serves.</param>
    /// <param name="mesh">The meshes, batch × points.</param>
    /// <param name="filter">The real filter, one number for each frequency that is kept.</param>
    /// <param name="result">The result, batch × points; may be the mesh.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ConvolveInto<T>(
        FourierPlan plan, int batch, ReadOnlySpan<T> mesh, ReadOnlySpan<T> filter, Span<T> result)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(plan, batch, mesh.Length, plan.Points, nameof(mesh), nameof(ConvolveInto));
        Check(plan, batch, result.Length, plan.Points, nameof(result), nameof(ConvolveInto));
        Guard.Length(filter.Length, plan.Frequencies, nameof(filter));
        fixed (T* x = mesh, g = filter, y = result)
        {
            var job = new Convolution<T> { Plan = plan, Batch = batch, X = x, Filter = g, Y = y };
            Simd.RunWidest<T, Convolution<T>>(ref job);
        }
    }

    /// <summary>
    /// <c>p(k) = c_k Re â(k) b̂(k)*</c>, summed over the batch, with c = 2 between 0 and n/2 of the last axis and 1
    /// there: what ⟨b, the convolution of a⟩ is the sum of, times the filter.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes on either side.</param>
    /// <param name="a">The one side, batch × points.</param>
    /// <param name="b">The other, batch × points; if it is a, it is transformed once.</param>
    /// <param name="power">The result, one number for each frequency that is kept.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void CrossInto<T>(
        FourierPlan plan, int batch, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> power)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(plan, batch, a.Length, plan.Points, nameof(a), nameof(CrossInto));
        Check(plan, batch, b.Length, plan.Points, nameof(b), nameof(CrossInto));
        Guard.Length(power.Length, plan.Frequencies, nameof(power));
        power.Clear();
        int length = 2 * plan.Frequencies;
        T[] first = ArrayPool<T>.Shared.Rent(length);
        T[] second = a == b ? first : ArrayPool<T>.Shared.Rent(length);
        for (int m = 0; m < batch; m++)
        {
            ForwardRealInto(plan, 1, a.Slice(m * plan.Points, plan.Points), true, first.AsSpan(0, length));
            if (a == b)
            {
                // Both sides are doubled, which counts four times.
                Accumulate(plan, first, first, T.CreateTruncating(0.5), power);
            }
            else
            {
                ForwardRealInto(plan, 1, b.Slice(m * plan.Points, plan.Points), false, second.AsSpan(0, length));
                Accumulate(plan, first, second, T.One, power);
            }
        }

        if (a != b)
        {
            ArrayPool<T>.Shared.Return(second);
        }

        ArrayPool<T>.Shared.Return(first);
    }

    private static void Accumulate<T>(FourierPlan plan, T[] a, T[] b, T inner, Span<T> power)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int kept = plan.Kept;
        bool even = plan.Inner.Length % 2 == 0;
        for (int row = 0; row < power.Length; row += kept)
        {
            for (int k = 0; k < kept; k++)
            {
                int i = 2 * (row + k);
                T product = (a[i] * b[i]) + (a[i + 1] * b[i + 1]);
                power[row + k] += k == 0 || (even && k == kept - 1) ? product : inner * product;
            }
        }
    }

    private struct Convolution<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public FourierPlan Plan;
        public int Batch;
        public T* X, Filter, Y;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            // Whole registers of columns, on whole registers.
            int row = (Plan.Kept + V.Count - 1) / V.Count * V.Count;
            int length = 2 * row * Plan.Outer.Length * Plan.Middle.Length;
            T[] scratch = ArrayPool<T>.Shared.Rent(length + LineElements);
            var mesh = new FourierMesh<V, T>(Plan);
            fixed (T* memory = scratch)
            {
                T* s = AtLine(memory);
                for (nint m = 0; m < Batch; m++)
                {
                    T* x = X + (m * Plan.Points);
                    T* y = Y + (m * Plan.Points);
                    mesh.Planes(FourierMesh<V, T>.Kind.Forward, Plan.Outer.Length, x, s, 2 * row, T.One);
                    mesh.Filter(s, 2 * row, Filter);
                    mesh.Planes(
                        FourierMesh<V, T>.Kind.Inverse, Plan.Outer.Length, s, y, 2 * row, T.CreateTruncating(2));
                }
            }

            ArrayPool<T>.Shared.Return(scratch);
        }
    }
}
