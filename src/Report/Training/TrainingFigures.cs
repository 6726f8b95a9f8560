using System.Collections.Immutable;
using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>The panels of a <see cref="TrainingPage"/>.</summary>
internal static class TrainingFigures
{
    private const int Width = 350, Height = 320;

    /// <summary>Curves of one quantity by epoch; logarithmic if they span a decade.</summary>
    public static Plot Curves(ImmutableArray<LearningCurve> curves, double? best)
    {
        Plot plot = Panel(TrainingPage.Capital(curves[0].Quantity)).XLabel("epoch")
            .YLabel(WithUnit(curves[0].Quantity, curves[0].Unit));
        foreach (LearningCurve curve in curves)
        {
            // A line of one value would hardly be seen.
            plot = curve.Values.Length == 1
                ? plot.Points(curve.Epochs, curve.Values, curve.Name)
                : plot.Line(curve.Epochs, curve.Values, curve.Name);
        }

        double[] values = [.. curves.SelectMany(curve => curve.Values)];
        plot = best is { } epoch ? plot.Vertical(epoch) : plot;
        return values.Length > 0 && values.Min() > 0 && values.Max() >= 10 * values.Min() ? plot.LogY() : plot;
    }

    /// <summary>Every value as a point, a colour for each set, the last one on top.</summary>
    public static Plot Points(ImmutableArray<ParityData> parities, string[] sets)
    {
        int count = parities.Sum(parity => parity.Targets.Length);
        return parities.OrderBy(parity => Array.IndexOf(sets, parity.Set)).Aggregate(
            Frame(parities[0], Subject(parities[0])),
            (plot, parity) => plot.Points(
                parity.Targets,
                parity.Predictions,
                parity.Set,
                Colour(sets, parity.Set),
                size: count > 200 ? 4 : 6));
    }

    /// <summary>The values of one set as a density.</summary>
    public static Plot Density(ImmutableArray<ParityData> parities)
    {
        double[] targets = [.. parities.SelectMany(parity => parity.Targets)];
        double[] predictions = [.. parities.SelectMany(parity => parity.Predictions)];
        return Frame(parities[0], $"{Subject(parities[0])}, {parities[0].Set}")
            .Density(targets, predictions, "values", bins: 120);
    }

    /// <summary>Histograms of errors, an outline for each set, and what is to be said about their ends.</summary>
    public static (Plot Plot, string Note) Errors(ImmutableArray<ParityData> parities, string[] sets)
    {
        ErrorHistogram histogram = ErrorHistogram.Of(parities);
        Plot plot = Panel("Errors").XLabel(WithUnit("predicted − target", parities[0].Unit))
            .YLabel("values in a bin (%)").Vertical(0);
        plot = histogram.IsLogarithmic ? plot.LogY() : plot;
        plot = plot.YLimits(histogram.Floor, histogram.Ceiling);
        foreach (var set in parities.GroupBy(parity => parity.Set).OrderBy(set => Array.IndexOf(sets, set.Key)))
        {
            (double[] x, double[] y) = histogram.Outline(set.Key);
            plot = plot.Line(x, y, set.Key, Colour(sets, set.Key));
        }

        string note = histogram.Beyond == 0
            ? ""
            : $" Errors beyond ±{Significant(histogram.End, 3)}, {histogram.Beyond} in all, are counted in the "
              + "outermost bins.";
        return (plot, note);
    }

    private static Plot Panel(string title) => Plot.Create(title).Size(Width, Height).Legend(LegendPlace.Inside);

    private static Plot Frame(ParityData parity, string title) => Panel(title).Diagonal()
        .XLabel(WithUnit("target", parity.Unit)).YLabel(WithUnit("predicted", parity.Unit));

    private static string Subject(ParityData parity) => parity.Species is { } species
        ? $"{TrainingPage.Capital(parity.Quantity)}: {species}"
        : TrainingPage.Capital(parity.Quantity);

    private static string WithUnit(string text, string unit) => unit.Length > 0 ? $"{text} ({unit})" : text;

    private static string Colour(string[] sets, string set) => Palette.Colour(Array.IndexOf(sets, set));
}
