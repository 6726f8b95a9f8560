using Noether.Domain;

namespace Noether;

/// <summary>Blocks under keys: sparse data with the reasons why it is sparse (metatensor's TensorMap). Immutable.</summary>
/// <remarks>
/// Operations match blocks by their keys; inside a block the order of rows matters. All of them carry explicit gradients
/// along. Files are metatensor's, to the byte.
/// </remarks>
/// <example>
/// <code>
/// Structure water = Structure.Create(["O", "H", "H"], [0, 0, 0, 0.76, 0.59, 0, -0.76, 0.59, 0]);
/// TensorMap soap = Soap.PowerSpectrum([water], cutoff: 3, maxAngular: 2, maxRadial: 3);
/// TensorMap averages = soap.MeanOverSamples("atom");
/// </code>
/// </example>
public sealed class TensorMap
{
    internal TensorMap(Domain.TensorMap core) => Core = core;

    internal Domain.TensorMap Core { get; }

    /// <summary>What the blocks are.</summary>
    public Labels Keys => field ??= new(Core.Keys);

    /// <summary>The blocks in the order of the keys.</summary>
    public IReadOnlyList<TensorBlock> Blocks => field ??= [.. Core.Blocks.Select(block => new TensorBlock(block))];

    /// <summary>Texts that say more about the map, by name.</summary>
    public IReadOnlyDictionary<string, string> Info => Core.Info;

    /// <summary>The block at a place.</summary>
    /// <param name="index">The place, from 0.</param>
    /// <exception cref="NoetherException">There are not so many.</exception>
    public TensorBlock this[int index] => new(Bridge.Run(() => Core.Block(index)));

    /// <summary>The one block whose key has these integers in these dimensions.</summary>
    /// <param name="selection">Names and integers.</param>
    /// <exception cref="NoetherException">There is none or several, or a dimension is not there.</exception>
    public TensorBlock this[params (string Name, int Value)[] selection] =>
        new(Bridge.Run(() => Core.Block(selection.Select(pair => Tuple.Create(pair.Name, pair.Value)))));

    /// <summary>A map with a block for each key.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="blocks">The blocks in their order.</param>
    /// <exception cref="NoetherException">Names, precision or gradients of the blocks differ.</exception>
    public static TensorMap Create(Labels keys, IEnumerable<TensorBlock> blocks) =>
        new(Bridge.Get(LabelInterop.map(keys.Core, blocks.Select(block => block.Core))));

    /// <summary>The map in a file (.mts or .npz).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">The file cannot be read.</exception>
    public static TensorMap Read(string path) => new(Bridge.Get(LabelInterop.read(path)));

    /// <summary>The map in the bytes of a file.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="NoetherException">They are no map.</exception>
    public static TensorMap Parse(ReadOnlySpan<byte> bytes) =>
        new(Bridge.Get(LabelInterop.parse("(bytes)", bytes.ToArray())));

    /// <summary>Maps joined along samples, block by block.</summary>
    /// <param name="maps">Maps with the same keys.</param>
    /// <exception cref="NoetherException">They do not fit.</exception>
    public static TensorMap JoinSamples(params IEnumerable<TensorMap> maps) =>
        new(Bridge.Get(LabelInterop.join(MapAxis.Samples, maps.Select(map => map.Core))));

    /// <summary>Writes the map to a file; an existing file is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">The file cannot be written.</exception>
    public void Write(string path) => Bridge.Get(LabelInterop.write(path, Core));

    /// <summary>The bytes of a file that holds the map.</summary>
    public byte[] ToBytes() => LabelInterop.format(Core);

    /// <summary>Blocks that agree in all other dimensions of their keys merged: the dimensions go behind the samples.</summary>
    /// <param name="dimensions">Dimensions of the keys.</param>
    /// <exception cref="NoetherException">A dimension is not there, or components differ.</exception>
    public TensorMap KeysToSamples(params IEnumerable<string> dimensions) =>
        new(Bridge.Get(LabelInterop.keysToSamples(dimensions, Core)));

    /// <summary>Blocks that agree in all other dimensions of their keys merged: the dimensions go before the properties.</summary>
    /// <param name="dimensions">Dimensions of the keys.</param>
    /// <exception cref="NoetherException">A dimension is not there, or components differ.</exception>
    public TensorMap KeysToProperties(params IEnumerable<string> dimensions) =>
        new(Bridge.Get(LabelInterop.keysToProperties(dimensions, Core)));

    /// <summary>Components moved before the properties.</summary>
    /// <param name="names">Their names; the last one comes first.</param>
    /// <exception cref="NoetherException">A component is not there.</exception>
    public TensorMap ComponentsToProperties(params IEnumerable<string> names) =>
        new(Bridge.Get(LabelInterop.componentsToProperties(names, Core)));

    /// <summary>The sums over dimensions of the samples.</summary>
    /// <param name="dimensions">The dimensions, which disappear.</param>
    /// <exception cref="NoetherException">A dimension is not there.</exception>
    public TensorMap SumOverSamples(params IEnumerable<string> dimensions) =>
        new(Bridge.Get(LabelInterop.sumOverSamples(dimensions, Core)));

    /// <summary>The means over dimensions of the samples.</summary>
    /// <param name="dimensions">The dimensions, which disappear.</param>
    /// <exception cref="NoetherException">A dimension is not there.</exception>
    public TensorMap MeanOverSamples(params IEnumerable<string> dimensions) =>
        new(Bridge.Get(LabelInterop.meanOverSamples(dimensions, Core)));

    /// <summary>The map with all axes in lexicographic order.</summary>
    public TensorMap Sorted() => new(Bridge.Get(LabelInterop.sort(Core)));

    /// <summary>The samples of every block that agree with a row of the selection.</summary>
    /// <param name="selection">Labels with some of the dimensions.</param>
    /// <exception cref="NoetherException">A dimension is not there.</exception>
    public TensorMap SliceSamples(Labels selection) =>
        new(Bridge.Get(LabelInterop.slice(MapAxis.Samples, selection.Core, Core)));

    /// <summary>The powers of all values.</summary>
    /// <param name="exponent">The exponent.</param>
    public TensorMap Pow(double exponent) => new(Bridge.Get(LabelInterop.pow(exponent, Core)));

    /// <summary>The products with a matrix: A Bᵀ over the properties.</summary>
    /// <param name="matrix">A map without components and gradients; its samples become the properties.</param>
    /// <exception cref="NoetherException">They do not fit.</exception>
    public TensorMap Dot(TensorMap matrix) => new(Bridge.Get(LabelInterop.dot(Core, matrix.Core)));

    /// <summary>The weights w that minimise |X wᵀ − Y|, rows of gradients being equations like those of values.</summary>
    /// <param name="targets">Y.</param>
    /// <param name="relative">Singular values below this part of the largest one are taken as zero.</param>
    /// <exception cref="NoetherException">They do not fit.</exception>
    public TensorMap LeastSquares(TensorMap targets, double relative = 1e-12) =>
        new(Bridge.Get(LabelInterop.lstsq(relative, Core, targets.Core)));

    /// <summary>
    /// Whether labels are the same, and values and gradients to |x − y| ≤ absolute + relative |y|; blocks are matched by
    /// their keys.
    /// </summary>
    /// <param name="other">Another map.</param>
    /// <param name="relative">Of the other's numbers.</param>
    /// <param name="absolute">Whatever they are.</param>
    public bool IsClose(TensorMap other, double relative = 1e-13, double absolute = 1e-12) =>
        LabelInterop.closeReason(relative, absolute, Core, other.Core).IsOk;

    /// <summary>The sums, with the sums of the gradients.</summary>
    public static TensorMap operator +(TensorMap left, TensorMap right) =>
        new(Bridge.Get(LabelInterop.add(left.Core, right.Core)));

    /// <summary>The differences, with those of the gradients.</summary>
    public static TensorMap operator -(TensorMap left, TensorMap right) =>
        new(Bridge.Get(LabelInterop.subtract(left.Core, right.Core)));

    /// <summary>The products, with the gradients A' B + A B'.</summary>
    public static TensorMap operator *(TensorMap left, TensorMap right) =>
        new(Bridge.Get(LabelInterop.multiply(left.Core, right.Core)));

    /// <summary>The quotients, with the gradients A'/B − A B'/B².</summary>
    public static TensorMap operator /(TensorMap left, TensorMap right) =>
        new(Bridge.Get(LabelInterop.divide(left.Core, right.Core)));

    /// <summary>The multiples, and those of the gradients.</summary>
    public static TensorMap operator *(double factor, TensorMap map) =>
        new(Bridge.Get(LabelInterop.scale(factor, map.Core)));

    /// <summary>The map as metatensor prints it, with all keys.</summary>
    public override string ToString() => Core.ToString();
}
