using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// Transforms along the contiguous axis of as many rows as a register has lanes. Rows are transposed into a buffer, so
/// that a lane holds a row; real rows of even length become complex ones of half the length, whose transform is taken
/// apart afterwards.
/// </summary>
internal readonly unsafe struct FourierRows<V, T>(FourierPlan plan, T* a, T* b)
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int n = plan.Inner.Length;

    private bool Even => n % 2 == 0;

    private FourierLine<V, T> Line => new(Even ? plan.Half : plan.Inner, a, b);

    /// <summary>Real rows to the frequencies that are kept of them, the inner ones times a weight.</summary>
    public void Forward(T* x, nint pitch, int rows, T* y, nint pitchY, V weight)
    {
        FourierLine<V, T> line = Line;
        if (Even)
        {
            Transpose(x, pitch, rows, n, line.Data);
            line.Within();
            Part(line.Data, weight);
        }
        else
        {
            Spread(x, pitch, rows, line.Data);
            line.Within();
            for (int k = 1; k < plan.Kept; k++)
            {
                T* z = line.Data + (2 * V.Count * k);
                V.Store(weight * V.Load(ref *z), ref *z);
                V.Store(weight * V.Load(ref z[V.Count]), ref z[V.Count]);
            }
        }

        Untranspose(line.Data, 2 * plan.Kept, y, pitchY, rows);
    }

    /// <summary>Frequencies, the inner ones times a weight, to the real part of their sums with e^(+2πikx/n).</summary>
    public void Inverse(T* x, nint pitch, int rows, V weight, T* y, nint pitchY)
    {
        FourierLine<V, T> line = Line;
        Transpose(x, pitch, rows, 2 * plan.Kept, line.Data);
        if (Even)
        {
            Join(line.Data, weight);
            line.Back();
            Untranspose(line.Data, n, y, pitchY, rows);
            return;
        }

        for (int k = 1; k < n; k++)
        {
            T* z = line.Data + (2 * V.Count * k);
            bool kept = k < plan.Kept;
            V.Store(kept ? weight * V.Load(ref *z) : V.Zero, ref *z);
            V.Store(kept ? weight * V.Load(ref z[V.Count]) : V.Zero, ref z[V.Count]);
        }

        line.Back();
        for (int j = 0; j < n; j++)
        {
            V.Store(V.Load(ref line.Data[2 * V.Count * j]), ref line.Data[V.Count * j]);
        }

        Untranspose(line.Data, n, y, pitchY, rows);
    }

    /// <summary>Complex rows, forward or back.</summary>
    public void Complex(T* x, nint pitch, int rows, bool back, T* y, nint pitchY)
    {
        var line = new FourierLine<V, T>(plan.Inner, a, b);
        Transpose(x, pitch, rows, 2 * n, line.Data);
        if (back)
        {
            line.Back();
        }
        else
        {
            line.Within();
        }

        Untranspose(line.Data, 2 * n, y, pitchY, rows);
    }

    /// <summary>
    /// From the transform Z of the numbers x₂ⱼ + i x₂ⱼ₊₁ to that of x: with e and o the halves of Z_k ± Z*₋ₖ,
    /// X_k = e − i w o and X_(n/2−k) = (e + i w o)*, w = e^(−2πik/n).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Part(T* z, V weight)
    {
        int half = n / 2;
        T* w = plan.Roots<T>();
        V scale = weight * Butterfly.Number<V, T>(0.5);
        Copy(z, z + (2 * V.Count * half));
        for (int k = 0; k <= half / 2; k++, w += 3)
        {
            T* low = z + (2 * V.Count * k);
            T* high = z + (2 * V.Count * (half - k));
            V factor = k == 0 ? Butterfly.Number<V, T>(0.5) : scale;
            (V ar, V ai, V br, V bi) = (
                factor * V.Load(ref *low),
                factor * V.Load(ref low[V.Count]),
                factor * V.Load(ref *high),
                factor * V.Load(ref high[V.Count]));
            (V er, V ei, V dr, V di) = (ar + br, ai - bi, ar - br, ai + bi);
            (V wr, V wi, V minus) = (V.Broadcast(w[0]), V.Broadcast(w[1]), V.Broadcast(w[2]));
            V vr = V.MultiplyAdd(dr, wr, di * minus);
            V vi = V.MultiplyAdd(dr, wi, di * wr);
            V.Store(er - vi, ref *high);
            V.Store(-(ei + vr), ref high[V.Count]);
            V.Store(er + vi, ref *low);
            V.Store(ei - vr, ref low[V.Count]);
        }
    }

    /// <summary>The way back: Z_k = e + i v and Z_(n/2−k) = (e − i v)*, where now e and o are X_k ± X*₍ₙ⸝₂₋ₖ₎ and v is
    /// o over w. Imaginary parts at 0 and n/2 do not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Join(T* z, V weight)
    {
        int half = n / 2;
        T* w = plan.Roots<T>();
        V first = V.Load(ref *z);
        V last = V.Load(ref z[2 * V.Count * half]);
        V.Store(first + last, ref *z);
        V.Store(first - last, ref z[V.Count]);
        V scale = weight * Butterfly.Number<V, T>(0.5);
        for (int k = 1; k <= half / 2; k++)
        {
            w += 3;
            T* low = z + (2 * V.Count * k);
            T* high = z + (2 * V.Count * (half - k));
            (V ar, V ai, V br, V bi) = (
                scale * V.Load(ref *low),
                scale * V.Load(ref low[V.Count]),
                scale * V.Load(ref *high),
                scale * V.Load(ref high[V.Count]));
            (V er, V ei, V dr, V di) = (ar + br, ai - bi, ar - br, ai + bi);
            (V wr, V wi, V minus) = (V.Broadcast(w[0]), V.Broadcast(w[1]), V.Broadcast(w[2]));
            V vr = V.MultiplyAdd(dr, wr, di * wi);
            V vi = V.MultiplyAdd(dr, minus, di * wr);
            V.Store(er + vi, ref *high);
            V.Store(vr - ei, ref high[V.Count]);
            V.Store(er - vi, ref *low);
            V.Store(ei + vr, ref low[V.Count]);
        }
    }

    private static void Copy(T* source, T* target)
    {
        V.Store(V.Load(ref *source), ref *target);
        V.Store(V.Load(ref source[V.Count]), ref target[V.Count]);
    }

    /// <summary>Real rows as complex ones without imaginary parts.</summary>
    private void Spread(T* x, nint pitch, int rows, T* target)
    {
        for (int j = 0; j < n; j++)
        {
            for (int lane = 0; lane < V.Count; lane++)
            {
                target[(2 * V.Count * j) + lane] = lane < rows ? x[(lane * pitch) + j] : T.Zero;
                target[(2 * V.Count * j) + V.Count + lane] = T.Zero;
            }
        }
    }

    /// <summary>Element j of row r goes to place j · lanes + r; lanes without a row are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(T* x, nint pitch, int rows, int length, T* target)
    {
        int j = 0;
        if (rows == V.Count)
        {
            for (; j + V.Count <= length; j += V.Count)
            {
                Square(x + j, pitch, target + (j * V.Count), V.Count);
            }
        }

        for (; j < length; j++)
        {
            for (int lane = 0; lane < V.Count; lane++)
            {
                target[(j * V.Count) + lane] = lane < rows ? x[(lane * pitch) + j] : T.Zero;
            }
        }
    }

    /// <summary>The way back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Untranspose(T* source, int length, T* y, nint pitch, int rows)
    {
        int j = 0;
        if (rows == V.Count)
        {
            for (; j + V.Count <= length; j += V.Count)
            {
                Square(source + (j * V.Count), V.Count, y + j, pitch);
            }
        }

        for (; j < length; j++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                y[(lane * pitch) + j] = source[(j * V.Count) + lane];
            }
        }
    }

    /// <summary>A square of lanes × lanes, transposed: zipping row i with row i + lanes/2, log₂ lanes times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(T* x, nint pitch, T* y, nint pitchY)
    {
        if (V.Count == 4)
        {
            V.Zip(V.Load(ref *x), V.Load(ref x[2 * pitch]), out V a0, out V a1);
            V.Zip(V.Load(ref x[pitch]), V.Load(ref x[3 * pitch]), out V a2, out V a3);
            V.Zip(a0, a2, out V b0, out V b1);
            V.Zip(a1, a3, out V b2, out V b3);
            V.Store(b0, ref *y);
            V.Store(b1, ref y[pitchY]);
            V.Store(b2, ref y[2 * pitchY]);
            V.Store(b3, ref y[3 * pitchY]);
        }
        else
        {
            Zips(x, pitch, y, pitchY);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Zips(T* x, nint pitch, T* y, nint pitchY)
    {
        int half = V.Count / 2;
        V* p = stackalloc V[V.Count];
        V* q = stackalloc V[V.Count];
        for (int i = 0; i < half; i++)
        {
            V.Zip(V.Load(ref x[i * pitch]), V.Load(ref x[(i + half) * pitch]), out p[2 * i], out p[(2 * i) + 1]);
        }

        for (int stage = 2; stage < V.Count; stage *= 2)
        {
            for (int i = 0; i < half; i++)
            {
                V.Zip(p[i], p[i + half], out q[2 * i], out q[(2 * i) + 1]);
            }

            V* swap = p;
            p = q;
            q = swap;
        }

        for (int i = 0; i < V.Count; i++)
        {
            V.Store(p[i], ref y[i * pitchY]);
        }
    }
}
