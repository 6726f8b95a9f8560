/// Files of Nequix models: read, written, refused, found. The small model needs no data.
module Noether.Tests.NequixFileTests

open System
open System.Collections.Immutable
open System.IO
open System.Text
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded

let private bytes = lazy (NequixFile.format small.Value)

let private refused bytes =
    match NequixFile.parseBytes "some.nqx" bytes with
    | Ok model -> failwith $"read {model}"
    | Error error -> NoetherError.message error

/// The bytes of the small model with a text in its line of JSON replaced.
let private configured (before: string) (after: string) =
    let config = small.Value.Config
    contains before config
    let line = Encoding.UTF8.GetByteCount config
    Array.append (Encoding.UTF8.GetBytes(config.Replace(before, after))) bytes.Value[line..]

/// Where the array of some weights begins.
let private start path =
    let config = Encoding.UTF8.GetByteCount small.Value.Config + 1

    small.Value.Weights
    |> Seq.takeWhile (fun own -> own.Path <> path)
    |> Seq.sumBy (fun own -> 128 + 4 * own.Values.Length)
    |> (+) config

/// The bytes of the small model, changed from the beginning of some weights on.
let private changed path (change: byte[] -> int -> unit) =
    let copy = Array.copy bytes.Value
    change copy (start path)
    copy

let private header path (before: string) (after: string) =
    equal before.Length after.Length

    changed path (fun copy at ->
        let text = Encoding.Latin1.GetString(copy, at, 128)
        contains before text
        Array.blit (Encoding.Latin1.GetBytes(text.Replace(before, after))) 0 copy at 128)

[<Tests>]
let tests =
    testSequenced
    <| testList
        "NequixFile"
        [ testCase "A model that is written is read to the bit" (fun () ->
              let model = small.Value
              let again = NequixFile.parseBytes "folder/small.nqx" bytes.Value |> Outcome.getOrFail
              equal "small" again.Name
              equal model.Config again.Config
              equal model.Size again.Size
              equal model.Settings again.Settings
              equal model.Weights again.Weights
              equalSeq bytes.Value (NequixFile.format again)

              equal "small: Nequix of 3 elements, 2 layers of 6x0e+4x1o+3x2e, cut-off 4 Å, 702 weights" (string again))

          testCase
              "Published files are written as they were read, but for what stands behind the last weights"
              (fun () ->
                  needsPublishedModels ()

                  for name in models do
                      let file = File.ReadAllBytes(path name)
                      let model = published name
                      let written = NequixFile.format model
                      equalSeq file[.. written.Length - 1] written
                      atMost 1 (file.Length - written.Length)
                      equal 707658 model.Size
                      equal 63 model.Weights.Length)

          testCase "Weights are those that another program read" (fun () ->
              needsPublishedModels ()
              let recorded = fixture "stages-nequix-mp-1.json" |> get "leaves_first_value_and_sum" |> items

              for own, entry in Seq.zip (published "nequix-mp-1").Weights recorded do
                  let values = own.Values |> Seq.map float |> Array.ofSeq
                  let parts = items entry
                  equal (integers parts[0]) own.Shape
                  equal (number parts[1]) values[0]
                  // Up to 84 000 numbers of size 1, whose sums in other orders differ.
                  close own.Path 1e-9 (number parts[2]) (Array.sum values))

          testCase "Whatever stands behind the last weights is passed over" (fun () ->
              for tail in [ "\n"B; [| 0x93uy; 1uy; 2uy |] ] do
                  let again = NequixFile.parseBytes "small.nqx" (Array.append bytes.Value tail) |> Outcome.getOrFail
                  equalSeq bytes.Value (NequixFile.format again))

          testCase "Fields without a meaning here are kept, and the kernel's name is one" (fun () ->
              let more = "{\"kernel\":false,\"tags\":[\"é\",1,null],"
              let model = NequixFile.parseBytes "small.nqx" (configured "{" more) |> Outcome.getOrFail

              // Every brace was replaced, also that of the energies of atoms, which mean nothing either.
              startsWith more model.Config
              equalSeq (configured "{" more) (NequixFile.format model))

          testCase "Elements may stand in any order in the file" (fun () ->
              let model = NequixFile.parseBytes "small.nqx" (configured "[1,8,14]" "[14,1,8]") |> Outcome.getOrFail
              equal [ 1; 8; 14 ] model.Settings.Elements)

          testCase "Settings that mean nothing, or that no published model has, are refused by name" (fun () ->
              let cases =
                  [ "\"layer_norm\":true",
                    "\"layer_norm\":false",
                    "the field 'layer_norm' is false, expected true, as every"
                    "\"index_weights\":false",
                    "\"index_weights\":true",
                    "the field 'index_weights' is true, expected false, as"
                    "\"cutoff\":4", "\"cutoff\":-4", "the cut-off is -4, expected a positive finite length in Å"
                    "\"cutoff\":4", "\"cutoff\":\"4\"", "found the field 'cutoff' with \"4\", expected a number"
                    "\"cutoff\":4", "\"cut\":4", "found no field 'cutoff', expected one, as it defines the model"
                    "\"lmax\":2",
                    "\"lmax\":1",
                    "the largest degree of the harmonics is 1, expected a number from 2, that of"
                    "\"lmax\":2", "\"lmax\":2.5", "found the field 'lmax' with 2.5, expected a whole number"
                    "[1,8,14]",
                    "[1,8,8]",
                    "the list of atomic numbers is [1, 8, 8], expected numbers from 1 to 118, each once"
                    "[1,8,14]", "[1,8,0]", "the list of atomic numbers is [0, 1, 8]"
                    "[1,8,14]", "[1,8,\"Si\"]", "found the field 'atomic_numbers' with [1,8,\"Si\"]"
                    "6x0e", "6x0o", "the hidden irreps is '6x0o"
                    "4x1o", "4x1e", "the hidden irreps is '6x0e+4x1e"
                    "4x1o", "4x1q", "found the field 'hidden_irreps': irreps"
                    "\"n_layers\":2", "\"n_layers\":0", "the number of layers is 0, expected at least 1"
                    "\"radial_polynomial_p\":6", "\"radial_polynomial_p\":0", "the order of the radial envelope is 0"
                    "\"avg_n_neighbors\":8", "\"avg_n_neighbors\":0", "the average number of neighbours is 0"
                    "\"scale\":0.9", "\"scale\":1e999", "the scale is"
                    "{", "[", "found no JSON" ]

              for before, after, expected in cases do
                  contains expected (refused (configured before after))

              startsWith "some.nqx:1: " (refused (configured "\"lmax\":2" "\"lmax\":1"))
              contains "no line feed" (refused "{}"B))

          testCase "Arrays that are not what the settings ask for are refused by the name of the weights" (fun () ->
              contains "layer 1 mlp 2 has the shape" (refused (header "layer 1/mlp 2" "(8, 13)" "(13, 8)"))
              contains "layer 0 mlp 0" (refused (header "layer 0/mlp 0" "<f4" ">f4"))

              contains
                  "numbers of type <f8 in layer 0 mlp 0, expected <f4"
                  (refused (header "layer 0/mlp 0" "<f4" "<f8"))

              contains "the type '|O' in readout" (refused (header "readout" "'<f4'" "'|O' "))
              contains "Fortran order in layer 1 up 1o" (refused (header "layer 1/up 1o" "False" "True "))
              let version = changed "layer 1/up 1o" (fun copy at -> copy[at + 6] <- 2uy)
              contains "version 2.0 of the format in layer 1 up 1o, expected version 1.0" (refused version)
              let mark = changed "layer 1/rms 0e" (fun copy at -> copy[at] <- 0uy)
              contains "no mark of an array in layer 1 rms 0e" (refused mark)
              let place = start "layer 1/rms 0e"
              startsWith $"some.nqx:1:{place + 1}: " (refused mark)

              let poisoned =
                  changed "layer 0/skip 0e" (fun copy at ->
                      Array.blit (BitConverter.GetBytes nanf) 0 copy (at + 128) 4)

              contains "a weight of layer 0 skip 0e is NaN, expected a finite number" (refused poisoned))

          testCase "A file that ends too soon says in which weights" (fun () ->
              let whole = bytes.Value

              for length in [ whole.Length - 1; start "readout" + 3; start "readout" + 50 ] do
                  contains "the end of the file in readout" (refused whole[.. length - 1])

              contains "in layer 1 down 0e" (refused whole[.. start "layer 1/down 0e" + 127]))

          testCase "No cut and no changed byte of a file brings anything but a model or an error" (fun () ->
              let random = Random 3
              let whole = bytes.Value

              for _ in 1..2000 do
                  let copy = Array.copy whole
                  copy[random.Next(copy.Length)] <- byte (random.Next 256)
                  let length = if random.Next 2 = 0 then copy.Length else random.Next copy.Length
                  NequixFile.parseBytes "some.nqx" copy[.. length - 1] |> ignore)

          testCase "A file is looked for where models are kept, and a missing one says where it is published" (fun () ->
              let folder = Directory.CreateTempSubdirectory "noether-nequix"

              try
                  let file = Path.Combine(folder.FullName, "small.nqx")
                  NequixFile.write file small.Value |> Outcome.getOrFail
                  equalSeq bytes.Value (NequixFile.read file |> Outcome.getOrFail |> NequixFile.format)
                  let before = Environment.GetEnvironmentVariable NequixFile.FolderVariable

                  try
                      Environment.SetEnvironmentVariable(NequixFile.FolderVariable, folder.FullName)
                      equal (Ok file) (NequixFile.find "small.nqx")
                      equal (Ok file) (NequixFile.find "small")

                      match NequixFile.read "large.nqx" with
                      | Error(FileFailure("large.nqx", reason)) ->
                          contains "atomicarchitects/nequix on GitHub" reason
                          contains folder.FullName reason
                          contains (Path.Combine("noether", "models")) reason
                      | other -> failwith $"{other}"
                  finally
                      Environment.SetEnvironmentVariable(NequixFile.FolderVariable, before)

                  match NequixFile.write folder.FullName small.Value with
                  | Error(FileFailure _) -> ()
                  | other -> failwith $"{other}"
              finally
                  folder.Delete true)

          testCase "Models of other parameters are checked" (fun () ->
              let message result =
                  match result with
                  | Ok(model: NequixModel) -> failwith $"made {model}"
                  | Error error -> NoetherError.message error

              let parameters = NequixModel.parameters Float64 small.Value
              let make = NequixModel.ofParameters "mine" smallSettings
              equal small.Value.Weights (make parameters |> Outcome.getOrFail).Weights
              let tripled = Tree.map (fun (x: Tensor) -> 3.0 * x) parameters
              equal (3.0f * small.Value.Weights[4].Values[2]) (make tripled |> Outcome.getOrFail).Weights[4].Values[2]
              let infinite = Tree.map (fun (x: Tensor) -> x / 0.0) parameters
              contains "a weight of atom energies" (message (make infinite))
              let turned = Tree.map (fun (x: Tensor) -> if x.Rank = 2 then Tensor.transpose x else x) parameters
              contains "layer 0 mlp 0 has the shape [8, 5], expected [5, 8]" (message (make turned))

              contains
                  $"expected {small.Value.Weights.Length}"
                  (message (make (Branch [ "atom energies", Leaf(Tensor.zeros [| 3 |]) ])))

              let other = { smallSettings with Layers = 0 }
              contains "the number of layers is 0" (message (Nequix.fresh "none" other (RandomKey.FromSeed 1UL)))
              let same = Nequix.fresh "small" smallSettings (RandomKey.FromSeed 5UL) |> Outcome.getOrFail
              equal small.Value.Weights same.Weights) ]
