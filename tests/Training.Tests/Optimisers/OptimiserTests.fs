/// Optimisers against the recorded trajectories of optax, and their laws.
module Noether.Tests.OptimiserTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.Recorded
open Noether.Training

let private recorded = lazy (reference "optax.json")

let private tensor shape element =
    let rec flat (element: Entry) =
        match element.ValueKind with
        | System.Text.Json.JsonValueKind.Array -> items element |> List.collect flat
        | _ -> [ number element ]

    Tensor.ofArray shape (Array.ofList (flat element))

/// A tree of w, 2×3, and b, 3.
let private pair element =
    Branch [ "w", Leaf(tensor [| 2; 3 |] (get "w" element)); "b", Leaf(tensor [| 3 |] (get "b" element)) ]

let private startPoint = lazy (recorded.Value |> get "start" |> pair)

/// Σ scale · (p − target)² + 0.3 sin 3(p − target).
let private loss parameters () =
    let target, scale = recorded.Value |> get "target" |> pair, recorded.Value |> get "scale" |> pair

    let term (p: Tensor) (t: Tensor) (s: Tensor) =
        let d = p - t
        Tensor.sum (s * Tensor.square d + 0.3 * Tensor.sin (3.0 * d))

    Tree.map3 term parameters target scale |> Tree.leaves |> List.reduce (+)

let private only name path _ = path = name

let private norm (tree: Tree<Tensor>) =
    sqrt (Tree.leaves tree |> List.sumBy (fun x -> Tensor.value (Tensor.sum (Tensor.square x))))

/// The optimisers of the file by name.
let private optimisers: (string * GradientTransformation) list =
    let sgd = Optimiser.sgd 0.05
    let standard = AdamOptions.standard

    [ "sgd", sgd
      "sgd_momentum", Optimiser.momentum 0.9 false 0.05
      "sgd_nesterov", Optimiser.momentum 0.9 true 0.05
      "adam", Optimiser.adam 0.05
      "adam_eps_root",
      Optimiser.adamWith
          { standard with
              MeanDecay = 0.8
              SquareDecay = 0.95
              Epsilon = 1e-6
              RootEpsilon = 1e-8 }
          0.05
      "nadam", Optimiser.nadam 0.05
      "adamw", Optimiser.adamw 0.01 0.05
      "adamw_mask", Optimiser.adamwWith standard (only "w") 0.1 0.05
      "amsgrad", Optimiser.amsgrad 0.05
      "adamax", Optimiser.adamax 0.05
      "radam", Optimiser.radam 0.05
      "adabelief", Optimiser.adabelief 0.05
      "rmsprop", Optimiser.rmsprop 0.9 1e-8 0.05
      "rmsprop_centered_momentum", Optimiser.rmspropCentred 0.8 1e-8 0.5 0.05
      "lion", Optimiser.lion 0.001 0.05
      "adagrad", Optimiser.adagrad 0.05
      "adadelta", Optimiser.adadelta 1.0
      "lamb", Optimiser.lamb 0.0 0.05
      "lars", Optimiser.lars 0.0 0.05
      "yogi", Optimiser.yogi 0.05
      "sign_sgd", Optimiser.signSgd 0.05
      "fromage", Optimiser.fromage 0.05
      "clip_by_global_norm_then_sgd", Transform.chain [ Clip.byGlobalNorm 1.0; sgd ]
      "clip_then_adam", Transform.chain [ Clip.byValue 0.5; Optimiser.adam 0.05 ]
      "clip_by_block_rms_then_sgd", Transform.chain [ Clip.byRms 0.7; sgd ]
      "adaptive_grad_clip_then_sgd", Transform.chain [ Clip.adaptive 0.1; sgd ]
      "ema_then_sgd", Transform.chain [ Transform.ema 0.9 true; sgd ]
      "ema_no_debias_then_sgd", Transform.chain [ Transform.ema 0.9 false; sgd ]
      "centralize_then_sgd", Transform.chain [ Transform.centralize; sgd ]
      "chain_clip_decay_adam_schedule",
      Transform.chain
          [ Clip.byGlobalNorm 2.0
            Optimiser.adamw 0.01 1.0 |> Optimiser.scheduled (Schedule.warmupCosine 0.0 0.1 0.001 3 10) ]
      "adam_exponential_schedule", Optimiser.adam 1.0 |> Optimiser.scheduled (Schedule.exponential 0.1 0.5 4)
      "multi_steps_3_sgd", Transform.every 3 sgd
      "multi_transform", Transform.perLabel (fun path _ -> path) [ "w", Optimiser.adam 0.05; "b", Optimiser.sgd 0.025 ]
      "masked_decay", Transform.chain [ Transform.masked (only "b") (Transform.decayWeights 0.5); sgd ]
      "set_to_zero_b", Transform.perLabel (fun path _ -> path) [ "w", Optimiser.adam 0.05; "b", Transform.zero ]
      "lookahead_like_trace", Optimiser.momentum 0.7 true 0.05
      "schedule_free_sgd", Optimiser.scheduleFree 0.9 sgd ]

/// Where optax takes rates of schedules or means of gradients in single precision, whose rounding, 6e-8, meets rates of
/// 0.1 and gradients of 8 at a rate of 0.05.
let private single = Set [ "multi_steps_3_sgd"; "adam_exponential_schedule"; "chain_clip_decay_adam_schedule" ]

let private trajectories = optimisers |> List.map fst

let private compare what tolerance (expected: Tree<Tensor>) (actual: Tree<Tensor>) =
    for (path, e), (_, a) in List.zip (Tree.paths expected) (Tree.paths actual) do
        for i, (e, a) in Array.indexed (Array.zip (Tensor.toArray e) (Tensor.toArray a)) do
            close $"{what} {path}[{i}]" tolerance e a

/// Schedules of the file by name.
let private schedules: (string * Rates) list =
    [ "constant(0.1)", Schedule.constant 0.1
      "cosine_decay(0.1, 100)", Schedule.cosine 0.1 0.0 100
      "cosine_decay(0.1, 100, alpha=0.2, exponent=1.5)", Schedule.cosinePower 1.5 0.1 0.02 100
      "warmup_cosine_decay(0.0, 1.0, 10, 100, 0.01)", Schedule.warmupCosine 0.0 1.0 0.01 10 100
      "warmup_constant(0.0, 0.5, 10)", Schedule.linear 0.0 0.5 10
      "warmup_exponential_decay(0.0, 1.0, 10, 20, 0.5)", Schedule.warmup 0.0 1.0 10 (Schedule.exponential 1.0 0.5 20)
      "warmup_exponential_decay(0.1, 1.0, 5, 10, 0.9, transition_begin=3, staircase, end_value=0.3)",
      Schedule.warmup 0.1 1.0 5 (Schedule.staircase 1.0 0.9 10 |> Schedule.delay 3 |> Schedule.atLeast 0.3)
      "exponential_decay(0.1, 10, 0.5)", Schedule.exponential 0.1 0.5 10
      "exponential_decay(0.1, 10, 0.5, transition_begin=5, staircase, end_value=0.01)",
      Schedule.staircase 0.1 0.5 10 |> Schedule.delay 5 |> Schedule.atLeast 0.01
      "linear(1.0, 0.1, 50, transition_begin=5)", Schedule.linear 1.0 0.1 50 |> Schedule.delay 5
      "polynomial(1.0, 0.1, power=2, 50, transition_begin=5)", Schedule.polynomial 2.0 1.0 0.1 50 |> Schedule.delay 5
      "piecewise_constant(1.0, {5:0.5, 30:0.1})", Schedule.piecewise 1.0 [ 5, 0.5; 30, 0.1 ]
      "piecewise_interpolate(linear, 1.0, {5:0.5, 30:0.1})", Schedule.linearPieces 1.0 [ 5, 0.5; 30, 0.1 ]
      "piecewise_interpolate(cosine, 1.0, {5:0.5, 30:0.1})", Schedule.cosinePieces 1.0 [ 5, 0.5; 30, 0.1 ]
      "cosine_onecycle(100, 1.0)", Schedule.oneCycle 0.3 25.0 1e4 1.0 100
      "cosine_onecycle(100, 1.0, pct_start=0.2, div=10, final_div=50)", Schedule.oneCycle 0.2 10.0 50.0 1.0 100
      "linear_onecycle(100, 1.0)", Schedule.linearOneCycle 0.3 0.85 25.0 1e4 1.0 100
      "sgdr([{0,1,50,5,0.1},{0,0.5,50,5,0.05}])",
      Schedule.join (Schedule.warmupCosine 0.0 1.0 0.1 5 50) [ 50, Schedule.warmupCosine 0.0 0.5 0.05 5 50 ]
      "join(linear 0->1 in 10, cosine 1.0 over 40; boundary 10)",
      Schedule.join (Schedule.linear 0.0 1.0 10) [ 10, Schedule.cosine 1.0 0.0 40 ] ]

let private scheduleNames = schedules |> List.map fst

[<Tests>]
let tests =
    testList
        "Optimiser"
        [ testCase "every trajectory of the file is followed" (fun () ->
              let names = [ for property in (recorded.Value |> get "trajectories").EnumerateObject() -> property.Name ]
              equal (List.sort names) (List.sort (List.map fst optimisers))
              let value, gradient = Tree.fgrad (fun p -> loss p ()) startPoint.Value
              close "loss" 1e-13 (recorded.Value |> get "loss_at_start" |> number) (Tensor.value value)
              let expected = recorded.Value |> get "gradient_at_start" |> pair

              for one, other in List.zip (Tree.leaves expected) (Tree.leaves gradient) do
                  closeAll "gradient" 1e-13 (Tensor.toArray one) (Tensor.toArray other))

          testTheory "steps are those of optax" trajectories (fun name ->
              let trajectory = recorded.Value |> get "trajectories" |> get name
              let optimiser = optimisers |> List.find (fun (n, _) -> n = name) |> snd
              let tolerance = if single.Contains name then 1e-7 else 1e-12

              let rows =
                  List.zip3
                      (get "w" trajectory |> items)
                      (get "b" trajectory |> items)
                      (get "loss_after" trajectory |> items)

              (Optimisation.start optimiser startPoint.Value, List.indexed rows)
              ||> List.fold (fun state (i, (w, b, after)) ->
                  let next, _ = Optimisation.step optimiser loss state ()
                  let expected = Branch [ "w", Leaf(tensor [| 2; 3 |] w); "b", Leaf(tensor [| 3 |] b) ]
                  compare $"{name}, step {i + 1}" tolerance expected next.Parameters
                  // Slopes of the loss are up to 10.
                  close
                      $"{name}, loss after step {i + 1}"
                      (20.0 * tolerance)
                      (number after)
                      (Tensor.value (loss next.Parameters ()))

                  next)
              |> ignore)

          testCase "the decaying mean of parameters is that of optax" (fun () ->
              let means = recorded.Value |> get "incremental_update_0_1_of_adam_parameters"
              let rows = List.zip (get "w" means |> items) (get "b" means |> items)
              let optimiser = Optimiser.adam 0.05

              ((Optimisation.start optimiser startPoint.Value, startPoint.Value), List.indexed rows)
              ||> List.fold (fun (state, mean) (i, (w, b)) ->
                  let next, _ = Optimisation.step optimiser loss state ()
                  let mean = Average.toward 0.1 next.Parameters mean
                  let expected = Branch [ "w", Leaf(tensor [| 2; 3 |] w); "b", Leaf(tensor [| 3 |] b) ]
                  compare $"mean, step {i + 1}" 1e-12 expected mean
                  next, mean)
              |> ignore)

          testCase "the global norm is that of optax" (fun () ->
              let _, gradients = Tree.fgrad (fun p -> loss p ()) startPoint.Value
              let expected = recorded.Value |> get "global_norm" |> get "gradient_at_start" |> number
              close "norm" 1e-12 expected (norm gradients))

          testCase "every schedule of the file is compared" (fun () ->
              let values = recorded.Value |> get "schedules" |> get "values"
              let names = [ for property in values.EnumerateObject() -> property.Name ]
              equal (List.sort names) (List.sort (List.map fst schedules)))

          testTheory "schedules are those of optax" scheduleNames (fun name ->
              let schedule = schedules |> List.find (fun (n, _) -> n = name) |> snd
              let recorded = recorded.Value |> get "schedules"
              let values = recorded |> get "values" |> get name |> numbers

              for step, expected in Seq.zip (get "steps" recorded |> integers) values do
                  close $"{name} at {step}" 1e-12 expected (schedule step)) ]
