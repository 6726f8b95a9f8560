using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <content>
/// Angular functions 2 Σ_{j&lt;k} ((1 + cos(θ − θ_s))/2)^ζ exp(−η((r_j + r_k)/2 − R)²) f(r_j) f(r_k): the lanes are
/// triples, which runs of neighbours are unrolled into.
/// </content>
internal unsafe partial struct EnvironmentWork<V, T>
{
    // cos θ = 0.95 u·u′ keeps its sine from zero, so that everything is smooth.
    private const double Shrink = 0.95;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AngularValues(int a, int b, T* to)
    {
        int functions = shape.AngularCount;
        if (nears[a] == 0 || nears[b] == 0 || (a == b && nears[a] < 2))
        {
            new Span<T>(to, functions).Clear();
            return;
        }

        new Span<T>(angularSums, functions * V.Count).Clear();
        ForTriples<No>(a, b);
        for (int c = 0; c < functions; c++)
        {
            to[c] = V.Sum(V.Load(in angularSums[c * V.Count]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AngularSlopes(int a, int b, T* gradient)
    {
        if (nears[a] == 0 || nears[b] == 0 || (a == b && nears[a] < 2))
        {
            return;
        }

        // By sections, shifts fastest, as they are summed over.
        int sections = shape.Sections.Length;
        int shifts = shape.AngularShifts.Length;
        for (int k = 0; k < shifts; k++)
        {
            for (int z = 0; z < sections; z++)
            {
                angularGradient[(z * shifts) + k] = gradient[(k * sections) + z];
            }
        }

        ForTriples<Yes>(a, b);
    }

    // Unrolls the pairs of near neighbours of two kinds and works on as many as fit.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForTriples<TSlopes>(int a, int b)
        where TSlopes : struct, IFlag
    {
        (filled, runCount) = (0, 0);
        int end = starts[b] + nears[b];
        for (int j = starts[a]; j < starts[a] + nears[a]; j++)
        {
            int first = a == b ? j + 1 : starts[b];
            while (first < end)
            {
                int taken = Math.Min(end - first, Chunk - filled);
                Unroll(j, first, taken);
                first += taken;
                if (filled == Chunk)
                {
                    Work<TSlopes>();
                }
            }
        }

        if (filled > 0)
        {
            Work<TSlopes>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Unroll(int j, int first, int length)
    {
        V x = V.Broadcast(legs.X[j]);
        V y = V.Broadcast(legs.Y[j]);
        V z = V.Broadcast(legs.Z[j]);
        V r = V.Broadcast(legs.R[j]);
        V end = V.Broadcast(legs.Angular[j]);
        V half = Constant(0.5);
        for (int q = 0; q < length; q += V.Count)
        {
            // What is written behind the run is overwritten by the next one.
            int k = first + q;
            V cosine = V.MultiplyAdd(
                z, V.Load(in legs.Z[k]), V.MultiplyAdd(y, V.Load(in legs.Y[k]), x * V.Load(in legs.X[k])));
            V.Store(cosine, ref cosines[filled + q]);
            V.Store(half * (r + V.Load(in legs.R[k])), ref means[filled + q]);
            V.Store(end * V.Load(in legs.Angular[k]), ref cuts[filled + q]);
        }

        int* run = runs + (4 * runCount);
        (run[0], run[1], run[2], run[3]) = (j, first, length, filled);
        runCount++;
        filled += length;
    }

    private void Work<TSlopes>()
        where TSlopes : struct, IFlag
    {
        V.Store(V.Zero, ref cosines[filled]);
        V.Store(V.Zero, ref means[filled]);
        V.Store(V.Zero, ref cuts[filled]);
        if (TSlopes.IsSet)
        {
            Differentiate();
            for (int run = 0; run < runCount; run++)
            {
                Distribute(runs + (4 * run));
            }
        }
        else
        {
            Sum();
        }

        (filled, runCount) = (0, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Sum()
    {
        int sections = shape.Sections.Length;
        int shifts = shape.AngularShifts.Length;
        V width = Constant(-shape.AngularWidth);
        V two = Constant(2);
        for (int t = 0; t < filled; t += V.Count)
        {
            Bend<No>(V.Load(in cosines[t]));
            V mean = V.Load(in means[t]);
            V cut = two * V.Load(in cuts[t]);
            T* sums = angularSums;
            for (int k = 0; k < shifts; k++)
            {
                V off = mean - V.Broadcast(angularShifts[k]);
                V bell = cut * LaneMath<V, T>.Exp(width * off * off);
                for (int z = 0; z < sections; z++, sums += V.Count)
                {
                    V.Store(V.MultiplyAdd(bell, V.Load(in bends[z * V.Count]), V.Load(in *sums)), ref *sums);
                }
            }
        }
    }

    // Derivatives of the weighted sum by cosine, mean distance and product of cut-off functions of each triple.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Differentiate()
    {
        int sections = shape.Sections.Length;
        int shifts = shape.AngularShifts.Length;
        V width = Constant(-shape.AngularWidth);
        V twice = Constant(-2 * shape.AngularWidth);
        V two = Constant(2);
        for (int t = 0; t < filled; t += V.Count)
        {
            Bend<Yes>(V.Load(in cosines[t]));
            V mean = V.Load(in means[t]);
            for (int k = 0; k < shifts; k++)
            {
                V off = mean - V.Broadcast(angularShifts[k]);
                V bell = LaneMath<V, T>.Exp(width * off * off);
                V.Store(bell, ref bells[k * V.Count]);
                V.Store(twice * off * bell, ref bellSlopes[k * V.Count]);
            }

            (V byCut, V byTurn, V byMean) = (V.Zero, V.Zero, V.Zero);
            T* g = angularGradient;
            for (int z = 0; z < sections; z++, g += shifts)
            {
                (V sum, V slope) = (V.Zero, V.Zero);
                for (int k = 0; k < shifts; k++)
                {
                    V weight = V.Broadcast(g[k]);
                    sum = V.MultiplyAdd(weight, V.Load(in bells[k * V.Count]), sum);
                    slope = V.MultiplyAdd(weight, V.Load(in bellSlopes[k * V.Count]), slope);
                }

                V bend = V.Load(in bends[z * V.Count]);
                byCut = V.MultiplyAdd(bend, sum, byCut);
                byMean = V.MultiplyAdd(bend, slope, byMean);
                byTurn = V.MultiplyAdd(V.Load(in bendSlopes[z * V.Count]), sum, byTurn);
            }

            V cut = two * V.Load(in cuts[t]);
            V.Store(two * byCut, ref cuts[t]);
            V.Store(cut * byTurn, ref turns[t]);
            V.Store(cut * byMean, ref means[t]);
        }
    }

    // Writes ((1 + cos(θ − θ_s))/2)^ζ of each section, and its derivative by the cosine of the vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Bend<TSlopes>(V vectors)
        where TSlopes : struct, IFlag
    {
        V half = Constant(0.5);
        V sharpness = Constant(shape.Sharpness);
        V least = V.Broadcast(T.CreateTruncating(1e-30));
        V cosine = Constant(Shrink) * vectors;
        V sine = V.Sqrt(Constant(1) - (cosine * cosine));
        V ratio = TSlopes.IsSet ? cosine / sine : V.Zero;
        for (int z = 0; z < shape.Sections.Length; z++)
        {
            V along = V.Broadcast(sectionCosines[z]);
            V across = V.Broadcast(sectionSines[z]);
            V turned = V.MultiplyAdd(cosine, along, V.MultiplyAdd(sine, across, half));
            turned = V.Select(V.LessThan(turned, least), least, turned);
            V bend = LaneMath<V, T>.Exp(sharpness * V.Log(turned));
            V.Store(bend, ref bends[z * V.Count]);
            if (TSlopes.IsSet)
            {
                V inner = Constant(Shrink) * (along - (ratio * across));
                V.Store(sharpness * bend * inner / turned, ref bendSlopes[z * V.Count]);
            }
        }
    }

    // Takes the derivatives of a run of triples to both of their legs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Distribute(int* run)
    {
        (int j, int first, int length, int begin) = (run[0], run[1], run[2], run[3]);
        V x = V.Broadcast(legs.X[j]);
        V y = V.Broadcast(legs.Y[j]);
        V z = V.Broadcast(legs.Z[j]);
        V end = V.Broadcast(legs.Angular[j]);
        V half = Constant(0.5);
        (V turnX, V turnY, V turnZ, V along, V slope, V cutSum) = (V.Zero, V.Zero, V.Zero, V.Zero, V.Zero, V.Zero);
        for (int q = 0; q < length; q += V.Count)
        {
            int k = first + q;
            int t = begin + q;
            V turn = V.Load(in turns[t]);
            V mean = half * V.Load(in means[t]);
            V cut = V.Load(in cuts[t]);
            if (length - q < V.Count)
            {
                V mask = V.Mask(length - q);
                turn = V.Select(mask, turn, V.Zero);
                mean = V.Select(mask, mean, V.Zero);
                cut = V.Select(mask, cut, V.Zero);
            }

            V bent = turn * V.Load(in cosines[t]);
            turnX = V.MultiplyAdd(turn, V.Load(in legs.X[k]), turnX);
            turnY = V.MultiplyAdd(turn, V.Load(in legs.Y[k]), turnY);
            turnZ = V.MultiplyAdd(turn, V.Load(in legs.Z[k]), turnZ);
            along += bent;
            slope += mean;
            cutSum = V.MultiplyAdd(cut, V.Load(in legs.Angular[k]), cutSum);
            V.Store(V.MultiplyAdd(turn, x, V.Load(in legs.TurnX[k])), ref legs.TurnX[k]);
            V.Store(V.MultiplyAdd(turn, y, V.Load(in legs.TurnY[k])), ref legs.TurnY[k]);
            V.Store(V.MultiplyAdd(turn, z, V.Load(in legs.TurnZ[k])), ref legs.TurnZ[k]);
            V.Store(V.Load(in legs.Turn[k]) + bent, ref legs.Turn[k]);
            V.Store(V.Load(in legs.Slope[k]) + mean, ref legs.Slope[k]);
            V.Store(V.MultiplyAdd(cut, end, V.Load(in legs.Cut[k])), ref legs.Cut[k]);
        }

        legs.TurnX[j] += V.Sum(turnX);
        legs.TurnY[j] += V.Sum(turnY);
        legs.TurnZ[j] += V.Sum(turnZ);
        legs.Turn[j] += V.Sum(along);
        legs.Slope[j] += V.Sum(slope);
        legs.Cut[j] += V.Sum(cutSum);
    }
}
