using System.Collections.Immutable;
using System.Globalization;

namespace Noether.Report;

/// <summary>
/// An immutable table for a <see cref="Page"/>: named columns and rows of cells.
/// <code>
/// Table.Create("element", "energy / eV").Row("Cu", -3.54).Row("Ni", -4.45)
/// </code>
/// A column is set to the right if all its cells are numbers, or texts that read as numbers.
/// </summary>
public sealed record Table
{
    private const int Digits = 6;

    private Table(ImmutableArray<string> columns) => Columns = columns;

    /// <summary>The names of the columns.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>The rows, each with as many cells as there are columns, as text.</summary>
    public ImmutableList<ImmutableArray<string>> Rows { get; private init; } = [];

    /// <summary>A table without rows.</summary>
    /// <param name="columns">The names of the columns, at least one.</param>
    /// <returns>The table.</returns>
    /// <exception cref="ArgumentException">There is no column.</exception>
    public static Table Create(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return columns.Length > 0
            ? new Table([.. columns])
            : throw new ArgumentException("Table: 0 columns; expected at least 1.");
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">
    /// One cell for each column. Floating-point numbers are written with at most six significant digits, all else in
    /// its own words and in the invariant culture; null is an empty cell. Pass text to choose the digits yourself.
    /// </param>
    /// <returns>The table with one row more.</returns>
    /// <exception cref="ArgumentException">The number of cells is not the number of columns.</exception>
    public Table Row(params object?[] cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        return cells.Length == Columns.Length
            ? this with { Rows = Rows.Add([.. cells.Select(Cell)]) }
            : throw new ArgumentException(
                $"Table row {Rows.Count + 1} has {cells.Length} cells, the table has {Columns.Length} columns "
                + $"({string.Join(", ", Columns)}).");
    }

    /// <summary>Adds a row for each item.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="cells">The cells of an item's row, as in <see cref="Row"/>.</param>
    /// <returns>The table with the rows added.</returns>
    /// <exception cref="ArgumentException">The number of cells of a row is not the number of columns.</exception>
    public Table RowsOf<T>(IEnumerable<T> items, Func<T, object?[]> cells)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(cells);
        return items.Aggregate(this, (table, item) => table.Row(cells(item)));
    }

    /// <summary>A value as the text of a cell.</summary>
    internal static string Cell(object? value) => value switch
    {
        null => "",
        double number => Numbers.Significant(number, Digits),
        float number => Numbers.Significant(number, Digits),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Whether all cells of a column that are not empty read as numbers, and one at least does.</summary>
    internal bool IsNumeric(int column)
    {
        string[] cells = [.. Rows.Select(row => row[column]).Where(cell => cell.Length > 0)];
        return cells.Length > 0 && cells.All(cell => double.TryParse(
            cell.Replace('−', '-').TrimEnd('%', ' '), NumberStyles.Float, CultureInfo.InvariantCulture, out _));
    }
}
