namespace Noether.Reference;

/// <summary>The naive twins of the Fourier kernels: sums over all points, one frequency at a time.</summary>
public static class FourierReference
{
    /// <summary>X(k) = Σₓ a(x) e^(sign · 2πi k·x/n) for all frequencies of three axes; complex numbers are
    /// pairs.</summary>
    public static double[] Transform(int[] n, double[] a, int sign)
    {
        ArgumentNullException.ThrowIfNull(n);
        ArgumentNullException.ThrowIfNull(a);
        var result = new double[a.Length];
        for (int k = 0; k < a.Length / 2; k++)
        {
            for (int x = 0; x < a.Length / 2; x++)
            {
                double turns = 0;
                int left = k, at = x;
                for (int axis = n.Length - 1; axis >= 0; axis--)
                {
                    turns += (double)((long)(left % n[axis]) * (at % n[axis]) % n[axis]) / n[axis];
                    left /= n[axis];
                    at /= n[axis];
                }

                (double sin, double cos) = Math.SinCos(sign * 2 * Math.PI * turns);
                result[2 * k] += (a[2 * x] * cos) - (a[(2 * x) + 1] * sin);
                result[(2 * k) + 1] += (a[2 * x] * sin) + (a[(2 * x) + 1] * cos);
            }
        }

        return result;
    }

    /// <summary>The frequencies that are kept of the last axis, 0 … n/2, of all.</summary>
    public static double[] Keep(int[] n, double[] spectrum)
    {
        ArgumentNullException.ThrowIfNull(n);
        int last = n[^1];
        return [.. spectrum.Where((_, i) => i / 2 % last <= last / 2)];
    }

    /// <summary>The weight of a frequency of the last axis: 2 where its negative is not kept.</summary>
    public static double Weight(int last, int k) => k == 0 || 2 * k == last ? 1 : 2;

    /// <summary>Σₖ c_k Re X(k) e^(+2πi k·x/n) over the kept frequencies, c their weights if doubled, else 1.</summary>
    public static double[] InverseReal(int[] n, double[] kept, bool doubled)
    {
        ArgumentNullException.ThrowIfNull(n);
        ArgumentNullException.ThrowIfNull(kept);
        int last = n[^1], width = (last / 2) + 1, rows = kept.Length / 2 / width;
        var all = new double[2 * rows * last];
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < width; k++)
            {
                double weight = doubled ? Weight(last, k) : 1;
                all[2 * ((row * last) + k)] = weight * kept[2 * ((row * width) + k)];
                all[(2 * ((row * last) + k)) + 1] = weight * kept[(2 * ((row * width) + k)) + 1];
            }
        }

        return [.. Transform(n, all, 1).Where((_, i) => i % 2 == 0)];
    }
}
