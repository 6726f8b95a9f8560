using System.Numerics;

namespace Noether.Kernels;

/// <summary>The functions of environments themselves.</summary>
public static unsafe class EnvironmentSums
{
    /// <summary>Writes the functions of the environment of every point.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="shape">The functions.</param>
    /// <param name="kinds">The kind of each point, [n].</param>
    /// <param name="starts">Where the pairs of each point begin, [n + 1].</param>
    /// <param name="images">The neighbours of these pairs.</param>
    /// <param name="places">Where points and images are, [n + m, 4], as <see cref="PointImages.Place"/> writes
    /// it.</param>
    /// <param name="values">Receives the functions, [n, w], w those of all kinds.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void ValuesInto<T>(
        EnvironmentShape shape,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        Span<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(images);
        int n = images.PointCount;
        int width = shape.Width(shape.Kinds);
        Guard.Length(values.Length, (long)n * width, nameof(values));
        int longest = PointImages.Check(
            kinds, shape.Kinds, starts, images, places, new double[n], new double[3 * n], new double[9 * n]);
        int[] order = [.. Enumerable.Range(0, n)];
        const int Block = 32;
        fixed (double* pr = places)
        fixed (int* pk = images.Kinds(kinds), ps = starts, pq = images.Firsts(starts), pb = images.Neighbours, po = order)
        fixed (T* pv = values)
        {
            var job = new EnvironmentJob<T>
            {
                Shape = shape,
                KindCount = shape.Kinds,
                Longest = longest,
                Kinds = pk,
                Starts = ps,
                Firsts = pq,
                Neighbours = pb,
                Places = pr,
                Rows = pv,
                Width = width,
                Order = po,
                Count = n,
                Block = Block,
            };
            Workers.Run((n + Block - 1) / Block, job);
        }
    }
}
