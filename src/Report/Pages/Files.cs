namespace Noether.Report;

/// <summary>Files that appear complete or not at all.</summary>
internal static class Files
{
    /// <summary>Writes UTF-8 text beside its place and moves it there; creates the folder.</summary>
    public static void Write(string path, string text)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new ArgumentException($"\"{path}\" is not a file.");
        Directory.CreateDirectory(folder);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
