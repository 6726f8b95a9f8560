using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// Potentials as the command line names them. <c>lj:epsilon=1,sigma=3</c> is short for the JSON object
/// <c>{"kind": "lj", "epsilon": 1, "sigma": 3}</c>, <c>sw:Si.sw</c> for <c>{"kind": "sw", "file": "Si.sw"}</c>, and
/// <c>model.nqx</c> for <c>{"kind": "nequix", "file": "model.nqx"}</c>; what the objects mean is written in
/// <see cref="PotentialObject"/>.
/// </summary>
internal static class PotentialText
{
    /// <summary>What is understood, for the help.</summary>
    public static string Form { get; } =
        "A pair function with numbers (" + string.Join("; ", PairFunction.All.Select(Line))
        + "; zbl:elements=Si+C; then cutoff=, and "
        + "perhaps end= one of " + string.Join(", ", PotentialObject.Ends) + ", some with onset=), a file of "
        + "parameters (" + string.Join(", ", PotentialObject.FileKinds.Select(kind => kind + ":PATH"))
        + "), the .nqx file of a Nequix model, or a .json file.";

    /// <summary>The potential that a text names.</summary>
    public static Potential Read(string text)
    {
        if (text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !text.Contains('='))
        {
            return ReadFile(text);
        }

        bool isModel = text.EndsWith(".nqx", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("nequix:");
        string[] parts = isModel ? ["nequix", text] : text.Split(':', 2);

        if (parts.Length < 2)
        {
            string expected = "kind:name=number,…, kind:PATH, or the path of a .nqx or .json file";
            Bridge.Refuse("the potential", $"'{text}'", expected);
        }

        JsonObject fields = new() { ["kind"] = parts[0] };

        if (parts[0] == "nequix" || PotentialObject.FileKinds.Contains(parts[0]))
        {
            fields["file"] = parts[1];
        }
        else
        {
            foreach (string pair in parts[1].Split(','))
            {
                AddPair(fields, text, pair);
            }
        }

        return new PotentialObject($"the potential '{text}'", "").Read(JsonSerializer.SerializeToElement(fields));
    }

    private static string Line(PairFunction function) =>
        function.Kind + ":" + string.Join(",", function.Parameters.Select(name => name + "="));

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

    private static Potential ReadFile(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            string folder = Path.GetDirectoryName(path) ?? "";
            return new PotentialObject($"the potential of {path}", folder).Read(document.RootElement);
        }
        catch (JsonException failure)
        {
            Place place = new(path, (int)(failure.LineNumber ?? 0) + 1, (int)(failure.BytePositionInLine ?? 0) + 1);
            string reason = failure.Message.Split([" Path:", " LineNumber:"], StringSplitOptions.None)[0].TrimEnd('.');
            NoetherError error = NoetherError.NewMalformed($"text that is not JSON ({reason})", "one JSON object");
            throw new NoetherException(NoetherErrorModule.at(place, error));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NoetherException(NoetherError.NewFileFailure(path, failure.Message));
        }
    }
}
