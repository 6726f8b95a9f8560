using System.Collections;
using Noether.Domain;

namespace Noether;

/// <summary>
/// A set of rows of integers under names: what the rows of an array along one of its axes are (metatensor's Labels).
/// </summary>
/// <remarks>
/// Names are identifiers of ASCII and differ, and so do rows; their order counts. Looking up a row takes the same time
/// however many there are. A list of rows, so LINQ works on it.
/// </remarks>
/// <example>
/// <code>
/// Labels samples = Labels.Create(["system", "atom"], 0, 4, 0, 5);
/// int place = samples.IndexOf(0, 5);   // 1
/// </code>
/// </example>
public sealed class Labels : IEquatable<Labels>, IReadOnlyList<IReadOnlyList<int>>
{
    internal Labels(Domain.Labels core) => Core = core;

    internal Domain.Labels Core { get; }

    /// <summary>("_", [0]): the labels of what has no meaning of its own.</summary>
    public static Labels One { get; } = new(LabelInterop.single());

    /// <summary>The names of the dimensions.</summary>
    public IReadOnlyList<string> Names => Core.Names;

    /// <summary>The number of rows.</summary>
    public int Count => Core.Count;

    /// <summary>The integers, row by row.</summary>
    public ReadOnlySpan<int> Values => Core.Values.AsSpan();

    /// <summary>The integers of a row.</summary>
    /// <param name="index">The row, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public IReadOnlyList<int> this[int index] => Core[index].Values;

    /// <summary>The integers of a dimension, one for each row.</summary>
    /// <param name="name">The name of the dimension.</param>
    /// <exception cref="NoetherException">There is none of that name.</exception>
    public IReadOnlyList<int> this[string name] => Bridge.Run(() => Core[name]);

    /// <summary>Labels from names and integers, row by row.</summary>
    /// <param name="names">The names.</param>
    /// <param name="values">As many integers for each row as there are names.</param>
    /// <exception cref="NoetherException">A name is none, or a name or a row stands twice.</exception>
    public static Labels Create(IEnumerable<string> names, params ReadOnlySpan<int> values) =>
        new(Bridge.Get(LabelInterop.labels(names, values.ToArray())));

    /// <summary>One dimension with the rows 0 … n−1.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="n">How many rows.</param>
    public static Labels Range(string name, int n) => new(Bridge.Get(LabelInterop.range(name, n)));

    /// <summary>The labels in a file that holds only them.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">The file cannot be read.</exception>
    public static Labels Read(string path) => new(Bridge.Get(LabelInterop.readLabels(path)));

    /// <summary>Writes the labels to a file; an existing file is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">The file cannot be written.</exception>
    public void Write(string path) => Bridge.Get(LabelInterop.writeLabels(path, Core));

    /// <summary>The place of a row, −1 where there is none.</summary>
    /// <param name="row">Its integers.</param>
    /// <exception cref="NoetherException">The row has another length.</exception>
    public int IndexOf(params ReadOnlySpan<int> row) => Bridge.Get(LabelInterop.position(row.ToArray(), Core));

    /// <summary>These rows, then those of the other labels that are new.</summary>
    /// <param name="other">Labels of the same dimensions.</param>
    /// <exception cref="NoetherException">The dimensions differ.</exception>
    public Labels Union(Labels other) => new(Bridge.Get(LabelInterop.union(Core, other.Core)));

    /// <summary>The rows that both have, in the order of these.</summary>
    /// <param name="other">Labels of the same dimensions.</param>
    /// <exception cref="NoetherException">The dimensions differ.</exception>
    public Labels Intersect(Labels other) => new(Bridge.Get(LabelInterop.intersection(Core, other.Core)));

    /// <summary>The rows that the other labels do not have.</summary>
    /// <param name="other">Labels of the same dimensions.</param>
    /// <exception cref="NoetherException">The dimensions differ.</exception>
    public Labels Except(Labels other) => new(Bridge.Get(LabelInterop.difference(Core, other.Core)));

    /// <summary>The places of the rows that agree with a row of the selection in the dimensions that it has.</summary>
    /// <param name="selection">Labels with some of the dimensions.</param>
    /// <exception cref="NoetherException">A dimension is not there.</exception>
    public IReadOnlyList<int> Select(Labels selection) => Bridge.Get(LabelInterop.select(selection.Core, Core));

    /// <inheritdoc/>
    public IEnumerator<IReadOnlyList<int>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether names and rows are the same in the same order.</summary>
    /// <param name="other">Other labels.</param>
    public bool Equals(Labels? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Labels);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>The labels as metatensor prints them, at most four rows.</summary>
    public override string ToString() => Core.ToString();
}
