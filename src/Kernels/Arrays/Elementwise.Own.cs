using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

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

    // The start of a scratch array, where vectors lie within lines of the cache.
    private static unsafe T* Align<T>(T* scratch)
        where T : unmanaged => (T*)(((nuint)scratch + Alignment - 1) & ~(nuint)(Alignment - 1));

    // A function of one vector, lane by lane.
    private interface IVectorFunction<T>
        where T : unmanaged
    {
        static abstract Vector<T> Of(Vector<T> x);
    }

    private readonly struct VectorMap<T, TFunction> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TFunction : struct, IVectorFunction<T>
    {
        public unsafe void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var i = 0;
            fixed (T* px = x, py = y)
            {
                for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
                {
                    TFunction.Of(Vector.Load(px + i)).Store(py + i);
                }
            }

            if (i < x.Length)
            {
                TFunction.Of(Partial(x[i..])).StorePartial(y[i..x.Length]);
            }
        }
    }

    private readonly struct ExpFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => typeof(T) == typeof(float)
            ? Exponential.Exp(x.As<T, float>()).As<float, T>()
            : Exponential.Exp(x.As<T, double>()).As<double, T>();
    }

    private readonly struct LogFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => typeof(T) == typeof(float)
            ? Logarithm.Log(x.As<T, float>()).As<float, T>()
            : Logarithm.Log(x.As<T, double>()).As<double, T>();
    }

    private readonly struct SinFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => typeof(T) == typeof(float)
            ? Sine.Sin(x.As<T, float>()).As<float, T>()
            : Sine.Sin(x.As<T, double>()).As<double, T>();
    }

    private readonly struct CosFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x) => typeof(T) == typeof(float)
            ? Sine.Cos(x.As<T, float>()).As<float, T>()
            : Sine.Cos(x.As<T, double>()).As<double, T>();
    }

    // With e = e^−|x|, which cannot overflow: 1 / (1 + e) for x ≥ 0, e / (1 + e) below.
    private readonly struct SigmoidFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x)
        {
            var e = ExpFunction<T>.Of(-Vector.Abs(x));
            var above = Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), e, Vector<T>.One);
            return above / (Vector<T>.One + e);
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
            default(VectorMap<T, ExpFunction<T>>).Invoke(exponentials, exponentials);
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
    private readonly struct SoftplusFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Of(Vector<T> x)
        {
            var e = ExpFunction<T>.Of(-Vector.Abs(x));
            var u = Vector<T>.One + e;
            var lost = (e - (u - Vector<T>.One)) / u;
            var above = Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero, x);
            return above + LogFunction<T>.Of(u) + lost;
        }
    }

    private readonly struct SignFunction<T> : IVectorFunction<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static Vector<T> Of(Vector<T> x)
        {
            x = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One, x);
            return Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -Vector<T>.One, x);
        }
    }

    // A vector of the few elements that are left, zero in the other lanes: the last are computed as all others are.
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
