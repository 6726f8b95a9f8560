module Noether.Tests.CutoffsTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

let private rows (pairs: Pairs) =
    [ for e in 0 .. pairs.Count - 1 ->
          let s = pairs.Shifts
          [ pairs.Receivers[e]; pairs.Senders[e]; s[3 * e]; s[3 * e + 1]; s[3 * e + 2] ] ]

/// Structures of hydrogen and oxygen, and three cut-offs.
let private cases =
    gen {
        let! structure = bareStructures
        let! kinds = Gen.listOfLength structure.Count (Gen.elements [ 1; 8 ])
        let! cutoffs = Gen.choose (50, 400) |> Gen.map (fun c -> float c / 97.0) |> Gen.three

        return Structure.create (ImmutableArray.CreateRange kinds) structure.Positions structure.Cell |> ok, cutoffs
    }

/// The pairs of a list whose length is less than a function of the two atoms.
let private keep (cutoff: int -> int -> float) (structure: Structure) (pairs: Pairs) =
    let _, distances = Neighbours.measure structure pairs

    List.zip (rows pairs) (List.ofArray distances)
    |> List.filter (fun (row, d) -> d < cutoff row[0] row[1])
    |> List.map fst

[<Tests>]
let tests =
    testList
        "Cutoffs"
        [ property "Cut-offs by elements choose from the list of the longest" cases (fun (structure, (hh, oh, oo)) ->
              let cutoff i j =
                  match structure.Numbers[i], structure.Numbers[j] with
                  | 1, 1 -> hh
                  | 8, 8 -> oo
                  | _ -> oh

              let most = Neighbours.build (max hh (max oh oo)) structure |> ok
              let cutoffs = BySpecies [ 1, 1, hh; 8, 1, oh; 8, 8, oo ]
              rows (Neighbours.buildBy cutoffs structure |> ok) = keep cutoff structure most)

          property "Elements that are not named together are no pairs" cases (fun (structure, (_, oh, _)) ->
              let pairs = Neighbours.buildBy (BySpecies [ 1, 8, oh ]) structure |> ok

              rows pairs |> List.forall (fun row -> structure.Numbers[row[0]] <> structure.Numbers[row[1]])
              && (Neighbours.buildBy (BySpecies []) structure |> ok).Count = 0
              && (Neighbours.buildBy (BySpecies [ 3, 3, 2.0 ]) structure |> ok).Atoms = structure.Count)

          property "Radii choose from the list of twice the largest" cases (fun (structure, (a, b, _)) ->
              let radii = Seq.init structure.Count (fun i -> if i % 2 = 0 then 0.5 * a else 0.25 * b)
              let radii = ImmutableArray.CreateRange radii
              let most = Neighbours.build (max a b) structure |> ok
              let pairs = Neighbours.buildBy (ByRadius radii) structure |> ok
              rows pairs = keep (fun i j -> radii[i] + radii[j]) structure most)

          property
              "One length for all is the plain list, and nearer pairs are those of a shorter one"
              cases
              (fun (structure, (a, b, _)) ->
                  let long = Neighbours.buildBy (Within(max a b)) structure |> ok
                  let short = Neighbours.build (min a b) structure |> ok

                  long = (Neighbours.build (max a b) structure |> ok)
                  && Neighbours.nearer (Within(min a b)) structure long |> ok = short)

          property
              "Measuring gives the vectors and distances of the list with vectors"
              cases
              (fun (structure, (a, _, _)) ->
                  let pairs, vectors, distances = Neighbours.buildWithVectors a structure |> ok
                  Neighbours.measure structure pairs = (vectors, distances))

          testCase "Many structures in one call" (fun () ->
              holds (Gen.listOfLength 3 bareStructures) (fun structures ->
                  Neighbours.buildMany 2.5 structures |> ok = List.map (Neighbours.build 2.5 >> ok) structures)

              isEmpty (Neighbours.buildMany 2.5 [] |> ok))

          testCase "The lists of ASE and matscipy by elements and by radii" (fun () ->
              let table = json "neighbours/species.json"

              let symbols =
                  [ for symbol in (table.GetProperty "symbols").EnumerateArray() -> nonNull (symbol.GetString()) ]

              let triples =
                  numbers (table.GetProperty "positions") |> List.chunkBySize 3 |> List.map (fun p -> p[0], p[1], p[2])

              let cell = Cell.createOrFail (Array.ofList (numbers (table.GetProperty "cell"))) (true, true, true)
              let structure = Structure.ofSymbols symbols triples cell |> ok

              for case in (table.GetProperty "cases").EnumerateArray() do
                  let cutoffs =
                      match (case.GetProperty "rule").GetString() with
                      | "pair" ->
                          [ for row in (case.GetProperty "cutoffs").EnumerateArray() ->
                                nonNull (row[0].GetString()), nonNull (row[1].GetString()), row[2].GetDouble() ]
                          |> Cutoffs.ofSymbols
                          |> ok
                      | _ -> ByRadius(ImmutableArray.CreateRange(numbers (case.GetProperty "radii")))

                  let pairs = Neighbours.buildBy cutoffs structure |> ok
                  let expected = numbers (case.GetProperty "list") |> List.map int |> List.chunkBySize 5
                  equal expected (rows pairs)
                  let _, distances = Neighbours.measure structure pairs
                  // The programs round in other orders: units in the last place of coordinates of 10 Å.
                  Seq.iter2 (fun d e -> isTrue (near 1e-14 d e)) (numbers (case.GetProperty "distances")) distances)

          testCase "What is wrong with cut-offs is named" (fun () ->
              let water = Structure.ofSymbols [ "O"; "H" ] [ (0.0, 0.0, 0.0); (1.0, 0.0, 0.0) ] Cell.none |> ok

              let message cutoffs = Neighbours.buildBy cutoffs water |> error |> NoetherError.message
              let radii (values: float list) = ByRadius(ImmutableArray.CreateRange values)
              equal "the cut-off is -1, expected a positive finite length in Å" (message (Within -1.0))

              equal
                  "the cut-off of O and H is NaN, expected a positive finite length in Å"
                  (message (BySpecies [ 8, 1, nan ]))

              equal
                  "the cut-off of O and H has the values 1.5 and 2, expected one"
                  (message (BySpecies [ 1, 8, 1.5; 8, 1, 2.0 ]))

              contains "unknown element '120'" (message (BySpecies [ 1, 120, 1.5 ]))
              equal "the radii has 1 numbers, expected 2, one for each atom" (message (radii [ 1.0 ]))

              equal
                  "the radius of atom 1 is Infinity, expected a finite length in Å, 0 or more"
                  (message (radii [ 1.0; infinity ]))

              contains "the radius of atom 0 is -1" (message (radii [ -1.0; 1.0 ]))
              contains "unknown element 'Q'" (Cutoffs.ofSymbols [ "O", "Q", 1.0 ] |> error |> NoetherError.message)
              contains "1 and 2" (Cutoffs.ofSymbols [ "O", "H", 1.0; "H", "O", 2.0 ] |> error |> NoetherError.message)
              let pairs = Neighbours.build 2.0 water |> ok
              let atom = Structure.ofSymbols [ "O" ] [ (0.0, 0.0, 0.0) ] Cell.none |> ok
              equal 1.5 (Cutoffs.largest (BySpecies [ 1, 8, 1.5; 6, 6, 9.0 ]) water |> ok)

              contains
                  "pairs of 2 atoms, but the structure has 1"
                  (raises<ArgumentException>(fun () -> Neighbours.measure atom pairs |> ignore)).Message) ]
