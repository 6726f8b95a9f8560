using Noether.Domain;
using Noether.Physics;

namespace Noether;

/// <summary>
/// A moment of a simulation, with all that its next step needs. Immutable; what is asked for is computed then.
/// </summary>
public sealed class Frame
{
    internal Frame(Simulation simulation, State core) => (Simulation, Core) = (simulation, core);

    /// <summary>The simulation that it belongs to.</summary>
    public Simulation Simulation { get; }

    /// <summary>The number of the step, 0 at the start.</summary>
    public int Step => Core.Step;

    /// <summary>The time in fs, 0 at the start.</summary>
    public double Time => Core.Step * Simulation.Options.Timestep;

    /// <summary>Atoms and cell. Atoms that leave the cell are not wrapped into it.</summary>
    public Structure Structure => field ??= new(Core.Phase.Structure);

    /// <summary>Velocities in Å/fs, [n, 3].</summary>
    public ReadOnlyMemory<double> Velocities => Core.Phase.Velocities.Select(v => v * Units.fs).ToArray();

    /// <summary>Energy, forces and stress of the structure, without the motion of the atoms.</summary>
    public Evaluation Evaluation => field ??= Evaluation.Of(Core.Results);

    /// <summary>The potential energy in eV.</summary>
    public double PotentialEnergy => Core.Results.Energy;

    /// <summary>The kinetic energy ½ Σ m v² in eV.</summary>
    public double KineticEnergy => PhasePointModule.kineticEnergy(Core.Phase);

    /// <summary>Potential and kinetic energy in eV.</summary>
    public double TotalEnergy => PotentialEnergy + KineticEnergy;

    /// <summary>The temperature 2K/(k_B f) of f degrees of freedom in K; 0 where there are none.</summary>
    public double Temperature => PhasePointModule.temperature(Core.Phase);

    /// <summary>
    /// The pressure in GPa, that of the motion included, positive under compression; null without three lattice
    /// vectors.
    /// </summary>
    public double? Pressure
    {
        get
        {
            var pressure = Observe.pressure(Core);
            return pressure.IsOk ? pressure.ResultValue : null;
        }
    }

    /// <summary>
    /// The conserved quantity in eV: the energy, with that of thermostat and barostat. How far it drifts
    /// says how well the time step is chosen.
    /// </summary>
    public double Invariant => Simulation.Invariant(Core);

    internal State Core { get; }

    /// <summary>
    /// The structure with all that the next step needs among its properties, for an extended XYZ file;
    /// <see cref="Simulation.Resume"/> goes on from it to the same bits.
    /// </summary>
    public Structure ToStructure() => new(StateModule.toStructure(Core));

    /// <summary>Step, time, energies and temperature.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"step {Step}, {Time:R} fs, {PotentialEnergy:R} eV + {KineticEnergy:R} eV, {Temperature:F1} K");
}
