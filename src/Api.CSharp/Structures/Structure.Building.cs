using Noether.Domain;
using Noether.Kernels;

namespace Noether;

/// <content>Structures from structures.</content>
public sealed partial class Structure
{
    /// <summary>The atoms of all structures, one structure after the other, in the cell they share.</summary>
    /// <param name="structures">One or more structures of one cell; properties of the whole are left out.</param>
    /// <exception cref="NoetherException">
    /// There are no structures, cells differ, or an atom property is not the same kind in all.
    /// </exception>
    public static Structure Join(params IEnumerable<Structure> structures)
    {
        ArgumentNullException.ThrowIfNull(structures);
        var cores = Bridge.List(structures.Select(structure => structure.Core));
        return new(Bridge.Get(StructureSelection.Structure.join(cores)));
    }

    /// <summary>
    /// The supercell of a × b × c copies. The atoms of one copy stay together, the last axis runs fastest; properties
    /// of the whole are left out.
    /// </summary>
    /// <param name="a">Copies along the first lattice vector, 1 along an open one.</param>
    /// <param name="b">Copies along the second.</param>
    /// <param name="c">Copies along the third.</param>
    /// <exception cref="NoetherException">A count is below 1, or above 1 along an open axis.</exception>
    public Structure Repeat(int a, int b, int c) => new(Bridge.Get(StructureModule.repeat(a, b, c, Core)));

    /// <summary>Atoms and cell strained: every position and lattice vector x, a row, becomes x(1 + ε).</summary>
    /// <param name="strain">ε, nine numbers, row by row.</param>
    /// <exception cref="NoetherException">
    /// A number is not finite, or 1 + ε makes the lattice vectors dependent.
    /// </exception>
    /// <exception cref="ArgumentException">There are not nine numbers.</exception>
    public Structure Strain(ReadOnlySpan<double> strain) =>
        new(Bridge.Get(StructureGeometry.Structure.strain(strain.ToArray(), Core)));

    /// <summary>Every coordinate moved by an independent normal random number.</summary>
    /// <param name="deviation">Its standard deviation in Å, 0 or more.</param>
    /// <param name="seed">Equal seeds give equal displacements, to the bit.</param>
    /// <exception cref="NoetherException">The deviation is negative or not finite.</exception>
    public Structure Rattle(double deviation, ulong seed) =>
        new(Bridge.Get(StructureGeometry.Structure.rattle(deviation, RandomKey.FromSeed(seed), Core)));

    /// <summary>Every atom moved.</summary>
    /// <param name="x">By how much along x, in Å.</param>
    /// <param name="y">Along y.</param>
    /// <param name="z">Along z.</param>
    /// <exception cref="NoetherException">A number is not finite.</exception>
    public Structure Translate(double x, double y, double z) =>
        new(Bridge.Get(StructureModule.translate(x, y, z, Core)));

    /// <summary>Every atom moved by lattice vectors into the cell, along the periodic axes.</summary>
    public Structure Wrap() => new(StructureModule.wrap(Core));

    /// <summary>
    /// Room around the atoms: along some axes the lattice vector is made so long that the faces it joins lie a margin
    /// outside the outermost atoms, and the atoms are moved to the middle. Axes without a vector get one.
    /// </summary>
    /// <param name="margin">The margin in Å, 0 or more.</param>
    /// <param name="axes">Axes of 0, 1, 2; none for all three.</param>
    /// <exception cref="NoetherException">
    /// The margin is negative or not finite, or an axis is not 0, 1 or 2.
    /// </exception>
    public Structure Vacuum(double margin, params ReadOnlySpan<int> axes)
    {
        int[] chosen = axes.IsEmpty ? [0, 1, 2] : axes.ToArray();
        return new(Bridge.Get(StructureGeometry.Structure.vacuum(margin, Bridge.List(chosen), Core)));
    }

    /// <summary>Some of the atoms, in the order of the indices, with their properties; the cell stays.</summary>
    /// <param name="atoms">Atoms, counted from 0; one that is named twice is there twice.</param>
    /// <exception cref="NoetherException">There is no such atom.</exception>
    public Structure Select(params IEnumerable<int> atoms)
    {
        ArgumentNullException.ThrowIfNull(atoms);
        return new(Bridge.Get(StructureSelection.Structure.select(atoms, Core)));
    }

    /// <summary>The same atoms by rising atomic number, those of one element in the order they had.</summary>
    public Structure SortByElement() => new(StructureSelection.Structure.sortBySpecies(Core));

    /// <summary>The same atoms with other elements.</summary>
    /// <param name="rename">The new symbol of each symbol.</param>
    /// <exception cref="NoetherException">A new symbol is no element.</exception>
    public Structure WithElements(Func<string, string> rename)
    {
        ArgumentNullException.ThrowIfNull(rename);
        var core = Microsoft.FSharp.Core.FuncConvert.FromFunc(rename);
        return new(Bridge.Get(StructureSelection.Structure.mapSpecies(core, Core)));
    }

    /// <summary>The same atoms and cell without any property.</summary>
    public Structure WithoutProperties() => new(StructureModule.bare(Core));
}
