using System.Text.Json;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// Point dipoles as a JSON object, kind "dipoles": the property of atoms called dipoles, three numbers each, e Å. All
/// fields may be left out: "charges", by symbol as for "coulomb", or file for the structures' own; without it there are
/// dipoles alone; "accuracy", the root mean square error of forces in eV/Å; "cutoff" (Å); "method", ewald, or direct for
/// the pairs alone; "surroundings", the dielectric constant of the medium around the crystal, instead of a conductor.
/// </summary>
internal static class DipoleObject
{
    /// <summary>The kind.</summary>
    public const string Kind = "dipoles";

    private static readonly Dictionary<string, bool> Methods = new() { ["ewald"] = false, ["direct"] = true };

    /// <summary>The potential of an object.</summary>
    public static Potential Read(Fields fields)
    {
        ElectrostaticSettings standard = Electrostatics.standard;
        bool isDirect = fields.Choice("method", "ewald", Methods);
        Surroundings surroundings = fields.Has("surroundings")
            ? Surroundings.NewMedium(fields.Number("surroundings"))
            : Surroundings.TinFoil;
        ElectrostaticSettings settings = new(
            standard.Exponent,
            ChargeObject.Number(fields, "prefactor", standard.Prefactor),
            Charges(fields),
            ChargeObject.Number(fields, "cutoff", standard.Cutoff),
            ChargeObject.Number(fields, "accuracy", standard.Accuracy),
            Method.EwaldMethod);
        return isDirect ? PointDipoles.direct(settings) : Bridge.Get(PointDipoles.create(surroundings, settings));
    }

    private static ChargeSource Charges(Fields fields) =>
        !fields.Has("charges") ? ChargeSourceModule.none
        : fields.Get("charges") is { ValueKind: JsonValueKind.String } text && text.GetString() == "file"
            ? ChargeSource.OfStructure
            : ChargeObject.Charges(fields);
}
