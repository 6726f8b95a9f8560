using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Equivariance;
using Noether.Learning;

namespace Noether;

/// <summary>
/// The settings of a NequIP network: layers of equivariant features that atoms send to their neighbours (S. Batzner
/// et al., Nature Communications 13, 2453 (2022)). Immutable, equal by value; change one with <c>with</c>.
/// </summary>
/// <example>
/// <code>NequipSettings settings = NequipSettings.Tutorial with { Cutoff = 3.0, Elements = ["C", "H"] };</code>
/// </example>
public sealed record NequipSettings
{
    /// <summary>The network of the nequip-jax tutorial, for carbon with a cut-off of 2 Å.</summary>
    public static NequipSettings Tutorial { get; } = Of(NequipModule.tutorial, ["C"]);

    /// <summary>Symbols of the elements the network knows; each has weights of its own.</summary>
    public required IReadOnlyList<string> Elements { get; init => field = [.. value]; }

    /// <summary>The distance in Å beyond which atoms do not see each other.</summary>
    public required double Cutoff { get; init; }

    /// <summary>
    /// The features after each layer, as irreducible representations of O(3) in e3nn's notation, such as
    /// "32x0e+8x1o": how many of which degree and parity (e even, o odd). The last layer has scalars 0e, of which the
    /// energy is made.
    /// </summary>
    public required IReadOnlyList<string> Layers { get; init => field = [.. value]; }

    /// <summary>Sums over neighbours are divided by the square root of this.</summary>
    public required double AverageNeighbours { get; init; }

    /// <summary>The largest degree of the spherical harmonics of directions.</summary>
    public required int MaxDegree { get; init; }

    /// <summary>The number of radial functions of distances.</summary>
    public required int RadialFunctions { get; init; }

    /// <summary>Widths of the hidden layers of the network that makes weights of radial functions.</summary>
    public required IReadOnlyList<int> RadialHidden { get; init => field = [.. value]; }

    /// <summary>The width of the linear layer between the last features and the energy.</summary>
    public required int Readout { get; init; }

    /// <summary>Whether all settings are equal.</summary>
    /// <param name="other">Other settings.</param>
    public bool Equals(NequipSettings? other) =>
        other is not null
        && Elements.SequenceEqual(other.Elements)
        && Layers.SequenceEqual(other.Layers)
        && RadialHidden.SequenceEqual(other.RadialHidden)
        && (Cutoff, AverageNeighbours, MaxDegree, RadialFunctions, Readout)
            == (other.Cutoff, other.AverageNeighbours, other.MaxDegree, other.RadialFunctions, other.Readout);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(string.Join(' ', Elements), string.Join(' ', Layers), Cutoff, MaxDegree, Readout);

    /// <summary>Atomic numbers of the elements, in order.</summary>
    internal FSharpList<int> AtomicNumbers()
    {
        if (Elements.Count == 0 || Elements.Distinct().Count() < Elements.Count)
        {
            string found = $"[{string.Join(", ", Elements)}]";
            Bridge.RefuseArgument("the list of elements", found, "at least one, each once");
        }

        return Bridge.List(Elements.Select(symbol => Bridge.Get(Domain.Elements.ofSymbol(symbol))));
    }

    /// <summary>The settings as the core has them, checked.</summary>
    internal Nequip ToCore() =>
        Bridge.Get(NequipModule.check(new Nequip(
            Cutoff, Bridge.List(Layers.Select(ToCoreLayer)), Readout, embedding: null, readoutActivation: null)));

    private static NequipSettings Of(Nequip core, IReadOnlyList<string> elements)
    {
        NequipLayer layer = core.Layers.Head;
        return new NequipSettings
        {
            Elements = elements,
            Cutoff = core.Cutoff,
            Layers = [.. core.Layers.Select(l => l.Output.AsText)],
            AverageNeighbours = layer.AverageNeighbours,
            MaxDegree = layer.MaxDegree,
            RadialFunctions = layer.RadialBasis,
            RadialHidden = [.. layer.Hidden],
            Readout = core.Readout,
        };
    }

    private NequipLayer ToCoreLayer(string output, int index)
    {
        var irreps = IrrepsModule.parse(output);

        if (irreps.IsError)
        {
            IrrepsError error = irreps.ErrorValue;
            Bridge.RefuseArgument(
                $"the output of layer {index}", $"'{output}'", $"{error.Expected} at character {error.Position + 1}");
        }

        return new NequipLayer(
            output: irreps.ResultValue,
            averageNeighbours: AverageNeighbours,
            species: Elements.Count,
            hidden: Bridge.List(RadialHidden),
            radialBasis: RadialFunctions,
            maxDegree: MaxDegree,
            even: Activation.Silu,
            odd: Activation.Tanh,
            gates: Activation.Silu);
    }
}
