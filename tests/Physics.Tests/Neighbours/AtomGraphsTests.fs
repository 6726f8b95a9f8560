module Noether.Tests.AtomGraphsTests

open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

/// Structures of hydrogen and oxygen.
let private waters =
    gen {
        let! structure = bareStructures
        let! kinds = Gen.listOfLength structure.Count (Gen.elements [ 1; 8 ])
        return Structure.create (ImmutableArray.CreateRange kinds) structure.Positions structure.Cell |> ok
    }

let private some = waters |> Gen.listOfLength 3

[<Tests>]
let tests =
    testList
        "AtomGraphs"
        [ property "A batch of structures is the batch of their graphs and holds their pairs" some (fun structures ->
              let batch = AtomGraphs.ofStructures [ 8; 1 ] (Within 2.5) structures |> ok
              let alone = structures |> List.map (AtomGraphs.ofStructure [ 8; 1 ] (Within 2.5) >> ok)
              let pairs = Neighbours.buildMany 2.5 structures |> ok
              let offsets = structures |> List.scan (fun sum structure -> sum + structure.Count) 0

              let ends (choose: Pairs -> ImmutableArray<int>) =
                  List.zip pairs offsets[..2] |> List.collect (fun (p, offset) -> [ for i in choose p -> i + offset ])

              let places =
                  [ for structure in structures do
                        for z in structure.Numbers -> if z = 8 then 0 else 1 ]

              batch = (Graphs.batch alone |> ok)
              && List.ofSeq batch.Receivers = ends _.Receivers
              && List.ofSeq batch.Senders = ends _.Senders
              && List.ofSeq batch.NodeCounts = List.map (fun (s: Structure) -> s.Count) structures
              && batch.Nodes["species"] = Integer(ImmutableArray.CreateRange places, 1)
              && batch.Edges["shifts"] =
                  Integer(ImmutableArray.CreateRange(Seq.collect (fun (p: Pairs) -> p.Shifts) pairs), 3))

          property "The vectors of the edges are those of the lists" some (fun structures ->
              let batch = AtomGraphs.ofStructures [ 1; 8 ] (Within 2.5) structures |> ok

              match batch.Nodes["positions"], batch.Globals["cells"] with
              | Real positions, Real cells ->
                  let expected =
                      structures
                      |> List.map (fun structure ->
                          let _, vectors, _ = Neighbours.buildWithVectors 2.5 structure |> ok
                          vectors)
                      |> Array.concat

                  // Sums of the same terms in another order, of coordinates up to 100 Å.
                  Seq.forall2 (near 1e-11) expected (Tensor.toArray (Space.edgeVectors batch positions cells))
              | _ -> false)

          testCase "Graphs of pairs made elsewhere carry what they are given" (fun () ->
              let water = Structure.ofSymbols [ "O"; "H" ] [ (0.0, 0.0, 0.0); (0.9, 0.0, 0.0) ] Cell.none |> ok
              let list = VerletList.create 1.2 0.5 water |> ok
              let charges = "charges", Real(Tensor.vector [ -1.0; 1.0 ])
              let pairs = VerletList.pairs water list |> ok
              let graph = AtomGraphs.ofPairs [ charges ] [ "energy", -3.5 ] water pairs |> ok
              equalSeq [ "charges"; "positions" ] graph.Nodes.Keys
              equalSeq [ "cells"; "energy" ] graph.Globals.Keys
              equal 2 graph.Senders.Length
              contains "positions" (message (AtomGraphs.ofPairs [ "positions", snd charges ] [] water pairs))

              equal
                  "atom 1 has the element H, expected O, C"
                  (message (AtomGraphs.ofStructure [ 8; 6 ] (Within 1.2) water))

              contains "the cut-off is 0" (message (AtomGraphs.ofStructures [ 8; 1 ] (Within 0.0) [ water ]))
              contains "at least one" (message (AtomGraphs.ofStructures [ 8; 1 ] (Within 1.2) []))) ]
