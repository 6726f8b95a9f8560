using System.Globalization;

namespace Noether.Report;

/// <summary>Numbers as text, the same in every country.</summary>
internal static class Numbers
{
    /// <summary>A coordinate in pixels: two decimals at most, none needlessly.</summary>
    public static string Pixel(double value)
    {
        double rounded = Math.Round(value, 2);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>At most <paramref name="digits"/> significant digits, exponents as <c>1.2e-5</c>.</summary>
    public static string Significant(double value, int digits)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value == 0 ? "0" : value.ToString(CultureInfo.InvariantCulture);
        }

        double magnitude = Math.Abs(value);
        string places = new('#', digits - 1);
        return magnitude >= 1e-4 && magnitude < Math.Max(1e6, Math.Pow(10, digits))
            ? double.Parse(value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
                .ToString("0.##########", CultureInfo.InvariantCulture)
            : value.ToString($"0.{places}e0", CultureInfo.InvariantCulture);
    }

    /// <summary>n·10ᵉ written out in decimal digits, exactly, with a true minus sign.</summary>
    public static string Decimal(long n, int exponent)
    {
        string digits = Math.Abs(n).ToString(CultureInfo.InvariantCulture);
        if (n == 0)
        {
            return "0";
        }

        if (exponent >= 0)
        {
            digits += new string('0', exponent);
        }
        else
        {
            digits = digits.PadLeft(1 - exponent, '0');
            digits = $"{digits[..^-exponent]}.{digits[^-exponent..]}";
        }

        return n < 0 ? "−" + digits : digits;
    }
}
