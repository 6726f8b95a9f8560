namespace Noether.Physics

open System
open Noether.AutoDiff

/// The reciprocal part of Ewald's sum as it is written (P. P. Ewald, Ann. Phys. 369, 253 (1921)).
[<RequireQualifiedAccess>]
module internal EwaldSum =
    // Elements of a block of phases.
    let private most = 1 <<< 21

    /// (1/V) Σ_k v̂(k²) Σ_j q_j cos k·(r_i − r_j) without k = 0, for fractions of the cell [n, 3] and charges [n, c].
    let potentials (split: RangeSplit) (set: ReciprocalSet) (lattice: CellFrame) (fractions: Tensor) (charges: Tensor) =
        let indices, weight = ReciprocalSet.indices set lattice
        let indices = Tensor.cast fractions.Precision indices
        let n, count = fractions.Shape[0], indices.Shape[0]
        let block = max 1 (most / max 1 n)

        let part (indices: Tensor) (xs: Tensor[]) =
            let fractions, charges, filter = xs[0], xs[1], xs[2]
            let phases = 2.0 * Math.PI * Tensor.matmulTransposed false true fractions indices
            let filter = Tensor.reshape [| filter.Size; 1 |] filter

            let half (wave: Tensor) = Tensor.matmul wave (filter * Tensor.matmulTransposed true false wave charges)

            [| half (Tensor.cos phases) + half (Tensor.sin phases) |]

        let filter =
            if count = 0 then
                Tensor.full fractions.Precision [| 0 |] 0.0
            else
                weight * split.Reciprocal(CellFrame.squares lattice indices) / lattice.Volume

        let slice first stop (x: Tensor) = Tensor.slice 0 first stop x

        if count = 0 then
            Tensor.zerosLike charges
        elif count <= block then
            (part indices [| fractions; charges; filter |])[0]
        else
            [ for first in 0..block .. count - 1 ->
                  let stop = min count (first + block)
                  let arguments = [| fractions; charges; slice first stop filter |]
                  (Diff.checkpoint (part (slice first stop indices)) arguments)[0] ]
            |> List.reduce (+)
