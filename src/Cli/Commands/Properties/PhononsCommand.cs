using System.CommandLine;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether phonons</c>: vibrations of crystals and molecules.</summary>
internal sealed class PhononsCommand : StructureCommand
{
    private readonly Argument<string[]> files =
        FilesArgument("FILE", "Files of structures; crystals as primitive cells.");

    private readonly PotentialOption potential;

    private readonly Option<int[]> supercell = Three("--supercell", "a b c",
        "The cells that force constants are taken from; without it, so many that no atom sees two images of another, "
        + "or with a foundation potential, that images are two cut-offs apart.");

    private readonly Option<string> path = new("--path")
    {
        Description = "The path of wavevectors: " + PhononPath.Form + ". Without it, the usual path of a cubic or "
            + "hexagonal lattice.",
        HelpName = "POINTS",
    };

    private readonly Option<int> points = new("--points")
    {
        Description = "Steps between special points.",
        HelpName = "n",
        DefaultValueFactory = _ => 40,
    };

    private readonly Option<int[]> mesh = Three("--dos", "a b c",
        "The density of states of a mesh of so many wavevectors, smeared by a hundredth of the highest frequency.");

    private readonly Option<string> born = new("--born")
    {
        Description = "Born charges and dielectric tensor, for the split of longitudinal and transverse optical phonons: "
            + "phonopy's BORN, or a JSON file; without it, the properties born_charges and dielectric of the structure.",
        HelpName = "FILE",
    };

    private readonly Option<string> unit = new("--unit")
    {
        Description = "The unit of frequencies: " + string.Join(", ", FrequencyUnit.All.Select(one => one.Name)) + ".",
        HelpName = "UNIT",
        DefaultValueFactory = _ => "THz",
    };

    private readonly Option<string> html = new("--html")
    {
        Description = "A page with the picture, complete in one file.",
        HelpName = "PAGE",
    };

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "A file for all frequencies along the path, fields between tabs.",
        HelpName = "TSV",
    };

    public PhononsCommand(Session session)
        : base(
            session,
            "phonons",
            "Frequencies of harmonic vibrations from exact second derivatives. Those of crystals are at Γ and along a path "
            + "of wavevectors, those of molecules are all they have. Imaginary frequencies are written as negative numbers. The "
            + "structure should be at rest.",
            """
              noether phonons silicon.vasp -p sw:Si.sw --html silicon.html --dos 20 20 20
              noether phonons silicon.vasp -p sw:Si.sw --path "G X K G L" --points 50 -o bands.tsv
              noether phonons slab.vasp -p sw:Si.sw --path "G:0,0,0 M:0.5,0,0" --supercell 4 4 1
              noether phonons salt.extxyz -p salt.json --supercell 2 2 2 --born born.json
              noether phonons water.xyz -p spring.json --unit cm-1
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        unit.AcceptOnlyFromAmong([.. FrequencyUnit.All.Select(one => one.Name)]);
        Add(supercell);
        Add(path);
        Add(points);
        Add(mesh);
        Add(born);
        Add(unit);
        Add(html);
        Add(output);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        Potential sum = potential.Of(parsed);
        FrequencyUnit asked = FrequencyUnit.All.First(one => one.Name == parsed.GetValue(unit));
        using OutputFile? page = Output(parsed.GetValue(html)), table = Output(parsed.GetValue(output));

        ForEach(parsed, FramesFor(parsed, parsed.GetRequiredValue(files), (page ?? table)?.Path), frame =>
        {
            potential.Examine(parsed, sum, frame);
            HeldReport.Pass(frame);
            PhononReport report = frame.Within(structure => Find(parsed, sum, structure, asked));

            frame.Warn(report.Warnings);
            page?.Commit(report.Page(frame, sum).ToHtml());
            table?.Commit(report.Lines());

            if (IsJson(parsed))
            {
                Session.Write(report.Json(frame));
            }
            else
            {
                Printer printer = new(Session);
                report.Print(printer.Heading($"{frame.File}, frame {frame.Index}: {sum.Name}"));
                printer.Flush();
            }
        });
    }

    private PhononReport Find(ParseResult parsed, Potential sum, Structure structure, FrequencyUnit asked)
    {
        AtRest rest = AtRest.Of(sum, structure);
        List<string> warnings = [.. rest.ForceWarnings("vibrations are about places of rest")];

        if (!structure.Cell.Periodic.Contains(true))
        {
            Option[] forCrystals = [supercell, path, mesh, born];

            foreach (Option option in forCrystals.Where(one => parsed.GetResult(one) is { Implicit: false }))
            {
                Bridge.Refuse(option.Name, "given", "a structure that is periodic along an axis, or no such option");
            }

            Memory.Expect(
                $"the Hessian of {structure.Count} atoms",
                72.0 * structure.Count * structure.Count,
                "fewer atoms, as it has (3n)² numbers for n atoms");
            VibrationalModes modes = Bridge.Get(Vibrations.modes(sum, structure));
            double[] terahertz = [.. modes.Terahertz];
            return new PhononReport(asked, asked.Of(terahertz), rest.LargestForce, [.. warnings])
            {
                ZeroPointEnergy = Vibrations.zeroPointEnergy(modes),
            };
        }

        SpecialPoints? known = SpecialPointsModule.ofCell(structure.Cell)?.Value;
        NamedPoint[][] pieces = parsed.GetValue(path) is { } text ? PhononPath.Read(text, known)
            : known is not null ? PhononPath.Usual(known)
            : throw new NoetherException(NoetherError.NewInvalidArgument(
                "the path of wavevectors",
                "not given, and the cell is neither cubic nor hexagonal",
                "--path with fractional coordinates, as in \"G:0,0,0 X:0.5,0,0\", or --path G for Γ alone"));
        int[] enough = Enough(structure.Cell, (potential.HasNetwork(parsed) ? 2 : 4) * sum.Cutoff);
        int[] counts = parsed.GetValue(supercell) is [_, _, _] given ? given : enough;
        bool isDirect = potential.HasNetwork(parsed) || potential.IsPairwise(parsed);
        int[] least = isDirect ? Enough(structure.Cell, 2 * sum.Cutoff) : enough;

        if (counts.Zip(least, (count, needed) => count < needed).Any(isSmaller => isSmaller))
        {
            warnings.Add($"the supercell {string.Join(' ', counts)} is smaller than the interaction: atoms feel several images "
                + "of one atom, whose force constants are taken together, and bands between Γ and its like are wrong; "
                + $"{string.Join(' ', enough)} would do, which is taken without --supercell");
        }

        int atoms = structure.Count * counts[0] * counts[1] * counts[2];
        Memory.Expect(
            $"the force constants of {atoms} atoms",
            72.0 * structure.Count * atoms,
            "a smaller --supercell, or a primitive cell");
        Session.Stage?.Now($"force constants of {atoms} atoms");
        ForceConstants constants = Phonons.withAcousticSumRule(
            Bridge.Get(Phonons.forceConstants(counts[0], counts[1], counts[2], sum, structure)));

        if (Response(parsed, structure) is { } response)
        {
            warnings.AddRange(SumRuleWarnings(DielectricResponseModule.sumRuleError(response)));
            constants = Bridge.Get(Phonons.withResponse(response, constants));
        }
        else
        {
            constants = Nonzero(constants);
        }

        double[] gamma = [.. Phonons.modes(0, 0, 0, constants).Terahertz];
        Session.Stage?.Now("wavevectors along the path");
        Bands bands = Bands.Of(pieces, parsed.GetValue(points), constants, asked);
        double highest = gamma.Select(Math.Abs).Append(bands.Frequencies.Max(Math.Abs) / asked.PerTerahertz).Max();
        Session.Stage?.Now("density of states");
        DensityOfStates? density = parsed.GetValue(mesh) is [var a, var b, var c]
            ? Bridge.Get(PhononBands.densityOfStates(a, b, c, Math.Max(0.01 * highest, 1e-6), 400, constants))
            : null;
        return new PhononReport(asked, asked.Of(gamma), rest.LargestForce, [.. warnings])
        {
            Lattice = known?.Lattice.ToString(),
            Supercell = counts,
            Bands = bands,
            Density = density,
        };
    }

    /// <summary>The crystal's answer to electric fields: from a file, else what the structure carries.</summary>
    private DielectricResponse? Response(ParseResult parsed, Structure structure) => parsed.GetValue(born) is { } path
        ? Bridge.Get(DielectricResponseModule.read(structure, path))
        : Bridge.Get(DielectricResponseModule.ofStructure(structure))?.Value;

    // Linear response on usual meshes keeps the sum rule to some hundredths of e.
    private static string[] SumRuleWarnings(double excess) => excess > 0.1
        ? [$"Born charges add up to {excess:G3} e, not to 0: an equal part is taken from each atom"]
        : [];

    /// <summary>
    /// As many cells as it takes for images to be so far apart. At four cut-offs no atom sees two images of another, even
    /// by way of a third atom. In a network atoms feel each other by way of many, but little: two cut-offs do.
    /// </summary>
    private static int[] Enough(Cell cell, double distance)
    {
        (double a, double b, double c) = CellModule.heights(CellModule.withOpenNormals(cell));
        double[] heights = [a, b, c];
        return [.. heights.Select((height, k) =>
            cell.Periodic[k] ? Math.Max(1, (int)Math.Ceiling((distance / height) - 1e-9)) : 1)];
    }

    /// <summary>Atoms out of sight have zeros, which need not be added up at every wavevector.</summary>
    private static ForceConstants Nonzero(ForceConstants constants) => new(
        constants.Primitive,
        constants.Masses,
        [.. constants.Terms.Where(term => term.Values.Any(value => value != 0))],
        constants.Response);
}
