module Noether.Tests.PaddingTests

open System
open System.Collections.Immutable
open System.Text.Json
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.Recorded

let private table = reference "jraph.json"

let private ints (values: int seq) = ImmutableArray.CreateRange values

let private intsOf name (element: Entry) = element |> get name |> items |> Seq.map _.GetInt32() |> ints

let private bools name (element: Entry) = element |> get name |> items |> List.map _.GetBoolean()

/// A graph of jraph.json: nodes of width 2, edges of width 1, globals of width 2.
let private graphWith (ends: string -> Entry -> ImmutableArray<int>) (element: Entry) =
    let feature width name =
        let rows = get name element
        Real(Tensor.ofArray [| rows.GetArrayLength(); width |] (Array.ofList (DomainChecks.numbers rows)))

    Graphs.create
        [ "x", feature 2 "nodes" ]
        [ "e", feature 1 "edges" ]
        [ "g", feature 2 "globals" ]
        (ends "senders" element)
        (ends "receivers" element)
        (intsOf "n_node" element)
        (intsOf "n_edge" element)
    |> ok

let private graphOf = graphWith intsOf

let private sizeOf (element: Entry) =
    { NodeCount = (get "n_node" element).GetInt32()
      EdgeCount = (get "n_edge" element).GetInt32()
      GraphCount = (get "n_graph" element).GetInt32() }

let private parts = table |> get "batch" |> get "parts" |> items |> List.map graphOf

let private batched = Graphs.batch parts |> ok

/// A padded batch of jraph.json. Where the file took the batch, jraph's numpy `unbatch` had subtracted the offsets from
/// the ends of its edges in place; here they are added again. The ends of padding edges are right as they stand.
let private paddedOf =
    let offsets = batched.NodeCounts |> Seq.scan (+) 0 |> Array.ofSeq
    let graphOfEdge = Graphs.graphOfEdge batched

    let ends name element =
        intsOf name element
        |> Seq.mapi (fun e node -> if e < graphOfEdge.Length then node + offsets[graphOfEdge[e]] else node)
        |> ints

    graphWith ends

/// A function of every real feature.
let private mapReal f (graphs: GraphsTuple) =
    let each (features: Map<string, Feature>) =
        [ for pair in features ->
              pair.Key,
              match pair.Value with
              | Real tensor -> Real(f tensor)
              | integers -> integers ]

    Graphs.create
        (each graphs.Nodes)
        (each graphs.Edges)
        (each graphs.Globals)
        graphs.Senders
        graphs.Receivers
        graphs.NodeCounts
        graphs.EdgeCounts
    |> ok

/// Some graphs, possibly none, possibly without nodes, with features of both kinds.
let private graphs =
    gen {
        let! count = Gen.choose (0, 4)
        let! nodeCounts = Gen.choose (0, 4) |> Gen.listOfLength count

        let! edges =
            nodeCounts
            |> List.map (fun n ->
                if n = 0 then
                    Gen.constant []
                else
                    Gen.zip (Gen.choose (0, n - 1)) (Gen.choose (0, n - 1)) |> Gen.listOf |> Gen.resize 5)
            |> Gen.sequenceToList

        let offsets = nodeCounts |> List.scan (+) 0 |> List.truncate nodeCounts.Length
        let ends pick = Seq.zip edges offsets |> Seq.collect (fun (e, o) -> e |> Seq.map (fun x -> pick x + o)) |> ints
        let n, e = List.sum nodeCounts, List.sumBy List.length edges
        let! x = coordinates |> Gen.listOfLength (3 * n)
        let! shifts = Gen.choose (-2, 2) |> Gen.listOfLength (3 * e)
        let! energy = coordinates |> Gen.listOfLength count

        return
            Graphs.create
                [ "x", Real(Tensor.ofArray [| n; 3 |] (Array.ofList x)) ]
                [ "shifts", Integer(ints shifts, 3) ]
                [ "energy", Real(Tensor.vector energy |> Tensor.cast Float32) ]
                (ends fst)
                (ends snd)
                (ints nodeCounts)
                (ints (edges |> List.map List.length))
            |> Outcome.getOrFail
    }

let private padded =
    gen {
        let! graphs = graphs
        let! extra = Gen.three (Gen.choose (0, 4))
        let nodes, edges, count = extra

        let size =
            { NodeCount = Seq.sum graphs.NodeCounts + 1 + nodes
              EdgeCount = graphs.Senders.Length + edges
              GraphCount = graphs.Count + 1 + count }

        return size, graphs, GraphPadding.padWithGraphs size graphs |> Outcome.getOrFail
    }

[<Tests>]
let tests =
    testList
        "Padding"
        [ testCase "Padding, masks, counts and their inverse give the numbers of jraph" (fun () ->
              for case in table |> get "pad_with_graphs" |> items do
                  let padded = GraphPadding.padWithGraphs (sizeOf case) batched |> ok
                  equal (paddedOf (get "padded" case)) padded
                  equalSeq (bools "node_mask" case) (GraphPadding.nodeMask padded)
                  equalSeq (bools "edge_mask" case) (GraphPadding.edgeMask padded)
                  equalSeq (bools "graph_mask" case) (GraphPadding.graphMask padded)
                  equal ((get "padding_graphs" case).GetInt32()) (GraphPadding.paddingGraphs padded)
                  equal ((get "padding_nodes" case).GetInt32()) (GraphPadding.paddingNodes padded)
                  equal ((get "padding_edges" case).GetInt32()) (GraphPadding.paddingEdges padded)
                  equal (paddedOf (get "unpadded" case)) (GraphPadding.unpad padded)
                  // "zeroed" is the padded graph with 1 added to every feature, its padding then zeroed.
                  let zeroed = padded |> mapReal (fun x -> x + 1.0) |> GraphPadding.zeroOutPadding
                  equal (paddedOf (get "zeroed" case)) zeroed)

          testCase "What jraph refuses to pad is refused with the numbers" (fun () ->
              let messages =
                  [ for case in table |> get "pad_with_graphs_errors" |> items ->
                        GraphPadding.padWithGraphs (sizeOf case) batched |> error |> NoetherError.message ]

              equal
                  [ "the number of nodes to pad to is 10, expected at least 11, one more than the graphs have"
                    "the number of edges to pad to is 10, expected at least 11, as many as the graphs have"
                    "the number of graphs to pad to is 5, expected at least 6, one more than there are" ]
                  messages)

          testCase "A graph that was never padded is all padding, as in jraph" (fun () ->
              let case = get "masks_of_unpadded_graph" table
              let graph = graphOf (get "graph" case)
              equalSeq (bools "graph_mask" case) (GraphPadding.graphMask graph)
              equalSeq (bools "node_mask" case) (GraphPadding.nodeMask graph)
              equalSeq (bools "edge_mask" case) (GraphPadding.edgeMask graph)
              equal 0 (GraphPadding.unpad graph).Count)

          testCase "Streams are batched as by jraph" (fun () ->
              let streams = table |> get "dynamically_batch" |> items
              let stream = streams.Head |> get "stream" |> items |> List.map (fun i -> parts[i.GetInt32()])

              for case in streams do
                  let results = GraphPadding.dynamicallyBatch (sizeOf case) stream |> List.ofSeq
                  let batches = get "batches" case

                  if batches.ValueKind = JsonValueKind.Array then
                      equal (batches.GetArrayLength()) results.Length

                      for batch, found in List.zip (items batches) results do
                          let found = ok found
                          equalSeq (intsOf "n_node" batch) found.NodeCounts
                          equalSeq (intsOf "n_edge" batch) found.EdgeCounts
                          equalSeq (intsOf "senders" batch) found.Senders
                          equalSeq (intsOf "receivers" batch) found.Receivers
                          equalSeq (bools "graph_mask" batch) (GraphPadding.graphMask found)
                  else
                      // Room for 3 nodes: the first two graphs (3 and 2 nodes) come alone, the third has 4.
                      equal 3 results.Length

                      equal
                          "an element of the stream is 4 nodes, 6 edges, 1 graphs, expected at most 3 nodes, 20 edges, 2 graphs"
                          (results |> List.last |> error |> NoetherError.message))

          testCase "Streams are read lazily and may be endless" (fun () ->
              let mutable read = 0

              let endless =
                  Seq.initInfinite (fun i ->
                      read <- i + 1
                      parts[1])

              let size = { NodeCount = 5; EdgeCount = 2; GraphCount = 3 }
              let batches = GraphPadding.dynamicallyBatch size endless
              equal 0 read
              equalSeq [ 2; 2; 1 ] (Seq.head batches |> ok).NodeCounts
              equal 3 read)

          testCase "A size without room for the padding graph, and a stream of unlike graphs, are refused" (fun () ->
              let batch size stream = GraphPadding.dynamicallyBatch size stream |> List.ofSeq
              let size = { NodeCount = 20; EdgeCount = 20; GraphCount = 1 }

              equal
                  "the number of graphs to pad to is 1, expected at least 2, one of them for the padding"
                  (batch size parts |> List.exactlyOne |> error |> NoetherError.message)

              let bare = Graphs.create [] [] [] (ints []) (ints []) (ints [ 1 ]) (ints [ 0 ]) |> ok
              let results = batch { size with GraphCount = 3 } [ parts[0]; bare; parts[0] ]
              contains "the node features" (results |> List.exactlyOne |> error |> NoetherError.message))

          testCase "Fully connected graphs have the edges of jraph" (fun () ->
              let case = get "fully_connected" table

              for name, selfEdges in [ "with_self_edges", true; "without", false ] do
                  let expected = get name case

                  let x =
                      Real(Tensor.ofArray [| 6; 1 |] (expected |> get "nodes" |> DomainChecks.numbers |> Array.ofList))

                  let graphs = GraphPadding.fullyConnected selfEdges 3 2 [ "x", x ] [] |> ok
                  equalSeq (intsOf "senders" expected) graphs.Senders
                  equalSeq (intsOf "receivers" expected) graphs.Receivers
                  equalSeq (intsOf "n_node" expected) graphs.NodeCounts
                  equalSeq (intsOf "n_edge" expected) graphs.EdgeCounts
                  equal x graphs.Nodes["x"]

              for n, count in [ 0, 2; 1, 3; 4, 0 ] do
                  let graphs = GraphPadding.fullyConnected false n count [] [] |> ok
                  equalSeq (Seq.replicate count (n * max 0 (n - 1))) graphs.EdgeCounts

              contains "-1" (GraphPadding.fullyConnected true -1 1 [] [] |> message)
              contains "-2" (GraphPadding.fullyConnected true 1 -2 [] [] |> message))

          property "Removing the padding gives what was padded" padded (fun (_, graphs, padded) ->
              GraphPadding.unpad padded = graphs)

          property "A padded value has the asked size and is a valid value" padded (fun (size, _, padded) ->
              let features (map: Map<string, Feature>) = [ for pair in map -> pair.Key, pair.Value ]

              let again =
                  Graphs.create
                      (features padded.Nodes)
                      (features padded.Edges)
                      (features padded.Globals)
                      padded.Senders
                      padded.Receivers
                      padded.NodeCounts
                      padded.EdgeCounts
                  |> ok

              again = padded
              && padded.Count = size.GraphCount
              && Seq.sum padded.NodeCounts = size.NodeCount
              && Seq.sum padded.EdgeCounts = size.EdgeCount)

          property
              "Zeroing the padding of what was padded changes nothing, whatever was written there"
              padded
              (fun (_, graphs, padded) ->
                  let spoilt =
                      padded
                      |> mapReal (fun x ->
                          let real =
                              match x.Shape.Length with
                              | 1 -> graphs.Count
                              | _ -> Seq.sum graphs.NodeCounts

                          let spoil = Tensor.full x.Precision (Array.append [| x.Shape[0] - real |] x.Shape[1..]) nan
                          Tensor.concat 0 [ Tensor.slice 0 0 real x; spoil ])

                  GraphPadding.zeroOutPadding spoilt = padded)

          testCase "Batching a stream loses nothing and keeps the order" (fun () ->
              let streams = graphs |> Gen.map Graphs.unbatch |> Gen.listOf |> Gen.resize 6 |> Gen.map List.concat

              holds streams (fun stream ->
                  let size = { NodeCount = 6; EdgeCount = 9; GraphCount = 4 }

                  GraphPadding.dynamicallyBatch size stream
                  |> Seq.collect (ok >> GraphPadding.unpad >> Graphs.unbatch)
                  |> List.ofSeq
                      =
                      stream))

          testCase "Derivatives pass through padding and its inverse, and not through what is zeroed" (fun () ->
              let through f (x: Tensor) =
                  let graphs =
                      Graphs.create [ "x", Real x ] [] [] (ints []) (ints []) (ints [ x.Shape[0] ]) (ints [ 0 ]) |> ok

                  match (f graphs: GraphsTuple).Nodes["x"] with
                  | Real y -> Tensor.sum (y * y)
                  | Integer _ -> failwith "integers"

              let size = { NodeCount = 5; EdgeCount = 0; GraphCount = 2 }
              let pad graphs = GraphPadding.padWithGraphs size graphs |> ok
              let x = Tensor.vector [ 1.0; 2.0; 3.0 ]
              let gradient f = Diff.grad (through f) x
              equal (2.0 * x) (gradient pad)
              equal (2.0 * x) (gradient (pad >> GraphPadding.unpad))
              equal (2.0 * x) (gradient (pad >> GraphPadding.zeroOutPadding))
              equal (0.0 * x) (gradient GraphPadding.zeroOutPadding)) ]
