using Noether.Physics;

namespace Noether;

/// <summary>
/// The thermochemistry of an ideal gas of a molecule that turns as a rigid body and vibrates harmonically, for one
/// molecule. Immutable.
/// </summary>
public sealed record Thermochemistry
{
    /// <summary>Wavenumbers of the vibrations without translation and rotation, cm⁻¹.</summary>
    public required ReadOnlyMemory<double> Wavenumbers { get; init; }

    /// <summary>The number of rotations that take the molecule to itself.</summary>
    public required int SymmetryNumber { get; init; }

    /// <summary>Half a quantum of every vibration, eV.</summary>
    public required double ZeroPointEnergy { get; init; }

    /// <summary>The enthalpy with the energy at rest and the zero point, eV.</summary>
    public required double Enthalpy { get; init; }

    /// <summary>The entropy, eV/K.</summary>
    public required double Entropy { get; init; }

    /// <summary>The free energy H − TS, eV.</summary>
    public required double FreeEnergy { get; init; }
}

/// <content>Thermochemistry of molecules.</content>
public sealed partial class Potential
{
    /// <summary>The thermochemistry of a molecule at rest.</summary>
    /// <param name="molecule">The molecule, relaxed.</param>
    /// <param name="temperature">The temperature, K.</param>
    /// <param name="pressure">The pressure, bar.</param>
    /// <param name="multiplicity">2S + 1 of the spin.</param>
    /// <param name="symmetryNumber">The rotations that take the molecule to itself; null to find them.</param>
    /// <exception cref="NoetherException">
    /// The structure is periodic or not at rest, a number is out of range, or as for <see cref="Evaluate(Structure)"/>.
    /// </exception>
    public Thermochemistry Thermochemistry(
        Structure molecule,
        double temperature = 298.15,
        double pressure = 1,
        int multiplicity = 1,
        int? symmetryNumber = null)
    {
        ArgumentNullException.ThrowIfNull(molecule);
        VibrationalModes modes = Bridge.Get(Physics.Vibrations.modes(Core, molecule.Core));
        MolecularShape shape = Bridge.Get(MolecularShapeModule.create(0.05, modes.Masses, molecule.Core));
        if (symmetryNumber is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(symmetryNumber));
            shape = new MolecularShape(shape.Mass, shape.Moments, shape.IsLinear, given);
        }

        double energy = Bridge.Get(Physics.Evaluate.run(Core, molecule.Core)).Energy;
        IdealGas gas = Bridge.Get(IdealGasModule.create(temperature, pressure, multiplicity, shape, modes, energy));
        return new()
        {
            Wavenumbers = gas.Wavenumbers.ToArray(),
            SymmetryNumber = shape.SymmetryNumber,
            ZeroPointEnergy = gas.ZeroPoint,
            Enthalpy = gas.Enthalpy,
            Entropy = gas.Entropy,
            FreeEnergy = gas.FreeEnergy,
        };
    }
}
