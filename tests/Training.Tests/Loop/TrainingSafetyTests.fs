/// What ends a training before it does harm: numbers that are not finite, and checkpoints of another training.
module Noether.Tests.TrainingSafetyTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Tests.Recorded
open Noether.Tests.TrainingChecks
open Noether.Training

let private key = RandomKey.FromSeed 11UL

let private terms =
    [ Loss.term Target.EnergyPerAtom Penalty.Squared 1.0; Loss.term Target.Forces (Penalty.Huber 0.5) 1.0 ]

let private plan =
    lazy
        ({ TrainingLoop.plan model.Value terms 2 (Dataset.pick [ 0; 1; 2 ] dataset.Value) with
            Limit = Graphs 2
            Parts = 2
            Missing = LeftOut
            Validation = Some(Dataset.pick [ 1 ] dataset.Value)
            Description = [ "optimiser", "Adam 0.01" ] })

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("noether-training-").FullName

    try
        action folder
    finally
        Directory.Delete(folder, true)

let private trained plan = TrainingLoop.run TrainingLoop.silent plan (TrainingLoop.startFrom key parameters.Value plan)

[<Tests>]
let tests =
    testList
        "TrainingSafety"
        [ testCase "Numbers that are not finite end the training with the first of them and the batch" (fun () ->
              let broken =
                  parameters.Value
                  |> Tree.mapPaths (fun path p -> if path.EndsWith "/radial/Dense_0" then p * nan else p)

              let text =
                  TrainingLoop.run TrainingLoop.silent plan.Value (TrainingLoop.startFrom key broken plan.Value)
                  |> message

              let path = Tree.paths broken |> List.map fst |> List.find (fun path -> path.EndsWith "/radial/Dense_0")
              contains "epoch 1, batch 1 ((structures), frames " text
              contains $"the parameter '{path}', number 0 of " text
              contains "is NaN, expected a finite number" text

              // Energies that are no numbers where there is oxygen alone with hydrogen: one frame of its batch.
              let blind =
                  { model.Value with
                      Energies =
                          fun parameters data ->
                              let energies = model.Value.Energies parameters data

                              let oxygen =
                                  data.Numbers |> Seq.map (fun z -> if z = 8 then nan else 1.0) |> Tensor.vector

                              if Seq.contains 6 data.Numbers then energies else energies * oxygen }

              let alone = { plan.Value with Model = blind; Parts = 1; Limit = Graphs 1 }
              let text = trained alone |> message
              contains "((structures), frame 2): the predicted energy (atom 0 of (structures), frame 2) is NaN" text

              // A label that became infinite behind the reader's back, which a plan can still hold.
              let spoilt =
                  { dataset.Value with
                      Read = fun place -> { dataset.Value[place] with Energy = Some infinity } }

              let text = trained { plan.Value with Training = Dataset.pick [ 0 ] spoilt } |> message
              contains "the label of energy ((structures), frame 0) is Infinity" text

              // Finite predictions whose loss is not.
              let heavy = List.replicate 9 (Loss.term Target.Forces Penalty.Squared 1e308)
              contains "the loss before step 1 is Infinity" (trained { plan.Value with Terms = heavy } |> message))

          testCase "A gradient or an update that is not finite ends the training though the loss is" (fun () ->
              // √|x| has no slope at 0.
              let steep =
                  { model.Value with
                      Energies =
                          fun parameters data ->
                              let first = Tree.leaves parameters |> List.head
                              let zero = Tensor.sqrt (Tensor.abs (Tensor.sum (first - first)))
                              model.Value.Energies parameters data + zero }

              let energy = [ Loss.term Target.Energy Penalty.Squared 1.0 ]
              let text = trained { plan.Value with Model = steep; Terms = energy } |> message
              contains "the gradient by '" text

              let wild =
                  { plan.Value with
                      Optimiser = Optimiser.sgd 1.0 |> Optimiser.scheduled (fun _ -> infinity) }

              contains "after the update, the parameter '" (trained wild |> message))

          testCase "Data with pairs of another cut-off than the model's are refused" (fun () ->
              let further = Dataset.ofStructures ReferenceStructure.standardNames 3.5 structures |> Outcome.getOrFail
              let text = trained { plan.Value with Training = further } |> message
              contains "the training data has pairs nearer than 3.5 Å, expected 3 Å, the cut-off of NequIP" text
              contains "the validation data" (trained { plan.Value with Validation = Some further } |> message))

          testCase "The last good checkpoint stays where a training breaks down" (fun () ->
              inFolder (fun folder ->
                  let mutable steps = 0

                  // Breaks in the third step.
                  let late =
                      { plan.Value with
                          Terms =
                              [ { Loss.term Target.Energy Penalty.Squared 1.0 with
                                    Weight = fun step -> if step < 2 then 1.0 else infinity } ] }

                  let hooks =
                      { TrainingLoop.silent with
                          SaveEvery = 1
                          Save = fun state -> steps <- state.Current.Step }

                  let start = TrainingLoop.startFrom key parameters.Value late
                  let text = TrainingFiles.run folder hooks late start |> message
                  contains "epoch 2, batch 1" text
                  equal 2 steps
                  let kept = TrainingFiles.resume late start folder |> Outcome.getOrFail
                  equal 2 kept.Current.Step
                  isTrue (flat kept.Current.Parameters |> Array.forall Double.IsFinite)))

          testCase "A training goes on from a checkpoint of itself only, and what differs is named" (fun () ->
              inFolder (fun folder ->
                  let run (plan: TrainingPlan) seed =
                      TrainingFiles.run
                          folder
                          TrainingLoop.silent
                          plan
                          (TrainingLoop.startFrom seed parameters.Value plan)

                  let plan = plan.Value
                  isTrue (run plan key).IsOk
                  // What may change.
                  isTrue (run { plan with Epochs = 3; Threads = 2; Patience = Some 9 } key).IsOk
                  equal 3 (run { plan with Epochs = 3 } key |> Outcome.getOrFail |> fst).Epoch

                  let shifted =
                      { dataset.Value with
                          Entries =
                              dataset.Value.Entries.SetItem(1, { dataset.Value.Entries[1] with Digest = UInt128.One }) }

                  for what, (other: TrainingPlan), seed in
                      [ "key: 000000000000000b", plan, RandomKey.FromSeed 12UL
                        "parts: 2", { plan with Parts = 1 }, key
                        "batch: 2 structures", { plan with Limit = Atoms 9 }, key
                        "optimiser: Adam 0.01", { plan with Description = [ "optimiser", "Adam 0.02" ] }, key
                        "schedule: nothing",
                        { plan with Description = plan.Description @ [ "schedule", "none" ] },
                        key
                        "loss term 2: Forces, Huber 0.5, 1", { plan with Terms = plan.Terms[..0] }, key
                        "route: ReverseOverReverse", { plan with Route = ReverseOverForward }, key
                        "mean of parameters: 0.99", { plan with AverageDecay = None }, key
                        "training data: 3 structures",
                        { plan with Training = Dataset.pick [ 0; 2; 1 ] dataset.Value },
                        key
                        "training data: 3 structures", { plan with Training = Dataset.pick [ 0; 1; 2 ] shifted }, key
                        "validation data: 1 structures", { plan with Validation = None }, key ] do
                      let text = run other seed |> message
                      contains what (text.Split("expected")[0])
                      contains folder text
                      // Only what differs.
                      lacks "model:" text))

          testCase "Weights of a schedule are part of what a training is" (fun () ->
              let identity weight =
                  let scheduled = { terms.Head with Weight = weight }
                  let plan = { plan.Value with Terms = [ scheduled ] }

                  TrainingIdentity.create plan (TrainingLoop.startFrom key parameters.Value plan)
                  |> Map.ofList
                  |> Map.find "loss term 1"

              equal "EnergyPerAtom, squared, 1" (identity (fun _ -> 1.0))
              equal "EnergyPerAtom, squared, 1, 3.5 at 1000" (identity (fun step -> if step < 500 then 1.0 else 3.5))
              let twice = { plan.Value with Description = [ "parts", "two" ] }
              let start = TrainingLoop.startFrom key parameters.Value twice

              contains
                  "'parts' is described twice"
                  (argumentMessage (fun () -> TrainingIdentity.create twice start |> ignore)))

          testCase "A checkpoint whose header is not one is refused" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "checkpoint")
                  let start = TrainingLoop.startFrom key parameters.Value plan.Value

                  let write (header: string) =
                      let text = Text.Encoding.UTF8.GetBytes header
                      let body = Array.concat [ "NOETHER2"B; BitConverter.GetBytes text.Length; text ]
                      File.WriteAllBytes(path, Array.append body (Security.Cryptography.SHA256.HashData body))

                  for header, expected in
                      [ "{", "a header that cannot be read"
                        "null", "no 'identity'"
                        "[]", "a header that cannot be read"
                        """{"identity":{}}""", "no 'tensors'"
                        """{"identity":{},"tensors":[]}""", "no tensor" ] do
                      write header
                      contains expected (TrainingCheckpoint.read [] start path |> message))) ]
