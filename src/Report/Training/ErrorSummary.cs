using System.Collections.Immutable;
using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>How far predictions are from targets.</summary>
/// <param name="Mae">The mean of |prediction − target|.</param>
/// <param name="Rmse">The root of the mean of (prediction − target)².</param>
/// <param name="Largest">The largest |prediction − target|.</param>
/// <param name="Count">The number of values.</param>
internal sealed record ErrorSummary(double Mae, double Rmse, double Largest, long Count)
{
    /// <summary>The caption of the table.</summary>
    public const string Caption = "Mean absolute errors (MAE) and roots of mean square errors (RMSE).";

    /// <summary>The summary of some values, at least one.</summary>
    public static ErrorSummary Of(IEnumerable<ParityData> parities)
    {
        double sum = 0, squares = 0, largest = 0;
        long count = 0;
        foreach (ParityData parity in parities)
        {
            for (int i = 0; i < parity.Targets.Length; i++)
            {
                double error = Math.Abs(parity.Predictions[i] - parity.Targets[i]);
                sum += error;
                squares += error * error;
                largest = Math.Max(largest, error);
            }

            count += parity.Targets.Length;
        }

        return new ErrorSummary(sum / count, Math.Sqrt(squares / count), largest, count);
    }

    /// <summary>A row for each quantity and species, and for all species together; two columns for each set.</summary>
    public static Table Table(ImmutableArray<ParityData> parities)
    {
        string[] sets = [.. parities.Select(parity => parity.Set).Distinct()];
        Table table = Report.Table.Create(
            ["", .. sets.SelectMany(set => new[] { $"{set} MAE", $"{set} RMSE" })]);
        foreach (var group in parities.GroupBy(parity => (parity.Quantity, parity.Unit)))
        {
            string unit = group.Key.Unit.Length > 0 ? $" ({group.Key.Unit})" : "";
            var species = group.GroupBy(parity => parity.Species).ToArray();
            table = species.Aggregate(table, (sofar, one) => Row(sofar, one.Key is null ? "" : $", {one.Key}", one));
            table = species.Length > 1 ? Row(table, ", all", group) : table;

            Table Row(Table sofar, string atoms, IEnumerable<ParityData> values) =>
                sofar.Row([group.Key.Quantity + atoms + unit, .. sets.SelectMany(set => Cells(values, set))]);
        }

        return table;

        static IEnumerable<object?> Cells(IEnumerable<ParityData> values, string set)
        {
            ParityData[] own = [.. values.Where(parity => parity.Set == set)];
            return own.Length == 0 ? [null, null] : [Three(Of(own).Mae), Three(Of(own).Rmse)];
        }
    }

    /// <summary>Sets with their numbers of values and largest errors, as a sentence.</summary>
    public static string Describe(ImmutableArray<ParityData> parities)
    {
        string unit = parities[0].Unit.Length > 0 ? " " + parities[0].Unit : "";
        IEnumerable<string> sets = parities.GroupBy(parity => parity.Set).Select(group =>
        {
            ErrorSummary summary = Of(group);
            string values = summary.Count == 1 ? "1 value" : $"{summary.Count} values";
            return $"{group.Key}: {values}, largest error {Three(summary.Largest)}{unit}";
        });
        return TrainingPage.Capital(string.Join("; ", sets)) + ".";
    }

    private static string Three(double value) => Significant(value, 3);
}
