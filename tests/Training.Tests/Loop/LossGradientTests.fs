/// Gradients of every kind of loss by every single parameter, against central differences of losses that are put
/// together here from what a potential predicts.
module Noether.Tests.LossGradientTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.TrainingChecks
open Noether.Training

/// A NequIP with everything that has parameters, and as few of them as it can have: an embedding, mixed parities,
/// harmonics to degree 2, an activated readout.
let private own =
    lazy
        (let layer (text: string) =
            { NequipLayer.standard (Irreps.ofString text) with
                AverageNeighbours = 3.0
                Hidden = [ 2 ]
                RadialBasis = 2
                MaxDegree = 2 }

         let settings =
             { Cutoff = cutoff
               Layers = [ layer "2x0e+1x1o+1x1e"; layer "2x0e" ]
               Readout = 2
               Embedding = Some 2
               ReadoutActivation = Some Activation.Silu }

         NequipFamily.trainable scaleShift settings |> Outcome.getOrFail)

/// The same network as nequip (for torch) has it, with frequencies that are parameters, a readout network and the
/// repulsion of nuclei.
let private torch =
    lazy
        (let species =
            [ for z in [ 1; 6; 8 ] -> { Element = z; Scale = 1.5; Shift = -0.2 * float z; AverageNeighbours = 3.0 } ]

         let settings =
             { NequipTorchSettings.small cutoff species with
                 Features = Nequip.features true [ 2; 1 ]
                 Layers = 2
                 MaxDegree = 1
                 Embedding = 2
                 RadialBasis = 2
                 TrainableBasis = true
                 Hidden = [ 2 ]
                 Readout = [ 2 ]
                 Repulsion = Some { NequipTorchSettings.repulsion with Power = 4 } }

         NequipTorchFamily.trainable "torch" settings |> Outcome.getOrFail)

let private models = [ "nequip-jax", own; "nequip", torch ]

let private modelNames = List.map fst models

let private targets = [ Target.Energy; Target.EnergyPerAtom; Target.Forces; Target.Stress; Target.HessianProduct ]

// Differences are on both sides of Huber's δ.
let private penalties = [ Penalty.Squared; Penalty.Absolute; Penalty.Huber 0.5 ]

let private kinds =
    [ for target in targets do
          for penalty in penalties do
              let penalty =
                  match target, penalty with
                  | Target.Stress, Penalty.Huber _ -> Penalty.Huber 0.01
                  | _ -> penalty

              target, penalty ]

/// What is predicted less what is known, by target, from energies, forces and stresses of `Evaluate` and Hessians times
/// vectors of `Hessian`.
let private differences (model: Trainable) parameters : Map<string, float[]> =
    let potential = Trainable.potential parameters model

    let rows =
        [ for item in dataset.Value.Items do
              let results = Evaluate.run potential item.Structure |> Outcome.getOrFail
              let between (a: float seq) (b: float seq) = Seq.map2 (-) a b |> Array.ofSeq

              match item.Energy with
              | Some energy ->
                  Target.Energy, [| results.Energy - energy |]
                  Target.EnergyPerAtom, [| (results.Energy - energy) / float item.Structure.Count |]
              | None -> ()

              match item.Forces with
              | Some forces -> Target.Forces, between results.Forces forces
              | None -> ()

              match item.Stress with
              | Some stress -> Target.Stress, between results.Stress.Value stress
              | None -> ()

              match item.HessianVector with
              | Some(direction, product) ->
                  let times = Hessian.times potential item.Structure |> Outcome.getOrFail
                  let found = times (Tensor.ofArray [| item.Structure.Count; 3 |] (Array.ofSeq direction))
                  Target.HessianProduct, between (Tensor.toArray found) product
              | None -> () ]

    Map
        [ for target in targets ->
              string target, rows |> List.filter (fst >> (=) target) |> List.map snd |> Array.concat ]

let private loss (target: Target, penalty: Penalty) (differences: Map<string, float[]>) =
    differences[string target]
    |> Array.averageBy (fun x ->
        match penalty with
        | Penalty.Squared -> x * x
        | Penalty.Absolute -> abs x
        | Penalty.Huber delta when abs x <= delta -> 0.5 * x * x
        | Penalty.Huber delta -> delta * (abs x - 0.5 * delta))

/// The pieces of all penalties in which differences are: derivatives exist where they do not change.
let private pieces (differences: Map<string, float[]>) =
    [| for target, penalty in kinds do
           for x in differences[string target] do
               match penalty with
               | Penalty.Squared -> 0
               | Penalty.Absolute -> sign x
               | Penalty.Huber delta -> if abs x <= delta then 0 else sign x |]

/// Slopes of all losses by each element of each parameter, by central differences of fourth order.
let private slopes (model: Trainable) (parameters: Tree<Tensor>) : float[][] =
    let h = 1e-3
    let here = pieces (differences model parameters)

    [| for path, tensor in Tree.paths parameters do
           for i in 0 .. tensor.Size - 1 do
               let at steps =
                   let moved own (x: Tensor) =
                       if own = path then
                           let values = Tensor.toArray x
                           values[i] <- values[i] + steps * h
                           Tensor.ofArray x.Shape values
                       else
                           x

                   let found = differences model (Tree.mapPaths moved parameters)
                   equal here (pieces found)
                   [| for kind in kinds -> loss kind found |]

               let one, two = Array.map2 (-) (at 1.0) (at -1.0), Array.map2 (-) (at 2.0) (at -2.0)
               Array.map2 (fun one two -> (8.0 * one - two) / (12.0 * h)) one two |]

[<Tests>]
let tests =
    testList
        "LossGradient"
        [ testTheory
              "Gradients of every loss by every parameter are central differences, by both routes"
              modelNames
              (fun name ->
                  let model = (List.find (fst >> (=) name) models |> snd).Value
                  let parameters = model.Init Float64 (RandomKey.FromSeed 5UL)
                  let batch = ReferenceBatch.create dataset.Value.Items
                  let here = differences model parameters

                  let slopes = slopes model parameters

                  let paths =
                      [| for path, tensor in Tree.paths parameters do
                             for i in 0 .. tensor.Size - 1 -> $"{path}[{i}]" |]

                  inRange 30 400 paths.Length
                  let moved = Array.create paths.Length false

                  for k, (target, penalty) in List.indexed kinds do
                      let terms = [ Loss.term target penalty 1.0 ]

                      let routes =
                          [ for route in [ ReverseOverReverse; ReverseOverForward ] ->
                                Loss.gradient route terms 0 model batch parameters ]

                      let largest = routes |> List.map (snd >> flat >> Array.map abs >> Array.max) |> List.max
                      let expected = loss (target, penalty) here
                      // Something must be there to compare.
                      Expect.isTrue (largest > 1e-3 * expected) $"{target} {penalty}: the largest slope is {largest}"

                      for value, gradient in routes do
                          close $"{target} {penalty}" (1e-12 * abs expected) expected value

                          for i, slope in Array.indexed (flat gradient) do
                              // h⁴ times the fifth derivative over the loss, and rounding over h.
                              let difference, tolerance = slopes[i][k], 1e-8 * (largest + abs expected)
                              close $"{target} {penalty} {paths[i]}" tolerance difference slope
                              moved[i] <- moved[i] || slope <> 0.0

                      let gradients = List.map (snd >> flat) routes

                      for a, b in Array.zip gradients.Head (List.last gradients) do
                          // Sums of some thousand terms in another order.
                          close $"{target} {penalty}, routes" (1e-11 * largest) a b

                  for path, moved in Array.zip paths moved do
                      Expect.isTrue moved $"{path} has no influence on any loss") ]
