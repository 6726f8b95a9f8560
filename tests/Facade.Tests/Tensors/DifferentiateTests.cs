using Xunit;

namespace Noether.Tests;

/// <summary>Tensors and their derivatives through the facade.</summary>
public sealed class DifferentiateTests
{
    private static readonly Tensor X = Tensor.Vector(0.3, -0.7, 1.1);

    /// <summary>Σ sin(xᵢ) exp(xᵢ₊₁), indices taken round.</summary>
    private static Tensor Mixed(Tensor x) => (Tensor.Sin(x) * Tensor.Exp(x.Gather([1, 2, 0]))).Sum();

    private static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        Assert.All(Tensor.Abs(expected - actual).Elements.ToArray(), d => Assert.InRange(d, 0.0, tolerance));
    }

    [Fact]
    public void Gradients_are_those_of_the_formula()
    {
        (Tensor value, Tensor gradient) = Differentiate.ValueAndGradient(Mixed, X);
        Tensor next = X.Gather([1, 2, 0]), last = X.Gather([2, 0, 1]);
        Assert.Equal(Mixed(X), value);

        // Rounding of a few operations on numbers of order one.
        Close((Tensor.Cos(X) * Tensor.Exp(next)) + (Tensor.Sin(last) * Tensor.Exp(X)), gradient, 1e-15);
        Assert.Equal(gradient, Differentiate.Gradient(Mixed, X));
    }

    [Fact]
    public void Hessians_Jacobians_and_their_products_agree()
    {
        Tensor gradient(Tensor x) => Differentiate.Gradient(Mixed, x);
        Tensor hessian = Differentiate.Hessian(Mixed, X), v = Tensor.Vector(1.0, -2.0, 0.5);
        Assert.Equal([3, 3], hessian.Shape.ToArray());
        Close(hessian, hessian.Transpose(), 1e-15);
        Close(hessian, Differentiate.Jacobian(gradient, X), 1e-15);
        Tensor product = Tensor.MatMul(hessian, v);
        Close(product, Differentiate.HessianTimesVector(Mixed, X, v), 1e-14);
        Close(product, Differentiate.JacobianTimesVector(gradient, X, v), 1e-14);
        Close(product, Differentiate.TransposedJacobianTimesVector(gradient, X, v), 1e-14);
        Tensor trace = (hessian * Tensor.Identity(3)).Sum();
        Close(trace, Differentiate.Laplacian(Mixed, X), 1e-14);
        Close(trace, Differentiate.Divergence(gradient, X), 1e-14);
        Close(Tensor.Zeros(3), Differentiate.Curl(gradient, X), 1e-15);
    }

    [Fact]
    public void Derivatives_of_any_order_of_a_number()
    {
        Tensor x = Tensor.Scalar(0.4);
        Assert.Equal(Math.Cos(0.4), Differentiate.Derivative(Tensor.Sin, x).Value, 1e-15);
        Assert.Equal(-Math.Cos(0.4), Differentiate.Derivative(Tensor.Sin, x, 3).Value, 1e-15);
        Assert.Equal(Math.Sin(0.4), Differentiate.Derivative(Tensor.Sin, x, 0).Value, 1e-15);

        // Perturbation confusion: d/dx (x · d/dy (x + y)) is 1, not 2.
        Assert.Equal(
            1.0, Differentiate.Derivative(a => a * Differentiate.Derivative(b => a + b, Tensor.Scalar(1.0)), x).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => Differentiate.Derivative(Tensor.Sin, x, -1));
    }

    [Fact]
    public void Functions_of_two_and_three_tensors()
    {
        Tensor a = Tensor.Create([1, 2, 3, 4, 5, 6], 2, 3), b = Tensor.Normal(seed: 3, 3), c = Tensor.Scalar(2.0);
        (Tensor da, Tensor db) = Differentiate.Gradient((p, q) => Tensor.MatMul(p, q).Sum(), a, b);
        Close(Tensor.Ones(2, 1) * b.Reshape(1, 3), da, 1e-15);
        Close(a.Sum(0), db, 1e-15);
        (_, _, Tensor dc) = Differentiate.Gradient((p, q, r) => r * r * Tensor.MatMul(p, q).Sum(), a, b, c);
        Close(4.0 * Tensor.MatMul(a, b).Sum(), dc, 1e-14);
    }

    [Fact]
    public void Mistakes_are_argument_exceptions_that_name_the_operation()
    {
        var shapes = Assert.ThrowsAny<ArgumentException>(() => Tensor.Zeros(2, 3) + Tensor.Zeros(4));
        Assert.StartsWith("add: shapes [2, 3] and [4] do not fit", shapes.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => Differentiate.Gradient(Tensor.Sin, X));
        Assert.ThrowsAny<ArgumentException>(() => Tensor.Create([1, 2, 3], 2, 2));
        Assert.ThrowsAny<ArgumentException>(() => X.Value);
        Assert.ThrowsAny<ArgumentException>(() => X[3]);
        Assert.ThrowsAny<ArgumentException>(() => X + X.Cast(Precision.Float32));
        Assert.ThrowsAny<ArgumentException>(() => Tensor.Log(X));
        Assert.Throws<InvalidOperationException>(
            () => Differentiate.Gradient(_ => throw new InvalidOperationException("mine"), X));
    }

    [Fact]
    public void Operations_say_what_their_documentation_says()
    {
        Tensor a = Tensor.Create([1, 2, 3, 4], 2, 2);
        Assert.Equal(Tensor.Create([1, 3, 2, 4], 2, 2), a.Transpose());
        Assert.Equal(10.0, a.Sum().Value);
        Assert.Equal(2.5, a.Mean().Value);
        Assert.Equal(Tensor.Vector(3, 7), a.Sum(1));
        Assert.Equal(Tensor.Create([2, 4], 2, 1), a.Slice(1, 1, 2));
        Assert.Equal(Tensor.Create([4, 6], 1, 2), a.SegmentSum([0, 0], 1));
        Assert.Equal(Tensor.Create([1, 2, 3, 4, 1, 2, 3, 4], 4, 2), Tensor.Concat(0, a, a));
        Assert.Equal([2, 2, 2], Tensor.Stack(0, a, a).Shape.ToArray());
        Assert.Equal(Tensor.MatMul(a, a), Tensor.Einsum("ij,jk->ik", a, a));
        Close(Tensor.Identity(2), Tensor.MatMul(a, Tensor.Inverse(a)), 1e-14);
        Close(Tensor.Identity(2), Tensor.Solve(a, a), 1e-14);
        bool[] small = Tensor.Less(a, Tensor.Scalar(2.5));
        Assert.Equal(Tensor.Create([0, 0, 3, 4], 2, 2), Tensor.Select(small, Tensor.Scalar(0.0), a));
        Assert.Equal(Tensor.Create([-3, -2, -1, 0], 2, 2), -(4.0 - a));
        Assert.Equal(Tensor.Create([6, 3, 2, 1.5], 2, 2), 6.0 / a);
        Assert.Equal(a, ((((2.0 * a) + 1.0) - 1.0) * 0.5 / 1.0) + (0.0 + (a - a)));
        Close(a, Tensor.Pow(Tensor.Sqrt(a), 2.0), 1e-15);
        Close(a, Tensor.Log(Tensor.Exp(a)), 1e-15);
        Close(Tensor.Log(1.0 + Tensor.Exp(a)), Tensor.Softplus(a), 1e-15);
        Close(a * Tensor.Sigmoid(a), Tensor.Silu(a), 1e-15);
        Close(2.0 * Tensor.Sigmoid(2.0 * a) - 1.0, Tensor.Tanh(a), 1e-15);
        Assert.Equal(Tensor.Vector(0, 0.5, 1), Tensor.Linspace(0, 1, 3));
        Assert.Equal(Tensor.Uniform(1, 5), Tensor.Uniform(1, 5));
        Assert.NotEqual(Tensor.Uniform(1, 5), Tensor.Uniform(2, 5));
        Assert.Equal(0.1f, Tensor.Scalar(0.1).Cast(Precision.Float32).Value);
        Assert.Equal([0.1f], Tensor.Vector(0.1).Cast(Precision.Float32).Elements.ToArray().Select(x => (float)x));
        Assert.Equal(Precision.Float32, a.Cast(Precision.Float32).Precision);
        Assert.Equal("[1. 2.]", Tensor.Vector(1, 2).ToString());
    }

    [Fact]
    public void Pullbacks_directions_and_names_agree_with_gradients()
    {
        static Tensor F(Tensor x) => (Tensor.Exp(x) * x).Sum();

        Tensor x = Tensor.Vector(0.3, -0.7, 1.1), v = Tensor.Vector(1.0, 2.0, -0.5);
        Tensor gradient = Differentiate.Gradient(F, x);
        double expected = (gradient * v).Sum().Value;

        // Sums of three terms of order one.
        Assert.Equal(expected, Differentiate.DirectionalDerivative(F, x, v).Value, 1e-14);
        (Tensor value, Func<Tensor, Tensor> pull) = Differentiate.Pullback(y => Tensor.Exp(y) * y, x);
        Assert.Equal(Tensor.Exp(x) * x, value);
        Assert.Equal(gradient, pull(Tensor.Ones(3)));
        Assert.Equal(Differentiate.TransposedJacobianTimesVector(y => Tensor.Exp(y) * y, x, v), pull(v));
        (Tensor energy, Tensor slope, Tensor hessian) = Differentiate.ValueGradientAndHessian(F, x);
        Assert.Equal(F(x), energy);
        Assert.Equal(gradient, slope);
        Assert.Equal(Differentiate.Hessian(F, x), hessian);
        var point = new Dictionary<string, Tensor> { ["b"] = v, ["a"] = x };
        IReadOnlyDictionary<string, Tensor> named = Differentiate.Gradient(p => F(p["a"] * p["b"]), point);
        (Tensor byA, Tensor byB) = Differentiate.Gradient((a, b) => F(a * b), x, v);
        Assert.Equal((byA, byB), (named["a"], named["b"]));
    }
}
