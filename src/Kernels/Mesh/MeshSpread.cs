using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>
/// Charges to a mesh, plane by plane. A plane takes what it gets from the points whose mesh points begin on it or on
/// one of the planes before, in the order of the stencil, into a copy with a margin for what crosses the boundary; the
/// margin is folded back at the end.
/// </summary>
internal unsafe struct MeshSpread<T> : ILanesJob<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Mesh points and rows of weights below which one thread does everything.
    private const int Serial = 16384;

    public MeshShape Shape;
    public int* Planes;
    public int Channels;
    public T* Charges, X, Y, Z, Mesh;

    public readonly void Run<V>()
        where V : unmanaged, ILanes<V, T>
    {
        var plane = new Plane<V> { Spread = this };
        int blocks = Channels * Shape.Nx;
        long work = Channels * (Shape.Size + ((long)Shape.Points * Shape.Order * Shape.Order));
        if (work < Serial)
        {
            for (int block = 0; block < blocks; block++)
            {
                plane.Run(block);
            }
        }
        else
        {
            Workers.Run(blocks, plane);
        }
    }

    private struct Plane<V> : IJob
        where V : unmanaged, ILanes<V, T>
    {
        public MeshSpread<T> Spread;

        public readonly void Run(int block)
        {
            MeshShape shape = Spread.Shape;
            int margin = shape.Order - 1;
            int registers = (shape.Order + V.Count - 1) / V.Count;

            // Rows end on whole registers, and every register of a point's weights lies within its row.
            int pitch = (shape.Nz + (registers * V.Count) + V.Count - 1) / V.Count * V.Count;
            int rows = shape.Ny + margin;
            nuint bytes = (nuint)rows * (nuint)pitch * (nuint)sizeof(T);
            var plane = (T*)NativeMemory.AlignedAlloc(bytes, 64);
            NativeMemory.Clear(plane, bytes);
            (int channel, int p) = Math.DivRem(block, shape.Nx);
            for (int a = margin; a >= 0; a--)
            {
                int start = (p - a) % shape.Nx;
                start += start < 0 ? shape.Nx : 0;
                if (registers == 1)
                {
                    One(Spread.Planes[start], Spread.Planes[start + 1], channel, a, plane, pitch);
                }
                else
                {
                    Several(Spread.Planes[start], Spread.Planes[start + 1], channel, a, plane, pitch, registers);
                }
            }

            Fold(plane, pitch, rows, Spread.Mesh + (block * (nint)shape.Ny * shape.Nz));
            NativeMemory.AlignedFree(plane);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void One(int first, int end, int channel, int a, T* plane, int pitch)
        {
            MeshShape shape = Spread.Shape;
            int order = shape.Order;
            V mask = V.Mask(order);
            for (int visit = first; visit < end; visit++)
            {
                nint i = shape.Visits[visit];
                T* y = Spread.Y + (i * order);
                T* row = plane + ((nint)shape.Starts[(3 * i) + 1] * pitch) + shape.Starts[(3 * i) + 2];
                T charge = Spread.Charges[(i * Spread.Channels) + channel] * Spread.X[(i * order) + a];
                V z = V.Broadcast(charge) * V.LoadMasked(Spread.Z + (i * order), mask);
                for (int b = 0; b < order; b++, row += pitch)
                {
                    V.Store(V.MultiplyAdd(V.Broadcast(y[b]), z, V.Load(ref *row)), ref *row);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Several(int first, int end, int channel, int a, T* plane, int pitch, int registers)
        {
            MeshShape shape = Spread.Shape;
            int order = shape.Order;
            for (int visit = first; visit < end; visit++)
            {
                nint i = shape.Visits[visit];
                T* y = Spread.Y + (i * order);
                T* corner = plane + ((nint)shape.Starts[(3 * i) + 1] * pitch) + shape.Starts[(3 * i) + 2];
                V charge = V.Broadcast(Spread.Charges[(i * Spread.Channels) + channel] * Spread.X[(i * order) + a]);
                for (int r = 0; r < registers; r++)
                {
                    int c = r * V.Count;
                    V z = charge * V.LoadMasked(Spread.Z + (i * order) + c, V.Mask(order - c));
                    T* row = corner + c;
                    for (int b = 0; b < order; b++, row += pitch)
                    {
                        V.Store(V.MultiplyAdd(V.Broadcast(y[b]), z, V.Load(ref *row)), ref *row);
                    }
                }
            }
        }

        /// <summary>Adds the margin to where it belongs, and copies the plane.</summary>
        private readonly void Fold(T* plane, int pitch, int rows, T* target)
        {
            MeshShape shape = Spread.Shape;
            for (int row = 0; row < rows; row++)
            {
                T* source = plane + ((nint)row * pitch);
                for (int l = shape.Nz; l < shape.Nz + shape.Order - 1; l++)
                {
                    source[l % shape.Nz] += source[l];
                }

                if (row >= shape.Ny)
                {
                    T* inside = plane + ((nint)(row % shape.Ny) * pitch);
                    for (int l = 0; l < shape.Nz; l++)
                    {
                        inside[l] += source[l];
                    }
                }
            }

            for (int row = 0; row < shape.Ny; row++)
            {
                new ReadOnlySpan<T>(plane + ((nint)row * pitch), shape.Nz)
                    .CopyTo(new(target + ((nint)row * shape.Nz), shape.Nz));
            }
        }
    }
}
