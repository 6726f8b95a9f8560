using System.Numerics;

namespace Noether.Kernels;

/// <summary>The arguments of the form of a message pass, as a set.</summary>
[Flags]
public enum MessageSlots
{
    /// <summary>No argument.</summary>
    None = 0,

    /// <summary>The features of the nodes.</summary>
    Features = 1,

    /// <summary>The harmonics of the edges.</summary>
    Harmonics = 2,

    /// <summary>The weights.</summary>
    Weights = 4,

    /// <summary>The output at the nodes.</summary>
    Output = 8,
}

/// <summary>
/// Messages along edges, summed at their receivers, as one form that is linear in each of four arguments:
/// <para>
/// Φ(x, Y, w, g) = Σ_e Σ_p Σ_u w[row(e), p, u] Σ_ijk C^p[i, j, k] x[sender(e), i, u] Y[e, j] g[receiver(e), k, u]
/// </para>
/// <para>
/// with paths p and channels u. A contraction leaves slots open and returns the derivative of Φ for each of them, all in
/// one pass over the edges. Nothing of the size edges × channels is stored but the cotangent of the weights.
/// </para>
/// <para>
/// Edges are taken in tiles of as many as a register has lanes. For a tile the matrices T^p_ik = Σ_j C^p[i, j, k] Y[j] are
/// computed with an edge in each lane; then channels are in the lanes. Work is parted by chunk of features and block of
/// channels, which own their columns of all cotangents, so that edges with the same sender do not meet; where only the
/// output is open, by receivers. Every sum runs in the order of the edges: the bits do not depend on threads or parts.
/// </para>
/// </summary>
public static class Messages
{
    /// <summary>Computes the open slots from the others.</summary>
    /// <typeparam name="T">The element type, <see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="plan">The paths.</param>
    /// <param name="edges">The edges.</param>
    /// <param name="open">The slots to compute.</param>
    /// <param name="x">Features, nodes × input width; like the next three empty where no open slot needs it, which is
    /// when it is the only open one.</param>
    /// <param name="y">Harmonics, edges × harmonics width.</param>
    /// <param name="w">Weights, weight rows × weights width.</param>
    /// <param name="g">Values in the place of the output, targets × output width.</param>
    /// <param name="xBar">Receives the derivative for the features; like the next three of its argument's length where
    /// the slot is open, otherwise empty.</param>
    /// <param name="yBar">Receives that for the harmonics.</param>
    /// <param name="wBar">Receives that for the weights.</param>
    /// <param name="gBar">Receives that for the output: the messages, summed.</param>
    /// <exception cref="ArgumentException">A length is wrong, or the element type.</exception>
    public static unsafe void ContractInto<T>(
        MessagePaths plan,
        MessageEdges edges,
        MessageSlots open,
        ReadOnlySpan<T> x,
        ReadOnlySpan<T> y,
        ReadOnlySpan<T> w,
        ReadOnlySpan<T> g,
        Span<T> xBar,
        Span<T> yBar,
        Span<T> wBar,
        Span<T> gBar)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            throw new ArgumentException(
                $"{nameof(ContractInto)}: the element type is {typeof(T).Name}, expected float or double.");
        }

        Check(open, MessageSlots.Features, x.Length, xBar.Length, edges.Nodes, plan.InputWidth, nameof(x));
        Check(open, MessageSlots.Harmonics, y.Length, yBar.Length, edges.Count, plan.HarmonicsWidth, nameof(y));
        Check(open, MessageSlots.Weights, w.Length, wBar.Length, edges.WeightRows, plan.WeightsWidth, nameof(w));
        Check(open, MessageSlots.Output, g.Length, gBar.Length, edges.Targets, plan.OutputWidth, nameof(g));
        Clear(xBar);
        Clear(gBar);
        if (edges.Rows is not null || plan.Groups.Length == 0)
        {
            Clear(wBar);
        }

        if (edges.Count == 0 || plan.Groups.Length == 0)
        {
            yBar.Clear();
            return;
        }

        fixed (T* px = x, py = y, pw = w, pg = g, pxBar = xBar, pyBar = yBar, pwBar = wBar, pgBar = gBar)
        fixed (T* values = plan.Values<T>())
        fixed (int* senders = edges.Senders, receivers = edges.Receivers, rows = edges.Rows)
        fixed (int* starts = plan.Starts, terms = plan.Terms)
        fixed (MessageGroup* groups = plan.Groups)
        fixed (MessageBranch* branches = plan.Branches)
        {
            var pass = new MessageSweep<T>
            {
                Plan = plan,
                Open = open,
                Count = edges.Count,
                Senders = senders,
                Receivers = receivers,
                Rows = rows,
                Groups = groups,
                Branches = branches,
                Starts = starts,
                Terms = terms,
                Values = values,
                X = px,
                Y = py,
                W = pw,
                G = pg,
                XBar = pxBar,
                YBar = pyBar,
                WBar = pwBar,
                GBar = pgBar,
            };
            Simd.RunWidest<T, MessageSweep<T>>(ref pass);
        }
    }

    // Sums begin at zero. They are large, and touched here for the first time.
    private static unsafe void Clear<T>(Span<T> sums)
        where T : unmanaged
    {
        fixed (T* start = sums)
        {
            int blocks = (int)(((long)sums.Length + ClearJob<T>.Length - 1) / ClearJob<T>.Length);
            Workers.Run(blocks, new ClearJob<T>(start, sums.Length));
        }
    }

    private readonly unsafe struct ClearJob<T>(T* start, int length) : IJob
        where T : unmanaged
    {
        public const int Length = 1 << 17;

        public void Run(int block)
        {
            nint first = (nint)block * Length;
            new Span<T>(start + first, (int)Math.Min(Length, length - first)).Clear();
        }
    }

    private static void Check(
        MessageSlots open, MessageSlots slot, int length, int lengthBar, int rows, int width, string name)
    {
        long expected = (long)rows * width;
        if (open != slot && open != MessageSlots.None)
        {
            Guard.Length(length, expected, name, nameof(ContractInto));
        }

        Guard.Length(lengthBar, (open & slot) != 0 ? expected : 0, name + "Bar", nameof(ContractInto));
    }
}
