/// The deterministic weights of the tutorial's network, in fill order.
module Noether.Tests.ReferenceWeights

open Expecto
open Noether.Equivariance
open Noether.Tests.Recorded

/// One weight tensor in C order.
type NamedWeights = { Name: string; Shape: int list; Values: float array }

/// Numbers √12·(s/2³² − ½) of the generator s ← (1664525 s + 1013904223) mod 2³², s₀ = 1: mean 0, variance 1.
let generator () =
    let mutable state = 1u

    fun () ->
        state <- 1664525u * state + 1013904223u
        sqrt 12.0 * (float state / 4294967296.0 - 0.5)

/// The generator's numbers in tensors of the given names and shapes, one after the other.
let fill (shapes: (string * int list) list) =
    let next = generator ()

    shapes
    |> List.map (fun (name, shape) ->
        { Name = name
          Shape = shape
          Values = Array.init (List.fold (*) 1 shape) (fun _ -> next ()) })

/// Name and shape of a linear layer's tensors, second irreps outer: one for each pair of equal irreps.
let linearShapes prefix (input: string) (output: string) =
    let chunks (text: string) = (Irreps.ofString text).Chunks |> List.indexed

    [ for j, y in chunks output do
          for i, x in chunks input do
              if x.Irrep = y.Irrep then $"{prefix}/w[{i},{j}] {x},{y}", [ x.Mul; y.Mul ] ]

/// Names and shapes of the tutorial's network, from its description alone: per layer linear_up, the radial network,
/// the skip connection with its species axis, linear_down; then the two readouts.
let tutorialShapes =
    let layer k input messages output =
        let name = $"NEQUIPLayerFlax_{k}"
        let weights = Irreps.count (Irreps.ofString messages)

        let dense =
            [ [ 8; 64 ]; [ 64; 64 ]; [ 64; weights ] ]
            |> List.mapi (fun i shape -> $"{name}/MultiLayerPerceptron_0/Dense_{i}/kernel", shape)

        let skip = linearShapes $"{name}/skip_tp" input output |> List.map (fun (name, shape) -> name, 1 :: shape)

        linearShapes $"{name}/linear_up" input input
        @ dense
        @ skip
        @ linearShapes $"{name}/linear_down" messages output

    let hidden = "32x0e+8x1o+8x2e"
    let gated = hidden + "+16x0e"

    layer 0 "1x0e" "1x0e+1x1o+1x2e" gated
    @ layer 1 hidden "48x0e+64x1o+64x2e" gated
    @ layer 2 hidden "48x0e" "32x0e"
    @ linearShapes "Linear_0" "32x0e" "16x0e"
    @ linearShapes "Linear_1" "16x0e" "1x0e"

/// The weights of the tutorial's network, 34 tensors with 38849 numbers.
let tutorial = lazy (fill tutorialShapes)

/// Names, shapes, first and last values as tutorial.json has them.
let recorded =
    lazy
        (reference "tutorial.json"
         |> get "parameters_in_fill_order"
         |> items
         |> List.map (fun entry ->
             { Name = entry |> get "name" |> text
               Shape = entry |> get "shape" |> integers
               Values = Array.append (entry |> get "first" |> numbers) [| entry |> get "last" |> number |] }))

[<Tests>]
let tests =
    testList
        "ReferenceWeights"
        [ testCase "the generated weights are those of the reference, tensor by tensor" (fun () ->
              equal 34 tutorial.Value.Length
              equal 38849 (tutorial.Value |> List.sumBy _.Values.Length)

              for generated, recorded in List.zip tutorial.Value recorded.Value do
                  equal recorded.Name generated.Name
                  equal recorded.Shape generated.Shape
                  let shown = recorded.Values.Length - 1
                  // The same formula in the same precision: equal to the last bit.
                  equal recorded.Values[.. shown - 1] generated.Values[.. shown - 1]
                  equal recorded.Values[shown] (Array.last generated.Values)) ]
