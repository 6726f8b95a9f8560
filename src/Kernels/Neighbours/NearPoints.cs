using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>
/// The neighbours of a point that lie within a distance, closed up into arrays of coordinates: what SIMD sums over
/// neighbours read. Which neighbours are near is decided by the same sums of products, rounded alike, whatever the width
/// of the registers.
/// </summary>
internal static unsafe class NearPoints
{
    /// <summary>Elements behind the last neighbour that may be written over.</summary>
    public const int Slack = 8;

    // For each mask of four lanes, the halves of the lanes that are set, closed up.
    private static ReadOnlySpan<byte> Closing =>
    [
        0, 1, 2, 3, 4, 5, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7,
        2, 3, 2, 3, 4, 5, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7,
        4, 5, 2, 3, 4, 5, 6, 7,
        0, 1, 4, 5, 4, 5, 6, 7,
        2, 3, 4, 5, 4, 5, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7,
        6, 7, 2, 3, 4, 5, 6, 7,
        0, 1, 6, 7, 4, 5, 6, 7,
        2, 3, 6, 7, 4, 5, 6, 7,
        0, 1, 2, 3, 6, 7, 6, 7,
        4, 5, 6, 7, 4, 5, 6, 7,
        0, 1, 4, 5, 6, 7, 6, 7,
        2, 3, 4, 5, 6, 7, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7,
    ];

    /// <summary>Writes the vectors to the neighbours whose square is less than a square, in their order.</summary>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes
    /// it.</param>
    /// <param name="at">The row of the point itself.</param>
    /// <param name="neighbours">The rows of its neighbours among the places.</param>
    /// <param name="count">Their number.</param>
    /// <param name="square">The square of the distance; none is near where it is negative.</param>
    /// <param name="near">Receives the vectors and rows; each array as long as all neighbours and
    /// <see cref="Slack"/>.</param>
    /// <returns>The number of near neighbours.</returns>
    /// <typeparam name="TKeep">Whether to write the rows.</typeparam>
    public static int Collect<TKeep>(
        double* places, double* at, int* neighbours, int count, double square, in NearArrays near)
        where TKeep : struct, IFlag
    {
        if (count == 0)
        {
            return 0;
        }

        return Avx512F.VL.IsSupported ? Collect512<TKeep>(places, at, neighbours, count, square, near)
            : Avx2.IsSupported ? Collect256<TKeep>(places, at, neighbours, count, square, near)
            : CollectScalar<TKeep>(places, at, neighbours, count, square, near);
    }

    /// <summary>The columns of as many rows of four as a register has lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(double* places, int* rows, out V x, out V y, out V z, out V w)
        where V : unmanaged, ILanes<V, double>
    {
        if (typeof(V) == typeof(Lanes512<double>) && Avx512F.IsSupported)
        {
            Load512(
                places, rows, out Vector512<double> x8, out Vector512<double> y8, out Vector512<double> z8,
                out Vector512<double> w8);
            x = Unsafe.BitCast<Vector512<double>, V>(x8);
            y = Unsafe.BitCast<Vector512<double>, V>(y8);
            z = Unsafe.BitCast<Vector512<double>, V>(z8);
            w = Unsafe.BitCast<Vector512<double>, V>(w8);
        }
        else if (typeof(V) == typeof(Lanes256<double>) && Avx.IsSupported)
        {
            Load256(
                places, rows, out Vector256<double> x4, out Vector256<double> y4, out Vector256<double> z4,
                out Vector256<double> w4);
            x = Unsafe.BitCast<Vector256<double>, V>(x4);
            y = Unsafe.BitCast<Vector256<double>, V>(y4);
            z = Unsafe.BitCast<Vector256<double>, V>(z4);
            w = Unsafe.BitCast<Vector256<double>, V>(w4);
        }
        else
        {
            double* lanes = stackalloc double[4 * V.Count];
            for (int lane = 0; lane < V.Count; lane++)
            {
                double* place = places + (PointImages.Width * (nint)rows[lane]);
                lanes[lane] = place[0];
                lanes[V.Count + lane] = place[1];
                lanes[(2 * V.Count) + lane] = place[2];
                lanes[(3 * V.Count) + lane] = place[3];
            }

            x = V.Load(in lanes[0]);
            y = V.Load(in lanes[V.Count]);
            z = V.Load(in lanes[2 * V.Count]);
            w = V.Load(in lanes[3 * V.Count]);
        }
    }

    /// <summary>Rows that fill a register: so many of a list, the last of them again and again behind it.</summary>
    public static int* FillUp(int* rows, int count, int* filled, int length)
    {
        for (int k = 0; k < length; k++)
        {
            filled[k] = rows[Math.Min(k, count - 1)];
        }

        return filled;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load512(
        double* places,
        int* rows,
        out Vector512<double> x,
        out Vector512<double> y,
        out Vector512<double> z,
        out Vector512<double> w)
    {
        Vector512<double> a = Rows(places, rows[0], rows[2]);
        Vector512<double> b = Rows(places, rows[1], rows[3]);
        Vector512<double> c = Rows(places, rows[4], rows[6]);
        Vector512<double> d = Rows(places, rows[5], rows[7]);
        Vector512<double> even = Avx512F.UnpackLow(a, b);
        Vector512<double> evenBehind = Avx512F.UnpackLow(c, d);
        x = Avx512F.Shuffle4x128(even, evenBehind, 0b10_00_10_00);
        Vector512<double> odd = Avx512F.UnpackHigh(a, b);
        Vector512<double> oddBehind = Avx512F.UnpackHigh(c, d);
        y = Avx512F.Shuffle4x128(odd, oddBehind, 0b10_00_10_00);
        z = Avx512F.Shuffle4x128(even, evenBehind, 0b11_01_11_01);
        w = Avx512F.Shuffle4x128(odd, oddBehind, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load256(
        double* places,
        int* rows,
        out Vector256<double> x,
        out Vector256<double> y,
        out Vector256<double> z,
        out Vector256<double> w)
    {
        Vector256<double> a = Row(places, rows[0]);
        Vector256<double> b = Row(places, rows[1]);
        Vector256<double> c = Row(places, rows[2]);
        Vector256<double> d = Row(places, rows[3]);
        Vector256<double> even = Avx.UnpackLow(a, b);
        Vector256<double> evenBehind = Avx.UnpackLow(c, d);
        x = Avx.Permute2x128(even, evenBehind, 0x20);
        Vector256<double> odd = Avx.UnpackHigh(a, b);
        Vector256<double> oddBehind = Avx.UnpackHigh(c, d);
        y = Avx.Permute2x128(odd, oddBehind, 0x20);
        z = Avx.Permute2x128(even, evenBehind, 0x31);
        w = Avx.Permute2x128(odd, oddBehind, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Collect512<TKeep>(
        double* places, double* at, int* neighbours, int count, double square, in NearArrays near)
        where TKeep : struct, IFlag
    {
        Vector512<double> x0 = Vector512.Create(at[0]), y0 = Vector512.Create(at[1]), z0 = Vector512.Create(at[2]);
        Vector512<double> limit = Vector512.Create(square);
        int* tail = stackalloc int[8];
        NearArrays to = near;
        int kept = 0;
        for (int p = 0; p < count; p += 8)
        {
            int* rows = neighbours + p;
            if (count - p < 8)
            {
                rows = FillUp(rows, count - p, tail, 8);
                limit = Vector512.ConditionalSelect(
                    Vector512.LessThan(Vector512<double>.Indices, Vector512.Create((double)(count - p))),
                    limit,
                    Vector512.Create(-1.0));
            }

            Load512(places, rows, out Vector512<double> dx, out Vector512<double> dy, out Vector512<double> dz, out _);
            dx -= x0;
            dy -= y0;
            dz -= z0;
            Vector512<double> s = (dx * dx) + (dy * dy) + (dz * dz);
            Vector512<double> mask = Vector512.LessThan(s, limit);
            Avx512F.Compress(Vector512<double>.Zero, mask, dx).Store(to.X + kept);
            Avx512F.Compress(Vector512<double>.Zero, mask, dy).Store(to.Y + kept);
            Avx512F.Compress(Vector512<double>.Zero, mask, dz).Store(to.Z + kept);
            if (TKeep.IsSet)
            {
                Vector256<int> which = Avx512F.ConvertToVector256Int32(mask.AsInt64());
                Avx512F.VL.Compress(Vector256<int>.Zero, which, Vector256.Load(rows)).Store(to.Rows + kept);
            }

            kept += int.PopCount((int)mask.ExtractMostSignificantBits());
        }

        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Collect256<TKeep>(
        double* places, double* at, int* neighbours, int count, double square, in NearArrays near)
        where TKeep : struct, IFlag
    {
        Vector256<double> x0 = Vector256.Create(at[0]), y0 = Vector256.Create(at[1]), z0 = Vector256.Create(at[2]);
        Vector256<double> limit = Vector256.Create(square);
        Vector256<int> lows = Vector256.Create(0, 2, 4, 6, 0, 2, 4, 6);
        int* tail = stackalloc int[4];
        NearArrays to = near;
        int kept = 0;
        fixed (byte* closing = Closing)
        {
            for (int p = 0; p < count; p += 4)
            {
                int* rows = neighbours + p;
                if (count - p < 4)
                {
                    rows = FillUp(rows, count - p, tail, 4);
                    limit = Vector256.ConditionalSelect(
                        Vector256.LessThan(Vector256<double>.Indices, Vector256.Create((double)(count - p))),
                        limit,
                        Vector256.Create(-1.0));
                }

                Load256(
                    places, rows, out Vector256<double> dx, out Vector256<double> dy, out Vector256<double> dz, out _);
                dx -= x0;
                dy -= y0;
                dz -= z0;
                Vector256<double> s = (dx * dx) + (dy * dy) + (dz * dz);
                int mask = Avx.MoveMask(Vector256.LessThan(s, limit));
                Vector256<int> order = Avx2.ConvertToVector256Int32(closing + (8 * mask));
                Avx2.PermuteVar8x32(dx.AsInt32(), order).AsDouble().Store(to.X + kept);
                Avx2.PermuteVar8x32(dy.AsInt32(), order).AsDouble().Store(to.Y + kept);
                Avx2.PermuteVar8x32(dz.AsInt32(), order).AsDouble().Store(to.Z + kept);
                if (TKeep.IsSet)
                {
                    Vector256<int> wide = Avx2.ConvertToVector256Int64(Vector128.Load(rows)).AsInt32();
                    wide = Avx2.PermuteVar8x32(Avx2.PermuteVar8x32(wide, order), lows);
                    wide.GetLower().Store(to.Rows + kept);
                }

                kept += int.PopCount(mask);
            }
        }

        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CollectScalar<TKeep>(
        double* places, double* at, int* neighbours, int count, double square, in NearArrays near)
        where TKeep : struct, IFlag
    {
        NearArrays to = near;
        int kept = 0;
        for (int p = 0; p < count; p++)
        {
            double* place = places + (PointImages.Width * (nint)neighbours[p]);
            (double dx, double dy, double dz) = (place[0] - at[0], place[1] - at[1], place[2] - at[2]);
            double s = (dx * dx) + (dy * dy) + (dz * dz);
            (to.X[kept], to.Y[kept], to.Z[kept]) = (dx, dy, dz);
            if (TKeep.IsSet)
            {
                to.Rows[kept] = neighbours[p];
            }

            // A number instead of a branch, which would be mispredicted every third time.
            kept += s < square ? 1 : 0;
        }

        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Row(double* places, int row) =>
        Vector256.Load(places + (PointImages.Width * (nint)row));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Rows(double* places, int lower, int upper) =>
        Avx512F.InsertVector256(Row(places, lower).ToVector512Unsafe(), Row(places, upper), 1);
}

/// <summary>An answer that is a constant to the JIT.</summary>
internal interface IFlag
{
    /// <summary>Gets the answer.</summary>
    static abstract bool IsSet { get; }
}

/// <summary>Yes.</summary>
internal readonly struct Yes : IFlag
{
    public static bool IsSet => true;
}

/// <summary>No.</summary>
internal readonly struct No : IFlag
{
    public static bool IsSet => false;
}

/// <summary>Where <see cref="NearPoints"/> writes: coordinates of vectors, and rows of the neighbours.</summary>
internal unsafe struct NearArrays
{
    public double* X, Y, Z;
    public int* Rows;

    /// <summary>Doubles that hold arrays of a length.</summary>
    public static nint Size(int length) => 4 * (nint)length;

    /// <summary>Cuts memory of <see cref="Size"/> doubles into arrays of a length.</summary>
    public static NearArrays Of(double* memory, int length) => new()
    {
        X = memory,
        Y = memory + length,
        Z = memory + (2 * (nint)length),
        Rows = (int*)(memory + (3 * (nint)length)),
    };

    /// <summary>The arrays from an element on.</summary>
    public readonly NearArrays From(int element) =>
        new() { X = X + element, Y = Y + element, Z = Z + element, Rows = Rows + element };

    /// <summary>Puts the last of some neighbours behind them until registers of a width are full, and maybe more of it.
    /// </summary>
    public readonly void FillUp(int count, int width)
    {
        if (count % width != 0)
        {
            Vector512.Create(X[count - 1]).Store(X + count);
            Vector512.Create(Y[count - 1]).Store(Y + count);
            Vector512.Create(Z[count - 1]).Store(Z + count);
            Vector256.Create(Rows[count - 1]).Store(Rows + count);
        }
    }
}
