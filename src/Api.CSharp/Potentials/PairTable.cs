using Microsoft.FSharp.Core;
using Noether.Physics;

namespace Noether;

/// <summary>How parameters of unlike pairs, mostly (ε, σ), follow from those of like ones.</summary>
public enum MixingRule
{
    /// <summary>ε = √(ε₁ε₂), σ = ½(σ₁ + σ₂): H. A. Lorentz and D. Berthelot; LAMMPS' arithmetic.</summary>
    LorentzBerthelot,

    /// <summary>ε = √(ε₁ε₂), σ = √(σ₁σ₂).</summary>
    Geometric,

    /// <summary>
    /// ε = 2√(ε₁ε₂) σ₁³σ₂³/(σ₁⁶ + σ₂⁶), σ⁶ = ½(σ₁⁶ + σ₂⁶) (M. Waldman and A. T. Hagler, J. Comput. Chem. 14, 1077
    /// (1993)); LAMMPS' sixthpower.
    /// </summary>
    SixthPower,

    /// <summary>
    /// For Buckingham's (A, ρ, C): A = √(A₁A₂), 1/ρ = ½(1/ρ₁ + 1/ρ₂), C = √(C₁C₂) (D. E. Williams, J. Chem. Phys. 47,
    /// 4680 (1967)).
    /// </summary>
    Williams,
}

/// <summary>The parameters of one pair of elements.</summary>
/// <param name="First">The symbol of one.</param>
/// <param name="Second">The symbol of the other; the order does not matter.</param>
/// <param name="Cutoff">How far the pair sees, in Å.</param>
/// <param name="Values">The parameters, in the order in which the potential names them.</param>
public sealed record PairEntry(string First, string Second, double Cutoff, params IReadOnlyList<double> Values);

/// <summary>The parameters of a pair potential for each pair of elements, for mixtures. Immutable.</summary>
/// <example>
/// <code>
/// var table = PairTable.OfPairs(
///     new PairEntry("Na", "Cl", 8.0, 1256.3, 0.3222, 0.0),
///     new PairEntry("Cl", "Cl", 8.0, 3485.0, 0.2964, 29.06));
/// Potential buckingham = Potential.Buckingham(table, Truncation.Shifted);
/// PairTable rareGases = PairTable.Mixed(
///     MixingRule.LorentzBerthelot, 8.5, ("Ar", [0.0104, 3.40]), ("Kr", [0.0140, 3.65]));
/// Potential mixture = Potential.LennardJones(rareGases, Truncation.ForceShifted);
/// </code>
/// </example>
public sealed class PairTable
{
    private PairTable(PairParameters core) => Core = core;

    /// <summary>The longest cut-off in Å.</summary>
    public double Cutoff => Core.Cutoff;

    internal PairParameters Core { get; }

    /// <summary>The same parameters for any two atoms.</summary>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="values">The parameters, in the order in which the potential names them.</param>
    /// <exception cref="NoetherException">The cut-off is not positive and finite.</exception>
    public static PairTable Everywhere(double cutoff, params ReadOnlySpan<double> values) =>
        new(Bridge.Get(PairParametersModule.everywhere(cutoff, Tensor.Vector(values).Core)));

    /// <summary>The same parameters for any two atoms, which may carry derivatives: energies and forces follow.</summary>
    /// <param name="cutoff">The cut-off in Å.</param>
    /// <param name="values">The parameters, [q], in the order in which the potential names them.</param>
    /// <exception cref="NoetherException">The cut-off is not positive and finite.</exception>
    /// <example>
    /// <code>
    /// Tensor slopes = Differentiate.Gradient(   // ∂E/∂ε and ∂E/∂σ
    ///     p =&gt; Potential.LennardJones(PairTable.Everywhere(8.5, p), Truncation.ForceShifted)
    ///         .AtomEnergies(argon, argon.Positions).Sum(),
    ///     Tensor.Vector(0.0104, 3.4));
    /// </code>
    /// </example>
    public static PairTable Everywhere(double cutoff, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(Bridge.Get(PairParametersModule.everywhere(cutoff, values.Core)));
    }

    /// <summary>
    /// Parameters for some pairs of elements. To meet another pair within the longest cut-off is an error.
    /// </summary>
    /// <param name="entries">The pairs, each once, with equally many parameters.</param>
    /// <exception cref="NoetherException">
    /// A symbol is no element, a cut-off is not positive and finite, a pair is there twice, or there is none.
    /// </exception>
    /// <exception cref="ArgumentException">Pairs have different numbers of parameters.</exception>
    public static PairTable OfPairs(params IEnumerable<PairEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return new(Bridge.Get(PairParametersModule.ofPairs(Bridge.List(entries.Select(entry => Tuple.Create(
            Tuple.Create(entry.First, entry.Second), entry.Cutoff, Vector(entry.Values)))))));
    }

    /// <summary>Parameters of like pairs, (ε, σ) or what the rule is for, those of unlike pairs by the rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="cutoff">The cut-off of all pairs in Å.</param>
    /// <param name="like">For each element its parameters, such as ε and σ.</param>
    /// <exception cref="NoetherException">As for <see cref="OfPairs"/>.</exception>
    public static PairTable Mixed(
        MixingRule rule, double cutoff, params IEnumerable<(string Symbol, double[] Values)> like)
    {
        ArgumentNullException.ThrowIfNull(like);
        var entries = Bridge.List(like.Select(entry => Tuple.Create(entry.Symbol, Vector(entry.Values))));
        return new(Bridge.Get(PairParametersModule.mixed(Rule(rule), cutoff, entries)));
    }

    /// <summary>Parameters of like pairs, which may carry derivatives, those of unlike pairs by a rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="cutoff">The cut-off of all pairs in Å.</param>
    /// <param name="like">For each element its parameters, [q].</param>
    /// <exception cref="NoetherException">As for <see cref="OfPairs"/>.</exception>
    public static PairTable Mixed(MixingRule rule, double cutoff, params IEnumerable<(string Symbol, Tensor Values)> like)
    {
        ArgumentNullException.ThrowIfNull(like);
        var entries = Bridge.List(like.Select(entry => Tuple.Create(entry.Symbol, entry.Values.Core)));
        return new(Bridge.Get(PairParametersModule.mixed(Rule(rule), cutoff, entries)));
    }

    internal static PairTable ScreenedNuclei(IEnumerable<string> symbols, double cutoff) =>
        new(Bridge.Get(PairParametersModule.screenedNuclei(cutoff, Bridge.List(symbols))));

    private static AutoDiff.Tensor Vector(IReadOnlyList<double> values) => Tensor.Vector([.. values]).Core;

    private static FSharpFunc<AutoDiff.Tensor, FSharpFunc<AutoDiff.Tensor, AutoDiff.Tensor>> Rule(MixingRule rule) =>
        rule switch
        {
            MixingRule.LorentzBerthelot => Mixing.lorentzBerthelot,
            MixingRule.Geometric => Mixing.geometric,
            MixingRule.SixthPower => Mixing.sixthPower,
            MixingRule.Williams =>
                FuncConvert.FromFunc<AutoDiff.Tensor, AutoDiff.Tensor, AutoDiff.Tensor>(Mixing.williams),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "Expected a rule."),
        };
}
