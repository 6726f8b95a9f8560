using Noether.Kernels;
using Noether.Physics;

namespace Noether;

/// <content>Functions of the distance between two atoms.</content>
public sealed partial class Potential
{
    /// <summary>
    /// 4ε((σ/r)¹² − (σ/r)⁶) (J. E. Lennard-Jones, Proc. R. Soc. A 106, 463 (1924)), between all atoms.
    /// </summary>
    /// <param name="epsilon">The depth ε in eV.</param>
    /// <param name="sigma">The distance σ in Å at which the energy is zero.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential LennardJones(double epsilon, double sigma, double cutoff, Truncation truncation) =>
        OfFunction("Lennard-Jones", new LennardJones(), [epsilon, sigma], cutoff, truncation);

    /// <summary>The same function for mixtures.</summary>
    /// <param name="table">For each pair of elements ε (eV), σ (Å).</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential LennardJones(PairTable table, Truncation truncation) =>
        OfFunction("Lennard-Jones", new LennardJones(), table, truncation);

    /// <summary>D(e^(−2a(r−r₀)) − 2e^(−a(r−r₀))) (P. M. Morse, Phys. Rev. 34, 57 (1929)), between all atoms.</summary>
    /// <param name="depth">The depth D in eV.</param>
    /// <param name="width">The inverse width a in 1/Å.</param>
    /// <param name="distance">The distance r₀ of the minimum in Å.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Morse(
        double depth, double width, double distance, double cutoff, Truncation truncation) =>
        OfFunction("Morse", new Morse(), [depth, width, distance], cutoff, truncation);

    /// <summary>The same function for mixtures.</summary>
    /// <param name="table">For each pair of elements D (eV), a (1/Å), r₀ (Å).</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential Morse(PairTable table, Truncation truncation) =>
        OfFunction("Morse", new Morse(), table, truncation);

    /// <summary>A e^(−r/ρ) − C/r⁶ (R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938)), between all atoms.</summary>
    /// <param name="a">The strength A of the repulsion in eV.</param>
    /// <param name="rho">Its length ρ in Å.</param>
    /// <param name="c">The strength C of the attraction in eV Å⁶.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Buckingham(double a, double rho, double c, double cutoff, Truncation truncation) =>
        OfFunction("Buckingham", new Buckingham(), [a, rho, c], cutoff, truncation);

    /// <summary>The same function for mixtures.</summary>
    /// <param name="table">For each pair of elements A (eV), ρ (Å), C (eV Å⁶).</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential Buckingham(PairTable table, Truncation truncation) =>
        OfFunction("Buckingham", new Buckingham(), table, truncation);

    /// <summary>
    /// A e^((σ−r)/ρ) − C/r⁶ + D/r⁸ (M. L. Huggins and J. E. Mayer, J. Chem. Phys. 1, 643 (1933)), between all atoms.
    /// </summary>
    /// <param name="a">The strength A of the repulsion in eV.</param>
    /// <param name="rho">Its length ρ in Å.</param>
    /// <param name="sigma">The distance σ in Å at which it is A.</param>
    /// <param name="c">The strength C in eV Å⁶.</param>
    /// <param name="d">The strength D in eV Å⁸.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Born(
        double a, double rho, double sigma, double c, double d, double cutoff, Truncation truncation) =>
        OfFunction("Born–Mayer–Huggins", new BornMayer(), [a, rho, sigma, c, d], cutoff, truncation);

    /// <summary>The same function for mixtures.</summary>
    /// <param name="table">For each pair of elements A (eV), ρ (Å), σ (Å), C (eV Å⁶), D (eV Å⁸).</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential Born(PairTable table, Truncation truncation) =>
        OfFunction("Born–Mayer–Huggins", new BornMayer(), table, truncation);

    /// <summary>A e^(−κr)/r (H. Yukawa, Proc. Phys.-Math. Soc. Jpn. 17, 48 (1935)), between all atoms.</summary>
    /// <param name="a">The strength A in eV Å.</param>
    /// <param name="kappa">The inverse screening length κ in 1/Å.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Yukawa(double a, double kappa, double cutoff, Truncation truncation) =>
        OfFunction("Yukawa", new Yukawa(), [a, kappa], cutoff, truncation);

    /// <summary>The same function for mixtures.</summary>
    /// <param name="table">For each pair of elements A (eV Å), κ (1/Å).</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential Yukawa(PairTable table, Truncation truncation) =>
        OfFunction("Yukawa", new Yukawa(), table, truncation);

    /// <summary>A(1 + cos(πr/w)) between all atoms nearer than w: a soft repulsion without a singularity.</summary>
    /// <param name="a">Half the energy of two atoms at one place, A, in eV.</param>
    /// <param name="width">The width w in Å, where it ends with zero slope.</param>
    /// <exception cref="NoetherException">The width is not a positive length.</exception>
    public static Potential SoftRepulsion(double a, double width) =>
        OfFunction("soft repulsion", new SoftRepulsion(), [a, width], width, Truncation.None);

    /// <summary>½k(r − r₀)² between all atoms nearer than a cut-off.</summary>
    /// <param name="stiffness">The stiffness k in eV/Å².</param>
    /// <param name="distance">The distance r₀ at rest in Å.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    public static Potential Spring(double stiffness, double distance, double cutoff, Truncation truncation) =>
        OfFunction("spring", new Spring(), [stiffness, distance], cutoff, truncation);

    /// <summary>
    /// The screened repulsion of nuclei of J. F. Ziegler, J. P. Biersack and U. Littmark (The Stopping and Range of
    /// Ions in Solids, 1985), between all pairs of some elements.
    /// </summary>
    /// <param name="symbols">The elements.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">
    /// How it ends there; <see cref="Truncation.CurvatureShifted"/> is what LAMMPS' zbl does.
    /// </param>
    /// <exception cref="NoetherException">
    /// A symbol is no element, the cut-off is not a positive length, or the onset not below it.
    /// </exception>
    /// <example>
    /// <code>
    /// Potential repulsion = Potential.ZieglerBiersackLittmark(["Si", "C"], 2.0, Truncation.CurvatureShifted(1.5));
    /// </code>
    /// </example>
    public static Potential ZieglerBiersackLittmark(
        IEnumerable<string> symbols, double cutoff, Truncation truncation)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        PairTable table = PairTable.ScreenedNuclei(symbols.Distinct(), cutoff);
        return OfFunction("Ziegler–Biersack–Littmark", new ZieglerBiersackLittmark(), table, truncation);
    }

    /// <summary>
    /// A function of the distance of your own between all atoms: a struct, written once over a number type, from which
    /// forces, stress and all other derivatives follow.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="name">The name of the potential in messages and reports.</param>
    /// <param name="function">The function; r in Å, values in eV.</param>
    /// <param name="parameters">Its parameters, at most twelve.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">The cut-off is not a positive length, or the onset not below it.</exception>
    /// <example>
    /// <code>
    /// private readonly struct Gaussian : IRadialFunction
    /// {
    ///     public T Evaluate&lt;T&gt;(T r, ReadOnlySpan&lt;T&gt; p)
    ///         where T : IReal&lt;T&gt; =&gt; p[0] * T.Exp(-(r * r) / (p[1] * p[1]));
    /// }
    /// </code>
    /// </example>
    public static Potential OfFunction<TFunction>(
        string name, TFunction function, ReadOnlySpan<double> parameters, double cutoff, Truncation truncation)
        where TFunction : struct, IRadialFunction =>
        OfFunction(name, function, PairTable.Everywhere(cutoff, parameters), truncation);

    /// <summary>A function of the distance of your own, a struct, for mixtures.</summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <param name="name">The name of the potential in messages and reports.</param>
    /// <param name="function">The function; r in Å, values in eV.</param>
    /// <param name="table">Its parameters for each pair of elements, at most twelve.</param>
    /// <param name="truncation">How it ends at the cut-offs.</param>
    /// <exception cref="NoetherException">The onset is not below the cut-offs.</exception>
    public static Potential OfFunction<TFunction>(
        string name, TFunction function, PairTable table, Truncation truncation)
        where TFunction : struct, IRadialFunction
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(truncation);
        return new(Bridge.Get(PairPotential.create(name, function, truncation.Core, table.Core)));
    }

    /// <summary>
    /// A pair potential from an expression of tensors, for some pairs of elements; slower than a struct, and free in
    /// what it captures: tables, networks, parameters that are being differentiated.
    /// </summary>
    /// <param name="name">The name of the potential in messages and reports.</param>
    /// <param name="function">From distances [p] in Å to energies [p] in eV, element by element.</param>
    /// <param name="pairs">The pairs of elements, in either order.</param>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="truncation">How it ends there.</param>
    /// <exception cref="NoetherException">
    /// A symbol is no element, a pair is there twice, the cut-off is not a positive length, or the onset not below it.
    /// </exception>
    /// <example>
    /// <code>
    /// Potential bell = Potential.OfExpression(
    ///     "bell", r =&gt; 0.1 * Tensor.Exp(-(r * r)), [("Ar", "Ar")], cutoff: 4.0, Truncation.Shifted);
    /// </code>
    /// </example>
    public static Potential OfExpression(
        string name,
        Func<Tensor, Tensor> function,
        IEnumerable<(string First, string Second)> pairs,
        double cutoff,
        Truncation truncation)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(truncation);
        var core = Bridge.Function(function);
        var entries = pairs.Select(pair => Tuple.Create(Tuple.Create(pair.First, pair.Second), cutoff, core));
        return new(Bridge.Get(FunctionPotential.create(name, truncation.Core, Bridge.List(entries))));
    }
}
