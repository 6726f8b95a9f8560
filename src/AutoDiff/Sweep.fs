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
        let adjoints = Dictionary<int64, Tensor>()
        let owned = HashSet<Raw>(HashIdentity.Reference)
        let queue = PriorityQueue<Node, int64>()

        /// What has arrived at an output; an output's key is the id of its node plus its number.
        let arrived key : Tensor | null =
            match adjoints.TryGetValue key with
            | true, g -> g
            | _ -> null

        let give operation (x: Tensor | null) (g: Tensor) =
            match x with
            | Reverse(primal, node, output) when node.Level = level ->
                if not (Shape.equal primal.Shape g.Shape) then
                    Shape.mismatch operation primal.Shape g.Shape "a cotangent has the shape of its tensor"

                let key = node.Id + int64 output

                match arrived key with
                | null ->
                    let mutable others = false

                    for i in 0 .. node.Outputs.Length - 1 do
                        others <- others || adjoints.ContainsKey(node.Id + int64 i)

                    adjoints[key] <- g
                    if not others && not (isNull node.Operation) then queue.Enqueue(node, -node.Id)
                | Constant sum when g.Level = 0L && owned.Contains sum -> accumulate sum g.Raw
                | sum ->
                    let total = sum + g
                    adjoints[key] <- total
                    if total.Level = 0L then owned.Add total.Raw |> ignore
            | _ -> ()

        Array.iter2 (give "pullback") outputs cotangents

        let single: (Tensor | null)[] = Array.zeroCreate 1
        let mutable node = Unchecked.defaultof<Node>
        let mutable id = 0L

        while queue.TryDequeue(&node, &id) do
            let operation = nonNull node.Operation
            let inputs = node.Inputs
            let cotangents = if node.Outputs.Length = 1 then single else Array.zeroCreate node.Outputs.Length

            // From here on rules may pass these on to several tensors, so nothing is added to them any more.
            for i in 0 .. cotangents.Length - 1 do
                cotangents[i] <- arrived (node.Id + int64 i)
                adjoints.Remove(node.Id + int64 i) |> ignore

                match cotangents[i] with
                | Constant raw -> owned.Remove raw |> ignore
                | _ -> ()

            let parts = operation.Pullback(node, cotangents)

            for i in 0 .. inputs.Length - 1 do
                match parts[i] with
                | null -> ()
                | part -> give operation.Name inputs[i] part

        leaves
        |> Array.map (function
            | Reverse(_, node, _) -> arrived node.Id
            | _ -> null)
