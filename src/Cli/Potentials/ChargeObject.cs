using System.Globalization;
using System.Text.Json;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// Potentials of charges as JSON objects, kind "coulomb" or "r^-p" for a number p. All fields may be left out:
/// "charges", by symbol (an object, or a text like Na:1,Cl:-1), otherwise the structures' own; "accuracy", the root
/// mean square error of forces in eV/Å; "cutoff" (Å); "method", auto, ewald, p3m, or direct for the pairs alone;
/// "order" of p3m, 3 to 7; "prefactor", eV Åᵖ, that of Coulomb's law for "coulomb" and otherwise to be given.
/// </summary>
internal static class ChargeObject
{
    /// <summary>The kind of Coulomb's law, and how those of other powers begin.</summary>
    public const string Coulomb = "coulomb", Power = "r^-";

    private static readonly Dictionary<string, Func<int, Method?>> Methods = new()
    {
        ["auto"] = _ => Method.Automatic,
        ["ewald"] = _ => Method.EwaldMethod,
        ["p3m"] = Method.NewMeshMethod,
        ["direct"] = _ => null,
    };

    /// <summary>Whether a kind is one of these.</summary>
    public static bool Is(string kind) => kind == Coulomb || kind.StartsWith(Power, StringComparison.Ordinal);

    /// <summary>The potential of an object.</summary>
    public static Potential Read(string kind, Fields fields)
    {
        ElectrostaticSettings settings = Settings(kind, fields, out bool isDirect);
        return Bridge.Get(isDirect ? Electrostatics.direct(settings) : Electrostatics.create(settings));
    }

    /// <summary>The settings of an object, and whether it is about pairs alone.</summary>
    public static ElectrostaticSettings Settings(string kind, Fields fields, out bool isDirect)
    {
        ElectrostaticSettings standard = Electrostatics.standard;
        double order = Number(fields, "order", 5);
        if (order is not (3 or 4 or 5 or 6 or 7))
        {
            throw fields.Wrong("order", fields.Get("order").GetRawText(), "a whole number from 3 to 7");
        }

        Method? method = fields.Choice("method", "auto", Methods)((int)order);
        isDirect = method is null;
        return new(
            kind == Coulomb ? 1 : Exponent(kind, fields),
            kind == Coulomb ? Number(fields, "prefactor", standard.Prefactor) : fields.Number("prefactor"),
            fields.Has("charges") ? Charges(fields) : standard.Charges,
            Number(fields, "cutoff", standard.Cutoff),
            Number(fields, "accuracy", standard.Accuracy),
            method ?? Method.Automatic);
    }

    private static double Number(Fields fields, string name, double otherwise) =>
        fields.Has(name) ? fields.Number(name) : otherwise;

    private static double Exponent(string kind, Fields fields) =>
        double.TryParse(kind[Power.Length..], NumberStyles.Float, CultureInfo.InvariantCulture, out double exponent)
            ? exponent
            : throw fields.Wrong("kind", $"'{kind}'", "r^- and a number, as in r^-6");

    private static ChargeSource Charges(Fields fields)
    {
        JsonElement given = fields.Get("charges");
        IEnumerable<Tuple<string, double>> pairs = given.ValueKind switch
        {
            JsonValueKind.Object => given.EnumerateObject().Select(one => one.Value.ValueKind == JsonValueKind.Number
                ? Tuple.Create(one.Name, one.Value.GetDouble())
                : throw Wrong(fields, given)),
            JsonValueKind.String => (given.GetString() ?? "").Split(',').Select(text => Pair(text, fields, given)),
            _ => throw Wrong(fields, given),
        };
        return Bridge.Get(ChargeSourceModule.ofSymbols(pairs.ToArray()));
    }

    private static Tuple<string, double> Pair(string text, Fields fields, JsonElement given)
    {
        string[] sides = text.Split(':');
        return sides.Length == 2
            && double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double charge)
            ? Tuple.Create(sides[0], charge)
            : throw Wrong(fields, given);
    }

    private static NoetherException Wrong(Fields fields, JsonElement given) =>
        fields.Wrong("charges", given.GetRawText(), "charges by symbol, as in Na:1,Cl:-1");
}
