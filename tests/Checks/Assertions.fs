/// Assertions that need no message, because the values tell; `Expecto.Expect` has those that take one.
[<AutoOpen>]
module Noether.Tests.Assertions

open System
open System.Text.RegularExpressions
open Expecto
open Noether.Domain

/// The values are equal; not-a-number equals itself, alone and inside lists and records.
let equal (expected: 'T) (actual: 'T) =
    if not (LanguagePrimitives.GenericEqualityER expected actual) then
        Expect.equal actual expected "values"

/// The sequences have equal elements.
let equalSeq (expected: 'T seq) (actual: 'T seq) = equal (List.ofSeq expected) (List.ofSeq actual)

/// The values differ.
let differ (other: 'T) (actual: 'T) =
    if LanguagePrimitives.GenericEqualityER other actual then
        failtest $"equal, expected two that differ: %A{actual}"

/// The two are one object.
let identicalTo (expected: 'T) (actual: 'T) =
    Expect.isTrue (obj.ReferenceEquals(expected, actual)) $"one object: %A{expected} and %A{actual}"

/// The condition holds.
let isTrue (condition: bool) = Expect.isTrue condition "condition"

/// The condition does not hold.
let isFalse (condition: bool) = Expect.isFalse condition "condition"

/// low ≤ actual ≤ high.
let inRange (low: 'T) (high: 'T) (actual: 'T) =
    Expect.isTrue (low <= actual && actual <= high) $"{actual}, expected from {low} to {high}"

/// 0 ≤ actual ≤ bound: the size of an error.
let inline atMost (bound: ^T) (actual: ^T) = inRange LanguagePrimitives.GenericZero bound actual

/// An infinite tolerance allows everything, and not-a-number is close to nothing.
let private within tolerance (expected: float) actual =
    expected = actual || (Double.IsFinite tolerance && abs (actual - expected) <= tolerance)

/// |actual − expected| ≤ tolerance, or both are the same infinity.
let equalWithin (tolerance: float) (expected: float) (actual: float) =
    Expect.isTrue
        (within tolerance expected actual)
        $"expected {expected:R}, got {actual:R}, off by {actual - expected:E2} > {tolerance:E2}"

/// The same, saying what was compared.
let close (what: string) (tolerance: float) (expected: float) (actual: float) =
    Expect.isTrue
        (within tolerance expected actual)
        $"{what}: expected {expected:R}, got {actual:R}, off by {actual - expected:E2} > {tolerance:E2}"

/// As many numbers as expected, at least one, each within the tolerance.
let closeAll (what: string) (tolerance: float) (expected: float seq) (actual: float seq) =
    let expected, actual = Array.ofSeq expected, Array.ofSeq actual
    Expect.isNonEmpty expected $"{what}: numbers"
    Expect.equal actual.Length expected.Length $"{what}: count of numbers"
    Array.iteri2 (fun i e a -> close $"{what}[{i}]" tolerance e a) expected actual

/// The largest of the numbers' sizes, and not-a-number if one of them is; a failed test where there are none.
let largest (numbers: float seq) =
    Expect.isNonEmpty numbers "numbers"
    numbers |> Seq.map abs |> Seq.reduce max

/// The largest difference between as many numbers as expected; a failed test where there are none.
let largestDifference (expected: float seq) (actual: float seq) =
    let expected, actual = Array.ofSeq expected, Array.ofSeq actual
    Expect.equal actual.Length expected.Length "count of numbers"
    largest (Array.map2 (-) expected actual)

/// The text has the part.
let contains (part: string) (text: string) =
    Expect.isTrue (text.Contains(part, StringComparison.Ordinal)) $"'{part}' not found in: {text}"

/// The text lacks the part.
let lacks (part: string) (text: string) =
    Expect.isFalse (text.Contains(part, StringComparison.Ordinal)) $"'{part}' found in: {text}"

/// The text begins so.
let startsWith (start: string) (text: string) =
    Expect.isTrue (text.StartsWith(start, StringComparison.Ordinal)) $"'{start}' does not begin: {text}"

/// The text ends so.
let endsWith (ending: string) (text: string) =
    Expect.isTrue (text.EndsWith(ending, StringComparison.Ordinal)) $"'{ending}' does not end: {text}"

/// The regular expression fits somewhere in the text.
let matches (pattern: string) (text: string) =
    Expect.isTrue (Regex.IsMatch(text, pattern)) $"/{pattern}/ does not fit: {text}"

/// The sequence has the item.
let hasItem (item: 'T) (items: 'T seq) =
    Expect.isTrue (Seq.contains item items) $"%A{item} not among %A{List.ofSeq items}"

/// The sequence lacks the item.
let lacksItem (item: 'T) (items: 'T seq) =
    Expect.isFalse (Seq.contains item items) $"%A{item} among %A{List.ofSeq items}"

/// The sequence has no items.
let isEmpty (items: 'T seq) = equalSeq [] items

/// The sequence has items.
let isNotEmpty (items: 'T seq) = Expect.isFalse (Seq.isEmpty items) "empty, expected items"

/// The exception that the function raises, of this type or one derived from it.
let raisesAny<'E when 'E :> exn> (f: unit -> unit) : 'E =
    let raised =
        try
            f ()
            None
        with e ->
            Some e

    match raised with
    | Some(:? 'E as e) -> e
    | Some e -> failtest $"expected {typeof<'E>.Name}, raised: {e}"
    | None -> failtest $"expected {typeof<'E>.Name}, nothing was raised"

/// The exception that the function raises, of exactly this type.
let raises<'E when 'E :> exn> (f: unit -> unit) : 'E =
    let e = raisesAny<'E> f
    Expect.equal (e.GetType()) typeof<'E> "type of the exception"
    e

/// The message of the ArgumentException, of whatever kind, that the function raises.
let argumentMessage (f: unit -> unit) = (raisesAny<ArgumentException> f).Message

/// The value, or a failed test with the message of the error.
let ok (result: Result<'T, NoetherError>) : 'T =
    match result with
    | Ok value -> value
    | Error error -> failtest (NoetherError.message error)

/// The error, or a failed test.
let error (result: Result<'T, 'Error>) : 'Error =
    match result with
    | Error error -> error
    | Ok value -> failtest $"expected an error, found %O{value}"

/// The message of the error, or a failed test.
let message (result: Result<'T, NoetherError>) : string = error result |> NoetherError.message
