using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>A register of 128 bits.</summary>
internal readonly unsafe struct Lanes128<T>(Vector128<T> vector) : ILanes<Lanes128<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector128<T> v = vector;

    public static int Count => Vector128<T>.Count;

    public static Lanes128<T> Zero => new(Vector128<T>.Zero);

    private Vector128<float> Single => v.As<T, float>();

    private Vector128<double> Double => v.As<T, double>();

    public static Lanes128<T> operator +(Lanes128<T> a, Lanes128<T> b) => new(a.v + b.v);

    public static Lanes128<T> operator -(Lanes128<T> a, Lanes128<T> b) => new(a.v - b.v);

    public static Lanes128<T> operator *(Lanes128<T> a, Lanes128<T> b) => new(a.v * b.v);

    public static Lanes128<T> operator /(Lanes128<T> a, Lanes128<T> b) => new(a.v / b.v);

    public static Lanes128<T> operator -(Lanes128<T> a) => new(-a.v);

    public static Lanes128<T> Broadcast(T value) => new(Vector128.Create(value));

    public static Lanes128<T> Load(ref readonly T source) => new(Vector128.LoadUnsafe(in source));

    public static void Store(Lanes128<T> value, ref T destination) => value.v.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Mask(int count) =>
        new(Vector128.LessThan(Vector128<T>.Indices, Vector128.Create(T.CreateTruncating(count))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> LoadMasked(T* source, Lanes128<T> mask)
    {
        if (Avx.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? From(Avx.MaskLoad((float*)source, mask.Single))
                : From(Avx.MaskLoad((double*)source, mask.Double));
        }

        Vector128<T> value = Vector128<T>.Zero;
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
    public static void StoreMasked(Lanes128<T> value, T* destination, Lanes128<T> mask)
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
    public static Lanes128<T> MultiplyAdd(Lanes128<T> a, Lanes128<T> b, Lanes128<T> c) =>
        typeof(T) == typeof(float)
            ? From(Vector128.MultiplyAddEstimate(a.Single, b.Single, c.Single))
            : From(Vector128.MultiplyAddEstimate(a.Double, b.Double, c.Double));

    public static Lanes128<T> Sqrt(Lanes128<T> a) => new(Vector128.Sqrt(a.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Exp(Lanes128<T> a) =>
        typeof(T) == typeof(float) ? From(Vector128.Exp(a.Single)) : From(Vector128.Exp(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Log(Lanes128<T> a) =>
        typeof(T) == typeof(float) ? From(Vector128.Log(a.Single)) : From(Vector128.Log(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Sin(Lanes128<T> a) =>
        typeof(T) == typeof(float) ? From(Vector128.Sin(a.Single)) : From(Vector128.Sin(a.Double));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128<T> Cos(Lanes128<T> a) =>
        typeof(T) == typeof(float) ? From(Vector128.Cos(a.Single)) : From(Vector128.Cos(a.Double));

    public static Lanes128<T> Abs(Lanes128<T> a) => new(Vector128.Abs(a.v));

    public static Lanes128<T> Min(Lanes128<T> a, Lanes128<T> b) => new(Vector128.Min(a.v, b.v));

    public static Lanes128<T> Max(Lanes128<T> a, Lanes128<T> b) => new(Vector128.Max(a.v, b.v));

    public static Lanes128<T> LessThan(Lanes128<T> a, Lanes128<T> b) => new(Vector128.LessThan(a.v, b.v));

    public static Lanes128<T> Select(Lanes128<T> mask, Lanes128<T> ifSet, Lanes128<T> ifClear) =>
        new(Vector128.ConditionalSelect(mask.v, ifSet.v, ifClear.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Lanes128<T> a) => Vector128.Sum(a.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Zip(Lanes128<T> a, Lanes128<T> b, out Lanes128<T> low, out Lanes128<T> high)
    {
        Shuffles.Zip(a.v, b.v, out Vector128<T> first, out Vector128<T> second);
        (low, high) = (new(first), new(second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unzip(Lanes128<T> a, Lanes128<T> b, out Lanes128<T> even, out Lanes128<T> odd)
    {
        Shuffles.Unzip(a.v, b.v, out Vector128<T> first, out Vector128<T> second);
        (even, odd) = (new(first), new(second));
    }

    private static Lanes128<T> From(Vector128<float> x) => new(x.As<float, T>());

    private static Lanes128<T> From(Vector128<double> x) => new(x.As<double, T>());
}
