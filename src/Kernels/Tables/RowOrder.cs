namespace Noether.Kernels;

/// <summary>The lexicographic order of rows of integers.</summary>
public static class RowOrder
{
    private const int Few = 32;

    /// <summary>
    /// The numbers of the rows in ascending lexicographic order, equal rows in the order they stand in. Few rows are
    /// inserted one by one; many are dealt out by their bytes, the last one first, columns from the last to the first.
    /// </summary>
    /// <param name="rows">The rows one after the other.</param>
    /// <param name="width">Integers in a row, at least 0.</param>
    /// <param name="order">The result, one number for each row.</param>
    /// <param name="scratch">As long as <paramref name="order"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void Sort(ReadOnlySpan<int> rows, int width, Span<int> order, Span<int> scratch)
    {
        Guard.NotNegative(width, nameof(width));
        Guard.Length(rows.Length, (long)order.Length * width, nameof(rows));
        Guard.Length(scratch.Length, order.Length, nameof(scratch));
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        if (IsSorted(rows, width, order.Length))
        {
            return;
        }

        if (order.Length <= Few)
        {
            Insert(rows, width, order);
            return;
        }

        Span<int> source = order;
        Span<int> target = scratch;
        for (int column = width - 1; column >= 0; column--)
        {
            for (int shift = 0; shift < 32; shift += 8)
            {
                if (Deal(rows, width, column, shift, source, target))
                {
                    Span<int> dealt = target;
                    target = source;
                    source = dealt;
                }
            }
        }

        if (source != order)
        {
            source.CopyTo(order);
        }
    }

    /// <summary>Whether the rows stand in ascending lexicographic order, equal ones beside each other.</summary>
    /// <param name="rows">The rows one after the other.</param>
    /// <param name="width">Integers in a row, at least 0.</param>
    /// <param name="count">How many there are.</param>
    public static bool IsSorted(ReadOnlySpan<int> rows, int width, int count)
    {
        for (int i = 1; i < count; i++)
        {
            if (rows.Slice((i - 1) * width, width).SequenceCompareTo(rows.Slice(i * width, width)) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Insert(ReadOnlySpan<int> rows, int width, Span<int> order)
    {
        for (int i = 1; i < order.Length; i++)
        {
            var row = rows.Slice(i * width, width);
            int place = i;
            while (place > 0 && rows.Slice(order[place - 1] * width, width).SequenceCompareTo(row) > 0)
            {
                order[place] = order[place - 1];
                place--;
            }

            order[place] = i;
        }
    }

    /// <summary>Deals rows out by a byte of a column; nothing is done, and false returned, where all bytes agree.</summary>
    private static bool Deal(
        ReadOnlySpan<int> rows,
        int width,
        int column,
        int shift,
        ReadOnlySpan<int> source,
        Span<int> target)
    {
        Span<int> starts = stackalloc int[256];
        starts.Clear();
        for (int i = 0; i < source.Length; i++)
        {
            starts[Digit(rows[(i * width) + column], shift)]++;
        }

        if (starts[Digit(rows[column], shift)] == source.Length)
        {
            return false;
        }

        int start = 0;
        for (int digit = 0; digit < 256; digit++)
        {
            (starts[digit], start) = (start, start + starts[digit]);
        }

        foreach (int row in source)
        {
            target[starts[Digit(rows[(row * width) + column], shift)]++] = row;
        }

        return true;
    }

    /// <summary>A byte of a number moved up by 2³¹, so that the order of the bytes is that of the numbers.</summary>
    private static int Digit(int value, int shift) => (int)(((uint)value ^ 0x80000000) >> shift) & 255;
}
