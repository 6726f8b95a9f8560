using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>A sender of the receivers of a bin: its number, its slot, and which image of it.</summary>
internal struct CellListSender
{
    public int Key, Slot, Image;
}

/// <summary>The senders of one bin after the other, in memory outside the collector's that only grows.</summary>
internal sealed unsafe class CellListScratch : IDisposable
{
    private const int Arrays = 9;
    private const int Digit = 8;

    private CellListSender* spare;
    private double* arrays;
    private int capacity, imageCapacity, ownCapacity;

    public CellListSender* Candidates { get; private set; }

    public double* Images { get; private set; }

    public int* Itself { get; private set; }

    public int* Sender { get; private set; }

    public double* X => arrays;

    public double* Y => arrays + capacity;

    public double* Z => arrays + (2 * (nint)capacity);

    public double* S0 => arrays + (3 * (nint)capacity);

    public double* S1 => arrays + (4 * (nint)capacity);

    public double* S2 => arrays + (5 * (nint)capacity);

    public double* T0 => arrays + (6 * (nint)capacity);

    public double* T1 => arrays + (7 * (nint)capacity);

    public double* T2 => arrays + (8 * (nint)capacity);

    // Only the candidates and images hold anything yet when this is called.
    public void Reserve(int elements, int images)
    {
        if (elements > capacity)
        {
            capacity = Math.Max(elements, (int)Math.Min(2L * capacity, Array.MaxLength)) + 1024;
            Candidates = (CellListSender*)Grow(Candidates, (nuint)capacity * (nuint)sizeof(CellListSender));
            spare = (CellListSender*)Grow(spare, (nuint)capacity * (nuint)sizeof(CellListSender));
            Sender = (int*)Grow(Sender, (nuint)capacity * sizeof(int));
            arrays = (double*)Grow(arrays, (nuint)capacity * Arrays * sizeof(double));
        }

        if (images > imageCapacity)
        {
            imageCapacity = Math.Max(images, 2 * imageCapacity) + 64;
            Images = (double*)Grow(Images, (nuint)imageCapacity * 3 * sizeof(double));
        }
    }

    public void ReserveItself(int members)
    {
        if (members > ownCapacity)
        {
            ownCapacity = 2 * members;
            Itself = (int*)Grow(Itself, (nuint)ownCapacity * sizeof(int));
        }
    }

    // Digits from the least one on, each pass keeping the order of equal ones.
    public CellListSender* Sort(int count, int keys)
    {
        int* ends = stackalloc int[1 << Digit];
        CellListSender* from = Candidates;
        CellListSender* to = spare;
        for (int low = 0; keys > 1 && low < 32 && (keys - 1) >> low != 0; low += Digit)
        {
            new Span<int>(ends, 1 << Digit).Clear();
            for (int e = 0; e < count; e++)
            {
                ends[(from[e].Key >> low) & ((1 << Digit) - 1)]++;
            }

            int sum = 0;
            for (int digit = 0; digit < 1 << Digit; digit++)
            {
                (ends[digit], sum) = (sum, sum + ends[digit]);
            }

            for (int e = 0; e < count; e++)
            {
                to[ends[(from[e].Key >> low) & ((1 << Digit) - 1)]++] = from[e];
            }

            CellListSender* other = from;
            from = to;
            to = other;
        }

        return from;
    }

    public void Dispose()
    {
        NativeMemory.Free(Candidates);
        NativeMemory.Free(spare);
        NativeMemory.Free(Sender);
        NativeMemory.Free(arrays);
        NativeMemory.Free(Images);
        NativeMemory.Free(Itself);
    }

    private static void* Grow(void* memory, nuint bytes) => NativeMemory.Realloc(memory, bytes);
}
