namespace Noether.Domain

open System
open System.Collections.Immutable

/// A symmetry operation of a crystal in fractional coordinates: f' = R·f + t, modulo the lattice.
///
/// *Shape.* `Rotation` is R, nine integers row by row, of determinant 1 or −1; `Translation` is t, three exact fractions,
/// 0 ≤ t < 1, as lattice translations belong to every crystal. Two operations are equal where they do the same modulo
/// the lattice.
///
/// *Text.* The notation of the International Tables: `x, y, z` → `-y,x-y,z+1/3`.
[<Sealed; AllowNullLiteral(false)>]
type SymmetryOperation internal (rotation: ImmutableArray<int>, translation: ImmutableArray<Fraction>) =
    /// Of elements in order; the translation is brought between 0 and 1.
    static member internal Build(rotation: int seq, translation: Fraction seq) =
        let inside = translation |> Seq.map (fun (t: Fraction) -> t.Fractional)
        SymmetryOperation(ImmutableArray.CreateRange rotation, ImmutableArray.CreateRange inside)

    /// R, nine integers row by row.
    member _.Rotation = rotation

    /// t, three fractions from 0 to 1, 1 excluded.
    member _.Translation = translation

    /// The determinant of R: 1 for rotations and screws, −1 for what turns a right hand into a left one.
    member _.Determinant =
        let m = rotation
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])

    /// Whether it moves nothing but by lattice translations.
    member operation.IsIdentity = operation.IsTranslation && Seq.forall (fun (t: Fraction) -> t.IsZero) translation

    /// Whether it turns nothing: R = 1.
    member _.IsTranslation = Seq.indexed rotation |> Seq.forall (fun (i, r) -> r = if i % 4 = 0 then 1 else 0)

    /// The image of a point with these fractional coordinates, not brought into the cell.
    member _.Apply(x: float, y: float, z: float) : struct (float * float * float) =
        let row k =
            float rotation[3 * k] * x
            + float rotation[3 * k + 1] * y
            + float rotation[3 * k + 2] * z
            + translation[k].Value

        struct (row 0, row 1, row 2)

    /// Equal modulo the lattice.
    override _.Equals(other) =
        match other with
        | :? SymmetryOperation as other ->
            rotation.AsSpan().SequenceEqual(other.Rotation.AsSpan()) && Seq.forall2 (=) translation other.Translation
        | _ -> false

    /// A hash of R and t.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for r in rotation do
            hash.Add r

        for t in translation do
            hash.Add t

        hash.ToHashCode()

    /// The operation as the International Tables write it: `-y,x-y,z+1/3`.
    override _.ToString() =
        let axes = "xyz"

        [ for k in 0..2 do
              let terms =
                  [ for j in 0..2 do
                        let r = rotation[3 * k + j]
                        let sign = if r < 0 then "-" else "+"
                        let times = if abs r = 1 then "" else string (abs r)
                        if r <> 0 then $"{sign}{times}{axes[j]}"

                    if not translation[k].IsZero then "+" + string translation[k] ]

              (String.concat "" terms).TrimStart '+' ]
        |> String.concat ","
