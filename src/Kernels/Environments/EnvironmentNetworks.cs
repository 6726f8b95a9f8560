using System.Numerics;

namespace Noether.Kernels;

/// <summary>Ensembles of networks of environments, whatever their precision.</summary>
public interface IEnvironmentNetworks
{
    /// <summary>Gets the number of members.</summary>
    int Members { get; }

    /// <summary>
    /// Adds f·Σ_m w_m E_m of the environment of each point to its value, minus the gradient of the sum of all to the
    /// forces, and minus the derivative by a strain of its vectors to its virial. What is summed, and in which order,
    /// does not depend on the threads.
    /// </summary>
    /// <param name="weights">w_m, [members].</param>
    /// <param name="kinds">The kind of each point, [n].</param>
    /// <param name="starts">Where the pairs of each point begin, [n + 1]; both directions of each pair are
    /// there.</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes
    /// it.</param>
    /// <param name="factor">The factor f.</param>
    /// <param name="values">The values, [n].</param>
    /// <param name="forces">Minus the gradient, [n, 3].</param>
    /// <param name="virials">Minus the derivative by a strain, [n, 3, 3].</param>
    /// <param name="ofMembers">Receives E_m of each point, [members, n]; or empty.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    void Add(
        ReadOnlySpan<double> weights,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials,
        Span<double> ofMembers = default);
}

/// <summary>
/// An ensemble of networks of environments: each kind of point has a network for each member, from the functions of
/// <see cref="EnvironmentShape"/> to a number. Kinds of neighbours that are absent cost nothing: their functions are
/// not computed, and the first layers are without their columns.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public sealed class EnvironmentNetworks<T> : IEnvironmentNetworks
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Arrangements for sets of kinds that are kept: structures of one kind follow each other.
    private const int Kept = 8;

    private readonly NetworkLayer[][][] networks;
    private readonly Lazy<ElementWeights<T>>[] weights;
    private readonly Dictionary<string, Arrangement> arrangements = [];

    /// <summary>Networks of environments.</summary>
    /// <param name="shape">The functions.</param>
    /// <param name="networks">The layers by kind and member, [kinds][members][layers]: the first of as many inputs as
    /// there are functions of all kinds, the last of one output, CELU with α = 0.1 between them.</param>
    /// <exception cref="ArgumentException">Layers that do not fit each other, or another number of kinds or
    /// members.</exception>
    public EnvironmentNetworks(EnvironmentShape shape, NetworkLayer[][][] networks)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(networks);
        Guard.Length(networks.Length, shape.Kinds, nameof(networks), nameof(EnvironmentNetworks<T>));
        (Shape, this.networks) = (shape, networks);
        Members = networks[0].Length;
        weights = [.. networks.Select(members => new Lazy<ElementWeights<T>>(() => new(members)))];
        foreach (NetworkLayer[][] members in networks)
        {
            Guard.Length(members.Length, Members, nameof(networks), nameof(EnvironmentNetworks<T>));
            foreach (NetworkLayer[] layers in members)
            {
                Check(layers, shape.Width(shape.Kinds));
            }
        }
    }

    /// <summary>Gets the functions.</summary>
    public EnvironmentShape Shape { get; }

    /// <inheritdoc/>
    public int Members { get; }

    /// <inheritdoc/>
    public void Add(
        ReadOnlySpan<double> weights,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials,
        Span<double> ofMembers = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        Guard.Length(weights.Length, Members, nameof(weights));
        Guard.Length(ofMembers.Length, ofMembers.IsEmpty ? 0 : (long)Members * images.PointCount, nameof(ofMembers));
        int longest = PointImages.Check(kinds, Shape.Kinds, starts, images, places, values, forces, virials);
        if (images.PointCount > 0)
        {
            Arrangement arranged = Arrange(kinds);
            new EnvironmentPass<T>(Shape, arranged.Present, arranged.Networks, longest).Run(
                weights, kinds, starts, images, places, factor, values, forces, virials, ofMembers);
        }
    }

    // The networks for the kinds that are there. A memory of what was arranged before, which changes no result.
    private Arrangement Arrange(ReadOnlySpan<int> kinds)
    {
        Span<bool> found = stackalloc bool[Shape.Kinds];
        found.Clear();
        foreach (int kind in kinds)
        {
            found[kind] = true;
        }

        var present = new List<int>();
        for (int kind = 0; kind < found.Length; kind++)
        {
            if (found[kind])
            {
                present.Add(kind);
            }
        }

        string key = string.Join(' ', present);
        lock (arrangements)
        {
            if (!arrangements.TryGetValue(key, out Arrangement? arranged))
            {
                if (arrangements.Count == Kept)
                {
                    arrangements.Clear();
                }

                int[] columns = Shape.Columns([.. present]);
                ElementNetworks<T> Of(int kind) => new(weights[kind].Value, networks[kind], columns);
                arranged = new([.. present], [.. present.Select(Of)]);
                arrangements.Add(key, arranged);
            }

            return arranged;
        }
    }

    private static void Check(NetworkLayer[] layers, int inputs)
    {
        Guard.Positive(layers.Length - 1, "the number of hidden layers", nameof(EnvironmentNetworks<T>));
        for (int k = 0; k < layers.Length; k++)
        {
            NetworkLayer layer = layers[k];
            int expected = k == 0 ? inputs : layers[k - 1].Outputs;
            if (layer.Inputs != expected || (k == layers.Length - 1 && layer.Outputs != 1))
            {
                throw new ArgumentException(
                    $"EnvironmentNetworks: layer {k + 1} has {layer.Inputs} inputs and {layer.Outputs} outputs; expected "
                    + $"{expected} inputs, and 1 output of the last layer.");
            }

            Guard.Length(layer.Weights.Length, (long)layer.Inputs * layer.Outputs, "weights", nameof(EnvironmentNetworks<T>));
            Guard.Length(layer.Biases.Length, layer.Outputs, "biases", nameof(EnvironmentNetworks<T>));
        }
    }

    private sealed record Arrangement(int[] Present, ElementNetworks<T>[] Networks);
}
