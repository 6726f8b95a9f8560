namespace Noether.Physics

open System
open Noether.AutoDiff

/// How functions of a distance end at a cut-off r_c, as a factor that goes from 1 to 0.
type EnvironmentEnd =
    /// ½cos(πr/r_c) + ½.
    | CosineEnd
    /// exp(1 − 1/(1 − (r/r_c)ⁿ)), all of whose derivatives are 0 at r_c; the usual order n is 2.
    | SmoothEnd of order: int

/// The factors themselves.
[<RequireQualifiedAccess>]
module EnvironmentEnd =
    /// The factor at distances [p] that are all less than the cut-off, in the unit of the distances; differentiable.
    let factor (kind: EnvironmentEnd) (cutoff: float) (distances: Tensor) : Tensor =
        match kind with
        | CosineEnd -> 0.5 * Tensor.cos ((Math.PI / cutoff) * distances) + 0.5
        | SmoothEnd order ->
            let power = List.replicate order (distances / cutoff) |> List.reduce (*)
            Tensor.exp (1.0 - 1.0 / (1.0 - power))
