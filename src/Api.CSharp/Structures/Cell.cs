using Noether.Domain;

namespace Noether;

/// <summary>
/// Three lattice vectors, and for each whether the structure repeats along it. Immutable, equal by value.
/// </summary>
/// <remarks>The vectors are the rows of a matrix in Å. An open axis may have the zero vector: none was given.</remarks>
/// <example>
/// <code>
/// Cell cube = Cell.Cubic(5.43);
/// Cell hexagonal = Cell.FromLengthsAndAngles(3.2, 3.2, 5.2, 90, 90, 120);
/// Cell slab = Cell.Orthorhombic(5.0, 5.0, 30.0).WithPeriodic(true, true, false);
/// </code>
/// </example>
public sealed class Cell : IEquatable<Cell>
{
    internal Cell(Domain.Cell core) => Core = core;

    /// <summary>No vectors, nothing periodic: the cell of a molecule.</summary>
    public static Cell None { get; } = new(CellModule.none);

    internal Domain.Cell Core { get; }

    /// <summary>The lattice vectors in Å, [3, 3]; rows are vectors, zeros where none was given.</summary>
    public Tensor Vectors => Tensor.Create(Core.Vectors.AsSpan(), 3, 3);

    /// <summary>Whether the structure repeats along each of the three vectors.</summary>
    public IReadOnlyList<bool> Periodic => Core.Periodic;

    /// <summary>The volume in Å³; null unless three vectors were given.</summary>
    public double? Volume => CellModule.volume(Core)?.Value;

    /// <summary>A cell that is periodic along all three vectors.</summary>
    /// <param name="vectors">Nine numbers in Å, row by row; rows are vectors, linearly independent.</param>
    /// <exception cref="NoetherException">The vectors are dependent, zero, or not finite.</exception>
    /// <exception cref="ArgumentException">There are not nine numbers.</exception>
    public static Cell Create(ReadOnlySpan<double> vectors) => Create(vectors, true, true, true);

    /// <summary>A cell with periodic and open axes.</summary>
    /// <param name="vectors">Nine numbers in Å, row by row; rows are vectors; that of an open axis may be zero.</param>
    /// <param name="a">Whether the first vector is a period.</param>
    /// <param name="b">Whether the second vector is a period.</param>
    /// <param name="c">Whether the third vector is a period.</param>
    /// <exception cref="NoetherException">
    /// The vectors are dependent, zero on a periodic axis, or not finite.
    /// </exception>
    /// <exception cref="ArgumentException">There are not nine numbers.</exception>
    public static Cell Create(ReadOnlySpan<double> vectors, bool a, bool b, bool c) =>
        new(Bridge.Get(CellModule.create(vectors.ToArray(), a, b, c)));

    /// <summary>A cube, periodic along all three axes.</summary>
    /// <param name="edge">Its edge in Å.</param>
    /// <exception cref="NoetherException">The edge is zero or not finite.</exception>
    public static Cell Cubic(double edge) => new(Bridge.Get(CellModule.cubic(edge)));

    /// <summary>A box with edges along x, y and z, periodic along all three.</summary>
    /// <param name="a">The edge along x in Å.</param>
    /// <param name="b">The edge along y in Å.</param>
    /// <param name="c">The edge along z in Å.</param>
    /// <exception cref="NoetherException">An edge is zero or not finite.</exception>
    public static Cell Orthorhombic(double a, double b, double c) =>
        new(Bridge.Get(CellModule.orthorhombic(a, b, c)));

    /// <summary>A periodic cell of three edges and the angles between them.</summary>
    /// <param name="a">The edge along x in Å.</param>
    /// <param name="b">The second edge in Å, in the plane of x and y.</param>
    /// <param name="c">The third edge in Å.</param>
    /// <param name="alpha">The angle between b and c in degrees.</param>
    /// <param name="beta">The angle between a and c in degrees.</param>
    /// <param name="gamma">The angle between a and b in degrees.</param>
    /// <exception cref="NoetherException">An edge is not positive, or no cell has these angles.</exception>
    public static Cell FromLengthsAndAngles(
        double a, double b, double c, double alpha, double beta, double gamma) =>
        new(Bridge.Get(CellModule.ofLengthsAndAngles(
            a, b, c, alpha, beta, gamma, true, true, true)));

    /// <summary>The same vectors with other periodic axes.</summary>
    /// <param name="a">Whether the first vector is a period.</param>
    /// <param name="b">Whether the second vector is a period.</param>
    /// <param name="c">Whether the third vector is a period.</param>
    /// <exception cref="NoetherException">A vector that is to be a period is zero.</exception>
    public Cell WithPeriodic(bool a, bool b, bool c) => Create(Core.Vectors.AsSpan(), a, b, c);

    /// <summary>Whether vectors and flags are equal.</summary>
    /// <param name="other">Another cell.</param>
    public bool Equals(Cell? other) => other is not null && Core.Equals(other.Core);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Cell);

    /// <inheritdoc/>
    public override int GetHashCode() => Core.GetHashCode();

    /// <summary>The three vectors, and T or F for each axis.</summary>
    public override string ToString() => Core.ToString();
}
