using System.Text.Json;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>
/// The fields of a JSON object, which remembers those that were asked for, so that others can be refused.
/// </summary>
internal sealed class Fields
{
    private readonly Dictionary<string, JsonElement> fields = [];
    private readonly SortedSet<string> known = new(StringComparer.Ordinal);
    private readonly string owner;

    /// <summary>The fields of an object that messages call <paramref name="owner"/>.</summary>
    public Fields(JsonElement element, string owner)
    {
        this.owner = owner;

        if (element.ValueKind != JsonValueKind.Object)
        {
            Bridge.Refuse(owner, element.GetRawText(), "a JSON object");
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!fields.TryAdd(property.Name, property.Value))
            {
                throw Wrong(property.Name, "given twice", "each field once");
            }
        }
    }

    public bool Has(string name)
    {
        known.Add(name);
        return fields.ContainsKey(name);
    }

    public JsonElement Get(string name) =>
        Has(name) ? fields[name] : throw Wrong(name, "missing", "it to be given");

    /// <summary>A finite number.</summary>
    public double Number(string name)
    {
        JsonElement field = Get(name);
        return field.ValueKind == JsonValueKind.Number && field.TryGetDouble(out double value) && double.IsFinite(value)
            ? value
            : throw Wrong(name, field.GetRawText(), "a finite number");
    }

    public string Text(string name)
    {
        JsonElement field = Get(name);
        return field.ValueKind == JsonValueKind.String && field.GetString() is { } text
            ? text
            : throw Wrong(name, field.GetRawText(), "a text");
    }

    public IEnumerable<JsonElement> Items(string name)
    {
        JsonElement field = Get(name);
        return field.ValueKind == JsonValueKind.Array
            ? field.EnumerateArray()
            : throw Wrong(name, field.GetRawText(), "a list");
    }

    /// <summary>The choice that a text names, or a usual one.</summary>
    public T Choice<T>(string name, string usual, Dictionary<string, T> choices)
    {
        string text = Has(name) ? Text(name) : usual;
        return choices.TryGetValue(text, out T? choice)
            ? choice
            : throw Wrong(name, $"'{text}'", "one of " + string.Join(", ", choices.Keys));
    }

    /// <summary>Refuses the first field that nobody asked for.</summary>
    public void RefuseOthers()
    {
        foreach (string name in fields.Keys.Where(name => !known.Contains(name)))
        {
            throw Wrong(name, "unknown", "one of " + string.Join(", ", known));
        }
    }

    /// <summary>What is wrong with a field.</summary>
    public NoetherException Wrong(string name, string found, string expected) =>
        new(NoetherError.NewInvalidArgument($"'{name}' of {owner}", found, expected));
}
