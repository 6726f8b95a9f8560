using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Arrays addressed by a shape, the step of each axis in elements, and an offset: element i is at offset + Σ stepₖ iₖ.
/// A step of 0 repeats, a negative step runs backwards; a shape with a zero has no elements, rank 0 is one element,
/// rank 8 is the largest. One loop nest serves copies (permute, slice, expand), their transposes, and products with
/// broadcasting and their contractions. From 32768 elements on, parts of y are computed in parallel; the bits do not
/// depend on it.
/// </summary>
public static unsafe class Strided
{
    // Loops of at most so many elements are run as they come.
    private const int Small = 128;

    /// <summary>y[i…] = x[offset + strides·i], y contiguous in row-major order.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The source.</param>
    /// <param name="shape">The lengths of the axes.</param>
    /// <param name="strides">The steps of x.</param>
    /// <param name="offset">Where the first element of x is.</param>
    /// <param name="y">The result, of as many elements as the shape has; must not overlap x.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the steps lead out of x.</exception>
    public static void CopyInto<T>(
        ReadOnlySpan<T> x,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> strides,
        int offset,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        CheckRank(shape, strides, nameof(strides), nameof(CopyInto));
        Span<int> contiguous = stackalloc int[Axes.Limit];
        Guard.Length(y.Length, Contiguous(shape, contiguous), nameof(y));
        var one = T.One;
        var factor = new ReadOnlySpan<T>(in one);
        contiguous = contiguous[..shape.Length];
        var names = new Names(nameof(CopyInto), "x", "one", "y");
        Run(names, shape, x, strides, offset, factor, [], y, contiguous, 0, overwrite: true, unit: true);
    }

    /// <summary>
    /// y[offset + strides·i] += x[i…], x contiguous in row-major order: the transpose of <see cref="CopyInto"/>. Axes
    /// with a step of 0 are sums, pairwise. Elements of y that are not reached keep their value.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="x">The addend, of as many elements as the shape has.</param>
    /// <param name="shape">The lengths of the axes.</param>
    /// <param name="strides">The steps of y.</param>
    /// <param name="offset">Where the first element of y is.</param>
    /// <param name="y">The sum so far; must not overlap x.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the steps lead out of y.</exception>
    public static void AddTo<T>(
        ReadOnlySpan<T> x,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> strides,
        int offset,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        CheckRank(shape, strides, nameof(strides), nameof(AddTo));
        Span<int> contiguous = stackalloc int[Axes.Limit];
        Guard.Length(x.Length, Contiguous(shape, contiguous), nameof(x));
        var one = T.One;
        var factor = new ReadOnlySpan<T>(in one);
        contiguous = contiguous[..shape.Length];
        var names = new Names(nameof(AddTo), "x", "one", "y");
        Run(names, shape, x, contiguous, 0, factor, [], y, strides, offset, overwrite: false, unit: true);
    }

    /// <summary>
    /// y[ys·i] (+)= a[as·i] b[bs·i] over all i of the shape: multiplication with broadcasting and, where ys has zeros,
    /// all its contractions. Sums are pairwise.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="shape">The lengths of the axes.</param>
    /// <param name="a">The first factor.</param>
    /// <param name="aStrides">Its steps.</param>
    /// <param name="b">The second factor.</param>
    /// <param name="bStrides">Its steps.</param>
    /// <param name="y">The result; must not overlap a or b.</param>
    /// <param name="yStrides">Its steps.</param>
    /// <param name="overwrite">
    /// True: the steps reach all of y, which is set. False: the products are added to y.
    /// </param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the steps lead out of an array.</exception>
    public static void MultiplyAddTo<T>(
        ReadOnlySpan<int> shape,
        ReadOnlySpan<T> a,
        ReadOnlySpan<int> aStrides,
        ReadOnlySpan<T> b,
        ReadOnlySpan<int> bStrides,
        Span<T> y,
        ReadOnlySpan<int> yStrides,
        bool overwrite)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        CheckRank(shape, aStrides, nameof(aStrides), nameof(MultiplyAddTo));
        CheckRank(shape, bStrides, nameof(bStrides), nameof(MultiplyAddTo));
        CheckRank(shape, yStrides, nameof(yStrides), nameof(MultiplyAddTo));
        var names = new Names(nameof(MultiplyAddTo), "a", "b", "y");
        Run(names, shape, a, aStrides, 0, b, bStrides, y, yStrides, 0, overwrite, unit: false);
    }

    private static void CheckRank(ReadOnlySpan<int> shape, ReadOnlySpan<int> strides, string name, string operation)
    {
        Guard.AtMost(shape.Length, Axes.Limit, "the rank", operation);
        Guard.Length(strides.Length, shape.Length, name, operation);
    }

    // The steps of a row-major array; returns its length.
    private static long Contiguous(ReadOnlySpan<int> shape, Span<int> strides)
    {
        var step = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = (int)step;
            step *= shape[i];
        }

        return step;
    }

    // The common way; unit says that b is one and has no steps.
    private static void Run<T>(
        in Names names,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<T> a,
        ReadOnlySpan<int> aStrides,
        int aOffset,
        ReadOnlySpan<T> b,
        ReadOnlySpan<int> bStrides,
        Span<T> y,
        ReadOnlySpan<int> yStrides,
        int yOffset,
        bool overwrite,
        bool unit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<Axis> axes = stackalloc Axis[Axes.Limit];
        Reach aReach = new(aOffset), bReach = new(0), yReach = new(yOffset);
        var count = 0;
        for (var i = 0; i < shape.Length; i++)
        {
            var axis = new Axis { Length = shape[i], A = aStrides[i], B = unit ? 0 : bStrides[i], Y = yStrides[i] };
            if (axis.Length == 1)
            {
                continue;
            }

            if (axis.Length <= 0)
            {
                Empty(names, shape, y, overwrite);
                return;
            }

            aReach.Extend(axis.Length, axis.A);
            bReach.Extend(axis.Length, axis.B);
            yReach.Extend(axis.Length, axis.Y);
            count = Append(axes, count, axis);
        }

        aReach.Check(names, names.A, a.Length, shape, aStrides, aOffset);
        bReach.Check(names, names.B, b.Length, shape, bStrides, 0);
        yReach.Check(names, names.Y, y.Length, shape, yStrides, yOffset);
        if (count == 0)
        {
            var product = a[aOffset] * b[0];
            y[yOffset] = overwrite ? product : y[yOffset] + product;
            return;
        }

        fixed (T* pa = a, pb = b, py = y)
        {
            Run(axes[..count], pa + aOffset, pb, py + yOffset, y, overwrite, unit);
        }
    }

    private static void Run<T>(Span<Axis> axes, T* a, T* b, T* y, Span<T> all, bool overwrite, bool unit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var total = 1L;
        foreach (ref readonly var axis in axes)
        {
            total *= axis.Length;
        }

        if (total <= Small)
        {
            // What is set once may be set at once; otherwise it is cleared and added to.
            var set = overwrite && (unit || axes.Length == 1 && axes[0].Y == 1);
            if (overwrite && !set)
            {
                all.Clear();
            }

            Visit(axes, a, b, y, !set, unit);
            return;
        }

        new Contraction<T>(axes, a, b, y, !overwrite, unit).Run(all);
    }

    // Few elements: the loops as they come, because to order them would cost more than it saves.
    private static void Visit<T>(ReadOnlySpan<Axis> axes, T* a, T* b, T* y, bool accumulate, bool unit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ref readonly var axis = ref axes[0];
        if (axes.Length > 1)
        {
            for (var i = 0; i < axis.Length; i++)
            {
                Visit(axes[1..], a, b, y, accumulate, unit);
                a += axis.A;
                b += axis.B;
                y += axis.Y;
            }
        }
        else if (axis.Y == 0)
        {
            *y += Runs.Sum(a, b, axis, unit);
        }
        else
        {
            Runs.Multiply(a, b, y, axis, axis.Length, accumulate, unit);
        }
    }

    // Joins the axis with the one before it when together they are one run in all arrays.
    private static int Append(Span<Axis> axes, int count, in Axis axis)
    {
        if (count > 0)
        {
            ref var last = ref axes[count - 1];
            if (last.A == (long)axis.A * axis.Length
                && last.B == (long)axis.B * axis.Length
                && last.Y == (long)axis.Y * axis.Length)
            {
                var length = last.Length;
                last = axis;
                last.Length = checked(length * axis.Length);
                return count;
            }
        }

        axes[count] = axis;
        return count + 1;
    }

    private static void Empty<T>(in Names names, ReadOnlySpan<int> shape, Span<T> y, bool overwrite)
    {
        foreach (var length in shape)
        {
            Guard.NotNegative(length, "an axis of the shape", names.Operation);
        }

        if (overwrite)
        {
            y.Clear();
        }
    }

    // The names of the operation and its arrays, for messages.
    private readonly record struct Names(string Operation, string A, string B, string Y);

    // The first and the last element that the steps of an array reach.
    private struct Reach(int offset)
    {
        private long low = offset;
        private long high = offset;

        public void Extend(int length, int step)
        {
            var last = (length - 1) * (long)step;
            low += Math.Min(last, 0);
            high += Math.Max(last, 0);
        }

        public readonly void Check(
            in Names names,
            string name,
            int length,
            ReadOnlySpan<int> shape,
            ReadOnlySpan<int> strides,
            int offset)
        {
            if (low < 0 || high >= length)
            {
                Throw(names, name, length, shape, strides, offset);
            }
        }

        [DoesNotReturn]
        private readonly void Throw(
            in Names names,
            string name,
            int length,
            ReadOnlySpan<int> shape,
            ReadOnlySpan<int> strides,
            int offset) =>
            throw new ArgumentException(
                $"{names.Operation}: shape [{List(shape)}] with strides [{List(strides)}] and offset {offset} "
                + $"reaches from {low} to {high}, expected 0 to {length - 1}, because {name} has {length} elements.",
                name);

        private static string List(ReadOnlySpan<int> values) => string.Join(", ", values.ToArray());
    }
}
