namespace Noether.Report;

/// <summary>The measures of a plot: its area, its axes laid along pixels, and their ticks.</summary>
internal sealed record Layout(Box Area, AxisMap X, AxisMap Y, TickSet XTicks, TickSet YTicks)
{
    public const double TickFont = 12, PowerFont = 9, LabelFont = 13, TitleFont = 15;

    // Pixels a labelled tick should have for itself.
    private const double XSpacing = 54, YSpacing = 40;

    private const double Margin = 0.05;

    public Point Place(double x, double y) => new(X.ToPixel(x), Y.ToPixel(y));

    /// <summary>Chooses ends, ticks and margins, and leaves room for a legend at the right.</summary>
    public static Layout Of(Plot plot, double legendRoom)
    {
        (Limits xEnds, Limits yEnds, bool shared) = Ends(plot);
        double left = 0, right = plot.Width - legendRoom - 18, top = 16, bottom = plot.Height - 30;
        top += plot.Title.Length > 0 ? 26 : 0;
        bottom -= plot.X.Label.Length > 0 ? 20 : 0;
        AxisMap x = default, y = default;
        TickSet xTicks = new([], 0), yTicks = xTicks;

        // The labels of an axis decide the length of the other one, which decides its ticks: twice is enough.
        for (int round = 0; round < 2; round++)
        {
            double above = yTicks.Factor != 0 ? 14 : 0;
            double below = xTicks.Factor != 0 && plot.X.Label.Length == 0 ? 14 : 0;
            y = new AxisMap(plot.Y.Scale, yEnds, bottom - below, top + above);
            yTicks = Choose(y, shared ? XSpacing : YSpacing, vertical: true);
            left = (plot.Y.Label.Length > 0 ? 40 : 16) + yTicks.Ticks.Max(LabelWidth);
            x = new AxisMap(plot.X.Scale, xEnds, left, right);
            xTicks = Choose(x, XSpacing, vertical: false);
            double reach = xTicks.Ticks.Max(tick => x.ToPixel(tick.Value) + (LabelWidth(tick) / 2));
            right -= Math.Max(0, reach + 4 - (plot.Width - legendRoom));
        }

        return new Layout(new Box(x.Start, y.End, x.End, y.Start), x, y, xTicks, yTicks);
    }

    /// <summary>The width of a text in pixels, guessed on the wide side: every reader's font differs.</summary>
    public static double TextWidth(string text, double size)
    {
        const string narrow = "ijltfrI .,:;'|!()[]·", broad = "mwMW−+=";
        return size * text.EnumerateRunes().Sum(rune => rune.Value switch
        {
            >= 0x2E80 => 1.05, // Chinese, Japanese and Korean signs, and pictures, are as wide as they are high.
            int sign when narrow.Contains((char)sign, StringComparison.Ordinal) => 0.36,
            int sign when broad.Contains((char)sign, StringComparison.Ordinal) => 0.86,
            >= 'A' and <= 'Z' => 0.7,
            _ => 0.6,
        });
    }

    /// <summary>The width of a tick's label with its superscript.</summary>
    public static double LabelWidth(Tick tick) =>
        TextWidth(tick.Label, TickFont)
        + (tick.Power is { } power ? TextWidth(Numbers.Decimal(power, 0), PowerFont) : 0);

    private static TickSet Choose(AxisMap map, double spacing, bool vertical)
    {
        int most = (int)Math.Clamp(Math.Abs(map.End - map.Start) / spacing, 5, 9);
        TickSet coarsest = new([], 0);
        foreach (TickSet candidate in Ticks.Candidates(map.Scale, map.Limits, most))
        {
            if (Fits(candidate, map, vertical))
            {
                return candidate;
            }

            coarsest = candidate;
        }

        return coarsest with { Ticks = [.. coarsest.Ticks.Where(tick => tick.IsMajor).Take(1)] };
    }

    private static bool Fits(TickSet set, AxisMap map, bool vertical)
    {
        const double gap = 9;
        double free = double.NegativeInfinity;
        foreach (Tick tick in set.Ticks)
        {
            if (tick.IsMajor)
            {
                double half = (vertical ? TickFont : LabelWidth(tick)) / 2;
                double centre = Math.Abs(map.ToPixel(tick.Value) - map.Start);
                if (centre - half < free)
                {
                    return false;
                }

                free = centre + half + gap;
            }
        }

        return true;
    }

    // An axis without limits shows every value that the other axis, if it has limits, does not cut away.
    private static (Limits X, Limits Y, bool Shared) Ends(Plot plot)
    {
        (double Low, double High) x = (double.PositiveInfinity, double.NegativeInfinity), y = x;
        foreach (Series series in plot.Series)
        {
            for (int i = 0; i < series.X.Length; i++)
            {
                if (plot.X.Admits(series.X[i]) && plot.Y.Admits(series.Y[i]))
                {
                    x = Shows(plot.Y, series.Y[i]) ? Widened(x, series.X[i]) : x;
                    y = Shows(plot.X, series.X[i]) ? Widened(y, series.Y[i]) : y;
                }
            }
        }

        foreach (Guide guide in plot.Guides)
        {
            x = guide.Kind == GuideKind.Vertical && plot.X.Admits(guide.At) ? Widened(x, guide.At) : x;
            y = guide.Kind == GuideKind.Horizontal && plot.Y.Admits(guide.At) ? Widened(y, guide.At) : y;
        }

        bool shared = plot.Guides.Any(guide => guide.Kind == GuideKind.Diagonal)
            && plot.X.Scale == plot.Y.Scale && plot.X.Limits is null && plot.Y.Limits is null;
        if (shared)
        {
            x = y = (Math.Min(x.Low, y.Low), Math.Max(x.High, y.High));
        }

        // Lines may start at the y axis; points would be cut in half by it.
        double xMargin = shared || plot.Series.Any(series => series is PointSeries) ? Margin : 0;
        return (AxisMap.Ends(plot.X, x.Low, x.High, xMargin), AxisMap.Ends(plot.Y, y.Low, y.High, Margin), shared);
    }

    private static bool Shows(Axis axis, double value) =>
        axis.Limits is not { } limits || (value >= limits.Low && value <= limits.High);

    private static (double Low, double High) Widened((double Low, double High) range, double value) =>
        (Math.Min(range.Low, value), Math.Max(range.High, value));
}
