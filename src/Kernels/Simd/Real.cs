using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// A real number, whatever carries it: a scalar, a value with its derivative in SIMD lanes, or a tensor. A function
/// written over <typeparamref name="T"/> is written once and is, according to <typeparamref name="T"/>, the plain
/// formula, a vectorised pass that yields value and derivative together, or a differentiable tensor expression.
/// Nothing here answers with a <see cref="bool"/>, since a tensor or a register has no single answer:
/// a branch is <see cref="Select"/>.
/// </summary>
/// <typeparam name="T">The implementing number.</typeparam>
public interface IReal<T>
    where T : IReal<T>
{
    /// <summary>The sum.</summary>
    /// <param name="a">The first term.</param>
    /// <param name="b">The second term.</param>
    /// <returns><c>a + b</c>.</returns>
    static abstract T operator +(T a, T b);

    /// <summary>The difference.</summary>
    /// <param name="a">The first term.</param>
    /// <param name="b">The term taken away.</param>
    /// <returns><c>a − b</c>.</returns>
    static abstract T operator -(T a, T b);

    /// <summary>The product.</summary>
    /// <param name="a">The first factor.</param>
    /// <param name="b">The second factor.</param>
    /// <returns><c>a·b</c>.</returns>
    static abstract T operator *(T a, T b);

    /// <summary>The quotient.</summary>
    /// <param name="a">The dividend.</param>
    /// <param name="b">The divisor.</param>
    /// <returns><c>a/b</c>.</returns>
    static abstract T operator /(T a, T b);

    /// <summary>The negative.</summary>
    /// <param name="a">The number.</param>
    /// <returns><c>−a</c>.</returns>
    static abstract T operator -(T a);

    /// <summary>A number that depends on nothing: its derivative is zero.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The constant.</returns>
    static abstract T Constant(double value);

    /// <summary>The square root.</summary>
    /// <param name="x">The argument.</param>
    /// <returns><c>√x</c>.</returns>
    static abstract T Sqrt(T x);

    /// <summary>The exponential.</summary>
    /// <param name="x">The argument.</param>
    /// <returns><c>eˣ</c>.</returns>
    static abstract T Exp(T x);

    /// <summary>The natural logarithm.</summary>
    /// <param name="x">The argument.</param>
    /// <returns><c>ln x</c>.</returns>
    static abstract T Log(T x);

    /// <summary>The sine.</summary>
    /// <param name="x">The argument, in radians.</param>
    /// <returns><c>sin x</c>.</returns>
    static abstract T Sin(T x);

    /// <summary>The cosine.</summary>
    /// <param name="x">The argument, in radians.</param>
    /// <returns><c>cos x</c>.</returns>
    static abstract T Cos(T x);

    /// <summary>The complementary error function.</summary>
    /// <param name="x">The argument, 0 or more.</param>
    /// <returns><c>erfc x</c>.</returns>
    static abstract T Erfc(T x);

    /// <summary>The reciprocal.</summary>
    /// <param name="x">The argument.</param>
    /// <returns><c>1/x</c>.</returns>
    static abstract T Reciprocal(T x);

    /// <summary>An integer power, by repeated multiplication; a negative exponent divides once, at the end.</summary>
    /// <param name="x">The base.</param>
    /// <param name="exponent">The exponent; a literal costs its few multiplications and nothing else.</param>
    /// <returns><c>xⁿ</c>; one where the exponent is zero.</returns>
    static abstract T Power(T x, int exponent);

    /// <summary>
    /// The branch: <paramref name="below"/> where <c>x &lt; threshold</c>, <paramref name="above"/> elsewhere, element
    /// by element. Both sides are evaluated; the derivative is that of the side taken, nothing flows into the
    /// condition, and what the other side yields (an infinity, not-a-number) stays out of value and derivative.
    /// </summary>
    /// <param name="x">The number compared.</param>
    /// <param name="threshold">The threshold.</param>
    /// <param name="below">The result where <c>x &lt; threshold</c>.</param>
    /// <param name="above">The result elsewhere, also where the comparison meets a not-a-number.</param>
    /// <returns>The side taken.</returns>
    [SuppressMessage("Naming", "CA1716", Justification = "A keyword of Visual Basic only, which can escape it.")]
    static abstract T Select(T x, T threshold, T below, T above);
}

/// <summary>The real number that is only a value.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <param name="Value">The value.</param>
public readonly record struct Scalar<T>(T Value) : IReal<Scalar<T>>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public static Scalar<T> operator +(Scalar<T> a, Scalar<T> b) => new(a.Value + b.Value);

    /// <inheritdoc/>
    public static Scalar<T> operator -(Scalar<T> a, Scalar<T> b) => new(a.Value - b.Value);

    /// <inheritdoc/>
    public static Scalar<T> operator *(Scalar<T> a, Scalar<T> b) => new(a.Value * b.Value);

    /// <inheritdoc/>
    public static Scalar<T> operator /(Scalar<T> a, Scalar<T> b) => new(a.Value / b.Value);

    /// <inheritdoc/>
    public static Scalar<T> operator -(Scalar<T> a) => new(-a.Value);

    /// <inheritdoc/>
    public static Scalar<T> Constant(double value) => new(T.CreateTruncating(value));

    /// <inheritdoc/>
    public static Scalar<T> Sqrt(Scalar<T> x) => new(T.Sqrt(x.Value));

    /// <inheritdoc/>
    public static Scalar<T> Exp(Scalar<T> x) => new(T.Exp(x.Value));

    /// <inheritdoc/>
    public static Scalar<T> Log(Scalar<T> x) => new(T.Log(x.Value));

    /// <inheritdoc/>
    public static Scalar<T> Sin(Scalar<T> x) => new(T.Sin(x.Value));

    /// <inheritdoc/>
    public static Scalar<T> Cos(Scalar<T> x) => new(T.Cos(x.Value));

    /// <inheritdoc/>
    public static Scalar<T> Erfc(Scalar<T> x) =>
        new(T.CreateTruncating(ErrorComplement.Both(double.CreateTruncating(x.Value)).Complement));

    /// <inheritdoc/>
    public static Scalar<T> Reciprocal(Scalar<T> x) => new(T.One / x.Value);

    /// <inheritdoc/>
    public static Scalar<T> Power(Scalar<T> x, int exponent)
    {
        uint n = uint.CreateTruncating(Math.Abs((long)exponent));
        T result = T.One;
        for (T square = x.Value; n > 0; n >>= 1, square *= square)
        {
            result = (n & 1) == 0 ? result : result * square;
        }

        return new(exponent < 0 ? T.One / result : result);
    }

    /// <inheritdoc/>
    public static Scalar<T> Select(Scalar<T> x, Scalar<T> threshold, Scalar<T> below, Scalar<T> above) =>
        x.Value < threshold.Value ? below : above;
}
