namespace Noether.Kernels;

/// <summary>
/// A key of the random numbers: a value, split and folded into other keys, never changed. The same key gives the same
/// numbers on every machine. Keys and bits are those of JAX with <c>jax_threefry_partitionable</c> set, its default
/// since 0.5.
/// </summary>
/// <param name="High">The first word.</param>
/// <param name="Low">The second word.</param>
public readonly record struct RandomKey(uint High, uint Low)
{
    /// <summary>The key of a seed: its upper and lower 32 bits, as JAX's <c>PRNGKey</c> with 64-bit integers.</summary>
    /// <param name="seed">Any number.</param>
    public static RandomKey FromSeed(ulong seed) => new((uint)(seed >> 32), (uint)seed);

    /// <summary>n keys that are independent of each other and of this one, as <c>jax.random.split</c>.</summary>
    /// <param name="n">The number of keys.</param>
    /// <returns>Key i is both words of the block with counter i.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is negative.</exception>
    public RandomKey[] Split(int n)
    {
        Guard.NotNegative(n, nameof(n));
        var keys = new RandomKey[n];
        for (var i = 0; i < n; i++)
        {
            var (high, low) = Threefry.Block(this, 0, (uint)i);
            keys[i] = new RandomKey(high, low);
        }

        return keys;
    }

    /// <summary>The key of this key and a number, as <c>jax.random.fold_in</c>.</summary>
    /// <param name="data">Any number, such as the number of a step.</param>
    public RandomKey Fold(uint data)
    {
        var (high, low) = Threefry.Block(this, 0, data);
        return new RandomKey(high, low);
    }
}
