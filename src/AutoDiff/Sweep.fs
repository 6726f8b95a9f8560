namespace Noether.AutoDiff

open System.Collections.Generic
open Noether.Kernels

/// What has arrived at a node's outputs. A sum that the sweep made itself, of constants, is added to in place.
[<Sealed>]
type internal Adjoint(outputs: int) =
    let own: bool[] = Array.zeroCreate outputs

    member val Cotangents: Tensors = Array.zeroCreate outputs

    member this.Add(output, contribution: Tensor) =
        let cotangents = this.Cotangents

        match cotangents[output], contribution with
        | null, _ -> cotangents[output] <- contribution
        | Constant sum, Constant part when own[output] ->
            match sum, part with
            | (:? Raw<float> as y), (:? Raw<float> as x) -> Elementwise.AddInPlace(x.Span, y.Output)
            | (:? Raw<float32> as y), (:? Raw<float32> as x) -> Elementwise.AddInPlace(x.Span, y.Output)
            | _ -> Shape.fail "reverse sweep" $"mixed precisions, {sum.Precision} and {part.Precision}"
        | sum, part ->
            cotangents[output] <- sum + part
            own[output] <- (nonNull cotangents[output]).Level = 0L

/// The reverse sweep: cotangents flow from outputs to leaves, through the nodes in descending order of their ids.
/// A tape is never modified, so it can be swept any number of times, from several threads.
module internal Sweep =

    /// A fresh leaf of the differentiation at `level`.
    let leaf level x =
        Reverse(x, Node(level, null, [||], [| x |]), 0)

    /// The cotangents of the leaves, given those of the outputs; null where an output does not depend on a leaf.
    let pullback level (leaves: Tensor[]) (outputs: Tensor[]) (cotangents: Tensor[]) : Tensors =
        let adjoints = Dictionary<int64, Adjoint>()
        let queue = PriorityQueue<Node, int64>()

        let give operation (x: Tensor | null) (g: Tensor | null) =
            match x, g with
            | Reverse(primal, node, output), g when node.Level = level && not (isNull g) ->
                let g = nonNull g

                if not (Shape.equal primal.Shape g.Shape) then
                    Shape.mismatch operation primal.Shape g.Shape "a cotangent has the shape of its tensor"

                match adjoints.TryGetValue node.Id with
                | true, adjoint -> adjoint.Add(output, g)
                | _ ->
                    let adjoint = Adjoint node.Outputs.Length
                    adjoint.Add(output, g)
                    adjoints[node.Id] <- adjoint

                    if not (isNull node.Operation) then
                        queue.Enqueue(node, -node.Id)
            | _ -> ()

        Array.iter2 (give "pullback") outputs cotangents

        let mutable node = Unchecked.defaultof<Node>
        let mutable id = 0L

        while queue.TryDequeue(&node, &id) do
            let operation = nonNull node.Operation
            let adjoint = adjoints[node.Id]
            adjoints.Remove node.Id |> ignore

            let wanted =
                node.Inputs
                |> Array.map (function
                    | Reverse(_, n, _) -> n.Level = level
                    | _ -> false)

            let inputs = Operation.Strip(node.Inputs, level)
            let outputs = Operation.Strip(node.Outputs, level)

            operation.Pullback(inputs, outputs, adjoint.Cotangents, wanted)
            |> Array.iteri2
                (fun i x g ->
                    if wanted[i] then
                        give operation.Name x g)
                node.Inputs

        leaves
        |> Array.map (function
            | Reverse(_, node, _) ->
                match adjoints.TryGetValue node.Id with
                | true, adjoint -> adjoint.Cotangents[0]
                | _ -> null
            | _ -> null)
