using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Noether.Domain;

namespace Noether.Report;

/// <summary>
/// Atoms in space, to be turned, zoomed and played on a <see cref="Page"/>: an immutable list of frames.
/// <code>
/// Page.Create("Silicon").View(StructureView.Create().Frame(numbers, positions, cell)).Write("silicon.html");
/// </code>
/// On the page: drag rotates, the wheel zooms, shift and drag (or the right button) pans, a click tells about an atom,
/// a click with shift about a second one and their distance; the keys x, y, z look along the axes. Atoms are spheres
/// in the colours of <see cref="ElementColours"/>, their radii a part of the covalent radii of
/// <see cref="Elements"/> that can be chosen. Bonds join atoms nearer than the sum of these radii and 0.4 Å; they do
/// not cross the boundary of the cell. Numbers are embedded as they are drawn, with 32 bits each: 16 bytes of HTML for
/// an atom of a frame. The program on the page is this library's own; nothing is fetched from anywhere.
/// </summary>
public sealed class StructureView
{
    private readonly ImmutableList<ViewFrame> frames;

    private StructureView(ImmutableList<ViewFrame> frames) => this.frames = frames;

    private sealed record ViewFrame(byte[] Numbers, float[] Positions, float[] Cell, string Label);

    /// <summary>The number of frames.</summary>
    public int Count => frames.Count;

    /// <summary>A view without frames.</summary>
    /// <returns>The view.</returns>
    public static StructureView Create() => new([]);

    /// <summary>Adds a frame behind the others; frames may differ in their atoms.</summary>
    /// <param name="numbers">Atomic numbers, [n], 0 (X) to 118.</param>
    /// <param name="positions">Cartesian positions, [n, 3], Å, atom by atom.</param>
    /// <param name="cell">Lattice vectors, [3, 3], Å, row by row, zeros for those that are missing; none at all is no
    /// cell.</param>
    /// <param name="label">A text shown with the frame.</param>
    /// <returns>The view with one frame more.</returns>
    /// <exception cref="ArgumentException">
    /// There are not three coordinates for each atom or not nine for the cell, one of them is not finite or too large
    /// for 32 bits, or a number is no element.
    /// </exception>
    public StructureView Frame(
        IReadOnlyList<int> numbers,
        IReadOnlyList<double> positions,
        IReadOnlyList<double>? cell = null,
        string? label = null)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        ArgumentNullException.ThrowIfNull(positions);
        if (positions.Count != 3 * numbers.Count)
        {
            throw new ArgumentException(
                $"View frame {Count}: {positions.Count} coordinates for {numbers.Count} atoms; expected three each.");
        }

        if (cell is not null && cell.Count != 9)
        {
            throw new ArgumentException($"View frame {Count}: a cell of {cell.Count} numbers; expected nine.");
        }

        if (numbers.FirstOrDefault(number => number is < 0 or > 118) is not 0 and var wrong)
        {
            throw new ArgumentException($"View frame {Count}: the atomic number {wrong}; expected 0 (X) to 118.");
        }

        byte[] elements = [.. numbers.Select(number => (byte)number)];
        ViewFrame frame = new(elements, Narrow(positions), Narrow(cell ?? new double[9]), label ?? "");
        return new StructureView(frames.Add(frame));
    }

    /// <summary>The view as markup: its data, in an element that the program of the page looks for.</summary>
    internal void Write(MarkupWriter html)
    {
        html.Open("div", ("class", "noether-view"));
        html.Open("script", ("type", "application/json")).Raw(Data()).Close();
        html.Element("noscript", "Atoms are drawn by a program on this page, which the browser does not run.");
        html.Close();
    }

    /// <summary>The program and the style of all views of a page, as markup that is HTML and XML.</summary>
    internal static void WriteProgram(MarkupWriter html)
    {
        html.Open("style").Raw("\n" + Resource("viewer.css")).Close().Line();
        html.Open("script").Raw("//<![CDATA[\n").Raw(Resource("viewer-controls.js")).Raw(Resource("viewer.js"));
        html.Raw("//]]>").Close();
    }

    private float[] Narrow(IReadOnlyList<double> values)
    {
        float[] narrow = [.. values.Select(value => (float)value)];
        int wrong = Array.FindIndex(narrow, value => !float.IsFinite(value));
        return wrong < 0
            ? narrow
            : throw new ArgumentException(
                $"View frame {Count}: a coordinate is {Report.Numbers.Exact(values[wrong])}; expected a finite "
                + "number of 32 bits.");
    }

    // What all frames share is there once. Characters that mean something to HTML are escaped by the writer.
    private string Data()
    {
        bool sameAtoms = frames.All(frame => frame.Numbers.AsSpan().SequenceEqual(frames[0].Numbers));
        bool sameCell = frames.All(frame => frame.Cell.AsSpan().SequenceEqual(frames[0].Cell));
        bool isMolecule = sameCell && frames[0].Cell.All(h => h == 0);
        IEnumerable<ViewFrame> atoms = sameAtoms ? frames.Take(1) : frames;
        IEnumerable<ViewFrame> cells = isMolecule ? [] : sameCell ? frames.Take(1) : frames;
        using MemoryStream stream = new();

        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("frames", frames.Count);
            json.WriteStartArray("counts");
            foreach (ViewFrame frame in atoms)
            {
                json.WriteNumberValue(frame.Numbers.Length);
            }

            json.WriteEndArray();
            json.WriteString("numbers", System.Convert.ToBase64String([.. atoms.SelectMany(frame => frame.Numbers)]));
            json.WriteString("positions", Base64(frames.Select(frame => frame.Positions)));
            json.WriteString("cells", Base64(cells.Select(frame => frame.Cell)));
            json.WriteStartArray("labels");
            foreach (ViewFrame frame in frames)
            {
                json.WriteStringValue(frame.Label);
            }

            json.WriteEndArray();
            WriteElements(json);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    // Symbol, colour and covalent radius by atomic number; 0 is a radius that is not known.
    private void WriteElements(Utf8JsonWriter json)
    {
        json.WriteStartObject("elements");
        foreach (int number in frames.SelectMany(frame => frame.Numbers).Distinct().Order())
        {
            json.WriteStartArray($"{number}");
            json.WriteStringValue(Elements.symbol(number));
            json.WriteStringValue(ElementColours.Of(number));
            json.WriteNumberValue(Elements.covalentRadius(number)?.Value ?? 0);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string Base64(IEnumerable<float[]> arrays)
    {
        float[][] all = [.. arrays];
        byte[] bytes = new byte[4 * all.Sum(array => array.Length)];
        Span<byte> rest = bytes;
        foreach (float value in all.SelectMany(array => array))
        {
            BinaryPrimitives.WriteSingleLittleEndian(rest, value);
            rest = rest[4..];
        }

        return System.Convert.ToBase64String(bytes);
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(StructureView).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly of reports lacks its resource {name}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
