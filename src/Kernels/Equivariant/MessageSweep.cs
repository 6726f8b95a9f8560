using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// A message pass over all edges: cuts them into chunks, turns the harmonics of a chunk so that edges are in the lanes,
/// runs the parts (<see cref="MessagePart{V,T}"/>), and adds up what they have for the harmonics.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe struct MessageSweep<T> : ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Edges of a chunk where parts are ranges of receivers, and where they are blocks of channels. The latter go through
    // the weights of a chunk one after the other, and each has a partial cotangent of its harmonics: both stay in the
    // caches.
    private const int LongChunk = 4096;
    private const int ShortChunk = 512;

    // Edges of a part where parts are ranges of receivers.
    private const int RangeEdges = 256;

    // Products x·T below which threads cost more than they bring.
    private const long Serial = 1 << 18;

    public MessagePaths Plan;
    public MessageSlots Open;
    public int Count;
    public int* Senders, Receivers, Rows;
    public MessageGroup* Groups;
    public MessageBranch* Branches;
    public int* Starts, Terms;
    public T* Values;
    public T* X, Y, W, G, XBar, YBar, WBar, GBar;

    /// <summary>Whether a set of slots has an open one.</summary>
    public readonly bool Opens(MessageSlots slots) => (Open & slots) != 0;

    /// <inheritdoc/>
    public readonly void Run<V>()
        where V : unmanaged, ILanes<V, T>
    {
        // 512 bits come with 32 registers: two for each component of the output.
        int block = sizeof(V) == 64 ? 2 * V.Count : V.Count;
        bool byReceiver = Open == MessageSlots.Output;
        int chunk = byReceiver ? LongChunk : ShortChunk;
        int tiles = (Math.Min(Count, chunk) + V.Count - 1) / V.Count;
        nint harmonics = (nint)tiles * V.Count * Plan.HarmonicsWidth;
        int[] columns = ArrayPool<int>.Shared.Rent(2 * CountParts(block));
        int parts = byReceiver ? 0 : ListParts(block, columns);
        nint partial = Opens(MessageSlots.Harmonics) ? parts * harmonics : 0;
        T[] memory = ArrayPool<T>.Shared.Rent(checked((int)(harmonics + partial + MessageScratch.Slack<T>())));
        int* ranges = stackalloc int[(LongChunk / RangeEdges) + 2];
        fixed (T* start = memory)
        fixed (int* column = columns)
        {
            T* turned = MessageScratch.Align(start);
            for (int first = 0; first < Count; first += chunk)
            {
                int last = Math.Min(Count, first + chunk);
                bool serial = Plan.Work * (last - first) < Serial;
                var turn = new MessageTurn<V, T>
                {
                    Width = Plan.HarmonicsWidth,
                    First = first,
                    Last = last,
                    Rows = Y,
                    Turned = turned,
                    Partial = turned + harmonics,
                    Parts = parts,
                    Stride = harmonics,
                    RowsBar = YBar,
                };
                int blocks = (last - first + MessageTurn<V, T>.BlockEdges - 1) / MessageTurn<V, T>.BlockEdges;
                if (Open != MessageSlots.Harmonics)
                {
                    Start(serial, blocks, turn);
                }

                var part = new MessagePart<V, T>
                {
                    Sweep = this,
                    First = first,
                    Last = last,
                    Block = block,
                    Turned = turned,
                    Partial = turned + harmonics,
                    Stride = harmonics,
                    Ranges = byReceiver ? ranges : null,
                    Columns = column,
                };
                Start(serial, byReceiver ? CutByReceiver(first, last, ranges) : parts, part);
                if (Opens(MessageSlots.Harmonics))
                {
                    turn.Back = true;
                    Start(serial, blocks, turn);
                }
            }
        }

        ArrayPool<T>.Shared.Return(memory);
        ArrayPool<int>.Shared.Return(columns);
    }

    private static void Start<TJob>(bool serial, int blocks, TJob job)
        where TJob : struct, IJob
    {
        if (serial)
        {
            for (int block = 0; block < blocks; block++)
            {
                job.Run(block);
            }
        }
        else
        {
            Workers.Run(blocks, job);
        }
    }

    private readonly int CountParts(int block)
    {
        int count = 0;
        foreach (MessageGroup group in Plan.Groups)
        {
            count += (group.Channels + block - 1) / block;
        }

        return count;
    }

    // Pairs of a group and a first channel; the groups with most work come first, so that threads end together.
    private readonly int ListParts(int block, int[] columns)
    {
        int parts = 0;
        for (int group = Plan.Groups.Length - 1; group >= 0; group--)
        {
            for (int channel = 0; channel < Groups[group].Channels; channel += block)
            {
                (columns[2 * parts], columns[(2 * parts) + 1]) = (group, channel);
                parts++;
            }
        }

        return parts;
    }

    // Ranges of about equal length that end where a receiver ends.
    private readonly int CutByReceiver(int first, int last, int* ranges)
    {
        int count = 0;
        for (int e = first; e < last; count++)
        {
            ranges[count] = e;
            e = Math.Min(last, e + RangeEdges);
            while (e < last && Receivers[e] == Receivers[e - 1])
            {
                e++;
            }
        }

        ranges[count] = last;
        return count;
    }
}

/// <summary>Turns rows of harmonics into tiles with an edge in each lane, and sums of such tiles back into rows.</summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe struct MessageTurn<V, T> : IJob
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Edges of one block, a multiple of all widths.</summary>
    public const int BlockEdges = 128;

    public int Width, First, Last, Parts;
    public T* Rows, RowsBar, Turned, Partial;
    public nint Stride;
    public bool Back;

    /// <inheritdoc/>
    public readonly void Run(int block)
    {
        int start = First + (block * BlockEdges);
        int end = Math.Min(Last, start + BlockEdges);
        for (int tile = start; tile < end; tile += V.Count)
        {
            int lanes = Math.Min(V.Count, end - tile);
            nint offset = (nint)(tile - First) * Width;
            if (Back)
            {
                Backward(Partial + offset, RowsBar + ((nint)tile * Width), lanes);
            }
            else
            {
                Forward(Rows + ((nint)tile * Width), Turned + offset, lanes);
            }
        }
    }

    private readonly void Forward(T* rows, T* turned, int lanes)
    {
        for (int lane = 0; lane < V.Count; lane++)
        {
            for (int j = 0; j < Width; j++)
            {
                turned[(j * V.Count) + lane] = lane < lanes ? rows[(lane * Width) + j] : T.Zero;
            }
        }
    }

    private readonly void Backward(T* partial, T* rows, int lanes)
    {
        T* sums = stackalloc T[V.Count];
        for (int j = 0; j < Width; j++)
        {
            V sum = V.Load(ref partial[j * V.Count]);
            for (int part = 1; part < Parts; part++)
            {
                sum += V.Load(ref partial[(part * Stride) + (j * V.Count)]);
            }

            V.Store(sum, ref *sums);
            for (int lane = 0; lane < lanes; lane++)
            {
                rows[(lane * Width) + j] = sums[lane];
            }
        }
    }
}

/// <summary>Scratch memory from the pool, at whole cache lines.</summary>
internal static unsafe class MessageScratch
{
    private const int Line = 64;

    /// <summary>Elements that alignment may cost.</summary>
    public static int Slack<T>()
        where T : unmanaged => Line / sizeof(T);

    /// <summary>The first whole line at or behind an address.</summary>
    public static T* Align<T>(T* start)
        where T : unmanaged => (T*)(((nuint)start + Line - 1) & ~(nuint)(Line - 1));
}
