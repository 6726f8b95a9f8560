namespace Noether.Kernels;

/// <summary>A function of one array that is not empty, element by element; <c>y</c> may be <c>x</c>.</summary>
internal interface IMap<T>
    where T : unmanaged
{
    void Invoke(ReadOnlySpan<T> x, Span<T> y);
}

/// <summary>A function of two arrays that are not empty, element by element; <c>y</c> may be either.</summary>
internal interface IMap2<T>
    where T : unmanaged
{
    void Invoke(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y);
}

/// <summary>Runs elementwise functions: directly when small, in blocks on several threads when large.</summary>
internal static unsafe class Maps
{
    /// <summary>Elements in one block of a large array.</summary>
    public const int Block = 16384;

    /// <summary>Arrays up to this length stay on the caller's thread.</summary>
    public const int Serial = 65536;

    public static void Apply<T, TMap>(ReadOnlySpan<T> x, Span<T> y, TMap map)
        where T : unmanaged
        where TMap : struct, IMap<T>
    {
        if (x.Length <= Serial)
        {
            if (x.Length > 0)
            {
                map.Invoke(x, y);
            }

            return;
        }

        fixed (T* px = x, py = y)
        {
            Workers.Run(Blocks(x.Length), new Job<T, TMap>(px, py, x.Length, map));
        }
    }

    public static void Apply<T, TMap>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, TMap map)
        where T : unmanaged
        where TMap : struct, IMap2<T>
    {
        if (a.Length <= Serial)
        {
            if (a.Length > 0)
            {
                map.Invoke(a, b, y);
            }

            return;
        }

        fixed (T* pa = a, pb = b, py = y)
        {
            Workers.Run(Blocks(a.Length), new Job2<T, TMap>(pa, pb, py, a.Length, map));
        }
    }

    /// <summary>The blocks of an array of this length.</summary>
    public static int Blocks(int length) => (int)(((long)length + Block - 1) / Block);

    private readonly struct Job<T, TMap>(T* x, T* y, int length, TMap map) : IJob
        where T : unmanaged
        where TMap : struct, IMap<T>
    {
        public void Run(int block)
        {
            var start = block * Block;
            var count = Math.Min(Block, length - start);
            map.Invoke(new ReadOnlySpan<T>(x + start, count), new Span<T>(y + start, count));
        }
    }

    private readonly struct Job2<T, TMap>(T* a, T* b, T* y, int length, TMap map) : IJob
        where T : unmanaged
        where TMap : struct, IMap2<T>
    {
        public void Run(int block)
        {
            var start = block * Block;
            var count = Math.Min(Block, length - start);
            map.Invoke(
                new ReadOnlySpan<T>(a + start, count),
                new ReadOnlySpan<T>(b + start, count),
                new Span<T>(y + start, count));
        }
    }
}
