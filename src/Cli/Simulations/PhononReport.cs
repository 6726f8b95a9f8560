using System.Globalization;
using System.Text;
using Noether.Physics;
using Noether.Report;

namespace Noether.Cli;

/// <summary>The results of <c>noether phonons</c> for one structure, as text, JSON, lines of a file, and a page.</summary>
/// <param name="Unit">The unit of all frequencies here.</param>
/// <param name="Gamma">Frequencies at q = 0, or of a molecule, ascending, [3n].</param>
/// <param name="LargestForce">eV/Å.</param>
/// <param name="Warnings">Warnings to the reader.</param>
internal sealed record PhononReport(FrequencyUnit Unit, double[] Gamma, double LargestForce, string[] Warnings)
{
    /// <summary>The lattice, where its special points are known.</summary>
    public string? Lattice { get; init; }

    /// <summary>The cells that force constants are from; null for a molecule.</summary>
    public int[]? Supercell { get; init; }

    /// <summary>Along the path; null for a molecule.</summary>
    public Bands? Bands { get; init; }

    /// <summary>The density of states, if it was asked for; THz, and states per THz.</summary>
    public DensityOfStates? Density { get; init; }

    /// <summary>Σ ħω/2 of a molecule, eV.</summary>
    public double? ZeroPointEnergy { get; init; }

    private double Lowest => Gamma.Concat(Bands?.Frequencies ?? []).DefaultIfEmpty(0).Min();

    /// <summary>Special points, the frequencies there, and what else there is to say.</summary>
    public void Print(Printer printer)
    {
        printer.Facts(Facts());

        if (Bands is not { } bands)
        {
            printer.Table(["mode", $"frequency ({Unit.Label})"], Gamma.Select((f, k) => new object?[] { k, f }));
            return;
        }

        (int Index, string Label)[] points = Points(bands);
        printer.Table(["point", "qa", "qb", "qc"], points.Select(point => new object?[]
        {
            point.Label,
            bands.Wavevectors[3 * point.Index],
            bands.Wavevectors[(3 * point.Index) + 1],
            bands.Wavevectors[(3 * point.Index) + 2],
        }));
        printer.Table(
            [$"branch ({Unit.Label})", .. points.Select(point => point.Label)],
            Enumerable.Range(0, bands.Branches).Select(branch => new object?[]
            {
                branch,
            }.Concat(points.Select(point => (object?)bands.At(point.Index)[branch])).ToArray()));
    }

    /// <summary>One JSON object.</summary>
    public string Json(Frame frame) => JsonLine.Of(frame, writer =>
    {
        writer.WriteString("unit", Unit.Name);
        writer.WriteString("lattice", Lattice);
        JsonLine.Integers(writer, "supercell", Supercell ?? [], Supercell?.Length ?? 0);
        writer.Numbers("largestForce", [LargestForce]);
        writer.Numbers("gamma", Gamma, Gamma.Length);
        writer.WriteStartArray("points");

        foreach ((int index, string label) in Bands is null ? [] : Points(Bands))
        {
            writer.WriteStartObject();
            writer.WriteString("label", label);
            writer.Numbers("q", Bands!.Wavevectors[(3 * index)..((3 * index) + 3)], 3);
            writer.Numbers("frequencies", Bands.At(index).ToArray(), Bands.Branches);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteBands(writer);

        if (Density is { } density)
        {
            writer.WriteStartObject("dos");
            writer.Numbers("frequencies", Unit.Of(density.Terahertz), density.Terahertz.Length);
            writer.Numbers("density", States(density), density.Density.Length);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("dos");
        }

        if (ZeroPointEnergy is { } energy)
        {
            writer.Numbers("zeroPointEnergy", [energy]);
        }
        else
        {
            writer.WriteNull("zeroPointEnergy");
        }
    });

    /// <summary>All frequencies along the path, a wavevector a line; an empty one where the path begins anew.</summary>
    public string Lines()
    {
        static string Full(double value) => value.ToString("R", CultureInfo.InvariantCulture);
        StringBuilder text = new();

        if (Bands is not { } bands)
        {
            text.Append($"# mode\tfrequency ({Unit.Label})\n");
            text.AppendJoin("", Gamma.Select((f, k) => $"{k}\t{Full(f)}\n"));
            return text.ToString();
        }

        text.Append("# label\tdistance (1/Å)\tqa\tqb\tqc\t");
        text.AppendJoin('\t', Enumerable.Range(0, bands.Branches).Select(k => $"f{k} ({Unit.Label})")).Append('\n');
        Dictionary<int, string> labels = bands.Labels.ToDictionary();

        for (int q = 0; q < bands.Distances.Length; q++)
        {
            if (q > 0 && bands.Starts.Contains(q))
            {
                text.Append('\n');
            }

            text.Append(labels.GetValueOrDefault(q, "")).Append('\t').Append(Full(bands.Distances[q])).Append('\t');
            text.AppendJoin('\t', bands.Wavevectors[(3 * q)..((3 * q) + 3)].Select(Full)).Append('\t');
            text.AppendJoin('\t', bands.At(q).ToArray().Select(Full)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A page with the branches, the density of states, and the structure.</summary>
    public Page Page(Frame frame, Potential potential)
    {
        Page page = Facts().Aggregate(
            Noether.Report.Page.Create($"Phonons of {Formula.Of(frame.Structure)}").Value("file", frame.File)
                .Value("potential", potential.Name),
            (sofar, fact) => sofar.Value(fact.Name, fact.Value));

        if (Bands is { } bands)
        {
            page = bands.Distances.Length > 1 ? page.Figure(Dispersion(bands)) : page;
        }
        else
        {
            Table table = Table.Create("mode", $"frequency ({Unit.Label})");
            page = page.Table(table.RowsOf(Gamma.Index(), one => [one.Index, one.Item]));
        }

        if (Density is { } density)
        {
            page = page.Figure(Plot.Create("Density of states")
                .Line(Unit.Of(density.Terahertz), States(density))
                .XLabel($"frequency ({Unit.Label})").YLabel($"modes a {Unit.Label} and cell"));
        }

        return page.View(Pages.Add(StructureView.Create(), frame));
    }

    private static (int Index, string Label)[] Points(Bands bands) =>
        [.. bands.Labels.DistinctBy(point => (
            point.Label,
            bands.Wavevectors[3 * point.Index],
            bands.Wavevectors[(3 * point.Index) + 1],
            bands.Wavevectors[(3 * point.Index) + 2]))];

    private IEnumerable<(string Name, object? Value)> Facts()
    {
        yield return ("largest force (eV/Å)", LargestForce);

        if (Supercell is { } counts)
        {
            yield return ("lattice", Lattice ?? "neither cubic nor hexagonal");
            yield return ("supercell", string.Join(' ', counts));
        }

        yield return ($"lowest frequency ({Unit.Label})", Lowest);

        if (ZeroPointEnergy is { } energy)
        {
            yield return ("zero-point energy (eV)", energy);
        }

        foreach (string warning in Warnings)
        {
            yield return ("warning", warning);
        }
    }

    private double[] States(DensityOfStates density) => [.. density.Density.Select(d => d / Unit.PerTerahertz)];

    private void WriteBands(System.Text.Json.Utf8JsonWriter writer)
    {
        if (Bands is not { } bands)
        {
            writer.WriteNull("bands");
            return;
        }

        int m = bands.Distances.Length;
        writer.WriteStartObject("bands");
        writer.Integers("starts", bands.Starts[..^1], bands.Starts.Length - 1);
        writer.Numbers("q", bands.Wavevectors, m, 3);
        writer.Numbers("distances", bands.Distances, m);
        writer.Numbers("frequencies", bands.Frequencies, m, bands.Branches);
        writer.WriteEndObject();
    }

    private Plot Dispersion(Bands bands)
    {
        Plot plot = Plot.Create("Dispersion").XLabel("along the path (1/Å)").YLabel($"frequency ({Unit.Label})")
            .XLimits(0, bands.Distances[^1]).Horizontal(0);

        foreach ((int first, int next) in bands.Starts.Zip(bands.Starts.Skip(1)))
        {
            for (int branch = 0; branch < bands.Branches; branch++)
            {
                plot = plot.Line(
                    bands.Distances[first..next],
                    Enumerable.Range(first, next - first).Select(q => bands.At(q)[branch]),
                    colour: Palette.Colour(0));
            }
        }

        // Where one piece ends and the next begins, both labels stand at one place.
        return bands.Labels
            .GroupBy(label => bands.Distances[label.Index])
            .Aggregate(plot, (sofar, group) =>
                sofar.Vertical(group.Key, string.Join('|', group.Select(label => label.Label).Distinct())));
    }
}
