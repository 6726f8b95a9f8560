module Noether.Tests.ElasticTests

open System
open System.Collections.Immutable
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference
open Noether.Tests.TensorChecks

let private constants potential structure = Elastic.constants potential structure |> Outcome.getOrFail

let private worst (expected: Tensor) found = difference (Tensor.toArray expected) (Tensor.toArray found)

/// ε for a unit of Voigt's strain.
let private unitStrain voigt =
    let i, j = [| 0, 0; 1, 1; 2, 2; 1, 2; 0, 2; 0, 1 |][voigt]

    Array.init 9 (fun k -> (if k = 3 * i + j then 0.5 else 0.0) + (if k = 3 * j + i then 0.5 else 0.0))
    |> Tensor.ofArray [| 3; 3 |]

/// Cauchy's stress, in Voigt's order, of the structure under a strain; atoms move with it, and then where `settle`
/// says.
let private stressUnder settle potential (structure: Structure) (strain: Tensor) =
    let deform x = Tensor.matmul x (Tensor.eye 3 + strain) |> Tensor.toArray
    let cell = Cell.createOrFail (deform (Space.cell structure)) (true, true, true)
    let positions = ImmutableArray.Create<float>(deform (Space.positions structure))
    let strained: Structure = Structure.create structure.Numbers positions cell |> Outcome.getOrFail |> settle

    match (Evaluate.run potential strained |> Outcome.getOrFail).Stress with
    | Some stress -> [| for k in [ 0; 4; 8; 5; 2; 1 ] -> stress[k] |]
    | None -> failwith "no stress"

[<Tests>]
let tests =
    testList
        "Elastic"
        [ testCase "A supercell has the constants of its cell" (fun () ->
              let one = constants (crystal ()) (argon ())
              let many = constants (crystal ()) (Structure.repeat (2, 1, 3) (argon ()) |> Outcome.getOrFail)
              atMost 1e-12 (worst one.Clamped many.Clamped)
              atMost 1e-12 (worst one.Relaxed many.Relaxed))

          testCase "Under initial stress they are differences of stress, with ions clamped and relaxed" (fun () ->
              let potential, structure = alloy.Value
              let found = constants potential structure

              for settle, matrix in [ id, found.Clamped; relax potential, found.Relaxed ] do
                  let predicted = Elastic.stressStrain found.Stress matrix
                  let step = 1e-5

                  let differences =
                      [| for k in 0..5 do
                             let at sign = stressUnder settle potential structure (sign * step * unitStrain k)
                             Array.map2 (fun a b -> (a - b) / (2.0 * step)) (at 1.0) (at -1.0) |]

                  let columns = Tensor.ofArray [| 6; 6 |] (Array.concat differences) |> Tensor.transpose
                  // h² times third-order constants, ten to a hundred times larger: 1e-8; rounding of forces by
                  // relaxation likewise.
                  atMost 1e-7 (worst columns predicted)

              let sigma = Tensor.toArray found.Stress
              Expect.isTrue (Array.exists (fun s -> abs s > 0.1) sigma) "the structure is meant to be under stress"
              atMost 1e-12 (worst found.Relaxed (Tensor.transpose found.Relaxed))
              Expect.isTrue (abs (worst found.Clamped found.Relaxed) > 1e-3) "the ions are meant to move")

          testCase "Relaxed constants are second derivatives through the ions' places" (fun () ->
              let potential, structure = alloy.Value
              let pairs = Neighbours.build potential.Cutoff structure |> Outcome.getOrFail
              let x0 = Space.positions structure
              let basis = Tensor.stack 0 [ for k in 0..5 -> Tensor.reshape [| 9 |] (unitStrain k) ]
              let energy x strain = Tensor.sum (Evaluate.energiesAt potential pairs structure x strain)
              let solver = Implicit.projected Hessian.withoutTranslations Implicit.dense

              /// The least energy as a function of η = ε + ε²/2, to second order: ε = η − η²/2.
              let least (voigt: Tensor) =
                  let eta = Tensor.reshape [| 3; 3 |] (Tensor.matmul voigt basis)
                  let strain = eta - 0.5 * Tensor.matmul eta eta
                  energy (Implicit.minimum solver (fun _ -> x0) energy strain) strain

              let volume = Cell.volume structure.Cell |> Option.get
              let hessian = (1.0 / volume) * Diff.hessian least (Tensor.zeros [| 6 |])
              atMost 1e-11 (worst (constants potential structure).Relaxed hessian))

          testCase "Constants are differentiable in the parameters of the potential" (fun () ->
              // Energies are proportional to ε, so constants are too: C dε = C.
              let constants (epsilon: Tensor) =
                  let values = Tensor.stack 0 [ epsilon; Tensor.scalar 1.0 ]

                  let potential =
                      PairParameters.everywhere 2.5 values
                      |> Result.bind (PairPotential.create "LJ" (LennardJones()) Shifted)
                      |> Outcome.getOrFail

                  (constants potential (argon ())).Relaxed

              let value, slope = Diff.jvp constants (Tensor.scalar 1.0) (Tensor.scalar 1.0)
              agree 1e-12 value slope)

          testCase "What has no elastic constants says why" (fun () ->
              let message structure =
                  match Elastic.constants (crystal ()) structure with
                  | Ok _ -> "no error"
                  | Error error -> NoetherError.message error

              let expected = "the structure has open axes, expected three periodic lattice vectors"
              equal expected (message (molecule "Ar" [ 0.0; 0.0; 0.0 ]))

              let loose =
                  let cell = Cell.createOrFail [| 20.0; 0.0; 0.0; 0.0; 20.0; 0.0; 0.0; 0.0; 20.0 |] (true, true, true)
                  Structure.ofSymbols [ "Ar"; "Ar" ] [ 0.0, 0.0, 0.0; 9.0, 9.0, 9.0 ] cell |> Outcome.getOrFail

              startsWith "the structure has" (message loose)

              let dimer =
                  let cell = Cell.createOrFail [| 20.0; 0.0; 0.0; 0.0; 20.0; 0.0; 0.0; 0.0; 20.0 |] (true, true, true)
                  Structure.ofSymbols [ "Ar"; "Ar" ] [ 0.0, 0.0, 0.0; 1.12, 0.0, 0.0 ] cell |> Outcome.getOrFail

              let relaxed = relax (crystal ()) dimer

              equal
                  ("the structure has 2 motions beside the translations that cost no energy, expected none, "
                   + "as strains move ions along them without limit")
                  (message relaxed)) ]
