using Noether.Domain;
using Noether.Laws;

namespace Noether;

/// <summary>The smoothness that a potential claims when an atom enters or leaves the range of another.</summary>
public enum Smoothness
{
    /// <summary>Nothing: the energy may jump.</summary>
    None,

    /// <summary>The energy does not jump; forces may.</summary>
    Energy,

    /// <summary>Neither energy nor forces jump.</summary>
    Forces,
}

/// <summary>How the laws of potentials are tried. Immutable; change one with <c>with</c>.</summary>
public sealed record LawOptions
{
    /// <summary>The number of samples for each law; at least one.</summary>
    public int Samples { get; init; } = 100;

    /// <summary>The same seed gives the same samples, and the same report.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The most atoms of a structure.</summary>
    public int MaxAtoms { get; init; } = 8;

    /// <summary>
    /// The least distance in Å between two atoms; null for 0.35 of the cut-off. Cells have edges of two to six times
    /// that.
    /// </summary>
    public double? Separation { get; init; }

    /// <summary>The claim of the potential about its cut-off.</summary>
    public Smoothness Smoothness { get; init; } = Smoothness.Forces;

    /// <summary>Whether virial and stress are tried; false for a black box that knows none.</summary>
    public bool Virial { get; init; } = true;

    /// <summary>Tolerances of rounding are multiplied by this: 1 for double precision, some 10⁵ for single.</summary>
    public double Slack { get; init; } = 1.0;

    internal LawSettings Settings(StructureSettings structures) => new(structures, Samples, (ulong)Seed);

    internal StructureSettings Structures(IEnumerable<string> symbols, double cutoff)
    {
        StructureSettings core = Bridge.Get(PotentialSubjectModule.structuresFor(Bridge.List(symbols), cutoff));
        double least = Separation ?? core.Separation;
        return new(
            maxAtoms: MaxAtoms,
            species: core.Species,
            separation: least,
            edges: Tuple.Create(2.0 * least, 6.0 * least),
            far: core.Far);
    }

    internal PotentialSubject Claims(PotentialSubject subject, double? crossing) => new(
        name: subject.Name,
        evaluate: subject.Evaluate,
        structures: subject.Structures,
        scales: subject.Scales,
        virial: Virial,
        crossings: crossing is { } cutoff ? Bridge.List([cutoff]) : subject.Crossings,
        smoothness: Smoothness switch
        {
            Smoothness.None => Laws.Smoothness.NoSmoothness,
            Smoothness.Energy => Laws.Smoothness.SmoothEnergy,
            Smoothness.Forces => Laws.Smoothness.SmoothForces,
            _ => throw new NoetherException(
                NoetherError.NewInvalidArgument("the smoothness", $"{Smoothness}", "None, Energy or Forces")),
        },
        hessian: subject.Hessian,
        ways: subject.Ways,
        integrator: subject.Integrator,
        slack: Slack);
}
