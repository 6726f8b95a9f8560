namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// Some consecutive receivers of a graph with all their edges.
[<NoComparison; NoEquality>]
type internal MessageBlock =
    {
        /// The edges; their receivers are numbered from the first of the block, their senders as in `Senders`, their rows of
        /// weights as in `Rows`.
        Edges: MessageEdges
        /// The first receiver.
        First: int
        /// The nodes of the graph that edges come from, each once.
        Senders: int[]
        /// The rows of weights of the graph that the edges read, each once.
        Rows: int[]
    }

/// What a function of a graph reads, and of that what belongs to one block of it.
[<NoComparison; NoEquality>]
type internal BlockInputs =
    {
        /// Parameters, which belong to every block.
        Parameters: Tensor[]
        /// A row for each row of weights.
        PerRow: Tensor[]
        /// A row for each edge.
        PerEdge: Tensor[]
        /// A row for each node that edges come from.
        PerSender: Tensor[]
        /// A row for each receiver.
        PerReceiver: Tensor[]
    }

/// Message passes whose weights are a function of something small that edges have: computed for one block of receivers
/// after the other, forgotten, and computed again in a reverse sweep, so that the memory for weights does not grow with
/// the graph. How a graph is cut depends on its edges only.
[<RequireQualifiedAccess>]
module MessageBlocks =

    /// Bytes of weights up to which a graph is one block.
    let private blockBytes = 64 <<< 20

    /// Numbers for things in the order in which a block names them first.
    [<Sealed>]
    type private Numbering(count: int) =
        // The block that named a thing last, and its number there.
        let owner = Array.create count -1
        let place = Array.zeroCreate<int> count
        let names = ResizeArray<int>()

        member _.Names = names

        member _.Number(block, thing) =
            if owner[thing] <> block then
                owner[thing] <- block
                place[thing] <- names.Count
                names.Add thing

            place[thing]

        /// The things, from which the next block begins anew.
        member _.Close() =
            let all = names.ToArray()
            names.Clear()
            all

    /// The number of the first edge of each receiver, and the number of edges.
    let private starts (edges: MessageEdges) =
        let starts = Array.zeroCreate (edges.Targets + 1)

        for receiver in edges.Receivers do
            starts[receiver + 1] <- starts[receiver + 1] + 1

        for receiver in 1 .. edges.Targets do
            starts[receiver] <- starts[receiver] + starts[receiver - 1]

        starts

    /// The receivers at which blocks begin, and their number: blocks of at most `limit` rows of weights, or of one receiver.
    let private bounds limit (edges: MessageEdges) (starts: int[]) (row: int -> int) =
        let owner = Array.create edges.WeightRows -1
        let bounds = ResizeArray [ 0 ]
        let mutable count = 0

        let take node =
            for e in starts[node] .. starts[node + 1] - 1 do
                if owner[row e] <> bounds.Count then
                    owner[row e] <- bounds.Count
                    count <- count + 1

        for node in 0 .. edges.Targets - 1 do
            let before = count
            take node

            if count > limit && before > 0 then
                bounds.Add node
                count <- 0
                take node

        bounds.Add edges.Targets
        bounds.ToArray()

    /// Blocks of at most `limit` rows of weights each, or of one receiver.
    let internal cut limit (edges: MessageEdges) : MessageBlock[] =
        let row e =
            match edges.Rows with
            | null -> e
            | rows -> rows[e]

        let starts = starts edges
        let rows, senders = Numbering edges.WeightRows, Numbering edges.Nodes

        bounds limit edges starts row
        |> Array.pairwise
        |> Array.mapi (fun block (first, last) ->
            let own = [| starts[first] .. starts[last] - 1 |]
            let index = own |> Array.map (fun e -> rows.Number(block, row e))
            let from = own |> Array.map (fun e -> senders.Number(block, edges.Senders[e]))
            let receivers = own |> Array.map (fun e -> edges.Receivers[e] - first)
            let nodes, all = senders.Names.Count, rows.Names.Count

            { Edges = MessageEdges(nodes, last - first, from, receivers, all, index)
              First = first
              Senders = senders.Close()
              Rows = rows.Close() })

    /// A function of the blocks of a graph that gives rows for the receivers of each, put together; nothing of what it computes
    /// is kept for a reverse sweep.
    let internal map (edges: MessageEdges) (blocks: MessageBlock[]) f (inputs: BlockInputs) : Tensor =
        let receivers = Consecutive(blocks |> Array.map _.Edges.Targets)
        let perEdge = Consecutive(blocks |> Array.map _.Edges.Count)
        let perSender = Chosen(edges.Nodes, blocks |> Array.map _.Senders)
        let perRow = Chosen(edges.WeightRows, blocks |> Array.map _.Rows)

        let groups =
            [ Whole, inputs.Parameters
              perRow, inputs.PerRow
              perEdge, inputs.PerEdge
              perSender, inputs.PerSender
              receivers, inputs.PerReceiver ]

        let ends = groups |> List.scan (fun start (_, tensors) -> start + tensors.Length) 0 |> Array.ofList

        let ofBlock b (xs: Tensor[]) =
            let own i = xs[ends[i] .. ends[i + 1] - 1]

            [| f
                   blocks[b]
                   { Parameters = own 0
                     PerRow = own 1
                     PerEdge = own 2
                     PerSender = own 3
                     PerReceiver = own 4 } |]

        let arguments =
            [ for part, tensors in groups do
                  for x in tensors -> part, x ]

        (Blocks.checkpoint blocks.Length ofBlock [ receivers ] arguments)[0]

    /// The message pass, and the end of the weights where nothing has recorded them.
    let internal pass plan edges x y (w: Tensor) =
        let messages = MessagePass.apply plan edges x y w
        if messages.Level = 0L then Raw.release w.Raw
        messages

    /// `apply` with at most so many rows of weights at a time, but for a receiver that has more.
    let applyWithin
        (limit: int)
        (plan: MessagePlan)
        (edges: MessageEdges)
        (weights: Tensor[] -> Tensor[] -> Tensor)
        (parameters: Tensor[])
        (perRow: Tensor[])
        (x: Tensor)
        (y: Tensor)
        : Tensor =
        let blocks = if edges.WeightRows <= limit then [||] else cut limit edges

        if blocks.Length < 2 then
            pass plan edges x y (weights parameters perRow)
        else
            let ofBlock block inputs =
                weights inputs.Parameters inputs.PerRow |> pass plan block.Edges inputs.PerSender[0] inputs.PerEdge[0]

            map
                edges
                blocks
                ofBlock
                { Parameters = parameters
                  PerRow = perRow
                  PerEdge = [| y |]
                  PerSender = [| x |]
                  PerReceiver = [||] }

    /// `MessagePass.apply` with weights that are a function of parameters and of tensors that have a row for each row of
    /// weights: `weights parameters perRow` is [rows, copies of all terms]. It must be a new
    /// tensor, for its memory is used again; the function treats the rows alike and may capture constants but nothing that
    /// is differentiated. Where all weights are more than 64 MB, they are computed for blocks of
    /// receivers, and again in a reverse sweep: time (about a third of the sweep's) for memory.
    /// TensorException where a shape differs or precisions are mixed.
    let apply plan edges weights parameters perRow (x: Tensor) y =
        let width = (plan: MessagePlan).Kernel.WeightsWidth
        let bytes = if x.Precision = Float64 then 8 else 4
        applyWithin (max 1 (blockBytes / (max 1 width * bytes))) plan edges weights parameters perRow x y
