/// ANI models as potentials: the pass against the definition, laws, derivatives, refusals.
module Noether.Tests.AniLawTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Learning
open Noether.Physics
open Noether.Tests.AniChecks
open Noether.Tests.Recorded

/// Energies and forces change over the given length in Å: steps of motion follow from it.
let private lawsOver length symbols samples (potential: Potential) =
    let structures = PotentialSubject.structuresFor symbols potential.Cutoff |> ok
    let subject = PotentialSubject.ofPotential structures potential

    let subject = { subject with Scales = { subject.Scales with Length = length } }

    let settings = { PotentialLaws.settings subject with Samples = samples }
    let report = Laws.run settings (PotentialLaws.claimed subject) subject
    Expect.isTrue report.Passed (string report)

let private laws symbols samples potential = lawsOver 0.5 symbols samples potential

let private rattled =
    lazy
        (Crystal.diamondPrimitive "Si" 4.1
         |> Result.bind (Structure.repeat (2, 2, 1))
         |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 2UL))
         |> ok)

let private water =
    Structure.ofSymbols [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; 0.757, 0.586, 0.0; -0.757, 0.586, 0.0 ] Cell.none |> ok

[<Tests>]
let tests =
    testList
        "AniLaw"
        [ testCase "A model of random weights keeps every law" (fun () ->
              laws [ "H"; "O"; "Si" ] 20 (Ani.potential Float64 small.Value))

          testCase "So does one with a smooth cut-off" (fun () ->
              let settings =
                  { smallSettings with
                      Environments = { smallSettings.Environments with End = SmoothEnd 2 } }

              Ani.fresh settings Float32 (RandomKey.FromSeed 6UL)
              |> AniModel.ofParameters "smooth" settings
              |> ok
              |> Ani.potential Float64
              |> laws [ "H"; "O"; "Si" ] 8)

          testCase "ANI-2x keeps every law" (fun () ->
              needsAni ()
              // Its radial functions are bells of 1/√(2·19.7) = 0.16 Å.
              lawsOver 0.1 [ "H"; "C"; "O"; "S" ] 3 (published "2x" |> Ani.potential Float64))

          testCase "The pass and the definition agree, in either precision" (fun () ->
              for structure in [ rattled.Value; water ] do
                  for precision, tolerance in [ Float64, 1e-11; Float32, 1e-3 ] do
                      let potential = Ani.potential precision small.Value
                      let pass = Evaluate.run potential structure |> ok
                      let definition = Evaluate.run (Potential.composed potential) structure |> ok
                      closeAll "energies" tolerance (Array.ofSeq definition.Energies) pass.Energies
                      closeAll "forces" tolerance (Array.ofSeq definition.Forces) pass.Forces
                      closeAll "virial" tolerance (Array.ofSeq definition.Virial) pass.Virial)

          testCase "Energies are differentiable to third order by places, and by weights" (fun () ->
              let model = small.Value
              let pairs = Neighbours.build 3.7 water |> ok
              let energies = Ani.potential Float64 model
              let energy x = Tensor.sum (Evaluate.energiesAt energies pairs water x (Tensor.zeros [| 3; 3 |]))
              let report = Check.run (RandomKey.FromSeed 3UL) (fun xs -> energy xs[0]) [| Space.positions water |]
              Expect.isTrue report.Passed (string report)

              let parameters = AniModel.parameters Float64 model

              let ofWeights parameters =
                  Tensor.sum (Ani.energies "small" model.Settings parameters (PairData.ofStructure pairs water))

              let direction = Ani.fresh model.Settings Float64 (RandomKey.FromSeed 9UL)

              let along =
                  Tree.map2
                      (fun (g: Tensor) v -> Tensor.value (Tensor.sum (g * v)))
                      (Tree.grad ofWeights parameters)
                      direction
                  |> Tree.leaves
                  |> List.sum

              // Central differences with a step of 10⁻⁵ are right to some 10⁻⁹ of the energies of order one hundred.
              let at h =
                  Tree.map2 (fun (p: Tensor) (v: Tensor) -> p + h * v) parameters direction
                  |> ofWeights
                  |> Tensor.value

              let slope = (at 1e-5 - at -1e-5) / 2e-5
              close "slope" (1e-6 * max 1.0 (abs slope)) slope along)

          testCase "Atoms at one place have a finite energy and no force between them" (fun () ->
              let pair =
                  Structure.ofSymbols [ "O"; "O"; "H" ] [ 0.0, 0.0, 0.0; 0.0, 0.0, 0.0; 1.0, 0.2, 0.0 ] Cell.none |> ok

              for potential in
                  [ Ani.potential Float64 small.Value; Ani.potential Float64 small.Value |> Potential.composed ] do
                  let results = Evaluate.run potential pair |> ok
                  isTrue (Double.IsFinite results.Energy)

                  for f in results.Forces do
                      isTrue (Double.IsFinite f)

                  let forces = Array.ofSeq results.Forces
                  closeAll "forces" 1e-12 forces[0..2] forces[3..5])

          testCase "Elements outside the model and charges are refused by name" (fun () ->
              let gold = Structure.ofSymbols [ "H"; "Au" ] [ 0.0, 0.0, 0.0; 1.0, 0.0, 0.0 ] Cell.none |> ok

              let refusal result =
                  match result with
                  | Error error -> NoetherError.message error
                  | Ok _ -> "no error"

              for potential in
                  [ Ani.potential Float64 small.Value; Ani.potential Float64 small.Value |> Potential.composed ] do
                  let message = refusal (Evaluate.run potential gold)
                  contains "atom 1 of element Au" message
                  contains "'small' knows: H, O, Si" message

              let ion = Structure.withInfo "charge" (Property.real -1.0) water |> ok
              contains "the charge -1 e" (refusal (Ani.committee Float64 small.Value ion))

              equal
                  (Ok())
                  (StatedCharge.checkNeutral "small" (Structure.withInfo "charge" (Property.real 0.0) water |> ok)))

          testCase "Parameters and models are each other's, and members can be chosen" (fun () ->
              let model = small.Value
              let again = AniModel.parameters Float64 model |> AniModel.ofParameters "small" model.Settings |> ok
              let energy model = (Evaluate.run (Ani.potential Float64 model) water |> ok).Energy
              equal (energy model) (energy again)
              let single m = AniModel.select [ m ] model |> ok |> energy
              close "mean" 1e-10 (energy model) (0.5 * (single 0 + single 1))

              match AniModel.select [ 2 ] model with
              | Error error -> contains "a number from 0 to 1" (NoetherError.message error)
              | Ok _ -> failtest "member 2 of two")

          testCase "Settings that do not fit are refused" (fun () ->
              let refuse expected settings =
                  match AniSettings.check settings with
                  | Error error -> contains expected (NoetherError.message error)
                  | Ok _ -> failtest $"accepted: {expected}"

              refuse
                  "at most the radial one"
                  { smallSettings with
                      Environments = { smallSettings.Environments with AngularCutoff = 4.0 } }

              refuse "2 self-energies" { smallSettings with SelfEnergies = [ 0.0; 1.0 ] }
              refuse "each once" { smallSettings with Elements = [ 1; 8; 8 ] }
              refuse "the network of O" { smallSettings with Hidden = [ [ 3 ]; []; [ 2 ] ] }
              refuse "at least 1" { smallSettings with Members = 0 }) ]
