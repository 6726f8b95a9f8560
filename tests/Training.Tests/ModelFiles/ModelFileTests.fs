/// Files of learned models: what is written is read to the bit, and what is no such file is refused with a reason.
module Noether.Tests.ModelFileTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.TrainingChecks
open Noether.Training

let private torch: NequipTorchSettings =
    let species =
        [ for z, shift in [ 1, -0.3; 6, -0.8; 8, -1.1 ] ->
              { Element = z
                Scale = 1.7
                Shift = shift
                AverageNeighbours = 3.0 + float z / 7.0 } ]

    { NequipTorchSettings.small cutoff species with
        PairCutoffs = Map [ (1, 6), 2.5; (6, 1), 2.0 ]
        Features = Nequip.features true [ 3; 2 ]
        Embedding = 4
        RadialBasis = 3
        TrainableBasis = true
        Hidden = [ 5 ]
        Readout = [ 3 ]
        Repulsion = Some { NequipTorchSettings.repulsion with Power = 4 } }

let private errors =
    Map
        [ "validation",
          { EnergyPerAtom = Some { Mae = 0.1; Rmse = 0.1 + 0.2; Count = 3 }
            Energy = None
            Forces = Some { Mae = 1e-300; Rmse = 5.0; Count = 9 }
            ForcesByElement = Map [ 8, { Mae = 1.0; Rmse = 2.0; Count = 6 } ]
            Stress = None } ]

let private learned precision architecture =
    let model = Architecture.trainable "model" architecture |> Outcome.getOrFail

    { Name = "model"
      Architecture = architecture
      Parameters = model.Init precision (RandomKey.FromSeed 5UL)
      Errors = errors }

let private architectures =
    [ NequipFamily.architecture scaleShift settings
      NequipFamily.architecture
          scaleShift
          { settings with
              Embedding = Some 4
              ReadoutActivation = Some Activation.SoftOdd }
      NequipTorchFamily.architecture torch ]

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("noether-model-").FullName

    try
        action folder
    finally
        Directory.Delete(folder, true)

/// The repulsion of a model read from its settings, some text of which is replaced.
let private repulsionOf (from: string) (into: string) =
    let json = (NequipTorchFamily.architecture torch).Json
    contains from json
    use document = System.Text.Json.JsonDocument.Parse(json.Replace(from, into))
    let fields = Fields(document.RootElement, "the model")
    equal "nequip-torch" (fields.Text "kind")
    let own = NequipTorchFamily.family.OfJson.Value fields
    fields.RefuseOthers()
    (Architecture.settings<NequipTorchSettings> own).Value.Repulsion

/// The message about a file whose tree and texts are changed.
let private refused change =
    let mutable message = ""

    inFolder (fun folder ->
        let path = Path.Combine(folder, "model.safetensors")
        let model = learned Float64 architectures[0]
        ModelFile.write path model |> Outcome.getOrFail
        let _, texts = ParameterFile.read path |> Outcome.getOrFail
        let tree, texts = change (model.Parameters, texts)
        ParameterFile.write path texts tree |> Outcome.getOrFail

        match ModelFile.read path with
        | Ok _ -> failwith "an error was expected"
        | Error error ->
            message <- NoetherError.message error
            contains "model.safetensors" message)

    message

let private withText name (change: string -> string) (tree: Tree<Tensor>, texts: Map<string, string>) =
    tree, Map.add name (change texts[name]) texts

[<Tests>]
let tests =
    testList
        "ModelFile"
        [ testCase "A repulsion keeps its order, and older files have that of the radial functions" (fun () ->
              let own = "\"repulsion\":14.399645,\"repulsionEnvelope\":4"
              equal (Some { NequipTorchSettings.repulsion with Power = 4 }) (repulsionOf own own)
              equal (Some NequipTorchSettings.repulsion) (repulsionOf own "\"repulsion\":14.399645")
              equal None (repulsionOf own "\"repulsion\":null"))

          testTheory "What is written is read to the bit, and written again to the same bytes" [ 0; 1; 2 ] (fun kind ->
              inFolder (fun folder ->
                  for precision in [ Float32; Float64 ] do
                      let path = Path.Combine(folder, "model.safetensors")
                      let model = learned precision architectures[kind]
                      ModelFile.write path model |> Outcome.getOrFail
                      let read = ModelFile.read path |> Outcome.getOrFail
                      same "the model" model.Parameters read.Parameters
                      equal model.Architecture read.Architecture
                      equal errors read.Errors
                      let bytes = File.ReadAllBytes path
                      ModelFile.write path read |> Outcome.getOrFail
                      equalSeq bytes (File.ReadAllBytes path)

                      // As potentials they are the same to the bit.
                      let energies model =
                          let potential = LearnedModel.potential Float64 model |> Outcome.getOrFail

                          [ for structure in structures ->
                                (Evaluate.run potential structure |> Outcome.getOrFail).Energies |> List.ofSeq ]

                      equal (energies model) (energies read)))

          testCase "The texts say what the parameters are" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model.safetensors")
                  ModelFile.write path (learned Float32 architectures[0]) |> Outcome.getOrFail
                  let _, texts = ParameterFile.read path |> Outcome.getOrFail
                  equal "noether-model" texts["format"]
                  equal "1" texts["format_version"]
                  equal """{"energy":"eV","length":"Å"}""" texts["units"]
                  equal "float32" texts["precision"]
                  matches @"^Noether \d+\.\d+\.\d+" texts["library"]

                  startsWith
                      """{"kind":"nequip","cutoff":3,"elements":["H","C","O"],"offsets":[-0.3,-0.8,-1.1],"scale":1.7"""
                      texts["model"]))

          testTheory
              "Texts that are wrong are refused"
              [ "format", "noether-model", "other", "the format 'other', expected 'noether-model'"
                "format_version", "1", "2", "version 2 of the format, expected at most 1"
                "format_version", "1", "one", "version 'one' of the format, expected 1"
                "units", "eV", "Hartree", "energies in Hartree and lengths in Å, expected eV and Å"
                "units", "Å", "Bohr", "energies in eV and lengths in Bohr, expected eV and Å"
                "units", "}", ",\"time\":\"fs\"}", "'time' of the units is unknown"
                "precision", "float64", "float16", "the precision 'float16', expected float32 or float64"
                "precision", "float64", "float32", "Float64"
                "model", "\"nequip\"", "\"mace\"", "'kind' of the model is 'mace', expected one of nequip, nequip-torch"
                "model",
                "\"scale\"",
                "\"scales\"",
                "'scale' of the model is missing, expected it to be given, perhaps where 'scales' is"
                "model", "{\"kind\"", "{\"charge\":0,\"kind\"", "'charge' of the model is unknown"
                "model", "\"readout\":3", "\"readout\":4", "expected"
                "model", "\"degree\":2", "\"degree\":200", "the largest degree of layer 0 is 200"
                "model", "\"H\"", "\"Qq\"", "unknown element 'Qq'"
                "model", "-0.3,", "", "'offsets' of the model is 2 numbers, expected 3, one for each element"
                "model", "\"kind\"", "kind", "text that is not JSON"
                "errors", "\"mae\"", "\"mean\"", "'mae' of 'energyPerAtom' of 'validation' of the errors is missing" ]
              (fun (name, old, next, expected) ->
                  let message = refused (withText name (fun text -> text.Replace(old, next)))
                  contains expected message)

          testCase "Texts and tensors that lack or are too many are refused" (fun () ->
              contains "no text 'units'" (refused (fun (tree, texts) -> tree, Map.remove "units" texts))

              contains
                  "a text 'author', expected only format"
                  (refused (fun (tree, texts) -> tree, Map.add "author" "E. N." texts))

              contains
                  "no text 'format', expected the texts of a noether-model file"
                  (refused (fun (tree, _) -> tree, Map.empty))

              let without (tree: Tree<Tensor>) =
                  match tree with
                  | Branch children -> Branch(children |> List.filter (fun (name, _) -> name <> "readout"))
                  | leaf -> leaf

              contains "no tensor 'readout/" (refused (fun (tree, texts) -> without tree, texts))

              let more tree =
                  match tree with
                  | Branch children -> Branch(children @ [ "bias", Leaf(Tensor.scalar 1.0) ])
                  | leaf -> leaf

              contains "the tensor 'bias'" (refused (fun (tree, texts) -> more tree, texts))
              let row (tensor: Tensor) = Tensor.reshape [| 1; tensor.Size |] tensor
              contains "expected Float64 [" (refused (fun (tree, texts) -> Tree.map row tree, texts)))

          testCase "Parameters that are no numbers are neither read nor written" (fun () ->
              let broken (tree: Tree<Tensor>) =
                  tree
                  |> Tree.mapPaths (fun path tensor ->
                      if path.StartsWith "hidden" then
                          let values = Tensor.toArray tensor
                          values[1] <- nan
                          Tensor.ofArray tensor.Shape values
                      else
                          tensor)

              contains "the parameter 'hidden/" (refused (fun (tree, texts) -> broken tree, texts))

              inFolder (fun folder ->
                  let model = learned Float64 architectures[0]

                  let path = Path.Combine(folder, "model.safetensors")

                  match ModelFile.write path { model with Parameters = broken model.Parameters } with
                  | Ok() -> failwith "an error was expected"
                  | Error error ->
                      matches "the parameter 'hidden/.* is NaN, expected a finite number" (NoetherError.message error)

                  isFalse (File.Exists path)))

          testCase "Files that were cut or are something else are refused, whatever their length" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model.safetensors")
                  ModelFile.write path (learned Float32 architectures[0]) |> Outcome.getOrFail
                  let bytes = File.ReadAllBytes path

                  for length in [ 0; 7; 8; 100; bytes.Length / 2; bytes.Length - 1 ] do
                      File.WriteAllBytes(path, bytes[.. length - 1])

                      match ModelFile.read path with
                      | Ok _ -> failwith $"an error was expected for {length} bytes"
                      | Error error -> contains path (NoetherError.message error)

                  File.WriteAllText(path, "2\n\nH 0 0 0\nH 0 0 1\n")
                  isTrue (ModelFile.read path).IsError
                  isTrue (ModelFile.read folder).IsError

                  match ModelFile.write (Path.Combine(folder, "model.txt")) (learned Float32 architectures[0]) with
                  | Ok() -> failwith "an error was expected"
                  | Error error -> contains "one that ends in .safetensors" (NoetherError.message error)))

          testCase "Fine-tuned Nequix goes back into a file of its own format" (fun () ->
              inFolder (fun folder ->
                  let settings =
                      { NequixSettings.published 5.0 1.2 -0.5 with
                          Cutoff = cutoff
                          Elements = [ 1; 6; 8 ]
                          Hidden = Irreps.ofString "4x0e + 2x1o"
                          MaxDegree = 1
                          Layers = 2
                          RadialBasis = 3
                          RadialWidth = 4 }

                  let own = Nequix.fresh "small" settings (RandomKey.FromSeed 3UL) |> Outcome.getOrFail
                  let path = Path.Combine(folder, "tuned.nqx")

                  let model =
                      { Name = "tuned"
                        Architecture = NequixFamily.architecture own
                        Parameters = NequixModel.parameters Float32 own |> Tree.map (fun w -> 1.5 * w)
                        Errors = Map.empty }

                  ModelFile.write path model |> Outcome.getOrFail
                  let read = ModelFile.readAny path |> Outcome.getOrFail
                  same "the model" model.Parameters read.Parameters
                  equal settings (NequixFile.read path |> Outcome.getOrFail).Settings
                  isTrue (ModelFile.write (Path.Combine(folder, "tuned.safetensors")) model).IsError))

          testCase "Predictions have the errors that a training measures" (fun () ->
              let potential = Trainable.potential parameters.Value model.Value

              let own =
                  structures
                  |> List.map (Prediction.create ReferenceStructure.standardNames potential >> Outcome.getOrFail)
                  |> Prediction.metrics

              let measured = Metrics.evaluate model.Value parameters.Value (Graphs 2) dataset.Value

              let same (a: ErrorSummary option) (b: ErrorSummary option) =
                  match a, b with
                  | Some a, Some b ->
                      // Sums of a dozen numbers of order one in another order.
                      equalWithin 1e-12 a.Mae b.Mae
                      equalWithin 1e-12 a.Rmse b.Rmse
                      equal a.Count b.Count
                  | a, b -> isTrue (a.IsNone && b.IsNone)

              same measured.Energy own.Energy
              same measured.EnergyPerAtom own.EnergyPerAtom
              same measured.Forces own.Forces
              same measured.Stress own.Stress
              equal (List.ofSeq measured.ForcesByElement.Keys) (List.ofSeq own.ForcesByElement.Keys)

              for KeyValue(z, errors) in own.ForcesByElement do
                  same (Some measured.ForcesByElement[z]) (Some errors))

          testCase "Predictions stand beside the labels" (fun () ->
              let potential = Trainable.potential parameters.Value model.Value

              let prediction =
                  Prediction.create ReferenceStructure.standardNames potential structures[1] |> Outcome.getOrFail

              let structure = Prediction.toStructure prediction
              equal (Ok prediction.Results.Energy) (Structure.infoReal "predicted_energy" structure)
              equal (Ok -1.7) (Structure.infoReal "energy" structure)
              equal [ 2; 3 ] structure.PerAtom["predicted_forces"].Shape
              equal [ 9 ] structure.Info["predicted_stress"].Shape) ]
