using System.Buffers;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>The senders that the receivers of one bin can see, in rented memory that only grows.</summary>
internal sealed unsafe class CellListScratch : IDisposable
{
    /// <summary>The senders that are looked at, and the pairs that are written, in one go.</summary>
    public const int Chunk = 1024;

    /// <summary>Lanes that may be read or written beyond the last element.</summary>
    public const int Beyond = 16;

    private const int Line = 64;
    private const int Digit = 8;

    // Rows that are copied in one go: they stay in the nearest cache.
    private const int Stage = 4096;

    private readonly Pinned staged = new(), images = new(), elements = new(), rows = new();
    private ulong* spare;

    public CellListScratch()
    {
        Vectors = (double*)staged.Reserve(
            (Chunk + Beyond) * ((2L * sizeof(ushort)) + (4 * sizeof(double))));
        Distances = Vectors + (3 * (Chunk + Beyond));
        Found = (ushort*)(Distances + Chunk + Beyond);
        Rows = Found + Chunk + Beyond;
    }

    /// <summary>Gets a bit for each sender of a chunk, as many in a row as there are lanes.</summary>
    public ushort* Rows { get; }

    /// <summary>Gets the places, in a chunk, of the senders that are near.</summary>
    public ushort* Found { get; }

    /// <summary>Gets room for the vectors and distances of a chunk where these are not wanted.</summary>
    public double* Vectors { get; }

    public double* Distances { get; }

    /// <summary>Gets the images of bins that are near.</summary>
    public CellListImage* Images { get; private set; }

    /// <summary>Gets number and place of each sender: the number in the upper half.</summary>
    public ulong* Items { get; private set; }

    /// <summary>Gets the slot of the sender in each place.</summary>
    public int* Slots { get; private set; }

    /// <summary>Gets the image of the bin in each place.</summary>
    public int* Sources { get; private set; }

    /// <summary>Gets where in the order of the items each member of the bin finds itself.</summary>
    public int* Itself { get; private set; }

    /// <summary>Gets float32 coordinates from the middle of the bin, in the order of the items.</summary>
    public float* X { get; private set; }

    public float* Y { get; private set; }

    public float* Z { get; private set; }

    /// <summary>Gets points as given, [count, 4].</summary>
    public double* Points { get; private set; }

    /// <summary>Gets the shifts of senders against the bin's cell, and their numbers, [count, 4].</summary>
    public int* Labels { get; private set; }

    /// <summary>Gets rows of places that are not yet where they belong.</summary>
    public int* Staged { get; private set; }

    /// <summary>Gets how many of them there is room for, those that may be written beyond the last one
    /// included.</summary>
    public int Room { get; private set; }

    /// <summary>Makes room for so many rows, and some more; what is staged is lost where there is less.</summary>
    public void ReserveRows(int count)
    {
        if (Room < count + Beyond)
        {
            Room = checked(Math.Max(count, Stage) + Beyond);
            Staged = (int*)rows.Reserve(sizeof(int) * (long)Room);
        }
    }

    public void ReserveImages(int count) =>
        Images = (CellListImage*)images.Reserve((long)count * sizeof(CellListImage));

    public void ReserveElements(int count, int members)
    {
        long n = (count + (2 * Beyond) - 1) / Beyond * Beyond;
        byte* next = elements.Reserve(
            (n * ((2 * sizeof(ulong)) + (9 * sizeof(int)) + (4 * sizeof(double)))) + ((long)members * sizeof(int)));
        Points = (double*)next;
        Items = (ulong*)(Points + (4 * n));
        spare = Items + n;
        Labels = (int*)(spare + n);
        X = (float*)(Labels + (4 * n));
        Y = X + n;
        Z = Y + n;
        Slots = (int*)(Z + n);
        Sources = Slots + n;
        Itself = Sources + n;
    }

    // Digits from the least one on, each pass keeping the order of equal ones.
    public void Sort(int count, int keys)
    {
        int* ends = stackalloc int[1 << Digit];
        ulong* from = Items;
        ulong* to = spare;
        for (int low = 32; keys > 1 && low < 64 && (keys - 1) >> (low - 32) != 0; low += Digit)
        {
            new Span<int>(ends, 1 << Digit).Clear();
            for (int e = 0; e < count; e++)
            {
                ends[(from[e] >> low) & ((1 << Digit) - 1)]++;
            }

            int sum = 0;
            for (int digit = 0; digit < 1 << Digit; digit++)
            {
                (ends[digit], sum) = (sum, sum + ends[digit]);
            }

            for (int e = 0; e < count; e++)
            {
                ulong item = from[e];
                to[ends[(item >> low) & ((1 << Digit) - 1)]++] = item;
            }

            ulong* other = from;
            from = to;
            to = other;
        }

        Items = from;
        spare = to;
    }

    public void Dispose()
    {
        staged.Dispose();
        images.Dispose();
        elements.Dispose();
        rows.Dispose();
    }

    // Rented bytes that stay in place, on a cache line; what they hold is lost when they grow.
    private sealed class Pinned : IDisposable
    {
        private byte[] memory = [];
        private GCHandle pin;

        public byte* Reserve(long bytes)
        {
            if (bytes + Line > memory.Length)
            {
                Dispose();
                memory = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytes + (bytes / 2) + Line, Array.MaxLength));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes + Line, memory.Length);
                pin = GCHandle.Alloc(memory, GCHandleType.Pinned);
            }

            return (byte*)((pin.AddrOfPinnedObject() + Line - 1) / Line * Line);
        }

        public void Dispose()
        {
            if (pin.IsAllocated)
            {
                pin.Free();
                ArrayPool<byte>.Shared.Return(memory);
                memory = [];
            }
        }
    }
}
