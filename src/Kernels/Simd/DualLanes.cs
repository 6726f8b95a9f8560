using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The real number that is a register of values and the register of their derivatives with respect to one variable
/// (dual numbers a + b·δ, δ² = 0; Clifford, 1871). Both are plain registers, so that a formula over
/// <see cref="IReal{T}"/> becomes straight-line SIMD code for value and derivative together.
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct DualLanes<V, T>(V value, V derivative) : IReal<DualLanes<V, T>>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public readonly V Value = value;
    public readonly V Derivative = derivative;

    private static V One => V.Broadcast(T.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> operator +(DualLanes<V, T> a, DualLanes<V, T> b) =>
        new(a.Value + b.Value, a.Derivative + b.Derivative);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> operator -(DualLanes<V, T> a, DualLanes<V, T> b) =>
        new(a.Value - b.Value, a.Derivative - b.Derivative);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> operator *(DualLanes<V, T> a, DualLanes<V, T> b) =>
        new(a.Value * b.Value, V.MultiplyAdd(a.Derivative, b.Value, a.Value * b.Derivative));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> operator /(DualLanes<V, T> a, DualLanes<V, T> b)
    {
        V inverse = One / b.Value;
        V quotient = a.Value * inverse;
        return new(quotient, (a.Derivative - (quotient * b.Derivative)) * inverse);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> operator -(DualLanes<V, T> a) => new(-a.Value, -a.Derivative);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Constant(double value) => new(V.Broadcast(T.CreateTruncating(value)), V.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Sqrt(DualLanes<V, T> x)
    {
        V root = V.Sqrt(x.Value);
        return new(root, x.Derivative / (root + root));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Exp(DualLanes<V, T> x)
    {
        V exponential = V.Exp(x.Value);
        return new(exponential, exponential * x.Derivative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Log(DualLanes<V, T> x) => new(V.Log(x.Value), x.Derivative / x.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Sin(DualLanes<V, T> x) => new(V.Sin(x.Value), V.Cos(x.Value) * x.Derivative);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Cos(DualLanes<V, T> x) => new(V.Cos(x.Value), -(V.Sin(x.Value) * x.Derivative));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Erfc(DualLanes<V, T> x)
    {
        V gaussian = ErrorComplement.Gaussian<V, T>(x.Value);
        V slope = V.Broadcast(T.CreateTruncating(-2 / Math.Sqrt(Math.PI))) * gaussian;
        return new(gaussian * ErrorComplement.Scaled<V, T>(x.Value), slope * x.Derivative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Reciprocal(DualLanes<V, T> x)
    {
        V inverse = One / x.Value;
        return new(inverse, -(inverse * inverse) * x.Derivative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Power(DualLanes<V, T> x, int exponent)
    {
        if (exponent == 0)
        {
            return new(One, V.Zero);
        }

        if (exponent < 0)
        {
            // (x⁻¹)ⁿ' = −n x⁻ⁿ · x⁻¹ · x'
            V inverse = One / x.Value;
            V power = Natural(inverse, -exponent);
            return new(power, V.Broadcast(T.CreateTruncating(exponent)) * power * inverse * x.Derivative);
        }

        V below = Natural(x.Value, exponent - 1);
        return new(below * x.Value, V.Broadcast(T.CreateTruncating(exponent)) * below * x.Derivative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DualLanes<V, T> Select(
        DualLanes<V, T> x, DualLanes<V, T> threshold, DualLanes<V, T> below, DualLanes<V, T> above)
    {
        V mask = V.LessThan(x.Value, threshold.Value);
        return new(
            V.Select(mask, below.Value, above.Value),
            V.Select(mask, below.Derivative, above.Derivative));
    }

    // Written out so that a literal exponent leaves its products only; the loop serves the rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Natural(V x, int n)
    {
        if (n <= 3)
        {
            return n switch
            {
                0 => One,
                1 => x,
                2 => x * x,
                _ => x * x * x,
            };
        }

        V square = x * x;
        if (n <= 7)
        {
            V rest = n switch
            {
                4 => square,
                5 => square * x,
                6 => square * square,
                _ => square * square * x,
            };
            return square * rest;
        }

        V fourth = square * square;
        return n switch
        {
            8 => fourth * fourth,
            9 => fourth * fourth * x,
            10 => fourth * fourth * square,
            11 => fourth * fourth * (square * x),
            12 => fourth * fourth * fourth,
            _ => AnyNatural(x, n),
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V AnyNatural(V x, int n)
    {
        V result = One;
        for (V square = x; n > 0; n >>= 1, square *= square)
        {
            result = (n & 1) == 0 ? result : result * square;
        }

        return result;
    }
}
