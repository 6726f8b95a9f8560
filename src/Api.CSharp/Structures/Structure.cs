using System.Diagnostics.CodeAnalysis;
using Noether.Domain;
using Noether.Physics;

namespace Noether;

/// <summary>
/// Atoms in space: which elements, where, in which cell, and what else is known about them. Immutable, equal by value.
/// </summary>
/// <remarks>
/// Lengths in Å, energies in eV, forces in eV/Å. Atoms are counted from 0 and keep the order they were given in; they
/// need not lie inside the cell. A property that is not there is unknown, never zero.
/// </remarks>
/// <example>
/// <code>
/// Structure nitrogen = Structure.Create(["N", "N"], [0, 0, 0, 0, 0, 1.1]);
/// IReadOnlyList&lt;Structure&gt; crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
/// Structure copper = Crystal.FaceCentredCubic("Cu", 3.61).Repeat(3, 3, 3).Rattle(0.05, seed: 1);
/// </code>
/// </example>
[SuppressMessage("Naming", "CA1716", Justification = "The word of the field; Visual Basic writes it in brackets.")]
public sealed partial class Structure : IEquatable<Structure>
{
    internal Structure(Domain.Structure core) => Core = core;

    internal Domain.Structure Core { get; }

    /// <summary>The number of atoms, n.</summary>
    public int Count => Core.Count;

    /// <summary>Atomic numbers [n], 0 (unknown, X) to 118.</summary>
    public ReadOnlyMemory<int> AtomicNumbers => Core.Numbers.AsMemory();

    /// <summary>Symbols of the elements [n].</summary>
    public IReadOnlyList<string> Symbols => field ??= [.. Core.Numbers.Select(Elements.symbol)];

    /// <summary>Cartesian positions in Å, [n, 3], double precision.</summary>
    public Tensor Positions => field ??= new(Space.positions(Core));

    /// <summary>Lattice vectors and periodic flags.</summary>
    public Cell Cell => field ??= new(Core.Cell);

    /// <summary>The names of the properties of the whole, sorted.</summary>
    public IReadOnlyList<string> PropertyNames => field ??= [.. Core.Info.Keys];

    /// <summary>The names of the properties of the atoms, sorted.</summary>
    public IReadOnlyList<string> AtomPropertyNames => field ??= [.. Core.PerAtom.Keys];

    /// <summary>A structure without properties.</summary>
    /// <param name="symbols">The element of each atom, [n].</param>
    /// <param name="positions">Cartesian positions in Å, [n, 3], atom by atom.</param>
    /// <param name="cell">The cell; without it, <see cref="Cell.None"/>.</param>
    /// <exception cref="NoetherException">
    /// An element is unknown, there are not 3n numbers, or one is not finite.
    /// </exception>
    public static Structure Create(IEnumerable<string> symbols, ReadOnlySpan<double> positions, Cell? cell = null)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        int[] numbers = [.. symbols.Select(symbol => Bridge.Get(Elements.ofSymbol(symbol)))];
        return new(Bridge.Get(StructureModule.create(
            Bridge.Array<int>(numbers), Bridge.Array(positions), (cell ?? Cell.None).Core)));
    }

    /// <summary>All structures of a file, in memory at once.</summary>
    /// <param name="path">The file; one that begins as gzip does is decompressed.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="NoetherException">
    /// The name says no format, the file cannot be read, or it is malformed; its place says where.
    /// </exception>
    public static IReadOnlyList<Structure> ReadAll(string path, FileFormat format = FileFormat.ByName) =>
        [.. Read(path, format)];

    /// <summary>
    /// The structures of a file, read one by one as they are asked for where the format allows it (XYZ, dumps, PDB).
    /// </summary>
    /// <param name="path">The file; one that begins as gzip does is decompressed.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="NoetherException">
    /// The name says no format; on the way, the file cannot be read, or is malformed.
    /// </exception>
    public static IEnumerable<Structure> Read(string path, FileFormat format = FileFormat.ByName)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FileFormats.Read(path, new FileReading { Format = format });
    }

    /// <summary>The structures of a file, as <see cref="Read(string, FileFormat)"/> reads them, with options.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reading">Its format, what it does not say of itself, and who hears of what is passed over.</param>
    /// <exception cref="NoetherException">As for <see cref="Read(string, FileFormat)"/>.</exception>
    public static IEnumerable<Structure> Read(string path, FileReading reading)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(reading);
        return FileFormats.Read(path, reading);
    }

    /// <summary>The structures of a text in extended XYZ format that is not in a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name of the file in messages.</param>
    /// <exception cref="NoetherException">The text is malformed.</exception>
    public static IReadOnlyList<Structure> Parse(string text, string name = "(text)")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return [.. Bridge.Get(ExtXyz.parse(name, text)).Select(core => new Structure(core))];
    }

    /// <summary>Writes structures to a file, which is replaced. What is read back from extended XYZ is equal.</summary>
    /// <param name="path">The file; compressed where the name ends in ".gz".</param>
    /// <param name="structures">The structures, in order.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="NoetherException">
    /// The name says no format, the file cannot be written, or the format cannot hold a property or so many structures.
    /// </exception>
    public static void WriteAll(
        string path, IEnumerable<Structure> structures, FileFormat format = FileFormat.ByName)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(structures);
        FileFormats.Write(path, structures, new FileWriting { Format = format });
    }

    /// <summary>Writes structures to a file, which is replaced, with options.</summary>
    /// <param name="path">The file; compressed where the name ends in ".gz".</param>
    /// <param name="structures">The structures, in order.</param>
    /// <param name="writing">Its format, and whether a property that it cannot hold is refused or left out.</param>
    /// <exception cref="NoetherException">
    /// As for <see cref="WriteAll(string, IEnumerable{Structure}, FileFormat)"/>.
    /// </exception>
    public static void WriteAll(string path, IEnumerable<Structure> structures, FileWriting writing)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(structures);
        ArgumentNullException.ThrowIfNull(writing);
        FileFormats.Write(path, structures, writing);
    }

    /// <summary>Writes this structure to a file, which is replaced.</summary>
    /// <param name="path">The file; compressed where the name ends in ".gz".</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="NoetherException">As for <see cref="WriteAll(string, IEnumerable{Structure}, FileFormat)"/>.</exception>
    public void Write(string path, FileFormat format = FileFormat.ByName) => WriteAll(path, [this], format);

    /// <summary>The number with this name among the properties of the whole.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="NoetherException">There is no property of that name, or it is no single number.</exception>
    public double Number(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Bridge.Get(StructureModule.infoReal(name, Core));
    }

    /// <summary>The number with this name among the properties of the whole, if there is one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The number; 0 where there is none.</param>
    /// <returns>Whether there is a single number of that name.</returns>
    public bool TryGetNumber(string name, out double value)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = StructureModule.infoReal(name, Core);
        value = found.IsOk ? found.ResultValue : 0.0;
        return found.IsOk;
    }

    /// <summary>The text with this name among the properties of the whole.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="NoetherException">There is no property of that name, or it is no single text.</exception>
    public string Text(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Bridge.Get(StructureModule.infoText(name, Core));
    }

    /// <summary>The text with this name among the properties of the whole, if there is one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The text; null where there is none.</param>
    /// <returns>Whether there is a single text of that name.</returns>
    public bool TryGetText(string name, [NotNullWhen(true)] out string? value)
    {
        ArgumentNullException.ThrowIfNull(name);
        var found = StructureModule.infoText(name, Core);
        value = found.IsOk ? found.ResultValue : null;
        return found.IsOk;
    }

    /// <summary>
    /// The numbers with this name among the properties of the atoms, [n] or [n, w], double precision.
    /// </summary>
    /// <param name="name">The name, such as <c>forces</c>.</param>
    /// <exception cref="NoetherException">There is no property of that name, or it holds no numbers.</exception>
    public Tensor AtomNumbers(string name)
    {
        ArgumentNullException.ThrowIfNull(name);

        if (!Core.PerAtom.TryGetValue(name, out Property? property))
        {
            throw new NoetherException(
                NoetherError.NewInconsistent("the structure", $"no atom property '{name}'", "one"));
        }

        return PropertyModule.tryReals(property) is { Value: var numbers }
            ? Tensor.Create(numbers.AsSpan(), [.. property.Shape])
            : throw new NoetherException(
                NoetherError.NewInconsistent($"the atom property '{name}'", property.ToString(), "numbers"));
    }

    /// <summary>The same structure with a number among the properties of the whole, added or replaced.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="NoetherException">The name is empty.</exception>
    public Structure WithNumber(string name, double value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(Bridge.Get(StructureModule.withInfo(name, PropertyModule.real(value), Core)));
    }

    /// <summary>The same structure with a text among the properties of the whole, added or replaced.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The text.</param>
    /// <exception cref="NoetherException">The name is empty, or the text is not well-formed Unicode.</exception>
    public Structure WithText(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Property text = Bridge.Run(() => PropertyModule.text(value));
        return new(Bridge.Get(StructureModule.withInfo(name, text, Core)));
    }

    /// <summary>
    /// The same structure with numbers among the properties of the whole, such as a stress, added or replaced.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="values">The numbers, of one axis or two.</param>
    /// <exception cref="NoetherException">The name is empty, or there are more than two axes.</exception>
    public Structure WithNumbers(string name, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return new(Bridge.Get(StructureModule.withInfo(name, Reals(values), Core)));
    }

    /// <summary>The same structure with numbers among the properties of the atoms, added or replaced.</summary>
    /// <param name="name">The name.</param>
    /// <param name="values">The numbers, [n], or [n, w] with w of at least 2.</param>
    /// <exception cref="NoetherException">The name is empty, or the shape does not fit the number of atoms.</exception>
    public Structure WithAtomNumbers(string name, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return new(Bridge.Get(StructureModule.withPerAtom(name, Reals(values), Core)));
    }

    /// <summary>The same atoms at other positions; properties are kept.</summary>
    /// <param name="positions">Cartesian positions in Å, [n, 3], atom by atom.</param>
    /// <exception cref="NoetherException">There are not 3n numbers, or one is not finite.</exception>
    public Structure WithPositions(ReadOnlySpan<double> positions) =>
        new(Bridge.Get(StructureModule.withPositions(Bridge.Array(positions), Core)));

    /// <summary>The same atoms at the same Cartesian positions in another cell.</summary>
    /// <param name="cell">The cell.</param>
    public Structure WithCell(Cell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return new(StructureModule.withCell(cell.Core, Core));
    }

    /// <summary>Whether atoms, positions, cells and properties are equal.</summary>
    /// <param name="other">Another structure.</param>
    public bool Equals(Structure? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Structure);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>The chemical formula, the cell, and the names of the properties.</summary>
    public override string ToString() => Core.ToString();

    private static Property Reals(Tensor values)
    {
        var numbers = Values.NewReals(Bridge.Array(values.Elements.Span));
        return Bridge.Get(PropertyModule.create(Bridge.List(values.Shape.ToArray()), numbers));
    }
}
