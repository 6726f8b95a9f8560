module Noether.Tests.SplineTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

let private at (spline: Spline) (xs: float list) = Tensor.toArray (Spline.evaluate spline (Tensor.vector xs))

let private knots = [ 0.3; 0.5; 1.1; 1.2; 2.0; 2.6; 3.3 ]

let private cubic x = 1.0 - 2.0 * x + 0.7 * x * x - 0.3 * x * x * x

let private slope x = -2.0 + 1.4 * x - 0.9 * x * x

let private asked = [ 0.3; 0.31; 0.5; 0.77; 1.15; 1.9999; 2.0; 2.5; 3.2999; 3.3 ]

// Splines reproduce the polynomials that satisfy their end conditions; what is left is rounding.
let private close (expected: float seq) (found: float seq) = atMost 1e-13 (difference expected found)

// A table of Lennard-Jones with 2000 points from 0.7 to 2.5 is it to 1e-7 (h⁴ times its fourth derivative).
let private lennardJones (r: Tensor) =
    let attraction = Tensor.pow -6.0 r
    4.0 * (attraction * attraction - attraction)

let private table (epsilon: float) =
    let r = [ for i in 0..1999 -> 0.7 + (2.5 - 0.7) * float i / 1999.0 ]
    r, epsilon * lennardJones (Tensor.vector r)

[<Tests>]
let tests =
    testList
        "Spline"
        [ testCase "Splines reproduce what satisfies their end conditions" (fun () ->
              let values = Tensor.vector (List.map cubic knots)
              close (List.map cubic asked) (at (Spline.create NotAKnot knots values |> ok) asked)
              let clamped = Spline.create (Clamped(slope 0.3, slope 3.3)) knots values |> ok
              close (List.map cubic asked) (at clamped asked)
              let line x = 3.0 - 0.25 * x
              let natural = Spline.create Natural knots (Tensor.vector (List.map line knots)) |> ok
              close (List.map line (-1.0 :: 7.0 :: asked)) (at natural (-1.0 :: 7.0 :: asked)))

          testCase "Beyond their ends splines are straight lines" (fun () ->
              let clamped =
                  Spline.create (Clamped(slope 0.3, slope 3.3)) knots (Tensor.vector (List.map cubic knots)) |> ok

              let before, behind = cubic 0.3 - 2.0 * slope 0.3, cubic 3.3 + 2.0 * slope 3.3
              close [ before; behind ] (at clamped [ 0.3 - 2.0; 3.3 + 2.0 ])
              isTrue (Double.IsNaN((at clamped [ nan ])[0])))

          // A clamped, natural or not-a-knot spline has two continuous derivatives everywhere, one of differences has
          // one.
          testCase "Derivatives are continuous across knots" (fun () ->
              let values = Tensor.vector [ 1.0; -0.5; 2.0; 0.1; 0.4; -1.0; 3.0 ]
              let spread = [ for i in 0..6 -> 0.5 + 0.25 * float i ]

              let each =
                  [ Spline.create Natural knots values |> ok, knots, 2
                    Spline.create (Clamped(1.0, -2.0)) knots values |> ok, knots, 2
                    Spline.create NotAKnot knots values |> ok, knots, 2
                    Spline.evenly FiniteDifferences 0.5 0.25 values |> ok, spread, 1
                    Spline.evenly NotAKnot 0.5 0.25 values |> ok, spread, 2 ]

              for spline, knots, orders in each do
                  for knot in knots[1..5] do
                      for order in 0..orders do
                          let derivative x =
                              Diff.diffn order (Spline.evaluate spline) (Tensor.scalar x) |> Tensor.value
                          // Across 2e-9 a derivative changes by that times the next one, here at most some hundreds.
                          equalWithin 1e-5 (derivative (knot - 1e-9)) (derivative (knot + 1e-9))

              let natural, _, _ = each.Head
              let curvature x = Diff.diffn 2 (Spline.evaluate natural) (Tensor.scalar x) |> Tensor.value
              equalWithin 1e-12 0.0 (curvature 0.3)
              equalWithin 1e-7 0.0 (curvature 3.2999999999))

          testCase "Finite differences are exact for quadratics, and need equal distances" (fun () ->
              let parabola x = 2.0 - x + 0.5 * x * x
              let values = Tensor.vector [ for i in 0..9 -> parabola (0.2 * float i) ]
              let spline = Spline.evenly FiniteDifferences 0.0 0.2 values |> ok
              let inside = [ 0.2; 0.33; 0.7; 1.0; 1.5; 1.6 ]
              close (List.map parabola inside) (at spline inside)

              match Spline.create FiniteDifferences knots (Tensor.vector (List.map parabola knots)) with
              | Ok _ -> failtest "expected an error"
              | Error error ->
                  equal
                      "the spline has any knots, expected equal distances for finite differences"
                      (NoetherError.message error))

          testCase "Splines are differentiable in the abscissa and in their values" (fun () ->
              let values = Tensor.vector [ 1.0; -0.5; 2.0; 0.1; 0.4; -1.0; 3.0 ]
              let x = Tensor.vector [ 0.1; 0.4; 0.9; 1.17; 1.7; 2.9; 3.9 ]

              for kind in [ Natural; Clamped(0.5, -1.0); NotAKnot ] do
                  let f (xs: Tensor[]) = Spline.evaluate (Spline.create kind knots xs[1] |> ok) xs[0]
                  Check.run (RandomKey.FromSeed 7UL) f [| x; values |] |> Check.orFail $"{kind}" |> ignore

              let f (xs: Tensor[]) = Spline.evaluate (Spline.evenly FiniteDifferences 0.3 0.5 xs[1] |> ok) xs[0]
              Check.run (RandomKey.FromSeed 8UL) f [| x; values |] |> Check.orFail "differences" |> ignore)

          testCase "What is no spline is said" (fun () ->
              let three = Tensor.vector [ 1.0; 2.0; 3.0 ]

              equal
                  "the spline has 3 knots, expected 4 or more"
                  (message (Spline.create NotAKnot [ 1.0; 2.0; 3.0 ] three))

              equal
                  "the spline has knot 2 at 2 behind 2, expected knots that ascend"
                  (message (Spline.create Natural [ 1.0; 2.0; 2.0 ] three))

              equal
                  "value 1 of the spline is NaN, expected a finite number"
                  (message (Spline.create Natural [ 1.0; 2.0; 3.0 ] (Tensor.vector [ 1.0; nan; 3.0 ])))

              equal
                  "the step of the spline is 0, expected a positive finite number"
                  (message (Spline.evenly Natural 0.0 0.0 three))

              raises<ArgumentException>(fun () -> Spline.create Natural [ 1.0; 2.0 ] three |> ignore) |> ignore)

          testCase "Functions and tables make the pair potentials of the reference, with every way to end" (fun () ->
              let structure = structure [ "Ar" ] (case "lj_cut")
              let parameters = PairParameters.everywhere 2.5 (Tensor.vector [ 1.0; 1.0 ]) |> ok

              for truncation in
                  [ Truncated; Shifted; ForceShifted; Switched 1.9; Smooth 1.8; CurvatureShifted 2.0; Cosine ] do
                  let expected =
                      PairPotential.create "LJ" (LennardJones()) truncation parameters
                      |> ok
                      |> fun p -> Evaluate.run p structure |> ok

                  let same potential tolerance =
                      let found = Evaluate.run potential structure |> ok
                      atMost tolerance (difference expected.Energies found.Energies)
                      atMost tolerance (difference expected.Forces found.Forces)
                      atMost tolerance (difference expected.Virial found.Virial)

                  same (FunctionPotential.create "f" truncation [ ("Ar", "Ar"), 2.5, lennardJones ] |> ok) 1e-12

                  same
                      (FunctionPotential.tabulated "t" NotAKnot truncation [ ("Ar", "Ar"), 2.5, table 1.0 ] |> ok)
                      1e-6)

          testCase "Tables go by the pair of elements, each to its own cut-off" (fun () ->
              let structure =
                  Structure.ofSymbols [ "Ar"; "Kr"; "Ar" ] [ 0.0, 0.0, 0.0; 1.1, 0.0, 0.0; 0.0, 1.5, 0.0 ] Cell.none
                  |> ok

              let potential =
                  FunctionPotential.tabulated
                      "tables"
                      Natural
                      Truncated
                      [ ("Kr", "Ar"), 2.5, table 2.0; ("Ar", "Ar"), 1.4, table 1.0 ]
                  |> ok

              let expected r = 2.0 * Tensor.value (lennardJones (Tensor.scalar r))
              // The third atom is beyond the cut-off of its like, and within that of its unlike neighbour.
              let energy = expected 1.1 + expected (sqrt (1.1 * 1.1 + 1.5 * 1.5))
              equalWithin 1e-6 energy (Evaluate.run potential structure |> ok).Energy
              let krypton = Structure.ofSymbols [ "Kr"; "Kr" ] [ 0.0, 0.0, 0.0; 1.1, 0.0, 0.0 ] Cell.none |> ok

              equal
                  "the potential 'tables' has no parameters for the pair Kr-Kr, expected parameters for all that is within the cut-off"
                  (message (Evaluate.run potential krypton))

              equal
                  "the table of Ar-Ar has a last distance of 2.5 Å, expected the cut-off, 2.6 Å, or more"
                  (message (FunctionPotential.tabulated "t" Natural Truncated [ ("Ar", "Ar"), 2.6, table 1.0 ]))

              equal
                  "the table of parameters has the pair Ar-Kr twice, expected each once"
                  (message (
                      FunctionPotential.create
                          "f"
                          Truncated
                          [ ("Ar", "Kr"), 2.0, lennardJones; ("Kr", "Ar"), 2.0, lennardJones ]
                  ))

              equal
                  "the onset of the switch is 2, expected a length between 0 and the cut-off, 2 Å"
                  (message (FunctionPotential.create "f" (Switched 2.0) [ ("Ar", "Kr"), 2.0, lennardJones ]))) ]
