module Noether.Tests.NeighbourLawsTests

open System
open System.Collections.Immutable
open Expecto
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks

type private Row = int * int * (int * int * int)

/// A list as a function of the true rows.
let private mutant (change: float -> Structure -> Row list -> Row list) : NeighbourList =
    fun cutoff structure ->
        Neighbours.buildByImages cutoff structure
        |> Result.bind (fun pairs ->
            let s = pairs.Shifts

            let rows =
                [ for e in 0 .. pairs.Count - 1 ->
                      pairs.Receivers[e], pairs.Senders[e], (s[3 * e], s[3 * e + 1], s[3 * e + 2]) ]
                |> change cutoff structure
                |> List.sort

            let ints pick = rows |> Seq.collect pick |> ImmutableArray.CreateRange

            Pairs.create
                structure.Count
                (ints (fun (i, _, _) -> [ i ]))
                (ints (fun (_, j, _) -> [ j ]))
                (ints (fun (_, _, (x, y, z)) -> [ x; y; z ])))

let private without keep : NeighbourList = mutant (fun _ structure -> List.filter (keep structure))

let private vector (structure: Structure) ((i, j, (x, y, z)): Row) =
    let r, h = structure.Positions, structure.Cell.Vectors
    [ for k in 0..2 -> r[3 * j + k] - r[3 * i + k] + float x * h[k] + float y * h[3 + k] + float z * h[6 + k] ]

let private small limit ((_, _, (x, y, z)): Row) = List.forall (fun s -> abs s <= limit) [ x; y; z ]

/// Lists with one fault each, and laws that must find it.
let private faults: (string * NeighbourList * string list) list =
    [ "sees no images", without (fun _ row -> small 0 row), [ "definition"; "choice of image"; "wrapping"; "supercell" ]

      "drops pairs beyond one cell",
      without (fun _ row -> small 1 row),
      [ "definition"; "choice of image"; "choice of cell"; "supercell" ]

      "lists half of the pairs",
      (fun cutoff structure -> Neighbours.build cutoff structure |> Result.map Pairs.half),
      [ "definition"; "both directions"; "half"; "permutation" ]

      "gives shifts the wrong sign",
      mutant (fun _ _ -> List.map (fun (i, j, (x, y, z)) -> i, j, (-x, -y, -z))),
      [ "definition"; "choice of image"; "wrapping"; "supercell" ]

      "counts an atom as its own neighbour",
      mutant (fun _ structure rows -> [ for i in 0 .. structure.Count - 1 -> i, i, (0, 0, 0) ] @ rows),
      [ "definition"; "half" ]

      "lists pairs twice", mutant (fun _ _ rows -> rows @ rows), [ "definition" ]

      "wraps atoms and forgets it",
      (fun cutoff structure -> Neighbours.build cutoff (Structure.wrap structure)),
      [ "definition"; "choice of image"; "wrapping" ]

      "measures along the axes",
      mutant (fun cutoff structure -> List.filter (fun row -> vector structure row |> List.sumBy abs < cutoff)),
      [ "definition"; "rotation" ]

      "forgets atoms left of the origin",
      without (fun structure (i, j, _) -> structure.Positions[3 * i] >= 0.0 && structure.Positions[3 * j] >= 0.0),
      [ "definition"; "translation"; "rotation" ]

      "has room for three neighbours",
      mutant (fun _ _ rows -> rows |> List.groupBy (fun (i, _, _) -> i) |> List.collect (snd >> List.truncate 3)),
      [ "definition"; "both directions"; "permutation"; "shorter cut-off" ]

      "looks as many cells away as their edges tell",
      mutant (fun cutoff structure ->
          let a, b, c = Cell.lengths structure.Cell
          let reach length s = abs (float s) <= 1.0 + cutoff / max length 1e-9
          List.filter (fun (_, _, (x, y, z)) -> reach a x && reach b y && reach c z)),
      [ "definition"; "choice of cell"; "choice of image" ]

      "takes every axis with a vector as periodic",
      (fun cutoff structure ->
          let given k = Cell.vector k structure.Cell <> (0.0, 0.0, 0.0)
          let vectors = structure.Cell.Vectors.AsSpan().ToArray()

          Cell.create vectors (given 0, given 1, given 2)
          |> Result.bind (fun cell -> Neighbours.build cutoff (Structure.withCell cell structure))),
      [ "definition"; "open axes" ]

      "keeps a skin it was not asked for",
      (fun cutoff structure -> Neighbours.build (cutoff + 0.5) structure),
      [ "definition"; "shorter cut-off" ]

      "refuses a structure without atoms",
      (fun cutoff structure ->
          if structure.Count = 0 then invalidOp "no atoms, no list"
          Neighbours.build cutoff structure),
      [ "definition"; "rotation" ] ]

/// Fewer atoms than usual: the mutants are slow.
let private settings =
    { Laws.standard with
        Structures = { Structures.nasty with MaxAtoms = 5 }
        Samples = 120 }

let private faulty = faults |> List.map (fun (name, _, _) -> name)

let private reports =
    faults
    |> List.map (fun (name, list, laws) -> name, (lazy Laws.run settings NeighbourLaws.all list, laws))
    |> Map.ofList

[<Tests>]
let tests =
    testList
        "NeighbourLaws"
        [ testCase "The library's lists keep every law" (fun () ->
              for list in [ Neighbours.build; Neighbours.buildByImages ] do
                  let report = Laws.run { Laws.standard with Samples = 300 } NeighbourLaws.all list
                  Expect.isTrue report.Passed (string report)

                  for finding in report.Findings do
                      equal 0.0 finding.Worst)

          testTheory "A faulty list is caught by the laws that should catch it" faulty (fun name ->
              let report, laws = reports[name]
              let broken = report.Value.Broken |> List.map _.Law |> set
              Expect.isTrue (Set.isSubset (set laws) broken) $"{laws} of {broken}"
              isFalse report.Value.Passed)

          testTheory "What shows a fault is small and shows it" faulty (fun name ->
              let _, list, _ = faults |> List.find (fun (other, _, _) -> other = name)

              for finding in (fst reports[name]).Value.Broken do
                  let law = NeighbourLaws.all |> List.find (fun law -> law.Name = finding.Law)
                  isTrue (Structures.admits settings.Structures finding.Shown.Structure)
                  Expect.isTrue (finding.Shown.Structure.Count <= 3) (string finding)
                  isTrue (finding.Violation > finding.Tolerance)

                  if finding.Failure.IsNone then equal finding.Violation (law.Violation list finding.Shown))

          testCase "Every law catches someone" (fun () ->
              let caught = reports |> Seq.collect (fun entry -> (fst entry.Value).Value.Broken) |> Seq.map _.Law |> set
              equal (NeighbourLaws.all |> List.map _.Name |> set) caught)

          testCase "Names and statements are all different" (fun () ->
              let distinct (texts: string list) = equal texts.Length (List.distinct texts).Length
              NeighbourLaws.all |> List.map _.Name |> distinct
              NeighbourLaws.all |> List.map _.Statement |> distinct)

          testCase "A report repeats by its seed" (fun () ->
              let _, list, _ = faults[1]
              let report seed = string (Laws.run { settings with Samples = 60; Seed = seed } NeighbourLaws.all list)
              equal (report 5UL) (report 5UL)
              differ (report 5UL) (report 6UL))

          testCase "A report is a table and what shows each broken law" (fun () ->
              let _, list, _ = faults |> List.find (fun (name, _, _) -> name.StartsWith "refuses")

              let text = string (Laws.run { settings with Samples = 60 } [ NeighbourLaws.rotation ] list)

              let expected =
                  [ "60 samples a law, seed 1"
                    "law       samples     worst  tolerance"
                    "rotation       60  Infinity          0  BROKEN"
                    ""
                    "rotation: rotating or reflecting atoms and cell changes no pair; pairs that differ, over pairs expected"
                    "violation Infinity, tolerance 0"
                    "it failed: no atoms, no list" ]

              equalSeq expected (Array.truncate expected.Length (text.Split '\n'))
              contains "Å, seed 0\n0\n" text
              let good = string (Laws.run settings [ NeighbourLaws.half ] Neighbours.build)

              equal
                  "120 samples a law, seed 1\nlaw   samples  worst  tolerance\nhalf      120      0          0  holds"
                  good)

          testCase "Errors of a list and values that are no numbers are breaches" (fun () ->
              let refusing: NeighbourList = fun _ _ -> Error(InvalidArgument("the list", "tired", "a rest"))
              let finding = Laws.check settings refusing NeighbourLaws.definition
              equal (Some "the list is tired, expected a rest") finding.Failure
              equal 0 finding.Shown.Structure.Count
              let vague = { NeighbourLaws.definition with Violation = fun _ _ -> nan }
              equal infinity (Laws.check settings Neighbours.build vague).Worst

              let none () = Laws.check { settings with Samples = 0 } Neighbours.build vague |> ignore
              contains "0 samples, expected at least 1" (raises<ArgumentException> none).Message) ]
