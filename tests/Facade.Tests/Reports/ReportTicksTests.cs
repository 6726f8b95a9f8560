using System.Globalization;
using Xunit;

namespace Noether.Report.Tests;

public sealed class ReportTicksTests
{
    private const int Seed = 20240607;

    private static double Read(Tick tick, int factor)
    {
        string label = tick.Label.Replace('−', '-');
        return tick.Power is { } power
            ? (label == "10" ? 1 : Number(label.Split('·')[0])) * Math.Pow(10, power)
            : Number(label) * Math.Pow(10, factor);

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<(Limits Limits, int Most)> RandomRanges(bool positive)
    {
        var random = new Random(Seed);
        for (int i = 0; i < 2000; i++)
        {
            double magnitude = Math.Pow(10, random.Next(-30, 30));
            double low = (positive ? random.NextDouble() + 1e-3 : random.NextDouble() - 0.5) * magnitude;
            double span = Math.Pow(10, (random.NextDouble() * 12) - 8) * magnitude;
            yield return (new Limits(low, low + span), random.Next(5, 10));
        }
    }

    [Fact]
    public void Linear_ticks_are_1_2_5_steps_within_the_limits_and_their_number_is_bounded()
    {
        foreach ((Limits limits, int most) in RandomRanges(positive: false))
        {
            TickSet finest = Ticks.Candidates(Scale.Linear, limits, most).First();
            double[] values = [.. finest.Ticks.Select(tick => tick.Value)];
            Assert.InRange(values.Length, 2, most + 1);
            Assert.All(values, value => Assert.InRange(value, limits.Low, limits.High));

            double step = (values[^1] - values[0]) / (values.Length - 1);
            double exponent = Math.Floor(Math.Log10(step) + 1e-6);
            // The ends are rounded numbers: a span of 1e-8 of their magnitude leaves eight digits for the step.
            double mantissa = step / Math.Pow(10, exponent);
            Assert.Contains(new[] { 1.0, 2, 5 }, nice => Math.Abs(mantissa - nice) < 1e-5 * nice);
            for (int i = 1; i < values.Length; i++)
            {
                // As above, and for a clamped end a millionth of a step.
                Assert.InRange((values[i] - values[i - 1]) / step, 1 - 1e-4, 1 + 1e-4);
            }
        }
    }

    [Fact]
    public void Labels_read_back_as_the_values_of_their_ticks()
    {
        foreach (Scale scale in new[] { Scale.Linear, Scale.Log })
        {
            foreach ((Limits limits, int most) in RandomRanges(positive: true))
            {
                foreach (TickSet set in Ticks.Candidates(scale, limits, most))
                {
                    foreach (Tick tick in set.Ticks.Where(tick => tick.IsMajor))
                    {
                        double error = Math.Abs(Read(tick, set.Factor) - tick.Value);
                        // Double precision, and a millionth of a step where a tick was moved onto an end.
                        double tolerance = (1e-14 * Math.Abs(tick.Value)) + (1e-6 * (limits.High - limits.Low));
                        Assert.True(error <= tolerance, $"{tick}, factor {set.Factor}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0", 0)]
    [InlineData(-1.5, 2, 9, "−1.5 −1.0 −0.5 0 0.5 1.0 1.5 2.0", 0)]
    [InlineData(0, 12000, 6, "0 2000 4000 6000 8000 10000 12000", 0)]
    [InlineData(0, 1e6, 5, "0 0.2 0.4 0.6 0.8 1.0", 6)]
    [InlineData(0, 3e-8, 6, "0 0.5 1.0 1.5 2.0 2.5 3.0", -8)]
    [InlineData(1234567.1, 1234567.5, 5, "1234567.1 1234567.2 1234567.3 1234567.4 1234567.5", 0)]
    public void Labels_have_the_fewest_digits(double low, double high, int most, string expected, int factor)
    {
        TickSet set = Ticks.Candidates(Scale.Linear, new Limits(low, high), most).First();
        Assert.Equal(expected, string.Join(' ', set.Ticks.Select(tick => tick.Label)));
        Assert.Equal(factor, set.Factor);
    }

    [Fact]
    public void Log_ticks_are_decades_with_eight_minor_ticks_between()
    {
        TickSet set = Ticks.Candidates(Scale.Log, new Limits(1e-8, 1), 9).First();
        IEnumerable<int?> powers = set.Ticks.Where(tick => tick.IsMajor).Select(tick => tick.Power);
        Assert.Equal([-8, -7, -6, -5, -4, -3, -2, -1, 0], powers);
        Assert.Equal(64, set.Ticks.Count(tick => !tick.IsMajor));
        Assert.All(set.Ticks, tick => Assert.InRange(tick.Value, 1e-8, 1));
        Assert.Equal(set.Ticks.OrderBy(tick => tick.Value), set.Ticks);
    }

    [Fact]
    public void Log_axes_of_many_decades_skip_some_and_of_few_show_2_and_5()
    {
        TickSet wide = Ticks.Candidates(Scale.Log, new Limits(1e-300, 1e300), 9).First();
        Assert.InRange(wide.Ticks.Count(tick => tick.IsMajor), 3, 9);
        TickSet narrow = Ticks.Candidates(Scale.Log, new Limits(2, 90), 9).First();
        Assert.Equal(["2", "5", "10", "20", "50"], narrow.Ticks.Where(tick => tick.IsMajor).Select(tick => tick.Label));
        TickSet narrowest = Ticks.Candidates(Scale.Log, new Limits(3, 8), 5).First();
        Assert.Equal("3 4 5 6 7 8", string.Join(' ', narrowest.Ticks.Select(tick => tick.Label)));
    }

    [Theory]
    [InlineData(Scale.Linear, -3.5, 12)]
    [InlineData(Scale.Linear, -1e300, 1e300)]
    [InlineData(Scale.Log, 1e-8, 1)]
    [InlineData(Scale.Log, 1e-300, 1e300)]
    public void The_map_is_monotonic_and_meets_its_ends(Scale scale, double low, double high)
    {
        var map = new AxisMap(scale, new Limits(low, high), 50, 600);
        Assert.Equal(50, map.ToPixel(low));
        Assert.Equal(600, map.ToPixel(high));
        double[] pixels = [.. Enumerable.Range(0, 1001).Select(i => map.ToPixel(map.At(i / 1000.0)))];
        for (int i = 1; i < pixels.Length; i++)
        {
            Assert.True(pixels[i] > pixels[i - 1]);
            Assert.Equal(50 + (0.55 * i), pixels[i], 1e-6 * 600); // Rounding of log and power, far below a pixel.
        }
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(0, 0)]
    [InlineData(-7e200, -7e200)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity)]
    public void Values_without_a_spread_get_an_axis_around_them(double lowest, double highest)
    {
        Limits ends = AxisMap.Ends(new Axis(), lowest, highest, 0.05);
        Assert.True(ends.High > ends.Low);
        Assert.True(lowest > highest || (ends.Low < lowest && ends.High > highest));
    }

    [Fact]
    public void Labels_never_overlap()
    {
        var random = new Random(Seed);
        for (int i = 0; i < 500; i++)
        {
            double low = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-9, 9));
            double high = low + Math.Pow(10, random.Next(-3, 9)) + (1e-9 * Math.Abs(low));
            Plot plot = Plot.Create("t").Size(random.Next(200, 900), random.Next(150, 600));
            plot = random.Next(2) == 0 || low <= 0 ? plot.XLimits(low, high) : plot.XLimits(low, high).LogX();
            Layout layout = Layout.Of(plot, 0);
            (double Start, double End)[] spans =
            [
                .. layout.XTicks.Ticks.Where(tick => tick.IsMajor).Select(tick => (
                    layout.X.ToPixel(tick.Value) - (Layout.LabelWidth(tick) / 2),
                    layout.X.ToPixel(tick.Value) + (Layout.LabelWidth(tick) / 2))),
            ];
            Assert.NotEmpty(spans);
            for (int k = 1; k < spans.Length; k++)
            {
                Assert.True(spans[k].Start > spans[k - 1].End, $"axis {low:R} to {high:R}, {plot.Width} px");
            }

            Assert.True(spans[^1].End <= plot.Width);
        }
    }
}
