using System.Numerics.Tensors;

namespace Noether.Kernels;

/// <summary>One summand w/r^p of an interaction, in Fourier space: c E_s(z) with z = f k².</summary>
/// <param name="Order">The order s = (p − 1)/2.</param>
/// <param name="Factor">The factor c.</param>
/// <param name="Width">The factor f = σ²/2.</param>
public readonly record struct ReciprocalPower(double Order, double Factor, double Width);

/// <summary>Sums over the frequencies of a mesh, with their derivatives by the metric of the reciprocal
/// lattice.</summary>
public static unsafe class ReciprocalSums
{
    /// <summary>
    /// Multiplies the transform ρ of a mesh of real data by G = T₀(i) T₁(j) T₂(l) Σ c E_s(f k²), k² = mᵀ g m for the
    /// frequencies m = (i, j, l), and adds up Σ w |ρ|² ∂G/∂k² m⊗m, w = 2 inside the last axis and 1 at its ends: six
    /// numbers, the derivative of Σ w G |ρ|² by g. G is 0 at k = 0. The bits do not depend on the threads.
    /// </summary>
    /// <param name="sizes">The points of the mesh, three.</param>
    /// <param name="metric">g, [3, 3], symmetric, Å⁻².</param>
    /// <param name="first">T₀, [n₀], in the order of frequencies of a discrete transform.</param>
    /// <param name="second">T₁, [n₁].</param>
    /// <param name="third">T₂, [n₂/2 + 1].</param>
    /// <param name="powers">The summands.</param>
    /// <param name="spectrum">ρ, [n₀, n₁, n₂/2 + 1, 2]; receives Gρ.</param>
    /// <param name="moments">Receives the six sums 00, 11, 22, 01, 02, 12.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static void Filter(
        ReadOnlySpan<int> sizes,
        ReadOnlySpan<double> metric,
        ReadOnlySpan<double> first,
        ReadOnlySpan<double> second,
        ReadOnlySpan<double> third,
        ReadOnlySpan<ReciprocalPower> powers,
        Span<double> spectrum,
        Span<double> moments)
    {
        Guard.Length(sizes.Length, 3, nameof(sizes));
        Guard.Length(metric.Length, 9, nameof(metric));
        Guard.Length(first.Length, sizes[0], nameof(first));
        Guard.Length(second.Length, sizes[1], nameof(second));
        Guard.Length(third.Length, (sizes[2] / 2) + 1, nameof(third));
        Guard.Length(spectrum.Length, 2L * first.Length * second.Length * third.Length, nameof(spectrum));
        Guard.Length(moments.Length, 6, nameof(moments));
        var parts = new double[6 * sizes[0]];
        fixed (double* metricAt = metric, firstAt = first, secondAt = second, thirdAt = third, spectrumAt = spectrum)
        fixed (double* partsAt = parts)
        fixed (ReciprocalPower* powersAt = powers)
        {
            var job = new Job
            {
                Metric = metricAt,
                First = firstAt,
                Second = secondAt,
                Third = thirdAt,
                Spectrum = spectrumAt,
                Parts = partsAt,
                Powers = powersAt,
                PowerCount = powers.Length,
                N0 = sizes[0],
                N1 = sizes[1],
                N2 = sizes[2],
            };
            Workers.Run(sizes[0], job);
        }

        moments.Clear();
        for (int i = 0; i < parts.Length; i++)
        {
            moments[i % 6] += parts[i];
        }
    }

    // Rows of numbers for the frequencies of the last axis.
    private struct Rows
    {
        public double[] Arguments, Values, Slopes, Each, Below;
    }

    private struct Job : IJob
    {
        public double* Metric, First, Second, Third, Spectrum, Parts;
        public ReciprocalPower* Powers;
        public int PowerCount, N0, N1, N2;

        // One plane of frequencies.
        public readonly void Run(int block)
        {
            int length = (N2 / 2) + 1;
            var squares = new double[length];
            var rows = new Rows
            {
                Arguments = new double[length],
                Values = new double[length],
                Slopes = new double[length],
                Each = new double[length],
                Below = new double[length],
            };
            double* parts = Parts + (6 * block);
            double i = 2 * block < N0 ? block : block - N0;
            for (int row = 0; row < N1; row++)
            {
                double j = 2 * row < N1 ? row : row - N1;
                double constant = (Metric[0] * i * i) + (2 * Metric[1] * i * j) + (Metric[4] * j * j);
                double linear = 2 * ((Metric[2] * i) + (Metric[5] * j));
                for (int l = 0; l < length; l++)
                {
                    squares[l] = constant + (l * (linear + (l * Metric[8])));
                }

                bool atZero = block == 0 && row == 0;
                if (atZero)
                {
                    squares[0] = 1;
                }

                Transform(squares, rows, First[block] * Second[row], atZero);
                double* at = Spectrum + (2 * length * (((nint)block * N1) + row));
                Moments(at, rows.Values, rows.Slopes, i, j, parts);
            }
        }

        // G into values and ∂G/∂k² into slopes.
        private readonly void Transform(ReadOnlySpan<double> squares, in Rows rows, double table, bool atZero)
        {
            Span<double> values = rows.Values;
            Span<double> slopes = rows.Slopes;
            values.Clear();
            slopes.Clear();
            for (int p = 0; p < PowerCount; p++)
            {
                ReciprocalPower power = Powers[p];
                Elementwise.MultiplyScalar(squares, power.Width, rows.Arguments);
                ExponentialIntegral.Evaluate<double>(power.Order, rows.Arguments, rows.Each);
                ExponentialIntegral.Below<double>(power.Order, rows.Arguments, rows.Each, rows.Below);
                Span<double> scaled = rows.Arguments;
                TensorPrimitives.Multiply(new ReadOnlySpan<double>(Third, squares.Length), power.Factor * table, scaled);
                TensorPrimitives.MultiplyAdd<double>(rows.Each, scaled, values, values);
                TensorPrimitives.Multiply<double>(scaled, -power.Width, scaled);
                TensorPrimitives.MultiplyAdd<double>(rows.Below, scaled, slopes, slopes);
            }

            if (atZero)
            {
                values[0] = 0;
                slopes[0] = 0;
            }
        }

        private readonly void Moments(
            double* at, ReadOnlySpan<double> values, ReadOnlySpan<double> slopes, double i, double j, double* parts)
        {
            double s0 = 0;
            double s1 = 0;
            double s2 = 0;
            int last = values.Length - 1;
            fixed (double* value = values, slope = slopes)
            {
                for (int l = 0; l <= last; l++)
                {
                    double re = at[2 * l];
                    double im = at[(2 * l) + 1];
                    double weight = l == 0 || (l == last && 2 * l == N2) ? 1 : 2;
                    double power = weight * ((re * re) + (im * im)) * slope[l];
                    double moment = l * power;
                    s0 += power;
                    s1 += moment;
                    s2 += l * moment;
                    at[2 * l] = re * value[l];
                    at[(2 * l) + 1] = im * value[l];
                }
            }

            parts[0] += i * i * s0;
            parts[1] += j * j * s0;
            parts[2] += s2;
            parts[3] += i * j * s0;
            parts[4] += i * s1;
            parts[5] += j * s1;
        }
    }
}
