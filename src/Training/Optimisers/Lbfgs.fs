namespace Noether.Training

open Noether.AutoDiff
open Noether.Equivariance

/// L-BFGS: gradients times an approximation of the inverse Hessian from the last steps (J. Nocedal, Math. Comp. 35
/// (1980) 773).
[<RequireQualifiedAccess>]
module Lbfgs =

    /// A step of the parameters, the change of the gradient along it, and 1/(step · change); 0 for none.
    type private Pair = { Step: Tree<Tensor>; Change: Tree<Tensor>; Weight: float }

    let private ofPair pair = Branch [ "step", pair.Step; "change", pair.Change; "weight", Trees.ofNumber pair.Weight ]

    let private toPair tree =
        { Step = Tree.find "step" tree
          Change = Tree.find "change" tree
          Weight = Trees.number "weight" tree }

    let private secant (pair: Pair) : Secant<Tree<Tensor>> =
        { Step = pair.Step; Change = pair.Change; Curvature = 1.0 / pair.Weight }

    let private apply (identity: float) (pairs: Pair list) gradients =
        let move q t d = Trees.along t q d
        let multiply (factor: float) = Tree.map (fun (x: Tensor) -> factor * x)
        InverseHessian.times Trees.dot move multiply identity (List.map secant pairs) gradients

    /// Gradients times the inverse Hessian of the last `size` steps, which begins with step · change / |change|² of the
    /// last one; in the first step with 1/|gradient|, at most 1. A step along which the gradient does not grow, step ·
    /// change ≤ 0, is not used.
    let scale (size: int) : GradientTransformation =
        Guard.atLeast "Lbfgs.scale" "size" 1 size

        let remember (count: int) parameters gradients (pairs: Pair list) =
            Branch
                [ "count", Trees.ofNumber (float count)
                  "parameters", parameters
                  "gradients", gradients
                  "pairs", Branch [ for i, pair in List.indexed pairs -> string i, ofPair pair ] ]

        { Init =
            fun parameters ->
                let zeros = Trees.zeros parameters
                remember 0 zeros zeros (List.replicate size { Step = zeros; Change = zeros; Weight = 0.0 })
          Update =
            fun gradients memory point ->
                let count = Trees.count memory
                let kept = [ for i in 0 .. size - 1 -> toPair (Tree.find $"pairs/{i}" memory) ]

                let scale, pairs =
                    if count = 0 then
                        min 1.0 (1.0 / Trees.norm gradients), kept
                    else
                        let step = Trees.along -1.0 point.Parameters (Tree.find "parameters" memory)
                        let change = Trees.along -1.0 gradients (Tree.find "gradients" memory)
                        let curvature = Trees.dot step change
                        let good = curvature > 0.0
                        let weight = if good then 1.0 / curvature else 0.0
                        let newest = { Step = step; Change = change; Weight = weight }
                        (if good then curvature / Trees.dot change change else 1.0), newest :: List.take (size - 1) kept

                let used = pairs |> List.filter (fun pair -> pair.Weight <> 0.0)
                apply scale used gradients, remember (count + 1) point.Parameters gradients pairs }

    /// L-BFGS without a search along the line: −rate times the scaled gradient. For functions whose Hessian changes
    /// little; else see `LineSearch.step`.
    let optimiser (size: int) (rate: float) : GradientTransformation =
        Transform.named [ "lbfgs", scale size; "rate", ScaleBy.learningRate rate ]
