using System.Numerics;
using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>
/// The networks of all members of an ensemble for points of one kind, with the rows of the first layer that belong to
/// kinds of neighbours that are there. Each is a chain of layers with CELU between them, the last of which has one
/// output.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal sealed unsafe class ElementNetworks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Up to so many rows weights are read more slowly than they are multiplied.
    private const int FewRows = 8;

    private readonly ElementWeights<T> weights;

    // The first layers of the members, the only ones that know which inputs are there.
    private readonly HiddenLayer<T>[] first;

    /// <summary>Arranges networks for some of their inputs.</summary>
    /// <param name="weights">What of them depends on no inputs.</param>
    /// <param name="members">The layers of each member.</param>
    /// <param name="columns">The inputs that are there.</param>
    public ElementNetworks(ElementWeights<T> weights, NetworkLayer[][] members, int[] columns)
    {
        this.weights = weights;
        first = [.. members.Select(layers => new HiddenLayer<T>(layers[0], columns))];
        Inputs = PanelMatrix<T>.Padded(columns.Length);
        Widest = Inputs;
        for (int m = 0; m < first.Length; m++)
        {
            HiddenLayer<T>[] layers = Hidden(m);
            Widest = Math.Max(Widest, layers.Max(layer => layer.Outputs));
            Stored = Math.Max(Stored, layers.Sum(layer => layer.Outputs));
        }
    }

    /// <summary>Gets the elements of a row of inputs, padding included.</summary>
    public int Inputs { get; }

    // Elements of the widest layer, and of all hidden ones.
    private int Widest { get; }

    private int Stored { get; }

    /// <summary>Elements of memory that rows need.</summary>
    public nint Memory(int rows) => (nint)rows * (Widest + Stored);

    /// <summary>
    /// Energies Σ_m w_m E_m of rows of inputs and, instead of the inputs, their gradient.
    /// </summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="x">The inputs, [rows, Inputs]; what is behind the last column that counts is zero.</param>
    /// <param name="gradient">Receives the gradient of Σ_m w_m E_m, [rows, Inputs].</param>
    /// <param name="weights">w_m, one for each member; members of weight 0 are left out.</param>
    /// <param name="energies">Receives Σ_m w_m E_m, [rows].</param>
    /// <param name="each">Receives E_m, those of a member together, <paramref name="stride"/> apart; or null.</param>
    /// <param name="stride">From one member's to the next.</param>
    /// <param name="memory">At least <see cref="Memory"/> elements.</param>
    public void Run<V>(
        int rows, T* x, T* gradient, double* weights, double* energies, double* each, nint stride, T* memory)
        where V : unmanaged, ILanes<V, T>
    {
        new Span<double>(energies, rows).Clear();
        new Span<T>(gradient, rows * Inputs).Clear();
        for (int m = 0; m < first.Length; m++)
        {
            if (weights[m] != 0 || each != null)
            {
                double* own = each == null ? null : each + (m * stride);
                Member<V>(m, rows, x, gradient, weights[m], energies, own, memory);
            }
        }
    }

    private HiddenLayer<T>[] Hidden(int member) => [first[member], .. weights.Deep[member]];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Member<V>(
        int member, int rows, T* x, T* gradient, double weight, double* energies, double* own, T* memory)
        where V : unmanaged, ILanes<V, T>
    {
        HiddenLayer<T>[] layers = Hidden(member);
        T* spare = memory;
        T* next = memory + ((nint)rows * Widest);
        T* from = x;
        int width = Inputs;
        foreach (HiddenLayer<T> layer in layers)
        {
            layer.Forward.Multiply<V>(rows, from, width, next, layer.Outputs, accumulate: false);
            layer.Activate<V>(rows, next);
            from = next;
            width = layer.Outputs;
            next += (nint)rows * width;
        }

        fixed (T* end = weights.Last[member])
        {
            for (int i = 0; i < rows; i++)
            {
                double energy = weights.Offsets[member] + Dot<V>(from + ((nint)i * width), end, width);
                energies[i] += weight * energy;
                if (own != null)
                {
                    own[i] = energy;
                }
            }

            if (weight == 0)
            {
                return;
            }

            // The derivative by what the last layer reads is its weights; each further one goes through CELU and
            // weights.
            for (int i = 0; i < rows; i++)
            {
                T* to = spare + ((nint)i * width);
                for (int j = 0; j < width; j++)
                {
                    to[j] = T.CreateTruncating(weight) * end[j];
                }
            }
        }

        for (int k = layers.Length - 1; k >= 0; k--)
        {
            int inputs = k == 0 ? Inputs : layers[k - 1].Outputs;
            Slope<V>(rows * layers[k].Outputs, from, spare);
            T* to = k == 0 ? gradient : spare;
            if (rows <= FewRows)
            {
                // The weights that were just read, instead of those that lie the other way round.
                layers[k].Forward.MultiplyTransposed<V>(rows, from, layers[k].Outputs, to, inputs, accumulate: k == 0);
            }
            else
            {
                layers[k].Backward.Multiply<V>(rows, from, layers[k].Outputs, to, inputs, accumulate: k == 0);
            }

            from -= k == 0 ? 0 : (nint)rows * inputs;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot<V>(T* a, T* b, int length)
        where V : unmanaged, ILanes<V, T>
    {
        V sum = V.Zero;
        for (int j = 0; j < length; j += V.Count)
        {
            sum = V.MultiplyAdd(V.Load(in a[j]), V.Load(in b[j]), sum);
        }

        return double.CreateTruncating(V.Sum(sum));
    }

    // y ← g·CELU′, which y = CELU(x) itself knows: 1 above zero, 1 + y/α = exp(x/α) below.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Slope<V>(int length, T* y, T* g)
        where V : unmanaged, ILanes<V, T>
    {
        V one = V.Broadcast(T.One);
        V scale = V.Broadcast(T.CreateTruncating(1 / HiddenLayer<T>.Alpha));
        for (int j = 0; j < length; j += V.Count)
        {
            V value = V.Load(in y[j]);
            V slope = V.Select(V.LessThan(value, V.Zero), V.MultiplyAdd(value, scale, one), one);
            V.Store(slope * V.Load(in g[j]), ref y[j]);
        }
    }
}

/// <summary>What of the networks of a kind of points depends on no inputs: all layers but the first.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal sealed class ElementWeights<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Arranges the layers of each member, of which there are two or more.</summary>
    public ElementWeights(NetworkLayer[][] members)
    {
        Deep = [.. members.Select(layers => layers[1..^1].Select(layer => new HiddenLayer<T>(layer, null)).ToArray())];
        Last = [.. members.Select(layers => End(layers[^1]))];
        Offsets = [.. members.Select(layers => (double)layers[^1].Biases.Span[0])];
    }

    /// <summary>Gets the hidden layers behind the first, by member.</summary>
    public HiddenLayer<T>[][] Deep { get; }

    /// <summary>Gets the weights of the last layer, zeros up to whole panels behind them, by member.</summary>
    public T[][] Last { get; }

    /// <summary>Gets the bias of the last layer, by member.</summary>
    public double[] Offsets { get; }

    private static T[] End(NetworkLayer layer)
    {
        var weights = new T[PanelMatrix<T>.Padded(layer.Inputs)];
        for (int j = 0; j < layer.Inputs; j++)
        {
            weights[j] = T.CreateTruncating(layer.Weights.Span[j]);
        }

        return weights;
    }
}

/// <summary>A layer with CELU behind it, its matrix both ways round.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal sealed unsafe class HiddenLayer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>α of CELU(x) = max(x, 0) + min(α(exp(x/α) − 1), 0) (J. T. Barron, arXiv:1704.07483).</summary>
    public const double Alpha = 0.1;

    private readonly T[] biases;

    /// <summary>Arranges a layer for some of its inputs, or all.</summary>
    public HiddenLayer(NetworkLayer layer, int[]? columns)
    {
        ReadOnlySpan<float> w = layer.Weights.Span;
        int inputs = columns?.Length ?? layer.Inputs;
        Forward = new(w, inputs, 1, columns, layer.Outputs, layer.Inputs, null);
        Backward = new(w, layer.Outputs, layer.Inputs, null, inputs, 1, columns);
        Outputs = Forward.PaddedColumns;
        biases = new T[Outputs];
        for (int j = 0; j < layer.Outputs; j++)
        {
            biases[j] = T.CreateTruncating(layer.Biases.Span[j]);
        }
    }

    /// <summary>Gets the matrix from inputs to outputs.</summary>
    public PanelMatrix<T> Forward { get; }

    /// <summary>Gets the matrix from outputs to inputs.</summary>
    public PanelMatrix<T> Backward { get; }

    /// <summary>Gets the elements of a row of outputs, padding included.</summary>
    public int Outputs { get; }

    /// <summary>x ← CELU(x + b).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Activate<V>(int rows, T* x)
        where V : unmanaged, ILanes<V, T>
    {
        V alpha = V.Broadcast(T.CreateTruncating(Alpha));
        V scale = V.Broadcast(T.CreateTruncating(1 / Alpha));
        V one = V.Broadcast(T.One);
        fixed (T* b = biases)
        {
            for (int i = 0; i < rows; i++, x += Outputs)
            {
                for (int j = 0; j < Outputs; j += V.Count)
                {
                    V value = V.Load(in x[j]) + V.Load(in b[j]);
                    V isLow = V.LessThan(value, V.Zero);
                    V low = alpha * (LaneMath<V, T>.Exp(scale * V.Select(isLow, value, V.Zero)) - one);
                    V.Store(V.Select(isLow, low, value), ref x[j]);
                }
            }
        }
    }
}
