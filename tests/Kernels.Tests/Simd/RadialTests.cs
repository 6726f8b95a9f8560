using System.Numerics;
using System.Runtime.CompilerServices;
using Xunit;

namespace Noether.Kernels.Tests;

public class RadialTests
{
    private static readonly double[] Argon = [0.0104, 3.4];

    [Fact]
    public void Lennard_Jones_has_its_well_where_the_formula_says()
    {
        // V(σ) = 0, V(2^(1/6) σ) = −ε with V' = 0, V'(σ) = −24 ε/σ.
        double well = Math.Pow(2, 1.0 / 6) * Argon[1];
        (double[] value, double[] derivative) = Lanes<LennardJones, double>(default, Argon, [Argon[1], well]);
        Assert.Equal(0, value[0], 1e-16); // a few eps of 4ε
        Assert.Equal(-Argon[0], value[1], 1e-16);
        Assert.Equal(-24 * Argon[0] / Argon[1], derivative[0], 1e-15); // a few eps of 48ε/σ
        Assert.Equal(0, derivative[1], 1e-15);
    }

    [Fact]
    public void Lanes_agree_with_scalars_for_every_length()
    {
        foreach (int length in Samples.Lengths)
        {
            // The same text, so the same roundings but for fused products: a few units in each of some ten operations,
            // the twelfth power multiplying the error of its base by twelve.
            Agree<LennardJones, double>(default, Argon, length, 40);
            Agree<LennardJones, float>(default, Argon, length, 40);
        }
    }

    [Fact]
    public void Every_operation_agrees_with_scalars()
    {
        Agree<Everything, double>(default, [0.7, 1.3], 131, 40);
        Agree<Everything, float>(default, [0.7, 1.3], 131, 40);
        for (int exponent = -15; exponent <= 15; exponent++)
        {
            // A power multiplies the relative error of its base by the exponent.
            Agree<PowerOf, double>(new(exponent), [], 67, 20);
            Agree<PowerOf, float>(new(exponent), [], 67, 20);
        }
    }

    [Fact]
    public void Derivatives_are_those_of_central_differences()
    {
        DerivativeOf(default(LennardJones), Argon);
        DerivativeOf(default(Everything), [0.7, 1.3]);
        for (int exponent = -15; exponent <= 15; exponent++)
        {
            DerivativeOf(new PowerOf(exponent), []);
        }
    }

    [Fact]
    public void The_side_not_taken_stays_out()
    {
        // log(x − 2) where x ≥ 2 and zero below, where the logarithm is not a number.
        (double[] value, double[] derivative) = Lanes<Guarded, double>(default, [], [1, 3, 2.5]);
        Assert.Equal(0, value[0]);
        Assert.Equal(0, derivative[0]);
        Assert.Equal(0, value[1], 1e-16);
        Assert.Equal(1, derivative[1], 1e-15);
        Assert.Equal(2, derivative[2], 1e-15);
    }

    [Fact]
    public void Wrong_lengths_are_named()
    {
        double[] two = [1, 2];
        Samples.Throws<ArgumentException>(
            () => Radial.ValuesAndDerivatives<LennardJones, double>(default, Argon, two, new double[3], new double[2]),
            "2 distances", "3 values");
        Samples.Throws<ArgumentException>(
            () => Radial.ValuesAndDerivatives<LennardJones, double>(default, new double[17], two, two, two),
            "17 parameters", "at most 16");
    }

    private static T[] Distances<T>(int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Samples.Uniform<T>(7, length, 0.9, 3);

    private static (T[] Values, T[] Derivatives) Lanes<TFunction, T>(
        TFunction function, double[] parameters, T[] r)
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var value = new T[r.Length];
        var derivative = new T[r.Length];
        Radial.ValuesAndDerivatives<TFunction, T>(function, parameters, r, value, derivative);
        return (value, derivative);
    }

    private static T[] Scalars<TFunction, T>(TFunction function, double[] parameters, T[] r)
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Scalar<T>[] p = Array.ConvertAll(parameters, Scalar<T>.Constant);
        return Array.ConvertAll(r, x => function.Evaluate<Scalar<T>>(new(x), p).Value);
    }

    private static void Agree<TFunction, T>(TFunction function, double[] parameters, int length, double units)
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] r = Distances<T>(length);
        double[] expected = Samples.ToDouble(Scalars<TFunction, T>(function, parameters, r));

        // Differences of large terms: the scale is that of the largest value, not of the one that is near zero.
        double[] large = Array.ConvertAll(expected, Math.Abs);
        T[] values = Lanes<TFunction, T>(function, parameters, r).Values;
        Samples.Close(expected, values, units, i => large[i] + 1, typeof(TFunction).Name);
    }

    private static void DerivativeOf<TFunction>(TFunction function, double[] parameters)
        where TFunction : struct, IRadialFunction
    {
        const double h = 1e-4;
        double[] r = Distances<double>(67);
        double[] derivative = Lanes<TFunction, double>(function, parameters, r).Derivatives;
        double At(double x) => Scalars<TFunction, double>(function, parameters, [x])[0];
        for (int i = 0; i < r.Length; i++)
        {
            // Fourth order: the error is h⁴ f⁽⁵⁾/30 + eps·f/h, about 1e-12 of the function's size where the fifth
            // derivative of a fifteenth power is some 1e6 times larger, hence 1e-8 of value and derivative.
            double near = At(r[i] + h) - At(r[i] - h);
            double far = At(r[i] + (2 * h)) - At(r[i] - (2 * h));
            double expected = ((8 * near) - far) / (12 * h);
            double size = Math.Abs(expected) + Math.Abs(At(r[i])) + 1;
            Assert.True(
                Math.Abs(derivative[i] - expected) <= 1e-8 * size,
                $"{typeof(TFunction).Name} at {r[i]}: {derivative[i]}, by differences {expected}");
        }
    }

    private readonly struct Everything : IRadialFunction
    {
        public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
            where TReal : IReal<TReal>
        {
            TReal a = TReal.Sqrt(r) * TReal.Exp(-parameters[0] * r);
            TReal b = TReal.Log(r + parameters[1]) / (TReal.Sin(r) + TReal.Constant(2));
            TReal c = TReal.Reciprocal(TReal.Cos(r) + TReal.Constant(3));
            return TReal.Select(r, parameters[1], a - b, c * a);
        }
    }

    private readonly struct PowerOf(int exponent) : IRadialFunction
    {
        public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
            where TReal : IReal<TReal> => TReal.Power(r, exponent);
    }

    private readonly struct Guarded : IRadialFunction
    {
        public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
            where TReal : IReal<TReal>
        {
            TReal two = TReal.Constant(2);
            return TReal.Select(r, two, TReal.Constant(0), TReal.Log(r - two));
        }
    }
}
