namespace Noether.Learning

open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.AutoDiff
open Noether.Domain

/// The aggregation of rows: ids, the number of segments, rows. `Segments.sum`, `Segments.mean`, ….
type Aggregate = ImmutableArray<int> -> int -> Tensor -> Tensor

/// The inputs of the update of edges, one row for each edge.
type EdgeView =
    {
        /// The features of the edges.
        Edges: Tensor
        /// The features of the nodes they come from.
        Senders: Tensor
        /// The features of the nodes they point to.
        Receivers: Tensor
        /// The features of their graphs.
        Globals: Tensor
    }

/// The inputs of the update of nodes, one row for each node.
type NodeView =
    {
        /// The features of the nodes.
        Nodes: Tensor
        /// The aggregated new features of the edges that come from each node.
        Sent: Tensor
        /// The aggregated new features of the edges that point to each node.
        Received: Tensor
        /// The features of their graphs.
        Globals: Tensor
    }

/// The inputs of the update of graphs, one row for each graph.
type GlobalView =
    {
        /// The aggregated new features of each graph's nodes.
        Nodes: Tensor
        /// The aggregated new features of each graph's edges.
        Edges: Tensor
        /// The features of the graphs.
        Globals: Tensor
    }

/// Attention of receivers to their edges: logits from what an edge sees (its features being the new ones), [e, …], and
/// what becomes of the new features of the edges under the weights, the softmax of the logits over each receiver's
/// edges.
type Attention =
    {
        /// The logits of the edges.
        Logits: EdgeView -> Tensor
        /// New features of the edges and weights to weighted features.
        Reduce: Tensor -> Tensor -> Tensor
    }

/// The functions of a graph network (P. Battaglia et al., arXiv:1806.01261). What has no update stays.
type GraphNetwork =
    {
        /// New features of the edges.
        UpdateEdges: (EdgeView -> Tensor) option
        /// New features of the nodes.
        UpdateNodes: (NodeView -> Tensor) option
        /// New features of the graphs.
        UpdateGlobals: (GlobalView -> Tensor) option
        /// Attention, applied between the update of edges and that of nodes.
        Attention: Attention option
        /// The aggregation of edges for nodes.
        EdgesForNodes: Aggregate
        /// The aggregation of nodes for graphs.
        NodesForGlobals: Aggregate
        /// The aggregation of edges for graphs.
        EdgesForGlobals: Aggregate
    }

/// Graph networks as functions of graphs, with the meaning they have in jraph 0.0.6: a model takes a `GraphsTuple` into
/// one with the same edges and other features. They act on the real feature named `GraphModels.feature`; others pass
/// through. An absent feature is a tensor without columns, [rows, 0], which concatenation ignores. Parameters live in
/// the functions; everything is differentiable in them and in the features, to the order of what the functions are made
/// of.
///
/// Errors: `TensorException` for a feature of integers, for an update with another number of rows, and those of the
/// updates.
[<RequireQualifiedAccess>]
module GraphModels =

    /// The name of the feature of nodes, edges and graphs on which models act: "features".
    [<Literal>]
    let feature = "features"

    let private array (values: ImmutableArray<int>) : int[] =
        match ImmutableCollectionsMarshal.AsArray values with
        | null -> Array.empty
        | values -> values

    /// The precision of the first feature there is.
    let private precisionOf (graphs: GraphsTuple) =
        [ graphs.Nodes; graphs.Edges; graphs.Globals ]
        |> List.tryPick (fun features ->
            match Map.tryFind feature features with
            | Some(Real values) -> Some values.Precision
            | _ -> None)
        |> Option.defaultValue Float64

    let private read kind rows precision (features: Map<string, Feature>) =
        match Map.tryFind feature features with
        | Some(Real values) -> values
        | Some(Integer _) ->
            Shape.fail "GraphModels" $"the {kind} feature '{feature}' holds integers, expected real numbers"
        | None -> Tensor.full precision [| rows; 0 |] 0.0

    let private write kind rows (values: Tensor option) (features: Map<string, Feature>) =
        match values with
        | None -> features
        | Some values when values.Rank = 0 || values.Shape[0] <> rows ->
            Shape.fail
                "GraphModels"
                $"the update of the {kind}s gave shape {Shape.print values.Shape}; expected {rows} rows"
        | Some values -> Map.add feature (Real values) features

    /// The graphs with other features of nodes, edges and graphs.
    let private withFeatures nodes edges globals (graphs: GraphsTuple) =
        let count = Seq.sum graphs.NodeCounts

        Graphs.create
            (write "node" count nodes graphs.Nodes |> Map.toList)
            (write "edge" graphs.Senders.Length edges graphs.Edges |> Map.toList)
            (write "graph" graphs.Count globals graphs.Globals |> Map.toList)
            graphs.Senders
            graphs.Receivers
            graphs.NodeCounts
            graphs.EdgeCounts
        |> Outcome.getOrFail

    /// A network without updates: sums everywhere, no attention.
    let identity: GraphNetwork =
        { UpdateEdges = None
          UpdateNodes = None
          UpdateGlobals = None
          Attention = None
          EdgesForNodes = Segments.sum
          NodesForGlobals = Segments.sum
          EdgesForGlobals = Segments.sum }

    /// Edges are updated from their features, those of both ends and of the graph; then nodes from theirs, from the new
    /// edges they send and receive and from the graph; then graphs from all new nodes and edges.
    let graphNetwork (network: GraphNetwork) (graphs: GraphsTuple) : GraphsTuple =
        let precision = precisionOf graphs
        let count = Seq.sum graphs.NodeCounts
        let nodes = read "node" count precision graphs.Nodes
        let edges = read "edge" graphs.Senders.Length precision graphs.Edges
        let globals = read "graph" graphs.Count precision graphs.Globals
        let ofNode, ofEdge = Graphs.graphOfNode graphs, Graphs.graphOfEdge graphs

        let view edges =
            { Edges = edges
              Senders = Tensor.gather (array graphs.Senders) nodes
              Receivers = Tensor.gather (array graphs.Receivers) nodes
              Globals = Tensor.gather (array ofEdge) globals }

        let updated = network.UpdateEdges |> Option.map (fun update -> update (view edges))
        let edges = Option.defaultValue edges updated

        let weighted =
            network.Attention
            |> Option.map (fun attention ->
                let weights = Segments.softmax graphs.Receivers count (attention.Logits(view edges))
                attention.Reduce edges weights)

        let newEdges = if weighted.IsSome then weighted else updated
        let edges = Option.defaultValue edges weighted

        let newNodes =
            network.UpdateNodes
            |> Option.map (fun update ->
                update
                    { Nodes = nodes
                      Sent = network.EdgesForNodes graphs.Senders count edges
                      Received = network.EdgesForNodes graphs.Receivers count edges
                      Globals = Tensor.gather (array ofNode) globals })

        let newGlobals =
            network.UpdateGlobals
            |> Option.map (fun update ->
                update
                    { Nodes = network.NodesForGlobals ofNode graphs.Count (Option.defaultValue nodes newNodes)
                      Edges = network.EdgesForGlobals ofEdge graphs.Count edges
                      Globals = globals })

        withFeatures newNodes newEdges newGlobals graphs

    /// Edges from their features and their ends, nodes from theirs and from received (and, where `sent` says so, sent)
    /// edges; graphs are not looked at, and what is not has no columns (P. Battaglia et al., NIPS 2016).
    let interactionNetwork (sent: bool) (updateEdges: EdgeView -> Tensor) (updateNodes: NodeView -> Tensor) graphs =
        let blank (x: Tensor) = Tensor.full x.Precision [| x.Shape[0]; 0 |] 0.0

        graphNetwork
            { identity with
                UpdateEdges = Some(fun view -> updateEdges { view with Globals = blank view.Globals })
                UpdateNodes =
                    Some(fun (view: NodeView) ->
                        updateNodes
                            { view with
                                Globals = blank view.Globals
                                Sent = if sent then view.Sent else blank view.Sent }) }
            graphs

    /// Edges from both ends alone, graphs from the sum of their edges (A. Santoro et al., NIPS 2017).
    let relationNetwork (updateEdges: Tensor -> Tensor -> Tensor) (updateGlobals: Tensor -> Tensor) graphs =
        graphNetwork
            { identity with
                UpdateEdges = Some(fun view -> updateEdges view.Senders view.Receivers)
                UpdateGlobals = Some(fun view -> updateGlobals view.Edges) }
            graphs

    /// Nodes from their features and their graph's, graphs from the aggregate of their new nodes; edges are not looked
    /// at (M. Zaheer et al., NIPS 2017).
    let deepSets
        (aggregate: Aggregate)
        (updateNodes: Tensor -> Tensor -> Tensor)
        (updateGlobals: Tensor -> Tensor)
        graphs
        =
        graphNetwork
            { identity with
                UpdateNodes = Some(fun (view: NodeView) -> updateNodes view.Nodes view.Globals)
                UpdateGlobals = Some(fun view -> updateGlobals view.Nodes)
                NodesForGlobals = aggregate }
            graphs

    /// Functions of features alone; what has no function stays.
    let mapFeatures
        (edges: (Tensor -> Tensor) option)
        (nodes: (Tensor -> Tensor) option)
        (globals: (Tensor -> Tensor) option)
        graphs
        =
        graphNetwork
            { identity with
                UpdateEdges = edges |> Option.map (fun f (view: EdgeView) -> f view.Edges)
                UpdateNodes = nodes |> Option.map (fun f (view: NodeView) -> f view.Nodes)
                UpdateGlobals = globals |> Option.map (fun f view -> f view.Globals) }
            graphs

    let private nodesOf (graphs: GraphsTuple) =
        read "node" (Seq.sum graphs.NodeCounts) (precisionOf graphs) graphs.Nodes

    /// Graph convolution (T. Kipf and M. Welling, ICLR 2017): nodes are updated, then each becomes the aggregate of
    /// those that send to it, itself among them where `selfEdges` says so. With `symmetric` a message is divided by
    /// √max(degree, 1) of its sender (edges sent) and of its receiver (edges received).
    let graphConvolution
        (aggregate: Aggregate)
        (selfEdges: bool)
        (symmetric: bool)
        (updateNodes: Tensor -> Tensor)
        (graphs: GraphsTuple)
        =
        let nodes = updateNodes (nodesOf graphs)
        let count = Seq.sum graphs.NodeCounts
        let ends (given: ImmutableArray<int>) = if selfEdges then given.AddRange(seq { 0 .. count - 1 }) else given
        let senders, receivers = ends graphs.Senders, ends graphs.Receivers

        let perDegree (ends: ImmutableArray<int>) (x: Tensor) =
            if symmetric then
                let degrees = Array.zeroCreate<int> count

                for node in ends do
                    degrees[node] <- degrees[node] + 1

                let shape = Array.init x.Rank (fun axis -> if axis = 0 then count else 1)
                let factors = degrees |> Array.map (fun degree -> 1.0 / sqrt (float (max 1 degree)))
                x * (Tensor.ofArray shape factors |> Tensor.cast x.Precision)
            else
                x

        let received = nodes |> perDegree senders |> Tensor.gather (array senders) |> aggregate receivers count
        withFeatures (Some(perDegree receivers received)) None None graphs

    /// x above 0, slope·x below.
    let leakyRelu (slope: float) (x: Tensor) = 0.5 * (1.0 + slope) * x + 0.5 * (1.0 - slope) * Tensor.abs x

    /// Graph attention (P. Veličković et al., ICLR 2018): nodes become queries; each edge's logits come from the
    /// queries of sender and receiver and the edge's features; each node becomes a function of the sum of its senders'
    /// queries, weighted by the softmax of the logits over its incoming edges. jraph's default for the last function is
    /// `leakyRelu 0.01`.
    let gat
        (query: Tensor -> Tensor)
        (logits: Tensor -> Tensor -> Tensor -> Tensor)
        (updateNodes: Tensor -> Tensor)
        (graphs: GraphsTuple)
        =
        let queries = query (nodesOf graphs)
        let count = Seq.sum graphs.NodeCounts
        let edges = read "edge" graphs.Senders.Length queries.Precision graphs.Edges
        let sent = Tensor.gather (array graphs.Senders) queries
        let received = Tensor.gather (array graphs.Receivers) queries
        let weights = Segments.softmax graphs.Receivers count (logits sent received edges)
        let summed = Segments.sum graphs.Receivers count (sent * weights)
        withFeatures (Some(updateNodes summed)) None None graphs
