using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace Noether.Kernels.Tests;

/// <summary>Inputs with fixed seeds, and comparison with the naive twins, which compute in double.</summary>
internal static class Samples
{
    /// <summary>0, 1, W − 1, W, W + 1, 8 W + 3 for W = 2, 4, 8, 16 lanes, and the edges of scratch chunks.</summary>
    public static readonly int[] Lengths =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 19, 35, 67, 131, 255, 256, 257, 511, 512, 513, 1027];

    /// <summary>Above the length from which elementwise kernels are parallel, and no multiple of anything.</summary>
    public const int Large = 200_003;

    public static T[] Uniform<T>(int seed, int length, double low, double high)
        where T : unmanaged, INumberBase<T>
    {
        var random = new Random(seed);
        var x = new T[length];
        for (var i = 0; i < length; i++)
        {
            x[i] = T.CreateTruncating(low + ((high - low) * random.NextDouble()));
        }

        return x;
    }

    /// <summary>The spacing of numbers above one.</summary>
    public static double Epsilon<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        double.CreateTruncating(T.BitIncrement(T.One) - T.One);

    public static double[] ToDouble<T>(T[] x)
        where T : unmanaged, INumberBase<T> => Array.ConvertAll(x, double.CreateTruncating);

    public static T[] From<T>(double[] x)
        where T : unmanaged, INumberBase<T> => Array.ConvertAll(x, T.CreateTruncating);

    /// <summary>|actual − expected| ≤ units · epsilon · scale, by element; NaN and infinities agree exactly.</summary>
    public static void Close<T>(double[] expected, T[] actual, double units, Func<int, double> scale, string what)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var value = double.CreateTruncating(actual[i]);
            var rounded = double.CreateTruncating(T.CreateTruncating(expected[i]));
            if (value.Equals(rounded))
            {
                continue;
            }

            // Below the normal numbers the spacing is absolute.
            var bound = (units * Epsilon<T>() * scale(i)) + double.CreateTruncating(T.Epsilon);
            Assert.True(
                Math.Abs(value - expected[i]) <= bound,
                $"{what}<{typeof(T).Name}>, element {i} of {expected.Length}: "
                + $"{value:r}, expected {expected[i]:r} ± {bound:r}");
        }
    }

    /// <summary>Relative to each expected element.</summary>
    public static void Close<T>(double[] expected, T[] actual, double units, string what)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Close(expected, actual, units, i => Math.Abs(expected[i]), what);

    /// <summary>Bits equal, so that −0 differs from 0 and NaN is itself.</summary>
    public static void SameBits<T>(T[] expected, T[] actual)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes<T>(expected);
        var same = bytes.CommonPrefixLength(MemoryMarshal.AsBytes<T>(actual));
        if (same < bytes.Length || expected.Length != actual.Length)
        {
            var i = same / Unsafe.SizeOf<T>();
            Assert.Fail($"element {i} of {expected.Length} is {actual[i]}, expected the bits of {expected[i]}");
        }
    }

    /// <summary>Runs with 1, 2 and 5 threads and requires the same bits.</summary>
    public static void SameForAllThreads<T>(Func<T[]> run)
        where T : unmanaged
    {
        T[] expected;
        using (Workers.LimitTo(1))
        {
            expected = run();
        }

        foreach (var threads in (int[])[2, 5])
        {
            using (Workers.LimitTo(threads))
            {
                SameBits(expected, run());
            }
        }
    }

    /// <summary>An exception of exactly this type whose message has all the parts.</summary>
    public static void Throws<TException>(Action action, params string[] parts)
        where TException : Exception
    {
        var error = Assert.Throws<TException>(action);
        foreach (var part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }
}
