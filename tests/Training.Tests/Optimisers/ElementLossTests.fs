/// Losses element by element against the recorded numbers of optax, and their laws.
module Noether.Tests.ElementLossTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.Recorded
open Noether.Training

let private recorded = lazy (reference "optax.json")

[<Tests>]
let tests =
    testList
        "ElementLoss"
        [ testCase "losses are those of optax" (fun () ->
              let recorded = recorded.Value |> get "losses"
              let vector name = recorded |> get name |> numbers |> Tensor.vector
              let predictions, targets = vector "predictions", vector "targets"

              let compare (name: string) (actual: Tensor) =
                  for i, (e, a) in Array.indexed (Array.zip (recorded |> get name |> numbers) (Tensor.toArray actual)) do
                      close $"{name}[{i}]" 1e-14 e a

              compare "squared_error" (ElementwiseLoss.squaredError predictions targets)
              compare "l2_loss" (ElementwiseLoss.halfSquare predictions targets)
              compare "huber_delta_1" (ElementwiseLoss.huber 1.0 predictions targets)
              compare "huber_delta_0_3" (ElementwiseLoss.huber 0.3 predictions targets)
              compare "log_cosh" (ElementwiseLoss.logCosh predictions targets)

              compare
                  "sigmoid_binary_cross_entropy_labels_sigmoid_targets"
                  (ElementwiseLoss.binaryCrossEntropy predictions (Tensor.sigmoid targets))

              let cosine = ElementwiseLoss.cosineSimilarity 0.0 predictions targets
              close "cosine" 1e-14 (recorded |> get "cosine_similarity" |> number) (Tensor.value cosine)

              let logits =
                  recorded |> get "logits" |> items |> List.map numbers |> Seq.map Seq.ofArray |> Tensor.matrix

              let labels = recorded |> get "integer_labels" |> integers

              let classes =
                  Tensor.matrix [ for label in labels -> seq { for i in 0..3 -> if i = label then 1.0 else 0.0 } ]

              compare "softmax_cross_entropy" (ElementwiseLoss.crossEntropy logits classes))

          testCase "losses neither overflow nor lose their derivatives" (fun () ->
              let far = Tensor.vector [ -1000.0; 0.0; 1000.0 ]
              let zero = Tensor.zeros [| 3 |]
              let gradient f = Tensor.toArray (Diff.grad (fun x -> Tensor.sum (f x)) far)

              let value, slope =
                  ElementwiseLoss.logCosh far zero |> Tensor.toArray,
                  gradient (fun x -> ElementwiseLoss.logCosh x zero)

              equal [| 1000.0 - log 2.0; 0.0; 1000.0 - log 2.0 |] value
              equal [| -1.0; 0.0; 1.0 |] slope
              equal [| -2.0; 0.0; 2.0 |] (gradient (fun x -> ElementwiseLoss.huber 2.0 x zero))
              let logits = Tensor.matrix [ [ 1000.0; 0.0 ] ]

              close
                  "cross entropy"
                  1e-12
                  1000.0
                  (Tensor.value (ElementwiseLoss.crossEntropy logits (Tensor.matrix [ [ 0.0; 1.0 ] ]))))

          testCase "Huber's loss is the square inside, its tangent outside, and refuses what is no distance" (fun () ->
              let at delta x = ElementwiseLoss.huber delta (Tensor.scalar x) (Tensor.scalar 0.0)

              check 3UL (fun (d: int, x: int) ->
                  let delta, x = 0.1 * float (1 + abs d % 20), 0.1 * float (x % 50)
                  let expected = if abs x <= delta then 0.5 * x * x else delta * (abs x - 0.5 * delta)
                  abs (Tensor.value (at delta x) - expected) <= 1e-14 * (1.0 + expected))

              // The second derivative is 1 inside, also where the difference is 0.
              let second x =
                  Diff.hessian (fun x -> ElementwiseLoss.huber 1.0 x (Tensor.scalar 0.0)) (Tensor.scalar x)
                  |> Tensor.value

              equal [ 1.0; 1.0; 0.0 ] (List.map second [ 0.0; 0.5; -1.5 ])

              for delta in [ 0.0; -1.0; nan; infinity ] do
                  contains "positive" (argumentMessage (fun () -> at delta 1.0 |> ignore)))

          testCase "losses keep the precision of what they compare" (fun () ->
              let x, y =
                  Tensor.ofArray32 [| 1; 3 |] [| 1.0f; -2.0f; 0.5f |],
                  Tensor.ofArray32 [| 1; 3 |] [| 0.0f; 1.0f; 0.0f |]

              for name, loss in
                  [ "squared", ElementwiseLoss.squaredError
                    "half", ElementwiseLoss.halfSquare
                    "absolute", ElementwiseLoss.absoluteError
                    "Huber", ElementwiseLoss.huber 0.7
                    "log cosh", ElementwiseLoss.logCosh
                    "cosine", ElementwiseLoss.cosineSimilarity 1e-3
                    "binary", ElementwiseLoss.binaryCrossEntropy
                    "classes", ElementwiseLoss.crossEntropy ] do
                  let single, double = loss x y, loss (Tensor.cast Float64 x) (Tensor.cast Float64 y)
                  equal (name, Float32) (name, single.Precision)

                  for a, b in Array.zip (Tensor.toArray single) (Tensor.toArray double) do
                      close name 2e-6 b a) ]
