/// What the tests of Noether.Learning share.
module Noether.Tests.LearningChecks

open System
open System.Globalization
open System.IO
open System.Text.Json
open FsCheck
open Xunit

/// A file of tests/Library.Tests/Reference/nequip.
let reference name =
    let path = Path.Combine(AppContext.BaseDirectory, "Reference", "nequip", name)
    use stream = File.OpenRead path
    JsonDocument.Parse(stream).RootElement

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

/// Whether the program that made the file raised an exception here.
let isError (element: JsonElement) = element.ValueKind = JsonValueKind.Object && fst (element.TryGetProperty "error")

/// Fails unless |actual − expected| ≤ tolerance, saying what was compared.
let close (what: string) tolerance (expected: float) (actual: float) =
    let good = abs (actual - expected) <= tolerance
    Assert.True(good, $"{what}: expected {expected:R}, got {actual:R}, off by {actual - expected:E2} > {tolerance:E2}")

/// Runs a property 100 times from a fixed seed.
let check (seed: uint64) property =
    let replay = { Rnd = Rnd(seed, 1UL); Size = None }

    Check.One(Config.QuickThrowOnFailure.WithReplay(Some replay), property)

/// The message of the ArgumentException (of whatever kind) that the function raises.
let argumentMessage (f: unit -> unit) = Assert.ThrowsAny<ArgumentException>(Action f).Message

/// Numbers in (−1, 1), the same for the same seed.
let randoms seed count =
    let random = Random(seed: int)
    Array.init count (fun _ -> 2.0 * random.NextDouble() - 1.0)

/// A unit vector, the same for the same seed.
let direction seed =
    let v = randoms seed 3
    let length = sqrt (Array.sumBy (fun x -> x * x) v)
    v |> Array.map (fun x -> x / length)
