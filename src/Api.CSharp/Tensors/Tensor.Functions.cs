using System.Diagnostics.CodeAnalysis;
using Noether.AutoDiff;

namespace Noether;

/// <content>Arithmetic and functions. Every one of them is differentiable.</content>
[SuppressMessage("Usage", "CA2225", Justification = "Names beside the operators would say the same thing twice.")]
public sealed partial class Tensor
{
    /// <summary>a + b, element by element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor that stretches to it, or to which it stretches.</param>
    public static Tensor operator +(Tensor a, Tensor b) => new(a.Core + b.Core);

    /// <summary>a + k for every element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="k">A number.</param>
    public static Tensor operator +(Tensor a, double k) => new(a.Core + k);

    /// <summary>k + a for every element.</summary>
    /// <param name="k">A number.</param>
    /// <param name="a">A tensor.</param>
    public static Tensor operator +(double k, Tensor a) => new(k + a.Core);

    /// <summary>a − b, element by element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor that stretches to it, or to which it stretches.</param>
    public static Tensor operator -(Tensor a, Tensor b) => new(a.Core - b.Core);

    /// <summary>a − k for every element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="k">A number.</param>
    public static Tensor operator -(Tensor a, double k) => new(a.Core - k);

    /// <summary>k − a for every element.</summary>
    /// <param name="k">A number.</param>
    /// <param name="a">A tensor.</param>
    public static Tensor operator -(double k, Tensor a) => new(k - a.Core);

    /// <summary>−a, element by element.</summary>
    /// <param name="a">A tensor.</param>
    public static Tensor operator -(Tensor a) => new(-a.Core);

    /// <summary>a · b, element by element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor that stretches to it, or to which it stretches.</param>
    public static Tensor operator *(Tensor a, Tensor b) => new(a.Core * b.Core);

    /// <summary>a · k for every element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="k">A number.</param>
    public static Tensor operator *(Tensor a, double k) => new(a.Core * k);

    /// <summary>k · a for every element.</summary>
    /// <param name="k">A number.</param>
    /// <param name="a">A tensor.</param>
    public static Tensor operator *(double k, Tensor a) => new(k * a.Core);

    /// <summary>a / b, element by element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor that stretches to it, or to which it stretches.</param>
    public static Tensor operator /(Tensor a, Tensor b) => new(a.Core / b.Core);

    /// <summary>a / k for every element.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="k">A number.</param>
    public static Tensor operator /(Tensor a, double k) => new(a.Core / k);

    /// <summary>k / a for every element.</summary>
    /// <param name="k">A number.</param>
    /// <param name="a">A tensor.</param>
    public static Tensor operator /(double k, Tensor a) => new(k / a.Core);

    /// <summary>eˣ, element by element.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Exp(Tensor x) => new(Interop.exp(x.Core));

    /// <summary>The natural logarithm, element by element; −∞ at 0.</summary>
    /// <param name="x">A tensor.</param>
    /// <exception cref="ArgumentException">An element is negative.</exception>
    public static Tensor Log(Tensor x) => new(Interop.log(x.Core));

    /// <summary>The square root, element by element; its derivative at 0 is infinite.</summary>
    /// <param name="x">A tensor.</param>
    /// <exception cref="ArgumentException">An element is negative.</exception>
    public static Tensor Sqrt(Tensor x) => new(Interop.sqrt(x.Core));

    /// <summary>x to a constant power, element by element.</summary>
    /// <param name="x">A tensor.</param>
    /// <param name="exponent">The power.</param>
    /// <exception cref="ArgumentException">An element is negative and the power is not an integer.</exception>
    public static Tensor Pow(Tensor x, double exponent) => new(Interop.pow(exponent, x.Core));

    /// <summary>The sine of angles in radians, element by element.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Sin(Tensor x) => new(Interop.sin(x.Core));

    /// <summary>The cosine of angles in radians, element by element.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Cos(Tensor x) => new(Interop.cos(x.Core));

    /// <summary>The hyperbolic tangent, element by element.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Tanh(Tensor x) => new(Interop.tanh(x.Core));

    /// <summary>1/(1+e⁻ˣ), element by element.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Sigmoid(Tensor x) => new(Interop.sigmoid(x.Core));

    /// <summary>x/(1+e⁻ˣ), element by element; also called swish.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Silu(Tensor x) => new(Interop.silu(x.Core));

    /// <summary>log(1+eˣ), element by element, without overflow.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Softplus(Tensor x) => new(Interop.softplus(x.Core));

    /// <summary>|x|, element by element; its derivative at 0 is taken as 0.</summary>
    /// <param name="x">A tensor.</param>
    public static Tensor Abs(Tensor x) => new(Interop.abs(x.Core));

    /// <summary>Element by element a where the mask is true, else b; the branch not taken has no influence.</summary>
    /// <param name="mask">A truth for each element, row-major.</param>
    /// <param name="a">A tensor; a single number is repeated.</param>
    /// <param name="b">A tensor; a single number is repeated.</param>
    public static Tensor Select(ReadOnlySpan<bool> mask, Tensor a, Tensor b) =>
        new(Interop.select(mask.ToArray(), a.Core, b.Core));

    /// <summary>Element by element whether a &lt; b, row-major; a mask for <see cref="Select"/>.</summary>
    /// <param name="a">A tensor.</param>
    /// <param name="b">A tensor that stretches to it, or to which it stretches.</param>
    public static bool[] Less(Tensor a, Tensor b) => Interop.less(a.Core, b.Core);

    /// <summary>
    /// Products of matrices on the last two axes, [… m k]·[… k n] → [… m n]. Leading axes agree, or one side has none
    /// and serves all. A vector on either side is understood.
    /// </summary>
    /// <param name="a">The left side.</param>
    /// <param name="b">The right side.</param>
    public static Tensor MatMul(Tensor a, Tensor b) => new(Interop.matmul(a.Core, b.Core));

    /// <summary>The inverses of square matrices [… n n].</summary>
    /// <param name="a">The matrices.</param>
    /// <exception cref="ArgumentException">A matrix is singular.</exception>
    public static Tensor Inverse(Tensor a) => new(Interop.inverse(a.Core));

    /// <summary>X with A X = B, for A [… n n] and B [… n m] with the same leading axes.</summary>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <exception cref="ArgumentException">A matrix A is singular.</exception>
    public static Tensor Solve(Tensor a, Tensor b) => new(Interop.solve(a.Core, b.Core));

    /// <summary>
    /// A contraction in index notation, such as <c>Einsum("nui,uv->nvi", x, w)</c>: letters name axes.
    /// </summary>
    /// <param name="notation">
    /// The axes of each operand and of the result; letters missing from the result are summed.
    /// </param>
    /// <param name="operands">The operands, combined from left to right.</param>
    public static Tensor Einsum(string notation, params IEnumerable<Tensor> operands) =>
        new(Interop.einsum(notation, operands.Select(x => x.Core)));

    /// <summary>Tensors one after the other along an axis; all other lengths agree.</summary>
    /// <param name="axis">The axis, counted from the end when negative.</param>
    /// <param name="parts">At least one tensor.</param>
    public static Tensor Concat(int axis, params IEnumerable<Tensor> parts) =>
        new(Interop.concat(axis, parts.Select(x => x.Core)));

    /// <summary>Tensors of one shape along a new axis.</summary>
    /// <param name="axis">Where the new axis stands in the result.</param>
    /// <param name="parts">At least one tensor.</param>
    public static Tensor Stack(int axis, params IEnumerable<Tensor> parts) =>
        new(Interop.stack(axis, parts.Select(x => x.Core)));

    /// <summary>The sum of all elements, a single number.</summary>
    public Tensor Sum() => new(Interop.sum(Core));

    /// <summary>The sum along axes, which disappear.</summary>
    /// <param name="axes">The axes, counted from the end when negative.</param>
    public Tensor Sum(params ReadOnlySpan<int> axes) => new(Interop.sumAxes(axes.ToArray(), Core));

    /// <summary>The mean of all elements, a single number.</summary>
    /// <exception cref="ArgumentException">There are no elements.</exception>
    public Tensor Mean() => new(Interop.mean(Core));

    /// <summary>The same elements, row-major, under another shape.</summary>
    /// <param name="shape">A shape of the same size; one length may be −1 and is then computed.</param>
    public Tensor Reshape(params ReadOnlySpan<int> shape) => new(Interop.reshape(shape.ToArray(), Core));

    /// <summary>The last two axes exchanged.</summary>
    public Tensor Transpose() => new(Interop.transpose(Core));

    /// <summary>The elements start … stop − 1 along an axis.</summary>
    /// <param name="axis">The axis, counted from the end when negative.</param>
    /// <param name="start">The first element taken.</param>
    /// <param name="stop">The first element not taken any more.</param>
    public Tensor Slice(int axis, int start, int stop) => new(Interop.slice(axis, start, stop, Core));

    /// <summary>Row e of the result is row <c>index[e]</c> of this, [n, …] → [e, …].</summary>
    /// <param name="index">Rows, counted from 0, in any order, any number of times.</param>
    public Tensor Gather(ReadOnlySpan<int> index) => new(Interop.gather(index.ToArray(), Core));

    /// <summary>Row r of the result is the sum of the rows e with <c>index[e]</c> = r, [e, …] → [n, …].</summary>
    /// <param name="index">The row of the result to which each row belongs.</param>
    /// <param name="rows">The number of rows of the result, n.</param>
    public Tensor SegmentSum(ReadOnlySpan<int> index, int rows) =>
        new(Interop.segmentSum(index.ToArray(), rows, Core));

    /// <summary>The same numbers in another precision.</summary>
    /// <param name="precision">The precision.</param>
    public Tensor Cast(Precision precision) => new(Interop.cast(precision.ToCore(), Core));
}
