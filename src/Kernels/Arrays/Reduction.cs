using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>
/// Numbers made of whole arrays. Sums are pairwise: the error is O(log n) units of rounding, not O(n).
/// Arrays above 65536 elements are cut into blocks of that length, so the bits do not depend on the threads.
/// </summary>
public static unsafe class Reduction
{
    private const int Block = 65536;

    private interface ITerm<T>
        where T : unmanaged
    {
        static abstract T Reduce(T* a, T* b, int n);
    }

    /// <summary>Σ x; zero when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array.</param>
    public static T Sum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Reduce<T, SumTerm<T>, SumTerm<T>>(x, x);

    /// <summary>Σ a b; zero when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">The first factor.</param>
    /// <param name="b">The second factor, as long.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T Dot<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(b.Length, a.Length, nameof(b));
        return Reduce<T, DotTerm<T>, SumTerm<T>>(a, b);
    }

    /// <summary>Σ x²; zero when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array.</param>
    public static T SumOfSquares<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Reduce<T, DotTerm<T>, SumTerm<T>>(x, x);

    /// <summary>The largest element; NaN when there is one; −∞ when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array.</param>
    public static T Max<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Reduce<T, MaxTerm<T>, MaxTerm<T>>(x, x);

    /// <summary>The smallest element; NaN when there is one; +∞ when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array.</param>
    public static T Min<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Reduce<T, MinTerm<T>, MinTerm<T>>(x, x);

    /// <summary>The largest |element|; NaN when there is one; zero when empty.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The array.</param>
    public static T MaxAbs<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Reduce<T, MaxAbsTerm<T>, MaxAbsTerm<T>>(x, x);

    // TTerm makes one number of a block, TJoin one number of the blocks' numbers.
    private static T Reduce<T, TTerm, TJoin>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TTerm : struct, ITerm<T>
        where TJoin : struct, ITerm<T>
    {
        fixed (T* pa = a, pb = b)
        {
            if (a.Length <= Block)
            {
                return TTerm.Reduce(pa, pb, a.Length);
            }

            var blocks = (int)(((long)a.Length + Block - 1) / Block);
            var partial = ArrayPool<T>.Shared.Rent(blocks);
            try
            {
                fixed (T* p = partial)
                {
                    Workers.Run(blocks, new Job<T, TTerm>(pa, pb, p, a.Length));
                    return TJoin.Reduce(p, p, blocks);
                }
            }
            finally
            {
                ArrayPool<T>.Shared.Return(partial);
            }
        }
    }

    private readonly struct Job<T, TTerm>(T* a, T* b, T* partial, int length) : IJob
        where T : unmanaged
        where TTerm : struct, ITerm<T>
    {
        public void Run(int block)
        {
            var start = block * Block;
            partial[block] = TTerm.Reduce(a + start, b + start, Math.Min(Block, length - start));
        }
    }

    private readonly struct SumTerm<T> : ITerm<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Reduce(T* a, T* b, int n) => Loops.Sum(a, n);
    }

    private readonly struct DotTerm<T> : ITerm<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Reduce(T* a, T* b, int n) => Loops.Dot(a, b, n);
    }

    private readonly struct MaxTerm<T> : ITerm<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Reduce(T* a, T* b, int n) =>
            n == 0 ? T.NegativeInfinity : TensorPrimitives.Max(new ReadOnlySpan<T>(a, n));
    }

    private readonly struct MinTerm<T> : ITerm<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Reduce(T* a, T* b, int n) =>
            n == 0 ? T.PositiveInfinity : TensorPrimitives.Min(new ReadOnlySpan<T>(a, n));
    }

    private readonly struct MaxAbsTerm<T> : ITerm<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Reduce(T* a, T* b, int n) =>
            n == 0 ? T.Zero : T.Abs(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<T>(a, n)));
    }
}
