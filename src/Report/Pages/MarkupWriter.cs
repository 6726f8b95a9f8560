using System.Text;

namespace Noether.Report;

/// <summary>Writes elements and escaped text: well-formed XML, and HTML where the elements are.</summary>
internal sealed class MarkupWriter
{
    private readonly StringBuilder text = new();
    private readonly Stack<string> open = new();

    /// <summary>Opens an element; an attribute without a value is left out.</summary>
    public MarkupWriter Open(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        text.Append('>');
        open.Push(name);
        return this;
    }

    /// <summary>Writes an element without content.</summary>
    public MarkupWriter Leaf(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        text.Append("/>");
        return this;
    }

    /// <summary>Writes an element that holds text only.</summary>
    public MarkupWriter Element(
        string name, string content, params ReadOnlySpan<(string Name, string? Value)> attributes) =>
        Open(name, attributes).Text(content).Close();

    /// <summary>Writes escaped text.</summary>
    public MarkupWriter Text(string content)
    {
        Escape(content);
        return this;
    }

    /// <summary>Writes finished markup as it is.</summary>
    public MarkupWriter Raw(string markup)
    {
        text.Append(markup);
        return this;
    }

    /// <summary>Starts a new line.</summary>
    public MarkupWriter Line()
    {
        text.Append('\n');
        return this;
    }

    /// <summary>Closes the element opened last.</summary>
    public MarkupWriter Close()
    {
        text.Append("</").Append(open.Pop()).Append('>');
        return this;
    }

    /// <summary>The text written so far.</summary>
    public override string ToString() => text.ToString();

    private void Start(string name, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        text.Append('<').Append(name);
        foreach ((string attribute, string? value) in attributes)
        {
            if (value is not null)
            {
                text.Append(' ').Append(attribute).Append("=\"");
                Escape(value);
                text.Append('"');
            }
        }
    }

    // Characters that XML 1.0 forbids even when escaped become the replacement character.
    private void Escape(string content)
    {
        foreach (Rune rune in content.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => text.Append("&lt;"),
                '>' => text.Append("&gt;"),
                '&' => text.Append("&amp;"),
                '"' => text.Append("&quot;"),
                '\t' or '\n' or '\r' => text.Append((char)rune.Value),
                < 0x20 or 0xFFFE or 0xFFFF => text.Append('\uFFFD'),
                _ => text.Append(rune.ToString()),
            };
        }
    }
}
