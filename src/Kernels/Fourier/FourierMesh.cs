using System.Numerics;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>Transforms of rows and columns of meshes, in the order that keeps planes in the cache.</summary>
internal readonly unsafe struct FourierMesh<V, T>(FourierPlan plan)
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Rows of a job where there are no planes, and groups of columns of a job, in registers.
    private const int RowGroups = 8;
    private const int ColumnGroups = 8;

    // Elements below which one thread does everything.
    private const int Serial = 8192;

    public enum Kind
    {
        Forward,
        Inverse,
        Complex,
        Back,
    }

    private int Longest =>
        Math.Max(Math.Max(plan.Outer.Length, plan.Middle.Length), Math.Max(plan.Inner.Length, plan.Kept));

    /// <summary>Rows and, in each plane, columns. The complex side's rows are a pitch apart.</summary>
    public void Planes(Kind kind, int planes, T* x, T* y, nint pitch, T weight)
    {
        int rows = plan.Middle.Length;
        int chunk = rows > 1 ? 1 : RowGroups * V.Count;
        var job = new PlaneJob
        {
            Mesh = this,
            Kind = kind,
            Planes = planes,
            Chunk = chunk,
            X = x,
            Y = y,
            Pitch = pitch,
            Weight = weight,
        };
        Run((planes + chunk - 1) / chunk, job, (long)planes * rows * plan.Inner.Length);
    }

    /// <summary>Columns along the first axis, from x to y, which may be the same.</summary>
    public void Outer(int batch, bool back, T* x, T* y, nint pitch) => Outer(batch, back, x, y, pitch, null, 0);

    /// <summary>Columns along the first axis there, times the filter, and back.</summary>
    public void Filter(T* x, nint pitch, T* filter) => Outer(1, false, x, x, pitch, filter, plan.Kept);

    private void Outer(int batch, bool back, T* x, T* y, nint pitch, T* filter, int kept)
    {
        int columns = plan.Middle.Length * (int)(pitch / 2);
        var job = new ColumnJob
        {
            Mesh = this,
            Columns = columns,
            Blocks = (columns + (ColumnGroups * V.Count) - 1) / (ColumnGroups * V.Count),
            Back = back,
            X = x,
            Y = y,
            Filter = filter,
            Kept = kept,
            Row = (int)(pitch / 2),
        };
        Run(batch * job.Blocks, job, 2L * batch * columns * plan.Outer.Length);
    }

    private static void Run<TJob>(int blocks, TJob job, long elements)
        where TJob : struct, IJob
    {
        if (elements < Serial)
        {
            for (int block = 0; block < blocks; block++)
            {
                job.Run(block);
            }
        }
        else
        {
            Workers.Run(blocks, job);
        }
    }

    private T* Allocate() =>
        (T*)NativeMemory.AlignedAlloc(2 * (nuint)FourierLine<V, T>.Size(Longest) * (nuint)sizeof(T), 64);

    private FourierLine<V, T> Line(FourierAxis axis, T* memory) =>
        new(axis, memory, memory + FourierLine<V, T>.Size(Longest));

    private static V Sign(bool back) => back ? -V.Broadcast(T.One) : V.Broadcast(T.One);

    /// <summary>Columns side by side from first up to end, from x to y.</summary>
    private void Columns(FourierAxis axis, T* memory, bool back, T* x, T* y, nint pitch, int first, int end)
    {
        V sign = Sign(back);
        int c = first;
        for (; c + V.Count <= end; c += V.Count)
        {
            Line(axis, memory).Transform(new(x + (2 * c), pitch, sign), new(y + (2 * c), pitch, sign));
        }

        if (c == end)
        {
            return;
        }

        // Too few for a register: by way of the buffer, with zeros beside them.
        FourierLine<V, T> line = Line(axis, memory);
        V low = V.Mask(2 * (end - c));
        V high = V.Mask((2 * (end - c)) - V.Count);
        for (int j = 0; j < axis.Length; j++)
        {
            T* row = x + (j * pitch) + (2 * c);
            T* target = line.Data + (2 * V.Count * j);
            V.Unzip(V.LoadMasked(row, low), V.LoadMasked(row + V.Count, high), out V re, out V im);
            V.Store(re, ref *target);
            V.Store(im, ref target[V.Count]);
        }

        if (back)
        {
            line.Back();
        }
        else
        {
            line.Within();
        }

        for (int j = 0; j < axis.Length; j++)
        {
            T* row = y + (j * pitch) + (2 * c);
            T* source = line.Data + (2 * V.Count * j);
            V.Zip(V.Load(ref *source), V.Load(ref source[V.Count]), out V head, out V tail);
            V.StoreMasked(head, row, low);
            V.StoreMasked(tail, row + V.Count, high);
        }
    }

    private struct PlaneJob : IJob
    {
        public FourierMesh<V, T> Mesh;
        public Kind Kind;
        public int Planes, Chunk;
        public T* X, Y;
        public nint Pitch;
        public T Weight;

        public readonly void Run(int block)
        {
            T* memory = Mesh.Allocate();
            FourierPlan plan = Mesh.Plan;
            int middle = plan.Middle.Length;
            int first = block * Chunk;
            int rows = Math.Min(Chunk, Planes - first) * middle;
            nint real = Kind is Kind.Forward or Kind.Inverse ? plan.Inner.Length : Pitch;
            nint row = (nint)first * middle;
            T* x = X + (row * (Kind == Kind.Inverse ? Pitch : real));
            T* y = Y + (row * (Kind == Kind.Inverse ? real : Pitch));
            if (Kind == Kind.Inverse && middle > 1)
            {
                Mesh.Columns(plan.Middle, memory, true, x, x, Pitch, 0, (int)(Pitch / 2));
            }

            var lines = new FourierRows<V, T>(
                plan, memory, memory + FourierLine<V, T>.Size(Mesh.Longest));
            for (int r = 0; r < rows; r += V.Count)
            {
                int count = Math.Min(V.Count, rows - r);
                switch (Kind)
                {
                    case Kind.Forward:
                        lines.Forward(x + (r * real), real, count, y + (r * Pitch), Pitch, V.Broadcast(Weight));
                        break;
                    case Kind.Inverse:
                        lines.Inverse(x + (r * Pitch), Pitch, count, V.Broadcast(Weight), y + (r * real), real);
                        break;
                    default:
                        lines.Complex(x + (r * Pitch), Pitch, count, Kind == Kind.Back, y + (r * Pitch), Pitch);
                        break;
                }
            }

            // What rows are filled up with is transformed with them.
            int used = 2 * plan.Kept;
            for (int r = 0; r < rows && Kind == Kind.Forward && Pitch > used; r++)
            {
                new Span<T>(y + (r * Pitch) + used, (int)Pitch - used).Clear();
            }

            if (Kind != Kind.Inverse && middle > 1)
            {
                Mesh.Columns(plan.Middle, memory, Kind == Kind.Back, y, y, Pitch, 0, (int)(Pitch / 2));
            }

            NativeMemory.AlignedFree(memory);
        }
    }

    private struct ColumnJob : IJob
    {
        public FourierMesh<V, T> Mesh;
        public int Columns, Blocks, Row, Kept;
        public bool Back;
        public T* X, Y, Filter;

        public readonly void Run(int block)
        {
            T* memory = Mesh.Allocate();
            FourierAxis axis = Mesh.Plan.Outer;
            int first = block % Blocks * ColumnGroups * V.Count;
            int end = Math.Min(Columns, first + (ColumnGroups * V.Count));
            nint start = 2 * (nint)Columns * axis.Length * (block / Blocks);
            if (Filter == null)
            {
                Mesh.Columns(axis, memory, Back, X + start, Y + start, 2 * (nint)Columns, first, end);
            }
            else
            {
                for (int c = first; c < end; c += V.Count)
                {
                    Multiply(axis, memory, c);
                }
            }

            NativeMemory.AlignedFree(memory);
        }

        /// <summary>One register's worth of columns there, times the filter, and back: the conjugate of the transform
        /// of the conjugate.</summary>
        private readonly void Multiply(FourierAxis axis, T* memory, int c)
        {
            nint pitch = 2 * (nint)Columns;
            FourierLine<V, T> line = Mesh.Line(axis, memory);
            line.In(new(X + (2 * c), pitch, Sign(false)));
            int k = c % Row;
            T* filter = Filter + ((nint)(c / Row) * Kept) + k;
            V mask = V.Mask(Kept - k);
            nint plane = (nint)Mesh.Plan.Middle.Length * Kept;
            for (int j = 0; j < axis.Length; j++, filter += plane)
            {
                V factor = k + V.Count <= Kept ? V.Load(ref *filter) : V.LoadMasked(filter, mask);
                T* z = line.Data + (2 * V.Count * j);
                V.Store(factor * V.Load(ref *z), ref *z);
                V.Store(-(factor * V.Load(ref z[V.Count])), ref z[V.Count]);
            }

            line.Out(new(X + (2 * c), pitch, Sign(true)));
        }
    }

    private FourierPlan Plan => plan;
}
