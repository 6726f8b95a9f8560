using System.Numerics;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>The complementary error function over arrays.</summary>
public static class ErrorFunctions
{
    /// <summary>erfc x, element by element, for arguments of 0 and more; relative error below 1e-15 in double
    /// precision.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>; may be it.</param>
    public static void Complement<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        var job = new Job<T> { X = x, Y = y };
        Simd.RunWidest<T, Job<T>>(ref job);
    }

    private ref struct Job<T> : ILanesJob<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public ReadOnlySpan<T> X;
        public Span<T> Y;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            int whole = X.Length / V.Count * V.Count;
            for (int i = 0; i < whole; i += V.Count)
            {
                V.Store(At<V>(V.Load(in X[i])), ref Y[i]);
            }

            if (whole < X.Length)
            {
                Span<T> rest = stackalloc T[V.Count];
                rest.Clear();
                X[whole..].CopyTo(rest);
                V.Store(At<V>(V.Load(ref MemoryMarshal.GetReference(rest))), ref MemoryMarshal.GetReference(rest));
                rest[..(X.Length - whole)].CopyTo(Y[whole..]);
            }
        }

        private static V At<V>(V x)
            where V : unmanaged, ILanes<V, T> =>
            ErrorComplement.Gaussian<V, T>(x) * ErrorComplement.Scaled<V, T>(x);
    }
}
