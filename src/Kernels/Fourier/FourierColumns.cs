using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>Complex numbers along an axis, one of each of as many transforms as a register has lanes.</summary>
internal interface IFourierColumn<V>
{
    void Load(int j, out V re, out V im);

    void Store(int j, V re, V im);
}

/// <summary>Real and imaginary parts in registers' worths of their own, 2 · lanes apart from number to
/// number.</summary>
internal readonly unsafe struct SplitColumn<V, T>(T* re, T* im) : IFourierColumn<V>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(int j, out V real, out V imaginary)
    {
        nint place = (nint)j * (2 * V.Count);
        real = V.Load(ref re[place]);
        imaginary = V.Load(ref im[place]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(int j, V real, V imaginary)
    {
        nint place = (nint)j * (2 * V.Count);
        V.Store(real, ref re[place]);
        V.Store(imaginary, ref im[place]);
    }
}

/// <summary>Complex numbers stored as pairs, neighbouring columns side by side, rows a pitch apart; their imaginary
/// parts times a sign, so that the conjugate transform is the same code.</summary>
internal readonly unsafe struct PairColumn<V, T>(T* first, nint pitch, V sign) : IFourierColumn<V>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(int j, out V real, out V imaginary)
    {
        T* row = first + (j * pitch);
        V.Unzip(V.Load(ref *row), V.Load(ref row[V.Count]), out real, out imaginary);
        imaginary *= sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(int j, V real, V imaginary)
    {
        T* row = first + (j * pitch);
        V.Zip(real, imaginary * sign, out V low, out V high);
        V.Store(low, ref *row);
        V.Store(high, ref row[V.Count]);
    }
}
