using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The parts of a message pass over a chunk of edges: a block of channels of one chunk of features, or all of them for a
/// range of receivers.
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe struct MessagePart<V, T> : IJob
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public MessageSweep<T> Sweep;
    public int First, Last, Block;
    public T* Turned, Partial;
    public nint Stride;
    public int* Ranges, Columns;

    /// <inheritdoc/>
    public readonly void Run(int block)
    {
        MessagePaths plan = Sweep.Plan;
        nint table = (nint)plan.MaxEntries * V.Count;
        bool harmonics = Sweep.Opens(MessageSlots.Harmonics);
        nint products = harmonics ? (nint)plan.MaxComponents * V.Count * Block : 0;
        T[] memory = ArrayPool<T>.Shared.Rent(
            checked((int)((harmonics ? 2 * table : table) + products + MessageScratch.Slack<T>())));
        fixed (T* start = memory)
        {
            T* aligned = MessageScratch.Align(start);
            var strip = new MessageStrip<T>
            {
                Table = aligned,
                Products = aligned + table,
                TableBar = aligned + table + products,
                XWidth = plan.InputWidth,
                WWidth = plan.WeightsWidth,
            };
            if (Ranges != null)
            {
                Tiles(Ranges[block], Ranges[block + 1], 0, plan.Groups.Length, 0, int.MaxValue, null, strip);
            }
            else
            {
                int group = Columns[2 * block];
                int channel = Columns[(2 * block) + 1];
                T* partial = harmonics ? Partial + (block * Stride) : null;
                Tiles(First, Last, group, group + 1, channel, channel + Block, partial, strip);
            }
        }

        ArrayPool<T>.Shared.Return(memory);
    }

    private readonly void Tiles(
        int first,
        int last,
        int firstGroup,
        int lastGroup,
        int firstChannel,
        int lastChannel,
        T* partial,
        MessageStrip<T> strip)
    {
        int width = Sweep.Plan.HarmonicsWidth;
        int tile = first - ((first - First) % V.Count);
        for (; tile < last; tile += V.Count)
        {
            nint offset = (nint)(tile - First) * width;
            strip.Edge = tile;
            strip.Left = Sweep.Count - tile;
            strip.Senders = Sweep.Senders + tile;
            strip.Rows = Sweep.Rows == null ? null : Sweep.Rows + tile;
            int start = Math.Max(0, first - tile);
            int end = Math.Min(V.Count, last - tile);
            for (int group = firstGroup; group < lastGroup; group++)
            {
                ref MessageGroup of = ref Sweep.Groups[group];
                if (Sweep.Open != MessageSlots.Harmonics)
                {
                    Sums(Sweep.Starts + of.ByEntry, of.Entries, Turned + offset, strip.Table);
                }

                int channels = Math.Min(of.Channels, lastChannel);
                for (int channel = firstChannel; channel < channels; channel += Block)
                {
                    Channels(of, channel, Math.Min(Block, channels - channel), start, end, strip);
                }

                if (partial != null)
                {
                    Sums(Sweep.Starts + of.ByHarmonic, width, strip.TableBar, partial + offset);
                }
            }
        }
    }

    // y[row] = Σ of value · x[term] over the terms of each row, an edge in each lane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Sums(int* starts, int rows, T* x, T* y)
    {
        for (int row = 0; row < rows; row++)
        {
            V sum = V.Zero;
            for (int term = starts[row]; term < starts[row + 1]; term++)
            {
                sum = V.MultiplyAdd(
                    V.Broadcast(Sweep.Values[term]), V.Load(ref x[(nint)Sweep.Terms[term] * V.Count]), sum);
            }

            V.Store(sum, ref y[(nint)row * V.Count]);
        }
    }

    private readonly void Channels(
        in MessageGroup group, int channel, int columns, int start, int end, in MessageStrip<T> strip)
    {
        if (columns > V.Count)
        {
            if (columns == 2 * V.Count)
            {
                Runs<Tile.TwoFull>(group, channel, columns, start, end, strip);
            }
            else
            {
                Runs<Tile.TwoPartial>(group, channel, columns, start, end, strip);
            }
        }
        else if (columns == V.Count)
        {
            Runs<Tile.OneFull>(group, channel, columns, start, end, strip);
        }
        else
        {
            Runs<Tile.OnePartial>(group, channel, columns, start, end, strip);
        }
    }

    // The edges of the tile by receiver, and for each receiver the paths.
    private readonly void Runs<W>(
        in MessageGroup group, int channel, int columns, int start, int end, in MessageStrip<T> tile)
        where W : struct, IColumns
    {
        MessageStrip<T> strip = tile;
        strip.Columns = columns;
        int* receivers = Sweep.Receivers + tile.Edge;
        while (start < end)
        {
            int receiver = receivers[start];
            strip.First = start;
            while (start < end && receivers[start] == receiver)
            {
                start++;
            }

            strip.Last = start;
            nint row = (nint)receiver * Sweep.Plan.OutputWidth;
            for (int b = group.Branch; b < group.Branch + group.Branches; b++)
            {
                ref MessageBranch branch = ref Sweep.Branches[b];
                strip.Input = branch.Input;
                strip.Output = branch.Output;
                strip.X = Sweep.X + branch.X + channel;
                strip.XBar = Sweep.XBar + branch.X + channel;
                strip.XStep = branch.XStep;
                strip.W = Sweep.W + branch.W + channel;
                strip.WBar = Sweep.WBar + branch.W + channel;
                strip.G = Sweep.G + row + branch.G + channel;
                strip.GBar = Sweep.GBar + row + branch.G + channel;
                strip.GStep = branch.GStep;
                strip.Table = tile.Table + ((nint)branch.Table * V.Count);
                strip.TableBar = tile.TableBar + ((nint)branch.Table * V.Count);
                strip.TableStep = (nint)branch.Output * V.Count;
                strip.AddWeights = Sweep.Rows != null;
                Path<W>(ref strip, branch.IsDiagonal);
            }
        }
    }

    private readonly void Path<W>(ref MessageStrip<T> strip, bool diagonal)
        where W : struct, IColumns
    {
        if (Sweep.Opens(MessageSlots.Harmonics))
        {
            MessageTile<V, T>.Couplings<W>(strip, diagonal);
        }

        bool forward = Sweep.Opens(MessageSlots.Output);
        bool features = Sweep.Opens(MessageSlots.Features);
        bool weights = Sweep.Opens(MessageSlots.Weights);
        if (diagonal)
        {
            MessageTile<V, T>.Diagonal<W>(strip, forward, features, weights);
            return;
        }

        // Up to eight components of the output at once, in pieces of about equal size.
        int pieces = (strip.Output + 7) / 8;
        int rest = strip.Output;
        for (; pieces > 0; pieces--)
        {
            int rows = (rest + pieces - 1) / pieces;
            if (forward)
            {
                Forward<W>(rows, strip);
            }

            if (features && weights)
            {
                Reverse<W, Yes, Yes>(rows, strip);
            }
            else if (features)
            {
                Reverse<W, Yes, No>(rows, strip);
            }
            else if (weights)
            {
                Reverse<W, No, Yes>(rows, strip);
            }

            rest -= rows;
            strip.G += rows * strip.GStep;
            strip.GBar += rows * strip.GStep;
            strip.Table += rows * V.Count;
            strip.AddWeights = true;
        }
    }

    private static void Forward<W>(int rows, in MessageStrip<T> strip)
        where W : struct, IColumns
    {
        switch (rows)
        {
            case 1: MessageTile<V, T>.Forward<Tile.R1, W>(strip); break;
            case 2: MessageTile<V, T>.Forward<Tile.R2, W>(strip); break;
            case 3: MessageTile<V, T>.Forward<Tile.R3, W>(strip); break;
            case 4: MessageTile<V, T>.Forward<Tile.R4, W>(strip); break;
            case 5: MessageTile<V, T>.Forward<Tile.R5, W>(strip); break;
            case 6: MessageTile<V, T>.Forward<Tile.R6, W>(strip); break;
            case 7: MessageTile<V, T>.Forward<Tile.R7, W>(strip); break;
            default: MessageTile<V, T>.Forward<Tile.R8, W>(strip); break;
        }
    }

    private static void Reverse<W, TFeatures, TWeights>(int rows, in MessageStrip<T> strip)
        where W : struct, IColumns
        where TFeatures : struct, IFlag
        where TWeights : struct, IFlag
    {
        switch (rows)
        {
            case 1: MessageTile<V, T>.Reverse<Tile.R1, W, TFeatures, TWeights>(strip); break;
            case 2: MessageTile<V, T>.Reverse<Tile.R2, W, TFeatures, TWeights>(strip); break;
            case 3: MessageTile<V, T>.Reverse<Tile.R3, W, TFeatures, TWeights>(strip); break;
            case 4: MessageTile<V, T>.Reverse<Tile.R4, W, TFeatures, TWeights>(strip); break;
            case 5: MessageTile<V, T>.Reverse<Tile.R5, W, TFeatures, TWeights>(strip); break;
            case 6: MessageTile<V, T>.Reverse<Tile.R6, W, TFeatures, TWeights>(strip); break;
            case 7: MessageTile<V, T>.Reverse<Tile.R7, W, TFeatures, TWeights>(strip); break;
            default: MessageTile<V, T>.Reverse<Tile.R8, W, TFeatures, TWeights>(strip); break;
        }
    }
}
