module Noether.Tests.ExamineTests

open System
open Noether.Domain
open Noether.Laws
open Xunit

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

[<Fact>]
let ``Given samples are tried all and shown as they are`` () =
    let held = Laws.examine [ sample 0; sample 1 ] () few
    Assert.True held.Passed
    Assert.Equal(2, held.Samples)
    Assert.Equal(1.0, held.Worst)
    Assert.Equal(1, held.Shown.Structure.Count)

    // The simplest that breaks the law, not one made of it: two atoms, though four are worse.
    let broken = Laws.examine [ sample 4; sample 2; sample 0 ] () few
    Assert.False broken.Passed
    Assert.Equal(4.0, broken.Worst)
    Assert.Equal(2, broken.Shown.Structure.Count)
    Assert.Equal(2.0, broken.Violation)

    let failed = Laws.examine [ sample 3 ] () few
    Assert.Equal(infinity, failed.Worst)
    Assert.Equal(Some "three atoms", failed.Failure)

[<Fact>]
let ``Without samples there is nothing to examine`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Laws.examine [] () few |> ignore)
    Assert.StartsWith("Laws.examine: 0 samples, expected at least 1.", error.Message)
