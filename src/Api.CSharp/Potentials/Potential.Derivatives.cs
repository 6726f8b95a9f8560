using Noether.Physics;

namespace Noether;

/// <content>Second derivatives of the energy, exact, and what follows from them.</content>
public sealed partial class Potential
{
    /// <summary>
    /// The Hessian ∂²E/∂x∂x in eV/Å², [3n, 3n], atoms in order and x, y, z within each. It costs 3n pull-backs.
    /// </summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">As for <see cref="Evaluate(Structure)"/>.</exception>
    public Tensor Hessian(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Physics.Hessian.dense(Core, structure.Core)));
    }

    /// <summary>
    /// The Hessian as a function that multiplies it, from displacements [n, 3] in Å to [n, 3] in eV/Å, without the
    /// matrix; may be called any number of times, each for one pull-back.
    /// </summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">As for <see cref="Evaluate(Structure)"/>.</exception>
    public Func<Tensor, Tensor> HessianProduct(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        var times = Bridge.Get(Physics.Hessian.times(Core, structure.Core));
        return displacement => new(times.Invoke(displacement.Core));
    }

    /// <summary>The elastic constants of a crystal, with clamped and with relaxed ions.</summary>
    /// <param name="structure">The crystal, relaxed for the relaxed ones.</param>
    /// <exception cref="NoetherException">
    /// An axis is not periodic, ions can move without energy, or as for <see cref="Evaluate(Structure)"/>.
    /// </exception>
    /// <example>
    /// <code>
    /// ElasticConstants elastic = silicon.ElasticConstants(Crystal.Diamond("Si", 5.431, primitive: true));
    /// double c11 = elastic.Relaxed[0, 0] / PhysicalUnits.GPa;   // 151.4 GPa
    /// </code>
    /// </example>
    public ElasticConstants ElasticConstants(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Noether.ElasticConstants.Of(Bridge.Get(Elastic.constants(Core, structure.Core)));
    }

    /// <summary>The harmonic vibrations of a molecule, or of a crystal with all its cells in step.</summary>
    /// <param name="structure">The structure, relaxed.</param>
    /// <param name="masses">The masses of its atoms in amu, null for those of the elements.</param>
    /// <exception cref="NoetherException">
    /// There are not n positive masses, or as for <see cref="Evaluate(Structure)"/>.
    /// </exception>
    /// <example>
    /// <code>
    /// Vibrations vibrations = water.Vibrations(Molecule.Water);
    /// Console.WriteLine($"{vibrations.Wavenumbers.Span[8]:F0} cm⁻¹, zero point {vibrations.ZeroPointEnergy:F3} eV");
    /// </code>
    /// </example>
    public Vibrations Vibrations(Structure structure, IEnumerable<double>? masses = null)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Noether.Vibrations.Of(Bridge.Get(masses is null
            ? Physics.Vibrations.modes(Core, structure.Core)
            : Physics.Vibrations.modesWith(masses, Core, structure.Core)));
    }

    /// <summary>The phonons of a crystal, from a supercell of a × b × c primitive cells.</summary>
    /// <param name="primitive">The primitive cell, relaxed.</param>
    /// <param name="a">Cells along the first lattice vector.</param>
    /// <param name="b">Cells along the second.</param>
    /// <param name="c">Cells along the third.</param>
    /// <exception cref="NoetherException">A count is below 1, or as for <see cref="Evaluate(Structure)"/>.</exception>
    public Phonons Phonons(Structure primitive, int a, int b, int c)
    {
        ArgumentNullException.ThrowIfNull(primitive);
        ForceConstants constants =
            Bridge.Get(Physics.Phonons.forceConstants(a, b, c, Core, primitive.Core));
        return new(Physics.Phonons.withAcousticSumRule(constants));
    }

    /// <summary>The equation of state of a crystal, through energies at a few volumes, ions relaxed at each.</summary>
    /// <param name="structure">The crystal.</param>
    /// <param name="ratios">
    /// Volumes as multiples of its own, at least four; none for seven from 0.94 to 1.06.
    /// </param>
    /// <exception cref="NoetherException">
    /// There is no cell, a ratio is not positive, ions do not come to rest, the energies have no minimum, or as for
    /// <see cref="Evaluate(Structure)"/>.
    /// </exception>
    public EquationOfState EquationOfState(Structure structure, params ReadOnlySpan<double> ratios)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Physics.EquationOfState.birchMurnaghan(Ratios(ratios), Core, structure.Core)));
    }

    /// <summary>
    /// The equation of state of a crystal whose atoms stay at their fractional coordinates at every volume.
    /// </summary>
    /// <param name="structure">The crystal.</param>
    /// <param name="ratios">As for <see cref="EquationOfState"/>.</param>
    /// <exception cref="NoetherException">As for <see cref="EquationOfState"/>.</exception>
    public EquationOfState ClampedEquationOfState(Structure structure, params ReadOnlySpan<double> ratios)
    {
        ArgumentNullException.ThrowIfNull(structure);
        VolumeScan scan = Bridge.Get(Physics.EquationOfState.scanClamped(Ratios(ratios), Core, structure.Core));
        return Noether.EquationOfState.Fit(scan.Volumes, scan.Energies);
    }

    private static double[] Ratios(ReadOnlySpan<double> ratios) =>
        ratios.IsEmpty ? [0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06] : ratios.ToArray();
}
