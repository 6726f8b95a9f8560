namespace Noether.Reference;

/// <summary>Small matrices by cofactors: slow, and short enough to be believed.</summary>
public static class DenseReference
{
    public static double Determinant(double[,] a)
    {
        var n = a.GetLength(0);
        if (n == 0)
        {
            return 1;
        }

        var sum = 0.0;
        for (var j = 0; j < n; j++)
        {
            sum += (j % 2 == 0 ? 1 : -1) * a[0, j] * Determinant(Minor(a, 0, j));
        }

        return sum;
    }

    public static double[,] Inverse(double[,] a)
    {
        var n = a.GetLength(0);
        var determinant = Determinant(a);
        var y = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                y[j, i] = ((i + j) % 2 == 0 ? 1 : -1) * Determinant(Minor(a, i, j)) / determinant;
            }
        }

        return y;
    }

    private static double[,] Minor(double[,] a, int row, int column)
    {
        var n = a.GetLength(0);
        var y = new double[n - 1, n - 1];
        for (var i = 0; i < n - 1; i++)
        {
            for (var j = 0; j < n - 1; j++)
            {
                y[i, j] = a[i < row ? i : i + 1, j < column ? j : j + 1];
            }
        }

        return y;
    }
}
