using Noether.Domain;

namespace Noether;

/// <summary>
/// Other units in those inside: eV, Å, amu, K, and fs for times. Constants of nature are those of CODATA 2018.
/// </summary>
/// <example>
/// <code>
/// double bulkModulus = 100.0 * PhysicalUnits.GPa;   // 0.624 eV/Å³
/// double hartrees = -13.6 / PhysicalUnits.Hartree;  // −0.5
/// </code>
/// </example>
public static class PhysicalUnits
{
    /// <summary>The Boltzmann constant in eV/K.</summary>
    public static double Boltzmann => Units.boltzmann;

    /// <summary>The Coulomb constant e²/4πε₀ in eV Å.</summary>
    public static double Coulomb => Units.coulomb;

    /// <summary>One hartree in eV.</summary>
    public static double Hartree => Units.hartree;

    /// <summary>One bohr in Å.</summary>
    public static double Bohr => Units.bohr;

    /// <summary>One kcal/mol in eV.</summary>
    public static double KilocaloriePerMole => Units.kcalPerMol;

    /// <summary>One kJ/mol in eV.</summary>
    public static double KilojoulePerMole => Units.kJPerMol;

    /// <summary>One gigapascal in eV/Å³.</summary>
    public static double GPa => Units.GPa;

    /// <summary>One bar in eV/Å³.</summary>
    public static double Bar => Units.bar;
}
