using System.Collections.Immutable;
using Noether.Domain;
using Noether.Physics;

namespace Noether;

/// <summary>
/// The pairs of atoms, images included, that are nearer to each other than a cut-off. Immutable, equal by value.
/// </summary>
/// <remarks>
/// Pair e has the centre i = Receivers[e], the neighbour j = Senders[e] and the image S = Shifts[3e … 3e + 2] in
/// lattice vectors; its vector is r_j + S·H − r_i. Both directions of each pair are there. Pairs are sorted by centre,
/// then neighbour, then image; those of centre i run from Starts[i] up to, not including, Starts[i + 1].
/// </remarks>
/// <example>
/// <code>
/// Structure copper = Crystal.FaceCentredCubic("Cu", 3.61);
/// NeighborList neighbors = NeighborList.Build(copper, cutoff: 3.0);
/// Console.WriteLine($"{neighbors.Count} pairs, {neighbors.Of(0).Length} at atom 0");   // 48 pairs, 12 at atom 0
/// Tensor distances = neighbors.Distances(copper);                                       // all 2.553 Å
/// </code>
/// </example>
public sealed class NeighborList : IEquatable<NeighborList>
{
    internal NeighborList(Pairs core) => Core = core;

    internal Pairs Core { get; }

    /// <summary>The number of pairs, p.</summary>
    public int Count => Core.Count;

    /// <summary>The number of atoms, n.</summary>
    public int Atoms => Core.Atoms;

    /// <summary>The centre of each pair, [p], never falling.</summary>
    public ReadOnlySpan<int> Receivers => Core.Receivers.AsSpan();

    /// <summary>The neighbour of each pair, [p].</summary>
    public ReadOnlySpan<int> Senders => Core.Senders.AsSpan();

    /// <summary>The image of the neighbour in lattice vectors, [p, 3], row by row.</summary>
    public ReadOnlySpan<int> Shifts => Core.Shifts.AsSpan();

    /// <summary>Where the pairs of each centre begin, [n + 1].</summary>
    public ReadOnlySpan<int> Starts => Core.Starts.AsSpan();

    /// <summary>All pairs of a structure that are nearer than a cut-off; the time grows with atoms and pairs.</summary>
    /// <param name="structure">The structure: any cell, any periodic axes.</param>
    /// <param name="cutoff">The cut-off in Å, of any length; a pair just as long is none.</param>
    /// <exception cref="NoetherException">
    /// The cut-off is not positive and finite, or so long that the list fits no array.
    /// </exception>
    public static NeighborList Build(Structure structure, double cutoff)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Neighbours.build(cutoff, structure.Core)));
    }

    /// <summary>All pairs of a structure that are nearer than the cut-off of their elements.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="cutoffs">
    /// Cut-offs in Å by two elements, in either order; elements that are not named together are never pairs.
    /// </param>
    /// <exception cref="NoetherException">
    /// A symbol is no element, a cut-off is not positive and finite, or two elements have two.
    /// </exception>
    public static NeighborList Build(
        Structure structure, params IEnumerable<(string First, string Second, double Cutoff)> cutoffs)
    {
        ArgumentNullException.ThrowIfNull(structure);
        ArgumentNullException.ThrowIfNull(cutoffs);
        var entries = Bridge.List(cutoffs.Select(entry => Tuple.Create(entry.First, entry.Second, entry.Cutoff)));
        return new(Bridge.Get(Neighbours.buildBy(Bridge.Get(CutoffsModule.ofSymbols(entries)), structure.Core)));
    }

    /// <summary>All pairs of a structure that are nearer than the sum of two radii.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="radii">A radius for each atom in Å, [n], 0 or more.</param>
    /// <exception cref="NoetherException">
    /// There are not n radii, or one is negative or not finite.
    /// </exception>
    public static NeighborList BuildByRadius(Structure structure, ReadOnlySpan<double> radii)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Neighbours.buildBy(Cutoffs.NewByRadius(Bridge.Array(radii)), structure.Core)));
    }

    /// <summary>The neighbours of an atom, those of its pairs, in their order.</summary>
    /// <param name="atom">The atom, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such atom.</exception>
    public ReadOnlySpan<int> Of(int atom)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(atom);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(atom, Atoms);
        return Senders[Starts[atom]..Starts[atom + 1]];
    }

    /// <summary>One direction of each pair.</summary>
    public NeighborList Half() => new(PairsModule.half(Core));

    /// <summary>The vectors r_j + S·H − r_i of the pairs in Å, [p, 3].</summary>
    /// <param name="structure">Where the atoms are.</param>
    /// <exception cref="ArgumentException">The structure has another number of atoms.</exception>
    public Tensor Vectors(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Tensor.Create(Neighbours.measure(structure.Core, Core).Item1, Count, 3);
    }

    /// <summary>
    /// The vectors of the pairs in Å, [p, 3], as a function of the positions that may be differentiated.
    /// </summary>
    /// <param name="structure">The cell.</param>
    /// <param name="positions">Positions in Å, [n, 3].</param>
    /// <exception cref="ArgumentException">The positions are of another number of atoms.</exception>
    public Tensor Vectors(Structure structure, Tensor positions)
    {
        ArgumentNullException.ThrowIfNull(structure);
        ArgumentNullException.ThrowIfNull(positions);
        return new(Space.vectors(positions.Core, Space.cell(structure.Core), Core));
    }

    /// <summary>The lengths of the pairs in Å, [p].</summary>
    /// <param name="structure">Where the atoms are.</param>
    /// <exception cref="ArgumentException">The structure has another number of atoms.</exception>
    public Tensor Distances(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Tensor.Create(Neighbours.measure(structure.Core, Core).Item2, Count);
    }

    /// <summary>Whether numbers of atoms and pairs are equal, in equal order.</summary>
    /// <param name="other">Another list.</param>
    public bool Equals(NeighborList? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NeighborList);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>The numbers of pairs and atoms.</summary>
    public override string ToString() => Core.ToString();
}

/// <summary>
/// A neighbour list that lasts while atoms move: all pairs nearer than a cut-off and a skin, and the structure it was
/// made of. Immutable.
/// </summary>
/// <example>
/// <code>
/// Structure copper = Crystal.FaceCentredCubic("Cu", 3.61).Repeat(4, 4, 4);
/// VerletList list = VerletList.Build(copper, cutoff: 5.0, skin: 1.0);
/// Structure moved = copper.Rattle(0.02, seed: 1);
/// list = list.Update(moved);                        // the same list: no atom moved half the skin
/// NeighborList neighbors = list.Neighbors(moved);   // as NeighborList.Build(moved, 5.0)
/// </code>
/// </example>
public sealed class VerletList
{
    internal VerletList(Physics.VerletList core) => Core = core;

    internal Physics.VerletList Core { get; }

    /// <summary>The skin of the list beyond the cut-off, in Å.</summary>
    public double Skin => Core.Skin;

    /// <summary>All pairs nearer than cut-off and skin in the structure that the list was made of.</summary>
    public NeighborList Wide => new(Core.Wide);

    /// <summary>A list that serves any structure in which no atom strayed further than half the skin.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="skin">The skin in Å, 0 or more.</param>
    /// <exception cref="NoetherException">
    /// As for <see cref="NeighborList.Build(Structure, double)"/>, and a skin that is negative or not finite.
    /// </exception>
    public static VerletList Build(Structure structure, double cutoff, double skin)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(VerletListModule.create(cutoff, skin, structure.Core)));
    }

    /// <summary>Whether the list holds every pair within its cut-off in a structure.</summary>
    /// <param name="structure">The structure.</param>
    public bool IsValid(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return VerletListModule.isValid(structure.Core, Core);
    }

    /// <summary>This list while it is valid for a structure, otherwise a new one of the structure.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">As for <see cref="Build"/>.</exception>
    public VerletList Update(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return IsValid(structure) ? this : new(Bridge.Get(VerletListModule.update(structure.Core, Core)));
    }

    /// <summary>The pairs within the cut-off in a structure, as they would be found anew.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">The list is not valid for the structure.</exception>
    public NeighborList Neighbors(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(VerletListModule.pairs(structure.Core, Core)));
    }

    /// <summary>The number of pairs and the skin.</summary>
    public override string ToString() => Core.ToString();
}
