using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>What points get from meshes: values, gradients, or what their weights are multiplied by. Points are visited
/// in the order of the stencil, in which neighbours read the same rows.</summary>
internal unsafe struct MeshGather<T> : ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int BlockPoints = 256;

    public MeshShape Shape;
    public int Channels;
    public T* Mesh, Charges, X, Y, Z, SlopeX, SlopeY, SlopeZ, Values, Gradients, SumX, SumY, SumZ;

    public readonly void Run<V>()
        where V : unmanaged, ILanes<V, T> =>
        Workers.Run((Shape.Points + BlockPoints - 1) / BlockPoints, new Part<V> { Gather = this });

    private struct Part<V> : IJob
        where V : unmanaged, ILanes<V, T>
    {
        public MeshGather<T> Gather;

        private readonly int Registers => (Gather.Shape.Order + V.Count - 1) / V.Count;

        public readonly void Run(int block)
        {
            MeshShape shape = Gather.Shape;
            int end = Math.Min(shape.Points, (block + 1) * BlockPoints);
            T** rows = stackalloc T*[MeshWeights.MaxOrder * MeshWeights.MaxOrder];
            T* wrapped = stackalloc T[MeshWeights.MaxOrder * MeshWeights.MaxOrder * Registers * V.Count];
            for (int visit = block * BlockPoints; visit < end; visit++)
            {
                int i = shape.Visits[visit];
                if (Gather.SumX != null)
                {
                    ClearSums(i);
                }

                for (int channel = 0; channel < Gather.Channels; channel++)
                {
                    Find(i, channel, rows, wrapped);
                    nint place = ((nint)i * Gather.Channels) + channel;
                    if (Gather.SumX != null)
                    {
                        WeightSums(i, Gather.Charges[place], rows);
                    }
                    else if (Gather.Gradients != null)
                    {
                        Gradient(i, rows, Gather.Values + place, Gather.Gradients + (3 * place));
                    }
                    else
                    {
                        Gather.Values[place] = Value(i, rows);
                    }
                }
            }
        }

        private static T* Row(T* array, int i, int order) => array + ((nint)i * order);

        /// <summary>Where the mesh points of a point lie, row by row. Rows that end too early for whole registers, or
        /// begin anew, are copied.</summary>
        private readonly void Find(int i, int channel, T** rows, T* wrapped)
        {
            MeshShape shape = Gather.Shape;
            int* start = shape.Starts + (3 * (nint)i);
            int width = Registers * V.Count;
            bool whole = start[2] + width <= shape.Nz;
            T* mesh = Gather.Mesh + (channel * shape.Size);
            int x = start[0];
            for (int a = 0; a < shape.Order; a++)
            {
                int y = start[1];
                for (int b = 0; b < shape.Order; b++)
                {
                    T* row = mesh + ((((nint)x * shape.Ny) + y) * shape.Nz);
                    if (whole)
                    {
                        rows[(a * shape.Order) + b] = row + start[2];
                    }
                    else
                    {
                        T* copy = wrapped + (((a * shape.Order) + b) * width);
                        Copy(row, start[2], shape.Nz, shape.Order, copy, width);
                        rows[(a * shape.Order) + b] = copy;
                    }

                    y = y + 1 == shape.Ny ? 0 : y + 1;
                }

                x = x + 1 == shape.Nx ? 0 : x + 1;
            }
        }

        private static void Copy(T* row, int start, int length, int order, T* target, int width)
        {
            int z = start;
            for (int c = 0; c < width; c++)
            {
                target[c] = c < order ? row[z] : T.Zero;
                z = z + 1 == length ? 0 : z + 1;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly T Value(int i, T** rows)
        {
            int order = Gather.Shape.Order;
            T* x = Row(Gather.X, i, order);
            T* y = Row(Gather.Y, i, order);
            V sum = V.Zero;
            for (int c = 0; c < order; c += V.Count)
            {
                V total = V.Zero;
                for (int a = 0; a < order; a++)
                {
                    V line = V.Zero;
                    for (int b = 0; b < order; b++)
                    {
                        line = V.MultiplyAdd(V.Broadcast(y[b]), V.Load(ref rows[(a * order) + b][c]), line);
                    }

                    total = V.MultiplyAdd(V.Broadcast(x[a]), line, total);
                }

                sum = V.MultiplyAdd(total, V.LoadMasked(Row(Gather.Z, i, order) + c, V.Mask(order - c)), sum);
            }

            return V.Sum(sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Gradient(int i, T** rows, T* value, T* gradient)
        {
            int order = Gather.Shape.Order;
            T* x = Row(Gather.X, i, order);
            T* y = Row(Gather.Y, i, order);
            T* dx = Row(Gather.SlopeX, i, order);
            T* dy = Row(Gather.SlopeY, i, order);
            (V sum, V sumX, V sumY, V sumZ) = (V.Zero, V.Zero, V.Zero, V.Zero);
            for (int c = 0; c < order; c += V.Count)
            {
                (V total, V totalX, V totalY) = (V.Zero, V.Zero, V.Zero);
                for (int a = 0; a < order; a++)
                {
                    (V line, V slope) = (V.Zero, V.Zero);
                    for (int b = 0; b < order; b++)
                    {
                        V m = V.Load(ref rows[(a * order) + b][c]);
                        line = V.MultiplyAdd(V.Broadcast(y[b]), m, line);
                        slope = V.MultiplyAdd(V.Broadcast(dy[b]), m, slope);
                    }

                    total = V.MultiplyAdd(V.Broadcast(x[a]), line, total);
                    totalX = V.MultiplyAdd(V.Broadcast(dx[a]), line, totalX);
                    totalY = V.MultiplyAdd(V.Broadcast(x[a]), slope, totalY);
                }

                V mask = V.Mask(order - c);
                V z = V.LoadMasked(Row(Gather.Z, i, order) + c, mask);
                sum = V.MultiplyAdd(total, z, sum);
                sumX = V.MultiplyAdd(totalX, z, sumX);
                sumY = V.MultiplyAdd(totalY, z, sumY);
                sumZ = V.MultiplyAdd(total, V.LoadMasked(Row(Gather.SlopeZ, i, order) + c, mask), sumZ);
            }

            *value = V.Sum(sum);
            gradient[0] = V.Sum(sumX);
            gradient[1] = V.Sum(sumY);
            gradient[2] = V.Sum(sumZ);
        }

        private readonly void ClearSums(int i)
        {
            int order = Gather.Shape.Order;
            new Span<T>(Row(Gather.SumX, i, order), order).Clear();
            new Span<T>(Row(Gather.SumY, i, order), order).Clear();
            new Span<T>(Row(Gather.SumZ, i, order), order).Clear();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void WeightSums(int i, T charge, T** rows)
        {
            int order = Gather.Shape.Order;
            T* x = Row(Gather.X, i, order);
            T* y = Row(Gather.Y, i, order);
            T* sumX = Row(Gather.SumX, i, order);
            T* sumY = Row(Gather.SumY, i, order);
            T* sumZ = Row(Gather.SumZ, i, order);
            V q = V.Broadcast(charge);
            V* columns = stackalloc V[MeshWeights.MaxOrder];
            for (int c = 0; c < order; c += V.Count)
            {
                V mask = V.Mask(order - c);
                V z = q * V.LoadMasked(Row(Gather.Z, i, order) + c, mask);
                V total = V.Zero;
                new Span<V>(columns, order).Clear();
                for (int a = 0; a < order; a++)
                {
                    V line = V.Zero;
                    V factor = V.Broadcast(x[a]);
                    for (int b = 0; b < order; b++)
                    {
                        V m = V.Load(ref rows[(a * order) + b][c]);
                        line = V.MultiplyAdd(V.Broadcast(y[b]), m, line);
                        columns[b] = V.MultiplyAdd(factor, m, columns[b]);
                    }

                    total = V.MultiplyAdd(factor, line, total);
                    sumX[a] += V.Sum(line * z);
                }

                for (int b = 0; b < order; b++)
                {
                    sumY[b] += V.Sum(columns[b] * z);
                }

                V.StoreMasked(V.MultiplyAdd(q, total, V.LoadMasked(sumZ + c, mask)), sumZ + c, mask);
            }
        }
    }
}
