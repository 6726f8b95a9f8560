/// A family of models that the library does not know: trained, saved, loaded and evaluated like its own.
module Noether.Tests.ModelFamilyTests

open System
open System.IO
open System.Text
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning
open Noether.Physics
open Noether.Tests.TrainingChecks
open Noether.Training

/// Springs between all near atoms: an atom has the energy ½ Σ k (1 − r/r_c)², and k is the one parameter.
type private Springs = { Cutoff: float; Energies: ScaleShift }

let private trainable (own: Springs) (name: string) : Result<Trainable, NoetherError> =
    let species = dict (List.indexed own.Energies.Elements |> List.map (fun (place, z) -> z, place))

    Ok
        { Name = name
          Cutoff = own.Cutoff
          Init = fun precision _ -> Branch [ "stiffness", Leaf(Tensor.full precision [| 1 |] 1.0) ]
          Energies =
            fun parameters data ->
                let precision = data.Positions.Precision
                let stiffness = Tree.value "stiffness" parameters |> Tensor.cast precision
                let pairs = 0.5 * stiffness * Tensor.square (1.0 - data.Distances / own.Cutoff)

                Tensor.segmentSum (Array.ofSeq data.Pairs.Receivers) (Seq.length data.Numbers) pairs
                |> ScaleShift.energies own.Energies precision [| for z in data.Numbers -> species[z] |] }

let rec private architecture (own: Springs) : Architecture =
    { Family = "springs"
      Title = "Springs"
      Settings = own :> obj
      Json =
        SettingsJson.format
            [ "kind", SettingsJson.text "springs"
              "cutoff", SettingsJson.real own.Cutoff
              "elements", SettingsJson.list (List.map SettingsJson.symbol own.Energies.Elements)
              "offsets", SettingsJson.list (List.map SettingsJson.real own.Energies.Offsets)
              "scale", SettingsJson.real own.Energies.Scale ]
      Cutoff = own.Cutoff
      Elements = own.Energies.Elements
      Trainable = trainable own
      MapOffsets =
        fun change parameters ->
            let offsets = List.map2 change own.Energies.Elements own.Energies.Offsets
            architecture { own with Energies = { own.Energies with Offsets = offsets } }, parameters
      Writer = None
      Tabulated = None
      Evaluated = None }

let private springs: ModelFamily =
    { Name = "springs"
      OfJson =
        Some(fun fields ->
            architecture
                { Cutoff = fields.Number "cutoff"
                  Energies =
                    { Elements = [ for item in fields.Items "elements" -> SettingsJson.element fields "elements" item ]
                      Offsets = SettingsJson.reals fields "offsets"
                      Scale = fields.Number "scale" } })
      Untrained =
        Some(fun fields ->
            let cutoff = SettingsJson.positive fields "cutoff"

            { Cutoff = cutoff
              Create = fun data -> Ok(architecture { Cutoff = cutoff; Energies = data.ScaleShift }) })
      Formats = [] }

let private families = springs :: ModelFamilies.all

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("noether-family-").FullName

    try
        ExtXyz.write (Path.Combine(folder, "all.xyz")) structures[..2] |> Outcome.getOrFail
        action folder
    finally
        Directory.Delete(folder, true)

let private configuration folder model =
    "{\"train\": \"all.xyz\", \"validation\": 0, \"loss\": {\"energyPerAtom\": 1}, \"epochs\": 3, \"precision\": \"float64\", \"model\": "
    + model
    + "}"
    |> Encoding.UTF8.GetBytes
    |> TrainingConfigurationFile.parseBytesOf families folder (Path.Combine(folder, "run.json"))

[<Tests>]
let tests =
    testList
        "ModelFamily"
        [ testCase "A family of a user's own is trained, saved, loaded, evaluated and fine-tuned" (fun () ->
              inFolder (fun folder ->
                  let job =
                      configuration folder """{"kind": "springs", "cutoff": 3}"""
                      |> Result.bind TrainingJob.prepare
                      |> Outcome.getOrFail

                  let state, _ =
                      TrainingFiles.run (Path.Combine(folder, "run")) TrainingLoop.silent job.Plan job.Start
                      |> Outcome.getOrFail

                  let trained = TrainingJob.model job state
                  differ 1.0 ((Tensor.toArray (Tree.value "stiffness" trained.Parameters))[0])
                  let path = TrainingJob.modelPath job
                  equal (Path.Combine(folder, "run", "model.safetensors")) path
                  ModelFile.write path trained |> Outcome.getOrFail
                  let loaded = ModelFile.readAnyOf families path |> Outcome.getOrFail
                  equal trained.Architecture loaded.Architecture
                  same "the parameters" trained.Parameters loaded.Parameters

                  let energy model =
                      let potential = LearnedModel.potential Float64 model |> Outcome.getOrFail
                      (Evaluate.run potential structures[0] |> Outcome.getOrFail).Energy

                  equal (energy trained) (energy loaded)

                  // Whoever does not add the family is told the names of those that there are.
                  match ModelFile.read path with
                  | Ok _ -> failwith "an error was expected"
                  | Error error -> contains "expected one of nequip, nequip-torch" (NoetherError.message error)

                  let tuned =
                      configuration folder """{"start": "run/model.safetensors"}"""
                      |> Result.map (fun own -> { own with Offsets = Some LeastSquares })
                      |> Result.bind TrainingJob.prepare
                      |> Outcome.getOrFail

                  differ loaded.Architecture tuned.Model.Architecture
                  same "the parameters" loaded.Parameters tuned.Model.Parameters))

          testCase "Structures in memory and a configuration make a model in one call" (fun () ->
              let model =
                  springs.Untrained.Value(Fields((Json.JsonDocument.Parse """{"cutoff": 3}""").RootElement, "springs"))

              let energies (_: int) = Loss.term Target.EnergyPerAtom Penalty.Squared 1.0

              let trained =
                  { TrainingConfiguration.create (Structures structures[..2]) (Untrained model) with
                      Loss = [ energies ]
                      Epochs = 2
                      Precision = Float64
                      Validation = CountOf 1 }
                  |> Trainer.run
                  |> Outcome.getOrFail

              equal [ "validation" ] (List.ofSeq trained.Errors.Keys)

              // Continued from memory, nothing of it is lost.
              let further =
                  { TrainingConfiguration.create (Structures structures[..2]) (StartFrom(trained, [ "*" ])) with
                      Loss = [ energies ]
                      Epochs = 1
                      Precision = Float64
                      Validation = CountOf 0 }

              let job = TrainingJob.prepare further |> Outcome.getOrFail
              same "the start" trained.Parameters job.Model.Parameters) ]
