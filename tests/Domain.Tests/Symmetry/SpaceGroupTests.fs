module Noether.Tests.SpaceGroupTests

open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private named name = SpaceGroups.ofName name |> ok

let private cell (a, b, c) angles = Cell.ofLengthsAndAngles (a, b, c) angles (true, true, true) |> ok

/// The first of the settings that fit a cell.
let private fitting cell name = named name |> List.find (fun group -> SpaceGroups.fits cell group.Operations)

[<Tests>]
let tests =
    testList
        "Space groups"
        [ testCase "Every number from 1 to 230 has settings, the standard one first" (fun () ->
              let groups = [ for number in 1..230 -> SpaceGroups.ofNumber number |> ok ]
              equal 530 (List.sumBy List.length groups)
              equal (SpaceGroups.all ()) (List.concat groups)

              for settings in groups do
                  isTrue (List.contains settings.Head.Choice [ ""; "1"; "b"; "b1"; "H" ])

              equal
                  "the number of the space group is 231, expected 1 to 230"
                  (SpaceGroups.ofNumber 231 |> error |> NoetherError.message))

          testCase "Settings of one group have as many operations for each lattice point" (fun () ->
              for number in 1..230 do
                  SpaceGroups.ofNumber number
                  |> ok
                  |> List.map (fun group ->
                      let centrings = group.Operations |> List.filter _.IsTranslation
                      group.Operations.Length / centrings.Length)
                  |> List.distinct
                  |> List.length
                  |> equal 1)

          testCase "Every setting is found by its symbols and by its Hall symbol" (fun () ->
              for group in SpaceGroups.all () do
                  for name in [ group.Symbol; group.Full; group.Short; group.Extended ] @ Option.toList group.Former do
                      for name in [ name; name.Replace(" ", ""); name.ToUpperInvariant() ] do
                          isTrue (List.contains group (named name))

                  if group.Choice <> "" then
                      equal [ group.Setting ] [ for found in named $"{group.Symbol}:{group.Choice}" -> found.Setting ]

                  // A few symbols stand for two choices of one group with the same operations.
                  let found = SpaceGroups.tryHall group.Hall |> Option.get
                  equal group.Number found.Number
                  equal (Set.ofList (List.map string group.Operations)) (Set.ofList (List.map string found.Operations)))

          testTheory
              "Names as authors write them"
              [ "I4/mmm", 139, ""
                "p 21/c", 14, "b1"
                "P2_1/c", 14, "b1"
                "P 2(1)/c", 14, "b1"
                "P 1 21/n 1", 14, "b2"
                "P 1 1 21/b", 14, "c3"
                "P6(3)/mmc", 194, ""
                "Cmca", 64, ""
                "Cmce", 64, ""
                "Fm3m", 225, ""
                "F m 3 m", 225, ""
                "Ia3d", 230, ""
                "R -3 m :H", 166, "H"
                "R-3m:R", 166, "R"
                "R -3 m R", 166, "R"
                "H 3 2", 155, "H"
                "F d -3 m", 227, "1"
                "F d -3 m :2", 227, "2"
                "F d -3 m Z", 227, "2"
                "F d -3 m S", 227, "1"
                "Fd-3m (origin choice 2)", 227, "2"
                "P 2:c", 3, "c" ]
              (fun (name, number, choice) ->
                  let group = (named name).Head
                  equal number group.Number
                  equal choice group.Choice)

          testCase "The cell says which axes a name means" (fun () ->
              let hexagonal = cell (5.0, 5.0, 13.0) (90.0, 90.0, 120.0)
              let rhombohedral = cell (5.0, 5.0, 5.0) (55.0, 55.0, 55.0)
              equal "H" (fitting hexagonal "R -3 c").Choice
              equal "R" (fitting rhombohedral "R -3 c").Choice
              equal "b2" (fitting (cell (5.0, 6.0, 7.0) (90.0, 98.0, 90.0)) "P 2/n").Choice
              equal "c2" (fitting (cell (5.0, 6.0, 7.0) (90.0, 90.0, 98.0)) "P 2/n").Choice
              isFalse (SpaceGroups.fits (cell (5.0, 5.1, 5.0) (90.0, 90.0, 90.0)) (named "Fm-3m").Head.Operations))

          testTheory "Other names are refused" [ "P 7"; ""; ":1"; "Fd-3m:3"; "Pmmm:2" ] (fun name ->
              startsWith
                  $"the name of the space group is '{name}', expected a Hermann-Mauguin symbol"
                  (SpaceGroups.ofName name |> error |> NoetherError.message))

          testCase "Symbols, short, full, former and extended" (fun () ->
              let group = (named "Cmca").Head
              equal ("C m c e", "C 2/m 2/c 21/e", Some "C m c a") (group.Symbol, group.Full, group.Former)
              equal "P n n n :2 (48)" (string (named "Pnnn:2").Head)
              equal "P 21/c" (named "P 1 21/c 1").Head.Short
              equal "-P 2ybc" (named "P 1 21/c 1").Head.Hall) ]
