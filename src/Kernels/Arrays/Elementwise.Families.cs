using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

// Families of functions that carry numbers: powers and polynomials, of the argument or of a squashed argument.
public static partial class Elementwise
{
    // Coefficients of one polynomial, at most.
    private const int MaxCoefficients = 64;

    /// <summary>
    /// y = x to a constant power. The exponents −4 … 8, ½ and −½ are multiplications, a division and a square root;
    /// others call pow. 0⁰ = 1.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The base.</param>
    /// <param name="exponent">The exponent.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>; may be it.</param>
    public static void Power<T>(ReadOnlySpan<T> x, double exponent, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y));
        switch (exponent)
        {
            case 0:
                y.Fill(T.One);
                break;
            case 1:
                x.CopyTo(y);
                break;
            case -1:
                Reciprocal(x, y);
                break;
            case 0.5:
                Sqrt(x, y);
                break;
            case -0.5:
                Maps.Apply(x, y, default(ReciprocalSqrtMap<T>));
                break;
            case >= -4 and <= 8 when double.IsInteger(exponent):
                Maps.Apply(x, y, new IntegerPowerMap<T>((int)exponent));
                break;
            default:
                Maps.Apply(x, y, new PowerMap<T>(T.CreateTruncating(exponent)));
                break;
        }
    }

    /// <summary>
    /// y = A(s) + x B(s) with s = 1 / (1 + e⁻ˣ). Because s′ = s − s², the family contains sigmoid (A = s),
    /// SiLU (B = s) and all their derivatives. Where B(s) rounds to zero at an infinite x, y is NaN.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="a">The coefficients of A, ascending, at most 64; empty is zero.</param>
    /// <param name="b">The coefficients of B, ascending, at most 64; empty is zero.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>; may be it.</param>
    public static void Logistic<T>(ReadOnlySpan<T> x, ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Polynomials<T, VectorMap<T, SigmoidFunction<T>>>(x, a, b, y, nameof(Logistic));

    /// <summary>y = A(tanh x). Because tanh′ = 1 − tanh², the family is closed under differentiation.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="a">The coefficients of A, ascending, at most 64; empty is zero.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>; may be it.</param>
    public static void TanhPolynomial<T>(ReadOnlySpan<T> x, ReadOnlySpan<double> a, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Polynomials<T, TanhMap<T>>(x, a, [], y, nameof(TanhPolynomial));

    /// <summary>y = A(x), by Horner's rule.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The argument.</param>
    /// <param name="a">The coefficients of A, ascending, at most 64; empty is zero.</param>
    /// <param name="y">The result, as long as <paramref name="x"/>; may be it.</param>
    public static void Polynomial<T>(ReadOnlySpan<T> x, ReadOnlySpan<double> a, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Polynomials<T, CopyMap<T>>(x, a, [], y, nameof(Polynomial));

    private static unsafe void Polynomials<T, TInner>(
        ReadOnlySpan<T> x,
        ReadOnlySpan<double> a,
        ReadOnlySpan<double> b,
        Span<T> y,
        string operation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TInner : struct, IMap<T>
    {
        Guard.Length(y.Length, x.Length, nameof(y), operation);
        Guard.AtMost(a.Length, MaxCoefficients, "a.Length", operation);
        Guard.AtMost(b.Length, MaxCoefficients, "b.Length", operation);
        var coefficients = stackalloc T[a.Length + b.Length];
        for (var i = 0; i < a.Length; i++)
        {
            coefficients[i] = T.CreateTruncating(a[i]);
        }

        for (var i = 0; i < b.Length; i++)
        {
            coefficients[a.Length + i] = T.CreateTruncating(b[i]);
        }

        Maps.Apply(x, y, new PolynomialMap<T, TInner>(coefficients, a.Length, coefficients + a.Length, b.Length));
    }

    private readonly struct CopyMap<T> : IMap<T>
        where T : unmanaged
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => x.CopyTo(y);
    }

    private readonly struct PowerMap<T>(T exponent) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y) => TensorPrimitives.Pow(x, exponent, y);
    }

    private readonly struct ReciprocalSqrtMap<T> : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            TensorPrimitives.Sqrt(x, y);
            TensorPrimitives.Reciprocal<T>(y, y);
        }
    }

    // y = A(s) + x B(s), s = inner(x).
    private readonly unsafe struct PolynomialMap<T, TInner>(T* a, int aCount, T* b, int bCount) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TInner : struct, IMap<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            var memory = stackalloc T[ScratchLength<T>()];
            var s = Align(memory);
            fixed (T* px = x, py = y)
            {
                for (var start = 0; start < x.Length; start += Chunk)
                {
                    var count = Math.Min(Chunk, x.Length - start);
                    default(TInner).Invoke(x.Slice(start, count), new Span<T>(s, count));
                    Combine(px + start, s, py + start, count);
                }
            }
        }

        private void Combine(T* x, T* s, T* y, int count)
        {
            var i = 0;
            for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
            {
                var v = Vector.Load(s + i);
                var sum = Horner(a, aCount, v);
                if (bCount > 0)
                {
                    sum += Vector.Load(x + i) * Horner(b, bCount, v);
                }

                sum.Store(y + i);
            }

            for (; i < count; i++)
            {
                var sum = Horner(a, aCount, s[i]);
                y[i] = bCount > 0 ? sum + (x[i] * Horner(b, bCount, s[i])) : sum;
            }
        }

        private static Vector<T> Horner(T* coefficients, int count, Vector<T> v)
        {
            var sum = count == 0 ? Vector<T>.Zero : new Vector<T>(coefficients[count - 1]);
            for (var k = count - 2; k >= 0; k--)
            {
                sum = (sum * v) + new Vector<T>(coefficients[k]);
            }

            return sum;
        }

        private static T Horner(T* coefficients, int count, T v)
        {
            var sum = count == 0 ? T.Zero : coefficients[count - 1];
            for (var k = count - 2; k >= 0; k--)
            {
                sum = (sum * v) + coefficients[k];
            }

            return sum;
        }
    }

    private readonly unsafe struct IntegerPowerMap<T>(int exponent) : IMap<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public void Invoke(ReadOnlySpan<T> x, Span<T> y)
        {
            fixed (T* px = x, py = y)
            {
                var i = 0;
                for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
                {
                    var power = Power(Vector.Load(px + i));
                    (exponent < 0 ? Vector<T>.One / power : power).Store(py + i);
                }

                for (; i < x.Length; i++)
                {
                    var power = Power(px[i]);
                    py[i] = exponent < 0 ? T.One / power : power;
                }
            }
        }

        private Vector<T> Power(Vector<T> v)
        {
            var square = v * v;
            var fourth = square * square;
            return Math.Abs(exponent) switch
            {
                2 => square,
                3 => square * v,
                4 => fourth,
                5 => fourth * v,
                6 => fourth * square,
                7 => fourth * (square * v),
                _ => fourth * fourth,
            };
        }

        private T Power(T v)
        {
            var square = v * v;
            var fourth = square * square;
            return Math.Abs(exponent) switch
            {
                2 => square,
                3 => square * v,
                4 => fourth,
                5 => fourth * v,
                6 => fourth * square,
                7 => fourth * (square * v),
                _ => fourth * fourth,
            };
        }
    }
}
