using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Transforms along one axis, as many at once as a register has lanes, between two buffers of 2 · lanes · (length + 1)
/// elements.
/// </summary>
internal unsafe ref struct FourierLine<V, T>(FourierAxis axis, T* data, T* spare)
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly FourierPass[] passes = axis.Passes;
    private readonly T* roots = axis.Roots<T>();

    /// <summary>The buffer that holds the numbers: real parts in a register's worth, imaginary parts in the next.
    /// </summary>
    public T* Data = data;

    private T* spare = spare;

    /// <summary>Elements of a buffer for so many complex numbers and one more.</summary>
    public static nint Size(int length) => 2 * V.Count * ((nint)length + 1);

    /// <summary>From columns to columns, which may be the same.</summary>
    public void Transform(PairColumn<V, T> x, PairColumn<V, T> y)
    {
        int last = passes.Length - 1;
        if (last < 1)
        {
            Read(x);
            Passes(0, passes.Length);
            Write(y);
            return;
        }

        Start(x);
        Passes(1, last);
        Finish(y);
    }

    /// <summary>From columns to the buffer.</summary>
    public void In(PairColumn<V, T> x)
    {
        if (passes.Length == 0)
        {
            Read(x);
            return;
        }

        Start(x);
        Passes(1, passes.Length);
    }

    /// <summary>From the buffer to columns.</summary>
    public void Out(PairColumn<V, T> y)
    {
        if (passes.Length == 0)
        {
            Write(y);
            return;
        }

        Passes(0, passes.Length - 1);
        Finish(y);
    }

    /// <summary>Within the buffer.</summary>
    public void Within() => Passes(0, passes.Length);

    /// <summary>Within the buffer, the conjugate transform.</summary>
    public void Back()
    {
        foreach (ref readonly FourierPass pass in passes.AsSpan())
        {
            Do(pass, new SplitColumn<V, T>(Data + V.Count, Data), new SplitColumn<V, T>(spare + V.Count, spare));
            Swap();
        }
    }

    private void Passes(int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            Do(passes[i], Split(Data), Split(spare));
            Swap();
        }
    }

    private void Swap()
    {
        T* data = Data;
        Data = spare;
        spare = data;
    }

    private readonly void Start(PairColumn<V, T> x) => Do(passes[0], x, Split(Data));

    private readonly void Finish(PairColumn<V, T> y) => Do(passes[^1], Split(Data), y);

    private readonly void Read(PairColumn<V, T> x)
    {
        SplitColumn<V, T> target = Split(Data);
        for (int j = 0; j < axis.Length; j++)
        {
            x.Load(j, out V re, out V im);
            target.Store(j, re, im);
        }
    }

    private readonly void Write(PairColumn<V, T> y)
    {
        SplitColumn<V, T> source = Split(Data);
        for (int j = 0; j < axis.Length; j++)
        {
            source.Load(j, out V re, out V im);
            y.Store(j, re, im);
        }
    }

    private static SplitColumn<V, T> Split(T* p) => new(p, p + V.Count);

    private readonly void Do<TIn, TOut>(in FourierPass pass, TIn x, TOut y)
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
    {
        T* table = roots + pass.Table;
        switch (pass.Radix)
        {
            case 2:
                Pass<Radix2, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
            case 3:
                Pass<Radix3, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
            case 4:
                Pass<Radix4, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
            case 5:
                Pass<Radix5, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
            case 7:
                Pass<Radix7, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
            default:
                Pass<Radix8, TIn, TOut>(pass.Rest, pass.Done, x, y, table);
                break;
        }
    }

    private static void Pass<B, TIn, TOut>(int rest, int done, TIn x, TOut y, T* w)
        where B : struct, IButterfly
        where TIn : struct, IFourierColumn<V>
        where TOut : struct, IFourierColumn<V>
    {
        B.Run<V, T, TIn, TOut, Unturned>(x, done * rest, y, done, 0, 1, w);
        if (rest > 1)
        {
            B.Run<V, T, TIn, TOut, ByRoots>(x, done * rest, y, done, 1, rest, w);
        }
    }
}
