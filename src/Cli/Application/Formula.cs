using Noether.Domain;

namespace Noether.Cli;

/// <summary>The chemical formula of a structure, and its kin.</summary>
internal static class Formula
{
    /// <summary>
    /// The formula by the rule of Hill (J. Am. Chem. Soc. 22, 478 (1900)): carbon, then hydrogen, then the others by
    /// their symbols; without carbon all by their symbols.
    /// </summary>
    public static string Of(Structure structure)
    {
        var counts = structure.Numbers.CountBy(Elements.symbol).ToDictionary();
        bool isOrganic = counts.ContainsKey("C");
        int Rank(string symbol) => !isOrganic ? 2 : symbol == "C" ? 0 : symbol == "H" ? 1 : 2;
        return string.Concat(counts
            .OrderBy(pair => Rank(pair.Key))
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => pair.Value == 1 ? pair.Key : $"{pair.Key}{pair.Value}"));
    }

    /// <summary>Elements in ascending order as ranges: "H–Bi, Ac–Pu".</summary>
    public static string Ranges(IReadOnlyList<int> elements)
    {
        List<(int First, int Last)> ranges = [];

        foreach (int element in elements.Order())
        {
            if (ranges is [.., var last] && element == last.Last + 1)
            {
                ranges[^1] = (last.First, element);
            }
            else
            {
                ranges.Add((element, element));
            }
        }

        return string.Join(", ", ranges.Select(range => range.First == range.Last
            ? Elements.symbol(range.First)
            : $"{Elements.symbol(range.First)}–{Elements.symbol(range.Last)}"));
    }

    /// <summary>The standard mass of all atoms, amu.</summary>
    public static double Mass(Structure structure) => structure.Numbers.Sum(Elements.mass);
}
