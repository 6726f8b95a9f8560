using Noether.Physics;

namespace Noether.Cli;

/// <summary>A unit of frequencies: how it is named, and how many of it are one THz.</summary>
internal sealed record FrequencyUnit(string Name, string Label, double PerTerahertz)
{
    /// <summary>All that can be asked for.</summary>
    public static IReadOnlyList<FrequencyUnit> All { get; } =
    [
        new("THz", "THz", 1),
        new("cm-1", "cm⁻¹", Frequency.wavenumber(1) / Frequency.terahertz(1)),
        new("meV", "meV", 1000 * Frequency.energy(1) / Frequency.terahertz(1)),
    ];

    /// <summary>Frequencies in this unit.</summary>
    public double[] Of(IEnumerable<double> terahertz) => [.. terahertz.Select(f => f * PerTerahertz)];
}
