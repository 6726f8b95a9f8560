using System.Numerics;
using Xunit;

namespace Noether.Kernels.Tests;

public sealed class TranscendentalDoubleTests : TranscendentalTests<double>;

public sealed class TranscendentalSingleTests : TranscendentalTests<float>;

/// <summary>Sine, cosine, logarithm, logistic function: accuracy, special values, bits that never change.</summary>
public abstract class TranscendentalTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Units of the result's own last place. Against 113 bits 0.79 was measured in double and 0.57 in float for sine and
    // cosine, 0.84 and 0.52 for the logarithm; the reference here, of the C library, adds up to 0.6 in double.
    private const double Units = 1.5;

    // The exponential's two units, a sum and a quotient: 2.3 was measured against 113 bits; and the reference's own.
    private const double LogisticUnits = 4;

    private delegate void Unary(ReadOnlySpan<T> x, Span<T> y);

    [Fact]
    public void Sine_and_cosine_are_the_nearest_or_next_to_it()
    {
        foreach (var bound in (double[])[1e-3, Math.PI / 4, 4, 100, 1e5, 1e9, 2e9, 1e30])
        {
            Check(Elementwise.Sin, Math.Sin, Samples.Uniform<T>(1, 20_000, -bound, bound), Units, "Sin");
            Check(Elementwise.Cos, Math.Cos, Samples.Uniform<T>(2, 20_000, -bound, bound), Units, "Cos");
        }
    }

    [Fact]
    public void Sine_and_cosine_are_as_good_next_to_their_zeros()
    {
        // The numbers nearest to multiples of π/2 and their neighbours: all but the last bits cancel.
        var x = new List<T>();
        for (var k = 0; k < 60_000; k += k < 1000 ? 1 : 97)
        {
            var near = T.CreateTruncating(k * (Math.PI / 2));
            x.AddRange([near, T.BitIncrement(near), T.BitDecrement(near), -near]);
        }

        Check(Elementwise.Sin, Math.Sin, [.. x], Units, "Sin");
        Check(Elementwise.Cos, Math.Cos, [.. x], Units, "Cos");
    }

    [Fact]
    public void Logarithm_is_the_nearest_or_next_to_it()
    {
        Check(Elementwise.Log, Math.Log, Samples.Uniform<T>(3, 20_000, 0.5, 2), Units, "Log");
        Check(Elementwise.Log, Math.Log, Samples.Uniform<T>(4, 20_000, 0.999, 1.001), Units, "Log");
        Check(Elementwise.Log, Math.Log, Samples.Uniform<T>(5, 20_000, 0, 1e30), Units, "Log");

        // Every exponent, those of denormal numbers too.
        var x = new List<T>();
        for (var value = T.Epsilon; T.IsFinite(value); value *= T.CreateTruncating(2))
        {
            x.AddRange([value, T.BitIncrement(value)]);
            x.AddRange([value * T.CreateTruncating(1.3), value * T.CreateTruncating(1.9)]);
        }

        Check(Elementwise.Log, Math.Log, [.. x.Where(T.IsFinite)], Units, "Log");
    }

    [Fact]
    public void Logistic_function_keeps_its_relative_accuracy_on_both_sides()
    {
        var big = typeof(T) == typeof(float) ? 86 : 707;
        foreach (var bound in (double[])[1e-3, 1, 40, big])
        {
            var x = Samples.Uniform<T>(6, 20_000, -bound, bound);
            Check(Elementwise.Sigmoid, Sigmoid, x, LogisticUnits, "Sigmoid");
        }

        // No overflow on the way, to denormal results and zero.
        Values(Elementwise.Sigmoid, [-1e4, 1e4], [0, 1]);
        var y = new T[1];
        Elementwise.Sigmoid([T.CreateTruncating(-1.02 * big)], y);
        Assert.True(y[0] > T.Zero);

        static double Sigmoid(double x) => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x));
    }

    [Fact]
    public void Special_values()
    {
        const double nan = double.NaN, infinity = double.PositiveInfinity;
        double[] x = [nan, infinity, -infinity, 0, -0.0];
        Values(Elementwise.Sin, x, [nan, nan, nan, 0, -0.0]);
        Values(Elementwise.Cos, x, [nan, nan, nan, 1, 1]);
        Values(Elementwise.Sigmoid, x, [nan, 1, 0, 0.5, 0.5]);
        var tiny = double.CreateTruncating(T.Epsilon);
        Values(Elementwise.Sin, [tiny, -tiny, 3 * tiny], [tiny, -tiny, 3 * tiny]);
        Values(Elementwise.Cos, [tiny, -tiny], [1, 1]);
        x = [.. x, 1, -1, -tiny, -1e30];
        Values(Elementwise.Log, x, [nan, infinity, nan, -infinity, -infinity, 0, nan, nan, nan]);
    }

    [Fact]
    public void Sine_is_odd_and_cosine_even_in_every_bit()
    {
        var x = Samples.Uniform<T>(7, 1000, -1e4, 1e4);
        var opposite = Array.ConvertAll(x, v => -v);
        Samples.SameBits(Array.ConvertAll(Run(Elementwise.Sin, x), v => -v), Run(Elementwise.Sin, opposite));
        Samples.SameBits(Run(Elementwise.Cos, x), Run(Elementwise.Cos, opposite));
    }

    [Fact]
    public void Neither_position_nor_length_nor_neighbours_change_bits()
    {
        var x = Mixed(67);
        foreach (var kernel in Kernels())
        {
            var alone = Array.ConvertAll(x, v => Run(kernel, [v])[0]);
            foreach (var n in Samples.Lengths.Where(n => n <= x.Length))
            {
                Samples.SameBits(alone[..n], Run(kernel, x[..n]));
                Samples.SameBits(alone[(x.Length - n)..], Run(kernel, x[(x.Length - n)..]));
            }
        }
    }

    [Fact]
    public void Threads_do_not_change_bits()
    {
        var x = Mixed(Samples.Large);
        foreach (var kernel in Kernels())
        {
            Samples.SameForAllThreads(() => Run(kernel, x));
        }
    }

    [Fact]
    public void Repetition_does_not_change_bits()
    {
        // The JIT compiles a method anew once it has been called often, or has looped long; 20 000 short calls and some
        // long ones are well beyond both, the pause lets the background compiler catch up.
        var x = Mixed(9);
        var whole = Mixed(2000);
        foreach (var kernel in Kernels())
        {
            var expected = Run(kernel, x);
            var y = new T[x.Length];
            for (var i = 0; i < 20_000; i++)
            {
                kernel(x, y);
                if (i % 5000 == 0)
                {
                    Thread.Sleep(120);
                }

                Samples.SameBits(expected, y);
            }

            var first = Run(kernel, whole);
            for (var i = 0; i < 200; i++)
            {
                Samples.SameBits(first, Run(kernel, whole));
            }
        }
    }

    private static Unary[] Kernels() =>
    [
        Elementwise.Sin, Elementwise.Cos, Elementwise.Log, Elementwise.Sigmoid, Elementwise.Exp, Elementwise.Tanh,
        Elementwise.Softplus, (x, y) => Elementwise.Logistic(x, [1, 2], [3, 4], y),
    ];

    // Among ordinary numbers some that the vectors treat apart.
    private static T[] Mixed(int n)
    {
        var x = Samples.Uniform<T>(n, n, -20, 20);
        T[] special = [T.Epsilon, T.CreateTruncating(1e30), T.Zero, T.PositiveInfinity, T.CreateTruncating(5e9)];
        for (var i = 0; i < n; i += 7)
        {
            x[i] = special[i / 7 % special.Length];
        }

        return x;
    }

    private static T[] Run(Unary kernel, T[] x)
    {
        var y = new T[x.Length];
        kernel(x, y);
        return y;
    }

    private static void Values(Unary kernel, double[] x, double[] expected)
    {
        var y = Run(kernel, Samples.From<T>(x));
        for (var i = 0; i < x.Length; i++)
        {
            // Bits, but for the sign that a NaN has.
            var same = T.IsNaN(y[i]) ? double.IsNaN(expected[i]) : y[i].Equals(T.CreateTruncating(expected[i]));
            Assert.True(same && (T.IsNaN(y[i]) || T.IsNegative(y[i]) == double.IsNegative(expected[i])),
                $"f({x[i]}) = {y[i]}, expected {expected[i]}");
        }
    }

    private static void Check(Unary kernel, Func<double, double> twin, T[] x, double units, string what)
    {
        var y = Run(kernel, x);
        for (var i = 0; i < x.Length; i++)
        {
            var expected = twin(double.CreateTruncating(x[i]));
            var rounded = T.Abs(T.CreateTruncating(expected));
            var unit = double.CreateTruncating(T.BitIncrement(rounded)) - double.CreateTruncating(rounded);
            var error = Math.Abs(double.CreateTruncating(y[i]) - expected);
            Assert.True(error <= units * unit, $"{what}({x[i]}) = {y[i]}, expected {expected:r}: {error / unit} units");
        }
    }
}
