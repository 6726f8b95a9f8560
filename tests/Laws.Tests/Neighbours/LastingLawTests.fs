module Noether.Tests.LastingLawTests

open System.Collections.Immutable
open Expecto
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks

let private settings =
    { Laws.standard with
        Structures = { Structures.nasty with MaxAtoms = 6 }
        Samples = 300 }

/// Å. Walks have steps from a tenth of it to three times as much.
let private skin = 0.3

/// The pairs of a list that are nearer than a cut-off now.
let private nearer cutoff (structure: Structure) (pairs: Pairs) =
    let r, h = structure.Positions, structure.Cell.Vectors

    let square e =
        let i, j, s = pairs.Receivers[e], pairs.Senders[e], pairs.Shifts.AsSpan(3 * e, 3).ToArray()

        [ for k in 0..2 ->
              r[3 * j + k] - r[3 * i + k] + (float s[0] * h[k] + float s[1] * h[3 + k] + float s[2] * h[6 + k]) ]
        |> List.sumBy (fun x -> x * x)

    let kept = [| 0 .. pairs.Count - 1 |] |> Array.filter (fun e -> square e < cutoff * cutoff)
    let ints pick = kept |> Seq.collect pick |> ImmutableArray.CreateRange

    Pairs.create
        structure.Count
        (ints (fun e -> [ pairs.Receivers[e] ]))
        (ints (fun e -> [ pairs.Senders[e] ]))
        (ints (fun e -> [ for k in 0..2 -> pairs.Shifts[3 * e + k] ]))
    |> ok

/// A list of cut-off and skin, kept as long as somebody thinks it serves.
let private kept (serves: Structure -> Structure -> bool) : LastingList =
    fun cutoff walk ->
        Outcome.capture (fun () ->
            ((walk.Head, Neighbours.build (cutoff + skin) walk.Head |> Outcome.getOrFail), walk)
            ||> List.mapFold (fun (reference, wide) structure ->
                let state =
                    if serves reference structure then
                        reference, wide
                    else
                        structure, Neighbours.build (cutoff + skin) structure |> Outcome.getOrFail

                nearer cutoff structure (snd state), state)
            |> fst)

/// How far the atom strayed that strayed most, after `change` of the differences [n, 3].
let private strayed change (reference: Structure) (structure: Structure) =
    Seq.map2 (-) structure.Positions reference.Positions
    |> ImmutableArray.CreateRange
    |> change
    |> Seq.chunkBySize 3
    |> Seq.fold (fun most u -> max most (sqrt (Array.sumBy (fun x -> x * x) u))) 0.0

let private all: ImmutableArray<float> -> ImmutableArray<float> = id

let private sameCell (a: Structure) (b: Structure) = a.Cell = b.Cell

let private toNearest (cell: Cell) (differences: ImmutableArray<float>) =
    let fractional = Cell.toFractional cell differences

    Seq.mapi (fun i f -> if cell.Periodic[i % 3] then f - round f else f) fractional
    |> ImmutableArray.CreateRange
    |> Cell.toCartesian cell

/// The atoms carried along with the cell, at their fractional coordinates.
let private followed (reference: Structure) (structure: Structure) =
    let carried = Cell.toFractional reference.Cell reference.Positions |> Cell.toCartesian structure.Cell
    Structure.withPositions carried reference |> ok

/// Lists that last too long.
let private faults: (string * LastingList) list =
    [ "is never renewed", kept (fun _ _ -> true)
      "lasts until an atom strayed by the skin", kept (fun a b -> sameCell a b && strayed all a b < skin)
      "does not look at the cell", kept (fun a b -> strayed all a b < skin / 2.0)
      "takes a jump to another image for rest",
      kept (fun a b -> sameCell a b && strayed (toNearest a.Cell) a b < skin / 2.0)
      "lets atoms follow the cell, however small it gets", kept (fun a b -> strayed all (followed a b) b < skin / 2.0)
      "gives yesterday's pairs",
      fun cutoff walk -> walk |> List.map (fun _ -> Neighbours.build cutoff walk.Head) |> Outcome.all
      "loses a step", fun cutoff walk -> walk.Tail |> List.map (Neighbours.build cutoff) |> Outcome.all ]

let private faulty = faults |> List.map fst

/// The library's, with a skin: the pairs at each step, and how often the list was made.
let private verlet skin cutoff (walk: Structure list) : Pairs list * int =
    let first = VerletList.create cutoff skin walk.Head |> ok

    let lists, (_, made) =
        ((first, 1), walk)
        ||> List.mapFold (fun (list, made) structure ->
            let now = VerletList.update structure list |> ok
            VerletList.pairs structure now |> ok, (now, (if obj.ReferenceEquals(now, list) then made else made + 1)))

    lists, made

[<Tests>]
let tests =
    testList
        "LastingLaw"
        [ testTheory "A list that lasts too long is caught" faulty (fun name ->
              let finding = Laws.check settings (List.find (fst >> (=) name) faults |> snd) NeighbourLaws.lasting
              Expect.isFalse finding.Passed (string finding)
              Expect.isTrue (finding.Shown.Structure.Count <= 3) (string finding))

          testCase "A list that is renewed in time keeps the law" (fun () ->
              let cautious = kept (fun a b -> sameCell a b && strayed all a b < skin / 2.0)
              let finding = Laws.check settings cautious NeighbourLaws.lasting
              Expect.isTrue finding.Passed (string finding))

          testCase "Lists made afresh keep the law" (fun () ->
              let fresh: LastingList = fun cutoff walk -> walk |> List.map (Neighbours.build cutoff) |> Outcome.all
              let finding = Laws.check settings fresh NeighbourLaws.lasting
              Expect.isTrue finding.Passed (string finding))

          testTheory "The library's Verlet list keeps the law, with any skin" [ 0.0; 0.3; 1.5 ] (fun skin ->
              let list: LastingList = fun cutoff walk -> Outcome.capture (fun () -> fst (verlet skin cutoff walk))
              let finding = Laws.check { settings with Samples = 500 } list NeighbourLaws.lasting
              Expect.isTrue finding.Passed (string finding))

          testCase "The walks try a Verlet list: some need it renewed, some do not" (fun () ->
              let samples =
                  FsCheck.FSharp.Gen.sampleWithSeed (FsCheck.Rnd 3UL) 50 300 (Sample.generate settings.Structures)

              let made =
                  [ for sample in samples ->
                        snd (verlet 0.6 sample.Cutoff (Sample.draw (Moves.walks sample.Structure) sample)) ]

              Expect.isTrue
                  (made |> List.filter (fun count -> count = 1) |> List.length > 30)
                  $"{List.countBy id made}"

              Expect.isTrue
                  (made |> List.filter (fun count -> count > 3) |> List.length > 30)
                  $"{List.countBy id made}"

              Expect.isTrue (made |> List.exists (fun count -> count = 2 || count = 3)) $"{List.countBy id made}") ]
