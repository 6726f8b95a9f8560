using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Cases that need published models and data, and are reported as skipped where these are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublishedTheoryAttribute : TheoryAttribute
{
    public PublishedTheoryAttribute()
    {
        if (Data is null)
        {
            Skip = "SKIPPED: no folder of published models and data: set NOETHER_DATA. What needs them was not run.";
        }
    }

    /// <summary>The folder of published models and data, if the machine has one: NOETHER_DATA, or shared/data beside the
    /// repository.</summary>
    public static string? Data { get; } = new[]
    {
        Environment.GetEnvironmentVariable("NOETHER_DATA"),
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../shared/data")),
    }.FirstOrDefault(folder => folder is { Length: > 0 } && File.Exists(Path.Combine(folder, "nequix/nequix-mp-1.nqx")));
}
