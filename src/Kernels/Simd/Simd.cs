using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

[assembly: InternalsVisibleTo("Noether.Physics")]
[assembly: InternalsVisibleTo("Noether.Kernels.Tests")]
[assembly: InternalsVisibleTo("Noether.benchmarks")]

namespace Noether.Kernels;

/// <summary>
/// A register of <typeparamref name="T"/> lanes. A kernel is one generic text over <typeparamref name="V"/>; the JIT
/// makes of it one body per width and element type, every member of this interface becoming an instruction or two.
/// The element type is <see cref="float"/> or <see cref="double"/>. This interface and its three implementations are
/// the only place where the element type is asked for.
/// </summary>
/// <typeparam name="V">The implementing register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe interface ILanes<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Gets the number of lanes, a constant to the JIT.</summary>
    static abstract int Count { get; }

    /// <summary>Gets zero in every lane.</summary>
    static abstract V Zero { get; }

    static abstract V operator +(V a, V b);

    static abstract V operator -(V a, V b);

    static abstract V operator *(V a, V b);

    static abstract V operator /(V a, V b);

    static abstract V operator -(V a);

    /// <summary>One value in every lane.</summary>
    static abstract V Broadcast(T value);

    /// <summary>Reads <see cref="Count"/> neighbouring elements; no alignment is needed.</summary>
    static abstract V Load(ref readonly T source);

    /// <summary>Writes <see cref="Count"/> neighbouring elements; no alignment is needed.</summary>
    static abstract void Store(V value, ref T destination);

    /// <summary>All bits set in the first <paramref name="count"/> lanes, none in the others.</summary>
    static abstract V Mask(int count);

    /// <summary>Reads the lanes that the mask selects, zero elsewhere; memory outside the mask is not
    /// touched.</summary>
    static abstract V LoadMasked(T* source, V mask);

    /// <summary>Writes the lanes that the mask selects; memory outside the mask is not touched.</summary>
    static abstract void StoreMasked(V value, T* destination, V mask);

    /// <summary>
    /// <c>a·b + c</c>, rounded once where the machine has the instruction and twice where it has not: emulating the
    /// single rounding would cost a hundred times the product.
    /// </summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract V Sqrt(V a);

    static abstract V Exp(V a);

    static abstract V Log(V a);

    static abstract V Sin(V a);

    static abstract V Cos(V a);

    static abstract V Abs(V a);

    static abstract V Min(V a, V b);

    static abstract V Max(V a, V b);

    /// <summary>All bits set where <c>a &lt; b</c>: a mask for <see cref="Select"/>.</summary>
    static abstract V LessThan(V a, V b);

    /// <summary>The lanes of <paramref name="ifSet"/> where the mask is set, of <paramref name="ifClear"/>
    /// elsewhere.</summary>
    static abstract V Select(V mask, V ifSet, V ifClear);

    /// <summary>The sum of the lanes, in an order that depends on <see cref="Count"/> alone.</summary>
    static abstract T Sum(V a);

    /// <summary>The sequence <c>a₀ b₀ a₁ b₁ …</c>, its first and its second half.</summary>
    static abstract void Zip(V a, V b, out V low, out V high);

    /// <summary>The lanes of the sequence <c>a b</c> with even and with odd places: undoes <see cref="Zip"/>.</summary>
    static abstract void Unzip(V a, V b, out V even, out V odd);
}

/// <summary>A piece of work that is written once for every register width.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal interface ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Does the work with registers of type <typeparamref name="V"/>.</summary>
    void Run<V>()
        where V : unmanaged, ILanes<V, T>;
}

/// <summary>Chooses the register.</summary>
internal static class Simd
{
    /// <summary>Asks for a cache line that will be needed; nothing on machines without such an instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>
    /// Runs the job at the widest register that the machine accelerates. The conditions are constants to the JIT, so
    /// that one call remains. Without any acceleration the 128-bit text runs, slowly and correctly, on plain
    /// arithmetic.
    /// </summary>
    public static void RunWidest<T, TJob>(ref TJob job)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TJob : struct, ILanesJob<T>, allows ref struct
    {
        if (Vector512.IsHardwareAccelerated)
        {
            job.Run<Lanes512<T>>();
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            job.Run<Lanes256<T>>();
        }
        else
        {
            job.Run<Lanes128<T>>();
        }
    }
}
