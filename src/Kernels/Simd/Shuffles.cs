using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>
/// Two registers zipped into one sequence a₀ b₀ a₁ b₁ …, and unzipped again: what turns complex numbers stored as pairs
/// into registers of real and of imaginary parts, and, repeated, transposes a square.
/// </summary>
internal static class Shuffles
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip<T>(Vector128<T> a, Vector128<T> b, out Vector128<T> low, out Vector128<T> high)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Sse2.IsSupported && typeof(T) == typeof(float))
        {
            low = Sse.UnpackLow(a.AsSingle(), b.AsSingle()).As<float, T>();
            high = Sse.UnpackHigh(a.AsSingle(), b.AsSingle()).As<float, T>();
        }
        else if (Sse2.IsSupported)
        {
            low = Sse2.UnpackLow(a.AsDouble(), b.AsDouble()).As<double, T>();
            high = Sse2.UnpackHigh(a.AsDouble(), b.AsDouble()).As<double, T>();
        }
        else
        {
            (low, high) = (Vector128<T>.Zero, Vector128<T>.Zero);
            int half = Vector128<T>.Count / 2;
            for (int i = 0; i < half; i++)
            {
                low = low.WithElement(2 * i, a[i]).WithElement((2 * i) + 1, b[i]);
                high = high.WithElement(2 * i, a[half + i]).WithElement((2 * i) + 1, b[half + i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip<T>(Vector128<T> a, Vector128<T> b, out Vector128<T> even, out Vector128<T> odd)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Sse2.IsSupported && typeof(T) == typeof(float))
        {
            even = Sse.Shuffle(a.AsSingle(), b.AsSingle(), 0x88).As<float, T>();
            odd = Sse.Shuffle(a.AsSingle(), b.AsSingle(), 0xdd).As<float, T>();
        }
        else if (Sse2.IsSupported)
        {
            even = Sse2.UnpackLow(a.AsDouble(), b.AsDouble()).As<double, T>();
            odd = Sse2.UnpackHigh(a.AsDouble(), b.AsDouble()).As<double, T>();
        }
        else
        {
            (even, odd) = (Vector128<T>.Zero, Vector128<T>.Zero);
            int half = Vector128<T>.Count / 2;
            for (int i = 0; i < half; i++)
            {
                even = even.WithElement(i, a[2 * i]).WithElement(half + i, b[2 * i]);
                odd = odd.WithElement(i, a[(2 * i) + 1]).WithElement(half + i, b[(2 * i) + 1]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip<T>(Vector256<T> a, Vector256<T> b, out Vector256<T> low, out Vector256<T> high)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Avx.IsSupported && typeof(T) == typeof(float))
        {
            Vector256<float> l = Avx.UnpackLow(a.AsSingle(), b.AsSingle());
            Vector256<float> h = Avx.UnpackHigh(a.AsSingle(), b.AsSingle());
            low = Avx.Permute2x128(l, h, 0x20).As<float, T>();
            high = Avx.Permute2x128(l, h, 0x31).As<float, T>();
        }
        else if (Avx.IsSupported)
        {
            Vector256<double> l = Avx.UnpackLow(a.AsDouble(), b.AsDouble());
            Vector256<double> h = Avx.UnpackHigh(a.AsDouble(), b.AsDouble());
            low = Avx.Permute2x128(l, h, 0x20).As<double, T>();
            high = Avx.Permute2x128(l, h, 0x31).As<double, T>();
        }
        else
        {
            Zip(a.GetLower(), b.GetLower(), out Vector128<T> first, out Vector128<T> second);
            low = Vector256.Create(first, second);
            Zip(a.GetUpper(), b.GetUpper(), out first, out second);
            high = Vector256.Create(first, second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip<T>(Vector256<T> a, Vector256<T> b, out Vector256<T> even, out Vector256<T> odd)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Avx.IsSupported && typeof(T) == typeof(float))
        {
            Vector256<float> p = Avx.Permute2x128(a.AsSingle(), b.AsSingle(), 0x20);
            Vector256<float> q = Avx.Permute2x128(a.AsSingle(), b.AsSingle(), 0x31);
            even = Avx.Shuffle(p, q, 0x88).As<float, T>();
            odd = Avx.Shuffle(p, q, 0xdd).As<float, T>();
        }
        else if (Avx.IsSupported)
        {
            Vector256<double> p = Avx.Permute2x128(a.AsDouble(), b.AsDouble(), 0x20);
            Vector256<double> q = Avx.Permute2x128(a.AsDouble(), b.AsDouble(), 0x31);
            even = Avx.UnpackLow(p, q).As<double, T>();
            odd = Avx.UnpackHigh(p, q).As<double, T>();
        }
        else
        {
            Unzip(a.GetLower(), a.GetUpper(), out Vector128<T> evenLow, out Vector128<T> oddLow);
            Unzip(b.GetLower(), b.GetUpper(), out Vector128<T> evenHigh, out Vector128<T> oddHigh);
            even = Vector256.Create(evenLow, evenHigh);
            odd = Vector256.Create(oddLow, oddHigh);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip<T>(Vector512<T> a, Vector512<T> b, out Vector512<T> low, out Vector512<T> high)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Avx512F.IsSupported && typeof(T) == typeof(float))
        {
            var first = Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            low = Avx512F.PermuteVar16x32x2(a.AsSingle(), first, b.AsSingle()).As<float, T>();
            high = Avx512F.PermuteVar16x32x2(a.AsSingle(), first + Vector512.Create(8), b.AsSingle()).As<float, T>();
        }
        else if (Avx512F.IsSupported)
        {
            var first = Vector512.Create(0L, 8, 1, 9, 2, 10, 3, 11);
            low = Avx512F.PermuteVar8x64x2(a.AsDouble(), first, b.AsDouble()).As<double, T>();
            high = Avx512F.PermuteVar8x64x2(a.AsDouble(), first + Vector512.Create(4L), b.AsDouble()).As<double, T>();
        }
        else
        {
            Zip(a.GetLower(), b.GetLower(), out Vector256<T> first, out Vector256<T> second);
            low = Vector512.Create(first, second);
            Zip(a.GetUpper(), b.GetUpper(), out first, out second);
            high = Vector512.Create(first, second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip<T>(Vector512<T> a, Vector512<T> b, out Vector512<T> even, out Vector512<T> odd)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Avx512F.IsSupported && typeof(T) == typeof(float))
        {
            var first = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            even = Avx512F.PermuteVar16x32x2(a.AsSingle(), first, b.AsSingle()).As<float, T>();
            odd = Avx512F.PermuteVar16x32x2(a.AsSingle(), first + Vector512<int>.One, b.AsSingle()).As<float, T>();
        }
        else if (Avx512F.IsSupported)
        {
            var first = Vector512.Create(0L, 2, 4, 6, 8, 10, 12, 14);
            even = Avx512F.PermuteVar8x64x2(a.AsDouble(), first, b.AsDouble()).As<double, T>();
            odd = Avx512F.PermuteVar8x64x2(a.AsDouble(), first + Vector512<long>.One, b.AsDouble()).As<double, T>();
        }
        else
        {
            Unzip(a.GetLower(), a.GetUpper(), out Vector256<T> evenLow, out Vector256<T> oddLow);
            Unzip(b.GetLower(), b.GetUpper(), out Vector256<T> evenHigh, out Vector256<T> oddHigh);
            even = Vector512.Create(evenLow, evenHigh);
            odd = Vector512.Create(oddLow, oddHigh);
        }
    }
}
