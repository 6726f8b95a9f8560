using System.Collections.Immutable;

namespace Noether.Report;

/// <summary>A mark on an axis. The label of a minor tick is empty; a power is a superscript after the label.</summary>
internal readonly record struct Tick(double Value, string Label, int? Power, bool IsMajor);

/// <summary>The ticks of an axis, ascending; labels are to be read times ten to the power of the factor.</summary>
internal sealed record TickSet(ImmutableArray<Tick> Ticks, int Factor);

/// <summary>
/// Where the ticks of an axis may sit. A linear axis has steps of 1, 2 or 5 times a power of ten, a logarithmic one
/// decades, or 1, 2, 5 in each decade where few decades are seen.
/// </summary>
internal static class Ticks
{
    private static readonly int[] Mantissas = [1, 2, 5];
    private static readonly int[] Strides = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300];

    /// <summary>Tick sets fit for an axis: from about <paramref name="most"/> labels down to the coarsest.</summary>
    public static IEnumerable<TickSet> Candidates(Scale scale, Limits limits, int most) =>
        scale == Scale.Linear || Math.Log10(limits.High) - Math.Log10(limits.Low) < 1
            ? Linear(limits, most)
            : Log(limits, most);

    private static IEnumerable<TickSet> Linear(Limits limits, int most)
    {
        double span = limits.High - limits.Low;
        for (int exponent = (int)Math.Floor(Math.Log10(span / most)) - 1; ; exponent++)
        {
            foreach (int mantissa in Mantissas)
            {
                double step = Scaled(mantissa, exponent);
                if (step > span * (1 + 1e-9))
                {
                    yield break;
                }

                if (step * most >= span * (1 - 1e-9))
                {
                    yield return Steps(limits, mantissa, exponent);
                }
            }
        }
    }

    // The multiples n of mantissa·10^exponent; labels are made from the integers n, hence exact.
    private static TickSet Steps(Limits limits, int mantissa, int exponent)
    {
        // A millionth of a step decides whether a limit that is a tick in decimal is one in binary too.
        const double slack = 1e-6;
        double step = Scaled(mantissa, exponent);
        long first = (long)Math.Ceiling((limits.Low / step) - slack);
        long last = (long)Math.Floor((limits.High / step) + slack);
        long[] counts = [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * mantissa)];
        int factor = Factor(counts.Length == 0 ? 0 : counts.Max(Math.Abs), exponent);
        return new TickSet(
            [.. counts.Select(n => new Tick(
                Math.Clamp(Scaled(n, exponent), limits.Low, limits.High),
                Numbers.Decimal(n, exponent - factor),
                null,
                true))],
            factor);
    }

    // The power of ten to set beside the axis: zero unless taking it out of the labels makes long ones shorter.
    private static int Factor(long largest, int exponent)
    {
        if (largest == 0)
        {
            return 0;
        }

        int top = (int)Math.Floor(Math.Log10(largest) + 1e-12) + exponent;
        int plain = Math.Max(1, top + 1) + (exponent < 0 ? 1 - exponent : 0);
        int scaled = 1 + (top > exponent ? top - exponent + 1 : 0);
        return plain > 6 && scaled + 2 <= plain ? top : 0;
    }

    private static IEnumerable<TickSet> Log(Limits limits, int most)
    {
        double low = Math.Log10(limits.Low), high = Math.Log10(limits.High);
        int first = (int)Math.Ceiling(low - 1e-9), last = (int)Math.Floor(high + 1e-9);
        bool plain = first >= -3 && last <= 4;
        if (high - low <= 2.5)
        {
            TickSet fine = Decades(limits, plain, (_, mantissa) => mantissa is 1 or 2 or 5, true);
            if (fine.Ticks.Count(tick => tick.IsMajor) <= most)
            {
                yield return fine;
            }
        }

        foreach (int stride in Strides)
        {
            if ((last - first) / stride < most)
            {
                yield return Decades(
                    limits, plain, (power, mantissa) => mantissa == 1 && power % stride == 0, last - first <= 15);
            }

            if (stride > last - first)
            {
                yield break;
            }
        }
    }

    private static TickSet Decades(Limits limits, bool plain, Func<int, int, bool> isMajor, bool withMinor)
    {
        var ticks = ImmutableArray.CreateBuilder<Tick>();
        int first = (int)Math.Floor(Math.Log10(limits.Low)) - 1, last = (int)Math.Ceiling(Math.Log10(limits.High));
        for (int power = first; power <= last; power++)
        {
            for (int mantissa = 1; mantissa <= 9; mantissa++)
            {
                double value = Scaled(mantissa, power);
                bool inside = value >= limits.Low * (1 - 1e-9) && value <= limits.High * (1 + 1e-9) && value > 0;
                bool major = isMajor(power, mantissa);
                if (inside && (major || withMinor || mantissa == 1))
                {
                    string label = !major ? ""
                        : plain ? Numbers.Decimal(mantissa, power)
                        : mantissa == 1 ? "10" : $"{mantissa}·10";
                    ticks.Add(new Tick(
                        Math.Clamp(value, limits.Low, limits.High), label, major && !plain ? power : null, major));
                }
            }
        }

        return new TickSet(ticks.ToImmutable(), 0);
    }

    // Division by a power of ten keeps decimal fractions such as 0.3 the nearest doubles; multiplication would not.
    private static double Scaled(long n, int exponent) =>
        exponent < 0 ? n / Math.Pow(10, -exponent) : n * Math.Pow(10, exponent);
}
