module Noether.Tests.GraphModelsTests

open System
open System.Collections.Immutable
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private data = lazy (reference "jraph.json")

// Sums of a few products of numbers of order one.
let private tolerance = 1e-13

let private ints name (element: Entry) = element |> get name |> integers |> ImmutableArray.CreateRange

let private matrix (element: Entry) =
    let rows = items element |> List.map numbers
    let width = if rows.IsEmpty then 0 else rows.Head.Length
    Tensor.ofArray [| rows.Length; width |] (Array.concat rows)

/// A tensor of rows of a width, which an empty list does not tell.
let private wide width (element: Entry) =
    if element.GetArrayLength() = 0 then Tensor.zeros [| 0; width |] else matrix element

let private graphOf (element: Entry) =
    Graphs.create
        [ GraphModels.feature, Real(wide 2 (get "nodes" element))
          "other", Real(Tensor.ones [| (get "nodes" element).GetArrayLength() |]) ]
        [ GraphModels.feature, Real(wide 1 (get "edges" element)) ]
        [ GraphModels.feature, Real(wide 2 (get "globals" element)) ]
        (ints "senders" element)
        (ints "receivers" element)
        (ints "n_node" element)
        (ints "n_edge" element)
    |> Outcome.getOrFail

let private example = lazy (data.Value |> get "GraphNetwork" |> get "graph" |> graphOf)

let private read (features: Map<string, Feature>) =
    match features[GraphModels.feature] with
    | Real values -> values
    | Integer _ -> failwith "real numbers were expected"

let private same what (expected: Entry) (graphs: GraphsTuple) =
    for name, features in [ "nodes", graphs.Nodes; "edges", graphs.Edges; "globals", graphs.Globals ] do
        match expected |> get name |> deep with
        | [] -> equal 0 (read features).Size
        | expected -> closeAll $"{what}, {name}" tolerance expected (Tensor.toArray (read features))

    equal (ints "senders" expected) graphs.Senders
    equal (ints "receivers" expected) graphs.Receivers
    equal (ints "n_node" expected) graphs.NodeCounts
    equal (ints "n_edge" expected) graphs.EdgeCounts
    isTrue (graphs.Nodes.ContainsKey "other")

let private dense weights (parts: Tensor list) = Tensor.matmul (Tensor.concat 1 parts) weights

let private weights name entry = entry |> get name |> matrix

/// The graph network of the reference with its weights, in the precision of the weights' cast.
let private network precision =
    let entry = get "GraphNetwork" data.Value
    let weight name = weights name entry |> Tensor.cast precision

    { GraphModels.identity with
        UpdateEdges =
            Some(fun view ->
                Tensor.tanh (dense (weight "edge_weights") [ view.Edges; view.Senders; view.Receivers; view.Globals ]))
        UpdateNodes =
            Some(fun (view: NodeView) ->
                Tensor.tanh (dense (weight "node_weights") [ view.Nodes; view.Sent; view.Received; view.Globals ]))
        UpdateGlobals = Some(fun view -> dense (weight "global_weights") [ view.Nodes; view.Edges; view.Globals ]) }

let private withNodes values (graphs: GraphsTuple) =
    Graphs.create
        [ GraphModels.feature, Real values ]
        (Map.toList graphs.Edges)
        (Map.toList graphs.Globals)
        graphs.Senders
        graphs.Receivers
        graphs.NodeCounts
        graphs.EdgeCounts
    |> Outcome.getOrFail

/// The graph in which every row of features is a node that sees every other.
let private complete (nodes: Tensor) =
    GraphPadding.fullyConnected false nodes.Shape[0] 1 [ GraphModels.feature, Real nodes ] [] |> Outcome.getOrFail

[<Tests>]
let tests =
    testList
        "GraphModels"
        [ testCase "the graph network is that of jraph, also without edges and without nodes" (fun () ->
              let entry = get "GraphNetwork" data.Value
              GraphModels.graphNetwork (network Float64) example.Value |> same "network" (get "output" entry)

              for name in [ "zero_edge"; "zero_node" ] do
                  GraphModels.graphNetwork (network Float64) (graphOf (get $"{name}_graph" entry))
                  |> same name (get $"{name}_output" entry)

              let mean = get "GraphNetwork_mean_aggregation" data.Value

              GraphModels.graphNetwork
                  { network Float64 with
                      EdgesForNodes = Segments.mean
                      NodesForGlobals = Segments.maxOrConstant 0.0
                      EdgesForGlobals = Segments.mean }
                  example.Value
              |> same "mean" (get "output" mean))

          testCase "attention in a graph network is that of jraph" (fun () ->
              let entry = get "GraphNetGAT" data.Value
              let logits = weights "logit_weights" entry

              GraphModels.graphNetwork
                  { network Float64 with
                      UpdateGlobals = None
                      Attention =
                          Some
                              { Logits =
                                  fun view -> dense logits [ view.Edges; view.Senders; view.Receivers; view.Globals ]
                                Reduce = fun edges weights -> edges * weights } }
                  example.Value
              |> same "attention" (get "output" entry))

          testCase "the interaction network is that of jraph" (fun () ->
              let entry = get "InteractionNetwork" data.Value
              let edge, node = weights "edge_weights" entry, weights "node_weights" entry

              let updateEdges (view: EdgeView) =
                  equal 0 view.Globals.Shape[1]
                  Tensor.tanh (dense edge [ view.Edges; view.Senders; view.Receivers ])

              let interaction =
                  GraphModels.interactionNetwork false updateEdges (fun view ->
                      equal 0 view.Sent.Shape[1]
                      dense node [ view.Nodes; view.Received ])

              interaction example.Value |> same "interaction" (get "output" entry)

              data.Value
              |> get "GraphNetwork"
              |> get "zero_edge_graph"
              |> graphOf
              |> interaction
              |> same "interaction without edges" (get "zero_edge_output" entry)

              let sent = get "InteractionNetwork_with_sent" data.Value
              let node = weights "node_weights" sent

              GraphModels.interactionNetwork
                  true
                  updateEdges
                  (fun view -> dense node [ view.Nodes; view.Sent; view.Received ])
                  example.Value
              |> same "with sent edges" (get "output" sent))

          testCase "deep sets, relation networks and maps are those of jraph" (fun () ->
              let sets = get "DeepSets" data.Value
              let node, all = weights "node_weights" sets, weights "global_weights" sets

              GraphModels.deepSets
                  Segments.sum
                  (fun nodes globals -> Tensor.tanh (dense node [ nodes; globals ]))
                  (fun nodes -> Tensor.matmul nodes all)
                  example.Value
              |> same "deep sets" (get "output" sets)

              let relation = get "RelationNetwork" data.Value
              let edge, all = weights "edge_weights" relation, weights "global_weights" relation

              GraphModels.relationNetwork
                  (fun senders receivers -> Tensor.tanh (dense edge [ senders; receivers ]))
                  (fun edges -> Tensor.matmul edges all)
                  example.Value
              |> same "relation" (get "output" relation)

              let map = get "GraphMapFeatures" data.Value

              GraphModels.mapFeatures
                  (Some(fun edges -> 2.0 * edges))
                  (Some(fun nodes -> nodes + 1.0))
                  (Some(fun globals -> -globals))
                  example.Value
              |> same "map" (get "output" map))

          testCase "graph convolutions are those of jraph" (fun () ->
              let entries = get "GraphConvolution" data.Value |> items
              equal 4 entries.Length

              for entry in entries do
                  let weight = weights "node_weights" entry
                  let flag (name: string) = (get name entry).GetBoolean()

                  let output =
                      GraphModels.graphConvolution
                          Segments.sum
                          (flag "add_self_edges")
                          (flag "symmetric_normalization")
                          (fun nodes -> Tensor.matmul nodes weight)
                          example.Value

                  closeAll
                      "convolution"
                      tolerance
                      (entry |> get "output_nodes" |> deep |> Array.ofList)
                      (Tensor.toArray (read output.Nodes)))

          testCase "graph attention is that of jraph" (fun () ->
              let entry = get "GAT" data.Value
              let query, logit = weights "query_weights" entry, weights "logit_weights" entry

              let output =
                  GraphModels.gat
                      (fun nodes -> Tensor.matmul nodes query)
                      (fun sent received edges -> GraphModels.leakyRelu 0.2 (dense logit [ sent; received; edges ]))
                      (GraphModels.leakyRelu 0.01)
                      example.Value

              closeAll
                  "attention"
                  tolerance
                  (entry |> get "output_nodes" |> deep |> Array.ofList)
                  (Tensor.toArray (read output.Nodes)))

          testCase "edges between all points of a graph nearer than a radius are those of e3nn-jax" (fun () ->
              let entry = reference "algebra.json" |> get "radius_graph"
              let points = entry |> get "positions" |> items |> List.map (numbers >> fun p -> p[0], p[1], p[2])
              let cutoff = entry |> get "r_max" |> number

              let theirs name =
                  match entry |> get name |> items |> List.map integers with
                  | [ sources; targets ] -> List.zip sources targets
                  | _ -> failwith "sources and targets were expected"

              let edges (graphs: (int * float * float * float) list list) =
                  let structures =
                      [ for points in graphs ->
                            let places = [ for _, x, y, z in points -> x, y, z ]
                            Structure.ofSymbols [ for _ in points -> "H" ] places Cell.none |> ok ]

                  [ for points, pairs in List.zip graphs (Neighbours.buildMany cutoff structures |> ok) do
                        let index = [| for own, _, _, _ in points -> own |]

                        for e in 0 .. pairs.Count - 1 do
                            index[pairs.Receivers[e]], index[pairs.Senders[e]] ]
                  |> List.sort

              let points = [ for i, (x, y, z) in List.indexed points -> i, x, y, z ]
              let batch = entry |> get "batch" |> integers |> Array.ofList
              equal (theirs "src_dst") (edges [ points ])
              let ofGraph (i, _, _, _) = batch[i]
              equal (theirs "src_dst_batched") (points |> List.groupBy ofGraph |> List.map snd |> edges)
              // With each point's edge to itself.
              let loops = [ for i, _, _, _ in points -> i, i ]
              equal (theirs "src_dst_loop") (List.sort (edges [ points ] @ loops)))

          testCase "padding does not change what a graph network says of the graphs" (fun () ->
              let expected = get "GraphNetwork_padded_then_zeroed" data.Value

              let size =
                  { NodeCount = Seq.sum (ints "n_node" expected)
                    EdgeCount = Seq.sum (ints "n_edge" expected)
                    GraphCount = (ints "n_node" expected).Length }

              example.Value
              |> GraphPadding.padWithGraphs size
              |> Outcome.getOrFail
              |> GraphModels.graphNetwork (network Float64)
              |> GraphPadding.zeroOutPadding
              |> same "padded" expected)

          testCase "derivatives of graph networks obey the laws, in both precisions" (fun () ->
              let graphs = example.Value
              let nodes = read graphs.Nodes
              let output (x: Tensor) = read (GraphModels.graphNetwork (network Float64) (withNodes x graphs)).Globals

              Check.runWith
                  { Check.settings Float64 with Order = 2 }
                  (RandomKey.FromSeed 1UL)
                  (fun xs -> output xs[0])
                  [| nodes |]
              |> Check.orFail "graph network"
              |> ignore

              let single =
                  GraphModels.graphNetwork
                      (network Float32)
                      (GraphModels.mapFeatures
                          (Some(Tensor.cast Float32))
                          (Some(Tensor.cast Float32))
                          (Some(Tensor.cast Float32))
                          graphs)

              closeAll "float32" 1e-5 (Tensor.toArray (output nodes)) (Tensor.toArray (read single.Globals)))

          testCase "networks on the complete graph are equivariant" (fun () ->
              let nodeWeights, edgeWeights =
                  Tensor.normal Float64 [| 5; 3 |] (RandomKey.FromSeed 1UL),
                  Tensor.normal Float64 [| 4; 3 |] (RandomKey.FromSeed 2UL)

              // Scalars: only the order of the nodes can matter, and does not.
              equivariant "scalars" [ "2x0e" ] (fun xs ->
                  let nodes = IrrepsTensor.toFlat xs.Head
                  let weight w = Tensor.cast nodes.Precision w

                  let output =
                      GraphModels.interactionNetwork
                          false
                          (fun view -> Tensor.tanh (dense (weight edgeWeights) [ view.Senders; view.Receivers ]))
                          (fun view -> dense (weight nodeWeights) [ view.Nodes; view.Received ])
                          (complete nodes)

                  IrrepsTensor.ofFlat (Irreps.ofString "3x0e") (read output.Nodes))

              // Vectors: each node is drawn to the others, the less the farther they are.
              equivariant "vectors" [ "1o" ] (fun xs ->
                  let between (view: EdgeView) =
                      let vector = view.Senders - view.Receivers
                      vector / (1.0 + Tensor.sumTo [| vector.Shape[0]; 1 |] (Tensor.square vector))

                  let output =
                      GraphModels.interactionNetwork
                          false
                          between
                          (fun view -> view.Nodes + view.Received)
                          (complete (IrrepsTensor.toFlat xs.Head))

                  IrrepsTensor.ofFlat (Irreps.ofString "1o") (read output.Nodes))

              // Attention and convolution over neighbours in any order.
              let query = Tensor.normal Float64 [| 2; 2 |] (RandomKey.FromSeed 3UL)

              equivariant "attention" [ "2x0e" ] (fun xs ->
                  let nodes = IrrepsTensor.toFlat xs.Head
                  let query = Tensor.cast nodes.Precision query

                  complete nodes
                  |> GraphModels.gat
                      (fun nodes -> Tensor.matmul nodes query)
                      (fun sent received _ -> Tensor.sumTo [| sent.Shape[0]; 1 |] (sent * received))
                      (GraphModels.leakyRelu 0.01)
                  |> GraphModels.graphConvolution Segments.mean true true id
                  |> fun graphs -> IrrepsTensor.ofFlat xs.Head.Irreps (read graphs.Nodes)))

          testCase "features that are not there have no columns, and what does not fit is refused" (fun () ->
              let bare =
                  Graphs.create
                      []
                      []
                      []
                      (ImmutableArray.Create 0)
                      (ImmutableArray.Create 1)
                      (ImmutableArray.Create 2)
                      (ImmutableArray.Create 1)
                  |> Outcome.getOrFail

              let seen = ResizeArray<int[]>()

              let output =
                  GraphModels.graphNetwork
                      { GraphModels.identity with
                          UpdateEdges =
                              Some(fun view ->
                                  seen.Add view.Edges.Shape
                                  seen.Add view.Senders.Shape
                                  seen.Add view.Globals.Shape
                                  Tensor.ones [| 1; 1 |]) }
                      bare

              equalSeq [ [| 1; 0 |]; [| 1; 0 |]; [| 1; 0 |] ] seen
              equal "real [1; 1]" (string output.Edges[GraphModels.feature])

              let refused (part: string) (f: unit -> GraphsTuple) =
                  contains part (raises<TensorException>(fun () -> f () |> ignore)).Message

              refused "the update of the nodes gave shape [3, 1]; expected 2 rows" (fun () ->
                  GraphModels.mapFeatures None (Some(fun _ -> Tensor.ones [| 3; 1 |])) None bare)

              let integers =
                  Graphs.create
                      [ GraphModels.feature, Integer(ImmutableArray.Create(1, 2), 1) ]
                      []
                      []
                      bare.Senders
                      bare.Receivers
                      bare.NodeCounts
                      bare.EdgeCounts
                  |> Outcome.getOrFail

              refused "holds integers, expected real numbers" (fun () ->
                  GraphModels.mapFeatures None (Some id) None integers)) ]
