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

    /// <summary>The bulk modulus of relaxed ions in eV/Å³, W. Voigt's: the mean of the upper left [3, 3].</summary>
    public double BulkModulus => Relaxed.Slice(0, 0, 3).Slice(1, 0, 3).Mean().Value;

    internal static ElasticConstants Of(Physics.ElasticConstants core) => new()
    {
        Clamped = new Tensor(core.Clamped),
        Relaxed = new Tensor(core.Relaxed),
        Stress = new Tensor(core.Stress),
    };
}
