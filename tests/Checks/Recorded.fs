/// Reading what other programs computed: JSON files of tests/Fixtures.
module Noether.Tests.Recorded

open System
open System.Globalization
open System.IO
open System.Text.Json

/// A JSON file of tests/Fixtures.
let recorded (name: string) =
    use stream = File.OpenRead(Repository.fixture name)
    JsonDocument.Parse(stream).RootElement

/// A file of tests/Fixtures/nequip.
let reference (name: string) = recorded ("nequip/" + name)

let get (name: string) (element: JsonElement) = element.GetProperty name

let items (element: JsonElement) = element.EnumerateArray() |> List.ofSeq

let text (element: JsonElement) =
    match element.GetString() with
    | null -> failwith "null where a text was expected"
    | value -> value

let number (element: JsonElement) =
    if element.ValueKind = JsonValueKind.String then
        Double.Parse(text element, CultureInfo.InvariantCulture)
    else
        element.GetDouble()

let integer (element: JsonElement) = element.GetInt32()

let numbers element = items element |> List.map number |> Array.ofList

let integers element = items element |> List.map integer

/// The numbers of nested arrays, in order.
let rec deep (element: JsonElement) : float list =
    if element.ValueKind = JsonValueKind.Array then
        items element |> List.collect deep
    else
        [ number element ]

/// Whether the program that made the file raised an exception here.
let isError (element: JsonElement) = element.ValueKind = JsonValueKind.Object && fst (element.TryGetProperty "error")

/// Numbers in (−1, 1), the same for the same seed.
let randoms seed count =
    let random = Random(seed: int)
    Array.init count (fun _ -> 2.0 * random.NextDouble() - 1.0)

/// A unit vector, the same for the same seed.
let direction seed =
    let v = randoms seed 3
    let length = sqrt (Array.sumBy (fun x -> x * x) v)
    v |> Array.map (fun x -> x / length)
