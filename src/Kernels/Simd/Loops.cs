using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The innermost loops: rows of <c>n</c> elements at pointers, no checks. "accumulate" adds to y, otherwise y is set.
/// Sums are pairwise above <see cref="Leaf"/> elements, so their error grows as log n.
/// No fused multiply-adds: an element gets the same bits wherever it stands in a vector.
/// </summary>
internal static unsafe class Loops
{
    /// <summary>Elements that one pairwise leaf adds up directly, in the lanes of four vectors.</summary>
    public const int Leaf = 512;

    private const int StridedLeaf = 64;

    /// <summary>y += x.</summary>
    public static void Add<T>(T* x, T* y, int n)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
        {
            (Vector.Load(y + i) + Vector.Load(x + i)).Store(y + i);
        }

        for (; i < n; i++)
        {
            y[i] += x[i];
        }
    }

    /// <summary>y (+)= a b.</summary>
    public static void Multiply<T>(T* a, T* b, T* y, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        if (accumulate)
        {
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                (Vector.Load(y + i) + (Vector.Load(a + i) * Vector.Load(b + i))).Store(y + i);
            }

            for (; i < n; i++)
            {
                y[i] += a[i] * b[i];
            }
        }
        else
        {
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                (Vector.Load(a + i) * Vector.Load(b + i)).Store(y + i);
            }

            for (; i < n; i++)
            {
                y[i] = a[i] * b[i];
            }
        }
    }

    /// <summary>y (+)= k a.</summary>
    public static void Scale<T>(T* a, T k, T* y, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var factor = new Vector<T>(k);
        var i = 0;
        if (accumulate)
        {
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                (Vector.Load(y + i) + (Vector.Load(a + i) * factor)).Store(y + i);
            }

            for (; i < n; i++)
            {
                y[i] += a[i] * k;
            }
        }
        else
        {
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                (Vector.Load(a + i) * factor).Store(y + i);
            }

            for (; i < n; i++)
            {
                y[i] = a[i] * k;
            }
        }
    }

    /// <summary>y (+)= k.</summary>
    public static void Fill<T>(T k, T* y, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        if (!accumulate)
        {
            new Span<T>(y, n).Fill(k);
            return;
        }

        var term = new Vector<T>(k);
        var i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
        {
            (Vector.Load(y + i) + term).Store(y + i);
        }

        for (; i < n; i++)
        {
            y[i] += k;
        }
    }

    /// <summary>y = x; short rows without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<T>(T* x, T* y, int n)
        where T : unmanaged
    {
        if (n <= 8)
        {
            for (var i = 0; i < n; i++)
            {
                y[i] = x[i];
            }
        }
        else
        {
            new ReadOnlySpan<T>(x, n).CopyTo(new Span<T>(y, n));
        }
    }

    /// <summary>y[ys i] = x[xs i].</summary>
    public static void Copy<T>(T* x, nint xs, T* y, nint ys, int n)
        where T : unmanaged
    {
        for (var i = 0; i < n; i++)
        {
            *y = *x;
            x += xs;
            y += ys;
        }
    }

    /// <summary>
    /// y[i + ys j] (+)= x[xs i + xt j] for i below m and j below n: a transposition when xt is 1. Eight i at a time, so
    /// that few lines of x are open at once, even where a power of two lies between them.
    /// </summary>
    public static void Transpose<T>(T* x, nint xs, nint xt, T* y, nint ys, int m, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= m - 8; i += 8)
        {
            var source = x + (i * xs);
            var target = y + i;
            for (var j = 0; j < n; j++)
            {
                var far = source + (4 * xs);
                var (x0, x1, x2, x3) = (source[0], source[xs], source[2 * xs], source[3 * xs]);
                var (x4, x5, x6, x7) = (far[0], far[xs], far[2 * xs], far[3 * xs]);
                if (accumulate)
                {
                    (x0, x1, x2, x3) = (x0 + target[0], x1 + target[1], x2 + target[2], x3 + target[3]);
                    (x4, x5, x6, x7) = (x4 + target[4], x5 + target[5], x6 + target[6], x7 + target[7]);
                }

                (target[0], target[1], target[2], target[3]) = (x0, x1, x2, x3);
                (target[4], target[5], target[6], target[7]) = (x4, x5, x6, x7);
                source += xt;
                target += ys;
            }
        }

        for (; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var value = x[(i * xs) + (j * xt)];
                ref var target = ref y[i + (j * ys)];
                target = accumulate ? target + value : value;
            }
        }
    }

    /// <summary>y[ys i] (+)= a[as i] b[bs i].</summary>
    public static void Multiply<T>(T* a, nint aStep, T* b, nint bStep, T* y, nint yStep, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        for (var i = 0; i < n; i++)
        {
            var product = *a * *b;
            *y = accumulate ? *y + product : product;
            a += aStep;
            b += bStep;
            y += yStep;
        }
    }

    /// <summary>y[i] (+)= Σ a b over a short axis, for n elements of another axis that y keeps.</summary>
    public static void Dots<T>(T* a, T* b, T* y, in Axis kept, in Axis summed, int n, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        nint aStep = summed.A, bStep = summed.B;
        for (var i = 0; i < n; i++)
        {
            var sum = *a * *b;
            T* pa = a, pb = b;
            for (var k = 1; k < summed.Length; k++)
            {
                pa += aStep;
                pb += bStep;
                sum += *pa * *pb;
            }

            *y = accumulate ? *y + sum : sum;
            a += kept.A;
            b += kept.B;
            y += kept.Y;
        }
    }

    /// <summary>Σ x, pairwise.</summary>
    public static T Sum<T>(T* x, int n)
        where T : unmanaged, INumberBase<T>
    {
        if (n <= Leaf)
        {
            return SumLeaf(x, n);
        }

        var half = Half(n, Leaf);
        return Sum(x, half) + Sum(x + half, n - half);
    }

    /// <summary>Σ a b, pairwise.</summary>
    public static T Dot<T>(T* a, T* b, int n)
        where T : unmanaged, INumberBase<T>
    {
        if (n <= Leaf)
        {
            return DotLeaf(a, b, n);
        }

        var half = Half(n, Leaf);
        return Dot(a, b, half) + Dot(a + half, b + half, n - half);
    }

    /// <summary>Σ a[as i] b[bs i], pairwise.</summary>
    public static T Dot<T>(T* a, nint aStep, T* b, nint bStep, int n)
        where T : unmanaged, INumberBase<T>
    {
        if (n > StridedLeaf)
        {
            var half = Half(n, StridedLeaf);
            return Dot(a, aStep, b, bStep, half) + Dot(a + (half * aStep), aStep, b + (half * bStep), bStep, n - half);
        }

        T s0 = T.Zero, s1 = T.Zero;
        var i = 0;
        for (; i <= n - 2; i += 2)
        {
            s0 += a[0] * b[0];
            s1 += a[aStep] * b[bStep];
            a += 2 * aStep;
            b += 2 * bStep;
        }

        return i < n ? s0 + s1 + (*a * *b) : s0 + s1;
    }

    /// <summary>The first half of a pairwise sum: a whole number of leaves.</summary>
    public static int Half(int n, int leaf) => ((n / 2) + leaf - 1) / leaf * leaf;

    private static T SumLeaf<T>(T* x, int n)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        var sum = T.Zero;
        if (n >= Vector<T>.Count)
        {
            Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; i <= n - (4 * Vector<T>.Count); i += 4 * Vector<T>.Count)
            {
                s0 += Vector.Load(x + i);
                s1 += Vector.Load(x + i + Vector<T>.Count);
                s2 += Vector.Load(x + i + (2 * Vector<T>.Count));
                s3 += Vector.Load(x + i + (3 * Vector<T>.Count));
            }

            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                s0 += Vector.Load(x + i);
            }

            sum = Vector.Sum(s0 + s1 + (s2 + s3));
        }

        for (; i < n; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    private static T DotLeaf<T>(T* a, T* b, int n)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        var sum = T.Zero;
        if (n >= Vector<T>.Count)
        {
            Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; i <= n - (4 * Vector<T>.Count); i += 4 * Vector<T>.Count)
            {
                s0 += Vector.Load(a + i) * Vector.Load(b + i);
                s1 += Vector.Load(a + i + Vector<T>.Count) * Vector.Load(b + i + Vector<T>.Count);
                s2 += Vector.Load(a + i + (2 * Vector<T>.Count)) * Vector.Load(b + i + (2 * Vector<T>.Count));
                s3 += Vector.Load(a + i + (3 * Vector<T>.Count)) * Vector.Load(b + i + (3 * Vector<T>.Count));
            }

            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
            {
                s0 += Vector.Load(a + i) * Vector.Load(b + i);
            }

            sum = Vector.Sum(s0 + s1 + (s2 + s3));
        }

        for (; i < n; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
