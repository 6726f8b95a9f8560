namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Globalization
open Noether.Domain

/// The nearest of all images: of a vector between two atoms, the shortest vector between their images.
///
/// In a skewed cell it is in general not the one with the smallest fractional coordinates. Any image closer than a
/// known one lies between lattice planes no further from the origin than that, and all images that do are looked at,
/// after the lattice was given a short basis so that they are few.
[<RequireQualifiedAccess>]
module MinimumImage =
    let private dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

    /// A short basis of the lattice of periodic vectors, [3][3], rows of open axes zero, and the whole numbers that
    /// make it of the given vectors: vectors lose multiples of one other, and sums of the two others, while that
    /// shortens them. Only the number of images that are looked at depends on how short they get.
    let private shorten (cell: Cell) : float[][] * int64[][] =
        let h = cell.Vectors
        let axes = [ 0..2 ] |> List.filter (fun k -> cell.Periodic[k])
        let rows = Array.init 3 (fun k -> Array.init 3 (fun c -> if cell.Periodic[k] then h[3 * k + c] else 0.0))
        let whole = Array.init 3 (fun k -> Array.init 3 (fun c -> if k = c then 1L else 0L))

        // Adds m times row b and n times row c to row a if that shortens it, by more than rounding.
        let tryAdd a (b, m: float) (c, n: float) =
            let candidate = Array.init 3 (fun k -> rows[a][k] + m * rows[b][k] + n * rows[c][k])
            let shorter = dot candidate candidate < (1.0 - 1e-9) * dot rows[a] rows[a]

            if shorter then
                rows[a] <- candidate
                whole[a] <- Array.init 3 (fun k -> whole[a][k] + int64 m * whole[b][k] + int64 n * whole[c][k])

            shorter

        let step () =
            [ for a in axes do
                  let others = axes |> List.filter (fun b -> b <> a)

                  for b in others do
                      let times = -round(dot rows[a] rows[b] / dot rows[b] rows[b])
                      tryAdd a (b, times) (b, 0.0)

                  match others with
                  | [ b; c ] ->
                      for m, n in [ 1.0, 1.0; 1.0, -1.0; -1.0, 1.0; -1.0, -1.0 ] do
                          tryAdd a (b, m) (c, n)
                  | _ -> () ]
            |> List.exists id

        while step () do
            ()

        rows, whole

    let private check (vectors: ImmutableArray<float>) =
        if vectors.IsDefault || vectors.Length % 3 <> 0 then
            invalidArg (nameof vectors) "MinimumImage: the components of vectors [n, 3] come in threes."

        for i in 0 .. vectors.Length - 1 do
            if not (Double.IsFinite vectors[i]) then
                Outcome.raise (NonFinite($"""component {"xyz"[i % 3]} of vector {i / 3}""", vectors[i]))

    /// Shifts beyond this are refused, as in lists of pairs.
    let private largestShift = 1L <<< 28

    let private find (cell: Cell) (vectors: ImmutableArray<float>) : int[] * float[] =
        check vectors
        let h = cell.Vectors
        let periodic = cell.Periodic
        let rows, whole = shorten cell
        // The same lattice as before, whose vectors were independent.
        let short = Cell.createOrFail (Array.concat rows) (periodic[0], periodic[1], periodic[2])
        let b = Cell.reciprocal short
        let heights = let x, y, z = Cell.heights short in [| x; y; z |]
        let images: int[] = Array.zeroCreate vectors.Length
        let nearest = vectors.AsSpan().ToArray()
        let shift: int64[] = Array.zeroCreate 3
        let best: int64[] = Array.zeroCreate 3
        let image: float[] = Array.zeroCreate 3

        for p in 0..3 .. vectors.Length - 3 do
            let fractional k = vectors[p] * b[3 * k] + vectors[p + 1] * b[3 * k + 1] + vectors[p + 2] * b[3 * k + 2]

            // Of n times the short vectors: the shift of the given ones, the image, and its squared length.
            let measure n0 n1 n2 =
                for c in 0..2 do
                    shift[c] <- n0 * whole[0][c] + n1 * whole[1][c] + n2 * whole[2][c]

                let s0, s1, s2 = float shift[0], float shift[1], float shift[2]

                for c in 0..2 do
                    image[c] <- vectors[p + c] + (s0 * h[c] + s1 * h[3 + c] + s2 * h[6 + c])

                dot image image

            let start k =
                if not periodic[k] then
                    0L
                else
                    let f = fractional k

                    if not (abs f < float largestShift) then
                        let found = f.ToString("G3", CultureInfo.InvariantCulture)
                        Outcome.raise (Inconsistent($"vector {p / 3}", $"a length of {found} cells", "fewer than 2^28"))

                    int64 (round -f)

            let mutable least = measure (start 0) (start 1) (start 2)
            Array.blit shift 0 best 0 3
            let reach = sqrt least

            let range k =
                if periodic[k] then
                    let f, r = fractional k, reach / heights[k]
                    let slack = 1e-9 * (1.0 + abs f + r)
                    int64 (ceil (-f - r - slack)), int64 (floor (-f + r + slack))
                else
                    0L, 0L

            let low0, high0 = range 0
            let low1, high1 = range 1
            let low2, high2 = range 2

            for n0 in low0..high0 do
                for n1 in low1..high1 do
                    for n2 in low2..high2 do
                        let square = measure n0 n1 n2

                        if square < least || (square = least && compare shift best < 0) then
                            least <- square
                            Array.blit shift 0 best 0 3

            if Array.exists (fun s -> abs s > largestShift) best then
                let found = String.Join(" ", best)
                Outcome.raise (Inconsistent($"vector {p / 3}", $"the shift {found}", "fewer than 2^28 cells"))

            for c in 0..2 do
                images[p + c] <- int best[c]

                if best[0] <> 0L || best[1] <> 0L || best[2] <> 0L then
                    nearest[p + c] <-
                        vectors[p + c] + (float best[0] * h[c] + float best[1] * h[3 + c] + float best[2] * h[6 + c])

        images, nearest

    /// The shifts S [n, 3] that make v + S·H the shortest image of each vector v [n, 3] (Å), for any cell: skewed, of
    /// either hand, periodic along some axes. Of images that are equally short to the last bit, the one whose shift
    /// comes first. Errors: `NonFinite` for a component, `Inconsistent` for a vector 2^28 cells long. Raises
    /// ArgumentException where components do not come in threes.
    let shifts (cell: Cell) (vectors: ImmutableArray<float>) : Result<ImmutableArray<int>, NoetherError> =
        Outcome.capture (fun () -> find cell vectors |> fst |> Frozen.freeze)

    /// The shortest images v + S·H [n, 3] (Å) of vectors v [n, 3] (Å). Errors: as for `shifts`.
    let vectors (cell: Cell) (vectors: ImmutableArray<float>) : Result<ImmutableArray<float>, NoetherError> =
        Outcome.capture (fun () -> find cell vectors |> snd |> Frozen.freeze)
