using System.CommandLine;
using Noether.Domain;
using Noether.Physics;
using Noether.Report;

namespace Noether.Cli;

/// <summary><c>noether eos</c>: energy and pressure of a crystal as functions of its volume.</summary>
internal sealed class EquationCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");
    private readonly PotentialOption potential;

    private readonly Option<double> range = new("--range")
    {
        Description = "Volumes are 1 − r to 1 + r times that of the structure.",
        HelpName = "r",
        DefaultValueFactory = _ => 0.06,
    };

    private readonly Option<int> points = new("--points")
    {
        Description = "The number of volumes, at least 4.",
        HelpName = "n",
        DefaultValueFactory = _ => 9,
    };

    private readonly Option<bool> clamped = new("--clamped")
    {
        Description = "Leave atoms at their fractional coordinates instead of relaxing them at each volume.",
    };

    private readonly Option<string> html = new("--html")
    {
        Description = "A page with the curves, complete in one file.",
        HelpName = "PAGE",
    };

    public EquationCommand(Session session)
        : base(
            session,
            "eos",
            "Energy and pressure of a crystal by its volume. All lengths grow alike, ions relax at each volume but for those "
            + "that the file holds, and through the energies goes the equation of state of Birch and Murnaghan: the volume, "
            + "the energy and the bulk modulus at rest, and the derivative of the latter by pressure.",
            """
              noether eos silicon.vasp -p sw:Si.sw
              noether eos rutile.vasp -p model.nqx --clamped
              noether eos silicon.vasp -p sw:Si.sw --range 0.1 --points 21 --html eos.html
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        Add(range);
        Add(points);
        Add(clamped);
        Add(html);
        AddCommonOptions();
    }

    /// <summary>The scan of a structure and what was fitted to it; pressures and moduli in GPa.</summary>
    private sealed record Curve(VolumeScan Scan, BirchMurnaghan Fit, bool IsClamped)
    {
        public string Ions => IsClamped ? "clamped" : "relaxed";

        public double[] Pressures => [.. Scan.Pressures.Select(p => p / Units.GPa)];

        public double BulkModulus => Fit.BulkModulus / Units.GPa;

        /// <summary>The root of the mean square of what the fit leaves, eV.</summary>
        public double Residual => Math.Sqrt(Scan.Volumes
            .Zip(Scan.Energies, (volume, energy) => energy - EquationOfState.energy(volume, Fit))
            .Average(left => left * left));

        public IEnumerable<string> Warnings
        {
            get
            {
                if (Fit.Volume < Scan.Volumes.Min() || Fit.Volume > Scan.Volumes.Max())
                {
                    yield return "the volume at rest lies outside the range, where the fit is a guess";
                }

                double left = Scan.LargestForces.Max();

                if (!IsClamped && left > EquationOfState.relaxation.Force)
                {
                    yield return FormattableString.Invariant(
                        $"ions did not come to rest at every volume: a force of {left:G3} eV/Å is left");
                }
            }
        }

        public IEnumerable<(string Name, object? Value)> Facts(int atoms) =>
        [
            ("ions", Ions),
            ("volume at rest (Å³)", Fit.Volume),
            ("volume at rest per atom (Å³)", Fit.Volume / atoms),
            ("energy at rest (eV)", Fit.Energy),
            ("energy at rest per atom (eV)", Fit.Energy / atoms),
            ("bulk modulus (GPa)", BulkModulus),
            ("its derivative by pressure", Fit.Derivative),
            ("residual of the fit (eV)", Residual),
            .. Warnings.Select(warning => ("warning", (object?)warning)),
        ];
    }

    protected override void Run(ParseResult parsed)
    {
        Potential sum = potential.Of(parsed);
        double r = parsed.GetValue(range);
        int n = parsed.GetValue(points);
        using OutputFile? page = Output(parsed.GetValue(html));

        if (!(r is > 0 and < 1))
        {
            Bridge.Refuse("--range", $"{r}", "a number between 0 and 1");
        }

        if (n < 4)
        {
            Bridge.Refuse("--points", $"{n}", "4 or more, for the four parameters of the fit");
        }

        double[] ratios = [.. Enumerable.Range(0, n).Select(k => 1 - r + (2 * r * k / (n - 1)))];

        ForEach(parsed, FramesFor(parsed, parsed.GetRequiredValue(files), page?.Path), frame =>
        {
            potential.Examine(parsed, sum, frame);
            bool isClamped = parsed.GetValue(clamped);
            Curve curve = frame.Within(structure =>
            {
                VolumeScan scan = Bridge.Get(isClamped
                    ? EquationOfState.scanClamped(ratios, sum, structure)
                    : EquationOfState.scan(EquationOfState.relaxation, ratios, sum, structure));
                return new Curve(scan, Bridge.Get(EquationOfState.fit(scan.Volumes, scan.Energies)), isClamped);
            });

            frame.Warn(curve.Warnings);
            page?.Commit(PageOf(frame, sum, curve).ToHtml());

            if (IsJson(parsed))
            {
                Session.Write(Json(frame, curve));
            }
            else
            {
                new Printer(Session)
                    .Heading($"{frame.File}, frame {frame.Index}: {sum.Name}")
                    .Facts(curve.Facts(frame.Structure.Count))
                    .Table(["volume (Å³)", "energy (eV)", "fit (eV)", "pressure (GPa)"], Rows(curve))
                    .Flush();
            }
        });
    }

    private static IEnumerable<object?[]> Rows(Curve curve) => curve.Scan.Volumes.Select((volume, k) => new object?[]
    {
        volume,
        curve.Scan.Energies[k],
        EquationOfState.energy(volume, curve.Fit),
        curve.Pressures[k],
    });

    private static string Json(Frame frame, Curve curve) => JsonLine.Of(frame, writer =>
    {
        int n = curve.Scan.Volumes.Length;
        writer.WriteString("ions", curve.Ions);
        writer.Numbers("volume", [curve.Fit.Volume]);
        writer.Numbers("energy", [curve.Fit.Energy]);
        writer.Numbers("bulkModulus", [curve.BulkModulus]);
        writer.Numbers("derivative", [curve.Fit.Derivative]);
        writer.Numbers("residual", [curve.Residual]);
        writer.Numbers("volumes", curve.Scan.Volumes, n);
        writer.Numbers("energies", curve.Scan.Energies, n);
        writer.Numbers("pressures", curve.Pressures, n);
    });

    private static Page PageOf(Frame frame, Potential sum, Curve curve)
    {
        double low = curve.Scan.Volumes.Min(), high = curve.Scan.Volumes.Max();
        double[] fine = [.. Enumerable.Range(0, 201).Select(k => low + ((high - low) * k / 200))];
        Page page = Page.Create($"Equation of state of {Formula.Of(frame.Structure)}")
            .Value("file", frame.File)
            .Value("potential", sum.Name);
        return curve.Facts(frame.Structure.Count)
            .Aggregate(page, (sofar, fact) => sofar.Value(fact.Name, fact.Value))
            .Figure(Plot.Create("Energy")
                .Line(fine, fine.Select(v => EquationOfState.energy(v, curve.Fit)), "Birch–Murnaghan")
                .Points(curve.Scan.Volumes, curve.Scan.Energies, "potential")
                .Vertical(curve.Fit.Volume, "at rest")
                .XLabel("volume (Å³)").YLabel("energy (eV)"))
            .Figure(
                Plot.Create("Pressure")
                    .Line(fine, fine.Select(v => EquationOfState.pressure(v, curve.Fit) / Units.GPa), "from the fit")
                    .Points(curve.Scan.Volumes, curve.Pressures, "from the stress")
                    .Horizontal(0)
                    .XLabel("volume (Å³)").YLabel("pressure (GPa)"),
                "Pressures of the potential follow from its stress; the line is the derivative of the fit to energies.")
            .View(Pages.Add(StructureView.Create(), frame));
    }
}
