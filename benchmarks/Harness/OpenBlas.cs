using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Noether.Benchmarks;

/// <summary>OpenBLAS, where it is installed: a yardstick only, never used by the library.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101, Plain = 111, Transposed = 112;

    /// <summary>
    /// Loads it for one thread. The C library's environment is set, since .NET keeps one of its own; the core type
    /// because a processor that OpenBLAS does not know falls back to old kernels.
    /// </summary>
    /// <returns>Whether it is there.</returns>
    public static bool Load()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        _ = SetEnvironment("OPENBLAS_NUM_THREADS", "1", 1);
        if (Avx512F.IsSupported)
        {
            _ = SetEnvironment("OPENBLAS_CORETYPE", "SKYLAKEX", 1);
        }

        return NativeLibrary.TryLoad(Library, out _);
    }

    /// <summary><c>C = op(A)·op(B)</c>, stored by rows.</summary>
    public static void Multiply(
        int m, int n, int k, float[] a, bool transposeA, float[] b, bool transposeB, float[] c) =>
        Single(
            RowMajor, Form(transposeA), Form(transposeB), m, n, k, 1, a, transposeA ? m : k, b, transposeB ? k : n, 0,
            c, n);

    /// <summary><c>C = op(A)·op(B)</c>, stored by rows.</summary>
    public static void Multiply(
        int m, int n, int k, double[] a, bool transposeA, double[] b, bool transposeB, double[] c) =>
        Double(
            RowMajor, Form(transposeA), Form(transposeB), m, n, k, 1, a, transposeA ? m : k, b, transposeB ? k : n, 0,
            c, n);

    private static int Form(bool transposed) => transposed ? Transposed : Plain;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Single(
        int order, int opA, int opB, int m, int n, int k, float alpha, float[] a, int lda, float[] b, int ldb,
        float beta, [In, Out] float[] c, int ldc);

    [LibraryImport(Library, EntryPoint = "cblas_dgemm")]
    private static partial void Double(
        int order, int opA, int opB, int m, int n, int k, double alpha, double[] a, int lda, double[] b, int ldb,
        double beta, [In, Out] double[] c, int ldc);
}
