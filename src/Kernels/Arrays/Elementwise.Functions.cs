using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

// The named functions of one variable. Those with loops of their own are in Elementwise.Own.cs.
public static partial class Elementwise
{
    /// <summary>y = −x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Negate<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(NegateMap<T>));
    }

    /// <summary>y = 1 / x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Reciprocal<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(ReciprocalMap<T>));
    }

    /// <summary>y = √x; NaN below zero.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Sqrt<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(SqrtMap<T>));
    }

    /// <summary>y = eˣ.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Exp<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, ExpFunction<T>>));
    }

    /// <summary>y = ln x, within one unit in the last place; −∞ at zero, NaN below.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Log<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, LogFunction<T>>));
    }

    /// <summary>y = sin x, x in radians, within one unit in the last place for every x; NaN at infinity.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Sin<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, SinFunction<T>>));
    }

    /// <summary>y = cos x, x in radians, within one unit in the last place for every x; NaN at infinity.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Cos<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, CosFunction<T>>));
    }

    /// <summary>y = tanh x, to a few units in the last place everywhere, near zero too.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Tanh<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(TanhMap<T>));
    }

    /// <summary>y = 1 / (1 + e⁻ˣ).</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Sigmoid<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, SigmoidFunction<T>>));
    }

    /// <summary>y = ln(1 + eˣ), without overflow for large x and without cancellation for very negative x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Softplus<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, SoftplusFunction<T>>));
    }

    /// <summary>y = |x|.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Abs<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(AbsMap<T>));
    }

    /// <summary>y = −1, 0 or 1 by the sign of x; zero and NaN are kept.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Sign<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(VectorMap<T, SignFunction<T>>));
    }

    /// <summary>y = the largest integer that is at most x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long; may be <paramref name="x"/>.</param>
    public static void Floor<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, default(FloorMap<T>));
    }

    private readonly struct NegateMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Negate(x, y);
    }

    private readonly struct ReciprocalMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Reciprocal(x, y);
    }

    private readonly struct SqrtMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Sqrt(x, y);
    }

    private readonly struct AbsMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Abs(x, y);
    }

    private readonly struct FloorMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Floor(x, y);
    }
}
