namespace Noether.Reference;

/// <summary>Rows of integers looked for and sorted one by one.</summary>
public static class RowTableReference
{
    public static int[] Row(int[] rows, int width, int i) => rows[(i * width)..((i + 1) * width)];

    public static int Find(int[] rows, int width, int count, int[] row)
    {
        for (var i = 0; i < count; i++)
        {
            if (Row(rows, width, i).SequenceEqual(row))
            {
                return i;
            }
        }

        return -1;
    }

    public static int[] Order(int[] rows, int width, int count) =>
        [.. Enumerable.Range(0, count)
            .OrderBy(i => Row(rows, width, i), Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];
}
