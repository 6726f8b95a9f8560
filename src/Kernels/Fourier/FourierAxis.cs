using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The factors of a length and the roots of unity of the transform along an axis of it. Pass i of radix r combines r
/// numbers <c>Rest</c>·<c>Done</c> apart, where <c>Done</c> is the product of the radices before and <c>Rest</c> that
/// of the radices after: Stockham's order, which sorts itself.
/// </summary>
internal sealed unsafe class FourierAxis
{
    private readonly double[] doubles;
    private readonly float[] singles;

    public FourierAxis(int length)
    {
        Length = length;
        Passes = Split(length);
        var table = new List<double>();
        for (int i = 0; i < Passes.Length; i++)
        {
            ref FourierPass pass = ref Passes[i];
            pass.Table = table.Count;
            for (int p = 0; p < pass.Rest; p++)
            {
                for (int k = 1; k < pass.Radix; k++)
                {
                    Add(table, (long)p * k, pass.Rest * pass.Radix);
                }
            }
        }

        doubles = GC.AllocateArray<double>(table.Count, pinned: true);
        table.CopyTo(doubles);
        singles = Narrow(doubles);
    }

    /// <summary>Gets the number of complex numbers.</summary>
    public int Length { get; }

    /// <summary>Gets the passes, the first first.</summary>
    public FourierPass[] Passes { get; }

    /// <summary>Appends e^(−2πik/n): real part, imaginary part, and its negative, which saves a change of
    /// sign.</summary>
    public static void Add(List<double> table, long k, long n)
    {
        (double re, double im) = Root(k, n);
        table.AddRange([re, im, -im]);
    }

    /// <summary>The table in single precision, where it never moves.</summary>
    public static float[] Narrow(double[] table)
    {
        float[] result = GC.AllocateArray<float>(table.Length, pinned: true);
        for (int i = 0; i < table.Length; i++)
        {
            result[i] = (float)table[i];
        }

        return result;
    }

    /// <summary>The first element of a table that never moves.</summary>
    public static T* Start<T>(double[] doubles, float[] singles)
        where T : unmanaged =>
        typeof(T) == typeof(double)
            ? (T*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(doubles))
            : (T*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(singles));

    /// <summary>The roots of all passes, each three numbers.</summary>
    public T* Roots<T>()
        where T : unmanaged => Start<T>(doubles, singles);

    /// <summary>e^(−2πik/n) from an angle of at most an eighth of a turn, within a unit in the last place.</summary>
    private static (double Re, double Im) Root(long k, long n)
    {
        long turn = 8 * (k % n);
        bool below = turn > 4 * n;
        turn = below ? (8 * n) - turn : turn;
        bool left = turn > 2 * n;
        turn = left ? (4 * n) - turn : turn;
        bool steep = turn > n;
        turn = steep ? (2 * n) - turn : turn;
        (double sin, double cos) = Math.SinCos(Math.PI * turn / (4.0 * n));
        (cos, sin) = steep ? (sin, cos) : (cos, sin);
        return (left ? -cos : cos, below ? sin : -sin);
    }

    private static FourierPass[] Split(int length)
    {
        var radices = new List<int>();
        int rest = length;
        foreach (int prime in (int[])[7, 5, 3])
        {
            while (rest % prime == 0)
            {
                radices.Add(prime);
                rest /= prime;
            }
        }

        int twos = BitOperations.Log2((uint)rest);
        if (twos % 2 == 1)
        {
            radices.Add(twos == 1 ? 2 : 8);
            twos -= twos == 1 ? 1 : 3;
        }

        radices.AddRange(Enumerable.Repeat(4, twos / 2));
        var passes = new FourierPass[radices.Count];
        int done = 1;
        for (int i = 0; i < passes.Length; i++)
        {
            passes[i] = new() { Radix = radices[i], Done = done, Rest = length / (done * radices[i]) };
            done *= radices[i];
        }

        return passes;
    }
}

/// <summary>One pass over the numbers of an axis.</summary>
internal struct FourierPass
{
    public int Radix, Done, Rest, Table;
}
