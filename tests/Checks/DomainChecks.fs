/// What the tests of the domain share: fixtures, numbers, and nasty structures.
module Noether.Tests.DomainChecks

open System.Collections.Immutable
open System.Text.Json
open FsCheck
open FsCheck.FSharp
open Noether.Domain

/// The path of a fixture.
let fixture = Repository.fixture

/// A JSON fixture.
let json = Recorded.recorded

/// The numbers of a JSON array, nested ones in C order.
let rec numbers (entry: Entry) : float list =
    if entry.ValueKind = JsonValueKind.Array then
        [ for item in entry.EnumerateArray() do
              yield! numbers item ]
    else
        [ entry.GetDouble() ]

/// Whether two finite numbers agree to `tolerance` relative to the larger of them and 1, or two infinite ones are the same.
let near (tolerance: float) (a: float) (b: float) =
    let size = max 1.0 (max (abs a) (abs b))
    a = b || (System.Double.IsFinite size && abs (a - b) <= tolerance * size)

/// Real numbers, small and large, round and ragged, of both signs.
let reals =
    Gen.oneof
        [ Gen.elements [ 0.0; -0.0; 1.0; -1.0; 0.1; 1e-300; 5e-324; 1.7976931348623157e308; 123456789.125 ]
          Gen.choose (-1000000, 1000000) |> Gen.map (fun i -> float i / 997.0)
          Gen.choose (-1000, 1000) |> Gen.map float
          ArbMap.defaults |> ArbMap.generate<NormalFloat> |> Gen.map (fun x -> x.Get) ]

/// Coordinates in Å between −20 and 20.
let coordinates = Gen.choose (-2000000, 2000000) |> Gen.map (fun i -> float i / 99991.0)

/// Three periodic flags.
let flags = Gen.elements [ true; false ] |> Gen.three

/// Cells of every skew, either hand and any periodicity; open axes sometimes have no vector.
let cells =
    gen {
        let! periodic = flags

        let! entries = Gen.choose (-900, 900) |> Gen.map (fun i -> float i / 131.0) |> Gen.listOfLength 9

        let! blanks = Gen.elements [ true; false; false ] |> Gen.three
        let x, y, z = periodic
        let bx, by, bz = blanks
        let blank = [| bx && not x; by && not y; bz && not z |]
        let vectors = Array.init 9 (fun i -> if blank[i / 3] then 0.0 else entries[i])
        return Cell.create vectors periodic
    }
    |> Gen.where (fun cell ->
        match cell with
        | Ok cell ->
            let a, b, c = Cell.heights cell
            List.min [ a; b; c ] > 0.2
        | Error _ -> false)
    |> Gen.map Outcome.getOrFail

/// Such cells with planes at least 0.9 Å apart, so that lists of neighbours stay short.
let thickCells =
    cells
    |> Gen.where (fun cell ->
        let a, b, c = Cell.heights cell
        List.min [ a; b; c ] > 0.9)

/// Structures without properties: none to eight atoms of any element, inside and outside any cell, some coincident.
let bareStructures =
    gen {
        let! cell = cells
        let! n = Gen.choose (0, 8)
        let! species = Gen.choose (0, 118) |> Gen.listOfLength n
        let! positions = coordinates |> Gen.listOfLength (3 * n)
        let! twins = Gen.elements [ true; false; false ]
        let positions = Array.ofList positions

        if twins && n >= 2 then Array.blit positions 0 positions 3 3

        let numbers = ImmutableArray.CreateRange species
        return Structure.create numbers (ImmutableArray.Create<float> positions) cell |> Outcome.getOrFail
    }
