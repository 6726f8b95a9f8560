namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Values attached to the nodes, the edges or the graphs: one row for each of them.
[<CustomEquality; NoComparison>]
type Feature =
    /// Real numbers [rows, …], differentiable.
    | Real of Tensor
    /// Integers [rows, width], row by row; width 1 stands for [rows]. Never differentiated.
    | Integer of values: ImmutableArray<int> * width: int

    /// The number of rows: of nodes, edges or graphs. A single number has none, and so has an array that its width does
    /// not divide: −1.
    member feature.Rows =
        match feature with
        | Real tensor -> if tensor.Rank = 0 then -1 else tensor.Shape[0]
        | Integer(values, width) -> if width < 1 || values.Length % width <> 0 then -1 else values.Length / width

    /// Equal kinds, shapes and values; derivatives are not compared.
    override feature.Equals(other) =
        match other with
        | :? Feature as other ->
            match feature, other with
            | Real a, Real b -> a.Equals b
            | Integer(a, width), Integer(b, other) -> width = other && a.AsSpan().SequenceEqual(b.AsSpan())
            | _ -> false
        | _ -> false

    /// A hash of shape and values.
    override feature.GetHashCode() =
        match feature with
        | Real tensor -> tensor.GetHashCode()
        | Integer(values, width) ->
            let mutable hash = HashCode()
            hash.Add width

            for value in values do
                hash.Add value

            hash.ToHashCode()

    /// The kind and the shape: "real [4; 3]".
    override feature.ToString() =
        match feature with
        | Real tensor -> $"""real [{tensor.Shape |> Seq.map string |> String.concat "; "}]"""
        | Integer(values, 1) -> $"integer [{values.Length}]"
        | Integer(_, width) -> $"integer [{feature.Rows}; {width}]"

/// One graph or several in one value, with jraph's meaning of every field (`jraph.GraphsTuple`, jraph 0.0.6).
///
/// Let there be g graphs with N nodes and E edges in all.
///
/// | field | shape | what |
/// |---|---|---|
/// | `Nodes` | rows N | named features of the nodes |
/// | `Edges` | rows E | named features of the edges |
/// | `Globals` | rows g | named features of the graphs |
/// | `Senders` | [E] int | the node each edge comes from |
/// | `Receivers` | [E] int | the node each edge points to |
/// | `NodeCounts` | [g] int | nodes of each graph (jraph's `n_node`) |
/// | `EdgeCounts` | [g] int | edges of each graph (jraph's `n_edge`) |
///
/// *Indices* in `Senders` and `Receivers` count nodes from 0 through all graphs: they are **absolute**, not relative to
/// the graph of the edge. *Order*: the nodes of graph 0, then those of graph 1, …; edges likewise.
///
/// *Absence*: no feature of a kind is an empty map. A graph may have no nodes, or nodes and no edges; g may be 0.
///
/// *Invariant*: counts are not negative and add up to N and E; every feature has its rows; the two ends of an edge lie
/// in the graph of the edge, so graphs never touch.
///
/// *Example.* Two graphs, 0 → 1 and 0 → 1, 2 → 2, in one value:
/// `NodeCounts = [2; 3]`, `EdgeCounts = [1; 2]`, `Senders = [0; 2; 4]`, `Receivers = [1; 3; 4]`.
/// In a graph of atoms an edge points to its centre: the receiver is the centre i, the sender its neighbour j.
[<Sealed; AllowNullLiteral(false)>]
type GraphsTuple
    internal
    (
        nodes: Map<string, Feature>,
        edges: Map<string, Feature>,
        globals: Map<string, Feature>,
        senders: ImmutableArray<int>,
        receivers: ImmutableArray<int>,
        nodeCounts: ImmutableArray<int>,
        edgeCounts: ImmutableArray<int>
    ) =
    /// Named features of the nodes, rows N.
    member _.Nodes = nodes

    /// Named features of the edges, rows E.
    member _.Edges = edges

    /// Named features of the graphs, rows g.
    member _.Globals = globals

    /// The node each edge comes from, [E], counted through all graphs.
    member _.Senders = senders

    /// The node each edge points to, [E], counted through all graphs.
    member _.Receivers = receivers

    /// The number of nodes of each graph, [g].
    member _.NodeCounts = nodeCounts

    /// The number of edges of each graph, [g].
    member _.EdgeCounts = edgeCounts

    /// The number of graphs, g.
    member _.Count = nodeCounts.Length

    /// Equal features, edges and counts.
    override _.Equals(other) =
        let same (a: ImmutableArray<int>) (b: ImmutableArray<int>) = a.AsSpan().SequenceEqual(b.AsSpan())

        match other with
        | :? GraphsTuple as other ->
            same senders other.Senders
            && same receivers other.Receivers
            && same nodeCounts other.NodeCounts
            && same edgeCounts other.EdgeCounts
            && nodes = other.Nodes
            && edges = other.Edges
            && globals = other.Globals
        | _ -> false

    /// A hash of counts and edges.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for part in [ nodeCounts; edgeCounts; senders; receivers ] do
            for value in part do
                hash.Add value

        hash.ToHashCode()

    /// Counts and the names, kinds and shapes of the features.
    override _.ToString() =
        let describe (features: Map<string, Feature>) =
            features |> Seq.map (fun pair -> $"{pair.Key}: {pair.Value}") |> String.concat ", "

        let counts (values: ImmutableArray<int>) = values |> Seq.map string |> String.concat "; "

        $"{nodeCounts.Length} graphs, nodes [{counts nodeCounts}] ({describe nodes}), "
        + $"edges [{counts edgeCounts}] ({describe edges}), globals ({describe globals})"

/// Making, joining and separating graphs.
[<RequireQualifiedAccess>]
module Graphs =
    let private refuse name found expected = Outcome.raise (Inconsistent(name, found, expected))

    let private checkCounts name (counts: ImmutableArray<int>) =
        for g in 0 .. counts.Length - 1 do
            if counts[g] < 0 then refuse $"the {name} count of graph {g}" $"{counts[g]}" "0 or more"

    let private checkFeatures kind rows (features: Map<string, Feature>) =
        for pair in features do
            if pair.Value.Rows <> rows then
                refuse $"the {kind} feature '{pair.Key}'" $"{pair.Value}" $"{rows} rows"

    let private checkEnds
        (name: string)
        (ends: ImmutableArray<int>)
        (nodeCounts: ImmutableArray<int>)
        (edgeCounts: ImmutableArray<int>)
        =
        let mutable edge = 0
        let mutable firstNode = 0

        for g in 0 .. edgeCounts.Length - 1 do
            for _ in 1 .. edgeCounts[g] do
                if ends[edge] < firstNode || ends[edge] >= firstNode + nodeCounts[g] then
                    let expected = $"one of the {nodeCounts[g]} nodes from {firstNode} of graph {g}"
                    refuse $"the {name} of edge {edge}" $"node {ends[edge]}" expected

                edge <- edge + 1

            firstNode <- firstNode + nodeCounts[g]

    /// Graphs from named features, ends of edges (absolute indices), and counts of nodes and edges.
    /// Errors: `Inconsistent` for negative counts, features with other numbers of rows, counts that do not add up to
    /// the number of edges, and edges that leave their graph.
    let create
        (nodes: (string * Feature) list)
        (edges: (string * Feature) list)
        (globals: (string * Feature) list)
        (senders: ImmutableArray<int>)
        (receivers: ImmutableArray<int>)
        (nodeCounts: ImmutableArray<int>)
        (edgeCounts: ImmutableArray<int>)
        : Result<GraphsTuple, NoetherError> =
        let toMap kind (features: (string * Feature) list) =
            match features |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
            | Some(name, count) -> refuse $"the {kind} feature '{name}'" $"{count} values" "one"
            | None -> Map.ofList features

        Outcome.capture (fun () ->
            let nodes, edges, globals = toMap "node" nodes, toMap "edge" edges, toMap "global" globals

            checkCounts "node" nodeCounts
            checkCounts "edge" edgeCounts

            if edgeCounts.Length <> nodeCounts.Length then
                refuse "the edge counts" $"{edgeCounts.Length} graphs" $"{nodeCounts.Length}, as the node counts"

            let nodeTotal, edgeTotal = Seq.sum nodeCounts, Seq.sum edgeCounts

            if senders.Length <> edgeTotal then
                refuse "the senders" $"{senders.Length} edges" $"{edgeTotal}, the sum of the edge counts"

            if receivers.Length <> edgeTotal then
                refuse "the receivers" $"{receivers.Length} edges" $"{edgeTotal}, the sum of the edge counts"

            checkFeatures "node" nodeTotal nodes
            checkFeatures "edge" edgeTotal edges
            checkFeatures "global" nodeCounts.Length globals
            checkEnds "sender" senders nodeCounts edgeCounts
            checkEnds "receiver" receivers nodeCounts edgeCounts
            GraphsTuple(nodes, edges, globals, senders, receivers, nodeCounts, edgeCounts))

    let private segments (counts: ImmutableArray<int>) : ImmutableArray<int> =
        let ids = ImmutableArray.CreateBuilder<int>(Seq.sum counts)

        for g in 0 .. counts.Length - 1 do
            for _ in 1 .. counts[g] do
                ids.Add g

        ids.MoveToImmutable()

    /// The graph of each node, [N]: counts [2; 3] give [0; 0; 1; 1; 1]. Rising, so it serves segment sums over graphs.
    let graphOfNode (graphs: GraphsTuple) = segments graphs.NodeCounts

    /// The graph of each edge, [E]. Rising.
    let graphOfEdge (graphs: GraphsTuple) = segments graphs.EdgeCounts

    /// The shape of one row and the kind, which must agree where features are joined.
    let private rowKind feature =
        match feature with
        | Real tensor -> "real", List.ofArray tensor.Shape[1..], tensor.Precision.ToString()
        | Integer(_, width) -> "integer", [ width ], ""

    let private joinFeature kind name (features: Feature list) =
        for feature in features do
            if rowKind feature <> rowKind features.Head then
                refuse $"the {kind} feature '{name}'" $"{feature}" $"rows as those of {features.Head}"

        match features.Head with
        | Real _ ->
            let tensors =
                features
                |> List.choose (fun feature ->
                    match feature with
                    | Real tensor -> Some tensor
                    | Integer _ -> None)

            Real(Tensor.concat 0 tensors)
        | Integer(_, width) ->
            let values =
                features
                |> Seq.collect (fun feature ->
                    match feature with
                    | Integer(values, _) -> values
                    | Real _ -> ImmutableArray<int>.Empty)

            Integer(ImmutableArray.CreateRange values, width)

    let private joinFeatures kind (parts: Map<string, Feature> list) =
        let names (features: Map<string, Feature>) = List.ofSeq features.Keys
        let expected = names parts.Head

        for part in parts do
            if names part <> expected then
                let list words = "[" + String.concat "; " words + "]"
                refuse $"the {kind} features of one graph" (list (names part)) $"{list expected}, as in the first"

        expected
        |> List.map (fun name -> name, joinFeature kind name (parts |> List.map (Map.find name)))
        |> Map.ofList

    /// Several values in one: features, edges and counts one after another, the ends of edges moved by the number of
    /// nodes before them (jraph's `batch`). Parts may hold any number of graphs, also none. Errors: `InvalidArgument`
    /// for no parts, `Inconsistent` for parts with other names, kinds or shapes of features.
    let batch (parts: GraphsTuple list) : Result<GraphsTuple, NoetherError> =
        match parts with
        | [] -> Error(InvalidArgument("the graphs to batch", "an empty list", "at least one"))
        | _ ->
            Outcome.capture (fun () ->
                let offsets = parts |> List.scan (fun offset part -> offset + Seq.sum part.NodeCounts) 0

                let ends (choose: GraphsTuple -> ImmutableArray<int>) =
                    Seq.zip parts offsets
                    |> Seq.collect (fun (part, offset) -> choose part |> Seq.map (fun node -> node + offset))
                    |> ImmutableArray.CreateRange

                let counts (choose: GraphsTuple -> ImmutableArray<int>) =
                    parts |> Seq.collect choose |> ImmutableArray.CreateRange

                GraphsTuple(
                    joinFeatures "node" (parts |> List.map _.Nodes),
                    joinFeatures "edge" (parts |> List.map _.Edges),
                    joinFeatures "global" (parts |> List.map _.Globals),
                    ends _.Senders,
                    ends _.Receivers,
                    counts _.NodeCounts,
                    counts _.EdgeCounts
                ))

    /// Rows start … stop−1 of a feature.
    let internal cut start stop feature =
        match feature with
        | Real tensor -> Real(Tensor.slice 0 start stop tensor)
        | Integer(values, width) -> Integer(values.Slice(start * width, (stop - start) * width), width)

    /// One value for each graph, the inverse of `batch` on single graphs (jraph's `unbatch`).
    let unbatch (graphs: GraphsTuple) : GraphsTuple list =
        let starts (counts: ImmutableArray<int>) = counts |> Seq.scan (+) 0 |> Array.ofSeq

        let nodeStarts, edgeStarts = starts graphs.NodeCounts, starts graphs.EdgeCounts

        [ for g in 0 .. graphs.Count - 1 do
              let cutAll (starts: int[]) features =
                  features |> Map.map (fun _ feature -> cut starts[g] starts[g + 1] feature)

              let ends (all: ImmutableArray<int>) =
                  let mine = all.Slice(edgeStarts[g], graphs.EdgeCounts[g])
                  ImmutableArray.CreateRange(mine, (fun node -> node - nodeStarts[g]))

              GraphsTuple(
                  cutAll nodeStarts graphs.Nodes,
                  cutAll edgeStarts graphs.Edges,
                  graphs.Globals |> Map.map (fun _ feature -> cut g (g + 1) feature),
                  ends graphs.Senders,
                  ends graphs.Receivers,
                  ImmutableArray.Create graphs.NodeCounts[g],
                  ImmutableArray.Create graphs.EdgeCounts[g]
              ) ]
