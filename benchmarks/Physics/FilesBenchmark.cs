using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.FSharp.Core;
using Noether.Domain;

namespace Noether.Benchmarks;

/// <summary>
/// Extended XYZ from the disk, frame by frame: 216 atoms with forces in a cell, 17 digits. Work is counted in bytes.
/// First one pass over a long trajectory, with the memory it takes; then the rate on a short one. The long one
/// has 100 MB, or as many as the environment variable NOETHER_BENCH_FILE_MB says.
/// </summary>
internal sealed class FilesBenchmark : IBenchmark
{
    private const int Atoms = 216;
    private const int ShortMegabytes = 8;

    public string Name => "files";

    public IEnumerable<Case> Cases()
    {
        string folder = Directory.CreateTempSubdirectory("noether-files").FullName;
        try
        {
            string? wanted = Environment.GetEnvironmentVariable("NOETHER_BENCH_FILE_MB");
            int megabytes = wanted is null ? 100 : int.Parse(wanted, CultureInfo.InvariantCulture);
            string longer = Path.Combine(folder, "long.extxyz");
            Write(longer, megabytes);
            StreamOnce(longer);
            File.Delete(longer);

            string shorter = Path.Combine(folder, "short.extxyz");
            Write(shorter, ShortMegabytes);
            yield return new(
                $"extxyz, {ShortMegabytes} MB of {Atoms} atoms", new FileInfo(shorter).Length, "B", () => Read(shorter, null));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string path, int megabytes)
    {
        var random = new Random(1);
        string[] symbols = ["Si", "O", "O"];
        using var writer = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 16);
        var frame = new StringBuilder();
        for (long written = 0; written < megabytes * 1_000_000L; written += frame.Length)
        {
            frame.Clear();
            frame.Append(CultureInfo.InvariantCulture, $"{Atoms}\nLattice=\"15.0 0.0 0.0 0.0 15.0 0.0 0.0 0.0 15.0\" ");
            frame.Append("Properties=species:S:1:pos:R:3:forces:R:3 ");
            frame.Append(CultureInfo.InvariantCulture, $"energy={random.NextDouble():R} pbc=\"T T T\"\n");
            for (int atom = 0; atom < Atoms; atom++)
            {
                frame.Append(symbols[atom % symbols.Length]);
                for (int k = 0; k < 6; k++)
                {
                    double value = k < 3 ? 15 * random.NextDouble() : random.NextDouble() - 0.5;
                    frame.Append(CultureInfo.InvariantCulture, $" {value:R}");
                }

                frame.Append('\n');
            }

            writer.Write(frame);
        }
    }

    /// <summary>Streams a file and prints how fast, and how much memory there was at most.</summary>
    private static void StreamOnce(string path)
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        long before = process.WorkingSet64;
        long heapBefore = GC.GetTotalMemory(forceFullCollection: true);
        long heap = 0;
        long workingSet = 0;
        long start = Stopwatch.GetTimestamp();
        int frames = Read(path, frame =>
        {
            if (frame % 64 == 0)
            {
                heap = Math.Max(heap, GC.GetTotalMemory(forceFullCollection: false));
                process.Refresh();
                workingSet = Math.Max(workingSet, process.WorkingSet64);
            }
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double megabytes = new FileInfo(path).Length / 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"files      one pass over {megabytes:F0} MB, {frames} frames: {megabytes / seconds:F0} MB/s; managed heap at most "
            + $"{heap / 1e6:F1} MB ({heapBefore / 1e6:F1} before), working set at most {workingSet / 1e6:F0} MB "
            + $"({before / 1e6:F0} before)"));
    }

    private static int Read(string path, Action<int>? watch)
    {
        int frames = 0;
        foreach (FSharpResult<Structure, NoetherError> frame in ExtXyz.frames(path))
        {
            if (Outcome.getOrFail(frame).Count != Atoms)
            {
                throw new InvalidOperationException("The benchmark read another number of atoms than it wrote.");
            }

            watch?.Invoke(frames);
            frames++;
        }

        return frames;
    }
}
