using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>The options that say what a simulation samples, and how.</summary>
internal sealed class EnsembleOptions
{
    private static readonly Dictionary<string, ThermostatKind> Thermostats =
        ThermostatModule.kinds.ToDictionary(kind => kind.Name);

    private static readonly Dictionary<string, CellShape> Shapes = new()
    {
        ["isotropic"] = CellShape.Isotropic,
        ["axial"] = CellShape.Axial,
        ["full"] = CellShape.Triclinic,
    };

    private readonly Option<string> ensemble = new("--ensemble")
    {
        Description = $"The motion: {string.Join(", ", Thermostats.Values.Select(Described))}.",
        DefaultValueFactory = _ => "nve",
    };

    private readonly Option<double> timestep =
        Number("--timestep", "fs", "The time step.", 1);

    private readonly Option<double?> temperature = new("--temperature", "-T")
    {
        Description = "The temperature of the thermostat, and of velocities that are drawn. Without --ensemble there is no "
            + "thermostat: the temperature is where the run begins, not where it stays.",
        HelpName = "K",
    };

    private readonly Option<double> relaxation =
        Number("--relaxation", "fs", "The relaxation time of the thermostat; 1/friction.", 100);

    private readonly Option<int> chain = new("--chain")
    {
        Description = "The links of a Nosé–Hoover chain.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<double?> pressure = new("--pressure")
    {
        Description = "The pressure of a barostat (stochastic cell rescaling); without it the cell stays.",
        HelpName = "GPa",
    };

    private readonly Option<string> barostat = new("--barostat")
    {
        Description = "What the barostat may change: isotropic (the volume), axial (three lengths), full (the shape).",
        DefaultValueFactory = _ => "isotropic",
    };

    private readonly Option<double> barostatRelaxation =
        Number("--barostat-relaxation", "fs", "The relaxation time of the volume.", 1000);

    private readonly Option<double> compressibility =
        Number("--compressibility", "1/GPa", "About the compressibility; only its ratio to the time matters.", 0.01);

    private readonly Option<double> skin =
        Number("--skin", "Å", "How much further than the potential lists of neighbours look.", 1);

    private readonly Option<double> largestForce =
        Number("--largest-force", "eV/Å", "A force above this ends the run; inf for no limit.", 1e4);

    /// <summary>The options of a command; it is given them.</summary>
    public EnsembleOptions(Command command)
    {
        ensemble.AcceptOnlyFromAmong([.. Thermostats.Keys]);
        barostat.AcceptOnlyFromAmong([.. Shapes.Keys]);
        Option[] all =
        [
            ensemble, timestep, temperature, relaxation, chain, pressure, barostat, barostatRelaxation, compressibility,
            skin, largestForce,
        ];

        foreach (Option option in all)
        {
            command.Add(option);
        }

        command.Validators.Add(RefuseMissing);
    }

    /// <summary>The temperature that was asked for, K.</summary>
    public double? Temperature(ParseResult parsed) => parsed.GetValue(temperature);

    /// <summary>What has to be said of a temperature that nothing keeps, though it may have been meant to be kept; null
    /// where there is none.</summary>
    public string? Surprise(ParseResult parsed) =>
        parsed.GetValue(temperature) is { } given && parsed.GetResult(ensemble) is not { Implicit: false }
            ? FormattableString.Invariant(
                $"--temperature {given} without --ensemble draws the first velocities only: the energy is constant (nve), and ")
                + "atoms at their places of rest soon have about half of it; --ensemble csvr or langevin keeps the "
                + "temperature, --ensemble nve says that this is meant"
            : null;

    /// <summary>The ensemble that was asked for.</summary>
    public Ensemble Of(ParseResult parsed)
    {
        Thermostat motion = Thermostats[parsed.GetRequiredValue(ensemble)].Create
            .Invoke(parsed.GetValue(temperature) ?? 0)
            .Invoke(parsed.GetValue(relaxation))
            .Invoke(parsed.GetValue(chain));
        Barostat? cell = parsed.GetValue(pressure) is { } outside
            ? new Barostat(
                outside,
                parsed.GetValue(barostatRelaxation),
                parsed.GetValue(compressibility),
                Shapes[parsed.GetRequiredValue(barostat)],
                EnsembleModule.barostat(0, 1, 1).Every)
            : null;
        return Bridge.Get(EnsembleModule.validate(new Ensemble(
            parsed.GetValue(timestep),
            motion,
            cell is null ? null : FSharpOption<Barostat>.Some(cell),
            parsed.GetValue(skin),
            parsed.GetValue(largestForce))));
    }

    private static string Described(ThermostatKind kind) =>
        kind.Method.Length == 0 ? kind.Name : $"{kind.Name} ({kind.Method})";

    private static Option<double> Number(string name, string unit, string description, double usual) => new(name)
    {
        Description = description,
        HelpName = unit,
        DefaultValueFactory = _ => usual,
    };

    private void RefuseMissing(CommandResult result)
    {
        string kind = result.GetResult(ensemble)?.Tokens is [{ Value: var given }] ? given : "nve";

        if (kind != "nve" && result.GetResult(temperature) is null)
        {
            result.AddError($"--temperature is missing: --ensemble {kind} needs one, in K.");
        }

        if (result.GetResult(barostat) is { Implicit: false } && result.GetResult(pressure) is null)
        {
            result.AddError("--pressure is missing: --barostat needs one, in GPa.");
        }
    }
}
