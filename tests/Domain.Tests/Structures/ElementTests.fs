module Noether.Tests.ElementTests

open System
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

[<Tests>]
let tests =
    testList
        "Element"
        [ testCase "Symbols and numbers name each other for all 118 elements and X" (fun () ->
              for z in 0..118 do
                  equal (Ok z) (Elements.ofSymbol (Elements.symbol z))

              equal "X" (Elements.symbol 0)
              equal "Og" (Elements.symbol 118)
              equal (Ok 27) (Elements.ofSymbol "Co"))

          testCase "Masses and radii are those of ASE" (fun () ->
              let table = json "elements.json"
              let masses = numbers (table.GetProperty "masses_of_elements_1_to_36")
              let radii = numbers (table.GetProperty "covalent_radii_1_to_36")

              for z in 1..36 do
                  equal masses[z - 1] (Elements.mass z)
                  equal (Some radii[z - 1]) (Elements.covalentRadius z))

          testCase "Masses rise along the table but for the known inversions" (fun () ->
              let inversions =
                  [ 1..117 ]
                  |> List.filter (fun z -> Elements.mass (z + 1) < Elements.mass z)
                  |> List.map Elements.symbol

              // Ar-K, Co-Ni, Te-I and, among the longest-lived isotopes, the others.
              equal [ "Ar"; "Co"; "Te"; "Th"; "U"; "Pu"; "Cm"; "Sg"; "Bh" ] inversions)

          testCase "Radii are missing for X and beyond curium only" (fun () ->
              let missing = [ 0..118 ] |> List.filter (fun z -> (Elements.covalentRadius z).IsNone)

              equal (0 :: [ 97..118 ]) missing)

          testTheory "An unknown symbol is named" [ "Qq"; "CO"; "h"; ""; "Uue"; "C "; "`a" ] (fun symbol ->
              let message = Elements.ofSymbol symbol |> error |> NoetherError.message
              startsWith $"unknown element '{symbol}', expected a symbol" message)

          testCase "Numbers outside the table are refused" (fun () ->
              equal (Error(UnknownElement "119")) (Elements.ofNumber 119)
              equal (Error(UnknownElement "-1")) (Elements.ofNumber -1)

              let raised = raises<ArgumentOutOfRangeException>(fun () -> Elements.mass 119 |> ignore)

              contains "119" raised.Message) ]
