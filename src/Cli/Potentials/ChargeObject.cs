using System.Globalization;
using System.Text.Json;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// Potentials of charges as JSON objects, kind "coulomb" or "r^-p" for a number p. All fields may be left out:
/// "charges", by symbol (an object, or a text like Na:1,Cl:-1), otherwise the structures' own; "accuracy", the root
/// mean square error of forces in eV/Å; "cutoff" (Å); "method", auto, ewald, p3m, or direct for the pairs alone;
/// "order" of p3m, 3 to 7; "prefactor", eV Åᵖ, that of Coulomb's law for "coulomb" and otherwise to be given; "bonds", a
/// list of pairs of atoms, with "special_bonds", what is left of the interaction of pairs 1–2, 1–3 and 1–4, and
/// "periodic", the axes across which the nearest image is bonded.
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
        Potential whole = Bridge.Get(isDirect ? Electrostatics.direct(settings) : Electrostatics.create(settings));
        return fields.Has("bonds") ? whole + Bonded(fields, settings) : whole;
    }

    /// <summary>
    /// What takes the interaction of bonded pairs away. How many atoms there are is known when it sees them.
    /// </summary>
    private static Potential Bonded(Fields fields, ElectrostaticSettings settings)
    {
        int[][] bonds = BondedObject.Groups(fields, "bonds", 2);
        Tensor left = Bridge.Vector(Left(fields));
        int atoms = bonds.SelectMany(bond => bond).DefaultIfEmpty(-1).Max() + 1;
        BondedPairs pairs = BondedPairsModule.ofBonds(Bridge.Get(AtomGroupsModule.create(
            atoms, 2, BondedObject.NearestImages(fields), Bridge.List(bonds.Select(bond => Bridge.List(bond))))));
        Potential Among(int count) =>
            Electrostatics.withoutBonded(Bridge.Get(BondedPairsModule.among(count, pairs)), left, settings);
        Potential own = Among(atoms);
        return PotentialModule.ofTerm(new Term(
            $"{bonds.Length} bonds",
            0,
            own.Requires,
            false,
            FuncConvert.FromFunc((PairData data) =>
                Among(data.Numbers.Length / Math.Max(1, data.Structures)).Energies(data)),
            null));
    }

    private static double[] Left(Fields fields)
    {
        if (!fields.Has("special_bonds"))
        {
            return [0, 0, 1];
        }

        double[] left = [.. fields.Items("special_bonds").Select(item =>
            item.ValueKind == JsonValueKind.Number ? item.GetDouble() : double.NaN)];
        return left.Length == 3 && left.All(double.IsFinite)
            ? left
            : throw fields.Wrong("special_bonds", fields.Get("special_bonds").GetRawText(), "three numbers");
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

    /// <summary>A number, or another where there is none.</summary>
    public static double Number(Fields fields, string name, double otherwise) =>
        fields.Has(name) ? fields.Number(name) : otherwise;

    private static double Exponent(string kind, Fields fields) =>
        double.TryParse(kind[Power.Length..], NumberStyles.Float, CultureInfo.InvariantCulture, out double exponent)
            ? exponent
            : throw fields.Wrong("kind", $"'{kind}'", "r^- and a number, as in r^-6");

    /// <summary>Charges by symbol.</summary>
    public static ChargeSource Charges(Fields fields)
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
