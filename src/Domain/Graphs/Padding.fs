namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// The size a batch is padded to: all batches of one size have equal shapes.
type PaddedSize =
    {
        /// Nodes, those of the padding included.
        NodeCount: int
        /// Edges, those of the padding included.
        EdgeCount: int
        /// Graphs, those of the padding included.
        GraphCount: int
    }

    override size.ToString() = $"{size.NodeCount} nodes, {size.EdgeCount} edges, {size.GraphCount} graphs"

/// Batches of one size, with jraph's meaning (jraph 0.0.6: `pad_with_graphs` and what belongs to it).
///
/// Behind the graphs comes **one padding graph that holds every padding node and every padding edge**, then graphs
/// without nodes and edges. Padding features are zero; every padding edge joins the first padding node to itself, so no
/// message passes between padding and graphs. The padding graph has at least one node: there is always something for
/// padding edges to join, and the padding can be found again without being marked. A size therefore has room for one
/// node and one graph less than it says.
///
/// A question asked of graphs that were **never padded** takes their last graph that has nodes, and all behind it, for
/// padding; of a single graph nothing is left. That is jraph's reading too, and nothing in a `GraphsTuple` tells
/// better.
[<RequireQualifiedAccess>]
module GraphPadding =
    let private zeros rows feature =
        match feature with
        | Real tensor -> Real(Tensor.full tensor.Precision (Array.append [| rows |] tensor.Shape[1..]) 0.0)
        | Integer(_, width) -> Integer(ImmutableArray.CreateRange(Seq.replicate (rows * width) 0), width)

    /// Counts of g graphs whose first has everything.
    let private firstOf g count = ImmutableArray.CreateRange(Seq.init g (fun i -> if i = 0 then count else 0))

    /// The graphs with padding behind them, up to a size.
    /// Errors: `InvalidArgument` for a size that leaves no room for a padding node and a padding graph, or has fewer
    /// edges than the graphs.
    let padWithGraphs (size: PaddedSize) (graphs: GraphsTuple) : Result<GraphsTuple, NoetherError> =
        let nodes, edges = Seq.sum graphs.NodeCounts, graphs.Senders.Length

        let refuse what (found: int) expected =
            Error(InvalidArgument($"the number of {what} to pad to", $"{found}", expected))

        if size.NodeCount <= nodes then
            refuse "nodes" size.NodeCount $"at least {nodes + 1}, one more than the graphs have"
        elif size.EdgeCount < edges then
            refuse "edges" size.EdgeCount $"at least {edges}, as many as the graphs have"
        elif size.GraphCount <= graphs.Count then
            refuse "graphs" size.GraphCount $"at least {graphs.Count + 1}, one more than there are"
        else
            let nodes, edges, count = size.NodeCount - nodes, size.EdgeCount - edges, size.GraphCount - graphs.Count
            let features rows = Map.map (fun _ feature -> zeros rows feature)
            let first = ImmutableArray.CreateRange(Seq.replicate edges 0)

            let padding =
                GraphsTuple(
                    features nodes graphs.Nodes,
                    features edges graphs.Edges,
                    features count graphs.Globals,
                    first,
                    first,
                    firstOf count nodes,
                    firstOf count edges
                )

            Graphs.batch [ graphs; padding ]

    /// The number of padding graphs: those without nodes at the end, and the one before them. All graphs where none has
    /// nodes: one (as in jraph); none where there are no graphs.
    let paddingGraphs (graphs: GraphsTuple) : int =
        match graphs.NodeCounts |> Seq.rev |> Seq.tryFindIndex (fun count -> count > 0) with
        | Some empty -> empty + 1
        | None -> min 1 graphs.Count

    let private sizeOfPadding (counts: ImmutableArray<int>) (graphs: GraphsTuple) =
        if graphs.Count = 0 then 0 else counts[graphs.Count - paddingGraphs graphs]

    /// The number of padding nodes: all nodes of the padding graph.
    let paddingNodes (graphs: GraphsTuple) : int = sizeOfPadding graphs.NodeCounts graphs

    /// The number of padding edges: all edges of the padding graph.
    let paddingEdges (graphs: GraphsTuple) : int = sizeOfPadding graphs.EdgeCounts graphs

    let private realNodes (graphs: GraphsTuple) = Seq.sum graphs.NodeCounts - paddingNodes graphs
    let private realEdges (graphs: GraphsTuple) = graphs.Senders.Length - paddingEdges graphs
    let private realGraphs (graphs: GraphsTuple) = graphs.Count - paddingGraphs graphs
    let private mask total real = Array.init total (fun i -> i < real)

    /// For each node, [N], whether it belongs to a graph and not to the padding.
    let nodeMask (graphs: GraphsTuple) : bool[] = mask (Seq.sum graphs.NodeCounts) (realNodes graphs)

    /// For each edge, [E], whether it belongs to a graph and not to the padding.
    let edgeMask (graphs: GraphsTuple) : bool[] = mask graphs.Senders.Length (realEdges graphs)

    /// For each graph, [g], whether it is none of the padding. A mean over nodes must use it before it divides: graphs
    /// without nodes would give 0/0.
    let graphMask (graphs: GraphsTuple) : bool[] = mask graphs.Count (realGraphs graphs)

    /// The graphs without their padding, the inverse of `padWithGraphs`.
    let unpad (graphs: GraphsTuple) : GraphsTuple =
        let cut stop = Map.map (fun _ feature -> Graphs.cut 0 stop feature)
        let nodes, edges, count = realNodes graphs, realEdges graphs, realGraphs graphs

        GraphsTuple(
            cut nodes graphs.Nodes,
            cut edges graphs.Edges,
            cut count graphs.Globals,
            graphs.Senders.Slice(0, edges),
            graphs.Receivers.Slice(0, edges),
            graphs.NodeCounts.Slice(0, count),
            graphs.EdgeCounts.Slice(0, count)
        )

    /// The same graphs with zeros in every feature of the padding, whatever stood there (a NaN too); derivatives do not
    /// pass through them. For what a model with biases has written there.
    let zeroOutPadding (graphs: GraphsTuple) : GraphsTuple =
        let blank (rows: int) (feature: Feature) =
            let padding = feature.Rows - rows

            match Graphs.cut 0 rows feature with
            | Real tensor -> Real(Tensor.pad 0 0 padding tensor)
            | Integer(values, width) -> Integer(values.AddRange(Seq.replicate (padding * width) 0), width)

        let blankAll rows = Map.map (fun _ feature -> blank rows feature)

        GraphsTuple(
            blankAll (realNodes graphs) graphs.Nodes,
            blankAll (realEdges graphs) graphs.Edges,
            blankAll (realGraphs graphs) graphs.Globals,
            graphs.Senders,
            graphs.Receivers,
            graphs.NodeCounts,
            graphs.EdgeCounts
        )

    let private measure (graphs: GraphsTuple) =
        { NodeCount = Seq.sum graphs.NodeCounts
          EdgeCount = graphs.Senders.Length
          GraphCount = graphs.Count }

    let private add a b =
        { NodeCount = a.NodeCount + b.NodeCount
          EdgeCount = a.EdgeCount + b.EdgeCount
          GraphCount = a.GraphCount + b.GraphCount }

    let private fits room size =
        size.NodeCount <= room.NodeCount && size.EdgeCount <= room.EdgeCount && size.GraphCount <= room.GraphCount

    /// Padded batches of one size from a stream, in its order and each as full as the order allows (jraph's
    /// `dynamically_batch`). Lazy: a batch is made when it is asked for, and no more is read than shows it to be full.
    /// An element may itself hold several graphs; they stay together.
    /// Errors: `InvalidArgument` for a size of fewer than two graphs, and for an element that does not fit into an
    /// empty batch, after the batch before it; those of `Graphs.batch` for features that differ. The sequence ends with
    /// its first error.
    let dynamicallyBatch (size: PaddedSize) (stream: GraphsTuple seq) : Result<GraphsTuple, NoetherError> seq =
        let room = { size with NodeCount = size.NodeCount - 1; GraphCount = size.GraphCount - 1 }
        let nothing = { NodeCount = 0; EdgeCount = 0; GraphCount = 0 }
        let join parts = Graphs.batch (List.rev parts) |> Result.bind (padWithGraphs size)

        let untilError (results: Result<GraphsTuple, NoetherError> seq) =
            seq {
                use items = results.GetEnumerator()
                let mutable failed = false

                while not failed && items.MoveNext() do
                    failed <- items.Current.IsError
                    yield items.Current
            }

        if size.GraphCount < 2 then
            let expected = "at least 2, one of them for the padding"
            Seq.singleton (Error(InvalidArgument("the number of graphs to pad to", $"{size.GraphCount}", expected)))
        else
            untilError (
                seq {
                    let mutable parts = []
                    let mutable held = nothing

                    for element in stream do
                        let own = measure element

                        if not parts.IsEmpty && not (fits room (add held own)) then
                            yield join parts
                            parts <- []
                            held <- nothing

                        if fits room own then
                            parts <- element :: parts
                            held <- add held own
                        else
                            yield Error(InvalidArgument("an element of the stream", $"{own}", $"at most {room}"))

                    if not parts.IsEmpty then yield join parts
                }
            )

    /// Graphs of equally many nodes in which an edge joins every node to every other, and to itself where `selfEdges`
    /// says so (jraph's `get_fully_connected_graph`). Edges come by receiver; the senders of a receiver rise with self
    /// edges, and without them begin behind the receiver and go round. Nodes and globals get the features given.
    /// Errors: `InvalidArgument` for negative numbers; those of `Graphs.create` for features with other numbers of
    /// rows.
    let fullyConnected
        (selfEdges: bool)
        (nodesPerGraph: int)
        (graphCount: int)
        (nodes: (string * Feature) list)
        (globals: (string * Feature) list)
        : Result<GraphsTuple, NoetherError> =
        if nodesPerGraph < 0 then
            Error(InvalidArgument("the number of nodes of each graph", $"{nodesPerGraph}", "0 or more"))
        elif graphCount < 0 then
            Error(InvalidArgument("the number of graphs", $"{graphCount}", "0 or more"))
        else
            let n = nodesPerGraph
            let degree = if selfEdges then n else max 0 (n - 1)
            let total = graphCount * n * degree
            let senders = ImmutableArray.CreateBuilder<int> total
            let receivers = ImmutableArray.CreateBuilder<int> total

            for receiver in 0 .. graphCount * n - 1 do
                let first = receiver / n * n

                for k in 0 .. degree - 1 do
                    let sender = if selfEdges then k else (receiver - first + 1 + k) % n
                    senders.Add(first + sender)
                    receivers.Add receiver

            let each count = ImmutableArray.CreateRange(Seq.replicate graphCount count)

            Graphs.create
                nodes
                []
                globals
                (senders.MoveToImmutable())
                (receivers.MoveToImmutable())
                (each n)
                (each (n * degree))
