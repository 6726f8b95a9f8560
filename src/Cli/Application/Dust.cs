using System.Text.RegularExpressions;

namespace Noether.Cli;

/// <summary>
/// The rule by which numbers are zero for people: those that rounding leaves where nothing should be. A number with a unit
/// shows as 0 where it is below 10⁻¹² of the scale of its quantity: the largest number of that unit in the same table, or
/// the unit's own scale, whichever is larger. Frequencies are roots of what is rounded, so theirs is 10⁻⁶. Numbers without
/// a unit are never touched, nor are those for programs.
/// </summary>
internal static partial class Dust
{
    private const double Rounding = 1e-12, RootOfRounding = 1e-6;

    // What is usual of a quantity in a crystal or a molecule.
    private static readonly Dictionary<string, (double Scale, double Part)> Units = new()
    {
        ["eV"] = (1, Rounding),
        ["eV/Å"] = (1, Rounding),
        ["eV/Å³"] = (0.01, Rounding),
        ["GPa"] = (1, Rounding),
        ["Å"] = (1, Rounding),
        ["°"] = (1, Rounding),
        ["THz"] = (1, RootOfRounding),
        ["cm⁻¹"] = (30, RootOfRounding),
        ["meV"] = (4, RootOfRounding),
    };

    /// <summary>The numbers of a table as people are to see them, by its columns and the unit in their names.</summary>
    public static object?[][] Swept(IReadOnlyList<string> columns, object?[][] rows)
    {
        // In a matrix, whose first column names its rows, a column without a unit has that of the whole.
        string whole = rows.All(row => row[0] is not double) ? UnitOf(columns[0]) : "";
        string[] units = [.. columns.Select(name => UnitOf(name) is { Length: > 0 } own ? own : whole)];
        Dictionary<string, double> largest = units.Distinct().ToDictionary(unit => unit, unit => rows
            .SelectMany(row => row.Where((_, column) => units[column] == unit))
            .OfType<double>().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max());
        object? Cell(object? value, int column) => Swept(units[column], value, largest[units[column]]);
        return [.. rows.Select(row => row.Select(Cell).ToArray())];
    }

    /// <summary>A number by itself.</summary>
    public static object? Swept(string name, object? value) => Swept(UnitOf(name), value, 0);

    private static object? Swept(string unit, object? value, double largest) =>
        value is double number && Units.TryGetValue(unit, out var known)
            && Math.Abs(number) < known.Part * Math.Max(known.Scale, largest)
            ? 0.0
            : value;

    private static string UnitOf(string name) => InBrackets().Match(name).Groups[1].Value;

    [GeneratedRegex(@"\(([^()]+)\)$")]
    private static partial Regex InBrackets();
}
