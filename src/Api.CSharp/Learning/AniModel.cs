using Microsoft.FSharp.Collections;
using Noether.Learning;
using Noether.Training;

namespace Noether;

/// <summary>
/// An ANI model (J. S. Smith, O. Isayev, A. E. Roitberg, Chem. Sci. 8 (2017) 3192): an ensemble of networks for
/// molecules and crystals of its elements, neutral ones. Immutable.
/// </summary>
public sealed class AniModel
{
    private readonly Learning.AniModel core;

    private AniModel(Learning.AniModel core) => this.core = core;

    /// <summary>What it is called in messages, such as "ani-2x".</summary>
    public string Name => core.Name;

    /// <summary>The symbols of its elements, in its own order.</summary>
    public IReadOnlyList<string> Elements => [.. core.Settings.Elements.Select(z => Domain.Elements.symbol(z))];

    /// <summary>The number of members of the ensemble.</summary>
    public int Members => core.Settings.Members;

    /// <summary>Reads the parameters as their authors publish them.</summary>
    /// <param name="path">
    /// The path of an .info file, of its folder or of a .zip of it, or of a file that <see cref="Save"/> wrote; or a
    /// name such as ani-2x, which is looked for in the folder that the variable NOETHER_MODELS names and in
    /// noether/models in the user's folder for application data. Nothing is downloaded.
    /// </param>
    /// <exception cref="NoetherException">
    /// There is no such file, and the message says where it is published; or files lack, are damaged, or do not fit
    /// each other.
    /// </exception>
    public static AniModel Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.EndsWith(ModelFile.Ending, StringComparison.OrdinalIgnoreCase))
        {
            return new(Bridge.Get(AniFile.read(path)));
        }

        Training.LearnedModel learned = Bridge.Get(ModelFile.read(path));
        return new(Bridge.Get(AniFamily.model(learned.Name, learned.Architecture, learned.Parameters)));
    }

    /// <summary>Writes the model to one file, which <see cref="Read"/> reads in a moment and checks by its
    /// hash.</summary>
    /// <param name="path">The path, which ends in .safetensors; an existing file is replaced.</param>
    /// <exception cref="NoetherException">The file cannot be written, or has another ending.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Bridge.Get(ModelFile.write(path, new Training.LearnedModel(
            core.Name,
            AniFamily.architecture(core.Settings),
            AniModelModule.parameters(AutoDiff.Precision.Float32, core),
            MapModule.Empty<string, Training.Metrics>())));
    }

    /// <summary>Some of the members, as a model.</summary>
    /// <param name="members">Their numbers, from 0.</param>
    /// <exception cref="NoetherException">There is no such member, or none is named.</exception>
    public AniModel Select(params IEnumerable<int> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        return new(Bridge.Get(AniModelModule.select(Bridge.List(members), core)));
    }

    /// <summary>The mean of the members as a potential, in eV.</summary>
    /// <param name="precision">Double for physics; single, of environments and networks, in about a third of the
    /// time.</param>
    public Potential Potential(Precision precision = Precision.Float64) =>
        new(Ani.potential(precision.ToCore(), core));

    /// <summary>What every member says of a structure, and how far they are apart.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="precision">Double, or single.</param>
    /// <exception cref="NoetherException">The structure is charged or has an element outside the model.</exception>
    public AniCommittee Committee(Structure structure, Precision precision = Precision.Float64)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return AniCommittee.Of(Bridge.Get(Ani.committee(precision.ToCore(), core).Invoke(structure.Core)));
    }

    /// <summary>The name, the elements and the number of members.</summary>
    public override string ToString() => core.ToString();
}

/// <summary>
/// What the m members of an ensemble say of a structure of n atoms. Standard deviations have the divisor m − 1, and are
/// 0 for one member. Immutable.
/// </summary>
public sealed record AniCommittee
{
    /// <summary>The energy by each member, [m], eV.</summary>
    public required ReadOnlyMemory<double> Energies { get; init; }

    /// <summary>The energy of each atom by each member, [m, n], eV.</summary>
    public required ReadOnlyMemory<double> AtomEnergies { get; init; }

    /// <summary>The mean of the energies, eV.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation of the energies, eV.</summary>
    public required double Deviation { get; init; }

    /// <summary>The deviation by the root of the number of atoms, eV: the measure of query by committee.</summary>
    public required double PerRootAtom { get; init; }

    /// <summary>The standard deviation of the energy of each atom, [n], eV.</summary>
    public required ReadOnlyMemory<double> AtomDeviations { get; init; }

    internal static AniCommittee Of(Learning.AniCommittee core) => new()
    {
        Energies = core.Energies.AsMemory(),
        AtomEnergies = core.AtomEnergies.AsMemory(),
        Mean = core.Mean,
        Deviation = core.Deviation,
        PerRootAtom = core.PerRootAtom,
        AtomDeviations = core.AtomDeviations.AsMemory(),
    };
}
