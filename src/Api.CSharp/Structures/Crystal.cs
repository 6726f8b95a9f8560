using Microsoft.FSharp.Core;
using Noether.Domain;

namespace Noether;

/// <summary>
/// Perfect crystals from symbols and lattice constants in Å. Cubic ones come in the conventional cell, or in the
/// smallest one where <c>primitive</c> is true.
/// </summary>
/// <remarks>
/// All methods throw <see cref="NoetherException"/> for a symbol that is no element and for a lattice constant that is
/// not positive and finite. Cells and the order of atoms are those of the F# module <c>Crystal</c>.
/// </remarks>
/// <example>
/// <code>
/// Structure silicon = Crystal.Diamond("Si", 5.431, primitive: true);   // two atoms
/// Structure salt = Crystal.RockSalt("Na", "Cl", 5.64).Repeat(2, 2, 2);  // 64 atoms
/// </code>
/// </example>
public static class Crystal
{
    /// <summary>Simple cubic, one atom.</summary>
    /// <param name="symbol">The element.</param>
    /// <param name="a">The edge in Å.</param>
    public static Structure SimpleCubic(string symbol, double a) => Of(Domain.Crystal.sc(symbol, a));

    /// <summary>Body-centred cubic, two atoms, or one.</summary>
    /// <param name="symbol">The element.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure BodyCentredCubic(string symbol, double a, bool primitive = false) =>
        Of(primitive ? Domain.Crystal.bccPrimitive(symbol, a) : Domain.Crystal.bcc(symbol, a));

    /// <summary>Face-centred cubic, four atoms, or one.</summary>
    /// <param name="symbol">The element.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure FaceCentredCubic(string symbol, double a, bool primitive = false) =>
        Of(primitive ? Domain.Crystal.fccPrimitive(symbol, a) : Domain.Crystal.fcc(symbol, a));

    /// <summary>Diamond, eight atoms, or two.</summary>
    /// <param name="symbol">The element.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure Diamond(string symbol, double a, bool primitive = false) =>
        Of(primitive ? Domain.Crystal.diamondPrimitive(symbol, a) : Domain.Crystal.diamond(symbol, a));

    /// <summary>Hexagonal close packing, two atoms.</summary>
    /// <param name="symbol">The element.</param>
    /// <param name="a">The lattice constant in the plane in Å.</param>
    /// <param name="c">That along the axis in Å, null for the ideal a√(8/3).</param>
    public static Structure HexagonalClosePacked(string symbol, double a, double? c = null) =>
        Of(Domain.Crystal.hcp(symbol, a, c ?? a * Math.Sqrt(8.0 / 3.0)));

    /// <summary>Rock salt, eight atoms, or two.</summary>
    /// <param name="first">The element at the origin.</param>
    /// <param name="second">The other one.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure RockSalt(string first, string second, double a, bool primitive = false) => Of(
        primitive ? Domain.Crystal.rocksaltPrimitive(first, second, a) : Domain.Crystal.rocksalt(first, second, a));

    /// <summary>Caesium chloride, two atoms.</summary>
    /// <param name="first">The element at the origin.</param>
    /// <param name="second">The one in the centre.</param>
    /// <param name="a">The edge in Å.</param>
    public static Structure CaesiumChloride(string first, string second, double a) =>
        Of(Domain.Crystal.caesiumChloride(first, second, a));

    /// <summary>Zinc blende, eight atoms, or two.</summary>
    /// <param name="first">The element at the origin.</param>
    /// <param name="second">The one at a quarter of the diagonal.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure ZincBlende(string first, string second, double a, bool primitive = false) => Of(
        primitive ? Domain.Crystal.zincblendePrimitive(first, second, a) : Domain.Crystal.zincblende(first, second, a));

    /// <summary>Fluorite, twelve atoms, or three.</summary>
    /// <param name="first">The element with eight neighbours, such as Ca.</param>
    /// <param name="second">The one with four, such as F.</param>
    /// <param name="a">The edge of the cube in Å.</param>
    /// <param name="primitive">Whether the smallest cell is meant.</param>
    public static Structure Fluorite(string first, string second, double a, bool primitive = false) => Of(
        primitive ? Domain.Crystal.fluoritePrimitive(first, second, a) : Domain.Crystal.fluorite(first, second, a));

    /// <summary>Cuprite, six atoms.</summary>
    /// <param name="first">The element with two neighbours, such as Cu.</param>
    /// <param name="second">The one with four, such as O.</param>
    /// <param name="a">The edge in Å.</param>
    public static Structure Cuprite(string first, string second, double a) =>
        Of(Domain.Crystal.cuprite(first, second, a));

    /// <summary>Wurtzite, four atoms.</summary>
    /// <param name="first">One element.</param>
    /// <param name="second">The other one, uc above it.</param>
    /// <param name="a">The lattice constant in the plane in Å.</param>
    /// <param name="c">That along the axis in Å, null for the ideal a√(8/3).</param>
    /// <param name="u">Where the second stands above the first, between 0 and 1.</param>
    public static Structure Wurtzite(
        string first, string second, double a, double? c = null, double u = 0.375) =>
        Of(Domain.Crystal.wurtzite(first, second, a, c ?? a * Math.Sqrt(8.0 / 3.0), u));

    private static Structure Of(FSharpResult<Domain.Structure, NoetherError> core) => new(Bridge.Get(core));
}
