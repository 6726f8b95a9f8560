using Noether.Physics;

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
    /// A learned model of a file: .safetensors, which <c>noether train</c> and <see cref="LearnedModel.Save"/> write, or of
    /// another program, such as .nqx (Nequix, arXiv:2508.16067).
    /// </summary>
    /// <param name="path">
    /// The path of the file; a .nqx file is also looked for by its name in the folder that the variable NOETHER_MODELS names
    /// and in noether/models in the user's folder for application data. Nothing is downloaded.
    /// </param>
    /// <param name="precision">Double for physics; single in about half the time.</param>
    /// <param name="table">
    /// The number of splines that stand for functions of one distance, such as the radial networks of Nequix: faster, and
    /// nearly the same potential (1024 give the weights of published models to two parts in 10⁷). The name says how near. Null
    /// for the functions themselves.
    /// </param>
    /// <exception cref="NoetherException">
    /// There is no such file, or it is not one of a model, or in other units or of a newer version; the number of splines is
    /// out of range.
    /// </exception>
    public static Potential ReadModel(string path, Precision precision = Precision.Float64, int? table = null) =>
        LearnedModel.Read(path).Potential(precision, table);

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
