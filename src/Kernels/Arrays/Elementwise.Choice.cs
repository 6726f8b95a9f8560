using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

// Choosing between arrays, changing their type, looking for what is not finite.
public static partial class Elementwise
{
    /// <summary>y = mask ? a : b, element by element. A NaN of the branch not taken never reaches y.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="mask">The mask.</param>
    /// <param name="a">Taken where the mask is true; as long as the mask.</param>
    /// <param name="b">Taken where the mask is false; as long as the mask.</param>
    /// <param name="y">The result, as long as the mask; may be either.</param>
    public static void Select<T>(ReadOnlySpan<bool> mask, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(a.Length, mask.Length, nameof(a));
        Guard.Length(b.Length, mask.Length, nameof(b));
        Guard.Length(y.Length, mask.Length, nameof(y));
        SelectBlocks(mask, a, b, y);
    }

    /// <summary>y = x in another type, rounded to the nearest; integers out of range saturate.</summary>
    /// <typeparam name="TFrom">A number type.</typeparam>
    /// <typeparam name="TTo">A number type.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="y">The result, as long.</param>
    public static void Convert<TFrom, TTo>(ReadOnlySpan<TFrom> x, Span<TTo> y)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        ConvertBlocks(x, y);
    }

    /// <summary>Whether no element is infinite or NaN.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array; true when empty.</param>
    public static unsafe bool AllFinite<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (T* p = x)
        {
            var i = 0;
            for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                // x − x is zero for a finite number and NaN for any other.
                var v = Vector.Load(p + i);
                if (!Vector.EqualsAll(v - v, Vector<T>.Zero))
                {
                    return false;
                }
            }

            for (; i < x.Length; i++)
            {
                if (!T.IsFinite(p[i]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static unsafe void SelectBlocks<T>(ReadOnlySpan<bool> mask, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (bool* pm = mask)
        fixed (T* pa = a, pb = b, py = y)
        {
            var job = new SelectJob<T>((byte*)pm, pa, pb, py, mask.Length);
            if (mask.Length <= Maps.Serial)
            {
                job.Choose(0, mask.Length);
                return;
            }

            Workers.Run(Maps.Blocks(mask.Length), job);
        }
    }

    private static unsafe void ConvertBlocks<TFrom, TTo>(ReadOnlySpan<TFrom> x, Span<TTo> y)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        if (x.Length <= Maps.Serial)
        {
            TensorPrimitives.ConvertSaturating(x, y);
            return;
        }

        fixed (TFrom* px = x)
        fixed (TTo* py = y)
        {
            Workers.Run(Maps.Blocks(x.Length), new ConvertJob<TFrom, TTo>(px, py, x.Length));
        }
    }

    private readonly unsafe struct ConvertJob<TFrom, TTo>(TFrom* x, TTo* y, int length) : IJob
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        public void Run(int block)
        {
            var start = block * Maps.Block;
            var count = Math.Min(Maps.Block, length - start);
            TensorPrimitives.ConvertSaturating(
                new ReadOnlySpan<TFrom>(x + start, count),
                new Span<TTo>(y + start, count));
        }
    }

    private readonly unsafe struct SelectJob<T>(byte* mask, T* a, T* b, T* y, int length) : IJob
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Run(int block)
        {
            var start = block * Maps.Block;
            Choose(start, Math.Min(start + Maps.Block, length));
        }

        // The mask's bytes are widened to the size of the elements: to 4 bytes in 4 vectors, to 8 bytes in 8.
        public void Choose(int i, int end)
        {
            for (; i <= end - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                Vector.Widen(Vector.Load(mask + i), out var low, out var high);
                Choose(low, i);
                Choose(high, i + Vector<ushort>.Count);
            }

            for (; i < end; i++)
            {
                y[i] = mask[i] != 0 ? a[i] : b[i];
            }
        }

        private void Choose(Vector<ushort> taken, int i)
        {
            Vector.Widen(taken, out var low, out var high);
            if (sizeof(T) == sizeof(uint))
            {
                Store(Vector.Equals(low, Vector<uint>.Zero).As<uint, T>(), i);
                Store(Vector.Equals(high, Vector<uint>.Zero).As<uint, T>(), i + Vector<uint>.Count);
            }
            else
            {
                Choose(low, i);
                Choose(high, i + Vector<uint>.Count);
            }
        }

        private void Choose(Vector<uint> taken, int i)
        {
            Vector.Widen(taken, out var low, out var high);
            Store(Vector.Equals(low, Vector<ulong>.Zero).As<ulong, T>(), i);
            Store(Vector.Equals(high, Vector<ulong>.Zero).As<ulong, T>(), i + Vector<ulong>.Count);
        }

        private void Store(Vector<T> notTaken, int i) =>
            Vector.ConditionalSelect(notTaken, Vector.Load(b + i), Vector.Load(a + i)).Store(y + i);
    }
}
