namespace Noether.Cli;

/// <summary>What a misspelt word may have been meant to be.</summary>
internal static class Suggestion
{
    /// <summary>" Did you mean …?" with the nearest known word, or nothing where none is near.</summary>
    public static string For(string word, IEnumerable<string> known)
    {
        (string nearest, int distance) = known
            .Select(candidate => (candidate, Distance(word, candidate)))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, word.Length / 3) ? $" Did you mean '{nearest}'?" : "";
    }

    /// <summary>
    /// How many letters have to be changed, added or left out to make one word of the other (V. I. Levenshtein, Sov. Phys.
    /// Dokl. 10, 707 (1966)).
    /// </summary>
    public static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];

        for (int i = 1; i <= a.Length; i++)
        {
            int corner = row[0];
            row[0] = i;

            for (int j = 1; j <= b.Length; j++)
            {
                int changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
