namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// Some consecutive receivers of a graph with all their edges.
[<NoComparison; NoEquality>]
type internal MessageBlock =
    {
        /// The edges, their receivers numbered from the first of the block, their rows of weights as in `Rows`.
        Edges: MessageEdges
        /// The rows of weights of the graph that the edges read, each once.
        Rows: int[]
    }

/// Message passes whose weights are a function of something small that edges have: computed for one block of receivers
/// after the other, forgotten, and computed again in a reverse sweep, so that the memory for weights does not grow with
/// the graph. How a graph is cut depends on its edges only.
[<RequireQualifiedAccess>]
module MessageBlocks =

    /// Bytes of weights up to which a graph is one block.
    let private blockBytes = 64 <<< 20

    /// Blocks of at most `limit` rows of weights each, or of one receiver.
    let private cut limit (edges: MessageEdges) : MessageBlock[] =
        let row e =
            match edges.Rows with
            | null -> e
            | rows -> rows[e]

        let blocks = ResizeArray()
        // The block that has a row last, and the row's place in it; the rows of the block that is being made.
        let owner = Array.create edges.WeightRows -1
        let place = Array.zeroCreate edges.WeightRows
        let rows = ResizeArray()
        let index = Array.zeroCreate edges.Count
        let mutable firstNode = 0
        let mutable firstEdge = 0

        let take first last =
            for e in first .. last - 1 do
                let row = row e

                if owner[row] <> blocks.Count then
                    owner[row] <- blocks.Count
                    place[row] <- rows.Count
                    rows.Add row

                index[e] <- place[row]

        let close node edge =
            let part (values: int[]) = Array.sub values firstEdge (edge - firstEdge)
            let receivers = part edges.Receivers |> Array.map (fun receiver -> receiver - firstNode)

            blocks.Add
                { Edges =
                    MessageEdges(edges.Nodes, node - firstNode, part edges.Senders, receivers, rows.Count, part index)
                  Rows = rows.ToArray() }

            rows.Clear()
            firstNode <- node
            firstEdge <- edge

        let mutable edge = 0

        for node in 0 .. edges.Targets - 1 do
            let first, before = edge, rows.Count

            while edge < edges.Count && edges.Receivers[edge] = node do
                edge <- edge + 1

            take first edge

            if rows.Count > limit && first > firstEdge then
                rows.RemoveRange(before, rows.Count - before)
                close node first
                take first edge

        close edges.Targets edges.Count
        blocks.ToArray()

    /// The message pass, and the end of the weights where nothing has recorded them.
    let private pass plan edges x y (w: Tensor) =
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
            let harmonics = Tensor.split 0 [| for block in blocks -> block.Edges.Count |] y
            let all = blocks |> Array.collect _.Rows
            let counts = [| for block in blocks -> block.Rows.Length |]
            let rows = perRow |> Array.map (fun values -> Tensor.split 0 counts (Tensor.gather all values))

            let message i (block: MessageBlock) =
                let perBlock (arguments: Tensor[]) =
                    let ofRows = arguments[2 .. 1 + rows.Length]
                    let weights = weights arguments[2 + rows.Length ..] ofRows
                    [| pass plan block.Edges arguments[0] arguments[1] weights |]

                let arguments =
                    [| yield x
                       yield harmonics[i]
                       for parts in rows -> parts[i]
                       yield! parameters |]

                (Diff.checkpoint perBlock arguments)[0]

            blocks |> Array.mapi message |> List.ofArray |> Tensor.concat 0

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
