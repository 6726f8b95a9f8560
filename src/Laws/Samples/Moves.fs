namespace Noether.Laws

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open FsCheck
open FsCheck.FSharp
open Noether.Domain

/// The moves of the laws: to turn a structure, exchange its atoms, describe the same crystal by another cell. Beside each
/// move stands a generator of its argument. Properties are left out: only atoms and cell are moved.
[<RequireQualifiedAccess>]
module Moves =
    let private structure numbers (positions: float[]) cell =
        Structure.create numbers (ImmutableCollectionsMarshal.AsImmutableArray positions) cell |> Outcome.getOrFail

    let private flags (cell: Cell) = cell.Periodic[0], cell.Periodic[1], cell.Periodic[2]

    /// A number between two, one of a million and one at equal distances.
    let internal between (low: float) (high: float) =
        Gen.choose (0, 1_000_000) |> Gen.map (fun i -> low + (high - low) * (float i / 1e6))

    /// The atoms with these numbers in this order: a permutation, a part, or a structure with repeated atoms.
    let select (atoms: int[]) (subject: Structure) : Structure =
        let numbers = atoms |> Array.map (fun atom -> subject.Numbers[atom])
        let positions = atoms |> Array.collect (fun atom -> Array.init 3 (fun k -> subject.Positions[3 * atom + k]))
        structure (ImmutableArray.Create<int> numbers) positions subject.Cell

    /// Every order of n atoms, for `select`.
    let orders (n: int) : Gen<int[]> = Gen.shuffle [| 0 .. n - 1 |]

    /// Rotations of space as nine numbers, row by row (M Mᵀ = 1, det M = 1), some near the identity and some far; from
    /// quaternions whose components are uniform in a cube, so not uniformly distributed.
    let rotations: Gen<float[]> =
        let component' = between -1.0 1.0

        Gen.four component'
        |> Gen.filter (fun (a, b, c, d) -> a * a + b * b + c * c + d * d > 0.01)
        |> Gen.map (fun (a, b, c, d) ->
            // The matrix of the unit quaternion q/|q|, Euler 1771.
            let s = 2.0 / (a * a + b * b + c * c + d * d)

            [| 1.0 - s * (c * c + d * d)
               s * (b * c + a * d)
               s * (b * d - a * c)
               s * (b * c - a * d)
               1.0 - s * (b * b + d * d)
               s * (c * d + a * b)
               s * (b * d + a * c)
               s * (c * d - a * b)
               1.0 - s * (b * b + c * c) |])

    /// Rotations and rotations followed by the inversion.
    let orthogonal: Gen<float[]> =
        Gen.map2 (fun sign -> Array.map (fun x -> sign * x)) (Gen.elements [ 1.0; -1.0 ]) rotations

    let private times (matrix: float[]) (rows: ImmutableArray<float>) : float[] =
        Array.init rows.Length (fun i ->
            let row, column = i / 3 * 3, i % 3

            rows[row] * matrix[column] + rows[row + 1] * matrix[3 + column] + rows[row + 2] * matrix[6 + column])

    /// The cell H·M, for a matrix M of nine numbers, row by row.
    let turnCell (matrix: float[]) (cell: Cell) : Cell = Cell.createOrFail (times matrix cell.Vectors) (flags cell)

    /// Positions r·M and cell H·M, for a matrix M of nine numbers, row by row: a rotation, a reflection, a strain.
    let turn (matrix: float[]) (subject: Structure) : Structure =
        structure subject.Numbers (times matrix subject.Positions) (turnCell matrix subject.Cell)

    /// Whole numbers [n, 3] of lattice vectors between −3 and 3, zero along open axes, for `toImages`.
    let images (subject: Structure) : Gen<int[]> =
        Gen.choose (-3, 3)
        |> Gen.arrayOfLength (3 * subject.Count)
        |> Gen.map (Array.mapi (fun i count -> if subject.Cell.Periodic[i % 3] then count else 0))

    /// Every atom moved to another image of itself: r_i + N_i·H, with whole numbers N [n, 3].
    let toImages (counts: int[]) (subject: Structure) : Structure =
        let h = subject.Cell.Vectors

        let positions =
            Array.init (3 * subject.Count) (fun i ->
                let row, k = i / 3 * 3, i % 3
                let count axis = float counts[row + axis]
                subject.Positions[i] + (count 0 * h[k] + count 1 * h[3 + k] + count 2 * h[6 + k]))

        structure subject.Numbers positions subject.Cell

    /// Shears (k, l, m) of a lattice along its periodic axes, m between −2 and 2, for `shear`; where there are fewer
    /// than two, those that change nothing.
    let shears (subject: Structure) : Gen<int * int * int> =
        match List.filter (fun k -> Cell.isPeriodic k subject.Cell) [ 0..2 ] with
        | []
        | [ _ ] -> Gen.constant (0, 1, 0)
        | axes ->
            Gen.map2 (fun order m -> Array.item 0 order, Array.item 1 order, m) (Gen.shuffle axes) (Gen.choose (-2, 2))

    /// The same crystal in another cell: a_k + m·a_l in place of a_k.
    let shear (k: int, l: int, m: int) (subject: Structure) : Structure =
        let h = subject.Cell.Vectors

        let vectors = Array.init 9 (fun i -> if i / 3 = k then h[i] + float m * h[3 * l + i % 3] else h[i])

        structure
            subject.Numbers
            (subject.Positions.AsSpan().ToArray())
            (Cell.createOrFail vectors (flags subject.Cell))

    /// The same atoms with the vectors of all open axes `factor` > 0 times as long; an axis without a vector gets one
    /// of `factor` Å along the normal that completes the cell.
    let widen (factor: float) (subject: Structure) : Structure =
        let cell = subject.Cell
        let unit' = ImmutableArray.CreateRange [ 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ]
        let complete = Cell.toCartesian cell unit'
        let vectors = Array.init 9 (fun i -> if cell.Periodic[i / 3] then complete[i] else factor * complete[i])
        Structure.withCell (Cell.createOrFail vectors (flags cell)) (Structure.bare subject)

    /// Numbers of copies along the axes for `Structure.repeat`: 1 or 2, and 1 along open axes.
    let copies (subject: Structure) : Gen<int * int * int> =
        let along k = if Cell.isPeriodic k subject.Cell then Gen.choose (1, 2) else Gen.constant 1
        Gen.zip3 (along 0) (along 1) (along 2)

    /// A step of a walk: all atoms shaken by up to `size` Å along each axis; or moved together; or taken to other
    /// images of themselves; or strained with the cell; or left while the cell is strained.
    let private step (size: float) (subject: Structure) : Gen<Structure> =
        let n = subject.Count
        let length = between -size size

        let moved by =
            structure subject.Numbers (Array.init (3 * n) (fun i -> subject.Positions[i] + by i)) subject.Cell

        let shaken = Gen.arrayOfLength (3 * n) length |> Gen.map (fun by -> moved (fun i -> by[i]))
        let together = Gen.arrayOfLength 3 length |> Gen.map (fun by -> moved (fun i -> by[i % 3]))
        let elsewhere = images subject |> Gen.map (fun counts -> toImages counts subject)

        // Six of the largest, ε of norm below 0.15, leave at least 0.85⁶ = 0.38 of any length: no cell collapses.
        let strains =
            Gen.arrayOfLength 9 (between -0.05 0.05)
            |> Gen.map (Array.mapi (fun i x -> (if i % 4 = 0 then 1.0 else 0.0) + min 1.0 size * x))

        let strained = strains |> Gen.map (fun strain -> turn strain subject)
        let left = strains |> Gen.map (fun strain -> Structure.withCell (turnCell strain subject.Cell) subject)
        Gen.frequency [ 6, shaken; 1, together; 1, elsewhere; 1, strained; 1, left ]

    /// Walks of six steps from a structure, small ones and large ones, for `NeighbourLaws.lasting`; the structure comes
    /// first.
    let walks (subject: Structure) : Gen<Structure list> =
        let rec onwards count size current =
            gen {
                if count = 0 then
                    return []
                else
                    let! next = step size current
                    let! rest = onwards (count - 1) size next
                    return next :: rest
            }

        Gen.elements [ 0.03; 0.1; 0.3; 1.0 ]
        |> Gen.bind (fun size -> onwards 6 size subject)
        |> Gen.map (fun steps -> Structure.bare subject :: steps)
