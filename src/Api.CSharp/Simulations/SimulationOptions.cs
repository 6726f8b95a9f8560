using Microsoft.FSharp.Core;
using Noether.Physics;

namespace Noether;

/// <summary>A thermostat. Temperatures in K, relaxation times in fs. Immutable.</summary>
public sealed class Thermostat
{
    private Thermostat(Physics.Thermostat core) => Core = core;

    /// <summary>Nothing: Newton's equations by velocity Verlet, constant energy.</summary>
    public static Thermostat None { get; } = new(ThermostatModule.none);

    internal Physics.Thermostat Core { get; }

    /// <summary>
    /// Friction and noise by the splitting BAOAB (B. Leimkuhler and C. Matthews, Appl. Math. Res. Express 2013, 34).
    /// </summary>
    /// <param name="temperature">The temperature in K.</param>
    /// <param name="relaxation">The inverse of the friction in fs.</param>
    public static Thermostat Langevin(double temperature, double relaxation) =>
        new(ThermostatModule.langevin(temperature, relaxation));

    /// <summary>
    /// A chain of thermostats (G. J. Martyna, M. E. Tuckerman, D. J. Tobias and M. L. Klein, Mol. Phys. 87, 1117
    /// (1996)).
    /// </summary>
    /// <param name="temperature">The temperature in K.</param>
    /// <param name="relaxation">The relaxation time in fs.</param>
    /// <param name="length">The number of thermostats, 1 or more.</param>
    public static Thermostat NoseHoover(double temperature, double relaxation, int length = 3) =>
        new(ThermostatModule.noseHoover(temperature, relaxation, length));

    /// <summary>
    /// Velocities scaled to a kinetic energy with a motion of its own (G. Bussi, D. Donadio and M. Parrinello, J. Chem.
    /// Phys. 126, 014101 (2007)): canonical, and gentle on dynamics.
    /// </summary>
    /// <param name="temperature">The temperature in K.</param>
    /// <param name="relaxation">The relaxation time in fs.</param>
    public static Thermostat StochasticRescaling(double temperature, double relaxation) =>
        new(ThermostatModule.stochasticRescaling(temperature, relaxation));

    /// <summary>
    /// Velocities scaled towards a temperature (H. J. C. Berendsen et al., J. Chem. Phys. 81, 3684 (1984)): settles
    /// quickly, and samples no ensemble.
    /// </summary>
    /// <param name="temperature">The temperature in K.</param>
    /// <param name="relaxation">The relaxation time in fs, at least the time step.</param>
    public static Thermostat Berendsen(double temperature, double relaxation) =>
        new(ThermostatModule.berendsen(temperature, relaxation));

    /// <summary>
    /// Positions alone, the overdamped limit of Langevin's equation (D. L. Ermak and J. A. McCammon, J. Chem. Phys. 69,
    /// 1352 (1978)). Velocities are zero.
    /// </summary>
    /// <param name="temperature">The temperature in K.</param>
    /// <param name="relaxation">The inverse of the friction in fs.</param>
    public static Thermostat Brownian(double temperature, double relaxation) =>
        new(ThermostatModule.brownian(temperature, relaxation));

    /// <summary>The name and the numbers.</summary>
    public override string ToString() => Core.ToString();
}

/// <summary>Which strains of the cell a barostat makes.</summary>
public enum CellMotion
{
    /// <summary>The same along all directions.</summary>
    Isotropic,

    /// <summary>x, y and z each for itself.</summary>
    Axial,

    /// <summary>All, shear included.</summary>
    Triclinic,
}

/// <summary>
/// A barostat: stochastic cell rescaling (M. Bernetti and G. Bussi, J. Chem. Phys. 153, 114107 (2020)). Immutable.
/// </summary>
public sealed record Barostat
{
    /// <summary>The pressure in GPa.</summary>
    public double Pressure { get; init; }

    /// <summary>The relaxation time of the volume in fs.</summary>
    public double Relaxation { get; init; } = 1000.0;

    /// <summary>The compressibility in 1/GPa that the relaxation time refers to; an estimate will do.</summary>
    public required double Compressibility { get; init; }

    /// <summary>The strains it makes.</summary>
    public CellMotion Shape { get; init; } = CellMotion.Isotropic;

    /// <summary>It acts after every so many steps, and then costs one evaluation more.</summary>
    public int Every { get; init; } = 10;

    internal Physics.Barostat ToCore() => new(
        pressure: Pressure,
        relaxation: Relaxation,
        compressibility: Compressibility,
        shape: Shape switch
        {
            CellMotion.Isotropic => CellShape.Isotropic,
            CellMotion.Axial => CellShape.Axial,
            CellMotion.Triclinic => CellShape.Triclinic,
            _ => throw new ArgumentOutOfRangeException(nameof(Shape), Shape, "Expected a shape."),
        },
        every: Every);
}

/// <summary>The ensemble of a simulation, and its integrator. Immutable; change one with <c>with</c>.</summary>
/// <example>
/// <code>
/// var constantPressure = new SimulationOptions
/// {
///     Timestep = 2.0,
///     Thermostat = Thermostat.NoseHoover(temperature: 80.0, relaxation: 100.0),
///     Barostat = new Barostat { Pressure = 0.1, Compressibility = 0.5, Shape = CellMotion.Axial },
/// };
/// SimulationOptions warmer = constantPressure with { Thermostat = Thermostat.NoseHoover(90.0, 100.0) };
/// </code>
/// </example>
public sealed record SimulationOptions
{
    /// <summary>The time step in fs.</summary>
    public double Timestep { get; init; } = 1.0;

    /// <summary>The thermostat; without one, the energy is constant.</summary>
    public Thermostat Thermostat { get; init; } = Thermostat.None;

    /// <summary>The barostat, null where the cell stays; it needs a thermostat.</summary>
    public Barostat? Barostat { get; init; }

    /// <summary>How much further than the potential its Verlet list looks, in Å: longer lists last longer.</summary>
    public double Skin { get; init; } = 1.0;

    /// <summary>
    /// A force on an atom above this in eV/Å ends a simulation with an error: atoms came so near to each other that no
    /// step can follow them. Infinity is no limit.
    /// </summary>
    public double LargestForce { get; init; } = 1e4;

    internal Ensemble ToCore() => new(
        timestep: Timestep,
        thermostat: Thermostat.Core,
        barostat: Barostat is { } barostat
            ? FSharpOption<Physics.Barostat>.Some(barostat.ToCore())
            : FSharpOption<Physics.Barostat>.None,
        skin: Skin,
        largestForce: LargestForce);
}

/// <summary>How a simulation begins. Immutable; change one with <c>with</c>.</summary>
public sealed record SimulationStart
{
    /// <summary>The key of all random numbers, those of the first velocities included.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The temperature in K of first velocities that are drawn at random; 0 for atoms at rest. Not used where
    /// <see cref="Velocities"/> are given.
    /// </summary>
    public double Temperature { get; init; }

    /// <summary>First velocities in Å/fs, [n, 3]; empty where there are none.</summary>
    public ReadOnlyMemory<double> Velocities { get; init; }

    /// <summary>The masses of the atoms in amu, [n]; null for those of their elements.</summary>
    public IReadOnlyList<double>? Masses { get; init; }

    /// <summary>Whether the coordinate of an atom along an axis, 0, 1 or 2, is held; null where none is.</summary>
    public Func<int, int, bool>? Held { get; init; }

    /// <summary>
    /// Whether what the structure itself holds (<see cref="Structure.IsHeld"/>) may move; otherwise it stays as well.
    /// </summary>
    public bool Free { get; init; }

    /// <summary>
    /// Whether the centre of mass is held, which takes away three degrees of freedom. Not together with held
    /// coordinates.
    /// </summary>
    public bool HoldCentre { get; init; }
}
