namespace Noether.Equivariance

open System
open System.Collections.Concurrent
open System.Collections.Immutable

/// The normalisation of spherical harmonics: the sum of squares of one degree on the unit sphere.
[<Struct; RequireQualifiedAccess>]
type HarmonicsNormalization =
    /// Σ_m Y_lm² = 2l+1: components have mean square 1. The normalisation of `SolidHarmonics`.
    | Component
    /// Σ_m Y_lm² = 1.
    | Norm
    /// Σ_m Y_lm² = (2l+1)/4π: the integral of Y_lm² over the sphere is 1.
    | Integral

/// A direction in space.
[<Struct; RequireQualifiedAccess>]
type Axis =
    /// The first coordinate.
    | X
    /// The second coordinate, the polar axis of the harmonics.
    | Y
    /// The third coordinate.
    | Z

/// One non-zero element of a sparse matrix.
[<Struct>]
type MatrixEntry =
    {
        /// Row, from 0.
        Row: int
        /// Column, from 0.
        Column: int
        /// The element.
        Value: float
    }

/// A constant matrix.
[<ReferenceEquality; StructuredFormatDisplay("{AsText}")>]
type ConstantMatrix =
    {
        /// Number of rows.
        Rows: int
        /// Number of columns.
        Columns: int
        /// All elements in C order.
        Dense: ImmutableArray<float>
        /// The elements that are not zero, ascending in (row, column).
        Entries: ImmutableArray<MatrixEntry>
    }

    /// The size and the number of elements, not the elements.
    member matrix.AsText = $"matrix {matrix.Rows} x {matrix.Columns}, {matrix.Entries.Length} elements"

    /// The size and the number of elements, not the elements.
    override matrix.ToString() = matrix.AsText

/// The coefficients of the real solid harmonics R_lm(x, y, z) = r^l Y_lm that the kernel `SolidHarmonics` evaluates:
/// homogeneous polynomials of degree l, m = −l … l, in the basis of e3nn, where y is the polar axis and degree 1 is
/// √3 (x, y, z). Component normalisation, Σ_m R_lm² = (2l+1) r^2l. Degree l occupies the components l² … (l+1)²−1.
///
/// A derivative of R_l is harmonic again, hence a constant combination of R_{l−1}: ∂_a R_l = D_a R_{l−1}. With
/// (z + ix)^m for the azimuth these are the ladder relations of the associated Legendre functions
/// (E. W. Hobson, The Theory of Spherical and Ellipsoidal Harmonics, 1931, ch. III; M. A. Caola, J. Phys. A 11, L23
/// (1978), for the solid harmonics), and each row of D_a has at most two elements.
[<RequireQualifiedAccess>]
module SphericalHarmonics =
    /// The factor from component normalisation to a given one for a harmonic of degree `l`.
    let factor normalization (l: int) =
        match normalization with
        | HarmonicsNormalization.Component -> 1.0
        | HarmonicsNormalization.Norm -> 1.0 / sqrt (float (2 * l + 1))
        | HarmonicsNormalization.Integral -> 1.0 / sqrt (4.0 * Math.PI)

    let private matrix rows columns (entries: MatrixEntry list) =
        let entries = entries |> List.sortBy (fun entry -> struct (entry.Row, entry.Column))
        let dense = Array.zeroCreate<float>(rows * columns)

        for entry in entries do
            dense[entry.Row * columns + entry.Column] <- entry.Value

        { Rows = rows
          Columns = columns
          Dense = ImmutableArray.Create<float> dense
          Entries = ImmutableArray.CreateRange entries }

    // Elements (m, m', value) of D_a for degree l, with m and m' from −l and −(l−1).
    let private ladder l axis =
        let scale = float (2 * l + 1) / float (2 * l - 1)
        let root n = sqrt (scale * float n)
        // Within the cosines and sines of mφ: to m+1, to m−1 (the axis component m = 0 lacks the √2 of the others).
        let up m = 0.5 * root ((l - m) * (l - m - 1)) * (if m = 0 then sqrt 2.0 else 1.0)

        let down m = 0.5 * root ((l + m) * (l + m - 1)) * (if m = 1 then sqrt 2.0 else 1.0)

        [ match axis with
          | Axis.Y ->
              for m in 1 - l .. l - 1 do
                  struct (m, m, root ((l - m) * (l + m)))
          | Axis.Z ->
              for m in 0..l do
                  if m < l - 1 then struct (m, m + 1, -up m)

                  if m >= 1 then struct (m, m - 1, down m)

              for m in 1..l do
                  if m < l - 1 then struct (-m, -(m + 1), -up m)

                  if m >= 2 then struct (-m, -(m - 1), down m)
          | Axis.X ->
              for m in 0..l do
                  if m < l - 1 then struct (m, -(m + 1), -up m)

                  if m >= 2 then struct (m, -(m - 1), -down m)

              for m in 1..l do
                  if m < l - 1 then struct (-m, m + 1, up m)

                  if m >= 1 then struct (-m, m - 1, down m) ]

    let private computeGradient l axis =
        ladder l axis
        |> List.map (fun struct (m, m', value) -> { Row = m + l; Column = m' + l - 1; Value = value })
        |> matrix (2 * l + 1) (2 * l - 1)

    let private gradients = ConcurrentDictionary<struct (int * Axis), Lazy<ConstantMatrix>>()

    /// The matrix D_a of degree `l` (at least 1, otherwise ArgumentOutOfRangeException), (2l+1)×(2l−1), with
    /// ∂_a R_l = D_a R_{l−1}. Computed once and kept.
    let gradient l axis =
        Guard.atLeast "SphericalHarmonics.gradient" (nameof l) 1 l
        gradients.GetOrAdd(struct (l, axis), (fun struct (l, axis) -> lazy (computeGradient l axis))).Value

    /// All degrees from 0 to `lmax` at once (at least 0, otherwise ArgumentOutOfRangeException): the block matrix,
    /// (lmax+1)² × max(1, lmax²), that takes the harmonics of degree 0 to lmax−1 into the derivatives with respect to
    /// one coordinate of those of degree 0 to lmax. The row of degree 0 is zero.
    let stackedGradient lmax axis =
        Guard.atLeast "SphericalHarmonics.stackedGradient" (nameof lmax) 0 lmax

        [ for l in 1..lmax do
              for entry in (gradient l axis).Entries do
                  { Row = l * l + entry.Row
                    Column = (l - 1) * (l - 1) + entry.Column
                    Value = entry.Value } ]
        |> matrix ((lmax + 1) * (lmax + 1)) (max 1 (lmax * lmax))
