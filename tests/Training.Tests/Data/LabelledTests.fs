/// Reference structures, data sets, batches, scales and shifts.
module Noether.Tests.LabelledTests

open System.Collections.Immutable
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.TrainingChecks
open Noether.Training

let private names = ReferenceStructure.standardNames

[<Tests>]
let tests =
    testList
        "Labelled"
        [ testCase "Labels are read, and what is not there is not known" (fun () ->
              let items = Array.ofSeq dataset.Value.Items
              equal (Some -3.1) items[0].Energy
              equal None items[3].Energy
              isTrue items[1].Stress.IsSome
              isTrue items[0].Stress.IsNone
              isTrue items[0].HessianVector.IsSome
              equal (Neighbours.build cutoff structures[1] |> Outcome.getOrFail) items[1].Pairs)

          testCase "A virial is minus the stress times the volume, and six numbers are Voigt's" (fun () ->
              let crystal = structures[1]
              let volume = (Cell.volume crystal.Cell).Value
              let voigt = Property.reals [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
              let expected = [ 1.0; 6.0; 5.0; 6.0; 2.0; 4.0; 5.0; 4.0; 3.0 ]

              let read names structure =
                  (ReferenceStructure.ofStructure names cutoff structure |> Outcome.getOrFail).Stress.Value

              let stressed = Structure.bare crystal |> Structure.withInfo "s" voigt |> Outcome.getOrFail
              equalSeq expected (read { names with Stress = "s" } stressed)
              let strained = Structure.bare crystal |> Structure.withInfo "virial" voigt |> Outcome.getOrFail
              equalSeq (expected |> List.map (fun w -> -w / volume)) (read names strained))

          testCase "Labels that do not fit say what they are" (fun () ->
              let bare = Structure.bare structures[0]
              let with' name property = Structure.withInfo name property bare |> Outcome.getOrFail
              let read structure = ReferenceStructure.ofStructure names cutoff structure |> message
              contains "'energy'" (read (with' "energy" (Property.text "low")))
              contains "expected a finite number" (read (with' "energy" (Property.real nan)))
              contains "nine or six real numbers" (read (with' "stress" (Property.reals [ 1.0 ])))
              contains "a virial without a volume" (read (with' "virial" (Property.reals (Seq.replicate 9 1.0))))
              let short = Property.reals [ 1.0; 2.0; 3.0; 4.0 ]
              contains "real [4; 3]" (read (Structure.withPerAtom "forces" short bare |> Outcome.getOrFail))
              let half = Property.rows 3 (Seq.replicate 12 1.0) |> Outcome.getOrFail
              contains "'hessian_product'" (read (Structure.withPerAtom "direction" half bare |> Outcome.getOrFail)))

          testCase "A file is read frame by frame and an error names its frame" (fun () ->
              let path = Path.GetTempFileName()

              try
                  ExtXyz.write path structures |> Outcome.getOrFail
                  let read = Dataset.read names cutoff path |> Outcome.getOrFail
                  equalSeq structures (read.Items |> Seq.map _.Structure)

                  let wrong =
                      structures
                      @ [ Structure.withInfo "energy" (Property.text "x") structures[0] |> Outcome.getOrFail ]

                  ExtXyz.write path wrong |> Outcome.getOrFail
                  contains "frame 4" (Dataset.read names cutoff path |> message)
                  equal 4 (ReferenceStructure.frames names cutoff path |> Seq.filter _.IsOk |> Seq.length)
              finally
                  File.Delete path)

          testCase "Shuffles and splits are permutations that keys determine" (fun () ->
              check 1UL (fun (seed: uint64) (FsCheck.NonNegativeInt count) ->
                  let key = RandomKey.FromSeed seed
                  let order = Dataset.permutation key count
                  Array.sort order = [| 0 .. count - 1 |] && order = Dataset.permutation key count)

              differ
                  (Dataset.permutation (RandomKey.FromSeed 1UL) 20)
                  (Dataset.permutation (RandomKey.FromSeed 2UL) 20)

              let key = RandomKey.FromSeed 3UL
              let parts = Dataset.split key [ 2; 1 ] dataset.Value |> Outcome.getOrFail
              let together = parts |> List.collect (fun part -> List.ofSeq part.Items) |> List.map _.Structure
              equal 3 (List.distinct together).Length
              equalSeq together ((Dataset.shuffle key dataset.Value).Items |> Seq.take 3 |> Seq.map _.Structure)

              contains
                  "3 + 2 is"
                  ((Dataset.split key [ 3; 2 ] dataset.Value |> message).Replace("sizes is 3 + 2", "3 + 2 is"))

              contains "-1" (Dataset.split key [ -1 ] dataset.Value |> message))

          testCase "Batches are of so many structures or of so many atoms" (fun () ->
              // Of 4, 2, 3 and 1 atoms.
              let batches limit = Dataset.batches limit dataset.Value |> List.map List.ofArray
              equal [ [ 0; 1; 2 ]; [ 3 ] ] (batches (Graphs 3))
              equal [ [ 0; 1 ]; [ 2; 3 ] ] (batches (Atoms 6))
              equal [ [ 0 ]; [ 1 ]; [ 2 ]; [ 3 ] ] (batches (Atoms 1))
              contains "at least 1" (argumentMessage (fun () -> batches (Graphs 0) |> ignore)))

          testCase "Graphs of a data set have its kept pairs and its labels, padded or not" (fun () ->
              let few = Dataset.pick [ 0; 1 ] dataset.Value
              let graphs = Dataset.graphs scaleShift.Elements few |> Outcome.getOrFail
              equalSeq (few.Items |> Seq.map _.Pairs.Count) graphs.EdgeCounts
              isTrue (graphs.Nodes.ContainsKey "forces" && graphs.Globals.ContainsKey "energies")
              let room = { NodeCount = 9; EdgeCount = 500; GraphCount = 4 }
              let padded = Dataset.paddedGraphs scaleShift.Elements room few |> Outcome.getOrFail
              equal 9 (Seq.sum padded.NodeCounts)
              equal graphs.EdgeCounts (GraphPadding.unpad padded).EdgeCounts
              // One has no energy.
              let all = Dataset.graphs scaleShift.Elements dataset.Value |> Outcome.getOrFail
              isFalse (all.Globals.ContainsKey "energies"))

          testCase "Least squares find the offsets that energies were made of" (fun () ->
              let offsets = Map [ 1, -13.5; 6, -1027.25; 8, -2040.0 ]

              let composed =
                  [ [ 6; 8; 1; 1 ]; [ 8; 1; 1 ]; [ 6; 6; 1 ]; [ 8; 8 ] ]
                  |> List.map (fun numbers ->
                      let positions = ImmutableArray.CreateRange(Seq.init (3 * numbers.Length) float)

                      Structure.create (ImmutableArray.CreateRange numbers) positions Cell.none
                      |> Result.bind (
                          Structure.withInfo "energy" (Property.real (numbers |> List.sumBy (fun z -> offsets[z])))
                      )
                      |> Outcome.getOrFail)

              let fitted dataset =
                  (ScaleShift.plain [ 1; 6; 8 ] |> ScaleShiftFit.withLeastSquares dataset |> Outcome.getOrFail).Offsets

              let data = Dataset.ofStructures names cutoff composed |> Outcome.getOrFail
              // The condition of a few compositions times the rounding of a thousand eV.
              List.iter2 (close "offset" 1e-9) (Map.values offsets |> List.ofSeq) (fitted data)
              // One composition leaves a choice: the least offsets lie along it.
              let one = Dataset.pick [ 0 ] data
              let total = -13.5 * 2.0 - 1027.25 - 2040.0
              List.iter2 (close "offset" 1e-9) [ total / 3.0; total / 6.0; total / 6.0 ] (fitted one)
              contains "no forces" (ScaleShiftFit.withForceScale data scaleShift |> message))

          testCase "Isolated atoms give offsets, forces the scale" (fun () ->
              let atom symbol energy =
                  Structure.ofSymbols [ symbol ] [ 0.0, 0.0, 0.0 ] Cell.none
                  |> Result.bind (Structure.withInfo "energy" (Property.real energy))
                  |> Outcome.getOrFail

              let atoms =
                  [ atom "O" -2.0; atom "H" -1.0; atom "C" -3.0 ]
                  |> Dataset.ofStructures names 3.0
                  |> Outcome.getOrFail

              let model = ScaleShiftFit.withIsolatedAtoms atoms scaleShift |> Outcome.getOrFail
              equal [ -1.0; -3.0; -2.0 ] model.Offsets

              contains
                  "isolated atom of C"
                  (ScaleShiftFit.withIsolatedAtoms (Dataset.pick [ 0; 1 ] atoms) scaleShift |> message)

              let scale = (ScaleShiftFit.withForceScale dataset.Value scaleShift |> Outcome.getOrFail).Scale
              let forces = dataset.Value.Items |> Seq.choose _.Forces |> Seq.collect id |> Array.ofSeq
              close "scale" 1e-14 (sqrt (Array.averageBy (fun f -> f * f) forces)) scale
              equal [ 1; 6; 8 ] (Dataset.elements dataset.Value))

          testCase "AcAc is read: 500 molecules of fifteen atoms with energies and forces" (fun () ->
              needsAcac ()
              let data = Dataset.read names 5.0 (Path.Combine(acac, "train_300K.xyz")) |> Outcome.getOrFail
              equal 500 data.Count
              isTrue (data.Items |> Seq.forall (fun item -> item.Structure.Count = 15 && item.Forces.IsSome))
              equal (Some -9391.45554428476) data[0].Energy) ]
