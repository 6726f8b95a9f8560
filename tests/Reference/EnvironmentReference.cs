namespace Noether.Reference;

/// <summary>Functions of environments and networks of them, as the formulas have them: every pair and triple of points
/// without images, one term at a time.</summary>
/// <param name="Kinds">The number of kinds.</param>
/// <param name="RadialCutoff">Where radial functions end.</param>
/// <param name="AngularCutoff">Where angular functions end.</param>
/// <param name="RadialWidth">η of the radial functions.</param>
/// <param name="RadialShifts">R of the radial functions.</param>
/// <param name="AngularWidth">η of the angular functions.</param>
/// <param name="AngularShifts">R of the angular functions.</param>
/// <param name="Sharpness">ζ.</param>
/// <param name="Sections">θ of the sections.</param>
/// <param name="Smoothness">0 for the cosine, n for the smooth cut-off of that order.</param>
public sealed record EnvironmentReference(
    int Kinds,
    double RadialCutoff,
    double AngularCutoff,
    double RadialWidth,
    double[] RadialShifts,
    double AngularWidth,
    double[] AngularShifts,
    double Sharpness,
    double[] Sections,
    int Smoothness)
{
    /// <summary>The functions of point i, all kinds of neighbours.</summary>
    public double[] Values(double[] points, int[] kinds, int i)
    {
        int sections = Sections.Length;
        int angular = AngularShifts.Length * sections;
        int radial = RadialShifts.Length;
        var values = new double[(Kinds * radial) + (Kinds * (Kinds + 1) / 2 * angular)];
        for (int j = 0; j < kinds.Length; j++)
        {
            double[] a = Between(points, i, j);
            double r = Math.Sqrt(Dot(a, a));
            if (j == i || r >= RadialCutoff)
            {
                continue;
            }

            for (int s = 0; s < radial; s++)
            {
                double off = r - RadialShifts[s];
                values[(kinds[j] * radial) + s] += 0.25 * Math.Exp(-RadialWidth * off * off) * Cutoff(r, RadialCutoff);
            }

            for (int k = j + 1; k < kinds.Length; k++)
            {
                double[] b = Between(points, i, k);
                double q = Math.Sqrt(Dot(b, b));
                if (k == i || r >= AngularCutoff || q >= AngularCutoff)
                {
                    continue;
                }

                double angle = Math.Acos(0.95 * Dot(a, b) / Math.Max(r * q, 1e-10));
                (int low, int high) = (Math.Min(kinds[j], kinds[k]), Math.Max(kinds[j], kinds[k]));
                int pair = 0;
                for (int one = 0; one < low; one++)
                {
                    pair += Kinds - one;
                }

                pair += high - low;
                for (int s = 0; s < AngularShifts.Length; s++)
                {
                    double off = (0.5 * (r + q)) - AngularShifts[s];
                    double bell = Math.Exp(-AngularWidth * off * off);
                    for (int z = 0; z < sections; z++)
                    {
                        double bend = Math.Pow(0.5 * (1 + Math.Cos(angle - Sections[z])), Sharpness);
                        values[(Kinds * radial) + (pair * angular) + (s * sections) + z] +=
                            2 * bend * bell * Cutoff(r, AngularCutoff) * Cutoff(q, AngularCutoff);
                    }
                }
            }
        }

        return values;
    }

    /// <summary>A chain of layers y = W x + b with CELU (α = 0.1) between them, one output.</summary>
    public static double Network((double[] Weights, double[] Biases)[] layers, double[] x)
    {
        for (int k = 0; k < layers.Length; k++)
        {
            (double[] weights, double[] biases) = layers[k];
            var y = new double[biases.Length];
            for (int o = 0; o < y.Length; o++)
            {
                y[o] = biases[o];
                for (int p = 0; p < x.Length; p++)
                {
                    y[o] += weights[(o * x.Length) + p] * x[p];
                }

                if (k < layers.Length - 1 && y[o] < 0)
                {
                    y[o] = 0.1 * (Math.Exp(y[o] / 0.1) - 1);
                }
            }

            x = y;
        }

        return x[0];
    }

    private double Cutoff(double r, double cutoff) => Smoothness == 0
        ? (0.5 * Math.Cos(Math.PI * r / cutoff)) + 0.5
        : Math.Exp(1 - (1 / (1 - Math.Pow(r / cutoff, Smoothness))));

    private static double[] Between(double[] points, int i, int j) =>
        [.. Enumerable.Range(0, 3).Select(c => points[(3 * j) + c] - points[(3 * i) + c])];

    private static double Dot(double[] a, double[] b) => (a[0] * b[0]) + (a[1] * b[1]) + (a[2] * b[2]);
}
