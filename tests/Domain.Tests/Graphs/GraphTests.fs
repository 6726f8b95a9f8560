module Noether.Tests.GraphTests

open System.Collections.Immutable
open System.Text.Json
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks

let private table = json "nequip/jraph-batch.json"

let private ints (values: int seq) = ImmutableArray.CreateRange values

let private intsOf (element: Entry) = numbers element |> List.map int |> ints

let private tensor width (element: Entry) =
    Real(Tensor.ofArray [| element.GetArrayLength(); width |] (Array.ofList (numbers element)))

/// A graph of jraph.json whose features are named and read as `features` says.
let private graphOf features (element: Entry) =
    let nodes, edges, globals = features element

    Graphs.create
        nodes
        edges
        globals
        (intsOf (element.GetProperty "senders"))
        (intsOf (element.GetProperty "receivers"))
        (intsOf (element.GetProperty "n_node"))
        (intsOf (element.GetProperty "n_edge"))
    |> ok

/// Nodes of width 2, edges of width 1, globals of width 2, as in "batch".
let private plain (element: Entry) =
    [ "x", tensor 2 (element.GetProperty "nodes") ],
    [ "e", tensor 1 (element.GetProperty "edges") ],
    [ "g", tensor 2 (element.GetProperty "globals") ]

/// Named features, one of them of integers, and no edge features, as in "batch_of_nested_features".
let private nested (element: Entry) =
    let nodes = element.GetProperty "nodes"

    [ "a", tensor 2 (nodes.GetProperty "a"); "b", Integer(intsOf (nodes.GetProperty "b"), 1) ],
    [],
    [ "t", tensor 2 ((element.GetProperty "globals").GetProperty "t") ]

/// One graph with features of both kinds; nodes and edges may be missing.
let private graphs =
    gen {
        let! n = Gen.choose (0, 5)
        let! e = if n = 0 then Gen.constant 0 else Gen.choose (0, 7)
        let ends = Gen.choose (0, max 0 (n - 1)) |> Gen.listOfLength e
        let! senders = ends
        let! receivers = ends
        let! x = coordinates |> Gen.listOfLength (3 * n)
        let! species = Gen.choose (0, 118) |> Gen.listOfLength n
        let! shifts = Gen.choose (-2, 2) |> Gen.listOfLength (3 * e)
        let! energy = coordinates

        return
            Graphs.create
                [ "x", Real(Tensor.ofArray [| n; 3 |] (Array.ofList x)); "species", Integer(ints species, 1) ]
                [ "shifts", Integer(ints shifts, 3) ]
                [ "energy", Real(Tensor.vector [ energy ]) ]
                (ints senders)
                (ints receivers)
                (ints [ n ])
                (ints [ e ])
            |> Outcome.getOrFail
    }

let private several = Gen.nonEmptyListOf graphs |> Gen.resize 8

[<Tests>]
let tests =
    testList
        "Graph"
        [ testCase "Batching and unbatching give the numbers of jraph" (fun () ->
              let case = table.GetProperty "batch"

              let parts = [ for part in (case.GetProperty "parts").EnumerateArray() -> graphOf plain part ]

              let batched = Graphs.batch parts |> ok
              equal (graphOf plain (case.GetProperty "batched")) batched

              let again = [ for part in (case.GetProperty "unbatched").EnumerateArray() -> graphOf plain part ]

              equal again (Graphs.unbatch batched))

          testCase "Named features of both kinds are batched as jraph does" (fun () ->
              let case = table.GetProperty "batch_of_nested_features"

              let parts = [ for part in (case.GetProperty "parts").EnumerateArray() -> graphOf nested part ]

              equal (graphOf nested (case.GetProperty "batched")) (Graphs.batch parts |> ok))

          property "Unbatching a batch gives its parts" several (fun parts ->
              Graphs.unbatch (Graphs.batch parts |> ok) = parts)

          property "Batching is associative" (Gen.zip several several) (fun (a, b) ->
              let join parts = Graphs.batch parts |> ok
              join [ join a; join b ] = join (a @ b))

          property "Segments say the graph of every node and edge" several (fun parts ->
              let batched = Graphs.batch parts |> ok
              let nodes, edges = Graphs.graphOfNode batched, Graphs.graphOfEdge batched

              Seq.forall2 (fun edge (sender: int) -> nodes[sender] = edge) edges batched.Senders
              && Seq.forall2 (fun edge (receiver: int) -> nodes[receiver] = edge) edges batched.Receivers
              && Seq.forall
                  (fun g -> (nodes |> Seq.filter ((=) g) |> Seq.length) = batched.NodeCounts[g])
                  [ 0 .. parts.Length - 1 ])

          testCase "The example of the documentation" (fun () ->
              let graph =
                  Graphs.create [] [] [] (ints [ 0; 2; 4 ]) (ints [ 1; 3; 4 ]) (ints [ 2; 3 ]) (ints [ 1; 2 ]) |> ok

              equalSeq [ 0; 0; 1; 1; 1 ] (Graphs.graphOfNode graph)
              equalSeq [ 0; 1; 1 ] (Graphs.graphOfEdge graph)
              let second = List.last (Graphs.unbatch graph)
              equalSeq [ 0; 2 ] second.Senders)

          testCase "What does not fit is refused by name" (fun () ->
              let one = ints [ 0 ]
              let x rows = Real(Tensor.zeros [| rows; 3 |])

              let graph nodes senders receivers nodeCounts edgeCounts =
                  Graphs.create nodes [] [] (ints senders) (ints receivers) (ints nodeCounts) (ints edgeCounts)

              equal
                  "the node feature 'x' has real [3; 3], expected 2 rows"
                  (graph [ "x", x 3 ] [] [] [ 2 ] [ 0 ] |> message)

              equal
                  "the senders has 1 edges, expected 2, the sum of the edge counts"
                  (graph [] [ 0 ] [ 0; 1 ] [ 2 ] [ 2 ] |> message)

              equal
                  "the receiver of edge 1 has node 1, expected one of the 1 nodes from 2 of graph 1"
                  (graph [] [ 0; 2 ] [ 1; 1 ] [ 2; 1 ] [ 1; 1 ] |> message)

              equal "the edge count of graph 0 has -1, expected 0 or more" (graph [] [] [] [ 1 ] [ -1 ] |> message)

              equal
                  "the node feature 'x' has 2 values, expected one"
                  (graph [ "x", x 1; "x", x 1 ] [] [] [ 1 ] [ 0 ] |> message)

              contains "an empty list" (Graphs.batch [] |> message)

              let named name feature = graph [ name, feature ] [] [] [ 1 ] [ 0 ] |> ok

              let join a b = Graphs.batch [ a; b ] |> message

              equal
                  "the node features of one graph has [y], expected [x], as in the first"
                  (join (named "x" (x 1)) (named "y" (x 1)))

              equal
                  "the node feature 'x' has integer [1], expected rows as those of real [1; 3]"
                  (join (named "x" (x 1)) (named "x" (Integer(one, 1))))) ]
