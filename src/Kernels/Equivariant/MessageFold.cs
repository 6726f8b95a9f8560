using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Noether.Kernels;

/// <summary>The operands of a strip of the message pass; pointers stand at its path, block of channels and tile.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe struct MessageStrip<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The strip's edges within the tile.</summary>
    public int First, Last;

    /// <summary>The number of edges from the first of the tile on.</summary>
    public int Left;

    /// <summary>The first edge of the tile, and senders and rows of weights from there on (null: row = edge).</summary>
    public nint Edge;
    public int* Senders, Rows;

    /// <summary>Features and weights with their cotangents, at row 0; the receiver's row of the output.</summary>
    public T* X, XBar, W, WBar, G, GBar;
    public nint XWidth, WWidth, XStep, GStep;

    /// <summary>The matrices of the path, [entry, lane], and their cotangents.</summary>
    public T* Table, TableBar;
    public nint TableStep;

    /// <summary>Scratch for w x_i, [i, lane, channel of the block].</summary>
    public T* Products;

    /// <summary>Numbers of components, and of channels in the block.</summary>
    public int Input, Output, Columns;

    /// <summary>Whether to add to the cotangent of the weights.</summary>
    public bool AddWeights;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* Features(int lane) => X + (Senders[lane] * XWidth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* FeaturesBar(int lane) => XBar + (Senders[lane] * XWidth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* Weight(int lane) => W + (Row(lane) * WWidth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* WeightBar(int lane) => WBar + (Row(lane) * WWidth);

    /// <summary>Asks for what an edge of the next tile has in the place of a lane: rows of weights are long and far apart,
    /// so that no machine foresees them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(T* weights, int lane, int lanes)
    {
        if (lane + lanes < Left)
        {
            T* next = weights + (Row(lane + lanes) * WWidth);
            Simd.Prefetch(next);
            Simd.Prefetch(next + Columns - 1);
            if (Columns > lanes)
            {
                Simd.Prefetch(next + lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly nint Row(int lane) => Rows == null ? Edge + lane : Rows[lane];
}

/// <summary>Inner products of as many pairs of rows as a register has lanes, each in its lane.</summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal static unsafe class MessageFold<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>In lane e the inner product of row e of <paramref name="x"/>, one or two registers wide, and g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sums<W>(T* x, V g0, V g1)
        where W : struct, IColumns
    {
        if (sizeof(V) == 64 && Avx512F.IsSupported)
        {
            Vector512<float> low = Halves(Group<W>(x, 0, g0, g1), Group<W>(x, 1, g0, g1));
            Vector512<float> high = Halves(Group<W>(x, 2, g0, g1), Group<W>(x, 3, g0, g1));
            return To(Avx512F.Shuffle4x128(low, high, 0b10_00_10_00), Avx512F.Shuffle4x128(low, high, 0b11_01_11_01));
        }

        if (sizeof(V) == 32 && Avx.IsSupported)
        {
            Vector256<float> low = As256(Group<W>(x, 0, g0, g1)), high = As256(Group<W>(x, 1, g0, g1));
            return To(Avx.Permute2x128(low, high, 0x20), Avx.Permute2x128(low, high, 0x31));
        }

        T* sums = stackalloc T[V.Count];
        for (int lane = 0; lane < V.Count; lane++)
        {
            sums[lane] = V.Sum(Product<W>(x, lane, g0, g1));
        }

        return V.Load(ref *sums);
    }

    // The blocks of 128 bits of the result hold the sums over each block of the edges of one group.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Group<W>(T* x, int group, V g0, V g1)
        where W : struct, IColumns
    {
        int lane = group * (16 / sizeof(T));
        if (sizeof(T) == 8)
        {
            return Pair(Product<W>(x, lane, g0, g1), Product<W>(x, lane + 1, g0, g1));
        }

        V first = Quads(Product<W>(x, lane, g0, g1), Product<W>(x, lane + 1, g0, g1));
        V second = Quads(Product<W>(x, lane + 2, g0, g1), Product<W>(x, lane + 3, g0, g1));
        return Pair(first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Product<W>(T* x, int lane, V g0, V g1)
        where W : struct, IColumns
    {
        T* row = x + (lane * (W.Two ? 2 * V.Count : V.Count));
        V product = V.Load(ref *row) * g0;
        return W.Two ? V.MultiplyAdd(V.Load(ref row[V.Count]), g1, product) : product;
    }

    // Of single elements, in each block: a0+a2, b0+b2, a1+a3, b1+b3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Quads(V a, V b)
    {
        if (sizeof(V) == 64)
        {
            Vector512<float> x = As512(a), y = As512(b);
            return To(Avx512F.UnpackLow(x, y), Avx512F.UnpackHigh(x, y));
        }

        Vector256<float> p = As256(a), q = As256(b);
        return To(Avx.UnpackLow(p, q), Avx.UnpackHigh(p, q));
    }

    // In each block the lower half of a plus its upper half, then those of b.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Pair(V a, V b)
    {
        if (sizeof(V) == 64)
        {
            Vector512<double> x = As512(a).AsDouble(), y = As512(b).AsDouble();
            return To(Avx512F.UnpackLow(x, y).AsSingle(), Avx512F.UnpackHigh(x, y).AsSingle());
        }

        Vector256<double> p = As256(a).AsDouble(), q = As256(b).AsDouble();
        return To(Avx.UnpackLow(p, q).AsSingle(), Avx.UnpackHigh(p, q).AsSingle());
    }

    // The blocks a0+a2, a1+a3, b0+b2, b1+b3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Halves(V a, V b)
    {
        Vector512<float> x = As512(a), y = As512(b);
        return As512(To(Avx512F.Shuffle4x128(x, y, 0b01_00_01_00), Avx512F.Shuffle4x128(x, y, 0b11_10_11_10)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> As512(V x) => Unsafe.BitCast<V, Vector512<float>>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> As256(V x) => Unsafe.BitCast<V, Vector256<float>>(x);

    // The sum of two registers of bits, in the element type.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V To(Vector512<float> a, Vector512<float> b) =>
        Unsafe.BitCast<Vector512<float>, V>(a) + Unsafe.BitCast<Vector512<float>, V>(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V To(Vector256<float> a, Vector256<float> b) =>
        Unsafe.BitCast<Vector256<float>, V>(a) + Unsafe.BitCast<Vector256<float>, V>(b);
}
