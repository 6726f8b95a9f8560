module Noether.Tests.PairsTests

open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

let private row (pairs: Pairs) e =
    let s = pairs.Shifts
    pairs.Receivers[e], pairs.Senders[e], (s[3 * e], s[3 * e + 1], s[3 * e + 2])

let private ints (values: int seq) = ImmutableArray.CreateRange values

let private lists =
    gen {
        let! structure = bareStructures
        let! cutoff = Gen.choose (50, 400)
        return Neighbours.build (float cutoff / 97.0) structure |> ok
    }

/// The same pairs, those of each receiver in another order.
let private stirred (pairs: Pairs) =
    let order =
        [ for i in 0 .. pairs.Atoms - 1 do
              yield! [ pairs.Starts[i] .. pairs.Starts[i + 1] - 1 ] |> List.sortBy (fun e -> e * 7919 % 31, e) ]

    let shifts = order |> List.collect (fun e -> [ for k in 0..2 -> pairs.Shifts[3 * e + k] ])
    let pick (choose: int -> int) = ints (List.map choose order)

    Pairs.create pairs.Atoms (pick (fun e -> pairs.Receivers[e])) (pick (fun e -> pairs.Senders[e])) (ints shifts)
    |> ok

[<Tests>]
let tests =
    testList
        "Pairs"
        [ property "The reverse of a pair is its reverse" lists (fun pairs ->
              [ pairs; stirred pairs ]
              |> List.forall (fun pairs ->
                  let reversed = Pairs.reversed pairs |> ok

                  Seq.forall
                      (fun e ->
                          let i, j, (x, y, z) = row pairs e
                          row pairs reversed[e] = (j, i, (-x, -y, -z)) && reversed[reversed[e]] = e)
                      [ 0 .. pairs.Count - 1 ]))

          testCase "A list without a reverse, or with one twice, has no reversed pairs" (fun () ->
              let message receivers senders shifts =
                  Pairs.create 2 (ints receivers) (ints senders) (ints shifts)
                  |> ok
                  |> Pairs.reversed
                  |> error
                  |> NoetherError.message

              equal
                  "a list of pairs with (0, 1, 0 0 1) has no reverse of it, expected each pair and its reverse, once"
                  (message [ 0; 1 ] [ 1; 0 ] [ 0; 0; 1; 0; 0; 1 ])

              contains "no reverse of it" (message [ 0 ] [ 1 ] [ 0; 0; 0 ])
              contains "two pairs of one reverse" (message [ 0; 0; 1 ] [ 1; 1; 0 ] (List.replicate 9 0))
              holds lists (fun pairs -> pairs.Count = 0 || Result.isError (Pairs.reversed (Pairs.half pairs))))

          property "Triples are all pairs of pairs of a centre" lists (fun pairs ->
              let expected =
                  [ for e in 0 .. pairs.Count - 1 do
                        for f in 0 .. pairs.Count - 1 do
                            if e <> f && pairs.Receivers[e] = pairs.Receivers[f] then e, f ]

              let ordered = Triples.ordered pairs |> ok
              let unordered = Triples.unordered pairs |> ok
              let listed (triples: Triples) = List.zip (List.ofSeq triples.First) (List.ofSeq triples.Second)

              listed ordered = expected
              && listed unordered = List.filter (fun (e, f) -> e < f) expected
              && ordered.Count = 2 * unordered.Count)

          property "Components are what walks along pairs can reach" lists (fun pairs ->
              let neighbours i = [ for e in pairs.Starts[i] .. pairs.Starts[i + 1] - 1 -> pairs.Senders[e] ]

              let rec walk seen front =
                  match front with
                  | [] -> seen
                  | i :: rest ->
                      let next = neighbours i |> List.filter (fun j -> not (Set.contains j seen)) |> List.distinct
                      walk (Set.union seen (set next)) (next @ rest)

              let expected = [ for i in 0 .. pairs.Atoms - 1 -> Set.minElement (walk (Set.singleton i) [ i ]) ]

              let firsts = List.distinct expected
              let labels = expected |> List.map (fun first -> List.findIndex ((=) first) firsts)

              List.ofSeq (Pairs.components pairs) = labels && List.ofSeq (Pairs.components (Pairs.half pairs)) = labels)

          testCase "A long chain is one component" (fun () ->
              let n = 20000

              let chain =
                  Pairs.create
                      n
                      (ints [ 0 .. n - 2 ])
                      (ints [ n - 1 .. -1 .. 1 ])
                      (ints (Array.zeroCreate (3 * n - 3)))
                  |> ok
              // Pairs (i, n − 1 − i): n/2 components of two, as nothing joins i and i + 1.
              let labels = Pairs.components chain
              equal (n / 2) (1 + Seq.max labels)

              let line =
                  Pairs.create n (ints [ 0 .. n - 2 ]) (ints [ 1 .. n - 1 ]) (ints (Array.zeroCreate (3 * n - 3)))
                  |> ok

              for label in Pairs.components line do
                  equal 0 label)

          testCase "Offsets, reversed pairs and triplets of matscipy" (fun () ->
              let table = json "neighbours/derived.json"
              let ints (name: string) = numbers (table.GetProperty name) |> List.map int
              let positions = ImmutableArray.CreateRange(numbers (table.GetProperty "positions"))
              let cell = Cell.createOrFail (Array.ofList (numbers (table.GetProperty "cell"))) (true, true, true)
              let n = positions.Length / 3
              let structure = Structure.create (ImmutableArray.CreateRange(Seq.replicate n 1)) positions cell |> ok

              let theirs =
                  Pairs.create
                      n
                      (ints "i" |> List.toSeq |> ImmutableArray.CreateRange)
                      (ImmutableArray.CreateRange(ints "j"))
                      (ImmutableArray.CreateRange(ints "S"))
                  |> ok

              let ours = Neighbours.build ((table.GetProperty "cutoff").GetDouble()) structure |> ok
              let rows (pairs: Pairs) = List.map (row pairs) [ 0 .. pairs.Count - 1 ]
              // Theirs is sorted by receiver only.
              equal (List.sort (rows theirs)) (rows ours)
              equalSeq (ints "first_neighbours") theirs.Starts
              equalSeq (ints "first_neighbours") ours.Starts
              equalSeq (ints "reversed_pairs") (Pairs.reversed theirs |> ok)
              let triples = Triples.ordered theirs |> ok
              equal ((table.GetProperty "triplet_count").GetInt32()) triples.Count
              equalSeq (ints "triplets_ij") triples.First
              equalSeq (ints "triplets_ik") triples.Second
              equal "194 triples" (string triples)

              // The pair that closes the triangle: k from j, shifted by T − S. Where there is none, matscipy gives −1, or
              // a pair of the same two atoms with another shift.
              let places = Map [ for e in 0 .. theirs.Count - 1 -> row theirs e, e ]
              let third = ints "triplet_jk_matscipy_third_output"

              let otherShift =
                  [ for e, f, theirThird in List.zip3 (List.ofSeq triples.First) (List.ofSeq triples.Second) third do
                        let _, j, (a, b, c) = row theirs e
                        let _, k, (d, f, g) = row theirs f

                        match Map.tryFind (j, k, (d - a, f - b, g - c)) places with
                        | Some place -> equal place theirThird
                        | None when theirThird = -1 -> ()
                        | None ->
                            let receiver, sender, _ = row theirs theirThird
                            equal (j, k) (receiver, sender)
                            theirThird ]

              equal 12 otherShift.Length
              // Distances of the pairs.
              let data = PairData.ofStructure theirs structure
              let expected = numbers (table.GetProperty "d")
              isTrue (Seq.forall2 (near 1e-14) expected (Tensor.toArray data.Distances))) ]
