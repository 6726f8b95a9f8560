namespace Noether.Kernels.Tests;

/// <summary>Random ways to lay out a shape in memory.</summary>
internal sealed record Layout(int[] Strides, int Offset, int Length)
{
    /// <summary>What a layout is for.</summary>
    public enum Kind
    {
        /// <summary>To be read: any steps.</summary>
        Read,

        /// <summary>To be added to: any steps, repeated and overlapping elements included.</summary>
        Accumulate,

        /// <summary>An operand without offset: steps that are not negative.</summary>
        Factor,

        /// <summary>A result that is wholly covered: the axes in any order without gaps, or summed.</summary>
        Result,
    }

    public static int Count(int[] shape) => shape.Aggregate(1, (product, length) => product * length);

    /// <summary>Rank 0 to 5, lengths 0 to 6 and now and then longer, rarely empty.</summary>
    public static int[] RandomShape(Random random)
    {
        var shape = new int[random.Next(6)];
        for (var k = 0; k < shape.Length; k++)
        {
            shape[k] = random.Next(12) switch
            {
                0 => random.Next(20) == 0 ? 0 : 1,
                1 => 16 + random.Next(20),
                _ => 1 + random.Next(6),
            };
        }

        return shape;
    }

    public static Layout Random(Random random, int[] shape, Kind kind)
    {
        var strides = new int[shape.Length];
        var order = Enumerable.Range(0, shape.Length).ToArray();
        if (random.Next(2) == 0)
        {
            random.Shuffle(order);
        }

        var step = 1;
        for (var k = order.Length - 1; k >= 0; k--)
        {
            var axis = order[k];
            var repeated = random.Next(4) == 0;
            var gap = kind != Kind.Result && random.Next(4) == 0 ? 1 + random.Next(2) : 0;
            var negative = kind is Kind.Read or Kind.Accumulate && random.Next(4) == 0;
            var overlapping = kind == Kind.Accumulate && random.Next(8) == 0;
            strides[axis] = repeated ? 0 : overlapping ? 1 : (step + gap) * (negative ? -1 : 1);
            step = repeated || overlapping ? step : (step + gap) * Math.Max(1, shape[axis]);
        }

        if (shape.Contains(0))
        {
            return new Layout(strides, 0, kind == Kind.Result ? Covered(shape, strides) : 1 + random.Next(3));
        }

        int low = 0, high = 0;
        for (var k = 0; k < shape.Length; k++)
        {
            var last = (shape[k] - 1) * strides[k];
            low += Math.Min(0, last);
            high += Math.Max(0, last);
        }

        var margin = kind is Kind.Read or Kind.Accumulate ? random.Next(3) : 0;
        return new Layout(strides, margin - low, margin + high - low + 1);
    }

    public string Describe(int[] shape) => $"[{string.Join(',', shape)}] by [{string.Join(',', Strides)}]";

    private static int Covered(int[] shape, int[] strides) =>
        Count([.. shape.Where((_, axis) => strides[axis] != 0)]);
}
