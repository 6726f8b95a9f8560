using Xunit;

namespace Noether;

/// <summary>Pairs as the tests have them: of sequences of equal lengths, where LINQ stops at the end of the shorter.</summary>
internal static class EqualLengths
{
    public static IEnumerable<(TFirst First, TSecond Second)> Zip<TFirst, TSecond>(
        this IEnumerable<TFirst> first, IEnumerable<TSecond> second) => Zip(first, second, (a, b) => (a, b));

    public static IEnumerable<TPair> Zip<TFirst, TSecond, TPair>(
        this IEnumerable<TFirst> first, IEnumerable<TSecond> second, Func<TFirst, TSecond, TPair> pair)
    {
        TFirst[] a = [.. first];
        TSecond[] b = [.. second];
        Assert.Equal(a.Length, b.Length);
        return Enumerable.Zip(a, b, pair);
    }
}
