namespace Noether;

/// <summary>
/// The elastic constants of a crystal: [6, 6] in eV/Å³, in Voigt's order xx, yy, zz, yz, xz, xy, for engineering
/// strains. Divided by <see cref="PhysicalUnits.GPa"/> they are in GPa. Immutable.
/// </summary>
/// <remarks>
/// They are the second derivatives of the energy per volume by Lagrange's strain, which have every symmetry under any
/// initial stress. Without initial stress they are also the answer of the stress to strain.
/// </remarks>
public sealed record ElasticConstants
{
    /// <summary>Those of atoms that move with the cell and no further, [6, 6] in eV/Å³.</summary>
    public required Tensor Clamped { get; init; }

    /// <summary>Those of atoms that go on to where the forces on them vanish, [6, 6] in eV/Å³.</summary>
    public required Tensor Relaxed { get; init; }

    /// <summary>The initial stress, [6] in eV/Å³, positive under tension.</summary>
    public required Tensor Stress { get; init; }

    /// <summary>The averages of the relaxed ones over all orientations of the crystal.</summary>
    /// <exception cref="NoetherException">There is a strain without stress.</exception>
    public ElasticAverages Averages() =>
        ElasticAverages.Of(Bridge.Get(Physics.ElasticAveragesModule.ofConstants(Relaxed.Core)));

    internal static ElasticConstants Of(Physics.ElasticConstants core) => new()
    {
        Clamped = new Tensor(core.Clamped),
        Relaxed = new Tensor(core.Relaxed),
        Stress = new Tensor(core.Stress),
    };
}

/// <summary>The moduli of a polycrystal.</summary>
/// <param name="Bulk">The bulk modulus in eV/Å³.</param>
/// <param name="Shear">The shear modulus in eV/Å³.</param>
/// <param name="Young">Young's modulus in eV/Å³.</param>
/// <param name="Poisson">Poisson's ratio, a number.</param>
public sealed record ElasticModuli(double Bulk, double Shear, double Young, double Poisson)
{
    internal static ElasticModuli Of(Physics.Moduli core) => new(core.Bulk, core.Shear, core.Young, core.Poisson);
}

/// <summary>Elastic constants averaged over all orientations of a crystal, and its stability. Immutable.</summary>
public sealed record ElasticAverages
{
    /// <summary>With equal strain everywhere, from above (W. Voigt, Lehrbuch der Kristallphysik, 1928).</summary>
    public required ElasticModuli Voigt { get; init; }

    /// <summary>With equal stress everywhere, from below (A. Reuss, Z. Angew. Math. Mech. 9, 49 (1929)).</summary>
    public required ElasticModuli Reuss { get; init; }

    /// <summary>The means of both (R. Hill, Proc. Phys. Soc. A 65, 349 (1952)).</summary>
    public required ElasticModuli Hill { get; init; }

    /// <summary>
    /// The universal anisotropy, 0 for an isotropic solid (S. I. Ranganathan and M. Ostoja-Starzewski, Phys. Rev. Lett.
    /// 101, 055504 (2008)).
    /// </summary>
    public required double Anisotropy { get; init; }

    /// <summary>Whether the crystal is stable against every small strain.</summary>
    public required bool IsStable { get; init; }

    internal static ElasticAverages Of(Physics.ElasticAverages core) => new()
    {
        Voigt = ElasticModuli.Of(core.Voigt),
        Reuss = ElasticModuli.Of(core.Reuss),
        Hill = ElasticModuli.Of(core.Hill),
        Anisotropy = core.Anisotropy,
        IsStable = core.IsStable,
    };
}
