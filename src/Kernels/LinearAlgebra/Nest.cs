using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>One loop over up to three arrays: its length, and what one step means in each, in elements.</summary>
internal struct Axis
{
    public int Length;
    public int A;
    public int B;
    public int Y;

    /// <summary>The distance of a step in memory, over all arrays.</summary>
    public readonly long Spread => Math.Abs((long)A) + Math.Abs((long)B) + Math.Abs((long)Y);
}

/// <summary>Up to eight loops.</summary>
[InlineArray(Limit)]
internal struct Axes
{
    /// <summary>The largest rank of a strided array.</summary>
    public const int Limit = 8;

    private Axis first;
}

/// <summary>
/// The loops of y[ys·i] (+)= a[as·i] b[bs·i] in the order in which they are run: axes of length 1 dropped, neighbours
/// that are one run in all arrays joined, the best axis innermost, and the others parted into those
/// that y keeps (outside) and those that y sums over (inside).
/// </summary>
internal struct Nest
{
    /// <summary>Elements that <see cref="Loops.Transpose"/> takes at a time.</summary>
    public const int TransposeWidth = 8;

    /// <summary>The innermost loop.</summary>
    public Axis Inner;

    /// <summary>The next loop that y keeps; length 1 when there is none.</summary>
    public Axis Second;

    /// <summary>The outer loops that y keeps, outermost first.</summary>
    public Axes Kept;

    /// <summary>The loops around <see cref="Inner"/> that y sums over, outermost first.</summary>
    public Axes Summed;

    /// <summary>The number of <see cref="Kept"/>.</summary>
    public int KeptCount;

    /// <summary>The number of <see cref="Summed"/>.</summary>
    public int SummedCount;

    /// <summary>The product of the lengths of <see cref="Summed"/>.</summary>
    public int SummedTotal;

    /// <summary>The number of all elements of all loops.</summary>
    public long Total;

    /// <summary>Whether y sums over the innermost loop.</summary>
    public readonly bool InnerSummed => Inner.Y == 0;

    /// <summary>Whether <see cref="Inner"/> has steps of 0 or 1 only, so that whole vectors move.</summary>
    public readonly bool Vectorised => IsVectorised(Inner);

    /// <summary>Orders the axes, which have lengths above 1 and are given outermost first.</summary>
    public static void Order(Span<Axis> axes, out Nest nest)
    {
        nest.Inner = new Axis { Length = 1, A = 1, B = 1, Y = 1 };
        nest.Second = new Axis { Length = 1 };
        nest.KeptCount = 0;
        nest.SummedCount = 0;
        nest.SummedTotal = 1;
        nest.Total = 1;
        Unsafe.SkipInit(out nest.Kept);
        Unsafe.SkipInit(out nest.Summed);
        if (axes.Length == 0)
        {
            return;
        }

        var inner = Innermost(axes);
        nest.Inner = axes[inner];
        nest.Total = axes[inner].Length;
        for (var i = 0; i < axes.Length; i++)
        {
            if (i != inner)
            {
                nest.Total *= axes[i].Length;
                nest.Place(axes[i]);
            }
        }

        if (nest.KeptCount > 0)
        {
            nest.Second = nest.Kept[--nest.KeptCount];
        }

        // Two axes that go through single elements: better the one along which y is contiguous, for transpositions.
        if (!nest.Vectorised && !nest.InnerSummed && nest.Second.Y == 1 && nest.Second.Length >= TransposeWidth)
        {
            (nest.Inner, nest.Second) = (nest.Second, nest.Inner);
        }
    }

    /// <summary>Whether different kept indices may meet in the same element of y.</summary>
    public readonly bool Overlaps()
    {
        Span<Axis> axes = stackalloc Axis[Axes.Limit + 2];
        var count = 0;
        for (var i = 0; i < KeptCount; i++)
        {
            Insert(axes, count++, Kept[i], byStepInY: true);
        }

        Insert(axes, count++, Second, byStepInY: true);
        if (!InnerSummed)
        {
            Insert(axes, count++, Inner, byStepInY: true);
        }

        // Each step must reach beyond all that the smaller steps cover.
        var reach = 0L;
        for (var i = count - 1; i >= 0; i--)
        {
            var step = Math.Abs((long)axes[i].Y);
            if (axes[i].Length > 1 && step <= reach)
            {
                return true;
            }

            reach += step * (axes[i].Length - 1);
        }

        return false;
    }

    // Widest spread outermost: what is near in memory is visited together.
    private void Place(Axis axis)
    {
        if (axis.Y == 0)
        {
            Insert(Summed, SummedCount++, axis, byStepInY: false);
            SummedTotal = checked(SummedTotal * axis.Length);
        }
        else
        {
            Insert(Kept, KeptCount++, axis, byStepInY: false);
        }
    }

    // Inserts into axes that are sorted, largest key first.
    private static void Insert(Span<Axis> axes, int count, in Axis axis, bool byStepInY)
    {
        var at = count;
        for (; at > 0 && Key(axes[at - 1], byStepInY) < Key(axis, byStepInY); at--)
        {
            axes[at] = axes[at - 1];
        }

        axes[at] = axis;
    }

    private static long Key(in Axis axis, bool byStepInY) => byStepInY ? Math.Abs((long)axis.Y) : axis.Spread;

    private static int Innermost(ReadOnlySpan<Axis> axes)
    {
        var best = axes.Length - 1;
        for (var i = axes.Length - 2; i >= 0; i--)
        {
            if (Cost(axes[i]) < Cost(axes[best]))
            {
                best = i;
            }
        }

        return best;
    }

    // A rough cost of an element in nanoseconds when this axis is innermost: the start of a row shared by its elements,
    // then a fraction for vectors, more for single elements, and more the fewer of them share a line of memory.
    private static double Cost(in Axis axis) =>
        (4.0 / axis.Length) + (IsVectorised(axis) ? 0.2 : 0.6 + Line(axis.A) + Line(axis.B) + Line(axis.Y));

    private static double Line(int step) => Math.Min(Math.Abs((long)step), 16) / 32.0;

    private static bool IsVectorised(in Axis axis) => axis.A is 0 or 1 && axis.B is 0 or 1 && axis.Y is 0 or 1;
}
