module Noether.Tests.PhononTests

open System
open System.Numerics
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference

let private build counts potential structure = Phonons.forceConstants counts potential structure |> Outcome.getOrFail

let private withMasses masses constants = Phonons.withMasses masses constants |> Outcome.getOrFail

/// Five cells along each axis: half the distance between images is 2.74 σ, more than the cut-off.
let private argonConstants = lazy (build (5, 5, 5) (crystal ()) (argon ()) |> withMasses [ 1.0 ])

[<Tests>]
let tests =
    testList
        "Phonon"
        [ testCase "Phonons that fit into the supercell are its vibrations at q = 0" (fun () ->
              let potential, primitive = alloy.Value
              let counts = 2, 1, 3
              let masses = [ for i in 1 .. primitive.Count -> float i ]
              let supercell = Structure.repeat counts primitive |> Outcome.getOrFail
              let copies = supercell.Count / primitive.Count

              let all =
                  Vibrations.modesWith (Seq.concat (Seq.replicate copies masses)) potential supercell
                  |> Outcome.getOrFail

              let constants = build counts potential primitive |> withMasses masses

              let together =
                  [ for i in 0..1 do
                        for k in 0..2 do
                            yield! (Phonons.modes (float i / 2.0, 0.0, float k / 3.0) constants).Squares ]

              // The cell is smaller than the cut-off: atoms see images of themselves and several of others.
              atMost 1e-12 (difference all.Squares (List.sort together)))

          testCase "At q = 0 the acoustic branches stand still, and with the sum rule at any price" (fun () ->
              let potential, primitive = alloy.Value
              let constants = build (1, 1, 1) potential primitive

              let acoustic constants =
                  (Phonons.modes (0.0, 0.0, 0.0) constants).Squares |> Seq.map abs |> Seq.sort |> Seq.take 3

              for square in acoustic constants do
                  atMost 1e-13 square

              let spoilt =
                  { constants with
                      Terms =
                          constants.Terms.SetItem(
                              0,
                              { constants.Terms[0] with
                                  Values = constants.Terms[0].Values.SetItem(0, constants.Terms[0].Values[0] + 1.0) }
                          ) }

              isTrue (Seq.max (acoustic spoilt) > 1e-5)

              for square in acoustic (Phonons.withAcousticSumRule spoilt) do
                  atMost 1e-13 square)

          testCase "Dynamical matrices are Hermitian, periodic in q, and conjugate at −q" (fun () ->
              let potential, primitive = alloy.Value
              let constants = build (2, 2, 2) potential primitive
              let size = 3 * primitive.Count
              let at q = Phonons.dynamicalMatrix q constants
              let d, minus, further = at (0.13, -0.37, 0.21), at (-0.13, 0.37, -0.21), at (1.13, -0.37, 2.21)

              let scale = d |> Seq.map _.Magnitude |> Seq.max

              for i in 0 .. size - 1 do
                  for j in 0 .. size - 1 do
                      let entry = d[size * i + j]
                      let near (other: Complex) = atMost 1e-13 ((entry - other).Magnitude / scale)
                      near (Complex.Conjugate d[size * j + i])
                      near (Complex.Conjugate minus[size * i + j])
                      near further[size * i + j]

              let modes = Phonons.modes (0.13, -0.37, 0.21) constants
              let vectors = Array.chunkBySize size (Array.ofSeq modes.Eigenvectors)
              let dot (a: Complex[]) b = Array.fold2 (fun s x y -> s + Complex.Conjugate x * y) Complex.Zero a b

              for a in 0 .. size - 1 do
                  let image =
                      Array.init size (fun i ->
                          Seq.fold (fun s j -> s + d[size * i + j] * vectors[a][j]) Complex.Zero [ 0 .. size - 1 ])

                  for b in 0 .. size - 1 do
                      let same = if a = b then 1.0 else 0.0
                      atMost 1e-13 (dot vectors[b] vectors[a] - Complex(same, 0.0)).Magnitude
                      let expected = Complex(same * modes.Squares[a], 0.0)
                      atMost 1e-13 ((dot vectors[b] image - expected).Magnitude / scale))

          testCase "Group velocities are slopes of the branches" (fun () ->
              let constants = argonConstants.Value
              let b = Cell.reciprocal constants.Primitive.Cell
              // THz by 1/Å without 2π in k: Å THz, which is Å/ps.
              let frequencies (q: float[]) = (Phonons.modes (q[0], q[1], q[2]) constants).Terahertz

              for q in [ [| 0.11; 0.23; 0.31 |]; [| 0.3; 0.3; 0.0 |]; [| 0.2; 0.2; 0.2 |] ] do
                  let velocities = Phonons.groupVelocities (q[0], q[1], q[2]) constants
                  let h = 1e-5

                  for direction in 0..2 do
                      // The velocity along b_k, from both sides: branches that meet stay sorted along q only.
                      let along = if q[0] = q[1] then q else Array.init 3 (fun k -> if k = direction then 1.0 else 0.0)
                      let step = Array.init 3 (fun c -> Seq.sum (Seq.init 3 (fun k -> along[k] * b[3 * k + c])))
                      let moved sign = frequencies (Array.map2 (fun x d -> x + sign * h * d) q along)
                      let upper, lower = moved 1.0, moved -1.0

                      for mode in 0..2 do
                          let slope = (upper[mode] - lower[mode]) / (2.0 * h)
                          let predicted = Seq.sum (Seq.init 3 (fun c -> velocities[3 * mode + c] * step[c]))
                          // h² times third derivatives, and rounding of frequencies of 400 THz by 1e-5.
                          atMost 1e-5 (abs (slope - predicted)))

          testCase "Group velocities are continuous along a path, and begin as the speed of sound" (fun () ->
              let constants = argonConstants.Value
              // Towards X, the longitudinal branch starts with √(C11/ρ), the others with √(C44/ρ).
              let velocities q =
                  let v = Phonons.groupVelocities (q, q, 0.0) constants
                  [| for mode in 0..2 -> sqrt (v[3 * mode] ** 2.0 + v[3 * mode + 1] ** 2.0 + v[3 * mode + 2] ** 2.0) |]

              let path = [ for k in 1..100 -> velocities (0.005 * float k) ]

              for before, after in List.pairwise path do
                  for mode in 0..2 do
                      // A hundredth of the way: at most a few hundredths of the largest velocity.
                      atMost 0.04 (abs (after[mode] - before[mode]) / path.Head[2])

              let elastic = Elastic.constants (crystal ()) (argon ()) |> Outcome.getOrFail
              let density = 1.0 / (Cell.volume (argon ()).Cell |> Option.get)

              let speed row =
                  Frequency.terahertz 1.0 * 2.0 * Math.PI * sqrt (Tensor.item [| row; row |] elastic.Clamped / density)

              let slow = velocities 1e-4
              // Dispersion falls with q²: 1e-8 here, some digits fewer after ω² of 1e-5 was found among entries of 1e3.
              equalWithin 1e-6 1.0 (slow[2] / speed 0)
              equalWithin 1e-6 1.0 (slow[0] / speed 3)
              let atRest = Phonons.groupVelocities (0.0, 0.0, 0.0) constants
              isTrue (Seq.forall Double.IsNaN atRest))

          testCase "A path has its labels, its length and its frequencies" (fun () ->
              let constants = argonConstants.Value
              let points = [ "Γ", (0.0, 0.0, 0.0); "X", (0.5, 0.5, 0.0); "L", (0.5, 0.5, 0.5) ]
              let band = PhononBands.path points 10 constants |> Outcome.getOrFail
              equal [ 0, "Γ"; 10, "X"; 20, "L" ] band.Labels
              equal 21 band.Distances.Length
              // Γ–X of fcc is 2π/a.
              equalWithin 1e-12 (2.0 * Math.PI / 1.5496034240894718) band.Distances[10]
              equalSeq (Phonons.modes (0.5, 0.5, 0.5) constants).Terahertz (Seq.skip 60 band.Terahertz))

          testCase "A density of states counts all branches and has the mean square of force constants" (fun () ->
              let constants = argonConstants.Value
              let density = PhononBands.densityOfStates (6, 6, 6) 4.0 400 constants |> Outcome.getOrFail
              let step = density.Terahertz[1] - density.Terahertz[0]
              // Equally spaced sums of Gaussians wider than a few steps are exact but for the tails, 1e-6 beyond five
              // widths.
              equalWithin 1e-5 3.0 (step * Seq.sum density.Density)

              // The mean of Σ ω² over a mesh finer than the supercell is the trace of the atom's term with itself.
              let phonons = PhononBands.mesh (6, 6, 6) constants |> Outcome.getOrFail
              let mean = (phonons |> Seq.sumBy (fun f -> f * f)) / 216.0
              let own = constants.Terms |> Seq.filter (fun t -> Seq.forall (fun s -> s = 0) t.Shift) |> Seq.exactlyOne
              let trace = own.Values[0] + own.Values[4] + own.Values[8]
              equalWithin 1e-12 1.0 (mean / (trace * Frequency.terahertz 1.0 ** 2.0)))

          testCase "What cannot be computed says why" (fun () ->
              let constants = argonConstants.Value

              equal
                  "the path is 1 special points, expected two or more"
                  (message (PhononBands.path [ "Γ", (0.0, 0.0, 0.0) ] 10 constants))

              equal
                  "the number of wavevectors along an axis is 0, expected 1 or more"
                  (message (PhononBands.mesh (1, 0, 1) constants))

              equal
                  "the list of masses has 2 entries, expected 1, one for each atom"
                  (message (Phonons.withMasses [ 1.0; 1.0 ] constants))) ]
