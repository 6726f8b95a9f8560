using System.CommandLine;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>The options of commands that write structures, and the writing.</summary>
internal sealed class StructureOutput
{
    private readonly Session session;

    private readonly Option<bool> strict = new("--strict")
    {
        Description = "Refuse to write properties that the format cannot hold; without the option they are left out "
            + "with a warning.",
    };

    /// <summary>Adds the options to a command.</summary>
    public StructureOutput(Command command, Session session)
    {
        this.session = session;
        command.Add(strict);
    }

    /// <summary>The text of a file of structures, in pieces; what is left out becomes a warning.</summary>
    public IEnumerable<string> Pieces(ParseResult parsed, Format format, IEnumerable<Structure> structures) =>
        format.Pieces.Invoke(Options(parsed, notice => session.Warn(notice.ToString()))).Invoke(structures);

    /// <summary>
    /// Opens a file for structures, before the work that leads to them, and refuses it where such structures cannot be
    /// written to it.
    /// </summary>
    public OutputFile Open(ParseResult parsed, Format format, string path, IEnumerable<Structure> before)
    {
        foreach (string _ in format.Pieces.Invoke(Options(parsed, _ => { })).Invoke(before))
        {
            // The text is of no use, only that there is one.
        }

        return new OutputFile(path);
    }

    /// <summary>Writes structures to a file that was opened for them, and puts it in its place.</summary>
    public void Commit(ParseResult parsed, Format format, OutputFile file, IEnumerable<Structure> structures)
    {
        foreach (string piece in Pieces(parsed, format, structures))
        {
            file.Write(piece);
        }

        file.Commit();
    }

    private WritingOptions Options(ParseResult parsed, Action<Notice> notice) =>
        new(parsed.GetValue(strict), Bridge.Action(notice));
}
