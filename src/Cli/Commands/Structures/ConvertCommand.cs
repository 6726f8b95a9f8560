using System.CommandLine;
using Noether.Domain;

namespace Noether.Cli;

/// <summary><c>noether convert</c>: structures from one file to another, the formats by their names.</summary>
internal sealed class ConvertCommand : StructureCommand
{
    private readonly Argument<string> input = FileArgument("IN", "The file to read.");

    private readonly Argument<string> output =
        FileArgument(
            "OUT",
            "The file to write; one that exists is replaced. A name that ends in .gz is compressed. - is standard output.");

    private readonly Option<string?> outputFormat = new("--to")
    {
        Description = "The format to write, whatever the name; without the option, names say it, and standard output is "
            + "extended XYZ.",
        HelpName = "ENDING",
    };

    private readonly Option<bool> align = new("--align")
    {
        Description = "Turn each structure so that the first vector of its cell lies along x and the second in the plane "
            + "of x and y, as LAMMPS has them.",
    };

    private readonly StructureOutput writing;

    public ConvertCommand(Session session)
        : base(
            session,
            "convert",
            "Write structures in another format. The names say which: " + Endings() + ", each perhaps with .gz. What a "
            + "format cannot hold is left out with a warning (--strict refuses it).",
            """
              noether convert POSCAR start.extxyz
              noether convert run.extxyz last.vasp --frames=-1
              noether convert run.extxyz thinned.extxyz.gz --frames 1000::10
              noether convert silicon.cif silicon.data --align
              zcat run.pdb.gz | noether convert - - --format pdb | noether info -
            """)
    {
        Add(input);
        Add(output);
        Add(outputFormat);
        Add(align);
        writing = new StructureOutput(this, session);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string from = parsed.GetRequiredValue(input), to = parsed.GetRequiredValue(output);
        Format format = Bridge.Get(
            parsed.GetValue(outputFormat) is { } name ? Formats.ofName(name)
            : to == StandardStream ? Formats.ofName("extxyz")
            : Formats.ofPath(to));

        if (from != StandardStream && Path.GetFullPath(from) == Path.GetFullPath(to))
        {
            Bridge.Refuse("the file to write", to, "another one than the file that is read");
        }

        // OUT is touched only when there is something to write to it.
        using IEnumerator<Frame> frames = FramesOf(parsed, from).GetEnumerator();

        if (!frames.MoveNext())
        {
            Bridge.Refuse("the selection of frames", "empty", $"at least one of the frames of {from}");
        }

        int count = 0;
        bool isAligned = parsed.GetValue(align);

        IEnumerable<Structure> Structures()
        {
            do
            {
                count++;
                Frame frame = frames.Current;
                yield return isAligned ? frame.Within(one => Bridge.Get(Lammps.align(one))) : frame.Structure;
            }
            while (frames.MoveNext());
        }

        if (to == StandardStream)
        {
            foreach (string piece in writing.Pieces(parsed, format, Structures()))
            {
                Session.Write(piece);
            }

            return;
        }

        using OutputFile file = new(to);
        writing.Commit(parsed, format, file, Structures());

        if (IsJson(parsed))
        {
            Session.Write(JsonLine.Of(writer =>
            {
                writer.WriteString("input", from);
                writer.WriteString("output", to);
                writer.WriteNumber("frames", count);
                writer.Texts("warnings", Session.Warnings);
            }));
        }
        else
        {
            new Printer(Session).Facts(("input", from), ("output", to), ("frames", count)).Flush();
        }
    }

    private static string Endings() =>
        string.Join(", ", Formats.all.Select(format =>
            $"{format.Name} ({string.Join(", ", format.Extensions.Select(ending => "." + ending))})"));
}
