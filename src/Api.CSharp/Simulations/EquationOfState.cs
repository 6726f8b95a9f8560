using Noether.Physics;

namespace Noether;

/// <summary>
/// The third-order equation of state of F. Birch (Phys. Rev. 71, 809 (1947)) and F. D. Murnaghan. Immutable.
/// </summary>
/// <example>
/// <code>
/// Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
/// EquationOfState state = argon.EquationOfState(Crystal.FaceCentredCubic("Ar", 5.3));
/// double edge = Math.Cbrt(state.Volume);                            // Å
/// double gigapascals = state.BulkModulus / PhysicalUnits.GPa;
/// </code>
/// </example>
public sealed class EquationOfState
{
    private readonly BirchMurnaghan core;

    internal EquationOfState(BirchMurnaghan core) => this.core = core;

    /// <summary>The lowest energy in eV.</summary>
    public double Energy => core.Energy;

    /// <summary>The volume that has it in Å³.</summary>
    public double Volume => core.Volume;

    /// <summary>The bulk modulus −V dP/dV there in eV/Å³.</summary>
    public double BulkModulus => core.BulkModulus;

    /// <summary>Its derivative by pressure, a number.</summary>
    public double BulkModulusDerivative => core.Derivative;

    /// <summary>The equation through energies at volumes, by least squares.</summary>
    /// <param name="volumes">Volumes in Å³, at least four different ones.</param>
    /// <param name="energies">Their energies in eV.</param>
    /// <exception cref="NoetherException">
    /// There are too few, not as many of each, one is not positive, or there is no minimum.
    /// </exception>
    public static EquationOfState Fit(IEnumerable<double> volumes, IEnumerable<double> energies)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        ArgumentNullException.ThrowIfNull(energies);
        return new(Bridge.Get(Physics.EquationOfState.fit(volumes, energies)));
    }

    /// <summary>The energy at a volume in eV.</summary>
    /// <param name="volume">The volume in Å³.</param>
    public double EnergyAt(double volume) => Physics.EquationOfState.energy(volume, core);

    /// <summary>The pressure −dE/dV at a volume in eV/Å³, positive under compression.</summary>
    /// <param name="volume">The volume in Å³.</param>
    public double PressureAt(double volume) => Physics.EquationOfState.pressure(volume, core);

    /// <summary>Energy, volume, bulk modulus and its derivative.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Energy:R} eV at {Volume:R} Å³, B = {BulkModulus:R} eV/Å³, B' = {BulkModulusDerivative:R}");
}
