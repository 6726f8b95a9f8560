using Noether.Domain;
using Noether.Report;

namespace Noether.Cli;

/// <summary>What the commands that write pages of HTML have in common.</summary>
internal static class Pages
{
    /// <summary>The page that stands beside a file: its name, the last ending (and .gz) replaced by .html.</summary>
    public static string Beside(string file)
    {
        string name = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        return Path.ChangeExtension(name, ".html");
    }

    /// <summary>A view with one frame more; its label names the frame.</summary>
    public static StructureView Add(StructureView view, Frame frame)
    {
        Structure structure = frame.Structure;
        return view.Frame(
            structure.Numbers, structure.Positions, structure.Cell.Vectors, $"frame {frame.Index}");
    }

    /// <summary>Writes a page.</summary>
    public static void Write(Page page, string path) => Guarded(path, () => page.Write(path));

    /// <summary>Writes a text.</summary>
    public static void WriteText(string text, string path) => Guarded(path, () => File.WriteAllText(path, text));

    /// <summary>What goes wrong is said as of any other file.</summary>
    private static void Guarded(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NoetherException(NoetherError.NewFileFailure(path, failure.Message));
        }
    }
}
