namespace Noether.AutoDiff

open System.Collections.Generic
open Noether.Kernels

/// The cotangents on their way through a reverse sweep, by the id of the node and the number of its output. Those of one
/// tensor are added up, in place where the sweep made the sum and nobody else has it.
[<Sealed>]
type private Adjoints(level: int64) =
    let sums = Dictionary<int64, Tensor>()
    let queue = PriorityQueue<Node, int64>()
    let owner = Owner FreeArrays.Tensors

    let own (g: Tensor) = owner.Own(Raw.array g.Raw)

    let arrived key : Tensor | null =
        match sums.TryGetValue key with
        | true, g -> g
        | _ -> null

    /// Queues a node with the first cotangent of any of its outputs.
    let enqueue (node: Node) =
        let mutable isQueued = false

        for i in 0 .. node.Outputs.Length - 1 do
            isQueued <- isQueued || sums.ContainsKey(node.Id + int64 i)

        if not isQueued && not (isNull node.Operation) then queue.Enqueue(node, -node.Id)

    /// The cotangent of a leaf, null where nothing arrived.
    member _.Of(leaf: Node) = arrived leaf.Id

    /// Ends the use of a cotangent that the sweep has to itself.
    member _.Release(g: Tensor) =
        match g with
        | Constant raw -> Raw.release owner raw
        | _ -> ()

    /// Adds a cotangent to that of a tensor of this differentiation; `isNew` where the sweep alone has it.
    member this.Add(operation, x: Tensor | null, g: Tensor, isNew) =
        match x with
        | Reverse(primal, node, output) when node.Level = level ->
            if not (Shape.equal primal.Shape g.Shape) then
                Shape.mismatch operation primal.Shape g.Shape "a cotangent has the shape of its tensor"

            let key = node.Id + int64 output
            if isNew then own g

            match arrived key with
            | null ->
                enqueue node
                sums[key] <- g
            | Constant sum when g.Level = 0L && owner.Owns(Raw.array sum) ->
                Raw.addInPlace "reverse sweep" sum g.Raw
                if isNew then this.Release g
            | sum ->
                let total = sum + g
                sums[key] <- total
                if total.Level = 0L then own total
                if isNew then this.Release g
        | _ -> ()

    /// The node with the highest id whose outputs have cotangents.
    member _.TryNext(node: byref<Node>) =
        let mutable id = 0L
        queue.TryDequeue(&node, &id)

    /// Takes the cotangents of a node's outputs out. From here on a rule may pass them on to several tensors, so nothing
    /// is added to them any more. Whether the sweep had them all to itself.
    member _.Take(node: Node, cotangents: (Tensor | null)[]) : bool =
        let mutable alone = true

        for i in 0 .. cotangents.Length - 1 do
            let key = node.Id + int64 i
            cotangents[i] <- arrived key
            sums.Remove key |> ignore

            match cotangents[i] with
            | Constant raw -> alone <- owner.Disown(Raw.array raw) && alone
            | null -> ()
            | _ -> alone <- false

        alone

    /// Ends the use of cotangents that were taken out, which the sweep had to itself.
    member this.Drop(cotangents: (Tensor | null)[]) =
        for g in cotangents do
            match g with
            | null -> ()
            | g ->
                own g
                this.Release g

/// The reverse sweep: cotangents flow from outputs to leaves, through the nodes in descending order of their ids.
/// A tape is never modified, so it can be swept any number of times, from several threads.
module internal Sweep =

    /// A fresh leaf of the differentiation at `level`.
    let leaf level x = Reverse(x, Node(level, null, Array.empty, [| x |]), 0)

    /// The memory of a reverse rule's results, and that of the cotangents it is given.
    [<Struct>]
    type private Memory =
        /// Unknown.
        | Shared
        /// All results are new arrays, which nobody else has, and the cotangents are read no more.
        | New
        /// The only result is the cotangent under another shape.
        | Moved

    /// Rules that call no function of a user's, on constants: nothing records what they are given.
    let private memory (node: Node) (cotangents: (Tensor | null)[]) =
        let constant level (x: Tensor | null) =
            match x with
            | null -> true
            | x -> (x.Strip level).Level = 0L

        if not (Array.forall (constant node.Level) node.Inputs) || not (Array.forall (constant 0L) cotangents) then
            Shared
        else
            match node.Operation with
            | :? Contraction as contraction when (contraction.Form :? Reshape) -> Moved
            | :? Contraction
            | :? Pointwise
            | :? Product
            | :? Affine
            | :? Quotient -> New
            | _ -> Shared

    /// The cotangents of the leaves, given those of the outputs; null where an output does not depend on a leaf.
    let pullback level (leaves: Tensor[]) (outputs: Tensor[]) (cotangents: Tensor[]) : (Tensor | null)[] =
        let adjoints = Adjoints level
        Array.iter2 (fun y g -> adjoints.Add("pullback", y, g, false)) outputs cotangents
        let single: (Tensor | null)[] = Array.zeroCreate 1
        let mutable node = Unchecked.defaultof<Node>

        while adjoints.TryNext &node do
            let operation = nonNull node.Operation
            let cotangents = if node.Outputs.Length = 1 then single else Array.zeroCreate node.Outputs.Length
            let alone = adjoints.Take(node, cotangents)
            let memory = memory node cotangents
            let parts = operation.Pullback(node, cotangents)
            if alone && memory = New then adjoints.Drop cotangents
            let isNew = memory = New || (memory = Moved && alone)

            for i in 0 .. parts.Length - 1 do
                match parts[i] with
                | null -> ()
                | part -> adjoints.Add(operation.Name, node.Inputs[i], part, isNew)

        leaves
        |> Array.map (function
            | Reverse(_, node, _) -> adjoints.Of node
            | _ -> null)
