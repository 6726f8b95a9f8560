using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>
/// Functions applied element by element, from arrays into arrays of the same length. The result may be one of the
/// arguments. Above 65536 elements blocks of 16384 run in parallel; the bits depend neither on the threads
/// nor on where the arrays lie in memory.
/// Lengths that differ throw <see cref="ArgumentException"/>. Accuracy is a few units in the last place unless a
/// function says otherwise. Only powers that are not products call TensorPrimitives.Pow.
/// </summary>
public static partial class Elementwise
{
    /// <summary>y = a + b.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand, as long.</param>
    /// <param name="y">The result, as long; may be either operand.</param>
    public static void Add<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(b.Length, a.Length, nameof(b));
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, b, y, default(AddMap<T>));
    }

    /// <summary>y = a − b.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand, as long.</param>
    /// <param name="y">The result, as long; may be either operand.</param>
    public static void Subtract<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(b.Length, a.Length, nameof(b));
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, b, y, default(SubtractMap<T>));
    }

    /// <summary>y = a b, element by element.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand, as long.</param>
    /// <param name="y">The result, as long; may be either operand.</param>
    public static void Multiply<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(b.Length, a.Length, nameof(b));
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, b, y, default(MultiplyMap<T>));
    }

    /// <summary>y = a / b, element by element.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand, as long.</param>
    /// <param name="y">The result, as long; may be either operand.</param>
    public static void Divide<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(b.Length, a.Length, nameof(b));
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, b, y, default(DivideMap<T>));
    }

    /// <summary>y = k a.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The array.</param>
    /// <param name="k">The number.</param>
    /// <param name="y">The result, as long as <paramref name="a"/>; may be it.</param>
    public static void MultiplyScalar<T>(ReadOnlySpan<T> a, T k, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, y, new MultiplyScalarMap<T>(k));
    }

    /// <summary>y = a + k.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The array.</param>
    /// <param name="k">The number.</param>
    /// <param name="y">The result, as long as <paramref name="a"/>; may be it.</param>
    public static void AddScalar<T>(ReadOnlySpan<T> a, T k, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, a.Length, nameof(y));
        Maps.Apply(a, y, new AddScalarMap<T>(k));
    }

    /// <summary>y += x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The addend.</param>
    /// <param name="y">The sum so far, as long; may be <paramref name="x"/>.</param>
    public static void AddInPlace<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(y, x, y, default(AddMap<T>));
    }

    /// <summary>y += k x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The addend.</param>
    /// <param name="k">Its factor.</param>
    /// <param name="y">The sum so far, as long; may be <paramref name="x"/>.</param>
    public static void AddScaled<T>(ReadOnlySpan<T> x, T k, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        Maps.Apply(x, y, new AddScaledMap<T>(k));
    }

    private readonly struct AddMap<T> : IMap2<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Add(a, b, y);
    }

    private readonly struct SubtractMap<T> : IMap2<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Subtract(a, b, y);
    }

    private readonly struct MultiplyMap<T> : IMap2<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Multiply(a, b, y);
    }

    private readonly struct DivideMap<T> : IMap2<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Divide(a, b, y);
    }

    private readonly struct MultiplyScalarMap<T>(T k) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Multiply(x, k, y);
    }

    private readonly struct AddScalarMap<T>(T k) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Add(x, k, y);
    }

    private readonly struct AddScaledMap<T>(T k) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public unsafe void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            fixed (T* px = x, py = y)
            {
                Loops.Scale(px, k, py, x.Length, accumulate: true);
            }
        }
    }
}
