using System.Numerics;

namespace Noether.Kernels;

/// <summary>Products of matrices, single and in batches.</summary>
public static unsafe class Gemm
{
    /// <summary>
    /// <c>C_e = op(A_e)·op(B_e)</c> for every element e of a batch, or added to C. All matrices are stored by rows
    /// without gaps: op(A) is m×k and A is stored so, or k×m where it is transposed; op(B) is k×n; C is m×n. Element e
    /// of the batch begins at e times the stride; a stride of 0 gives every element the same A or B.
    /// A <paramref name="strideC"/> of 0 sums the products of the whole batch into one C.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="batch">The number of products; an empty sum (no product, or k = 0) is zero.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The length of the sums.</param>
    /// <param name="a">The left matrices.</param>
    /// <param name="transposeA">Whether A is stored k×m.</param>
    /// <param name="strideA">Elements from one A to the next, or 0.</param>
    /// <param name="b">The right matrices.</param>
    /// <param name="transposeB">Whether B is stored n×k.</param>
    /// <param name="strideB">Elements from one B to the next, or 0.</param>
    /// <param name="c">The results; must not overlap the factors.</param>
    /// <param name="strideC">Elements from one C to the next, at least m·n; or 0, for the sum over the batch.</param>
    /// <param name="accumulate">Whether the products are added to what C holds; otherwise they replace it.</param>
    /// <exception cref="ArgumentException">A size or stride is negative, C's elements overlap, a span is too short for
    /// its sizes, or the element type is another.</exception>
    /// <remarks>
    /// The order of every sum is fixed by m, n, k, the batch and the width of the machine's registers, never by the
    /// number of threads: results are the same to the bit on any number of them.
    /// </remarks>
    public static void MultiplyInto<T>(
        int batch,
        int m,
        int n,
        int k,
        ReadOnlySpan<T> a,
        bool transposeA,
        int strideA,
        ReadOnlySpan<T> b,
        bool transposeB,
        int strideB,
        Span<T> c,
        int strideC,
        bool accumulate)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        MultiplyInto(
            batch,
            m,
            n,
            k,
            a,
            transposeA,
            transposeA ? m : k,
            strideA,
            b,
            transposeB,
            transposeB ? k : n,
            strideB,
            c,
            n,
            strideC,
            accumulate);
    }

    /// <summary>
    /// <c>C_e = op(A_e)·op(B_e)</c> like the product of matrices without gaps, for matrices that are columns of wider
    /// ones: a row of the stored A begins <paramref name="rowA"/> elements after the one before, likewise B and C.
    /// The results of a batch may lie beside each other in the rows of C.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="batch">The number of products; an empty sum (no product, or k = 0) is zero.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The length of the sums.</param>
    /// <param name="a">The left matrices.</param>
    /// <param name="transposeA">Whether A is stored k×m.</param>
    /// <param name="rowA">Elements from one stored row of A to the next, at least its length.</param>
    /// <param name="strideA">Elements from one A to the next, or 0.</param>
    /// <param name="b">The right matrices.</param>
    /// <param name="transposeB">Whether B is stored n×k.</param>
    /// <param name="rowB">Elements from one stored row of B to the next, at least its length.</param>
    /// <param name="strideB">Elements from one B to the next, or 0.</param>
    /// <param name="c">The results; must not overlap the factors. What lies between their rows stays as it is.</param>
    /// <param name="rowC">Elements from one row of C to the next, at least n.</param>
    /// <param name="strideC">Elements from one C to the next, so that no two of them overlap; or 0, for the sum over the
    /// batch.</param>
    /// <param name="accumulate">Whether the products are added to what C holds; otherwise they replace it.</param>
    /// <exception cref="ArgumentException">A size or stride is negative, rows or C's elements overlap, a span is too
    /// short for its sizes, or the element type is another.</exception>
    public static void MultiplyInto<T>(
        int batch,
        int m,
        int n,
        int k,
        ReadOnlySpan<T> a,
        bool transposeA,
        int rowA,
        int strideA,
        ReadOnlySpan<T> b,
        bool transposeB,
        int rowB,
        int strideB,
        Span<T> c,
        int rowC,
        int strideC,
        bool accumulate)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            throw new ArgumentException($"Gemm.MultiplyInto: elements of {typeof(T)}; expected float or double.");
        }

        if ((batch | m | n | k | strideA | strideB | strideC) < 0)
        {
            throw new ArgumentException(
                $"Gemm.MultiplyInto: batch {batch}, m {m}, n {n}, k {k}, strides {strideA}, {strideB}, {strideC}; "
                + "expected none negative.");
        }

        if (rowA < (transposeA ? m : k) || rowB < (transposeB ? k : n) || rowC < n)
        {
            throw new ArgumentException(
                $"Gemm.MultiplyInto: rows of A, B and C every {rowA}, {rowB} and {rowC} elements; expected at least "
                + $"{(transposeA ? m : k)}, {(transposeB ? k : n)} and {n}, their lengths.");
        }

        long size = Extent(m, n, rowC);
        bool sum = strideC == 0;
        bool beside = strideC >= n && ((long)strideC * (batch - 1)) + n <= rowC;
        if (!sum && strideC < size && batch > 1 && !beside)
        {
            throw new ArgumentException(
                $"Gemm.MultiplyInto: stride {strideC} of C; expected 0 or at least m·n = {size}, so that the results "
                + "do not overlap.");
        }

        if (size == 0 || (batch == 0 && !sum))
        {
            return;
        }

        Require(c.Length, sum ? 0 : strideC, batch, size, "C");
        if (batch == 0 || k == 0)
        {
            if (!accumulate)
            {
                ClearAll(batch, m, n, c, rowC, strideC);
            }

            return;
        }

        Require(a.Length, strideA, batch, transposeA ? Extent(k, m, rowA) : Extent(m, k, rowA), "A");
        Require(b.Length, strideB, batch, transposeB ? Extent(n, k, rowB) : Extent(k, n, rowB), "B");

        // A batch of rows times one B is one taller product; a sum over stacked factors is one deeper product.
        if (batch > 1)
        {
            if (strideB == 0 && !transposeA && strideA == (long)m * rowA && strideC == (long)m * rowC
                && (long)batch * m <= int.MaxValue)
            {
                m *= batch;
                batch = 1;
            }
            else if (sum && transposeA && !transposeB && strideA == (long)k * rowA && strideB == (long)k * rowB
                && (long)batch * k <= int.MaxValue)
            {
                k *= batch;
                batch = 1;
            }
        }

        fixed (T* pa = a, pb = b, pc = c)
        {
            var job = new GemmJob<T>
            {
                Batch = batch,
                M = m,
                N = n,
                K = k,
                A = pa,
                ARow = transposeA ? 1 : rowA,
                AStep = transposeA ? rowA : 1,
                AStride = strideA,
                B = pb,
                BStep = transposeB ? 1 : rowB,
                BColumn = transposeB ? rowB : 1,
                BStride = strideB,
                C = pc,
                CRow = rowC,
                CStride = strideC,
                Accumulate = accumulate,
            };
            job.Run();
        }
    }

    // Elements from the first to the last of a stored matrix.
    private static long Extent(int rows, int columns, int row) =>
        rows == 0 || columns == 0 ? 0 : ((long)row * (rows - 1)) + columns;

    private static void ClearAll<T>(int batch, int m, int n, Span<T> c, int rowC, int strideC)
    {
        for (int e = 0; e < (strideC == 0 ? 1 : batch); e++)
        {
            for (int i = 0; i < m; i++)
            {
                c.Slice((e * strideC) + (i * rowC), n).Clear();
            }
        }
    }

    private static void Require(int length, int stride, int batch, long size, string name)
    {
        long needed = batch == 0 ? size : ((long)stride * (batch - 1)) + size;
        if (length < needed)
        {
            throw new ArgumentException(
                $"Gemm.MultiplyInto: {name} has {length} elements; expected at least {needed} ({batch} of {size}, "
                + $"stride {stride}).");
        }
    }
}
