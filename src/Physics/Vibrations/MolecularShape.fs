namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// A molecule as a rigid body.
type MolecularShape =
    {
        /// The mass, amu.
        Mass: float
        /// The principal moments of inertia, ascending, amu Å².
        Moments: ImmutableArray<float>
        /// Whether all atoms lie on a line; a single one does.
        IsLinear: bool
        /// The number of proper rotations that take the molecule to itself: 2 of water, 12 of benzene and methane.
        SymmetryNumber: int
    }

/// Moments of inertia and rotations of molecules.
[<RequireQualifiedAccess>]
module MolecularShape =
    type private Vector = (struct (float * float * float))

    let private dot (struct (a, b, c): Vector) (struct (x, y, z): Vector) = a * x + b * y + c * z

    let private cross (struct (a, b, c): Vector) (struct (x, y, z): Vector) : Vector =
        struct (b * z - c * y, c * x - a * z, a * y - b * x)

    let private combine s (struct (a, b, c): Vector) t (struct (x, y, z): Vector) : Vector =
        struct (s * a + t * x, s * b + t * y, s * c + t * z)

    let private length v = sqrt (dot v v)

    /// Positions from the centre of mass.
    let private centred (masses: float[]) (structure: Structure) : Vector[] =
        let p = structure.Positions
        let all = Array.init structure.Count (fun i -> struct (p[3 * i], p[3 * i + 1], p[3 * i + 2]))
        let total = Array.sum masses
        let centre = Array.fold2 (fun sum m v -> combine 1.0 sum (m / total) v) (struct (0.0, 0.0, 0.0)) masses all
        all |> Array.map (fun v -> combine 1.0 v -1.0 centre)

    /// Orthonormal axes: along a, then along what of b is across, then across both.
    let private axes a b =
        let first = combine (1.0 / length a) a 0.0 a
        let across = combine 1.0 b -(dot first b) first
        let second = combine (1.0 / length across) across 0.0 across
        first, second, cross first second

    /// Whether a motion takes every atom to one of its element, to a tolerance in Å.
    let private keeps tolerance (numbers: ImmutableArray<int>) (places: Vector[]) (move: Vector -> Vector) =
        places
        |> Array.indexed
        |> Array.forall (fun (i, v) ->
            let image = move v

            places
            |> Array.indexed
            |> Array.exists (fun (j, w) -> numbers[i] = numbers[j] && length (combine 1.0 image -1.0 w) < tolerance))

    /// Rotations that take two atoms, not in line with the centre, to two of the same elements and distances: there is
    /// one at most for each two.
    let private rotations tolerance (numbers: ImmutableArray<int>) (places: Vector[]) =
        let all = [| 0 .. places.Length - 1 |]
        let alike i j = numbers[i] = numbers[j] && abs (length places[i] - length places[j]) < tolerance
        let ring i = all |> Array.filter (alike i)

        // The fewer candidates the better.
        let a =
            all |> Array.filter (fun i -> length places[i] > 10.0 * tolerance) |> Array.minBy (fun i -> (ring i).Length)

        let offLine i = length (cross places[a] places[i]) / length places[a] > 10.0 * tolerance
        let b = all |> Array.filter offLine |> Array.minBy (fun i -> (ring i).Length)
        let x, y, z = axes places[a] places[b]

        Array.allPairs (ring a) (ring b)
        |> Array.filter (fun (c, d) ->
            let apart i j = length (combine 1.0 places[i] -1.0 places[j])

            abs (apart a b - apart c d) < 2.0 * tolerance
            && length (cross places[c] places[d]) > 1e-6
            && (let u, v, w = axes places[c] places[d]

                keeps tolerance numbers places (fun p ->
                    combine (dot x p) u (dot y p) v |> fun q -> combine 1.0 q (dot z p) w)))
        |> Array.length

    /// The shape of a molecule with these masses [n], amu. Symmetry is looked for among its atoms, equal to `tolerance`
    /// in Å (0.05 is usual for relaxed molecules). Errors: `Inconsistent` for a structure without atoms, with periodic
    /// directions, or with another number of masses; `InvalidArgument` for a tolerance that is not positive.
    let create (tolerance: float) (masses: float seq) (structure: Structure) : Result<MolecularShape, NoetherError> =
        Outcome.capture (fun () ->
            let masses = Vibrations.checkMasses structure.Count masses

            if structure.Count = 0 then Outcome.raise (Inconsistent("the molecule", "no atoms", "at least one"))

            if Seq.contains true structure.Cell.Periodic then
                Outcome.raise (Inconsistent("the molecule", "periodic directions", "none"))

            if not (tolerance > 0.0) then
                Outcome.raise (InvalidArgument("the tolerance of symmetry", $"{tolerance}", "a positive length in Å"))

            let places = centred masses structure

            let tensor =
                Array.init 9 (fun k ->
                    Array.fold2
                        (fun sum m (struct (x, y, z) as v) ->
                            let c = [| x; y; z |]
                            sum + m * ((if k / 3 = k % 3 then dot v v else 0.0) - c[k / 3] * c[k % 3]))
                        0.0
                        masses
                        places)

            let moments, _ = Eigen.symmetric 3 tensor
            // On a line the least moment is that of atoms 0.001 Å off.
            let isLinear = moments[0] <= 1e-6 * Array.sum masses

            let symmetry =
                if structure.Count = 1 then
                    1
                elif isLinear then
                    let turn v = combine -1.0 v 0.0 v
                    if keeps tolerance structure.Numbers places turn then 2 else 1
                else
                    rotations tolerance structure.Numbers places

            { Mass = Array.sum masses
              Moments = Frozen.freeze moments
              IsLinear = isLinear
              SymmetryNumber = symmetry })
