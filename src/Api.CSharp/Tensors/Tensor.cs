using Noether.AutoDiff;
using Noether.Kernels;

namespace Noether;

/// <summary>
/// An immutable array of real numbers of one precision, row-major, differentiable to any order by
/// <see cref="Differentiate"/>.
/// </summary>
/// <remarks>
/// Operations combine tensors of equal precision element by element; axes of length 1 stretch, a single number goes
/// with everything, other ranks must agree. Shapes and precisions that do not fit are an
/// <see cref="ArgumentException"/> that names the operation and what it saw. Tensors may be shared between threads.
/// </remarks>
/// <example>
/// <code>
/// Tensor x = Tensor.Vector(1.0, 2.0, 3.0);
/// Tensor slope = Differentiate.Gradient(v => (v * v).Sum(), x);   // [2, 4, 6]
/// </code>
/// </example>
public sealed partial class Tensor : IEquatable<Tensor>
{
    internal Tensor(AutoDiff.Tensor core) => Core = core;

    internal AutoDiff.Tensor Core { get; }

    /// <summary>Axis lengths, outermost first; none for a single number.</summary>
    public ReadOnlySpan<int> Shape => Core.Shape;

    /// <summary>The number of axes; 0 for a single number.</summary>
    public int Rank => Core.Rank;

    /// <summary>The number of elements.</summary>
    public int Size => Core.Size;

    /// <summary>The element type.</summary>
    public Precision Precision => Core.Precision.ToFacade();

    /// <summary>The one number in a tensor of one element. Derivatives end here.</summary>
    /// <exception cref="ArgumentException">The tensor has more elements, or none.</exception>
    public double Value => Interop.value(Core);

    /// <summary>
    /// The elements in row-major order: in double precision without a copy, in single precision converted.
    /// Derivatives end here.
    /// </summary>
    public ReadOnlyMemory<double> Elements => Core.Precision.IsFloat64 ? Interop.span(Core) : Interop.toArray(Core);

    /// <summary>The element at an index, one number for each axis, counted from 0. Derivatives end here.</summary>
    /// <param name="index">The index.</param>
    /// <exception cref="ArgumentException">The index does not lie in the shape.</exception>
    public double this[params ReadOnlySpan<int> index] => Interop.item(index.ToArray(), Core);

    /// <summary>A tensor of a shape from its elements in row-major order, which are copied; double precision.</summary>
    /// <param name="elements">As many elements as the shape has.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape.</exception>
    public static Tensor Create(ReadOnlySpan<double> elements, params ReadOnlySpan<int> shape) =>
        new(Interop.ofArray(shape.ToArray(), elements.ToArray()));

    /// <summary>A vector [n], double precision.</summary>
    /// <param name="elements">The elements, which are copied.</param>
    public static Tensor Vector(params ReadOnlySpan<double> elements) => Create(elements, elements.Length);

    /// <summary>A single number, rank 0, double precision.</summary>
    /// <param name="value">The number.</param>
    public static Tensor Scalar(double value) => Create([value]);

    /// <summary>One number everywhere, double precision.</summary>
    /// <param name="value">The number.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    public static Tensor Full(double value, params ReadOnlySpan<int> shape) =>
        new(Interop.full(AutoDiff.Precision.Float64, shape.ToArray(), value));

    /// <summary>Zeros, double precision.</summary>
    /// <param name="shape">Axis lengths, outermost first.</param>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => Full(0.0, shape);

    /// <summary>Ones, double precision.</summary>
    /// <param name="shape">Axis lengths, outermost first.</param>
    public static Tensor Ones(params ReadOnlySpan<int> shape) => Full(1.0, shape);

    /// <summary>The unit matrix [n, n], double precision.</summary>
    /// <param name="n">The number of rows.</param>
    public static Tensor Identity(int n) => new(Interop.eye(n));

    /// <summary>Evenly spaced numbers [n] from start to stop, both included, double precision.</summary>
    /// <param name="start">The first.</param>
    /// <param name="stop">The last.</param>
    /// <param name="n">How many.</param>
    public static Tensor Linspace(double start, double stop, int n) => new(Interop.linspace(start, stop, n));

    /// <summary>Random numbers, uniform in [0, 1), double precision. Equal seeds give equal numbers.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    public static Tensor Uniform(ulong seed, params ReadOnlySpan<int> shape) =>
        new(Interop.uniform(AutoDiff.Precision.Float64, shape.ToArray(), RandomKey.FromSeed(seed)));

    /// <summary>Standard normal random numbers, double precision. Equal seeds give equal numbers.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    public static Tensor Normal(ulong seed, params ReadOnlySpan<int> shape) =>
        new(Interop.normal(AutoDiff.Precision.Float64, shape.ToArray(), RandomKey.FromSeed(seed)));

    /// <summary>
    /// Whether shapes, precisions and elements are equal; NaN equals NaN. Derivatives are not compared.
    /// </summary>
    /// <param name="other">Another tensor.</param>
    public bool Equals(Tensor? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Tensor);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>The elements as text, in numpy's layout.</summary>
    public override string ToString() => Core.Text;
}
