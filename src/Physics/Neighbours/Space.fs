namespace Noether.Physics

open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.AutoDiff
open Noether.Domain

/// From positions and cells to the vectors between atoms: differentiable to any order, by positions and by cell.
[<RequireQualifiedAccess>]
module Space =
    /// The positions of a structure as a tensor [n, 3], Å, float64.
    let positions (structure: Structure) : Tensor =
        Tensor.ofArray [| structure.Count; 3 |] (structure.Positions.AsSpan().ToArray())

    /// The lattice vectors of a structure as a tensor [3, 3], Å, rows are vectors, float64; zeros where none was given.
    let cell (structure: Structure) : Tensor = Tensor.ofArray [| 3; 3 |] (structure.Cell.Vectors.AsSpan().ToArray())

    let private checkShape (name: string) (expected: string) good (tensor: Tensor) =
        if not good then
            let shape = tensor.Shape |> Seq.map string |> String.concat ", "
            invalidArg name $"Space.vectors: the {name} have shape [{shape}], expected {expected}."

    let private checkPositions (positions: Tensor) (pairs: Pairs) =
        let good = positions.Rank = 2 && positions.Shape[0] = pairs.Atoms && positions.Shape[1] = 3
        checkShape (nameof positions) $"[{pairs.Atoms}, 3]" good positions

    /// r_j − r_i, [p, 3].
    let private differences (positions: Tensor) (pairs: Pairs) =
        Tensor.gather (Frozen.array pairs.Senders) positions - Tensor.gather (Frozen.array pairs.Receivers) positions

    let internal shifts precision (pairs: Pairs) =
        Tensor.ofArray [| pairs.Count; 3 |] (pairs.Shifts |> Seq.map float |> Array.ofSeq) |> Tensor.cast precision

    /// The vectors r_j + S·H − r_i of pairs, [p, 3] in Å, from the centre i to the neighbour j, for positions [n, 3]
    /// and a cell H [3, 3] in Å. Raises ArgumentException for other shapes.
    let vectors (positions: Tensor) (cell: Tensor) (pairs: Pairs) : Tensor =
        checkPositions positions pairs
        checkShape (nameof cell) "[3, 3]" (cell.Rank = 2 && cell.Shape[0] = 3 && cell.Shape[1] = 3) cell
        differences positions pairs + Tensor.matmul (shifts cell.Precision pairs) cell

    /// The lengths of vectors [p, 3], [p]. The length of the zero vector is 0 and so is its derivative, of every order:
    /// where two atoms coincide no direction is preferred, and nothing that is summed over pairs becomes infinite or
    /// NaN. A vector whose square underflows (below 1e-162) counts as zero. Raises ArgumentException for other shapes.
    let lengths (vectors: Tensor) : Tensor =
        if vectors.Rank <> 2 || vectors.Shape[1] <> 3 then
            let shape = vectors.Shape |> Seq.map string |> String.concat ", "
            invalidArg (nameof vectors) $"Space.lengths: the vectors have shape [{shape}], expected [p, 3]."

        Tensor.safeSqrt (Tensor.sumAxes [| 1 |] (vectors * vectors))

    /// The distances |r_j + S·H − r_i| of pairs, [p] in Å, for positions [n, 3] and a cell [3, 3] in Å: the `lengths`
    /// of `vectors`, differentiable to any order. An atom and its own image have a distance that no position changes,
    /// only the cell. Raises ArgumentException for other shapes.
    let distances (positions: Tensor) (cell: Tensor) (pairs: Pairs) : Tensor = lengths (vectors positions cell pairs)

    /// The vectors r_j + S·H − r_i of the edges of a batch of graphs, [e, 3] in Å, each with the cell of its own graph:
    /// positions [n, 3], cells [graphs, 3, 3] in Å. The graphs carry the integer edge feature "shifts", of width 3.
    /// Raises ArgumentException for other shapes, or without the feature.
    let edgeVectors (graphs: GraphsTuple) (positions: Tensor) (cells: Tensor) : Tensor =
        let edges = graphs.Senders.Length
        checkShape (nameof cells) "[graphs, 3, 3]" (cells.Rank = 3 && cells.Shape[1] = 3 && cells.Shape[2] = 3) cells

        let shifts =
            match Map.tryFind "shifts" graphs.Edges with
            | Some(Integer(shifts, 3)) -> Tensor.ofArray [| edges; 1; 3 |] (shifts |> Seq.map float |> Array.ofSeq)
            | _ ->
                invalidArg
                    (nameof graphs)
                    "Space.edgeVectors: the graphs have no integer edge feature 'shifts' of width 3."

        let images =
            Tensor.matmul
                (Tensor.cast cells.Precision shifts)
                (Tensor.gather (Frozen.array (Graphs.graphOfEdge graphs)) cells)

        Tensor.gather (Frozen.array graphs.Senders) positions
        - Tensor.gather (Frozen.array graphs.Receivers) positions
        + Tensor.reshape [| edges; 3 |] images
