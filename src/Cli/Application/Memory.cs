using System.Globalization;

namespace Noether.Cli;

/// <summary>The memory of the machine, in messages.</summary>
internal static class Memory
{
    /// <summary>The message where there is not enough.</summary>
    public static string Exhausted =>
        $"out of memory: the process holds {Text(Environment.WorkingSet)} of {Text(Available)}; "
        + "fewer atoms or frames at a time (--frames) or a model in float32 need less";

    /// <summary>Whether this is the end of the memory, on whichever thread.</summary>
    public static bool IsExhausted(Exception failure) =>
        failure is OutOfMemoryException or AggregateException { InnerException: OutOfMemoryException };

    private static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Refuses work that cannot succeed: its largest array alone is larger than the memory.</summary>
    /// <param name="work">The name of the work.</param>
    /// <param name="bytes">The bytes it needs at least.</param>
    /// <param name="help">What would need less.</param>
    public static void Expect(string work, double bytes, string help)
    {
        if (bytes > Available)
        {
            Bridge.Refuse(work, $"{Text(bytes)} of memory or more", $"at most the {Text(Available)} there are: {help}");
        }
    }

    private static string Text(double bytes) => bytes switch
    {
        >= 1e9 => (bytes / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " GB",
        _ => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture) + " MB",
    };
}
