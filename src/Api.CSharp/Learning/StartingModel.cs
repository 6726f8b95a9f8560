using System.Text.Json.Nodes;
using Noether.Learning;
using Noether.Training;

namespace Noether;

/// <summary>The model at the start of a training: an untrained one, or one that is fine-tuned.</summary>
public sealed class StartingModel
{
    private StartingModel(JsonObject fields, ModelSource? source = null)
    {
        Fields = fields;
        Source = source;
    }

    /// <summary>
    /// An untrained NequIP of three layers and a cut-off of 5 Å. As for every untrained model, elements, average
    /// neighbours, energies of elements and scale are those of the training structures.
    /// </summary>
    public static StartingModel Standard { get; } = new([]);

    /// <summary>The field "model" of a configuration.</summary>
    internal JsonObject Fields { get; }

    /// <summary>The source that no field describes.</summary>
    internal ModelSource? Source { get; }

    /// <summary>An untrained model of any family.</summary>
    /// <param name="json">
    /// The field "model" of a configuration of <c>noether train</c>: <c>{"kind": "nequip", "cutoff": 4, "layers": 2}</c>.
    /// </param>
    /// <exception cref="NoetherException">The text is not a JSON object; its fields are checked by the training.</exception>
    public static StartingModel Untrained(string json)
    {
        ArgumentNullException.ThrowIfNull(json);

        try
        {
            return new(JsonNode.Parse(json) as JsonObject ?? throw Wrong(json));
        }
        catch (System.Text.Json.JsonException)
        {
            throw Wrong(json);
        }
    }

    /// <summary>An untrained NequIP. Elements and average neighbours of the settings are not used.</summary>
    /// <param name="settings">The network.</param>
    /// <exception cref="NoetherException">There is no network of these settings.</exception>
    public static StartingModel Untrained(NequipSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new([], ModelSource.NewUntrained(NequipFamily.untrained(null, settings.ToCore())));
    }

    /// <summary>A model of a file, .safetensors or of another program, to be fine-tuned.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="trained">
    /// Patterns of the names of the parameters that are trained, * standing for any letters; none for all.
    /// </param>
    public static StartingModel FromFile(string path, params IEnumerable<string> trained)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new([], ModelSource.NewStart(path, Bridge.List(Patterns(trained))));
    }

    /// <summary>A model, to be trained further.</summary>
    /// <param name="model">The model.</param>
    /// <param name="trained">
    /// Patterns of the names of the parameters that are trained, * standing for any letters; none for all.
    /// </param>
    public static StartingModel From(LearnedModel model, params IEnumerable<string> trained)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new([], ModelSource.NewStartFrom(model.Core, Bridge.List(Patterns(trained))));
    }

    private static string[] Patterns(IEnumerable<string> trained)
    {
        string[] patterns = [.. trained];
        return patterns.Length == 0 ? ["*"] : patterns;
    }

    private static NoetherException Wrong(string json) => new(
        Domain.NoetherError.NewInvalidArgument("the untrained model", $"'{json}'", "a JSON object"));
}
