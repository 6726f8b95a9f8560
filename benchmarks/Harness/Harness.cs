using System.Diagnostics;
using System.Globalization;

namespace Noether.Benchmarks;

/// <summary>A named group of things to time.</summary>
internal interface IBenchmark
{
    /// <summary>Gets the name by which the command line asks for it.</summary>
    string Name { get; }

    /// <summary>Makes its cases, one after the other, so that only one holds its data at a time.</summary>
    IEnumerable<Case> Cases();
}

/// <summary>One thing to time.</summary>
/// <param name="Name">What it does and how large it is.</param>
/// <param name="Work">The work of one call, in <paramref name="Unit"/>; the table shows work per second.</param>
/// <param name="Unit">The unit of work, such as <c>flop</c> or <c>pairs</c>.</param>
/// <param name="Run">One call.</param>
internal sealed record Case(string Name, double Work, string Unit, Action Run)
{
    /// <summary>Gets what its rate is compared with, timed in turn with it, so that a machine that changes its pace
    /// changes it for both; null for nothing.</summary>
    public Case? Baseline { get; init; }

    /// <summary>Gets the work of one call in the unit of the baseline, where that is not <see cref="Unit"/>.</summary>
    public double? BaselineWork { get; init; }

    /// <summary>Gets the seconds of one call by the account of another program, which <see cref="Run"/> then does not
    /// measure; null where the clock is ours.</summary>
    public Func<double>? OwnAccount { get; init; }

    /// <summary>Gets how many times one call does the work: figures are those of one time.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Gets how often the time is taken.</summary>
    public int Repetitions { get; init; } = 25;
}

/// <summary>What was measured.</summary>
/// <param name="Benchmark">The group.</param>
/// <param name="Name">The case.</param>
/// <param name="Seconds">The median time of one call.</param>
/// <param name="Spread">Half the distance between the quartiles, as a share of the median.</param>
/// <param name="Rate">Work per second, at the median.</param>
/// <param name="Unit">The unit of work.</param>
/// <param name="Share">The median of the ratio of its rate to the baseline's in the same turn; null without baseline.
/// </param>
/// <param name="Bytes">Managed bytes allocated by one call.</param>
/// <param name="Faults">Page faults of one call; null where the system does not tell.</param>
internal sealed record Measurement(
    string Benchmark,
    string Name,
    double Seconds,
    double Spread,
    double Rate,
    string Unit,
    double? Share,
    double Bytes,
    double? Faults);

/// <summary>Times a case: warm-up, then repetitions of many calls each.</summary>
internal static class Harness
{
    private const int Accounts = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Repetition = TimeSpan.FromMilliseconds(8);

    // A baseline serves many cases and is warmed up once.
    private static readonly Dictionary<Case, int> Baselines = new(ReferenceEqualityComparer.Instance);

    /// <summary>Measures one case, and its baseline in turn with it.</summary>
    public static Measurement Measure(string benchmark, Case item)
    {
        if (item.OwnAccount is { } account)
        {
            double[] told = [.. Enumerable.Range(0, Accounts).Select(_ => account()).Order()];
            double middle = told[Accounts / 2];
            double spread = (told[Accounts * 3 / 4] - told[Accounts / 4]) / 2 / middle;
            return new(benchmark, item.Name, middle, spread, item.Work / middle, item.Unit, null, 0, null);
        }

        Case? baseline = item.Baseline;
        int calls = Calibrate(item.Run);
        int baselineCalls = 0;
        if (baseline is not null && !Baselines.TryGetValue(baseline, out baselineCalls))
        {
            baselineCalls = Calibrate(baseline.Run);
            Baselines.Add(baseline, baselineCalls);
        }

        int repetitions = item.Repetitions;
        var seconds = new double[repetitions];
        var shares = new double[repetitions];
        long bytes = 0;
        long faults = 0;
        GC.Collect();
        for (int i = 0; i < repetitions; i++)
        {
            if (baseline is not null)
            {
                shares[i] = Time(baseline.Run, baselineCalls) / baseline.Work;
            }

            long faultsBefore = Machine.PageFaults() ?? 0;
            long bytesBefore = GC.GetTotalAllocatedBytes(precise: true);
            seconds[i] = Time(item.Run, calls) / item.Times;
            bytes += GC.GetTotalAllocatedBytes(precise: true) - bytesBefore;
            faults += (Machine.PageFaults() ?? 0) - faultsBefore;
            shares[i] *= (item.BaselineWork ?? item.Work) / seconds[i];
        }

        Array.Sort(seconds);
        Array.Sort(shares);
        double median = seconds[repetitions / 2];
        double quartiles = seconds[repetitions * 3 / 4] - seconds[repetitions / 4];
        double all = (double)calls * repetitions * item.Times;
        return new(
            benchmark,
            item.Name,
            median,
            quartiles / 2 / median,
            item.Work / median,
            item.Unit,
            baseline is null ? null : shares[repetitions / 2],
            bytes / all,
            Machine.PageFaults() is null ? null : faults / all);
    }

    private static int Calibrate(Action run)
    {
        // Long enough for the JIT to reach its final code, and then the number of calls that fills a repetition.
        int calls = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < WarmUp)
        {
            run();
            calls++;
        }

        Thread.Sleep(50);
        calls = Math.Max(1, calls / 20);
        return Math.Max(1, (int)(Repetition.TotalSeconds / Time(run, calls)));
    }

    private static double Time(Action run, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            run();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }
}

/// <summary>Where the figures were measured.</summary>
/// <param name="Processor">The processor's name.</param>
/// <param name="Processors">The processors that this process may use.</param>
/// <param name="Vector">The widest register that the runtime uses, in bits.</param>
/// <param name="Runtime">The runtime and its version.</param>
/// <param name="System">The operating system.</param>
/// <param name="Date">When, UTC.</param>
internal sealed record Machine(
    string Processor, int Processors, int Vector, string Runtime, string System, string Date)
{
    /// <summary>The machine that this runs on.</summary>
    public static Machine Current() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        global::System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512
            : global::System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 256
            : global::System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated ? 128 : 0,
        global::System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        global::System.Runtime.InteropServices.RuntimeInformation.OSDescription,
        DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));

    /// <summary>Minor page faults of this process so far; null where /proc is not there.</summary>
    public static long? PageFaults()
    {
        const string path = "/proc/self/stat";
        if (!File.Exists(path))
        {
            return null;
        }

        // The name (field 2) may hold blanks but ends with the last parenthesis; minflt is field 10.
        string stat = File.ReadAllText(path);
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[7], CultureInfo.InvariantCulture);
    }

    /// <summary>The most memory that this process had, in bytes; null where /proc is not there.</summary>
    public static long? PeakBytes()
    {
        const string path = "/proc/self/status";
        const string name = "VmHWM:";
        string? line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(name)) : null;
        string? kilobytes = line?[name.Length..].Trim().Split(' ')[0];
        return kilobytes is null ? null : 1024 * long.Parse(kilobytes, CultureInfo.InvariantCulture);
    }

    /// <summary>Lets <see cref="PeakBytes"/> begin anew, where the system can.</summary>
    public static void ForgetPeak()
    {
        const string path = "/proc/self/clear_refs";
        if (File.Exists(path))
        {
            File.WriteAllText(path, "5");
        }
    }

    private static string ProcessorName()
    {
        const string path = "/proc/cpuinfo";
        string? line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith("model name")) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? "unknown";
    }
}
