using System.CommandLine;
using Noether.Domain;
using Noether.Report;

namespace Noether.Cli;

/// <summary><c>noether view</c>: structures as a page on which they can be turned and played.</summary>
internal sealed class ViewCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The page to write; the name of FILE with the ending .html if it is left out.",
        HelpName = "PAGE",
    };

    public ViewCommand(Session session)
        : base(
            session,
            "view",
            "Draw structures on a page that is complete in one file. They can be turned (drag), "
            + "zoomed (wheel), panned (shift and drag) and played; a click tells about an atom. The page holds 16 bytes for "
            + "each atom of each frame.",
            """
              noether view POSCAR -o crystal.html
              noether view run.extxyz --frames ::10
            """)
    {
        Add(files);
        Add(output);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(files);
        string from = string.Join(", ", paths);

        if (paths is [StandardStream, ..] && parsed.GetValue(output) is null)
        {
            Bridge.Refuse("the page to write", "not named", "--output with a name, as standard input has none");
        }

        string to = parsed.GetValue(output) ?? Pages.Beside(paths[0]);
        using OutputFile? page = to == StandardStream ? null : Output(to);
        StructureView view = FramesOf(parsed, paths).Aggregate(StructureView.Create(), Pages.Add);

        if (view.Count == 0 && Code != ExitCode.Fine)
        {
            return;
        }

        if (view.Count == 0)
        {
            Bridge.Refuse("the selection of frames", "empty", $"at least one of the frames of {from}");
        }

        string html = Page.Create(string.Join(", ", paths.Select(Path.GetFileName))).View(view).ToHtml();

        if (page is null)
        {
            Session.Write(html);
            return;
        }

        page.Commit(html);

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
