using Noether.Kernels;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public class RowTableTests
{
    public static TheoryData<int, int, int> Cases()
    {
        var data = new TheoryData<int, int, int>();
        foreach (int count in (int[])[0, 1, 2, 5, 31, 32, 33, 100, 700])
        {
            foreach (int width in (int[])[1, 2, 4])
            {
                data.Add(count, width, 3);
                data.Add(count, width, int.MaxValue);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Numbers_are_those_of_a_search_from_the_beginning(int count, int width, int range)
    {
        int[] rows = Rows(count, width, range);
        var slots = new int[RowTable.Slots(count)];
        var numbers = new int[count];
        var firsts = new int[count];
        int distinct = RowTable.Number(rows, width, slots, numbers, firsts);
        Assert.Equal(distinct, numbers.Distinct().Count());
        for (int i = 0; i < count; i++)
        {
            int first = RowTableReference.Find(rows, width, count, RowTableReference.Row(rows, width, i));
            Assert.Equal(first, firsts[numbers[i]]);
            Assert.Equal(first, RowTable.Find(rows, width, slots, rows.AsSpan(i * width, width)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_table_ends_at_the_first_repetition_and_finds_what_is_in_it(int count, int width, int range)
    {
        int[] rows = Rows(count, width, range);
        int[] first = [.. Enumerable.Range(0, count).Where(i =>
            RowTableReference.Find(rows, width, count, RowTableReference.Row(rows, width, i)) < i)];
        int repeated = RowTable.Fill(rows, count, width, new int[RowTable.Slots(count)]);
        Assert.Equal(first.Length == 0 ? -1 : first[0], repeated);

        int whole = repeated < 0 ? count : repeated;
        int[] distinct = rows[..(whole * width)];
        var slots = new int[RowTable.Slots(whole)];
        Assert.Equal(-1, RowTable.Fill(distinct, whole, width, slots));
        int[] sought = Rows(50, width, range);
        var places = new int[50];
        RowTable.FindAll(distinct, width, slots, sought, places);
        for (int i = 0; i < 50; i++)
        {
            int[] row = RowTableReference.Row(sought, width, i);
            Assert.Equal(RowTableReference.Find(distinct, width, whole, row), places[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_is_lexicographic_and_stable(int count, int width, int range)
    {
        int[] rows = Rows(count, width, range);
        var order = new int[count];
        RowOrder.Sort(rows, width, order, new int[count]);
        Assert.Equal(RowTableReference.Order(rows, width, count), order);
    }

    [Fact]
    public void Rows_without_columns_are_all_the_same()
    {
        Assert.Equal(1, RowTable.Fill([], 2, 0, new int[RowTable.Slots(2)]));
        var order = new int[3];
        RowOrder.Sort([], 0, order, new int[3]);
        Assert.Equal([0, 1, 2], order);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RowTable.Fill([1, 2, 3], 2, 2, new int[4]));
        Assert.Throws<ArgumentException>(() => RowOrder.Sort([1, 2, 3], 2, new int[2], new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => RowTable.Slots(-1));
    }

    /// <summary>Rows of numbers from −range to range, always the same ones.</summary>
    private static int[] Rows(int count, int width, int range)
    {
        var random = new Random(17 + count + width);
        return [.. Enumerable.Range(0, count * width).Select(_ => random.Next(-range, range))];
    }
}
