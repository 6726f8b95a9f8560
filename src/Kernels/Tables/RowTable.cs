using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Rows of integers, found by what they hold: a table of slots, open addressing, linear probing. A slot is 0 where it is
/// free, else 1 + the number of a row. The memory is the caller's; a row of no integers is a row like any other.
/// </summary>
public static class RowTable
{
    /// <summary>The slots that a table of so many rows needs: a power of two, at most half of them in use.</summary>
    /// <param name="rows">The number of rows, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number, or more than 2²⁹ rows.</exception>
    public static int Slots(int rows)
    {
        Guard.NotNegative(rows, nameof(rows));
        Guard.AtMost(rows, 1 << 29, nameof(rows));
        return (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, 2 * rows));
    }

    /// <summary>
    /// Numbers rows by what they hold: numbers[i] is the number of row i among the distinct rows in the order of their
    /// first appearance, firsts[k] the first row that holds the k-th of them.
    /// </summary>
    /// <param name="rows">The rows one after the other.</param>
    /// <param name="width">Integers in a row, at least 0.</param>
    /// <param name="slots">Zeros, as many as <see cref="Slots"/> says; afterwards the table of the first rows.</param>
    /// <param name="numbers">A number for each row.</param>
    /// <param name="firsts">As long as <paramref name="numbers"/>; what is beyond the result is not written.</param>
    /// <returns>How many distinct rows there are.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static int Number(
        ReadOnlySpan<int> rows,
        int width,
        Span<int> slots,
        Span<int> numbers,
        Span<int> firsts)
    {
        Check(rows, width, slots, numbers.Length);
        Guard.Length(firsts.Length, numbers.Length, nameof(firsts));
        int distinct = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            int slot = Probe(rows, width, slots, rows.Slice(i * width, width));
            if (slots[slot] == 0)
            {
                slots[slot] = i + 1;
                firsts[distinct] = i;
                numbers[i] = distinct++;
            }
            else
            {
                numbers[i] = numbers[slots[slot] - 1];
            }
        }

        return distinct;
    }

    /// <summary>Enters rows into a table of them.</summary>
    /// <param name="rows">The rows one after the other.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="width">Integers in a row, at least 0.</param>
    /// <param name="slots">Zeros, as many as <see cref="Slots"/> says; afterwards the table.</param>
    /// <returns>The first row that repeats an earlier one, where the table ends; −1 where all differ.</returns>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static int Fill(ReadOnlySpan<int> rows, int count, int width, Span<int> slots)
    {
        Check(rows, width, slots, count);
        for (int i = 0; i < count; i++)
        {
            int slot = Probe(rows, width, slots, rows.Slice(i * width, width));
            if (slots[slot] != 0)
            {
                return i;
            }

            slots[slot] = i + 1;
        }

        return -1;
    }

    /// <summary>The row of a table that holds these integers, −1 where there is none.</summary>
    /// <param name="rows">The rows of the table.</param>
    /// <param name="width">Integers in a row.</param>
    /// <param name="slots">The table.</param>
    /// <param name="row">What is looked for.</param>
    /// <exception cref="ArgumentException">The row has another width.</exception>
    public static int Find(ReadOnlySpan<int> rows, int width, ReadOnlySpan<int> slots, ReadOnlySpan<int> row)
    {
        Guard.Length(row.Length, width, nameof(row));
        return slots[Probe(rows, width, slots, row)] - 1;
    }

    /// <summary>For each of some rows its place in a table, −1 where it is not there.</summary>
    /// <param name="rows">The rows of the table.</param>
    /// <param name="width">Integers in a row.</param>
    /// <param name="slots">The table.</param>
    /// <param name="sought">The rows that are looked for.</param>
    /// <param name="places">A place for each of them.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void FindAll(
        ReadOnlySpan<int> rows,
        int width,
        ReadOnlySpan<int> slots,
        ReadOnlySpan<int> sought,
        Span<int> places)
    {
        Guard.Length(sought.Length, (long)places.Length * width, nameof(sought));
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = slots[Probe(rows, width, slots, sought.Slice(i * width, width))] - 1;
        }
    }

    private static void Check(ReadOnlySpan<int> rows, int width, Span<int> slots, int count)
    {
        Guard.NotNegative(width, nameof(width));
        Guard.Length(rows.Length, (long)count * width, nameof(rows));
        Guard.Length(slots.Length, Slots(count), nameof(slots));
    }

    /// <summary>The slot that has the row, or the free one where it would stand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Probe(ReadOnlySpan<int> rows, int width, ReadOnlySpan<int> slots, ReadOnlySpan<int> row)
    {
        int mask = slots.Length - 1;
        int slot = (int)Hash(row) & mask;
        while (slots[slot] != 0 && !rows.Slice((slots[slot] - 1) * width, width).SequenceEqual(row))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    /// <summary>The integers multiplied and mixed one after the other; the finisher is that of splitmix64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ReadOnlySpan<int> row)
    {
        ulong hash = 0x9E3779B97F4A7C15;
        foreach (int value in row)
        {
            hash = (BitOperations.RotateLeft(hash, 29) ^ (uint)value) * 0xBF58476D1CE4E5B9;
        }

        hash ^= hash >> 30;
        hash *= 0x94D049BB133111EB;
        return (uint)(hash >> 32);
    }
}
