using Noether.Kernels;
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
/// Console.WriteLine(PotentialLaws.Check(argon, ["Ar"]));
/// </code>
/// </example>
public sealed class Potential
{
    internal Potential(Physics.Potential core) => Core = core;

    /// <summary>What it is called in messages and reports.</summary>
    public string Name => Core.Name;

    /// <summary>The distance in Å beyond which atoms do not see each other.</summary>
    public double Cutoff => Core.Cutoff;

    internal Physics.Potential Core { get; }

    /// <summary>4ε((σ/r)¹² − (σ/r)⁶) between all atoms (J. E. Lennard-Jones, Proc. R. Soc. 106, 463 (1924)).</summary>
    /// <param name="epsilon">The depth ε in eV.</param>
    /// <param name="sigma">The distance σ in Å at which the energy is zero.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential LennardJones(double epsilon, double sigma, double cutoff, Truncation truncation) =>
        OfFunction("Lennard-Jones", new LennardJones(), [epsilon, sigma], cutoff, truncation);

    /// <summary>D(e^(−2a(r−r₀)) − 2e^(−a(r−r₀))) between all atoms (P. M. Morse, Phys. Rev. 34, 57 (1929)).</summary>
    /// <param name="depth">The depth D in eV.</param>
    /// <param name="width">The inverse width a in 1/Å.</param>
    /// <param name="distance">The distance r₀ of the minimum in Å.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Morse(
        double depth, double width, double distance, double cutoff, Truncation truncation) =>
        OfFunction("Morse", new Morse(), [depth, width, distance], cutoff, truncation);

    /// <summary>
    /// A function of the distance of your own between all atoms: a struct, written once over a number type, from which
    /// forces, stress and all other derivatives follow.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="name">What the potential is called in messages and reports.</param>
    /// <param name="function">The function; r in Å, values in eV.</param>
    /// <param name="parameters">Its parameters, at most twelve.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    /// <example>
    /// <code>
    /// readonly struct Gaussian : IRadialFunction
    /// {
    ///     public T Evaluate&lt;T&gt;(T r, ReadOnlySpan&lt;T&gt; p)
    ///         where T : IReal&lt;T&gt; =&gt; p[0] * T.Exp(-(r * r) / (p[1] * p[1]));
    /// }
    /// </code>
    /// </example>
    public static Potential OfFunction<TFunction>(
        string name, TFunction function, ReadOnlySpan<double> parameters, double cutoff, Truncation truncation)
        where TFunction : struct, IRadialFunction
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(truncation);
        AutoDiff.Tensor values = Tensor.Create(parameters, parameters.Length).Core;
        PairParameters table = Bridge.Get(PairParametersModule.everywhere(cutoff, values));
        return new(Bridge.Get(PairPotential.create(name, function, truncation.Core, table)));
    }

    /// <summary>
    /// A published Nequix model (arXiv:2508.16067): a graph network for any crystal, surface or molecule of its elements.
    /// Energies are on the scale of the data it was trained on.
    /// </summary>
    /// <param name="path">
    /// The path of a .nqx file, or its name in the folder that the variable NOETHER_MODELS names or in noether/models in
    /// the user's folder for application data. Nothing is downloaded.
    /// </param>
    /// <param name="precision">Double for physics; single is the arithmetic of the published program.</param>
    /// <exception cref="NoetherException">
    /// There is no such file, and the message says where its authors publish it; or it is not one of a Nequix model.
    /// </exception>
    public static Potential Nequix(string path, Precision precision = Precision.Float64)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(Bridge.Get(Learning.Nequix.read(precision.ToCore(), path)));
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

    /// <summary>Energy, forces, virial and stress of a structure.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">An energy is not a number, most often because two atoms are at one place.
    /// </exception>
    public Evaluation Evaluate(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return Evaluation.Of(Bridge.Get(Physics.Evaluate.run(Core, structure.Core)));
    }

    /// <summary>The name and the cut-off.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}, cut-off {Cutoff} Å");
}
