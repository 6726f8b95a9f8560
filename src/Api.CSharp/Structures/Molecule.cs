using Noether.Domain;
using Noether.Kernels;

namespace Noether;

/// <summary>Molecules of idealised geometry, without a cell, and boxes of them.</summary>
/// <example>
/// <code>
/// Structure water = Molecule.Water;
/// Structure box = Molecule.WaterBox(count: 64, density: 0.997, seed: 1);
/// </code>
/// </example>
public static class Molecule
{
    /// <summary>One water molecule, O H H, with the geometry of TIP3P.</summary>
    public static Structure Water { get; } = new(Domain.Molecule.water);

    /// <summary>The straight alkane CₙH₂ₙ₊₂, each carbon followed by its hydrogens.</summary>
    /// <param name="carbons">The number of carbon atoms, 1 or more.</param>
    /// <exception cref="NoetherException">The number is below 1.</exception>
    public static Structure Alkane(int carbons) => new(Bridge.Get(Domain.Molecule.alkane(carbons)));

    /// <summary>A periodic cube of water molecules, each turned at random: a start for a simulation.</summary>
    /// <param name="count">The number of molecules, 1 or more.</param>
    /// <param name="density">The density in g/cm³, such as 0.997.</param>
    /// <param name="seed">Equal seeds give equal boxes, to the bit.</param>
    /// <exception cref="NoetherException">The count is below 1, or the density not positive and finite.</exception>
    public static Structure WaterBox(int count, double density, ulong seed) =>
        new(Bridge.Get(Domain.Molecule.waterBox(count, density, RandomKey.FromSeed(seed))));
}
