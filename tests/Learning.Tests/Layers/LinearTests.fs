module Noether.Tests.LinearTests

open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Learning
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private section name = reference "algebra.json" |> get name

// Sums of at most a dozen products of numbers of order one.
let private tolerance = 1e-14

let private weightsOf (entry: Entry) =
    [ for weight in entry |> get "weights" |> items ->
          let shape = weight |> get "shape" |> integers |> Array.ofList
          weight |> get "name" |> text, Tensor.ofArray shape (weight |> get "values" |> numbers) ]

let private branch weights = Branch [ for name, values in weights -> name, Leaf values ]

let private option name (entry: Entry) =
    match (get "options" entry).TryGetProperty(name: string) with
    | true, value when value.ValueKind = JsonValueKind.String -> text value
    | true, value -> string (value.GetBoolean())
    | _ -> ""

/// Input and output as e3nn's layer arranges them: the input regrouped, the output simplified, and without what cannot
/// be reached unless that is asked for.
let private arranged entry (x: IrrepsTensor) =
    let output = entry |> get "irreps_out" |> text |> Irreps.ofString

    if option "simplify_irreps_internally" entry = "False" then
        x, output
    else
        let x = IrrepsAlgebra.regroup x
        let output = Irreps.simplify output
        x, (if option "force_irreps_out" entry = "True" then output else Irreps.keep x.Irreps output)

/// What a weight of another normalisation is multiplied by to be one of ours, 1/√(copies that feed the output).
let private factor entry (input: Irreps) (output: Irreps) (name: string) =
    let place = name.Substring(2, name.IndexOf ']' - 2).Split ','
    let i, o = int place[0], int place[1]
    let feeding = input.Chunks |> List.filter (fun chunk -> chunk.Irrep = output.Chunks[o].Irrep)
    let copies = float (feeding |> List.sumBy _.Mul)

    if option "gradient_normalization" entry = "element" then
        sqrt copies
    elif option "path_normalization" entry = "path" then
        // Each path is of unit size by itself, and the sum of the paths then.
        sqrt (copies / float (feeding.Length * input.Chunks[i].Mul))
    else
        1.0

[<Tests>]
let tests =
    testList
        "Linear"
        [ testCase "linear layers are those of e3nn-jax" (fun () ->
              for entry in section "linear" |> items do
                  let x, output = arranged entry (features (get "input" entry))
                  let linear = Linear.create None x.Irreps output
                  let weights, biases = weightsOf entry |> List.partition (fun (name, _) -> name.StartsWith 'w')
                  equal (option "biases" entry = "True") (not biases.IsEmpty)
                  let weights = [ for name, w in weights -> name, factor entry x.Irreps output name * w ]
                  let y = linear.Apply (branch weights) (x, Array.zeroCreate (IrrepsAlgebra.rows x))

                  let y =
                      match biases with
                      | [] -> y
                      | (_, bias) :: _ ->
                          // The scalars come first here.
                          let shift = Tensor.pad 0 0 (output.Dim - bias.Size) bias
                          IrrepsTensor.ofFlat output (IrrepsTensor.toFlat y + Tensor.unsqueeze 0 shift)

                  y |> sameFeatures (entry |> get "irreps_in" |> text) tolerance (get "output" entry))

          testCase "linear layers with weights for each species are those of e3nn-jax" (fun () ->
              for entry in section "linear_indexed" |> items do
                  let x, output = arranged entry (features (get "input" entry))
                  let species = entry |> get "num_indexed_weights" |> integer
                  let index = entry |> get "index" |> integers |> Array.ofList
                  let linear = Linear.create (Some species) x.Irreps output

                  linear.Apply (branch (weightsOf entry)) (x, index)
                  |> sameFeatures (entry |> get "irreps_in" |> text) tolerance (get "output" entry))

          testCase "a linear layer mixed by scalars is the fully connected product with them" (fun () ->
              let entry = section "linear_mixed_by_scalars"
              let x = features (get "input" entry)
              let scalars = entry |> get "scalars" |> items |> List.map numbers
              let count = scalars.Head.Length

              let mixing =
                  IrrepsTensor.ofFlat
                      (Irreps.create [ count, Irrep.scalar ])
                      (Tensor.matrix (Seq.map Seq.ofArray scalars))

              let output = entry |> get "output" |> get "irreps" |> text |> Irreps.ofString
              let layer = TensorProduct.fullyConnected x.Irreps mixing.Irreps output

              // The reference's weights have the scalar first, those of the product the copy: [k, in, out] to [in·k,
              // out]. Names tell multiplicities, which are those of the product here.
              let rearranged =
                  [ for (_, w: Tensor), chunk, out in List.zip3 (weightsOf entry) x.Irreps.Chunks output.Chunks do
                        let place = x.Irreps.Chunks |> List.findIndex (fun other -> other = chunk)
                        let copies = chunk.Mul * count

                        $"w[{place},{place}] {copies}x{chunk.Irrep},{out.AsText}",
                        Tensor.permute [| 1; 0; 2 |] w |> Tensor.reshape [| copies; out.Mul |] ]

              layer.Apply (branch rearranged) (x, mixing) |> sameFeatures "mixed" tolerance (get "output" entry))

          testCase "the functional form of a linear layer is that of e3nn-jax, and so is its matrix" (fun () ->
              let entry = section "functional_linear"
              let irreps name = entry |> get name |> text |> Irreps.ofString
              let input, output = irreps "irreps_in", irreps "irreps_out"
              let flat = entry |> get "weights" |> numbers |> Tensor.vector
              equal (entry |> get "num_weights" |> integer) flat.Size

              let weights =
                  (0, entry |> get "instructions" |> items)
                  ||> List.mapFold (fun start path ->
                      let i, o = get "i_in" path |> integer, get "i_out" path |> integer
                      let shape = get "shape" path |> integers |> Array.ofList
                      let from, into = List.item i input.Chunks, List.item o output.Chunks

                      let feeding =
                          input.Chunks |> List.filter (fun chunk -> chunk.Irrep = into.Irrep) |> List.sumBy _.Mul
                      // Fresh weights are standard normal, and paths weigh 1/√(copies that feed the output), as here.
                      equal 1.0 (get "weight_std" path |> number)
                      close "path" 1e-15 (get "path_weight" path |> number) (1.0 / sqrt (float feeding))
                      let stop = start + shape[0] * shape[1]
                      let values = Tensor.slice 0 start stop flat |> Tensor.reshape shape
                      ($"w[{i},{o}] {from.AsText},{into.AsText}", values), stop)
                  |> fst

              let apply (x: IrrepsTensor) =
                  (Linear.create None input output).Apply (branch weights) (x, Array.zeroCreate (IrrepsAlgebra.rows x))

              apply (features (get "input" entry)) |> sameFeatures "linear" tolerance (get "output" entry)
              let matrix = apply (IrrepsTensor.ofFlat input (Tensor.eye input.Dim)) |> IrrepsTensor.toFlat
              closeAll "matrix" tolerance (entry |> get "matrix" |> deep) (Tensor.toArray matrix))

          testCase "perceptrons with biases are biased linear layers of scalars" (fun () ->
              let biased =
                  section "multi_layer_perceptron" |> items |> List.filter (fun e -> option "with_bias" e = "True")

              for entry in biased do
                  equal ("silu", "False") (entry |> get "act" |> text, option "output_activation" entry)
                  let rows = entry |> get "input" |> items |> List.map numbers
                  let widths = rows.Head.Length :: (entry |> get "list_neurons" |> integers)
                  let scalars count = Irreps.create [ count, Irrep.scalar ]

                  let layer (x: Tensor) (k, (inputs, outputs)) =
                      let own name = entry |> get "weights" |> get $"Dense_{k}" |> get name |> deep |> Array.ofList
                      let a, b = scalars inputs, scalars outputs
                      let x = if k = 0 then x else Nonlinear.normalized Activation.Silu x

                      let parameters =
                          branch
                              [ $"w[0,0] {a.AsText},{b.AsText}", Tensor.ofArray [| inputs; outputs |] (own "kernel")
                                // There the bias is divided as the weights are.
                                $"b[0] {b.AsText}", Tensor.vector (own "bias") / sqrt (float inputs) ]

                      (Linear.createBiased None a b).Apply
                          parameters
                          (IrrepsTensor.ofFlat a x, Array.zeroCreate x.Shape[0])
                      |> IrrepsTensor.toFlat

                  let start = Tensor.matrix (Seq.map Seq.ofArray rows)
                  let y = List.fold layer start (List.indexed (List.pairwise widths))
                  closeAll "perceptron" tolerance (entry |> get "output" |> deep) (Tensor.toArray y)

              equal 1 biased.Length)

          testCase "multilayer perceptrons are those of e3nn-jax" (fun () ->
              for entry in section "multi_layer_perceptron" |> items do
                  if option "with_bias" entry <> "True" then
                      let activation = if entry |> get "act" |> text = "silu" then Activation.Silu else Activation.Tanh
                      let rows = entry |> get "input" |> items |> List.map numbers
                      let widths = rows.Head.Length :: (entry |> get "list_neurons" |> integers)
                      let element = option "gradient_normalization" entry = "element"

                      let weights =
                          [ for i, (inputs, outputs) in List.indexed (List.pairwise widths) do
                                let kernel =
                                    entry |> get "weights" |> get $"Dense_{i}" |> get "kernel" |> deep |> Array.ofList
                                // Weights of that normalisation carry the factor of ours themselves.
                                let scale = if element then sqrt (float inputs) else 1.0
                                $"Dense_{i}", scale * Tensor.ofArray [| inputs; outputs |] kernel ]

                      let y =
                          (Mlp.create activation widths).Apply
                              (branch weights)
                              (Tensor.matrix (Seq.map Seq.ofArray rows))

                      let last = option "output_activation" entry <> "False"
                      let y = if last then Nonlinear.normalized activation y else y

                      closeAll
                          "perceptron"
                          tolerance
                          (entry |> get "output" |> deep |> Array.ofList)
                          (Tensor.toArray y))

          testCase "linear layers are equivariant" (fun () ->
              let input, output = Irreps.ofString "4x0e+2x1o+0o+2e", Irreps.ofString "2x0e+3x1o+2e"
              let linear = Linear.create None input output
              let weights = linear.Init Float64 (Noether.Kernels.RandomKey.FromSeed 1UL)

              equivariant "linear" [ input.AsText ] (fun xs ->
                  let precision = (IrrepsTensor.toFlat xs.Head).Precision

                  linear.Apply
                      (Tree.map (Tensor.cast precision) weights)
                      (xs.Head, Array.zeroCreate (IrrepsAlgebra.rows xs.Head))))

          testCase "products of features with harmonics are those of any features, and equivariant" (fun () ->
              let wanted (irrep: Irrep) = irrep.L <= 3
              let degrees = [ 0; 1; 2; 3 ]
              let irreps = Irreps.sphericalHarmonics 3 Parity.Odd

              let harmonics (vectors: IrrepsTensor) =
                  HarmonicFeatures.create
                      HarmonicsNormalization.Component
                      true
                      Parity.Odd
                      irreps
                      (IrrepsTensor.toFlat vectors)

              let product (xs: IrrepsTensor list) =
                  let y = IrrepsTensor.toFlat (harmonics xs.Tail.Head)
                  TensorProduct.withHarmonics wanted degrees y xs.Head

              equivariant "with harmonics" [ "2x0e+2x1o+2e"; "1o" ] product
              let x, v = random 1UL "2x0e+2x1o+2e" 4, random 2UL "1o" 4
              let full = FeatureProducts.full ProductNormalization.Component wanted x (harmonics v)
              let ours = product [ x; v ]
              equal full.Irreps ours.Irreps

              closeAll
                  "product"
                  1e-14
                  (Tensor.toArray (IrrepsTensor.toFlat full))
                  (Tensor.toArray (IrrepsTensor.toFlat ours))) ]
