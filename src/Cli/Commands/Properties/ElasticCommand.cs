using System.CommandLine;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether elastic</c>: elastic constants, moduli and stability of crystals.</summary>
internal sealed class ElasticCommand : StructureCommand
{
    private static readonly string[] Strains = ["xx", "yy", "zz", "yz", "xz", "xy"];

    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");
    private readonly PotentialOption potential;

    public ElasticCommand(Session session)
        : base(
            session,
            "elastic",
            "Elastic constants, moduli and stability of crystals. The constants (GPa, in Voigt's order, for engineering "
            + "strains) are exact second derivatives, with ions clamped and relaxed; of the relaxed ones follow bulk, shear "
            + "and Young's moduli and Poisson's ratio of a polycrystal by Voigt, Reuss and Hill; whether the crystal is stable against strain. Under stress, the "
            + "constants are thermodynamic ones (Brugger's), and stability is judged by ∂σ/∂ε.",
            """
              noether elastic silicon.vasp -p sw:Si.sw
              noether elastic silicon.vasp -p sw:Si.sw --json | jq .relaxed
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        Potential sum = potential.Of(parsed);

        ForEach(parsed, FramesOf(parsed, parsed.GetRequiredValue(files)), frame =>
        {
            potential.Examine(parsed, sum, frame);
            HeldReport.Pass(frame);
            Found found = frame.Within(structure => Found.Of(sum, structure));
            frame.Warn(found.Warnings);

            if (IsJson(parsed))
            {
                Session.Write(Json(frame, found));
            }
            else
            {
                Print(frame, sum, found);
            }
        });
    }

    /// <summary>The results for a structure; numbers in GPa.</summary>
    private sealed record Found(
        double[] Clamped,
        double[] Relaxed,
        AtRest Rest,
        ElasticAverages Averages,
        double[] Eigenvalues,
        string[] Warnings)
    {
        public bool IsStable => Eigenvalues[0] > 0;

        public IEnumerable<(string Name, Moduli Moduli)> Moduli =>
            [("Voigt", Averages.Voigt), ("Reuss", Averages.Reuss), ("Hill", Averages.Hill)];

        public static Found Of(Potential potential, Structure structure)
        {
            ElasticConstants constants = Bridge.Get(Elastic.constants(potential, structure));
            AtRest rest = AtRest.Of(potential, structure);
            Tensor answer = Elastic.stressStrain(constants.Stress, constants.Relaxed);
            string[] warnings =
            [
                .. rest.ForceWarnings("relaxed constants are meant for atoms at rest"),
                .. rest.StressWarnings("these are thermodynamic constants under that stress, not those at rest"),
            ];
            return new Found(
                GPa(Bridge.Elements(constants.Clamped)),
                GPa(Bridge.Elements(constants.Relaxed)),
                rest,
                Bridge.Get(ElasticAveragesModule.ofConstants(constants.Relaxed)),
                GPa(Bridge.Get(ElasticAveragesModule.ofConstants(answer)).Eigenvalues),
                warnings);
        }

        public static double[] GPa(IEnumerable<double> values) => [.. values.Select(value => value / Units.GPa)];
    }

    private static string Json(Frame frame, Found found) => JsonLine.Of(frame, writer =>
    {
        writer.Numbers("clamped", found.Clamped, 6, 6);
        writer.Numbers("relaxed", found.Relaxed, 6, 6);
        writer.Numbers("stress", found.Rest.Stress ?? [], 6);
        writer.Numbers("largestForce", [found.Rest.LargestForce]);

        foreach ((string name, Moduli moduli) in found.Moduli)
        {
            double[] values = Found.GPa([moduli.Bulk, moduli.Shear, moduli.Young]);
            writer.WriteStartObject(name.ToLowerInvariant());
            writer.Numbers("bulk", values[..1]);
            writer.Numbers("shear", values[1..2]);
            writer.Numbers("young", values[2..]);
            writer.Numbers("poisson", [moduli.Poisson]);
            writer.WriteEndObject();
        }

        writer.Numbers("anisotropy", [found.Averages.Anisotropy]);
        writer.Numbers("eigenvalues", found.Eigenvalues, 6);
        writer.WriteBoolean("stable", found.IsStable);
    });

    private void Print(Frame frame, Potential sum, Found found)
    {
        List<(string, object?)> facts =
        [
            ("stable against strain", found.IsStable ? "yes" : "no"),
            ("lowest eigenvalue (GPa)", found.Eigenvalues[0]),
            ("universal anisotropy", found.Averages.Anisotropy),
            .. found.Warnings.Select(warning => ("warning", (object?)warning)),
        ];
        Printer printer = new Printer(Session).Heading($"{frame.File}, frame {frame.Index}: {sum.Name}").Facts(facts);
        Matrix(printer, "clamped (GPa)", found.Clamped);
        Matrix(printer, "relaxed (GPa)", found.Relaxed);
        printer.Table(
            ["polycrystal", "bulk (GPa)", "shear (GPa)", "Young (GPa)", "Poisson"],
            found.Moduli.Select(one =>
            {
                double[] values = Found.GPa([one.Moduli.Bulk, one.Moduli.Shear, one.Moduli.Young]);
                return new object?[] { one.Name, values[0], values[1], values[2], one.Moduli.Poisson };
            }));
        printer.Table(
            ["stress (GPa)", .. Strains],
            [["σ", .. (found.Rest.Stress ?? []).Select(value => (object?)value)]]);
        printer.Flush();
    }

    private static void Matrix(Printer printer, string name, double[] values) => printer.Table(
        [name, .. Strains],
        Strains.Select((strain, row) =>
            new object?[] { strain }.Concat(values[(6 * row)..((6 * row) + 6)].Select(x => (object?)x)).ToArray()));
}
