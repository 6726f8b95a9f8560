namespace Noether.Training

open System
open Noether.AutoDiff

/// What predictions cost whose targets have the same shape, element by element unless said: the sum or the mean of it
/// is a loss. Differentiable in both. Losses of energies, forces and stresses are in `Loss`.
[<RequireQualifiedAccess>]
module ElementwiseLoss =

    /// The square of the error.
    let squaredError (predictions: Tensor) (targets: Tensor) : Tensor = Tensor.square (predictions - targets)

    /// Half the square of the error.
    let halfSquare (predictions: Tensor) (targets: Tensor) : Tensor = 0.5 * squaredError predictions targets

    /// The magnitude of the error.
    let absoluteError (predictions: Tensor) (targets: Tensor) : Tensor = Tensor.abs (predictions - targets)

    /// Huber's loss of a difference.
    let internal huberOf (delta: float) (x: Tensor) : Tensor =
        if not (delta > 0.0 && Double.IsFinite delta) then
            raise (ArgumentOutOfRangeException("delta", delta, "Huber's loss: δ, expected a positive finite number."))

        let size = Tensor.abs x
        let inside = Tensor.less size (Tensor.full x.Precision Shape.scalar delta)
        Tensor.select inside (0.5 * Tensor.square x) (delta * (size - 0.5 * delta))

    /// Half the square of the error up to δ, beyond that its tangent there, δ(|x| − δ/2) (P. Huber, Ann. Math. Statist.
    /// 35 (1964) 73). A δ that is not positive and finite is an `ArgumentOutOfRangeException`.
    let huber (delta: float) (predictions: Tensor) (targets: Tensor) : Tensor = huberOf delta (predictions - targets)

    /// The logarithm of the hyperbolic cosine of the error, as e + log(1 + exp(−2e)) − log 2, which does not overflow.
    let logCosh (predictions: Tensor) (targets: Tensor) : Tensor =
        let error = predictions - targets
        error + Tensor.softplus (-2.0 * error) - log 2.0

    /// The sum along the last axis.
    let private sumLast (x: Tensor) = Tensor.sumAxes [| x.Rank - 1 |] x

    /// The cosine of the angle between vectors along the last axis, whose norms count as `least` at least.
    let cosineSimilarity (least: float) (predictions: Tensor) (targets: Tensor) : Tensor =
        let squares (x: Tensor) =
            let sum = sumLast (Tensor.square x)
            let floor = Tensor.full sum.Precision sum.Shape (least * least)
            Tensor.select (Tensor.less sum floor) floor sum

        sumLast (predictions * targets) / Tensor.sqrt (squares predictions * squares targets)

    /// Minus the logarithm of the probability of truth values (or probabilities) under logits:
    /// softplus(x) − label · x.
    let binaryCrossEntropy (logits: Tensor) (labels: Tensor) : Tensor = Tensor.softplus logits - labels * logits

    /// log Σ exp along the last axis, which it keeps with length 1; from the largest, so that it does not overflow.
    let private logSumExp (x: Tensor) =
        let width = x.Shape[x.Rank - 1]
        let values = Tensor.toArray x
        let shape = Array.append x.Shape[.. x.Rank - 2] [| 1 |]

        let largest =
            Array.init (values.Length / max 1 width) (fun i -> Array.max values[i * width .. (i + 1) * width - 1])

        let largest = Tensor.cast x.Precision (Tensor.ofArray shape largest)
        largest + Tensor.log (Tensor.sumTo shape (Tensor.exp (x - largest)))

    /// Minus Σ p log softmax(logits) along the last axis, p the probabilities of classes.
    let crossEntropy (logits: Tensor) (probabilities: Tensor) : Tensor =
        sumLast (probabilities * (logSumExp logits - logits))
