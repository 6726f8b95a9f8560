module Noether.Tests.NeighbourTests

open System.Collections.Immutable
open System.IO
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

/// (i, j, S) of every pair, in order.
let private rows (pairs: Pairs) =
    [ for e in 0 .. pairs.Count - 1 ->
          let s = pairs.Shifts
          pairs.Receivers[e], pairs.Senders[e], (s[3 * e], s[3 * e + 1], s[3 * e + 2]) ]

let private build cutoff structure = Neighbours.build cutoff structure |> ok

/// r_j + S·H − r_i, in the arithmetic of the definition.
let private vectorOf (structure: Structure) (i, j, (x, y, z)) =
    let r, h = structure.Positions, structure.Cell.Vectors

    [| for k in 0..2 -> r[3 * j + k] - r[3 * i + k] + float x * h[k] + float y * h[3 + k] + float z * h[6 + k] |]

let private length (v: float[]) = sqrt (Array.sumBy (fun x -> x * x) v)

/// All images in a range that is certainly too large, and no geometry: the twin of `Neighbours.build`.
let private naive (cutoff: float) (structure: Structure) =
    let a, b, c = Cell.heights structure.Cell
    let farthest = structure.Positions |> Seq.fold (fun most x -> max most (abs x)) 0.0

    let reach k =
        if structure.Cell.Periodic[k] then
            let height = min (min a b) c
            3 + int (ceil ((4.0 * farthest + cutoff) / height))
        else
            0

    [ for i in 0 .. structure.Count - 1 do
          for j in 0 .. structure.Count - 1 do
              for x in -(reach 0) .. reach 0 do
                  for y in -(reach 1) .. reach 1 do
                      for z in -(reach 2) .. reach 2 do
                          let pair = i, j, (x, y, z)

                          if pair <> (i, i, (0, 0, 0)) && length (vectorOf structure pair) < cutoff then pair ]

/// Few atoms, in and around cells that are not too thin, and a cut-off up to several cells.
let private cases =
    gen {
        let! cell = thickCells
        let! n = Gen.choose (0, 3)

        let! positions = coordinates |> Gen.map (fun x -> x / 8.0) |> Gen.listOfLength (3 * n)

        let! cutoff = Gen.choose (50, 450) |> Gen.map (fun c -> float c / 97.0)

        let structure =
            Structure.create
                (ImmutableArray.CreateRange(List.replicate n 6))
                (ImmutableArray.CreateRange positions)
                cell
            |> Outcome.getOrFail

        return cutoff, structure
    }

let private crystals =
    let path = Path.Combine(Repository.root, "scripts", "data", "carbon.extxyz")

    ExtXyz.read path |> ok

[<Tests>]
let tests =
    testList
        "Neighbour"
        [ property "The list is that of a loop over far too many images" cases (fun (cutoff, structure) ->
              rows (build cutoff structure) = naive cutoff structure)

          property "Every pair has its reverse" cases (fun (cutoff, structure) ->
              let pairs = rows (build cutoff structure)
              let reversed = pairs |> List.map (fun (i, j, (x, y, z)) -> j, i, (-x, -y, -z))
              set pairs = set reversed && List.distinct pairs = pairs)

          property
              "Pairs are sorted by receiver, sender and shift, and the starts point at each centre"
              cases
              (fun (cutoff, structure) ->
                  let pairs = build cutoff structure

                  List.sort (rows pairs) = rows pairs
                  && Seq.forall
                      (fun i ->
                          Seq.forall (fun e -> pairs.Receivers[e] = i) [ pairs.Starts[i] .. pairs.Starts[i + 1] - 1 ])
                      [ 0 .. pairs.Atoms - 1 ])

          property "Half a list holds one of each pair and its reverse" cases (fun (cutoff, structure) ->
              let pairs = build cutoff structure
              let half = rows (Pairs.half pairs)
              let reversed = half |> List.map (fun (i, j, (x, y, z)) -> j, i, (-x, -y, -z))
              2 * half.Length = pairs.Count && set (half @ reversed) = set (rows pairs))

          property "Moving all atoms changes no pair" cases (fun (cutoff, structure) ->
              let moved = Structure.translate (12.25, -7.5, 3.125) structure |> ok
              rows (build cutoff moved) = rows (build cutoff structure))

          property
              "Wrapping changes shifts by the lattice vectors that moved the atoms"
              cases
              (fun (cutoff, structure) ->
                  let wrapped = Structure.wrap structure
                  let before = Cell.toFractional structure.Cell structure.Positions
                  let after = Cell.toFractional structure.Cell wrapped.Positions

                  let moved atom k = int (round (before[3 * atom + k] - after[3 * atom + k]))

                  let expected =
                      rows (build cutoff structure)
                      |> List.map (fun (i, j, (x, y, z)) ->
                          let change k = moved j k - moved i k
                          i, j, (x + change 0, y + change 1, z + change 2))

                  set expected = set (rows (build cutoff wrapped)))

          property "A supercell has as many pairs for each copy" cases (fun (cutoff, structure) ->
              let times k = if structure.Cell.Periodic[k] then 2 else 1

              let larger = Structure.repeat (times 0, times 1, times 2) structure |> ok
              (build cutoff larger).Count = times 0 * times 1 * times 2 * (build cutoff structure).Count)

          testCase "The lists of vesin, matscipy and ASE" (fun () ->
              for case in ((json "neighbours/small.json").GetProperty "cases").EnumerateArray() do
                  let flags = [ for flag in (case.GetProperty "pbc").EnumerateArray() -> flag.GetBoolean() ]

                  let vectors = Array.ofList (numbers (case.GetProperty "cell"))
                  let positions = ImmutableArray.CreateRange(numbers (case.GetProperty "positions"))
                  let species = ImmutableArray.CreateRange(List.replicate (positions.Length / 3) 1)
                  let cell = Cell.create vectors (flags[0], flags[1], flags[2]) |> ok
                  let structure = Structure.create species positions cell |> ok
                  let pairs = build ((case.GetProperty "cutoff").GetDouble()) structure

                  let expected =
                      numbers (case.GetProperty "list")
                      |> List.chunkBySize 5
                      |> List.map (fun row ->
                          match List.map int row with
                          | [ i; j; x; y; z ] -> i, j, (x, y, z)
                          | other -> failwith $"{other}")

                  equal expected (rows pairs)
                  equal ((case.GetProperty "half_pairs").GetInt32()) (Pairs.half pairs).Count

                  // The other programs add in another order: some units in the last place of coordinates of 1e2 to 1e3
                  // Å.
                  Seq.iter2
                      (fun d pair -> isTrue (near 1e-12 d (length (vectorOf structure pair))))
                      (numbers (case.GetProperty "distances"))
                      (rows pairs))

          testCase "The carbon crystals have the edges of matscipy" (fun () ->
              let table = json "nequip/edges.json"
              equal [ 16; 12; 32; 12 ] (crystals |> List.map (fun c -> (build 2.0 c).Count))

              for crystal in crystals do
                  let case = table.GetProperty(Property.tryText crystal.Info["name"] |> Option.get)

                  let ints (name: string) = numbers (case.GetProperty name) |> List.map int

                  let shifts = ints "shifts" |> List.chunkBySize 3 |> List.map (fun s -> s[0], s[1], s[2])

                  let expected = List.zip3 (ints "receivers") (ints "senders") shifts
                  let pairs = build 2.0 crystal
                  equal (List.sort expected) (rows pairs)

                  // Their vectors are receiver minus sender over the cut-off: ours, negated and halved.
                  let theirs = numbers (case.GetProperty "vectors_over_cutoff") |> List.chunkBySize 3

                  let of' = List.zip expected theirs |> Map.ofList

                  let vectors = Space.vectors (Space.positions crystal) (Space.cell crystal) pairs |> Tensor.toArray

                  rows pairs
                  |> List.iteri (fun e pair ->
                      for k in 0..2 do
                          equalWithin 5e-15 (-0.5 * vectors[3 * e + k]) of'[pair].[k]))

          testCase "Bad cut-offs and atoms too far apart are refused" (fun () ->
              let crystal = crystals.Head

              let message cutoff = Neighbours.build cutoff crystal |> error |> NoetherError.message

              equal "the cut-off is -1, expected a positive finite length in Å" (message -1.0)
              equal "the cut-off is 0, expected a positive finite length in Å" (message 0.0)
              equal "the cut-off is NaN, expected a positive finite length in Å" (message nan)
              equal "the cut-off is Infinity, expected a positive finite length in Å" (message infinity)

              let far =
                  Structure.ofSymbols [ "C"; "C" ] [ (0.0, 0.0, 0.0); (1e12, 0.0, 0.0) ] (Cell.cubic 2.0 |> ok) |> ok

              contains "cells between them" (Neighbours.build 1.0 far |> error |> NoetherError.message))

          testCase "Lists made by hand are checked" (fun () ->
              let ints (values: int list) = ImmutableArray.CreateRange values

              let message receivers senders shifts =
                  Pairs.create 2 (ints receivers) (ints senders) (ints shifts) |> error |> NoetherError.message

              contains "p, p and 3p" (message [ 0 ] [ 1 ] [ 0 ])
              contains "the sender of pair 0 has 2, expected an atom from 0 to 1" (message [ 0 ] [ 2 ] [ 0; 0; 0 ])
              contains "sorted" (message [ 1; 0 ] [ 0; 1 ] [ 0; 0; 0; 0; 0; 0 ])
              let pairs = build 2.0 crystals.Head
              equal (Ok pairs) (Pairs.create 4 pairs.Receivers pairs.Senders pairs.Shifts))

          testCase "A list that no array holds is refused before it is counted" (fun () ->
              for edge, axes in [ 1e-3, (true, true, true); 1e-5, (true, true, false); 1e-9, (false, true, false) ] do
                  for n in [ 1; 12 ] do
                      let cell = Cell.createOrFail [| edge; 0.0; 0.0; 0.0; edge; 0.0; 0.0; 0.0; edge |] axes
                      let atoms = List.init n (fun i -> 0.0, 0.0, 1e-4 * float i)
                      let structure = Structure.ofSymbols (List.replicate n "H") atoms cell |> ok

                      match Neighbours.build 5.0 structure with
                      | Error(InvalidArgument("the cut-off", "5", expected)) ->
                          equal $"a list of at most {System.Array.MaxLength / 3} pairs" expected
                      | other -> failtest $"{other}") ]
