using System.Buffers;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Discrete Fourier transforms over one to three axes, several meshes at a time, one after the other. Forward is
/// <c>X(k) = Σₓ a(x) e^(−2πi k·x/n)</c>, inverse is the same sum with the other sign; neither has a factor.
/// Frequencies along an axis come in the order 0, 1, …, −2, −1; of real data those from 0 to n/2 are kept along the
/// last axis. Complex numbers are pairs. From 8192 numbers on, rows and columns are shared among threads; the bits do
/// not depend on it. A transform of real data costs 2.5 N log₂ N operations, one of complex data twice as many, and
/// both are done for as many rows at a time as a register has lanes: a single row is as dear as two to sixteen.
/// </summary>
public static unsafe partial class FourierTransform
{
    // Elements that a cache line holds at most.
    private const int LineElements = 16;

    /// <summary>The frequencies of real meshes.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes.</param>
    /// <param name="mesh">The meshes, batch × points.</param>
    /// <param name="doubled">Whether frequencies inside the last axis, between 0 and n/2, come twice as large, for
    /// those that are not kept: the transpose of <see cref="InverseRealInto"/> with the same argument.</param>
    /// <param name="spectrum">The result, batch × frequencies × 2.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ForwardRealInto<T>(
        FourierPlan plan, int batch, ReadOnlySpan<T> mesh, bool doubled, Span<T> spectrum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(plan, batch, mesh.Length, plan.Points, nameof(mesh), nameof(ForwardRealInto));
        Check(plan, batch, spectrum.Length, 2L * plan.Frequencies, nameof(spectrum), nameof(ForwardRealInto));
        fixed (T* x = mesh, y = spectrum)
        {
            Run(new Transform<T> { Plan = plan, Batch = batch, Forward = true, Doubled = doubled, X = x, Y = y });
        }
    }

    /// <summary>Real meshes of given frequencies, <c>y(x) = Σₖ c_k Re X(k) e^(+2πi k·x/n)</c> over those that are
    /// kept, where c is 2 between 0 and n/2 of the last axis if <paramref name="doubled"/>, else 1. Doubled, it takes
    /// <see cref="ForwardRealInto"/>'s frequencies (not doubled) to the number of points times the mesh.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes.</param>
    /// <param name="spectrum">The frequencies, batch × frequencies × 2.</param>
    /// <param name="doubled">Whether frequencies count for those that are not kept.</param>
    /// <param name="mesh">The result, batch × points.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void InverseRealInto<T>(
        FourierPlan plan, int batch, ReadOnlySpan<T> spectrum, bool doubled, Span<T> mesh)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(plan, batch, spectrum.Length, 2L * plan.Frequencies, nameof(spectrum), nameof(InverseRealInto));
        Check(plan, batch, mesh.Length, plan.Points, nameof(mesh), nameof(InverseRealInto));
        fixed (T* x = spectrum, y = mesh)
        {
            Run(new Transform<T> { Plan = plan, Batch = batch, Forward = false, Doubled = doubled, X = x, Y = y });
        }
    }

    /// <summary>The frequencies of complex meshes.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes.</param>
    /// <param name="z">The meshes, batch × points × 2.</param>
    /// <param name="y">The result, of the same length; may be z.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ForwardInto<T>(FourierPlan plan, int batch, ReadOnlySpan<T> z, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Complex(plan, batch, z, y, true, nameof(ForwardInto));

    /// <summary>Complex meshes of given frequencies, without the factor 1 / points.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="plan">The shape of a mesh.</param>
    /// <param name="batch">The number of meshes.</param>
    /// <param name="z">The frequencies, batch × points × 2.</param>
    /// <param name="y">The result, of the same length; may be z.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void InverseInto<T>(FourierPlan plan, int batch, ReadOnlySpan<T> z, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Complex(plan, batch, z, y, false, nameof(InverseInto));

    private static void Complex<T>(
        FourierPlan plan, int batch, ReadOnlySpan<T> z, Span<T> y, bool forward, string operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(plan, batch, z.Length, 2L * plan.Points, nameof(z), operation);
        Check(plan, batch, y.Length, 2L * plan.Points, nameof(y), operation);
        fixed (T* x = z, result = y)
        {
            Run(new Transform<T> { Plan = plan, Batch = batch, Complex = true, Forward = forward, X = x, Y = result });
        }
    }

    private static void Check(FourierPlan plan, int batch, int length, long each, string name, string operation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Guard.NotNegative(batch, nameof(batch), operation);
        Guard.Length(length, batch * each, name, operation);
    }

    /// <summary>The first cache line that begins in memory: registers of a row then lie in one line each.</summary>
    private static T* AtLine<T>(T* memory)
        where T : unmanaged => (T*)(((nuint)memory + 63) & ~(nuint)63);

    private static void Run<T>(Transform<T> transform)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (transform.Batch > 0)
        {
            Simd.RunWidest<T, Transform<T>>(ref transform);
        }
    }

    private struct Transform<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public FourierPlan Plan;
        public int Batch;
        public bool Forward, Complex, Doubled;
        public T* X, Y;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            var mesh = new FourierMesh<V, T>(Plan);
            T weight = Doubled ? T.CreateTruncating(2) : T.One;
            int outer = Plan.Outer.Length;
            int planes = Batch * outer;
            nint pitch = 2 * (Complex ? Plan.Inner.Length : Plan.Kept);
            if (Forward || Complex)
            {
                var kind = !Complex
                    ? FourierMesh<V, T>.Kind.Forward
                    : Forward ? FourierMesh<V, T>.Kind.Complex : FourierMesh<V, T>.Kind.Back;
                mesh.Planes(kind, planes, X, Y, pitch, weight);
                if (outer > 1)
                {
                    mesh.Outer(Batch, !Forward, Y, Y, pitch);
                }
            }
            else if (Plan.Points == Plan.Inner.Length)
            {
                mesh.Planes(FourierMesh<V, T>.Kind.Inverse, planes, X, Y, pitch, weight);
            }
            else
            {
                T[] scratch = ArrayPool<T>.Shared.Rent((2 * Batch * Plan.Frequencies) + LineElements);
                fixed (T* memory = scratch)
                {
                    T* s = AtLine(memory);
                    mesh.Outer(Batch, true, X, s, pitch);
                    mesh.Planes(FourierMesh<V, T>.Kind.Inverse, planes, s, Y, pitch, weight);
                }

                ArrayPool<T>.Shared.Return(scratch);
            }
        }
    }
}
