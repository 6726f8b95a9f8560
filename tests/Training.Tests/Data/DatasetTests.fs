/// Data sets that are read from their file as they are needed, and the labels that a loss asks for.
module Noether.Tests.DatasetTests

open System
open System.IO
open System.IO.Compression
open System.Runtime.CompilerServices
open Expecto
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.TrainingChecks
open Noether.Training

let private names = ReferenceStructure.standardNames

let private failure (action: unit -> unit) = (raises<NoetherException> action).Message

let private inFile (structures: Structure list) (action: string -> unit) =
    let path = Path.GetTempFileName()

    try
        ExtXyz.write path structures |> Outcome.getOrFail
        action path
    finally
        File.Delete path

let private sameItem (expected: ReferenceStructure) (found: ReferenceStructure) =
    equal expected.Structure found.Structure
    equal expected.Pairs found.Pairs
    let listed = Option.map List.ofSeq
    equal expected.Energy found.Energy
    equal (listed expected.Forces) (listed found.Forces)
    equal (listed expected.Stress) (listed found.Stress)
    let both = Option.map (fun (a, b) -> List.ofSeq a, List.ofSeq b)
    equal (both expected.HessianVector) (both found.HessianVector)
    equal expected.Weight found.Weight

/// The number of structures that a data set has given out and that are still in use.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private alive (given: ResizeArray<WeakReference<ReferenceStructure>>) =
    GC.Collect()
    GC.WaitForPendingFinalizers()
    GC.Collect()
    lock given (fun () -> given |> Seq.filter (fun reference -> reference.TryGetTarget() |> fst) |> Seq.length)

[<Tests>]
let tests =
    testList
        "Dataset"
        [ testCase "A file is the same data set in memory and read as it is needed, in any order" (fun () ->
              // Longer than what is read at once.
              let many = List.replicate 150 structures |> List.concat

              inFile many (fun path ->
                  isTrue (FileInfo(path).Length > 100_000L)
                  let held = Dataset.read names cutoff path |> Outcome.getOrFail
                  let streamed = Dataset.stream names cutoff path |> Outcome.getOrFail
                  equal (Dataset.fingerprint held) (Dataset.fingerprint streamed)
                  equal 600 streamed.Count
                  let key = RandomKey.FromSeed 5UL

                  for place in Dataset.permutation key 600 do
                      let expected, found = held.Entries[place], streamed.Entries[place]
                      equal (struct (place, expected.Line)) (struct (found.Frame, found.Line))
                      equal structures[place % 4].Count found.Atoms
                      equal expected.Composition found.Composition
                      sameItem held[place] streamed[place]

                  let parts dataset =
                      Dataset.split key [ 70; 60 ] dataset |> Outcome.getOrFail |> List.map (Dataset.shuffle key)

                  for expected, found in List.zip (parts held) (parts streamed) do
                      equal (Dataset.fingerprint expected) (Dataset.fingerprint found)
                      Seq.iter2 sameItem expected.Items found.Items

                  let both = Dataset.append held streamed
                  equal 1200 both.Count
                  sameItem held[3] both[603]
                  let further = Dataset.read names 4.0 path |> Outcome.getOrFail
                  contains "expected one" (argumentMessage (fun () -> Dataset.append held further |> ignore))))

          testCase "Frames are found behind Windows' line ends, a byte-order mark and blank lines" (fun () ->
              inFile structures (fun path ->
                  let text = File.ReadAllText(path).Replace("\n", "\r\n") + "\r\n\r\n"
                  File.WriteAllText(path, text, Text.UTF8Encoding true)
                  let streamed = Dataset.stream names cutoff path |> Outcome.getOrFail
                  Seq.iter2 sameItem dataset.Value.Items streamed.Items))

          testCase
              "What is wrong with a file that is read as it is needed is found before, or when it changes"
              (fun () ->
                  let wrong =
                      structures
                      @ [ Structure.withInfo "energy" (Property.text "x") structures[0] |> Outcome.getOrFail ]

                  inFile wrong (fun path ->
                      let text = Dataset.stream names cutoff path |> message
                      contains "frame 4" text
                      // 4 + 2 + 3 + 1 atoms and two more lines a frame.
                      contains ":19" text)

                  inFile structures (fun path ->
                      contains "the cut-off is -1" (Dataset.stream names -1.0 path |> message)
                      let streamed = Dataset.stream names cutoff path |> Outcome.getOrFail
                      let text = File.ReadAllText path
                      File.WriteAllText(path, text.Replace("energy=-1.7", "energy=-1.8"))
                      sameItem dataset.Value[0] streamed[0]
                      let changed = failure (fun () -> streamed[1] |> ignore)
                      contains "frame 1:7: the frame has other atoms or labels" changed

                      // Met by the reading ahead of a training.
                      let plan =
                          TrainingLoop.plan
                              model.Value
                              [ Loss.term Target.Energy Penalty.Squared 1.0 ]
                              1
                              (Dataset.pick [ 0; 1; 2 ] streamed)

                      let start = TrainingLoop.start Noether.AutoDiff.Float64 (RandomKey.FromSeed 1UL) plan
                      let limited = { plan with Limit = Graphs 1 }

                      contains
                          "frame 1:7: the frame has other"
                          (TrainingLoop.run TrainingLoop.silent limited start |> message)

                      File.WriteAllText(path, text[..20])
                      contains "expected" (failure (fun () -> streamed[3] |> ignore)))

                  inFile structures (fun path ->
                      let packed = path + ".gz"

                      try
                          ExtXyz.write packed structures |> Outcome.getOrFail
                          contains "decompress it first" (Dataset.stream names cutoff packed |> message)
                          equal 4 (Dataset.read names cutoff packed |> Outcome.getOrFail).Count
                      finally
                          File.Delete packed)

                  contains "nowhere.xyz" (Dataset.stream names cutoff "nowhere.xyz" |> message))

          testCase "Training on what is read as it is needed is training on what is in memory, to the bit" (fun () ->
              let many = List.replicate 3 structures |> List.concat

              inFile many (fun path ->
                  let train (dataset: Dataset) =
                      let terms =
                          [ Loss.term Target.EnergyPerAtom Penalty.Squared 1.0
                            Loss.term Target.Forces Penalty.Squared 1.0 ]

                      let parts = Dataset.split (RandomKey.FromSeed 1UL) [ 8; 4 ] dataset |> Outcome.getOrFail

                      let energies =
                          ScaleShift.plain [ 1; 6; 8 ]
                          |> ScaleShiftFit.withLeastSquares parts[0]
                          |> Result.bind (ScaleShiftFit.withForceScale parts[0])
                          |> Outcome.getOrFail

                      let model = NequipFamily.trainable energies settings |> Outcome.getOrFail

                      let plan =
                          { TrainingLoop.plan model terms 2 parts[0] with
                              Limit = Atoms 7
                              Missing = LeftOut
                              Validation = Some parts[1] }

                      let start = TrainingLoop.start Noether.AutoDiff.Float32 (RandomKey.FromSeed 2UL) plan
                      let state, _ = TrainingLoop.run TrainingLoop.silent plan start |> Outcome.getOrFail
                      TrainingCheckpoint.format (TrainingIdentity.create plan start) state

                  let held = Dataset.read names cutoff path |> Outcome.getOrFail |> train
                  let streamed = Dataset.stream names cutoff path |> Outcome.getOrFail |> train
                  equalSeq held streamed))

          testCase "Training holds a few batches of what is read as it is needed, however much there is" (fun () ->
              let many = List.replicate 20 structures |> List.concat

              /// The most structures that are in use after a step of an epoch, and how many are at its end.
              let watch (dataset: Dataset) =
                  let given = ResizeArray<WeakReference<ReferenceStructure>>()

                  let watched =
                      { dataset with
                          Read =
                              fun place ->
                                  let item = dataset[place]
                                  lock given (fun () -> given.Add(WeakReference<ReferenceStructure> item))
                                  item }

                  let plan =
                      { TrainingLoop.plan model.Value [ Loss.term Target.Energy Penalty.Squared 1.0 ] 1 watched with
                          Limit = Graphs 2
                          Missing = LeftOut
                          Validation = Some watched }

                  let mutable most = 0

                  let hooks =
                      { TrainingLoop.silent with
                          Progress = fun _ _ _ -> most <- max most (alive given) }

                  let start = TrainingLoop.start Noether.AutoDiff.Float32 (RandomKey.FromSeed 3UL) plan
                  TrainingLoop.run hooks plan start |> Outcome.getOrFail |> ignore
                  // Each for training and for validation.
                  equal 160 given.Count
                  most, alive given

              inFile many (fun path ->
                  let most, atEnd = Dataset.stream names cutoff path |> Outcome.getOrFail |> watch
                  // The batch of the step, the one that is read meanwhile, and one that the stack still knows of; a
                  // validation batch.
                  atMost 6 most
                  atMost 16 atEnd
                  let held = Dataset.read names cutoff path |> Outcome.getOrFail
                  equal 160 (watch held |> snd)
                  equal 80 held.Count))

          testCase "A label that the loss compares and a frame lacks is named with what resembles it" (fun () ->
              inFile structures[..1] (fun path ->
                  File.WriteAllText(path, File.ReadAllText(path).Replace("energy=-1.7", "REF_energy=-1.7"))
                  let data = Dataset.stream names cutoff path |> Outcome.getOrFail
                  let require targets = ReferenceCheck.require targets data
                  isTrue (require [ Target.Forces ]).IsOk
                  let text = require [ Target.Forces; Target.EnergyPerAtom ] |> message

                  contains
                      $"{path}, frame 1:7: the structure has no energy ('energy'), but of the structure 'REF_energy'"
                      text

                  let stress = require [ Target.Stress ] |> message
                  contains "frame 0:1: the structure has no stress ('stress' or 'virial'), and no key" stress

                  let plan = TrainingLoop.plan model.Value [ Loss.term Target.Energy Penalty.Squared 1.0 ] 1 data

                  let run plan =
                      TrainingLoop.run
                          TrainingLoop.silent
                          plan
                          (TrainingLoop.start Noether.AutoDiff.Float64 (RandomKey.FromSeed 1UL) plan)

                  equal text (run plan |> message)
                  isTrue (run { plan with Missing = LeftOut }).IsOk
                  let validated = { plan with Training = Dataset.pick [ 0 ] data; Validation = Some data }
                  contains "frame 1:7" (run validated |> message))

              let unnamed = Dataset.ofStructures { names with Energy = "" } cutoff structures |> Outcome.getOrFail
              let text = ReferenceCheck.require [ Target.Energy ] unnamed |> message
              contains "no energy, for which no key is named, but of the structure 'energy'" text
              let forces = Dataset.ofStructures { names with Forces = "F" } cutoff structures |> Outcome.getOrFail

              contains
                  "no forces ('F'), but of its atoms 'forces'"
                  (ReferenceCheck.require [ Target.Forces ] forces |> message))

          testCase "Weights are read where a key is named, and then from every structure" (fun () ->
              let weigh (weight: float) structure =
                  Structure.withInfo "w" (Property.real weight) structure |> Outcome.getOrFail

              let read structures = Dataset.ofStructures { names with Weight = "w" } cutoff structures
              let data = read [ weigh 0.5 structures[0]; weigh 0.0 structures[1] ] |> Outcome.getOrFail
              equalSeq [ 0.5; 0.0 ] (data.Items |> Seq.map _.Weight)
              equal 1.0 dataset.Value[0].Weight
              contains "'w'" (read [ structures[0] ] |> message)
              contains "0 or more" (read [ weigh -1.0 structures[0] ] |> message)
              let changed = read [ weigh 0.25 structures[0]; weigh 0.0 structures[1] ] |> Outcome.getOrFail
              differ (Dataset.fingerprint data) (Dataset.fingerprint changed))

          testCase
              "A stress and a virial that contradict each other are refused, and a stress without a volume"
              (fun () ->
                  let crystal = structures[1]
                  let stress = (Property.tryReals crystal.Info["stress"]).Value
                  let volume = (Cell.volume crystal.Cell).Value

                  let read factor =
                      let virial = stress |> Seq.map (fun s -> factor * volume * s) |> Property.reals

                      Structure.withInfo "virial" virial crystal
                      |> Result.bind (ReferenceStructure.ofStructure names cutoff)

                  isTrue (read -1.0).IsOk
                  contains "minus 'virial' by the volume" (read 1.0 |> message)
                  contains "'stress'" (read -160.2 |> message)

                  let molecule =
                      Structure.withInfo "stress" (Property.reals (Seq.replicate 9 0.1)) structures[0]
                      |> Result.bind (ReferenceStructure.ofStructure names cutoff)

                  contains "a stress without a volume" (message molecule)) ]
