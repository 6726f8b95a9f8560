using System.CommandLine;
using Noether.Domain;

namespace Noether.Cli;

/// <summary><c>noether info</c>: what files hold.</summary>
internal sealed class InfoCommand : StructureCommand
{
    private readonly Argument<string[]> files =
        FilesArgument("FILE", "Files of structures, plain or .gz; - is standard input.");

    public InfoCommand(Session session)
        : base(
            session,
            "info",
            "Say what files hold: frames, atoms, formula, cell and named properties. Without "
            + "--frames, the first frame of each file is described; with --json, every frame.",
            """
              noether info water.xyz                     # the first frame, and how many there are
              noether info run.extxyz --frames=-1        # the last frame
              noether info run.extxyz.gz --frames ::100 --json | jq .info.energy
            """)
    {
        Add(files);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(files);

        if (IsJson(parsed))
        {
            ForEach(parsed, FramesOf(parsed, paths), frame => Session.Write(Json(frame)));
        }
        else if (RangeOf(parsed) is not null)
        {
            ForEach(parsed, FramesOf(parsed, paths), frame => Describe(frame, []));
        }
        else
        {
            foreach (string file in paths.SelectMany(Wildcard.Expand))
            {
                First(parsed, file);
            }
        }
    }

    private void First(ParseResult parsed, string file)
    {
        Frame? first = null;
        int count = 0;

        foreach (Frame frame in FramesOf(parsed, [file]))
        {
            first ??= frame;
            count++;
        }

        if (Code != ExitCode.Fine && first is null)
        {
            return;
        }

        (string, object?)[] facts = [("format", FormatOf(parsed, file).Name), ("frames", count)];

        if (first is { } described)
        {
            Describe(described, facts);
        }
        else
        {
            new Printer(Session).Heading(file).Facts(facts).Flush();
        }
    }

    private void Describe(Frame frame, (string, object?)[] before)
    {
        Structure structure = frame.Structure;
        List<(string, object?)> facts =
        [
            .. before,
            ("atoms", structure.Count),
            ("formula", Formula.Of(structure)),
            ("periodic", string.Join(' ', structure.Cell.Periodic.Select(periodic => periodic ? "T" : "F"))),
            .. Shape(structure),
        ];
        facts.AddRange(structure.PerAtom.Select(pair => ("per atom: " + pair.Key, (object?)pair.Value.ToString())));
        facts.AddRange(structure.Info.Select(pair => ("info: " + pair.Key, (object?)Told(pair.Value))));
        new Printer(Session).Heading($"{frame.File}, frame {frame.Index}").Facts(facts).Flush();
    }

    /// <summary>
    /// Lengths and angles of the lattice vectors, where there are any; volume and density where there are three.
    /// </summary>
    private static IEnumerable<(string, object?)> Shape(Structure structure)
    {
        Cell cell = structure.Cell;

        if (cell.Vectors.All(x => x == 0))
        {
            yield return ("cell", "none");
            yield break;
        }

        (double a, double b, double c) = CellModule.lengths(cell);
        (double alpha, double beta, double gamma) = CellModule.angles(cell);
        yield return ("a (Å)", a);
        yield return ("b (Å)", b);
        yield return ("c (Å)", c);
        yield return ("alpha (°)", alpha);
        yield return ("beta (°)", beta);
        yield return ("gamma (°)", gamma);

        if (CellModule.volume(cell)?.Value is { } volume)
        {
            yield return ("volume (Å³)", volume);
            yield return ("density (g/cm³)", Formula.Mass(structure) / volume / Units.gramPerCubicCentimetre);
        }
    }

    /// <summary>The value of a scalar, type and shape of anything else.</summary>
    private static object Told(Property property) => property.Shape.IsEmpty
        ? property.Values switch
        {
            Values.Reals { Item: var reals } => reals[0],
            Values.Integers { Item: var integers } => integers[0],
            Values.Booleans { Item: var booleans } => booleans[0],
            Values.Texts { Item: var texts } => texts[0],
            var other => other.TypeName,
        }
        : property.ToString();

    private static string Json(Frame frame) => JsonLine.Of(frame, writer => writer.Structure(frame.Structure));
}
