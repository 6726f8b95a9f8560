using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Noether.Benchmarks;

/// <summary>Prints measurements as they come and keeps them for the file.</summary>
internal sealed class Report(Machine machine)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    private readonly List<Measurement> measurements = [];

    /// <summary>Prints the machine and the column heads.</summary>
    public void PrintHead()
    {
        Console.WriteLine(
            $"{machine.Processor}, {machine.Processors} processors, {machine.Vector}-bit registers, {machine.Runtime}, "
            + $"{machine.Date} UTC");
        Console.WriteLine(
            $"{"benchmark",-10} {"case",-44} {"time",10} {"±",5} {"rate",16} {"share",6} {"bytes",9} {"faults",7}");
    }

    /// <summary>Prints one line.</summary>
    public void Add(Measurement x)
    {
        measurements.Add(x);
        string share = x.Share is { } s ? string.Create(CultureInfo.InvariantCulture, $"{100 * s:F0} %") : "";
        string faults = x.Faults is { } f ? string.Create(CultureInfo.InvariantCulture, $"{f:F1}") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{x.Benchmark,-10} {x.Name,-44} {Scaled(x.Seconds, "s"),10} {100 * x.Spread,4:F0}% "
            + $"{Scaled(x.Rate, x.Unit + "/s"),16} {share,6} {x.Bytes,9:F0} {faults,7}"));
    }

    /// <summary>Writes machine and measurements, the numbers in SI units.</summary>
    public void WriteJson(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(new { machine, measurements }, Options) + "\n");

    private static string Scaled(double value, string unit)
    {
        (double scale, string prefix) = value switch
        {
            >= 1e9 => (1e-9, "G"),
            >= 1e6 => (1e-6, "M"),
            >= 1e3 => (1e-3, "k"),
            >= 1 or 0 => (1.0, ""),
            >= 1e-3 => (1e3, "m"),
            >= 1e-6 => (1e6, "µ"),
            _ => (1e9, "n"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value * scale:G4} {prefix}{unit}");
    }
}
