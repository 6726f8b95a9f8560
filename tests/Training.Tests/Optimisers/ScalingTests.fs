/// What single transformations promise: sizes of steps, norms, orthogonality, reductions on plateaus, and their errors.
module Noether.Tests.ScalingTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Kernels
open Noether.Tests.Recorded
open Noether.Training

let private drawn seed shape = Tensor.normal Float64 shape (RandomKey.FromSeed(uint64 (abs (seed: int))))

let private tree seed = Branch [ "w", Leaf(drawn seed [| 3; 4 |]); "b", Leaf(3.0 * drawn (seed / 2 + 7) [| 5 |]) ]

let private flat tree = Tree.leaves tree |> List.map Tensor.toArray |> Array.concat

let private norm (x: float[]) = sqrt (Array.sumBy (fun x -> x * x) x)

let private at loss parameters = { Parameters = parameters; Loss = loss }

/// Updates of a transformation along gradients.
let private updates (transformation: GradientTransformation) (gradients: Tree<Tensor> list) =
    List.mapFold
        (fun memory g -> transformation.Update g memory (at 0.0 gradients.Head))
        (transformation.Init gradients.Head)
        gradients
    |> fst

let private once transformation gradients = List.head (updates transformation [ gradients ])

let private parallels tolerance (a: float[]) (b: float[]) =
    let factor, most = norm b / norm a, tolerance * norm b
    Array.forall2 (fun a b -> abs (factor * a - b) <= most) a b

/// A square matrix with orthonormal rows, by Gram and Schmidt.
let private rotation seed n =
    let rows = Array.init n (fun i -> randoms (seed + 31 * i) n)
    let dot a b = Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

    for _ in 1..2 do
        for i in 0 .. n - 1 do
            for j in 0 .. i - 1 do
                let along = dot rows[i] rows[j]
                rows[i] <- Array.map2 (fun x y -> x - along * y) rows[i] rows[j]

            let length = norm rows[i]
            rows[i] <- Array.map (fun x -> x / length) rows[i]

    Tensor.ofArray [| n; n |] (Array.concat rows)

/// The rule of reduce_on_plateau as a loop over losses.
let private reductions (options: PlateauOptions) (losses: float list) =
    let mutable scale, best, waited, cooling = 1.0, infinity, 0, 0
    let mutable window = []

    [ for loss in losses do
          window <- loss :: window

          if window.Length = options.Window then
              let mean = List.average window
              window <- []
              let better = mean < (1.0 - options.RelativeGain) * best - options.AbsoluteGain
              if better then best <- mean

              if cooling > 0 then
                  cooling <- cooling - 1
                  waited <- 0
              elif better then
                  waited <- 0
              else
                  waited <- waited + 1

                  if waited = options.Patience then
                      scale <- max options.Least (scale * options.Factor)
                      waited <- 0
                      cooling <- options.Cooldown

          scale ]

/// The factors that a plateau gives for losses, its memory passed through a file's bytes in between.
let private factors options losses =
    let transformation = ScaleBy.plateau options
    let one = Leaf(Tensor.scalar 1.0)

    List.mapFold
        (fun memory loss ->
            let arrays = Map [ for path, x in Tree.paths memory -> path, Tensor.value x ]
            let copy = Tree.mapPaths (fun path _ -> Tensor.scalar arrays[path]) memory
            let update, next = transformation.Update one copy (at loss one)
            Tensor.value (Tree.leaves update |> List.head), next)
        (transformation.Init one)
        losses
    |> fst

[<Tests>]
let tests =
    testList
        "Scaling"
        [ propertyFrom "clipped norms are small enough and what is small passes" 31UL (fun (seed: int, most: int) ->
              let g, most = tree seed, 0.2 * float (1 + abs most % 40)
              let whole = once (Clip.byGlobalNorm most) g
              let each = once (Clip.byNorm most) g
              let rms = once (Clip.byRms most) g
              let elements = once (Clip.byValue most) g
              let rounding = 1.0 + 1e-14
              let rmsOf x = norm x / sqrt (float (Array.length x))
              let leaves t = Tree.leaves t |> List.map Tensor.toArray

              norm (flat whole) <= most * rounding
              && parallels 1e-14 (flat g) (flat whole)
              && (norm (flat g) > most || whole = g)
              && List.forall2
                  (fun a b -> norm b <= most * rounding && parallels 1e-14 a b && (norm a > most || a = b))
                  (leaves g)
                  (leaves each)
              && List.forall2
                  (fun a b -> rmsOf b <= most * rounding && (rmsOf a > most || a = b))
                  (leaves g)
                  (leaves rms)
              && Array.forall2 (fun a b -> b = Math.Clamp(a, -most, most)) (flat g) (flat elements))

          propertyFrom "adaptive clips bound each unit by its parameters" 32UL (fun (seed: int) ->
              let g, p = drawn seed [| 4; 3 |], drawn (seed / 3 + 1) [| 4; 3 |]
              let clip = Clip.adaptive 0.2
              let found, _ = clip.Update (Leaf g) (clip.Init(Leaf p)) (at 0.0 (Leaf p))
              let columns (x: Tensor) = [ for j in 0..2 -> [| for i in 0..3 -> (Tensor.toArray x)[3 * i + j] |] ]
              let found = columns (Tree.leaves found |> List.head)

              List.zip3 (columns g) (columns p) found
              |> List.forall (fun (g, p, f) ->
                  let most = 0.2 * max 1e-3 (norm p)
                  norm f <= most * (1.0 + 1e-14) && parallels 1e-14 g f && (norm g > most || g = f)))

          testTheory
              "Muon keeps singular vectors and makes singular values one, nearly"
              [ 4, 4; 3, 6; 7, 2; 1, 5; 5, 1 ]
              (fun (rows, columns) ->
                  let left, right = rotation 5 rows, rotation 77 columns
                  let count = min rows columns
                  let values = Array.init count (fun i -> pown 0.13 i)

                  let diagonal =
                      Array.init (rows * columns) (fun k ->
                          if k / columns = k % columns then values[k / columns] else 0.0)

                  let matrix = Tensor.matmul left (Tensor.matmul (Tensor.ofArray [| rows; columns |] diagonal) right)

                  let back (x: Tensor) =
                      Tensor.matmulTransposed true false left (Tensor.matmulTransposed false true x right)

                  let found = Muon.orthogonal 5 matrix |> back |> Tensor.toArray

                  for k, x in Array.indexed found do
                      if k / columns = k % columns then
                          inRange 0.47 1.21 x
                      else
                          // Rounding, times the slope of five rounds at zero, 3.4445⁵ = 485.
                          close $"element {k}" 1e-12 0.0 x

                  // Momentum points along the gradient at first, and its length has no influence but by the 10⁻⁷ added
                  // to it.
                  let longer = sqrt (max 1.0 (float rows / float columns))

                  for factor in [ 1.0; 50.0 ] do
                      let step =
                          (once (Muon.scale 0.95) (Leaf(factor * matrix)) |> Tree.leaves |> List.head)
                          |> back
                          |> Tensor.toArray

                      for k in 0 .. found.Length - 1 do
                          close $"step {k}" 1e-3 (longer * found[k]) step[k])

          testCase "Muon refuses what is no matrix, and Adam gets it" (fun () ->
              contains
                  "[3] is no matrix"
                  (raises<TensorException>(fun () -> Muon.orthogonal 5 (drawn 1 [| 3 |]) |> ignore)).Message

              let g =
                  Branch
                      [ "w", Leaf(drawn 1 [| 3; 4 |]); "b", Leaf(drawn 2 [| 5 |]); "c", Leaf(drawn 3 [| 2; 2; 2 |]) ]

              let found, adam = once (Optimiser.muon 0.01 0.1) g, once (Optimiser.adam 0.01) g
              equal (Tree.find "b" adam) (Tree.find "b" found)
              equal (Tree.find "c" adam) (Tree.find "c" found)
              let muon = once (Transform.chain [ Muon.scale 0.95; ScaleBy.learningRate 0.1 ]) (Tree.find "w" g)
              equal muon (Tree.find "w" found))

          propertyFrom
              "the first step of Adam is the rate against each sign, whatever the size of the gradient"
              33UL
              (fun (seed: int, size: int) ->
                  let factor = Math.Pow(10.0, float (size % 4))
                  let g = Tree.map (fun (x: Tensor) -> factor * x) (tree seed)
                  let scaled = once (Optimiser.adamWith { AdamOptions.standard with Epsilon = 0.0 } 0.1) g
                  Array.forall2 (fun g u -> abs (u + 0.1 * float (sign g)) < 1e-14) (flat g) (flat scaled))

          testCase "steps of Lion and of signs have one size" (fun () ->
              let gradients = List.map tree [ 1..6 ]

              for step in updates (Optimiser.lion 0.0 0.02) gradients @ updates (Optimiser.signSgd 0.02) gradients do
                  for x in flat step do
                      close "size" 1e-17 0.02 (abs x)

              // Lion looks at the sign of 0.9 · mean + 0.1 · gradient, where the mean decays by 0.99.
              let mutable mean = Array.zeroCreate (flat gradients.Head).Length

              for g, step in List.zip gradients (updates (Optimiser.lion 0.0 0.02) gradients) do
                  let g = flat g
                  let expected = Array.map2 (fun m g -> -0.02 * float (sign (0.9 * m + 0.1 * g))) mean g
                  equal expected (flat step)
                  mean <- Array.map2 (fun m g -> 0.99 * m + 0.01 * g) mean g)

          testCase "weight decay of AdamW is no part of the moments" (fun () ->
              let parameters, g = tree 3, tree 4

              let step (optimiser: GradientTransformation) =
                  optimiser.Update g (optimiser.Init parameters) (at 0.0 parameters)

              let plain, memory = step (Optimiser.adam 0.1)
              let decayed, other = step (Optimiser.adamw 0.3 0.1)
              equal (Tree.find "adam" memory) (Tree.find "adam" other)

              for (p, a), b in Array.zip (Array.zip (flat parameters) (flat plain)) (flat decayed) do
                  close "decay" 1e-16 (a - 0.1 * 0.3 * p) b)

          testCase "momentum sums up gradients, and Nesterov's looks one step ahead" (fun () ->
              let gradients = List.map tree [ 1..5 ]
              let zeros = Array.zeroCreate (flat gradients.Head).Length

              let sums =
                  List.scan (fun sum g -> Array.map2 (fun s g -> 0.8 * s + g) sum (flat g)) zeros gradients
                  |> List.tail

              for nesterov in [ false; true ] do
                  for (g, sum), update in
                      List.zip (List.zip gradients sums) (updates (Optimiser.momentum 0.8 nesterov 0.1) gradients) do
                      let ahead = if nesterov then Array.map2 (fun s g -> g + 0.8 * s) sum (flat g) else sum

                      for e, a in Array.zip ahead (flat update) do
                          close "momentum" 1e-14 (-0.1 * e) a)

          testCase "squares of AMSGrad never fall, and Adagrad's only grow" (fun () ->
              let parameters = tree 1

              for transformation, name in
                  [ ScaleBy.amsgrad AdamOptions.standard, "largest"; ScaleBy.adagrad 0.1 1e-7, "sum" ] do
                  let mutable memory = transformation.Init parameters

                  for i in 1..12 do
                      let g = Tree.map (fun (x: Tensor) -> x / float (i * i)) (tree i)
                      let _, next = transformation.Update g memory (at 0.0 parameters)

                      Array.iter2
                          (fun a b -> isTrue (b >= a))
                          (flat (Tree.find name memory))
                          (flat (Tree.find name next))

                      memory <- next)

          testCase
              "under a constant gradient RMSProp steps by the rate and Adagrad by the rate over the root of the number"
              (fun () ->
                  let g = tree 5
                  let rms = updates (Optimiser.rmsprop 0.9 0.0 0.1) (List.replicate 200 g) |> List.last
                  // 0.9²⁰⁰ = 7e-10.
                  Array.iter2 (fun g u -> close "RMSProp" 1e-9 (-0.1 * float (sign g)) u) (flat g) (flat rms)

                  let sums =
                      updates
                          (Transform.chain [ ScaleBy.adagrad 0.0 0.0; ScaleBy.learningRate 0.1 ])
                          (List.replicate 49 g)
                      |> List.last

                  Array.iter2 (fun g u -> close "Adagrad" 1e-14 (-0.1 / 7.0 * float (sign g)) u) (flat g) (flat sums))

          testCase "a plateau reduces in the step that completes the patience" (fun () ->
              let options = { PlateauOptions.standard with Factor = 0.5; Patience = 3 }
              let expected = [ 1.0; 1.0; 1.0; 1.0; 0.5; 0.5; 0.5; 0.25; 0.25; 0.25 ]
              equal expected (factors options [ 5.0; 4.0; 4.0; 4.0; 4.0; 4.0; 9.0; 4.0; 4.0; 3.0 ])
              // A gain that is too small is none; two steps after a reduction do not count; there is a least factor.
              let options = { options with Patience = 2; RelativeGain = 0.1; Cooldown = 2; Least = 0.4 }
              let expected = [ 1.0; 1.0; 0.5; 0.5; 0.5; 0.5; 0.4; 0.4 ]
              equal expected (factors options [ 5.0; 4.6; 4.6; 4.6; 4.6; 4.6; 4.6; 4.6 ])
              let options = { PlateauOptions.standard with Patience = 1; Window = 2 }
              equal [ 1.0; 1.0; 1.0; 0.1; 0.1; 0.1 ] (factors options [ 2.0; 4.0; 1.0; 5.0; 0.0; 0.0 ]))

          propertyFrom
              "plateaus are those of a plain loop"
              34UL
              (fun (seed: int, patience: int, cooldown: int, window: int) ->
                  let options =
                      { Factor = 0.5
                        Patience = 1 + abs (patience % 4)
                        RelativeGain = 0.05
                        AbsoluteGain = 0.01
                        Cooldown = abs (cooldown % 3)
                        Least = 0.1
                        Window = 1 + abs (window % 3) }

                  let losses =
                      randoms (abs (seed % 1000000)) 60
                      |> Array.mapi (fun i x -> 2.0 + x - 0.01 * float i)
                      |> List.ofArray

                  factors options losses = reductions options losses)

          testCase "a loss that is no number is no gain" (fun () ->
              let options = { PlateauOptions.standard with Patience = 2 }
              equal [ 1.0; 1.0; 0.1; 0.1 ] (factors options [ 1.0; nan; nan; 0.5 ]))

          testCase "schedules begin, turn and end where they say" (fun () ->
              let cycle = Schedule.oneCycle 0.3 25.0 1e4 1.0 100
              close "start" 1e-15 0.04 (cycle 0)
              close "peak" 1e-15 1.0 (cycle 30)
              close "end" 1e-18 (1.0 / 25e4) (cycle 100)
              close "after" 1e-18 (1.0 / 25e4) (cycle 1000)

              for i in 0..29 do
                  isTrue (cycle i < cycle (i + 1))

              for i in 30..99 do
                  isTrue (cycle i > cycle (i + 1))

              let warm = Schedule.warmupCosine 0.1 1.0 0.2 10 50

              equal [ 0.1; 1.0; 0.2; 0.2 ] (List.map warm [ 0; 10; 50; 99 ] |> List.map (fun x -> Math.Round(x, 12)))

              equal [ 3.0; 3.0; 1.5; 1.5; 4.5 ] (List.map (Schedule.piecewise 3.0 [ 2, 0.5; 4, 3.0 ]) [ 0..4 ])

              equal [ 2.0; 2.0; 1.0; 0.5 ] (List.map (Schedule.exponential 2.0 0.5 1 |> Schedule.delay 1) [ 0..3 ])

              let between = Schedule.linear 0.0 1.0 10 |> Schedule.atLeast 0.25 |> Schedule.atMost 0.75
              equal [ 0.25; 0.25; 0.5; 0.75; 0.75 ] (List.map between [ 0; 2; 5; 8; 20 ]))

          testCase "numbers outside their domain are refused with the operation" (fun () ->
              let refusals: (string * (unit -> unit)) list =
                  let adam options () = Optimiser.adamWith options 0.1 |> ignore
                  let plateau options () = ScaleBy.plateau options |> ignore
                  let standard = PlateauOptions.standard

                  [ "ScaleBy.adam: expected a decay in [0, 1)", adam { AdamOptions.standard with MeanDecay = 1.0 }
                    "ScaleBy.adam: expected a decay in [0, 1)", adam { AdamOptions.standard with SquareDecay = nan }
                    "ScaleBy.adam: expected a finite number that is not negative",
                    adam { AdamOptions.standard with Epsilon = -1e-8 }
                    "ScaleBy.learningRate: expected a finite number", (fun () -> Optimiser.sgd nan |> ignore)
                    "ScaleBy.factor: expected a finite number", (fun () -> ScaleBy.factor infinity |> ignore)
                    "Transform.trace: expected a decay in [0, 1)",
                    (fun () -> Optimiser.momentum 1.0 true 0.1 |> ignore)
                    "Transform.ema: expected a decay in [0, 1)", (fun () -> Transform.ema -0.1 true |> ignore)
                    "Transform.decayWeights: expected a finite number",
                    (fun () -> Transform.decayWeights nan |> ignore)
                    "ScaleBy.rms: expected a decay in [0, 1)", (fun () -> Optimiser.rmsprop 2.0 1e-8 0.1 |> ignore)
                    "ScaleBy.lion: expected a decay in [0, 1)", (fun () -> ScaleBy.lion 0.9 1.0 |> ignore)
                    "ScaleBy.adagrad: expected a finite number that is not",
                    (fun () -> ScaleBy.adagrad -1.0 0.0 |> ignore)
                    "Muon.scale: expected a decay in [0, 1)", (fun () -> Muon.scale 1.5 |> ignore)
                    "Muon.orthogonal: expected at least 0",
                    (fun () -> Muon.orthogonal -1 (drawn 1 [| 2; 2 |]) |> ignore)
                    "Clip.byGlobalNorm: expected a number above zero", (fun () -> Clip.byGlobalNorm 0.0 |> ignore)
                    "Clip.byValue: expected a number above zero", (fun () -> Clip.byValue nan |> ignore)
                    "Optimiser.scheduleFree: expected a number between 0 and 1",
                    (fun () -> Optimiser.scheduleFree 1.0 Transform.identity |> ignore)
                    "ScaleBy.plateau: expected at least 1", plateau { standard with Window = 0 }
                    "ScaleBy.plateau: expected at least 1", plateau { standard with Patience = 0 }
                    "ScaleBy.plateau: expected at least 0", plateau { standard with Cooldown = -1 }
                    "ScaleBy.plateau: expected a number between 0 and 1", plateau { standard with Factor = 1.0 }
                    "ScaleBy.plateau: expected a decay in [0, 1)", plateau { standard with RelativeGain = 1.0 }
                    "Schedule.polynomial: expected at least 1", (fun () -> Schedule.linear 0.0 1.0 0 |> ignore)
                    "Schedule.exponential: expected at least 1", (fun () -> Schedule.exponential 0.0 1.0 0 |> ignore)
                    "Schedule.cosine: expected at least 1", (fun () -> Schedule.cosine 0.0 1.0 0 |> ignore)
                    "Schedule.join: the steps",
                    (fun () -> Schedule.join (fun _ -> 1.0) [ 5, id >> float; 5, id >> float ] |> ignore)
                    "Schedule: the steps do not increase", (fun () -> Schedule.linearPieces 1.0 [ 0, 2.0 ] |> ignore) ]

              for expected, action in refusals do
                  startsWith expected (argumentMessage action)) ]
