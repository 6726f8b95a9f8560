/// Networks of the NequIP family as potentials: laws, equivariance of features, bad input.
module Noether.Tests.NequipLawTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Laws
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded

let private species z : NequipSpecies =
    { Element = z
      Scale = 1.0 + 0.1 * float z
      Shift = -float z
      AverageNeighbours = 4.0 + float z }

/// Three layers with both parities, a repulsion, and cut-offs that depend on the pair.
let private torch: NequipTorchSettings =
    { NequipTorchSettings.small 3.0 [ species 6; species 8 ] with
        PairCutoffs = Map [ (6, 8), 2.6; (8, 6), 2.6 ]
        Features = Nequip.features true [ 5; 4; 3 ]
        Layers = 3
        MaxDegree = 2
        Embedding = 4
        RadialBasis = 5
        Hidden = [ 8 ]
        Readout = [ 6 ]
        Repulsion = Some { NequipTorchSettings.repulsion with Power = 4 } }

let private torchParameters precision = (NequipTorch.create torch).Init precision (RandomKey.FromSeed 11UL)

let private torchPotential precision = NequipTorch.potential "torch" torch (torchParameters precision)

/// The tutorial's network, smaller, with two species and mixed parities.
let private jax: Nequip =
    let layer (output: string) : NequipLayer =
        { NequipLayer.standard (Irreps.ofString output) with
            Species = 2
            AverageNeighbours = 5.0
            Hidden = [ 8 ]
            RadialBasis = 5
            MaxDegree = 2 }

    { Nequip.tutorial with
        Cutoff = 3.0
        Layers = [ layer "5x0e+4x1o+3x2e"; layer "4x0e+2x0o+3x1o+2x1e+2x2e"; layer "6x0e" ]
        Embedding = Some 3
        Readout = 4 }

let private jaxParameters precision = (Nequip.create jax).Init precision (RandomKey.FromSeed 12UL)

let private jaxPotential precision = Nequip.potential "jax" [ 6; 8 ] jax (jaxParameters precision)

let private laws samples slack crossings (potential: Potential) =
    let structures = PotentialSubject.structuresFor [ "C"; "O" ] potential.Cutoff |> ok

    let subject =
        { PotentialSubject.ofPotential structures potential with
            Slack = slack
            Crossings = crossings }

    let settings = { PotentialLaws.settings subject with Samples = samples }
    let report = Laws.run settings (PotentialLaws.claimed subject) subject
    Expect.isTrue report.Passed (string report)

let private sample =
    lazy (Crystal.rocksalt "C" "O" 3.6 |> Result.bind (Structure.rattle 0.15 (RandomKey.FromSeed 3UL)) |> ok)

/// The largest difference between features of turned vectors and turned features, relative to the largest feature.
let private equivarianceError precision inverted =
    let structure = sample.Value
    let pairs = Neighbours.build torch.Cutoff structure |> ok
    let input = NequipInput.ofPairs "torch" [ 6; 8 ] (PairData.ofStructure pairs structure)
    let rotation = Rotation.random (RandomKey.FromSeed 8UL)
    let sign = if inverted then -1.0 else 1.0
    let r = Rotation.toMatrix rotation

    let matrix =
        Tensor.ofArray
            [| 3; 3 |]
            [| for i in 0..2 do
                   for j in 0..2 -> sign * r[i, j] |]

    let turned = { input with Vectors = Tensor.matmul input.Vectors (Tensor.transpose matrix) }
    let features = NequipTorch.features torch (torchParameters precision)

    List.map2
        (fun (before: IrrepsTensor) (after: IrrepsTensor) ->
            let expected = Wigner.transform rotation inverted before
            let largest (x: Tensor) = x |> Tensor.toArray |> Seq.map abs |> Seq.max
            largest (expected.Rows - after.Rows) / largest expected.Rows)
        (features input)
        (features turned)
    |> List.max

let private message result =
    match result with
    | Ok value -> failwith $"{value}"
    | Error error -> NoetherError.message error

[<Tests>]
let tests =
    testList
        "NequipLaw"
        [ testCase "A random model in nequip's conventions keeps every law" (fun () ->
              laws 10 1.0 [ 2.6; 3.0 ] (torchPotential Float64))

          testCase "A random model in nequip-jax's conventions keeps every law" (fun () ->
              laws 10 1.0 [ 3.0 ] (jaxPotential Float64))

          testTheory "Features of three random layers turn with the atoms" [ false; true ] (fun inverted ->
              let double, single = equivarianceError Float64 inverted, equivarianceError Float32 inverted
              // Some hundred roundings of 1e-16 and 6e-8.
              Expect.isTrue (double < 1e-13) $"float64: {double:E1}"
              Expect.isTrue (single < 1e-5) $"float32: {single:E1}")

          testCase "Float32 is near to float64" (fun () ->
              for double, single in
                  [ torchPotential Float64,
                    NequipTorch.potential "torch" torch (Tree.map (Tensor.cast Float32) (torchParameters Float64))
                    jaxPotential Float64,
                    Nequip.potential "jax" [ 6; 8 ] jax (Tree.map (Tensor.cast Float32) (jaxParameters Float64)) ] do
                  let a, b = Evaluate.run double sample.Value |> ok, Evaluate.run single sample.Value |> ok
                  // Seven digits of numbers of order ten and a hundred.
                  close "energy" 1e-4 a.Energy b.Energy
                  Seq.iter2 (close "force" 1e-4) a.Forces b.Forces)

          testCase "The Hessian is symmetric to rounding" (fun () ->
              for potential in [ torchPotential Float64; jaxPotential Float64 ] do
                  let hessian = Hessian.dense potential sample.Value |> ok
                  let size = hessian.Shape[0]
                  let values = Tensor.toArray hessian
                  let largest = values |> Seq.map abs |> Seq.max

                  for i in 0 .. size - 1 do
                      for j in 0 .. i - 1 do
                          // Rows are computed one by one.
                          close "Hessian" (1e-12 * largest) values[i * size + j] values[j * size + i])

          testCase "Isolated atoms have energies, and no atoms have none" (fun () ->
              let far = Structure.ofSymbols [ "C"; "O" ] [ 0.0, 0.0, 0.0; 50.0, 0.0, 0.0 ] Cell.none |> ok
              let none = Structure.ofSymbols [] [] Cell.none |> ok

              for potential in
                  [ torchPotential Float64; jaxPotential Float64; torchPotential Float32; jaxPotential Float32 ] do
                  let results = Evaluate.run potential far |> ok

                  for e in results.Energies do
                      isTrue (Double.IsFinite e && e <> 0.0)

                  for f in results.Forces do
                      equal 0.0 f

                  equal 0.0 (Evaluate.run potential none |> ok).Energy)

          testCase "Structures that a model cannot take are errors that say so" (fun () ->
              let pair symbols place = Structure.ofSymbols symbols [ 0.0, 0.0, 0.0; place ] Cell.none |> ok

              for potential in [ torchPotential Float64; jaxPotential Float64 ] do
                  equal
                      $"the structure has atom 1 of element Si, expected elements that '{potential.Name}' knows: C, O"
                      (message (Evaluate.run potential (pair [ "C"; "Si" ] (1.0, 0.0, 0.0))))

                  equal
                      "the structure has atoms 0 and 1 at one place, expected atoms apart from each other"
                      (message (Evaluate.run potential (pair [ "C"; "O" ] (0.0, 0.0, 0.0)))))

          testCase "Edges of no length are silent in the networks themselves" (fun () ->
              let graph vectors =
                  { Vectors = Tensor.matrix vectors
                    Senders = [| 1; 0 |]
                    Receivers = [| 0; 1 |]
                    Rows = EdgeRows.each 2
                    Species = [| 0; 1 |] }

              let zero = graph [ [ 0.0; 0.0; 0.0 ]; [ 0.0; 0.0; 0.0 ] ]
              let alone = { graph [ [ 9.0; 0.0; 0.0 ]; [ -9.0; 0.0; 0.0 ] ] with Species = [| 0; 1 |] }

              for network, parameters in
                  [ NequipTorch.create torch, torchParameters Float64; Nequip.create jax, jaxParameters Float64 ] do
                  equal (network.Apply parameters alone) (network.Apply parameters zero)

                  let gradient =
                      Diff.grad (fun v -> Tensor.sum (network.Apply parameters { zero with Vectors = v })) zero.Vectors

                  for g in Tensor.toArray gradient do
                      isTrue (Double.IsFinite g))

          testCase "Settings without a network are errors that say so" (fun () ->
              let refused expected settings = equal expected (message (NequipTorchSettings.check settings))
              equal torch (NequipTorchSettings.check torch |> ok)
              refused "the cut-off is 0, expected a positive finite length in Å" { torch with Cutoff = 0.0 }

              refused
                  "the features is '2x3o', expected features that products with harmonics up to degree 1 make of 0e"
                  { torch with Features = Irreps.ofString "4x0e+2x3o"; MaxDegree = 1 }

              refused
                  "the features is '4x1o', expected irreps that occur once each, 0e among them"
                  { torch with Features = Irreps.ofString "4x1o" }

              refused "the number of layers is 0, expected at least 1" { torch with Layers = 0 }
              refused "a width of the radial networks is 0, expected at least 1" { torch with Hidden = [ 0 ] }

              refused
                  "the average number of neighbours of O is 0, expected a positive number"
                  { torch with
                      Species = [ species 6; { species 8 with AverageNeighbours = 0.0 } ] }

              refused
                  "the list of atomic numbers is [6, 6], expected numbers from 1 to 118, at least one, each once"
                  { torch with Species = [ species 6; species 6 ] }

              refused
                  "a pair cut-off is 3.5, expected a positive length up to the cut-off, 3 Å"
                  { torch with PairCutoffs = Map [ (6, 8), 3.5 ] }

              refused
                  "a pair cut-off is one for the atomic numbers 6 and 1, expected one of elements that have species"
                  { torch with PairCutoffs = Map [ (6, 1), 2.5 ] }

              match Irreps.parse "4x0e+2z1" with
              | Ok irreps -> failwith $"{irreps}"
              | Error error -> contains "expected" (IrrepsError.message error)

              let raised f = (raises<NoetherException> f).Message

              contains
                  "the list of elements is [C], expected 2, each once"
                  (raised (fun () -> ignore (Nequip.potential "jax" [ 6 ] jax (jaxParameters Float64))))

              let wrong = IrrepsTensor.ofRows (Irreps.ofString "2x0e") (Tensor.zeros [| 1; 2 |])
              let linear = Linear.create None (Irreps.ofString "3x0e") (Irreps.ofString "3x0e")
              let parameters = linear.Init Float64 (RandomKey.FromSeed 0UL)

              contains
                  "features 2x0e; the layer takes 3x0e"
                  (raises<TensorException>(fun () -> linear.Apply parameters (wrong, [| 0 |]) |> ignore)).Message)

          testCase "Presets are those of nequip" (fun () ->
              for preset, layers, features in
                  [ NequipTorchSettings.small, 2, "128x0e+64x1o"
                    NequipTorchSettings.medium, 4, "128x0e+64x1o+32x2e"
                    NequipTorchSettings.large, 6, "128x0e+64x1o+32x2e+32x3o" ] do
                  let settings = preset 5.0 [ species 14 ] |> NequipTorchSettings.check |> ok
                  equal layers settings.Layers
                  equal features settings.Features.AsText
                  equal (settings.Features.Chunks.Length - 1) settings.MaxDegree)

          testCase "Weights that do not fit settings are errors that say so" (fun () ->
              let state = [ "type_embed.embed_module.weight", [ 2; 4 ], Array.zeroCreate 8 ]

              equal
                  "the weights has no 'layer0_convnet.conv.linear_1.weight', expected one, as the settings say"
                  (message (NequipTorchWeights.ofState torch state))

              equal
                  "the weights 'type_embed.embed_module.weight' has 3 numbers, expected 2 × 4 of them"
                  (message (
                      NequipTorchWeights.ofState torch [ "type_embed.embed_module.weight", [ 3 ], Array.zeroCreate 3 ]
                  ))

              let bad = Array.init 8 (fun i -> if i = 2 then nan else 0.0)

              contains
                  "type_embed"
                  (message (NequipTorchWeights.ofState torch [ "type_embed.embed_module.weight", [ 2; 4 ], bad ]))) ]
