/// Laws that every optimiser keeps: precision, structure of its memory, and going on from a file.
module Noether.Tests.OptimiserLawTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Tests.Recorded
open Noether.Training

let private plateau = { PlateauOptions.standard with Factor = 0.5; Patience = 2; Cooldown = 1 }

/// Every optimiser and every transformation with a memory, on its own or in a chain.
let private optimisers: (string * GradientTransformation) list =
    [ "sgd", Optimiser.sgd 0.05
      "momentum", Optimiser.momentum 0.9 false 0.05
      "nesterov", Optimiser.momentum 0.9 true 0.05
      "adam", Optimiser.adam 0.05
      "nadam", Optimiser.nadam 0.05
      "adamw", Optimiser.adamw 0.01 0.05
      "amsgrad", Optimiser.amsgrad 0.05
      "adamax", Optimiser.adamax 0.05
      "radam", Optimiser.radam 0.05
      "adabelief", Optimiser.adabelief 0.05
      "yogi", Optimiser.yogi 0.05
      "rmsprop", Optimiser.rmsprop 0.9 1e-8 0.05
      "rmsprop, centred", Optimiser.rmspropCentred 0.8 1e-8 0.5 0.05
      "lion", Optimiser.lion 0.001 0.05
      "adagrad", Optimiser.adagrad 0.05
      "adadelta", Optimiser.adadelta 1.0
      "lamb", Optimiser.lamb 0.01 0.05
      "lars", Optimiser.lars 0.01 0.05
      "signs", Optimiser.signSgd 0.05
      "fromage", Optimiser.fromage 0.05
      "muon", Optimiser.muon 0.01 0.05
      "schedule-free", Optimiser.scheduleFree 0.9 (Optimiser.sgd 0.05)
      "L-BFGS", Lbfgs.optimiser 3 0.05
      "clips", Transform.chain [ Clip.byValue 0.5; Clip.byNorm 0.9; Clip.byGlobalNorm 1.0; Clip.byRms 0.3 ]
      "adaptive clip", Transform.chain [ Clip.adaptive 0.1; Optimiser.sgd 0.05 ]
      "means",
      Transform.chain [ Transform.every 2 (Transform.ema 0.9 true); Transform.centralize; ScaleBy.factor -0.05 ]
      "plateau", Transform.chain [ ScaleBy.plateau plateau; Optimiser.adam 0.05 ]
      "schedule", Optimiser.adam 1.0 |> Optimiser.scheduled (Schedule.warmupCosine 0.0 0.1 0.0 2 8)
      "mask",
      Transform.masked (fun path _ -> path <> "b") (Transform.chain [ Transform.decayWeights 0.1; Optimiser.adam 0.05 ]) ]

let private names = optimisers |> List.map fst

let private named name = optimisers |> List.find (fst >> (=) name) |> snd

/// A matrix, a vector, a tensor of three axes, a number, and a matrix without elements.
let private start precision : Tree<Tensor> =
    let drawn seed shape = Leaf(Tensor.normal precision shape (RandomKey.FromSeed seed))

    Branch
        [ "w", drawn 1UL [| 4; 3 |]
          "b", drawn 2UL [| 5 |]
          "deep", Branch [ "cube", drawn 3UL [| 2; 3; 2 |]; "number", drawn 4UL [||]; "none", drawn 5UL [| 0; 2 |] ] ]

/// Bowls with waves, whose minima are not all at zero.
let private loss (tree: Tree<Tensor>) () =
    Tree.leaves tree
    |> List.map (fun x -> Tensor.sum (Tensor.square x + Tensor.cos (2.0 * x + 0.3)))
    |> List.reduce (+)

let private steps (optimiser: GradientTransformation) count (state: OptimisationState) =
    Seq.fold (fun state _ -> fst (Optimisation.step optimiser loss state ())) state (seq { 1..count })

let private shapes tree = [ for path, x: Tensor in Tree.paths tree -> path, List.ofArray x.Shape, x.Precision ]

/// A random choice of the leaves of `start`.
let private chosen seed =
    let chosen = [ for path, _ in Tree.paths (start Float64) -> path ]
    let random = Random(seed: int)
    set (chosen |> List.filter (fun _ -> random.Next 2 = 0))

[<Tests>]
let tests =
    testList
        "OptimiserLaw"
        [ testTheory "parameters stay in their precision, and no number is lost" names (fun name ->
              for precision in [ Float64; Float32 ] do
                  let first = Optimisation.start (named name) (start precision)
                  let last = steps (named name) 4 first
                  equal (shapes first.Parameters) (shapes last.Parameters)
                  differ first.Parameters last.Parameters

                  for path, x in Tree.paths last.Parameters do
                      for value in Tensor.toArray x do
                          Expect.isTrue (Double.IsFinite value) $"{name}: {path} is {value}")

          testTheory "the structure of a memory never changes" names (fun name ->
              for precision in [ Float64; Float32 ] do
                  let first = Optimisation.start (named name) (start precision)

                  for count in 1..4 do
                      let later = steps (named name) count first
                      equal (shapes first.Memory) (shapes later.Memory))

          testTheory "zero gradients give finite updates" names (fun name ->
              let parameters = start Float64
              let point = { Parameters = parameters; Loss = 1.0 }
              let zeros = Tree.map Tensor.zerosLike parameters
              let optimiser = named name

              (optimiser.Init parameters, seq { 1..3 })
              ||> Seq.fold (fun memory _ ->
                  let updates, memory = optimiser.Update zeros memory point

                  for x in Tree.leaves updates do
                      Tensor.toArray x |> Seq.iter (Double.IsFinite >> isTrue)

                  memory)
              |> ignore)

          testTheory "training goes on from a file to the same bits" names (fun name ->
              let optimiser = named name
              let folder = Directory.CreateTempSubdirectory "noether"

              try
                  let tree (state: OptimisationState) =
                      Branch [ "parameters", state.Parameters; "memory", state.Memory ]

                  for precision in [ Float64; Float32 ] do
                      let first = Optimisation.start optimiser (start precision)
                      let half = steps optimiser 3 first
                      let path = Path.Combine(folder.FullName, "state.safetensors")
                      ParameterFile.write path Map.empty (tree half) |> Outcome.getOrFail
                      let again, _ = ParameterFile.readLike (tree first) path |> Outcome.getOrFail

                      let resumed =
                          { half with
                              Parameters = Tree.find "parameters" again
                              Memory = Tree.find "memory" again }

                      equal (steps optimiser 4 half).Parameters (steps optimiser 4 resumed).Parameters
              finally
                  folder.Delete true)

          testTheory "steps do not depend on how parameters are grouped" names (fun name ->
              // Nor on empty branches beside them; but masks and labels by path do, and norms of all are sums in
              // another order.
              if name <> "mask" then
                  let optimiser = named name
                  let own = start Float64
                  let grouped = Branch [ "all", Branch [ "here", own ]; "empty", Branch [] ]
                  let found = (steps optimiser 4 (Optimisation.start optimiser grouped)).Parameters
                  equal (steps optimiser 4 (Optimisation.start optimiser own)).Parameters (Tree.find "all/here" found))

          testCase "a chain of chains is the chain of all" (fun () ->
              let a, b, c = Clip.byGlobalNorm 1.0, ScaleBy.adam AdamOptions.standard, ScaleBy.learningRate 0.05
              let run optimiser = (steps optimiser 5 (Optimisation.start optimiser (start Float64))).Parameters
              equal (run (Transform.chain [ a; b; c ])) (run (Transform.chain [ Transform.chain [ a; b ]; c ]))
              equal (run (Transform.chain [ a; b; c ])) (run (Transform.chain [ a; Transform.chain [ b; c ] ]))
              let around = Transform.chain [ Transform.identity; a; b; Transform.identity; c ]
              equal (run (Transform.chain [ a; b; c ])) (run around))

          propertyFrom "a mask leaves the others alone" 21UL (fun (seed: int) ->
              let select = chosen seed

              let plain, masked =
                  Optimiser.adam 0.05,
                  Optimiser.adamwWith AdamOptions.standard (fun path _ -> select.Contains path) 0.3 0.05

              let decayed = Optimiser.adamw 0.3 0.05

              let stepsOf optimiser =
                  (steps optimiser 1 (Optimisation.start optimiser (start Float64))).Parameters |> Tree.paths

              let mixed = List.zip3 (stepsOf plain) (stepsOf decayed) (stepsOf masked)

              // After one step, for then the loss couples nothing yet.
              mixed
              |> List.forall (fun ((path, plain), (_, decayed), (_, found)) ->
                  found = (if select.Contains path then decayed else plain)))

          propertyFrom
              "a masked transformation passes the gradients of the others and remembers only its own"
              22UL
              (fun (seed: int) ->
                  let select = chosen seed
                  let inner = Optimiser.adam 0.05
                  let masked = Transform.masked (fun path _ -> select.Contains path) inner
                  let parameters = start Float64
                  let gradients = Tree.grad (fun p -> loss p ()) parameters
                  let point = { Parameters = parameters; Loss = 0.0 }
                  let updates, memory = masked.Update gradients (masked.Init parameters) point
                  let whole, _ = inner.Update gradients (inner.Init parameters) point

                  let expected =
                      Tree.map2
                          (fun (u, path) g -> if select.Contains path then u else g)
                          (Tree.mapPaths (fun path u -> u, path) whole)
                          gradients

                  let remembered = Tree.paths (Tree.find "adam/mean" memory) |> List.map fst |> set
                  expected = updates && remembered = select)

          testCase "a mask of none and a mask of all" (fun () ->
              let inner = Transform.chain [ Clip.byGlobalNorm 1.0; Optimiser.adam 0.05 ]
              let run optimiser = (steps optimiser 3 (Optimisation.start optimiser (start Float64))).Parameters
              equal (run inner) (run (Transform.masked (fun _ _ -> true) inner))
              equal (run (Transform.identity)) (run (Transform.masked (fun _ _ -> false) inner)))

          testCase "every parameter needs a label that is known" (fun () ->
              let optimiser = Transform.perLabel (fun path _ -> path) [ "w", Optimiser.sgd 0.1; "b", Transform.zero ]
              let message = argumentMessage (fun () -> optimiser.Init(start Float64) |> ignore)
              contains "\"deep/cube\" has the label 'deep/cube'; there are w, b" message
              let twice () = Transform.named [ "a", Transform.zero; "a", Transform.zero ] |> ignore
              contains "the name 'a' stands 2 times" (argumentMessage twice))

          testCase "the mean of gradients is stepped along once in so many steps" (fun () ->
              let inner = Optimiser.momentum 0.9 true 0.05
              let optimiser = Transform.every 3 inner
              let parameters = Leaf(Tensor.vector [ 1.0; -2.0 ])
              let point = { Parameters = parameters; Loss = 0.0 }
              let gradients = [ for i in 0..8 -> Leaf(Tensor.vector (randoms i 2)) ]

              let updates, _ =
                  List.mapFold (fun memory g -> optimiser.Update g memory point) (optimiser.Init parameters) gradients

              let means =
                  gradients
                  |> List.chunkBySize 3
                  |> List.map (List.reduce (Tree.map2 (fun (a: Tensor) b -> a + b)) >> Tree.map (fun x -> x / 3.0))

              let expected, _ =
                  List.mapFold (fun memory g -> inner.Update g memory point) (inner.Init parameters) means

              for i, update in List.indexed updates do
                  let expected = if i % 3 = 2 then Tree.leaves expected[i / 3] else [ Tensor.zeros [| 2 |] ]

                  for e, a in Array.zip (Tensor.toArray expected[0]) (Tensor.toArray (Tree.leaves update |> List.head)) do
                      close $"update {i}" 1e-15 e a

              contains "at least 1" (argumentMessage (fun () -> Transform.every 0 inner |> ignore)))

          testCase "the mean of parameters stays where they stay and approaches them by the step" (fun () ->
              let fixedPoint = start Float64
              let away = Tree.map (fun (x: Tensor) -> x + 1.0) fixedPoint

              for start, left in [ fixedPoint, 0.0; away, pown 0.75 5 ] do
                  let mean = Seq.fold (fun mean _ -> Average.toward 0.25 fixedPoint mean) start (seq { 1..5 })

                  for p, m in List.zip (Tree.leaves fixedPoint) (Tree.leaves mean) do
                      for x in Tensor.toArray (m - p) do
                          close "distance" 1e-14 left x

              equal away (Average.toward 1.0 away fixedPoint)
              equal fixedPoint (Average.toward 0.0 away fixedPoint)) ]
