namespace Noether.Cli;

/// <summary>Names of files with * and ?, which not every shell replaces by those it means.</summary>
internal static class Wildcard
{
    /// <summary>The files of a name, in the order of their names; the name itself where it means none.</summary>
    public static IEnumerable<string> Expand(string path)
    {
        string name = Path.GetFileName(path), folder = Path.GetDirectoryName(path) ?? "";

        if (!name.Contains('*') && !name.Contains('?') || File.Exists(path))
        {
            return [path];
        }

        string place = folder.Length > 0 ? folder : ".";
        string[] found = Directory.Exists(place)
            ? [.. Directory.EnumerateFiles(place, name).Select(file => Path.Combine(folder, Path.GetFileName(file)))]
            : [];
        Array.Sort(found, StringComparer.Ordinal);
        return found.Length > 0 ? found : [path];
    }
}
