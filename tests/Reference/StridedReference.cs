namespace Noether.Reference;

/// <summary>Strided loops, one index at a time, in double precision.</summary>
public static class StridedReference
{
    /// <summary>Calls with every index of a shape, last axis fastest; once with the empty index for rank 0.</summary>
    public static void ForEach(int[] shape, Action<int[]> visit)
    {
        var index = new int[shape.Length];
        Visit(0);

        void Visit(int axis)
        {
            if (axis == shape.Length)
            {
                visit(index);
                return;
            }

            for (index[axis] = 0; index[axis] < shape[axis]; index[axis]++)
            {
                Visit(axis + 1);
            }
        }
    }

    public static int At(int[] strides, int[] index)
    {
        var at = 0;
        for (var k = 0; k < index.Length; k++)
        {
            at += strides[k] * index[k];
        }

        return at;
    }

    public static double[] Copy(double[] x, int[] shape, int[] strides, int offset)
    {
        var y = new List<double>();
        ForEach(shape, index => y.Add(x[offset + At(strides, index)]));
        return [.. y];
    }

    public static double[] AddTo(double[] x, int[] shape, int[] strides, int offset, double[] y)
    {
        var sums = new SumReference(y);
        var next = 0;
        ForEach(shape, index => sums.Add(offset + At(strides, index), x[next++]));
        return sums.Result();
    }

    public static double[] MultiplyAddTo(
        int[] shape,
        double[] a,
        int[] aStrides,
        double[] b,
        int[] bStrides,
        double[] y,
        int[] yStrides)
    {
        var sums = new SumReference(y);
        ForEach(shape, index => sums.Add(At(yStrides, index), a[At(aStrides, index)] * b[At(bStrides, index)]));
        return sums.Result();
    }
}
