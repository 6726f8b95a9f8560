/// What stops a simulation, and parameters that are made from others.
module Noether.Tests.SafeguardTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks
open Noether.Tests.MotionChecks

/// Two atoms of mass 1 that fly at each other.
let private collision speed =
    argon [| 0.0; 0.0; 0.0; 0.0; 0.0; 2.4 |] Cell.none
    |> PhasePoint.ofMasses [ 1.0; 1.0 ]
    |> Result.bind (PhasePoint.withVelocities [ 0.0; 0.0; speed; 0.0; 0.0; -speed ])
    |> ok

let private limited limit =
    simulation
        { Ensemble.microcanonical (reducedTime 0.002) with
            Skin = 0.3
            LargestForce = limit }
        liquidPotential

let private at (table: PairParameters) (a: string) (b: string) =
    let place symbol = table.Species.IndexOf(Elements.ofSymbol symbol |> ok)
    let width = table.Values.Shape[1]
    let row = place a * table.Kinds + place b
    Array.sub (Tensor.toArray table.Values) (row * width) width

[<Tests>]
let tests =
    testList
        "Safeguard"
        [ testCase "A force above the limit ends a simulation with its step and atom" (fun () ->
              let simulation = limited 100.0

              let states =
                  Simulation.states simulation (start simulation (collision 5.0)) |> Seq.truncate 1000 |> List.ofSeq

              let last = states[states.Length - 2] |> ok
              let text = message (List.last states)
              startsWith $"the force on atom 0, in step {last.Step + 1}, is " text
              contains " eV/Å, expected at most 100 eV/Å" text
              // The state before is a good one: its forces are below the limit, and without one it goes on.
              for f in last.Results.Forces do
                  atMost 100.0 (abs f)

              isTrue (Result.isOk ((limited infinity).Step last)))

          testCase "At the start the limit holds as well" (fun () ->
              let close = argon [| 0.0; 0.0; 0.0; 0.0; 0.0; 0.5 |] Cell.none |> PhasePoint.ofMasses [ 1.0; 1.0 ] |> ok
              startsWith "the force on atom 0 is " (message ((limited 1e4).Init key close)))

          testCase "Forces that are no numbers end a simulation" (fun () ->
              // √z has an energy but no force where z becomes 0.
              let root =
                  Potential.create "root" 0.0 (fun data ->
                      Tensor.sqrt (Tensor.reshape [| 1 |] (Tensor.slice 1 2 3 data.Positions)))

              let phase = argon [| 0.0; 0.0; 0.0 |] Cell.none |> PhasePoint.ofMasses [ 1.0 ] |> ok
              let text = message ((simulation (Ensemble.microcanonical 1.0) root).Init key phase)
              startsWith "the force on atom 0 is " text
              endsWith "expected a finite number" text)

          testTheory "Limits have to be positive" [ 0.0; -1.0; Double.NaN ] (fun limit ->
              let text = message (Ensemble.validate { Ensemble.microcanonical 1.0 with LargestForce = limit })
              startsWith "the largest force is " text)

          testCase "Parameters of screened nuclei follow from atomic numbers" (fun () ->
              let table = PairParameters.screenedNuclei 3.0 [ "C"; "Si" ] |> ok
              let row = at table "Si" "C"
              // e²/4πε₀ = 14.399645 eV Å, to the digits given.
              equalWithin 1e-4 (14.399645 * 14.0 * 6.0) row[0]
              equalWithin 1e-15 (0.46850 / (Math.Pow(14.0, 0.23) + Math.Pow(6.0, 0.23))) row[1]
              equal row (at table "C" "Si")
              equalWithin 1e-4 (14.399645 * 36.0) ((at table "C" "C")[0])
              contains "Qq" (message (PairParameters.screenedNuclei 3.0 [ "Qq" ])))

          testCase "Williams' rule takes geometric means, and the mean of the inverse lengths" (fun () ->
              let mixed = Mixing.williams (Tensor.vector [ 4.0; 0.25; 9.0 ]) (Tensor.vector [ 16.0; 0.5; 4.0 ])
              // 1/ρ = ½(4 + 2).
              equalSeq [| 8.0; 1.0 / 3.0; 6.0 |] (Tensor.toArray mixed))

          testCase "Every format reads what it prints, under any of its names" (fun () ->
              let structure =
                  Structure.ofSymbols
                      [ "Si"; "Si" ]
                      [ 0.0, 0.0, 0.0; 1.25, 1.25, 1.5 ]
                      (periodic [| 5.0; 0.0; 0.0; 0.0; 5.0; 0.0; 0.0; 0.0; 5.0 |])
                  |> ok

              for format in Formats.all do
                  identicalTo format (Formats.ofName format.Name |> ok)
                  identicalTo format (Formats.ofName (format.Extensions.Head.ToUpperInvariant()) |> ok)

                  // Data sets in HDF5 are read only, and say so.
                  match
                      Outcome.capture (fun () -> format.Pieces WritingOptions.strict [ structure ] |> String.concat "")
                  with
                  | Error error ->
                      equal [ "h5"; "hdf5" ] format.Extensions
                      contains "expected one that is written" (NoetherError.message error)
                  | Ok text ->
                      let bytes = Text.Encoding.UTF8.GetBytes text
                      let read = format.Parse ReadingOptions.usual "(text)" bytes |> ok
                      equal structure.Numbers read.Head.Numbers

                      for (a, b) in Seq.zip structure.Positions read.Head.Positions do
                          equalWithin 1e-12 a b

              contains "one of extxyz, xyz" (message (Formats.ofName "png" |> Result.map ignore))) ]
