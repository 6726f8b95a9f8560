using System.Numerics;

namespace Noether.Kernels;

/// <summary>The reduction of the rows of a segment to one row.</summary>
internal interface IRowFold<T>
    where T : unmanaged
{
    /// <summary>The value of a segment without rows.</summary>
    static abstract T Empty { get; }

    static abstract T Fold(T a, T b);

    static abstract Vector<T> Fold(Vector<T> a, Vector<T> b);
}

/// <summary>The sum of rows.</summary>
internal readonly struct SumRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.Zero;

    public static T Fold(T a, T b) => a + b;

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => a + b;
}

/// <summary>The larger elements of rows.</summary>
internal readonly struct MaxRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.NegativeInfinity;

    public static T Fold(T a, T b) => T.Max(a, b);

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => Vector.Max(a, b);
}

/// <summary>The smaller elements of rows.</summary>
internal readonly struct MinRows<T> : IRowFold<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static T Empty => T.PositiveInfinity;

    public static T Fold(T a, T b) => T.Min(a, b);

    public static Vector<T> Fold(Vector<T> a, Vector<T> b) => Vector.Min(a, b);
}
