/// Properties of crystals by the published models of Nequix, against exact derivatives of the published program.
module Noether.Tests.NequixPropertyTests

open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded

let private properties = Map [ for model in models -> model, lazy (fixture $"properties-{model}.json") ]

let private potential model = Nequix.potential Float64 (published model)

let private primitive name a =
    match name with
    | "Si" -> Crystal.diamondPrimitive "Si" a |> ok
    | "Cu" -> Crystal.fccPrimitive "Cu" a |> ok
    | "NaCl" -> Crystal.rocksaltPrimitive "Na" "Cl" a |> ok
    | _ -> Crystal.rocksaltPrimitive "Mg" "O" a |> ok

/// The unit in which the fixture was written.
let private gigapascal = 0.006241509125883258

[<Tests>]
let tests =
    testList
        "NequixProperty"
        [ testTheory "Equations of state and bulk moduli" [ "nequix-mp-1"; "nequix-oam-1-pft" ] (fun model ->
              needsPublishedModels ()
              let potential = potential model

              for entry in (properties[model].Value |> get "equation_of_state").EnumerateObject() do
                  for point in get "a_energy_meanstress" entry.Value |> items do
                      let expected = numbers point
                      let results = Evaluate.run potential (primitive entry.Name expected[0]) |> ok
                      let stress = results.Stress.Value
                      close $"{entry.Name} energy" 1e-11 expected[1] results.Energy
                      close $"{entry.Name} stress" 1e-13 expected[2] ((stress[0] + stress[4] + stress[8]) / 3.0)

                  // At zero stress and in a cubic crystal B = (C11 + 2 C12)/3, at fixed fractional coordinates with
                  // clamped ions.
                  let a = get "lattice_constant" entry.Value |> number
                  let c = (Elastic.constants potential (primitive entry.Name a) |> ok).Clamped
                  let bulk = (Tensor.item [| 0; 0 |] c + 2.0 * Tensor.item [| 0; 1 |] c) / 3.0
                  let recorded name = get name entry.Value |> number
                  close $"{entry.Name} modulus" 1e-9 (recorded "bulk_modulus_GPa") (bulk / gigapascal)
                  close $"{entry.Name} modulus" 1e-11 (recorded "bulk_modulus_eV_A3") bulk
                  let crystal = primitive entry.Name a
                  let results = Evaluate.run potential crystal |> ok
                  close $"{entry.Name} energy" 1e-11 (recorded "energy") results.Energy
                  close $"{entry.Name} force" 1e-12 (recorded "max_force") (largest results.Forces)
                  close $"{entry.Name} volume" 1e-12 (recorded "volume") (Cell.volume crystal.Cell |> Option.get)
                  equal (get "atoms" entry.Value |> integer) crystal.Count)

          testTheory "Elastic constants and the Hessian of silicon" [ "nequix-mp-1"; "nequix-oam-1-pft" ] (fun model ->
              needsPublishedModels ()
              let recorded = properties[model].Value
              let elastic = get "elastic_Si" recorded
              let silicon = primitive "Si" (get "lattice_constant" elastic |> number)
              let own = Elastic.constants (potential model) silicon |> ok

              let compare what (matrix: Tensor) =
                  closeAll
                      what
                      1e-9
                      (get what elastic |> flat)
                      (Tensor.toArray matrix |> Array.map (fun c -> c / gigapascal))

              compare "clamped" own.Clamped
              compare "relaxed" own.Relaxed
              let hessian = Hessian.dense (potential model) (primitive "Si" 5.43) |> ok
              let expected = get "hessian_Si2_a5.43" recorded |> get "hessian_eV_per_A2" |> flat
              closeAll "Hessian" 1e-11 expected (Tensor.toArray hessian)
              let modes = Vibrations.ofHessian (Seq.replicate 2 28.085) hessian |> ok
              let optical name = get "hessian_Si2_a5.43" recorded |> get name |> numbers |> Array.skip 3

              // The mass and the constants of another year.
              for name, found in [ "gamma_thz", modes.Terahertz; "gamma_per_cm", modes.Wavenumbers ] do
                  let expected = optical name
                  closeAll name (2e-8 * largest expected) expected (Seq.skip 3 found))

          testTheory
              "Phonons at points that fit into the supercell"
              [ for model in [ "nequix-mp-1"; "nequix-oam-1-pft" ] do
                    for name in [ "Si"; "NaCl" ] -> model, name ]
              (fun (model, name) ->
                  needsPublishedModels ()
                  let recorded = properties[model].Value |> get "phonons" |> get name
                  let crystal = primitive name (get "lattice_constant" recorded |> number)
                  let masses = get "masses_amu" recorded |> numbers

                  let repeats = get "supercell" recorded |> integer

                  let constants =
                      Phonons.forceConstants (repeats, repeats, repeats) (potential model) crystal
                      |> Result.bind (Phonons.withMasses masses)
                      |> ok

                  for point in (get "points" recorded).EnumerateObject() do
                      let q = get "q" point.Value |> numbers
                      let modes = Phonons.modes (q[0], q[1], q[2]) constants

                      closeAll
                          $"{point.Name} squares"
                          1e-11
                          (get "eigenvalues_eV_per_A2_amu" point.Value |> numbers)
                          modes.Squares

                      // Roots of the three that are zero are noise. Constants of 2014 there, of 2018 here.
                      let genuine (values: float seq) = values |> Seq.filter (fun f -> abs f > 1e-3) |> Array.ofSeq

                      for unit, frequency in [ "thz", Frequency.terahertz; "per_cm", Frequency.wavenumber ] do
                          let found = Seq.map frequency modes.Squares
                          let expected = get unit point.Value |> numbers |> genuine
                          let tolerance = 2e-8 * largest expected
                          closeAll $"{point.Name} {unit}" tolerance expected (genuine found)

                  let results = Evaluate.run (potential model) crystal |> ok
                  close "force" 1e-12 (get "max_force" recorded |> number) (largest results.Forces)) ]
