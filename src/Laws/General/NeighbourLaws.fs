namespace Noether.Laws

open System
open System.Collections.Generic
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// A function that lists, for a cut-off in Å, all pairs (i, j, S) of a structure with |r_j + S·H − r_i| < cut-off, both
/// directions of each: `Neighbours.build`, or one of your own.
type NeighbourList = float -> Structure -> Result<Pairs, NoetherError>

/// A function that lists, for a cut-off in Å, the pairs of each structure of a walk: the same atoms at other places,
/// in a cell that may change, too. It may keep what it found for earlier ones, as a Verlet list does.
type LastingList = float -> Structure list -> Result<Pairs list, NoetherError>

/// The laws of neighbour lists. A violation is the number of pairs that only one of two lists has (a pair that is there
/// twice, twice) over the number expected, at least 1. Nothing is tolerated, but a pair is not counted whose distance
/// is the cut-off within rounding of the coordinates: moving atoms may carry it across.
[<RequireQualifiedAccess>]
module NeighbourLaws =
    /// i, j and S.
    type private Row = (struct (int * int * int * int * int))

    let private rows (structure: Structure) (pairs: Pairs) : Row[] =
        if pairs.Atoms <> structure.Count then
            Outcome.raise (Inconsistent("a list of pairs", $"{pairs.Atoms} atoms", $"{structure.Count}"))

        let s = pairs.Shifts

        Array.init pairs.Count (fun e ->
            struct (pairs.Receivers[e], pairs.Senders[e], s[3 * e], s[3 * e + 1], s[3 * e + 2]))

    let private distance (structure: Structure) (struct (i, j, x, y, z): Row) =
        let r, h = structure.Positions, structure.Cell.Vectors

        let along k = r[3 * j + k] - r[3 * i + k] + (float x * h[k] + float y * h[3 + k] + float z * h[6 + k])

        let x, y, z = along 0, along 1, along 2
        sqrt (x * x + y * y + z * z)

    /// Rounding of distances in Å. A coordinate is stored to 1.1e-16 of its size; moving it takes some ten operations,
    /// and a shift S·H may be the difference of terms some ten times its length: 1e-13 covers both, times two.
    let private rounding cutoff (structures: Structure list) =
        let size = structures |> Seq.collect _.Positions |> Seq.fold (fun most x -> max most (abs x)) cutoff
        2e-13 * size

    /// How many rows only one of the lists has; rows are those of the last of the structures.
    let private difference cutoff (structures: Structure list) (expected: Row[]) (found: Row[]) =
        let counts = Dictionary<Row, int>()

        let add change row =
            let count =
                match counts.TryGetValue row with
                | true, count -> count
                | _ -> 0

            counts[row] <- count + change

        Array.iter (add 1) expected
        Array.iter (add -1) found
        let margin = rounding cutoff structures
        let last = List.last structures
        let tie row = abs (distance last row - cutoff) <= margin
        let wrong = counts |> Seq.sumBy (fun entry -> if entry.Value = 0 || tie entry.Key then 0 else abs entry.Value)
        float wrong / float (max 1 expected.Length)

    let private lawOf name statement (violation: 'Subject -> Sample -> float) : Law<'Subject> =
        { Name = name
          Statement = statement + "; pairs that differ, over pairs expected"
          Samples = Sample.arbitrary
          Violation = violation
          // Whole numbers are counted.
          Tolerance = 0.0 }

    let private law name statement (violation: (float -> Structure -> Row[]) -> Sample -> float) =
        lawOf name statement (fun list sample ->
            violation (fun cutoff structure -> list cutoff structure |> Outcome.getOrFail |> rows structure) sample)

    /// The list of the moved structure is the list of the structure with each row renamed.
    let private moved name statement (move: Sample -> Structure * (Row -> Row seq)) =
        law name statement (fun list sample ->
            let after, rename = move sample
            let expected = list sample.Cutoff sample.Structure |> Seq.collect rename |> Array.ofSeq
            difference sample.Cutoff [ sample.Structure; after ] expected (list sample.Cutoff after))

    let private same: Row -> Row seq = Seq.singleton

    let private reversed (struct (i, j, x, y, z): Row) : Row = struct (j, i, -x, -y, -z)

    /// Rows for atoms that were moved by whole numbers N [n, 3] of lattice vectors: S − N_j + N_i.
    let private shifted (counts: int[]) : Row -> Row seq =
        fun (struct (i, j, x, y, z)) ->
            let change k = counts[3 * i + k] - counts[3 * j + k]
            Seq.singleton (struct (i, j, x + change 0, y + change 1, z + change 2))

    /// The list is that of `Neighbours.buildByImages`, which looks at every image of every atom.
    let definition =
        law "definition" "the list is that of every image of every atom" (fun list sample ->
            let structure, cutoff = sample.Structure, sample.Cutoff
            let expected = Neighbours.buildByImages cutoff structure |> Outcome.getOrFail |> rows structure
            difference cutoff [ structure ] expected (list cutoff structure))

    /// Every pair (i, j, S) has its reverse (j, i, −S).
    let directions =
        law "both directions" "every pair (i, j, S) has its reverse (j, i, −S)" (fun list sample ->
            let found = list sample.Cutoff sample.Structure
            difference sample.Cutoff [ sample.Structure ] found (Array.map reversed found))

    /// `Pairs.half` keeps one of each pair and its reverse: the half and its reverse are the whole.
    let half =
        lawOf "half" "half of the list and its reverse are the list" (fun list sample ->
            let structure = sample.Structure
            let full = list sample.Cutoff structure |> Outcome.getOrFail
            let kept = rows structure (Pairs.half full)
            difference sample.Cutoff [ structure ] (rows structure full) (Array.append kept (Array.map reversed kept)))

    /// The pairs of a shorter cut-off are the near ones among those of a longer.
    let shorter =
        law "shorter cut-off" "the list of 0.6 times the cut-off is the near part of the list" (fun list sample ->
            let structure, near = sample.Structure, 0.6 * sample.Cutoff
            let expected = list sample.Cutoff structure |> Array.filter (fun row -> distance structure row < near)
            difference near [ structure ] expected (list near structure))

    /// Moving all atoms alike changes nothing.
    let translation =
        moved "translation" "moving all atoms by one vector changes no pair" (fun sample ->
            let x, y, z = Sample.draw (Gen.three (Moves.between -20.0 20.0)) sample
            Structure.translate (x, y, z) sample.Structure |> Outcome.getOrFail, same)

    /// Rotations and reflections of atoms and cell change nothing.
    let rotation =
        moved "rotation" "rotating or reflecting atoms and cell changes no pair" (fun sample ->
            Moves.turn (Sample.draw Moves.orthogonal sample) sample.Structure, same)

    /// Another order of the atoms renames them.
    let permutation =
        moved "permutation" "another order of the atoms renames them" (fun sample ->
            let order = Sample.draw (Moves.orders sample.Structure.Count) sample
            let place = Array.zeroCreate order.Length
            Array.iteri (fun k atom -> place[atom] <- k) order
            let rename (struct (i, j, x, y, z): Row) : Row seq = Seq.singleton (struct (place[i], place[j], x, y, z))
            Moves.select order sample.Structure, rename)

    /// Other images of the atoms change shifts only.
    let image =
        moved "choice of image" "atoms moved by lattice vectors N have the shifts S − N_j + N_i" (fun sample ->
            let counts = Sample.draw (Moves.images sample.Structure) sample
            Moves.toImages counts sample.Structure, shifted counts)

    /// Wrapping the atoms into the cell changes shifts only.
    let wrapping =
        moved "wrapping" "atoms wrapped into the cell keep their pairs" (fun sample ->
            let before = sample.Structure
            let after = Structure.wrap before
            let fractional = Cell.toFractional before.Cell before.Positions
            let wrapped = Cell.toFractional before.Cell after.Positions
            after, shifted (Array.init wrapped.Length (fun i -> int (round (wrapped[i] - fractional[i])))))

    /// Another cell of the same lattice changes shifts only.
    let cell =
        moved "choice of cell" "a_k + m·a_l in place of a_k gives S_l − m·S_k in place of S_l" (fun sample ->
            let k, l, m = Sample.draw (Moves.shears sample.Structure) sample

            let rename (struct (i, j, x, y, z): Row) : Row seq =
                let s = [| x; y; z |]
                s[l] <- s[l] - m * s[k]
                Seq.singleton (struct (i, j, s[0], s[1], s[2]))

            Moves.shear (k, l, m) sample.Structure, rename)

    /// Each copy of a structure in a supercell has the pairs of the structure.
    let supercell =
        moved "supercell" "each copy in a supercell has the pairs of the original" (fun sample ->
            let a, b, c = Sample.draw (Moves.copies sample.Structure) sample
            let n = sample.Structure.Count
            let floorDivide value count = int (floor (float value / float count))

            let rename (struct (i, j, x, y, z): Row) : Row seq =
                seq {
                    for u in 0 .. a - 1 do
                        for v in 0 .. b - 1 do
                            for w in 0 .. c - 1 do
                                let x', y', z' = floorDivide (u + x) a, floorDivide (v + y) b, floorDivide (w + z) c
                                let copy u v w = (u * b + v) * c + w
                                let neighbour = copy (u + x - a * x') (v + y - b * y') (w + z - c * z')
                                struct (n * copy u v w + i, n * neighbour + j, x', y', z')
                }

            Structure.repeat (a, b, c) sample.Structure |> Outcome.getOrFail, rename)

    /// Components along an open axis have no meaning.
    let openAxes =
        moved "open axes" "longer vectors along open axes, or some in place of none, change no pair" (fun sample ->
            Moves.widen (Sample.draw (Moves.between 1.5 30.0) sample) sample.Structure, same)

    /// All laws of lists that are made at once.
    let all: Law<NeighbourList> list =
        [ definition
          directions
          half
          shorter
          translation
          rotation
          permutation
          image
          wrapping
          cell
          supercell
          openAxes ]

    /// A list that lasts gives the pairs of a fresh one, at each step of a walk. The violation is that of the worst
    /// step.
    let lasting: Law<LastingList> =
        lawOf "lasting" "at each step of a walk the list is that made afresh" (fun list sample ->
            let cutoff = sample.Cutoff
            let walk = Sample.draw (Moves.walks sample.Structure) sample
            let found = list cutoff walk |> Outcome.getOrFail

            if found.Length <> walk.Length then
                Outcome.raise (Inconsistent("a lasting list", $"{found.Length} lists", $"{walk.Length}"))

            List.map2
                (fun structure pairs ->
                    let fresh = Neighbours.build cutoff structure |> Outcome.getOrFail
                    difference cutoff [ structure ] (rows structure fresh) (rows structure pairs))
                walk
                found
            |> List.max)
