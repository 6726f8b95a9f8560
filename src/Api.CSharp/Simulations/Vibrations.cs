namespace Noether;

/// <summary>
/// The harmonic vibrations of n atoms: 3n modes by rising frequency, those of motions that run away first, as negative
/// numbers. Translations, and rotations of a molecule at rest, have frequencies of 0 up to rounding. Immutable.
/// </summary>
public sealed record Vibrations
{
    /// <summary>Frequencies ω/2π in THz, [3n].</summary>
    public required ReadOnlyMemory<double> Terahertz { get; init; }

    /// <summary>Wavenumbers ω/2πc in cm⁻¹, [3n].</summary>
    public required ReadOnlyMemory<double> Wavenumbers { get; init; }

    /// <summary>Energies of a quantum ħω in eV, [3n].</summary>
    public required ReadOnlyMemory<double> Energies { get; init; }

    /// <summary>Mass-weighted displacements √m u of each mode, orthonormal, [3n, n, 3].</summary>
    public required Tensor Displacements { get; init; }

    /// <summary>Half a quantum of every mode that does not run away, in eV.</summary>
    public required double ZeroPointEnergy { get; init; }

    internal static Vibrations Of(Physics.VibrationalModes core) => new()
    {
        Terahertz = core.Terahertz.AsMemory(),
        Wavenumbers = core.Wavenumbers.AsMemory(),
        Energies = core.Energies.AsMemory(),
        Displacements = Tensor.Create(core.Eigenvectors.AsSpan(), core.Squares.Length, core.Masses.Length, 3),
        ZeroPointEnergy = Physics.Vibrations.zeroPointEnergy(core),
    };
}
