using System.Numerics;
using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>Where the sums of one degree go: sizes, and offsets into the arrays.</summary>
/// <param name="Degree">The degree l of the harmonics.</param>
/// <param name="Radial">The number of radial functions, n.</param>
/// <param name="Column">The column of the first of them among the radial functions of all degrees.</param>
/// <param name="Samples">Rows of the values.</param>
/// <param name="Rows">Rows of the gradients.</param>
public readonly record struct ExpansionDegree(int Degree, int Radial, int Column, int Samples, int Rows);

/// <summary>
/// Neighbour densities on products of radial functions and solid harmonics, with their first derivatives:
/// c[i, m, n] += G_n(r) R_lm(x, y, z) for each pair, and the same for what moving an atom, straining or changing the
/// cell does to it. Nothing of size pairs × functions outlives a pair.
/// </summary>
public static class DensityExpansion
{
    /// <summary>
    /// Adds pairs to the expansion of one degree. All arrays but the sums have a row for each pair.
    /// </summary>
    /// <param name="degree">The degree and the sizes.</param>
    /// <param name="pairs">For each pair: sample, gradient row of the neighbour, gradient row of the centre.</param>
    /// <param name="vectors">From centre to neighbour, pairs × 3.</param>
    /// <param name="lengths">Of the vectors, positive; or 0, where the derivative is that of the harmonics alone.</param>
    /// <param name="radial">G, pairs × all radial functions.</param>
    /// <param name="slopes">dG/dr, likewise.</param>
    /// <param name="columns">The number of radial functions of all degrees.</param>
    /// <param name="harmonics">R of all degrees, pairs × (lmax+1)².</param>
    /// <param name="derivatives">∂R by the three axes, pairs × 3 × (lmax+1)²; empty where no derivative is wanted.</param>
    /// <param name="values">The sums, samples × (2l+1) × n.</param>
    /// <param name="gradients">By positions, rows × 3 × (2l+1) × n; empty where it is not wanted.</param>
    /// <param name="moves">
    /// What the three components of each pair's vector change with besides: itself for strain, the image in lattice
    /// vectors for the cell; pairs × 3, or empty.
    /// </param>
    /// <param name="changes">By them, samples × 3 × 3 × (2l+1) × n; empty where it is not wanted.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void Add(
        ExpansionDegree degree,
        ReadOnlySpan<int> pairs,
        ReadOnlySpan<double> vectors,
        ReadOnlySpan<double> lengths,
        ReadOnlySpan<double> radial,
        ReadOnlySpan<double> slopes,
        int columns,
        ReadOnlySpan<double> harmonics,
        ReadOnlySpan<double> derivatives,
        Span<double> values,
        Span<double> gradients,
        ReadOnlySpan<double> moves,
        Span<double> changes)
    {
        int count = lengths.Length;
        int size = ((2 * degree.Degree) + 1) * degree.Radial;
        Guard.Length(pairs.Length, 3L * count, nameof(pairs));
        Guard.Length(vectors.Length, 3L * count, nameof(vectors));
        Guard.Length(radial.Length, (long)columns * count, nameof(radial));
        Guard.Length(values.Length, (long)degree.Samples * size, nameof(values));
        Guard.Length(gradients.Length, gradients.IsEmpty ? 0 : 3L * degree.Rows * size, nameof(gradients));
        Guard.Length(changes.Length, changes.IsEmpty ? 0 : 9L * degree.Samples * size, nameof(changes));
        bool derived = !gradients.IsEmpty || !changes.IsEmpty;
        int stride = count == 0 ? 0 : harmonics.Length / count;
        Span<double> slope = new double[3 * size];
        for (int e = 0; e < count; e++)
        {
            var g = radial.Slice((e * columns) + degree.Column, degree.Radial);
            int first = degree.Degree * degree.Degree;
            var r = harmonics.Slice((e * stride) + first, (2 * degree.Degree) + 1);
            Value(g, r, values.Slice(pairs[3 * e] * size, size));
            if (!derived)
            {
                continue;
            }

            var dg = slopes.Slice((e * columns) + degree.Column, degree.Radial);
            double inverse = lengths[e] > 0 ? 1 / lengths[e] : 0;
            for (int a = 0; a < 3; a++)
            {
                var dr = derivatives.Slice((((3 * e) + a) * stride) + first, r.Length);
                Slope(g, dg, r, dr, vectors[(3 * e) + a] * inverse, slope.Slice(a * size, size));
            }

            if (!gradients.IsEmpty)
            {
                var to = gradients.Slice(pairs[(3 * e) + 1] * 3 * size, 3 * size);
                TensorPrimitives.Add(to, slope, to);
                var from = gradients.Slice(pairs[(3 * e) + 2] * 3 * size, 3 * size);
                TensorPrimitives.Subtract(from, slope, from);
            }

            if (!changes.IsEmpty)
            {
                for (int a = 0; a < 3; a++)
                {
                    var to = changes.Slice(((pairs[3 * e] * 3) + a) * 3 * size, 3 * size);
                    TensorPrimitives.MultiplyAdd(slope, moves[(3 * e) + a], to, to);
                }
            }
        }
    }

    /// <summary>values[m, n] += G_n R_m.</summary>
    private static void Value(ReadOnlySpan<double> g, ReadOnlySpan<double> r, Span<double> values)
    {
        int n = g.Length, lanes = Vector<double>.Count;
        for (int m = 0; m < r.Length; m++)
        {
            var row = values.Slice(m * n, n);
            int i = 0;
            for (; i + lanes <= n; i += lanes)
            {
                (new Vector<double>(row[i..]) + (new Vector<double>(g[i..]) * r[m])).CopyTo(row[i..]);
            }

            for (; i < n; i++)
            {
                row[i] += g[i] * r[m];
            }
        }
    }

    /// <summary>slope[m, n] = G'_n u R_m + G_n ∂R_m.</summary>
    private static void Slope(
        ReadOnlySpan<double> g,
        ReadOnlySpan<double> dg,
        ReadOnlySpan<double> r,
        ReadOnlySpan<double> dr,
        double u,
        Span<double> slope)
    {
        int n = g.Length, lanes = Vector<double>.Count;
        for (int m = 0; m < r.Length; m++)
        {
            var row = slope.Slice(m * n, n);
            double along = u * r[m];
            int i = 0;
            for (; i + lanes <= n; i += lanes)
            {
                ((new Vector<double>(dg[i..]) * along) + (new Vector<double>(g[i..]) * dr[m])).CopyTo(row[i..]);
            }

            for (; i < n; i++)
            {
                row[i] = (dg[i] * along) + (g[i] * dr[m]);
            }
        }
    }
}
