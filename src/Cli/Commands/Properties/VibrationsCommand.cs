using System.CommandLine;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether vibrations</c>: vibrations and thermochemistry of molecules.</summary>
internal sealed class VibrationsCommand : StructureCommand
{
    // Å; relaxed molecules are symmetric to better than that.
    private const double SymmetryTolerance = 0.05;

    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of molecules, each at rest.");
    private readonly PotentialOption potential;

    private readonly Option<double> temperature = new("--temperature", "-T")
    {
        Description = "The temperature of the gas.",
        HelpName = "K",
        DefaultValueFactory = _ => 298.15,
    };

    private readonly Option<double> pressure = new("--pressure")
    {
        Description = "The pressure of the gas.",
        HelpName = "bar",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int?> symmetry = new("--symmetry")
    {
        Description = "The symmetry number, the rotations that take the molecule to itself; without it, it is found.",
        HelpName = "N",
    };

    private readonly Option<int> multiplicity = new("--multiplicity")
    {
        Description = "2S + 1 of the spin.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public VibrationsCommand(Session session)
        : base(
            session,
            "vibrations",
            "Vibrations and thermochemistry of molecules. Vibrations are harmonic, from exact second derivatives; with the "
            + "zero-point energy come enthalpy, entropy and free energy of one molecule of an ideal gas. Imaginary "
            + "wavenumbers are written as negative numbers; a molecule that has them has no thermochemistry.",
            """
              noether vibrations water.xyz -p ani-1x
              noether vibrations ethanol.xyz -p ani:ani-2x_8x.info -T 350 --pressure 2
              noether vibrations oxygen.xyz -p ani-2x --multiplicity 3 --json
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        Add(temperature);
        Add(pressure);
        Add(symmetry);
        Add(multiplicity);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        Potential sum = potential.Of(parsed);

        ForEach(parsed, FramesOf(parsed, parsed.GetRequiredValue(files)), frame =>
        {
            potential.Examine(parsed, sum, frame);
            HeldReport.Pass(frame);
            Found found = frame.Within(structure => Find(parsed, sum, structure));
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

    private Found Find(ParseResult parsed, Potential sum, Structure structure)
    {
        if (structure.Cell.Periodic.Contains(true))
        {
            Bridge.Refuse("the structure", "periodic", "a molecule; 'noether phonons' is for crystals");
        }

        Results results = Bridge.Get(Evaluate.run(sum, structure));
        AtRest rest = AtRest.Of(sum, structure);
        Memory.Expect(
            $"the Hessian of {structure.Count} atoms", 72.0 * structure.Count * structure.Count, "fewer atoms, as it has (3n)² numbers for n atoms");
        VibrationalModes modes = Bridge.Get(Vibrations.modes(sum, structure));
        List<string> warnings = [.. rest.ForceWarnings("vibrations are about places of rest")];
        MolecularShape shape = Bridge.Get(MolecularShapeModule.create(SymmetryTolerance, modes.Masses, structure));

        if (parsed.GetValue(symmetry) is { } given)
        {
            if (given < 1)
            {
                Bridge.Refuse("--symmetry", $"{given}", "a whole number, 1 or more");
            }

            shape = new MolecularShape(shape.Mass, shape.Moments, shape.IsLinear, given);
        }

        FSharpResult<IdealGas, NoetherError> gas = IdealGasModule.create(
            parsed.GetValue(temperature), parsed.GetValue(pressure), parsed.GetValue(multiplicity), shape, modes, results.Energy);
        bool isAsked = new Option[] { temperature, pressure, symmetry, multiplicity }
            .Any(option => parsed.GetResult(option) is { Implicit: false });

        if (gas.IsError && (isAsked || gas.ErrorValue is not NoetherError.Inconsistent))
        {
            Bridge.Get(gas);
        }

        if (gas.IsError)
        {
            warnings.Add("no thermochemistry: " + NoetherErrorModule.message(gas.ErrorValue));
        }

        return new(results, rest, modes, shape, gas.IsOk ? gas.ResultValue : null, warnings);
    }

    private static string Json(Frame frame, Found found) => JsonLine.Of(frame, writer =>
    {
        writer.Numbers("energy", [found.Results.Energy]);
        writer.Numbers("wavenumbers", found.Modes.Wavenumbers, found.Modes.Squares.Length);
        writer.Numbers("zeroPoint", [Vibrations.zeroPointEnergy(found.Modes)]);
        writer.Numbers("largestForce", [found.Rest.LargestForce]);
        writer.WriteNumber("symmetryNumber", found.Shape.SymmetryNumber);

        if (found.Gas is { } gas)
        {
            writer.Numbers("temperature", [gas.Temperature]);
            writer.Numbers("pressure", [gas.Pressure]);
            writer.Numbers("enthalpy", [gas.Enthalpy]);
            writer.Numbers("entropy", [gas.Entropy]);
            writer.Numbers("freeEnergy", [gas.FreeEnergy]);
        }
    });

    private void Print(Frame frame, Potential sum, Found found)
    {
        List<(string, object?)> facts =
        [
            ("energy (eV)", found.Results.Energy),
            ("zero-point energy (eV)", Vibrations.zeroPointEnergy(found.Modes)),
            ("largest force (eV/Å)", found.Rest.LargestForce),
            ("symmetry number", found.Shape.SymmetryNumber),
        ];

        if (found.Gas is { } gas)
        {
            facts.Add(("temperature (K)", gas.Temperature));
            facts.Add(("pressure (bar)", gas.Pressure));
            facts.Add(("enthalpy H (eV)", gas.Enthalpy));
            facts.Add(("entropy S (meV/K)", 1000 * gas.Entropy));
            facts.Add(("entropy S (J/mol/K)", 1000 * gas.Entropy / Units.kJPerMol));
            facts.Add(("free energy G (eV)", gas.FreeEnergy));
        }

        IEnumerable<object?[]> modes = found.Modes.Wavenumbers.Zip(
            found.Modes.Energies, (wavenumber, energy) => new object?[] { wavenumber, 1000 * energy });
        new Printer(Session)
            .Heading($"{frame.File}, frame {frame.Index}: {sum.Name}")
            .Facts(facts)
            .Table(["wavenumber (cm⁻¹)", "quantum (meV)"], modes)
            .Flush();
    }

    private sealed record Found(
        Results Results,
        AtRest Rest,
        VibrationalModes Modes,
        MolecularShape Shape,
        IdealGas? Gas,
        IReadOnlyList<string> Warnings);
}
