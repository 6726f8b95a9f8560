namespace Noether.Reference;

/// <summary>The naive twins of the mesh kernels.</summary>
public static class MeshReference
{
    /// <summary>The cardinal B-spline of an order at t, by its recursion: M₁ is 1 on [0, 1).</summary>
    public static double Spline(int order, double t)
    {
        if (order == 1)
        {
            return t is >= 0 and < 1 ? 1 : 0;
        }

        return ((t * Spline(order - 1, t)) + ((order - t) * Spline(order - 1, t - 1))) / (order - 1);
    }

    /// <summary>Lagrange's polynomial of a node, of nodes at 0, 1, … less (order − 1)/2.</summary>
    public static double Lagrange(int order, int node, double x)
    {
        double product = 1;
        for (int j = 0; j < order; j++)
        {
            product *= j == node ? 1 : (x - j + ((order - 1) / 2.0)) / (node - j);
        }

        return product;
    }

    /// <summary>The mesh points of a coordinate: the order nearest to it, modulo the size.</summary>
    public static int[] Nodes(double u, int size, int order)
    {
        double centre = order % 2 == 1 ? Math.Round(u) : Math.Floor(u) + 0.5;
        int first = (int)(centre - ((order - 1) / 2.0));
        return [.. Enumerable.Range(first, order).Select(node => ((node % size) + size) % size)];
    }

    /// <summary>
    /// Calls <paramref name="term"/> with point, channel, the three weights' places and the mesh point's for each term
    /// of the sum Σ q wx wy wz m.
    /// </summary>
    public static void Terms(
        double[] u, int[] sizes, int order, int channels, Action<int, int, int, int, int, int> term)
    {
        ArgumentNullException.ThrowIfNull(u);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(term);
        for (int i = 0; i < u.Length / 3; i++)
        {
            int[] x = Nodes(u[3 * i], sizes[0], order);
            int[] y = Nodes(u[(3 * i) + 1], sizes[1], order);
            int[] z = Nodes(u[(3 * i) + 2], sizes[2], order);
            for (int channel = 0; channel < channels; channel++)
            {
                for (int a = 0; a < order; a++)
                {
                    for (int b = 0; b < order; b++)
                    {
                        for (int c = 0; c < order; c++)
                        {
                            int place = (((((channel * sizes[0]) + x[a]) * sizes[1]) + y[b]) * sizes[2]) + z[c];
                            term(i, channel, (i * order) + a, (i * order) + b, (i * order) + c, place);
                        }
                    }
                }
            }
        }
    }
}
