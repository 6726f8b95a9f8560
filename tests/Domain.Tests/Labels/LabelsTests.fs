/// Labels: rules, sets, selections, edits and text, against metatensor-core 0.2.6 and simple definitions.
module Noether.Tests.LabelsTests

open System
open System.IO
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private document = lazy (Recorded.recorded "labelled/labels.json")

let private part (name: string) = document.Value.GetProperty name

let private input (name: string) = part "inputs" |> fun inputs -> labelsOf (inputs.GetProperty name)

let private setOf name =
    match name with
    | "empty" -> Labels.empty [ "a"; "b" ] |> ok
    | other -> input other

[<Tests>]
let tests =
    testList
        "Labels"
        [ testCase "sets and their mappings are those of metatensor" (fun () ->
              for case in (part "set_operations").EnumerateObject() do
                  let sides = case.Name.Split ','
                  let a, b = setOf sides[0], setOf sides[1]

                  let check (name: string) (found: LabelsMapping) second =
                      let expected = case.Value.GetProperty name
                      equal (labelsOf (expected.GetProperty "labels")) found.Labels
                      equal (integers (expected.GetProperty "first_mapping")) (List.ofSeq found.First)

                      if second then equal (integers (expected.GetProperty "second_mapping")) (List.ofSeq found.Second)

                  check "union" (Labels.unionWithMapping a b |> ok) true
                  check "intersection" (Labels.intersectionWithMapping a b |> ok) true
                  check "difference" (Labels.differenceWithMapping a b |> ok) false)

          testCase "selections are those of metatensor" (fun () ->
              for case in (part "select").EnumerateArray() do
                  let selection = labelsOf (case.GetProperty "selection")
                  let found = Labels.select selection (input "C") |> ok
                  equal (integers (case.GetProperty "selected")) (List.ofSeq found))

          testCase "places are those of metatensor" (fun () ->
              for case in (part "position").EnumerateArray() do
                  let expected =
                      match case.GetProperty "position" with
                      | none when none.ValueKind = JsonValueKind.Null -> None
                      | place -> Some(place.GetInt32())

                  equal expected (Labels.position (integers (case.GetProperty "entry")) (input "A") |> ok))

          testCase "dimensions are edited as metatensor does, and appended at the end" (fun () ->
              let c = input "C"

              let expect (name: string) found =
                  let expected = (part "dimensions").GetProperty name

                  let expected =
                      match expected.TryGetProperty "no_error" with
                      | true, inner -> inner
                      | _ -> expected

                  equal (labelsOf expected) (ok found)

              expect "insert_0" (Labels.insert 0 "new" [ 0; 2; 4; 6; 8 ] c)
              expect "insert_1" (Labels.insert 1 "new" [ -3; -3; -3; -3; -3 ] c)
              expect "insert_end" (Labels.insert 3 "new" [ 0..4 ] c)
              expect "permute" (Labels.permute [ 2; 1; 0 ] c)
              expect "permute_negative" (Labels.permute [ -1; 0; 1 ] c)
              expect "rename" (Labels.rename "atom" "other" c)
              expect "remove" (Labels.remove "type" c)
              expect "remove_first" (Labels.remove "system" c)
              equal (Labels.insert 3 "new" [ 0..4 ] c |> ok) (Labels.append "new" [ 0..4 ] c |> ok))

          testCase "tables of rows are those of metatensor" (fun () ->
              for case in (part "printing").EnumerateObject() do
                  let labels = labelsOf (case.Value.GetProperty "labels")

                  for print in case.Value.EnumerateObject() do
                      let words = print.Name.Replace("print_", "").Split "_indent_"

                      // Upstream prints the only row of one twice when asked for none.
                      if print.Name.StartsWith "print_" && not (case.Name = "single" && words[0] = "0") then
                          let indent = if words.Length > 1 then int words[1] else 0
                          equal (print.Value.GetString()) (labels.Print(int words[0], indent)))

          testCase "rows that stand twice are named with both places" (fun () ->
              match Labels.create [ "a"; "b" ] [ [ 5; 1 ]; [ 0; 1 ]; [ 5; 1 ]; [ 0; 1 ] ] with
              | Error error ->
                  equal
                      "labels (a, b) has row 2 = (a=5, b=1), which is row 0 already, expected each row once"
                      (NoetherError.message error)
              | Ok _ -> failtest "duplicates were taken")

          testTheory "names are identifiers" [ "a b"; ""; "1a"; "a-b"; "é" ] (fun name ->
              match NoetherError.kind (error (Labels.empty [ name ])) with
              | InvalidArgument(_, value, _) -> equal $"'{name}'" value
              | other -> failtest $"{other}")

          testCase "names stand once, and dimensions must agree" (fun () ->
              isTrue (Labels.empty [ "a"; "a" ]).IsError
              isTrue (Labels.union (input "A") (input "C")).IsError
              isTrue (Labels.select (Labels.empty [ "unknown" ] |> ok) (input "A")).IsError
              isTrue (Labels.position [ 1 ] (input "A")).IsError
              isTrue (Labels.remove "a" (Labels.create [ "a"; "b" ] [ [ 0; 1 ]; [ 2; 1 ] ] |> ok)).IsError
              isTrue (Labels.create [ "a"; "b" ] [ [ 0; 1 ]; [ 2 ] ]).IsError
              isTrue (Labels.create [] [ [] ]).IsError)

          testCase "an entry is read by its names" (fun () ->
              let entry = (input "C")[1]
              equal "LabelsEntry(system=0, atom=1, type=1)" (string entry)
              equal 1 entry["type"]
              raises<NoetherException>(fun () -> entry["zz"] |> ignore) |> ignore
              raises<ArgumentOutOfRangeException>(fun () -> (input "C")[5] |> ignore) |> ignore)

          testCase "a million rows are found at once" (fun () ->
              let n = 1_000_000

              let labels =
                  Labels.ofArray
                      [ "i"; "j" ]
                      (Array.init (2 * n) (fun k -> if k % 2 = 0 then k / 2000 else k / 2 % 1000))
                  |> ok

              let reversed =
                  Labels.ofArray
                      [ "i"; "j" ]
                      (Array.init (2 * n) (fun k -> labels.Values[2 * (n - 1 - k / 2) + k % 2]))
                  |> ok

              let mapping = Labels.unionWithMapping labels reversed |> ok
              equal n mapping.Labels.Count
              equal (n - 1) (mapping.Second[0])
              equal (Some 123456) (Labels.position [ 123; 456 ] labels |> ok)) ]
