namespace Noether.Physics

open System
open Noether.Domain

/// The lattices whose special points are known here.
type Lattice =
    /// Simple cubic.
    | SimpleCubic
    /// Face-centred cubic.
    | FaceCentredCubic
    /// Body-centred cubic.
    | BodyCentredCubic
    /// Hexagonal, of any ratio of the axes.
    | Hexagonal

    /// The name of the lattice.
    override this.ToString() =
        match this with
        | SimpleCubic -> "simple cubic"
        | FaceCentredCubic -> "face-centred cubic"
        | BodyCentredCubic -> "body-centred cubic"
        | Hexagonal -> "hexagonal"

/// The special points of the Brillouin zone of a cell.
type SpecialPoints =
    {
        /// The lattice of the cell's vectors.
        Lattice: Lattice
        /// Labels, and q in reciprocal lattice vectors of the cell as it was given.
        Points: (string * (float * float * float)) list
        /// The usual paths by their labels; a path that follows another one starts anew.
        Paths: string list list
    }

/// Special points of Brillouin zones, and the paths along which phonons are usually drawn: W. Setyawan, S. Curtarolo,
/// Comput. Mater. Sci. 49, 299 (2010), doi:10.1016/j.commatsci.2010.05.010; of the face-centred cubic lattice a
/// shorter path.
///
/// The lattice is recognised from the vectors themselves, whichever cell of the lattice they span: a primitive one, a
/// conventional one, a skewed one. A conventional cell of a centred crystal is a simple cubic lattice to this module,
/// as atoms are not looked at; its phonons are those of the primitive cell, folded.
[<RequireQualifiedAccess>]
module SpecialPoints =
    /// Lengths and cosines may differ by this much of themselves: files keep six digits or more.
    let private tolerance = 1e-4

    let private dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

    let private length a = sqrt (dot a a)

    let private alike (a: float) b = abs (a - b) <= tolerance * max (abs a) (abs b)

    let private atAngle cosine a b = abs (dot a b / (length a * length b) - cosine) <= tolerance

    let private combined (vectors: float[][]) (counts: float[]) =
        Array.init 3 (fun c -> counts[0] * vectors[0][c] + counts[1] * vectors[1][c] + counts[2] * vectors[2][c])

    /// The vectors of the lattice that are combinations of up to three of each given one, shortest first, one of each
    /// pair of opposite ones.
    let private short (vectors: float[][]) =
        [| for i in -3 .. 3 do
               for j in -3 .. 3 do
                   for k in -3 .. 3 do
                       if (i, j, k) > (0, 0, 0) then combined vectors [| float i; float j; float k |] |]
        |> Array.sortBy length

    /// Three vectors of the lattice at right angles and of one length that hold so many of its points. Of opposites,
    /// those on the side of the cell's diagonal, the one along x first, so that usual cells have the usual coordinates.
    let private cube (vectors: float[][]) volume points =
        let edge = Math.Cbrt(points * volume)
        let diagonal = combined vectors [| 1.0; 1.0; 1.0 |]
        let turned v = if dot v diagonal < 0.0 then Array.map (fun x -> -x) v else v
        let candidates = short vectors |> Array.filter (fun v -> alike (length v) edge)

        Seq.tryHead (
            seq {
                for a in candidates do
                    for b in candidates do
                        if atAngle 0.0 a b then
                            for c in candidates do
                                if atAngle 0.0 a c && atAngle 0.0 b c then
                                    [| a; b; c |] |> Array.map turned |> Array.sortBy (fun v -> -v[0], -v[1], -v[2])
            }
        )

    /// Whether a point, by its coordinates in some axes, is a point of the lattice.
    let private isPoint (cell: Cell) (axes: float[][]) coordinates =
        let b = cell |> Cell.reciprocal
        let place = combined axes coordinates

        Seq.forall
            (fun k ->
                let f = b[3 * k] * place[0] + b[3 * k + 1] * place[1] + b[3 * k + 2] * place[2]
                abs (f - round f) <= 10.0 * tolerance)
            [ 0..2 ]

    /// Two vectors of equal length at 120 degrees, and one at right angles to both, that span the whole lattice.
    let private hexagon (vectors: float[][]) volume =
        let candidates = Array.append vectors (short vectors)

        Seq.tryHead (
            seq {
                for c in candidates do
                    // The base has the area that is left.
                    let edge = sqrt (2.0 / sqrt 3.0 * volume / length c)
                    let level = candidates |> Array.filter (fun v -> alike (length v) edge && atAngle 0.0 v c)

                    for a in level do
                        for b in level do
                            if atAngle -0.5 a b then [| a; b; c |]
                            elif atAngle 0.5 a b then [| a; Array.map (fun x -> -x) b; c |]
            }
        )

    /// q by its coordinates in the reciprocal vectors of some axes, in those of the cell: q_k = a_k·k.
    let private translated (vectors: float[][]) (axes: float[][]) (x, y, z) =
        let rows = Array.concat axes
        let b = Cell.createOrFail rows (true, true, true) |> Cell.reciprocal
        let k = combined [| for i in 0..2 -> [| b[3 * i]; b[3 * i + 1]; b[3 * i + 2] |] |] [| x; y; z |]
        // Vectors of the cell are halves or wholes of the axes, and points their eighths or thirds; no negative zero.
        let component' n = Math.Round(24.0 * dot vectors[n] k) / 24.0 + 0.0
        component' 0, component' 1, component' 2

    let private third = 1.0 / 3.0

    /// Points in units of the reciprocal vectors of cubic axes, or of hexagonal ones at 120 degrees.
    let private table lattice =
        match lattice with
        | SimpleCubic ->
            [ "Γ", (0.0, 0.0, 0.0); "X", (0.0, 0.5, 0.0); "M", (0.5, 0.5, 0.0); "R", (0.5, 0.5, 0.5) ],
            [ [ "Γ"; "X"; "M"; "Γ"; "R"; "X" ]; [ "M"; "R" ] ]
        | FaceCentredCubic ->
            [ "Γ", (0.0, 0.0, 0.0)
              "X", (0.0, 1.0, 0.0)
              "W", (0.5, 1.0, 0.0)
              "K", (0.75, 0.75, 0.0)
              "U", (0.25, 1.0, 0.25)
              "L", (0.5, 0.5, 0.5) ],
            [ [ "Γ"; "X"; "U" ]; [ "K"; "Γ"; "L"; "W"; "X" ] ]
        | BodyCentredCubic ->
            [ "Γ", (0.0, 0.0, 0.0); "H", (0.0, 1.0, 0.0); "P", (0.5, 0.5, 0.5); "N", (0.5, 0.5, 0.0) ],
            [ [ "Γ"; "H"; "N"; "Γ"; "P"; "H" ]; [ "P"; "N" ] ]
        | Hexagonal ->
            [ "Γ", (0.0, 0.0, 0.0)
              "M", (0.5, 0.0, 0.0)
              "K", (third, third, 0.0)
              "A", (0.0, 0.0, 0.5)
              "L", (0.5, 0.0, 0.5)
              "H", (third, third, 0.5) ],
            [ [ "Γ"; "M"; "K"; "Γ"; "A"; "L"; "H"; "A" ]; [ "L"; "M" ]; [ "K"; "H" ] ]

    /// The special points of a cell that is periodic along all axes; `None` for lattices that are not known here.
    let ofCell (cell: Cell) : SpecialPoints option =
        match Cell.volume cell with
        | Some volume when Seq.forall id cell.Periodic ->
            let vectors = [| for k in 0..2 -> [| for c in 0..2 -> cell.Vectors[3 * k + c] |] |]

            let cubic (lattice, points, centres) =
                cube vectors volume points
                |> Option.filter (fun axes -> List.forall (isPoint cell axes) centres)
                |> Option.map (fun axes -> lattice, axes)

            [ SimpleCubic, 1.0, []
              BodyCentredCubic, 2.0, [ [| 0.5; 0.5; 0.5 |] ]
              FaceCentredCubic, 4.0, [ [| 0.5; 0.5; 0.0 |]; [| 0.5; 0.0; 0.5 |]; [| 0.0; 0.5; 0.5 |] ] ]
            |> List.tryPick cubic
            |> Option.orElseWith (fun () -> hexagon vectors volume |> Option.map (fun axes -> Hexagonal, axes))
            |> Option.map (fun (lattice, axes) ->
                let points, paths = table lattice

                { Lattice = lattice
                  Points = points |> List.map (fun (label, q) -> label, translated vectors axes q)
                  Paths = paths })
        | _ -> None
