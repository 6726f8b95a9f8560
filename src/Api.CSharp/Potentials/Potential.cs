using Noether.Learning;
using Noether.Physics;
using Noether.Training;

namespace Noether;

/// <summary>
/// A potential: from a structure to its energy, forces and stress. Immutable; potentials add, and multiply with
/// numbers.
/// </summary>
/// <example>
/// <code>
/// Potential argon = Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);
/// Evaluation evaluation = argon.Evaluate(Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 3.8]));
/// Console.WriteLine($"{evaluation.Energy:F5} eV, force on atom 0 {evaluation.Forces.Span[2]:F5} eV/Å along z");
/// </code>
/// </example>
public sealed partial class Potential
{
    internal Potential(Physics.Potential core) => Core = core;

    /// <summary>Its name in messages and reports.</summary>
    public string Name => Core.Name;

    /// <summary>The distance in Å beyond which atoms do not see each other.</summary>
    public double Cutoff => Core.Cutoff;

    internal Physics.Potential Core { get; }

    /// <summary>
    /// A published Nequix model (arXiv:2508.16067): a graph network for any crystal, surface or molecule of its elements.
    /// Energies are on the scale of the data it was trained on.
    /// </summary>
    /// <param name="path">
    /// The path of a .nqx file, or its name in the folder that the variable NOETHER_MODELS names or in noether/models in
    /// the user's folder for application data. Nothing is downloaded.
    /// </param>
    /// <param name="precision">Double for physics; single is the arithmetic of the published program.</param>
    /// <param name="table">
    /// The number of splines, 16 to 65536, that stand for the radial networks: faster, and nearly the same potential (1024
    /// give the weights of published models to two parts in 10⁷). The name says how near. Null for the networks themselves.
    /// </param>
    /// <exception cref="NoetherException">
    /// There is no such file, and the message says where its authors publish it; or it is not one of a Nequix model; or
    /// the number of splines is out of range.
    /// </exception>
    public static Potential Nequix(string path, Precision precision = Precision.Float64, int? table = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        Learning.NequixModel model = Bridge.Get(Learning.NequixFile.read(path));
        return new(table is { } splines
            ? Learning.NequixTableModule.potential(
                precision.ToCore(), Bridge.Get(Learning.NequixTableModule.create(splines, model)))
            : Learning.Nequix.potential(precision.ToCore(), model));
    }

    /// <summary>A learned model: of a .safetensors file that <c>noether train</c> wrote, or of a .nqx file.</summary>
    /// <param name="path">The path of the file; one of a Nequix model is looked for as <see cref="Nequix"/> says.</param>
    /// <param name="precision">Double for physics; single in about half the time.</param>
    /// <exception cref="NoetherException">
    /// The file cannot be read or is not one of a model; or it is in other units or of a newer version.
    /// </exception>
    public static Potential ReadModel(string path, Precision precision = Precision.Float64)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(Bridge.Get(ModelFile.potential(precision.ToCore(), path)));
    }

    /// <summary>The sum of two potentials; each term sees only as far as its own cut-off.</summary>
    /// <param name="left">One potential.</param>
    /// <param name="right">Another.</param>
    public static Potential operator +(Potential left, Potential right) => Add(left, right);

    /// <summary>A potential times a number.</summary>
    /// <param name="factor">The number.</param>
    /// <param name="potential">The potential.</param>
    public static Potential operator *(double factor, Potential potential) => Multiply(factor, potential);

    /// <summary>The sum of two potentials; each term sees only as far as its own cut-off.</summary>
    /// <param name="left">One potential.</param>
    /// <param name="right">Another.</param>
    public static Potential Add(Potential left, Potential right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new(left.Core + right.Core);
    }

    /// <summary>A potential times a number.</summary>
    /// <param name="factor">The number.</param>
    /// <param name="potential">The potential.</param>
    public static Potential Multiply(double factor, Potential potential)
    {
        ArgumentNullException.ThrowIfNull(potential);
        return new(factor * potential.Core);
    }

    /// <summary>The potential among the atoms of some elements; all others have no energy and are not seen.</summary>
    /// <param name="symbols">The elements.</param>
    /// <exception cref="NoetherException">An element is unknown.</exception>
    public Potential Among(IEnumerable<string> symbols)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        return new(Bridge.Get(PotentialModule.amongSpecies(Bridge.List(symbols), Core)));
    }

    /// <summary>
    /// The same potential computed in a precision: vectors between atoms are rounded to it, energies of atoms given
    /// back in double precision. In single precision there is no fused path.
    /// </summary>
    /// <param name="precision">The precision.</param>
    /// <example>
    /// <code>
    /// Potential single = argon.WithPrecision(Precision.Float32);   // the same to some seven digits
    /// </code>
    /// </example>
    public Potential WithPrecision(Precision precision) => new(PotentialModule.inPrecision(precision.ToCore(), Core));

    /// <summary>The name and the cut-off.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}, cut-off {Cutoff} Å");
}
