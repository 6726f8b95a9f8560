using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>
/// One JSON object on one line. Numbers have as many digits as it takes to read the same bits back; those that JSON
/// does not have are the texts "NaN", "Infinity" and "-Infinity".
/// </summary>
internal static class JsonLine
{
    // Symbols such as Å stay readable; the lines are never put into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object that the action fills, as a line.</summary>
    public static string Of(Action<Utf8JsonWriter> fill)
    {
        ArrayBufferWriter<byte> buffer = new();

        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            writer.WriteStartObject();
            fill(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>The object of an error, and of the file and the frame whose error it is; null where there is none.</summary>
    public static string Error(string message, string? file, int? frame) => Of(writer =>
    {
        writer.WriteString("file", file);

        if (frame is { } index)
        {
            writer.WriteNumber("frame", index);
        }
        else
        {
            writer.WriteNull("frame");
        }

        writer.WriteString("error", message);
    });

    /// <summary>The object of a frame, which begins with the file and the number of the frame.</summary>
    public static string Of(Frame frame, Action<Utf8JsonWriter> fill) => Of(writer =>
    {
        writer.WriteString("file", frame.File);
        writer.WriteNumber("frame", frame.Index);
        fill(writer);
        writer.Texts("warnings", frame.Warnings);
    });

    public static void Number(this Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    /// <summary>Numbers in arrays of the given extents, C order.</summary>
    public static void Numbers(
        this Utf8JsonWriter writer, string name, IReadOnlyList<double> values, params ReadOnlySpan<int> shape)
    {
        writer.WritePropertyName(name);
        Nested(writer, shape, 0, values.Count, k => writer.Number(values[k]));
    }

    /// <summary>Integers in arrays of the given extents, C order.</summary>
    public static void Integers(
        this Utf8JsonWriter writer, string name, IReadOnlyList<int> values, params ReadOnlySpan<int> shape)
    {
        writer.WritePropertyName(name);
        Nested(writer, shape, 0, values.Count, k => writer.WriteNumberValue(values[k]));
    }

    /// <summary>Symbols, positions, cell and properties of a structure.</summary>
    public static void Structure(this Utf8JsonWriter writer, Structure structure)
    {
        writer.Texts("symbols", structure.Numbers.Select(number => Elements.symbol(number)));
        writer.Numbers("positions", structure.Positions, structure.Count, 3);
        writer.Numbers("cell", structure.Cell.Vectors, 3, 3);
        writer.WriteStartArray("pbc");

        foreach (bool periodic in structure.Cell.Periodic)
        {
            writer.WriteBooleanValue(periodic);
        }

        writer.WriteEndArray();
        writer.Properties("perAtom", structure.PerAtom);
        writer.Properties("info", structure.Info);
    }

    /// <summary>Texts in an array.</summary>
    public static void Texts(this Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);

        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    /// <summary>An object with the properties of a structure or its atoms, by name.</summary>
    public static void Properties(
        this Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, Property>> properties)
    {
        writer.WriteStartObject(name);

        foreach ((string key, Property property) in properties)
        {
            writer.WritePropertyName(key);
            Values values = property.Values;
            Nested(writer, [.. property.Shape], 0, values.Length, Element(writer, values));
        }

        writer.WriteEndObject();
    }

    private static Action<int> Element(Utf8JsonWriter writer, Values values) => values switch
    {
        Values.Reals { Item: var reals } => k => writer.Number(reals[k]),
        Values.Integers { Item: var integers } => k => writer.WriteNumberValue(integers[k]),
        Values.Booleans { Item: var booleans } => k => writer.WriteBooleanValue(booleans[k]),
        Values.Texts { Item: var texts } => k => writer.WriteStringValue(texts[k]),
        _ => throw new ArgumentException($"Values of type {values.TypeName}; expected one of the four known types."),
    };

    private static void Nested(
        Utf8JsonWriter writer, ReadOnlySpan<int> shape, int start, int count, Action<int> element)
    {
        if (shape.IsEmpty)
        {
            element(start);
            return;
        }

        writer.WriteStartArray();

        for (int row = 0; row < shape[0]; row++)
        {
            int width = count / shape[0];
            Nested(writer, shape[1..], start + (row * width), width, element);
        }

        writer.WriteEndArray();
    }
}
