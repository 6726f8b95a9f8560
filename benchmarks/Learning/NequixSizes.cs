using System.Diagnostics;
using System.Globalization;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Energy, forces and stress of perturbed diamond by a Nequix model for growing numbers of atoms: the time of one
/// evaluation, that of an edge, what was allocated and the most memory that the process had meanwhile. Both should grow as
/// the atoms do.
/// </summary>
/// <param name="precision">The precision.</param>
/// <param name="sizes">Unit cells of eight atoms along the three axes.</param>
internal sealed class NequixSizes(Precision precision, IReadOnlyList<(int A, int B, int C)> sizes)
{
    public const string Name = "nequix-sizes";

    /// <summary>512, 4 096 and 20 000 atoms.</summary>
    public static readonly IReadOnlyList<(int A, int B, int C)> Usual = [(4, 4, 4), (8, 8, 8), (10, 10, 25)];

    // Evaluations of 64 atoms until the JIT has reached its final code.
    private const int WarmUp = 10;

    /// <summary>Runs all, printing as it goes.</summary>
    public void Run()
    {
        NequixModel model = NequixBenchmark.Model();
        Potential potential = Nequix.potential(precision, model);
        Structure small = NequixBenchmark.Diamond(2, 2, 2);
        for (int i = 0; i < WarmUp; i++)
        {
            Outcome.getOrFail(Evaluate.run(potential, small));
        }

        foreach ((int a, int b, int c) in sizes)
        {
            Structure diamond = NequixBenchmark.Diamond(a, b, c);
            double edges = Outcome.getOrFail(Neighbours.build(model.Settings.Cutoff, diamond)).Count;
            GC.Collect();
            Machine.ForgetPeak();
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            Results results = Outcome.getOrFail(Evaluate.run(potential, diamond));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            string peak = Machine.PeakBytes() is { } most ? Gigabytes(most) : "unknown";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{precision}, {diamond.Count} atoms, {edges} edges: {seconds:F2} s, {1e6 * seconds / edges:F1} µs/edge, "
                + $"{Gigabytes(bytes)} allocated, peak {peak}; {results.Energy / diamond.Count:F6} eV/atom"));
        }
    }

    private static string Gigabytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):F2} GiB");
}
