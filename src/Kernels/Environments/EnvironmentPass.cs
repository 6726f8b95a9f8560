using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>
/// One evaluation of environments and their networks: points are taken some thousand at a time, their functions
/// computed in the order of their kinds, so that those of a kind are the rows of matrix products, and derivatives taken
/// back to the points in one order.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="shape">The functions.</param>
/// <param name="present">The kinds that are there, ascending.</param>
/// <param name="networks">Their networks; empty where only functions are asked for.</param>
/// <param name="longest">The most neighbours of a point.</param>
internal sealed unsafe class EnvironmentPass<T>(
    EnvironmentShape shape, int[] present, ElementNetworks<T>[] networks, int longest)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Points at a time; points of a job; rows of a product, few enough for the caches, enough to read weights seldom.
    private const int Portion = 4096;
    private const int Block = 32;
    private const int Rows = 96;

    public void Run(
        ReadOnlySpan<double> weights,
        ReadOnlySpan<int> kinds,
        ReadOnlySpan<int> starts,
        PointImages images,
        ReadOnlySpan<double> places,
        double factor,
        Span<double> values,
        Span<double> forces,
        Span<double> virials,
        Span<double> each)
    {
        int n = images.PointCount;
        int width = networks[0].Inputs;
        int portion = Math.Min(n, Portion);
        int most = MostPairs(starts, n);
        int slots = (portion + Block - 1) / Block;
        int[] order = new int[portion];
        int[] kindOfPlace = Places(images.Kinds(kinds));
        T[] rows = ArrayPool<T>.Shared.Rent(checked(2 * portion * width));
        double[] gradients = ArrayPool<double>.Shared.Rent(checked(slots * GradientArrays.Size(most)));
        double[] energies = ArrayPool<double>.Shared.Rent(portion * (1 + (each.IsEmpty ? 0 : weights.Length)));
        int[] counts = new int[portion];
        fixed (double* pw = weights, pr = places, pv = values, pf = forces, px = virials, pe = each, pg = gradients)
        fixed (double* pn = energies)
        fixed (int* pk = kindOfPlace, ps = starts, pq = images.Firsts(starts), pb = images.Neighbours)
        fixed (int* po = images.Sources, pm = counts, pd = order)
        fixed (T* pt = rows)
        {
            var job = new EnvironmentJob<T>
            {
                Shape = shape,
                KindCount = present.Length,
                Longest = longest,
                Kinds = pk,
                Starts = ps,
                Firsts = pq,
                Neighbours = pb,
                Places = pr,
                Rows = pt,
                Width = width,
                Order = pd,
                Factor = factor,
                Forces = pf,
                Virials = px,
                Gradients = pg,
                Most = most,
                Counts = pm,
                Block = Block,
            };
            for (int first = 0; first < n; first += portion)
            {
                int count = Math.Min(portion, n - first);
                job.First = first;
                job.Count = count;
                int blocks = (count + Block - 1) / Block;
                int[] groups = Sort(kindOfPlace.AsSpan(first, count), order);
                job.IsGradient = false;
                Workers.Run(blocks, job);

                T* slopes = pt + ((nint)portion * width);
                RunNetworks(groups, pt, slopes, width, pw, pn, each.IsEmpty ? null : pn + portion, portion);
                for (int i = 0; i < count; i++)
                {
                    pv[first + i] += factor * pn[order[i]];
                    for (int m = 0; !each.IsEmpty && m < weights.Length; m++)
                    {
                        pe[((nint)m * n) + first + i] = pn[((nint)(m + 1) * portion) + order[i]];
                    }
                }

                job.IsGradient = true;
                job.Rows = slopes;
                Workers.Run(blocks, job);
                job.Rows = pt;
                for (int slot = 0; slot < blocks; slot++)
                {
                    int pairs = 0;
                    for (int i = slot * Block; i < Math.Min(count, (slot + 1) * Block); i++)
                    {
                        pairs += pm[i];
                    }

                    GradientArrays.Of(pg, slot, most).Subtract(pairs, n, po, pf);
                }
            }
        }

        ArrayPool<T>.Shared.Return(rows);
        ArrayPool<double>.Shared.Return(gradients);
        ArrayPool<double>.Shared.Return(energies);
    }

    private static int MostPairs(ReadOnlySpan<int> starts, int n)
    {
        int most = 0;
        for (int first = 0; first < n; first += Block)
        {
            most = Math.Max(most, starts[Math.Min(n, first + Block)] - starts[first]);
        }

        return most;
    }

    // Kinds as their places among those that are there.
    private int[] Places(int[] kinds)
    {
        var place = new int[shape.Kinds];
        for (int k = 0; k < present.Length; k++)
        {
            place[present[k]] = k;
        }

        return Array.ConvertAll(kinds, kind => place[kind]);
    }

    // The row of each point where points are sorted by kind, and where each kind begins.
    private int[] Sort(ReadOnlySpan<int> kinds, int[] order)
    {
        var groups = new int[present.Length + 1];
        foreach (int kind in kinds)
        {
            groups[kind + 1]++;
        }

        for (int k = 0; k < present.Length; k++)
        {
            groups[k + 1] += groups[k];
        }

        int[] next = [.. groups];
        for (int i = 0; i < kinds.Length; i++)
        {
            order[i] = next[kinds[i]]++;
        }

        return groups;
    }

    private void RunNetworks(
        int[] groups, T* rows, T* slopes, int width, double* weights, double* energies, double* each, nint stride)
    {
        var blocks = new List<NetworkBlock>();
        for (int k = 0; k < present.Length; k++)
        {
            for (int first = groups[k]; first < groups[k + 1]; first += Rows)
            {
                blocks.Add(new(k, first, Math.Min(Rows, groups[k + 1] - first)));
            }
        }

        var job = new NetworkJob
        {
            Networks = networks,
            Blocks = [.. blocks],
            Rows = rows,
            Slopes = slopes,
            Width = width,
            Weights = weights,
            Energies = energies,
            Each = each,
            Stride = stride,
        };
        Workers.Run(blocks.Count, job);
    }

    private readonly record struct NetworkBlock(int Kind, int First, int Count);

    private struct NetworkJob : IJob, ILanesJob<T>
    {
        public ElementNetworks<T>[] Networks;
        public NetworkBlock[] Blocks;
        public T* Rows, Slopes;
        public int Width;
        public double* Weights, Energies, Each;
        public nint Stride;
        private int block;

        public readonly void Run(int block)
        {
            NetworkJob own = this;
            own.block = block;
            Simd.RunWidest<T, NetworkJob>(ref own);
        }

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            (int kind, int first, int count) = Blocks[block];
            ElementNetworks<T> networks = Networks[kind];
            var memory = (T*)NativeMemory.Alloc((nuint)networks.Memory(count), (nuint)sizeof(T));
            nint at = (nint)first * Width;
            double* each = Each == null ? null : Each + first;
            networks.Run<V>(count, Rows + at, Slopes + at, Weights, Energies + first, each, Stride, memory);
            NativeMemory.Free(memory);
        }
    }
}

/// <summary>The functions of environments of blocks of points, or derivatives of sums of them.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe struct EnvironmentJob<T> : IJob, ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public EnvironmentShape Shape;
    public int KindCount, Longest, Width, Most, First, Count, Block;
    public bool IsGradient;
    public int* Kinds, Starts, Firsts, Neighbours, Order, Counts;
    public double* Places, Forces, Virials, Gradients;
    public double Factor;

    // Functions, or weights of them, in the order of the kinds.
    public T* Rows;
    private int slot;

    public readonly void Run(int block)
    {
        EnvironmentJob<T> own = this;
        own.slot = block;
        Simd.RunWidest<T, EnvironmentJob<T>>(ref own);
    }

    public readonly void Run<V>()
        where V : unmanaged, ILanes<V, T>
    {
        var work = new EnvironmentWork<V, T>(Shape, KindCount, Longest);
        int columns = Shape.Width(KindCount);
        int pairs = 0;
        for (int k = slot * Block; k < Math.Min(Count, (slot + 1) * Block); k++)
        {
            int i = First + k;
            double* at = Places + (PointImages.Width * (nint)i);
            work.Collect(Places, at, Neighbours + Firsts[i], Starts[i + 1] - Starts[i], Kinds);
            T* row = Rows + ((nint)Order[k] * Width);
            if (IsGradient)
            {
                GradientArrays to = GradientArrays.Of(Gradients, slot, Most).From(pairs);
                Counts[k] = work.Gradient(row, Factor, to, Forces + (3 * (nint)i), Virials + (9 * (nint)i));
                pairs += Counts[k];
            }
            else
            {
                work.Values(row);
                new Span<T>(row + columns, Width - columns).Clear();
            }
        }

        work.Free();
    }
}
