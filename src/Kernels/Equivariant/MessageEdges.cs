namespace Noether.Kernels;

/// <summary>The edges of a message pass, checked once: the same object serves every layer and every contraction.</summary>
public sealed class MessageEdges
{
    /// <summary>Edges that have a row of weights each.</summary>
    /// <param name="nodes">The number of nodes.</param>
    /// <param name="senders">The node that each edge comes from.</param>
    /// <param name="receivers">The node that each edge points to, ascending.</param>
    /// <exception cref="ArgumentException">The lengths differ, a node is none of the nodes, or the receivers
    /// descend.</exception>
    public MessageEdges(int nodes, int[] senders, int[] receivers)
        : this(nodes, senders, receivers, senders.Length, null)
    {
    }

    /// <summary>Edges that share rows of weights.</summary>
    /// <param name="nodes">The number of nodes.</param>
    /// <param name="senders">The node that each edge comes from.</param>
    /// <param name="receivers">The node that each edge points to, ascending.</param>
    /// <param name="weightRows">The number of rows of weights.</param>
    /// <param name="rows">The row of weights of each edge; null where each edge has its own.</param>
    /// <exception cref="ArgumentException">The lengths differ, an index leaves its range, or the receivers
    /// descend.</exception>
    public MessageEdges(int nodes, int[] senders, int[] receivers, int weightRows, int[]? rows)
        : this(nodes, nodes, senders, receivers, weightRows, rows)
    {
    }

    /// <summary>Edges from all nodes to some of them, which have numbers of their own.</summary>
    /// <param name="nodes">The number of nodes that edges may come from.</param>
    /// <param name="targets">The number of nodes that edges may point to.</param>
    /// <param name="senders">The node that each edge comes from.</param>
    /// <param name="receivers">The number of the node that each edge points to, ascending.</param>
    /// <param name="weightRows">The number of rows of weights.</param>
    /// <param name="rows">The row of weights of each edge; null where each edge has its own.</param>
    /// <exception cref="ArgumentException">The lengths differ, an index leaves its range, or the receivers
    /// descend.</exception>
    public MessageEdges(int nodes, int targets, int[] senders, int[] receivers, int weightRows, int[]? rows)
    {
        Guard.NotNegative(nodes, nameof(nodes), nameof(MessageEdges));
        Guard.NotNegative(targets, nameof(targets), nameof(MessageEdges));
        Guard.NotNegative(weightRows, nameof(weightRows), nameof(MessageEdges));
        Guard.Length(receivers.Length, senders.Length, nameof(receivers), nameof(MessageEdges));
        Check(senders, nodes, nameof(senders));
        Check(receivers, targets, nameof(receivers));
        if (rows is null)
        {
            if (weightRows != senders.Length)
            {
                throw new ArgumentException(
                    $"{nameof(MessageEdges)}: {weightRows} rows of weights for {senders.Length} edges, expected as many "
                    + "unless each edge is given its row.",
                    nameof(weightRows));
            }
        }
        else
        {
            Guard.Length(rows.Length, senders.Length, nameof(rows), nameof(MessageEdges));
            Check(rows, weightRows, nameof(rows));
        }

        for (int e = 1; e < receivers.Length; e++)
        {
            if (receivers[e] < receivers[e - 1])
            {
                throw new ArgumentException(
                    $"{nameof(MessageEdges)}: receivers[{e}] is {receivers[e]} after {receivers[e - 1]}, expected edges "
                    + "sorted by receiver.",
                    nameof(receivers));
            }
        }

        (Nodes, Targets, WeightRows) = (nodes, targets, weightRows);
        (Senders, Receivers, Rows) = (senders, receivers, rows);
    }

    /// <summary>The number of nodes that edges may come from.</summary>
    public int Nodes { get; }

    /// <summary>The number of nodes that edges may point to; <see cref="Nodes"/> unless they are only some.</summary>
    public int Targets { get; }

    /// <summary>The number of edges.</summary>
    public int Count => Senders.Length;

    /// <summary>The number of rows of weights.</summary>
    public int WeightRows { get; }

    /// <summary>The node that each edge comes from. Not to be modified.</summary>
    public int[] Senders { get; }

    /// <summary>The node that each edge points to, ascending. Not to be modified.</summary>
    public int[] Receivers { get; }

    /// <summary>The row of weights of each edge; null where each edge has its own. Not to be modified.</summary>
    public int[]? Rows { get; }

    private static void Check(int[] index, int rows, string name)
    {
        for (int e = 0; e < index.Length; e++)
        {
            if ((uint)index[e] >= (uint)rows)
            {
                Guard.ThrowIndex(e, index[e], rows, name, nameof(MessageEdges));
            }
        }
    }
}
