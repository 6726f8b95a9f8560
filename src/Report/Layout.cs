namespace Noether.Report;

/// <summary>The measures of a plot: its area, its axes laid along pixels, and their ticks.</summary>
internal sealed record Layout(Box Area, AxisMap X, AxisMap Y, TickSet XTicks, TickSet YTicks)
{
    public const double TickFont = 12, LabelFont = 13, TitleFont = 15;

    private const double LineMargin = 0.05;

    public Point Place(double x, double y) => new(X.ToPixel(x), Y.ToPixel(y));

    /// <summary>Chooses ends, ticks and margins. The y axis comes first: its labels decide the width that is left.</summary>
    public static Layout Of(Plot plot)
    {
        (Limits xEnds, Limits yEnds) = Ends(plot);
        var y = new AxisMap(plot.Y.Scale, yEnds, 0, 0);
        double bottom = plot.Height - (plot.X.Label.Length > 0 ? 50 : 30);
        double top = plot.Title.Length > 0 ? 42 : 16;
        TickSet yTicks = Choose(y with { Start = bottom, End = top }, 40, vertical: true);
        top += yTicks.Factor != 0 ? 14 : 0;
        y = y with { Start = bottom, End = top };
        yTicks = Choose(y, 40, vertical: true);

        double left = (plot.Y.Label.Length > 0 ? 40 : 16) + yTicks.Ticks.Max(LabelWidth);
        double right = plot.Width - 18;
        AxisMap x = default;
        TickSet xTicks = yTicks;
        for (int round = 0; round < 2; round++)
        {
            x = new AxisMap(plot.X.Scale, xEnds, left, right);
            xTicks = Choose(x, 62, vertical: false);
            double reach = xTicks.Ticks.Max(tick => x.ToPixel(tick.Value) + (LabelWidth(tick) / 2));
            right -= Math.Max(0, reach + 4 - plot.Width);
        }

        x = x with { End = right };
        return new Layout(new Box(left, top, right, bottom), x, y, xTicks, yTicks);
    }

    /// <summary>The width of a text in pixels, guessed on the wide side: every reader's font differs.</summary>
    public static double TextWidth(string text, double size) => size * text.EnumerateRunes().Sum(rune => rune.Value switch
    {
        'i' or 'j' or 'l' or 't' or 'f' or 'r' or 'I' or ' ' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or '(' or ')' or '[' or ']' or '·' => 0.36,
        'm' or 'w' or 'M' or 'W' or '−' or '+' or '=' => 0.86,
        >= 'A' and <= 'Z' => 0.7,
        >= 0x2E80 => 1.05,
        _ => 0.6,
    });

    /// <summary>The width of a tick's label with its superscript.</summary>
    public static double LabelWidth(Tick tick) =>
        TextWidth(tick.Label, TickFont) + (tick.Power is { } power ? TextWidth(Numbers.Decimal(power, 0), 0.75 * TickFont) : 0);

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
    private static (Limits X, Limits Y) Ends(Plot plot)
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
        double xMargin = shared || plot.Series.Any(series => series is PointSeries) ? LineMargin : 0;
        return (AxisMap.Ends(plot.X, x.Low, x.High, xMargin), AxisMap.Ends(plot.Y, y.Low, y.High, LineMargin));
    }

    private static bool Shows(Axis axis, double value) =>
        axis.Limits is not { } limits || (value >= limits.Low && value <= limits.High);

    private static (double Low, double High) Widened((double Low, double High) range, double value) =>
        (Math.Min(range.Low, value), Math.Max(range.High, value));
}
