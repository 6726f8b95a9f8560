using Noether.Physics;

namespace Noether;

/// <summary>A special point on a path of wavevectors, in reciprocal lattice vectors of the primitive cell.</summary>
/// <param name="Label">Its name, such as Γ.</param>
/// <param name="A">Its first component.</param>
/// <param name="B">Its second component.</param>
/// <param name="C">Its third component.</param>
public readonly record struct Wavevector(string Label, double A, double B, double C);

/// <summary>Phonon frequencies along a path of m wavevectors. Immutable.</summary>
public sealed record PhononBands
{
    /// <summary>Wavevectors in reciprocal lattice vectors, [m, 3].</summary>
    public required Tensor Wavevectors { get; init; }

    /// <summary>How far along the path each lies, [m], in 1/Å with the factor 2π.</summary>
    public required ReadOnlyMemory<double> Distances { get; init; }

    /// <summary>Frequencies in THz, [m, 3n], rising at each wavevector; those that run away are negative.</summary>
    public required Tensor Terahertz { get; init; }
}

/// <summary>A density of phonon states. Immutable.</summary>
public sealed record DensityOfStates
{
    /// <summary>Frequencies in THz, [m].</summary>
    public required ReadOnlyMemory<double> Terahertz { get; init; }

    /// <summary>States per THz and primitive cell at each, [m]; their integral is 3n.</summary>
    public required ReadOnlyMemory<double> Density { get; init; }
}

/// <summary>
/// The phonons of a crystal of n atoms in its primitive cell, from exact second derivatives that obey the acoustic sum
/// rule. Immutable. Made by <see cref="Potential.Phonons"/>.
/// </summary>
/// <example>
/// <code>
/// Phonons phonons = silicon.Phonons(Crystal.Diamond("Si", 5.431, primitive: true), 4, 4, 4);
/// double optical = phonons.Frequencies(0, 0, 0).Span[5];   // 17.8 THz at Γ
/// PhononBands bands = phonons.Path([new("Γ", 0, 0, 0), new("X", 0.5, 0.5, 0)], steps: 20);
/// </code>
/// </example>
public sealed class Phonons
{
    private readonly ForceConstants core;

    internal Phonons(ForceConstants core) => this.core = core;

    /// <summary>
    /// The paths between special points along which phonons are usually drawn, by W. Setyawan and S. Curtarolo, Comput.
    /// Mater. Sci. 49, 299 (2010); none for lattices that are not cubic or hexagonal.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<Wavevector>> UsualPaths
    {
        get
        {
            if (SpecialPointsModule.ofCell(core.Primitive.Cell) is not { Value: var special })
            {
                return [];
            }

            Dictionary<string, Wavevector> points = special.Points.ToDictionary(
                point => point.Item1,
                point => new Wavevector(point.Item1, point.Item2.Item1, point.Item2.Item2, point.Item2.Item3));
            return [.. special.Paths.Select(path => path.Select(label => points[label]).ToArray())];
        }
    }

    /// <summary>The frequencies ω/2π at a wavevector in THz, [3n], rising; those that run away are negative.</summary>
    /// <param name="a">The wavevector in reciprocal lattice vectors: its first component.</param>
    /// <param name="b">Its second component.</param>
    /// <param name="c">Its third component.</param>
    public ReadOnlyMemory<double> Frequencies(double a, double b, double c) =>
        Physics.Phonons.modes(a, b, c, core).Terahertz.AsMemory();

    /// <summary>
    /// The same phonons with the fields that longitudinal optical ones make: frequencies at q = 0 then depend on the
    /// direction, see <see cref="FrequenciesTowards"/>, and those of other wavevectors have their share.
    /// </summary>
    /// <param name="dielectric">The dielectric tensor of the electrons, [3, 3].</param>
    /// <param name="charges">Born effective charges in e, [n, 3, 3]: rows go with the polarization, columns with the
    /// displacement, as in phonopy. An equal part of what they do not add up to 0 is taken from each atom.</param>
    /// <exception cref="NoetherException">Numbers that do not fit, or a dielectric tensor that is not symmetric and
    /// positive.</exception>
    public Phonons WithBornCharges(Tensor dielectric, Tensor charges)
    {
        ArgumentNullException.ThrowIfNull(dielectric);
        ArgumentNullException.ThrowIfNull(charges);
        DielectricResponse response =
            Bridge.Get(DielectricResponseModule.create(dielectric.Elements.ToArray(), charges.Elements.ToArray()));
        return new(Bridge.Get(Physics.Phonons.withResponse(response, core)));
    }

    /// <summary>
    /// The frequencies ω/2π for a wavevector that goes to 0 along a direction in THz, [3n], rising; those that run away
    /// are negative.
    /// </summary>
    /// <param name="a">The direction in reciprocal lattice vectors, of any length: its first component.</param>
    /// <param name="b">Its second component.</param>
    /// <param name="c">Its third component.</param>
    /// <exception cref="NoetherException">The direction has no length.</exception>
    public ReadOnlyMemory<double> FrequenciesTowards(double a, double b, double c) =>
        Bridge.Get(Physics.Phonons.modesTowards(a, b, c, core)).Terahertz.AsMemory();

    /// <summary>The group velocities ∂ω/∂k at a wavevector in Å/ps, [3n, 3]; NaN where ω is 0.</summary>
    /// <param name="a">The wavevector in reciprocal lattice vectors: its first component.</param>
    /// <param name="b">Its second component.</param>
    /// <param name="c">Its third component.</param>
    public Tensor GroupVelocities(double a, double b, double c)
    {
        ReadOnlySpan<double> velocities = Physics.Phonons.groupVelocities(a, b, c, core).AsSpan();
        return Tensor.Create(velocities, velocities.Length / 3, 3);
    }

    /// <summary>The frequencies along straight lines between special points.</summary>
    /// <param name="points">Two or more points.</param>
    /// <param name="steps">Steps of each line, 1 or more.</param>
    /// <exception cref="NoetherException">There are fewer than two points, or less than one step.</exception>
    public PhononBands Path(IEnumerable<Wavevector> points, int steps)
    {
        ArgumentNullException.ThrowIfNull(points);
        var named = points.Select(point => Tuple.Create(point.Label, Tuple.Create(point.A, point.B, point.C)));
        BandStructure bands = Bridge.Get(Physics.PhononBands.path(Bridge.List(named), steps, core));
        int count = bands.Distances.Length;
        return new PhononBands
        {
            Wavevectors = Tensor.Create(bands.Wavevectors.AsSpan(), count, 3),
            Distances = bands.Distances.AsMemory(),
            Terahertz = Tensor.Create(bands.Terahertz.AsSpan(), count, bands.Terahertz.Length / count),
        };
    }

    /// <summary>The density of states of a mesh of wavevectors, a Gaussian for each phonon.</summary>
    /// <param name="mesh">Wavevectors along each axis, 1 or more.</param>
    /// <param name="width">The standard deviation of a Gaussian in THz.</param>
    /// <param name="points">Frequencies at which it is wanted, 2 or more.</param>
    /// <exception cref="NoetherException">An argument lies outside its domain.</exception>
    public DensityOfStates DensityOfStates((int A, int B, int C) mesh, double width, int points)
    {
        Physics.DensityOfStates states =
            Bridge.Get(Physics.PhononBands.densityOfStates(mesh.A, mesh.B, mesh.C, width, points, core));
        return new DensityOfStates { Terahertz = states.Terahertz.AsMemory(), Density = states.Density.AsMemory() };
    }
}
