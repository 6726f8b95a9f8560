using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Noether.Cli;

/// <summary>
/// Numbers on the command line: whole ones may be written as 1e5, and those out of form are refused in words of one's own.
/// </summary>
internal static class NumberArguments
{
    /// <summary>Lets all options of a command that are numbers be read so.</summary>
    public static void ReadBy(Command command)
    {
        foreach (Option option in command.Options)
        {
            switch (option)
            {
                case Option<int> one:
                    one.CustomParser ??= result => (int)Whole(result, int.MinValue, int.MaxValue);
                    break;
                case Option<int?> one:
                    one.CustomParser ??= result => (int)Whole(result, int.MinValue, int.MaxValue);
                    break;
                case Option<long> one:
                    one.CustomParser ??= result => Whole(result, long.MinValue, long.MaxValue);
                    break;
                case Option<int[]> one:
                    one.CustomParser ??= result =>
                        [.. result.Tokens.Select(token => (int)Whole(result, token, int.MinValue, int.MaxValue))];
                    break;
                case Option<double> one:
                    one.CustomParser ??= Real;
                    break;
                case Option<double?> one:
                    one.CustomParser ??= result => Real(result);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Reads a whole number, which may be written with a point or an exponent.</summary>
    public static bool TryWhole(string text, out int number)
    {
        bool isWhole = TryWhole(text, int.MinValue, int.MaxValue, out long found);
        number = (int)found;
        return isWhole;
    }

    private static bool TryWhole(string text, long least, long most, out long number)
    {
        bool isNumber = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value);
        bool isWhole = isNumber && value == decimal.Truncate(value) && value >= least && value <= most;
        number = isWhole ? (long)value : 0;
        return isWhole;
    }

    private static long Whole(ArgumentResult result, long least, long most) => Whole(result, result.Tokens[0], least, most);

    private static long Whole(ArgumentResult result, Token token, long least, long most)
    {
        if (!TryWhole(token.Value, least, most, out long number))
        {
            result.AddError($"{NameOf(result)} is '{token.Value}', expected a whole number.");
        }

        return number;
    }

    private static double Real(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return number;
        }

        // As people and other programs write it.
        if (text is "inf" or "Inf")
        {
            return double.PositiveInfinity;
        }

        result.AddError($"{NameOf(result)} is '{text}', expected a number.");
        return 0;
    }

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult { Option.Name: var name } ? name : "a number";
}
