namespace Noether.Reference;

/// <summary>The matrix product as its definition, in double.</summary>
public static class GemmReference
{
    /// <summary><c>C_e (+)= op(A_e)·op(B_e)</c>; arguments as those of the kernel. A C stride of 0 sums over the batch.
    /// </summary>
    public static void MultiplyInto(
        int batch, int m, int n, int k, double[] a, bool transposeA, int strideA, double[] b, bool transposeB,
        int strideB, double[] c, int strideC, bool accumulate)
    {
        for (int i = 0; i < m * n && !accumulate; i++)
        {
            for (int e = 0; e < (strideC == 0 ? 1 : batch); e++)
            {
                c[(e * strideC) + i] = 0;
            }
        }

        for (int e = 0; e < batch; e++)
        {
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int p = 0; p < k; p++)
                    {
                        sum += a[(e * strideA) + (transposeA ? (p * m) + i : (i * k) + p)]
                            * b[(e * strideB) + (transposeB ? (j * k) + p : (p * n) + j)];
                    }

                    c[(e * strideC) + (i * n) + j] += sum;
                }
            }
        }
    }
}
