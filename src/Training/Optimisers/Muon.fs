namespace Noether.Training

open Noether.AutoDiff
open Noether.Equivariance

/// Muon: the momentum of a matrix, made orthogonal (K. Jordan et al., Muon: An optimizer for hidden layers in neural
/// networks, 2024, https://kellerjordan.github.io/posts/muon).
[<RequireQualifiedAccess>]
module Muon =

    /// The quintic of K. Jordan, ax + bx³ + cx⁵: steep at zero, and what is near one stays between 0.7 and 1.2.
    let private quintic = [| 3.4445; -4.7750; 2.0315 |]

    /// A matrix with the singular vectors of the given one and singular values near one (between 0.47 and 1.21 after
    /// five rounds, unless they were below a thousandth of its norm): rounds of X ← aX + b(XXᵀ)X + c(XXᵀ)²X from X/‖X‖.
    let orthogonal (rounds: int) (matrix: Tensor) : Tensor =
        Guard.atLeast "Muon.orthogonal" "rounds" 0 rounds

        if matrix.Rank <> 2 then
            Shape.fail "Muon.orthogonal" $"shape {Shape.print matrix.Shape} is no matrix"

        // The products are smallest with the shorter side in front.
        let wide = matrix.Shape[0] <= matrix.Shape[1]
        let start = if wide then matrix else Tensor.transpose matrix

        let round (x: Tensor) =
            let gram = Tensor.matmulTransposed false true x x
            quintic[0] * x + Tensor.matmul (quintic[1] * gram + quintic[2] * Tensor.matmul gram gram) x

        let result = Seq.fold (fun x _ -> round x) (start / (Trees.size matrix + 1e-7)) (seq { 1..rounds })
        if wide then result else Tensor.transpose result

    /// Nesterov momentum of decaying means, orthogonal after five rounds, times √max(1, rows/columns). For matrices
    /// only; another rank is a `TensorException`. `Optimiser.muon` gives what is no matrix to Adam.
    let scale (decay: float) : GradientTransformation =
        Guard.decay "Muon.scale" "decay" decay

        Transform.withSlots [ "mean", 0.0 ] (fun _ g slots ->
            let mean = decay * slots[0] + (1.0 - decay) * g
            let ahead = decay * mean + (1.0 - decay) * g
            let longer = sqrt (max 1.0 (float g.Shape[0] / float g.Shape[g.Rank - 1]))
            longer * orthogonal 5 ahead, [| mean |])
