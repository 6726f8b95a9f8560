using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>
/// How errors are distributed, each set for itself in the same bins. They reach to the largest error, or to six times
/// the root of the mean square if that is less; what lies beyond is counted in the outermost ones.
/// </summary>
internal sealed class ErrorHistogram
{
    private const int Fewest = 7, Most = 61;

    private readonly int bins;
    private readonly Dictionary<string, double[]> percentages = [];

    private ErrorHistogram(double end, int bins)
    {
        End = end;
        this.bins = bins;
    }

    /// <summary>Where the bins end, at both sides.</summary>
    public double End { get; }

    /// <summary>The number of errors beyond the ends.</summary>
    public long Beyond { get; private set; }

    /// <summary>Whether rare errors are too rare to be seen on a linear axis.</summary>
    public bool IsLogarithmic => Largest > 30 * Smallest;

    /// <summary>Where the axis begins.</summary>
    public double Floor => IsLogarithmic ? Smallest / 2 : 0;

    /// <summary>Where the axis ends: above it is room for a legend.</summary>
    public double Ceiling => IsLogarithmic ? 4 * Largest : 1.3 * Largest;

    private double Largest => percentages.Values.SelectMany(all => all).Max();

    private double Smallest => percentages.Values.SelectMany(all => all).Where(percentage => percentage > 0).Min();

    /// <summary>The histogram of at least one value.</summary>
    public static ErrorHistogram Of(ImmutableArray<ParityData> parities)
    {
        ErrorSummary all = ErrorSummary.Of(parities);
        double end = Math.Min(all.Largest, 6 * all.Rmse);

        // Rice's rule, 2·n^(1/3), and odd, so that one bin is about zero.
        int rice = (int)Math.Clamp(2 * Math.Cbrt(all.Count), Fewest, Most);
        var histogram = new ErrorHistogram(end > 0 ? end : 1, rice | 1);
        foreach (var set in parities.GroupBy(parity => parity.Set))
        {
            histogram.Add(set.Key, [.. set]);
        }

        return histogram;
    }

    /// <summary>The outline of a set: up, across and down each bin. Empty bins lie on the axis.</summary>
    public (double[] X, double[] Y) Outline(string set)
    {
        double[] own = percentages[set];
        double width = 2 * End / bins;
        var x = new List<double> { -End };
        var y = new List<double> { Floor };
        for (int bin = 0; bin < bins; bin++)
        {
            double height = Math.Max(Floor, own[bin]);
            x.AddRange(-End + (bin * width), -End + ((bin + 1) * width));
            y.AddRange(height, height);
        }

        return ([.. x, End], [.. y, Floor]);
    }

    private void Add(string set, ParityData[] parities)
    {
        long[] counts = new long[bins];
        foreach (ParityData parity in parities)
        {
            for (int i = 0; i < parity.Targets.Length; i++)
            {
                double error = parity.Predictions[i] - parity.Targets[i];
                Beyond += Math.Abs(error) > End ? 1 : 0;
                counts[(int)Math.Clamp(Math.Floor((error + End) / (2 * End) * bins), 0, bins - 1)]++;
            }
        }

        double total = counts.Sum();
        percentages.Add(set, [.. counts.Select(count => 100 * count / total)]);
    }
}
