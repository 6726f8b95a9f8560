using Noether.Domain;
using Noether.Report;

namespace Noether.Cli;

/// <summary>The common ground of the commands that write pages of HTML.</summary>
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
}
