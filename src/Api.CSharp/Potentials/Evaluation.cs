using System.Collections.Immutable;
using Microsoft.FSharp.Core;
using Noether.Physics;

namespace Noether;

/// <summary>The results of a potential for a structure of n atoms. Immutable.</summary>
/// <remarks>
/// Arrays convert to what the properties hold: <c>new Evaluation { Energy = e, Forces = forces }</c>, with forces a
/// <c>double[]</c> that nobody changes afterwards. What is not known stays empty.
/// </remarks>
/// <example>
/// <code>
/// Evaluation black = new() { Energy = -1.5, Forces = new double[] { 0, 0, 0.1, 0, 0, -0.1 } };
/// </code>
/// </example>
public sealed record Evaluation
{
    /// <summary>The energy in eV.</summary>
    public required double Energy { get; init; }

    /// <summary>Forces −∂E/∂r in eV/Å, [n, 3], atom by atom.</summary>
    public required ReadOnlyMemory<double> Forces { get; init; }

    /// <summary>The energy of each atom in eV, [n]; empty where only the whole has one.</summary>
    public ReadOnlyMemory<double> AtomEnergies { get; init; }

    /// <summary>
    /// The virial −∂E/∂ε in eV, [3, 3], row by row: the strain takes every position and lattice vector x, a row, to
    /// x(1 + ε). Empty where it is not known.
    /// </summary>
    public ReadOnlyMemory<double> Virial { get; init; }

    /// <summary>
    /// The stress (1/V) ∂E/∂ε in eV/Å³, [3, 3], row by row, positive under tension. Empty where it is not known, and
    /// where there are no three lattice vectors.
    /// </summary>
    public ReadOnlyMemory<double> Stress { get; init; }

    internal static Evaluation Of(Results results) => new()
    {
        Energy = results.Energy,
        Forces = results.Forces.AsMemory(),
        AtomEnergies = results.Energies.AsMemory(),
        Virial = results.Virial.AsMemory(),
        Stress = results.Stress is { Value: var stress } ? stress.AsMemory() : default,
    };

    internal Results ToCore() => new(
        energy: Energy,
        energies: ImmutableArray.Create(AtomEnergies.Span),
        forces: ImmutableArray.Create(Forces.Span),
        virial: ImmutableArray.Create(Virial.Span),
        stress: Stress.IsEmpty
            ? FSharpOption<ImmutableArray<double>>.None
            : FSharpOption<ImmutableArray<double>>.Some(ImmutableArray.Create(Stress.Span)));
}
