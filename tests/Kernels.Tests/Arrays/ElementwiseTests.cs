using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class ElementwiseDoubleTests : ElementwiseTests<double>;

public sealed class ElementwiseSingleTests : ElementwiseTests<float>;

public abstract class ElementwiseTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Units in the last place. One rounding is half a unit.
    private const double Exact = 0.5;

    // What any function was measured to need at most (2.3), and one for composing.
    private const double Function = 4;

    private delegate void Unary(ReadOnlySpan<T> x, Span<T> y);

    private delegate void Binary(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y);

    [Fact]
    public void Arithmetic_is_its_twin()
    {
        Check(Elementwise.Add, (a, b) => a + b, "Add");
        Check(Elementwise.Subtract, (a, b) => a - b, "Subtract");
        Check(Elementwise.Multiply, (a, b) => a * b, "Multiply");
        Check(Elementwise.Divide, (a, b) => a / b, "Divide");
    }

    [Fact]
    public void Arithmetic_with_a_number_is_its_twin()
    {
        var k = T.CreateTruncating(1.7);
        var value = double.CreateTruncating(k);
        Check((x, y) => Elementwise.MultiplyScalar(x, k, y), x => value * x, -3, 3, Exact, "MultiplyScalar");
        Check((x, y) => Elementwise.AddScalar(x, k, y), x => x + value, -3, 3, Exact, "AddScalar");
        foreach (var n in Samples.Lengths)
        {
            var x = Samples.Uniform<T>(n, n, -2, 2);
            var y = Samples.Uniform<T>(n + 1, n, -2, 2);
            double[] dx = Samples.ToDouble(x), dy = Samples.ToDouble(y);
            var scale = (int i) => Math.Abs(dy[i]) + Math.Abs(value * dx[i]);
            Elementwise.AddScaled<T>(x, k, y);
            Samples.Close([.. dy.Zip(dx, (u, v) => u + (value * v))], y, 1, scale, "AddScaled");
            dy = Samples.ToDouble(y);
            Elementwise.AddInPlace<T>(x, y);
            Samples.Close([.. dy.Zip(dx, (u, v) => u + v)], y, Exact, "AddInPlace");
        }
    }

    [Fact]
    public void Functions_are_their_twins()
    {
        var big = typeof(T) == typeof(float) ? 80 : 700;
        Check(Elementwise.Negate, x => -x, -5, 5, 0, "Negate");
        Check(Elementwise.Reciprocal, x => 1 / x, -5, 5, Exact, "Reciprocal");
        Check(Elementwise.Sqrt, Math.Sqrt, 0, 5, Exact, "Sqrt");
        Check(Elementwise.Exp, Math.Exp, -big, big, Function, "Exp");
        Check(Elementwise.Exp, Math.Exp, -1.4 * big, -big, Function, "Exp to denormal numbers");
        Check(Elementwise.Exp, Math.Exp, big, 1.2 * big, Function, "Exp to infinity");
        Check(Elementwise.Log, Math.Log, 1e-9, 5, Function, "Log");
        Check(Elementwise.Log, Math.Log, 0.9, 1.1, Function, "Log near 1");
        Check(Elementwise.Sin, Math.Sin, -10, 10, Function, "Sin");
        Check(Elementwise.Cos, Math.Cos, -10, 10, Function, "Cos");
        Check(Elementwise.Tanh, Math.Tanh, -10, 10, Function, "Tanh");
        Check(Elementwise.Tanh, Math.Tanh, -0.7, 0.7, Function, "Tanh near 0");
        Check(Elementwise.Tanh, Math.Tanh, -1e-6, 1e-6, Function, "Tanh very near 0");
        Check(Elementwise.Sigmoid, ElementwiseReference.Sigmoid, -big, big, Function, "Sigmoid");

        // An exponential, then a logarithm that passes its error on, then two roundings.
        Check(Elementwise.Softplus, ElementwiseReference.Softplus, -big, big, 2 * Function, "Softplus");
        Check(Elementwise.Softplus, ElementwiseReference.Softplus, -2, 2, 2 * Function, "Softplus near 0");
        Check(Elementwise.Abs, Math.Abs, -5, 5, 0, "Abs");
        Check(Elementwise.Sign, ElementwiseReference.Sign, -5, 5, 0, "Sign");
        Check(Elementwise.Floor, Math.Floor, -5, 5, 0, "Floor");
    }

    [Fact]
    public void Functions_keep_special_values()
    {
        double[] x = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0];
        Special(Elementwise.Tanh, x, [double.NaN, 1, -1, 0, -0.0]);
        Special(Elementwise.Sign, x, [double.NaN, 1, -1, 0, -0.0]);
        Special(Elementwise.Exp, x, [double.NaN, double.PositiveInfinity, 0, 1, 1]);
        Special(Elementwise.Sigmoid, x, [double.NaN, 1, 0, 0.5, 0.5]);
        Special(Elementwise.Abs, x, [double.NaN, double.PositiveInfinity, double.PositiveInfinity, 0, 0]);
        var two = double.CreateTruncating(T.Log(T.CreateTruncating(2)));
        Special(Elementwise.Softplus, x, [double.NaN, double.PositiveInfinity, 0, two, two]);
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(-3)]
    [InlineData(-2)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(-5)]
    public void Integer_powers_are_pow(int exponent) =>
        Check((x, y) => Elementwise.Power(x, exponent, y), x => Math.Pow(x, exponent), -3, 3, Function, "Power");

    [Theory]
    [InlineData(0.5)]
    [InlineData(-0.5)]
    [InlineData(1.5)]
    [InlineData(-2.25)]
    [InlineData(12.5)]
    public void Other_powers_are_pow(double exponent) =>
        Check((x, y) => Elementwise.Power(x, exponent, y), x => Math.Pow(x, exponent), 0.01, 9, Function, "Power");

    [Fact]
    public void Zero_to_the_zero_is_one()
    {
        var y = new T[1];
        Elementwise.Power<T>([T.Zero], 0, y);
        Assert.Equal(T.One, y[0]);
    }

    [Theory]
    [InlineData(new double[0], new double[0])]
    [InlineData(new double[] { 0, 1 }, new double[0])]
    [InlineData(new double[0], new double[] { 0, 1 })]
    [InlineData(new double[] { 0.3, -1, 2 }, new double[] { 0, 1, -3, 2 })]
    public void Logistic_is_its_twin(double[] a, double[] b)
    {
        // A polynomial of size Σ|aₖ| + |x| Σ|bₖ|, and one unit for each of its operations and each use of s.
        var (sizeA, sizeB) = (a.Sum(Math.Abs), b.Sum(Math.Abs));
        foreach (var n in Samples.Lengths)
        {
            var x = Samples.Uniform<T>(n, n, -20, 20);
            var dx = Samples.ToDouble(x);
            var y = new T[n];
            Elementwise.Logistic<T>(x, a, b, y);
            var expected = Array.ConvertAll(dx, v => ElementwiseReference.Logistic(v, a, b));
            Samples.Close(expected, y, 20, i => sizeA + (Math.Abs(dx[i]) * sizeB), "Logistic");
        }
    }

    [Fact]
    public void Polynomials_are_their_twins()
    {
        double[] a = [0.5, -1, 0.25, 2, -0.125];
        foreach (var n in Samples.Lengths)
        {
            var x = Samples.Uniform<T>(n, n, -1, 1);
            var dx = Samples.ToDouble(x);
            var y = new T[n];

            // Terms are at most 2 in size, and there are five, each rounded twice.
            Elementwise.Polynomial<T>(x, a, y);
            var expected = Array.ConvertAll(dx, v => ElementwiseReference.Polynomial(v, a));
            Samples.Close(expected, y, 10, _ => 2, "Polynomial");
            Elementwise.TanhPolynomial<T>(x, a, y);
            expected = Array.ConvertAll(dx, v => ElementwiseReference.Polynomial(Math.Tanh(v), a));
            Samples.Close(expected, y, 20, _ => 2, "TanhPolynomial");
        }
    }

    [Fact]
    public void Select_takes_one_branch_and_leaks_nothing()
    {
        foreach (var n in (int[])[.. Samples.Lengths, Samples.Large])
        {
            var random = new Random(n);
            var mask = Enumerable.Range(0, n).Select(_ => random.Next(2) == 0).ToArray();
            var (a, b, y) = (new T[n], new T[n], new T[n]);
            for (var i = 0; i < n; i++)
            {
                a[i] = mask[i] ? T.CreateTruncating(i) : T.NaN;
                b[i] = mask[i] ? T.NaN : T.CreateTruncating(-i);
            }

            Elementwise.Select<T>(mask, a, b, y);
            Assert.Equal(Enumerable.Range(0, n).Select(i => T.CreateTruncating(mask[i] ? i : -i)), y);
        }
    }

    [Fact]
    public void Convert_rounds_to_nearest()
    {
        foreach (var n in (int[])[.. Samples.Lengths, Samples.Large])
        {
            var x = Samples.Uniform<T>(n, n, -1e6, 1e6);
            var (singles, doubles) = (new float[n], new double[n]);
            Elementwise.Convert<T, float>(x, singles);
            Elementwise.Convert<T, double>(x, doubles);
            Assert.Equal(Array.ConvertAll(x, float.CreateTruncating), singles);
            Assert.Equal(Array.ConvertAll(x, double.CreateTruncating), doubles);
            var integers = Enumerable.Range(-3, n).ToArray();
            var y = new T[n];
            Elementwise.Convert<int, T>(integers, y);
            Assert.Equal(Array.ConvertAll(integers, T.CreateTruncating), y);
        }
    }

    [Fact]
    public void AllFinite_finds_one_bad_element_anywhere()
    {
        foreach (var n in Samples.Lengths)
        {
            var x = Samples.Uniform<T>(n, n, -1e30, 1e30);
            Assert.True(Elementwise.AllFinite<T>(x));
            for (var i = 0; i < n; i++)
            {
                foreach (var bad in (T[])[T.NaN, T.PositiveInfinity, T.NegativeInfinity])
                {
                    var good = x[i];
                    x[i] = bad;
                    Assert.False(Elementwise.AllFinite<T>(x));
                    x[i] = good;
                }
            }
        }
    }

    [Fact]
    public void Threads_do_not_change_bits()
    {
        var x = Samples.Uniform<T>(1, Samples.Large, -3, 3);
        var b = Samples.Uniform<T>(2, Samples.Large, -3, 3);
        Same((x, y) => Elementwise.Add(x, b, y));
        Same((x, y) => Elementwise.AddScaled(x, T.CreateTruncating(0.3), y));
        Same(Elementwise.Exp);
        Same(Elementwise.Tanh);
        Same(Elementwise.Softplus);
        Same((x, y) => Elementwise.Power(x, 3, y));
        Same((x, y) => Elementwise.Logistic(x, [0, 1], [0, 1, -1], y));

        void Same(Unary kernel) => Samples.SameForAllThreads(() =>
        {
            var y = new T[x.Length];
            kernel(x, y);
            return y;
        });
    }

    [Fact]
    public void Addresses_do_not_change_bits()
    {
        // Some arguments are out of the range of the vectors' formulas, so that their neighbours would show it.
        const int n = 600;
        var values = Samples.Uniform<T>(8, n, -10, 10);
        for (var i = 0; i < n; i += 11)
        {
            values[i] = i % 2 == 0 ? T.Epsilon : T.CreateTruncating(1e30);
        }

        foreach (var kernel in (Unary[])
            [Elementwise.Exp, Elementwise.Log, Elementwise.Sin, Elementwise.Cos, Elementwise.Tanh, Elementwise.Sigmoid,
            Elementwise.Softplus, (x, y) => Elementwise.Logistic(x, [1, 2], [3, 4], y)])
        {
            var expected = new T[n];
            kernel(values, expected);
            for (var shift = 0; shift < 16; shift++)
            {
                var x = new T[n + shift];
                var y = new T[n + 16 - shift];
                values.CopyTo(x, shift);
                kernel(x.AsSpan(shift), y.AsSpan(16 - shift));
                Samples.SameBits(expected, y[(16 - shift)..]);
            }
        }
    }

    [Fact]
    public void Lengths_that_differ_are_refused()
    {
        Samples.Throws<ArgumentException>(
            () => Elementwise.Add<T>(new T[4], new T[3], new T[4]), "Add", "b has 3 elements, expected 4");
        Samples.Throws<ArgumentException>(
            () => Elementwise.Exp<T>(new T[4], new T[5]), "Exp", "y has 5 elements, expected 4");
        Samples.Throws<ArgumentException>(
            () => Elementwise.Select<T>(new bool[2], new T[2], new T[1], new T[2]), "Select", "b has 1 elements");
        Samples.Throws<ArgumentException>(
            () => Elementwise.Convert<T, int>(new T[2], new int[1]), "Convert", "y has 1 elements, expected 2");
        Samples.Throws<ArgumentOutOfRangeException>(
            () => Elementwise.Polynomial<T>(new T[2], new double[65], new T[2]),
            "Polynomial", "a.Length is 65", "at most 64");
    }

    private static void Special(Unary kernel, double[] x, double[] expected)
    {
        // Once at each place of a vector and in the tail.
        for (var shift = 0; shift < 20; shift++)
        {
            var input = new T[x.Length + shift];
            for (var i = 0; i < x.Length; i++)
            {
                input[shift + i] = T.CreateTruncating(x[i]);
            }

            var y = new T[input.Length];
            kernel(input, y);
            Samples.Close(expected, y[shift..], 0, "special values");
            for (var i = 0; i < x.Length; i++)
            {
                Assert.True(expected[i] != 0 || double.IsNegative(expected[i]) == T.IsNegative(y[shift + i]));
            }
        }
    }

    private static void Check(
        Unary kernel,
        Func<double, double> twin,
        double low,
        double high,
        double units,
        string what)
    {
        foreach (var n in (int[])[.. Samples.Lengths, 70_001])
        {
            var x = Samples.Uniform<T>(n, n, low, high);
            var expected = Array.ConvertAll(Samples.ToDouble(x), new Converter<double, double>(twin));
            var y = new T[n];
            kernel(x, y);
            Samples.Close(expected, y, units, what);

            // y may be x.
            kernel(x, x);
            Samples.SameBits(y, x);
        }
    }

    private static void Check(Binary kernel, Func<double, double, double> twin, string what)
    {
        foreach (var n in (int[])[.. Samples.Lengths, 70_001])
        {
            var a = Samples.Uniform<T>(n, n, -2, 2);
            var b = Samples.Uniform<T>(n + 1, n, -2, 2);
            double[] expected = [.. Samples.ToDouble(a).Zip(Samples.ToDouble(b), twin)];
            var y = new T[n];
            kernel(a, b, y);
            Samples.Close(expected, y, Exact, what);
            T[] first = [.. a], second = [.. b];
            kernel(first, b, first);
            kernel(a, second, second);
            Samples.SameBits(y, first);
            Samples.SameBits(y, second);
        }
    }
}
