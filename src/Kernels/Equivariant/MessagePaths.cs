using System.Numerics;

namespace Noether.Kernels;

/// <summary>A coefficient of the coupling of a path, C[i, j, k].</summary>
/// <param name="Input">The component i of the features.</param>
/// <param name="Harmonic">The component j of the harmonics, within the degree of the path.</param>
/// <param name="Output">The component k of the output.</param>
/// <param name="Value">The coefficient.</param>
public readonly record struct MessageCoupling(int Input, int Harmonic, int Output, double Value);

/// <summary>
/// A path of the tensor product: one chunk of the features times one degree of the harmonics, coupled to channels of the
/// output. A chunk of features lies in consecutive columns, component outer, channel inner.
/// </summary>
/// <param name="Channels">The channels of the chunk; the path uses all of them and keeps them apart.</param>
/// <param name="Input">The first column of the chunk of features.</param>
/// <param name="InputComponents">The number of its components.</param>
/// <param name="Harmonics">The first column of the harmonics of the degree.</param>
/// <param name="HarmonicsComponents">Their number.</param>
/// <param name="Output">The column of the first channel of the first component of the output.</param>
/// <param name="OutputStep">The columns from a component of the output to the next: the channels of its chunk.</param>
/// <param name="OutputComponents">The number of components of the output.</param>
/// <param name="Weights">The column of the first channel's weight.</param>
/// <param name="Couplings">The coefficients that are not zero, in any order.</param>
public sealed record MessagePath(
    int Channels,
    int Input,
    int InputComponents,
    int Harmonics,
    int HarmonicsComponents,
    int Output,
    int OutputStep,
    int OutputComponents,
    int Weights,
    IReadOnlyList<MessageCoupling> Couplings);

/// <summary>
/// The paths of a message pass, prepared for <see cref="Messages"/>. Paths from one chunk of features form a group:
/// they read the same rows. For each group the coefficients lie by entry (i, k) of the paths' matrices
/// Σ_j C[i, j, k] Y[j], and by harmonic j for the transpose.
/// </summary>
public sealed class MessagePaths
{
    /// <summary>Prepares paths.</summary>
    /// <param name="inputWidth">Columns of the features.</param>
    /// <param name="harmonicsWidth">Columns of the harmonics.</param>
    /// <param name="outputWidth">Columns of the output.</param>
    /// <param name="paths">The paths; no two share columns of the output or of the weights, and those from overlapping
    /// columns of the features are from the same chunk. The weights are as wide as the paths need.</param>
    /// <exception cref="ArgumentException">A path leaves the columns that there are, or overlaps another.</exception>
    public MessagePaths(int inputWidth, int harmonicsWidth, int outputWidth, IReadOnlyList<MessagePath> paths)
    {
        Guard.NotNegative(inputWidth, nameof(inputWidth), nameof(MessagePaths));
        Guard.NotNegative(harmonicsWidth, nameof(harmonicsWidth), nameof(MessagePaths));
        Guard.NotNegative(outputWidth, nameof(outputWidth), nameof(MessagePaths));
        (InputWidth, HarmonicsWidth, OutputWidth) = (inputWidth, harmonicsWidth, outputWidth);
        WeightsWidth = paths.Sum(path => path.Channels);
        CheckColumns(paths);

        IGrouping<int, MessagePath>[] groups =
            [.. paths.Where(path => path.Channels > 0).GroupBy(path => path.Input).OrderBy(group => group.Key)];
        Groups = Pinned<MessageGroup>(groups.Length);
        Branches = Pinned<MessageBranch>(groups.Sum(group => group.Count()));
        List<int> starts = [], terms = [];
        List<double> values = [];
        int branch = 0;
        for (int g = 0; g < groups.Length; g++)
        {
            List<Term> entries = [];
            int first = branch, table = 0;
            foreach (MessagePath path in groups[g])
            {
                bool diagonal = path.OutputComponents > 1 && path.InputComponents == path.OutputComponents
                    && path.Couplings.All(c => c.Input == c.Output);
                entries.AddRange(path.Couplings.Select(c => new Term(
                    table + (diagonal ? c.Input : (c.Input * path.OutputComponents) + c.Output),
                    path.Harmonics + c.Harmonic,
                    c.Value)));
                Branches[branch++] = new()
                {
                    Input = path.InputComponents,
                    Output = path.OutputComponents,
                    X = path.Input,
                    XStep = path.Channels,
                    G = path.Output,
                    GStep = path.OutputStep,
                    W = path.Weights,
                    Table = table,
                    IsDiagonal = diagonal,
                };
                table += diagonal ? path.InputComponents : path.InputComponents * path.OutputComponents;
                Work += (long)path.Channels * path.InputComponents * path.OutputComponents;
            }

            int byEntry = Append(table, entries.OrderBy(e => e.Entry).ThenBy(e => e.Harmonic), e => e.Entry, e => e.Harmonic);
            int byHarmonic =
                Append(harmonicsWidth, entries.OrderBy(e => e.Harmonic).ThenBy(e => e.Entry), e => e.Harmonic, e => e.Entry);
            Groups[g] = new()
            {
                Branch = first,
                Branches = branch - first,
                Channels = groups[g].First().Channels,
                Entries = table,
                ByEntry = byEntry,
                ByHarmonic = byHarmonic,
            };
            MaxEntries = Math.Max(MaxEntries, table);
            MaxComponents = Math.Max(MaxComponents, groups[g].Max(path => path.InputComponents));
        }

        Starts = Copy(starts);
        Terms = Copy(terms);
        Doubles = Copy(values);
        Singles = Copy(values.ConvertAll(value => (float)value));

        // The terms of each row from 0 to rows; returns where the row starts begin.
        int Append(int rows, IEnumerable<Term> sorted, Func<Term, int> row, Func<Term, int> term)
        {
            int begin = starts.Count;
            int next = 0;
            foreach (Term item in sorted)
            {
                for (; next <= row(item); next++)
                {
                    starts.Add(terms.Count);
                }

                terms.Add(term(item));
                values.Add(item.Value);
            }

            for (; next <= rows; next++)
            {
                starts.Add(terms.Count);
            }

            return begin;
        }
    }

    /// <summary>Columns of the features.</summary>
    public int InputWidth { get; }

    /// <summary>Columns of the harmonics.</summary>
    public int HarmonicsWidth { get; }

    /// <summary>Columns of the weights: the channels of all paths.</summary>
    public int WeightsWidth { get; }

    /// <summary>Columns of the output.</summary>
    public int OutputWidth { get; }

    /// <summary>Products x·T of an edge: the sum of channels · input components · output components over the
    /// paths.</summary>
    public long Work { get; }

    // Pinned, so that kernels may point to them while the plan is alive.
    internal MessageGroup[] Groups { get; }

    internal MessageBranch[] Branches { get; }

    internal int[] Starts { get; }

    internal int[] Terms { get; }

    internal int MaxEntries { get; }

    internal int MaxComponents { get; }

    private double[] Doubles { get; }

    private float[] Singles { get; }

    internal T[] Values<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        typeof(T) == typeof(float) ? (T[])(object)Singles : (T[])(object)Doubles;

    private static T[] Pinned<T>(int length)
        where T : unmanaged => GC.AllocateArray<T>(length, pinned: true);

    private static T[] Copy<T>(List<T> items)
        where T : unmanaged
    {
        T[] copy = Pinned<T>(items.Count);
        items.CopyTo(copy);
        return copy;
    }

    private static ArgumentException Wrong(string what) => new($"{nameof(MessagePaths)}: {what}.");

    private void CheckColumns(IReadOnlyList<MessagePath> paths)
    {
        var outputs = new bool[OutputWidth];
        var weights = new bool[WeightsWidth];
        var chunks = new MessagePath?[InputWidth];
        for (int p = 0; p < paths.Count; p++)
        {
            MessagePath path = paths[p];
            if (path.Channels < 0 || path.InputComponents < 1 || path.HarmonicsComponents < 1 || path.OutputComponents < 1)
            {
                throw Wrong($"path {p} has {path.Channels} channels and {path.InputComponents}, "
                    + $"{path.HarmonicsComponents}, {path.OutputComponents} components, expected at least 0 and 1");
            }

            int inputs = path.Channels * path.InputComponents;
            if (path.Input < 0 || path.Input + inputs > InputWidth)
            {
                throw Wrong($"path {p} reads columns {path.Input} to {path.Input + inputs} of {InputWidth} features");
            }

            if (path.Harmonics < 0 || path.Harmonics + path.HarmonicsComponents > HarmonicsWidth)
            {
                throw Wrong($"path {p} reads columns {path.Harmonics} to {path.Harmonics + path.HarmonicsComponents} of "
                    + $"{HarmonicsWidth} harmonics");
            }

            for (int i = path.Input; i < path.Input + inputs; i++)
            {
                if (chunks[i] is { } other && (other.Input != path.Input || other.Channels != path.Channels
                    || other.InputComponents != path.InputComponents))
                {
                    throw Wrong($"path {p} reads column {i} of the features as part of another chunk than a path before");
                }

                chunks[i] = path;
            }

            for (int u = 0; u < path.Channels; u++)
            {
                for (int k = 0; k < path.OutputComponents; k++)
                {
                    Take(outputs, path.Output + (k * path.OutputStep) + u, p, "output");
                }

                Take(weights, path.Weights + u, p, "weights");
            }

            foreach (MessageCoupling c in path.Couplings)
            {
                if ((uint)c.Input >= (uint)path.InputComponents || (uint)c.Harmonic >= (uint)path.HarmonicsComponents
                    || (uint)c.Output >= (uint)path.OutputComponents)
                {
                    throw Wrong($"path {p} couples components {c.Input}, {c.Harmonic}, {c.Output} of "
                        + $"{path.InputComponents}, {path.HarmonicsComponents}, {path.OutputComponents}");
                }
            }
        }
    }

    private static void Take(bool[] taken, int column, int path, string what)
    {
        if ((uint)column >= (uint)taken.Length)
        {
            throw Wrong($"path {path} has column {column} of {taken.Length} of the {what}");
        }

        if (taken[column])
        {
            throw Wrong($"path {path} has column {column} of the {what}, which another path has");
        }

        taken[column] = true;
    }

    private readonly record struct Term(int Entry, int Harmonic, double Value);
}

/// <summary>The paths from one chunk of features.</summary>
internal struct MessageGroup
{
    /// <summary>The first path and their number.</summary>
    public int Branch, Branches;

    /// <summary>The channels of the chunk, and the entries of the matrices of all paths.</summary>
    public int Channels, Entries;

    /// <summary>Where the starts of the terms begin, by entry and by harmonic.</summary>
    public int ByEntry, ByHarmonic;
}

/// <summary>A path as kernels read it.</summary>
internal struct MessageBranch
{
    /// <summary>Numbers of components.</summary>
    public int Input, Output;

    /// <summary>First columns and steps between components.</summary>
    public int X, XStep, G, GStep, W;

    /// <summary>The first entry of the path's matrix among those of its group; of a diagonal matrix only the diagonal is
    /// there.</summary>
    public int Table;

    /// <summary>Whether the matrix is diagonal, as for the harmonic of degree 0.</summary>
    public bool IsDiagonal;
}
