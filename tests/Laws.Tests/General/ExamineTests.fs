module Noether.Tests.ExamineTests

open System
open Expecto
open Noether.Domain
open Noether.Laws

/// The violation is the count of atoms; more than one is too many.
let private few: Law<unit> =
    { Name = "few atoms"
      Statement = "at most one atom"
      Samples = Sample.arbitrary
      Violation =
        fun () sample ->
            if sample.Structure.Count = 3 then failwith "three atoms"

            float sample.Structure.Count
      Tolerance = 1.0 }

let private sample count =
    let places = [ for i in 1..count -> 3.0 * float i, 0.0, 0.0 ]

    { Structure = Structure.ofSymbols (List.replicate count "Ar") places Cell.none |> Outcome.getOrFail
      Cutoff = 5.0
      Seed = 0 }

[<Tests>]
let tests =
    testList
        "Examine"
        [ testCase "Given samples are tried all and shown as they are" (fun () ->
              let held = Laws.examine [ sample 0; sample 1 ] () few
              isTrue held.Passed
              equal 2 held.Samples
              equal 1.0 held.Worst
              equal 1 held.Shown.Structure.Count

              // The simplest that breaks the law, not one made of it: two atoms, though four are worse.
              let broken = Laws.examine [ sample 4; sample 2; sample 0 ] () few
              isFalse broken.Passed
              equal 4.0 broken.Worst
              equal 2 broken.Shown.Structure.Count
              equal 2.0 broken.Violation

              let failed = Laws.examine [ sample 3 ] () few
              equal infinity failed.Worst
              equal (Some "three atoms") failed.Failure)

          testCase "Without samples there is nothing to examine" (fun () ->
              let error = raises<ArgumentException>(fun () -> Laws.examine [] () few |> ignore)
              startsWith "Laws.examine: 0 samples, expected at least 1." error.Message) ]
