using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>How atoms begin to move.</summary>
/// <param name="Velocities">Where velocities come from: file, thermal, zero; null for what there is.</param>
/// <param name="Temperature">The temperature of those that are drawn, K.</param>
/// <param name="Centre">Whether the centre of mass is held or free; null for what is usual.</param>
/// <param name="Held">Atoms that never move.</param>
/// <param name="IsFree">Whether what the structure itself holds may move.</param>
internal sealed record InitialState(
    string? Velocities, double? Temperature, string? Centre, AtomSelection Held, bool IsFree)
{
    // What a run writes of its own, and what is no longer true when atoms move.
    private static readonly string[] Stale =
    [
        "momenta", "velocities", "state_velocities", "masses", "forces", "fixed", "fixed_fractional",
        "list_positions",
        "energy", "free_energy", "stress", "virial", "step", "time", "key", "exchanged", "chain", "centre_fixed",
        "list_cell", "trajectory_bytes", "log_bytes", "command",
    ];

    /// <summary>The phase of a structure, with ASE's momenta, the velocities of a saved state, or those of a file (Å/fs).</summary>
    public PhasePoint Of(Structure structure, RandomKey key)
    {
        double[] masses = Reals(structure, "masses", 1)
            ?? [.. structure.Numbers.Select(Elements.mass)];
        double[]? given = Given(structure, masses);
        string source = Velocities ?? (given is not null ? "file" : Temperature is null ? "zero" : "thermal");

        if (source == "file" && given is null)
        {
            Bridge.Refuse("the velocities of the file", "missing", "momenta or velocities of the atoms");
        }

        if (source == "thermal" && Temperature is null)
        {
            Bridge.Refuse("--temperature", "missing", "a temperature in K, for thermal velocities");
        }

        PhasePoint phase = Bridge.Get(PhasePointModule.ofMasses(masses, Bare(structure)));
        bool[] held = Held.Of(structure);

        Constraints own = IsFree ? ConstraintsModule.none(structure.Count) : phase.Fixed;
        Constraints all = ConstraintsModule.union(own, ConstraintsModule.ofAxes(
            structure.Count, FuncConvert.FromFunc<int, int, bool>((atom, _) => held[atom])));
        phase = PhasePointModule.free(phase);

        if (source == "file")
        {
            phase = Bridge.Get(PhasePointModule.withVelocities(given ?? [], phase));
        }

        // Velocities of a file along what is held become zero.
        phase = Bridge.Get(PhasePointModule.hold(all, phase));

        if (Centre is null ? source == "thermal" && all.IsEmpty : Centre == "held")
        {
            phase = Bridge.Get(PhasePointModule.fixCentre(phase));
        }

        return source == "thermal" ? Bridge.Get(PhasePointModule.thermal(Temperature ?? 0, key, phase)) : phase;
    }

    /// <summary>The velocities that a structure came with, √(eV/amu).</summary>
    private static double[]? Given(Structure structure, double[] masses)
    {
        if (Reals(structure, "momenta", 3) is { } momenta)
        {
            return [.. momenta.Select((p, k) => p / masses[k / 3])];
        }

        return Reals(structure, "state_velocities", 3)
            ?? Reals(structure, "velocities", 3)?.Select(v => v / Units.fs).ToArray();
    }

    private static double[]? Reals(Structure structure, string name, int width)
    {
        if (MapModule.TryFind(name, structure.PerAtom)?.Value is not { } property)
        {
            return null;
        }

        double[]? values = PropertyModule.tryReals(property)?.Value.ToArray();
        return values?.Length == width * structure.Count
            ? values
            : throw new NoetherException(NoetherError.NewInconsistent(
                $"the atom property '{name}'", property.ToString() ?? "", $"{width} reals for each atom"));
    }

    private static Structure Bare(Structure structure) => Bridge.Get(StructureModule.createWith(
        structure.Numbers,
        structure.Positions,
        structure.Cell,
        Bridge.List(Kept(structure.PerAtom)),
        Bridge.List(Kept(structure.Info))));

    private static IEnumerable<Tuple<string, Property>> Kept(FSharpMap<string, Property> properties) =>
        properties.Where(pair => !Stale.Contains(pair.Key)).Select(pair => Tuple.Create(pair.Key, pair.Value));
}
