namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// Some rows of weights of a graph with all edges that read them.
[<NoComparison; NoEquality>]
type internal MessageBlock =
    {
        /// The edges; their senders, receivers and rows of weights are numbered as in the lists that follow.
        Edges: MessageEdges
        /// Which edges of the graph they are.
        Index: int[]
        /// The rows of weights of the graph; each is in one block only.
        Rows: int[]
        /// The nodes of the graph that edges come from, each once.
        Senders: int[]
        /// The nodes of the graph that edges point to, each once.
        Receivers: int[]
    }

/// The inputs of a function of a graph, of all of it or of one block.
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
    }

/// Message passes whose weights are a function of something small that edges have: computed for one block of weights
/// after the other, forgotten, and computed again in a reverse sweep, so that the memory for weights does not grow with
/// the graph. How a graph is cut depends on its edges only.
[<RequireQualifiedAccess>]
module MessageBlocks =

    /// Bytes of weights up to which a graph is one block.
    let private blockBytes = 64 <<< 20

    let private row (edges: MessageEdges) e =
        match edges.Rows with
        | null -> e
        | rows -> rows[e]

    /// The block of each row of weights, −1 for one that no edge reads, and the number of blocks. A row belongs to its
    /// first receiver, and receivers fill blocks in their order.
    let private owners limit (edges: MessageEdges) =
        let owner = Array.create edges.WeightRows -1
        let mutable block = 0
        let mutable count = 0
        let mutable e = 0

        while e < edges.Count do
            let receiver, first = edges.Receivers[e], e
            let mutable fresh = 0

            while e < edges.Count && edges.Receivers[e] = receiver do
                let own = row edges e

                if owner[own] < 0 then
                    owner[own] <- block
                    fresh <- fresh + 1

                e <- e + 1

            if count > 0 && count + fresh > limit then
                for e in first .. e - 1 do
                    if owner[row edges e] = block then owner[row edges e] <- block + 1

                block <- block + 1
                count <- 0

            count <- count + fresh

        owner, block + 1

    /// Things by their place in the order in which they are named first.
    let private numbered (place: int[]) (things: int[]) =
        let named = ResizeArray<int>()

        let numbers =
            things
            |> Array.map (fun thing ->
                if place[thing] >= named.Count || named[place[thing]] <> thing then
                    place[thing] <- named.Count
                    named.Add thing

                place[thing])

        named.ToArray(), numbers

    /// Blocks of at most `limit` rows of weights each, or of those of one receiver.
    let internal cut limit (edges: MessageEdges) : MessageBlock[] =
        let owner, count = owners limit edges
        let index = Array.init count (fun _ -> ResizeArray<int>())

        for e in 0 .. edges.Count - 1 do
            index[owner[row edges e]].Add e

        let rowPlaces = Array.zeroCreate<int> edges.WeightRows
        let places = Array.zeroCreate<int>(max edges.Nodes edges.Targets)

        [| for own in index do
               let own = own.ToArray()
               let rows, ofRow = numbered rowPlaces (Array.map (row edges) own)
               let senders, from = numbered places (own |> Array.map (fun e -> edges.Senders[e]))
               let receivers, to' = numbered places (own |> Array.map (fun e -> edges.Receivers[e]))

               { Edges = MessageEdges(senders.Length, receivers.Length, from, to', rows.Length, ofRow)
                 Index = own
                 Rows = rows
                 Senders = senders
                 Receivers = receivers } |]

    /// The sum over blocks of a function that gives rows for the receivers of each; nothing of what it computes is kept for
    /// a reverse sweep.
    let internal sum (edges: MessageEdges) (blocks: MessageBlock[]) f (inputs: BlockInputs) : Tensor =
        let chosen rows index = Chosen(rows, Array.map index blocks)

        let groups =
            [ Whole, inputs.Parameters
              chosen edges.WeightRows _.Rows, inputs.PerRow
              chosen edges.Count _.Index, inputs.PerEdge
              chosen edges.Nodes _.Senders, inputs.PerSender ]

        let ends = groups |> List.scan (fun start (_, tensors) -> start + tensors.Length) 0 |> Array.ofList

        let ofBlock b (xs: Tensor[]) =
            let own i = xs[ends[i] .. ends[i + 1] - 1]
            [| f blocks[b] { Parameters = own 0; PerRow = own 1; PerEdge = own 2; PerSender = own 3 } |]

        let arguments =
            [ for part, tensors in groups do
                  for x in tensors -> part, x ]

        (Blocks.reusing blocks.Length ofBlock [ chosen edges.Targets _.Receivers ] arguments)[0]

    /// The message pass with weights that a function of the library makes, whose memory is used again, as is that of all
    /// that it makes on the way.
    let internal pass plan edges x y (weights: unit -> Tensor) : Tensor =
        Reuse.tensor (fun () -> MessagePass.apply plan edges x y (weights ()))

    /// `apply` with weights that a function of the library makes, at most so many rows of them at a time, but for a receiver
    /// that has more of its own.
    let internal within
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
            pass plan edges x y (fun () -> weights parameters perRow)
        else
            let ofBlock block inputs =
                pass plan block.Edges inputs.PerSender[0] inputs.PerEdge[0] (fun () ->
                    weights inputs.Parameters inputs.PerRow)

            sum
                edges
                blocks
                ofBlock
                { Parameters = parameters
                  PerRow = perRow
                  PerEdge = [| y |]
                  PerSender = [| x |] }

    /// Rows of weights that are one block.
    let private limit (plan: MessagePlan) (x: Tensor) =
        let bytes = if x.Precision = Float64 then 8 else 4
        max 1 (blockBytes / (max 1 plan.Kernel.WeightsWidth * bytes))

    /// `apply` with weights that a function of the library makes.
    let internal applyClosed plan edges weights parameters perRow (x: Tensor) y =
        within (limit plan x) plan edges weights parameters perRow x y

    /// `apply` with at most so many rows of weights at a time, but for a receiver that has more of its own.
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
        let weights parameters perRow =
            Reuse.foreign (fun _ -> weights parameters perRow) (Array.append parameters perRow)

        within limit plan edges weights parameters perRow x y

    /// `MessagePass.apply` with weights that are a function of parameters and of tensors that have a row for each row of
    /// weights: `weights parameters perRow` is [rows, copies of all terms]. The function treats the rows alike and may
    /// capture constants but nothing that is differentiated. Where all weights are more than 64 MB, they are computed block
    /// by block, and again in a reverse sweep: time (about a third of the sweep's) for memory.
    /// TensorException where a shape differs or precisions are mixed.
    let apply plan edges weights parameters perRow (x: Tensor) y =
        applyWithin (limit plan x) plan edges weights parameters perRow x y
