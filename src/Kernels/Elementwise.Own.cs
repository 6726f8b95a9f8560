using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

// Functions that System.Numerics.Tensors lacks, or has with less accuracy or speed than is wanted here.
public static partial class Elementwise
{
    // Elements of one pass through a scratch array: 2 kB of doubles, well inside the first cache.
    private const int Chunk = 256;

    // Bytes of the widest vector.
    private const int Alignment = 64;

    // tanh x = x + x z P(z) / Q(z), z = x², for |x| < 0.625: Cephes (Moshier 1989), after Cody & Waite 1980.
    // The largest relative error is 6e-19, computed with 40 digits.
    private const double TanhSmall = 0.625;
    private const double TanhP0 = -1.61468768441708447952e3;
    private const double TanhP1 = -9.92877231001918586564e1;
    private const double TanhP2 = -9.64399179425052238628e-1;
    private const double TanhQ0 = 4.84406305325125486048e3;
    private const double TanhQ1 = 2.23548839060100448583e3;
    private const double TanhQ2 = 1.12811678491632931402e2;

    // The elements to allocate on the stack for a scratch array of one chunk that is aligned.
    private static unsafe int ScratchLength<T>()
        where T : unmanaged => Chunk + (Alignment / sizeof(T));

    // TensorPrimitives cut the result into vectors at aligned addresses, and some functions (Cos, for one) give another
    // last bit where a neighbour in the vector is out of their common range. So that bits do not depend on addresses, such
    // functions write to scratch that is always aligned alike.
    private static unsafe T* Align<T>(T* scratch)
        where T : unmanaged => (T*)(((nuint)scratch + Alignment - 1) & ~(nuint)(Alignment - 1));

    private readonly unsafe struct AlignedMap<T, TInner> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TInner : struct, IMap<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var memory = stackalloc T[ScratchLength<T>()];
            var scratch = Align(memory);
            for (var start = 0; start < x.Length; start += Chunk)
            {
                var count = Math.Min(Chunk, x.Length - start);
                var result = new Span<T>(scratch, count);
                default(TInner).Invoke(x.Slice(start, count), result);
                result.CopyTo(y.Slice(start, count));
            }
        }
    }

    private readonly struct ExpMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            if (typeof(T) == typeof(float))
            {
                ExpSingle(MemoryMarshal.Cast<T, float>(x), MemoryMarshal.Cast<T, float>(y));
            }
            else
            {
                TensorPrimitives.Exp(x, y);
            }
        }

        private static unsafe void ExpSingle(ReadOnlySpan<float> x, Span<float> y)
        {
            var i = 0;
            fixed (float* px = x, py = y)
            {
                for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Exponential.Exp(Vector.Load(px + i)).Store(py + i);
                }
            }

            if (i < x.Length)
            {
                Exponential.Exp(Partial(x[i..])).StorePartial(y[i..x.Length]);
            }
        }
    }

    // 1 / (1 + e⁻ˣ) in four passes; that of TensorPrimitives takes five times as long for doubles.
    private readonly struct SigmoidMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            TensorPrimitives.Negate(x, y);
            default(ExpMap<T>).Invoke(y, y);
            TensorPrimitives.Add(y, T.One, y);
            TensorPrimitives.Reciprocal<T>(y, y);
        }
    }

    private readonly unsafe struct TanhMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var memory = stackalloc T[ScratchLength<T>()];
            var scratch = Align(memory);
            for (var start = 0; start < x.Length; start += Chunk)
            {
                var count = Math.Min(Chunk, x.Length - start);
                Tanh(x.Slice(start, count), y.Slice(start, count), new Span<T>(scratch, count));
            }
        }

        // For |x| ≥ 0.625: tanh |x| = 1 − 2 / (e^2|x| + 1), where nothing cancels; an infinite exponential gives 1.
        private static void Tanh(ReadOnlySpan<T> x, Span<T> y, Span<T> exponentials)
        {
            TensorPrimitives.Abs(x, exponentials);
            TensorPrimitives.Add(exponentials, exponentials, exponentials);
            default(ExpMap<T>).Invoke(exponentials, exponentials);
            var i = 0;
            fixed (T* px = x, py = y, pe = exponentials)
            {
                for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
                {
                    Tanh(Vector.Load(px + i), Vector.Load(pe + i)).Store(py + i);
                }
            }

            if (i < x.Length)
            {
                Tanh(Partial(x[i..]), Partial<T>(exponentials[i..])).StorePartial(y[i..]);
            }
        }

        private static Vector<T> Tanh(Vector<T> x, Vector<T> exponential)
        {
            var z = x * x;
            var p = ((((Constant(TanhP2) * z) + Constant(TanhP1)) * z) + Constant(TanhP0)) * z;
            var q = ((((z + Constant(TanhQ2)) * z) + Constant(TanhQ1)) * z) + Constant(TanhQ0);
            var small = x * (Vector<T>.One + (p / q));
            var large = Vector<T>.One - (Constant(2) / (exponential + Vector<T>.One));
            large = Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -large, large);
            return Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(x), Constant(TanhSmall)), small, large);
        }

        private static Vector<T> Constant(double value) => new(T.CreateTruncating(value));
    }

    // ln(1 + eˣ) = max(x, 0) + ln(1 + e), e = e^−|x|. With u = fl(1 + e), ln(1 + e) = ln u + (e − (u − 1)) / u to
    // full relative accuracy: the second term is what rounding u lost.
    private readonly unsafe struct SoftplusMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var memory = stackalloc T[(2 * Chunk) + ScratchLength<T>()];
            var e = new Span<T>(Align(memory), Chunk);
            var u = new Span<T>(Align(memory) + Chunk, Chunk);
            var scratch = new Span<T>(Align(memory) + (2 * Chunk), Chunk);
            for (var start = 0; start < x.Length; start += Chunk)
            {
                var count = Math.Min(Chunk, x.Length - start);
                Softplus(x.Slice(start, count), y.Slice(start, count), e[..count], u[..count], scratch[..count]);
            }
        }

        private static void Softplus(ReadOnlySpan<T> x, Span<T> y, Span<T> e, Span<T> u, Span<T> scratch)
        {
            TensorPrimitives.Abs(x, e);
            TensorPrimitives.Negate(e, e);
            default(ExpMap<T>).Invoke(e, e);
            TensorPrimitives.Add(e, T.One, u);
            TensorPrimitives.Max(x, T.Zero, y);
            TensorPrimitives.Log(u, scratch);
            TensorPrimitives.Add(y, scratch, y);
            TensorPrimitives.Subtract(u, T.One, scratch);
            TensorPrimitives.Subtract(e, scratch, e);
            TensorPrimitives.Divide(e, u, e);
            TensorPrimitives.Add(y, e, y);
        }
    }

    private readonly struct SignMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var i = 0;
            for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                Sign(new Vector<T>(x[i..])).CopyTo(y[i..]);
            }

            if (i < x.Length)
            {
                Sign(Partial(x[i..])).StorePartial(y[i..x.Length]);
            }
        }

        private static Vector<T> Sign(Vector<T> v)
        {
            v = Vector.ConditionalSelect(Vector.GreaterThan(v, Vector<T>.Zero), Vector<T>.One, v);
            return Vector.ConditionalSelect(Vector.LessThan(v, Vector<T>.Zero), -Vector<T>.One, v);
        }
    }

    // A vector of the few elements that are left, zero in the other lanes: the last elements are computed as all others are.
    private static Vector<T> Partial<T>(ReadOnlySpan<T> x)
        where T : unmanaged
    {
        Span<T> lanes = stackalloc T[Vector<T>.Count];
        lanes.Clear();
        x.CopyTo(lanes);
        return new Vector<T>(lanes);
    }

    private static void StorePartial<T>(this Vector<T> v, Span<T> y)
        where T : unmanaged
    {
        Span<T> lanes = stackalloc T[Vector<T>.Count];
        v.CopyTo(lanes);
        lanes[..y.Length].CopyTo(y);
    }
}
