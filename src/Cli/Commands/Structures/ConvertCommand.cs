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

    public ConvertCommand(Session session)
        : base(
            session,
            "convert",
            "Write structures in another format. The names say which: " + Endings() + ", each perhaps with .gz. What a "
            + "format cannot hold is refused, never left out.",
            """
              noether convert POSCAR start.extxyz
              noether convert run.extxyz last.vasp --frames=-1
              noether convert run.extxyz thinned.extxyz.gz --frames 1000::10
              zcat run.pdb.gz | noether convert - - --format pdb | noether info -
            """)
    {
        Add(input);
        Add(output);
        Add(outputFormat);
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

        IEnumerable<Structure> Structures()
        {
            do
            {
                count++;
                yield return frames.Current.Structure;
            }
            while (frames.MoveNext());
        }

        if (to == StandardStream)
        {
            Session.Write(Bridge.Get(format.Print.Invoke(Bridge.List(Structures()))));
            return;
        }

        Write(format, to, Structures());

        if (IsJson(parsed))
        {
            Session.Write(JsonLine.Of(writer =>
            {
                writer.WriteString("input", from);
                writer.WriteString("output", to);
                writer.WriteNumber("frames", count);
            }));
        }
        else
        {
            new Printer(Session).Facts(("input", from), ("output", to), ("frames", count)).Flush();
        }
    }

    /// <summary>
    /// Extended XYZ goes frame by frame, so that files may be larger than memory; the others are whole.
    /// </summary>
    private static void Write(Format format, string path, IEnumerable<Structure> structures) => Bridge.Get(
        format.Extensions.Contains("extxyz")
            ? ExtXyz.write(path, structures)
            : format.Write.Invoke(path).Invoke(Bridge.List(structures)));

    private static string Endings() =>
        string.Join(", ", Formats.all.Select(format =>
            $"{format.Name} ({string.Join(", ", format.Extensions.Select(ending => "." + ending))})"));
}
