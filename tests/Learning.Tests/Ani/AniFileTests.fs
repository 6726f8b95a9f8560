/// The files of ANI models: read, from a folder and from a .zip, and refused where they are wrong.
module Noether.Tests.AniFileTests

open System
open System.IO
open System.IO.Compression
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning
open Noether.Physics
open Noether.Tests.AniChecks
open Noether.Tests.Recorded
open Noether.Training

let private constants =
    "TM = 1\nRcr = 5.2\nRca = 3.5\nEtaR = [1.6e+01]\nShfR = [0.9,1.7]\nZeta = [32]\nShfZ = [0.2,0.8,1.4]\n"
    + "EtaA = [8]\nShfA = [0.9,1.55]\nAtyp = [H,O]\n"

/// 2 species: 2·2 radial and 3·6 angular functions.
let private width = 22

let private declaration symbol =
    let layer k inputs nodes activation =
        $"layer [\nnodes={nodes};\nactivation={activation};\ntype=0;\nblocksize={inputs};\nl2valu=-nan;\n"
        + $"weights=FILE:ANN-{symbol}.nnf-l{k}.wparam[{nodes * inputs}];\n"
        + $"biases=FILE:ANN-{symbol}.nnf-l{k}.bparam[{nodes}];\n]\n"

    $"inputsize={width};\natom_net {symbol} $\n{layer 1 width 3 9}{layer 2 3 1 6}\n $\000"

let private compressed (text: string) =
    use memory = new MemoryStream()
    memory.Write(ReadOnlySpan("17=\n"B))

    use stream = new ICSharpCode.SharpZipLib.BZip2.BZip2OutputStream(memory, 1, IsStreamOwner = false)

    stream.Write(ReadOnlySpan(Text.Encoding.ASCII.GetBytes text))
    stream.Dispose()
    memory.ToArray()

let private floats seed count = randoms seed count |> Array.collect (fun x -> BitConverter.GetBytes(float32 x))

/// The files of a model of two elements and two members, by name.
let private files =
    Map
        [ "tiny_2x.info", "tiny_2x/all.params\ntiny_2x/sae_linfit.dat\ntiny_2x/train\n2\n\n"B
          "tiny_2x/all.params", Text.Encoding.ASCII.GetBytes constants
          "tiny_2x/sae_linfit.dat", "H,0=-0.5\nO,1=-75.25\n"B
          for m in 0..1 do
              for s, symbol in List.indexed [ "H"; "O" ] do
                  let file = $"tiny_2x/train{m}/networks/ANN-{symbol}.nnf"
                  file, compressed (declaration symbol)
                  $"{file}-l1.wparam", floats (4 * m + s) (3 * width)
                  $"{file}-l1.bparam", floats (4 * m + s + 10) 3
                  $"{file}-l2.wparam", floats (4 * m + s + 20) 3
                  $"{file}-l2.bparam", floats (4 * m + s + 30) 1 ]

/// Does something with the files in a folder of their own.
let private within (files: Map<string, byte[]>) (action: string -> 'T) : 'T =
    let folder = Directory.CreateTempSubdirectory("noether-ani-").FullName

    try
        for KeyValue(name, bytes) in files do
            let path = Path.Combine(folder, name)
            Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
            File.WriteAllBytes(path, bytes)

        action folder
    finally
        Directory.Delete(folder, true)

let private water =
    Structure.ofSymbols [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; 0.757, 0.586, 0.0; -0.757, 0.586, 0.0 ] Cell.none |> ok

let private energy model = (Evaluate.run (Ani.potential Float64 model) water |> ok).Energy

/// The message about files of which some are changed.
let private refusal (changes: (string * byte[] option) list) =
    let change files (name, content) = Map.change name (fun _ -> content) files

    within (List.fold change files changes) (fun folder ->
        match AniFile.read (Path.Combine(folder, "tiny_2x.info")) with
        | Error error -> (NoetherError.message error).Replace(folder + string Path.DirectorySeparatorChar, "")
        | Ok _ -> "no error")

let private bytes (text: string) = Some(Text.Encoding.ASCII.GetBytes text)

let private network = "tiny_2x/train1/networks/ANN-O.nnf"

let private declared (old: string) (next: string) = Some(compressed ((declaration "O").Replace(old, next)))

[<Tests>]
let tests =
    testList
        "AniFile"
        [ testCase "The .info file, its folder, the folder beside it and a .zip are one model" (fun () ->
              within files (fun folder ->
                  let model = AniFile.read (Path.Combine(folder, "tiny_2x.info")) |> ok
                  equal "tiny" model.Name
                  equal [ 1; 8 ] model.Settings.Elements
                  equal [ -0.5; -75.25 ] model.Settings.SelfEnergies
                  equal width model.Settings.Environments.Width
                  equal [ [ 3 ]; [ 3 ] ] model.Settings.Hidden
                  equal (2 * 2 * (3 * width + 3 + 3 + 1)) model.Size
                  let expected = energy model
                  let zip = Path.Combine(folder, "..", Path.GetRandomFileName() + ".zip")

                  try
                      ZipFile.CreateFromDirectory(folder, zip)
                      equal expected (AniFile.read zip |> ok |> energy)
                  finally
                      File.Delete zip

                  equal expected (AniFile.read folder |> ok |> energy)
                  equal expected (AniFile.read (Path.Combine(folder, "tiny_2x")) |> ok |> energy)
                  File.Delete(Path.Combine(folder, "tiny_2x.info"))
                  equal expected (AniFile.read (Path.Combine(folder, "tiny_2x")) |> ok |> energy)))

          testCase "What is wrong is named with its file and line" (fun () ->
              let says (expected: string) changes = contains expected (refusal changes)

              says
                  "tiny_2x/all.params:2: found 'x', expected a finite number"
                  [ "tiny_2x/all.params", bytes (constants.Replace("5.2", "x")) ]

              says
                  "all.params:1: found no field 'Zeta'"
                  [ "tiny_2x/all.params", bytes (constants.Replace("Zeta = [32]\n", "")) ]

              says "found the field 'Zeto'" [ "tiny_2x/all.params", bytes (constants.Replace("Zeta", "Zeto")) ]
              says "2 numbers of EtaA" [ "tiny_2x/all.params", bytes (constants.Replace("[8]", "[8,9]")) ]
              says "unknown element 'Q'" [ "tiny_2x/all.params", bytes (constants.Replace("[H,O]", "[H,Q]")) ]
              says "sae_linfit.dat:1: found no energy of O" [ "tiny_2x/sae_linfit.dat", bytes "H,0=-0.5\n" ]

              says
                  "sae_linfit.dat:1: found 'O' as species 0, expected H"
                  [ "tiny_2x/sae_linfit.dat", bytes "O,0=-0.5\nH,1=1\n" ]

              says "tiny_2x.info:2: found 2 lines" [ "tiny_2x.info", bytes "a\nb\n" ]
              says "found 'eight', expected the number of members" [ "tiny_2x.info", bytes "a\nb\nc\neight\n" ]
              says "ANN-O.nnf" [ network, None ]
              says $"{network}-l1.wparam" [ $"{network}-l1.wparam", None ]
              says "expected 264, 4 for each of its numbers" [ $"{network}-l1.wparam", Some(Array.zeroCreate 260) ])

          testCase "Networks that declare what cannot be are refused with line and layer" (fun () ->
              let says (expected: string) change = contains expected (refusal [ network, change ])
              says $"{network}:3: found activation 5 (a Gaussian) of layer 1" (declared "activation=9" "activation=5")
              says "activation 4 of layer 2, expected 6 (linear)" (declared "activation=6" "activation=4")
              says "blocksize=4 of layer 2" (declared "blocksize=3" "blocksize=4")
              says "67 weights of layer 1, expected 66" (declared "[66]" "[67]")
              says "inputsize=23" (declared "inputsize=22" "inputsize=23")
              says "a network of 'N', expected O" (declared "atom_net O" "atom_net N")
              says "a layer without 'nodes'" (declared "nodes=3;" "")
              says "nodes = three" (declared "nodes=3" "nodes=three")
              says "the end of the text" (declared " $\000" "")
              says "no line that ends in '='" (bytes "layer [")
              let whole = files[network]
              says "a bzip2 stream that is damaged or cut" (Some whole[.. whole.Length / 2]))

          testCase "One file holds a converted model to the bit, and says if a byte is another" (fun () ->
              within files (fun folder ->
                  let model = AniFile.read (Path.Combine(folder, "tiny_2x.info")) |> ok
                  let path = Path.Combine(folder, "tiny.safetensors")

                  let learned =
                      { Name = model.Name
                        Architecture = AniFamily.architecture model.Settings
                        Parameters = AniModel.parameters Float32 model
                        Errors = Map.empty }

                  ModelFile.write path learned |> ok
                  let again = ModelFile.readAny path |> ok
                  let converted = AniFamily.model again.Name again.Architecture again.Parameters |> ok
                  equal model.Name converted.Name
                  equal model.Settings converted.Settings
                  equal (energy model) (energy converted)

                  // With the pass, and by the definition where float32 does not hold the parameters.
                  let potential (model: LearnedModel) = LearnedModel.potential Float64 model |> ok
                  isTrue (Potential.isFused (potential again))
                  equal (energy model) (Evaluate.run (potential again) water |> ok).Energy

                  let finer =
                      { again with
                          Parameters = Tree.map (fun t -> Tensor.cast Float64 t * (1.0 + 1e-12)) again.Parameters }

                  isFalse (Potential.isFused (potential finer))
                  close "energy" 1e-8 (energy model) (Evaluate.run (potential finer) water |> ok).Energy

                  let bytes = File.ReadAllBytes path
                  // The last number of the file is a weight; another one is still a number.
                  bytes[bytes.Length - 4] <- bytes[bytes.Length - 4] ^^^ 1uy
                  File.WriteAllBytes(path, bytes)

                  match ModelFile.read path with
                  | Error error -> contains "SHA-256" (NoetherError.message error)
                  | Ok _ -> failtest "a damaged file"))

          testCase "A model that is nowhere is asked for where it can be had" (fun () ->
              match AniFile.read "ani-99x" with
              | Error error ->
                  let message = NoetherError.message error
                  contains "aiqm/ani-model-zoo" message
                  contains "NOETHER_MODELS" message
              | Ok _ -> failtest "found")

          testCase "Published models are read as they are distributed" (fun () ->
              needsAni ()
              let model = published "2x"
              equal "ani-2x" model.Name
              equal [ 1; 6; 7; 8; 16; 9; 17 ] model.Settings.Elements
              equal 8 model.Settings.Members
              equal (AniSettings.environmentsOf2x 7) model.Settings.Environments
              equal (AniSettings.environmentsOf1x 4) (published "1x").Settings.Environments
              equal (List.map AniSettings.usualWidths model.Settings.Elements) model.Settings.Hidden

              match AniFile.read folder with
              | Error error -> contains "ani-1x_8x.info, ani-2x_8x.info" (NoetherError.message error)
              | Ok _ -> failtest "two models in one folder") ]
