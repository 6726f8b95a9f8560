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
    /// <summary>The forms of a potential, for the help.</summary>
    public static IReadOnlyList<HelpItem> Forms =>
    [
        new("NAME", "A model that is found by its name, such as nequix-oam-1-pft or ani-2x: 'noether models' lists them."),
        .. PotentialObject.Models.Select(format => new HelpItem($"PATH{format.Ending}", Sentence(format.Files))),
        new("MODEL:table=1024", "A model whose weights by distance are splines on so many intervals: faster, nearly the same."),
        new("MODEL:precision=float32", "A model in another precision than --precision; ani:PATH:member=0 is one of an ensemble."),
        .. PairFunction.All.Select(function => new HelpItem(Line(function), Sentence("pair function: " + function.Title))),
        new("zbl:elements=Si+C", "The repulsion of nuclei. It and the pair functions above need cutoff= (Å), and perhaps end= one "
            + "of " + string.Join(", ", PotentialObject.Ends) + ", some with onset= (Å)."),
        new("coulomb", "Charges of the file, or coulomb:accuracy=1e-5,charges=Na:1,Cl:-1,cutoff=,method= one of auto, ewald, "
            + "p3m, direct; r^-6:prefactor=, likewise."),
        new("dipoles", "Point dipoles, a column of the file, or dipoles:accuracy=1e-5,charges=,surroundings=,method= ewald or "
            + "direct."),
        new(string.Join(", ", PotentialObject.FileKinds.Select(kind => kind + ":PATH")), "A file of parameters."),
        new("PATH.json", "Any of these, and more, in a file; docs/command-line.md describes it."),
    ];

    /// <summary>How texts of potentials may begin, for completion.</summary>
    public static IEnumerable<string> Beginnings =>
    [
        .. ModelCatalogue.Found().Select(model => model.Name),
        .. PairFunction.All.Select(function => function.Kind + ":"), "zbl:elements=", ChargeObject.Coulomb, DipoleObject.Kind,
        .. PotentialObject.FileKinds.Select(kind => kind + ":"),
    ];

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
            string expected = $"kind:name=number,…, kind:PATH, the path of a {endings} or .json file, or the name of a model";
            Bridge.Refuse("the potential", $"'{text}'", $"{expected}; {ModelCatalogue.Told()}");
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

    /// <summary>Whether a text names a function of the distance with its numbers.</summary>
    public static bool NamesPairs(string text) => PairFunction.All.Any(function => function.Kind == Parts(text)[0]);

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

        string[] parts = text.Split(':', 2);
        return ModelCatalogue.Find(parts[0]) is { } model ? [model.Format.Kind, model.Path, .. parts[1..]] : parts;
    }

    private static string Sentence(string words) => char.ToUpperInvariant(words[0]) + words[1..] + ".";

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
