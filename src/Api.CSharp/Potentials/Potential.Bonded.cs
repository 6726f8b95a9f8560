using Noether.Physics;

namespace Noether;

/// <content>Bonds, angles and torsions of molecules: groups of atoms that are named, at their nearest images.</content>
public sealed partial class Potential
{
    /// <summary>k(r − r₀)² for some bonds.</summary>
    /// <param name="molecule">A structure it is for; others have as many atoms and the same periodic axes.</param>
    /// <param name="bonds">The two atoms of each bond, counted from 0.</param>
    /// <param name="stiffness">k in eV/Å².</param>
    /// <param name="distance">r₀ in Å.</param>
    /// <exception cref="NoetherException">A bond names an atom twice, or one that is not there.</exception>
    /// <example>
    /// <code>
    /// Potential water =
    ///     Potential.HarmonicBonds(Molecule.Water, [(0, 1), (0, 2)], stiffness: 19.5, distance: 0.9572)
    ///     + Potential.HarmonicAngles(Molecule.Water, [(1, 0, 2)], stiffness: 2.39, angle: 104.52);
    /// </code>
    /// </example>
    public static Potential HarmonicBonds(
        Structure molecule, IEnumerable<(int First, int Second)> bonds, double stiffness, double distance) =>
        new(Physics.Bonded.harmonicBonds("bonds", Pairs(molecule, bonds), Number(stiffness), Number(distance)));

    /// <summary>D(1 − e^(−a(r − r₀)))² for some bonds.</summary>
    /// <param name="molecule">A structure it is for; others have as many atoms and the same periodic axes.</param>
    /// <param name="bonds">The two atoms of each bond, counted from 0.</param>
    /// <param name="depth">D in eV.</param>
    /// <param name="width">a in 1/Å.</param>
    /// <param name="distance">r₀ in Å.</param>
    /// <exception cref="NoetherException">A bond names an atom twice, or one that is not there.</exception>
    public static Potential MorseBonds(
        Structure molecule, IEnumerable<(int First, int Second)> bonds, double depth, double width, double distance) =>
        new(Physics.Bonded.morseBonds(
            "bonds", Pairs(molecule, bonds), Number(depth), Number(width), Number(distance)));

    /// <summary>k(θ − θ₀)² for some angles.</summary>
    /// <param name="molecule">A structure it is for; others have as many atoms and the same periodic axes.</param>
    /// <param name="angles">The three atoms of each angle, counted from 0; the middle one is its corner.</param>
    /// <param name="stiffness">k in eV (per radian squared).</param>
    /// <param name="angle">θ₀ in degrees.</param>
    /// <exception cref="NoetherException">An angle names an atom twice, or one that is not there.</exception>
    public static Potential HarmonicAngles(
        Structure molecule, IEnumerable<(int First, int Corner, int Second)> angles, double stiffness, double angle)
    {
        ArgumentNullException.ThrowIfNull(angles);
        AtomGroups groups = Groups(
            molecule, 3, angles.Select(group => new[] { group.First, group.Corner, group.Second }));
        return new(Physics.Bonded.harmonicAngles(
            "angles", groups, Number(stiffness), Number(angle * Math.PI / 180.0)));
    }

    /// <summary>
    /// ½K₁(1 + cos φ) + ½K₂(1 − cos 2φ) + ½K₃(1 + cos 3φ) + ½K₄(1 − cos 4φ) for some torsions, the form of OPLS (W. L.
    /// Jorgensen, D. S. Maxwell and J. Tirado-Rives, J. Am. Chem. Soc. 118, 11225 (1996)).
    /// </summary>
    /// <param name="molecule">A structure it is for; others have as many atoms and the same periodic axes.</param>
    /// <param name="torsions">The four atoms of each torsion, in a row, counted from 0.</param>
    /// <param name="k1">K₁ in eV.</param>
    /// <param name="k2">K₂ in eV.</param>
    /// <param name="k3">K₃ in eV.</param>
    /// <param name="k4">K₄ in eV.</param>
    /// <exception cref="NoetherException">A torsion names an atom twice, or one that is not there.</exception>
    public static Potential OplsTorsions(
        Structure molecule,
        IEnumerable<(int First, int Second, int Third, int Fourth)> torsions,
        double k1,
        double k2,
        double k3,
        double k4)
    {
        ArgumentNullException.ThrowIfNull(torsions);
        AtomGroups groups = Groups(
            molecule, 4, torsions.Select(group => new[] { group.First, group.Second, group.Third, group.Fourth }));
        return new(Physics.Bonded.oplsTorsions(
            "torsions", groups, Number(k1), Number(k2), Number(k3), Number(k4)));
    }

    private static AutoDiff.Tensor Number(double value) => Tensor.Scalar(value).Core;

    private static AtomGroups Pairs(Structure molecule, IEnumerable<(int First, int Second)> bonds)
    {
        ArgumentNullException.ThrowIfNull(bonds);
        return Groups(molecule, 2, bonds.Select(bond => new[] { bond.First, bond.Second }));
    }

    private static AtomGroups Groups(Structure molecule, int size, IEnumerable<int[]> members)
    {
        ArgumentNullException.ThrowIfNull(molecule);
        IReadOnlyList<bool> periodic = molecule.Cell.Periodic;
        Images images = Images.NewNearest(Tuple.Create(periodic[0], periodic[1], periodic[2]));
        var groups = Bridge.List(members.Select(Bridge.List));
        return Bridge.Get(AtomGroupsModule.create(molecule.Count, size, images, groups));
    }
}
