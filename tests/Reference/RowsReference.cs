namespace Noether.Reference;

/// <summary>Rows by index, one element at a time, in double precision.</summary>
public static class RowsReference
{
    public static double[] Gather(double[] x, int width, int[] index)
    {
        var y = new double[index.Length * width];
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = x[(index[i / width] * width) + (i % width)];
        }

        return y;
    }

    public static double[] SegmentSum(double[] x, int width, int[] index, int rows)
    {
        var sums = new SumReference(new double[rows * width]);
        for (var i = 0; i < x.Length; i++)
        {
            sums.Add((index[i / width] * width) + (i % width), x[i]);
        }

        return sums.Result();
    }

    public static double[] SegmentFold(
        double[] x,
        int width,
        int[] index,
        int rows,
        double empty,
        Func<double, double, double> fold)
    {
        var y = new double[rows * width];
        Array.Fill(y, empty);
        for (var i = 0; i < x.Length; i++)
        {
            ref var target = ref y[(index[i / width] * width) + (i % width)];
            target = fold(target, x[i]);
        }

        return y;
    }

    public static double[] RowDot(double[] a, double[] b, int width)
    {
        var sums = new SumReference(new double[a.Length / width]);
        for (var i = 0; i < a.Length; i++)
        {
            sums.Add(i / width, a[i] * b[i]);
        }

        return sums.Result();
    }
}
