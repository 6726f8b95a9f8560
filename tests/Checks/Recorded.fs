/// Reading what other programs computed: JSON files of tests/Fixtures.
module Noether.Tests.Recorded

open System
open System.Collections.Concurrent
open System.Globalization
open System.IO
open System.Text.Json

let internal files = ConcurrentDictionary<string, Lazy<Entry>>()

let private parsed (json: string) = Entry(JsonDocument.Parse(json).RootElement)

/// A JSON text that a test found in a file of that name, the same entry whenever it is asked for.
let recordedText (name: string) (text: unit -> string) = files.GetOrAdd(name, fun _ -> lazy (parsed (text ()))).Value

/// A JSON file of tests/Fixtures.
let recorded (name: string) = recordedText name (fun () -> File.ReadAllText(Repository.fixture name))

/// A file of tests/Fixtures/nequip.
let reference (name: string) = recorded ("nequip/" + name)

let get (name: string) (entry: Entry) = entry.GetProperty name

let items (entry: Entry) = entry.EnumerateArray() |> List.ofSeq

let text (entry: Entry) =
    match entry.GetString() with
    | null -> failwith "null where a text was expected"
    | value -> value

let number (entry: Entry) =
    if entry.ValueKind = JsonValueKind.String then
        Double.Parse(text entry, CultureInfo.InvariantCulture)
    else
        entry.GetDouble()

let integer (entry: Entry) = entry.GetInt32()

let numbers entry = items entry |> List.map number |> Array.ofList

let integers entry = items entry |> List.map integer

/// The numbers of nested arrays, in order.
let rec deep (entry: Entry) : float list =
    if entry.ValueKind = JsonValueKind.Array then items entry |> List.collect deep else [ number entry ]

/// Whether the program that made the file raised an exception here.
let isError (entry: Entry) =
    match entry.TryGetProperty "error" with
    | true, kind -> text kind <> ""
    | _ -> false

/// Numbers in (−1, 1), the same for the same seed.
let randoms seed count =
    let random = Random(seed: int)
    Array.init count (fun _ -> 2.0 * random.NextDouble() - 1.0)

/// A unit vector, the same for the same seed.
let direction seed =
    let v = randoms seed 3
    let length = sqrt (Array.sumBy (fun x -> x * x) v)
    v |> Array.map (fun x -> x / length)
