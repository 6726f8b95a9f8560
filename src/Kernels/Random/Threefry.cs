using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Threefry-2x32 with 20 rounds, a counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3", SC 2011, doi 10.1145/2063384.2063405), with JAX's conventions. Element i depends on the key and on
/// i only.
/// </summary>
public static unsafe class Threefry
{
    private const int Chunk = 16384;

    // Blocks whose words are made at once.
    private const int Piece = 128;

    // 240 from the key schedule of Skein (Threefish), for 32-bit words.
    private const uint Parity = 0x1BD11BDA;

    private interface IDraw<T>
        where T : unmanaged
    {
        /// <summary>The number that the two words of a block make.</summary>
        static abstract T Draw(uint high, uint low);
    }

    /// <summary>The two output words of the block with counter (x0, x1).</summary>
    /// <param name="key">The key.</param>
    /// <param name="x0">The first word of the counter.</param>
    /// <param name="x1">The second word of the counter.</param>
    public static (uint First, uint Second) Block(RandomKey key, uint x0, uint x1)
    {
        uint k0 = key.High, k1 = key.Low, k2 = k0 ^ k1 ^ Parity;
        x0 += k0;
        x1 += k1;
        Even(ref x0, ref x1, k1, k2 + 1);
        Odd(ref x0, ref x1, k2, k0 + 2);
        Even(ref x0, ref x1, k0, k1 + 3);
        Odd(ref x0, ref x1, k1, k2 + 4);
        Even(ref x0, ref x1, k2, k0 + 5);
        return (x0, x1);
    }

    /// <summary>32 random bits each: the exclusive or of both words of the block with the element's number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Bits(RandomKey key, Span<uint> y) => Fill<uint, BitsDraw>(key, y);

    /// <summary>
    /// Uniform numbers in [0, 1), as <c>jax.random.uniform</c>: float from the upper 23 of 32 bits; double from the
    /// upper 52 of 64 bits, the first word of the element's block being the upper half.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Uniform<T>(RandomKey key, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Fill<T, UniformDraw<T>>(key, y);

    /// <summary>
    /// Standard normal numbers, √2 erf⁻¹(u) with u uniform in (−1, 1), as <c>jax.random.normal</c> up to the rounding
    /// of erf⁻¹.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Normal<T>(RandomKey key, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Fill<T, NormalDraw<T>>(key, y);

    /// <summary>The numbers 0 … n − 1 in the order of random bits, ties by number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="y">The result, of n elements.</param>
    public static void Permutation(RandomKey key, Span<int> y)
    {
        var keys = ArrayPool<ulong>.Shared.Rent(y.Length);
        var sorted = keys.AsSpan(0, y.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            var (first, second) = Block(key, 0, (uint)i);
            sorted[i] = ((ulong)(first ^ second) << 32) | (uint)i;
        }

        sorted.Sort();
        for (var i = 0; i < sorted.Length; i++)
        {
            y[i] = (int)(uint)sorted[i];
        }

        ArrayPool<ulong>.Shared.Return(keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Even(ref uint x0, ref uint x1, uint a, uint b)
    {
        Round(ref x0, ref x1, 13);
        Round(ref x0, ref x1, 15);
        Round(ref x0, ref x1, 26);
        Round(ref x0, ref x1, 6);
        x0 += a;
        x1 += b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Odd(ref uint x0, ref uint x1, uint a, uint b)
    {
        Round(ref x0, ref x1, 17);
        Round(ref x0, ref x1, 29);
        Round(ref x0, ref x1, 16);
        Round(ref x0, ref x1, 24);
        x0 += a;
        x1 += b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref uint x0, ref uint x1, int rotation)
    {
        x0 += x1;
        x1 = BitOperations.RotateLeft(x1, rotation) ^ x0;
    }

    private static void Fill<T, TDraw>(RandomKey key, Span<T> y)
        where T : unmanaged
        where TDraw : struct, IDraw<T>
    {
        fixed (T* p = y)
        {
            var job = new Job<T, TDraw>(key, p, y.Length);
            Workers.Run((int)(((long)y.Length + Chunk - 1) / Chunk), job);
        }
    }

    private readonly struct Job<T, TDraw>(RandomKey key, T* y, int length) : IJob
        where T : unmanaged
        where TDraw : struct, IDraw<T>
    {
        public void Run(int block)
        {
            var high = stackalloc uint[Piece];
            var low = stackalloc uint[Piece];
            var end = Math.Min(length - (block * Chunk), Chunk) + (block * Chunk);
            for (var start = block * Chunk; start < end; start += Piece)
            {
                var count = Math.Min(Piece, end - start);
                Words(key, (uint)start, high, low, count);
                for (var i = 0; i < count; i++)
                {
                    y[start + i] = TDraw.Draw(high[i], low[i]);
                }
            }
        }
    }

    // Both words of the blocks with counters first, first + 1, …; the vectors do what Block does.
    private static void Words(RandomKey key, uint first, uint* high, uint* low, int count)
    {
        var i = 0;
        for (; i <= count - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            uint k2 = key.High ^ key.Low ^ Parity;
            var x0 = new Vector<uint>(key.High);
            var x1 = Vector<uint>.Indices + new Vector<uint>(first + (uint)i + key.Low);
            Even(ref x0, ref x1, key.Low, k2 + 1);
            Odd(ref x0, ref x1, k2, key.High + 2);
            Even(ref x0, ref x1, key.High, key.Low + 3);
            Odd(ref x0, ref x1, key.Low, k2 + 4);
            Even(ref x0, ref x1, k2, key.High + 5);
            x0.Store(high + i);
            x1.Store(low + i);
        }

        for (; i < count; i++)
        {
            (high[i], low[i]) = Block(key, 0, first + (uint)i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Even(ref Vector<uint> x0, ref Vector<uint> x1, uint a, uint b)
    {
        Round(ref x0, ref x1, 13);
        Round(ref x0, ref x1, 15);
        Round(ref x0, ref x1, 26);
        Round(ref x0, ref x1, 6);
        x0 += new Vector<uint>(a);
        x1 += new Vector<uint>(b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Odd(ref Vector<uint> x0, ref Vector<uint> x1, uint a, uint b)
    {
        Round(ref x0, ref x1, 17);
        Round(ref x0, ref x1, 29);
        Round(ref x0, ref x1, 16);
        Round(ref x0, ref x1, 24);
        x0 += new Vector<uint>(a);
        x1 += new Vector<uint>(b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref Vector<uint> x0, ref Vector<uint> x1, int rotation)
    {
        x0 += x1;
        x1 = (Vector.ShiftLeft(x1, rotation) | Vector.ShiftRightLogical(x1, 32 - rotation)) ^ x0;
    }

    private readonly struct BitsDraw : IDraw<uint>
    {
        public static uint Draw(uint high, uint low) => high ^ low;
    }

    // The bits are the fraction of a number in [1, 2).
    private readonly struct UniformDraw<T> : IDraw<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Draw(uint high, uint low)
        {
            if (typeof(T) == typeof(float))
            {
                return T.CreateTruncating(BitConverter.UInt32BitsToSingle(((high ^ low) >> 9) | 0x3F800000u) - 1f);
            }

            var bits = ((ulong)high << 32) | low;
            return T.CreateTruncating(BitConverter.UInt64BitsToDouble((bits >> 12) | 0x3FF0000000000000ul) - 1d);
        }
    }

    // JAX: u = max(low, (1 − low) f + low), where low is the number after −1 and f is uniform in [0, 1).
    private readonly struct NormalDraw<T> : IDraw<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static T Draw(uint high, uint low)
        {
            var smallest = T.BitIncrement(-T.One);
            var u = T.Max(smallest, (UniformDraw<T>.Draw(high, low) * (T.One - smallest)) + smallest);
            return T.CreateTruncating(ErrorFunction.NormalQuantile(double.CreateTruncating(u)));
        }
    }
}
