module Noether.Tests.ActivatingTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private section name = reference "algebra.json" |> get name

// Values of functions of order one, rounded a few times.
let private tolerance = 1e-14

let private refused (part: string) (f: unit -> 'a) =
    contains part (raises<TensorException>(fun () -> f () |> ignore)).Message

/// Every activation by e3nn-jax's name for it.
let private named =
    [ "silu", Activation.Silu
      "tanh", Activation.Tanh
      "sigmoid", Activation.Sigmoid
      "gelu", Activation.Gelu
      "relu", Activation.Relu
      "soft_odd", Activation.SoftOdd
      "gelu_exact", Activation.GeluExact
      "softplus", Activation.Softplus
      "shifted_softplus", Activation.ShiftedSoftplus
      "elu", Activation.Elu
      "swish_1_702", Activation.Swish1702
      "abs", Activation.Abs
      "identity", Activation.Identity
      "sin", Activation.Sin
      "cos", Activation.Cos
      "exp", Activation.Exp
      "square", Activation.Square ]

[<Tests>]
let tests =
    testList
        "Activating"
        [ testCase "activations of tensors are those of the reference, all 17" (fun () ->
              let data = section "normalize_function"
              let points = data |> get "points" |> numbers |> Tensor.vector
              equal 17 named.Length

              for name, activation in named do
                  let entry = data |> get "functions" |> get name
                  let phi, psi = entry |> get "phi" |> numbers, entry |> get "psi" |> numbers
                  // exp reaches 20.
                  let tolerance = tolerance * (phi |> Array.map abs |> Array.max |> max 1.0)
                  closeAll name tolerance phi (Tensor.toArray (Nonlinear.value activation points))
                  closeAll name (2.0 * tolerance) psi (Tensor.toArray (Nonlinear.normalized activation points))
                  closeAll name tolerance phi (Tensor.toArray points |> Array.map (Activation.value activation))
                  let single = Nonlinear.normalized activation (Tensor.cast Float32 points)
                  closeAll name (2e-6 * float phi.Length) psi (Tensor.toArray single)
                  // A million roundings of 1e-16 average out; the mean of exp(2x) comes from the tail: see
                  // `ActivationsTests`.
                  let slack = if name = "exp" then 3e-13 else 1e-14
                  close name slack (entry |> get "c" |> number) (Activation.constantOf (Activation.value activation))
                  close name 2e-16 (entry |> get "c" |> number) (Activation.constant activation))

          testCase "derivatives of activations obey the laws" (fun () ->
              let x = Tensor.vector [ -1.7; -0.3; 0.4; 2.1 ]

              for name, activation in named do
                  Check.runWith
                      { Check.settings Float64 with Order = 2 }
                      (RandomKey.FromSeed 2UL)
                      (fun xs -> Nonlinear.normalized activation xs[0])
                      [| x |]
                  |> Check.orFail name
                  |> ignore)

          testCase "activated scalars are those of e3nn-jax" (fun () ->
              let entries = section "scalar_activation" |> items
              equal 5 entries.Length

              for entry in entries do
                  let x = features (get "input" entry)
                  let expected = get "output" entry
                  let apply normalized activations = IrrepsActivation.scalars normalized activations x

                  let same y = sameFeatures (entry |> get "acts" |> text) tolerance expected y
                  let all first second = [ Some first; Some second; None ]

                  match entry |> get "acts" |> text with
                  | "default (gelu, soft_odd)" -> same (apply true (IrrepsActivation.defaults x.Irreps))
                  | "silu, tanh, none" -> same (apply true (all Activation.Silu Activation.Tanh))
                  | "silu, cos, none (odd becomes even)" -> same (apply true (all Activation.Silu Activation.Cos))
                  | "default, normalize_act False" -> same (apply false (IrrepsActivation.defaults x.Irreps))
                  | "silu on odd scalars" ->
                      isTrue (isError expected)

                      refused "expected an odd or an even function" (fun () ->
                          apply true (all Activation.Silu Activation.Silu))
                  | other -> failwith $"an entry of the reference that is not known: {other}"

              let x = random 1UL "2x0e+1o" 2

              refused "expected None for what is no scalar" (fun () ->
                  IrrepsActivation.scalars true [ None; Some Activation.Tanh ] x)

              refused "expected one a chunk" (fun () -> IrrepsActivation.scalars true [ None ] x))

          testCase "activated norms are those of e3nn-jax" (fun () ->
              for entry in section "norm_activation" |> items do
                  let perComponent = entry |> get "normalization" |> text = "component"
                  equal "none, tanh, sigmoid" (get "acts" entry |> text)
                  let functions = [ None; Some Tensor.tanh; Some Tensor.sigmoid ]

                  IrrepsActivation.byNorms perComponent functions (features (get "input" entry))
                  |> sameFeatures $"per component {perComponent}" tolerance (get "output" entry)

              let entry = section "soft_normalization"

              IrrepsActivation.softNormalize (entry |> get "max_component" |> number) (features (get "input" entry))
              |> sameFeatures "soft normalisation" tolerance (get "output" entry))

          testCase "gates are those of e3nn-jax" (fun () ->
              let nequip =
                  { Even = Activation.Silu
                    Odd = Activation.Tanh
                    EvenGate = Activation.Silu
                    OddGate = Activation.Silu
                    Normalized = true }

              for entry in section "gate" |> items do
                  let x = features (get "input" entry)
                  let odd = x.Irreps.Chunks |> List.exists (fun chunk -> chunk.Irrep = Irrep.ofString "0o")

                  let same name settings =
                      IrrepsActivation.gate settings x |> sameFeatures name tolerance (get name entry)

                  same "default" IrrepsActivation.standardGate
                  same "not_normalized" { IrrepsActivation.standardGate with Normalized = false }
                  // Odd gates need an odd function; the reference was made with tanh for them.
                  same "nequip_silu_tanh_silu" (if odd then { nequip with OddGate = Activation.Tanh } else nequip)

                  if Irreps.count (IrrepsProducts.gate x.Irreps).Gates = 0 then
                      ()
                  elif not odd then
                      // The gate of the networks is this one with its three functions.
                      let plain = Gate.apply Activation.Silu Activation.Tanh Activation.Silu x

                      closeAll
                          "the networks' gate"
                          0.0
                          (Tensor.toArray (IrrepsTensor.toFlat plain))
                          (Tensor.toArray (IrrepsTensor.toFlat (IrrepsActivation.gate nequip x)))

              let odd = random 4UL "0o+0e+1o" 2

              refused "expected an odd function" (fun () ->
                  IrrepsActivation.gate { nequip with Odd = Activation.Silu } odd))

          testCase "batch normalisation is that of e3nn-jax" (fun () ->
              // The file's note says epsilon 1e-5; its numbers are those of the program's default, 1e-4.
              let entry = section "batch_norm"
              let x = features (get "input" entry)
              let layer = IrrepsNormalization.batch 1e-4 0.1 x.Irreps
              let vector place = place |> numbers |> Tensor.vector
              let parameter name = Leaf(entry |> get "params" |> get name |> vector)
              let parameters = Branch [ "weights", parameter "weights"; "biases", parameter "biases" ]
              let initial = IrrepsNormalization.initialStatistics Float64 x.Irreps
              let before = get "stats_before" entry
              equal (before |> get "mean" |> numbers) (Tensor.toArray initial.Mean)
              equal (before |> get "var" |> numbers) (Tensor.toArray initial.Variance)
              let output, after = layer.Apply parameters (true, initial, x)
              output |> sameFeatures "training" 1e-13 (get "training_output" entry)
              let known = get "stats_after" entry
              closeAll "mean" 1e-15 (known |> get "mean" |> numbers) (Tensor.toArray after.Mean)
              closeAll "variance" 1e-15 (known |> get "var" |> numbers) (Tensor.toArray after.Variance)
              let output, kept = layer.Apply parameters (false, after, x)
              output |> sameFeatures "evaluation" 1e-13 (get "evaluation_output_with_stats_after" entry)
              // The reference goes on changing them in evaluation as if it were training; here they stay.
              equal after kept
              let again = snd (layer.Apply parameters (true, after, x))
              let changed = get "stats_after_evaluation" entry
              contains "reduce mean" (get "options" entry |> text)
              closeAll "mean" 1e-15 (changed |> get "mean" |> numbers) (Tensor.toArray again.Mean)
              // Its variance is then about the mean that is kept, not that of the rows.
              let shift = 10.0 * (again.Mean - after.Mean)

              let about =
                  again.Variance + 0.1 * Tensor.pad 0 0 (again.Variance.Size - shift.Size) (Tensor.square shift)

              closeAll "variance" 1e-15 (changed |> get "var" |> numbers) (Tensor.toArray about)

              refused "expected at least one" (fun () ->
                  layer.Apply parameters (true, initial, random 1UL "2x0e+1o+0o" 0)))

          testCase "features divided by their root mean square have that 1" (fun () ->
              let x = random 5UL "8x0e+4x1o+2e" 6
              let layer = IrrepsNormalization.rootMeanSquare 1e-12 x.Irreps
              let y = layer.Apply (layer.Init Float64 (RandomKey.FromSeed 1UL)) x

              for irrep, values in IrrepsTensor.parts y do
                  let squares = Tensor.sumAxes [| 1; 2 |] (Tensor.square values) |> Tensor.toArray

                  for square in squares do
                      close $"{irrep}" 1e-10 1.0 (square / float (values.Shape[1] * values.Shape[2]))

              refused "the layer takes 8x0e+4x1o+1x2e" (fun () ->
                  layer.Apply (layer.Init Float64 (RandomKey.FromSeed 1UL)) (random 1UL "0e" 2)))

          testCase "nonlinear functions are equivariant and differentiable" (fun () ->
              let irreps = "5x0e+2x0o+1x1o+1x1e+2e"
              let gate (xs: IrrepsTensor list) = IrrepsActivation.gate IrrepsActivation.standardGate xs.Head

              let byNorms (xs: IrrepsTensor list) =
                  IrrepsActivation.byNorms
                      true
                      [ None; Some Tensor.tanh; Some Tensor.sigmoid; Some Tensor.tanh; None ]
                      xs.Head

              let scalars (xs: IrrepsTensor list) =
                  IrrepsActivation.scalars true (IrrepsActivation.defaults xs.Head.Irreps) xs.Head

              let soft (xs: IrrepsTensor list) = IrrepsActivation.softNormalize 1.5 xs.Head

              let normal (xs: IrrepsTensor list) =
                  let layer = IrrepsNormalization.rootMeanSquare 1e-3 xs.Head.Irreps
                  let precision = (IrrepsTensor.toFlat xs.Head).Precision
                  layer.Apply (layer.Init precision (RandomKey.FromSeed 1UL)) xs.Head

              let batch (xs: IrrepsTensor list) =
                  let layer = IrrepsNormalization.batch 1e-3 0.1 xs.Head.Irreps
                  let precision = (IrrepsTensor.toFlat xs.Head).Precision
                  let statistics = IrrepsNormalization.initialStatistics precision xs.Head.Irreps
                  layer.Apply (layer.Init precision (RandomKey.FromSeed 1UL)) (true, statistics, xs.Head) |> fst

              for i, (name, f) in
                  List.indexed
                      [ "gate", gate
                        "norms", byNorms
                        "scalars", scalars
                        "soft", soft
                        "root mean square", normal
                        "batch", batch ] do
                  equivariant name [ irreps ] f
                  differentiable name (uint64 (10 + i)) [ irreps ] f)

          testCase "derivatives of norms at a zero copy are finite" (fun () ->
              let irreps = Irreps.ofString "1o"

              let f (x: Tensor) =
                  IrrepsActivation.byNorms true [ Some Tensor.sigmoid ] (IrrepsTensor.ofFlat irreps x)
                  |> IrrepsTensor.toFlat

              // x·σ(|x|) has the derivative σ(0) at 0.
              let jacobian =
                  Diff.jacobian
                      (fun x -> f (Tensor.reshape [| 1; 3 |] x) |> Tensor.reshape [| 3 |])
                      (Tensor.zeros [| 3 |])

              closeAll "Jacobian" 1e-15 (Tensor.toArray (0.5 * Tensor.eye 3)) (Tensor.toArray jacobian)) ]
