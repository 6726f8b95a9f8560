using System.Numerics;

namespace Noether.Kernels;

/// <summary>
/// Sums between points and a periodic mesh, <c>Σ q[i, c] wx[i, j] wy[i, k] wz[i, l] m[c, x+j, y+k, z+l]</c> over points
/// i, channels c and the mesh points that share a point, with one factor left out. Charges are points × channels, a
/// mesh is channels × sizes, weights are points × order. Planes of the mesh, or points, are shared among threads; the
/// order of summation, and so the bits, do not depend on it.
/// </summary>
public static unsafe class MeshSums
{
    /// <summary>Spreads charges: the sum without the mesh.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="stencil">The mesh points of the points.</param>
    /// <param name="channels">The number of charges of a point, at least 1.</param>
    /// <param name="charges">The charges, points × channels.</param>
    /// <param name="wx">The weights on the first axis, points × order.</param>
    /// <param name="wy">Those on the second axis.</param>
    /// <param name="wz">Those on the third axis.</param>
    /// <param name="mesh">The result, channels × sizes, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void SpreadInto<T>(
        MeshStencil stencil,
        int channels,
        ReadOnlySpan<T> charges,
        ReadOnlySpan<T> wx,
        ReadOnlySpan<T> wy,
        ReadOnlySpan<T> wz,
        Span<T> mesh)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(stencil, channels, mesh, wx, wy, wz, nameof(SpreadInto));
        Guard.Length(charges.Length, (long)stencil.Points * channels, nameof(charges));
        fixed (T* q = charges, x = wx, y = wy, z = wz, m = mesh)
        fixed (int* starts = stencil.Starts, visits = stencil.Visits, planes = stencil.Planes)
        {
            var job = new MeshSpread<T>
            {
                Shape = new(stencil, starts, visits),
                Planes = planes,
                Channels = channels,
                Charges = q,
                X = x,
                Y = y,
                Z = z,
                Mesh = m,
            };
            Simd.RunWidest<T, MeshSpread<T>>(ref job);
        }
    }

    /// <summary>Gathers a mesh at points: the sum without the charges.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="stencil">The mesh points of the points.</param>
    /// <param name="channels">The number of meshes, at least 1.</param>
    /// <param name="mesh">The meshes, channels × sizes.</param>
    /// <param name="wx">The weights on the first axis, points × order.</param>
    /// <param name="wy">Those on the second axis.</param>
    /// <param name="wz">Those on the third axis.</param>
    /// <param name="values">The result, points × channels.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void GatherInto<T>(
        MeshStencil stencil,
        int channels,
        ReadOnlySpan<T> mesh,
        ReadOnlySpan<T> wx,
        ReadOnlySpan<T> wy,
        ReadOnlySpan<T> wz,
        Span<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(stencil, channels, mesh, wx, wy, wz, nameof(GatherInto));
        Guard.Length(values.Length, (long)stencil.Points * channels, nameof(values));
        fixed (T* m = mesh, x = wx, y = wy, z = wz, v = values)
        {
            Gather<T>(stencil, new() { Channels = channels, Mesh = m, X = x, Y = y, Z = z, Values = v });
        }
    }

    /// <summary>Gathers a mesh and its gradient at points, in one pass.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="stencil">The mesh points of the points.</param>
    /// <param name="channels">The number of meshes, at least 1.</param>
    /// <param name="mesh">The meshes, channels × sizes.</param>
    /// <param name="wx">The weights on the first axis, points × order.</param>
    /// <param name="wy">Those on the second axis.</param>
    /// <param name="wz">Those on the third axis.</param>
    /// <param name="sx">The derivatives of the weights on the first axis by its coordinate, points × order.</param>
    /// <param name="sy">Those on the second axis.</param>
    /// <param name="sz">Those on the third axis.</param>
    /// <param name="values">The result, points × channels.</param>
    /// <param name="gradients">Its derivatives by the three coordinates, points × channels × 3.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void GatherInto<T>(
        MeshStencil stencil,
        int channels,
        ReadOnlySpan<T> mesh,
        ReadOnlySpan<T> wx,
        ReadOnlySpan<T> wy,
        ReadOnlySpan<T> wz,
        ReadOnlySpan<T> sx,
        ReadOnlySpan<T> sy,
        ReadOnlySpan<T> sz,
        Span<T> values,
        Span<T> gradients)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(stencil, channels, mesh, wx, wy, wz, nameof(GatherInto));
        Check(stencil, channels, mesh, sx, sy, sz, nameof(GatherInto));
        Guard.Length(values.Length, (long)stencil.Points * channels, nameof(values));
        Guard.Length(gradients.Length, 3L * values.Length, nameof(gradients));
        fixed (T* m = mesh, x = wx, y = wy, z = wz, dx = sx, dy = sy, dz = sz, v = values, g = gradients)
        {
            Gather<T>(stencil, new()
            {
                Channels = channels,
                Mesh = m,
                X = x,
                Y = y,
                Z = z,
                SlopeX = dx,
                SlopeY = dy,
                SlopeZ = dz,
                Values = v,
                Gradients = g,
            });
        }
    }

    /// <summary>The sums without the weights on an axis, all three in one pass.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="stencil">The mesh points of the points.</param>
    /// <param name="channels">The number of meshes, at least 1.</param>
    /// <param name="mesh">The meshes, channels × sizes.</param>
    /// <param name="charges">The charges, points × channels.</param>
    /// <param name="wx">The weights on the first axis, points × order.</param>
    /// <param name="wy">Those on the second axis.</param>
    /// <param name="wz">Those on the third axis.</param>
    /// <param name="gx">The sums without the weights on the first axis, points × order.</param>
    /// <param name="gy">Those without the weights on the second.</param>
    /// <param name="gz">Those without the weights on the third.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void WeightSumsInto<T>(
        MeshStencil stencil,
        int channels,
        ReadOnlySpan<T> mesh,
        ReadOnlySpan<T> charges,
        ReadOnlySpan<T> wx,
        ReadOnlySpan<T> wy,
        ReadOnlySpan<T> wz,
        Span<T> gx,
        Span<T> gy,
        Span<T> gz)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Check(stencil, channels, mesh, wx, wy, wz, nameof(WeightSumsInto));
        Check<T>(stencil, channels, mesh, gx, gy, gz, nameof(WeightSumsInto));
        Guard.Length(charges.Length, (long)stencil.Points * channels, nameof(charges));
        fixed (T* m = mesh, q = charges, x = wx, y = wy, z = wz, dx = gx, dy = gy, dz = gz)
        {
            Gather<T>(stencil, new()
            {
                Channels = channels,
                Mesh = m,
                Charges = q,
                X = x,
                Y = y,
                Z = z,
                SumX = dx,
                SumY = dy,
                SumZ = dz,
            });
        }
    }

    private static void Gather<T>(MeshStencil stencil, MeshGather<T> job)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        fixed (int* starts = stencil.Starts, visits = stencil.Visits)
        {
            job.Shape = new(stencil, starts, visits);
            Simd.RunWidest<T, MeshGather<T>>(ref job);
        }
    }

    private static void Check<T>(
        MeshStencil stencil,
        int channels,
        ReadOnlySpan<T> mesh,
        ReadOnlySpan<T> x,
        ReadOnlySpan<T> y,
        ReadOnlySpan<T> z,
        string operation)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stencil);
        Guard.Positive(channels, nameof(channels), operation);
        ReadOnlySpan<int> n = stencil.Sizes;
        Guard.Length(mesh.Length, (long)channels * n[0] * n[1] * n[2], nameof(mesh), operation);
        long weights = (long)stencil.Points * stencil.Order;
        Guard.Length(x.Length, weights, nameof(x), operation);
        Guard.Length(y.Length, weights, nameof(y), operation);
        Guard.Length(z.Length, weights, nameof(z), operation);
    }
}

/// <summary>Sizes and stencils as kernels read them.</summary>
internal readonly unsafe struct MeshShape(MeshStencil stencil, int* starts, int* visits)
{
    public readonly int Nx = stencil.Sizes[0];
    public readonly int Ny = stencil.Sizes[1];
    public readonly int Nz = stencil.Sizes[2];
    public readonly int Order = stencil.Order;
    public readonly int Points = stencil.Points;
    public readonly int* Starts = starts;
    public readonly int* Visits = visits;

    /// <summary>Gets the number of points of a mesh.</summary>
    public nint Size => (nint)Nx * Ny * Nz;
}
