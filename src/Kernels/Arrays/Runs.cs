using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// One axis as an innermost loop: y (+)= a b along it, or Σ a b, by the loop of <see cref="Loops"/> that fits.
/// </summary>
internal static unsafe class Runs
{
    /// <summary>y (+)= a b over n elements; "unit" says that b is one.</summary>
    public static void Multiply<T>(T* a, T* b, T* y, in Axis axis, int n, bool accumulate, bool unit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (axis.Y != 1 || (uint)axis.A > 1 || (uint)axis.B > 1)
        {
            if (unit && !accumulate)
            {
                Loops.Copy(a, axis.A, y, axis.Y, n);
            }
            else
            {
                Loops.Multiply(a, axis.A, b, axis.B, y, axis.Y, n, accumulate);
            }
        }
        else if (unit && axis.A == 1)
        {
            if (accumulate)
            {
                Loops.Add(a, y, n);
            }
            else
            {
                Loops.Copy(a, y, n);
            }
        }
        else if (axis.A == 1 && axis.B == 1)
        {
            Loops.Multiply(a, b, y, n, accumulate);
        }
        else if (axis.A == 1)
        {
            Loops.Scale(a, *b, y, n, accumulate);
        }
        else if (axis.B == 1)
        {
            Loops.Scale(b, *a, y, n, accumulate);
        }
        else
        {
            Loops.Fill(unit ? *a : *a * *b, y, n, accumulate);
        }
    }

    /// <summary>Σ a b over the axis; "unit" says that b is one.</summary>
    public static T Sum<T>(T* a, T* b, in Axis axis, bool unit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var n = axis.Length;
        return (axis.A, axis.B) switch
        {
            (1, 1) => Loops.Dot(a, b, n),
            (1, 0) => unit ? Loops.Sum(a, n) : Loops.Sum(a, n) * *b,
            (0, 1) => Loops.Sum(b, n) * *a,
            (0, 0) => T.CreateTruncating(n) * (unit ? *a : *a * *b),
            _ => Loops.Dot(a, axis.A, b, axis.B, n),
        };
    }
}
