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
                  close $"{entry.Name} modulus" 1e-9 (get "bulk_modulus_GPa" entry.Value |> number) (bulk / gigapascal))

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
              closeAll "Hessian" 1e-11 expected (Tensor.toArray hessian))

          testTheory
              "Phonons at points that fit into the supercell"
              [ "nequix-mp-1", "Si"; "nequix-oam-1-pft", "NaCl" ]
              (fun (model, name) ->
                  needsPublishedModels ()
                  let recorded = properties[model].Value |> get "phonons" |> get name
                  let crystal = primitive name (get "lattice_constant" recorded |> number)
                  let masses = get "masses_amu" recorded |> numbers

                  let constants =
                      Phonons.forceConstants (2, 2, 2) (potential model) crystal
                      |> Result.bind (Phonons.withMasses masses)
                      |> ok

                  for point in (get "points" recorded).EnumerateObject() do
                      let q = get "q" point.Value |> numbers
                      let modes = Phonons.modes (q[0], q[1], q[2]) constants

                      closeAll
                          $"{point.Name} squares"
                          1e-11
                          (get "eigenvalues_eV_per_A2_amu" point.Value |> numbers)
                          modes.Squares) ]
