using System.CommandLine;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>The options that say what is relaxed, how, and when it is done.</summary>
internal sealed class RelaxationOptions
{
    private static readonly string[] Strains = ["xx", "yy", "zz", "yz", "xz", "xy"];

    private readonly Option<string> method = new("--method")
    {
        Description = "lbfgs, fire, or cg (conjugate gradients).",
        DefaultValueFactory = _ => "lbfgs",
    };

    private readonly Option<double> force = new("--force", "-f")
    {
        Description = "Converged where no free atom feels a larger force.",
        HelpName = "eV/Å",
        DefaultValueFactory = _ => RelaxationModule.standard.Force,
    };

    private readonly Option<double> stress = new("--stress-tolerance")
    {
        Description = "Converged where no free strain feels a larger stress beside the pressure outside.",
        HelpName = "GPa",
        DefaultValueFactory = _ => RelaxationModule.standard.Stress,
    };

    private readonly Option<string> cell = new("--cell")
    {
        Description = "What of the cell relaxes: fixed, full, isotropic (the volume), axial (xx, yy and zz), or some of "
            + "the strains " + string.Join(", ", Strains) + " between commas.",
        HelpName = "CELL",
        DefaultValueFactory = _ => "fixed",
    };

    private readonly Option<double> pressure = new("--pressure")
    {
        Description = "The pressure outside; the enthalpy becomes least.",
        HelpName = "GPa",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> steps = new("--steps", "-n")
    {
        Description = "The most steps.",
        HelpName = "N",
        DefaultValueFactory = _ => RelaxationModule.standard.MaxSteps,
    };

    private readonly Option<double> longest = new("--max-move")
    {
        Description = "The longest move of an atom in one step.",
        HelpName = "Å",
        DefaultValueFactory = _ => RelaxationModule.standard.MaxMove,
    };

    private readonly Option<AtomSelection> held = AtomSelection.Option("--fix", "Atoms that stay where they are.");

    private readonly Option<bool> free = HeldReport.FreeOption();

    /// <summary>The options of a command; it is given them.</summary>
    public RelaxationOptions(Command command)
    {
        method.AcceptOnlyFromAmong("lbfgs", "fire", "cg");
        cell.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !IsKnown(text))
            {
                result.AddError($"--cell is '{text}', expected fixed, full, isotropic, axial, or some of "
                    + string.Join(", ", Strains) + ".");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(pressure) is { Implicit: false } && result.GetResult(cell)?.Tokens is not [{ Value: not "fixed" }])
            {
                result.AddError("--cell is missing: a pressure acts on a cell that is free.");
            }
        });

        foreach (Option option in new Option[] { method, force, stress, cell, pressure, steps, longest, held, free })
        {
            command.Add(option);
        }
    }

    /// <summary>The most steps.</summary>
    public int Steps(ParseResult parsed) => parsed.GetValue(steps);

    /// <summary>The settings for a structure.</summary>
    public Relaxation Of(ParseResult parsed, Structure structure)
    {
        bool[] stays = parsed.GetRequiredValue(held).Of(structure);
        CellFreedom? freedom = Freedom(parsed.GetRequiredValue(cell), parsed.GetValue(pressure));
        Minimiser minimiser = parsed.GetRequiredValue(method) switch
        {
            "fire" => Minimiser.Fire,
            "cg" => Minimiser.ConjugateGradients,
            _ => RelaxationModule.standard.Minimiser,
        };
        return new Relaxation(
            minimiser,
            parsed.GetValue(force),
            parsed.GetValue(stress),
            freedom is null ? null : FSharpOption<CellFreedom>.Some(freedom),
            FuncConvert.FromFunc<int, int, bool>((atom, _) => stays[atom]),
            parsed.GetValue(free),
            parsed.GetValue(steps),
            parsed.GetValue(longest),
            RelaxationModule.standard.Skin);
    }

    private static bool IsKnown(string text) =>
        text is "fixed" or "full" or "isotropic" or "axial" || text.Split(',').All(Strains.Contains);

    private static CellFreedom? Freedom(string text, double pressure)
    {
        bool[] free = [.. Strains.Select((text == "axial" ? "xx,yy,zz" : text).Split(',').Contains)];
        return text switch
        {
            "fixed" => null,
            "full" => CellFreedomModule.full(pressure),
            "isotropic" => CellFreedomModule.hydrostatic(pressure),
            _ => CellFreedomModule.masked(pressure, free[0], free[1], free[2], free[3], free[4], free[5]),
        };
    }
}
