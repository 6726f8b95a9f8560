using Noether.Domain;

namespace Noether;

/// <summary>
/// Values and what their axes mean: rows are samples, the last axis properties, those between components; and sparse
/// gradients of the values, blocks of their own (metatensor's TensorBlock). Immutable.
/// </summary>
/// <remarks>
/// The first dimension of the samples of a gradient is "sample": the row of the values that is differentiated. Its
/// components are those of the derivative, then those of the values; its properties are those of the values.
/// </remarks>
/// <example>
/// <code>
/// TensorBlock block = TensorBlock.Create(
///     Tensor.Create([1, 2, 3, 4], 2, 2), Labels.Range("atom", 2), [], Labels.Range("n", 2));
/// </code>
/// </example>
public sealed class TensorBlock
{
    internal TensorBlock(Domain.TensorBlock core) => Core = core;

    internal Domain.TensorBlock Core { get; }

    /// <summary>The numbers, [samples, components…, properties].</summary>
    public Tensor Values => field ??= new(Core.Values);

    /// <summary>What the rows are.</summary>
    public Labels Samples => field ??= new(Core.Samples);

    /// <summary>What the axes between rows and properties are.</summary>
    public IReadOnlyList<Labels> Components => field ??= [.. Core.Components.Select(labels => new Labels(labels))];

    /// <summary>What the last axis is.</summary>
    public Labels Properties => field ??= new(Core.Properties);

    /// <summary>The parameters of the gradients.</summary>
    public IReadOnlyList<string> Parameters => field ??= [.. Core.Gradients.Keys];

    /// <summary>A block without gradients.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="samples">What the rows are.</param>
    /// <param name="components">What the axes between are, one dimension each.</param>
    /// <param name="properties">What the last axis is.</param>
    /// <exception cref="NoetherException">The shape is not that of the labels.</exception>
    public static TensorBlock Create(
        Tensor values,
        Labels samples,
        IEnumerable<Labels> components,
        Labels properties) =>
        new(Bridge.Get(LabelInterop.block(
            values.Core, samples.Core, components.Select(labels => labels.Core), properties.Core)));

    /// <summary>The gradient by a parameter.</summary>
    /// <param name="parameter">Its name.</param>
    /// <exception cref="NoetherException">There is none.</exception>
    public TensorBlock Gradient(string parameter) => new(Bridge.Run(() => Core.Gradient(parameter)));

    /// <summary>The block with the gradient of its values by a parameter.</summary>
    /// <param name="parameter">Its name.</param>
    /// <param name="gradient">The gradient.</param>
    /// <exception cref="NoetherException">The gradient does not fit, or there is one already.</exception>
    public TensorBlock WithGradient(string parameter, TensorBlock gradient) =>
        new(Bridge.Get(LabelInterop.withGradient(parameter, gradient.Core, Core)));

    /// <summary>The block as metatensor prints it.</summary>
    public override string ToString() => Core.ToString();
}
