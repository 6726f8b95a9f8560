namespace Noether.Reference;

/// <summary>The sums of a density expansion, term by term.</summary>
public static class DensityExpansionReference
{
    /// <summary>Σ over pairs with this sample of G[n] R[m].</summary>
    public static double Value(int[] pairs, double[][] radial, double[][] harmonics, int sample, int m, int n)
    {
        double sum = 0;
        for (int e = 0; e < radial.Length; e++)
        {
            sum += pairs[3 * e] == sample ? radial[e][n] * harmonics[e][m] : 0;
        }

        return sum;
    }

    /// <summary>∂(G[n] R[m]) of a pair by a component of its vector.</summary>
    public static double Slope(double radial, double slope, double harmonic, double derivative, double x, double length) =>
        (length > 0 ? slope * x / length * harmonic : 0) + (radial * derivative);
}
