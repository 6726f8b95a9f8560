/// Nequix as a potential: laws, derivatives, errors.
module Noether.Tests.NequixLawTests

open System.Collections.Immutable
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Learning
open Noether.Physics
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded

let private laws symbols samples slack (potential: Potential) =
    let structures = PotentialSubject.structuresFor symbols potential.Cutoff |> ok
    let subject = { PotentialSubject.ofPotential structures potential with Slack = slack }
    let settings = { PotentialLaws.settings subject with Samples = samples }
    let report = Laws.run settings (PotentialLaws.claimed subject) subject
    Expect.isTrue report.Passed (string report)

let private water =
    let a = 0.757, 0.586

    Structure.ofSymbols [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; fst a, snd a, 0.0; -(fst a), snd a, 0.0 ] Cell.none
    |> ok

let private silicon =
    lazy
        (Crystal.diamondPrimitive "Si" 5.43
         |> Result.bind (Structure.repeat (2, 1, 1))
         |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 2UL))
         |> ok)

[<Tests>]
let tests =
    testList
        "NequixLaw"
        [ testCase "A model of random weights keeps every law" (fun () ->
              laws [ "H"; "O"; "Si" ] 12 1.0 (Nequix.potential Float64 small.Value))

          testTheory "A published model keeps every law" [ "nequix-mp-1"; "nequix-oam-1-pft" ] (fun model ->
              needsPublishedModels ()
              laws [ "Si"; "O"; "Ba"; "Ti" ] 3 1.0 (Nequix.potential Float64 (published model)))

          testCase "Energies are differentiable to third order by places, and by weights" (fun () ->
              let model = small.Value
              let structure = water
              let pairs = Neighbours.build 4.0 structure |> ok
              let energies = Nequix.potential Float64 model
              let energy x = Tensor.sum (Evaluate.energiesAt energies pairs structure x (Tensor.zeros [| 3; 3 |]))
              let x = Space.positions structure
              let report = Check.run (RandomKey.FromSeed 3UL) (fun xs -> energy xs[0]) [| x |]
              Expect.isTrue report.Passed (string report)

              let parameters = NequixModel.parameters Float64 model

              let ofWeights parameters =
                  Tensor.sum (
                      (Nequix.ofParameters "small" model.Settings parameters)
                          .Energies(PairData.ofStructure pairs structure)
                  )

              // Along a direction of all weights, against central differences: step 10⁻⁵ leaves some 10⁻⁹ of truncation
              // and rounding.
              let direction = (Nequix.create model.Settings).Init Float64 (RandomKey.FromSeed 9UL)

              let along =
                  Tree.map2
                      (fun (g: Tensor) v -> Tensor.value (Tensor.sum (g * v)))
                      (Tree.grad ofWeights parameters)
                      direction

              let at h =
                  Tree.map2 (fun (p: Tensor) (v: Tensor) -> p + h * v) parameters direction
                  |> ofWeights
                  |> Tensor.value

              let slope = (at 1e-5 - at -1e-5) / 2e-5
              close "slope" (1e-7 * max 1.0 (abs slope)) slope (Tree.leaves along |> List.sum))

          testCase "An edge and its reverse are one in the radial network, and each atom's virial is its own" (fun () ->
              let potential = Nequix.potential Float64 small.Value
              let structure = silicon.Value

              let input =
                  Nequix.input small.Value (PairData.ofStructure (Neighbours.build 4.0 structure |> ok) structure)

              let edges = Nequix.edges smallSettings Float64 input
              equal (input.Senders.Length / 2) edges.Basis.Shape[0]
              let alone = { input with Reverse = [| 0 .. input.Senders.Length - 1 |] }
              let network = Nequix.create smallSettings
              let parameters = NequixModel.parameters Float64 small.Value

              closeAll
                  "energies"
                  1e-13
                  (Tensor.toArray (network.Apply parameters alone))
                  (Tensor.toArray (network.Apply parameters input))

              let results = Evaluate.run potential structure |> ok
              let virials = Evaluate.atomVirials potential structure |> ok
              let total = [| for c in 0..8 -> Seq.sum (Seq.init structure.Count (fun i -> virials[9 * i + c])) |]
              closeAll "virial" 1e-11 (Seq.toArray results.Virial) total
              // Turning the order of the atoms around turns that of their virials.
              let n = structure.Count
              let reversed = Structure.select [ n - 1 .. -1 .. 0 ] structure |> ok
              let turned = Evaluate.atomVirials potential reversed |> ok

              let expected =
                  [| for i in n - 1 .. -1 .. 0 do
                         for c in 0..8 -> virials[9 * i + c] |]

              closeAll "virials" 1e-11 expected turned)

          testCase "It adds, scales, and is masked like any potential" (fun () ->
              let potential = Nequix.potential Float64 small.Value
              let energy potential structure = (Evaluate.run potential structure |> ok).Energy
              let own = energy potential water
              close "sum" 1e-12 (1.5 * own) (energy (potential + 0.5 * potential) water)
              let alone = Structure.ofSymbols [ "O" ] [ 0.0, 0.0, 0.0 ] Cell.none |> ok

              close
                  "mask"
                  1e-12
                  (energy potential alone)
                  (energy (Potential.amongSpecies [ "O" ] potential |> ok) water)

              let none = Structure.ofSymbols [] [] Cell.none |> ok
              equal 0.0 (energy potential none))

          testCase "Float32 is near to float64, and knows places far away" (fun () ->
              let single, double = Nequix.potential Float32 small.Value, Nequix.potential Float64 small.Value
              let far = Structure.translate (1e4, -2e4, 3e4) silicon.Value |> ok

              for structure in [ silicon.Value; far ] do
                  let a, b = Evaluate.run single structure |> ok, Evaluate.run double structure |> ok
                  // The gate's constant differs by 1.6·10⁻⁶, and a hundred float32 roundings by 6·10⁻⁸ each.
                  close "energy" (1e-5 * float structure.Count) b.Energy a.Energy
                  closeAll "forces" 1e-4 (Seq.toArray b.Forces) a.Forces)

          testCase "What it cannot take, it says" (fun () ->
              let message structure =
                  match Evaluate.run (Nequix.potential Float64 small.Value) structure with
                  | Ok results -> failwith $"{results}"
                  | Error error -> NoetherError.message error

              let pair symbols place = Structure.ofSymbols symbols [ 0.0, 0.0, 0.0; place ] Cell.none |> ok

              equal
                  "the structure has atom 1 of element Po, expected elements that 'small' knows: H, O, Si"
                  (message (pair [ "O"; "Po" ] (1.0, 0.0, 0.0)))

              equal
                  "the structure has atoms 0 and 1 at one place, expected atoms apart from each other"
                  (message (pair [ "O"; "H" ] (0.0, 0.0, 0.0)))

              contains "element X" (message (pair [ "O"; "X" ] (1.0, 0.0, 0.0)))

              match Cell.create [| 1.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 0.0; 1.0 |] (true, true, true) with
              | Ok _ -> failwith "a cell without volume"
              | Error error -> contains "invalid cell" (NoetherError.message error))

          testCase "A published model names what it knows in ranges" (fun () ->
              needsPublishedModels ()
              let structure = Structure.ofSymbols [ "Po" ] [ 0.0, 0.0, 0.0 ] Cell.none |> ok

              match Evaluate.run (Nequix.potential Float64 (published "nequix-mp-1")) structure with
              | Error error -> contains "'nequix-mp-1' knows: H–Bi, Ac–Pu" (NoetherError.message error)
              | Ok results -> failwith $"{results}") ]
