namespace Noether.AutoDiff

open System.Collections.Generic
open Noether.Kernels

/// The reverse sweep: cotangents flow from outputs to leaves, through the nodes in descending order of their ids.
/// A tape is never modified, so it can be swept any number of times, from several threads.
module internal Sweep =

    /// A fresh leaf of the differentiation at `level`.
    let leaf level x = Reverse(x, Node(level, null, Array.empty, [| x |]), 0)

    /// Adds to an array that the sweep made itself.
    let private accumulate (sum: Raw) (part: Raw) =
        match sum, part with
        | (:? Raw<float> as y), (:? Raw<float> as x) -> Elementwise.AddInPlace(x.Span, y.Output)
        | (:? Raw<float32> as y), (:? Raw<float32> as x) -> Elementwise.AddInPlace(x.Span, y.Output)
        | _ -> Shape.fail "reverse sweep" $"mixed precisions, {sum.Precision} and {part.Precision}"

    /// The cotangents of the leaves, given those of the outputs; null where an output does not depend on a leaf.
    let pullback level (leaves: Tensor[]) (outputs: Tensor[]) (cotangents: Tensor[]) : (Tensor | null)[] =
        let adjoints = Dictionary<int64, (Tensor | null)[]>()
        let owned = HashSet<Raw>(HashIdentity.Reference)
        let queue = PriorityQueue<Node, int64>()

        let add (adjoint: (Tensor | null)[]) output part =
            match adjoint[output], part with
            | null, _ -> adjoint[output] <- part
            | Constant sum, Constant part when owned.Contains sum -> accumulate sum part
            | sum, _ ->
                let total = sum + part
                adjoint[output] <- total

                match total with
                | Constant raw -> owned.Add raw |> ignore
                | _ -> ()

        let give operation (x: Tensor | null) (g: Tensor | null) =
            match x, g with
            | null, _
            | _, null -> ()
            | Reverse(primal, node, output), g when node.Level = level ->
                if not (Shape.equal primal.Shape g.Shape) then
                    Shape.mismatch operation primal.Shape g.Shape "a cotangent has the shape of its tensor"

                match adjoints.TryGetValue node.Id with
                | true, adjoint -> add adjoint output g
                | _ ->
                    let adjoint = Array.zeroCreate node.Outputs.Length
                    adjoint[output] <- g
                    adjoints[node.Id] <- adjoint

                    if not (isNull node.Operation) then queue.Enqueue(node, -node.Id)
            | _ -> ()

        Array.iter2 (give "pullback") outputs cotangents

        let mutable node = Unchecked.defaultof<Node>
        let mutable id = 0L

        while queue.TryDequeue(&node, &id) do
            let operation = nonNull node.Operation
            let mutable adjoint = Array.empty

            if adjoints.Remove(node.Id, &adjoint) then
                // From here on rules may pass these on to several tensors, so nothing is added to them any more.
                for g in adjoint do
                    match g with
                    | Constant raw -> owned.Remove raw |> ignore
                    | _ -> ()

                let inputs = node.Inputs
                let parts = operation.Pullback(node, adjoint)

                for i in 0 .. inputs.Length - 1 do
                    give operation.Name inputs[i] parts[i]

        leaves
        |> Array.map (function
            | Reverse(_, node, _) ->
                match adjoints.TryGetValue node.Id with
                | true, adjoint -> adjoint[0]
                | _ -> null
            | _ -> null)
