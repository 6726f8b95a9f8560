namespace Noether.AutoDiff

open System.Collections.Generic
open Noether.Kernels

/// The reverse sweep: cotangents flow from outputs to leaves, through the nodes in descending order of their ids.
/// A tape is never modified, so it can be swept any number of times, from several threads.
module internal Sweep =

    /// A fresh leaf of the differentiation at `level`.
    let leaf level x = Reverse(x, Node(level, null, Array.empty, [| x |]), 0)

    /// How the memory of what a reverse rule returns relates to that of the cotangents it is given.
    [<Struct>]
    type private Memory =
        /// Nobody knows.
        | Shared
        /// All results are new arrays, which nobody else has, and the cotangents are read no more.
        | New
        /// The only result is the cotangent under another shape.
        | Moved

    let private memory (operation: Operation) =
        match operation with
        | :? Contraction as contraction when (contraction.Form :? Reshape) -> Moved
        | :? Contraction
        | :? Pointwise
        | :? Product
        | :? Affine
        | :? Quotient -> New
        | _ -> Shared

    /// Whether a rule works on constants: then nothing records what it is given.
    let private onConstants (node: Node) (cotangents: (Tensor | null)[]) =
        let constant level (x: Tensor | null) =
            match x with
            | null -> true
            | x -> (x.Strip level).Level = 0L

        Array.forall (constant node.Level) node.Inputs && Array.forall (constant 0L) cotangents

    /// The cotangents of the leaves, given those of the outputs; null where an output does not depend on a leaf.
    let pullback level (leaves: Tensor[]) (outputs: Tensor[]) (cotangents: Tensor[]) : (Tensor | null)[] =
        let adjoints = Dictionary<int64, Tensor>()
        // Arrays that the sweep alone has: it may add to them, and gives them back when they are used up.
        let owned = HashSet<Raw>(HashIdentity.Reference)
        let queue = PriorityQueue<Node, int64>()

        /// What has arrived at an output; an output's key is the id of its node plus its number.
        let arrived key : Tensor | null =
            match adjoints.TryGetValue key with
            | true, g -> g
            | _ -> null

        let giveBack (g: Tensor) =
            match g with
            | Constant raw -> Raw.release raw
            | _ -> ()

        let give operation isNew (x: Tensor | null) (g: Tensor) =
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
                    if isNew then owned.Add g.Raw |> ignore
                    if not others && not (isNull node.Operation) then queue.Enqueue(node, -node.Id)
                | Constant sum when g.Level = 0L && owned.Contains sum ->
                    Raw.addInPlace "reverse sweep" sum g.Raw
                    if isNew then giveBack g
                | sum ->
                    let total = sum + g
                    adjoints[key] <- total
                    if total.Level = 0L then owned.Add total.Raw |> ignore
                    if isNew then giveBack g
            | _ -> ()

        Array.iter2 (give "pullback" false) outputs cotangents

        let single: (Tensor | null)[] = Array.zeroCreate 1
        let mutable node = Unchecked.defaultof<Node>
        let mutable id = 0L

        while queue.TryDequeue(&node, &id) do
            let operation = nonNull node.Operation
            let inputs = node.Inputs
            let cotangents = if node.Outputs.Length = 1 then single else Array.zeroCreate node.Outputs.Length

            // From here on rules may pass these on to several tensors, so nothing is added to them any more.
            let mutable alone = true

            for i in 0 .. cotangents.Length - 1 do
                cotangents[i] <- arrived (node.Id + int64 i)
                adjoints.Remove(node.Id + int64 i) |> ignore

                match cotangents[i] with
                | Constant raw -> alone <- owned.Remove raw && alone
                | null -> ()
                | _ -> alone <- false

            let memory = if onConstants node cotangents then memory operation else Shared
            let parts = operation.Pullback(node, cotangents)

            if alone && memory = New then
                for g in cotangents do
                    match g with
                    | null -> ()
                    | g -> giveBack g

            let isNew = memory = New || (memory = Moved && alone)

            for i in 0 .. inputs.Length - 1 do
                match parts[i] with
                | null -> ()
                | part -> give operation.Name isNew inputs[i] part

        leaves
        |> Array.map (function
            | Reverse(_, node, _) -> arrived node.Id
            | _ -> null)
