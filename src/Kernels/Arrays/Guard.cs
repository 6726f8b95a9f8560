using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

// Kernels write every scratch element before they read it.
[module: SkipLocalsInit]

namespace Noether.Kernels;

/// <summary>Checks of arguments; the throwing halves are apart so that the checks inline.</summary>
internal static class Guard
{
    /// <summary>Requires that the span <paramref name="name"/> has <paramref name="expected"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Length(int actual, long expected, string name, [CallerMemberName] string operation = "")
    {
        if (actual != expected)
        {
            ThrowLength(actual, expected, name, operation);
        }
    }

    /// <summary>Requires a positive number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Positive(int value, string name, [CallerMemberName] string operation = "")
    {
        if (value <= 0)
        {
            ThrowRange(value, "at least 1", name, operation);
        }
    }

    /// <summary>Requires a number that is zero or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NotNegative(int value, string name, [CallerMemberName] string operation = "")
    {
        if (value < 0)
        {
            ThrowRange(value, "at least 0", name, operation);
        }
    }

    /// <summary>Requires at most <paramref name="limit"/> of something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AtMost(int value, int limit, string name, [CallerMemberName] string operation = "")
    {
        if (value > limit)
        {
            ThrowRange(value, $"at most {limit}", name, operation);
        }
    }

    /// <summary>The number of rows of <paramref name="width"/> in <paramref name="length"/> elements.</summary>
    public static int RowCount(int length, int width, string name, [CallerMemberName] string operation = "")
    {
        Positive(width, nameof(width), operation);
        var (rows, rest) = Math.DivRem(length, width);
        if (rest != 0)
        {
            throw new ArgumentException(
                $"{operation}: {name} has {length} elements, which is no whole number of rows of {width}.",
                name);
        }

        return rows;
    }

    /// <summary>Throws for an index outside its range.</summary>
    [DoesNotReturn]
    public static void ThrowIndex(int position, int value, int rows, string name, string operation)
    {
        var range = rows == 0 ? "there are no rows" : $"expected 0 to {rows - 1}";
        throw new ArgumentOutOfRangeException(
            name,
            value,
            $"{operation}: {name}[{position}] is {value}, {range}.");
    }

    [DoesNotReturn]
    private static void ThrowLength(int actual, long expected, string name, string operation) =>
        throw new ArgumentException($"{operation}: {name} has {actual} elements, expected {expected}.", name);

    [DoesNotReturn]
    private static void ThrowRange(int value, string expected, string name, string operation) =>
        throw new ArgumentOutOfRangeException(
            name,
            value,
            $"{operation}: {name} is {value}, expected {expected}.");
}
