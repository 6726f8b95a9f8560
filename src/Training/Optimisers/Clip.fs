namespace Noether.Training

open System
open Noether.AutoDiff

/// Transformations that keep gradients small.
[<RequireQualifiedAccess>]
module Clip =

    let private positive operation value =
        if not (value > 0.0) then
            raise (ArgumentOutOfRangeException("most", value, $"{operation}: expected a number above zero."))

    /// Every element into [−most, most].
    let byValue (most: float) : GradientTransformation =
        positive "Clip.byValue" most

        Transform.map (fun g ->
            let bound (k: float) = Tensor.full g.Precision g.Shape k
            let low, high = bound -most, bound most
            let below = Tensor.select (Tensor.less g low) low g
            Tensor.select (Tensor.less high below) high below)

    let private within (most: float) (norm: float) (x: Tensor) = if norm < most then x else x / norm * most

    /// Each tensor to a norm of at most `most`, for itself.
    let byNorm (most: float) : GradientTransformation =
        positive "Clip.byNorm" most
        Transform.map (fun g -> within most (Trees.size g) g)

    /// All tensors by one factor, to a norm of all elements of at most `most` (R. Pascanu et al., arXiv:1211.5063).
    let byGlobalNorm (most: float) : GradientTransformation =
        positive "Clip.byGlobalNorm" most

        Transform.stateless (fun gradients _ ->
            let norm = Trees.norm gradients
            Tree.map (within most norm) gradients)

    /// Each tensor to a root mean square of at most `most` (N. Shazeer and M. Stern, arXiv:1804.04235, section 6).
    let byRms (most: float) : GradientTransformation =
        positive "Clip.byRms" most

        Transform.map (fun g ->
            let rms = Trees.size g / sqrt (float (max 1 g.Size))
            g / max 1.0 (rms / most))

    /// The norm of each output unit, with axes of length 1: that of the whole of a vector, of each column of a matrix
    /// (and along the first axis of three), of each last index of more axes.
    let private unitNorms (x: Tensor) =
        let axes =
            match x.Rank with
            | 0
            | 1 -> [| 0 .. x.Rank - 1 |]
            | 2
            | 3 -> [| 0 |]
            | n -> [| 0 .. n - 2 |]

        let shape = x.Shape |> Array.mapi (fun i d -> if Array.contains i axes then 1 else d)
        Tensor.sqrt (Tensor.sumTo shape (Tensor.square x))

    /// Each output unit's gradient to a norm of at most `most` times that of its parameters, which count as 0.001 at
    /// least (A. Brock et al., arXiv:2102.06171).
    let adaptive (most: float) : GradientTransformation =
        positive "Clip.adaptive" most

        let atLeast (k: float) (x: Tensor) =
            let least = Tensor.full x.Precision x.Shape k
            Tensor.select (Tensor.less x least) least x

        Transform.mapWithParameters (fun g p ->
            let norms = unitNorms g
            let allowed = most * atLeast 1e-3 (unitNorms p)
            let factor = allowed / atLeast 1e-6 norms
            g * Tensor.select (Tensor.less norms allowed) (Tensor.onesLike factor) factor)
