using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>A register of 512 bits.</summary>
internal readonly unsafe struct Lanes512<T>(Vector512<T> vector) : ILanes<Lanes512<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector512<T> v = vector;

    public static int Count => Vector512<T>.Count;

    public static Lanes512<T> Zero => new(Vector512<T>.Zero);

    private Vector512<float> Single => v.As<T, float>();

    private Vector512<double> Double => v.As<T, double>();

    public static Lanes512<T> operator +(Lanes512<T> a, Lanes512<T> b) => new(a.v + b.v);

    public static Lanes512<T> operator -(Lanes512<T> a, Lanes512<T> b) => new(a.v - b.v);

    public static Lanes512<T> operator *(Lanes512<T> a, Lanes512<T> b) => new(a.v * b.v);

    public static Lanes512<T> operator /(Lanes512<T> a, Lanes512<T> b) => new(a.v / b.v);

    public static Lanes512<T> operator -(Lanes512<T> a) => new(-a.v);

    public static Lanes512<T> Broadcast(T value) => new(Vector512.Create(value));

    public static Lanes512<T> Load(ref readonly T source) => new(Vector512.LoadUnsafe(in source));

    public static void Store(Lanes512<T> value, ref T destination) => value.v.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Mask(int count) =>
        new(Vector512.LessThan(Vector512<T>.Indices, Vector512.Create(T.CreateTruncating(count))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> LoadMasked(T* source, Lanes512<T> mask)
    {
        if (Avx512F.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? From(Avx512F.MaskLoad((float*)source, mask.Single, Vector512<float>.Zero))
                : From(Avx512F.MaskLoad((double*)source, mask.Double, Vector512<double>.Zero));
        }

        Vector512<T> value = Vector512<T>.Zero;
        for (int i = 0; i < Count; i++)
        {
            if (!T.IsZero(mask.v[i]))
            {
                value = value.WithElement(i, source[i]);
            }
        }

        return new(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(Lanes512<T> value, T* destination, Lanes512<T> mask)
    {
        if (Avx512F.IsSupported)
        {
            if (typeof(T) == typeof(float))
            {
                Avx512F.MaskStore((float*)destination, mask.Single, value.Single);
            }
            else
            {
                Avx512F.MaskStore((double*)destination, mask.Double, value.Double);
            }

            return;
        }

        for (int i = 0; i < Count; i++)
        {
            if (!T.IsZero(mask.v[i]))
            {
                destination[i] = value.v[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> MultiplyAdd(Lanes512<T> a, Lanes512<T> b, Lanes512<T> c) =>
        typeof(T) == typeof(float)
            ? From(Vector512.MultiplyAddEstimate(a.Single, b.Single, c.Single))
            : From(Vector512.MultiplyAddEstimate(a.Double, b.Double, c.Double));

    public static Lanes512<T> Sqrt(Lanes512<T> a) => new(Vector512.Sqrt(a.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Exp(Lanes512<T> a) =>
        typeof(T) == typeof(float) ? From(Vector512.Exp(a.Single)) : From(Vector512.Exp(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Log(Lanes512<T> a) =>
        typeof(T) == typeof(float) ? From(Vector512.Log(a.Single)) : From(Vector512.Log(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Sin(Lanes512<T> a) =>
        typeof(T) == typeof(float) ? From(Vector512.Sin(a.Single)) : From(Vector512.Sin(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512<T> Cos(Lanes512<T> a) =>
        typeof(T) == typeof(float) ? From(Vector512.Cos(a.Single)) : From(Vector512.Cos(a.Double));

    public static Lanes512<T> Abs(Lanes512<T> a) => new(Vector512.Abs(a.v));

    public static Lanes512<T> Min(Lanes512<T> a, Lanes512<T> b) => new(Vector512.Min(a.v, b.v));

    public static Lanes512<T> Max(Lanes512<T> a, Lanes512<T> b) => new(Vector512.Max(a.v, b.v));

    public static Lanes512<T> LessThan(Lanes512<T> a, Lanes512<T> b) => new(Vector512.LessThan(a.v, b.v));

    public static Lanes512<T> Select(Lanes512<T> mask, Lanes512<T> ifSet, Lanes512<T> ifClear) =>
        new(Vector512.ConditionalSelect(mask.v, ifSet.v, ifClear.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Lanes512<T> a) => Vector512.Sum(a.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip(Lanes512<T> a, Lanes512<T> b, out Lanes512<T> low, out Lanes512<T> high)
    {
        Shuffles.Zip(a.v, b.v, out Vector512<T> first, out Vector512<T> second);
        (low, high) = (new(first), new(second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip(Lanes512<T> a, Lanes512<T> b, out Lanes512<T> even, out Lanes512<T> odd)
    {
        Shuffles.Unzip(a.v, b.v, out Vector512<T> first, out Vector512<T> second);
        (even, odd) = (new(first), new(second));
    }

    private static Lanes512<T> From(Vector512<float> x) => new(x.As<float, T>());

    private static Lanes512<T> From(Vector512<double> x) => new(x.As<double, T>());
}

/// <summary>A register of 256 bits.</summary>
internal readonly unsafe struct Lanes256<T>(Vector256<T> vector) : ILanes<Lanes256<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector256<T> v = vector;

    public static int Count => Vector256<T>.Count;

    public static Lanes256<T> Zero => new(Vector256<T>.Zero);

    private Vector256<float> Single => v.As<T, float>();

    private Vector256<double> Double => v.As<T, double>();

    public static Lanes256<T> operator +(Lanes256<T> a, Lanes256<T> b) => new(a.v + b.v);

    public static Lanes256<T> operator -(Lanes256<T> a, Lanes256<T> b) => new(a.v - b.v);

    public static Lanes256<T> operator *(Lanes256<T> a, Lanes256<T> b) => new(a.v * b.v);

    public static Lanes256<T> operator /(Lanes256<T> a, Lanes256<T> b) => new(a.v / b.v);

    public static Lanes256<T> operator -(Lanes256<T> a) => new(-a.v);

    public static Lanes256<T> Broadcast(T value) => new(Vector256.Create(value));

    public static Lanes256<T> Load(ref readonly T source) => new(Vector256.LoadUnsafe(in source));

    public static void Store(Lanes256<T> value, ref T destination) => value.v.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Mask(int count) =>
        new(Vector256.LessThan(Vector256<T>.Indices, Vector256.Create(T.CreateTruncating(count))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> LoadMasked(T* source, Lanes256<T> mask)
    {
        if (Avx.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? From(Avx.MaskLoad((float*)source, mask.Single))
                : From(Avx.MaskLoad((double*)source, mask.Double));
        }

        Vector256<T> value = Vector256<T>.Zero;
        for (int i = 0; i < Count; i++)
        {
            if (!T.IsZero(mask.v[i]))
            {
                value = value.WithElement(i, source[i]);
            }
        }

        return new(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(Lanes256<T> value, T* destination, Lanes256<T> mask)
    {
        if (Avx.IsSupported)
        {
            if (typeof(T) == typeof(float))
            {
                Avx.MaskStore((float*)destination, mask.Single, value.Single);
            }
            else
            {
                Avx.MaskStore((double*)destination, mask.Double, value.Double);
            }

            return;
        }

        for (int i = 0; i < Count; i++)
        {
            if (!T.IsZero(mask.v[i]))
            {
                destination[i] = value.v[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> MultiplyAdd(Lanes256<T> a, Lanes256<T> b, Lanes256<T> c) =>
        typeof(T) == typeof(float)
            ? From(Vector256.MultiplyAddEstimate(a.Single, b.Single, c.Single))
            : From(Vector256.MultiplyAddEstimate(a.Double, b.Double, c.Double));

    public static Lanes256<T> Sqrt(Lanes256<T> a) => new(Vector256.Sqrt(a.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Exp(Lanes256<T> a) =>
        typeof(T) == typeof(float) ? From(Vector256.Exp(a.Single)) : From(Vector256.Exp(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Log(Lanes256<T> a) =>
        typeof(T) == typeof(float) ? From(Vector256.Log(a.Single)) : From(Vector256.Log(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Sin(Lanes256<T> a) =>
        typeof(T) == typeof(float) ? From(Vector256.Sin(a.Single)) : From(Vector256.Sin(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256<T> Cos(Lanes256<T> a) =>
        typeof(T) == typeof(float) ? From(Vector256.Cos(a.Single)) : From(Vector256.Cos(a.Double));

    public static Lanes256<T> Abs(Lanes256<T> a) => new(Vector256.Abs(a.v));

    public static Lanes256<T> Min(Lanes256<T> a, Lanes256<T> b) => new(Vector256.Min(a.v, b.v));

    public static Lanes256<T> Max(Lanes256<T> a, Lanes256<T> b) => new(Vector256.Max(a.v, b.v));

    public static Lanes256<T> LessThan(Lanes256<T> a, Lanes256<T> b) => new(Vector256.LessThan(a.v, b.v));

    public static Lanes256<T> Select(Lanes256<T> mask, Lanes256<T> ifSet, Lanes256<T> ifClear) =>
        new(Vector256.ConditionalSelect(mask.v, ifSet.v, ifClear.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Lanes256<T> a) => Vector256.Sum(a.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip(Lanes256<T> a, Lanes256<T> b, out Lanes256<T> low, out Lanes256<T> high)
    {
        Shuffles.Zip(a.v, b.v, out Vector256<T> first, out Vector256<T> second);
        (low, high) = (new(first), new(second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip(Lanes256<T> a, Lanes256<T> b, out Lanes256<T> even, out Lanes256<T> odd)
    {
        Shuffles.Unzip(a.v, b.v, out Vector256<T> first, out Vector256<T> second);
        (even, odd) = (new(first), new(second));
    }

    private static Lanes256<T> From(Vector256<float> x) => new(x.As<float, T>());

    private static Lanes256<T> From(Vector256<double> x) => new(x.As<double, T>());
}
