namespace Noether.Training

open System
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Learning

/// The point at which gradients were taken.
type GradientPoint =
    {
        /// The parameters.
        Parameters: Tree<Tensor>
        /// The loss at them.
        Loss: float
    }

/// A gradient transformation: what it remembers between steps, and how it turns gradients into updates. The last of a
/// chain gives what is added to the parameters.
///
/// *Pure.* Memory goes in and comes out, so transformations chain, and steps can be repeated.
/// *One type.* Every memory is a tree of tensors (a count is one number, float64), so a chain of transformations is a
/// transformation, and any memory can be written to a file and read again.
[<NoEquality; NoComparison>]
type GradientTransformation =
    {
        /// The memory before the first step, from the parameters. Its structure never changes.
        Init: Tree<Tensor> -> Tree<Tensor>
        /// Updates and new memory, from gradients, memory, and the point where the gradients were taken.
        Update: Tree<Tensor> -> Tree<Tensor> -> GradientPoint -> Tree<Tensor> * Tree<Tensor>
    }

/// Numbers of whole trees, and numbers in memories.
[<RequireQualifiedAccess>]
module internal Trees =
    /// The scalar product of two trees, in double precision.
    let dot (a: Tree<Tensor>) (b: Tree<Tensor>) =
        Tree.map2 (fun (x: Tensor) y -> Tensor.value (Tensor.sum (x * y))) a b |> Tree.leaves |> List.sum

    /// The Euclidean norm of all elements.
    let norm tree = sqrt (dot tree tree)

    let zeros tree = Tree.map Tensor.zerosLike tree

    /// a + factor · b.
    let along (factor: float) (a: Tree<Tensor>) (b: Tree<Tensor>) = Tree.map2 (fun (x: Tensor) y -> x + factor * y) a b

    /// The Euclidean norm of a tensor.
    let size (x: Tensor) = sqrt (Tensor.value (Tensor.sum (Tensor.square x)))

    /// A number as memories hold it.
    let ofNumber (x: float) = Leaf(Tensor.scalar x)
    /// The number of this name in a memory.
    let number name memory = Tensor.value (Tree.value name memory)

    /// The steps that a memory counts.
    let count memory = int (number "count" memory)

/// Making transformations and putting them together.
[<RequireQualifiedAccess>]
module Transform =

    /// A transformation without memory, from gradients and the point where they were taken.
    let stateless (f: Tree<Tensor> -> GradientPoint -> Tree<Tensor>) : GradientTransformation =
        { Init = fun _ -> Branch []
          Update = fun gradients memory point -> f gradients point, memory }

    /// Gradients as they are.
    let identity = stateless (fun gradients _ -> gradients)

    /// Zeros: what it is applied to stays as it is.
    let zero = stateless (fun gradients _ -> Trees.zeros gradients)

    /// Each tensor for itself, without memory.
    let map (f: Tensor -> Tensor) = stateless (fun gradients _ -> Tree.map f gradients)

    /// Each tensor for itself, with the parameter that it belongs to, without memory.
    let mapWithParameters (f: Tensor -> Tensor -> Tensor) =
        stateless (fun gradients point -> Tree.map2 f gradients point.Parameters)

    /// Each tensor for itself, with memory: named slots of the tensor's shape, filled with a number at the start. The rule
    /// gets the number of the step (from 1), the gradient and the slots, and gives the update and the new slots.
    let withSlots
        (slots: (string * float) list)
        (rule: int -> Tensor -> Tensor[] -> Tensor * Tensor[])
        : GradientTransformation =
        let remember step slot = Branch [ yield "count", Trees.ofNumber (float step); yield! slots |> List.mapi slot ]

        { Init =
            fun parameters ->
                let filled start (p: Tensor) = Tensor.full p.Precision p.Shape start
                remember 0 (fun _ (name, start) -> name, Tree.map (filled start) parameters)
          Update =
            fun gradients memory _ ->
                let step = Trees.count memory + 1

                let kept =
                    [| for name, _ in slots do
                           let tree = Tree.map2 (fun _ slot -> slot) gradients (Tree.find name memory)
                           Array.ofList (Tree.leaves tree) |]

                let results =
                    Tree.leaves gradients
                    |> List.mapi (fun i gradient -> rule step gradient (kept |> Array.map (fun slot -> slot[i])))

                let slot j (name, _) = name, Tree.withLeaves [ for _, slots in results -> slots[j] ] gradients
                Tree.withLeaves (List.map fst results) gradients, remember step slot }

    /// One after the other; the memory of each stands under its name. Two equal names are an `ArgumentException`.
    let named (parts: (string * GradientTransformation) list) : GradientTransformation =
        for name, group in List.groupBy fst parts do
            if group.Length > 1 then
                raise (ArgumentException($"Transform.named: the name '{name}' stands {group.Length} times."))

        { Init = fun parameters -> Branch [ for name, part in parts -> name, part.Init parameters ]
          Update =
            fun gradients memory point ->
                let memories, updates =
                    List.mapFold
                        (fun updates (name, part) ->
                            let updates, memory = part.Update updates (Tree.find name memory) point
                            (name, memory), updates)
                        gradients
                        parts

                updates, Branch memories }

    /// One after the other. Memories are named by number from 0.
    let chain (parts: GradientTransformation list) = named [ for i, part in List.indexed parts -> string i, part ]

    /// The part of a tree whose leaves are selected.
    let private restrict (selected: Tree<bool>) tree =
        let rec walk selected tree =
            match selected, tree with
            | Branch selected, Branch children ->
                [ for (name, s), (_, child) in List.zip selected children do
                      match walk s child with
                      | Some part -> name, part
                      | None -> () ]
                |> function
                    | [] -> None
                    | parts -> Some(Branch parts)
            | Leaf true, leaf -> Some leaf
            | _ -> None

        walk selected tree |> Option.defaultValue (Branch [])

    /// The transformation on those parameters that are selected by path (names joined by '/') and value; the gradients of
    /// the others pass as they are. Memory is kept for the selected ones only. The selection must be the same in each step.
    let masked (select: string -> Tensor -> bool) (inner: GradientTransformation) : GradientTransformation =
        { Init = fun parameters -> inner.Init(restrict (Tree.mapPaths select parameters) parameters)
          Update =
            fun gradients memory point ->
                let selected = Tree.mapPaths select point.Parameters
                let part = { point with Parameters = restrict selected point.Parameters }
                let updates, memory = inner.Update (restrict selected gradients) memory part

                let merged, _ =
                    List.mapFold
                        (fun rest (chosen, gradient) ->
                            match chosen, rest with
                            | true, update :: rest -> update, rest
                            | _ -> gradient, rest)
                        (Tree.leaves updates)
                        (List.zip (Tree.leaves selected) (Tree.leaves gradients))

                Tree.withLeaves merged gradients, memory }

    /// A transformation for each label: parameters are labelled by path and value. A label without transformation is an
    /// `ArgumentException` when the memory is made.
    let perLabel
        (label: string -> Tensor -> string)
        (parts: (string * GradientTransformation) list)
        : GradientTransformation =
        let each = named [ for name, part in parts -> name, masked (fun path p -> label path p = name) part ]
        let known = parts |> List.map fst |> String.concat ", "

        let check path p =
            let found = label path p

            if not (List.exists (fun (name, _) -> name = found) parts) then
                raise (ArgumentException($"Transform.perLabel: \"{path}\" has the label '{found}'; there are {known}."))

        { each with
            Init =
                fun parameters ->
                    Tree.mapPaths check parameters |> ignore
                    each.Init parameters }

    /// The transformation of the mean of `steps` gradients, at every step of that number; zeros at the others.
    let every (steps: int) (inner: GradientTransformation) : GradientTransformation =
        Guard.atLeast "Transform.every" "steps" 1 steps

        let remember (count: int) mean memory =
            Branch [ "count", Trees.ofNumber (float count); "mean", mean; "inner", memory ]

        { Init = fun parameters -> remember 0 (Trees.zeros parameters) (inner.Init parameters)
          Update =
            fun gradients memory point ->
                let count = Trees.count memory + 1
                let memories = Tree.find "inner" memory

                let mean =
                    Tree.map2
                        (fun (mean: Tensor) g -> mean + (g - mean) / float count)
                        (Tree.find "mean" memory)
                        gradients

                if count < steps then
                    Trees.zeros gradients, remember count mean memories
                else
                    let updates, memories = inner.Update mean memories point
                    updates, remember 0 (Trees.zeros gradients) memories }

    /// A decaying mean of the gradients, decay · mean + (1 − decay) · gradient; unbiased where asked, that is divided by
    /// 1 − decayᵗ in step t, for it begins at zero.
    let ema (decay: float) (unbiased: bool) : GradientTransformation =
        Guard.decay "Transform.ema" "decay" decay

        withSlots [ "mean", 0.0 ] (fun step g slots ->
            let mean = decay * slots[0] + (1.0 - decay) * g
            (if unbiased then mean / (1.0 - pown decay step) else mean), [| mean |])

    /// Momentum: the sum decay · sum + gradient (B. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1), or what that becomes
    /// with the same gradient once more: gradient + decay · sum (Y. Nesterov, Soviet Math. Dokl. 27 (1983) 372, as in
    /// I. Sutskever et al., ICML 2013).
    let trace (decay: float) (nesterov: bool) : GradientTransformation =
        Guard.decay "Transform.trace" "decay" decay

        withSlots [ "sum", 0.0 ] (fun _ g slots ->
            let sum = g + decay * slots[0]
            (if nesterov then g + decay * sum else sum), [| sum |])

    /// Each row of each tensor of two or more axes minus its mean (H. Yong et al., arXiv:2004.01461).
    let centralize =
        map (fun g ->
            if g.Rank < 2 then
                g
            else
                let axes = [| 1 .. g.Rank - 1 |]
                let ones = Array.init g.Rank (fun i -> if i = 0 then g.Shape[0] else 1)
                let count = float (g.Size / max 1 g.Shape[0])
                g - Tensor.reshape ones (Tensor.sumAxes axes g / count))

    /// The gradient plus decay times the parameter: weight decay.
    let decayWeights (decay: float) =
        Guard.finite "Transform.decayWeights" "decay" decay
        mapWithParameters (fun g p -> g + decay * p)
