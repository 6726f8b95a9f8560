using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Physics;
using Noether.Training;

namespace Noether.Cli;

/// <summary>
/// Potentials as the command line names them. <c>lj:epsilon=1,sigma=3</c> is short for the JSON object
/// <c>{"kind": "lj", "epsilon": 1, "sigma": 3}</c>, <c>sw:Si.sw</c> for <c>{"kind": "sw", "file": "Si.sw"}</c>,
/// <c>model.nqx:table=1024</c> for <c>{"kind": "nequix", "file": "model.nqx", "table": 1024}</c>, and
/// <c>model.safetensors</c> for <c>{"kind": "model", "file": "model.safetensors"}</c>; what the objects mean is written in
/// <see cref="PotentialObject"/>. ANI models are named as <see cref="AniArgument"/> says.
/// </summary>
internal static class PotentialText
{
    /// <summary>The syntax, for the help.</summary>
    public static string Form { get; } =
        "A pair function with numbers (" + string.Join("; ", PairFunction.All.Select(Line))
        + "; zbl:elements=Si+C; then cutoff=, and "
        + "perhaps end= one of " + string.Join(", ", PotentialObject.Ends) + ", some with onset=), charges (coulomb, "
        + "or coulomb:accuracy=1e-5,charges=Na:1,Cl:-1,cutoff=,method= one of auto, ewald, p3m, direct; "
        + "r^-6:prefactor=, likewise), dipoles (dipoles:accuracy=,charges=,surroundings=), a file of "
        + "parameters (" + string.Join(", ", PotentialObject.FileKinds.Select(kind => kind + ":PATH"))
        + "), " + string.Join(", ", PotentialObject.Models.Select(format => format.Files)) + ", perhaps with "
        + ":table=1024 behind it (faster, and nearly the same), or a .json file.";

    /// <summary>The potential that a text names, whose networks compute in a precision unless it says
    /// otherwise.</summary>
    public static Potential Read(string text, Precision precision)
    {
        if (text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !text.Contains('='))
        {
            return ReadFile(text, precision);
        }

        string[] parts = Parts(text);

        if (text is ChargeObject.Coulomb or DipoleObject.Kind)
        {
            parts = [text, ""];
        }

        if (parts.Length < 2)
        {
            string endings = string.Join(", ", PotentialObject.Models.Select(format => format.Ending));
            string expected = $"kind:name=number,…, kind:PATH, or the path of a {endings} or .json file";
            Bridge.Refuse("the potential", $"'{text}'", expected);
        }

        JsonObject fields = new() { ["kind"] = parts[0] };
        bool hasFile = IsModel(parts[0]) || PotentialObject.FileKinds.Contains(parts[0]);

        if (hasFile)
        {
            fields["file"] = parts[1];
        }

        foreach (string pair in parts.Skip(hasFile ? 2 : 1).SelectMany(Pairs))
        {
            AddPair(fields, text, pair);
        }

        return new PotentialObject($"the potential '{text}'", "", precision)
            .Read(JsonSerializer.SerializeToElement(fields));
    }

    /// <summary>The settings of charges that a text names.</summary>
    public static ElectrostaticSettings ReadCharges(string text)
    {
        string[] parts = text == ChargeObject.Coulomb ? [text, ""] : Parts(text);

        if (parts.Length < 2 || !ChargeObject.Is(parts[0]))
        {
            const string Expected = "coulomb, or coulomb:accuracy=1e-5,charges=Na:1,Cl:-1 and the like";
            Bridge.Refuse("the potential", $"'{text}'", Expected);
        }

        JsonObject pairs = new() { ["kind"] = parts[0] };

        foreach (string pair in Pairs(parts[1]))
        {
            AddPair(pairs, text, pair);
        }

        Fields fields = new(JsonSerializer.SerializeToElement(pairs), $"the potential '{text}'");
        ElectrostaticSettings settings = ChargeObject.Settings(fields.Text("kind"), fields, out bool isDirect);
        fields.RefuseOthers();

        if (isDirect)
        {
            Bridge.Refuse("the method", "direct", "auto, ewald or p3m, which can be tuned");
        }

        return settings;
    }

    /// <summary>Whether a text names a network, or a file with one among its potentials.</summary>
    public static bool NamesNetwork(string text) =>
        text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(text)
            ? PotentialObject.Models.Any(model => File.ReadAllText(text).Contains($"\"{model.Kind}\"", StringComparison.Ordinal))
            : IsModel(Parts(text)[0]);

    private static bool IsModel(string kind) => PotentialObject.Models.Any(model => model.Kind == kind);

    // Kind, then what stands behind it; for models their file, and what stands behind that. Paths may have colons.
    internal static string[] Parts(string text)
    {
        if (AniArgument.Parts(text) is { } ani)
        {
            return ani;
        }

        foreach (ModelFileFormat format in PotentialObject.Models)
        {
            (string kind, string ending) = (format.Kind, format.Ending);
            string rest = text.StartsWith(kind + ":", StringComparison.Ordinal) ? text[(kind.Length + 1)..] : text;
            int end = rest.LastIndexOf(ending + ":", StringComparison.OrdinalIgnoreCase);

            if (end >= 0)
            {
                end += ending.Length;
                return [kind, rest[..end], rest[(end + 1)..]];
            }

            if (rest.Length < text.Length || rest.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return [kind, rest];
            }
        }

        return text.Split(':', 2);
    }

    private static string Line(PairFunction function) =>
        function.Kind + ":" + string.Join(",", function.Parameters.Select(name => name + "="));

    // A comma within charges=Na:1,Cl:-1 does not end them: behind it no name begins.
    private static List<string> Pairs(string text)
    {
        List<string> pairs = [];

        foreach (string piece in text.Length == 0 ? [] : text.Split(','))
        {
            if (pairs.Count > 0 && pairs[^1].StartsWith("charges=", StringComparison.Ordinal) && !piece.Contains('='))
            {
                pairs[^1] += "," + piece;
            }
            else
            {
                pairs.Add(piece);
            }
        }

        return pairs;
    }

    private static void AddPair(JsonObject fields, string text, string pair)
    {
        string[] sides = pair.Split('=', 2);

        if (sides.Length < 2 || sides[0].Length == 0 || fields.ContainsKey(sides[0]))
        {
            Bridge.Refuse($"'{pair}' of the potential '{text}'", "out of form", "name=number, each name once");
        }

        bool isNumber = double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
        fields[sides[0]] = isNumber && double.IsFinite(number) ? number : sides[1];
    }

    private static Potential ReadFile(string path, Precision precision)
    {
        string folder = Path.GetDirectoryName(path) ?? "";
        return new PotentialObject($"the potential of {path}", folder, precision).Read(JsonText.read(path));
    }
}
