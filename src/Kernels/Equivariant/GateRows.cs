using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>Neighbouring scalars of a row that pass through one activation.</summary>
/// <param name="Column">The first of them in a row of the input.</param>
/// <param name="Length">Their number.</param>
/// <param name="Output">Where they are kept in a row of the output; −1 for gates.</param>
/// <param name="Start">The place of the first row's in an array that holds segment after segment, row after row.</param>
public readonly record struct GateSegment(int Column, int Length, int Output, int Start);

/// <summary>Neighbouring channels of a chunk whose gates are neighbours too.</summary>
/// <param name="Column">The first channel of the first component in a row of the input.</param>
/// <param name="Step">The columns from a component to the next in the input.</param>
/// <param name="Output">The first channel of the first component in a row of the output.</param>
/// <param name="OutputStep">The columns from a component to the next in the output.</param>
/// <param name="Components">The components 2l+1.</param>
/// <param name="Length">The channels.</param>
/// <param name="Segment">The segment of the gates.</param>
/// <param name="Offset">The place of the first gate within the segment.</param>
public readonly record struct GatePiece(
    int Column, int Step, int Output, int OutputStep, int Components, int Length, int Segment, int Offset);

/// <summary>
/// The gate of equivariant networks on rows, and all its derivatives. With scalars s and functions φ of them, kept
/// scalars are y = φ(s) and gated channels y_c = φ(s) x_c. The derivative of order k in directions h₁ … h_k is
/// <c>φ⁽ᵏ⁾ Πhᵢ</c> for kept scalars and <c>φ⁽ᵏ⁾ Πhᵢ x_c + φ⁽ᵏ⁻¹⁾ Σᵢ Π_{j≠i}h_j h_ic</c> for gated channels, where h stands
/// for its own scalar; the gradient of its product with g by x is of the same kind.
/// </summary>
public static unsafe class GateRows
{
    // Elements of x in a block, and below which threads cost more than they bring.
    private const int BlockElements = 4096;
    private const int Serial = 16384;

    /// <summary>Copies the scalars of all rows, segment after segment.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="segments">The segments.</param>
    /// <param name="width">The columns of x.</param>
    /// <param name="x">The rows.</param>
    /// <param name="scalars">The result.</param>
    public static void TakeScalars<T>(
        ReadOnlySpan<GateSegment> segments, int width, ReadOnlySpan<T> x, Span<T> scalars)
        where T : unmanaged
    {
        int rows = Guard.RowCount(x.Length, width, nameof(x));
        foreach (GateSegment s in segments)
        {
            for (int r = 0; r < rows; r++)
            {
                x.Slice((r * width) + s.Column, s.Length).CopyTo(scalars[(s.Start + (r * s.Length))..]);
            }
        }
    }

    /// <summary>The derivative of order <c>directions.Length</c>, a row of the output for each row of x.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="segments">The segments of scalars.</param>
    /// <param name="pieces">The gated channels.</param>
    /// <param name="width">The columns of x.</param>
    /// <param name="x">The rows.</param>
    /// <param name="directions">The directions h₁ … h_k, of the shape of x.</param>
    /// <param name="current">φ⁽ᵏ⁾ of the scalars, laid out as the segments say.</param>
    /// <param name="before">φ⁽ᵏ⁻¹⁾ of the scalars; not read for k = 0.</param>
    /// <param name="outputWidth">The columns of y.</param>
    /// <param name="y">The result, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ValueInto<T>(
        ReadOnlySpan<GateSegment> segments,
        ReadOnlySpan<GatePiece> pieces,
        int width,
        ReadOnlySpan<T> x,
        ReadOnlyMemory<T>[] directions,
        ReadOnlySpan<T> current,
        ReadOnlySpan<T> before,
        int outputWidth,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = Guard.RowCount(x.Length, width, nameof(x));
        Guard.Length(y.Length, (long)rows * outputWidth, nameof(y));
        fixed (GateSegment* s = segments)
        fixed (GatePiece* p = pieces)
        fixed (T* px = x, pc = current, pb = before, py = y)
        {
            Run(new Job<T>
            {
                Segments = s,
                SegmentCount = segments.Length,
                Pieces = p,
                PieceCount = pieces.Length,
                Rows = rows,
                Width = width,
                OutputWidth = outputWidth,
                X = px,
                Directions = directions,
                Scalars = current.Length,
                High = pc,
                Low = pb,
                Before = before.Length,
                Y = py,
            });
        }
    }

    // The rows from first to end of the derivative; scratch is as long as a row of x.
    private static void Values<T>(
        int first,
        int end,
        Span<T> factor,
        ReadOnlySpan<GateSegment> segments,
        ReadOnlySpan<GatePiece> pieces,
        int width,
        ReadOnlySpan<T> x,
        ReadOnlyMemory<T>[] directions,
        ReadOnlySpan<T> current,
        ReadOnlySpan<T> before,
        int outputWidth,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int r = first; r < end; r++)
        {
            Span<T> row = y.Slice(r * outputWidth, outputWidth);
            foreach (GateSegment s in segments)
            {
                if (s.Output >= 0)
                {
                    Products(directions, -1, (r * width) + s.Column, At(current, s, r), row.Slice(s.Output, s.Length));
                }
            }

            foreach (GatePiece p in pieces)
            {
                GateSegment s = segments[p.Segment];
                int gate = (r * width) + s.Column + p.Offset;
                Span<T> f = factor[..p.Length];
                Products(directions, -1, gate, At(current, s, r).Slice(p.Offset, p.Length), f);
                for (int c = 0; c < p.Components; c++)
                {
                    TensorPrimitives.Multiply(
                        x.Slice((r * width) + p.Column + (c * p.Step), p.Length),
                        f,
                        row.Slice(p.Output + (c * p.OutputStep), p.Length));
                }

                for (int i = 0; i < directions.Length; i++)
                {
                    Products(directions, i, gate, At(before, s, r).Slice(p.Offset, p.Length), f);
                    ReadOnlySpan<T> h = directions[i].Span;
                    for (int c = 0; c < p.Components; c++)
                    {
                        Span<T> to = row.Slice(p.Output + (c * p.OutputStep), p.Length);
                        AddProduct(h.Slice((r * width) + p.Column + (c * p.Step), p.Length), f, to);
                    }
                }
            }
        }
    }

    /// <summary>The gradient by x of the product of g with the derivative of order <c>directions.Length</c>.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="segments">The segments of scalars.</param>
    /// <param name="pieces">The gated channels.</param>
    /// <param name="width">The columns of x.</param>
    /// <param name="x">The rows.</param>
    /// <param name="directions">The directions h₁ … h_k, of the shape of x.</param>
    /// <param name="next">φ⁽ᵏ⁺¹⁾ of the scalars, laid out as the segments say.</param>
    /// <param name="current">φ⁽ᵏ⁾ of the scalars.</param>
    /// <param name="outputWidth">The columns of g.</param>
    /// <param name="g">The other factor, of the shape of the output.</param>
    /// <param name="y">The result, of the shape of x, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void GradientInto<T>(
        ReadOnlySpan<GateSegment> segments,
        ReadOnlySpan<GatePiece> pieces,
        int width,
        ReadOnlySpan<T> x,
        ReadOnlyMemory<T>[] directions,
        ReadOnlySpan<T> next,
        ReadOnlySpan<T> current,
        int outputWidth,
        ReadOnlySpan<T> g,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = Guard.RowCount(x.Length, width, nameof(x));
        Guard.Length(g.Length, (long)rows * outputWidth, nameof(g));
        Guard.Length(y.Length, x.Length, nameof(y));
        fixed (GateSegment* s = segments)
        fixed (GatePiece* p = pieces)
        fixed (T* px = x, pn = next, pc = current, pg = g, py = y)
        {
            Run(new Job<T>
            {
                Segments = s,
                SegmentCount = segments.Length,
                Pieces = p,
                PieceCount = pieces.Length,
                Rows = rows,
                Width = width,
                OutputWidth = outputWidth,
                X = px,
                Directions = directions,
                Scalars = next.Length,
                High = pn,
                Low = pc,
                Before = current.Length,
                G = pg,
                IsGradient = true,
                Y = py,
            });
        }
    }

    // The rows from first to end of the gradient; scratch is as long as a row of x.
    private static void Gradients<T>(
        int first,
        int end,
        Span<T> factor,
        Span<T> sum,
        ReadOnlySpan<GateSegment> segments,
        ReadOnlySpan<GatePiece> pieces,
        int width,
        ReadOnlySpan<T> x,
        ReadOnlyMemory<T>[] directions,
        ReadOnlySpan<T> next,
        ReadOnlySpan<T> current,
        int outputWidth,
        ReadOnlySpan<T> g,
        Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int r = first; r < end; r++)
        {
            int start = r * width;
            ReadOnlySpan<T> row = g.Slice(r * outputWidth, outputWidth);
            foreach (GateSegment s in segments)
            {
                if (s.Output >= 0)
                {
                    Span<T> to = y.Slice(start + s.Column, s.Length);
                    Products(directions, -1, start + s.Column, At(next, s, r), to);
                    TensorPrimitives.Multiply(to, row.Slice(s.Output, s.Length), to);
                }
            }

            foreach (GatePiece p in pieces)
            {
                GateSegment s = segments[p.Segment];
                int gate = start + s.Column + p.Offset;
                ReadOnlySpan<T> slope = At(next, s, r).Slice(p.Offset, p.Length);
                ReadOnlySpan<T> value = At(current, s, r).Slice(p.Offset, p.Length);
                Span<T> f = factor[..p.Length];
                Span<T> total = sum[..p.Length];
                Span<T> gates = y.Slice(gate, p.Length);
                Products(directions, -1, gate, value, f);
                total.Clear();
                for (int c = 0; c < p.Components; c++)
                {
                    int place = start + p.Column + (c * p.Step);
                    ReadOnlySpan<T> factors = row.Slice(p.Output + (c * p.OutputStep), p.Length);
                    TensorPrimitives.Multiply(factors, f, y.Slice(place, p.Length));
                    AddProduct(factors, x.Slice(place, p.Length), total);
                }

                Products(directions, -1, gate, slope, f);
                TensorPrimitives.Multiply(total, f, gates);
                for (int i = 0; i < directions.Length; i++)
                {
                    ReadOnlySpan<T> h = directions[i].Span;
                    total.Clear();
                    for (int c = 0; c < p.Components; c++)
                    {
                        ReadOnlySpan<T> factors = row.Slice(p.Output + (c * p.OutputStep), p.Length);
                        AddProduct(factors, h.Slice(start + p.Column + (c * p.Step), p.Length), total);
                    }

                    Products(directions, i, gate, value, f);
                    AddProduct(total, f, gates);
                }
            }
        }
    }

    private static void Run<T>(in Job<T> job)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if ((long)job.Rows * job.Width < Serial)
        {
            job.RunRows(0, job.Rows);
        }
        else
        {
            Workers.Run((job.Rows + job.BlockRows - 1) / job.BlockRows, job);
        }
    }

    private static ReadOnlySpan<T> At<T>(ReadOnlySpan<T> values, GateSegment s, int row) =>
        values.Slice(s.Start + (row * s.Length), s.Length);

    // y = factors times the directions at a place, but for one of them.
    private static void Products<T>(
        ReadOnlyMemory<T>[] directions, int without, int place, ReadOnlySpan<T> factors, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        factors.CopyTo(y);
        for (int i = 0; i < directions.Length; i++)
        {
            if (i != without)
            {
                TensorPrimitives.Multiply(y, directions[i].Span.Slice(place, y.Length), y);
            }
        }
    }

    private static void AddProduct<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        TensorPrimitives.MultiplyAdd(a, b, y, y);

    private struct Job<T> : IJob
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public GateSegment* Segments;
        public GatePiece* Pieces;
        public int SegmentCount, PieceCount, Rows, Width, OutputWidth, Scalars, Before;
        public ReadOnlyMemory<T>[] Directions;
        public T* X, High, Low, G, Y;
        public bool IsGradient;

        public readonly int BlockRows => Math.Max(1, BlockElements / Math.Max(1, Width));

        public readonly void Run(int block) => RunRows(block * BlockRows, Math.Min(Rows, (block + 1) * BlockRows));

        public readonly void RunRows(int first, int end)
        {
            T[] memory = ArrayPool<T>.Shared.Rent(2 * Width);
            Span<T> factor = memory.AsSpan(0, Width);
            var segments = new ReadOnlySpan<GateSegment>(Segments, SegmentCount);
            var pieces = new ReadOnlySpan<GatePiece>(Pieces, PieceCount);
            var x = new ReadOnlySpan<T>(X, Rows * Width);
            var high = new ReadOnlySpan<T>(High, Scalars);
            var low = new ReadOnlySpan<T>(Low, Before);
            if (IsGradient)
            {
                Span<T> sum = memory.AsSpan(Width, Width);
                var g = new ReadOnlySpan<T>(G, Rows * OutputWidth);
                var y = new Span<T>(Y, Rows * Width);
                Gradients(
                    first, end, factor, sum, segments, pieces, Width, x, Directions, high, low, OutputWidth, g, y);
            }
            else
            {
                var y = new Span<T>(Y, Rows * OutputWidth);
                Values(first, end, factor, segments, pieces, Width, x, Directions, high, low, OutputWidth, y);
            }

            ArrayPool<T>.Shared.Return(memory);
        }
    }
}
