using Noether.Physics;

namespace Noether;

/// <content>Energies and their first derivatives.</content>
public sealed partial class Potential
{
    /// <summary>Energy, forces, virial and stress of a structure.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">
    /// An energy is not a number, most often because two atoms are at one place, or there are no parameters for an
    /// element.
    /// </exception>
    public Evaluation Evaluate(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Evaluation.Of(Bridge.Get(Physics.Evaluate.run(Core, structure.Core)));
    }

    /// <summary>
    /// Energy, forces, virial and stress of a structure with the pairs of a Verlet list, which need not be found again.
    /// </summary>
    /// <param name="structure">The structure.</param>
    /// <param name="list">A list that reaches as far as the potential and is valid for the structure.</param>
    /// <exception cref="NoetherException">The list ends before the potential or is not valid; or as above.</exception>
    public Evaluation Evaluate(Structure structure, VerletList list)
    {
        ArgumentNullException.ThrowIfNull(structure);
        ArgumentNullException.ThrowIfNull(list);
        return Evaluation.Of(Bridge.Get(Physics.Evaluate.onList(Core, list.Core, structure.Core)));
    }

    /// <summary>Energy, forces, virial and stress of structures, in one pass over all.</summary>
    /// <param name="structures">The structures.</param>
    /// <returns>One evaluation for each structure, in their order.</returns>
    /// <exception cref="NoetherException">As for one structure.</exception>
    public IReadOnlyList<Evaluation> EvaluateMany(params IEnumerable<Structure> structures)
    {
        ArgumentNullException.ThrowIfNull(structures);
        var cores = Bridge.List(structures.Select(structure => structure.Core));
        return [.. Bridge.Get(Physics.Evaluate.batch(Core, cores)).Select(Evaluation.Of)];
    }

    /// <summary>
    /// The energy of each atom in eV, [n], as a function of positions that may be differentiated to any order.
    /// </summary>
    /// <param name="structure">Elements and cell; its pairs are those that are seen.</param>
    /// <param name="positions">Positions in Å, [n, 3].</param>
    /// <param name="strain">
    /// ε, [3, 3]: every position and lattice vector x, a row, becomes x(1 + ε). Null for none.
    /// </param>
    /// <exception cref="NoetherException">There are no parameters for an element.</exception>
    /// <exception cref="ArgumentException">Positions or strain have another shape.</exception>
    /// <example>
    /// <code>
    /// Structure argon = Crystal.FaceCentredCubic("Ar", 5.3).Rattle(0.1, seed: 1);
    /// Potential potential = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
    /// Tensor forces = -Differentiate.Gradient(x =&gt; potential.AtomEnergies(argon, x).Sum(), argon.Positions);
    /// </code>
    /// </example>
    public Tensor AtomEnergies(Structure structure, Tensor positions, Tensor? strain = null)
    {
        ArgumentNullException.ThrowIfNull(structure);
        ArgumentNullException.ThrowIfNull(positions);
        Pairs pairs = Cutoff > 0.0 ? NeighborList.Build(structure, Cutoff).Core : NoPairs(structure.Count);
        Tensor deformation = strain ?? Tensor.Zeros(3, 3);
        return new(Bridge.Run(() => Physics.Evaluate.energiesAt(
            Core, pairs, structure.Core, positions.Core, deformation.Core)));
    }

    private static Pairs NoPairs(int atoms) => Bridge.Get(PairsModule.create(atoms, [], [], []));
}
