using Microsoft.FSharp.Core;
using Noether.AutoDiff;

namespace Noether;

/// <summary>
/// Exact derivatives of functions of tensors. All of them nest, in any mix, to any order, and may run on many threads.
/// </summary>
/// <remarks>
/// A function is any code of <see cref="Tensor"/> operations, with the branches and loops of the language. Its result
/// where "a single number" is asked has rank 0, as <see cref="Tensor.Sum()"/> returns it; otherwise an
/// <see cref="ArgumentException"/> is thrown. What a function throws passes through.
/// </remarks>
/// <example>
/// <code>
/// static Tensor Rosenbrock(Tensor x)
/// {
///     Tensor a = x.Slice(0, 0, 1), b = x.Slice(0, 1, 2);
///     return ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).Sum();
/// }
///
/// Tensor point = Tensor.Vector(-1.2, 1.0);
/// Tensor gradient = Differentiate.Gradient(Rosenbrock, point);   // [−215.6, −88]
/// Tensor hessian = Differentiate.Hessian(Rosenbrock, point);     // [[1330, 480], [480, 200]]
/// </code>
/// </example>
public static class Differentiate
{
    /// <summary>A derivative of a function from a single number to a tensor.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where, a single number.</param>
    /// <param name="order">Which derivative, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="order"/> is negative.</exception>
    public static Tensor Derivative(Func<Tensor, Tensor> f, Tensor x, int order = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        return new(Diff.diffn(order, Bridge.Function(f), x.Core));
    }

    /// <summary>The gradient of a function with a single number as value; it has the shape of x.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static Tensor Gradient(Func<Tensor, Tensor> f, Tensor x) => new(Diff.grad(Bridge.Function(f), x.Core));

    /// <summary>The gradients of a function of two tensors with a single number as value, from one sweep.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where: its first argument.</param>
    /// <param name="y">Where: its second argument.</param>
    public static (Tensor X, Tensor Y) Gradient(Func<Tensor, Tensor, Tensor> f, Tensor x, Tensor y)
    {
        Tensor[] gradients = Gradients(v => f(v[0], v[1]), [x, y]);
        return (gradients[0], gradients[1]);
    }

    /// <summary>The gradients of a function of three tensors with a single number as value, from one sweep.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where: its first argument.</param>
    /// <param name="y">Where: its second argument.</param>
    /// <param name="z">Where: its third argument.</param>
    public static (Tensor X, Tensor Y, Tensor Z) Gradient(
        Func<Tensor, Tensor, Tensor, Tensor> f, Tensor x, Tensor y, Tensor z)
    {
        Tensor[] gradients = Gradients(v => f(v[0], v[1], v[2]), [x, y, z]);
        return (gradients[0], gradients[1], gradients[2]);
    }

    /// <summary>Value and gradient of a function with a single number as value.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static (Tensor Value, Tensor Gradient) ValueAndGradient(Func<Tensor, Tensor> f, Tensor x)
    {
        (AutoDiff.Tensor value, AutoDiff.Tensor gradient) = Diff.fgrad(Bridge.Function(f), x.Core);
        return (new(value), new(gradient));
    }

    /// <summary>
    /// The gradients of a function of named tensors, such as parameters, with a single number as value, from one sweep.
    /// </summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where: any number of tensors by name.</param>
    /// <returns>A tensor for each name, in the shape of the one given.</returns>
    public static IReadOnlyDictionary<string, Tensor> Gradient(
        Func<IReadOnlyDictionary<string, Tensor>, Tensor> f, IReadOnlyDictionary<string, Tensor> x)
    {
        ArgumentNullException.ThrowIfNull(x);
        string[] names = [.. x.Keys];
        IReadOnlyDictionary<string, Tensor> Named(Tensor[] values) =>
            names.Zip(values).ToDictionary(entry => entry.First, entry => entry.Second).AsReadOnly();
        return Named(Gradients(values => f(Named(values)), [.. names.Select(name => x[name])]));
    }

    /// <summary>
    /// The derivative of a function with a single number as value when x moves along v: the gradient times v, without
    /// the gradient. Forward mode.
    /// </summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The direction, in the shape of x.</param>
    public static Tensor DirectionalDerivative(Func<Tensor, Tensor> f, Tensor x, Tensor v) =>
        new(Diff.gradv(Bridge.Function(f), x.Core, v.Core));

    /// <summary>The Jacobian; its shape is that of the value followed by that of x.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static Tensor Jacobian(Func<Tensor, Tensor> f, Tensor x) => new(Diff.jacobian(Bridge.Function(f), x.Core));

    /// <summary>The Jacobian times a vector: the derivative of the value when x moves along v. Forward mode.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The direction, in the shape of x.</param>
    public static Tensor JacobianTimesVector(Func<Tensor, Tensor> f, Tensor x, Tensor v) =>
        new(Diff.jacobianv(Bridge.Function(f), x.Core, v.Core));

    /// <summary>The transposed Jacobian times a vector. Reverse mode.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The vector, in the shape of the value.</param>
    public static Tensor TransposedJacobianTimesVector(Func<Tensor, Tensor> f, Tensor x, Tensor v) =>
        new(Diff.jacobianTv(Bridge.Function(f), x.Core, v.Core));

    /// <summary>
    /// The value of a function, and the transposed Jacobian as a function: it may be called any number of times, each
    /// for one sweep back over what was recorded once.
    /// </summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    /// <returns>The value, and from a vector in its shape to one in the shape of x.</returns>
    public static (Tensor Value, Func<Tensor, Tensor> Pull) Pullback(Func<Tensor, Tensor> f, Tensor x)
    {
        (AutoDiff.Tensor value, FSharpFunc<AutoDiff.Tensor, AutoDiff.Tensor> pull) =
            Diff.vjp(Bridge.Function(f), x.Core);
        return (new(value), v => new(pull.Invoke(v.Core)));
    }

    /// <summary>Value, gradient and Hessian of a function with a single number as value.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static (Tensor Value, Tensor Gradient, Tensor Hessian) ValueGradientAndHessian(
        Func<Tensor, Tensor> f, Tensor x)
    {
        (AutoDiff.Tensor value, AutoDiff.Tensor gradient, AutoDiff.Tensor hessian) =
            Diff.fgradhessian(Bridge.Function(f), x.Core);
        return (new(value), new(gradient), new(hessian));
    }

    /// <summary>The Hessian of a function with a single number as value; its shape is that of x twice.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor x) => new(Diff.hessian(Bridge.Function(f), x.Core));

    /// <summary>The Hessian times a vector, without the Hessian: forward over reverse mode.</summary>
    /// <param name="f">The function, with a single number as value.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The vector, in the shape of x.</param>
    public static Tensor HessianTimesVector(Func<Tensor, Tensor> f, Tensor x, Tensor v) =>
        new(Diff.hessianv(Bridge.Function(f), x.Core, v.Core));

    /// <summary>The Laplacian of a function with a single number as value: the trace of its Hessian.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where.</param>
    public static Tensor Laplacian(Func<Tensor, Tensor> f, Tensor x) => new(Diff.laplacian(Bridge.Function(f), x.Core));

    /// <summary>The divergence of a field from [n] to [n].</summary>
    /// <param name="f">The field.</param>
    /// <param name="x">Where.</param>
    public static Tensor Divergence(Func<Tensor, Tensor> f, Tensor x) =>
        new(Diff.divergence(Bridge.Function(f), x.Core));

    /// <summary>The curl of a field from [3] to [3].</summary>
    /// <param name="f">The field.</param>
    /// <param name="x">Where.</param>
    public static Tensor Curl(Func<Tensor, Tensor> f, Tensor x) => new(Diff.curl(Bridge.Function(f), x.Core));

    private static Tensor[] Gradients(Func<Tensor[], Tensor> f, Tensor[] xs)
    {
        var point = Tree<AutoDiff.Tensor>.NewBranch(
            Bridge.List(xs.Select((x, i) => Tuple.Create($"{i}", Tree<AutoDiff.Tensor>.NewLeaf(x.Core)))));
        var gradient = Tree.grad(
            FuncConvert.FromFunc<Tree<AutoDiff.Tensor>, AutoDiff.Tensor>(tree => f(Leaves(tree)).Core), point);
        return Leaves(gradient);
    }

    private static Tensor[] Leaves(Tree<AutoDiff.Tensor> tree) => [.. Tree.leaves(tree).Select(x => new Tensor(x))];
}
