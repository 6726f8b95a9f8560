using System.Collections.Immutable;
using Microsoft.FSharp.Core;
using Noether.Domain;

namespace Noether;

/// <summary>
/// The radial distribution function g(r), the density of neighbours over the mean density, over frames. Immutable:
/// <see cref="Add"/> returns another one.
/// </summary>
/// <example>
/// <code>
/// RadialDistribution distribution = RadialDistribution.Create(cutoff: 8.0, bins: 160);
/// distribution = distribution.Add(crystal);
/// (double distance, double density) = distribution.Values.MaxBy(value =&gt; value.Density);
/// </code>
/// </example>
public sealed class RadialDistribution
{
    private readonly Physics.RadialDistribution core;

    private RadialDistribution(Physics.RadialDistribution core) => this.core = core;

    /// <summary>The middle of each bin in Å, and g there; NaN before the first structure.</summary>
    public IReadOnlyList<(double Distance, double Density)> Values =>
        [.. Physics.RadialDistributionModule.values(core).Select(value => (value.Item1, value.Item2))];

    /// <summary>That of no structures, of all atoms.</summary>
    /// <param name="cutoff">The longest distance in Å.</param>
    /// <param name="bins">The number of equal bins, 1 or more.</param>
    /// <exception cref="NoetherException">The distance or the number of bins is not positive.</exception>
    public static RadialDistribution Create(double cutoff, int bins) =>
        new(Bridge.Get(Physics.RadialDistributionModule.create(cutoff, bins)));

    /// <summary>That of no structures, of atoms of one element about those of another or the same.</summary>
    /// <param name="centre">The element of the centre.</param>
    /// <param name="neighbor">The element of the neighbours.</param>
    /// <param name="cutoff">The longest distance in Å.</param>
    /// <param name="bins">The number of equal bins, 1 or more.</param>
    /// <exception cref="NoetherException">
    /// A symbol is no element, or the distance or the number of bins not positive.
    /// </exception>
    public static RadialDistribution Between(string centre, string neighbor, double cutoff, int bins) =>
        new(Bridge.Get(Physics.RadialDistributionModule.between(centre, neighbor, cutoff, bins)));

    /// <summary>With one structure more.</summary>
    /// <param name="structure">The structure, with three lattice vectors.</param>
    /// <exception cref="NoetherException">There are no three lattice vectors.</exception>
    public RadialDistribution Add(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Physics.RadialDistributionModule.add(structure.Core, core)));
    }
}

/// <summary>
/// The distribution of angles between all two neighbours of an atom, over frames. Immutable: <see cref="Add"/> returns
/// another one.
/// </summary>
/// <example>
/// <code>
/// AngularDistribution angles = AngularDistribution.Create(cutoff: 4.5, bins: 90).Add(crystal);
/// </code>
/// </example>
public sealed class AngularDistribution
{
    private readonly Physics.AngularDistribution core;

    private AngularDistribution(Physics.AngularDistribution core) => this.core = core;

    /// <summary>
    /// The middle of each bin in degrees, and the density of angles there in 1/degree, which integrates to 1.
    /// </summary>
    public IReadOnlyList<(double Angle, double Density)> Values =>
        [.. Physics.AngularDistributionModule.values(core).Select(value => (value.Item1, value.Item2))];

    /// <summary>That of no structures, in equal bins from 0 to 180 degrees.</summary>
    /// <param name="cutoff">How near neighbours are, in Å.</param>
    /// <param name="bins">The number of bins, 1 or more.</param>
    /// <exception cref="NoetherException">The distance or the number of bins is not positive.</exception>
    public static AngularDistribution Create(double cutoff, int bins) =>
        new(Bridge.Get(Physics.AngularDistributionModule.create(cutoff, bins)));

    /// <summary>With one structure more.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">There are more pairs than a list can hold.</exception>
    public AngularDistribution Add(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Bridge.Get(Physics.AngularDistributionModule.add(structure.Core, core)));
    }
}

/// <summary>
/// The mean square displacement of atoms, for all lags up to a longest one, over all origins. Immutable:
/// <see cref="Add(Frame)"/> returns another one.
/// </summary>
/// <example>
/// <code>
/// var displacement = MeanSquareDisplacement.Create(longest: 10);
///
/// await foreach (Frame frame in simulation.RunAsync(start, steps: 100, every: 5))
/// {
///     displacement = displacement.Add(frame);
/// }
///
/// double after25Steps = displacement.Values.Span[5];   // Å²
/// </code>
/// </example>
public sealed class MeanSquareDisplacement
{
    private readonly Physics.Correlation core;

    private MeanSquareDisplacement(Physics.Correlation core) => this.core = core;

    /// <summary>
    /// ⟨|r(t₀ + t) − r(t₀)|²⟩ in Å² for lags of 0, 1, … frames; NaN for those that no two frames have.
    /// </summary>
    public ReadOnlyMemory<double> Values => Physics.CorrelationModule.values(core).AsMemory();

    /// <summary>That of no frames.</summary>
    /// <param name="longest">The longest lag in frames, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lag is negative.</exception>
    public static MeanSquareDisplacement Create(int longest)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(longest);
        return new(Physics.CorrelationModule.create(longest));
    }

    /// <summary>With one frame more; frames follow each other at equal times.</summary>
    /// <param name="frame">The frame.</param>
    /// <exception cref="ArgumentException">It has another number of atoms than those before it.</exception>
    public MeanSquareDisplacement Add(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Add(frame.Structure);
    }

    /// <summary>With one structure more, whose atoms are not wrapped into the cell; at equal times.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="ArgumentException">It has another number of atoms than those before it.</exception>
    public MeanSquareDisplacement Add(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(Correlations.Add(Physics.CorrelationModule.displacement, core, structure.Core.Positions));
    }
}

/// <summary>
/// The autocorrelation of velocities, for all lags up to a longest one, over all origins. Immutable: <see cref="Add"/>
/// returns another one.
/// </summary>
/// <example>
/// <code>
/// VelocityAutocorrelation correlation = VelocityAutocorrelation.Create(longest: 10).Add(start);
/// double speed = Math.Sqrt(correlation.Values.Span[0]);   // Å/fs
/// </code>
/// </example>
public sealed class VelocityAutocorrelation
{
    private readonly Physics.Correlation core;

    private VelocityAutocorrelation(Physics.Correlation core) => this.core = core;

    /// <summary>
    /// ⟨v(t₀ + t) · v(t₀)⟩ in (Å/fs)² for lags of 0, 1, … frames; NaN for those that no two frames have.
    /// </summary>
    public ReadOnlyMemory<double> Values =>
        Physics.CorrelationModule.values(core).Select(value => value * Units.fs * Units.fs).ToArray();

    /// <summary>That of no frames.</summary>
    /// <param name="longest">The longest lag in frames, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lag is negative.</exception>
    public static VelocityAutocorrelation Create(int longest)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(longest);
        return new(Physics.CorrelationModule.create(longest));
    }

    /// <summary>With one frame more; frames follow each other at equal times.</summary>
    /// <param name="frame">The frame.</param>
    /// <exception cref="ArgumentException">It has another number of atoms than those before it.</exception>
    public VelocityAutocorrelation Add(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return new(Correlations.Add(Physics.CorrelationModule.product, core, frame.Core.Phase.Velocities));
    }
}

internal static class Correlations
{
    public static Physics.Correlation Add(
        Func<ImmutableArray<double>, ImmutableArray<double>, double> pair,
        Physics.Correlation correlation,
        ImmutableArray<double> values) =>
        Physics.CorrelationModule.add(FuncConvert.FromFunc(pair), correlation, values);
}
