using System.CommandLine;
using Noether.Report;

namespace Noether.Cli;

/// <summary><c>noether view</c>: structures as a page on which they can be turned and played.</summary>
internal sealed class ViewCommand : StructureCommand
{
    private readonly Argument<string> file = FileArgument("FILE", "A file of structures.");

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The page to write; the name of FILE with the ending .html if it is left out.",
        HelpName = "PAGE",
    };

    public ViewCommand(Session session)
        : base(
            session,
            "view",
            "Write a page of HTML, complete in one file, on which the structures of a file can be turned (drag), "
            + "zoomed (wheel), panned (shift and drag) and played; a click tells about an atom. The page holds 16 bytes for "
            + "each atom of each frame.",
            """
              noether view POSCAR -o crystal.html
              noether view run.extxyz --frames ::10
            """)
    {
        Add(file);
        Add(output);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string from = parsed.GetRequiredValue(file);

        if (from == StandardStream && parsed.GetValue(output) is null)
        {
            Bridge.Refuse("the page to write", "not named", "--output with a name, as standard input has none");
        }

        string to = parsed.GetValue(output) ?? Pages.Beside(from);
        StructureView view = FramesOf(parsed, from).Aggregate(StructureView.Create(), Pages.Add);

        if (view.Count == 0)
        {
            Bridge.Refuse("the selection of frames", "empty", $"at least one of the frames of {from}");
        }

        string html = Page.Create(Path.GetFileName(from)).View(view).ToHtml();

        if (to == StandardStream)
        {
            Session.Write(html);
            return;
        }

        AtomicFile.Write(to, html);

        if (IsJson(parsed))
        {
            Session.Write(JsonLine.Of(writer =>
            {
                writer.WriteString("input", from);
                writer.WriteString("output", to);
                writer.WriteNumber("frames", view.Count);
                writer.Texts("warnings", Session.Warnings);
            }));
        }
        else
        {
            new Printer(Session).Facts(("input", from), ("output", to), ("frames", view.Count)).Flush();
        }
    }
}
