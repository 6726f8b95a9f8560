using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>What the neighbours of one point are to its environment, by kind of neighbour.</summary>
internal unsafe struct EnvironmentLegs<T>
    where T : unmanaged
{
    // Unit vectors, distances and their inverses (0 at distance 0), the cut-off functions with their derivatives.
    public T* X, Y, Z, R, Inverse, Radial, RadialSlope, Angular, AngularSlope;

    // Derivatives: by the cosine times the other unit vector, by the cosine times the cosine, by the distance, by the
    // angular cut-off function.
    public T* TurnX, TurnY, TurnZ, Turn, Slope, Cut;

    public const int Arrays = 15;

    public static EnvironmentLegs<T> Of(T* memory, nint length) => new()
    {
        X = memory,
        Y = memory + length,
        Z = memory + (2 * length),
        R = memory + (3 * length),
        Inverse = memory + (4 * length),
        Radial = memory + (5 * length),
        RadialSlope = memory + (6 * length),
        Angular = memory + (7 * length),
        AngularSlope = memory + (8 * length),
        TurnX = memory + (9 * length),
        TurnY = memory + (10 * length),
        TurnZ = memory + (11 * length),
        Turn = memory + (12 * length),
        Slope = memory + (13 * length),
        Cut = memory + (14 * length),
    };
}

/// <summary>
/// The environments of points, one after the other, in memory of its own. Neighbours are sorted by kind, those within
/// the angular cut-off first, so that the triples of two kinds are runs of neighbours.
/// </summary>
/// <typeparam name="V">The register.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal unsafe partial struct EnvironmentWork<V, T>
    where V : unmanaged, ILanes<V, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Triples in memory at a time.
    private const int Chunk = 512;

    private readonly EnvironmentShape shape;
    private readonly int kinds;
    private readonly void* memory;
    private readonly NearArrays near;
    private readonly EnvironmentLegs<T> legs;

    // Where the legs of each kind begin and how many of them are near; the bucket and the neighbour of each.
    private readonly int* starts, nears, buckets, keys, sources;

    // Shifts R and, for a kind, sums or weights; R, ½cos θ_s and ½sin θ_s of the angular functions, and their weights.
    private readonly T* radialShifts, radialSums, angularShifts, sectionCosines, sectionSines, angularGradient;

    // Of triples: cosines, mean distances and products of cut-off functions, then derivatives by the last three.
    private readonly T* cosines, means, cuts, turns;

    // For lanes of triples: sums over them, the functions of the angle and of the distance with their derivatives.
    private readonly T* angularSums, bends, bendSlopes, bells, bellSlopes;

    // First leg, beginning and number of the second ones, beginning among the triples.
    private readonly int* runs;
    private int count, filled, runCount;

    /// <summary>Takes memory for points with at most so many neighbours of so many kinds; <see cref="Free"/> gives it
    /// back.</summary>
    public EnvironmentWork(EnvironmentShape shape, int kinds, int longest)
    {
        this.shape = shape;
        this.kinds = kinds;
        int room = longest + Math.Max(V.Count, NearPoints.Slack);
        int radial = RoundUp(shape.RadialCount);
        int angular = shape.AngularCount;
        int sections = shape.Sections.Length;
        int shifts = shape.AngularShifts.Length;
        int triples = Chunk + (2 * V.Count);
        nint elements = ((nint)EnvironmentLegs<T>.Arrays * room) + (2 * radial) + shifts + (2 * sections) + angular
            + (4 * triples) + ((angular + (2 * sections) + (2 * shifts)) * V.Count);
        nint integers = (2 * (nint)room) + (4 * kinds) + 2 + (4 * Chunk);
        nint doubles = NearArrays.Size(room);
        memory = NativeMemory.Alloc(
            (nuint)((doubles * sizeof(double)) + (elements * sizeof(T)) + (integers * sizeof(int))));
        near = NearArrays.Of((double*)memory, room);
        var element = (T*)((double*)memory + doubles);
        legs = EnvironmentLegs<T>.Of(Take(ref element, EnvironmentLegs<T>.Arrays * room), room);
        radialShifts = Take(ref element, radial);
        radialSums = Take(ref element, radial);
        angularShifts = Take(ref element, shifts);
        sectionCosines = Take(ref element, sections);
        sectionSines = Take(ref element, sections);
        angularGradient = Take(ref element, angular);
        cosines = Take(ref element, triples);
        means = Take(ref element, triples);
        cuts = Take(ref element, triples);
        turns = Take(ref element, triples);
        angularSums = Take(ref element, angular * V.Count);
        bends = Take(ref element, sections * V.Count);
        bendSlopes = Take(ref element, sections * V.Count);
        bells = Take(ref element, shifts * V.Count);
        bellSlopes = Take(ref element, shifts * V.Count);
        int* integer = (int*)element;
        keys = Take(ref integer, room);
        sources = Take(ref integer, room);
        starts = Take(ref integer, kinds + 1);
        nears = Take(ref integer, kinds);
        buckets = Take(ref integer, (2 * kinds) + 1);
        runs = integer;
        (count, filled, runCount) = (0, 0, 0);
        Fill(radialShifts, shape.RadialShifts, x => x);
        Fill(angularShifts, shape.AngularShifts, x => x);
        Fill(sectionCosines, shape.Sections, x => 0.5 * Math.Cos(x));
        Fill(sectionSines, shape.Sections, x => 0.5 * Math.Sin(x));
        new Span<T>(radialShifts + shape.RadialCount, radial - shape.RadialCount).Clear();
    }

    public readonly void Free() => NativeMemory.Free(memory);

    /// <summary>Looks at the neighbours of a point.</summary>
    /// <param name="places">Where points and images are.</param>
    /// <param name="at">The point's own row of them.</param>
    /// <param name="neighbours">The rows of its neighbours.</param>
    /// <param name="length">Their number.</param>
    /// <param name="kindOfRow">The kind of each row, as its place among the kinds present.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Collect(double* places, double* at, int* neighbours, int length, int* kindOfRow)
    {
        double cutoff = shape.RadialCutoff;
        count = NearPoints.Collect<Yes>(places, at, neighbours, length, cutoff * cutoff, near);
        double inner = shape.AngularCutoff * shape.AngularCutoff;
        new Span<int>(buckets, (2 * kinds) + 1).Clear();
        for (int p = 0; p < count; p++)
        {
            double s = (near.X[p] * near.X[p]) + (near.Y[p] * near.Y[p]) + (near.Z[p] * near.Z[p]);
            keys[p] = (2 * kindOfRow[near.Rows[p]]) + (s < inner ? 0 : 1);
            buckets[keys[p] + 1]++;
        }

        for (int k = 0; k < kinds; k++)
        {
            starts[k] = buckets[2 * k];
            nears[k] = buckets[(2 * k) + 1];
            buckets[(2 * k) + 1] += buckets[2 * k];
            buckets[(2 * k) + 2] += buckets[(2 * k) + 1];
        }

        starts[kinds] = count;
        for (int p = 0; p < count; p++)
        {
            int e = buckets[keys[p]]++;
            (double x, double y, double z) = (near.X[p], near.Y[p], near.Z[p]);
            double r = Math.Sqrt((x * x) + (y * y) + (z * z));
            double inverse = r > 0 ? 1 / r : 0;
            legs.X[e] = T.CreateTruncating(x * inverse);
            legs.Y[e] = T.CreateTruncating(y * inverse);
            legs.Z[e] = T.CreateTruncating(z * inverse);
            legs.R[e] = T.CreateTruncating(r);
            legs.Inverse[e] = T.CreateTruncating(inverse);
            sources[e] = p;
        }

        for (int e = count; e < count + V.Count; e++)
        {
            (legs.X[e], legs.Y[e], legs.Z[e], legs.R[e], legs.Inverse[e]) = (T.Zero, T.Zero, T.Zero, T.One, T.Zero);
        }

        for (int e = 0; e < count; e += V.Count)
        {
            V r = V.Load(in legs.R[e]);
            End(r, shape.RadialCutoff, out V radial, out V radialSlope);
            End(r, shape.AngularCutoff, out V angular, out V angularSlope);
            V.Store(radial, ref legs.Radial[e]);
            V.Store(radialSlope, ref legs.RadialSlope[e]);
            V.Store(angular, ref legs.Angular[e]);
            V.Store(angularSlope, ref legs.AngularSlope[e]);
        }

        // What a last register reads behind the last leg is multiplied by zero, and has to be a number.
        new Span<T>(legs.Angular + count, V.Count).Clear();
    }

    /// <summary>Writes the functions of the environment, columns as <see cref="EnvironmentShape"/> has them.</summary>
    public void Values(T* to)
    {
        for (int k = 0; k < kinds; k++)
        {
            RadialValues(k, to + (k * shape.RadialCount));
        }

        T* pair = to + (kinds * shape.RadialCount);
        for (int a = 0; a < kinds; a++)
        {
            for (int b = a; b < kinds; b++, pair += shape.AngularCount)
            {
                AngularValues(a, b, pair);
            }
        }
    }

    /// <summary>
    /// The gradient of Σ_c g_c y_c, y being the functions, by the vectors to the neighbours, times a factor: written in
    /// the order of the neighbours that are near, with their rows.
    /// </summary>
    /// <returns>The number of near neighbours.</returns>
    public int Gradient(T* g, double factor, in GradientArrays to, double* force, double* virial)
    {
        int padded = count + V.Count;
        new Span<T>(legs.TurnX, padded).Clear();
        new Span<T>(legs.TurnY, padded).Clear();
        new Span<T>(legs.TurnZ, padded).Clear();
        new Span<T>(legs.Turn, padded).Clear();
        new Span<T>(legs.Slope, padded).Clear();
        new Span<T>(legs.Cut, padded).Clear();
        for (int k = 0; k < kinds; k++)
        {
            RadialSlopes(k, g + (k * shape.RadialCount));
        }

        T* pair = g + (kinds * shape.RadialCount);
        for (int a = 0; a < kinds; a++)
        {
            for (int b = a; b < kinds; b++, pair += shape.AngularCount)
            {
                AngularSlopes(a, b, pair);
            }
        }

        Finish(factor, to, force, virial);
        return count;
    }

    // ∂/∂r⃗ = (turn − (turn·u)u)/r + (slope + f′ cut) u, where turn is Σ ∂/∂c u′ and turn·u = Σ ∂/∂c c.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish(double factor, in GradientArrays to, double* force, double* virial)
    {
        double* total = stackalloc double[12];
        new Span<double>(total, 12).Clear();
        for (int e = 0; e < count; e++)
        {
            int p = sources[e];
            T along = legs.Slope[e] + (legs.AngularSlope[e] * legs.Cut[e]) - (legs.Turn[e] * legs.Inverse[e]);
            double gx = factor * double.CreateTruncating((legs.TurnX[e] * legs.Inverse[e]) + (along * legs.X[e]));
            double gy = factor * double.CreateTruncating((legs.TurnY[e] * legs.Inverse[e]) + (along * legs.Y[e]));
            double gz = factor * double.CreateTruncating((legs.TurnZ[e] * legs.Inverse[e]) + (along * legs.Z[e]));
            (double x, double y, double z) = (near.X[p], near.Y[p], near.Z[p]);
            (to.X[p], to.Y[p], to.Z[p]) = (gx, gy, gz);
            to.Rows[p] = near.Rows[p];
            total[0] += x * gx;
            total[1] += x * gy;
            total[2] += x * gz;
            total[3] += y * gx;
            total[4] += y * gy;
            total[5] += y * gz;
            total[6] += z * gx;
            total[7] += z * gy;
            total[8] += z * gz;
            total[9] += gx;
            total[10] += gy;
            total[11] += gz;
        }

        for (int c = 0; c < 9; c++)
        {
            virial[c] -= total[c];
        }

        for (int c = 0; c < 3; c++)
        {
            force[c] += total[9 + c];
        }
    }

    // A cut-off function and its derivative; zero at the cut-off and beyond.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void End(V r, double cutoff, out V value, out V slope)
    {
        V inside = V.LessThan(r, Constant(cutoff));
        if (shape.Smoothness == 0)
        {
            V place = V.MultiplyAdd(V.Select(inside, r, V.Zero), Constant(1 / cutoff), Constant(-0.5));
            LaneMath<V, T>.Descend(place, out value, out slope);
            slope *= Constant(1 / cutoff);
        }
        else
        {
            V one = Constant(1);
            V x = V.Select(inside, r, V.Zero) * Constant(1 / cutoff);
            V power = one;
            for (int k = 1; k < shape.Smoothness; k++)
            {
                power *= x;
            }

            // d(xⁿ)/dr = n xⁿ⁻¹/r_c, and f = exp(1 − 1/(1 − xⁿ)).
            V inverse = one / (one - (power * x));
            value = LaneMath<V, T>.Exp(one - inverse);
            slope = Constant(-shape.Smoothness / cutoff) * power * inverse * inverse * value;
        }

        value = V.Select(inside, value, V.Zero);
        slope = V.Select(inside, slope, V.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Constant(double value) => V.Broadcast(T.CreateTruncating(value));

    private static U* Take<U>(ref U* next, int length)
        where U : unmanaged
    {
        U* taken = next;
        next += length;
        return taken;
    }

    private static void Fill(T* to, double[] from, Func<double, double> map)
    {
        for (int k = 0; k < from.Length; k++)
        {
            to[k] = T.CreateTruncating(map(from[k]));
        }
    }

    private static int RoundUp(int value) => (value + V.Count - 1) / V.Count * V.Count;
}
