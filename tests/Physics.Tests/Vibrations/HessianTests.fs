module Noether.Tests.HessianTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference
open Noether.Tests.TensorChecks

let private dense potential structure = Hessian.dense potential structure |> Outcome.getOrFail

let private relative (expected: Tensor) (found: Tensor) =
    equal expected.Shape found.Shape
    difference (Tensor.toArray expected) (Tensor.toArray found)

let private uncut () = lennardJones Truncated 50.0

/// The structure under a strain, atoms moving with it.
let private strained (strain: Tensor) (structure: Structure) =
    let deform = Tensor.eye 3 + strain
    let rows x = Tensor.toArray (Tensor.matmul x deform)
    let cell = Cell.createOrFail (rows (Space.cell structure)) (true, true, true)

    Structure.create
        structure.Numbers
        (System.Collections.Immutable.ImmutableArray.Create<float>(rows (Space.positions structure)))
        cell
    |> Outcome.getOrFail

[<Tests>]
let tests =
    testList
        "Hessian"
        [ testTheory
              "Eigenvalues are those of the exact Hessians of Lennard-Jones clusters"
              [ "LJ3"; "LJ4"; "LJ7"; "LJ13" ]
              (fun name ->
                  let reference = cluster name
                  let structure = molecule "Ar" (reference.GetProperty "relaxed" |> numbers)
                  let hessian = dense (uncut ()) structure
                  // With masses of 1 the squared frequencies are the eigenvalues.
                  let modes = Vibrations.ofHessian (Seq.replicate structure.Count 1.0) hessian |> Outcome.getOrFail
                  let expected = reference.GetProperty "hessian_eigenvalues" |> numbers
                  // Both round entries of a few hundred; the reference's zeros are 1e-14 of that.
                  atMost 1e-13 (difference expected modes.Squares))

          testCase "Hessians are symmetric and know no translations and, at rest, no rotations" (fun () ->
              let structure = molecule "Ar" (cluster "LJ7" |> fun c -> c.GetProperty "relaxed" |> numbers)
              let n = structure.Count
              let hessian = dense (uncut ()) structure
              atMost 1e-14 (relative hessian (Tensor.transpose hessian))
              let x = Space.positions structure
              let largest = Tensor.toArray hessian |> Array.map abs |> Array.max

              for axis in 0..2 do
                  let shift =
                      Tensor.ofArray [| 3 * n; 1 |] (Array.init (3 * n) (fun k -> if k % 3 = axis then 1.0 else 0.0))

                  let a, b = (axis + 1) % 3, (axis + 2) % 3

                  let generator =
                      Array.init 9 (fun k ->
                          if k = 3 * a + b then 1.0
                          elif k = 3 * b + a then -1.0
                          else 0.0)

                  let turn = Tensor.reshape [| 3 * n; 1 |] (Tensor.matmul x (Tensor.ofArray [| 3; 3 |] generator))

                  for motion in [ shift; turn ] do
                      // Sums of a few dozen entries; the forces that are left at rest, 1e-13, would show in rotations.
                      let image = Tensor.matmul hessian motion |> Tensor.toArray |> Array.map abs |> Array.max
                      atMost 1e-13 (image / largest))

          testCase "Hessians turn with the structure" (fun () ->
              let potential, structure = alloy.Value
              let c, s = cos 0.7, sin 0.7

              let turn =
                  Tensor.matmul
                      (Tensor.matrix [ [ c; s; 0.0 ]; [ -s; c; 0.0 ]; [ 0.0; 0.0; 1.0 ] ])
                      (Tensor.matrix [ [ 1.0; 0.0; 0.0 ]; [ 0.0; s; c ]; [ 0.0; -c; s ] ])

              let turned (rows: Tensor) = Tensor.toArray (Tensor.matmul rows turn)
              let cell = Cell.createOrFail (turned (Space.cell structure)) (true, true, true)
              let positions = turned (Space.positions structure)

              let other =
                  Structure.create
                      structure.Numbers
                      (positions.AsSpan().ToArray() |> System.Collections.Immutable.ImmutableArray.Create<float>)
                      cell
                  |> Outcome.getOrFail

              let n = structure.Count

              let blocks (h: Tensor) =
                  Tensor.permute [| 0; 2; 1; 3 |] (Tensor.reshape [| n; 3; n; 3 |] h)
                  |> Tensor.reshape [| n * n; 3; 3 |]

              let expected =
                  Tensor.matmul (Tensor.matmul (Tensor.transpose turn) (blocks (dense potential structure))) turn

              atMost 1e-12 (relative expected (blocks (dense potential other))))

          testCase "Products, rows and differences of forces are those of the dense Hessian" (fun () ->
              let potential, structure = alloy.Value
              let n = structure.Count
              let hessian = dense potential structure
              let times = Hessian.times potential structure |> Outcome.getOrFail

              for seed in 1..3 do
                  let v = normal Float64 seed [| n; 3 |]
                  let expected = Tensor.reshape [| n; 3 |] (Tensor.matmul hessian (Tensor.reshape [| 3 * n |] v))
                  atMost 1e-13 (relative expected (times v))

              let rows = Hessian.rows [ 5; 2 ] potential structure |> Outcome.getOrFail
              atMost 1e-14 (relative (Tensor.gather [| 15; 16; 17; 6; 7; 8 |] hessian) rows)

              let v = normal Float64 4 [| n; 3 |]

              let force step =
                  let moved = Space.positions structure + step * v |> Tensor.toArray

                  let at =
                      Structure.withPositions
                          (System.Collections.Immutable.ImmutableArray.Create<float> moved)
                          structure

                  (Result.bind (Evaluate.run potential) at |> Outcome.getOrFail).Forces
                  |> Array.ofSeq
                  |> Tensor.ofArray [| n; 3 |]

              // A step of 1e-5 costs 1e-10 of the third derivatives, which are larger by a factor of hundreds.
              atMost 1e-7 (relative (times v) ((1.0 / 2e-5) * (force -1e-5 - force 1e-5))))

          testCase "Derivatives by strain are differences of forces and virials" (fun () ->
              let potential, structure = alloy.Value
              let n = structure.Count
              let strain = Tensor.reshape [| 9; 9 |] (Hessian.strain potential structure |> Outcome.getOrFail)
              let mixed = Tensor.reshape [| 3 * n; 9 |] (Hessian.mixed potential structure |> Outcome.getOrFail)
              atMost 1e-13 (relative strain (Tensor.transpose strain))
              let direction = normal Float64 1 [| 3; 3 |]
              let along (matrix: Tensor) = Tensor.matmul matrix (Tensor.reshape [| 9 |] direction)

              /// ∂E/∂x and ∂E/∂ε before the deformation: vectors after it times (1 + ε)ᵀ, and forces pulled back.
              let gradients (step: float) =
                  let deform = Tensor.eye 3 + step * direction
                  let results = Evaluate.run potential (strained (step * direction) structure) |> Outcome.getOrFail
                  let forces = Tensor.ofArray [| n; 3 |] (Array.ofSeq results.Forces)
                  let virial = Tensor.ofArray [| 3; 3 |] (Array.ofSeq results.Virial)

                  Tensor.reshape [| 3 * n |] -(Tensor.matmulTransposed false true forces deform),
                  Tensor.reshape [| 9 |] -(Tensor.matmul (Tensor.inverse (Tensor.transpose deform)) virial)

              let (x1, e1), (x0, e0) = gradients 1e-5, gradients -1e-5
              atMost 1e-7 (relative (along mixed) ((1.0 / 2e-5) * (x1 - x0)))
              atMost 1e-7 (relative (along strain) ((1.0 / 2e-5) * (e1 - e0))))

          testCase "Hessians are differentiable in the parameters of the potential" (fun () ->
              let structure = molecule "Ar" (cluster "LJ4" |> fun c -> c.GetProperty "relaxed" |> numbers)

              let weighted (parameters: Tensor) =
                  let table = PairParameters.everywhere 50.0 parameters |> Outcome.getOrFail
                  let potential = PairPotential.create "LJ" (LennardJones()) Truncated table |> Outcome.getOrFail
                  let h = dense potential structure
                  0.001 * Tensor.sum (h * normal Float64 1 h.Shape)

              Check.run (key 1) (fun p -> weighted p[0]) [| Tensor.vector [ 1.0; 1.0 ] |]
              |> Check.orFail "Hessian by parameters"
              |> ignore)

          testCase "Rigid motions of molecules are projected out, whatever their shape" (fun () ->
              for positions, left in
                  [ [ 0.3; 0.1; 0.2 ], 0
                    [ 0.0; 0.0; 0.0; 0.4; 0.5; 0.6 ], 1
                    [ 0.1; 0.2; 0.3; 0.5; 0.7; 0.9; -0.3; -0.3; -0.3 ], 4
                    [ 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.3; 0.0 ], 3
                    [ 0.0; 0.1; 0.0; 1.0; 0.0; 0.2; 0.0; 1.3; 0.0; 0.3; 0.2; 1.0 ], 6 ] do
                  let x = Space.positions (molecule "Ar" positions)
                  let project = Hessian.withoutRigidMotions x
                  let size = x.Size

                  let column k =
                      project (Tensor.ofArray x.Shape (Array.init size (fun i -> if i = k then 1.0 else 0.0)))

                  let matrix = Tensor.stack 0 [ for k in 0 .. size - 1 -> Tensor.reshape [| size |] (column k) ]
                  // A projection is symmetric and its own square, and its trace is the number of directions it keeps.
                  agree 1e-14 matrix (Tensor.transpose matrix)
                  agree 1e-14 matrix (Tensor.matmul matrix matrix)
                  agree 1e-13 (Tensor.scalar (float left)) (Tensor.sum (matrix * Tensor.eye size)))

          testCase "A cluster's places follow the parameters of its potential" (fun () ->
              // At rest everything scales with σ: dx/dσ = x/σ, up to translations and rotations; higher derivatives
              // vanish.
              let structure = molecule "Ar" (cluster "LJ3" |> fun c -> c.GetProperty "relaxed" |> numbers)
              let x0 = Hessian.withoutTranslations (Space.positions structure)
              let pairs = Neighbours.build 50.0 structure |> Outcome.getOrFail

              let energy x (sigma: Tensor) =
                  let values = Tensor.stack 0 [ Tensor.scalar 1.0; sigma ]
                  let table = PairParameters.everywhere 50.0 values |> Outcome.getOrFail
                  let potential = PairPotential.create "LJ" (LennardJones()) Truncated table |> Outcome.getOrFail
                  Tensor.sum (Evaluate.energiesAt potential pairs structure x (Tensor.zeros [| 3; 3 |]))

              let project = Hessian.withoutRigidMotions x0

              for solver in [ Implicit.dense; Implicit.conjugateGradients 1e-14 100 ] do
                  let places = Implicit.minimum (Implicit.projected project solver) (fun _ -> x0) energy
                  let one = Tensor.scalar 1.0
                  let first = Diff.jacobianv places one one
                  // The reference's positions are at rest to 1e-15 of forces of order 100.
                  agree 1e-12 x0 first
                  let second = Diff.jacobianv (fun s -> Diff.jacobianv places s one) one one
                  agree 1e-10 (Tensor.zerosLike x0) second)

          testCase "What has no Hessian says why" (fun () ->
              let overlapping = molecule "Ar" [ 1.0; 0.0; 0.0; 1.0; 0.0; 0.0 ]
              startsWith "the energy of atom 0 by 'LJ'" (message (Hessian.dense (uncut ()) overlapping))
              let dimer = molecule "Ar" [ 1.0; 0.0; 0.0; 2.0; 0.0; 0.0 ]

              equal
                  "an atom whose row is asked for is 2, expected a number from 0 to 1"
                  (message (Hessian.rows [ 2 ] (uncut ()) dimer))

              equal [| 0; 0 |] (dense (uncut ()) (molecule "Ar" [])).Shape) ]
