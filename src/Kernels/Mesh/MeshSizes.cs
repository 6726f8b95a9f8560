namespace Noether.Kernels;

/// <summary>Numbers of mesh points that transforms are fast for.</summary>
public static class MeshSizes
{
    private const int Most = 1 << 30;

    /// <summary>The least 2^a 3^b 5^c that is not below a number.</summary>
    /// <param name="least">The number; below 1 it counts as 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is above 2³⁰.</exception>
    public static int Smooth(int least)
    {
        Guard.AtMost(least, Most, nameof(least));
        long best = Most;
        for (long fives = 1; fives < best; fives *= 5)
        {
            for (long threes = fives; threes < best; threes *= 3)
            {
                long size = threes;
                while (size < least)
                {
                    size *= 2;
                }

                best = Math.Min(best, size);
            }
        }

        return (int)best;
    }

    /// <summary>The least power of two that is not below a number.</summary>
    /// <param name="least">The number; below 1 it counts as 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is above 2³⁰.</exception>
    public static int PowerOfTwo(int least)
    {
        Guard.AtMost(least, Most, nameof(least));
        int size = 1;
        while (size < least)
        {
            size *= 2;
        }

        return size;
    }
}
