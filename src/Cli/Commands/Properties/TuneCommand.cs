using System.CommandLine;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether tune</c>: the sum over a lattice that meets an accuracy at the least cost.</summary>
internal sealed class TuneCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of crystals.");

    private readonly Option<string> potential = new("--potential", "-p")
    {
        Description =
            "The charges and their accuracy: coulomb or r^-6 with accuracy=, charges=, method=, as in energy.",
        HelpName = "SPEC",
        DefaultValueFactory = _ => ChargeObject.Coulomb,
    };

    public TuneCommand(Session session)
        : base(
            session,
            "tune",
            "Choose the cheapest sum of charges over a crystal that meets an accuracy. Smearing, cut-off, mesh and order "
            + "are chosen by a model of costs, the accuracy is a root mean square error of forces in eV/Å. The choice is "
            + "tried on the crystal, and the error that the estimates promise is printed beside the one that is measured.",
            """
              noether tune salt.cif -p coulomb:accuracy=1e-5,charges=Na:1,Cl:-1
              noether tune run.extxyz -p coulomb:accuracy=1e-3,method=p3m,order=6 --frames=0
            """)
    {
        Add(files);
        Add(potential);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        ElectrostaticSettings settings = PotentialText.ReadCharges(parsed.GetRequiredValue(potential));
        bool isJson = IsJson(parsed);

        ForEach(parsed, FramesOf(parsed, parsed.GetRequiredValue(files)), frame =>
        {
            TunedSum tuned = frame.Within(structure => Bridge.Get(ElectrostaticTuning.tune(settings, structure)));
            (string name, double value) = Reciprocal(tuned.Resolution.Summation);
            int order = Order(tuned.Resolution.Summation);

            if (isJson)
            {
                Session.Write(JsonLine.Of(frame, writer =>
                {
                    writer.WriteNumber("smearing", tuned.Resolution.Smearing);
                    writer.WriteNumber("cutoff", tuned.Resolution.Cutoff);
                    writer.WriteNumber(name, value);
                    if (order > 0)
                    {
                        writer.WriteNumber("order", order);
                    }

                    writer.WriteNumber("accuracy", settings.Accuracy);
                    writer.WriteNumber("promised", tuned.Resolution.Promised);
                    writer.WriteNumber("measured", tuned.Measured);
                    writer.WriteNumber("seconds", tuned.Seconds);
                }));
            }
            else
            {
                Print(frame, settings, tuned, order, name, value);
            }
        });
    }

    private static (string Name, double Value) Reciprocal(Summation sum) => sum switch
    {
        Summation.Ewald { Item: ReciprocalSet.Sphere sphere } => ("kmax", sphere.cutoff),
        Summation.OnMesh { Item2: MeshSize.Spacing spacing } => ("spacing", spacing.Item),
        _ => throw new InvalidOperationException($"A sum by {sum}."),
    };

    private static int Order(Summation sum) => sum is Summation.OnMesh { Item1: Assignment.P3M p3m } ? p3m.order : 0;

    private void Print(
        Frame frame, ElectrostaticSettings settings, TunedSum tuned, int order, string name, double value)
    {
        List<object?[]> rows =
        [
            ["smearing (Å)", tuned.Resolution.Smearing],
            ["cut-off (Å)", tuned.Resolution.Cutoff],
            [name == "kmax" ? "end of the Ewald sum (1/Å)" : "spacing of the mesh (Å)", value],
        ];
        if (order > 0)
        {
            rows.Add(["order of P3M", order]);
        }

        rows.Add(["error asked for (eV/Å)", settings.Accuracy]);
        rows.Add(["error promised (eV/Å)", tuned.Resolution.Promised]);
        rows.Add(["error measured (eV/Å)", tuned.Measured]);
        rows.Add(["time (s)", tuned.Seconds]);
        new Printer(Session).Heading($"{frame.File}, frame {frame.Index}").Table(["", ""], rows).Flush();
    }
}
