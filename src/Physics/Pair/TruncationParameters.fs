namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// The numbers that a truncation adds to the parameters of a function.
[<RequireQualifiedAccess>]
module internal TruncationParameters =
    /// In the order in which the function that ends so reads them, each in the shape of the cut-offs, Å, for a function u
    /// of distances in that shape. Errors: `InvalidArgument` for an onset that does not lie between 0 and the cut-offs.
    let parameters (truncation: Truncation) (cutoffs: Tensor) (u: Tensor -> Tensor) : Tensor list =
        let one = Tensor.onesLike cutoffs

        let from (onset: float) =
            let shortest = Array.min (Tensor.toArray cutoffs)

            if not (onset >= 0.0 && onset < shortest) then
                let expected = $"a length between 0 and the cut-off, {shortest} Å"
                Outcome.raise (InvalidArgument("the onset of the switch", $"{onset}", expected))

            onset * one

        match truncation with
        | Truncated -> []
        | Shifted -> [ cutoffs; u cutoffs; Tensor.zerosLike cutoffs ]
        | ForceShifted ->
            let value, slope = Diff.jvp u cutoffs one
            [ cutoffs; value; slope ]
        | Switched onset
        | Smooth onset -> [ cutoffs; from onset ]
        | CurvatureShifted onset ->
            let start = from onset
            let value = u cutoffs
            let slope, curvature = Diff.jvp (fun r -> Diff.jacobianv u r one) cutoffs one
            let width = cutoffs - start
            let a = (width * curvature - 3.0 * slope) / Tensor.square width
            let b = (2.0 * slope - width * curvature) / Tensor.pow 3.0 width
            let c = 0.5 * width * slope - value - Tensor.square width * curvature / 12.0
            [ start; a; b; c ]
        | Cosine -> [ cutoffs ]
