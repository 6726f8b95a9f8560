using System.CommandLine;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether neighbors</c>: the pairs of atoms within a cut-off.</summary>
internal sealed class NeighborsCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");

    private readonly Option<double> cutoff = new("--cutoff", "-c")
    {
        Description = "Pairs nearer than this are listed, Å.",
        HelpName = "Å",
        Required = true,
    };

    private readonly Option<bool> half = new("--half")
    {
        Description = "Of each pair and its reverse, list one.",
    };

    public NeighborsCommand(Session session)
        : base(
            session,
            "neighbors",
            "List the pairs of atoms nearer than a cut-off. Images by the periodic axes are included: the centre i, its "
            + "neighbour j, the whole numbers S of lattice vectors between them, and the distance "
            + "d = |r_j + S·H − r_i|.",
            """
              noether neighbors quartz.cif --cutoff 2
              noether neighbors run.extxyz --cutoff 5 --half --frames=-1
              noether neighbors run.extxyz --cutoff 5 --json | jq '.d | length'
            """)
    {
        Add(files);
        Add(cutoff);
        Add(half);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        double length = parsed.GetRequiredValue(cutoff);
        bool isHalf = parsed.GetValue(half), isJson = IsJson(parsed);

        ForEach(parsed, FramesOf(parsed, parsed.GetRequiredValue(files)), frame =>
        {
            (Pairs pairs, double[] distances) = frame.Within(structure => List(structure, length, isHalf));

            if (isJson)
            {
                Session.Write(Json(frame, pairs, distances));
            }
            else
            {
                Print(frame, pairs, distances);
            }
        });
    }

    private static (Pairs Pairs, double[] Distances) List(Structure structure, double cutoff, bool isHalf)
    {
        Pairs all = Bridge.Get(Neighbours.build(cutoff, structure));
        Pairs pairs = isHalf ? PairsModule.half(all) : all;
        var distances = Space.distances(Space.positions(structure), Space.cell(structure), pairs);
        return (pairs, Bridge.Elements(distances));
    }

    private static string Json(Frame frame, Pairs pairs, double[] distances) => JsonLine.Of(frame, writer =>
    {
        writer.Integers("i", pairs.Receivers, pairs.Count);
        writer.Integers("j", pairs.Senders, pairs.Count);
        writer.Integers("S", pairs.Shifts, pairs.Count, 3);
        writer.Numbers("d", distances, pairs.Count);
    });

    private void Print(Frame frame, Pairs pairs, double[] distances)
    {
        IEnumerable<object?[]> rows = Enumerable.Range(0, pairs.Count).Select(e => new object?[]
        {
            pairs.Receivers[e],
            pairs.Senders[e],
            pairs.Shifts[3 * e],
            pairs.Shifts[(3 * e) + 1],
            pairs.Shifts[(3 * e) + 2],
            distances[e],
        });

        new Printer(Session)
            .Heading($"{frame.File}, frame {frame.Index}: {pairs.Count} pairs")
            .Table(["i", "j", "S0", "S1", "S2", "d (Å)"], rows)
            .Flush();
    }
}
