/// The published ANI models against torchani 2.9.0 in float64, which read the same files (Fixtures/ani).
module Noether.Tests.AniReferenceTests

open System
open System.IO
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning
open Noether.Physics
open Noether.Tests.AniChecks
open Noether.Tests.Recorded

let private inHartree (values: float seq) = values |> Seq.map (fun x -> x / hartree)

// Sums of up to some hundred terms of magnitude 500, in doubles: some 10⁻¹³ each.
let private exact = 1e-11

/// What is asked of every structure: energy, members, energies of atoms, deviations, forces, stress.
let private agrees name (model: AniModel) (potential: Potential) committee (expected: Entry) =
    let structure = structure name
    let results = Evaluate.run potential structure |> ok
    close $"energy of {name}" exact (number (get "energy" expected)) (results.Energy / hartree)

    closeAll $"energies of {name}" exact (numbers (get "atomic_energies" expected)) (inHartree results.Energies)
    closeAll $"forces of {name}" exact (flat (get "forces" expected)) (inHartree results.Forces)

    match expected.TryGetProperty "stress" with
    | true, stress -> closeAll $"stress of {name}" exact (flat stress) (inHartree results.Stress.Value)
    | _ -> ()

    let committee: AniCommittee = committee structure |> ok
    equal model.Settings.Members committee.Energies.Length
    closeAll $"members of {name}" exact (numbers (get "members" expected)) (inHartree committee.Energies)
    close $"mean of {name}" exact (number (get "energy" expected)) (committee.Mean / hartree)
    close $"deviation of {name}" exact (number (get "std" expected)) (committee.Deviation / hartree)
    close $"measure of {name}" exact (number (get "qbc" expected)) (committee.PerRootAtom / hartree)
    closeAll $"deviations in {name}" exact (numbers (get "atomic_std" expected)) (inHartree committee.AtomDeviations)

[<Tests>]
let tests =
    testList
        "AniReference"
        [ testTheory
              "All molecules and crystals agree, by the pass"
              [ "1x", "molecules"; "2x", "molecules"; "1x", "periodic"; "2x", "periodic" ]
              (fun (model, set) ->
                  needsAni ()
                  let own = published model
                  let potential = Ani.potential Float64 own
                  let committee = Ani.committee Float64 own

                  for entry in (fixture $"{set}-{model}.json").EnumerateObject() do
                      agrees entry.Name own potential committee entry.Value)

          testTheory
              "All molecules and crystals agree, by differentiation of the definition"
              [ "1x", "molecules"; "2x", "molecules"; "1x", "periodic"; "2x", "periodic" ]
              (fun (model, set) ->
                  needsAni ()
                  let potential = published model |> Ani.potential Float64 |> Potential.composed

                  for entry in (fixture $"{set}-{model}.json").EnumerateObject() do
                      let results = Evaluate.run potential (structure entry.Name) |> ok

                      close
                          $"energy of {entry.Name}"
                          exact
                          (number (get "energy" entry.Value))
                          (results.Energy / hartree)

                      closeAll
                          $"forces of {entry.Name}"
                          exact
                          (flat (get "forces" entry.Value))
                          (inHartree results.Forces)

                      match entry.Value.TryGetProperty "stress" with
                      | true, stress ->
                          closeAll $"stress of {entry.Name}" exact (flat stress) (inHartree results.Stress.Value)
                      | _ -> ())

          testTheory
              "Single precision is right to what it can hold"
              [ "1x", "molecules"; "2x", "molecules"; "1x", "periodic"; "2x", "periodic" ]
              (fun (model, set) ->
                  needsAni ()
                  let own = published model
                  let single, double = Ani.potential Float32 own, Ani.potential Float64 own

                  for entry in (fixture $"{set}-{model}.json").EnumerateObject() do
                      let structure = structure entry.Name
                      let few, many = Evaluate.run single structure |> ok, Evaluate.run double structure |> ok
                      let n = float structure.Count

                      // Networks add up some thousand products of order one: 10⁻⁶ of the networks' part, a few tenths
                      // of a hartree an atom.
                      close $"energy of {entry.Name}" (2e-6 * n) (many.Energy / hartree) (few.Energy / hartree)

                      closeAll
                          $"forces of {entry.Name}"
                          2e-5
                          (many.Forces |> inHartree |> Array.ofSeq)
                          (inHartree few.Forces))

          testTheory
              "Environments agree, entry by entry and in a weighted sum with its gradient"
              [ "1x"; "2x" ]
              (fun model ->
                  needsAni ()
                  let own = published model
                  let environments = own.Settings.Environments

                  for entry in ((fixture "aev.json").GetProperty model).EnumerateObject() do
                      let structure = structure entry.Name
                      let places = own.Settings.Elements |> List.indexed |> List.map (fun (k, z) -> z, k) |> Map.ofList
                      let species = structure.Numbers |> Seq.map (fun z -> places[z]) |> Array.ofSeq
                      let width = environments.Width
                      let fused = Environments.evaluate environments species structure |> ok
                      let pairs = Neighbours.build environments.RadialCutoff structure |> ok

                      let weights =
                          Array.init fused.Length (fun k ->
                              sin (0.1 + 1.3 * float (k / width) + 0.7 * float (k % width)))

                      let sum (x: float[]) = Array.fold2 (fun total a b -> total + a * b) 0.0 weights x
                      let largest = fused |> Array.map abs |> Array.max |> max 1.0

                      close
                          $"total of {entry.Name}"
                          (1e-11 * largest)
                          (number (get "total" entry.Value))
                          (Array.sum fused)

                      close
                          $"sum of {entry.Name}"
                          (1e-11 * largest)
                          (number (get "contraction" entry.Value))
                          (sum fused)

                      let f positions =
                          let data =
                              PairBatch.create [ structure, pairs ]
                              |> PairBatch.dataAt positions (Tensor.zeros [| 1; 3; 3 |])

                          Environments.features environments species data

                      let features = f (Space.positions structure)
                      closeAll $"definition of {entry.Name}" (1e-13 * largest) fused (Tensor.toArray features)

                      let gradient =
                          Diff.grad
                              (fun x -> Tensor.sum (Tensor.ofArray features.Shape weights * f x))
                              (Space.positions structure)

                      closeAll
                          $"gradient of {entry.Name}"
                          (1e-11 * largest)
                          (flat (get "contraction_gradient" entry.Value))
                          (Tensor.toArray gradient)

                      match entry.Value.TryGetProperty "rows" with
                      | true, rows ->
                          for i, row in List.indexed (items rows) do
                              let expected = Array.zeroCreate width

                              Array.iter2
                                  (fun (k: float) v -> expected[int k] <- v)
                                  (numbers (get "index" row))
                                  (numbers (get "value" row))

                              closeAll
                                  $"row {i} of {entry.Name}"
                                  (1e-13 * largest)
                                  expected
                                  fused[i * width .. (i + 1) * width - 1]
                      | _ -> ())

          testTheory "Hessians and wavenumbers of water and ethanol agree" [ "1x"; "2x" ] (fun model ->
              needsAni ()

              for kind in [ "H2O_vib"; "H2O_vib:relaxed"; "CH3CH2OH:relaxed" ] do
                  let entry = (fixture "vibrations.json").GetProperty $"{model}:{kind}"
                  let structure = structureOf entry
                  let potential = published model |> Ani.potential Float64
                  let hessian = Hessian.dense potential structure |> ok
                  closeAll $"Hessian of {kind}" 1e-10 (flat (get "hessian" entry)) (inHartree (Tensor.toArray hessian))
                  let modes = Vibrations.modesWith (numbers (get "masses" entry)) potential structure |> ok

                  // The fixtures' units are those of CODATA 2014: 10⁻⁸ of 4000 cm⁻¹. Of the six that are zero at rest
                  // only the size is.
                  let expected = numbers (get "wavenumbers" entry)
                  closeAll $"vibrations of {kind}" 2e-4 expected[6..] (Seq.skip 6 modes.Wavenumbers))

          testCase "Water vibrates as published" (fun () ->
              needsAni ()
              // torchani, issue 630, and tests/resources/water-vib-expect.npz.
              let modes = Vibrations.modes (published "1x" |> Ani.potential Float64) (structure "H2O_vib") |> ok
              closeAll "wavenumbers" 2e-3 [| 1913.1997; 3882.4038; 3911.1849 |] (Seq.skip 6 modes.Wavenumbers))

          testTheory
              "The curve of two carbon atoms agrees, from one place to beyond the cut-off"
              [ "1x"; "2x" ]
              (fun model ->
                  needsAni ()
                  let scan = (fixture "scans.json").GetProperty model
                  let committee = published model |> Ani.committee Float64
                  let potential = published model |> Ani.potential Float64
                  let z, energies = numbers (get "z" scan), numbers (get "energy" scan)
                  let measures, forces = numbers (get "qbc" scan), numbers (get "force_z_atom0" scan)

                  for k in 0 .. z.Length - 1 do
                      let structure =
                          Structure.ofSymbols [ "C"; "C" ] [ 3.0, 3.0, 3.0; 3.0, 3.0, z[k] ] Cell.none |> ok

                      let results = Evaluate.run potential structure |> ok
                      close $"energy at {z[k]}" exact energies[k] (results.Energy / hartree)
                      close $"force at {z[k]}" exact forces[k] (results.Forces[2] / hartree)
                      close $"measure at {z[k]}" exact measures[k] ((committee structure |> ok).PerRootAtom / hartree))

          testTheory
              "Molecules of different sizes agree in one batch, and so do some members"
              [ "1x"; "2x" ]
              (fun model ->
                  needsAni ()
                  let batch = (fixture "batch.json").GetProperty model
                  let structures = get "names" batch |> items |> List.map (text >> structure)
                  let own = published model
                  let results = Evaluate.batch (Ani.potential Float64 own) structures |> ok

                  closeAll
                      "energies"
                      exact
                      (numbers (get "energies" batch))
                      [ for one in results -> one.Energy / hartree ]

                  let some = AniModel.select [ 0; 3; 5 ] own |> ok |> Ani.potential Float64

                  closeAll
                      "energies of three members"
                      exact
                      (numbers (get "members_0_3_5" batch))
                      [ for one in structures -> (Evaluate.run some one |> ok).Energy / hartree ])

          testCase "Numbers in the tests of torchani are those of single members" (fun () ->
              needsAni ()
              // tests/test_active_learning.py: ANI-1x, methane of cubic symmetry, member 0 and the mean of hydrogen.
              let own = published "1x"
              let methane = structure "CH4_symmetric"
              let committee = Ani.committee Float64 own methane |> ok
              close "member 0" exact -40.277153758433975 (committee.Energies[0] / hartree)
              let hydrogen = methane.Numbers.IndexOf 1
              close "its hydrogen" exact -0.54562734428531045605 (committee.AtomEnergies[hydrogen] / hartree)
              let first = AniModel.select [ 0 ] own |> ok |> Ani.potential Float64
              close "member 0 alone" exact -40.277153758433975 ((Evaluate.run first methane |> ok).Energy / hartree)
              equal 0.0 (Ani.committee Float64 (AniModel.select [ 0 ] own |> ok) methane |> ok).Deviation)

          testTheory "A protein of 264 atoms agrees" [ "1x"; "2x" ] (fun model ->
              needsAni ()
              let file = Path.Combine(folder, "..", "molecules", "small.xyz")
              let protein = ExtXyz.read file |> ok |> List.exactlyOne
              let expected = (fixture "protein.json").GetProperty model
              let own = published model
              let results = Evaluate.run (Ani.potential Float64 own) protein |> ok
              // Of 7000 hartree, 10⁻¹⁴ in each of some hundred additions.
              close "energy" 1e-10 (number (get "energy" expected)) (results.Energy / hartree)
              let committee = Ani.committee Float64 own protein |> ok
              closeAll "members" 1e-10 (numbers (get "members" expected)) (inHartree committee.Energies)
              close "measure" 1e-11 (number (get "qbc" expected)) (committee.PerRootAtom / hartree)

              match expected.TryGetProperty "forces" with
              | true, forces -> closeAll "forces" exact (flat forces) (inHartree results.Forces)
              | _ -> ()) ]
