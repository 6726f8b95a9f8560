/// Splines in the place of the radial networks of Nequix.
module Noether.Tests.NequixTableTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Learning
open Noether.Physics
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded

/// cos(πx), cos(2πx) and a constant have slopes of zero at 0 and 1, as tables have.
let private waves (x: Tensor) =
    Tensor.stack 1 [ Tensor.cos (Math.PI * x); Tensor.cos (2.0 * Math.PI * x); Tensor.onesLike x ]

let private table intervals =
    waves (Tensor.vector [| for i in 0..intervals -> float i / float intervals |])
    |> SplineTable.ofValues (1.0 / float intervals)

let private quartz =
    lazy
        (Crystal.diamondPrimitive "Si" 5.43
         |> Result.bind (Structure.repeat (2, 2, 1))
         |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 2UL))
         |> ok)

/// Largest differences of the energy of an atom, of a force and of a stress.
let private distances (a: Results) (b: Results) =
    let largest (x: float seq) (y: float seq) = Seq.map2 (fun p q -> abs (p - q)) x y |> Seq.max
    largest a.Energies b.Energies, largest a.Forces b.Forces, largest a.Stress.Value b.Stress.Value

[<Tests>]
let tests =
    testList
        "NequixTable"
        [ testCase
              "Splines pass through their values and close in on the function with the fourth power of the step"
              (fun () ->
                  let knots = Tensor.vector [| for i in 0..8 -> float i / 8.0 |]

                  closeAll
                      "knots"
                      1e-14
                      (Tensor.toArray (waves knots))
                      (Tensor.toArray (SplineTable.apply (table 8) knots))

                  let x = Tensor.vector [| for i in 0..99 -> (float i + 0.3) / 100.0 |]

                  let error intervals =
                      Tensor.toArray (SplineTable.apply (table intervals) x - waves x) |> Array.map abs |> Array.max

                  // The bound of spline interpolation, 5/384 h⁴ max |f''''|, with a derivative of (2π)⁴; a 16th with
                  // half the step.
                  atMost (5.0 / 384.0 * (2.0 * Math.PI / 16.0) ** 4.0) (error 16)
                  inRange 12.0 20.0 (error 64 / error 128))

          testCase "Derivatives of splines are exact to every order in both modes" (fun () ->
              let table = table 6
              // Not within the step of the differences (10⁻⁴) of a knot, where third derivatives jump.
              let x = Tensor.vector [| 0.02; 0.11; 0.3; 0.301; 0.64; 0.9; 0.99 |]
              let report = Check.run (RandomKey.FromSeed 4UL) (fun xs -> SplineTable.apply table xs[0]) [| x |]
              Expect.isTrue report.Passed (string report)
              let nothing = x |> Diff.jacobian (fun x -> Tensor.sumAxes [| 0; 1 |] (SplineTable.apply table x))
              equalSeq [| 7 |] nothing.Shape)

          testCase "Tables are refused where they make no sense" (fun () ->
              raises<ArgumentException>(fun () -> SplineTable.ofValues 0.0 (Tensor.zeros [| 3; 1 |]) |> ignore)
              |> ignore

              raises<ArgumentException>(fun () -> SplineTable.ofValues 1.0 (Tensor.zeros [| 1; 1 |]) |> ignore)
              |> ignore

              let single = table 4 |> SplineTable.cast Float32

              raises<TensorException>(fun () -> SplineTable.apply single (Tensor.vector [| 0.5 |]) |> ignore) |> ignore

              match NequixTable.create 3 small.Value with
              | Ok _ -> failwith "a table of three intervals"
              | Error error ->
                  let message = NoetherError.message error
                  contains "the number of intervals of a radial table is 3, expected a number from 16 to 65536" message)

          testCase "A tabulated model keeps every law" (fun () ->
              let potential = NequixTable.create 256 small.Value |> ok |> NequixTable.potential Float64
              let structures = PotentialSubject.structuresFor [ "H"; "O"; "Si" ] potential.Cutoff |> ok
              let subject = PotentialSubject.ofPotential structures potential
              let settings = { PotentialLaws.settings subject with Samples = 8 }
              let report = Laws.run settings (PotentialLaws.claimed subject) subject
              Expect.isTrue report.Passed (string report))

          testTheory
              "Tables of the published models are as close as they say"
              [ "nequix-mp-1"; "nequix-oam-1-pft" ]
              (fun model ->
                  needsPublishedModels ()
                  let model = published model
                  let exact = Evaluate.run (Nequix.potential Float64 model) quartz.Value |> ok

                  let errors intervals =
                      let table = NequixTable.create intervals model |> ok
                      let results = Evaluate.run (NequixTable.potential Float64 table) quartz.Value |> ok
                      table, distances exact results

                  let coarse, (energy, _, _) = errors 256
                  let usual, (fineEnergy, force, stress) = errors NequixTable.UsualIntervals
                  // Four times the intervals: 4⁴ times as close in values in the end and 4³ in slopes, half of which is
                  // asked for; more while the coarse table still misses terms of higher order.
                  Expect.isTrue
                      (coarse.WeightError > 128.0 * usual.WeightError)
                      $"{coarse.WeightError} to {usual.WeightError}"

                  Expect.isTrue
                      (coarse.SlopeError > 32.0 * usual.SlopeError)
                      $"{coarse.SlopeError} to {usual.SlopeError}"
                  // What the documentation of the usual number says.
                  atMost 2e-7 usual.WeightError

                  Expect.isTrue
                      (fineEnergy < energy)
                      $"energies: {fineEnergy} eV with more intervals, {energy} eV with fewer"
                  // A millionth of what the models are wrong by; weights of order one make energies of atoms of some
                  // eV.
                  atMost 1e-6 fineEnergy
                  atMost 1e-5 force
                  atMost 1e-6 stress
                  let potential = NequixTable.potential Float64 usual
                  contains "radial weights from 1024 splines, to " potential.Name)

          testTheory "Tables in float32 are the float32 model to its rounding" [ "nequix-oam-1-pft" ] (fun model ->
              needsPublishedModels ()
              let model = published model
              let table = NequixTable.create NequixTable.UsualIntervals model |> ok
              let exact = Evaluate.run (Nequix.potential Float32 model) quartz.Value |> ok

              let energy, force, stress =
                  Evaluate.run (NequixTable.potential Float32 table) quartz.Value |> ok |> distances exact
              // What float32 leaves of the published program itself.
              atMost 5e-6 energy
              atMost 5e-5 force
              atMost 5e-6 stress) ]
