module Noether.Tests.FeatureAlgebraTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Learning
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

// Sums of at most a few hundred products of numbers of order one, in another order than the reference's.
let private tolerance = 1e-13

let private data = lazy (reference "algebra.json")

let private section name = data.Value |> get name

let private refused (part: string) (f: unit -> 'a) =
    contains part (raises<TensorException>(fun () -> f () |> ignore)).Message

let private normalizations =
    [ "component", ProductNormalization.Component
      "norm", ProductNormalization.Norm
      "none", ProductNormalization.None ]

let private filterOf (entry: Entry) =
    match entry.TryGetProperty "filter_ir_out" with
    | true, value when value.ValueKind = JsonValueKind.String ->
        let kept = Irreps.ofString (text value)
        fun irrep -> Irreps.contains irrep kept
    | _ -> fun _ -> true

let private has (name: string) (entry: Entry) = fst (entry.TryGetProperty name)

[<Tests>]
let tests =
    testList
        "FeatureAlgebra"
        [ testCase "tensor products are those of e3nn-jax" (fun () ->
              for entry in section "tensor_product" |> items do
                  let a, b = features (get "input1" entry), features (get "input2" entry)

                  // The reference also broadcasts leading axes, (m, 1) with (1, n): here every row meets every row.
                  let a, b =
                      if has "note" entry then
                          let m, n = IrrepsAlgebra.rows a, IrrepsAlgebra.rows b

                          IrrepsTensor.gather (Array.init (m * n) (fun i -> i / n)) a,
                          IrrepsTensor.gather (Array.init (m * n) (fun i -> i % n)) b
                      else
                          a, b

                  let wanted = filterOf entry

                  for name, normalization in normalizations do
                      if has name entry then
                          FeatureProducts.full normalization wanted a b
                          |> sameFeatures $"full, {name}" tolerance (get name entry)

                  if has "component_not_regrouped" entry then
                      FeatureProducts.fullUngrouped ProductNormalization.Component wanted a b
                      |> sameFeatures "ungrouped" tolerance (get "component_not_regrouped" entry))

          testCase "elementwise products are those of e3nn-jax" (fun () ->
              for entry in section "elementwise_tensor_product" |> items do
                  let a, b = features (get "input1" entry), features (get "input2" entry)

                  for name, normalization in normalizations do
                      FeatureProducts.elementwise normalization (filterOf entry) a b
                      |> sameFeatures $"elementwise, {name}" tolerance (get name entry))

          testCase "squares are those of e3nn-jax" (fun () ->
              for entry in section "tensor_square" |> items do
                  let x = features (get "input" entry)

                  for name, normalization in normalizations do
                      for suffix, normalized in [ "", false; "_normalized_input", true ] do
                          FeatureProducts.square normalization normalized (filterOf entry) x
                          |> sameFeatures $"square, {name}{suffix}" tolerance (get (name + suffix) entry)

                  FeatureProducts.squareUngrouped ProductNormalization.Component false (filterOf entry) x
                  |> sameFeatures "square, ungrouped" tolerance (get "component_not_regrouped" entry))

          testCase "the examples of e3nn-jax's documentation" (fun () ->
              let arange (irreps: string) =
                  let irreps = Irreps.ofString irreps
                  IrrepsTensor.ofFlat irreps (Tensor.ofArray [| 1; irreps.Dim |] (Array.init irreps.Dim float))

              let printed = Array.map (fun (x: float) -> Math.Round(x, 2)) // two decimals are printed there

              let product =
                  FeatureProducts.full
                      ProductNormalization.Component
                      (fun _ -> true)
                      (arange "2x0e+1o")
                      (arange "0o+2o")

              closeAll
                  "product"
                  6e-3
                  [| 0.0
                     0.0
                     0.0
                     0.0
                     0.0
                     -1.9
                     16.65
                     14.83
                     7.35
                     -12.57
                     0.0
                     -0.66
                     4.08
                     0.0
                     0.0
                     0.0
                     0.0
                     0.0
                     1.0
                     2.0
                     3.0
                     4.0
                     5.0
                     9.9
                     10.97
                     9.27
                     -1.97
                     12.34
                     15.59
                     12.73 |]
                  (Tensor.toArray (IrrepsTensor.toFlat product))

              let x = IrrepsTensor.ofFlat (Irreps.ofString "0e+1o") (Tensor.matrix [ [ 10.0; 1.0; 2.0; 3.0 ] ])

              let square normalized =
                  FeatureProducts.square ProductNormalization.Component normalized (fun _ -> true) x

              let values (x: IrrepsTensor) = printed (Tensor.toArray (IrrepsTensor.toFlat x))

              closeAll
                  "square"
                  6e-3
                  [| 57.74; 3.61; 10.0; 20.0; 30.0; 3.0; 2.0; -0.58; 6.0; 4.0 |]
                  (values (square false))

              closeAll
                  "square of normalised input"
                  6e-3
                  [| 100.0; 14.0; 17.32; 34.64; 51.96; 11.62; 7.75; -2.24; 23.24; 15.49 |]
                  (values (square true))

              closeAll
                  "norms"
                  6e-7 // single precision, printed to seven decimals
                  [| 0.0; 1.0; 5.3851647; 15.9687195 |]
                  (Tensor.toArray (IrrepsTensor.toFlat (IrrepsAlgebra.norms (arange "2x0e+1e+2e")))))

          testCase "norms, dots and crosses are those of e3nn-jax" (fun () ->
              let norm = section "norm"
              let x = features (get "input" norm)
              IrrepsAlgebra.norms x |> sameFeatures "norms" tolerance (get "per_irrep" norm)
              IrrepsAlgebra.squaredNorms x |> sameFeatures "squared" tolerance (get "squared" norm)

              closeAll
                  "whole"
                  tolerance
                  (norm |> get "whole" |> get "array" |> deep |> Array.ofList)
                  (Tensor.toArray (IrrepsAlgebra.norm x))

              let sumOfNorms flat =
                  IrrepsTensor.ofFlat x.Irreps flat |> IrrepsAlgebra.norms |> IrrepsTensor.toFlat |> Tensor.sum

              let gradient = Diff.grad sumOfNorms (IrrepsTensor.toFlat x)
              let expected = norm |> get "gradient_of_sum_of_per_irrep_norms" |> deep |> Array.ofList
              closeAll "gradient" tolerance expected (Tensor.toArray gradient)

              let dot = section "dot"
              let a, b = features (get "a" dot), features (get "b" dot)
              IrrepsAlgebra.dots a b |> sameFeatures "dots" tolerance (get "per_irrep" dot)

              closeAll
                  "dot"
                  tolerance
                  (dot |> get "dot" |> get "array" |> deep |> Array.ofList)
                  (Tensor.toArray (IrrepsAlgebra.dot a b))

              let cross = section "cross"

              IrrepsAlgebra.cross (features (get "a" cross)) (features (get "b" cross))
              |> sameFeatures "cross" tolerance (get "cross" cross))

          testCase "sums, means and orders of chunks are those of e3nn-jax" (fun () ->
              let sums = section "sum_mean"
              let x = features (get "input" sums)
              IrrepsAlgebra.sumRows x |> sameFeatures "rows" tolerance (get "sum_axis0" sums)
              IrrepsAlgebra.meanRows x |> sameFeatures "mean of rows" tolerance (get "mean_axis0" sums)
              IrrepsAlgebra.sumCopies x |> sameFeatures "copies" tolerance (get "sum_axis_last" sums)
              IrrepsAlgebra.meanCopies x |> sameFeatures "mean of copies" tolerance (get "mean_axis_last" sums)

              let order = section "reorder"
              let x = features (get "input" order)
              let same name (y: IrrepsTensor) = sameFeatures name 0.0 (get name order) y
              same "sort" (IrrepsAlgebra.sort x)
              same "regroup" (IrrepsAlgebra.regroup x)
              same "simplify" (IrrepsAlgebra.simplify x)
              same "filter_drop_scalars" (IrrepsAlgebra.drop (Irreps.ofString "0e+0o") x)
              same "slice_by_mul_1_4" (IrrepsAlgebra.sliceByMul 1 4 x)
              same "concatenate_with_itself" (IrrepsAlgebra.concat [ x; x ])
              let scaled = get "times_scalars" order
              let scalars = scaled |> get "scalars" |> numbers
              let product = IrrepsTensor.scale (Tensor.ofArray [| 1; scalars.Length |] scalars) x
              product |> sameFeatures "times scalars" tolerance (get "result" scaled))

          testCase "copies become rows and back as axes do in e3nn-jax" (fun () ->
              let axes = section "axes"
              let x = features (get "input" axes)
              let factor = integer (get "factor" axes)
              let rows = IrrepsAlgebra.mulToRows factor x
              rows |> sameFeatures "mul_to_axis" 0.0 (get "mul_to_axis" axes)
              IrrepsAlgebra.rowsToMul factor rows |> sameFeatures "back" 0.0 (get "mul_to_axis_then_axis_to_mul" axes)
              IrrepsAlgebra.rowsToIrreps 2 x |> sameFeatures "axis_to_irreps" 0.0 (get "axis_to_irreps" axes))

          testCase "sums over segments are those of e3nn-jax" (fun () ->
              let scatter = section "scatter"
              let x = features (get "data" scatter)
              let target = scatter |> get "dst" |> integers |> Array.ofList
              let sum = IrrepsTensor.segmentSum target 6 x
              sum |> sameFeatures "sum" tolerance (get "sum_dst_output_size_6" scatter)
              IrrepsTensor.gather target sum |> sameFeatures "map back" tolerance (get "sum_dst_map_back" scatter)

              let lengths = scatter |> get "nel" |> integers
              let segments = lengths |> List.indexed |> List.collect (fun (i, n) -> List.replicate n i) |> Array.ofList

              let same name y = sameFeatures name tolerance (get name scatter) y
              IrrepsTensor.segmentSum segments lengths.Length x |> same "sum_nel"
              same "index_add_out_dim_6" sum
              IrrepsTensor.segmentSum segments lengths.Length x |> same "index_add_n_elements"
              IrrepsAlgebra.segmentMean target 6 x |> same "mean_dst_output_size_6"
              IrrepsAlgebra.segmentMean segments lengths.Length x |> same "mean_nel"
              let scalars = features (get "scalars_for_max" scatter)

              IrrepsAlgebra.segmentMax Double.NegativeInfinity target 6 scalars
              |> same "max_scalars_dst_output_size_6_initial_minus_inf"

              IrrepsAlgebra.segmentMax -5.0 segments lengths.Length scalars |> same "max_scalars_nel_initial_minus_5"
              refused "expected scalars 0e" (fun () -> IrrepsAlgebra.segmentMax 0.0 target 6 x))

          testCase "the gradient of harmonics as features is that of e3nn-jax" (fun () ->
              let entry = section "grad_of_spherical_harmonics"
              let x = features (get "input" entry)

              let harmonics (x: IrrepsTensor) =
                  HarmonicFeatures.create
                      HarmonicsNormalization.Component
                      false
                      Parity.Odd
                      (Irreps.sphericalHarmonics (entry |> get "lmax" |> integer) Parity.Odd)
                      (IrrepsTensor.toFlat x)

              FeatureGradient.create harmonics x |> sameFeatures "gradient" tolerance (get "output" entry)
              equivariant "gradient" [ "1o" ] (fun xs -> FeatureGradient.create harmonics xs.Head)

              equivariant "gradient of a square" [ "2x1o+0o" ] (fun xs ->
                  FeatureGradient.create
                      (FeatureProducts.square ProductNormalization.Component false (fun _ -> true))
                      xs.Head)

              refused "1 rows from 2" (fun () -> FeatureGradient.create IrrepsAlgebra.sumRows (random 1UL "0e" 2)))

          testCase "arithmetic follows the numbers" (fun () ->
              let a, b = random 1UL "2x0e+1x1o" 3, random 2UL "2x0e+1x1o" 3
              let flat (x: IrrepsTensor) = Tensor.toArray (IrrepsTensor.toFlat x)
              let sum = IrrepsTensor.add a b
              closeAll "subtract" 1e-15 (flat a) (flat (IrrepsAlgebra.subtract sum b))
              closeAll "negate" 0.0 (flat (IrrepsAlgebra.times -1.0 a)) (flat (IrrepsAlgebra.negate a))
              let factors = Tensor.vector [ 2.0; 2.0; 2.0 ]
              closeAll "rows" 0.0 (flat (IrrepsAlgebra.times 2.0 a)) (flat (IrrepsAlgebra.timesRows factors a))
              let both = IrrepsAlgebra.concatRows [ a; b ]
              closeAll "rows of both" 0.0 (Array.append (flat a) (flat b)) (flat both)
              closeAll "sorted" 0.0 (flat a) (flat (IrrepsAlgebra.keep (Irreps.ofString "0e+1o") a))

              closeAll
                  "chunk"
                  0.0
                  (flat (IrrepsAlgebra.drop (Irreps.ofString "0e") a))
                  (flat (IrrepsAlgebra.sliceByChunk 1 9 a))

              closeAll "components" 0.0 (flat (IrrepsAlgebra.sliceByMul 1 3 a)) (flat (IrrepsAlgebra.sliceByDim 1 5 a))
              let extended = IrrepsAlgebra.extendWithZeros (Irreps.ofString "1x1e+3x0e+0o+2x1o") a
              equal "1x1e+3x0e+1x0o+2x1o" extended.Irreps.AsText

              close
                  "length kept"
                  1e-14
                  (Array.sum (Tensor.toArray (IrrepsAlgebra.norm a)))
                  (Array.sum (Tensor.toArray (IrrepsAlgebra.norm extended)))

              equal Float32 (IrrepsTensor.toFlat (IrrepsAlgebra.cast Float32 a)).Precision
              equal 3 (IrrepsAlgebra.rows a)
              closeAll "zeros" 0.0 (flat (IrrepsAlgebra.subtract a a)) (flat (IrrepsAlgebra.zeros Float64 a.Irreps 3)))

          testCase "what does not fit is refused" (fun () ->
              let a, b, c = random 1UL "2x0e+1x1o" 3, random 2UL "1x0e+1x1o" 3, random 3UL "2x0e+1x1o" 2
              let any _ = true
              refused "expected equal irreps" (fun () -> IrrepsAlgebra.subtract a b)
              refused "expected equal irreps" (fun () -> IrrepsAlgebra.concatRows [ a; b ])
              refused "3 and 2 rows" (fun () -> IrrepsAlgebra.concat [ a; c ])
              refused "3 and 2 rows" (fun () -> IrrepsAlgebra.dots a c)
              refused "3 and 2 rows" (fun () -> FeatureProducts.full ProductNormalization.None any a c)

              refused "2x0e+1x1o has 3 copies, 1x0e+1x1o 2" (fun () ->
                  FeatureProducts.elementwise ProductNormalization.None any a b)

              refused "expected vectors, 1o and 1e" (fun () -> IrrepsAlgebra.cross a a)
              refused "no chunks are left" (fun () -> IrrepsAlgebra.filter (fun _ -> false) a)

              refused "no chunks are left" (fun () ->
                  FeatureProducts.square ProductNormalization.None false (fun _ -> false) a)

              refused "2x0e has no place" (fun () -> IrrepsAlgebra.extendWithZeros (Irreps.ofString "1x0e+1x1o") a)
              refused "expected a multiplicity that 2 divides" (fun () -> IrrepsAlgebra.mulToRows 2 a)
              refused "3 rows; expected a multiple of 2" (fun () -> IrrepsAlgebra.rowsToMul 2 a)
              refused "expected [3]" (fun () -> IrrepsAlgebra.timesRows (Tensor.ones [| 2 |]) a)
              let product (output: string) = TensorProduct.fullyConnected a.Irreps b.Irreps (Irreps.ofString output)
              refused "no product of 2x0e+1x1o and 1x0e+1x1o is in 1x3o" (fun () -> product "3o")
              refused "the layer takes 2x0e+1x1o and 1x0e+1x1o" (fun () -> (product "0e").Apply (Branch []) (b, b))
              refused "no rows" (fun () -> IrrepsAlgebra.meanRows (random 1UL "0e" 0)))

          testCase "the algebra is equivariant" (fun () ->
              let one f (xs: IrrepsTensor list) = f xs.Head
              let two f (xs: IrrepsTensor list) = f xs.Head xs.Tail.Head
              let mixed = "2x0e+0o+2x1o+1e+2e+3o"
              let any _ = true

              for name, normalization in normalizations do
                  equivariant $"full, {name}" [ mixed; "1o+2e+0o" ] (two (FeatureProducts.full normalization any))
                  equivariant $"square, {name}" [ mixed ] (one (FeatureProducts.square normalization false any))

                  equivariant
                      $"elementwise, {name}"
                      [ "2x1o+3e"; "1e+2x2o" ]
                      (two (FeatureProducts.elementwise normalization any))

              equivariant "norms" [ mixed ] (one IrrepsAlgebra.norms)
              equivariant "dots" [ mixed; mixed ] (two IrrepsAlgebra.dots)
              equivariant "cross" [ "2x1o+1e"; "1o+2x1e" ] (two IrrepsAlgebra.cross)
              equivariant "regroup" [ mixed + "+0e+1e" ] (one IrrepsAlgebra.regroup)
              equivariant "mean of rows" [ mixed ] (one IrrepsAlgebra.meanRows)
              equivariant "sum of copies" [ mixed ] (one IrrepsAlgebra.sumCopies)

              let network =
                  TensorProduct.fullyConnected
                      (Irreps.ofString mixed)
                      (Irreps.ofString "1o+2e")
                      (Irreps.ofString "4x0e+2x1o+2e")

              let weights = network.Init Float64 (Noether.Kernels.RandomKey.FromSeed 3UL)

              equivariant "fully connected" [ mixed; "1o+2e" ] (fun xs ->
                  let precision = (IrrepsTensor.toFlat xs.Head).Precision
                  network.Apply (Tree.map (Tensor.cast precision) weights) (xs.Head, xs.Tail.Head)))

          testCase "derivatives of the algebra obey the laws" (fun () ->
              let two f (xs: IrrepsTensor list) = f xs.Head xs.Tail.Head
              let any _ = true

              differentiable
                  "full"
                  1UL
                  [ "2x0e+1o"; "1o+2e" ]
                  (two (FeatureProducts.full ProductNormalization.Component any))

              differentiable
                  "elementwise"
                  2UL
                  [ "2x1o"; "1e+2o" ]
                  (two (FeatureProducts.elementwise ProductNormalization.Norm any))

              differentiable "square" 3UL [ "2x1o+0e" ] (fun xs ->
                  FeatureProducts.square ProductNormalization.None false any xs.Head)

              differentiable "norms" 4UL [ "0e+2x1o+2e" ] (fun xs -> IrrepsAlgebra.norms xs.Head)
              differentiable "cross" 5UL [ "2x1o"; "1o+1e" ] (two IrrepsAlgebra.cross)
              differentiable "axes" 6UL [ "2x1o+4x0e" ] (fun xs -> IrrepsAlgebra.mulToRows 2 xs.Head))

          testCase "normalised products of normal vectors have components of mean square 1" (fun () ->
              let n = 4000
              let a, b = random 11UL "1o+2e" n, random 12UL "1o+3o" n

              let check what (x: IrrepsTensor) =
                  for irrep, values in IrrepsTensor.parts x do
                      // The squares have variance below 3, over n rows; six standard deviations.
                      close
                          $"{what}, {irrep}"
                          (6.0 * sqrt (8.0 / float n))
                          1.0
                          (Tensor.value (Tensor.mean (Tensor.square values)))

              check "full" (FeatureProducts.full ProductNormalization.Component (fun _ -> true) a b)
              check "square" (FeatureProducts.square ProductNormalization.Component false (fun irrep -> irrep.L > 0) a)) ]
