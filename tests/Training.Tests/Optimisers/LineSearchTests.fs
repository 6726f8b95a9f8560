/// L-BFGS and searches along lines against the recorded numbers of optax, and their laws.
module Noether.Tests.LineSearchTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.Recorded
open Noether.Training

let private recorded = lazy (reference "optax.json")

/// Rosenbrock's function, Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)².
let private rosenbrock (tree: Tree<Tensor>) =
    let x = Tree.value "x" tree
    let n = x.Size
    let low, high = Tensor.slice 0 0 (n - 1) x, Tensor.slice 0 1 n x
    Tensor.sum (100.0 * Tensor.square (high - Tensor.square low) + Tensor.square (1.0 - low))

let private vectorOf (values: float[]) = Branch [ "x", Leaf(Tensor.vector values) ]

let private vector element = vectorOf (numbers element)

/// The state after so many steps with searches by brackets.
let private advance options optimiser loss steps (start: OptimisationState) : OptimisationState =
    let step (state: OptimisationState) =
        let next, _, _ = LineSearch.step (LineSearch.zoom options) optimiser loss state
        next

    Seq.fold (fun state _ -> step state) start (seq { 1..steps })

let private compare what tolerance element tree =
    for i, (expected, actual) in Array.indexed (Array.zip (numbers element) (Tensor.toArray (Tree.value "x" tree))) do
        close $"{what}, x[{i}]" (tolerance * max 1.0 (abs expected)) expected actual

/// Σ aᵢ xᵢ² / 2 + a wave, whose minimum is not known beforehand.
let private bowl (wave: float) (tree: Tree<Tensor>) =
    let x = Tree.value "x" tree
    let scales = Tensor.vector [ for i in 0 .. x.Size - 1 -> 1.0 + 3.0 * float i ]
    let one = Tensor.onesLike x
    Tensor.sum (0.5 * scales * Tensor.square (x - one)) + wave * Tensor.sum (Tensor.sin (2.0 * x))

[<Tests>]
let tests =
    testList
        "LineSearch"
        [ testTheory "steps of L-BFGS with a search are those of optax" [ 0, 10; 1, 10; 2, 3 ] (fun (run, size) ->
              let run = recorded.Value |> get "lbfgs" |> get "runs" |> items |> List.item run
              let optimiser = LineSearch.lbfgs size
              let values = run |> get "value_before_step" |> numbers
              let lengths = run |> get "learning_rate_of_step" |> numbers
              let norms = run |> get "gradient_norm_before_step" |> numbers
              let step = LineSearch.step (LineSearch.zoom LineSearch.zoomStandard) optimiser rosenbrock

              (LineSearch.start optimiser (vector (get "start" run)), List.indexed (run |> get "x_after_step" |> items))
              ||> List.fold (fun state (i, after) ->
                  let next, value, found = step state
                  // Along the valley rounding grows a hundredfold in five steps: another order of sums is off by 1e-14
                  // after five steps and by 2e-8 after twenty. Lengths react ten times as much.
                  let tolerance = if i < 5 then 1e-12 else 1e-6
                  close $"value before step {i + 1}" (tolerance * max 1.0 values[i]) values[i] value
                  close $"length of step {i + 1}" (10.0 * tolerance) lengths[i] found.Length
                  let slopes = Tree.grad rosenbrock state.Parameters |> Tree.value "x" |> Tensor.toArray
                  let norm = sqrt (Array.sumBy (fun x -> x * x) slopes)
                  // Second derivatives here are up to some hundred.
                  close $"gradient before step {i + 1}" (200.0 * tolerance * max 1.0 norms[i]) norms[i] norm
                  compare $"step {i + 1}" tolerance after next.Parameters
                  isTrue found.Accepted
                  next)
              |> fun last ->
                  let expected = run |> get "final_value" |> number

                  close
                      "value after all"
                      (1e-6 * max 1.0 expected)
                      expected
                      (Tensor.value (rosenbrock last.Parameters)))

          testCase "steps of L-BFGS without a search are those of optax" (fun () ->
              let run = recorded.Value |> get "lbfgs_without_linesearch"
              let optimiser = Lbfgs.optimiser 10 0.1
              let loss parameters () = 0.01 * rosenbrock parameters

              (Optimisation.start optimiser (vector (get "start" run)),
               List.indexed (run |> get "x_after_step" |> items))
              ||> List.fold (fun state (i, after) ->
                  let next, _ = Optimisation.step optimiser loss state ()
                  compare $"step {i + 1}" 1e-12 after next.Parameters
                  next)
              |> ignore)

          testCase "steps with backtracking are those of optax" (fun () ->
              let run = recorded.Value |> get "backtracking_linesearch_sgd"
              let optimiser = Optimiser.sgd 1.0
              let step = LineSearch.step (LineSearch.backtracking LineSearch.backtrackingStandard) optimiser rosenbrock

              (LineSearch.start optimiser (vector (get "start" run)), List.indexed (run |> get "x_after_step" |> items))
              ||> List.fold (fun state (i, after) ->
                  let next, _, found = step state
                  // Fifteen steps back are too few here, so x explodes, and errors are tripled in each step.
                  compare $"step {i + 1}" 1e-12 after next.Parameters
                  isFalse found.Accepted
                  next)
              |> ignore)

          testCase "a search gives up where there is no descent" (fun () ->
              let up =
                  { Value = 0.0
                    Slope = -1.0
                    ValueAt = (fun t -> t)
                    At = fun t -> struct (t, 1.0) }

              let zoom = (LineSearch.zoom LineSearch.zoomStandard).Find up 1.0
              isFalse zoom.Accepted
              equal 0.0 zoom.Length
              inRange 1 20 zoom.Evaluations
              let nowhere = { up with ValueAt = (fun _ -> nan); At = fun _ -> struct (nan, nan) }
              equal 0.0 ((LineSearch.zoom LineSearch.zoomStandard).Find nowhere 1.0).Length
              equal 0.0 ((LineSearch.backtracking LineSearch.backtrackingStandard).Find nowhere 1.0).Length

              let descending = LineSearch.start (Transform.map id) (vectorOf [| 3.0 |])
              // Without the sign the gradient climbs.
              for search in
                  [ LineSearch.zoom LineSearch.zoomStandard; LineSearch.backtracking LineSearch.backtrackingStandard ] do
                  let next, _, found =
                      LineSearch.step
                          search
                          (Transform.map id)
                          (Tree.value "x" >> Tensor.square >> Tensor.sum)
                          descending

                  equal { Length = 0.0; Accepted = false; Evaluations = 0 } found
                  equal descending.Parameters next.Parameters)

          propertyFrom
              "a length that is found fulfils the strong Wolfe conditions"
              11UL
              (fun (a: int, b: int, c: int) ->
                  let a, b, c = 0.1 + float (abs a % 50), float (b % 7), 1.0 + float (abs c % 9)
                  // Falls from zero, and rises at last.
                  let value t = a * t * t - c * t + b * cos (3.0 * t)
                  let slope t = 2.0 * a * t - c - 3.0 * b * sin (3.0 * t)

                  let line =
                      { Value = value 0.0
                        Slope = slope 0.0
                        ValueAt = value
                        At = fun t -> struct (value t, slope t) }

                  let options = { LineSearch.zoomStandard with Rounding = 0.0 }
                  let found = (LineSearch.zoom options).Find line 1.0
                  let t = found.Length

                  found.Accepted
                  && value t <= value 0.0 + 1e-4 * t * slope 0.0
                  && abs (slope t) <= 0.9 * abs (slope 0.0))

          testCase "every step of L-BFGS that is accepted fulfils the strong Wolfe conditions" (fun () ->
              let options = { LineSearch.zoomStandard with Rounding = 0.0 }
              let optimiser = LineSearch.lbfgs 5

              for loss in [ rosenbrock; bowl 0.4 ] do
                  let mutable state = LineSearch.start optimiser (vectorOf [| -1.2; 1.0; 0.3; -0.7 |])

                  for _ in 1..12 do
                      let next, before, found = LineSearch.step (LineSearch.zoom options) optimiser loss state

                      let along =
                          Tree.map2 (fun (a: Tensor) b -> (b - a) / found.Length) state.Parameters next.Parameters

                      let after, gradient = Tree.fgrad loss next.Parameters
                      let slope g = Tensor.value (Tensor.sum (Tree.value "x" g * Tree.value "x" along))
                      let first = slope (Tree.grad loss state.Parameters)
                      isTrue found.Accepted
                      // The direction was divided out of the step, which loses the last digits of the positions.
                      let rounding = 1e-12 * (1.0 + before)
                      isTrue (Tensor.value after <= before + 1e-4 * found.Length * first + rounding)
                      isTrue (abs (slope gradient) <= 0.9 * abs first + rounding)
                      state <- next)

          testCase
              "L-BFGS with exact searches finds the minimum of a quadratic in as many steps as it has dimensions"
              (fun () ->
                  // Then its directions are those of conjugate gradients (J. Nocedal and S. Wright, theorem 8.3 and
                  // section 9.1).
                  let n = 7
                  let optimiser = LineSearch.lbfgs n
                  let options = { LineSearch.zoomStandard with Curvature = 1e-10; Shortest = 0.0; Most = 60 }
                  let start = LineSearch.start optimiser (vectorOf (randoms 5 n))

                  let gradient (state: OptimisationState) =
                      (Tree.grad (bowl 0.0) state.Parameters
                       |> Tree.value "x"
                       |> Tensor.toArray
                       |> Array.map abs
                       |> Array.max)

                  let after steps = gradient (advance options optimiser (bowl 0.0) steps start)
                  isTrue (after (n - 1) > 1e-4 * gradient start)
                  // Searches are exact to 1e-10 of the slope, or to the rounding of the loss.
                  isTrue (after n < 1e-7 * gradient start))

          testCase "L-BFGS finds the minima of Rosenbrock and Beale" (fun () ->
              let beale (tree: Tree<Tensor>) =
                  let x = Tree.value "x" tree
                  let part i = Tensor.slice 0 i (i + 1) x
                  let x, y = part 0, part 1

                  [ 1.5, y; 2.25, Tensor.square y; 2.625, y * y * y ]
                  |> List.map (fun (c, power) -> Tensor.sum (Tensor.square (c - x + x * power)))
                  |> List.reduce (+)

              let run loss start =
                  let optimiser = LineSearch.lbfgs 10

                  let last =
                      LineSearch.start optimiser (vectorOf start) |> advance LineSearch.zoomStandard optimiser loss 60

                  Tree.value "x" last.Parameters |> Tensor.toArray

              // The start and the minimum of the tutorial of SciPy's optimize.
              // Values are flat to rounding within 1e-8 of a minimum; the slopes that decide there are better.
              for i, x in Array.indexed (run rosenbrock [| 1.3; 0.7; 0.8; 1.9; 1.2 |]) do
                  close $"Rosenbrock {i}" 1e-8 1.0 x

              // E. Beale (1958); also number 5 of J. Moré, B. Garbow and K. Hillstrom, ACM Trans. Math. Softw. 7 (1981)
              // 17.
              for expected, x in Array.zip [| 3.0; 0.5 |] (run beale [| 1.0; 1.0 |]) do
                  close "Beale" 1e-8 expected x)

          testCase "L-BFGS goes on from a file to the same bits" (fun () ->
              let optimiser = LineSearch.lbfgs 3

              let steps = advance LineSearch.zoomStandard optimiser rosenbrock
              let start = LineSearch.start optimiser (vectorOf [| -1.2; 1.0; 0.3 |])
              let half = steps 5 start
              let path = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}.npz")

              try
                  let tree (state: OptimisationState) =
                      Branch [ "parameters", state.Parameters; "memory", state.Memory ]

                  ParameterFile.write path Map.empty (tree half) |> Outcome.getOrFail
                  let again, _ = ParameterFile.readLike (tree start) path |> Outcome.getOrFail

                  let resumed =
                      { half with
                          Parameters = Tree.find "parameters" again
                          Memory = Tree.find "memory" again }

                  equal (steps 7 half).Parameters (steps 7 resumed).Parameters
              finally
                  File.Delete path)

          testCase "parameters in float32 stay in float32" (fun () ->
              let single = Branch [ "x", Leaf(Tensor.ofArray32 [| 2 |] [| -1.2f; 1.0f |]) ]
              let optimiser = LineSearch.lbfgs 3

              let last = LineSearch.start optimiser single |> advance LineSearch.zoomStandard optimiser rosenbrock 40
              let x = Tree.value "x" last.Parameters
              equal Float32 x.Precision
              // The loss is flat to its rounding, 1e-7, within 1e-3 of the minimum, where the slopes decide.
              for value in Tensor.toArray x do
                  close "x" 2e-3 1.0 value)

          testCase "a memory without pairs is refused" (fun () ->
              contains "Lbfgs.scale" (argumentMessage (fun () -> Lbfgs.scale 0 |> ignore)))

          testCase "a minimisation takes the steps of the search and evaluates nothing twice" (fun () ->
              let optimiser = LineSearch.lbfgs 5
              let first = vectorOf [| 1.3; 0.7; 0.8; 1.9; 1.2 |]
              let mutable evaluations = 0

              let counted x =
                  evaluations <- evaluations + 1
                  rosenbrock x

              let minimise search tolerance steps = LineSearch.minimise search optimiser tolerance steps counted first
              let zoom = LineSearch.zoom LineSearch.zoomStandard
              let after = minimise zoom 0.0 9
              equal evaluations after.Evaluations
              let stepwise = LineSearch.start optimiser first |> advance LineSearch.zoomStandard optimiser rosenbrock 9
              equal stepwise.Parameters after.Parameters
              equal (Tensor.value (rosenbrock stepwise.Parameters)) after.Loss
              equal (9, false) (after.Steps, after.Converged)
              let whole = minimise zoom 1e-8 200
              Expect.isTrue (whole.Converged && whole.LargestSlope <= 1e-8 && whole.Steps < 100) (string whole)
              close "minimum" 1e-15 0.0 whole.Loss
              // Nothing is left to do at the minimum.
              let again = LineSearch.minimise zoom optimiser 1e-8 200 rosenbrock whole.Parameters
              equal (0, 1) (again.Steps, again.Evaluations)
              // Where backtracking evaluates values alone, gradients are taken once a step more.
              let before = evaluations
              let backtracked = minimise (LineSearch.backtracking LineSearch.backtrackingStandard) 0.0 3
              equal (evaluations - before) backtracked.Evaluations
              equal 3 backtracked.Steps)

          testCase "a minimisation ends where there is no way down" (fun () ->
              let climbing = Transform.identity

              let found =
                  LineSearch.minimise
                      (LineSearch.zoom LineSearch.zoomStandard)
                      climbing
                      0.0
                      10
                      rosenbrock
                      (vectorOf [| -1.2; 1.0 |])

              equal (0, 1, false) (found.Steps, found.Evaluations, found.Converged)
              equal (vectorOf [| -1.2; 1.0 |]) found.Parameters) ]
