using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Threefry-2x32 with 20 rounds, a counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3", SC 2011, doi 10.1145/2063384.2063405), with JAX's conventions. Element i depends on the key and on i only.
/// </summary>
public static unsafe class Threefry
{
    private const int Chunk = 16384;

    // 240 from the key schedule of Skein (Threefish), for 32-bit words.
    private const uint Parity = 0x1BD11BDA;

    private interface IDraw<T>
        where T : unmanaged
    {
        /// <summary>y[i] for the elements from <paramref name="first"/> on.</summary>
        void Fill(long first, Span<T> y);
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

    /// <summary>32 random bits each: the exclusive or of both words of the block of the element's 64-bit number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Bits(RandomKey key, Span<uint> y) => Fill(new BitsDraw(key), y);

    /// <summary>
    /// Uniform numbers in [0, 1), as <c>jax.random.uniform</c>: float from the upper 23 of 32 bits; double from the upper 52 of
    /// 64 bits, the first word of the element's block being the upper half.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Uniform<T>(RandomKey key, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Fill(new UniformDraw<T>(key), y);

    /// <summary>
    /// Standard normal numbers, √2 erf⁻¹(u) with u uniform in (−1, 1), as <c>jax.random.normal</c> up to the rounding of erf⁻¹.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="y">The result.</param>
    public static void Normal<T>(RandomKey key, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Fill(new NormalDraw<T>(key), y);

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

    private static void Fill<T, TDraw>(TDraw draw, Span<T> y)
        where T : unmanaged
        where TDraw : struct, IDraw<T>
    {
        if (y.Length <= Chunk)
        {
            draw.Fill(0, y);
            return;
        }

        fixed (T* p = y)
        {
            Workers.Run((int)(((long)y.Length + Chunk - 1) / Chunk), new Job<T, TDraw>(draw, p, y.Length));
        }
    }

    private readonly struct Job<T, TDraw>(TDraw draw, T* y, int length) : IJob
        where T : unmanaged
        where TDraw : struct, IDraw<T>
    {
        public void Run(int block)
        {
            var first = block * Chunk;
            draw.Fill(first, new Span<T>(y + first, Math.Min(Chunk, length - first)));
        }
    }

    private readonly struct BitsDraw(RandomKey key) : IDraw<uint>
    {
        public void Fill(long first, Span<uint> y)
        {
            for (var i = 0; i < y.Length; i++)
            {
                var (high, low) = Block(key, 0, (uint)(first + i));
                y[i] = high ^ low;
            }
        }
    }

    private readonly struct UniformDraw<T>(RandomKey key) : IDraw<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Fill(long first, Span<T> y)
        {
            for (var i = 0; i < y.Length; i++)
            {
                y[i] = Unit(Block(key, 0, (uint)(first + i)));
            }
        }

        // The bits are the fraction of a number in [1, 2).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Unit((uint First, uint Second) words)
        {
            if (typeof(T) == typeof(float))
            {
                var bits = (words.First ^ words.Second) >> 9;
                return T.CreateTruncating(BitConverter.UInt32BitsToSingle(bits | 0x3F800000u) - 1f);
            }
            else
            {
                var bits = (((ulong)words.First << 32) | words.Second) >> 12;
                return T.CreateTruncating(BitConverter.UInt64BitsToDouble(bits | 0x3FF0000000000000ul) - 1d);
            }
        }
    }

    // JAX: u = max(low, (1 − low) f + low), where low is the number after −1 and f is uniform in [0, 1).
    private readonly struct NormalDraw<T>(RandomKey key) : IDraw<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Fill(long first, Span<T> y)
        {
            var low = T.BitIncrement(-T.One);
            var range = T.One - low;
            for (var i = 0; i < y.Length; i++)
            {
                var unit = UniformDraw<T>.Unit(Block(key, 0, (uint)(first + i)));
                var u = T.Max(low, (unit * range) + low);
                y[i] = T.CreateTruncating(ErrorFunction.NormalQuantile(double.CreateTruncating(u)));
            }
        }
    }
}
