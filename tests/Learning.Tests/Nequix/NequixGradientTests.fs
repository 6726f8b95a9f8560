/// Derivatives of Nequix by its parameters, and its evaluation in blocks.
module Noether.Tests.NequixGradientTests

open System.Collections.Immutable
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded
open Noether.Training

/// All elements of the small model in a skewed cell, and labels that it does not have.
let private labelled =
    lazy
        (let cell = Cell.create [| 4.4; 0.0; 0.0; 0.9; 4.1; 0.0; -0.3; 0.6; 4.7 |] (true, true, true) |> ok
         let places = [ 0.1, 0.2, 0.0; 1.5, 0.6, 0.4; 2.3, 2.2, 2.5; 0.4, 3.0, 2.9 ]
         let structure = Structure.ofSymbols [ "Si"; "O"; "H"; "O" ] places cell |> ok
         let numbers count = ImmutableArray.CreateRange(Seq.init count (fun i -> 0.3 * sin (float i)))

         { Structure = structure
           Pairs = Neighbours.build smallSettings.Cutoff structure |> ok
           Energy = Some -4.0
           Forces = Some(numbers 12)
           Stress = Some(numbers 9)
           StressLeftOut = false
           HessianVector = None
           Weight = 1.0 })

let private terms =
    [ Loss.term Target.EnergyPerAtom Penalty.Squared 1.0
      Loss.term Target.Forces Penalty.Squared 2.0
      Loss.term Target.Stress Penalty.Squared 20.0 ]

/// Leaves of at most so many numbers are checked in each of them.
let private small' = 12

/// Some rows of weights a block, so that the graph is cut into many.
let private little: NequixMemory = { Kept = 0L; Block = 40_000L }

let private diamond =
    lazy
        (Crystal.diamond "Si" 5.43
         |> Result.bind (Structure.repeat (2, 1, 1))
         |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 2UL))
         |> ok)

[<Tests>]
let tests =
    testList
        "NequixGradient"
        [ testCase
              "The gradient by every parameter is the central difference of the loss on energy, forces and stress"
              (fun () ->
                  let model = NequixFamily.trainable small.Value
                  let batch = ReferenceBatch.create [ labelled.Value ]
                  let parameters = NequixModel.parameters Float64 small.Value
                  let loss parameters = Loss.value terms 0 model batch parameters |> Tensor.value

                  let gradients =
                      [ for route in [ ReverseOverReverse; ReverseOverForward ] ->
                            let value, gradient = Loss.gradient route terms 0 model batch parameters
                            close "loss" (1e-13 * value) (loss parameters) value
                            route, dict (Tree.paths gradient) ]

                  let size = loss parameters

                  /// Along a direction of one leaf.
                  let compare path (direction: Tensor) =
                      let at h =
                          parameters
                          |> Tree.mapPaths (fun own (p: Tensor) -> if own = path then p + h * direction else p)
                          |> loss

                      // h⁴ times the fifth derivative, and the loss's rounding over h.
                      let h = 1e-3
                      let slope = (8.0 * (at h - at -h) - (at (2.0 * h) - at (-2.0 * h))) / (12.0 * h)

                      for route, gradient in gradients do
                          let exact = Tensor.value (Tensor.sum (gradient[path] * direction))
                          close $"{route}, {path}" (1e-7 * (size + abs slope)) slope exact

                  for path, leaf in Tree.paths parameters do
                      compare path (Tensor.normal Float64 leaf.Shape (RandomKey.FromSeed(uint64 path.Length)))

                      if leaf.Size <= small' then
                          for i in 0 .. leaf.Size - 1 do
                              Array.init leaf.Size (fun k -> if k = i then 1.0 else 0.0)
                              |> Tensor.ofArray leaf.Shape
                              |> compare path)

          testCase "Blocks change energies, forces, stress and Hessians by no more than rounding" (fun () ->
              for precision, tolerance in [ Float64, 1e-12; Float32, 2e-5 ] do
                  let whole, blocks =
                      Nequix.potential precision small.Value, Nequix.potentialWithin little precision small.Value

                  let a, b = Evaluate.run whole diamond.Value |> ok, Evaluate.run blocks diamond.Value |> ok
                  close "energy" (tolerance * abs a.Energy) a.Energy b.Energy
                  let size = a.Forces |> Seq.fold (fun most f -> max most (abs f)) 1.0
                  closeAll "forces" (10.0 * tolerance * size) (Seq.toArray a.Forces) b.Forces
                  closeAll "stress" (10.0 * tolerance * size) (Seq.toArray a.Stress.Value) b.Stress.Value

              let hessian potential = Hessian.dense potential diamond.Value |> ok |> Tensor.toArray
              let whole = hessian (Nequix.potential Float64 small.Value)
              let size = whole |> Array.fold (fun most h -> max most (abs h)) 1.0
              closeAll "Hessian" (1e-11 * size) whole (hessian (Nequix.potentialWithin little Float64 small.Value)))

          testCase "The bits of blocks do not depend on the threads" (fun () ->
              for precision in [ Float64; Float32 ] do
                  let run threads =
                      use _ = Workers.LimitTo threads
                      Evaluate.run (Nequix.potentialWithin little precision small.Value) diamond.Value |> ok

                  let one, two = run 1, run 2
                  equal one.Energies two.Energies
                  equal one.Forces two.Forces
                  equal one.Virial two.Virial)

          testTheory "A published model in blocks is itself" [ "nequix-mp-1" ] (fun name ->
              needsPublishedModels ()
              let whole = Nequix.potential Float64 (published name)
              let memory: NequixMemory = { Kept = 0L; Block = 4L <<< 20 }
              let blocks = Nequix.potentialWithin memory Float64 (published name)
              let a, b = Evaluate.run whole diamond.Value |> ok, Evaluate.run blocks diamond.Value |> ok
              close "energy" (1e-12 * abs a.Energy) a.Energy b.Energy
              closeAll "forces" 1e-11 (Seq.toArray a.Forces) b.Forces) ]
